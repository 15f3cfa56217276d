//! What the fast path does, as a value.

use crate::{Connections, Port};
use ipnet::IpNet;
use rosc_target::{DeviceName, Origin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::str::FromStr;
use thiserror::Error;

/// The fast path of a network namespace. Without ports there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The devices whose incoming packets it looks at.
    pub ports: BTreeMap<DeviceName, Port>,
    /// What shares packets among next hops.
    pub groups: BTreeMap<GroupName, Group>,
    /// By the longest prefix of their destination, where packets go. What no prefix covers takes the stack.
    pub ways: BTreeMap<IpNet, Way>,
    /// What there is to know of connections, where a port takes any.
    pub connections: Option<Connections>,
}

/// Where packets to some destinations go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// Who decides.
    pub by: By,
}

/// Who decides where packets go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The kernel, with everything that it does to packets.
    Stack,
    /// The kernel's routes and rules, looked up from the program; what they don't forward takes the stack.
    Fib,
    /// The kernel: it is an address of the router itself, in whose name others send nothing.
    Own,
    /// A group.
    Group(GroupName),
}

/// A group's name: 1 to 31 bytes without a zero among them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupName(String);

/// A text that is no name of a group.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no name of a group: it takes 1 to {max} bytes", max = GroupName::MAX_LEN)]
pub struct InvalidGroupName(String);

/// Shares packets among members by what their headers say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// What of a packet decides.
    pub hash: HashFields,
    /// How finely members are told apart.
    pub slots: Slots,
    /// For so many seconds after a change connections stay where they were, if they are of the changed part.
    pub drain: u32,
    /// Who shares: at most [`Group::MAX_MEMBERS`].
    #[serde(with = "as_list")]
    pub members: BTreeMap<NextHop, Member>,
}

/// What a next hop is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// How much of all it gets.
    pub weight: Weight,
    /// What its packets are marked with, where ports mark any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// What makes the stack send a packet by a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The packet mark, which policy rules lead to the table: 1 to 32767, as far as the bits of a connection's mark for it go
    /// ([`CONNECTION_MEMBER`](crate::CONNECTION_MEMBER)). No two members of a state have the same.
    pub value: NonZeroU16,
    /// The kernel's table whose only route of the group's destination leads by this member.
    pub table: u32,
}

/// A neighbour that packets are handed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NextHop {
    /// The device that packets leave by.
    pub device: DeviceName,
    /// The neighbour; `None` where the device has only one, as a tunnel.
    pub gateway: Option<IpAddr>,
}

/// How much of all a member gets, beside the weights of the others: 1 to 65535.
pub type Weight = NonZeroU16;

/// The fields of a packet that are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashFields {
    /// The source address.
    pub source: bool,
    /// The destination address.
    pub destination: bool,
    /// The protocol.
    pub protocol: bool,
    /// The source port; 0 where there is none, and in fragments.
    pub source_port: bool,
    /// The destination port, likewise.
    pub destination_port: bool,
    /// Of a tunnel's packet the ends of the one that it carries, in place of its own: of IP in IP, and of GRE that carries IP.
    #[serde(default)]
    pub inner: bool,
}

/// The number of slots of a group's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slots {
    /// 4,099: for a few members, and a table that stays in the processor's cache.
    Small,
    /// 65,537.
    Large,
}

impl Member {
    /// One whose packets are not marked.
    pub fn of_weight(weight: Weight) -> Self {
        Self { weight, mark: None }
    }
}

impl HashFields {
    /// Addresses.
    pub const L3: Self = Self {
        source: true,
        destination: true,
        protocol: false,
        source_port: false,
        destination_port: false,
        inner: false,
    };
    /// Addresses, of a tunnel's packets those inside.
    pub const L3_INNER: Self = Self { inner: true, ..Self::L3 };
    /// Addresses, protocol and ports.
    pub const L4: Self = Self { protocol: true, source_port: true, destination_port: true, ..Self::L3 };
}

impl Slots {
    /// How many they are: a prime.
    pub const fn count(self) -> u32 {
        match self {
            Self::Small => 4_099,
            Self::Large => 65_537,
        }
    }
}

impl Group {
    /// The most members of a group.
    pub const MAX_MEMBERS: usize = 64;
}

impl State {
    /// The most groups of a namespace.
    pub const MAX_GROUPS: usize = 64;

