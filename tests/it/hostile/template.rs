//! A configuration with a place for every property that takes any text.

use super::values::escaped;
use rosc::catalog::{MENUS, Support};
use std::collections::{BTreeMap, BTreeSet};

/// Phrases of types that any text, or nearly any, is a value of.
const FREE: &[&str] = &["text", "a mark", "a gateway", "an address, a prefix, a range or a DNS name"];

/// Beginnings of phrases of the others: numbers, addresses, words of a list.
const CLOSED: &[&str] = &[
    "a NAT state",
    "a change of",
    "a choice of routes",
    "a classifier",
    "a connection state",
    "a hardware address",
    "a hash policy",
    "a measure",
    "a limit",
    "a list of TCP flags",
    "a list of extension headers",
    "a list of ports",
    "a number",
    "a place for the program",
    "a position in",
    "a prefix",
    "a protocol",
    "a range of",
    "a reverse path filter",
    "a route type",
    "a service",
    "a size",
    "a test of the time to live",
    "a time",
    "a type of connections",
    "a way to check",
    "an ICMP type",
    "an IPsec policy",
    "an IPv4",
    "an IPv6",
    "an MSS",
    "an MTU",
    "an action of",
    "an address type",
    "an address, a prefix or a range",
    "an answer to",
    "an option of IPv4",
    "auto, yes or no",
    "yes",
];

/// What stands once.
pub(crate) const BEGINNING: &str = "/ip address add address=198.51.100.2/24 interface=ether1\n\
                                    /ipv6 address add address=2001:db8::2/64 interface=ether1 advertise=no\n";

/// What stands for each value; `{N}` is its number, and the others are its places.
const LINES: &str = r#"/interface bridge add name="{bridge}" protocol-mode=none frame-types="{inert}" ether-type="{inert}" port-cost-mode="{inert}" region-name="{inert}" max-learned-entries="{inert}" comment="{comment}"
/rosc interface add name="{port}" device=p{N} comment="{comment}"
/interface bridge add name=br{N} protocol-mode=none
/interface bridge port add bridge=br{N} interface="{port}" frame-types="{inert}" edge="{inert}" point-to-point="{inert}" mvrp-registrar-state="{inert}" mvrp-applicant-state="{inert}" external-fdb="{inert}" comment="{comment}"
/interface bridge port add bridge="{bridge}" interface=q{N}
/ip address add address=10.{N}.5.1/24 interface="{bridge}"
/rosc interface add name="{interface}" device=e{N}
/rosc interface add name=d{N} device="{device}"
/ip address add address=10.{N}.4.1/24 interface=d{N}
/ip address add address=10.{N}.1.1/24 interface="{interface}" comment="{comment}"
/ipv6 address add address=2001:db8:{N}::1/64 interface="{interface}" advertise=no comment="{comment}"
/interface list add name="{list}" comment="{comment}"
/interface list add name=without{N}
/interface list add name="{outer}" include="{included}" exclude="{excluded}"
/interface list add name="{included}"
/interface list add name="{excluded}"
/interface list member add list="{list}" interface="{interface}" comment="{comment}"
/interface list member add list="{included}" interface="{interface}"
/routing table add name="{table}" fib comment="{comment}"
/routing rule add action=lookup table="{table}" interface="{interface}" src-address=10.{N}.1.0/24 comment="{comment}"
/routing rule add action=lookup table="{table}" routing-mark="{table}" dst-address=10.{N}.0.0/16
/ip route add dst-address=10.{N}.9.0/24 gateway="10.{N}.1.254%{interface}" routing-table="{table}" comment="{comment}" vrf-interface="{inert}"
/ip route add dst-address=10.{N}.10.0/24 gateway="{interface}"
/ip route add gateway=10.{N}.1.254 routing-table="{table}"
/ipv6 route add dst-address=2001:db8:{N}:9::/64 gateway="2001:db8:{N}::fe%{interface}" routing-table="{table}" comment="{comment}" vrf-interface="{inert}"
/ip settings set tcp-timestamps="{inert}"
/ip firewall layer7-protocol add name="{pattern}" regexp="{inert}" comment="{comment}"
/rosc fact add command="{command}" value="{fact}" comment="{comment}"
/rosc fact add menu="{menu}" item="{fact}" property="{property}" value="{fact}"
/rosc fastpath set enabled=yes interfaces="{included}"
"#;

