//! Requests for addresses.

use super::link::promote_secondaries;
use super::{CREATE, Devices, EXISTING, NotEncodable, PUT};
use crate::netlink::Request;
use crate::{Address, DuplicateDetection, Family, PROTOCOL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressProtocol, AddressScope,
};

pub(super) fn create(address: &Address, devices: &impl Devices) -> Result<Vec<Request>, NotEncodable> {
    Ok(vec![put(address, CREATE, devices)?])
}

/// Replaces an address where that is possible; otherwise it goes and comes back.
pub(super) fn modify(
    from: &Address,
    to: &Address,
    devices: &impl Devices,
) -> Result<Vec<Request>, NotEncodable> {
    if from.is_replaceable_by(to) {
        return Ok(vec![put(to, PUT, devices)?]);
    }
    let mut requests = delete(from, devices)?;
    requests.push(put(to, CREATE, devices)?);
    Ok(requests)
}

/// Deleting the primary IPv4 address of a subnet deletes the others with it, anyone's, unless the device is
/// set to promote one of them. The setting is lent for this one request.
pub(super) fn delete(address: &Address, devices: &impl Devices) -> Result<Vec<Request>, NotEncodable> {
    let index = devices.index(&address.device)?;
    let message = RouteNetlinkMessage::DelAddress(message(address, index)?);
    let delete = Request { message, flags: EXISTING };
    if address.family() == Family::Ipv6 || devices.promotes_secondaries(&address.device) {
        return Ok(vec![delete]);
    }
    Ok(vec![promote_secondaries(index, true), delete, promote_secondaries(index, false)])
}

/// Puts an address in the place of the same one with another originator.
pub(super) fn put_as(
    address: &Address,
    protocol: u8,
    devices: &impl Devices,
) -> Result<Vec<Request>, NotEncodable> {
    Ok(vec![request(address, protocol, PUT, devices)?])
}

fn put(address: &Address, flags: u16, devices: &impl Devices) -> Result<Request, NotEncodable> {
    request(address, PROTOCOL, flags, devices)
}

fn request(
    address: &Address,
    protocol: u8,
    flags: u16,
    devices: &impl Devices,
) -> Result<Request, NotEncodable> {
    let mut message = message(address, devices.index(&address.device)?)?;
    message.attributes.push(AddressAttribute::Protocol(AddressProtocol::Other(protocol)));
    Ok(Request { message: RouteNetlinkMessage::NewAddress(message), flags })
}

/// An address without an originator.
pub(crate) fn message(address: &Address, index: u32) -> Result<AddressMessage, NotEncodable> {
    if address.peer.is_some_and(|peer| Family::of(peer) != address.family()) {
        // The kernel would take the first four bytes of an IPv6 address for an IPv4 one.
        return Err(NotEncodable::Contradiction("an address and its peer are of one family".to_owned()));
    }
    let mut message = AddressMessage::default();
    message.header.family = address.family().to_kernel();
    message.header.prefix_len = address.prefix_len;
    message.header.index = index;
    if address.local.is_loopback() {
        message.header.scope = AddressScope::Host;
    }
    message.attributes.push(AddressAttribute::Local(address.local));
    message.attributes.push(AddressAttribute::Address(address.network()));
    if let Some(broadcast) = address.broadcast() {
        message.attributes.push(AddressAttribute::Broadcast(broadcast));
    }
    match address.duplicate_detection {
        DuplicateDetection::Perform => {}
        DuplicateDetection::Skip => {
            message.attributes.push(AddressAttribute::Flags(AddressFlags::Nodad));
        }
    }
    Ok(message)
}
