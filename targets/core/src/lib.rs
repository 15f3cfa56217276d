//! What all targets of rosc share.
//!
//! A *target* models one part of Linux in Linux's own words: it can observe what the kernel has, compare
//! that with what is wanted, apply the difference and undo it. Targets know no RouterOS and no source text;
//! the [`Origin`] of an object is carried through them unread, so that whoever made the object can say which
//! line the kernel refused.

mod device;
mod error;
mod hash;
mod jhash;
pub mod netns;
mod origin;
mod target;
mod terminal;

pub use device::{DeviceName, InvalidDeviceName};
pub use error::{Conflict, TargetError};
pub use hash::fnv_1a;
pub use jhash::jhash;
pub use origin::Origin;
pub use target::{Diff, Target};
pub use terminal::steers_terminal;
