//! Building what a namespace holds before rosc comes: devices, their addresses and routes.
//!
//! This is for tests and labs. Nothing that is made here carries rosc's mark.

mod tap;
mod wire;

pub use tap::Tap;
pub use wire::{send_with_checksums, take_frames};

use crate::apply::DeviceTable;
use crate::encode::{
    CREATE, Devices, EXISTING, NotEncodable, PUT, address_message, link_by_index, route_message,
};
use crate::netlink::{Batch, BatchError, Connection, Request};
use crate::{Address, DeviceName, Route, failure};
use ipnet::IpNet;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoData, InfoVeth, LinkMessage};
use netlink_packet_route::route::{RouteMessage, RouteProtocol, RouteScope, RouteType};
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage};
use rosc_target::TargetError;
use rtnetlink::{LinkBridge, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder};
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};

/// The protocol of routes that an administrator adds by hand (`RTPROT_STATIC`).
const STATIC: u8 = 4;
/// The table of addresses that are the host's own (`RT_TABLE_LOCAL`).
const LOCAL_TABLE: u32 = 255;

/// Builds in the network namespace in which it was opened. Needs `CAP_NET_ADMIN` there.
///
/// Each method makes one thing, and fails with the kernel's words if that is refused.
pub struct Topology {
    connection: Connection,
}

/// One end of a cable.
#[derive(Debug, Clone, Copy)]
pub struct End<'a, N> {
    /// The name of its device.
    pub name: &'a DeviceName,
    /// The namespace that it lies in.
    pub namespace: &'a N,
}

impl Topology {
    /// Opens a socket in the network namespace of the calling thread.
    pub fn open() -> Result<Self, TargetError> {
        Ok(Self { connection: Connection::open().map_err(failure::opening)? })
    }

