//! `fasttrack-connection`: what it becomes, and what a trace makes of it.

use crate::cli::{Files, rosc_reading};
use crate::stages::{desired, text};
use crate::trace::ends;
use rosc::compile::{Options, compile};
use rosc::diagnostic::Severity;
use rosc::host::Host;
use rosc::lower::{Lowered, lower};
use rosc::plan::{Leeway, Observed, Plan, Step, plan, plan_with};
use rosc_ebpf::Hidden;
use rosc_nftables::{Family, text::ruleset};
use std::collections::BTreeSet;

const NETWORK: &str = "/interface bridge add name=lan protocol-mode=none\n\
                       /interface bridge port add bridge=lan interface=ether3\n\
                       /ip address\nadd address=100.64.1.2/24 interface=ether1\n\
                       add address=192.168.88.1/24 interface=lan\n/ip route add gateway=100.64.1.1\n";
const FAST: &str = "/ip firewall filter\n\
                    add chain=forward action=fasttrack-connection connection-state=established,related\n\
                    add chain=forward connection-state=established,related\n";
const MARKING: &str = "/ip firewall mangle add chain=prerouting src-address=192.168.88.9 action=mark-routing new-routing-mark=main\n";

fn lowered(more: &str, host: &Host) -> Lowered {
    let sources = text(&format!("{NETWORK}{more}"));
    let compiled = compile(&sources, Options::default());
    assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
    lower(&compiled.router, host)
}

fn without_flow_tables() -> Host {
    Host { missing_flow_tables: Family::ALL.iter().copied().collect(), ..Host::unknown() }
}

/// The ruleset without the chains and rules that are there anyway.
fn shown(lowered: &Lowered) -> String {
    let all = ruleset(&lowered.desired.nftables, &|_| None);
    let lines = all.lines().skip_while(|line| !line.starts_with("\tflowtable"));
    let lines = lines.take_while(|line| !line.starts_with("\tchain helper"));
    lines.map(|line| format!("{}\n", line.trim_start())).collect()
}

fn messages(lowered: &Lowered) -> Vec<(Severity, String)> {
    let relevant = lowered.diagnostics.iter().filter(|one| !one.message.contains("helper"));
    relevant.map(|one| (one.severity, one.message.clone())).collect()
}

#[test]
fn a_rule_leads_to_a_flow_table_with_all_devices_that_packets_are_forwarded_between() {
    let lowered = lowered(FAST, &Host::unknown());
    assert_eq!(messages(&lowered), []);
    let expected = "flowtable fasttrack {\nhook ingress priority 0\ndevices = { \"ether1\", \"lan\" }\n}\n\
                    chain fasttrack {\n\
                    meta l4proto { 6, 17 } fib saddr . iif oif exists counter flow add @fasttrack\n}\n\
                    chain filter_forward {\n\
                    type filter hook forward priority 0; policy accept;\n\
                    ct state established,related counter jump fasttrack\n\
                    ct state established,related counter accept\n}\n";
    assert_eq!(shown(&lowered).replace("{ tcp, udp }", "{ 6, 17 }"), expected);
}

#[test]
fn where_the_kernel_has_no_flow_tables_the_rule_counts_and_says_why() {
    let slow = lowered(FAST, &without_flow_tables());
    assert_eq!(shown(&slow), "");
    let why = "this machine's kernel has no flow tables (nf_flow_table), so that all packets of the connection come by the \
               rules";
    assert_eq!(messages(&slow), [(Severity::Note, why.to_owned())]);
    let marked = lowered(&format!("{MARKING}{FAST}"), &without_flow_tables());
    assert_eq!(messages(&marked), [(Severity::Warning, why.to_owned())], "mangle changes packets");
}

#[test]
fn marks_are_kept_on_the_short_cut_and_that_is_warned_of() {
    let marked = lowered(&format!("{MARKING}{FAST}"), &Host::unknown());
    let [(Severity::Warning, message)] = &messages(&marked)[..] else { panic!("{:?}", marked.diagnostics) };
    assert!(message.contains("RouterOS asks table main alone"), "{message}");
    assert!(shown(&marked).contains("jump fasttrack"));
}

