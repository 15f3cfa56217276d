//! Where a unicast route sends its packets.

use crate::DeviceName;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use thiserror::Error;

/// One way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextHop {
    /// The router that takes the packets; `None` if the destination is on the link itself. An IPv4 route may
    /// have an IPv6 gateway, not the other way round.
    pub gateway: Option<IpAddr>,
    /// The device that they leave by.
    pub device: DeviceName,
    /// Whether the gateway is taken to be on the link of the device unasked. Means nothing without one.
    ///
    /// Otherwise the kernel looks the gateway up when the route is added: in the table of the route unless
    /// that is the main one, then by the rules, as for a packet of its own. So a rule may have it refuse a
    /// route that it would have accepted before the rule came, and refuse to take it back in an undo. Whoever
    /// knows the link of a gateway does better to say so.
    pub onlink: bool,
    /// The share of the traffic among several next hops. Means nothing for one.
    pub weight: Weight,
}

impl NextHop {
    /// The destination is on the link of this device.
    pub fn direct(device: DeviceName) -> Self {
        Self { gateway: None, device, onlink: false, weight: Weight::ONE }
    }

    /// The packets go to a router on the link of this device.
    pub fn via(gateway: IpAddr, device: DeviceName) -> Self {
        Self { gateway: Some(gateway), device, onlink: false, weight: Weight::ONE }
    }

    fn is_same_way(&self, other: &Self) -> bool {
        self.gateway == other.gateway && self.device == other.device
    }
}

/// The share of a next hop, 1..=256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Weight {
    /// As the kernel counts it (`rtnh_hops`), so that no weight of 0 can exist.
    less_one: u8,
}

/// A number that is no weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0} is no weight of a next hop: 1 to 256 is")]
pub struct InvalidWeight(pub u16);

impl Weight {
    /// The weight of a next hop that is given none.
    pub const ONE: Self = Self { less_one: 0 };

    /// Takes a number from 1 to 256 as a weight.
    pub fn new(weight: u16) -> Result<Self, InvalidWeight> {
        let less_one = weight.checked_sub(1).and_then(|weight| u8::try_from(weight).ok());
        less_one.map(|less_one| Self { less_one }).ok_or(InvalidWeight(weight))
    }

    /// The weight, 1..=256.
    pub fn get(self) -> u16 {
        u16::from(self.less_one) + 1
    }

    pub(crate) fn from_kernel(hops: u8) -> Self {
        Self { less_one: hops }
    }

    pub(crate) fn to_kernel(self) -> u8 {
        self.less_one
    }
}

impl TryFrom<u16> for Weight {
    type Error = InvalidWeight;

    fn try_from(weight: u16) -> Result<Self, Self::Error> {
        Self::new(weight)
    }
}

impl From<Weight> for u16 {
    fn from(weight: Weight) -> Self {
        weight.get()
    }
}

impl fmt::Debug for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.get(), f)
    }
}

/// The next hops of a route: at least one, no two alike.
///
/// One makes a plain route, several a multipath one. Their order is kept, because the kernel gives each a
/// range of the flow hash in that order: another order would move flows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<NextHop>", into = "Vec<NextHop>")]
pub struct NextHops {
    first: NextHop,
    // Apart from the first so that a plain route needs no allocation: a table may hold a million of them.
    rest: Vec<NextHop>,
}

/// Next hops that no route can have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidNextHops {
    /// There is none.
    #[error("a unicast route needs a next hop")]
    None,
    /// The weights of a next hop that was named several times add up to more than the kernel can take.
    #[error("the weights of `{next_hop}` add up to {weight}; the kernel takes up to 256")]
    TooHeavy {
        /// The next hop.
        next_hop: String,
        /// The sum.
        weight: u16,
    },
}

