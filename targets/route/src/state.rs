//! The whole of what this target owns.

use crate::{Address, DuplicateDetection, Family, FwMark, Link, LinkKind, Route, Rule, RuleAction};
use crate::{DeviceName, PREFERENCES, ownership};
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt::Display;
use std::net::IpAddr;
use thiserror::Error;

/// Links, addresses, routes and rules, as they should be or as they were found.
///
/// A value of this type is consistent and in one canonical form: links, addresses and routes are sorted and
/// have no two of one key, families agree, host bits are cleared, and what means nothing is absent. So two
/// states that ask for the same are equal, and comparing is a walk along two sorted lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct State {
    links: Vec<Link>,
    addresses: Vec<Address>,
    routes: Vec<Route>,
    rules: Vec<Rule>,
}

/// An object that can't be part of a [`State`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{object}: {reason}")]
pub struct InvalidObject {
    /// The line that asked for it.
    pub origin: Origin,
    /// The object in the words of `ip`.
    pub object: String,
    /// What is wrong with it.
    pub reason: InvalidReason,
}

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidReason {
    /// An address belongs to the wrong family.
    #[error("{address} is no {expected} address")]
    Family {
        /// The address.
        address: IpAddr,
        /// The family of the object.
        expected: Family,
    },
    /// The prefix is longer than an address.
    #[error("a prefix of an {family} address has at most {} bits", family.max_prefix_len())]
    PrefixLength {
        /// The family of the address.
        family: Family,
    },
    /// Table 0 means "no table": the kernel would take another one.
    #[error("there is no table 0")]
    NoTable,
    /// The name would be taken for a mark.
    #[error("names that start like this mark the ports of bridges")]
    ReservedName,
    /// A device can't be its own port.
    #[error("a device is no port of itself")]
    OwnMaster,
    /// There are more rules than places for them; this is the first too many.
    #[error("there are more {0} rules than the {count} preferences for them", count = PREFERENCES.count())]
    NoRoom(Family),
    /// Another object of the same key has other content.
    #[error("`{other}` is asked for as well, and there can be only one of the two")]
    Duplicate {
        /// The other object in the words of `ip`.
        other: String,
        /// The line that asked for it.
        other_origin: Origin,
    },
}

impl State {
    /// Brings objects into canonical form, in time linear in their number but for the sorting.
    ///
    /// The order of `rules` is the order in which they are tried; that of the others means nothing. An object
    /// that is asked for twice counts once, and so does a rule: what the first did not decide, an equal one
    /// behind it will not either.
    ///
    /// # Errors
    /// Every object that is invalid or contradicts another.
    pub fn new(
        links: Vec<Link>,
        addresses: Vec<Address>,
        routes: Vec<Route>,
        rules: Vec<Rule>,
    ) -> Result<Self, Vec<InvalidObject>> {
        let mut errors = Vec::new();
        let mut state = Self {
            links: parse(links, canonical_link, |link| link.origin, &mut errors),
            addresses: parse(addresses, canonical_address, |address| address.origin, &mut errors),
            routes: parse(routes, canonical_route, |route| route.origin, &mut errors),
            rules: parse(rules, canonical_rule, |rule| rule.origin, &mut errors),
        };
        state.sort();
        merge_equal(&mut state.links, link_key, |link| link.origin, &mut errors);
        merge_equal(&mut state.addresses, Address::key, |address| address.origin, &mut errors);
        merge_equal(&mut state.routes, Route::key, |route| route.origin, &mut errors);
        state.rules = without_repetitions(std::mem::take(&mut state.rules));
        errors.extend(Family::ALL.into_iter().filter_map(|family| too_many(&state.rules, family)));
        if errors.is_empty() { Ok(state) } else { Err(errors) }
    }

    /// Takes what was read from the kernel. It is canonical but for its order, and for routes of one key,
    /// which the kernel lists in the order in which it tries them: the first is the one in use.
    pub(crate) fn observed(
        links: Vec<Link>,
        addresses: Vec<Address>,
        routes: Vec<Route>,
        rules: Vec<Rule>,
    ) -> Self {
        let mut state = Self { links, addresses, routes, rules };
        state.sort();
        state.routes.dedup_by_key(|route| route.key());
        state
    }

    /// The links, sorted by name.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The addresses, sorted by device, then address.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The routes, sorted by table, destination and metric.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The rules in the order in which they are tried, those of IPv4 before those of IPv6.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What of this state bears a mark of rosc once it is applied, and so will be observed as owned.
    ///
    /// That is everything but the links that are neither made nor put into a bridge. A bridge whose address or
    /// MTU is left to the kernel will be observed with those that it has.
    #[must_use]
    pub fn owned(mut self) -> Self {
        self.links.retain(|link| match link.kind {
            LinkKind::Existing => link.master.is_some(),
            LinkKind::Bridge(_) => true,
        });
        self
    }

    fn sort(&mut self) {
        self.links.sort_by(|a, b| a.name.cmp(&b.name));
        self.addresses.sort_by_cached_key(Address::key);
        self.routes.sort_by_key(Route::key);
        self.rules.sort_by_key(|rule| rule.family);
    }
}