#[test]
fn a_rule_to_which_packets_come_by_other_chains_too_takes_no_short_cut() {
    let shared = "/ip firewall filter\nadd chain=forward action=jump jump-target=quick\n\
                  add chain=input action=jump jump-target=quick\n\
                  add chain=quick action=fasttrack-connection connection-state=established\n";
    let lowered_shared = lowered(shared, &Host::unknown());
    let [(Severity::Note, message)] = &messages(&lowered_shared)[..] else { panic!("no message") };
    assert!(message.contains("begins in chain forward alone"), "{message}");
    assert_eq!(shown(&lowered_shared), "");
    let own = shared.replace("add chain=input action=jump jump-target=quick\n", "");
    assert!(shown(&lowered(&own, &Host::unknown())).contains("counter jump fasttrack"));
    let early = "/ip firewall mangle add chain=prerouting action=fasttrack-connection\n";
    assert_eq!(shown(&lowered(early, &Host::unknown())), "");
}

#[test]
fn where_connections_are_not_tracked_nothing_takes_a_short_cut() {
    let off = format!("{FAST}/ip firewall connection tracking set enabled=no\n");
    assert_eq!(shown(&lowered(&off, &Host::unknown())), "");
}

const ASKED: &str = "/rosc fastpath set enabled=auto\n";
const LIBERAL: &str = "/ip firewall connection tracking set liberal-tcp-tracking=yes\n";

/// What each port of the fast path takes.
fn taken(lowered: &Lowered) -> Vec<String> {
    let ports = &lowered.desired.ebpf.ports;
    ports.iter().map(|(device, port)| format!("{device} {}", port.takes)).collect()
}

#[test]
fn on_the_fast_path_a_rule_marks_its_connections_for_the_programs() {
    let fast = lowered(&format!("{FAST}{LIBERAL}{ASKED}"), &Host::unknown());
    assert_eq!(messages(&fast), []);
    assert_eq!(taken(&fast), ["ether1 ipv4-connections", "lan ipv4-connections"]);
    let all = ruleset(&fast.desired.nftables, &|_| None);
    assert!(all.contains("ct mark set ct mark | 0x80000000") && !all.contains("flowtable"), "{all}");
    assert!(all.contains("ct state established,related counter jump fasttrack"), "{all}");
    let connections = fast.desired.ebpf.connections.expect("they are taken");
    assert_eq!((connections.tcp_timeout, connections.udp_timeout), (86_400, 180), "RouterOS's own");
    // Marks are no difference there, nor is it where the rule stands.
    let shared = "/ip firewall filter\nadd chain=input action=jump jump-target=quick\n\
                  add chain=forward action=jump jump-target=quick\n\
                  add chain=quick action=fasttrack-connection connection-state=established\n";
    for rules in [format!("{MARKING}{FAST}"), shared.to_owned()] {
        let fast = lowered(&format!("{rules}{LIBERAL}{ASKED}"), &Host::unknown());
        assert_eq!(messages(&fast), [], "{rules}");
        assert_eq!(taken(&fast).len(), 2);
    }
}

