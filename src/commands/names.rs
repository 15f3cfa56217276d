//! DNS names on address lists.

use crate::host::Host;
use crate::ir::Router;
use crate::transaction::resolve_names;

/// The machine, with what the names of a router mean there.
pub(super) fn with_names(host: Host, router: &Router) -> Host {
    let firewalls = [&router.firewall, &router.ipv6_firewall];
    let names = firewalls.into_iter().flat_map(|firewall| firewall.names_asked());
    Host { names: Some(resolve_names(names.map(|(name, _)| name))), ..host }
}
