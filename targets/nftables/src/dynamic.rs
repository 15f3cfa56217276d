//! Sets that rules fill while packets come by.

use crate::expr::{Ip6Field, IpField, Payload};
use crate::kind::SetKey;
use crate::limit::Limit;
use crate::name::Name;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

/// What a dynamic set holds: tuples of single values, without prefixes and ranges, up to 65,535 of them.
///
/// Its elements come from [`SetUpdate`]s and are no part of the state. They are neither compared nor changed, and they
/// stay as long as the set keeps its type; a set that is made anew starts empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DynamicType {
    key: Vec<SetKey>,
    lifetime: Lifetime,
}

/// Whether the elements of a dynamic set may go by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifetime {
    /// Elements may have a timeout. Connections can't be counted in such a set.
    Timed,
    /// Elements stay; only those that count connections go with the last of them.
    Permanent,
}

impl DynamicType {
    /// How many elements a set can have: what the kernel takes if nobody says how many (`nft_dynset_init`).
    pub(crate) const SIZE: u32 = 65535;

    /// A set for the elements that these keys make.
    pub fn new(key: &Key, lifetime: Lifetime) -> Self {
        Self { key: key.fields.iter().map(|field| field.set_key()).collect(), lifetime }
    }

    /// Takes a type from a listing, if it could have been made here.
    pub(crate) fn listed(key: Vec<SetKey>, lifetime: Lifetime) -> Option<Self> {
        (!key.is_empty()).then_some(Self { key, lifetime })
    }

    /// The types of each element's values.
    pub fn key(&self) -> &[SetKey] {
        &self.key
    }

    /// Whether the elements may go by themselves.
    pub fn lifetime(&self) -> Lifetime {
        self.lifetime
    }
}

/// As nft writes it: `ipv4_addr . inet_service`.
impl fmt::Display for DynamicType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.key.iter().enumerate() {
            write!(f, "{}{key}", if index == 0 { "" } else { " . " })?;
        }
        Ok(())
    }
}

/// The fields of a packet by which its element is found or made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub(crate) fields: Vec<KeyField>,
}

/// A field of a key: an address or its prefix, or a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyField {
    pub(crate) payload: Payload,
    /// How many of the upper bits count, if not all do.
    pub(crate) prefix: Option<u8>,
}

impl KeyField {
    /// The whole field; `None` for what is no address of IP and no port.
    pub fn whole(payload: Payload) -> Option<Self> {
        let is_possible = matches!(payload, Payload::Port(..)) || address_bits(payload).is_some();
        is_possible.then_some(Self { payload, prefix: None })
    }

    /// The first bits of an address, the others zero; `None` for what is no address, or if it has fewer bits.
    pub fn prefix(payload: Payload, length: u8) -> Option<Self> {
        let bits = address_bits(payload)?;
        (length <= bits).then_some(Self { payload, prefix: (length < bits).then_some(length) })
    }

    /// Returns the bits of the address that count, if not all do, as an address.
    pub(crate) fn mask(self) -> Option<IpAddr> {
        let length = u32::from(self.prefix?);
        match self.payload {
            Payload::Ip6(_) => {
                Some(Ipv6Addr::from_bits(u128::MAX.checked_shl(128 - length).unwrap_or(0)).into())
            }
            _ => Some(Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - length).unwrap_or(0)).into()),
        }
    }

    fn set_key(self) -> SetKey {
        match self.payload {
            Payload::Ip(_) => SetKey::Ipv4Addr,
            Payload::Ip6(_) => SetKey::Ipv6Addr,
            // There are no other fields in keys.
            _ => SetKey::InetService,
        }
    }
}

impl Key {
    /// The fields in that order; `None` unless there is one, and all fit into 48 bytes, each filled up to a multiple of
    /// four: the kernel has room for 64, of which nft needs some.
    pub fn new(fields: impl IntoIterator<Item = KeyField>) -> Option<Self> {
        let fields: Vec<KeyField> = fields.into_iter().collect();
        let size: usize = fields.iter().map(|field| field.payload.register_bytes()).sum();
        (1..=48).contains(&size).then_some(Self { fields })
    }
}