#[test]
fn what_the_fast_path_can_not_take_goes_as_without_it() {
    for (hidden, why) in [
        (Hidden::ByKernel, "this kernel does not let programs look into its connection tracking"),
        (Hidden::NotLoaded, "its connection tracking is a module that is not loaded"),
        (Hidden::NoRight, "its connection tracking is a module, and to call one takes CAP_SYS_ADMIN"),
    ] {
        let hiding = Host { hides_connections: Some(hidden), ..Host::unknown() };
        let auto = lowered(&format!("{FAST}{ASKED}"), &hiding);
        assert_eq!(messages(&auto), [], "who takes a fast path where there is one has nothing to know");
        assert!(shown(&auto).contains("flow add @fasttrack") && auto.desired.ebpf.is_empty());
        let asked = format!("{FAST}/rosc fastpath set enabled=yes\n");
        let about = |text: &str| {
            let told = messages(&lowered(text, &hiding)).into_iter();
            told.filter(|(_, message)| message.contains("flow tables")).collect::<Vec<_>>()
        };
        let expected =
            "connections of fasttrack-connection take the kernel's flow tables, not the fast path: ";
        assert_eq!(about(&asked), [(Severity::Note, format!("{expected}{why}"))]);
        assert_eq!(about(&asked.replace("fasttrack-connection", "accept")), []);
    }
    // Of IPv6 the look-up does not pass routes over.
    let ipv6 = "/ipv6 address\nadd address=2001:db8:1::2/64 interface=ether1 advertise=no\n\
                add address=2001:db8:88::1/64 interface=lan advertise=no\n\
                /ipv6 firewall filter add chain=forward action=fasttrack-connection\n";
    let passing = "/routing rule add action=lookup table=main min-prefix=0\n";
    let fast = lowered(&format!("{FAST}{ipv6}{LIBERAL}{ASKED}"), &Host::unknown());
    let all = "ipv4-connections,ipv6-connections";
    assert_eq!(taken(&fast), [format!("ether1 {all}"), format!("lan {all}")]);
    let fast = lowered(&format!("{FAST}{ipv6}{passing}{LIBERAL}{ASKED}"), &Host::unknown());
    assert_eq!(taken(&fast), ["ether1 ipv4-connections", "lan ipv4-connections"]);
    let off = format!("{FAST}{ASKED}/ip firewall connection tracking set enabled=no\n");
    assert!(lowered(&off, &Host::unknown()).desired.ebpf.connections.is_none());
}

#[test]
fn what_the_fast_path_does_not_see_or_show_is_said() {
    let fast = lowered(&format!("{FAST}{ASKED}"), &Host::unknown());
    let [(Severity::Warning, message)] = &messages(&fast)[..] else { panic!("{:?}", fast.diagnostics) };
    assert!(message.contains("outside of a window"), "{message}");
    let liberal =
        fast.desired.sysctl.settings.iter().find(|(key, _)| key.to_string().ends_with("be_liberal"));
    assert_eq!(liberal.expect("it is set").1.value.as_str(), "1");
    let some =
        lowered(&format!("{FAST}{LIBERAL}{ASKED}/rosc fastpath set interfaces=lan\n"), &Host::unknown());
    let [(Severity::Note, message)] = &messages(&some)[..] else { panic!("{:?}", some.diagnostics) };
    assert!(message.contains("packets of others come by the rules"), "{message}");
    let asked = lowered(&format!("{FAST}{LIBERAL}/rosc fastpath set enabled=yes\n"), &Host::unknown());
    let [(Severity::Note, message)] = &messages(&asked)[..] else { panic!("{:?}", asked.diagnostics) };
    assert!(message.contains("for connections of fasttrack-connection alone"), "{message}");
}

/// The devices of the flow table in each transaction that makes one.
fn devices_made(plan: &Plan) -> Vec<String> {
    let transactions = plan.steps.iter().filter_map(|step| match step {
        Step::Nftables(changes) => Some(changes),
        Step::Route(_) | Step::Sysctl(_) | Step::Ebpf(_) => None,
    });
    let lines = transactions.flatten().map(ToString::to_string);
    lines.filter_map(|line| line.strip_prefix("+ flowtable ip rosc fasttrack: ").map(str::to_owned)).collect()
}

#[test]
fn devices_come_into_a_flow_table_when_they_are_there_and_leave_it_before_they_go() {
    let wanted = desired(&text(&format!("{NETWORK}{FAST}")));
    let nothing = desired(&text("/ip address\n"));
    let fresh = Observed::assumed(&nothing, &wanted);
    let made = plan(&wanted, &fresh);
    assert_eq!(devices_made(&made), ["no devices", "ether1, lan"]);
    let links = made.steps.iter().position(|step| matches!(step, Step::Route(_))).expect("links are made");
    let last = made.steps.iter().rposition(|step| matches!(step, Step::Nftables(_))).expect("the firewall");
    assert!(links < last, "the bridge is made in between");

    let more =
        desired(&text(&format!("{NETWORK}{FAST}/ip address add address=10.9.0.1/24 interface=ether4\n")));
    assert_eq!(devices_made(&plan(&more, &Observed::assumed(&wanted, &more))), ["ether1, ether4, lan"]);
    let back = plan(&wanted, &Observed::assumed(&more, &wanted));
    assert_eq!(devices_made(&back), ["ether1, lan"]);
    let is_nftables = |step: &Step| matches!(step, Step::Nftables(_));
    let goes = back.steps.iter().position(is_nftables).expect("the firewall");
    assert!(back.steps[..goes].iter().all(|step| !matches!(step, Step::Route(_))), "{:?}", back.steps);
    assert!(plan(&wanted, &Observed::assumed(&wanted, &wanted)).is_empty());
}

