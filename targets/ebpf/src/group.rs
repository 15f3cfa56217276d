//! Changes of a group while packets go through it.
//!
//! Members come before the table that gives them slots, and go after the one that takes these away; the table itself is
//! exchanged whole. A change that is cut off at any point is taken up by the next one, which begins with what it finds.

use crate::device::Device;
use crate::flow::raw_address;
use crate::layout::{
    LargeTable, MEMBER_ALIVE, NAME_LENGTH, RawCount, RawGroup, RawMember, RawTable, Slot, SmallTable,
};
use crate::maps::{InnerMap, Maps, is_missing};
use crate::memory::Memory;
use crate::read::{members, next_hop, place, raw_fields, used};
use crate::{Drain, Group, GroupName, Member, MemberId, NextHop, Share, Slots, Table, pins};
use aya::maps::{Array, Map, MapData, MapError, PerCpuValues};
use rustix::rand::GetRandomFlags;
use rustix::time::{ClockId, clock_gettime};
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The number of a group; `None` if there is no such group.
pub(crate) fn number(maps: &Maps, name: &GroupName) -> Result<Option<u32>, MapError> {
    let raw_name = raw_name(name);
    for group in used(maps) {
        let (number, raw) = group?;
        if raw.name == raw_name {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Removes a group that no way leads to any more.
pub(crate) fn remove(maps: &mut Maps, name: &GroupName) -> Outcome {
    let Some(number) = number(maps, name)? else { return Ok(()) };
    for id in members(maps, number)?.into_keys() {
        maps.members.set(place(number, id), RawMember::default(), 0)?;
    }
    Memory::open(maps)?.forget(|word| word.group == number);
    Ok(maps.groups.set(number, RawGroup::default(), 0)?)
}

/// Makes a group be so, whatever it was.
pub(crate) fn set(maps: &mut Maps, name: &GroupName, group: &Group) -> Outcome {
    let number = match number(maps, name)? {
        Some(number) => number,
        None => free(maps)?,
    };
    let before = maps.groups.get(&number, 0)?;
    let generation = before.generation.wrapping_add(1);
    let placed = place_members(maps, number, group, generation)?;
    let shares: Vec<Share<'_>> = placed
        .iter()
        .map(|(next_hop, id)| Share { id: *id, next_hop, weight: group.members[next_hop].weight.get() })
        .collect();
    let now = now()?;
    // What is hashed otherwise, or into another number of slots, has no table before this one.
    let fields = raw_fields(group.hash);
    let large = u8::from(group.slots == Slots::Large);
    let is_same_kind = before.used != 0 && before.fields == fields && before.large == large;
    let old = is_same_kind.then(|| read_table(maps, number, group.slots)).transpose()?.flatten();
    let (table, drains) = match &old {
        Some(old) => {
            let drain = if now < before.drain_until { Drain::Going } else { Drain::Over };
            let used = used_slots(maps, number, old, &placed)?;
            let table = old.change(&shares, drain, |slot| used.contains(&slot));
            let drains = table.slots() != old.slots();
            (table, drains)
        }
        None => (Table::new(group.slots, &shares), false),
    };
    let drain_until = if drains { now + u64::from(group.drain) * 1_000_000_000 } else { before.drain_until };
    let raw = RawGroup {
        name: raw_name(name),
        drain_until,
        generation,
        drain: group.drain,
        fields,
        large,
        used: 1,
        seed: if before.used == 0 { random()? } else { before.seed },
        ..RawGroup::default()
    };
    // The time comes first: connections of changed slots are asked for it.
    if is_same_kind {
        maps.groups.set(number, raw, 0)?;
    }
    write_table(maps, number, group.slots, &table)?;
    maps.groups.set(number, raw, 0)?;
    if before.used != 0 && !is_same_kind {
        // Connections are elsewhere now than what is remembered of them says, which the next change would ask.
        Memory::open(maps)?.forget(|word| word.group == number);
    }
    for id in members(maps, number)?.into_keys() {
        if !placed.values().any(|placed| *placed == id) {
            maps.members.set(place(number, id), RawMember::default(), 0)?;
        }
    }
    Ok(())
}

/// Gives each next hop a place, its old one if it has one, and writes down what it is.
fn place_members(
    maps: &mut Maps,
    number: u32,
    group: &Group,
    generation: u32,
) -> Outcome<BTreeMap<NextHop, MemberId>> {
    let old = members(maps, number)?;
    let mut known: BTreeMap<NextHop, (MemberId, RawMember)> =
        old.iter().filter_map(|(id, raw)| Some((next_hop(raw)?, (*id, *raw)))).collect();
    let mut free = (0..MemberId::COUNT).filter_map(MemberId::new).filter(|id| !old.contains_key(id));
    if group.members.keys().any(|next_hop| !known.contains_key(next_hop)) {
        // What went to somebody who had the place of a new one before is none of its connections: words hold so little of
        // when a member came that this alone would not tell them apart for good.
        Memory::open(maps)?.forget(|word| word.group == number && !old.contains_key(&word.member));
    }
    let mut placed = BTreeMap::new();
    for (next_hop, member) in &group.members {
        let (id, raw) = match known.remove(next_hop) {
            // Who stays keeps what is known of its neighbour.
            Some((id, known)) => {
                let flags = known.flags | MEMBER_ALIVE;
                (id, with(member, RawMember { flags, ..known }))
            }
            None => {
                // Twice the members of a full group would fit.
                let id = free.next().ok_or("too many members at a time")?;
                let raw = with(member, new_member(next_hop, generation)?);
                let place = place(number, id);
                let counts = vec![RawCount::default(); aya::util::nr_cpus().map_err(|(_, error)| error)?];
                maps.member_counts.set(place, PerCpuValues::try_from(counts)?, 0)?;
                maps.devices.set(place, raw.ifindex, None, 0)?;
                (id, raw)
            }
        };
        maps.members.set(place(number, id), raw, 0)?;
        if raw.mark != 0 {
            maps.places.set(raw.mark, place(number, id), 0)?;
        }
        placed.insert(next_hop.clone(), id);
    }
    Ok(placed)
}

/// The record of a member that comes with this generation of its group.
fn new_member(next_hop: &NextHop, generation: u32) -> io::Result<RawMember> {
    let device = Device::of(&next_hop.device)?;
    let (gateway, family) = next_hop.gateway.map_or(([0; 16], 0), raw_address);
    Ok(RawMember {
        ifindex: device.index,
        gateway,
        family,
        flags: MEMBER_ALIVE,
        born: generation,
        ..RawMember::default()
    })
}

/// A record with what a state says of the member.
fn with(member: &Member, raw: RawMember) -> RawMember {
    let (mark, table) = member.mark.map_or((0, 0), |mark| (mark.value.get().into(), mark.table));
    RawMember { weight: member.weight.get(), mark, table, ..raw }
}

/// The slots of which connections are known one by one that are on a member that stays. Of each connection only the upper bits
/// of its hash are known: where these are of two slots, both are meant.
fn used_slots(
    maps: &Maps,
    number: u32,
    table: &Table,
    placed: &BTreeMap<NextHop, MemberId>,
) -> Outcome<HashSet<usize>> {
    if table.changed() == 0 {
        return Ok(HashSet::new());
    }
    let staying: HashSet<MemberId> = placed.values().copied().collect();
    let known = Memory::open(maps)?.of_group(number);
    let known = known.iter().filter(|word| staying.contains(&word.member));
    let slots = known.flat_map(|word| {
        let [first, last] = word.hashes.map(|hash| table.slot(hash));
        first..=last
    });
    Ok(slots.collect())
}

/// What nobody outside can know.
fn random() -> io::Result<u32> {
    let mut bytes = [0; 4];
    rustix::rand::getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(u32::from_ne_bytes(bytes))
}

fn free(maps: &Maps) -> Outcome<u32> {
    let used: BTreeMap<u32, RawGroup> = used(maps).collect::<Result<_, _>>()?;
    let room = maps.groups.len();
    let free = (0..room).find(|number| !used.contains_key(number));
    free.ok_or_else(|| format!("there is room for {room} groups").into())
}

/// The table of a group; `None` if it has had none of this size.
pub(crate) fn read_table(maps: &Maps, number: u32, slots: Slots) -> Result<Option<Table>, MapError> {
    fn read<const N: usize>(pin: &Path) -> Result<Option<Table>, MapError>
    where
        RawTable<N>: aya::Pod,
    {
        match MapData::from_pin(pin) {
            Ok(data) => {
                let inner: InnerMap<RawTable<N>> = Map::from_map_data(data)?.try_into()?;
                Ok(Some(Table::from_slots(inner.get(&0, 0)?.0.to_vec())))
            }
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
    let pin = table_pin(maps, number, slots);
    match slots {
        Slots::Small => read::<4_099>(&pin),
        Slots::Large => read::<65_537>(&pin),
    }
}

/// Where the table of a group is pinned: whoever reads it from the map that it stands in would need all rights of root.
fn table_pin(maps: &Maps, number: u32, slots: Slots) -> PathBuf {
    maps.directory.join(format!("table-{number}-{}", slots.count()))
}

/// Exchanges the table of a group.
fn write_table(maps: &mut Maps, number: u32, slots: Slots, table: &Table) -> Outcome {
    let pin = table_pin(maps, number, slots);
    let new = maps.directory.join("table-new");
    pins::remove(&new)?;
    match slots {
        Slots::Small => {
            let inner: InnerMap<SmallTable> = filled(table.slots())?;
            maps.small_tables.set(number, &inner, 0)?;
            inner.pin(&new)?;
        }
        Slots::Large => {
            let inner: InnerMap<LargeTable> = filled(table.slots())?;
            maps.large_tables.set(number, &inner, 0)?;
            inner.pin(&new)?;
        }
    }
    Ok(fs::rename(new, pin)?)
}

/// A new map with a table in it.
fn filled<const N: usize>(slots: &[Slot]) -> Outcome<InnerMap<RawTable<N>>>
where
    RawTable<N>: aya::Pod,
{
    let mut inner = Array::create(1, 0)?;
    let slots: [Slot; N] = slots.try_into()?;
    inner.set(0, RawTable(slots), 0)?;
    Ok(inner)
}

fn raw_name(name: &GroupName) -> [u8; NAME_LENGTH] {
    let mut raw = [0; NAME_LENGTH];
    raw[..name.as_str().len()].copy_from_slice(name.as_str().as_bytes());
    raw
}

/// The clock that the programs read, in ns.
pub(crate) fn now() -> Outcome<u64> {
    let time = clock_gettime(ClockId::Monotonic);
    Ok(u64::try_from(time.tv_sec)? * 1_000_000_000 + u64::try_from(time.tv_nsec)?)
}

/// Seconds that are left of a drain.
pub(crate) fn seconds_left(until: u64, now: u64) -> u32 {
    u32::try_from(until.saturating_sub(now).div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
}
