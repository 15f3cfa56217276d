//! Packets that the stack forwards, by the mark of a member.

use crate::entries::{Entry, TIMEOUTS, back, routed, translated};
use crate::frame::{Extras, flow, packet, plain, tcp};
use crate::packets::cases;
use crate::shared::group_name;
use crate::world::{TC_NEXT, TC_REDIRECT, World, XDP_PASS, in_world, ip, next_hop, shared_among};
use rosc_ebpf::{By, Hook, Mark, Neighbour, Reason, Slots, State, Takes, Way};
use rosc_target::Origin;
use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// The mark of an uplink in a family.
pub(crate) fn mark(uplink: u8, family: u8) -> Mark {
    let value = u16::from(family) * 256 + u16::from(uplink);
    Mark { value: NonZeroU16::new(value).expect("not zero"), table: 100_000 + u32::from(value) }
}

/// Everything that comes in is marked for one of these uplinks.
fn marking(weights: &[(u8, u16)], hook: Hook) -> State {
    let mut state = shared_among(weights, Slots::Small, hook);
    for family in [4, 6] {
        let group = state.groups.get_mut(&group_name(family)).expect("a group");
        for (uplink, _) in weights {
            group.members.get_mut(&next_hop(*uplink, family)).expect("a member").mark =
                Some(mark(*uplink, family));
        }
    }
    take(&mut state, Takes { ipv4_marked: true, ipv6_marked: true, ..Takes::default() });
    state
}

fn take(state: &mut State, takes: Takes) {
    state.ports.values_mut().for_each(|port| port.takes = takes);
}

/// All connections are taken, which stay with one of these uplinks; hosts are no group's.
pub(crate) fn keeping(weights: &[(u8, u16)]) -> State {
    let mut state = marking(weights, Hook::Tc);
    let marked = Takes { ipv4_marked: true, ipv6_marked: true, ..Takes::default() };
    take(&mut state, Takes { ipv4_connections: true, ipv6_connections: true, ..marked });
    state.connections = Some(TIMEOUTS);
    for hosts in ["10.0.0.0/8", "2001:db8:1::/48"] {
        let way = Way { origin: Origin::IMPLIED, by: By::Fib };
        state.ways.insert(hosts.parse().expect("a prefix"), way);
    }
    state
}

/// The uplink that a frame is marked for, with what is counted of it; the packet stays as it was.
fn marked(world: &World, frame: &[u8], family: u8) -> (Option<u8>, Option<Reason>) {
    let (verdict, out, counted, value) = world.send_marked(Hook::Tc, frame, 0);
    assert_eq!((verdict, out.as_slice()), (TC_NEXT, frame));
    let uplink = (1..=4).find(|uplink| u32::from(mark(*uplink, family).value.get()) == value);
    assert_eq!(uplink.is_none(), value == 0, "{value:#x} is the mark of nobody");
    (uplink, counted)
}

#[test]
fn packets_to_a_group_are_marked_and_nothing_else_is_done_to_any() {
    in_world(|world| {
        world.set(&marking(&[(1, 1), (2, 1), (3, 1)], Hook::Tc));
        for family in [4, 6] {
            for (name, frame, reason) in cases(family) {
                let expected = match reason {
                    // What is too large is the stack's to divide, or to refuse.
                    Reason::ForwardedByGroup | Reason::Mtu => Reason::MarkedForGroup,
                    Reason::Fib => Reason::Rules,
                    other => other,
                };
                let (uplink, counted) = marked(world, &frame, family);
                assert_eq!(counted, Some(expected), "{name}");
                assert_eq!(uplink.is_some(), expected == Reason::MarkedForGroup, "{name}");
            }
            let before = world.counters().groups[&group_name(family)].clone();
            let (uplink, _) = marked(world, &plain(flow(family, 9)), family);
            let after = world.counters().groups[&group_name(family)].clone();
            let got = before.members.iter().zip(&after.members).find(|(a, b)| a.traffic != b.traffic);
            let got = got.map(|(member, _)| member.next_hop.clone());
            assert_eq!(got, uplink.map(|uplink| next_hop(uplink, family)));
            // Who marks packets before has decided.
            let frame = plain(flow(family, 7));
            let (verdict, out, counted, value) = world.send_marked(Hook::Tc, &frame, 0x5_0000);
            assert_eq!((verdict, out, counted, value), (TC_NEXT, frame, Some(Reason::Marked), 0x5_0000));
        }
    });
}

#[test]
fn a_family_is_marked_where_the_other_is_forwarded() {
    in_world(|world| {
        for (other, is_ipv4) in [(6, true), (4, false)] {
            let mut state = marking(&[(1, 1), (2, 1)], Hook::Tc);
            let group = state.groups.get_mut(&group_name(other)).expect("a group");
            group.members.values_mut().for_each(|member| member.mark = None);
            let takes =
                Takes { routed: true, ipv4_marked: is_ipv4, ipv6_marked: !is_ipv4, ..Takes::default() };
            take(&mut state, takes);
            world.set(&state);
            let family = 10 - other;
            let (uplink, counted) = marked(world, &plain(flow(family, 7)), family);
            assert!(uplink.is_some() && counted == Some(Reason::MarkedForGroup), "{counted:?}");
            let (verdict, _, counted, value) = world.send_marked(Hook::Tc, &plain(flow(other, 7)), 0);
            assert_eq!((verdict, counted, value), (TC_REDIRECT, Some(Reason::ForwardedByGroup), 0));
        }
    });
}

