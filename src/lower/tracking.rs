//! Connection tracking: how long the kernel remembers connections.
//!
//! Where the firewall tracks connections, everything is set, to RouterOS's default where the configuration is silent: the
//! kernel's own times are far longer, and what a connection is is part of what a rule means. Otherwise only what is
//! written is set.

use super::sysctl::{key, number};
use super::{Context, diagnostics};
use crate::ir::{ConnectionTracking, Setting, Timeout, TrackingMode};
use rosc_sysctl::{Presence, State};
use rosc_target::Origin;

/// The kernel counts times in ticks, of which it has a thousand in a second at most, and keeps them in an `int`
/// (`proc_dointvec_jiffies`).
const LONGEST_TIME: u32 = (i32::MAX / 1000).cast_unsigned();

impl Context<'_> {
    /// `is_tracking` says whether rules of our tables make the kernel track connections. Loading those rules loads the
    /// kernel's module too, and only with it there are settings. `unseen` is the line that has packets of connections go by
    /// without connection tracking: what it sees of them later is out of any window.
    pub(super) fn tracking(&mut self, state: &mut State, is_tracking: bool, unseen: Option<Origin>) {
        let mut tracking = self.router.settings.tracking.clone();
        if let Some(origin) = unseen
            && !tracking.liberal_tcp.value
        {
            let message = "connection tracking does not see the segments of connections on the fast path, so that it takes \
                           segments outside of a window for valid, of all connections";
            let help =
                "set liberal-tcp-tracking=yes if that is meant, or do without the fast path or the rule";
            self.diagnostics.push(diagnostics::differs(message, origin, help));
            tracking.liberal_tcp = Setting { value: true, origin };
        }
        let enabled = tracking.enabled;
        if is_tracking && enabled.value == TrackingMode::No {
            let message = "connections are not tracked, but rules of the firewall need them";
            let help = "on RouterOS such rules have no effect then: remove them, or set enabled=auto";
            self.diagnostics.push(diagnostics::no_linux_form(message, enabled.origin, help));
        }
        for setting in tracking.timeouts.values().filter(|setting| setting.value > LONGEST_TIME) {
            let message = format!("Linux remembers connections for {LONGEST_TIME} seconds at most");
            self.diagnostics.push(diagnostics::no_linux_form(
                message,
                setting.origin,
                "write at most 24d20h",
            ));
        }
        set(state, &tracking, is_tracking);
    }
}

/// The settings that a configuration could ask for.
pub(super) fn known(state: &mut State) {
    let timeouts = Timeout::ALL.map(|timeout| (timeout, Setting::implied(0)));
    set(state, &ConnectionTracking { timeouts: timeouts.into(), ..ConnectionTracking::default() }, true);
}

fn set(state: &mut State, tracking: &ConnectionTracking, is_tracking: bool) {
    let ConnectionTracking { enabled: _, timeouts, loose_tcp, liberal_tcp } = tracking;
    let presence = if is_tracking { Presence::Required } else { Presence::IfPresent };
    let mut set = |name: &str, setting: Setting<u32>| {
        if is_tracking || !setting.origin.is_implied() {
            let key = key(&["net", "netfilter", &format!("nf_conntrack_{name}")]);
            state.set(key, setting.value, setting.origin, presence);
        }
    };
    for (timeout, setting) in timeouts {
        names(*timeout).iter().for_each(|name| set(name, *setting));
    }
    for (name, setting) in [("tcp_loose", loose_tcp), ("tcp_be_liberal", liberal_tcp)] {
        set(name, Setting { value: number(setting.value).into(), origin: setting.origin });
    }
}

/// Kernel documentation, nf_conntrack-sysctl; the names follow `nf_conntrack_`.
fn names(timeout: Timeout) -> &'static [&'static str] {
    match timeout {
        Timeout::Generic => &["generic_timeout"],
        Timeout::Icmp => &["icmp_timeout", "icmpv6_timeout"],
        Timeout::TcpClose => &["tcp_timeout_close"],
        Timeout::TcpCloseWait => &["tcp_timeout_close_wait"],
        Timeout::TcpEstablished => &["tcp_timeout_established"],
        Timeout::TcpFinWait => &["tcp_timeout_fin_wait"],
        Timeout::TcpLastAck => &["tcp_timeout_last_ack"],
        Timeout::TcpMaxRetrans => &["tcp_timeout_max_retrans"],
        Timeout::TcpSynReceived => &["tcp_timeout_syn_recv"],
        Timeout::TcpSynSent => &["tcp_timeout_syn_sent"],
        Timeout::TcpTimeWait => &["tcp_timeout_time_wait"],
        Timeout::TcpUnacked => &["tcp_timeout_unacknowledged"],
        Timeout::Udp => &["udp_timeout"],
        Timeout::UdpStream => &["udp_timeout_stream"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{IP_FIREWALL_CONNECTION_TRACKING, Support};

    #[test]
    fn the_catalog_names_every_setting_that_is_made() {
        let mut state = State::default();
        known(&mut state);
        let remarks: String = IP_FIREWALL_CONNECTION_TRACKING
            .properties()
            .map(|property| match property.support {
                Support::SameAs(remark) => format!("{remark} "),
                _ => String::new(),
            })
            .collect();
        for key in state.settings.keys() {
            let name = key.as_str().rsplit('/').next().expect("a name");
            assert!(remarks.split([' ', '.', ';']).any(|word| word == name), "{name} is not in: {remarks}");
        }
        assert_eq!(state.settings.len(), remarks.matches("nf_conntrack_").count());
    }
}
