//! `action` of firewall rules.

use crate::catalog::types::Keyword;

/// What a rule of a menu is to do; `V` is what only rules of that menu can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum Verb<V> {
    Accept,
    Jump,
    Return,
    Passthrough,
    Log,
    AddSrcToAddressList,
    AddDstToAddressList,
    Own(V),
    /// One that RouterOS has and rosc does not lower, with the reason.
    Refused(&'static str),
}

/// States the actions of a menu's rules: those of every menu, those of its own, and those that are refused.
macro_rules! verbs {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $shape:literal { $( $word:literal => $own:ident, )* }
        refused { $( $refused:literal: $reason:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names are RouterOS's")]
        pub enum $name { $( $own, )* }

        impl Keyword for Verb<$name> {
            const SHAPE: &'static str = $shape;
            const WORDS: &'static [(&'static str, Self)] = &[
                ("accept", Self::Accept),
                ("add-dst-to-address-list", Self::AddDstToAddressList),
                ("add-src-to-address-list", Self::AddSrcToAddressList),
                ("jump", Self::Jump),
                ("log", Self::Log),
                ("passthrough", Self::Passthrough),
                ("return", Self::Return),
                $( ($word, Self::Own($name::$own)), )*
                $( ($refused, Self::Refused($reason)), )*
            ];
        }
    };
}

verbs! {
    /// What only a NAT rule does.
    pub enum NatVerb: "an action of a NAT rule" {
        "dst-nat" => DstNat,
        "masquerade" => Masquerade,
        "netmap" => Netmap,
        "redirect" => Redirect,
        "same" => Same,
        "src-nat" => SrcNat,
    }
    refused {
        "endpoint-independent-nat": "Linux tells connections apart by both ends: use masquerade, or forward the ports",
        "socksify": "Linux hands no connections to a SOCKS server by itself",
    }
}

verbs! {
    /// What only a mangle rule does.
    pub enum MangleVerb: "an action of a mangle rule" {
        "change-dscp" => ChangeDscp,
        "change-hop-limit" => ChangeHopLimit,
        "change-mss" => ChangeMss,
        "change-ttl" => ChangeTtl,
        "clear-df" => ClearDf,
        "drop" => Drop,
        "fasttrack-connection" => FasttrackConnection,
        "mark-connection" => MarkConnection,
        "mark-packet" => MarkPacket,
        "mark-routing" => MarkRouting,
        "set-priority" => SetPriority,
    }
    refused {
        "dnpt": "use netmap in chain dstnat of /ipv6 firewall nat, which keeps connections apart",
        "route": "mark the packets for a table with a route by that gateway",
        "sniff-pc": "rosc copies no packets: run tcpdump on the router",
        "sniff-tzsp": "rosc copies no packets: run tcpdump on the router",
        "snpt": "use netmap in chain srcnat of /ipv6 firewall nat, which keeps connections apart",
        "strip-ipv4-options": "Linux takes no options out of packets: drop packets with ipv4-options=any",
    }
}

verbs! {
    /// What only a filter rule does.
    pub enum FilterVerb: "an action of a filter rule" {
        "drop" => Drop,
        "fasttrack-connection" => FasttrackConnection,
        "reject" => Reject,
        "tarpit" => Tarpit,
    }
    refused {}
}

verbs! {
    /// What only a raw rule does.
    pub enum RawVerb: "an action of a raw rule" {
        "drop" => Drop,
        "notrack" => Notrack,
    }
    refused {}
}
