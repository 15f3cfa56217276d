//! Values that are one of a few words.

use super::{FromText, Mistake};
use crate::diagnostic::did_you_mean;
use crate::ir::firewall::{
    AddressType, ConnectionNatState, ConnectionState, ConnectionType, FlowFields, Ipv4Options, Ipv6Header,
    PccFields, RejectWith, Weekday,
};
use crate::ir::{CheckGateway, FastPathHash, HashPolicy, RedirectPolicy, RpFilter, SpanningTree};

/// A type whose values are words.
pub trait Keyword: Copy + 'static {
    /// What a value looks like, in a phrase that follows "is not".
    const SHAPE: &'static str;

    /// The words with their meanings.
    const WORDS: &'static [(&'static str, Self)];

    /// The first word with this meaning.
    fn word(self) -> &'static str
    where
        Self: PartialEq,
    {
        Self::WORDS.iter().find(|(_, meaning)| *meaning == self).map_or("", |(word, _)| word)
    }
}

impl<K: Keyword> FromText for K {
    const SHAPE: &'static str = <K as Keyword>::SHAPE;

    fn from_text(text: &str) -> Result<Self, Mistake> {
        one_of(text, K::WORDS)
    }
}

/// Takes a word in full, or as much of it as no other word begins with.
fn one_of<V: Copy>(text: &str, words: &[(&str, V)]) -> Result<V, Mistake> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let mut beginning = words.iter().filter(|(word, _)| word.starts_with(text));
    if let (Some((_, value)), None) = (beginning.next(), beginning.next()) {
        return Ok(*value);
    }
    let words = || words.iter().map(|(word, _)| *word);
    Err(Mistake::with(match did_you_mean(text, words()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("one of {}", words().collect::<Vec<_>>().join(", ")),
    }))
}

impl Keyword for Option<CheckGateway> {
    const SHAPE: &'static str = "a way to check a gateway";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("none", None),
        ("arp", Some(CheckGateway::Arp)),
        ("ping", Some(CheckGateway::Ping)),
        ("bfd", Some(CheckGateway::Bfd)),
        ("bfd-multihop", Some(CheckGateway::Bfd)),
    ];
}

impl Keyword for RpFilter {
    const SHAPE: &'static str = "a reverse path filter";
    const WORDS: &'static [(&'static str, Self)] =
        &[("no", Self::No), ("loose", Self::Loose), ("strict", Self::Strict)];
}

impl Keyword for HashPolicy {
    const SHAPE: &'static str = "a hash policy";
    const WORDS: &'static [(&'static str, Self)] =
        &[("l3", Self::L3), ("l3-inner", Self::L3Inner), ("l4", Self::L4)];
}

impl FromText for FastPathHash {
    const SHAPE: &'static str = "a hash policy";

    /// `auto`, the words of the kernel's policies, and those of classifiers.
    fn from_text(text: &str) -> Result<Self, Mistake> {
        let policies = HashPolicy::WORDS.iter().map(|(word, policy)| (*word, Self::Policy(*policy)));
        let fields = PccFields::WORDS.iter().map(|(word, fields)| (*word, Self::Fields(*fields)));
        let words: Vec<(&str, Self)> =
            [("auto", Self::Auto)].into_iter().chain(policies).chain(fields).collect();
        // A classifier's classes are not written here.
        if let Some((word, _)) = text.split_once(':')
            && let Ok(fields) = PccFields::from_text(word)
        {
            let word = fields.word();
            return Err(Mistake::with(format!(
                "`{word}` alone: a gateway's share is its weight, how often the route names it"
            )));
        }
        one_of(text, &words)
    }
}

impl Keyword for RedirectPolicy {
    const SHAPE: &'static str = "yes, no or yes-if-forwarding-disabled";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("no", Self::No),
        ("yes", Self::Yes),
        ("yes-if-forwarding-disabled", Self::YesIfForwardingDisabled),
    ];
}

impl Keyword for SpanningTree {
    const SHAPE: &'static str = "a protocol mode";
    const WORDS: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("stp", Self::Stp), ("rstp", Self::Rstp), ("mstp", Self::Mstp)];
}

