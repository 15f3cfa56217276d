//! What there is, from the maps.

use crate::device::name_of;
use crate::flow::read_address;
use crate::layout::{
    FIELD_DESTINATION, FIELD_DESTINATION_PORT, FIELD_INNER, FIELD_PROTOCOL, FIELD_SOURCE, FIELD_SOURCE_PORT,
    IDS, RawGroup, RawMember,
};
use crate::maps::Maps;
use crate::program::Build;
use crate::{
    Group, GroupName, HashFields, Mark, Member, MemberId, NextHop, Port, Slots, State, Way, Weight,
    connections, pins, port, program, way,
};
use aya::maps::MapError;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::Path;

/// What there is. As JSON it can be kept, to be compared with elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The build that the programs are of; `None` without any.
    pub programs: Option<String>,
    /// What they do.
    pub state: State,
}

impl Observed {
    /// What would be read where this state is, and was made by this build.
    pub fn assumed(state: &State) -> Self {
        Self { programs: Build::of(state).map(Build::name), state: state.clone() }
    }
}

/// Reads all of it.
pub(crate) fn observe(directory: &Path) -> Result<Observed, Box<dyn std::error::Error>> {
    let names = pins::names(directory)?;
    let programs = program::name_in(&names);
    let Some(maps) = Maps::open(directory)?.filter(|_| programs.is_some()) else {
        return Ok(Observed { programs, state: State::default() });
    };
    let numbered = groups(&maps)?;
    let name = |number: u32| numbered.get(&number).map(|(name, _)| name.clone());
    let ways = way::read(&maps)?.into_iter().filter_map(|(prefix, value)| {
        Some((prefix, Way { origin: Origin::IMPLIED, by: way::meaning(value, name)? }))
    });
    let ways = ways.collect();
    let mut ports = BTreeMap::new();
    for entry in maps.ports.iter() {
        let (index, raw) = entry?;
        let Some(device) = name_of(index) else { continue };
        if let Some(hook) = program::attached(&names, directory, index) {
            ports.insert(device, Port { origin: Origin::IMPLIED, hook, takes: port::takes(raw.flags) });
        }
    }
    let groups = numbered.into_values().collect();
    let connections = connections::read(&maps)?;
    Ok(Observed { programs, state: State { ports, groups, ways, connections } })
}

/// The groups that there are, by their numbers. They are read one by one, as far as they are asked for.
pub(crate) fn used(maps: &Maps) -> impl Iterator<Item = Result<(u32, RawGroup), MapError>> {
    let all = (0..maps.groups.len()).map(|number| Ok((number, maps.groups.get(&number, 0)?)));
    all.filter(|group| group.as_ref().map_or(true, |(_, raw)| raw.used != 0))
}

/// The same with their members, as a state has them.
fn groups(maps: &Maps) -> Result<BTreeMap<u32, (GroupName, Group)>, MapError> {
    let mut groups = BTreeMap::new();
    for group in used(maps) {
        let (number, raw) = group?;
        let Some(name) = name(&raw) else { continue };
        let members =
            members(maps, number)?.into_values().filter_map(|raw| Some((next_hop(&raw)?, member(&raw)?)));
        let group = Group {
            origin: Origin::IMPLIED,
            hash: read_fields(raw.fields),
            slots: slots(&raw),
            drain: raw.drain,
            members: members.collect(),
        };
        groups.insert(number, (name, group));
    }
    Ok(groups)
}

/// The members of a group by their ids.
pub(crate) fn members(maps: &Maps, group: u32) -> Result<BTreeMap<MemberId, RawMember>, MapError> {
    let mut members = BTreeMap::new();
    for id in (0..MemberId::COUNT).filter_map(MemberId::new) {
        let raw = maps.members.get(&place(group, id), 0)?;
        if raw.ifindex != 0 {
            members.insert(id, raw);
        }
    }
    Ok(members)
}

/// Where the maps hold a member.
pub(crate) fn place(group: u32, id: MemberId) -> u32 {
    group * IDS + u32::from(id.number())
}

/// The neighbour that a member is; `None` if its device is gone.
pub(crate) fn next_hop(raw: &RawMember) -> Option<NextHop> {
    Some(NextHop { device: name_of(raw.ifindex)?, gateway: read_address(raw.gateway, raw.family) })
}

/// What a member is in its group; `None` for one that no state has.
fn member(raw: &RawMember) -> Option<Member> {
    let value = u16::try_from(raw.mark).ok().and_then(NonZeroU16::new);
    let mark = value.map(|value| Mark { value, table: raw.table });
    Some(Member { weight: Weight::new(raw.weight)?, mark })
}

/// The name of a group; `None` for one that no state has.
pub(crate) fn name(raw: &RawGroup) -> Option<GroupName> {
    let length = raw.name.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&raw.name[..length]).ok()?.parse().ok()
}

/// The slots of a group's table.
pub(crate) fn slots(raw: &RawGroup) -> Slots {
    if raw.large == 0 { Slots::Small } else { Slots::Large }
}

fn read_fields(raw: u8) -> HashFields {
    HashFields {
        source: raw & FIELD_SOURCE != 0,
        destination: raw & FIELD_DESTINATION != 0,
        protocol: raw & FIELD_PROTOCOL != 0,
        source_port: raw & FIELD_SOURCE_PORT != 0,
        destination_port: raw & FIELD_DESTINATION_PORT != 0,
        inner: raw & FIELD_INNER != 0,
    }
}

/// The fields as the map holds them.
pub(crate) fn raw_fields(fields: HashFields) -> u8 {
    let bits = [
        (fields.source, FIELD_SOURCE),
        (fields.destination, FIELD_DESTINATION),
        (fields.protocol, FIELD_PROTOCOL),
        (fields.source_port, FIELD_SOURCE_PORT),
        (fields.destination_port, FIELD_DESTINATION_PORT),
        (fields.inner, FIELD_INNER),
    ];
    bits.iter().filter(|(taken, _)| *taken).fold(0, |all, (_, bit)| all | bit)
}
