//! The values of scripts, as RouterOS types them.
//!
//! Nothing here knows the database or the syntax tree: text in, values out.

mod array;
mod compare;
mod convert;
pub(super) mod dsv;
pub(super) mod encoding;
pub(super) mod json;
mod literal;
mod mistake;
mod text;

pub(crate) use array::Array;
pub(crate) use compare::{equal, order};
pub(crate) use mistake::Mistake;

use ipnet::{Ipv4Net, Ipv6Net};
use rosc_grammar::ast::Block;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

/// The longest text that a script may make, in bytes.
pub(crate) const MOST_TEXT: usize = 1 << 20;

/// A value of a script. Copies share what is large.
#[derive(Debug, Clone, Default)]
pub(crate) enum Value {
    /// No value: of what was never set, and of commands that give none.
    #[default]
    Nothing,
    /// The empty value: of a local that was declared without one, and of what could not be converted.
    Nil,
    Num(i64),
    Bool(bool),
    Str(Rc<str>),
    /// A time in nanoseconds.
    Time(i64),
    Ip(Ipv4Addr),
    IpPrefix(Ipv4Net),
    Ip6(Ipv6Addr),
    Ip6Prefix(Ipv6Net),
    /// The identity of an item.
    Id(u32),
    Array(Rc<Array>),
    Code(Rc<Code>),
}

/// Statements as a value: a function.
#[derive(Debug)]
pub(crate) struct Code {
    /// The statements.
    pub(crate) body: Block,
    /// The text that they stand in, by its place in the evaluator's table.
    pub(crate) text: usize,
    /// The menu in which they were written.
    pub(crate) menu: &'static str,
}

impl Value {
    /// A text as a value.
    pub(crate) fn str(text: impl Into<Rc<str>>) -> Self {
        Self::Str(text.into())
    }

    /// The name that `:typeof` gives.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Nil => "nil",
            Self::Num(_) => "num",
            Self::Bool(_) => "bool",
            Self::Str(_) => "str",
            Self::Time(_) => "time",
            Self::Ip(_) => "ip",
            Self::IpPrefix(_) => "ip-prefix",
            Self::Ip6(_) => "ip6",
            Self::Ip6Prefix(_) => "ip6-prefix",
            Self::Id(_) => "id",
            Self::Array(_) => "array",
            Self::Code(_) => "code",
        }
    }

    /// Whether there is no value.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::Nothing | Self::Nil)
    }

    /// How much room the value takes, in bytes or elements: what making it costs.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Str(text) => text.len() / 16,
            Self::Array(array) => array.total(),
            _ => 0,
        }
    }
}
