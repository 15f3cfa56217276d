//! Which destinations go which way.

use crate::layout::{WAY_FIB, WAY_GROUP, WAY_OWN, WAY_STACK};
use crate::maps::{Maps, is_missing};
use crate::{By, GroupName};
use aya::maps::MapError;
use aya::maps::lpm_trie::Key;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// All of them, with values as the maps hold them.
pub(crate) fn read(maps: &Maps) -> Result<Vec<(IpNet, u32)>, MapError> {
    let mut ways = Vec::new();
    for entry in maps.ways4.iter() {
        let (key, value) = entry?;
        let length = u8::try_from(key.prefix_len()).unwrap_or(32);
        if let Ok(prefix) = Ipv4Net::new(Ipv4Addr::from(key.data()), length) {
            ways.push((prefix.into(), value));
        }
    }
    for entry in maps.ways6.iter() {
        let (key, value) = entry?;
        let length = u8::try_from(key.prefix_len()).unwrap_or(128);
        if let Ok(prefix) = Ipv6Net::new(Ipv6Addr::from(key.data()), length) {
            ways.push((prefix.into(), value));
        }
    }
    Ok(ways)
}

/// What a value means; `None` for a group that is not there.
pub(crate) fn meaning(value: u32, name: impl Fn(u32) -> Option<GroupName>) -> Option<By> {
    match value {
        WAY_STACK => Some(By::Stack),
        WAY_FIB => Some(By::Fib),
        WAY_OWN => Some(By::Own),
        group => name(group - WAY_GROUP).map(By::Group),
    }
}

/// The value of a way; `None` for a group that is not there.
pub(crate) fn value(by: &By, number: impl Fn(&GroupName) -> Option<u32>) -> Option<u32> {
    match by {
        By::Stack => Some(WAY_STACK),
        By::Fib => Some(WAY_FIB),
        By::Own => Some(WAY_OWN),
        By::Group(name) => number(name).map(|number| number + WAY_GROUP),
    }
}

/// Sets the way of a prefix, or removes it.
pub(crate) fn set(maps: &mut Maps, prefix: IpNet, value: Option<u32>) -> Result<(), MapError> {
    let length = u32::from(prefix.prefix_len());
    if let IpNet::V4(prefix) = prefix
        && prefix.prefix_len() == 32
    {
        let address = prefix.addr().octets();
        match value {
            Some(WAY_OWN) => maps.own4.insert(address, WAY_OWN, 0)?,
            _ => unless_gone(maps.own4.remove(&address))?,
        }
    }
    match (prefix.network(), value) {
        (std::net::IpAddr::V4(address), Some(value)) => {
            maps.ways4.insert(&Key::new(length, address.octets()), value, 0)
        }
        (std::net::IpAddr::V6(address), Some(value)) => {
            maps.ways6.insert(&Key::new(length, address.octets()), value, 0)
        }
        (std::net::IpAddr::V4(address), None) => {
            unless_gone(maps.ways4.remove(&Key::new(length, address.octets())))
        }
        (std::net::IpAddr::V6(address), None) => {
            unless_gone(maps.ways6.remove(&Key::new(length, address.octets())))
        }
    }
}

/// What is gone already needs no removing.
pub(crate) fn unless_gone(outcome: Result<(), MapError>) -> Result<(), MapError> {
    match outcome {
        Err(MapError::KeyNotFound) => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        outcome => outcome,
    }
}
