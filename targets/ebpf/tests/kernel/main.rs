//! The programs in the kernel: what they make of packets, and what becomes of them while the control plane changes things.

mod changes;
mod connections;
mod drains;
mod drivers;
mod entries;
mod frame;
mod hashes;
mod marks;
mod memory;
mod packets;
mod reach;
mod remembered;
mod shared;
mod tables;
mod tunnel;
mod ways;
mod world;
