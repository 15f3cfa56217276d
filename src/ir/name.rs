//! Names of objects, one type for each kind, so that a table can't be passed where a chain belongs.
//!
//! Only `resolve` makes them, after it has seen the object that they name.

use serde::{Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

macro_rules! names {
    ($( $(#[doc = $doc:literal])+ $name:ident; )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub(crate) fn new(name: &str) -> Self {
                Self(Arc::from(name))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    )+ };
}

names! {
    /// An interface, by the name that RouterOS knows it under.
    InterfaceName;
    /// A `/interface list`.
    InterfaceListName;
    /// A routing table. In version 7 a routing mark is the name of a table, in version 6 the other way round:
    /// one and the same thing.
    TableName;
    /// An address list of one family.
    AddressListName;
    /// A chain that the configuration made up, as opposed to RouterOS's own.
    ChainName;
    /// A connection mark.
    ConnectionMark;
    /// A packet mark.
    PacketMark;
}

impl InterfaceName {
    /// `lo`, by which the router speaks to itself.
    pub fn loopback() -> Self {
        Self::new("lo")
    }
}

impl TableName {
    /// RouterOS's built-in table.
    pub fn main() -> Self {
        Self::new("main")
    }

    /// Says whether this is the built-in table.
    pub fn is_main(&self) -> bool {
        &*self.0 == "main"
    }

    /// The table as a routing mark: the mark of `main` is none at all.
    pub fn as_mark(&self) -> Option<&Self> {
        Some(self).filter(|table| !table.is_main())
    }
}
