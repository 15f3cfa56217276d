//! What is remembered of connections while slots drain, and what is forgotten.

use crate::drains::{begins, goes};
use crate::frame::{flow, plain, tcp};
use crate::shared::group_name;
use crate::world::{World, in_world, next_hop, shared_among, wait_for_the_drain};
use aya::maps::{Array, Map, MapData};
use rosc_ebpf::{Drain, Flow, HashFields, Hook, MemberId, Share, Slots, State, Table};
use rosc_target::jhash;
use std::net::IpAddr;
use std::thread::sleep;
use std::time::Duration;

/// So many connections are known by one line.
const WORDS: usize = 8;
const LINES: u32 = 1 << 17;
/// So many connections of each family have to be known behind a drain.
const KNOWN: u32 = 20;
/// Longer than the unit that the time of a connection is noted in.
const A_UNIT: Duration = Duration::from_millis(1_200);

fn array<V: aya::Pod>(world: &World, name: &str) -> Array<MapData, V> {
    let data = MapData::from_pin(world.pin(name)).expect("a map");
    Map::from_map_data(data).expect("a map").try_into().expect("an array")
}

/// The seed that connections of a group are remembered by.
fn seed(world: &World, family: u8) -> u32 {
    let groups: Array<MapData, [u8; 56]> = array(world, "groups");
    let name = group_name(family);
    let raw = groups.iter().map(|raw| raw.expect("a group"));
    let own = raw.into_iter().find(|raw| raw.starts_with(name.as_str().as_bytes())).expect("it is there");
    u32::from_ne_bytes(own[52..56].try_into().expect("four bytes"))
}

/// The line that a connection is known by.
fn line(flow: &Flow, seed: u32) -> u32 {
    let mut key = Vec::new();
    for address in [flow.source, flow.destination] {
        match address {
            IpAddr::V4(address) => key.extend(address.octets()),
            IpAddr::V6(address) => key.extend(address.octets()),
        }
    }
    key.extend([flow.source_port, flow.destination_port].map(u16::to_be_bytes).as_flattened());
    key.extend(u32::from(flow.protocol).to_le_bytes());
    jhash(&key, seed) % LINES
}

/// Lets the second uplink take over all slots but a few, which drain.
fn drain(world: &mut World) {
    world.set(&shared_among(&[(1, 1)], Slots::Small, Hook::Tc));
    world.set(&shared_among(&[(1, 1), (2, u16::MAX)], Slots::Small, Hook::Tc));
}

/// So many connections of slots that drain then, which are all known by one line; and the line.
fn of_one_line(world: &World, family: u8, count: usize) -> (Vec<Flow>, u32) {
    let hops = [next_hop(1, family), next_hop(2, family)];
    let share = |number: u8, weight| Share {
        id: MemberId::new(number).expect("few"),
        next_hop: &hops[usize::from(number)],
        weight,
    };
    let table = Table::new(Slots::Small, &[share(0, 1)]);
    let table = table.change(&[share(0, 1), share(1, u16::MAX)], Drain::Over, |_| false);
    let drains = |flow: &Flow| table.member(flow.hash(HashFields::L4)) == MemberId::new(1);
    let seed = seed(world, family);
    let mut all = (0..).map(|number| tcp(flow(family, number))).filter(drains);
    let first = all.next().expect("one of many");
    let own = line(&first, seed);
    let others = all.filter(|flow| line(flow, seed) == own).take(count - 1);
    ([first].into_iter().chain(others).collect(), own)
}

fn known(world: &World, line: u32) -> usize {
    let memory: Array<MapData, [u64; WORDS]> = array(world, "memory");
    memory.get(&line, 0).expect("a line").iter().filter(|word| **word != 0).count()
}

