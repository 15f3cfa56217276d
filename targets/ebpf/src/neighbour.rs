//! What the driver's place has to know to send frames: the kernel does not look neighbours up there.

use crate::NextHop;
use crate::device::Device;
use crate::group::now;
use crate::layout::{MEMBER_RESOLVED, RawGroup, RawMember};
use crate::maps::Maps;
use crate::read::{members, next_hop, place, used};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

/// What is known of a neighbour, and of the device that it is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// Its address on the link.
    pub address: [u8; 6],
    /// The largest IP packet that the device takes, in bytes.
    pub mtu: u32,
}

/// Tells all groups what is known of their members' neighbours, and that nothing is of the others. Returns how many members
/// that changed.
pub(crate) fn resolve(
    maps: &mut Maps,
    known: &BTreeMap<NextHop, Neighbour>,
) -> Result<usize, Box<dyn Error>> {
    let mut changed = 0;
    let groups: BTreeMap<u32, RawGroup> = used(maps).collect::<Result<_, _>>()?;
    for number in groups.into_keys() {
        for (id, raw) in members(maps, number)? {
            let new =
                match next_hop(&raw).as_ref().and_then(|next_hop| Some((next_hop, known.get(next_hop)?))) {
                    Some((next_hop, neighbour)) => resolved(raw, next_hop, neighbour),
                    None => unresolved(raw),
                };
            if new != raw {
                maps.members.set(place(number, id), new, 0)?;
                changed += 1;
            }
        }
    }
    Ok(changed)
}

/// The members of all groups, and what they were told of their neighbours. Of a member of several groups it counts only if all
/// of these know it.
pub(crate) fn told(maps: &Maps) -> Result<BTreeMap<NextHop, Option<Neighbour>>, Box<dyn Error>> {
    let mut told = BTreeMap::new();
    for group in used(maps) {
        let (number, _) = group?;
        for raw in members(maps, number)?.into_values() {
            let Some(next_hop) = next_hop(&raw) else { continue };
            let known = (raw.flags & MEMBER_RESOLVED != 0)
                .then_some(Neighbour { address: raw.destination, mtu: raw.mtu });
            let all = told.entry(next_hop).or_insert(known);
            *all = all.filter(|_| known.is_some());
        }
    }
    Ok(told)
}

/// Has drivers rely on what they were told for so long from now on.
pub(crate) fn keep_for(maps: &mut Maps, time: Duration) -> Result<(), Box<dyn Error>> {
    let until = Duration::from_nanos(now()?).saturating_add(time);
    Ok(maps.kept_until.set(0, u64::try_from(until.as_nanos()).unwrap_or(u64::MAX), 0)?)
}

/// For how long they still do.
pub(crate) fn kept_for(maps: &Maps) -> Result<Duration, Box<dyn Error>> {
    Ok(Duration::from_nanos(maps.kept_until.get(&0, 0)?.saturating_sub(now()?)))
}

fn resolved(raw: RawMember, next_hop: &NextHop, neighbour: &Neighbour) -> RawMember {
    // A device without Ethernet's header, or one that has just gone, is none that the driver's place sends by.
    match Device::of(&next_hop.device).ok().and_then(|device| device.ethernet) {
        Some(source) => RawMember {
            destination: neighbour.address,
            source,
            mtu: neighbour.mtu,
            flags: raw.flags | MEMBER_RESOLVED,
            ..raw
        },
        None => unresolved(raw),
    }
}

fn unresolved(raw: RawMember) -> RawMember {
    RawMember { flags: raw.flags & !MEMBER_RESOLVED, destination: [0; 6], source: [0; 6], mtu: 0, ..raw }
}
