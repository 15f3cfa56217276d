//! What is suspicious in the meaning of a router: all of it can be built, and little of it can be meant.
//!
//! The lints speak of routers that could be read whole, and of what the configuration tells: what only the running machine knows,
//! such as the routes that a DHCP client learns, is given the benefit of the doubt. All of them together are linear in the
//! rules and routes; those that follow packets stop at a number of rules looked at (`packets.rs`).

mod exits;
mod gateways;
mod marks;
mod packets;
mod shadowed;
mod tables;
mod unasked;
mod uplink;
mod way_back;

use crate::diagnostic::Diagnostic;
use crate::ir::Router;
use crate::ir::nexthop::{NextHops, Surroundings};
use uplink::{Uplink, is_uncertain};

/// Everything suspicious about a router that has no errors.
pub fn lint(router: &Router) -> Vec<Diagnostic> {
    let next_hops = NextHops::resolve(router, &Surroundings::default());
    let mut uplinks = Uplink::all(router, &next_hops);
    for ipv6 in [false, true] {
        if is_uncertain(router, &next_hops, ipv6) {
            uplinks.retain(|uplink| uplink.is_ipv6 != ipv6);
        }
    }
    let mut found = Vec::new();
    way_back::look(router, &uplinks, &mut found);
    exits::look(router, &uplinks, &mut found);
    marks::look(router, &next_hops, &mut found);
    tables::look(router, &next_hops, &mut found);
    gateways::look(router, &next_hops, &mut found);
    unasked::look(router, &mut found);
    shadowed::look(router, &mut found);
    found
}
