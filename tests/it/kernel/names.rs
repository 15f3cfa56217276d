//! DNS names on address lists, in the sets of the kernel.

use super::machine::Box;
use crate::cli::Files;
use crate::kernel::router_of;
use crate::listed::resolver;
use rosc::lower::lower;

const NAMES: &str = "/ip firewall address-list
add list=sites address=www.example.com
add list=sites address=192.0.2.7
/ipv6 firewall address-list
add list=sites address=www.example.com
/ip firewall filter
add chain=forward action=drop dst-address-list=sites
/ipv6 firewall filter
add chain=forward action=drop dst-address-list=sites
";

/// What `nft` lists as the elements of a set.
fn elements(machine: &Box, family: &str) -> String {
    let listed = machine.run("nft", &["list", "set", family, "rosc", "al_sites"]);
    let elements = listed.split_once("elements = {").and_then(|(_, rest)| rest.split_once('}'));
    elements
        .map_or_else(String::new, |(elements, _)| elements.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn the_kernel_holds_what_names_resolve_to_and_a_new_answer_changes_no_rule() {
    let Some(router) = router_of(NAMES) else { return };
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    let apply = |addresses: &[&str]| {
        let desired = lower(&router, &resolver(&router, &[("www.example.com", Ok(addresses))])).desired;
        machine.apply(&desired).expect("it is applied").plan
    };
    apply(&["192.0.2.80", "2001:db8:80::1"]);
    assert_eq!(elements(&machine, "ip"), "192.0.2.7, 192.0.2.80");
    assert_eq!(elements(&machine, "ip6"), "2001:db8:80::1");
    assert!(apply(&["192.0.2.80", "2001:db8:80::1"]).is_empty(), "the same answer changes nothing");
    let rule = machine.run("nft", &["-a", "list", "chain", "ip", "rosc", "filter_forward"]);
    apply(&["192.0.2.90"]);
    assert_eq!(elements(&machine, "ip"), "192.0.2.7, 192.0.2.90");
    assert_eq!(elements(&machine, "ip6"), "");
    assert_eq!(machine.run("nft", &["-a", "list", "chain", "ip", "rosc", "filter_forward"]), rule);
}

#[test]
fn apply_asks_the_machines_own_resolver_and_a_name_that_is_none_stops_nothing() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    // The namespace leads nowhere, so that the second name is asked of nobody.
    let files = Files::new([(
        "names.rsc",
        "/ip firewall address-list
add list=sites address=localhost
add list=sites address=nobody.invalid
/ip firewall filter
add chain=forward action=drop dst-address-list=sites
",
    )]);
    let path = files.path("names.rsc");
    let first = machine.rosc(&["apply", "--format", "json", &path]);
    assert_eq!(first.code, Some(0), "{}{}", first.out, first.err);
    let document = first.json();
    let about_nobody = document["diagnostics"].as_array().expect("diagnostics").iter().find(|diagnostic| {
        diagnostic["message"].as_str().is_some_and(|text| text.contains("does not resolve"))
    });
    let about_nobody = about_nobody.expect("it is told of");
    assert_eq!((&about_nobody["severity"], &about_nobody["line"]), (&"warning".into(), &3.into()));
    assert!(elements(&machine, "ip").starts_with("127.0.0.1"), "{}", elements(&machine, "ip"));
    let diff = machine.rosc(&["diff", &path]);
    assert_eq!((diff.code, diff.out.as_str()), (Some(0), ""), "{}", diff.err);
    let second = machine.rosc(&["apply", &path]);
    assert!(second.code == Some(0) && second.err.ends_with("nothing to change\n"), "{}", second.err);
}
