//! The numbers of netlink, nfnetlink and nf_tables, each with the header file of the kernel that states it.

// include/uapi/linux/netlink.h
/// `NLMSG_ERROR` and `NLMSG_DONE`, types of messages.
pub(super) const ERROR: u16 = 2;
pub(super) const DONE: u16 = 3;
/// `NLM_F_REQUEST`.
pub(super) const REQUEST: u16 = 1;
/// `NLM_F_ACK`.
pub(super) const ACK: u16 = 4;
/// `NLM_F_DUMP`.
pub(super) const DUMP: u16 = 0x300;
/// `NLM_F_CREATE`.
pub(super) const CREATE: u16 = 0x400;
/// `NLM_F_APPEND`: behind a place instead of in front of it.
pub(super) const APPEND: u16 = 0x800;
/// `NLA_F_NESTED`.
pub(super) const NESTED: u16 = 0x8000;
/// Beside that bit and another one, what an attribute's type is (`NLA_TYPE_MASK`).
pub(super) const TYPE_MASK: u16 = 0x3fff;

// include/uapi/linux/netfilter/nfnetlink.h
/// `NFNL_MSG_BATCH_BEGIN` and `NFNL_MSG_BATCH_END`.
pub(super) const BATCH_BEGIN: u16 = 16;
pub(super) const BATCH_END: u16 = 17;
/// `NFNL_SUBSYS_NFTABLES`.
pub(super) const NFTABLES: u16 = 10;
/// The same in the upper byte of the types of messages.
const SUBSYSTEM: u16 = NFTABLES << 8;

// include/uapi/linux/netfilter/nfnetlink_conntrack.h
/// `IPCTNL_MSG_CT_NEW` and `IPCTNL_MSG_CT_GET` of `NFNL_SUBSYS_CTNETLINK`.
pub(super) const NEW_CONNECTION: u16 = 1 << 8;
pub(super) const GET_CONNECTION: u16 = 1 << 8 | 1;
/// `CTA_*`.
pub(super) mod connection {
    pub(in super::super) const ORIGINAL: u16 = 1;
    /// `CTA_TUPLE_REPLY`.
    pub(in super::super) const REPLY: u16 = 2;
    pub(in super::super) const PROTOCOL: u16 = 4;
    pub(in super::super) const MARK: u16 = 8;
    pub(in super::super) const MARK_MASK: u16 = 21;
    /// `CTA_PROTOINFO_TCP`.
    pub(in super::super) const TCP: u16 = 1;
    /// `CTA_PROTOINFO_TCP_FLAGS_ORIGINAL` and `_REPLY`: the flags, and which of them are meant.
    pub(in super::super) const TCP_FLAGS: [u16; 2] = [4, 5];
    /// `IP_CT_TCP_FLAG_BE_LIBERAL` of nf_conntrack_tcp.h.
    pub(in super::super) const BE_LIBERAL: u8 = 8;
}

/// `CTA_TUPLE_*` and what they hold.
pub(super) mod tuple {
    /// `CTA_TUPLE_IP` and `CTA_TUPLE_PROTO`.
    pub(in super::super) const NETWORK: u16 = 1;
    pub(in super::super) const TRANSPORT: u16 = 2;

    /// `CTA_IP_*` of a family.
    pub(in super::super) struct Addresses {
        pub(in super::super) source: u16,
        pub(in super::super) destination: u16,
    }
    pub(in super::super) const IPV4: Addresses = Addresses { source: 1, destination: 2 };
    pub(in super::super) const IPV6: Addresses = Addresses { source: 3, destination: 4 };

    /// `CTA_PROTO_*`.
    pub(in super::super) const NUMBER: u16 = 1;
    pub(in super::super) const SOURCE_PORT: u16 = 2;
    pub(in super::super) const DESTINATION_PORT: u16 = 3;

