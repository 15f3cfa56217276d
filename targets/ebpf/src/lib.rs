//! A fast path in eBPF: packets are shared among next hops by a hash, and leave without the network stack where that comes
//! to the same.

mod state;

pub use state::{
    By, Group, GroupName, HashFields, Hook, InvalidGroupName, NextHop, Port, Slots, State, Way, Weight,
};