#[test]
fn connections_of_one_line_are_told_apart() {
    in_world(|world| {
        drain(world);
        for family in [4, 6] {
            let (flows, line) = of_one_line(world, family, WORDS);
            // Each other one is older than the change.
            for (number, flow) in flows.iter().enumerate() {
                let (frame, uplink) = if number % 2 == 0 { (begins(*flow), 2) } else { (plain(*flow), 1) };
                assert_eq!(goes(world, &frame, family), uplink, "{flow:?}");
                assert_eq!(known(world, line), number + 1, "{flow:?}");
            }
            for round in 0..3 {
                for (number, flow) in flows.iter().enumerate() {
                    let uplink = if number % 2 == 0 { 2 } else { 1 };
                    assert_eq!(goes(world, &plain(*flow), family), uplink, "round {round}: {flow:?}");
                }
            }
            assert_eq!(known(world, line), WORDS);
        }
    });
}

#[test]
fn a_full_line_forgets_the_connection_that_was_not_seen_for_longest() {
    in_world(|world| {
        drain(world);
        for family in [4, 6] {
            for silent in [0, 3, WORDS - 1] {
                // Another uplink, and what was known is no more.
                world.set(&shared_among(&[(3, 1)], Slots::Small, Hook::Tc));
                drain(world);
                let (mut flows, line) = of_one_line(world, family, WORDS + 1);
                assert_eq!(known(world, line), 0);
                let last = flows.pop().expect("a ninth");
                for flow in &flows {
                    assert_eq!(goes(world, &begins(*flow), family), 2);
                }
                sleep(A_UNIT);
                for (_, flow) in flows.iter().enumerate().filter(|(number, _)| *number != silent) {
                    assert_eq!(goes(world, &plain(*flow), family), 2);
                }
                assert_eq!(goes(world, &begins(last), family), 2);
                let silent = flows.remove(silent);
                for flow in flows.iter().chain([&last]) {
                    assert_eq!(goes(world, &plain(*flow), family), 2, "{flow:?}");
                }
                // Nothing is known of it: it is taken for older than the change.
                assert_eq!(goes(world, &plain(silent), family), 1);
            }
        }
    });
}

#[test]
fn what_is_known_stays_behind_the_drain_and_through_the_next_change() {
    in_world(|world| {
        for slots in [Slots::Small, Slots::Large] {
            world.set(&briefly(&[(1, 1)], slots));
            world.set(&briefly(&[(1, 1), (2, u16::MAX)], slots));
            let of = |family| (0..KNOWN).map(move |number| (family, tcp(flow(family, number))));
            let flows: Vec<(u8, Flow)> = of(4).chain(of(6)).collect();
            for (_, flow) in &flows {
                world.send_only(Hook::Tc, &plain(*flow), 1);
            }
            let stays = |world: &World| {
                for (family, flow) in &flows {
                    assert_eq!(goes(world, &plain(*flow), *family), 1, "{flow:?}");
                }
            };
            stays(world);
            for members in [&[(1, 1), (2, 5), (3, 1)][..], &[(1, 1), (2, 1), (3, 5)], &[(1, 1), (3, 1)]] {
                wait_for_the_drain(world);
                stays(world);
                world.set(&briefly(members, slots));
                stays(world);
                let drained = world.counters().groups[&group_name(4)].drain;
                assert!(drained.connections <= KNOWN as usize, "each is known once: {drained:?}");
            }
        }
    });
}

/// With a short drain.
fn briefly(members: &[(u8, u16)], slots: Slots) -> State {
    let mut state = shared_among(members, slots, Hook::Tc);
    state.groups.values_mut().for_each(|group| group.drain = 2);
    state
}

#[test]
fn who_gets_the_place_of_one_that_has_gone_gets_none_of_its_connections() {
    in_world(|world| {
        drain(world);
        let flows: Vec<Flow> = (0..100).map(|number| tcp(flow(4, number))).collect();
        for flow in &flows {
            world.send_only(Hook::Tc, &begins(*flow), 1);
        }
        let known = |world: &World| world.counters().groups[&group_name(4)].drain.connections;
        let before = known(world);
        assert!(before > 90, "{before}");
        // The second one goes, and the third gets its place.
        world.set(&shared_among(&[(1, 1)], Slots::Small, Hook::Tc));
        world.set(&shared_among(&[(1, 1), (3, u16::MAX)], Slots::Small, Hook::Tc));
        assert_eq!(known(world), 0);
        for flow in &flows {
            assert_eq!(goes(world, &plain(*flow), 4), 1, "{flow:?}");
        }
    });
}