    /// `CTA_PROTO_ICMP*_*`, and the types of echoes (RFC 792, RFC 4443).
    pub(in super::super) struct Icmp {
        pub(in super::super) id: u16,
        pub(in super::super) kind: u16,
        pub(in super::super) code: u16,
        pub(in super::super) request: u8,
        pub(in super::super) reply: u8,
    }
    pub(in super::super) const ICMP: Icmp = Icmp { id: 4, kind: 5, code: 6, request: 8, reply: 0 };
    pub(in super::super) const ICMPV6: Icmp = Icmp { id: 7, kind: 8, code: 9, request: 128, reply: 129 };
}

// include/uapi/linux/netfilter/nf_tables.h, from here to the end but for what nft keeps.
/// `NFT_MSG_*`.
pub(super) const NEW_TABLE: u16 = SUBSYSTEM;
pub(super) const GET_TABLE: u16 = SUBSYSTEM | 1;
pub(super) const DELETE_TABLE: u16 = SUBSYSTEM | 2;
pub(super) const NEW_CHAIN: u16 = SUBSYSTEM | 3;
pub(super) const DELETE_CHAIN: u16 = SUBSYSTEM | 5;
pub(super) const NEW_RULE: u16 = SUBSYSTEM | 6;
pub(super) const GET_RULE: u16 = SUBSYSTEM | 7;
pub(super) const DELETE_RULE: u16 = SUBSYSTEM | 8;
pub(super) const NEW_SET: u16 = SUBSYSTEM | 9;
pub(super) const GET_SET: u16 = SUBSYSTEM | 10;
pub(super) const DELETE_SET: u16 = SUBSYSTEM | 11;
pub(super) const NEW_ELEMENTS: u16 = SUBSYSTEM | 12;
pub(super) const GET_ELEMENTS: u16 = SUBSYSTEM | 13;
pub(super) const DELETE_ELEMENTS: u16 = SUBSYSTEM | 14;
pub(super) const GET_GENERATION: u16 = SUBSYSTEM | 16;
pub(super) const NEW_OBJECT: u16 = SUBSYSTEM | 18;
pub(super) const NEW_FLOWTABLE: u16 = SUBSYSTEM | 22;
pub(super) const GET_FLOWTABLE: u16 = SUBSYSTEM | 23;

/// `NFTA_GEN_ID`.
pub(super) const GENERATION_ID: u16 = 1;
/// `NFTA_LIST_ELEM`: one of a list, of expressions or of elements.
pub(super) const LIST_ELEMENT: u16 = 1;
/// `NFTA_DATA_VALUE`.
pub(super) const DATA_VALUE: u16 = 1;

/// `NFTA_TABLE_*`.
pub(super) mod table {
    pub(crate) const NAME: u16 = 1;
    pub(crate) const FLAGS: u16 = 2;
    /// `NFT_TABLE_F_DORMANT`.
    pub(crate) const DORMANT: u32 = 1;
}

/// `NFTA_CHAIN_*`.
pub(super) mod chain {
    pub(crate) const TABLE: u16 = 1;
    pub(crate) const NAME: u16 = 3;
}

/// `NFTA_RULE_*`.
pub(super) mod rule {
    pub(crate) const TABLE: u16 = 1;
    pub(crate) const CHAIN: u16 = 2;
    pub(crate) const HANDLE: u16 = 3;
    pub(crate) const EXPRESSIONS: u16 = 4;
    pub(crate) const POSITION: u16 = 6;
    pub(crate) const USERDATA: u16 = 7;
}

/// `NFTA_EXPR_*`.
pub(super) mod expression {
    pub(crate) const NAME: u16 = 1;
    pub(crate) const DATA: u16 = 2;
}

/// `NFTA_COUNTER_*`.
pub(super) mod counter {
    pub(crate) const BYTES: u16 = 1;
    pub(crate) const PACKETS: u16 = 2;
}

/// `NFTA_LOOKUP_*`.
pub(super) mod lookup {
    pub(crate) const SET: u16 = 1;
    pub(crate) const SET_ID: u16 = 4;
}

