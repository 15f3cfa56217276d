//! The routing tables as packets meet them: of each prefix the routes that are in use.

use crate::ir::nexthop::{Hop, NextHops, Surroundings};
use crate::ir::{Dialect, Distance, InterfaceName, Route, RouteTarget, Router, TableName};
use ipnet::IpNet;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

/// All tables.
#[derive(Debug)]
pub(super) struct Fib<'r> {
    tables: HashMap<&'r TableName, Table<'r>>,
}

/// Routes of the lowest distance to a prefix, with their hops.
type Group<'n, 'r> = (Distance, Vec<(&'r Route, &'n [Hop])>);

#[derive(Debug, Default)]
struct Table<'r> {
    /// The prefix lengths in use, of IPv4 and of IPv6.
    lengths: [BTreeSet<u8>; 2],
    /// Shared with the decisions that they answer.
    entries: HashMap<IpNet, Rc<Entry<'r>>>,
}

/// The routes in use for a prefix.
#[derive(Debug, PartialEq)]
pub struct Entry<'r> {
    /// The prefix.
    pub prefix: IpNet,
    /// The static routes; none for a connected network.
    pub routes: Vec<&'r Route>,
    /// Where packets go.
    pub way: Way,
}

/// What a route does with packets, with its gateways resolved.
#[derive(Debug, PartialEq, Eq)]
pub enum Way {
    /// One of these; never empty. A hop that stands twice has twice the share.
    Hops(Vec<Hop>),
    /// Dropped silently.
    Blackhole,
    /// Dropped with "host unreachable".
    Unreachable,
    /// Dropped with "administratively prohibited".
    Prohibit,
}

impl<'r> Fib<'r> {
    pub(super) fn new(router: &'r Router, next_hops: &NextHops<'r>, surroundings: &Surroundings) -> Self {
        let mut fib = Self { tables: HashMap::new() };
        for (name, table) in &router.tables {
            // A table without the switch is no part of forwarding.
            if table.fib {
                fib.tables.insert(name, Table::default());
            }
        }
        let own = router.addresses.iter().map(|address| (address.connected(), &address.interface));
        let found = surroundings.connected.iter().map(|(prefix, interface)| (*prefix, interface));
        if let Some(main) = fib.tables.get_mut(&TableName::main()) {
            for (prefix, interface) in own.chain(found) {
                if !surroundings.is_down(interface) {
                    main.add_connected(prefix, interface);
                }
            }
        }
        let usable = router.routes.iter().enumerate().filter(|(index, _)| next_hops.is_candidate(*index));
        let mut groups: HashMap<(&TableName, IpNet), Group<'_, 'r>> = HashMap::new();
        for (index, route) in usable {
            let with = (route, next_hops.of(index).hops.as_slice());
            let (lowest, group) = groups
                .entry((&route.table, route.destination))
                .or_insert_with(|| (route.distance, Vec::new()));
            match route.distance.cmp(lowest) {
                std::cmp::Ordering::Less => (*lowest, *group) = (route.distance, vec![with]),
                std::cmp::Ordering::Equal => group.push(with),
                std::cmp::Ordering::Greater => {}
            }
        }
        for ((name, prefix), (_, group)) in groups {
            let Some(table) = fib.tables.get_mut(name) else { continue };
            let group = if router.dialect == Dialect::V6 { &group[..1] } else { &group[..] };
            // Connected networks have distance 0, which no static route has.
            if !table.entries.contains_key(&prefix) {
                table.add(Entry::of(prefix, group));
            }
        }
        fib
    }

    /// The longest prefix that holds an address.
    pub(super) fn look_up(&self, table: &TableName, address: IpAddr) -> Option<&Rc<Entry<'r>>> {
        let table = self.tables.get(table)?;
        let lengths = table.lengths[usize::from(address.is_ipv6())].iter().rev();
        lengths
            .filter_map(|&length| IpNet::new(address, length).ok())
            .find_map(|prefix| table.entries.get(&prefix.trunc()))
    }
}

impl<'r> Table<'r> {
    fn add(&mut self, entry: Entry<'r>) {
        self.lengths[usize::from(entry.prefix.addr().is_ipv6())].insert(entry.prefix.prefix_len());
        self.entries.insert(entry.prefix, Rc::new(entry));
    }

    fn add_connected(&mut self, prefix: IpNet, interface: &InterfaceName) {
        let prefix = prefix.trunc();
        if !self.entries.contains_key(&prefix) {
            let hop = Hop::Interface { interface: interface.clone(), gateway: None };
            self.add(Entry { prefix, routes: Vec::new(), way: Way::Hops(vec![hop]) });
        }
    }
}

impl<'r> Entry<'r> {
    fn of(prefix: IpNet, group: &[(&'r Route, &[Hop])]) -> Self {
        let is_way = |hop: &&Hop| matches!(hop, Hop::Interface { .. });
        let hops: Vec<Hop> = group.iter().flat_map(|(_, hops)| hops.iter()).filter(is_way).cloned().collect();
        let way = match group[0].0.target {
            _ if !hops.is_empty() => Way::Hops(hops),
            RouteTarget::Via(_) | RouteTarget::Blackhole => Way::Blackhole,
            RouteTarget::Unreachable => Way::Unreachable,
            RouteTarget::Prohibit => Way::Prohibit,
        };
        Self { prefix, routes: group.iter().map(|(route, _)| *route).collect(), way }
    }

    /// The source address that the route asks for.
    pub(super) fn preferred_source(&self) -> Option<IpAddr> {
        self.routes.first().and_then(|route| route.preferred_source)
    }
}
