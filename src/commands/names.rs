//! DNS names on address lists: where they are resolved, and where they are not.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::host::Host;
use crate::ir::Router;
use crate::transaction::resolve_names;

/// The machine, with what the names of a router mean there.
pub(super) fn with_names(host: Host, router: &Router) -> Host {
    let firewalls = [&router.firewall, &router.ipv6_firewall];
    let names = firewalls.into_iter().flat_map(|firewall| firewall.names_asked());
    Host { names: Some(resolve_names(names.map(|(name, _)| name))), ..host }
}

/// What there is to say of names where nobody resolves them.
pub(super) fn not_resolved(router: &Router) -> Vec<Diagnostic> {
    let firewalls = [&router.firewall, &router.ipv6_firewall];
    let names = firewalls.into_iter().flat_map(|firewall| firewall.names_asked());
    let note = |origin| {
        let message = "what a DNS name on an address list resolves to is known on the router alone";
        let note = Diagnostic::new(Code::OnlyLiveRouterKnows, message)
            .label(origin, "taken for a name that no address has")
            .help("write addresses in its place to see what becomes of packets from them or to them");
        Diagnostic { severity: Severity::Note, ..note }
    };
    names.map(|(_, origin)| note(origin)).collect()
}
