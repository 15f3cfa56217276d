//! Whole routers into the kernel, beside `ip -batch`, `nft -f` and `sysctl -p` with what rosc shows of them; and 100,000
//! routes, beside `ip -batch`, and the second time, beside `ip route show`: `cargo bench --bench apply`.
//!
//! rosc is a whole process: it reads the file, writes its journal, makes the routes and verifies them. Each round is in
//! fresh network namespaces, which it needs the right to make.

#[path = "apply/router.rs"]
mod router;
mod side_by_side;

use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::host::Host;
use rosc::lower::lower;
use rosc::render;
use rosc_route::topology::{End, Topology};
use rosc_route::{DeviceName, Family};
use rosc_target::netns::NetNs;
use side_by_side::rounds::Measured;
use side_by_side::{Aim, ROSC, Workspace, compare, run, timed};
use std::fmt::Write;
use std::net::Ipv4Addr;

const ROUTES: u32 = 100_000;
const ROUNDS: usize = 5;
const CABLES: usize = 5;
const AIMS: &[Aim] = &[
    Aim { ours: "rosc apply", peer: "ip -4 -batch", at_most: 0.5 },
    Aim { ours: "rosc apply, nothing to do", peer: "ip route show table main", at_most: 2.0 },
];

const WHOLE: &str = "rosc apply, a whole router";
const BY_HAND: &str = "ip -batch, nft -f and sysctl -p";
const AIMS_OF_WHOLE: &[Aim] = &[Aim { ours: WHOLE, peer: BY_HAND, at_most: 1.3 }];
const ROUNDS_OF_WHOLE: usize = 15;

fn main() {
    let example =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guarded-two-wan.rsc"));
    whole("examples/guarded-two-wan.rsc", &example.expect("an example"));
    whole("200 rules, 4 classes, 1,000 list entries, 1,000 routes", &router::office());
    routes();
}

/// A first apply, with its journal, its verification and its place in the history.
fn whole(title: &str, configuration: &str) {
    let workspace = Workspace::new(configuration);
    let sources = workspace.sources();
    let compiled = compile(&sources, Options::default());
    assert!(!has_errors(&compiled.diagnostics), "{:?}", compiled.diagnostics);
    let desired = lower(&compiled.router, &Host::unknown()).desired;
    let parts = [
        ("v4", render::routes(&desired, &[Family::Ipv4])),
        ("v6", render::routes(&desired, &[Family::Ipv6])),
        ("nft", render::nft(&desired, &sources)),
        ("sysctl", render::sysctl(&desired)),
    ];
    for (name, text) in &parts {
        std::fs::write(workspace.path(name), text).expect("a file");
    }
    let path = |name: &str| workspace.path(name).to_str().expect("a plain path").to_owned();
    let listing = workspace.path("listing");
    let by_hand = || {
        for (family, name) in [("-4", "v4"), ("-6", "v6")] {
            if parts.iter().any(|(part, text)| *part == name && !text.is_empty()) {
                run("ip", &[family, "-batch", &path(name)], &listing);
            }
        }
        run("nft", &["-f", &path("nft")], &listing);
        run("sysctl", &["-e", "-q", "-p", &path("sysctl")], &listing);
    };
    compare(title, ROUNDS_OF_WHOLE, AIMS_OF_WHOLE, None, || {
        let ((), peer) = in_namespace(|| timed(by_hand));
        let state_dir = tempfile::tempdir().expect("a directory");
        let state_dir = state_dir.path().to_str().expect("a plain path");
        let args = ["apply", "--state-dir", state_dir, &path("router.rsc")];
        let ((), whole) = in_namespace(|| timed(|| run(ROSC, &args, &listing)));
        vec![(WHOLE, whole), (BY_HAND, peer)]
    });
}

fn routes() {
    let workspace = Workspace::new(&configuration());
    let batch = workspace.path("routes");
    let sources = workspace.sources();
    let compiled = compile(&sources, Options::default());
    let lowered = lower(&compiled.router, &Host::unknown());
    std::fs::write(&batch, render::routes(&lowered.desired, &[Family::Ipv4])).expect("a file");

    compare(&format!("{ROUTES} routes"), ROUNDS, AIMS, None, || {
        let mut measured = in_namespace(|| by_iproute2(&workspace));
        measured.extend(in_namespace(|| by_rosc(&workspace)));
        measured
    });
}

fn by_iproute2(workspace: &Workspace) -> Vec<Measured> {
    let (batch, listing) = (workspace.path("routes"), workspace.path("listing"));
    let batch = batch.to_str().expect("a plain path");
    let ((), add) = timed(|| run("ip", &["-4", "-batch", batch], &listing));
    let ((), show) = timed(|| run("ip", &["route", "show", "table", "main"], &listing));
    let lines = std::fs::read_to_string(&listing).expect("the listing").lines().count();
    assert!(lines >= ROUTES as usize, "only {lines} routes");
    vec![("ip -4 -batch", add), ("ip route show table main", show)]
}

fn by_rosc(workspace: &Workspace) -> Vec<Measured> {
    let state_dir = tempfile::tempdir().expect("a directory");
    let (router, listing) = (workspace.configuration(), workspace.path("listing"));
    let [router, state_dir] =
        [&router, state_dir.path()].map(|path: &std::path::Path| path.to_str().expect("a plain path"));
    let args = ["apply", "--state-dir", state_dir, router];
    let ((), first) = timed(|| run(ROSC, &args, &listing));
    let ((), second) = timed(|| run(ROSC, &args, &listing));
    vec![("rosc apply", first), ("rosc apply, nothing to do", second)]
}

/// Runs in a fresh namespace with some cables.
fn in_namespace<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let namespace = NetNs::new().expect("the right to make a network namespace");
    namespace.run(|| {
        let mut topology = Topology::open().expect("a netlink socket");
        for n in 1..=CABLES {
            let [near, far] =
                ["ether", "far"].map(|name| DeviceName::new(&format!("{name}{n}")).expect("a device name"));
            let [a, b] = [&near, &far].map(|name| End { name, namespace: &namespace });
            topology.cable(a, b).expect("a cable");
            topology.set_up(&near).and_then(|()| topology.set_up(&far)).expect("devices that are up");
        }
        work()
    })
}

/// Prefixes of /24 in 10.0.0.0/8 and 11.0.0.0/8, by eight neighbours.
fn configuration() -> String {
    let mut out = String::from("/ip address\nadd address=192.0.2.1/24 interface=ether1\n/ip route\n");
    for index in 0..ROUTES {
        let destination = Ipv4Addr::from_bits(0x0a00_0000 + (index << 8));
        let gateway = index % 8 + 2;
        writeln!(out, "add dst-address={destination}/24 gateway=192.0.2.{gateway}")
            .expect("writing to a string");
    }
    out
}
