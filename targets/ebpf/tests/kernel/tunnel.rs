//! Packets that carry packets, and groups that share by what is inside.

use crate::drains::goes;
use crate::frame::{HOST_MAC, change_ipv4, error_about, flow, plain, tcp};
use crate::shared::LAN_MAC;
use crate::world::{TC_REDIRECT, World, in_world, shared_among};
use etherparse::{IpFragOffset, IpNumber, PacketBuilder};
use rosc_ebpf::{Flow, HashFields, Hook, Reason, Slots, State};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What is in front of the packet that is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// Nothing.
    None,
    /// GRE's, with a word for a checksum, a key and a sequence number.
    Gre { checksum: bool, key: bool, sequence: bool },
}

pub(crate) const HEADERS: [Header; 5] = [
    Header::None,
    Header::Gre { checksum: false, key: false, sequence: false },
    Header::Gre { checksum: false, key: true, sequence: false },
    Header::Gre { checksum: true, key: false, sequence: true },
    Header::Gre { checksum: true, key: true, sequence: true },
];

/// The number of a protocol, and what stands in front of the packet.
fn front(header: Header, inner: &[u8]) -> (u8, Vec<u8>) {
    let is_ipv4 = inner[0] >> 4 == 4;
    let Header::Gre { checksum, key, sequence } = header else {
        return (if is_ipv4 { 4 } else { 41 }, Vec::new());
    };
    let flags = u8::from(checksum) << 7 | u8::from(key) << 5 | u8::from(sequence) << 4;
    let mut bytes = vec![flags, 0];
    bytes.extend(if is_ipv4 { [8, 0] } else { [0x86, 0xdd] });
    for (word, is_there) in [(1_u32, checksum), (2, key), (3, sequence)] {
        bytes.extend(is_there.then_some(word.to_be_bytes()).into_iter().flatten());
    }
    (47, bytes)
}

/// A packet between the ends of a connection that carries something by a protocol.
fn carrying(outer: Flow, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2(HOST_MAC, LAN_MAC);
    let builder = match (outer.source, outer.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            builder.ipv4(source.octets(), destination.octets(), 64)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            builder.ipv6(source.octets(), destination.octets(), 64)
        }
        _ => panic!("two families"),
    };
    let mut frame = Vec::new();
    builder.write(&mut frame, IpNumber(protocol), payload).expect("a frame");
    frame
}

/// One that carries a packet of IP.
pub(crate) fn tunnelled(outer: Flow, header: Header, inner: &[u8]) -> Vec<u8> {
    let (protocol, mut payload) = front(header, inner);
    payload.extend(inner);
    carrying(outer, protocol, &payload)
}

/// A packet of IP.
pub(crate) fn ip_packet(flow: Flow) -> Vec<u8> {
    plain(flow)[14..].to_vec()
}

fn family(flow: Flow) -> u8 {
    if flow.source.is_ipv4() { 4 } else { 6 }
}

/// How the tunnel's packets are known where a connection is inside.
pub(crate) fn with_inside(outer: Flow, inner: Flow) -> Flow {
    let (source_port, destination_port) = (0, 0);
    Flow { inner: Some((inner.source, inner.destination)), source_port, destination_port, ..outer }
}

fn shared(fields: HashFields) -> State {
    let mut state = shared_among(&[(1, 1), (2, 2), (3, 3), (4, 1)], Slots::Small, Hook::Tc);
    state.groups.values_mut().for_each(|group| group.hash = fields);
    state
}

/// Where the table outside of the kernel says that a connection goes.
fn expected(flow: Flow, fields: HashFields) -> u8 {
    let weights = [(1, 1), (2, 2), (3, 3), (4, 1)];
    let counts = crate::tables::expected(&weights, family(flow), Slots::Small, &[flow], fields);
    counts.into_iter().find(|(_, count)| *count > 0).expect("it goes somewhere").0
}

/// Where something goes that is said to have been forwarded by the group.
fn sent(world: &World, frame: &[u8], family: u8) -> u8 {
    let (verdict, _, counted) = world.send(Hook::Tc, frame);
    assert_eq!((verdict, counted), (TC_REDIRECT, Some(Reason::ForwardedByGroup)));
    goes(world, frame, family)
}

/// The families of a tunnel and of what is inside.
fn families() -> impl Iterator<Item = (u8, u8)> {
    [(4, 4), (4, 6), (6, 4), (6, 6)].into_iter()
}