#[test]
fn a_device_that_comes_later_is_in_the_flow_table_later() {
    let wanted = desired(&text(&format!("{NETWORK}{FAST}")));
    let mut observed = Observed::assumed(&desired(&text("/ip address\n")), &wanted);
    observed.route.devices.retain(|device| device.name.as_str() != "ether1");
    let planned = plan_with(&wanted, &observed, Leeway { skip_missing: true, adopt: false });
    let devices = planned.wanted.nftables.tables[&Family::Ip].flowtables.values();
    let devices: BTreeSet<&str> =
        devices.flat_map(|table| &table.devices).map(rosc_nftables::InterfaceName::as_str).collect();
    assert_eq!(devices, ["lan"].into());
    assert_eq!(devices_made(&planned.plan).last().map(String::as_str), Some("lan"));
}

/// What comes behind the answer comes by no rule: none of mangle, and not the one that drops.
#[test]
fn in_a_trace_packets_of_a_known_connection_come_by_no_rule() {
    let rules = "/ip firewall nat add chain=srcnat out-interface=ether1 action=masquerade\n\
                 /ip firewall filter\nadd chain=forward action=fasttrack-connection connection-state=established\n\
                 add chain=forward connection-state=established action=drop dscp=9\n";
    let packets = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53\n\
                   in=ether1 src=192.0.2.7 dst=100.64.1.2 proto=udp sport=53 dport=5000\n\
                   in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53 dscp=9\n\
                   in=ether1 src=192.0.2.7 dst=100.64.1.2 proto=udp sport=53 dport=5000 dscp=9\n\
                   in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53 dscp=9 ttl=1";
    let shown = ends(&format!("{NETWORK}{rules}"), packets);
    let lines: Vec<&str> = shown.lines().filter(|line| !line.contains("answer")).collect();
    let fast = lines.iter().filter(|line| line.starts_with("leaves")).count();
    assert!(fast >= 4 && !shown.contains("dropped"), "{shown}");
    let slow = rules.replace("action=fasttrack-connection", "action=passthrough");
    assert!(ends(&format!("{NETWORK}{slow}"), packets).contains("dropped"));
}

/// Programs take what comes in by their interfaces, where flow tables take both directions.
#[test]
fn in_a_trace_the_fast_path_takes_packets_of_its_interfaces() {
    let rules = "/ip firewall filter\nadd chain=forward action=fasttrack-connection connection-state=established\n\
                 add chain=forward connection-state=established action=drop dscp=9\n";
    let asked = "/rosc fastpath set enabled=auto interfaces=lan\n";
    let opening = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53\n\
                   in=ether1 src=192.0.2.7 dst=192.168.88.10 proto=udp sport=53 dport=5000\n\
                   in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53\n";
    let there = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53 dscp=9";
    let back = "in=ether1 src=192.0.2.7 dst=192.168.88.10 proto=udp sport=53 dport=5000 dscp=9";
    for (more, packet, is_dropped) in
        [("", there, false), ("", back, false), (asked, there, false), (asked, back, true)]
    {
        let router = format!("{NETWORK}{rules}{more}");
        let files = Files::new([("router.rsc", router.as_str())]);
        let ended = rosc_reading(&["trace", &files.path("router.rsc")], &format!("{opening}{packet}"));
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let (_, shown) = ended.out.split_once("dscp 9").expect("it is shown");
        let shown = shown.split("answered").next().expect("what is in front of it");
        assert_eq!(shown.contains("dropped"), is_dropped, "{more}{packet}\n{shown}");
    }
}
