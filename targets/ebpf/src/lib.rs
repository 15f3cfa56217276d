//! A fast path in eBPF: packets are shared among next hops by a hash, and leave without the network stack where that comes
//! to the same.
//!
//! The programs are in C (`bpf/`); what clang makes of them is kept beside them, so that building takes no clang. They and
//! their maps live in the kernel's file system for eBPF, and go on without any process of rosc.

mod change;
mod connections;
mod counters;
mod device;
mod digest;
mod failure;
mod flow;
mod group;
mod kfunc;
mod layout;
mod link;
mod load;
mod maps;
mod memory;
mod module;
mod neighbour;
mod pins;
mod port;
mod program;
mod read;
mod state;
mod syscall;
mod table;
mod target;
mod types;
mod way;

pub use change::{Action, Change};
pub use connections::Connections;
pub use counters::{Counters, Drained, GroupCounters, MemberCounters, Reason, Traffic};
pub use flow::Flow;
pub use kfunc::Hidden;
pub use layout::{CONNECTION_MEMBER, CONNECTION_SHORT};
pub use module::{open_modules, opened_modules, take_modules};
pub use neighbour::Neighbour;
pub use pins::{BPF_FS, BpfFs, is_bpf_fs};
pub use port::{Hook, Port, Takes};
pub use read::Observed;
pub use state::{
    By, Group, GroupName, HashFields, InvalidGroupName, Mark, Member, NextHop, Slots, State, Way, Weight,
};
pub use table::{Drain, MemberId, Share, Table};
pub use target::EbpfTarget;
