//! What stages made of a configuration, as text for people.

mod outline;
mod script;

pub use outline::outline;
pub use script::script;
