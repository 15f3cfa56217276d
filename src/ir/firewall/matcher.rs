//! The conditions of a firewall rule.

use super::{
    ConnectionLimit, ConnectionNatState, ConnectionState, ConnectionType, DstLimit, IcmpOptions, IpRange,
    IpsecPolicy, Ipv4Options, Ipv6Headers, Limit, Nth, PerConnectionClassifier, Ports, Protocol, Psd,
    TcpFlags, TimeOfDay,
};
use crate::ir::{AddressListName, ConnectionMark, InterfaceListName, InterfaceName, PacketMark, TableName};
use serde::Serialize;
use std::collections::BTreeSet;

/// The conditions of a rule: all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are those of RouterOS's properties")]
pub struct Matchers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_interface: Option<Condition<InterfaceMatch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_interface: Option<Condition<InterfaceMatch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_interface_list: Option<Condition<InterfaceMatch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_interface_list: Option<Condition<InterfaceMatch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_address: Option<Condition<AddressMatch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_address: Option<Condition<AddressMatch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_address_list: Option<Condition<AddressMatch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_address_list: Option<Condition<AddressMatch>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_address_type: Option<Condition<BTreeSet<AddressType>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_address_type: Option<Condition<BTreeSet<AddressType>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Condition<Protocol>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_port: Option<Condition<Ports>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_port: Option<Condition<Ports>>,
    /// Either port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<Condition<Ports>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_flags: Option<Condition<TcpFlags>>,
    /// Smallest and largest MSS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_mss: Option<Condition<(u16, u16)>>,
    /// `None` inside is `no-mark`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packet_mark: Option<Condition<Option<PacketMark>>>,
    /// `None` inside is `no-mark`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_mark: Option<Condition<Option<ConnectionMark>>>,
    /// `main` is unmarked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_mark: Option<Condition<TableName>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_state: Option<Condition<BTreeSet<ConnectionState>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_nat_state: Option<Condition<BTreeSet<ConnectionNatState>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<Condition<Nth>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_connection_classifier: Option<Condition<PerConnectionClassifier>>,
    #[serde(flatten)]
    pub header: HeaderMatchers,
    #[serde(flatten)]
    pub circumstances: Circumstances,
}

/// Conditions on further fields of a packet's headers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are those of RouterOS's properties")]
pub struct HeaderMatchers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_mac_address: Option<Condition<[u8; 6]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp_options: Option<Condition<IcmpOptions>>,
    /// Smallest and largest length in bytes, with the IP header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packet_size: Option<Condition<(u16, u16)>>,
    /// 0..=63.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dscp: Option<Condition<u8>>,
    /// `ttl` or `hop-limit`: smallest and largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Condition<(u8, u8)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4_options: Option<Ipv4Options>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_headers: Option<Condition<Ipv6Headers>>,
    /// Whether it is a fragment other than the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<bool>,
}

/// Conditions on what surrounds a packet: its connection, the time, how many came before it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are those of RouterOS's properties")]
pub struct Circumstances {
    /// 0..=63.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Condition<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipsec_policy: Option<IpsecPolicy>,
    /// Of both directions: at least, and at most where there is a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_bytes: Option<Condition<(u64, Option<u64>)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_type: Option<Condition<BTreeSet<ConnectionType>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_limit: Option<Condition<ConnectionLimit>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Condition<TimeOfDay>>,
    /// Of IPv4 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psd: Option<Psd>,
    /// Of a hundred packets, how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub random: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Condition<Limit>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_limit: Option<Condition<DstLimit>>,
}

impl Matchers {
    /// Whether what is true of one packet need not be true of the next that looks the same.
    pub fn count(&self) -> bool {
        let Circumstances {
            connection_limit,
            connection_bytes,
            psd,
            random,
            limit,
            dst_limit,
            time: _,
            priority: _,
            ipsec_policy: _,
            connection_type: _,
        } = &self.circumstances;
        self.nth.is_some()
            || connection_limit.is_some()
            || connection_bytes.is_some()
            || psd.is_some()
            || random.is_some()
            || limit.is_some()
            || dst_limit.is_some()
    }

    /// Whether the packets that meet all conditions but the last ones have ports; `None` if only some have.
    pub fn have_ports(&self) -> Option<bool> {
        match &self.protocol {
            // Packets without ports end there.
            _ if self.circumstances.psd.is_some() => Some(true),
            Some(Condition::Is(protocol)) => Some(protocol.has_ports()),
            Some(Condition::IsNot(_)) | None => None,
        }
    }
}

/// A condition, or with `!` its opposite. Of a list, `!` means none of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Condition<T> {
    Is(T),
    IsNot(T),
}

/// What an interface matcher names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterfaceMatch {
    /// One interface.
    Interface(InterfaceName),
    /// The members of a list.
    List(InterfaceListName),
    /// The built-in list `all`: whatever has an interface here.
    All,
    /// The built-in list `none`.
    None,
}

/// What an address matcher names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressMatch {
    /// A prefix, an address or a range.
    Range(IpRange),
    /// The entries of an address list.
    List(AddressListName),
}

/// What kind of address the routing tables take an address for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum AddressType {
    Unicast,
    Local,
    Broadcast,
    Multicast,
    Anycast,
    Blackhole,
    Unreachable,
    Prohibit,
}

impl<T> Condition<T> {
    /// What is compared with, and whether it must not hold.
    pub fn parts(&self) -> (&T, bool) {
        match self {
            Self::Is(value) => (value, false),
            Self::IsNot(value) => (value, true),
        }
    }

    /// Says whether the condition holds, by whether something is what it compares with.
    pub fn holds(&self, is: impl FnOnce(&T) -> bool) -> bool {
        let (wanted, inverted) = self.parts();
        is(wanted) != inverted
    }

    /// The same condition on something made of the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Condition<U> {
        match self {
            Self::Is(value) => Condition::Is(f(value)),
            Self::IsNot(value) => Condition::IsNot(f(value)),
        }
    }

    /// The same condition on something made of the value, if it can be made.
    pub fn try_map<U>(self, f: impl FnOnce(T) -> Option<U>) -> Option<Condition<U>> {
        Some(match self {
            Self::Is(value) => Condition::Is(f(value)?),
            Self::IsNot(value) => Condition::IsNot(f(value)?),
        })
    }
}
