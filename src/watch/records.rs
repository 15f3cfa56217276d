//! From what the kernel knows to what programs are told.

use rosc_ebpf::{Neighbour, NextHop};
use rosc_route::{DeviceName, Neighbourhood};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What is known of the members' neighbours. Of one behind a device that takes no frames from other drivers nothing is: what
/// is handed to it would be lost.
pub(super) fn records(members: &BTreeSet<NextHop>, around: &Neighbourhood) -> BTreeMap<NextHop, Neighbour> {
    let known = reachable(members, around).filter_map(|(member, gateway, mtu)| {
        let neighbour = around.neighbours.get(&(member.device.clone(), gateway))?;
        Some((member.clone(), Neighbour { address: neighbour.link_address.0, mtu }))
    });
    known.collect()
}

/// For whom the kernel is to look: nobody else makes it do so, since packets of the fast path pass it by. What an
/// administrator has set is left alone.
pub(super) fn questions(members: &BTreeSet<NextHop>, around: &Neighbourhood) -> Vec<(DeviceName, IpAddr)> {
    let places = reachable(members, around).map(|(member, gateway, _)| (member.device.clone(), gateway));
    places.filter(|place| around.neighbours.get(place).is_none_or(|known| !known.permanent)).collect()
}

/// The devices that take frames from other drivers.
pub(super) fn takers(around: &Neighbourhood) -> BTreeSet<DeviceName> {
    around.devices.iter().filter(|(_, device)| device.takes_frames).map(|(name, _)| name.clone()).collect()
}

/// The members that a driver could send to, with their gateways and the largest packets that fit.
fn reachable<'a>(
    members: &'a BTreeSet<NextHop>,
    around: &'a Neighbourhood,
) -> impl Iterator<Item = (&'a NextHop, IpAddr, u32)> {
    members.iter().filter_map(|member| {
        let device = around.devices.get(&member.device).filter(|device| device.takes_frames)?;
        Some((member, member.gateway?, device.mtu))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rosc_route::{MacAddress, Sender};

    fn device(name: &str) -> DeviceName {
        name.parse().expect("a name")
    }

    fn gateway(number: u8) -> IpAddr {
        [192, 0, 2, number].into()
    }

    #[test]
    fn only_what_is_known_behind_a_device_that_takes_frames_is_told() {
        let member = |name, number| NextHop { device: device(name), gateway: Some(gateway(number)) };
        let tunnel = NextHop { device: device("takes"), gateway: None };
        let members: BTreeSet<NextHop> = [
            member("takes", 1),
            member("takes", 2),
            member("takes", 3),
            member("refuses", 1),
            member("down", 1),
            tunnel,
        ]
        .into();
        let known =
            |permanent| rosc_route::Neighbour { link_address: MacAddress([2, 0, 0, 0, 0, 1]), permanent };
        let around = Neighbourhood {
            devices: [
                (device("takes"), Sender { mtu: 1400, takes_frames: true }),
                (device("refuses"), Sender { mtu: 1500, takes_frames: false }),
            ]
            .into(),
            neighbours: [
                ((device("takes"), gateway(1)), known(false)),
                ((device("takes"), gateway(3)), known(true)),
                ((device("refuses"), gateway(1)), known(false)),
            ]
            .into(),
        };
        let told = Neighbour { address: [2, 0, 0, 0, 0, 1], mtu: 1400 };
        let wanted = [(member("takes", 1), told), (member("takes", 3), told)];
        assert_eq!(records(&members, &around), wanted.into());
        // Of the neighbour that nobody knows yet, and of the one that may be gone; never of one that somebody has set.
        let asked = [(device("takes"), gateway(1)), (device("takes"), gateway(2))];
        assert_eq!(questions(&members, &around), asked);
    }
}
