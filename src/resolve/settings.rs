//! `/ip settings` and `/ipv6 settings`.

use super::Resolver;
use crate::catalog::{self, Field, IpSettingsItem, Ipv6SettingsItem};
use crate::ir::{IpSettings, Ipv6Settings, Setting};
use rosc_target::Origin;

impl Resolver<'_, '_> {
    pub(super) fn settings(&mut self) {
        if let Some(item) = self.read_settings(&catalog::IP_SETTINGS, IpSettingsItem::read) {
            let IpSettingsItem {
                ip_forward,
                send_redirects,
                accept_redirects,
                secure_redirects,
                accept_source_route,
                rp_filter,
                multipath_hash_policy,
                tcp_syncookies,
                icmp_rate_limit,
                icmp_rate_mask,
                icmp_errors_use_inbound_address,
                max_neighbor_entries,
            } = item;
            let default = IpSettings::default();
            self.router.settings.ip = IpSettings {
                forward: setting(ip_forward, default.forward),
                send_redirects: setting(send_redirects, default.send_redirects),
                accept_redirects: setting(accept_redirects, default.accept_redirects),
                secure_redirects: setting(secure_redirects, default.secure_redirects),
                accept_source_route: setting(accept_source_route, default.accept_source_route),
                rp_filter: setting(rp_filter, default.rp_filter),
                multipath_hash_policy: setting(multipath_hash_policy, default.multipath_hash_policy),
                tcp_syncookies: if_written(tcp_syncookies, |on| on),
                icmp_rate_limit_ms: if_written(icmp_rate_limit, |n| n.0),
                icmp_rate_mask: if_written(icmp_rate_mask, |n| n.0),
                icmp_errors_use_inbound_address: if_written(icmp_errors_use_inbound_address, |on| on),
                max_neighbor_entries: if_written(max_neighbor_entries, |n| n.0),
            };
        }
        if let Some(item) = self.read_settings(&catalog::IPV6_SETTINGS, Ipv6SettingsItem::read) {
            let Ipv6SettingsItem {
                disable_ipv6,
                forward,
                multipath_hash_policy,
                accept_redirects,
                accept_router_advertisements,
                max_neighbor_entries,
            } = item;
            let default = Ipv6Settings::default();
            self.router.settings.ipv6 = Some(Ipv6Settings {
                disable: setting(disable_ipv6, default.disable),
                forward: setting(forward, default.forward),
                multipath_hash_policy: setting(multipath_hash_policy, default.multipath_hash_policy),
                accept_redirects: setting(accept_redirects, default.accept_redirects),
                accept_router_advertisements: setting(
                    accept_router_advertisements,
                    default.accept_router_advertisements,
                ),
                max_neighbor_entries: if_written(max_neighbor_entries, |n| n.0),
            });
        }
    }
}

pub(super) fn setting<T>(field: Field<T>, default: Setting<T>) -> Setting<T> {
    let origin = if field.given { field.origin } else { Origin::IMPLIED };
    field.value.map_or(default, |value| Setting { value, origin })
}

fn if_written<T, U>(field: Field<T>, value: impl FnOnce(T) -> U) -> Option<Setting<U>> {
    let origin = field.origin;
    field.value.map(|written| Setting { value: value(written), origin })
}
