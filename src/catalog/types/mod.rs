//! The types of values: text in, meaning out.

mod address;
mod firewall;
mod header;
mod keyword;
mod list;
mod number;
mod rate;
mod route;
mod time;

pub use address::{AnyPrefix, HostAddress, InterfaceAddress, ListedAddress, Prefix, Range};
pub use firewall::{MarkName, MssRange, protocol_name};
pub use header::{ByteRange, Derived, NewTtl, SizeRange, TtlTest};
pub use keyword::Keyword;
pub use list::{List, Negatable, Piece, Set};
pub use number::{BridgeMtu, Mac, Number, Size};
pub use rate::ListTimeout;
pub use route::GatewayText;
pub use time::Seconds;

/// A type of values.
pub trait FromText: Sized {
    /// What a value looks like, in a phrase that follows "is not".
    const SHAPE: &'static str;

    /// Reads a value; the text is decoded and not empty.
    fn from_text(text: &str) -> Result<Self, Mistake>;
}

/// Why a text is no value of a type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistake {
    /// What to write instead, where more can be said than the type's shape.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake with advice.
    pub fn with(help: impl Into<String>) -> Self {
        Self { help: Some(help.into()) }
    }
}

impl FromText for bool {
    const SHAPE: &'static str = "yes or no";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        match text {
            "yes" | "true" => Ok(true),
            "no" | "false" => Ok(false),
            _ => Err(Mistake::default()),
        }
    }
}

impl FromText for String {
    const SHAPE: &'static str = "text";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        Ok(text.to_owned())
    }
}
