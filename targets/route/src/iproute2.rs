//! A state in the words of iproute2, for people who want it without rosc.

use crate::diff::{arrange, place_all};
use crate::{Action, Address, Change, Family, LINK_GROUP, LinkKind, PROTOCOL, State};

/// Renders a state as lines for `ip -4 -batch` or `ip -6 -batch`, in an order in which they can be run on a
/// fresh system.
///
/// Links are of no family and come with IPv4, which is therefore to be run first. Routes and rules carry
/// rosc's mark. Addresses do not: iproute2 can set their originator only since version 6.3, and an older one
/// refuses the word; so rosc would take them for someone else's. The ports of bridges have no mark either.
pub fn batch_lines(state: &State, family: Family) -> Vec<String> {
    let mut lines = Vec::new();
    if family == Family::Ipv4 {
        lines.extend(link_lines(state));
    }
    let addresses = state.addresses().iter().filter(|address| address.family() == family);
    lines.extend(addresses.map(address_line));
    let routes = state.routes().iter().filter(|route| route.family() == family);
    let mut routes: Vec<Change> = routes.map(|route| Change::Route(Action::Create(route.clone()))).collect();
    arrange(&mut routes);
    // Behind the next hops the originator would be taken for part of the last of them.
    lines.extend(routes.iter().map(|route| format!("route add protocol {PROTOCOL} {}", route.words())));
    let rules = place_all(state).into_iter().filter(|placed| placed.rule.family == family);
    lines.extend(rules.map(|placed| format!("rule add {placed} protocol {PROTOCOL}")));
    lines
}

fn link_lines(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    for link in state.links() {
        if let LinkKind::Bridge(bridge) = &link.kind {
            lines.push(format!("link add name {} group {LINK_GROUP} {bridge}", link.name));
        }
    }
    for link in state.links() {
        let master = link.master.as_ref().map(|master| format!(" master {master}")).unwrap_or_default();
        lines.push(format!("link set dev {}{master} up", link.name));
    }
    lines
}

fn address_line(address: &Address) -> String {
    match address.broadcast() {
        Some(broadcast) => format!("address add {address} broadcast {broadcast}"),
        None => format!("address add {address}"),
    }
}
