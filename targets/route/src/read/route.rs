//! Routes: `struct rtmsg` and its attributes.

use crate::netlink::attributes::{Attributes, ip_of, u16_of, u32_of};
use crate::{DeviceName, Family, NextHop, NextHops, Route, RouteKey, RouteKind, Weight};
use ipnet::IpNet;
use std::collections::HashMap;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

// include/uapi/linux/rtnetlink.h
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_MULTIPATH: u16 = 9;
const RTA_CACHEINFO: u16 = 12;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
const RTA_PREF: u16 = 20;
/// `RT_SCOPE_LINK`; wider ones are below it.
const RT_SCOPE_LINK: u8 = 253;
const RTN_UNICAST: u8 = 1;
const RTN_BLACKHOLE: u8 = 6;
const RTN_UNREACHABLE: u8 = 7;
const RTN_PROHIBIT: u8 = 8;
const RTNH_F_ONLINK: u8 = 4;
/// The router preference that every IPv6 route has unless it is given another (RFC 4191).
const PREF_MEDIUM: &[u8] = &[0];
/// Where `struct rta_cacheinfo` says in how many ticks the route will vanish.
const CACHEINFO_EXPIRES: usize = 8;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const HEADER_LEN: usize = 12;
const NEXT_HOP_LEN: usize = 8;

/// A route as the kernel lists it, read in one pass without allocating.
#[derive(Clone, Copy)]
pub(crate) struct RouteRecord<'a> {
    pub(crate) table: u32,
    destination: IpNet,
    metric: u32,
    tos: u8,
    pub(crate) protocol: u8,
    scope: u8,
    kind: u8,
    pub(crate) preferred_source: Option<IpAddr>,
    /// The next hop of a plain route.
    single: HopRecord,
    /// The next hops of a multipath route.
    multipath: &'a [u8],
    /// Whether it has nothing that a [`Route`] can't express.
    is_plain: bool,
}

#[derive(Clone, Copy, Default)]
struct HopRecord {
    index: Option<u32>,
    gateway: Option<IpAddr>,
    onlink: bool,
    hops: u8,
    is_plain: bool,
}

impl<'a> RouteRecord<'a> {
    pub(crate) fn parse(payload: &'a [u8]) -> Option<Self> {
        let (header, attributes) = payload.split_at_checked(HEADER_LEN)?;
        let [family, dst_len, src_len, tos, table, protocol, scope, kind] = *header.first_chunk()?;
        let flags = *header.get(8..)?.first_chunk::<4>()?;
        let mut destination = match family {
            AF_INET => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            AF_INET6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            _ => return None,
        };
        let mut table = u32::from(table);
        let mut metric = 0;
        let mut preferred_source = None;
        let mut multipath = &[][..];
        let mut is_plain = tos == 0 && src_len == 0;
        let onlink = u32::from_ne_bytes(flags) & u32::from(RTNH_F_ONLINK) != 0;
        let mut single = HopRecord { onlink, is_plain: true, ..HopRecord::default() };
        for (attribute, value) in Attributes(attributes) {
            match attribute {
                RTA_DST => destination = ip_of(value)?,
                RTA_TABLE => table = u32_of(value)?,
                RTA_PRIORITY => metric = u32_of(value)?,
                RTA_PREFSRC => preferred_source = ip_of(value),
                RTA_OIF => single.index = u32_of(value),
                RTA_MULTIPATH => multipath = value,
                RTA_PREF => is_plain &= value == PREF_MEDIUM,
                RTA_CACHEINFO => {
                    let expires = value.get(CACHEINFO_EXPIRES..).and_then(u32_of);
                    is_plain &= expires.is_none_or(|ticks| ticks == 0);
                }
                _ => single.read(attribute, value),
            }
        }
        is_plain &= single.is_plain;
        let destination = IpNet::new(destination, dst_len).ok()?;
        Some(Self {
            table,
            destination,
            metric,
            tos,
            protocol,
            scope,
            kind,
            preferred_source,
            single,
            multipath,
            is_plain,
        })
    }

    /// Where it leads to, and its metric if it is for all types of service.
    pub(crate) fn deciding(self) -> (IpNet, Option<u32>) {
        (self.destination, (self.tos == 0).then_some(self.metric))
    }

    /// Says whether its scope is that which a [`Route`] is added with.
    pub(crate) fn has_usual_scope(&self) -> bool {
        let has_gateway = self.hops().any(|hop| hop.gateway.is_some());
        let is_link = self.destination.addr().is_ipv4() && self.kind == RTN_UNICAST && !has_gateway;
        self.scope == if is_link { RT_SCOPE_LINK } else { 0 }
    }

