//! Reading the kernel's state and bringing it into the form of the desired one.
//!
//! All normalising happens here, once: defaults that the kernel fills in, its orders, what it lists of itself.
//! So a comparison is plain equality.

mod address;
mod decisions;
mod link;
mod neighbour;
pub(crate) mod route;
mod rule;

use crate::foreign_routes::ForeignRoutes;
use crate::netlink::{Connection, Refusal};
use crate::observed::{Foreign, ForeignRule, Observed};
use crate::{
    AddressOwner, Device, DeviceName, Family, Link, LinkKind, ObservedAddress, PREFERENCES, PROTOCOL,
    PlacedRule, Route, State,
};
pub(crate) use decisions::foreign_decisions;
pub(crate) use neighbour::NeighbourRecord;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage};
use netlink_packet_route::neighbour::NeighbourMessage;
use netlink_packet_route::route::RouteMessage;
use netlink_packet_route::rule::RuleMessage;
use route::RouteRecord;
use rustix::io::Errno;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// The table that the kernel keeps for addresses of its own (`RT_TABLE_LOCAL`).
const LOCAL_TABLE: u32 = 255;
/// The protocol of routes that the kernel makes by itself (`RTPROT_KERNEL`).
pub(crate) const KERNEL_PROTOCOL: u8 = 2;

/// Reads everything that this target has to know.
pub(crate) fn observe(connection: &mut Connection) -> Result<Observed, Refusal> {
    let (devices, addresses) = devices_and_addresses(connection)?;
    let names = names_of(&devices);
    let (owned_routes, foreign_routes) = routes(connection, names)?;
    let (owned_rules, foreign_rules) = rules(connection)?;

    let is_owned = |observed: &&ObservedAddress| observed.owner == AddressOwner::Rosc;
    let owned_addresses = addresses.iter().filter(is_owned).map(|observed| observed.address.clone());
    let rule_preferences = owned_rules.iter().map(|placed| placed.preference).collect();
    let state = State::observed(
        devices.iter().filter_map(owned_link).collect(),
        owned_addresses.collect(),
        owned_routes,
        owned_rules.into_iter().map(|placed| placed.rule).collect(),
    );
    let foreign = Foreign { routes: foreign_routes, rules: foreign_rules };
    Ok(Observed { state, rule_preferences, devices, addresses, foreign })
}

/// Reads the devices, sorted by name, and all addresses.
pub(crate) fn devices_and_addresses(
    connection: &mut Connection,
) -> Result<(Vec<Device>, Vec<ObservedAddress>), Refusal> {
    let devices = devices(connection)?;
    let addresses = addresses(connection, &names_of(&devices))?;
    Ok((devices, addresses))
}

/// Reads the addresses that the kernel still checks for duplicates, and will have checked in a moment: without a
/// carrier it never begins.
pub(crate) fn tentative_addresses(
    connection: &mut Connection,
) -> Result<HashSet<(DeviceName, IpAddr)>, Refusal> {
    let links = links(connection)?.into_iter().filter(|link| link.has_carrier);
    let connected: HashMap<u32, DeviceName> = links.map(|link| (link.index, link.name)).collect();
    let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    connection.dump(request, HashSet::new, |addresses, payload| {
        let found = address::parse_tentative(payload);
        addresses.extend(found.and_then(|(index, address)| Some((connected.get(&index)?.clone(), address))));
    })
}

fn names_of(devices: &[Device]) -> HashMap<u32, DeviceName> {
    devices.iter().map(|device| (device.index, device.name.clone())).collect()
}

/// Reads the devices, sorted by name.
pub(crate) fn devices(connection: &mut Connection) -> Result<Vec<Device>, Refusal> {
    let records = links(connection)?;
    let names: HashMap<u32, DeviceName> =
        records.iter().map(|record| (record.index, record.name.clone())).collect();
    let mut devices: Vec<Device> = records.into_iter().map(|record| record.into_device(&names)).collect();
    devices.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(devices)
}

/// Reads the neighbours of both families, those too that the kernel still looks for.
pub(crate) fn neighbours(connection: &mut Connection) -> Result<Vec<NeighbourRecord>, Refusal> {
    let request = RouteNetlinkMessage::GetNeighbour(NeighbourMessage::default());
    connection.dump(request, Vec::new, |records, payload| records.extend(NeighbourRecord::parse(payload)))
}

