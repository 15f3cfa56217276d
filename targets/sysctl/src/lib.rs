//! Kernel settings under `/proc/sys`, declaratively.
//!
//! A kernel setting carries no owner's mark. So rosc owns the settings whose former value it has kept, in a file
//! of its own ([`originals`]): a setting that is no longer asked for gets that value back.

mod change;
mod key;
pub mod originals;
mod state;
mod target;

pub use change::{Change, Ownership, Phase};
pub use key::{InvalidKey, Key};
pub use state::{Observed, Presence, Setting, State};
pub use target::SysctlTarget;
