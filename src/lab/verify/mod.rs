//! Holds the kernel against the meaning: the same packets are traced and sent, and what becomes of them is compared.
//!
//! The router is one namespace whose devices have no other end but this process ([`Bench`]): what comes in is dealt with
//! before the call returns, so that a packet that does not come out is a dropped one. Only where that is not what was
//! expected it is waited for.

mod bench;
mod connections;
mod draw;
mod follow;
mod frame;
mod judge;
mod neighbours;
mod observation;
mod own;
mod run;
mod settings;

pub use bench::{Bench, Heard, Incoming, Outcome, Seen};
pub use draw::Pool;
pub use frame::Numbered;
pub use judge::{Difference, Trial, Verdict};
pub use run::{Order, Shown, Verified, verify, verify_with};