/// Unchecked objects, as they come from a file.
#[derive(Deserialize)]
struct Parts {
    links: Vec<Link>,
    addresses: Vec<Address>,
    routes: Vec<Route>,
    rules: Vec<Rule>,
}

impl TryFrom<Parts> for State {
    type Error = InvalidObject;

    fn try_from(parts: Parts) -> Result<Self, Self::Error> {
        Self::new(parts.links, parts.addresses, parts.routes, parts.rules)
            .map_err(|mut errors| errors.swap_remove(0))
    }
}

fn parse<T: Display>(
    objects: Vec<T>,
    canonical: impl Fn(&mut T) -> Result<(), InvalidReason>,
    origin: impl Fn(&T) -> Origin,
    errors: &mut Vec<InvalidObject>,
) -> Vec<T> {
    let mut parsed = objects;
    parsed.retain_mut(|object| match canonical(object) {
        Ok(()) => true,
        Err(reason) => {
            errors.push(InvalidObject { origin: origin(object), object: object.to_string(), reason });
            false
        }
    });
    parsed
}

/// Removes repetitions from a sorted list, and reports objects of one key that differ.
fn merge_equal<T: Display + PartialEq, K: PartialEq>(
    objects: &mut Vec<T>,
    key: impl Fn(&T) -> K,
    origin: impl Fn(&T) -> Origin,
    errors: &mut Vec<InvalidObject>,
) {
    objects.dedup_by(|later, earlier| {
        if key(later) != key(earlier) {
            return false;
        }
        if later != earlier {
            let reason =
                InvalidReason::Duplicate { other: earlier.to_string(), other_origin: origin(earlier) };
            errors.push(InvalidObject { origin: origin(later), object: later.to_string(), reason });
        }
        true
    });
}

fn link_key(link: &Link) -> DeviceName {
    link.name.clone()
}

fn without_repetitions(rules: Vec<Rule>) -> Vec<Rule> {
    let is_first: Vec<bool> = {
        let mut seen = HashSet::new();
        rules.iter().map(|rule| seen.insert(rule.content())).collect()
    };
    rules.into_iter().zip(is_first).filter_map(|(rule, is_first)| is_first.then_some(rule)).collect()
}

fn too_many(rules: &[Rule], family: Family) -> Option<InvalidObject> {
    let rule = rules.iter().filter(|rule| rule.family == family).nth(PREFERENCES.count())?;
    let reason = InvalidReason::NoRoom(family);
    Some(InvalidObject { origin: rule.origin, object: rule.to_string(), reason })
}

fn canonical_link(link: &mut Link) -> Result<(), InvalidReason> {
    if ownership::is_reserved(&link.name) {
        return Err(InvalidReason::ReservedName);
    }
    if link.master.as_ref() == Some(&link.name) {
        return Err(InvalidReason::OwnMaster);
    }
    Ok(())
}

fn canonical_address(address: &mut Address) -> Result<(), InvalidReason> {
    let family = address.family();
    if address.prefix_len > family.max_prefix_len() {
        return Err(InvalidReason::PrefixLength { family });
    }
    if let Some(peer) = address.peer {
        expect_family(peer, family)?;
    }
    // The kernel shows an address whose peer is itself as one without a peer.
    address.peer = address.peer.filter(|peer| *peer != address.local);
    if family == Family::Ipv4 {
        address.duplicate_detection = DuplicateDetection::Perform;
    }
    Ok(())
}

fn canonical_route(route: &mut Route) -> Result<(), InvalidReason> {
    let family = route.family();
    if route.table == 0 {
        return Err(InvalidReason::NoTable);
    }
    if let Some(source) = route.preferred_source {
        expect_family(source, family)?;
    }
    if family == Family::Ipv6 {
        for gateway in route.next_hops().filter_map(|next_hop| next_hop.gateway) {
            expect_family(gateway, family)?;
        }
    }
    route.destination = route.destination.trunc();
    Ok(())
}

fn canonical_rule(rule: &mut Rule) -> Result<(), InvalidReason> {
    match rule.action {
        RuleAction::Lookup { table: 0, .. } => return Err(InvalidReason::NoTable),
        RuleAction::Lookup { .. }
        | RuleAction::Unreachable
        | RuleAction::Blackhole
        | RuleAction::Prohibit => {}
    }
    for net in [&mut rule.from, &mut rule.to] {
        if let Some(prefix) = net {
            expect_family(prefix.addr(), rule.family)?;
        }
        *net = net.map(|prefix| prefix.trunc()).filter(|prefix| prefix.prefix_len() > 0);
    }
    rule.fwmark = rule
        .fwmark
        .map(|FwMark { value, mask }| FwMark { value: value & mask, mask })
        .filter(|fwmark| fwmark.mask != 0);
    Ok(())
}

fn expect_family(address: IpAddr, expected: Family) -> Result<(), InvalidReason> {
    if Family::of(address) == expected { Ok(()) } else { Err(InvalidReason::Family { address, expected }) }
}

#[cfg(test)]
mod tests;
