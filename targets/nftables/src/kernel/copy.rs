//! Rules that nft has made in one table, for another one.
//!
//! The bytes of a rule are good anywhere, but for the sets without a name that it looks into: each stands in its rule's
//! table and is for that rule alone, so it is made again together with it.

use super::batch::Batch;
use super::message::{attribute, attributes, find, nested, text};
use super::numbers::{
    APPEND, CREATE, DYNSET_TIMEOUT, EXTHDR_FLAGS, GET_ELEMENTS, GET_SET, LIST_ELEMENT, NEW_ELEMENTS,
    NEW_RULE, NEW_SET, element, elements, expression, lookup, rule, set,
};
use super::rules::{COUNTER, Place, RawRule, expressions};
use super::{dump, get};
use crate::state::{Family, TABLE};
use std::io;

/// So many bytes of elements stand in one message: what is nested has 16 bits for its length.
const MESSAGE: usize = 30_000;

/// All that makes a rule, wherever it stands.
#[derive(Debug, Clone)]
pub(crate) struct RuleCopy {
    expressions: Vec<Expression>,
    userdata: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
struct Expression {
    /// With a zero byte at its end.
    name: Vec<u8>,
    /// Without the name of a set that has none of its own.
    data: Vec<u8>,
    set: Option<NamelessSet>,
}

/// A set that stands in a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamelessSet {
    /// Of which the kernel makes its name: `__set%d`.
    template: String,
    attributes: Vec<(u16, Vec<u8>)>,
    /// In the order of their keys.
    elements: Vec<Vec<u8>>,
}

/// What rules have counted is no part of what they are.
impl PartialEq for RuleCopy {
    fn eq(&self, other: &Self) -> bool {
        let is_same = |(one, other): (&Expression, &Expression)| {
            one.name == other.name && one.set == other.set && (one.name == COUNTER || one.data == other.data)
        };
        self.userdata == other.userdata
            && self.expressions.len() == other.expressions.len()
            && self.expressions.iter().zip(&other.expressions).all(is_same)
    }
}

impl RuleCopy {
    /// Reads what else there is to a rule of a table. `None` if something of it can't be made again by these bytes.
    pub(crate) fn of(family: Family, table: &str, rule: &RawRule) -> io::Result<Option<Self>> {
        let mut all = Vec::new();
        for (name, data) in expressions(&rule.expressions) {
            let (name, mut data, mut set) = (name.to_vec(), taken_back(name, data), None);
            if let Some(of_set) = nameless(&data) {
                // Other expressions that look into such sets would say so at another place.
                if name != b"lookup\0" {
                    return Ok(None);
                }
                let Some(found) = NamelessSet::read(family, table, &of_set)? else { return Ok(None) };
                set = Some(found);
                data = without(&data, |kind, _| kind == lookup::SET);
            }
            all.push(Expression { name, data, set });
        }
        Ok(Some(Self { expressions: all, userdata: rule.userdata.clone() }))
    }

    /// Makes the rule a part of a transaction, in front of the rule with the handle or at the end of the chain. `sets`
    /// counts the sets of the transaction.
    pub(crate) fn put(&self, batch: &mut Batch, place: Place<'_>, sets: &mut u32) {
        let first = *sets;
        for set in self.expressions.iter().filter_map(|one| one.set.as_ref()) {
            *sets += 1;
            set.put(batch, place.family, *sets);
        }
        let mut id = first;
        let append = if place.handle.is_none() { APPEND } else { 0 };
        batch.push(NEW_RULE, CREATE | append, place.family, |bytes| {
            text(bytes, rule::TABLE, TABLE);
            text(bytes, rule::CHAIN, place.chain);
            if let Some(handle) = place.handle {
                attribute(bytes, rule::POSITION, &handle.to_be_bytes());
            }
            nested(bytes, rule::EXPRESSIONS, |bytes| {
                for one in &self.expressions {
                    nested(bytes, LIST_ELEMENT, |bytes| one.write(bytes, &mut id));
                }
            });
            if let Some(userdata) = &self.userdata {
                attribute(bytes, rule::USERDATA, userdata);
            }
        });
    }
}

impl Expression {
    fn write(&self, bytes: &mut Vec<u8>, id: &mut u32) {
        attribute(bytes, expression::NAME, &self.name);
        nested(bytes, expression::DATA, |bytes| {
            if let Some(set) = &self.set {
                *id += 1;
                text(bytes, lookup::SET, &set.template);
                attribute(bytes, lookup::SET_ID, &id.to_be_bytes());
            }
            bytes.extend(&self.data);
        });
    }
}

