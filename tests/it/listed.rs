//! Entries of address lists that are no addresses: DNS names, and what stays for a time.

use crate::cli::{Files, rosc};
use crate::stages::text;
use rosc::compile::{Options, compile};
use rosc::diagnostic::{Diagnostic, Severity, has_errors, tidy};
use rosc::host::{Host, Names, Unanswered};
use rosc::ir::Router;
use rosc::lower::{Lowered, lower};
use rosc::render;
use std::net::IpAddr;

/// Names on lists of both families, and a rule for each.
const NAMES: &str = "/ip firewall address-list
add list=sites address=www.example.com
add list=sites address=192.0.2.7
add list=sites address=WWW.example.com.
add list=sites address=mail.example.com
/ipv6 firewall address-list
add list=sites address=www.example.com
add list=sites address=2001:db8:7::/64
/ip firewall filter
add chain=forward action=drop dst-address-list=sites
/ipv6 firewall filter
add chain=forward action=drop src-address-list=!sites
";

fn router(configuration: &str) -> Router {
    let sources = text(configuration);
    let compiled = compile(&sources, Options::default());
    assert!(!has_errors(&compiled.diagnostics), "{:?}", compiled.diagnostics);
    compiled.router
}

/// A machine whose resolver answers so; a name that is not among them is not answered.
pub(crate) fn resolver(router: &Router, answers: &[(&str, Result<&[&str], &str>)]) -> Host {
    let mut names = Names::new();
    let asked = router.firewall.names_asked().chain(router.ipv6_firewall.names_asked());
    for (name, _) in asked {
        let answer = answers.iter().find(|(known, _)| *known == name.as_str());
        let answer = answer.map_or(Err(Unanswered::TooLate), |(_, answer)| match answer {
            Ok(addresses) => {
                let address = |text: &&str| text.parse::<IpAddr>().expect("an address");
                Ok(addresses.iter().map(address).collect())
            }
            Err(why) => Err(Unanswered::Failed((*why).to_owned())),
        });
        names.insert(name.clone(), answer);
    }
    Host { names: Some(names), ..Host::unknown() }
}

/// What each set holds, and the messages with the lines that they are about.
fn sets_and_messages(configuration: &str, host: &Host) -> (Vec<String>, Vec<(String, usize)>) {
    let router = router(configuration);
    let Lowered { desired, diagnostics } = lower(&router, host);
    let nft = render::nft(&desired, &text(configuration));
    let elements = nft.lines().map(str::trim).filter(|line| line.starts_with("elements"));
    let elements = elements.map(str::to_owned).collect();
    let of_names = |d: &Diagnostic| d.message.contains("DNS name");
    let found = tidy(diagnostics).into_iter().filter(of_names);
    let told = found.map(|d| {
        assert_eq!((d.code.as_str(), d.severity), ("R0503", Severity::Warning), "{d:?}");
        (d.message, d.labels.len())
    });
    (elements, told.collect())
}

const NOT_AGAIN: &str =
    "a DNS name on an address list is resolved when the configuration is applied, and not again";

#[test]
fn a_name_has_the_addresses_of_its_lists_family() {
    let answers: &[(&str, Result<&[&str], &str>)] = &[
        ("www.example.com", Ok(&["192.0.2.80", "192.0.2.81", "2001:db8:80::1"])),
        ("mail.example.com", Ok(&["192.0.2.25"])),
    ];
    let (sets, told) = sets_and_messages(NAMES, &resolver(&router(NAMES), answers));
    assert_eq!(
        sets,
        [
            "elements = { 192.0.2.7, 192.0.2.25, 192.0.2.80/31 }",
            "elements = { 2001:db8:7::/64, 2001:db8:80::1 }"
        ]
    );
    assert_eq!(told, [(NOT_AGAIN.to_owned(), 4)]);
}

#[test]
fn a_name_without_addresses_is_told_of_and_puts_nothing_on_the_list() {
    let answers: &[(&str, Result<&[&str], &str>)] =
        &[("www.example.com", Ok(&["192.0.2.80"])), ("mail.example.com", Err("Name or service not known"))];
    let (sets, told) = sets_and_messages(NAMES, &resolver(&router(NAMES), answers));
    assert_eq!(sets, ["elements = { 192.0.2.7, 192.0.2.80 }", "elements = { 2001:db8:7::/64 }"]);
    let why = |why: &str| format!("a DNS name on an address list does not resolve: {why}");
    assert_eq!(
        told,
        [
            (NOT_AGAIN.to_owned(), 4),
            (why("Name or service not known"), 1),
            (why("it has no IPv6 address"), 1)
        ]
    );
    let (_, told) = sets_and_messages(NAMES, &resolver(&router(NAMES), &[]));
    assert_eq!(told, [(NOT_AGAIN.to_owned(), 4), (why("there was no answer in time"), 4)]);
}

#[test]
fn where_names_are_not_resolved_they_have_no_addresses_and_that_is_said() {
    let (sets, told) = sets_and_messages(NAMES, &Host::unknown());
    assert_eq!(sets, ["elements = { 192.0.2.7 }", "elements = { 2001:db8:7::/64 }"]);
    assert_eq!(told, [(NOT_AGAIN.to_owned(), 4)]);
}

#[test]
fn a_name_changes_no_rule_whatever_it_resolves_to() {
    let configuration = "/ip firewall address-list add list=seen address=www.example.com
        /ip firewall filter
        add chain=input action=add-src-to-address-list address-list=seen
        add chain=input action=drop src-address-list=seen";
    let router = router(configuration);
    let rules = |host: &Host| {
        let table = lower(&router, host).desired.nftables.tables.into_values().next().expect("a table");
        table.chains
    };
    let answers: &[(&str, Result<&[&str], &str>)] = &[("www.example.com", Ok(&["192.0.2.80"]))];
    assert_eq!(rules(&Host::unknown()), rules(&resolver(&router, answers)));
}

#[test]
fn a_trace_says_that_names_are_nobodys() {
    let files = Files::new([(
        "names.rsc",
        "/ip address add address=192.0.2.2/24 interface=ether1
/ip firewall address-list add list=sites address=www.example.com
/ip firewall filter add chain=input action=drop src-address-list=sites
",
    )]);
    let path = files.path("names.rsc");
    let packet = ["in=ether1", "src=192.0.2.80", "dst=192.0.2.2", "proto=udp", "dport=53"];
    let shown = rosc(&[&["trace", &path], packet.as_slice()].concat());
    assert!(
        shown.out.contains("delivered") && shown.err.contains("names.rsc:2:"),
        "{}{}",
        shown.out,
        shown.err
    );
    let shown = rosc(&[&["trace", "--format", "json", &path], packet.as_slice()].concat());
    assert_eq!((shown.code, shown.codes()), (Some(0), vec!["R0207".to_owned()]));
    assert_eq!(shown.json()["diagnostics"][0]["severity"], "note");
}

#[test]
fn an_entry_with_a_timeout_is_on_the_list_for_good() {
    let configuration = "/ip firewall address-list add list=guests address=192.0.2.7 timeout=1h
        /ip firewall filter add chain=forward action=drop src-address-list=guests";
    let (sets, _) = sets_and_messages(configuration, &Host::unknown());
    assert_eq!(sets, ["elements = { 192.0.2.7 }"]);
    let wrong = text("/ip firewall address-list add list=guests address=192.0.2.7 timeout=soon");
    assert!(has_errors(&compile(&wrong, Options::default()).diagnostics));
}
