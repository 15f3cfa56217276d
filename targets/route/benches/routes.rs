//! 100 000 routes: this target against iproute2.
//!
//! `cargo bench -p rosc-route` prints the median of interleaved rounds, each in a fresh network namespace. It
//! needs the right to make one. Times depend on the machine; the ratios are what counts.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use ipnet::{IpNet, Ipv4Net};
use rosc_route::topology::{End, Topology};
use rosc_route::{
    Address, Change, DeviceName, DuplicateDetection, Family, NextHop, NextHops, Route, RouteKind,
    RouteTarget, State, batch_lines, compare,
};
use rosc_target::netns::NetNs;
use rosc_target::{Origin, Target};
use std::hint::black_box;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUTES: u32 = 100_000;
const TABLE: u32 = 100_000;
const ROUNDS: usize = 5;

fn main() {
    let desired = desired();
    let mut rounds: Vec<Vec<(&str, Duration)>> = Vec::new();
    for _ in 0..ROUNDS {
        let mut round = in_namespace(|| by_iproute2(&desired));
        round.extend(in_namespace(|| by_target(&desired)));
        rounds.push(round);
    }
    println!("{ROUTES} routes, median of {ROUNDS} rounds");
    for place in 0..rounds[0].len() {
        let mut times: Vec<Duration> = rounds.iter().map(|round| round[place].1).collect();
        times.sort();
        println!("{:<44} {:>8.3} s", rounds[0][place].0, times[ROUNDS / 2].as_secs_f64());
    }
}

fn by_iproute2(desired: &State) -> Vec<(&'static str, Duration)> {
    let lines = batch_lines(desired, Family::Ipv4).join("\n");
    let add = timed(|| {
        let mut child = Command::new("ip")
            .args(["-4", "-batch", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("ip can be run");
        let mut input = child.stdin.take().expect("its input is a pipe");
        input.write_all(lines.as_bytes()).expect("ip reads its input");
        drop(input);
        assert!(child.wait().expect("ip ends").success());
    });
    let table = TABLE.to_string();
    let show = timed(|| {
        let output =
            Command::new("ip").args(["route", "show", "table", &table]).output().expect("ip can be run");
        assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), ROUTES as usize);
    });
    vec![("ip -batch", add), ("ip route show table", show)]
}

fn by_target(desired: &State) -> Vec<(&'static str, Duration)> {
    let mut target = RouteTarget::open().expect("a netlink socket");
    let mut changes: Vec<Change> = Vec::new();
    let observed = target.observe().expect("the kernel can be read");
    let plan = timed(|| changes = compare(desired, &observed).changes);
    let apply = timed(|| target.apply(&changes).expect("nothing is refused"));
    let mut observed = None;
    let observe = timed(|| observed = Some(target.observe().expect("the kernel can be read")));
    let observed = observed.expect("it was just read");
    assert_eq!(observed.state.routes().len(), ROUTES as usize);
    let compare = timed(|| assert!(black_box(compare(desired, &observed)).changes.is_empty()));
    let undo = timed(|| target.undo(&changes).expect("nothing stands in the way"));
    vec![
        ("compare, everything missing", plan),
        ("apply", apply),
        ("observe", observe),
        ("compare, nothing to do", compare),
        ("undo", undo),
    ]
}

/// Runs in a fresh namespace with one cable.
fn in_namespace<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let namespace = NetNs::new().expect("the right to make a network namespace");
    let (near, far) = (device("eth0"), device("far0"));
    namespace.run(|| {
        let mut topology = Topology::open().expect("a netlink socket");
        let end = |name| End { name, namespace: &namespace };
        topology.cable(end(&near), end(&far)).expect("a cable");
        topology.set_up(&near).expect("a device that is up");
        topology.set_up(&far).expect("a device that is up");
        let address = Address {
            origin: Origin::IMPLIED,
            device: near.clone(),
            local: IpAddr::from([192, 0, 2, 1]),
            prefix_len: 24,
            peer: None,
            duplicate_detection: DuplicateDetection::Perform,
        };
        topology.address(&address).expect("an address");
        work()
    })
}

fn desired() -> State {
    let next_hop = NextHop::via(IpAddr::from([192, 0, 2, 9]), device("eth0"));
    let route = |number: u32| Route {
        origin: Origin::IMPLIED,
        table: TABLE,
        destination: IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::from((10 << 24) + (number << 8)), 24)),
        metric: NonZeroU32::MIN,
        preferred_source: None,
        kind: RouteKind::Unicast(NextHops::one(next_hop.clone())),
    };
    // 10.0.0.0/8 has room for 65 536 of these prefixes, so the rest lies in 11.0.0.0/8.
    State::new(Vec::new(), Vec::new(), (0..ROUTES).map(route).collect(), Vec::new()).expect("a valid state")
}

fn device(name: &str) -> DeviceName {
    DeviceName::new(name).expect("a device name")
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
