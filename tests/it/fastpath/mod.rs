//! The fast path that a configuration comes to.

mod foreign;
mod hash;
mod marked;
pub(crate) mod meaning;
mod off;
mod ports;
mod shared;
mod ways;

use crate::stages::{desired, text};
use rosc::compile::{Options, compile};
use rosc::diagnostic::Severity;
use rosc::host::Host;
use rosc::lower::{Lowered, lower};
use rosc::render;
use rosc_ebpf::{By, State, Takes};
use rosc_route::Family;
use rosc_target::Origin;

/// Two uplinks and a network of hosts, in both families.
const ROUTER: &str = "\
/ip address
add address=192.0.2.2/29 interface=ether1
add address=192.0.2.10/29 interface=ether2
add address=203.0.113.1/24 interface=ether3
/ipv6 address
add address=2001:db8:1::2/64 advertise=no interface=ether1
add address=2001:db8:2::2/64 advertise=no interface=ether2
add address=2001:db8:88::1/64 advertise=no interface=ether3
/ip route add gateway=192.0.2.1,192.0.2.9
/ipv6 route add gateway=2001:db8:1::1,2001:db8:2::1
";

/// The router with a fast path and more lines.
fn router(more: &str) -> String {
    format!("{ROUTER}/rosc fastpath set enabled=yes\n{more}\n")
}

/// The fast path on a machine of which nothing is known.
fn state(configuration: &str) -> State {
    desired(&text(configuration)).ebpf
}

/// The same as text, without the places.
fn shown(configuration: &str) -> String {
    let sources = text(configuration);
    let shown = render::fastpath(&desired(&sources), &sources);
    let lines = shown.lines().map(|line| line.split("  #").next().unwrap_or_default());
    lines.map(|line| format!("{line}\n")).collect()
}

/// What is told of the fast path: the codes with the text at the first place, in the order in which they are found.
fn told(configuration: &str) -> Vec<(&'static str, String)> {
    let sources = text(configuration);
    let router = compile(&sources, Options::default()).router;
    let Lowered { diagnostics, desired } = lower(&router, &Host::unknown());
    // Who lets connections by has asked for no more.
    let expected = if desired.ebpf.connections.is_some() { Severity::Note } else { Severity::Warning };
    let of_fastpath = diagnostics.iter().filter(|d| matches!(d.code.as_str(), "R0504" | "R0505" | "R0506"));
    of_fastpath
        .map(|diagnostic| {
            assert_eq!(diagnostic.severity, expected);
            assert!(diagnostic.help.is_some(), "{diagnostic:?}");
            let origin = diagnostic.origin().filter(|origin: &Origin| !origin.is_implied());
            let place = origin.map(|origin| sources.slice(origin).to_owned());
            (diagnostic.code.as_str(), place.unwrap_or_default())
        })
        .collect()
}

/// How many ways of IPv4 and of IPv6 there are.
fn ways(state: &State) -> (usize, usize) {
    let ipv6 = state.ways.keys().filter(|prefix| prefix.addr().is_ipv6()).count();
    (state.ways.len() - ipv6, ipv6)
}

/// The devices by which packets of a family come in that are forwarded where only routes decide about them.
fn forwarding(state: &State, family: Family) -> Vec<String> {
    ports(state, |takes| takes.routed && !is_marked(takes, family))
}

/// Those by which packets come in that are marked for members of groups.
fn marking(state: &State, family: Family) -> Vec<String> {
    ports(state, |takes| is_marked(takes, family))
}

fn is_marked(takes: Takes, family: Family) -> bool {
    match family {
        Family::Ipv4 => takes.ipv4_marked,
        Family::Ipv6 => takes.ipv6_marked,
    }
}

fn ports(state: &State, is_wanted: impl Fn(Takes) -> bool) -> Vec<String> {
    let wanted = state.ports.iter().filter(|(_, port)| is_wanted(port.takes));
    wanted.map(|(device, _)| device.to_string()).collect()
}

/// Who decides about everything that no longer prefix holds.
fn by_default(state: &State, everything: &str) -> Option<By> {
    let prefix = everything.parse().expect("a prefix");
    state.ways.get(&prefix).map(|way| way.by.clone())
}
