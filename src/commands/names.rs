//! What is asked of a machine before a configuration is compiled for it, and what its DNS names are where it is not asked.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::host::Host;
use crate::ir::Router;
use crate::lower::needs_of;
use crate::transaction::{Machine, resolve_names};
use rosc_target::TargetError;

/// The machine as far as a router is concerned, with what its names mean there.
pub(super) fn host_for(machine: &mut Machine, router: &Router) -> Result<Host, TargetError> {
    let firewalls = [&router.firewall, &router.ipv6_firewall];
    let names = firewalls.into_iter().flat_map(|firewall| firewall.names_asked());
    let host = machine.host(&needs_of(router))?;
    Ok(Host { names: Some(resolve_names(names.map(|(name, _)| name))), ..host })
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
