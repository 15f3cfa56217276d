//! Address lists, made for looking addresses up. A DNS name on a list stands for no address: what it resolves to is
//! known on the machine alone.

use crate::ir::{AddressListName, Firewall};
use std::collections::HashMap;
use std::net::IpAddr;

/// An address that a rule has put on a list.
pub(super) type Listed = (AddressListName, IpAddr);

/// The address lists of a family.
#[derive(Debug, Default)]
pub(super) struct Lists<'r> {
    lists: HashMap<&'r AddressListName, Vec<(IpAddr, IpAddr)>>,
}

impl<'r> Lists<'r> {
    pub(super) fn new(firewall: &'r Firewall) -> Self {
        let lists = firewall.address_lists.iter().map(|(name, list)| {
            let mut ranges: Vec<(IpAddr, IpAddr)> =
                list.ranges().map(|range| (range.first(), range.last())).collect();
            ranges.sort_unstable();
            let mut merged: Vec<(IpAddr, IpAddr)> = Vec::with_capacity(ranges.len());
            for (first, last) in ranges {
                match merged.last_mut() {
                    Some(before) if first <= before.1 => before.1 = before.1.max(last),
                    _ => merged.push((first, last)),
                }
            }
            (name, merged)
        });
        Self { lists: lists.collect() }
    }

    /// Says whether a list holds an address. A list that is not there is empty.
    pub(super) fn holds(&self, list: &AddressListName, address: IpAddr) -> bool {
        let Some(ranges) = self.lists.get(list) else { return false };
        let behind = ranges.partition_point(|&(first, _)| first <= address);
        behind > 0 && address <= ranges[behind - 1].1
    }
}
