//! What others have in the kernel decides there, so the fast path leaves it to the kernel.

use super::{ROUTER, by_default, router};
use crate::stages::text;
use ipnet::IpNet;
use rosc::compile::{Options, compile};
use rosc::host::Host;
use rosc::lower::{Lowered, lower};
use rosc_ebpf::By;
use rosc_route::{DecidingRule, Family, ForeignDecisions};

/// The rule that wg-quick makes, if it is not for one device.
const RULE: DecidingRule =
    DecidingRule { family: Family::Ipv4, preference: 32_765, iif: None, passes_over: false };

/// A configuration on a machine where others decide so.
fn beside(foreign: ForeignDecisions, configuration: &str) -> Lowered {
    let host = Host { foreign, ..Host::unknown() };
    lower(&compile(&text(configuration), Options::default()).router, &host)
}

fn routes(routes: &[(&str, Option<u32>)]) -> ForeignDecisions {
    let parsed = |(destination, metric): &(&str, Option<u32>)| {
        (destination.parse::<IpNet>().expect("a prefix"), *metric)
    };
    ForeignDecisions { destinations: routes.iter().map(parsed).collect(), ..ForeignDecisions::default() }
}

fn group(destination: &str) -> Option<By> {
    Some(By::Group(format!("main {destination}").parse().expect("a name")))
}

#[test]
fn routes_of_others_inside_of_a_groups_prefix_are_looked_up_by_the_kernel() {
    let foreign = routes(&[("10.8.0.0/16", Some(0)), ("2001:db8:8::/48", Some(1024))]);
    let Lowered { desired, .. } = beside(foreign, &router(""));
    for (prefix, by) in [
        ("10.8.0.0/16", Some(By::Fib)),
        ("2001:db8:8::/48", Some(By::Fib)),
        ("0.0.0.0/0", group("0.0.0.0/0")),
        ("::/0", group("::/0")),
    ] {
        assert_eq!(by_default(&desired.ebpf, prefix), by, "{prefix}");
    }
}

/// The kernel's look-up that a program asks for does not look into tunnels, by which one of others may share packets.
#[test]
fn routes_of_others_are_the_stacks_where_the_kernel_looks_into_tunnels() {
    let inner = router("/ip settings set ipv4-multipath-hash-policy=l3-inner");
    let foreign = routes(&[("10.8.0.0/16", Some(0)), ("2001:db8:8::/48", Some(1024))]);
    let Lowered { desired, .. } = beside(foreign, &inner);
    assert_eq!(by_default(&desired.ebpf, "10.8.0.0/16"), Some(By::Stack));
    assert_eq!(
        by_default(&desired.ebpf, "2001:db8:8::/48"),
        Some(By::Fib),
        "that family's policy is another"
    );
}

#[test]
fn of_routes_to_the_same_destination_the_lower_metric_counts() {
    for (metric, by) in [(Some(0), Some(By::Fib)), (None, Some(By::Fib)), (Some(100_000), group("0.0.0.0/0"))]
    {
        let Lowered { desired, .. } = beside(routes(&[("0.0.0.0/0", metric)]), &router(""));
        assert_eq!(by_default(&desired.ebpf, "0.0.0.0/0"), by, "{metric:?}");
        assert_eq!(by_default(&desired.ebpf, "::/0"), group("::/0"), "the other family has no such route");
    }
}

#[test]
fn rules_of_others_and_too_many_of_their_routes_leave_a_family_to_the_kernel() {
    let device = |name: &str| Some(name.parse().expect("a device name"));
    let rules = |rule: DecidingRule| ForeignDecisions { rules: vec![rule], ..ForeignDecisions::default() };
    let more = ForeignDecisions { more: vec![Family::Ipv4], ..ForeignDecisions::default() };
    for (foreign, expected) in [
        (
            rules(RULE),
            Some(
                "a policy rule that rosc has not made has a say in where packets go, that of preference 32765",
            ),
        ),
        (rules(DecidingRule { iif: device("ether3"), ..RULE }), Some("that of preference 32765")),
        (rules(DecidingRule { iif: device("wg0"), ..RULE }), None),
        (more, Some("somebody else keeps more than 4096 routes in main")),
    ] {
        let Lowered { desired, diagnostics } = beside(foreign, &router(""));
        let by = if expected.is_some() { Some(By::Fib) } else { group("0.0.0.0/0") };
        assert_eq!(by_default(&desired.ebpf, "0.0.0.0/0"), by, "{expected:?}");
        assert_eq!(by_default(&desired.ebpf, "::/0"), group("::/0"), "{expected:?}");
        let told: Vec<&str> = diagnostics.iter().map(|one| one.message.as_str()).collect();
        match expected {
            Some(expected) => assert!(told.len() == 1 && told[0].contains(expected), "{told:?}"),
            None => assert!(told.is_empty(), "{told:?}"),
        }
    }
}

#[test]
fn gateways_are_chosen_only_where_no_rule_of_others_would_do() {
    let masqueraded = format!(
        "{ROUTER}/rosc fastpath set enabled=yes\n/ip firewall nat add action=masquerade chain=srcnat out-interface=ether1\n"
    );
    let marks = |foreign| {
        let Lowered { desired, .. } = beside(foreign, &masqueraded);
        desired.ebpf.ports.values().any(|port| port.takes.ipv4_marked)
    };
    assert!(marks(ForeignDecisions::default()));
    assert!(!marks(ForeignDecisions { rules: vec![RULE], ..ForeignDecisions::default() }));
}

/// The kernel's look-up of IPv6 does not pass routes over, so that nothing is forwarded by it.
#[test]
fn a_rule_of_others_that_passes_routes_over_turns_ipv6_off() {
    let rule = DecidingRule { family: Family::Ipv6, passes_over: true, ..RULE };
    let foreign = ForeignDecisions { rules: vec![rule], ..ForeignDecisions::default() };
    let Lowered { desired, diagnostics } = beside(foreign, &router(""));
    assert!(desired.ebpf.ways.keys().all(|prefix| prefix.addr().is_ipv4()), "{:?}", desired.ebpf.ways);
    let off = |message: &str| {
        message.starts_with("IPv6 has no fast path") && message.contains("suppress_prefixlength")
    };
    assert!(diagnostics.iter().any(|one| off(&one.message)), "{diagnostics:?}");
}
