//! `/ip settings` and `/ipv6 settings`.

use super::ConnectionTracking;
use rosc_target::Origin;
use serde::Serialize;

/// The settings of both families.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Settings {
    /// `/ip settings`, with RouterOS's defaults where nothing is set.
    pub ip: IpSettings,
    /// `/ipv6 settings`, if the configuration has any.
    pub ipv6: Option<Ipv6Settings>,
    /// `/ip firewall connection tracking`, with RouterOS's defaults where nothing is set.
    pub tracking: ConnectionTracking,
}

/// A value with the place that set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it is set; implied for a default.
    #[serde(skip)]
    pub origin: Origin,
}

/// `/ip settings`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IpSettings {
    /// `ip-forward`.
    pub forward: Setting<bool>,
    /// `send-redirects`.
    pub send_redirects: Setting<bool>,
    /// `accept-redirects`.
    pub accept_redirects: Setting<bool>,
    /// `secure-redirects`.
    pub secure_redirects: Setting<bool>,
    /// `accept-source-route`.
    pub accept_source_route: Setting<bool>,
    /// `rp-filter`.
    pub rp_filter: Setting<RpFilter>,
    /// `ipv4-multipath-hash-policy`.
    pub multipath_hash_policy: Setting<HashPolicy>,
    /// `tcp-syncookies`, where it is set: it concerns the box's own services, not forwarding.
    pub tcp_syncookies: Option<Setting<bool>>,
    /// `icmp-rate-limit` in milliseconds, where it is set.
    pub icmp_rate_limit_ms: Option<Setting<u32>>,
    /// `icmp-rate-mask`, where it is set.
    pub icmp_rate_mask: Option<Setting<u32>>,
    /// `icmp-errors-use-inbound-interface-address`, where it is set.
    pub icmp_errors_use_inbound_address: Option<Setting<bool>>,
    /// `max-neighbor-entries`, where it is set.
    pub max_neighbor_entries: Option<Setting<u32>>,
}

/// `/ipv6 settings`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ipv6Settings {
    /// `disable-ipv6`.
    pub disable: Setting<bool>,
    /// `forward`.
    pub forward: Setting<bool>,
    /// `multipath-hash-policy`.
    pub multipath_hash_policy: Setting<HashPolicy>,
    /// `accept-redirects`.
    pub accept_redirects: Setting<RedirectPolicy>,
    /// `accept-router-advertisements`.
    pub accept_router_advertisements: Setting<RedirectPolicy>,
    /// `max-neighbor-entries`, where it is set.
    pub max_neighbor_entries: Option<Setting<u32>>,
}

/// `rp-filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum RpFilter {
    No,
    Loose,
    Strict,
}

/// What a multipath route hashes to choose a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashPolicy {
    /// Source and destination address.
    L3,
    /// The addresses of the packet inside a tunnel.
    L3Inner,
    /// Addresses, protocol and ports.
    L4,
}

/// Whether a router listens to what is meant for hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum RedirectPolicy {
    No,
    YesIfForwardingDisabled,
    Yes,
}

impl<T> Setting<T> {
    /// A default, which no line asked for.
    pub fn implied(value: T) -> Self {
        Self { value, origin: Origin::IMPLIED }
    }
}

impl Default for IpSettings {
    fn default() -> Self {
        Self {
            forward: Setting::implied(true),
            send_redirects: Setting::implied(true),
            accept_redirects: Setting::implied(false),
            secure_redirects: Setting::implied(true),
            accept_source_route: Setting::implied(false),
            rp_filter: Setting::implied(RpFilter::No),
            multipath_hash_policy: Setting::implied(HashPolicy::L3),
            tcp_syncookies: None,
            icmp_rate_limit_ms: None,
            icmp_rate_mask: None,
            icmp_errors_use_inbound_address: None,
            max_neighbor_entries: None,
        }
    }
}

impl Default for Ipv6Settings {
    fn default() -> Self {
        Self {
            disable: Setting::implied(false),
            forward: Setting::implied(true),
            multipath_hash_policy: Setting::implied(HashPolicy::L3),
            accept_redirects: Setting::implied(RedirectPolicy::YesIfForwardingDisabled),
            accept_router_advertisements: Setting::implied(RedirectPolicy::YesIfForwardingDisabled),
            max_neighbor_entries: None,
        }
    }
}
