//! Kernel settings.
//!
//! What decides about forwarded packets is always set, to RouterOS's default where the configuration is silent:
//! distributions differ there. What concerns only the box's own services is set where it is written.

use super::{Context, tracking};
use crate::ir::{HashPolicy, IpSettings, Ipv6Settings, RedirectPolicy, RpFilter, Setting};
use rosc_route::DeviceName;
use rosc_sysctl::{Key, Presence, State};
use rosc_target::Origin;
use std::collections::BTreeMap;
use std::fmt::Display;

/// The settings that any configuration could ask for on a machine with these devices.
pub fn known_settings(devices: impl IntoIterator<Item = DeviceName>) -> Vec<Key> {
    let devices = devices.into_iter().map(|device| (device, Presence::IfPresent)).collect();
    let mut state = State::default();
    // Whether a setting is made for all devices at once depends on its value.
    for on in [false, true] {
        ipv4(&mut state, &extreme_ip_settings(on), &devices);
        ipv6(&mut state, &extreme_ipv6_settings(on), &devices);
    }
    bridge(&mut state);
    tracking::known(&mut state);
    state.settings.into_keys().collect()
}

fn extreme_ip_settings(on: bool) -> IpSettings {
    let setting = Setting::implied(on);
    IpSettings {
        forward: setting,
        send_redirects: setting,
        accept_redirects: setting,
        secure_redirects: setting,
        accept_source_route: setting,
        rp_filter: Setting::implied(if on { RpFilter::Strict } else { RpFilter::No }),
        multipath_hash_policy: Setting::implied(HashPolicy::L3),
        tcp_syncookies: Some(setting),
        icmp_rate_limit_ms: Some(Setting::implied(0)),
        icmp_rate_mask: Some(Setting::implied(0)),
        icmp_errors_use_inbound_address: Some(setting),
        max_neighbor_entries: Some(Setting::implied(0)),
    }
}

fn extreme_ipv6_settings(on: bool) -> Ipv6Settings {
    let setting = Setting::implied(on);
    let policy = Setting::implied(if on { RedirectPolicy::Yes } else { RedirectPolicy::No });
    Ipv6Settings {
        disable: setting,
        forward: setting,
        multipath_hash_policy: Setting::implied(HashPolicy::L3),
        accept_redirects: policy,
        accept_router_advertisements: policy,
        max_neighbor_entries: Some(Setting::implied(0)),
    }
}

impl Context<'_> {
    pub(super) fn sysctls(&mut self, route: &rosc_route::State, nftables: &rosc_nftables::State) -> State {
        let mut state = State::default();
        let devices = self.devices_in_use(route);
        let settings = &self.router.settings;
        ipv4(&mut state, &settings.ip, &devices);
        if self.router.uses_ipv6() {
            let default = Ipv6Settings::default();
            ipv6(&mut state, settings.ipv6.as_ref().unwrap_or(&default), &devices);
        }
        bridge(&mut state);
        let unseen = self.connections(nftables).into_values().next();
        self.tracking(&mut state, nftables.tracks_connections(), unseen);
        state
    }

    /// The devices that the configuration names. Those that something is put on are there, or will be; one that a
    /// rule merely matches need not be.
    fn devices_in_use(&self, route: &rosc_route::State) -> BTreeMap<DeviceName, Presence> {
        let named = self.router.interfaces.keys().filter_map(|interface| self.devices.named(interface));
        let mut devices: BTreeMap<DeviceName, Presence> =
            named.map(|device| (device.clone(), Presence::IfPresent)).collect();
        devices.extend(route.links().iter().map(|link| (link.name.clone(), Presence::Required)));
        devices
    }
}

/// Frames that a bridge only switches don't meet the firewall (use-ip-firewall=no). Without the module there is no such
/// setting, and no such frame either.
fn bridge(state: &mut State) {
    for name in ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables"] {
        state.set(key(&["net", "bridge", name]), 0, Origin::IMPLIED, Presence::IfPresent);
    }
}

fn ipv4(state: &mut State, settings: &IpSettings, devices: &BTreeMap<DeviceName, Presence>) {
    let IpSettings {
        forward,
        send_redirects,
        accept_redirects,
        secure_redirects,
        accept_source_route,
        rp_filter,
        multipath_hash_policy,
        tcp_syncookies,
        icmp_rate_limit_ms,
        icmp_rate_mask,
        icmp_errors_use_inbound_address,
        max_neighbor_entries,
    } = settings;
    let rp_filter = Setting { value: filter_number(rp_filter.value), origin: rp_filter.origin };
    let implied = |value| Setting { value, origin: Origin::IMPLIED };
    let mut global = |path: &[&str], value: &dyn Display, origin| {
        state.set(key(path), value, origin, Presence::Required);
    };
    global(&["net", "ipv4", "ip_forward"], &number(forward.value), forward.origin);
    let policy = policy_number(multipath_hash_policy.value);
    global(&["net", "ipv4", "fib_multipath_hash_policy"], &policy, multipath_hash_policy.origin);
    if let Some(setting) = tcp_syncookies {
        global(&["net", "ipv4", "tcp_syncookies"], &number(setting.value), setting.origin);
    }
    if let Some(setting) = icmp_rate_limit_ms {
        global(&["net", "ipv4", "icmp_ratelimit"], &setting.value, setting.origin);
    }
    if let Some(setting) = icmp_rate_mask {
        global(&["net", "ipv4", "icmp_ratemask"], &setting.value, setting.origin);
    }
    if let Some(setting) = icmp_errors_use_inbound_address {
        global(&["net", "ipv4", "icmp_errors_use_inbound_ifaddr"], &number(setting.value), setting.origin);
    }
    if let Some(setting) = max_neighbor_entries {
        global(&["net", "ipv4", "neigh", "default", "gc_thresh3"], &setting.value, setting.origin);
    }
    let redirects = if forward.value { Combined::All } else { Combined::Any };
    let per_device = [
        ("rp_filter", Combined::Largest, rp_filter),
        ("send_redirects", Combined::Any, numbered(send_redirects)),
        ("accept_redirects", redirects, numbered(accept_redirects)),
        ("secure_redirects", Combined::Any, numbered(secure_redirects)),
        ("accept_source_route", Combined::All, numbered(accept_source_route)),
        // A connected route is out while its interface is not running, and so is all that resolves by it.
        ("ignore_routes_with_linkdown", Combined::Any, implied(1)),
        // Without it, deleting an address takes the others of its network along.
        ("promote_secondaries", Combined::Any, implied(1)),
    ];
    for (name, combined, setting) in per_device {
        set_devices(state, "ipv4", name, combined, setting, devices);
    }
}

