//! What a group shares by: any choice of fields, of any packet.

use crate::drains::goes;
use crate::frame::{echo, error_about, flow, fragment, plain, tcp};
use crate::shared::group_name;
use crate::tables::expected;
use crate::tunnel::{HEADERS, ip_packet, tunnelled, with_inside};
use crate::world::{World, in_world, shared_among};
use rosc_ebpf::{Change, EbpfTarget, Flow, HashFields, Hook, Slots, State};
use rosc_target::Target;
use std::collections::BTreeSet;
use std::net::IpAddr;

const UPLINKS: [(u8, u16); 4] = [(1, 1), (2, 2), (3, 3), (4, 1)];
/// Nothing of a packet.
const NOTHING: HashFields = HashFields { source: false, destination: false, ..HashFields::L3 };
const SOURCE: HashFields = HashFields { source: true, ..NOTHING };
const PORTS: HashFields = HashFields { source_port: true, destination_port: true, ..NOTHING };

fn sharing(weights: &[(u8, u16)], fields: HashFields) -> State {
    let mut state = shared_among(weights, Slots::Small, Hook::Tc);
    state.groups.values_mut().for_each(|group| group.hash = fields);
    state
}

fn choices() -> impl Iterator<Item = HashFields> {
    (0..1 << 6_u8).map(|bits| HashFields {
        source: bits & 1 != 0,
        destination: bits & 2 != 0,
        protocol: bits & 4 != 0,
        source_port: bits & 8 != 0,
        destination_port: bits & 16 != 0,
        inner: bits & 32 != 0,
    })
}

/// A connection that differs from others in all of its fields.
fn anywhere(family: u8, number: u32) -> Flow {
    let [a, b, c, d] = number.wrapping_mul(0x9e37_79b9).to_be_bytes();
    let destination = match family {
        4 => IpAddr::from([203, 0, c, d]),
        _ => IpAddr::from([0x2001, 0xdb8, 2, 0, 0, 0, 0, u16::from_be_bytes([c, d])]),
    };
    let destination_port = u16::from_be_bytes([a, b]).max(1);
    let flow = Flow { destination, destination_port, ..flow(family, number) };
    if number.is_multiple_of(2) { flow } else { tcp(flow) }
}

fn without_ports(flow: Flow) -> Flow {
    Flow { source_port: 0, destination_port: 0, ..flow }
}

/// Packets that have to do with a connection, and as what each of them is hashed.
fn packets(family: u8, number: u32) -> Vec<(&'static str, Vec<u8>, Flow)> {
    let flow = anywhere(family, number);
    let icmp = if family == 4 { 1 } else { 58 };
    let outer = anywhere(family, number + 1);
    let header = HEADERS[number as usize % HEADERS.len()];
    let tunnel = tunnelled(outer, header, &ip_packet(flow));
    // Where the header of IP says what it carries.
    let protocol = tunnel[14 + if family == 4 { 9 } else { 6 }];
    let of_tunnel = Flow { protocol, ..with_inside(outer, flow) };
    let mut packets = vec![
        ("of it", plain(flow), flow),
        ("an error about it", error_about(flow), flow),
        ("an echo", echo(flow), Flow { protocol: icmp, ..without_ports(flow) }),
        ("in a tunnel", tunnel, of_tunnel),
    ];
    if family == 4 {
        packets.push(("its first part", fragment(flow, 0, true), without_ports(flow)));
        packets.push(("its last part", fragment(flow, 64, false), without_ports(flow)));
    }
    packets
}

#[test]
fn the_kernel_hashes_any_choice_of_fields_as_the_table_does() {
    in_world(|world| {
        for fields in choices() {
            world.set(&sharing(&UPLINKS, fields));
            for family in [4, 6] {
                for number in 0..6 {
                    for (what, frame, flow) in packets(family, number) {
                        let counts = expected(&UPLINKS, family, Slots::Small, &[flow], fields);
                        let wanted = counts.into_iter().find(|(_, count)| *count > 0).expect("an uplink").0;
                        assert_eq!(goes(world, &frame, family), wanted, "{what} by {fields}: {flow:?}");
                    }
                }
            }
        }
    });
}

