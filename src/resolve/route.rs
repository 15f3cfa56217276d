//! Static routes.

use super::{Read, Resolver, diagnostics};
use crate::catalog::types::{GatewayText, List, Prefix};
use crate::catalog::{self, Field, Ipv4Destination, Ipv6Destination, Reader, RouteItem, RouteType};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Dialect, Distance, Gateway, GatewayHop, Route, RouteTarget, TableName};
use ipnet::IpNet;
use rosc_target::Origin;
use std::collections::HashMap;

impl Resolver<'_, '_> {
    pub(super) fn routes(&mut self) {
        let ipv4 = |reader: &mut Reader<'_, '_>| {
            let Ipv4Destination { dst_address } = Ipv4Destination::read(reader);
            (destination(dst_address), RouteItem::read(reader))
        };
        let ipv6 = |reader: &mut Reader<'_, '_>| {
            let Ipv6Destination { dst_address } = Ipv6Destination::read(reader);
            (destination(dst_address), RouteItem::read(reader))
        };
        self.for_each_enabled(&catalog::IP_ROUTE, ipv4, Self::route);
        self.for_each_enabled(&catalog::IPV6_ROUTE, ipv6, Self::route);
        if self.router.dialect == Dialect::V6 {
            self.equal_routes();
        }
    }

    fn route(&mut self, read: Read<(Option<IpNet>, RouteItem)>) {
        let Read { origin, value: (destination, item), .. } = read;
        let RouteItem {
            gateway,
            routing_table,
            distance,
            scope,
            target_scope,
            pref_src,
            check_gateway,
            blackhole,
            kind,
        } = item;
        let Some(destination) = destination else { return };
        let ipv6 = destination.addr().is_ipv6();
        let target = match (blackhole.value == Some(true), kind.value.unwrap_or(RouteType::Unicast)) {
            (true, _) | (_, RouteType::Blackhole) => Some(RouteTarget::Blackhole),
            (_, RouteType::Unreachable) => Some(RouteTarget::Unreachable),
            (_, RouteType::Prohibit) => Some(RouteTarget::Prohibit),
            (false, RouteType::Unicast) => self.gateways(&gateway, ipv6),
        };
        let table_origin = routing_table.origin;
        let table = routing_table.value.and_then(|name| self.table(&name, table_origin));
        let distance_value = distance.value.and_then(|n| Distance::new(u8::try_from(n.0).ok()?));
        if distance_value.is_none() {
            self.report(distance_of_connected(distance.origin));
        }
        let preferred_source = pref_src.value.map(|address| address.0);
        if preferred_source.is_some_and(|address| address.is_ipv6() != ipv6) {
            self.report(diagnostics::wrong_family(&pref_src, "pref-src", ipv6));
        }
        let (Some(target), Some(table), Some(distance)) = (target, table, distance_value) else { return };
        if !distance.is_usable() {
            self.report(diagnostics::unused_route(origin));
        }
        let check_gateway = check_gateway.value.flatten().map(|check| (check, check_gateway.origin));
        if let Some((_, check_origin)) = check_gateway {
            self.report(diagnostics::check_not_run(check_origin));
        }
        let byte = |n: u32| u8::try_from(n).expect("checked by its type");
        self.router.routes.push(Route {
            origin,
            table,
            destination,
            target,
            distance,
            scope: scope.value.map_or(30, |n| byte(n.0)),
            target_scope: target_scope.value.map_or(10, |n| byte(n.0)),
            preferred_source,
            check_gateway: check_gateway.map(|(check, _)| check),
        });
    }

    fn gateways(&mut self, field: &Field<List<GatewayText>>, ipv6: bool) -> Option<RouteTarget> {
        let Some(List(pieces)) = &field.value else {
            self.report(catalog::missing("gateway", field.origin).help("add gateway=..., or blackhole"));
            return None;
        };
        let mut gateways = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let origin = piece.origin(field);
            let hop = match &piece.value {
                GatewayText::Address { address, .. } if address.is_ipv6() != ipv6 => {
                    self.report(diagnostics::wrong_family(field, "gateway", ipv6));
                    return None;
                }
                GatewayText::Address { address, interface: Some(interface), table: _ } => {
                    let interface = self.carrier(interface, origin)?;
                    GatewayHop::OnInterface { address: *address, interface }
                }
                GatewayText::Address { address, interface: None, table } => {
                    let table = self.table(table.as_deref().unwrap_or("main"), origin)?;
                    GatewayHop::Address { address: *address, table }
                }
                GatewayText::Interface { table: Some(table), .. } if table != "main" => {
                    let message = format!("a gateway in VRF `{table}` can't be carried over");
                    self.report(diagnostics::refused(message, origin, "rosc makes no VRFs"));
                    return None;
                }
                GatewayText::Interface { interface, table: _ } => {
                    GatewayHop::Interface { interface: self.carrier(interface, origin)? }
                }
            };
            gateways.push(Gateway { origin, hop });
        }
        Some(RouteTarget::Via(gateways))
    }

    /// Version 6 does not merge equal routes: which one is used is arbitrary.
    fn equal_routes(&mut self) {
        let mut first: HashMap<(&TableName, IpNet, u8), Origin> = HashMap::new();
        let mut found = Vec::new();
        for route in &self.router.routes {
            let key = (&route.table, route.destination, route.distance.get());
            match first.get(&key) {
                Some(before) => found.push(diagnostics::arbitrary_route(route.origin, *before)),
                None => {
                    first.insert(key, route.origin);
                }
            }
        }
        self.diagnostics.extend(found);
    }
}

fn destination<const V6: bool>(field: Field<Prefix<V6>>) -> Option<IpNet> {
    field.value.map(|prefix| prefix.0)
}

fn distance_of_connected(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::WrongType, "distance 0 belongs to connected routes")
        .label(origin, "the distance of a static route")
        .help("a whole number from 1 to 255")
}
