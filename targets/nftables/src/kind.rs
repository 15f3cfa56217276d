//! Kinds of values: what a selector reads, what it can be compared with, and what a set can hold.
//!
//! Each kind is a type without values. It makes sure at compile time that an address is compared with
//! addresses and a port looked up in a set of ports.

use crate::datatype::Datatype;
use crate::helper::HelperName;
use crate::interface::{InterfaceName, Interfaces};
use crate::interval::{Interval, Point};
use crate::keyword::keywords;
use crate::mac::MacAddress;
use crate::protocol::Protocol;
use crate::range::Ranges;
use crate::time::{SecondOfDay, Weekday};
use crate::values::Values;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A kind of values.
pub trait Kind: Clone {
    /// What a selector of the kind is compared with: one value, or one interval of them.
    type One;

    /// Any number of values.
    type Many;

    /// Forgets the kind of one value.
    fn one(one: Self::One) -> Values;

    /// Forgets the kind of many values.
    fn many(many: Self::Many) -> Values;
}

/// A kind that nft has a type for, so that there can be sets of it.
pub trait Named: Kind {
    /// nft's type.
    const KEY: SetKey;
}

/// A kind that can be looked up in a verdict map.
///
/// Sizes of TCP segments are missing: nft 1.0.6 does not take a TCP option as the key of a map in JSON.
pub trait Mapped: Kind {}

/// A kind whose values can be greater or less.
pub trait Ordered: Kind<One = Interval<Self::Number>> {
    /// One value.
    type Number: Point;
}

keywords! {
    /// The type of a set's elements.
    pub enum SetKey {
        /// IPv4 addresses.
        Ipv4Addr = "ipv4_addr",
        /// IPv6 addresses.
        Ipv6Addr = "ipv6_addr",
        /// Interface names.
        InterfaceName = "ifname",
        /// Transport protocols.
        InetProto = "inet_proto",
        /// Ports.
        InetService = "inet_service",
        /// Marks.
        Mark = "mark",
    }
}

impl SetKey {
    /// Returns how the elements are written.
    pub(crate) fn datatype(self) -> Datatype {
        match self {
            Self::Ipv4Addr => Datatype::Ipv4Addr,
            Self::Ipv6Addr => Datatype::Ipv6Addr,
            Self::InterfaceName => Datatype::Ifname,
            Self::InetProto => Datatype::InetProto,
            Self::InetService => Datatype::InetService,
            Self::Mark => Datatype::Mark,
        }
    }
}

