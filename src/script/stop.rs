//! Why a statement does not end in the ordinary way.

use super::value::Value;
use crate::diagnostic::{Code, Diagnostic};

/// What travels outwards until something takes it.
#[derive(Debug)]
pub(super) enum Stop {
    /// The command fails, as it would on a router: `on-error` takes it.
    Failed(Box<Diagnostic>),
    /// What a router would do can't be told. `on-error` takes it, but not in silence.
    Unknown(Box<Diagnostic>),
    /// A limit is reached: nothing in the script takes it.
    Exhausted(Box<Diagnostic>),
    /// It needs what failed before, which is reported: the place of that among the diagnostics.
    Reported(usize),
    Return(Value),
    Break,
    Continue,
    /// The script ends.
    Quit,
}

impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Self {
        let diagnostic = Box::new(diagnostic);
        match diagnostic.code {
            Code::LimitReached => Self::Exhausted(diagnostic),
            Code::NoSuchItem
            | Code::MissingArgument
            | Code::BadArgument
            | Code::ScriptFails
            | Code::ScriptGivesUp => Self::Failed(diagnostic),
            _ => Self::Unknown(diagnostic),
        }
    }
}
