//! Neighbours: whose link addresses the kernel knows, and by which devices they can be sent to.

use crate::failure;
use crate::netlink::{Batch, BatchError, Connection, Refusal, Request, redirectable};
use crate::read::{links, neighbours};
use crate::{DeviceName, MacAddress};
use netlink_packet_core::NLM_F_CREATE;
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rosc_target::TargetError;
use rustix::io::Errno;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// Who can be sent to at the moment, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbourhood {
    /// The devices that send: they are up, and have a carrier.
    pub devices: BTreeMap<DeviceName, Sender>,
    /// Those whose link address is known, by their devices.
    pub neighbours: BTreeMap<(DeviceName, IpAddr), Neighbour>,
}

/// A device that sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The largest IP packet that it takes, in bytes.
    pub mtu: u32,
    /// Whether it sends frames that another device's driver hands to it (XDP). Kernels before Linux 6.3 say so of none.
    pub takes_frames: bool,
}

/// A neighbour that can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// Its address on the link.
    pub link_address: MacAddress,
    /// An administrator has said so, and the kernel never asks.
    pub permanent: bool,
}

/// Reads who can be sent to.
pub(crate) fn neighbourhood(connection: &mut Connection) -> Result<Neighbourhood, Refusal> {
    let takers = redirectable()?;
    let mut devices = BTreeMap::new();
    let mut names = HashMap::new();
    for link in links(connection)?.into_iter().filter(|link| link.can_send()) {
        let takes_frames = takers.contains(&link.index);
        names.insert(link.index, link.name.clone());
        devices.insert(link.name, Sender { mtu: link.mtu, takes_frames });
    }
    let neighbours = neighbours(connection)?.into_iter().filter_map(|record| {
        let device = names.get(&record.index)?.clone();
        let neighbour = Neighbour { link_address: record.link_address?, permanent: record.permanent };
        Some(((device, record.address), neighbour))
    });
    Ok(Neighbourhood { devices, neighbours: neighbours.collect() })
}

/// Has the kernel find out where these are, as if it had a packet for each. Of whom it is sure it asks nothing.
///
/// What can't be asked for is left out: its device may just have gone. One that an administrator has set would be his no more.
pub(crate) fn look_for(
    connection: &mut Connection,
    wanted: &[(DeviceName, IpAddr)],
) -> Result<(), TargetError> {
    let indexes: HashMap<DeviceName, u32> = links(connection)
        .map_err(failure::reading)?
        .into_iter()
        .map(|link| (link.name, link.index))
        .collect();
    let mut batch = Batch::default();
    let placed = wanted.iter().filter_map(|(device, address)| Some((*indexes.get(device)?, *address)));
    let asked = placed
        .enumerate()
        .try_for_each(|(step, (index, address))| batch.push(connection, step, vec![question(index, address)]))
        .and_then(|()| batch.flush(connection));
    match asked {
        Err(BatchError::Refused { refusal, .. }) if refusal.errno != Errno::PERM.raw_os_error() => Ok(()),
        Err(BatchError::Refused { refusal, .. } | BatchError::Lost(refusal)) => {
            Err(failure::kernel("look for", "neighbours".to_owned(), refusal))
        }
        Ok(()) => Ok(()),
    }
}

fn question(index: u32, address: IpAddr) -> Request {
    let mut message = NeighbourMessage::default();
    message.header.ifindex = index;
    message.header.flags = NeighbourFlags::Use;
    let destination = match address {
        IpAddr::V4(address) => {
            message.header.family = AddressFamily::Inet;
            NeighbourAddress::Inet(address)
        }
        IpAddr::V6(address) => {
            message.header.family = AddressFamily::Inet6;
            NeighbourAddress::Inet6(address)
        }
    };
    message.attributes.push(NeighbourAttribute::Destination(destination));
    Request { message: RouteNetlinkMessage::NewNeighbour(message), flags: NLM_F_CREATE }
}