/// How the kernel combines the setting `all` with a device's own (`include/linux/inetdevice.h`; for IPv6 each
/// setting has its own way).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Combined {
    /// On if either is on.
    Any,
    /// On if both are on.
    All,
    /// The larger number counts.
    Largest,
    /// Only the device's own counts.
    Own,
}

/// Sets a device setting to what has to hold for all devices of the configuration: by `all` alone where that decides,
/// else on each device and on those to come.
fn set_devices(
    state: &mut State,
    family: &str,
    name: &str,
    combined: Combined,
    setting: Setting<u8>,
    devices: &BTreeMap<DeviceName, Presence>,
) {
    let path = |device| key(&["net", family, "conf", device, name]);
    state.set(path("all"), setting.value, setting.origin, Presence::Required);
    let all_decides = match combined {
        Combined::Any => setting.value != 0,
        Combined::All => setting.value == 0,
        Combined::Largest | Combined::Own => false,
    };
    if !all_decides {
        state.set(path("default"), setting.value, setting.origin, Presence::Required);
        for (device, presence) in devices {
            state.set(path(device.as_str()), setting.value, setting.origin, *presence);
        }
    }
}

fn ipv6(state: &mut State, settings: &Ipv6Settings, devices: &BTreeMap<DeviceName, Presence>) {
    let Ipv6Settings {
        disable,
        forward,
        multipath_hash_policy,
        accept_redirects,
        accept_router_advertisements,
        max_neighbor_entries,
    } = settings;
    let policy = policy_number(multipath_hash_policy.value);
    let path = key(&["net", "ipv6", "fib_multipath_hash_policy"]);
    state.set(path, policy, multipath_hash_policy.origin, Presence::Required);
    if let Some(setting) = max_neighbor_entries {
        let path = key(&["net", "ipv6", "neigh", "default", "gc_thresh3"]);
        state.set(path, setting.value, setting.origin, Presence::Required);
    }
    let forwards = forward.value;
    let implied = |value| Setting { value, origin: Origin::IMPLIED };
    let per_device = [
        ("disable_ipv6", Combined::Own, numbered(disable)),
        ("forwarding", Combined::Own, numbered(forward)),
        ("accept_redirects", Combined::Own, listens(accept_redirects, forwards)),
        ("accept_ra", Combined::Own, listens(accept_router_advertisements, forwards)),
        // The kernel hands `all` on to the devices.
        ("ignore_routes_with_linkdown", Combined::Any, implied(1)),
        // RouterOS keeps an address whose interface goes down.
        ("keep_addr_on_down", Combined::Any, implied(1)),
    ];
    for (name, combined, setting) in per_device {
        set_devices(state, "ipv6", name, combined, setting, devices);
    }
}

pub(super) fn key(path: &[&str]) -> Key {
    path.join("/").parse().expect("device names have no slash, and are neither . nor ..")
}

pub(super) fn number(on: bool) -> u8 {
    u8::from(on)
}

fn numbered(setting: &Setting<bool>) -> Setting<u8> {
    Setting { value: number(setting.value), origin: setting.origin }
}

/// `rp-filter`: kernel documentation, ip-sysctl, `rp_filter`.
fn filter_number(filter: RpFilter) -> u8 {
    match filter {
        RpFilter::No => 0,
        RpFilter::Strict => 1,
        RpFilter::Loose => 2,
    }
}

/// Hash policies: kernel documentation, ip-sysctl, `fib_multipath_hash_policy`.
fn policy_number(policy: HashPolicy) -> u8 {
    match policy {
        HashPolicy::L3 => 0,
        HashPolicy::L4 => 1,
        HashPolicy::L3Inner => 2,
    }
}

/// Whether to listen to what is meant for hosts; 2 is the kernel's "also while forwarding" of `accept_ra`, and as
/// good as 1 for redirects.
fn listens(setting: &Setting<RedirectPolicy>, forwards: bool) -> Setting<u8> {
    let value = match setting.value {
        RedirectPolicy::No => 0,
        RedirectPolicy::YesIfForwardingDisabled => u8::from(!forwards),
        RedirectPolicy::Yes => 2,
    };
    Setting { value, origin: setting.origin }
}
