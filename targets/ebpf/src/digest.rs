//! What follows of ports, ways and own addresses, for the programs to look up in one array.
//!
//! Those stay what counts. A row of changes begins by saying nothing here, and ends by saying what follows then: where it is cut
//! off in between, the programs ask those.

use crate::layout::{
    DIGEST_FACTOR, DIGEST_FOREIGN, DIGEST_PORTS, DIGEST_WAYS, RawDigest, RawDigestPort, RawPort, WAY_STACK,
};
use crate::maps::Maps;
use crate::way;
use aya::maps::MapError;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::ops::Range;

const NOTHING: RawDigest = RawDigest {
    ports: [RawDigestPort { port: RawPort { mac: [0; 6], flags: 0, hook: 0 }, ifindex: 0, padding: 0 };
        DIGEST_PORTS],
    ways4: [0; DIGEST_WAYS],
    ways6: [0; DIGEST_WAYS],
    foreign4: [0; DIGEST_FOREIGN / 64],
};

/// Has the programs ask for all.
pub(crate) fn clear(maps: &mut Maps) -> Result<(), MapError> {
    maps.digests.set(0, NOTHING, 0)
}

/// Tells the programs what follows of what there is.
pub(crate) fn write(maps: &mut Maps) -> Result<(), MapError> {
    let ports = maps.ports.iter().collect::<Result<Vec<_>, _>>()?;
    let own = maps.own4.keys().collect::<Result<Vec<_>, _>>()?;
    let digest = RawDigest { ports: of_ports(&ports), foreign4: of_own(&own), ..of_ways(way::read(maps)?) };
    maps.digests.set(0, digest, 0)
}

/// Of ports that want one place the last has it.
fn of_ports(ports: &[(u32, RawPort)]) -> [RawDigestPort; DIGEST_PORTS] {
    let mut places = NOTHING.ports;
    for (ifindex, port) in ports {
        places[*ifindex as usize % DIGEST_PORTS] =
            RawDigestPort { port: *port, ifindex: *ifindex, padding: 0 };
    }
    places
}

/// All bits but those of own addresses.
fn of_own(own: &[[u8; 4]]) -> [u64; DIGEST_FOREIGN / 64] {
    let mut foreign = [u64::MAX; DIGEST_FOREIGN / 64];
    for address in own {
        let place = u32::from_be_bytes(*address).wrapping_mul(DIGEST_FACTOR) >> 20;
        foreign[place as usize / 64] &= !(1 << (place % 64));
    }
    foreign
}

/// The ways of both families.
fn of_ways(mut ways: Vec<(IpNet, u32)>) -> RawDigest {
    /// What no prefix covers.
    const UNCOVERED: u8 = WAY_STACK as u8 + 1;
    let mut digest =
        RawDigest { ways4: [UNCOVERED; DIGEST_WAYS], ways6: [UNCOVERED; DIGEST_WAYS], ..NOTHING };
    // Longer ones say something else of a part of what shorter ones do.
    ways.sort_by_key(|(prefix, _)| prefix.prefix_len());
    for (prefix, way) in ways {
        let (places, (range, is_whole)) = match prefix {
            IpNet::V4(prefix) => (&mut digest.ways4, places4(prefix)),
            IpNet::V6(prefix) => (&mut digest.ways6, places6(prefix)),
        };
        let said = if is_whole { u8::try_from(way + 1).unwrap_or(0) } else { 0 };
        places[range].fill(said);
    }
    digest
}

/// Where destinations of a prefix stand, as `place_of_way4` of bpf/digest.h has it, and whether no others stand there.
fn places4(prefix: Ipv4Net) -> (Range<usize>, bool) {
    const SHIFT: u32 = 20;
    let [first, last] =
        [prefix.network(), prefix.broadcast()].map(|address| (address.to_bits() >> SHIFT) as usize);
    (first..last + 1, u32::from(prefix.prefix_len()) <= 32 - SHIFT)
}

/// The same by `place_of_way6`: a prefix of more than 4 bits and less than 32 has a part of many places.
fn places6(prefix: Ipv6Net) -> (Range<usize>, bool) {
    const PLACES: usize = DIGEST_WAYS / 16;
    let [first, last] =
        [prefix.network(), prefix.broadcast()].map(|address| (address.to_bits() >> 96) as u32);
    let [nibble, last_nibble] = [first, last].map(|upper| (upper >> 28) as usize * PLACES);
    if prefix.prefix_len() < 32 {
        return (nibble..last_nibble + PLACES, prefix.prefix_len() <= 4);
    }
    let place = nibble + (first.wrapping_mul(DIGEST_FACTOR) >> 24) as usize;
    (place..place + 1, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::IpAddr;

    /// Prefixes and addresses that are close to one another in each family.
    fn address() -> impl Strategy<Value = IpAddr> {
        let near =
            |bits: u32| prop_oneof![Just(0), Just(u128::MAX), any::<u128>()].prop_map(move |low| low >> bits);
        prop_oneof![
            (0..4_u32, near(108)).prop_map(|(upper, low)| {
                IpAddr::from(
                    (upper << 20 | u32::try_from(low).expect("20 bits")).wrapping_sub(1).to_be_bytes(),
                )
            }),
            (0..4_u128, near(36)).prop_map(|(upper, low)| IpAddr::from((upper << 125 | low).to_be_bytes())),
            (0..4_u128, near(98))
                .prop_map(|(upper, low)| IpAddr::from((0x2001 << 112 | upper << 94 | low).to_be_bytes())),
        ]
    }

    fn prefix() -> impl Strategy<Value = IpNet> {
        (address(), 0..=128_u8).prop_map(|(address, length)| {
            let most = if address.is_ipv4() { 32 } else { 128 };
            IpNet::new(address, length % (most + 1)).expect("no longer than that").trunc()
        })
    }

    proptest! {
        #[test]
        fn a_digest_says_what_the_longest_prefix_does_or_nothing(
            ways in prop::collection::btree_map(prefix(), 0..5_u32, 0..8),
            destinations in prop::collection::vec(address(), 40),
        ) {
            let digest = of_ways(ways.clone().into_iter().collect());
            for destination in destinations {
                let longest = ways.iter().filter(|(prefix, _)| prefix.contains(&destination));
                let longest = longest.max_by_key(|(prefix, _)| prefix.prefix_len());
                let expected = longest.map_or(WAY_STACK, |(_, way)| *way);
                let said = match IpNet::from(destination) {
                    IpNet::V4(alone) => digest.ways4[places4(alone).0.start],
                    IpNet::V6(alone) => digest.ways6[places6(alone).0.start],
                };
                prop_assert!(said == 0 || u32::from(said) == expected + 1, "{destination}: {said}, {expected}");
            }
        }
    }

    #[test]
    fn most_destinations_need_no_look_up() {
        let ways =
            [("0.0.0.0/0", 3), ("10.0.0.0/8", 1), ("192.0.2.0/24", 1), ("::/0", 4), ("2001:db8:1::/48", 1)];
        let ways = ways.map(|(prefix, way)| (prefix.parse().expect("a prefix"), way));
        let digest = of_ways(ways.into());
        assert_eq!(digest.ways4.iter().filter(|way| **way == 0).count(), 1);
        assert_eq!(digest.ways4.iter().filter(|way| **way == 2).count(), 16, "10.0.0.0/8");
        assert_eq!(digest.ways6.iter().filter(|way| **way == 0).count(), 1);
        assert!(digest.ways6.iter().all(|way| [0, 5].contains(way)));
    }
}