/// Reads the links as they are listed.
pub(crate) fn links(connection: &mut Connection) -> Result<Vec<link::LinkRecord>, Refusal> {
    let mut request = LinkMessage::default();
    // Counters of every device are the larger part of a listing, and nobody here wants them.
    request.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    connection.dump(RouteNetlinkMessage::GetLink(request), Vec::new, |records, payload| {
        records.extend(link::LinkRecord::parse(payload));
    })
}

/// What of a device bears a mark: a bridge that rosc made, a port that it put into a bridge.
fn owned_link(device: &Device) -> Option<Link> {
    let bridge = device.bridge.as_ref().filter(|bridge| bridge.owned);
    let kind = match bridge {
        Some(observed) => LinkKind::Bridge(observed.bridge.clone()),
        None => LinkKind::Existing,
    };
    let master = device.state.master.clone().filter(|_| device.state.marked);
    let is_owned = bridge.is_some() || master.is_some();
    is_owned.then(|| Link { origin: Default::default(), name: device.name.clone(), kind, master })
}

fn addresses(
    connection: &mut Connection,
    names: &HashMap<u32, DeviceName>,
) -> Result<Vec<ObservedAddress>, Refusal> {
    let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    connection.dump(request, Vec::new, |addresses, payload| {
        addresses.extend(address::parse(payload, names));
    })
}

/// Reads both families into owned routes and the rest.
fn routes(
    connection: &mut Connection,
    names: HashMap<u32, DeviceName>,
) -> Result<(Vec<Route>, ForeignRoutes), Refusal> {
    let mut owned = Vec::new();
    let mut foreign = ForeignRoutes::default();
    for family in Family::ALL {
        let mut request = RouteMessage::default();
        request.header.address_family = family.to_kernel();
        let request = RouteNetlinkMessage::GetRoute(request);
        let fresh = <(Vec<Route>, ForeignRoutes)>::default;
        let (more_owned, more_foreign) = connection.dump(request, fresh, |(owned, foreign), payload| {
            // A kernel without IPv6 answers for the families that it has.
            let record = RouteRecord::parse(payload).filter(|record| record.family() == family);
            let Some(record) = record else { return };
            let is_ours = record.protocol == PROTOCOL;
            match is_ours.then(|| record.to_route(&names)).flatten() {
                Some(route) => owned.push(route),
                None if record.table == LOCAL_TABLE && record.protocol == KERNEL_PROTOCOL => {}
                None => foreign.push(payload),
            }
        })?;
        if owned.is_empty() {
            owned = more_owned;
        } else {
            owned.extend(more_owned);
        }
        foreign.append(more_foreign);
    }
    foreign.name_devices(names);
    Ok((owned, foreign))
}

/// Reads both families into owned rules, in the order in which they are tried, and the rest.
///
/// rosc gives each rule a place of its own within its range, so a rule elsewhere is not of its making.
fn rules(connection: &mut Connection) -> Result<(Vec<PlacedRule>, Vec<ForeignRule>), Refusal> {
    let mut owned = Vec::new();
    let mut foreign = Vec::new();
    for family in Family::ALL {
        let records = family_rules(connection, family)?;
        let mut room = PREFERENCES;
        for rule::RuleRecord { preference, rule, .. } in records {
            match rule.filter(|_| room.contains(&preference)) {
                Some(rule) => {
                    owned.push(PlacedRule { preference, rule });
                    room = preference + 1..=*PREFERENCES.end();
                }
                None => foreign.push(ForeignRule { family, preference }),
            }
        }
    }
    Ok((owned, foreign))
}

/// Reads the rules of a family, in the order in which they are tried.
fn family_rules(connection: &mut Connection, family: Family) -> Result<Vec<rule::RuleRecord>, Refusal> {
    let mut request = RuleMessage::default();
    request.header.family = family.to_kernel();
    let request = RouteNetlinkMessage::GetRule(request);
    let records = connection.dump(request, Vec::new, |records, payload| {
        records.extend(rule::RuleRecord::parse(family, payload));
    });
    match records {
        // A kernel without IPv6 has none of its rules.
        Err(refusal) if refusal.errno == Errno::AFNOSUPPORT.raw_os_error() => Ok(Vec::new()),
        records => records,
    }
}
