//! From text to nftables rules, beside what `nft` takes to check these rules: `cargo bench --bench compile`.
//!
//! rosc is measured twice, without and with the start of a process and reading and writing files. `nft --check` is
//! always a process; it needs the right to make a network namespace.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

mod side_by_side;

use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::host::Host;
use rosc::lower::lower;
use rosc::render;
use rosc_target::netns::NetNs;
use side_by_side::{Aim, ROSC, Workspace, compare, run, timed};
use std::fmt::Write;
use std::time::Duration;

const ROUNDS: usize = 7;
const AIMS: &[Aim] = &[
    Aim { ours: "rosc, in this process", peer: "nft --check --file", at_most: 0.25 },
    Aim { ours: "rosc show nft", peer: "nft --check --file", at_most: 0.25 },
];

fn main() {
    beside_nft("an address list of 100,000 entries", &address_list(100_000));
    beside_nft("10,000 mangle rules", &mangle_rules(10_000));
}

fn beside_nft(title: &str, configuration: &str) {
    let workspace = Workspace::new(configuration);
    let (router, nft_file) = (workspace.configuration(), workspace.path("rosc.nft"));
    let [router, nft_text] = [&router, &nft_file].map(|path| path.to_str().expect("a plain path"));
    let null = std::path::Path::new("/dev/null");
    compare(title, ROUNDS, AIMS, None, || {
        let mut measured = in_this_process(&workspace);
        let ((), rosc) = timed(|| run(ROSC, &["show", "nft", router], &nft_file));
        let namespace = NetNs::new().expect("the right to make a network namespace");
        let nft = ["--check", "--file", nft_text];
        let ((), nft) = namespace.run(|| timed(|| run("nft", &nft, null)));
        measured.extend([("rosc show nft", rosc), ("nft --check --file", nft)]);
        measured
    });
    let size = |path: &str| std::fs::metadata(path).map_or(0, |file| file.len()) as f64 / 1e6;
    println!("  {:.1} MB of RouterOS, {:.1} MB of nftables", size(router), size(nft_text));
}

fn in_this_process(workspace: &Workspace) -> Vec<(&'static str, Duration)> {
    let (sources, reading) = timed(|| workspace.sources());
    let (compiled, compiling) = timed(|| compile(&sources, Options::default()));
    assert!(!has_errors(&compiled.diagnostics), "{:?}", compiled.diagnostics);
    let (lowered, lowering) = timed(|| lower(&compiled.router, &Host::unknown()));
    assert!(!has_errors(&lowered.diagnostics), "{:?}", lowered.diagnostics);
    let (text, rendering) = timed(|| render::nft(&lowered.desired, &sources));
    assert!(!text.is_empty());
    vec![
        ("  read and compile", reading + compiling),
        ("  lower", lowering),
        ("  render", rendering),
        ("rosc, in this process", reading + compiling + lowering + rendering),
    ]
}

/// One list, of addresses and prefixes that do not touch each other, far from sorted, and a rule that uses it.
fn address_list(entries: u32) -> String {
    let mut out = String::from("/ip firewall address-list\n");
    for index in 0..entries {
        // Any odd factor permutes the numbers below a power of two.
        let place = index.wrapping_mul(40_503) % entries.next_power_of_two();
        let address = std::net::Ipv4Addr::from_bits(0x0b00_0000 + place * 16);
        let prefix = if index % 8 == 0 { "/29" } else { "" };
        writeln!(out, "add address={address}{prefix} list=blocked").expect("writing to a string");
    }
    out.push_str(
        "/ip firewall mangle\n\
         add action=mark-connection chain=prerouting src-address-list=blocked new-connection-mark=suspicious \
         passthrough=yes\n",
    );
    out
}

/// The rules of a router with many customers: each has lists and ports of its own, and a share of the uplinks.
fn mangle_rules(rules: u32) -> String {
    const UPLINKS: u32 = 4;
    const LISTS: u32 = 100;
    let mut out = String::from("/interface list\nadd name=WAN\n/interface list member\n");
    for uplink in 1..=UPLINKS {
        writeln!(out, "add interface=ether{uplink} list=WAN").expect("writing to a string");
    }
    out.push_str("/routing table\n");
    for uplink in 1..=UPLINKS {
        writeln!(out, "add fib name=to-wan{uplink}").expect("writing to a string");
    }
    out.push_str("/ip firewall address-list\n");
    for index in 0..LISTS * 10 {
        let (list, host) = (index % LISTS, index / LISTS);
        writeln!(out, "add address=10.{list}.{host}.0/24 list=customer{list}").expect("writing to a string");
    }
    out.push_str("/ip firewall mangle\n");
    for index in 0..rules {
        let (uplink, list, port) = (index % UPLINKS + 1, index / 6 % LISTS, 1024 + index);
        let (net, host) = (index / 250 % 250, index % 250);
        let rule = match index % 6 {
            0 => format!(
                "action=mark-connection chain=prerouting connection-mark=no-mark in-interface=ether{uplink} \
                 new-connection-mark=wan{uplink} passthrough=yes comment=\"back by the way it came {index}\""
            ),
            1 => format!(
                "action=mark-connection chain=prerouting connection-mark=no-mark dst-address-type=!local \
                 src-address-list=customer{list} new-connection-mark=wan{uplink} passthrough=yes \
                 per-connection-classifier=both-addresses-and-ports:{UPLINKS}/{}",
                uplink - 1
            ),
            2 => format!(
                "action=mark-routing chain=prerouting connection-mark=wan{uplink} in-interface=bridge{list} \
                 new-routing-mark=to-wan{uplink} passthrough=no"
            ),
            3 => format!(
                "action=mark-connection chain=forward protocol=tcp dst-port={port},8443 in-interface-list=WAN \
                 new-connection-mark=service{list} passthrough=yes"
            ),
            4 => format!(
                "action=mark-packet chain=forward dst-address=10.{net}.{host}.0/24 connection-state=established \
                 new-packet-mark=customer{list} passthrough=no"
            ),
            _ => format!(
                "action=accept chain=prerouting src-address=172.16.{net}.{host} protocol=udp dst-port={port}"
            ),
        };
        writeln!(out, "add {rule}").expect("writing to a string");
    }
    out
}
