//! The target against the real kernel, each test in a network namespace of its own.

mod apply;
mod foreign;
mod host;
mod iproute2;
mod laws;
mod neighbours;
mod objects;
mod refusals;
mod topology;
mod undo;
