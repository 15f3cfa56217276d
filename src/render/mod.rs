//! What stages made of a configuration, as text for people.

mod linux;
mod outline;
mod script;

pub use linux::{linux, nft, routes, sysctl};
pub use outline::outline;
pub use script::script;
