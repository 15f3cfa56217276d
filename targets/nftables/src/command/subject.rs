//! What a command of a transaction is about.

use crate::name::Name;
use crate::rule::Rule;
use crate::state::{Family, TABLE};
use rosc_target::Origin;

/// What a command is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    Table(Family),
    Object(Family, &'a str, &'a str),
    Set(Family, &'a Name, Origin),
    Helper(Family, &'a Name, Origin),
    Flowtable(Family, &'a Name, Origin),
    Chain(Family, &'a Name, Origin),
    Rule(Family, &'a Name, &'a Rule),
}

impl Subject<'_> {
    /// The line that asks for the object.
    pub(crate) fn origin(&self) -> Option<Origin> {
        let origin = match self {
            Self::Table(_) | Self::Object(..) => Origin::IMPLIED,
            Self::Set(_, _, origin)
            | Self::Helper(_, _, origin)
            | Self::Flowtable(_, _, origin)
            | Self::Chain(_, _, origin) => *origin,
            Self::Rule(_, _, rule) => rule.origin(),
        };
        (!origin.is_implied()).then_some(origin)
    }

    /// The object in nft's words.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Table(family) => format!("table {family} {TABLE}"),
            Self::Object(family, kind, name) => format!("{kind} {family} {TABLE} {name}"),
            Self::Set(family, name, _) => format!("set {family} {TABLE} {name}"),
            Self::Helper(family, name, _) => format!("ct helper {family} {TABLE} {name}"),
            Self::Flowtable(family, name, _) => format!("flowtable {family} {TABLE} {name}"),
            Self::Chain(family, name, _) => format!("chain {family} {TABLE} {name}"),
            Self::Rule(family, chain, rule) => format!("rule {family} {TABLE} {chain} {rule}"),
        }
    }
}