    /// Makes a pair of connected Ethernet devices (`veth`), both down, each directly in its namespace.
    /// Neither has to be the one that this was opened in; `CAP_NET_ADMIN` is needed in both.
    pub fn cable<A: AsFd, B: AsFd>(&mut self, a: End<'_, A>, b: End<'_, B>) -> Result<(), TargetError> {
        let peer = LinkMessageBuilder::<LinkUnspec>::new()
            .name(b.name.as_str())
            .setns_by_fd(b.namespace.as_fd().as_raw_fd())
            .build();
        let message = LinkMessageBuilder::<LinkVeth>::new(a.name.as_str(), b.name.as_str())
            .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)))
            .setns_by_fd(a.namespace.as_fd().as_raw_fd())
            .build();
        let object = format!("link {} type veth peer name {}", a.name, b.name);
        self.send("add", object, RouteNetlinkMessage::NewLink(message), CREATE)
    }

    /// Makes a bridge, which is down.
    pub fn bridge(&mut self, name: &DeviceName) -> Result<(), TargetError> {
        let message = LinkMessageBuilder::<LinkBridge>::new(name.as_str()).build();
        self.send("add", format!("link {name} type bridge"), RouteNetlinkMessage::NewLink(message), CREATE)
    }

    /// Puts a device into a bridge.
    pub fn enslave(&mut self, port: &DeviceName, bridge: &DeviceName) -> Result<(), TargetError> {
        let object = format!("link {port} master {bridge}");
        let (port, bridge) = (self.index(port)?, self.index(bridge)?);
        self.set_link(object, link_by_index(port).controller(bridge).build())
    }

    /// Sets a device up, as far as the administrator is concerned; whether there is a carrier takes up to a
    /// second to show.
    pub fn set_up(&mut self, device: &DeviceName) -> Result<(), TargetError> {
        let index = self.index(device)?;
        self.set_link(format!("link {device} up"), link_by_index(index).up().build())
    }

    /// Sets a device down.
    pub fn set_down(&mut self, device: &DeviceName) -> Result<(), TargetError> {
        let index = self.index(device)?;
        self.set_link(format!("link {device} down"), link_by_index(index).down().build())
    }

    /// Has a device send at once, in the course of what made the packet. By itself an Ethernet device queues where another
    /// CPU is just sending by it, which then sends this packet too: somewhat later.
    pub fn send_at_once(&mut self, device: &DeviceName) -> Result<(), TargetError> {
        let mut message = TcMessage::with_index(self.index(device)?.cast_signed());
        message.header.parent = TcHandle::ROOT;
        message.attributes.push(TcAttribute::Kind("noqueue".to_owned()));
        let object = format!("qdisc dev {device} root noqueue");
        self.send("replace", object, RouteNetlinkMessage::NewQueueDiscipline(message), PUT)
    }

    /// Adds an address.
    pub fn address(&mut self, address: &Address) -> Result<(), TargetError> {
        let object = format!("address {address}");
        let index = self.index(&address.device)?;
        let message = address_message(address, index).map_err(|error| unknown("add", &object, &error))?;
        self.send("add", object, RouteNetlinkMessage::NewAddress(message), CREATE)
    }

    /// Adds a route.
    pub fn route(&mut self, route: &Route) -> Result<(), TargetError> {
        let object = format!("route {route}");
        let devices = DeviceTable::read(&mut self.connection).map_err(failure::reading)?;
        let message =
            route_message(route, STATIC, &devices).map_err(|error| unknown("add", &object, &error))?;
        self.send("add", object, RouteNetlinkMessage::NewRoute(message.build()), CREATE)
    }

    /// Makes the host take every address of a prefix for its own, so that one namespace can stand for all the
    /// hosts of a network.
    pub fn any_ip(&mut self, prefix: IpNet) -> Result<(), TargetError> {
        let message = self.any_ip_message(prefix)?;
        let object = format!("route local {prefix} dev lo");
        self.send("add", object, RouteNetlinkMessage::NewRoute(message), CREATE)
    }

    /// Takes back [`Topology::any_ip`].
    pub fn no_any_ip(&mut self, prefix: IpNet) -> Result<(), TargetError> {
        let message = self.any_ip_message(prefix)?;
        let object = format!("route local {prefix} dev lo");
        self.send("delete", object, RouteNetlinkMessage::DelRoute(message), EXISTING)
    }

    fn any_ip_message(&mut self, prefix: IpNet) -> Result<RouteMessage, TargetError> {
        let loopback = self.index(&DeviceName::loopback())?;
        Ok(RouteMessageBuilder::<IpAddr>::new()
            .destination_prefix(prefix.network(), prefix.prefix_len())
            .expect("the family of a route without a gateway is that of its destination")
            .table_id(LOCAL_TABLE)
            .kind(RouteType::Local)
            .scope(RouteScope::Host)
            .protocol(RouteProtocol::Other(STATIC))
            .output_interface(loopback)
            .build())
    }

    fn index(&mut self, device: &DeviceName) -> Result<u32, TargetError> {
        let devices = DeviceTable::read(&mut self.connection).map_err(failure::reading)?;
        devices.index(device).map_err(|error| unknown("find", &format!("link {device}"), &error))
    }

    fn set_link(&mut self, object: String, message: LinkMessage) -> Result<(), TargetError> {
        self.send("set", object, RouteNetlinkMessage::SetLink(message), EXISTING)
    }

    fn send(
        &mut self,
        operation: &'static str,
        object: String,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<(), TargetError> {
        let mut batch = Batch::default();
        let sent = batch.push(&mut self.connection, 0, vec![Request { message, flags }]);
        sent.and_then(|()| batch.flush(&mut self.connection)).map_err(|error| match error {
            BatchError::Refused { step: _, refusal } | BatchError::Lost(refusal) => {
                failure::kernel(operation, object, refusal)
            }
        })
    }
}

fn unknown(operation: &'static str, object: &str, error: &NotEncodable) -> TargetError {
    let object = object.to_owned();
    TargetError { origin: None, operation, object, errno: None, message: error.to_string() }
}
