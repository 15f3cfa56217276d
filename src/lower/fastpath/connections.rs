//! Connections on the fast path: those that rules with `fasttrack-connection` let meet no more rules.

use super::diagnostics;
use super::obstacles::{passes_over_ipv6, passes_over_prefixes};
use crate::diagnostic::Diagnostic;
use crate::ir::Timeout;
use crate::lower::Context;
use crate::lower::firewall::begins_short_cut;
use rosc_ebpf::Connections;
use rosc_route::Family;
use rosc_target::Origin;
use std::collections::BTreeMap;

impl Context<'_> {
    /// Whether rules of a family may put connections on the fast path: what comes in by its interfaces is sent as the kernel's
    /// routes have it, by a look-up that has to find what they do.
    pub(in crate::lower) fn takes_connections(&self, family: rosc_nftables::Family) -> bool {
        let finds_routes = match family {
            rosc_nftables::Family::Ip => true,
            rosc_nftables::Family::Ip6 => {
                !self.router.rules.iter().any(passes_over_prefixes)
                    && !self.host.foreign.rules.iter().any(passes_over_ipv6)
            }
        };
        finds_routes && !self.ports.is_empty() && self.host.hides_connections.is_none()
    }

    /// What there is to say where the kernel takes what rules would put on the fast path.
    pub(super) fn hidden_connections(&self, nftables: &rosc_nftables::State) -> Option<Diagnostic> {
        let hidden = self.host.hides_connections.filter(|_| !self.ports.is_empty())?;
        let rule = nftables.tables.values().find_map(begins_short_cut)?;
        Some(diagnostics::hidden_connections(hidden, rule))
    }

    /// The families whose rules put connections on the fast path, each with the first of these rules.
    pub(in crate::lower) fn connections(&self, nftables: &rosc_nftables::State) -> BTreeMap<Family, Origin> {
        let taken = nftables.tables.iter().filter(|(family, _)| self.takes_connections(**family));
        let begun = taken.filter_map(|(family, table)| {
            let family = match family {
                rosc_nftables::Family::Ip => Family::Ipv4,
                rosc_nftables::Family::Ip6 => Family::Ipv6,
            };
            Some((family, begins_short_cut(table)?))
        });
        begun.collect()
    }

    /// How long such connections live without a packet.
    pub(super) fn timeouts(&self, origin: Origin) -> Connections {
        let timeouts = &self.router.settings.tracking.timeouts;
        let seconds = |of: Timeout, otherwise: u32| {
            let setting = timeouts.get(&of).map_or(otherwise, |setting| setting.value);
            setting.clamp(1, Connections::MAX_TIMEOUT)
        };
        // What the kernel takes where nobody says anything: nf_conntrack-sysctl.
        const A_MINUTE: u32 = 60;
        Connections {
            origin,
            tcp_timeout: seconds(Timeout::TcpEstablished, 5 * 24 * 60 * A_MINUTE),
            udp_timeout: seconds(Timeout::UdpStream, 2 * A_MINUTE),
        }
    }
}
