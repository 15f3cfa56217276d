//! What must be known of the machine to compile for it.

use crate::ir::InterfaceName;
use crate::ir::firewall::DnsName;
use crate::ir::nexthop::Surroundings;
use ipnet::IpNet;
use rosc_ebpf::Hidden;
use rosc_nftables::{CtHelper, Family, HelperName, HelperProtocol};
use rosc_route::ForeignDecisions;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Facts about the machine that the configuration is for. A test can write one by hand.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// Its network devices by name; `None` if the machine is not known, as when two files are compared.
    pub devices: Option<BTreeMap<String, HostDevice>>,
    /// Whether devices that are not there may come later: they are taken to exist.
    pub may_lack_devices: bool,
    /// Gateways that were found not to answer.
    pub unanswering: BTreeSet<IpAddr>,
    /// Its clock; `None` if the machine is not known.
    pub clock: Option<Clock>,
    /// What the names on address lists mean there; `None` if that was not asked.
    pub names: Option<Names>,
    /// The helpers of connection tracking that were asked for and that its kernel does not have.
    pub missing_helpers: BTreeSet<(Family, HelperName, HelperProtocol)>,
    /// The families that were asked for and that its kernel has no flow tables for.
    pub missing_flow_tables: BTreeSet<Family>,
    /// Why programs that were asked for can't look into its kernel's connection tracking, if they can't.
    pub hides_connections: Option<Hidden>,
    /// What others decide about packets that are forwarded, as far as it was asked for.
    pub foreign: ForeignDecisions,
}

/// Parts of a kernel that a configuration would use and that not every kernel has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Helpers of connection tracking.
    pub helpers: Vec<(Family, CtHelper)>,
    /// Flow tables.
    pub flow_tables: Vec<Family>,
    /// Programs that look into connection tracking.
    pub connections: bool,
    /// To forward what nobody else decides about.
    pub foreign_decisions: bool,
}

/// What DNS names resolve to: addresses of both families, at least one, or why there are none.
pub type Names = BTreeMap<DnsName, Result<Vec<IpAddr>, Unanswered>>;

/// Why a name has no addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// The resolver says why.
    Failed(String),
    /// The resolver took longer than anybody wants to wait.
    TooLate,
}

/// A machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// By how many seconds it is ahead of UTC now; less than a day, and negative where it is behind.
    pub ahead_of_utc: i32,
    /// Whether that changes at some time, as it does where there is summer time.
    pub is_changed: bool,
}

/// A network device of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostDevice {
    /// Addresses with their networks, whoever added them.
    pub addresses: Vec<IpNet>,
    /// The addresses alone: of a link with another end, that end is what the network is of.
    pub own: Vec<IpAddr>,
}

impl From<&rosc_route::Observed> for Host {
    fn from(observed: &rosc_route::Observed) -> Self {
        Self::with_devices(&observed.devices, &observed.addresses)
    }
}

impl Host {
    /// A machine with these devices and addresses.
    pub fn with_devices(observed: &[rosc_route::Device], addresses: &[rosc_route::ObservedAddress]) -> Self {
        let mut devices: BTreeMap<String, HostDevice> =
            observed.iter().map(|device| (device.name.to_string(), HostDevice::default())).collect();
        for found in addresses {
            let address = &found.address;
            let network = IpNet::new(address.peer.unwrap_or(address.local), address.prefix_len);
            if let (Some(device), Ok(network)) = (devices.get_mut(address.device.as_str()), network) {
                device.addresses.push(network);
                device.own.push(address.local);
            }
        }
        Self { devices: Some(devices), ..Self::default() }
    }

    /// A machine of which nothing is known: every device that a configuration names is taken to exist.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Whether connections of IPv4 can take a short cut.
    pub fn has_ipv4_flow_tables(&self) -> bool {
        !self.missing_flow_tables.contains(&Family::Ip)
    }

    /// Whether connections of IPv6 can.
    pub fn has_ipv6_flow_tables(&self) -> bool {
        !self.missing_flow_tables.contains(&Family::Ip6)
    }

    /// What of the machine decides about next hops, in the names of the configuration.
    pub(crate) fn surroundings(&self, interface_of: &BTreeMap<String, InterfaceName>) -> Surroundings {
        let devices = self.devices.iter().flatten();
        let named = devices.filter_map(|(device, facts)| Some((interface_of.get(device)?, facts)));
        let connected = named.flat_map(|(interface, facts)| {
            facts.addresses.iter().map(|address| (address.trunc(), interface.clone()))
        });
        Surroundings {
            connected: connected.collect(),
            unanswering: self.unanswering.clone(),
            ..Surroundings::default()
        }
    }
}
