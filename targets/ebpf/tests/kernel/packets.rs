//! Packets, each with what has to become of it: one for every branch of the programs.

use crate::frame::{
    Extras, change_ipv4, echo, error_about, flow, fragment, hops, packet, plain, tcp, with_extension,
    with_options, with_pppoe, with_vlan,
};
use crate::world::{
    REACH_IS_KNOWN, TC_NEXT, TC_REDIRECT, World, XDP_PASS, XDP_REDIRECT, in_world, ip, mac_of, next_hop,
    shared_among,
};
use rosc_ebpf::{By, Flow, Hook, Neighbour, Reason, Slots, State};
use std::net::IpAddr;
use std::time::Duration;

/// A packet, and what has to be counted of it.
pub(crate) type Case = (&'static str, Vec<u8>, Reason);

pub(crate) fn cases(family: u8) -> Vec<Case> {
    let some = flow(family, 7);
    let to = |text: &str| Flow { destination: text.parse().expect("an address"), ..some };
    let from = |text: &str| Flow { source: text.parse().expect("an address"), ..some };
    let with = |extras| packet(some, extras);
    let of = |ipv4: &'static str, ipv6: &'static str| if family == 4 { ipv4 } else { ipv6 };
    let mut other_host = plain(some);
    other_host[5] = 9;
    let mut arp = plain(some);
    arp[12..14].copy_from_slice(&[8, 6]);
    let mut cut = plain(some);
    cut.truncate(cut.len() - 1);
    let without_ports = plain(some)[..if family == 4 { 34 } else { 54 }].to_vec();
    vec![
        ("a datagram", plain(some), Reason::ForwardedByGroup),
        ("a segment", plain(tcp(some)), Reason::ForwardedByGroup),
        (
            "the first segment",
            packet(tcp(some), Extras { syn: true, ..Extras::default() }),
            Reason::ForwardedByGroup,
        ),
        ("an echo request", echo(some), Reason::ForwardedByGroup),
        ("an error", error_about(some), Reason::ForwardedByGroup),
        ("of a VLAN", with_vlan(&plain(some)), Reason::OtherProtocol),
        ("of a PPPoE session", with_pppoe(&plain(some)), Reason::OtherProtocol),
        ("ARP", arp, Reason::OtherProtocol),
        ("for another host", other_host, Reason::OtherHost),
        ("shorter than it says", cut, Reason::Short),
        ("without the ports it should have", without_ports, Reason::Short),
        ("its last hop", with(Extras { ttl: Some(1), ..Extras::default() }), Reason::Ttl),
        ("no hop left", with(Extras { ttl: Some(0), ..Extras::default() }), Reason::Ttl),
        ("from the host itself", plain(from(of("127.0.0.1", "::1"))), Reason::Invalid),
        ("from nobody", plain(from(of("0.0.0.0", "::"))), Reason::Invalid),
        ("from a multicast group", plain(from(of("224.0.0.1", "ff02::1"))), Reason::Invalid),
        ("to a multicast group", plain(to(of("224.1.2.3", "ff05::2"))), Reason::Way),
        ("to where the kernel has no route", plain(to(of("198.51.100.9", "2001:db8:51::9"))), Reason::Fib),
        ("too large", with(Extras { payload: 1473, ..Extras::default() }), Reason::Mtu),
    ]
}

fn cases_of_ipv4() -> Vec<Case> {
    let some = flow(4, 7);
    let own = IpAddr::from([10, 255, 255, 254]);
    let mut wrong = plain(some);
    wrong[24] ^= 1;
    let mut version = plain(some);
    version[14] = 0x55;
    let mut length = plain(some);
    change_ipv4(&mut length, |ip| ip.total_len = 19);
    vec![
        ("with options", with_options(some), Reason::Options),
        ("of another version", version, Reason::Options),
        ("with a wrong checksum", wrong, Reason::Invalid),
        ("shorter than its header", length, Reason::Short),
        ("from the router itself", plain(Flow { source: own, ..some }), Reason::Invalid),
        ("to the router itself", plain(Flow { destination: own, ..some }), Reason::Way),
        ("the first part of a datagram", fragment(some, 0, true), Reason::ForwardedByGroup),
        ("the last part of a datagram", fragment(some, 64, false), Reason::ForwardedByGroup),
    ]
}

fn cases_of_ipv6() -> Vec<Case> {
    let some = flow(6, 7);
    let local = Flow { source: "fe80::1".parse().expect("an address"), ..some };
    let mut jumbo = plain(some);
    jumbo[18..20].copy_from_slice(&[0, 0]);
    vec![
        ("with an extension header", with_extension(some), Reason::Options),
        ("from a link-local address", plain(local), Reason::Invalid),
        ("of no length", jumbo, Reason::Short),
    ]
}

fn uplinks() -> State {
    shared_among(&[(1, 1), (2, 1), (3, 1)], Slots::Small, Hook::Tc)
}

fn is_forwarded(reason: Reason) -> bool {
    matches!(reason, Reason::ForwardedByGroup | Reason::ForwardedByFib)
}

fn assert_told(world: &World, cases: Vec<Case>) {
    for (name, frame, reason) in cases {
        let (verdict, out, counted) = world.send(Hook::Tc, &frame);
        assert_eq!(counted, Some(reason), "{name}");
        if is_forwarded(reason) {
            assert_eq!(verdict, TC_REDIRECT, "{name}");
            assert_eq!(hops(&out), 63, "{name}");
            assert_eq!(without_hops(&out), without_hops(&frame), "{name}");
        } else {
            assert_eq!((verdict, &out), (TC_NEXT, &frame), "{name}");
        }
    }
}

/// A frame without what one hop less changes.
fn without_hops(frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    if frame[14] >> 4 == 4 {
        frame[22] = 0;
        frame[24..26].fill(0);
    } else {
        frame[21] = 0;
    }
    frame
}

#[test]
fn traffic_control_forwards_what_it_may_and_leaves_the_rest_as_it_was() {
    in_world(|world| {
        world.set(&uplinks());
        for family in [4, 6] {
            assert_told(world, cases(family));
        }
        assert_told(world, cases_of_ipv4());
        assert_told(world, cases_of_ipv6());
    });
}

#[test]
fn in_the_driver_nothing_is_forwarded_to_a_neighbour_that_is_not_known() {
    in_world(|world| {
        world.set(&uplinks());
        for family in [4, 6] {
            for (name, frame, reason) in cases(family) {
                let (verdict, out, counted) = world.send(Hook::Xdp, &frame);
                // What the stack gets is counted where it comes by.
                let expected = is_forwarded(reason).then_some(Reason::Unresolved);
                assert!(counted == expected || reason == Reason::Mtu, "{name}: {counted:?}");
                assert_eq!((verdict, out), (XDP_PASS, frame), "{name}");
            }
        }
    });
}

#[test]
fn the_kernels_routes_are_followed_where_they_are_asked() {
    in_world(|world| {
        ip("address add 192.0.2.100/24 dev wan1");
        ip("address add 2001:db8::100/64 dev wan1 nodad");
        ip("route add 198.51.100.0/24 via 192.0.2.1");
        ip("route add 2001:db8:51::/48 via 2001:db8::1");
        world.set(&uplinks());
        let to =
            |text: &str, family| Flow { destination: text.parse().expect("an address"), ..flow(family, 7) };
        let all = [to("198.51.100.9", 4), to("2001:db8:51::9", 6)];
        for flow in all {
            // The device does not forward.
            assert_eq!(world.send(Hook::Tc, &plain(flow)).2, Some(Reason::Fib), "{flow:?}");
        }
        for setting in ["ipv4/conf/all/forwarding", "ipv6/conf/all/forwarding"] {
            std::fs::write(format!("/proc/sys/net/{setting}"), "1").expect("a setting");
        }
        for flow in all {
            let (verdict, out, counted) = world.send(Hook::Tc, &plain(flow));
            assert_eq!((verdict, counted), (TC_REDIRECT, Some(Reason::ForwardedByFib)), "{flow:?}");
            assert_eq!(hops(&out), 63);
            // In the driver it would not be known whether the device takes frames.
            let (verdict, _, counted) = world.send(Hook::Xdp, &plain(flow));
            assert_eq!((verdict, counted), (XDP_PASS, None), "{flow:?}");
        }
        for (flow, payload) in all.into_iter().zip([1473, 1453]) {
            let large = packet(flow, Extras { payload, ..Extras::default() });
            assert_eq!(world.send(Hook::Tc, &large).2, Some(Reason::Mtu), "{flow:?}");
        }
        for flow in all {
            assert_eq!(world.send(Hook::Tc, &error_about(flow)).2, Some(Reason::Fib), "{flow:?}");
        }
        // To the router itself.
        ip("address add 198.51.100.9/32 dev lan");
        ip("address add 2001:db8:51::9/128 dev lan nodad");
        for flow in all {
            assert_eq!(world.send(Hook::Tc, &plain(flow)).2, Some(Reason::Fib), "{flow:?}");
        }
    });
}

#[test]
fn a_group_sends_nothing_back_to_where_it_came_from() {
    in_world(|world| {
        let mut state = uplinks();
        let member = rosc_ebpf::NextHop {
            device: "lan".parse().expect("a name"),
            gateway: Some(IpAddr::from([192, 0, 2, 1])),
        };
        let group = state.groups.values_mut().next().expect("a group");
        group.members = [(member, rosc_ebpf::Member::of_weight(rosc_ebpf::Weight::MIN))].into();
        world.set(&state);
        assert_eq!(world.send(Hook::Tc, &plain(flow(4, 7))).2, Some(Reason::SameDevice));
    });
}

#[test]
fn without_members_and_without_ways_the_stack_decides() {
    in_world(|world| {
        let mut state = shared_among(&[], Slots::Small, Hook::Tc);
        world.set(&state);
        for family in [4, 6] {
            assert_eq!(world.send(Hook::Tc, &plain(flow(family, 7))).2, Some(Reason::NoMember));
        }
        state.ways.retain(|_, way| way.by == By::Stack);
        world.set(&state);
        for family in [4, 6] {
            assert_eq!(world.send(Hook::Tc, &plain(flow(family, 7))).2, Some(Reason::Way));
        }
    });
}

#[test]
fn in_the_driver_known_neighbours_get_frames() {
    in_world(|world| {
        world.set(&uplinks());
        let mac = |uplink| [2, 0, 0, 0, 1, uplink];
        let known = |family: u8, mtu| {
            (1..=3).map(move |uplink| (next_hop(uplink, family), Neighbour { address: mac(uplink), mtu }))
        };
        let all = known(4, 1500).chain(known(6, 1500)).collect();
        assert_eq!(world.target.resolve(&all).expect("they are told"), 6);
        assert_eq!(world.target.resolve(&all).expect("they are told"), 0, "they know already");
        for family in [4, 6] {
            for (name, frame, reason) in cases(family) {
                let (verdict, out, counted) = world.send(Hook::Xdp, &frame);
                if reason != Reason::ForwardedByGroup {
                    assert_eq!((verdict, out), (XDP_PASS, frame), "{name}");
                    continue;
                }
                assert_eq!((verdict, counted), (XDP_REDIRECT, Some(reason)), "{name}");
                assert_eq!(hops(&out), 63, "{name}");
                assert_eq!(without_hops(&out)[12..], without_hops(&frame)[12..], "{name}");
                let uplink = out[5];
                assert_eq!(out[..6], mac(uplink), "{name}");
                assert_eq!(out[6..12], mac_of(&format!("wan{uplink}")), "{name}");
            }
        }
        // A smaller device, and one whose neighbour is not known any more.
        let all = known(4, 40).collect();
        assert_eq!(world.target.resolve(&all).expect("they are told"), 6);
        assert_eq!(world.send(Hook::Xdp, &plain(flow(4, 7))).0, XDP_REDIRECT);
        let larger = packet(flow(4, 7), Extras { payload: 13, ..Extras::default() });
        assert_eq!(world.send(Hook::Xdp, &larger).0, XDP_PASS);
        assert_eq!(world.send(Hook::Xdp, &plain(flow(6, 7))).2, Some(Reason::Unresolved));
        // What nobody keeps up may be wrong by now.
        world.target.keep_for(Duration::from_millis(1)).expect("it can be told");
        std::thread::sleep(REACH_IS_KNOWN);
        assert_eq!(world.send(Hook::Xdp, &plain(flow(4, 7))).2, Some(Reason::Unresolved));
        assert_eq!(world.target.kept_for().expect("it can be read"), Some(Duration::ZERO));
        world.target.keep_for(Duration::from_secs(3600)).expect("it can be told");
        std::thread::sleep(REACH_IS_KNOWN);
        assert_eq!(world.send(Hook::Xdp, &plain(flow(4, 7))).0, XDP_REDIRECT);
    });
}
