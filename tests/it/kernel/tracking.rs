//! How long connections are remembered: the kernel's settings are RouterOS's while a firewall of ours tracks connections.

use super::machine::Box;
use crate::cli::{Files, rosc};
use rosc_target::netns::for_test;
use std::collections::BTreeMap;
use std::fs;

const ADDRESSES: &str = "/ip address\n\
                         add address=192.0.2.2/24 interface=ether1\n\
                         add address=192.168.88.1/24 interface=ether2\n";

const MASQUERADE: &str = "/ip firewall nat add action=masquerade chain=srcnat out-interface=ether1\n";

/// What the kernel has of the settings that are set, by the ends of their names.
fn values(machine: &Box) -> BTreeMap<String, String> {
    const OTHERS: &[&str] = &["_count", "_max", "_buckets", "_checksum", "_events", "_acct", "_timestamp"];
    machine.namespace.run(|| {
        let entries = fs::read_dir("/proc/sys/net/netfilter").into_iter().flatten().filter_map(Result::ok);
        let named = entries.filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().strip_prefix("nf_conntrack")?.to_owned();
            let value = fs::read_to_string(entry.path()).ok()?.trim().to_owned();
            (!OTHERS.contains(&name.as_str())).then_some((name.trim_start_matches('_').to_owned(), value))
        });
        named.collect()
    })
}

/// The settings that differ, as they are afterwards.
fn changed<'a>(
    before: &BTreeMap<String, String>,
    after: &'a BTreeMap<String, String>,
) -> Vec<(&'a str, &'a str)> {
    let other = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    other.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn a_firewall_that_tracks_connections_remembers_them_as_long_as_routeros() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let files = Files::new([
        ("bare.rsc", ADDRESSES.to_owned()),
        ("defaults.rsc", format!("{ADDRESSES}{MASQUERADE}")),
        (
            "written.rsc",
            format!(
                "{ADDRESSES}{MASQUERADE}/ip firewall connection tracking set udp-timeout=1m \
                 tcp-established-timeout=2h loose-tcp-tracking=no liberal-tcp-tracking=yes\n"
            ),
        ),
    ]);
    let apply = |name: &str| {
        let ended = machine.rosc(&["apply", &files.path(name)]);
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.err);
        ended.err
    };
    let own = values(&machine);
    apply("bare.rsc");
    assert_eq!(values(&machine), own, "nothing asks for connections");

    apply("defaults.rsc");
    let defaults = values(&machine);
    for (name, value) in [
        ("generic_timeout", "600"),
        ("icmp_timeout", "10"),
        ("icmpv6_timeout", "10"),
        ("tcp_timeout_close", "10"),
        ("tcp_timeout_close_wait", "10"),
        ("tcp_timeout_established", "86400"),
        ("tcp_timeout_fin_wait", "10"),
        ("tcp_timeout_last_ack", "10"),
        ("tcp_timeout_max_retrans", "300"),
        ("tcp_timeout_syn_recv", "5"),
        ("tcp_timeout_syn_sent", "5"),
        ("tcp_timeout_time_wait", "10"),
        ("tcp_timeout_unacknowledged", "300"),
        ("udp_timeout", "30"),
        ("udp_timeout_stream", "180"),
        ("tcp_loose", "1"),
        ("tcp_be_liberal", "0"),
    ] {
        assert_eq!(defaults.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(apply("defaults.rsc"), "nothing to change\n");

    apply("written.rsc");
    let expected = [
        ("tcp_be_liberal", "1"),
        ("tcp_loose", "0"),
        ("tcp_timeout_established", "7200"),
        ("udp_timeout", "60"),
    ];
    assert_eq!(changed(&defaults, &values(&machine)), expected);

    apply("bare.rsc");
    assert_eq!(values(&machine), own, "the machine has its own times back");
}

#[test]
fn what_is_written_is_set_also_without_rules() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let own = values(&machine);
    let menu = "/ip firewall connection tracking set enabled=no icmp-timeout=77s\n";
    let files = Files::new([("written.rsc", format!("{ADDRESSES}{menu}"))]);
    let ended = machine.rosc(&["apply", &files.path("written.rsc")]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let expected = [("icmp_timeout", "77"), ("icmpv6_timeout", "77")];
    assert_eq!(changed(&own, &values(&machine)), expected);
}

#[test]
fn strict_tracking_takes_what_begins_in_the_middle_for_invalid_as_the_trace_says() {
    if for_test().is_none() {
        return;
    }
    let strict = format!(
        "{ADDRESSES}/ip route add gateway=192.0.2.1\n\
         /routing table add fib name=other\n\
         /ip route add gateway=192.168.88.77 routing-table=other\n\
         /ip firewall connection tracking set loose-tcp-tracking=no\n\
         /ip firewall mangle add action=mark-routing chain=prerouting connection-state=invalid \
         dst-address-type=!local new-routing-mark=other\n"
    );
    let files = Files::new([("strict.rsc", strict)]);
    let ended = rosc(&["lab", &files.path("strict.rsc"), "--verify", "400", "--seed", "3"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
}