/// The name of a set that has none of its own, if an expression names one. nft gives no set a name that starts so.
fn nameless(data: &[u8]) -> Option<String> {
    attributes(data).find_map(|(_, value)| {
        let name = std::str::from_utf8(value.strip_suffix(&[0])?).ok()?;
        let is_numbered = |stem| {
            name.strip_prefix(stem).is_some_and(|number: &str| number.bytes().all(|c| c.is_ascii_digit()))
        };
        ["__set", "__map"].into_iter().any(is_numbered).then(|| name.to_owned())
    })
}

/// What the kernel takes of what it tells of an expression: some of it is told even if it is nothing, and refused then.
fn taken_back(name: &[u8], data: &[u8]) -> Vec<u8> {
    let told = match name {
        b"dynset\0" => DYNSET_TIMEOUT,
        b"exthdr\0" => EXTHDR_FLAGS,
        _ => return data.to_vec(),
    };
    without(data, |kind, value| kind == told && value.iter().all(|byte| *byte == 0))
}

/// Attributes without some.
fn without(bytes: &[u8], is_unwanted: impl Fn(u16, &[u8]) -> bool) -> Vec<u8> {
    let mut rest = Vec::new();
    for (kind, value) in attributes(bytes).filter(|(kind, value)| !is_unwanted(*kind, value)) {
        attribute(&mut rest, kind, value);
    }
    rest
}

impl NamelessSet {
    fn read(family: Family, table: &str, name: &str) -> io::Result<Option<Self>> {
        let found = get(GET_SET, Some(family), |bytes| {
            text(bytes, set::TABLE, table);
            text(bytes, set::NAME, name);
        })?;
        let mut kept = Vec::new();
        for (kind, value) in attributes(&found) {
            match kind {
                set::FLAGS
                | set::KEY_TYPE
                | set::KEY_LENGTH
                | set::DATA_TYPE
                | set::DATA_LENGTH
                | set::POLICY
                | set::DESCRIPTION
                | set::USERDATA => kept.push((kind, value.to_vec())),
                set::TABLE | set::NAME | set::PAD | set::HANDLE | set::TYPE | set::COUNT => {}
                _ => return Ok(None),
            }
        }
        let mut elements = Vec::new();
        let mut are_known = true;
        let of_set = |bytes: &mut Vec<u8>| {
            text(bytes, elements::TABLE, table);
            text(bytes, elements::SET, name);
        };
        dump(GET_ELEMENTS, family, of_set, |object| {
            for (_, one) in attributes(find(object, elements::LIST).unwrap_or_default()) {
                let is_known = |(kind, _)| {
                    matches!(
                        kind,
                        element::KEY | element::DATA | element::FLAGS | element::USERDATA | element::KEY_END
                    )
                };
                are_known &= attributes(one).all(is_known);
                elements.push(one.to_vec());
            }
            Ok(())
        })?;
        // As nft gives them: by their keys, and the end of an interval in front of one that starts there.
        elements.sort_by_cached_key(|one| {
            let part = |kind| find(one, kind).map(<[u8]>::to_vec);
            (part(element::KEY), part(element::FLAGS).is_none(), part(element::KEY_END))
        });
        let template = format!("{}%d", name.trim_end_matches(|c: char| c.is_ascii_digit()));
        Ok(are_known.then_some(Self { template, attributes: kept, elements }))
    }

    fn put(&self, batch: &mut Batch, family: Family, id: u32) {
        batch.push(NEW_SET, CREATE, family, |bytes| {
            text(bytes, set::TABLE, TABLE);
            text(bytes, set::NAME, &self.template);
            for (kind, value) in &self.attributes {
                attribute(bytes, *kind, value);
            }
            attribute(bytes, set::ID, &id.to_be_bytes());
        });
        let mut rest = self.elements.iter().peekable();
        while rest.peek().is_some() {
            batch.push(NEW_ELEMENTS, CREATE, family, |bytes| {
                text(bytes, elements::TABLE, TABLE);
                text(bytes, elements::SET, &self.template);
                attribute(bytes, elements::SET_ID, &id.to_be_bytes());
                nested(bytes, elements::LIST, |bytes| {
                    let start = bytes.len();
                    while bytes.len() - start < MESSAGE
                        && let Some(one) = rest.next()
                    {
                        attribute(bytes, LIST_ELEMENT, one);
                    }
                });
            });
        }
    }
}