    /// What the kernel tells the route apart by, if it has no type of service.
    pub(crate) fn key(&self) -> Option<RouteKey> {
        let key = RouteKey { table: self.table, destination: self.destination, metric: self.metric };
        (self.tos == 0).then_some(key)
    }

    /// Returns the route, if a [`Route`] can express it and its devices have names.
    pub(crate) fn to_route(self, names: &HashMap<u32, DeviceName>) -> Option<Route> {
        if !self.is_plain {
            return None;
        }
        let kind = match self.kind {
            RTN_UNICAST => RouteKind::Unicast(self.next_hops(names)?),
            // IPv6 lists the loopback device with these, which means nothing.
            RTN_BLACKHOLE => RouteKind::Blackhole,
            RTN_UNREACHABLE => RouteKind::Unreachable,
            RTN_PROHIBIT => RouteKind::Prohibit,
            _ => return None,
        };
        Some(Route {
            origin: Default::default(),
            table: self.table,
            destination: self.destination,
            metric: NonZeroU32::new(self.metric)?,
            preferred_source: self.preferred_source,
            kind,
        })
    }

    /// Says whether the route sends packets out by this device.
    pub(crate) fn uses_device(&self, index: u32) -> bool {
        self.hops().any(|hop| hop.index == Some(index))
    }

    pub(crate) fn family(&self) -> Family {
        Family::of_net(&self.destination)
    }

    /// Describes the route as a listing would, as far as that takes to find it.
    pub(crate) fn describe(&self, names: &HashMap<u32, DeviceName>) -> String {
        let mut text = match self.kind {
            RTN_UNICAST => "route ".to_owned(),
            RTN_BLACKHOLE => "route blackhole ".to_owned(),
            RTN_UNREACHABLE => "route unreachable ".to_owned(),
            RTN_PROHIBIT => "route prohibit ".to_owned(),
            kind => format!("route type {kind} "),
        };
        let described = (|| {
            write!(text, "{} table {}", self.destination, self.table)?;
            if self.metric != 0 {
                write!(text, " metric {}", self.metric)?;
            }
            for hop in self.hops() {
                if let Some(gateway) = hop.gateway {
                    write!(text, " via {gateway}")?;
                }
                match hop.index.map(|index| (index, names.get(&index))) {
                    Some((_, Some(name))) => write!(text, " dev {name}")?,
                    Some((index, None)) => write!(text, " dev if{index}")?,
                    None => {}
                }
            }
            if let Some(source) = self.preferred_source {
                write!(text, " src {source}")?;
            }
            write!(text, " proto {}", self.protocol)
        })();
        described.expect("writing to a string can't fail");
        text
    }

    fn next_hops(&self, names: &HashMap<u32, DeviceName>) -> Option<NextHops> {
        let named = |hop: HopRecord| {
            let device = names.get(&hop.index?)?.clone();
            let weight = Weight::from_kernel(hop.hops);
            hop.is_plain.then_some(NextHop { gateway: hop.gateway, device, onlink: hop.onlink, weight })
        };
        if self.multipath.is_empty() {
            return named(self.single).map(NextHops::one);
        }
        let listed: Vec<NextHop> = self.hops().map(named).collect::<Option<_>>()?;
        let count = listed.len();
        // IPv4 lets others put one next hop into a route twice, which is not what merging would make of it.
        NextHops::new(listed).ok().filter(|merged| merged.iter().count() == count)
    }

    fn hops(&self) -> impl Iterator<Item = HopRecord> {
        let single = self.multipath.is_empty().then_some(self.single);
        let mut rest = self.multipath;
        let several = std::iter::from_fn(move || {
            let length = usize::from(u16_of(rest)?);
            let (header, attributes) = rest.get(..length)?.split_at_checked(NEXT_HOP_LEN)?;
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            let [_, _, flags, hops] = *header.first_chunk()?;
            let index = u32_of(header.get(4..)?);
            let onlink = flags & RTNH_F_ONLINK != 0;
            let mut hop = HopRecord { index, gateway: None, onlink, hops, is_plain: true };
            for (attribute, value) in Attributes(attributes) {
                hop.read(attribute, value);
            }
            Some(hop)
        });
        single.into_iter().chain(several)
    }
}

impl HopRecord {
    /// Reads what a plain route has among its attributes, and a multipath one with each next hop.
    fn read(&mut self, attribute: u16, value: &[u8]) {
        match attribute {
            RTA_GATEWAY => self.gateway = ip_of(value),
            // `struct rtvia`: the family, then the address.
            RTA_VIA => self.gateway = value.get(2..).and_then(ip_of),
            _ => self.is_plain = false,
        }
    }
}