macro_rules! number_kinds {
    ($( $(#[$doc:meta])* $kind:ident of $number:ty; )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub enum $kind {}

        impl Kind for $kind {
            type One = Interval<$number>;
            type Many = Ranges<$number>;

            fn one(one: Self::One) -> Values {
                Values::Numbers(Ranges::from(one).map(u32::from))
            }

            fn many(many: Self::Many) -> Values {
                Values::Numbers(many.map(u32::from))
            }
        }

        impl Ordered for $kind {
            type Number = $number;
        }
    )*};
}

number_kinds! {
    /// TCP or UDP ports, or those of another transport protocol.
    Port of u16;
    /// Packet and connection marks.
    Mark of u32;
    /// Some bits of a mark, the others zero.
    MarkBits of u32;
    /// Lengths of packets in bytes.
    Length of u32;
    /// Time to live, or hop limit.
    Ttl of u8;
    /// Maximum segment sizes in bytes.
    SegmentSize of u16;
    /// Types and codes of ICMP and ICMPv6.
    IcmpNumber of u8;
    /// Priorities for queues.
    Priority of u32;
    /// Seconds of the day in UTC.
    TimeOfDay of SecondOfDay;
}

macro_rules! enumerated_kinds {
    ($( $(#[$doc:meta])* $kind:ident of $value:ty; )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub enum $kind {}

        impl Kind for $kind {
            type One = $value;
            type Many = Vec<$value>;

            fn one(one: Self::One) -> Values {
                Values::Numbers(Ranges::from_iter([u32::from(one)]))
            }

            fn many(many: Self::Many) -> Values {
                Values::Numbers(many.into_iter().map(u32::from).collect())
            }
        }
    )*};
}

enumerated_kinds! {
    /// Transport protocols.
    TransportProtocol of Protocol;
    /// Differentiated services code points.
    CodePoint of Dscp;
    /// What the routing tables say about an address.
    AddressKind of AddressType;
    /// Directions of a connection.
    ConnectionDirection of Direction;
    /// Days of the week in UTC.
    DayOfWeek of Weekday;
}

macro_rules! interval_kinds {
    ($( $(#[$doc:meta])* $kind:ident of $address:ty as $variant:ident; )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub enum $kind {}

        impl Kind for $kind {
            type One = Interval<$address>;
            type Many = Ranges<$address>;

            fn one(one: Self::One) -> Values {
                Values::$variant(one.into())
            }

            fn many(many: Self::Many) -> Values {
                Values::$variant(many)
            }
        }
    )*};
}

interval_kinds! {
    /// IPv4 addresses.
    AddressV4 of Ipv4Addr as Ipv4;
    /// IPv6 addresses.
    AddressV6 of Ipv6Addr as Ipv6;
    /// Ethernet addresses.
    EtherAddress of MacAddress as Macs;
    /// Numbers of bytes.
    Bytes of u64 as Bytes;
}

impl Ordered for Bytes {
    type Number = u64;
}

/// Names of connection tracking helpers.
#[derive(Debug, Clone)]
pub enum Helper {}

impl Kind for Helper {
    type One = HelperName;
    type Many = Vec<HelperName>;

    fn one(one: HelperName) -> Values {
        Values::Helpers([one].into())
    }

    fn many(many: Vec<HelperName>) -> Values {
        Values::Helpers(many.into_iter().collect())
    }
}

/// Interface names.
#[derive(Debug, Clone)]
pub enum Interface {}

impl Kind for Interface {
    type One = InterfaceName;
    type Many = Interfaces;

    fn one(one: InterfaceName) -> Values {
        Values::Interfaces(Interfaces::from_iter([one]))
    }

    fn many(many: Interfaces) -> Values {
        Values::Interfaces(many)
    }
}

macro_rules! set_keys {
    ($($kind:ident => $key:ident),* $(,)?) => {$(
        impl Named for $kind {
            const KEY: SetKey = SetKey::$key;
        }
    )*};
}

macro_rules! mapped {
    ($($kind:ident),* $(,)?) => {$(
        impl Mapped for $kind {}
    )*};
}

mapped! {
    AddressV4, AddressV6, Interface, TransportProtocol, Port, Mark, MarkBits, Length, Ttl, CodePoint, AddressKind,
    ConnectionDirection,
}

set_keys! {
    AddressV4 => Ipv4Addr,
    AddressV6 => Ipv6Addr,
    Interface => InterfaceName,
    TransportProtocol => InetProto,
    Port => InetService,
    Mark => Mark,
}

/// A differentiated services code point, 0..=63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dscp(u8);

impl Dscp {
    /// Expedited forwarding (RFC 3246).
    pub const EF: Self = Self(46);

    /// Returns the code point, if it fits in six bits.
    pub fn new(value: u8) -> Option<Self> {
        (value < 64).then_some(Self(value))
    }
}

impl From<Dscp> for u32 {
    fn from(dscp: Dscp) -> Self {
        dscp.0.into()
    }
}

/// What the routing tables say about an address (`RTN_*` of the kernel).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the kernel's own")]
#[repr(u8)]
pub enum AddressType {
    Unspec = 0,
    Unicast = 1,
    Local = 2,
    Broadcast = 3,
    Anycast = 4,
    Multicast = 5,
    Blackhole = 6,
    Unreachable = 7,
    Prohibit = 8,
}

impl From<AddressType> for u32 {
    fn from(kind: AddressType) -> Self {
        kind as Self
    }
}

/// The direction of a packet in its connection (`IP_CT_DIR_*` of the kernel).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Direction {
    /// From the side that opened the connection.
    Original = 0,
    /// To the side that opened the connection.
    Reply = 1,
}

impl From<Direction> for u32 {
    fn from(direction: Direction) -> Self {
        direction as Self
    }
}