impl Keyword for ConnectionState {
    const SHAPE: &'static str = "a connection state";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("established", Self::Established),
        ("invalid", Self::Invalid),
        ("new", Self::New),
        ("related", Self::Related),
        ("untracked", Self::Untracked),
    ];
}

impl Keyword for ConnectionNatState {
    const SHAPE: &'static str = "a NAT state";
    const WORDS: &'static [(&'static str, Self)] = &[("dstnat", Self::Dstnat), ("srcnat", Self::Srcnat)];
}

impl Keyword for AddressType {
    const SHAPE: &'static str = "an address type";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("unicast", Self::Unicast),
        ("local", Self::Local),
        ("broadcast", Self::Broadcast),
        ("multicast", Self::Multicast),
        ("anycast", Self::Anycast),
        ("blackhole", Self::Blackhole),
        ("unreachable", Self::Unreachable),
        ("prohibit", Self::Prohibit),
    ];
}

impl Keyword for PccFields {
    const SHAPE: &'static str = "a choice of fields";
    const WORDS: &'static [(&'static str, Self)] = Self::ALL;
}

impl Keyword for ConnectionType {
    const SHAPE: &'static str = "a type of connections";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("ftp", Self::Ftp),
        ("h323", Self::H323),
        ("irc", Self::Irc),
        ("pptp", Self::Pptp),
        ("sip", Self::Sip),
        ("tftp", Self::Tftp),
    ];
}

impl Keyword for RejectWith {
    const SHAPE: &'static str = "an answer to a rejected packet";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("icmp-network-unreachable", Self::IcmpNetworkUnreachable),
        ("icmp-host-unreachable", Self::IcmpHostUnreachable),
        ("icmp-protocol-unreachable", Self::IcmpProtocolUnreachable),
        ("icmp-port-unreachable", Self::IcmpPortUnreachable),
        ("icmp-net-prohibited", Self::IcmpNetProhibited),
        ("icmp-host-prohibited", Self::IcmpHostProhibited),
        ("icmp-admin-prohibited", Self::IcmpAdminProhibited),
        ("icmp-no-route", Self::IcmpNoRoute),
        ("icmp-not-neighbour", Self::IcmpNotNeighbour),
        ("icmp-address-unreachable", Self::IcmpAddressUnreachable),
        ("tcp-reset", Self::TcpReset),
    ];
}

impl Keyword for FlowFields {
    const SHAPE: &'static str = "what makes a flow";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("src-address", Self::SrcAddress),
        ("dst-address", Self::DstAddress),
        ("src-and-dst-addresses", Self::SrcAndDstAddresses),
        ("dst-address-and-port", Self::DstAddressAndPort),
        ("addresses-and-dst-port", Self::AddressesAndDstPort),
    ];
}

impl Keyword for Weekday {
    const SHAPE: &'static str = "a day of the week";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("sun", Self::Sun),
        ("mon", Self::Mon),
        ("tue", Self::Tue),
        ("wed", Self::Wed),
        ("thu", Self::Thu),
        ("fri", Self::Fri),
        ("sat", Self::Sat),
    ];
}

impl Keyword for Ipv4Options {
    const SHAPE: &'static str = "an option of IPv4";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("any", Self::Any),
        ("none", Self::None),
        ("loose-source-routing", Self::LooseSourceRouting),
        ("strict-source-routing", Self::StrictSourceRouting),
        ("no-source-routing", Self::NoSourceRouting),
        ("record-route", Self::RecordRoute),
        ("no-record-route", Self::NoRecordRoute),
        ("router-alert", Self::RouterAlert),
        ("no-router-alert", Self::NoRouterAlert),
        ("timestamp", Self::Timestamp),
        ("no-timestamp", Self::NoTimestamp),
    ];
}

impl Keyword for Ipv6Header {
    const SHAPE: &'static str = "an extension header";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("hop", Self::Hop),
        ("dst", Self::Dst),
        ("route", Self::Route),
        ("frag", Self::Frag),
        ("auth", Self::Auth),
        ("esp", Self::Esp),
        ("none", Self::None),
        ("proto", Self::Proto),
    ];
}
