//! Links: devices that rosc makes, and devices that it uses.

use crate::DeviceName;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A network device that has to be there, up, and in the right bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// Its name, which is also its identity: a namespace has no two devices of one name.
    pub name: DeviceName,
    /// Who makes it, and as what.
    pub kind: LinkKind,
    /// The device (a bridge, as a rule) that it is a port of. `None` takes a device out of a bridge only if
    /// rosc put it there.
    pub master: Option<DeviceName>,
}

/// Who makes a device, and as what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// Someone else makes it; rosc sets it up and never down.
    Existing,
    /// rosc makes it, and removes it when it is no longer asked for.
    Bridge(Bridge),
}

/// The properties of a bridge. `Bridge::default()` is what the kernel makes when it is told nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// Its hardware address. `None` leaves it to the kernel, which follows the lowest address of the ports;
    /// a bridge that once was given an address keeps it.
    pub mac: Option<MacAddress>,
    /// The largest packet, in bytes, 68..=65535. `None` leaves it to the kernel, which follows the smallest
    /// of the ports; a bridge that once was given an MTU keeps it.
    pub mtu: Option<u32>,
    /// Whether it takes part in the spanning tree protocol.
    pub stp: bool,
    /// How long a learned address is kept without traffic.
    pub ageing_time: Centiseconds,
    /// How long a port listens, then learns, before it forwards. With `stp` the kernel takes 2 to 30 seconds.
    pub forward_delay: Centiseconds,
    /// The upper half of the bridge identifier; the lowest bridge becomes the root of the spanning tree.
    pub priority: u16,
    /// Whether multicast goes only to the ports that asked for it.
    pub multicast_snooping: bool,
}

impl Default for Bridge {
    fn default() -> Self {
        // Source: br_dev_setup() in net/bridge/br_device.c.
        Self {
            mac: None,
            mtu: None,
            stp: false,
            ageing_time: Centiseconds::from_secs(300),
            forward_delay: Centiseconds::from_secs(15),
            priority: 0x8000,
            multicast_snooping: true,
        }
    }
}

/// A duration in hundredths of a second, the unit of the kernel's bridge interface (`USER_HZ` ticks).
///
/// The kernel counts in its own ticks, so only whole seconds are sure to be read back as they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Centiseconds(pub u32);

impl Centiseconds {
    /// The duration of so many seconds; the longest that fits for more than 497 days.
    pub const fn from_secs(seconds: u32) -> Self {
        Self(seconds.saturating_mul(100))
    }
}

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress(pub [u8; 6]);

/// A text that is no Ethernet address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is no Ethernet address: it takes six pairs of hexadecimal digits with colons between")]
pub struct InvalidMacAddress {
    /// The text.
    pub text: String,
}

impl FromStr for MacAddress {
    type Err = InvalidMacAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidMacAddress { text: text.to_owned() };
        let mut octets = [0; 6];
        let mut pairs = text.split(':');
        for octet in &mut octets {
            let pair = pairs.next().filter(|pair| pair.len() == 2).ok_or_else(invalid)?;
            *octet = u8::from_str_radix(pair, 16).map_err(|_| invalid())?;
        }
        if pairs.next().is_some() { Err(invalid()) } else { Ok(Self(octets)) }
    }
}

impl TryFrom<String> for MacAddress {
    type Error = InvalidMacAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MacAddress> for String {
    fn from(address: MacAddress) -> Self {
        address.to_string()
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The words that `ip link add` takes.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.kind {
            LinkKind::Existing => Ok(()),
            LinkKind::Bridge(bridge) => write!(f, " {bridge}"),
        }
    }
}

impl fmt::Display for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = u8::from;
        if let Some(mac) = self.mac {
            write!(f, "address {mac} ")?;
        }
        if let Some(mtu) = self.mtu {
            write!(f, "mtu {mtu} ")?;
        }
        write!(
            f,
            "type bridge stp_state {} ageing_time {} forward_delay {} priority {} mcast_snooping {}",
            on(self.stp),
            self.ageing_time.0,
            self.forward_delay.0,
            self.priority,
            on(self.multicast_snooping)
        )
    }
}