/// What stands for each value in both families' menus of rules.
const LISTS: &str = r#"/FAMILY firewall address-list add list="{addresses}" address=PREFIX comment="{comment}"
"#;
const NAMED: &str = r#"/FAMILY firewall address-list add list="{addresses}" address="{host}"
"#;
const RULES: &str = r#"/FAMILY firewall MENU add chain=IN action=accept in-interface="{interface}" src-address-list="{addresses}" packet-mark="{packetmark}" comment="{comment}"
/FAMILY firewall MENU add chain=IN action=accept in-interface-list="{outer}" dst-address-list="{addresses}" log=yes log-prefix="{prefix}"
/FAMILY firewall MENU add chain=OUT action=accept out-interface="{interface}" comment="{comment}"
/FAMILY firewall MENU add chain=OUT action=accept out-interface-list="{list}" dst-address-list="{remembered}"
/FAMILY firewall MENU add chain=IN action=add-src-to-address-list address-list="{remembered}" address-list-timeout=1h protocol=tcp
/FAMILY firewall MENU add chain=IN action=jump jump-target="{chain}" comment="{comment}"
/FAMILY firewall MENU add chain="{chain}" action=accept protocol=udp comment="{comment}"
"#;
const TRACKED: &str = r#"/FAMILY firewall MENU add chain=IN action=accept connection-mark="{connectionmark}" routing-mark="{table}"
"#;
const MANGLE: &str = r#"/FAMILY firewall MENU add chain=IN action=mark-connection new-connection-mark="{connectionmark}" comment="{comment}"
/FAMILY firewall MENU add chain=IN action=mark-packet new-packet-mark="{packetmark}"
/FAMILY firewall MENU add chain=prerouting action=mark-routing new-routing-mark="{table}" dst-address-type=!local
"#;

/// Places that name things of one kind, of which each has a name of its own, or what has to be there, or that have rules of
/// their own.
pub(crate) const APART: &[&str] = &[
    "bridge",
    "command",
    "device",
    "excluded",
    "host",
    "included",
    "menu",
    "outer",
    "port",
    "property",
    "remembered",
];

/// The lines with their places. With `names`, addresses of lists may be DNS names.
pub(crate) fn lines(names: bool) -> String {
    let mut text = LINES.to_owned();
    for (family, prefix) in [("ip", "10.{N}.3.0/24"), ("ipv6", "2001:db8:{N}:3::/64")] {
        let mut of_family = LISTS.replace("PREFIX", prefix);
        if names {
            of_family.push_str(NAMED);
        }
        for (menu, chain_in, chain_out, more) in [
            ("raw", "prerouting", "output", String::new()),
            ("mangle", "forward", "forward", [TRACKED, MANGLE].concat()),
            ("nat", "dstnat", "srcnat", TRACKED.to_owned()),
            ("filter", "forward", "forward", TRACKED.to_owned()),
        ] {
            let rules = format!("{RULES}{more}").replace("MENU", menu);
            of_family.push_str(
                &rules
                    .replace("chain=IN", &format!("chain={chain_in}"))
                    .replace("chain=OUT", &format!("chain={chain_out}")),
            );
        }
        text.push_str(&of_family.replace("FAMILY", family));
    }
    text
}

/// The places of the lines.
pub(crate) fn places() -> BTreeSet<String> {
    let pattern = regex::Regex::new(r"\{([a-z]+)\}").expect("a pattern");
    pattern.captures_iter(&lines(true)).map(|found| found[1].to_owned()).collect()
}

/// The lines with the number and values in their places; what is not among them gets a plain name.
pub(crate) fn filled(lines: &str, number: usize, values: &BTreeMap<&str, &str>) -> String {
    let mut text = lines.replace("{N}", &number.to_string());
    for place in places() {
        let value = match values.get(place.as_str()) {
            Some(value) => escaped(value),
            // Devices that are made, or that are there.
            None if place == "bridge" => format!("made{number}"),
            None if place == "device" => format!("f{number}"),
            // What there is on a router.
            None if place == "command" => format!(":resolve plain{number}.example.com"),
            None if place == "menu" => "/interface".to_owned(),
            None if place == "property" => "running".to_owned(),
            None => format!("plain-{place}-{number}"),
        };
        text = text.replace(&format!("{{{place}}}"), &value);
    }
    text
}

#[test]
fn every_property_that_takes_any_text_has_a_place() {
    let all = lines(true);
    let mut without = Vec::new();
    for menu in MENUS {
        let path = format!("/{} ", menu.path[1..].replace('/', " "));
        for property in menu.properties().filter(|p| !matches!(p.support, Support::Refused(_))) {
            if !FREE.contains(&property.shape) {
                assert!(
                    property.shape == "an address"
                        || CLOSED.iter().any(|beginning| property.shape.starts_with(beginning)),
                    "{} {}: is any text \"{}\"?",
                    menu.path,
                    property.name,
                    property.shape
                );
                continue;
            }
            let is_place = |line: &str| {
                let given = line.split_once(&format!(" {}=\"", property.name));
                given.is_some_and(|(_, rest)| rest.split('"').next().is_some_and(|value| value.contains('{')))
            };
            if !all.lines().filter(|line| line.starts_with(&path)).any(is_place) {
                without.push(format!("{path}{}", property.name));
            }
        }
    }
    assert_eq!(without, Vec::<String>::new());
}
