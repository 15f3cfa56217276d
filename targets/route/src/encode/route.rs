//! Requests for routes.

use super::{Devices, EXISTING, NotEncodable, PUT};
use crate::netlink::Request;
use crate::{Family, NextHop, PROTOCOL, Route, RouteKind};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{RouteNextHop, RouteProtocol, RouteScope, RouteType};
use rtnetlink::{RouteMessageBuilder, RouteNextHopBuilder};
use std::net::IpAddr;

type Builder = RouteMessageBuilder<IpAddr>;

/// Adds a route of rosc.
pub(super) fn add(route: &Route, flags: u16, devices: &impl Devices) -> Result<Vec<Request>, NotEncodable> {
    let message = message(route, PROTOCOL, devices)?;
    Ok(vec![Request { message: RouteNetlinkMessage::NewRoute(message.build()), flags }])
}

/// Puts a route in the place of the same one with another originator.
pub(super) fn put_as(
    route: &Route,
    protocol: u8,
    devices: &impl Devices,
) -> Result<Vec<Request>, NotEncodable> {
    let message = message(route, protocol, devices)?;
    Ok(vec![Request { message: RouteNetlinkMessage::NewRoute(message.build()), flags: PUT }])
}

/// Deletes a route by its key, and only if rosc made it. With no next hop named, an IPv6 multipath route goes
/// as a whole.
pub(super) fn delete(route: &Route) -> Result<Vec<Request>, NotEncodable> {
    // No scope is the scope that matches every one.
    let message = key(route, PROTOCOL)?.scope(RouteScope::NoWhere).build();
    Ok(vec![Request { message: RouteNetlinkMessage::DelRoute(message), flags: EXISTING }])
}

/// A whole route with the given originator.
pub(crate) fn message(route: &Route, protocol: u8, devices: &impl Devices) -> Result<Builder, NotEncodable> {
    let mut builder = key(route, protocol)?;
    if let Some(source) = route.preferred_source {
        builder = builder.pref_source(source).map_err(contradiction)?;
    }
    let RouteKind::Unicast(next_hops) = &route.kind else { return Ok(builder) };
    if let Some(next_hop) = next_hops.single() {
        builder = builder.output_interface(devices.index(&next_hop.device)?);
        if let Some(gateway) = next_hop.gateway {
            builder = builder.gateway(gateway).map_err(contradiction)?;
        } else if route.family() == Family::Ipv4 {
            // A gateway is only looked for in routes of a narrower scope than its own: had this one the
            // widest scope, no gateway would be found in it.
            builder = builder.scope(RouteScope::Link);
        }
        return Ok(if next_hop.onlink { builder.onlink() } else { builder });
    }
    let multipath = next_hops.iter().map(|next_hop| multipath_hop(route.family(), next_hop, devices));
    Ok(builder.multipath(multipath.collect::<Result<_, _>>()?))
}

fn multipath_hop(
    family: Family,
    next_hop: &NextHop,
    devices: &impl Devices,
) -> Result<RouteNextHop, NotEncodable> {
    let mut builder = match family {
        Family::Ipv4 => RouteNextHopBuilder::new_ipv4(),
        Family::Ipv6 => RouteNextHopBuilder::new_ipv6(),
    };
    builder = builder.interface(devices.index(&next_hop.device)?).weight(next_hop.weight.to_kernel());
    if let Some(gateway) = next_hop.gateway {
        builder = builder.via(gateway).map_err(contradiction)?;
    }
    Ok(if next_hop.onlink { builder.onlink() } else { builder }.build())
}

fn key(route: &Route, protocol: u8) -> Result<Builder, NotEncodable> {
    let kind = match route.kind {
        RouteKind::Unicast(_) => RouteType::Unicast,
        RouteKind::Blackhole => RouteType::BlackHole,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
    };
    let destination = route.destination;
    let builder = Builder::new()
        .destination_prefix(destination.network(), destination.prefix_len())
        .map_err(contradiction)?;
    Ok(builder
        .table_id(route.table)
        .priority(route.metric.get())
        .protocol(RouteProtocol::Other(protocol))
        .kind(kind))
}

fn contradiction(error: impl std::fmt::Debug) -> NotEncodable {
    NotEncodable::Contradiction(format!("the addresses of this route are not of one family ({error:?})"))
}