#[test]
fn a_group_shares_by_what_is_inside_if_it_is_to_and_as_the_table_says() {
    in_world(|world| {
        for fields in [HashFields::L3_INNER, HashFields::L3] {
            world.set(&shared(fields));
            for (outside, inside) in families() {
                for header in HEADERS {
                    for number in 0..12 {
                        let (outer, inner) = (flow(outside, 7), flow(inside, number));
                        let frame = tunnelled(outer, header, &ip_packet(inner));
                        let wanted = expected(with_inside(outer, inner), fields);
                        assert_eq!(sent(world, &frame, outside), wanted, "{header:?} {inner:?}");
                    }
                }
                // What is no tunnel's is shared as ever.
                for number in 0..12 {
                    let plainly = tcp(flow(outside, number));
                    assert_eq!(sent(world, &plain(plainly), outside), expected(plainly, fields));
                }
            }
        }
    });
}

#[test]
fn all_packets_of_a_connection_inside_go_one_way() {
    in_world(|world| {
        world.set(&shared(HashFields::L3_INNER));
        let mut ways = BTreeSet::new();
        for (outside, inside) in families() {
            for number in 0..16 {
                let (outer, inner) = (flow(outside, 7), flow(inside, number));
                let header = HEADERS[number as usize % HEADERS.len()];
                let goes = |packet: &[u8]| sent(world, &tunnelled(outer, header, packet), outside);
                let whole = goes(&ip_packet(inner));
                ways.insert(whole);
                assert_eq!(goes(&ip_packet(tcp(inner))), whole, "another protocol");
                let fields = Flow { source_port: 9, destination_port: 99, ..inner };
                assert_eq!(goes(&ip_packet(fields)), whole, "other ports");
                if inside == 4 {
                    let mut part = plain(inner);
                    change_ipv4(&mut part, |ip| {
                        ip.fragment_offset = IpFragOffset::try_new(64).expect("an offset");
                    });
                    assert_eq!(goes(&part[14..]), whole, "a part of a datagram");
                }
                // A tunnel inside: by the ends of that, whatever it carries.
                let second = |number| {
                    let nested = tunnelled(inner, HEADERS[1], &ip_packet(flow(4, number)));
                    goes(&nested[14..])
                };
                assert_eq!([second(1), second(2)], [whole; 2]);
            }
        }
        assert_eq!(ways.len(), 4, "connections inside of one tunnel are shared");
    });
}

#[test]
fn what_nobody_looks_into_goes_by_the_tunnels_own_ends() {
    in_world(|world| {
        let fields = HashFields::L3_INNER;
        world.set(&shared(fields));
        for family in [4, 6] {
            let outer = flow(family, 7);
            let wanted = expected(Flow { inner: None, ..outer }, fields);
            let goes = |protocol, payload: &[u8]| sent(world, &carrying(outer, protocol, payload), family);
            for number in 0..8 {
                let inner = ip_packet(flow(4, number));
                let behind = |front: &[u8]| [front, &inner[..]].concat();
                // A routing field, another version, frames of Ethernet, and what is not IP at all.
                for front in [[0x40, 0, 8, 0], [0, 1, 8, 0], [0, 0, 0x65, 0x58], [0, 0, 0x88, 0x47]] {
                    assert_eq!(goes(47, &behind(&front)), wanted, "{front:?}");
                }
                // It says to be of another version, or is cut.
                assert_eq!(goes(4, &[&[0x65], &inner[1..]].concat()), wanted);
                assert_eq!(goes(41, &inner), wanted);
                assert_eq!(goes(4, &inner[..19]), wanted);
                assert_eq!(goes(47, &behind(&[0, 0, 8, 0])[..23]), wanted);
                assert_eq!(goes(47, &[0, 0]), wanted);
                // ESP, and MPLS in IP.
                assert_eq!([goes(50, &inner), goes(137, &inner)], [wanted; 2]);
            }
            // An error about the tunnel's packets goes by what it is about, which it may hold no more of.
            let other = Flow { protocol: 17, ..outer };
            assert_eq!(sent(world, &error_about(other), family), expected(other, fields));
        }
        // Only the first part of a datagram has what is inside.
        for number in 0..8 {
            let outer = flow(4, 7);
            let mut frame = tunnelled(outer, Header::None, &ip_packet(flow(4, number)));
            change_ipv4(&mut frame, |ip| ip.more_fragments = true);
            assert_eq!(sent(world, &frame, 4), expected(outer, fields));
        }
    });
}

#[test]
fn what_says_to_hold_more_than_is_there_is_the_stacks() {
    in_world(|world| {
        world.set(&shared(HashFields::L3_INNER));
        for (outside, inside) in families() {
            let frame = tunnelled(flow(outside, 7), HEADERS[2], &ip_packet(flow(inside, 1)));
            let cut = &frame[..frame.len() - 1];
            assert_eq!(world.send(Hook::Tc, cut).2, Some(Reason::Short));
        }
    });
}