    /// Leaves out what some devices are needed for: ports and members. A group that has none left leaves its packets to the
    /// stack.
    pub fn leave_out(&mut self, is_absent: impl Fn(&DeviceName) -> bool) {
        self.ports.retain(|device, _| !is_absent(device));
        for group in self.groups.values_mut() {
            group.members.retain(|next_hop, _| !is_absent(&next_hop.device));
        }
    }

    /// Whether there is a fast path.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}

impl GroupName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 31;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GroupName {
    type Err = InvalidGroupName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for GroupName {
    type Error = InvalidGroupName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=Self::MAX_LEN).contains(&text.len()) && !text.contains('\0') {
            Ok(Self(text))
        } else {
            Err(InvalidGroupName(text))
        }
    }
}

impl From<GroupName> for String {
    fn from(name: GroupName) -> Self {
        name.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.gateway {
            Some(gateway) => write!(f, "via {gateway} dev {}", self.device),
            None => write!(f, "dev {}", self.device),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash {} slots {} drain {}s", self.hash, self.slots.count(), self.drain)?;
        self.members.iter().try_for_each(|(next_hop, member)| write!(f, " nexthop {next_hop} {member}"))
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weight {}", self.weight)?;
        match self.mark {
            Some(Mark { value, table }) => write!(f, " mark {value:#x} table {table}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for HashFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = [
            (self.source, "source"),
            (self.destination, "destination"),
            (self.protocol, "protocol"),
            (self.source_port, "source-port"),
            (self.destination_port, "destination-port"),
            (self.inner, "inner"),
        ];
        let names: Vec<&str> = fields.iter().filter(|(taken, _)| *taken).map(|(_, name)| *name).collect();
        f.write_str(&names.join(","))
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            By::Stack => write!(f, "stack"),
            By::Fib => write!(f, "fib"),
            By::Own => write!(f, "own"),
            By::Group(name) => write!(f, "group {:?}", name.as_str()),
        }
    }
}

/// Members as a list: names of JSON are texts.
mod as_list {
    use super::{Member, NextHop};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    #[derive(Serialize, Deserialize)]
    struct Listed {
        #[serde(flatten)]
        next_hop: NextHop,
        #[serde(flatten)]
        member: Member,
    }

    pub(super) fn serialize<S: Serializer>(
        members: &BTreeMap<NextHop, Member>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let listed =
            |(next_hop, member): (&NextHop, &Member)| Listed { next_hop: next_hop.clone(), member: *member };
        serializer.collect_seq(members.iter().map(listed))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<NextHop, Member>, D::Error> {
        let listed = Vec::<Listed>::deserialize(deserializer)?;
        Ok(listed.into_iter().map(|listed| (listed.next_hop, listed.member)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hook, Takes};

    #[test]
    fn a_state_is_the_same_behind_json() {
        let device = |name: &str| name.parse::<DeviceName>().expect("a name");
        let mark = Mark { value: NonZeroU16::MIN, table: 100_001 };
        let members = [("wan1", "192.0.2.1", None), ("wan2", "2001:db8::1", Some(mark))];
        let members = members.map(|(name, gateway, mark)| {
            let gateway = Some(gateway.parse().expect("an address"));
            (NextHop { device: device(name), gateway }, Member { weight: Weight::MIN, mark })
        });
        let name: GroupName = "main".parse().expect("a name");
        let group = Group {
            origin: Origin::IMPLIED,
            hash: HashFields::L4,
            slots: Slots::Small,
            drain: 300,
            members: members.into(),
        };
        let way = Way { origin: Origin::IMPLIED, by: By::Group(name.clone()) };
        let takes = Takes { routed: true, ipv4_connections: true, ipv6_marked: true, ..Takes::default() };
        let state = State {
            ports: [(device("lan"), Port { origin: Origin::IMPLIED, hook: Hook::Tc, takes })].into(),
            groups: [(name, group)].into(),
            connections: Some(Connections { origin: Origin::IMPLIED, tcp_timeout: 86_400, udp_timeout: 180 }),
            ways: [("0.0.0.0/0".parse().expect("a prefix"), way)].into(),
        };
        let text = serde_json::to_string(&state).expect("it can be written");
        assert_eq!(serde_json::from_str::<State>(&text).expect("it can be read"), state, "{text}");
    }

    #[test]
    fn names_of_groups_fit_into_the_kernels_map() {
        assert!("".parse::<GroupName>().is_err());
        assert!("x".repeat(32).parse::<GroupName>().is_err());
        assert!("x".repeat(31).parse::<GroupName>().is_ok());
    }
}