#[test]
fn nothing_is_marked_for_nobody() {
    in_world(|world| {
        let mut state = marking(&[(1, 1)], Hook::Tc);
        let group = state.groups.get_mut(&group_name(4)).expect("a group");
        group.members.values_mut().for_each(|member| member.mark = None);
        let group = state.groups.get_mut(&group_name(6)).expect("a group");
        group.members.clear();
        world.set(&state);
        assert_eq!(marked(world, &plain(flow(4, 7)), 4), (None, Some(Reason::Rules)));
        assert_eq!(marked(world, &plain(flow(6, 7)), 6), (None, Some(Reason::NoMember)));
    });
}

#[test]
fn in_the_driver_nothing_of_a_marked_family_is_forwarded() {
    in_world(|world| {
        let mut state = marking(&[(1, 1), (2, 1)], Hook::Xdp);
        take(&mut state, Takes { routed: true, ipv4_marked: true, ipv6_marked: true, ..Takes::default() });
        world.set(&state);
        let known = [4, 6].into_iter().flat_map(|family| [1, 2].map(|uplink| next_hop(uplink, family)));
        let known = known.map(|hop| (hop, Neighbour { address: [2, 0, 0, 0, 1, 1], mtu: 1500 })).collect();
        world.target.resolve(&known).expect("they are told");
        for family in [4, 6] {
            let frame = plain(flow(family, 7));
            let (verdict, out, counted) = world.send(Hook::Xdp, &frame);
            assert_eq!((verdict, out, counted), (XDP_PASS, frame, None));
        }
    });
}

#[test]
fn a_connection_is_marked_for_its_member_while_others_come_and_go() {
    in_world(|world| {
        world.set(&marking(&[(1, 1), (2, 1)], Hook::Tc));
        let begins =
            |number, family| packet(tcp(flow(family, number)), Extras { syn: true, ..Extras::default() });
        let mut uplinks: BTreeMap<(u8, u32), u8> = BTreeMap::new();
        for (family, number) in [4, 6].into_iter().flat_map(|family| (0..50).map(move |n| (family, n))) {
            let (uplink, _) = marked(world, &begins(number, family), family);
            uplinks.insert((family, number), uplink.expect("an uplink"));
        }
        for weights in [&[(1, 1), (2, 1), (3, 1)][..], &[(1, 5), (2, 1), (4, 1)], &[(1, 1), (2, 9)]] {
            world.set(&marking(weights, Hook::Tc));
            for ((family, number), uplink) in &uplinks {
                let (now, _) = marked(world, &plain(tcp(flow(*family, *number))), *family);
                assert_eq!(now, Some(*uplink), "connection {number} of IPv{family}, {weights:?}");
            }
        }
    });
}

#[test]
fn a_member_that_stays_gets_the_mark_that_it_is_given_later() {
    in_world(|world| {
        world.set(&shared_among(&[(1, 1)], Slots::Small, Hook::Tc));
        assert_eq!(world.send(Hook::Tc, &plain(flow(4, 7))).2, Some(Reason::ForwardedByGroup));
        world.set(&marking(&[(1, 1)], Hook::Tc));
        assert_eq!(marked(world, &plain(flow(4, 7)), 4), (Some(1), Some(Reason::MarkedForGroup)));
        world.set(&shared_among(&[(1, 1)], Slots::Small, Hook::Tc));
        assert_eq!(world.send(Hook::Tc, &plain(flow(4, 7))).2, Some(Reason::ForwardedByGroup));
    });
}

#[test]
fn a_connection_on_the_short_cut_goes_by_its_member_alone() {
    routed(|world| {
        world.set(&keeping(&[(1, 1), (3, 1)]));
        let on = |uplink: u8, family: u8| u32::from(mark(uplink, family).value.get()) << 16;
        for family in [4, 6] {
            let began = |number: u32, of_member: u32| {
                let (came, left) = translated(family, number);
                let mut entry = Entry::short(came, back(left));
                entry.mark |= of_member;
                entry.insert();
                plain(came)
            };
            let by_nobody = began(1, 0);
            let by_member = began(2, on(3, family));
            let by_one_that_has_gone = began(3, on(2, family));
            let by_the_other_familys = began(4, on(3, 10 - family));
            let sent = |frame: &[u8]| {
                let (verdict, _, counted, _) = world.send_marked(Hook::Tc, frame, 0);
                (verdict, counted)
            };
            let leaves = (TC_REDIRECT, Some(Reason::ForwardedByConnection));
            let is_marked = (TC_NEXT, Some(Reason::MarkedForGroup));
            // The kernel has a way for all, but none by the member: as where its link is down.
            assert_eq!(sent(&by_nobody), leaves, "it is older than the marks");
            assert_eq!(sent(&by_member), is_marked);
            assert_eq!(sent(&by_one_that_has_gone), is_marked);
            assert_eq!(sent(&by_the_other_familys), is_marked);
            ip("link set wan3 up");
            let table = mark(3, family).table;
            match family {
                4 => ip(&format!("route add default via 192.0.2.3 dev wan3 onlink table {table}")),
                _ => ip(&format!("route add default via fe80::3 dev wan3 table {table}")),
            }
            assert_eq!(sent(&by_member), leaves);
            assert_eq!(sent(&by_one_that_has_gone), is_marked);
            // What is not to a group goes by the kernel's routes, whatever its connection says.
            let (came, left) = translated(family, 2);
            assert_eq!(sent(&plain(back(left))), leaves, "{came:?}");
        }
    });
}