impl From<KeyField> for Key {
    fn from(field: KeyField) -> Self {
        Self { fields: vec![field] }
    }
}

fn address_bits(payload: Payload) -> Option<u8> {
    match payload {
        Payload::Ip(IpField::Saddr | IpField::Daddr) => Some(32),
        Payload::Ip6(Ip6Field::Saddr | Ip6Field::Daddr) => Some(128),
        _ => None,
    }
}

/// Finds or makes the packet's element of a dynamic set.
///
/// With a limit or a number of connections inside it is a condition, which each element fulfils by itself. In every
/// case the rule ends here if the set is full.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetUpdate {
    pub(crate) operation: UpdateOperation,
    pub(crate) set: Name,
    pub(crate) key: Key,
    /// Seconds.
    pub(crate) timeout: Option<NonZeroU32>,
    pub(crate) meter: Option<Meter>,
}

/// What happens to the timeout of an element that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum UpdateOperation {
    /// It goes on.
    Add,
    /// It starts again.
    Update,
}

/// A condition that each element of a set has for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Meter {
    Limit(Limit),
    Connections(CtCount),
}

/// A number of connections. Only those count that the kernel tracks and that are not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CtCount {
    pub(crate) count: u32,
    pub(crate) over: bool,
}

impl CtCount {
    /// At most so many, the packet's own included.
    pub fn up_to(count: u32) -> Self {
        Self { count, over: false }
    }

    /// More than so many, the packet's own included.
    pub fn over(count: u32) -> Self {
        Self { count, over: true }
    }
}

impl SetUpdate {
    /// Adds an element, for so many seconds; one that is there already goes when it would have gone. Without a timeout
    /// an element stays.
    ///
    /// A timeout needs a [timed](Lifetime::Timed) set.
    pub fn add(set: &Name, key: impl Into<Key>, timeout: Option<NonZeroU32>) -> Self {
        let operation = UpdateOperation::Add;
        Self { operation, set: set.clone(), key: key.into(), timeout, meter: None }
    }

    /// Adds an element, or lets the timeout of one that is there start again.
    pub fn update(set: &Name, key: impl Into<Key>, timeout: Option<NonZeroU32>) -> Self {
        Self { operation: UpdateOperation::Update, ..Self::add(set, key, timeout) }
    }

    /// Goes on only if packets of the same element do not come too fast, or only if they do.
    #[must_use]
    pub fn with_limit(self, limit: Limit) -> Self {
        Self { meter: Some(Meter::Limit(limit)), ..self }
    }

    /// Goes on only if the connections of the packet's element are so many. The set has to be
    /// [permanent](Lifetime::Permanent); an element without a connection goes by itself.
    pub fn connections(set: &Name, key: impl Into<Key>, count: CtCount) -> Self {
        Self { meter: Some(Meter::Connections(count)), ..Self::add(set, key, None) }
    }

    /// The set.
    pub fn set(&self) -> &Name {
        &self.set
    }
}

impl UpdateOperation {
    /// Returns nft's word.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_addresses_and_ports() {
        let saddr = Payload::Ip(IpField::Saddr);
        assert!(
            KeyField::whole(Payload::TcpFlags).is_none()
                && KeyField::prefix(Payload::EtherSaddr, 8).is_none()
        );
        assert!(KeyField::prefix(saddr, 33).is_none());
        assert_eq!(KeyField::prefix(saddr, 32), KeyField::whole(saddr));
        let wide = KeyField::whole(Payload::Ip6(Ip6Field::Saddr)).unwrap();
        assert!(Key::new([]).is_none() && Key::new([wide; 3]).is_some() && Key::new([wide; 4]).is_none());
    }
}
