//! Neighbours: who can be sent to, and that this has changed.

use crate::host::{ip, with_two_cables};
use crate::objects::device;
use rosc_route::{Changed, Events, MacAddress, Neighbour, RouteTarget};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::net::IpAddr;

fn target() -> RouteTarget {
    RouteTarget::open().expect("a netlink socket")
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// Waits for events, and takes them until some of them are of a kind.
fn until(events: &mut Events, mut is_wanted: impl FnMut(&Changed) -> bool) {
    let patience = Timespec { tv_sec: 300, tv_nsec: 0 };
    loop {
        let ready =
            poll(&mut [PollFd::new(events, PollFlags::IN)], Some(&patience)).expect("it can be waited");
        assert_eq!(ready, 1, "nothing has come");
        if is_wanted(&events.take().expect("events")) {
            return;
        }
    }
}

#[test]
fn neighbours_are_listed_as_long_as_the_kernel_sends_to_them() {
    with_two_cables(|| {
        for (state, number) in [("permanent", 2), ("reachable", 3), ("stale", 4), ("failed", 5)] {
            let host = format!("192.0.2.{number} lladdr 02:00:00:00:00:0{number} dev eth0");
            ip(&format!("neighbour replace {host} nud {state}"));
        }
        ip("neighbour replace 2001:db8::2 lladdr 02:00:00:00:00:02 dev eth0 nud stale");
        ip("neighbour replace 198.51.100.2 lladdr 02:00:00:00:00:02 dev eth1 nud permanent");
        ip("link set far1 down");
        let around = target().neighbourhood().expect("neighbours");
        let known =
            |number, permanent| Neighbour { link_address: MacAddress([2, 0, 0, 0, 0, number]), permanent };
        let wanted = [
            ("192.0.2.2", known(2, true)),
            ("192.0.2.3", known(3, false)),
            ("192.0.2.4", known(4, false)),
            ("2001:db8::2", known(2, false)),
        ];
        let wanted = wanted.map(|(host, neighbour)| ((device("eth0"), address(host)), neighbour));
        assert_eq!(around.neighbours, wanted.into(), "eth1 has no carrier");
    });
}

#[test]
fn the_kernel_looks_for_neighbours_and_tells_of_changes() {
    with_two_cables(|| {
        let mut events = Events::open().expect("a netlink socket");
        assert_eq!(events.take().expect("events"), Changed::default());
        let places = [(device("eth0"), address("192.0.2.9")), (device("gone"), address("192.0.2.9"))];
        target().look_for(&places).expect("one of them is there");
        // Nobody answers: it is tried, and given up.
        until(&mut events, |changed| changed.neighbours.contains(&address("192.0.2.9")));
        assert!(ip("neighbour show 192.0.2.9").contains("dev eth0"));
        ip("link set eth1 mtu 1300");
        until(&mut events, |changed| changed.links);
    });
}

#[test]
fn the_kernel_tells_of_what_decides_where_packets_go() {
    with_two_cables(|| {
        for change in [
            "address add 198.51.100.1/32 dev eth0",
            "route add 203.0.113.0/24 dev eth0",
            "route delete 203.0.113.0/24",
            "rule add from 192.0.2.7 lookup 77",
            "-6 address add 2001:db8:7::1/128 dev eth0",
            "-6 route add 2001:db8:8::/64 dev eth0",
            "-6 rule add from 2001:db8::7 lookup 77",
        ] {
            let mut events = Events::open().expect("a netlink socket");
            ip(change);
            until(&mut events, |changed| changed.decisions);
        }
    });
}