impl NextHops {
    /// Takes a list of next hops.
    ///
    /// A next hop that is named again adds its weight to the first of its kind, since IPv6 refuses
    /// duplicates and IPv4 treats them as this. What means nothing is brought to its default, so that equal
    /// routes compare equal.
    pub fn new(next_hops: impl IntoIterator<Item = NextHop>) -> Result<Self, InvalidNextHops> {
        let mut merged: Vec<NextHop> = Vec::new();
        for mut next_hop in next_hops {
            next_hop.onlink &= next_hop.gateway.is_some();
            match merged.iter_mut().find(|other| other.is_same_way(&next_hop)) {
                None => merged.push(next_hop),
                Some(other) => {
                    let weight = other.weight.get() + next_hop.weight.get();
                    other.onlink |= next_hop.onlink;
                    other.weight = Weight::new(weight)
                        .map_err(|_| InvalidNextHops::TooHeavy { next_hop: next_hop.to_string(), weight })?;
                }
            }
        }
        let mut merged = merged.into_iter();
        let mut first = merged.next().ok_or(InvalidNextHops::None)?;
        let rest: Vec<NextHop> = merged.collect();
        if rest.is_empty() {
            first.weight = Weight::ONE;
        }
        Ok(Self { first, rest })
    }

    /// One next hop: a plain route.
    pub fn one(mut next_hop: NextHop) -> Self {
        next_hop.onlink &= next_hop.gateway.is_some();
        next_hop.weight = Weight::ONE;
        Self { first: next_hop, rest: Vec::new() }
    }

    /// The next hops in order.
    pub fn iter(&self) -> impl Iterator<Item = &NextHop> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The only next hop, if there is but one.
    pub fn single(&self) -> Option<&NextHop> {
        self.rest.is_empty().then_some(&self.first)
    }
}

impl TryFrom<Vec<NextHop>> for NextHops {
    type Error = InvalidNextHops;

    fn try_from(next_hops: Vec<NextHop>) -> Result<Self, Self::Error> {
        Self::new(next_hops)
    }
}

impl From<NextHops> for Vec<NextHop> {
    fn from(next_hops: NextHops) -> Self {
        std::iter::once(next_hops.first).chain(next_hops.rest).collect()
    }
}

/// `via 192.0.2.1 dev eth0 onlink`, without the weight.
impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(gateway) = self.gateway {
            write!(f, "via {gateway} ")?;
        }
        write!(f, "dev {}", self.device)?;
        if self.onlink { f.write_str(" onlink") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(gateway: &str, weight: u16) -> NextHop {
        let device = DeviceName::new("eth0").unwrap();
        let mut next_hop = NextHop::via(gateway.parse().unwrap(), device);
        next_hop.weight = Weight::new(weight).unwrap();
        next_hop
    }

    #[test]
    fn a_next_hop_that_is_named_twice_counts_twice() {
        let next_hops = NextHops::new([via("192.0.2.1", 1), via("192.0.2.2", 1), via("192.0.2.1", 2)]);
        assert_eq!(next_hops.unwrap(), NextHops::new([via("192.0.2.1", 3), via("192.0.2.2", 1)]).unwrap());
    }

    #[test]
    fn the_weight_of_a_single_next_hop_means_nothing() {
        assert_eq!(NextHops::new([via("192.0.2.1", 7)]), Ok(NextHops::one(via("192.0.2.1", 1))));
    }

    #[test]
    fn the_order_of_next_hops_is_part_of_the_route() {
        let (a, b) = (via("192.0.2.1", 1), via("192.0.2.2", 1));
        assert_ne!(NextHops::new([a.clone(), b.clone()]), NextHops::new([b, a]));
    }

    #[test]
    fn weights_that_add_up_to_more_than_256_are_refused() {
        let error = NextHops::new([via("192.0.2.1", 200), via("192.0.2.1", 57)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the weights of `via 192.0.2.1 dev eth0` add up to 257; the kernel takes up to 256"
        );
    }

    #[test]
    fn a_journal_with_no_next_hop_is_refused() {
        assert!(serde_json::from_str::<NextHops>("[]").is_err());
    }
}