/// The uplinks that some packets take.
fn taken(world: &World, family: u8, packets: impl Iterator<Item = Vec<u8>>) -> BTreeSet<u8> {
    packets.map(|frame| goes(world, &frame, family)).collect()
}

#[test]
fn what_is_not_hashed_does_not_matter() {
    in_world(|world| {
        world.set(&sharing(&UPLINKS, SOURCE));
        for family in [4, 6] {
            let of = |source: Flow, number| Flow { source: source.source, ..anywhere(family, number) };
            let clients: Vec<Flow> = (0..40).map(|number| anywhere(family, number)).collect();
            for client in &clients {
                let all = (0..20).map(|number| plain(of(*client, number)));
                assert_eq!(taken(world, family, all).len(), 1, "{client:?}");
            }
            assert_eq!(taken(world, family, clients.iter().map(|client| plain(*client))).len(), 4);
        }
    });
}

#[test]
fn by_ports_alone_all_that_has_none_goes_one_way() {
    in_world(|world| {
        world.set(&sharing(&UPLINKS, PORTS));
        let numbers = 0..60;
        for family in [4, 6] {
            let echoes = numbers.clone().map(|number| echo(anywhere(family, number)));
            let mut without = taken(world, family, echoes);
            if family == 4 {
                without.extend(taken(
                    world,
                    4,
                    numbers.clone().map(|number| fragment(anywhere(4, number), 0, true)),
                ));
            }
            let tunnels = numbers
                .clone()
                .map(|number| tunnelled(anywhere(family, number), HEADERS[1], &ip_packet(flow(4, number))));
            without.extend(taken(world, family, tunnels));
            assert_eq!(without.len(), 1, "{without:?}");
            let with = numbers.clone().map(|number| plain(anywhere(family, number)));
            assert_eq!(taken(world, family, with).len(), 4);
        }
    });
}

#[test]
fn other_fields_share_all_connections_anew_and_leave_nothing_behind() {
    in_world(|world| {
        let known = |world: &World| world.counters().groups[&group_name(4)].drain.connections;
        let flows: Vec<Flow> = (0..200).map(|number| tcp(anywhere(4, number))).collect();
        let two = &UPLINKS[..2];
        let three = &UPLINKS[..3];
        world.set(&sharing(two, HashFields::L4));
        world.set(&sharing(three, HashFields::L4));
        for flow in &flows {
            goes(world, &plain(*flow), 4);
        }
        assert!(known(world) > 0, "those that the third would have got are known one by one");
        let observed = world.target.observe().expect("it can be read");
        let changes = EbpfTarget::diff(&sharing(three, SOURCE), &observed).changes;
        assert!(
            matches!(changes[..], [Change::Group { .. }, Change::Group { .. }]),
            "the groups change, and nothing else: {changes:?}"
        );
        for change in &changes {
            let (was, is) = (change.was().expect("it changes"), change.to_string());
            assert!(was.contains("hash source,destination,protocol,") && is.contains("hash source slots"));
        }
        for fields in [SOURCE, HashFields::L4] {
            world.set(&sharing(three, fields));
            assert_eq!(known(world), 0, "nothing has to be known where all are shared anew");
            for flow in &flows {
                let counts = expected(three, 4, Slots::Small, &[*flow], fields);
                assert_eq!(counts[&goes(world, &plain(*flow), 4)], 1, "{flow:?}");
            }
        }
        // What was known before these changes is not taken for where they are now.
        let places: Vec<u8> = flows.iter().map(|flow| goes(world, &plain(*flow), 4)).collect();
        world.set(&sharing(&UPLINKS, HashFields::L4));
        for (flow, place) in flows.iter().zip(places) {
            assert_eq!(goes(world, &plain(*flow), 4), place, "{flow:?}");
        }
    });
}