/// `NFTA_DYNSET_TIMEOUT`, `NFTA_EXTHDR_FLAGS` and `NFTA_FLOW_TABLE_NAME`.
pub(super) const DYNSET_TIMEOUT: u16 = 6;
pub(super) const EXTHDR_FLAGS: u16 = 5;
pub(super) const OFFLOAD_FLOWTABLE: u16 = 1;

/// `NFTA_SET_*`.
pub(super) mod set {
    pub(crate) const TABLE: u16 = 1;
    pub(crate) const NAME: u16 = 2;
    pub(crate) const FLAGS: u16 = 3;
    pub(crate) const KEY_TYPE: u16 = 4;
    pub(crate) const KEY_LENGTH: u16 = 5;
    pub(crate) const DATA_TYPE: u16 = 6;
    pub(crate) const DATA_LENGTH: u16 = 7;
    pub(crate) const POLICY: u16 = 8;
    pub(crate) const DESCRIPTION: u16 = 9;
    pub(crate) const ID: u16 = 10;
    pub(crate) const USERDATA: u16 = 13;
    pub(crate) const PAD: u16 = 14;
    pub(crate) const HANDLE: u16 = 16;
    /// The kernel's name of how it keeps the set, and how many elements that has (`NFTA_SET_TYPE`, `NFTA_SET_COUNT`).
    pub(crate) const TYPE: u16 = 19;
    pub(crate) const COUNT: u16 = 20;
}

/// `NFTA_SET_ELEM_LIST_*`: which set, and some of its elements.
pub(super) mod elements {
    pub(crate) const TABLE: u16 = 1;
    pub(crate) const SET: u16 = 2;
    pub(crate) const LIST: u16 = 3;
    pub(crate) const SET_ID: u16 = 4;
}

/// `NFTA_SET_ELEM_*`.
pub(super) mod element {
    pub(crate) const KEY: u16 = 1;
    pub(crate) const DATA: u16 = 2;
    pub(crate) const FLAGS: u16 = 3;
    pub(crate) const USERDATA: u16 = 6;
    pub(crate) const PAD: u16 = 8;
    pub(crate) const KEY_END: u16 = 10;
    /// `NFT_SET_ELEM_INTERVAL_END`.
    pub(crate) const INTERVAL_END: u32 = 1;
    /// What nft keeps of how an interval was written; others are comments (`NFTNL_UDATA_SET_ELEM_FLAGS` in libnftnl's
    /// `udata.h`).
    pub(crate) const USERDATA_FLAGS: u8 = 1;
}

/// `NFTA_OBJ_*`.
pub(super) mod object {
    pub(crate) const TABLE: u16 = 1;
    pub(crate) const NAME: u16 = 2;
    pub(crate) const TYPE: u16 = 3;
    pub(crate) const DATA: u16 = 4;
    /// `NFT_OBJECT_CT_HELPER`.
    pub(crate) const CT_HELPER: u32 = 3;
}

/// `NFTA_CT_HELPER_*`.
pub(super) mod helper {
    pub(crate) const NAME: u16 = 1;
    pub(crate) const L3_PROTOCOL: u16 = 2;
    pub(crate) const L4_PROTOCOL: u16 = 3;
}

/// `NFTA_FLOWTABLE_*`.
pub(super) mod flowtable {
    pub(crate) const TABLE: u16 = 1;
    pub(crate) const NAME: u16 = 2;
    pub(crate) const HOOK: u16 = 3;
}

/// `NFTA_FLOWTABLE_HOOK_*`, and `NFTA_DEVICE_NAME` in the list of devices.
pub(super) mod hook {
    pub(crate) const NUMBER: u16 = 1;
    pub(crate) const PRIORITY: u16 = 2;
    pub(crate) const DEVICES: u16 = 3;
    pub(crate) const DEVICE_NAME: u16 = 1;
    /// `NF_NETDEV_INGRESS` (`include/uapi/linux/netfilter.h`).
    pub(crate) const INGRESS: u32 = 0;
}
