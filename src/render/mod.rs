//! What stages made of a configuration, as text for people.

mod counters;
mod fastpath;
mod il;
mod linux;
mod outline;
mod script;
pub mod trace;

pub use counters::{counters, metrics};
pub use fastpath::fastpath;
pub use il::{Refusal, Words, il, intermediate, refusals, syntax_refusals};
pub use linux::{linux, nft, routes, sysctl};
pub use outline::outline;
pub use script::script;
