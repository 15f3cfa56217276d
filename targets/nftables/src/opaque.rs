//! What somebody else put into our tables and rosc has no type for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A statement in nft's JSON that rosc does not know.
///
/// It is kept as it is: a rule that was edited by hand differs from the one that is wanted, is shown, and can
/// be loaded again by an undo; and it never keeps the rest of the table from being read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Opaque(pub(crate) Value);

impl Opaque {
    /// nft's JSON.
    pub fn json(&self) -> &Value {
        &self.0
    }
}

/// An object of a table that rosc does not know: a map, a counter, a set of another kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OpaqueObject {
    /// nft's word for the kind of object.
    pub(crate) kind: String,
    /// The object's name.
    pub(crate) name: String,
    /// nft's JSON for it, without its handle.
    pub(crate) body: Value,
}

impl OpaqueObject {
    /// nft's word for the kind of object: `map`, `counter`, `set` ...
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The object's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}
