//! Connections while members of their group come, go and change.

use crate::frame::{Extras, flow, packet, plain, tcp};
use crate::shared::group_name;
use crate::world::{World, in_world, shared_among, wait_for_the_drain};
use rosc_ebpf::{Flow, Hook, Slots};
use std::collections::BTreeMap;

const CONNECTIONS: u32 = 300;

/// The uplink that a packet goes to.
pub(crate) fn goes(world: &World, frame: &[u8], family: u8) -> u8 {
    let packets = || -> BTreeMap<String, u64> {
        let counters = world.counters();
        let members = &counters.groups[&group_name(family)].members;
        members.iter().map(|member| (member.next_hop.device.to_string(), member.traffic.packets)).collect()
    };
    let before = packets();
    world.send_only(Hook::Tc, frame, 1);
    let after = packets();
    let device = after.iter().find(|(device, count)| **count > before[*device]).expect("it went somewhere").0;
    device.trim_start_matches("wan").parse().expect("an uplink")
}

pub(crate) fn begins(flow: Flow) -> Vec<u8> {
    packet(flow, Extras { syn: true, ..Extras::default() })
}

#[test]
fn no_connection_leaves_a_member_that_stays() {
    in_world(|world| {
        world.set(&shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Tc));
        let flows: Vec<Flow> = (0..CONNECTIONS)
            .map(|number| {
                let flow = flow(if number % 2 == 0 { 4 } else { 6 }, number);
                if number % 3 == 0 { flow } else { tcp(flow) }
            })
            .collect();
        let family = |flow: &Flow| if flow.source.is_ipv4() { 4 } else { 6 };
        let mut places: BTreeMap<u32, u8> = BTreeMap::new();
        for (number, flow) in (0..).zip(&flows) {
            places.insert(number, goes(world, &begins(*flow), family(flow)));
        }
        let ways: &[&[(u8, u16)]] = &[
            &[(1, 1), (2, 1), (3, 1)],
            &[(1, 5), (2, 1), (3, 1)],
            &[(1, 1), (3, 1), (4, 2)],
            &[(1, 1), (2, 1), (3, 2), (4, 1)],
            &[(1, 1), (3, 1)],
            &[(1, 1), (2, 1), (3, 1), (4, 1)],
        ];
        let mut next = CONNECTIONS;
        let mut all: BTreeMap<u32, Flow> = (0..).zip(flows).collect();
        for members in ways {
            world.set(&shared_among(members, Slots::Small, Hook::Tc));
            // Each tenth connection is silent during this change; nobody forgets it for that.
            for (number, flow) in all.iter().filter(|(number, _)| *number % 10 != next % 10) {
                let place = goes(world, &plain(*flow), family(flow));
                let before = places.insert(*number, place).expect("it has begun");
                if members.iter().any(|(uplink, _)| *uplink == before) {
                    assert_eq!(place, before, "connection {number} has moved: {flow:?}");
                }
            }
            for _ in 0..50 {
                let flow = tcp(flow(4, next));
                places.insert(next, goes(world, &begins(flow), 4));
                all.insert(next, flow);
                next += 1;
            }
        }
    });
}

#[test]
fn a_flood_of_new_connections_is_remembered_only_during_a_drain() {
    in_world(|world| {
        let known = |world: &World| world.counters().groups[&group_name(4)].drain.connections;
        let mut state = shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Tc);
        world.set(&state);
        let flood = |world: &World, from: u32| {
            for number in from..from + 1_000 {
                world.send_only(Hook::Tc, &begins(tcp(flow(4, number))), 1);
            }
        };
        flood(world, 0);
        assert_eq!(known(world), 0, "nothing has changed yet");
        state = shared_among(&[(1, 1), (2, 1), (3, 1)], Slots::Small, Hook::Tc);
        // Long enough for the flood on a machine that is slow.
        state.groups.values_mut().for_each(|group| group.drain = 5);
        world.set(&state);
        flood(world, 10_000);
        let drained = world.counters().groups[&group_name(4)].drain;
        // A third of the slots has gone to the new member, and only their connections have to be known.
        assert!((250..420).contains(&drained.connections), "{drained:?}");
        wait_for_the_drain(world);
        flood(world, 20_000);
        assert_eq!(known(world), drained.connections, "it is over");
    });
}

#[test]
fn a_connection_whose_member_goes_is_taken_over_at_once() {
    in_world(|world| {
        world.set(&shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Tc));
        let flows: Vec<Flow> = (0..100).map(|number| tcp(flow(4, number))).collect();
        for flow in &flows {
            goes(world, &begins(*flow), 4);
        }
        world.set(&shared_among(&[(2, 1)], Slots::Small, Hook::Tc));
        for flow in &flows {
            assert_eq!(goes(world, &plain(*flow), 4), 2);
        }
    });
}

#[test]
fn where_a_member_has_gone_nobody_has_to_be_remembered() {
    in_world(|world| {
        let drained = |world: &World| world.counters().groups[&group_name(4)].drain;
        world.set(&shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Tc));
        world.set(&shared_among(&[(2, 1)], Slots::Small, Hook::Tc));
        let flows: Vec<Flow> = (0..200).map(|number| tcp(flow(4, number))).collect();
        // Half of them are older than the change.
        for (number, flow) in flows.iter().enumerate() {
            let frame = if number % 2 == 0 { plain(*flow) } else { begins(*flow) };
            assert_eq!(goes(world, &frame, 4), 2);
        }
        assert_eq!((drained(world).slots, drained(world).connections), (0, 0));
        // With the next change, in the same drain, they stay nevertheless, and new ones do not.
        world.set(&shared_among(&[(2, 1), (3, 1)], Slots::Small, Hook::Tc));
        for flow in &flows {
            assert_eq!(goes(world, &plain(*flow), 4), 2, "{flow:?}");
        }
        let new = (1_000..1_200).map(|number| tcp(flow(4, number)));
        let elsewhere = new.filter(|flow| goes(world, &begins(*flow), 4) == 3).count();
        assert!((60..140).contains(&elsewhere), "{elsewhere} of 200");
    });
}
