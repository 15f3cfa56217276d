//! 100,000 routes into the kernel, beside `ip -batch`, and the second time, beside `ip route show`:
//! `cargo bench --bench apply`.
//!
//! rosc is a whole process: it reads the file, writes its journal, makes the routes and verifies them. Each round is in
//! fresh network namespaces, which it needs the right to make.

mod side_by_side;

use rosc::compile::{Options, compile};
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
const AIMS: &[Aim] = &[
    Aim { ours: "rosc apply", peer: "ip -4 -batch", at_most: 0.5 },
    Aim { ours: "rosc apply, nothing to do", peer: "ip route show table main", at_most: 2.0 },
];

fn main() {
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

/// Runs in a fresh namespace with one cable.
fn in_namespace<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let namespace = NetNs::new().expect("the right to make a network namespace");
    let [near, far] = ["ether1", "far1"].map(|name| DeviceName::new(name).expect("a device name"));
    namespace.run(|| {
        let mut topology = Topology::open().expect("a netlink socket");
        let [a, b] = [&near, &far].map(|name| End { name, namespace: &namespace });
        topology.cable(a, b).expect("a cable");
        topology.set_up(&near).and_then(|()| topology.set_up(&far)).expect("devices that are up");
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
