//! `/ip firewall connection tracking`.

use super::Resolver;
use super::settings::setting;
use crate::catalog::types::Seconds;
use crate::catalog::{ConnectionTrackingItem, Field, IP_FIREWALL_CONNECTION_TRACKING};
use crate::ir::{ConnectionTracking, Dialect, Setting, Timeout};

/// `udp-timeout` of version 6, where it is not set.
const UDP_OF_V6: Seconds = Seconds(10);

impl Resolver<'_, '_> {
    /// Reads the menu whether or not the configuration touches it: its defaults are part of what a firewall means.
    pub(super) fn tracking(&mut self) {
        let read = ConnectionTrackingItem::read;
        let Some(item) = self.read_settings_or_defaults(&IP_FIREWALL_CONNECTION_TRACKING, read) else {
            return;
        };
        let ConnectionTrackingItem {
            enabled,
            generic,
            icmp,
            tcp_close,
            tcp_close_wait,
            tcp_established,
            tcp_fin_wait,
            tcp_last_ack,
            tcp_max_retrans,
            tcp_syn_received,
            tcp_syn_sent,
            tcp_time_wait,
            tcp_unacked,
            udp,
            udp_stream,
            loose_tcp,
            liberal_tcp,
        } = item;
        let udp = match self.router.dialect {
            Dialect::V6 if !udp.given => Field { value: Some(UDP_OF_V6), ..udp },
            Dialect::V6 | Dialect::V7 => udp,
        };
        let timeouts = [
            (Timeout::Generic, generic),
            (Timeout::Icmp, icmp),
            (Timeout::TcpClose, tcp_close),
            (Timeout::TcpCloseWait, tcp_close_wait),
            (Timeout::TcpEstablished, tcp_established),
            (Timeout::TcpFinWait, tcp_fin_wait),
            (Timeout::TcpLastAck, tcp_last_ack),
            (Timeout::TcpMaxRetrans, tcp_max_retrans),
            (Timeout::TcpSynReceived, tcp_syn_received),
            (Timeout::TcpSynSent, tcp_syn_sent),
            (Timeout::TcpTimeWait, tcp_time_wait),
            (Timeout::TcpUnacked, tcp_unacked),
            (Timeout::Udp, udp),
            (Timeout::UdpStream, udp_stream),
        ];
        let default = ConnectionTracking::default();
        let seconds = |field: Field<Seconds>| {
            let origin = field.place().unwrap_or_default();
            field.value.map(|Seconds(value)| Setting { value, origin })
        };
        self.router.settings.tracking = ConnectionTracking {
            enabled: setting(enabled, default.enabled),
            timeouts: timeouts.into_iter().filter_map(|(of, field)| Some((of, seconds(field)?))).collect(),
            loose_tcp: setting(loose_tcp, default.loose_tcp),
            liberal_tcp: setting(liberal_tcp, default.liberal_tcp),
        };
    }
}
