//! The elements of sets, without nft: it takes several times as long to load many of them, and to list them.
//!
//! In an interval set the kernel keeps where an interval starts and, marked, where one ends: the value behind its last. An
//! interval that reaches the greatest value has no end. Values stand in network byte order there, marks too.

use super::batch::Batch;
use super::message::{attribute, attributes, find, nested, number, text, unreadable};
use super::numbers::{
    CREATE, DATA_VALUE, DELETE_ELEMENTS, GET_ELEMENTS, LIST_ELEMENT, NEW_ELEMENTS, element, elements,
};
use super::{dump, open};
use crate::interface::{InterfaceName, Interfaces};
use crate::interval::{Interval, Point};
use crate::kind::SetKey;
use crate::name::Name;
use crate::range::Ranges;
use crate::state::{Family, TABLE};
use crate::values::Values;
use rustix::net::sockopt::set_socket_send_buffer_size_force;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

/// So many bytes of elements stand in one message: what is nested has 16 bits for its length.
const MESSAGE: usize = 60_000;
/// So many bytes stand in one transaction: a socket sends no more at once by itself.
const TRANSACTION: usize = 150_000;
/// And so many where it is given more room.
const LARGE_TRANSACTION: usize = 8_000_000;

/// Adds addresses to a set that has none of them, in one transaction or, if they are many, in several. Returns how many
/// these were.
///
/// Nobody may look into the set yet: for a while it has some of the elements.
pub(crate) fn add(family: Family, set: &Name, elements: &Values) -> io::Result<u32> {
    let socket = open()?;
    // The kernel takes longer for each transaction the more elements the set has. Not all users may have more room.
    let is_large = set_socket_send_buffer_size_force(&socket, 2 * LARGE_TRANSACTION).is_ok();
    let most = if is_large { LARGE_TRANSACTION } else { TRANSACTION };
    let mut transactions = 0;
    let mut edges = all_edges(elements).into_iter().flatten().peekable();
    while edges.peek().is_some() {
        let mut batch = Batch::new();
        while edges.peek().is_some() && batch.len() < most - MESSAGE {
            push(&mut batch, NEW_ELEMENTS, family, set, &mut edges);
        }
        batch.commit(&socket)?;
        transactions += 1;
    }
    Ok(transactions)
}

/// A few elements of a set that go, and others that come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edit<'a> {
    pub(crate) family: Family,
    pub(crate) set: &'a Name,
    pub(crate) removed: &'a Values,
    pub(crate) added: &'a Values,
}

impl Edit<'_> {
    /// Whether [`edit`] can do it. An interval that starts at the smallest value has to do with what nft puts in front.
    pub(crate) fn is_possible(&self) -> bool {
        [self.removed, self.added].iter().all(|values| {
            // They ascend.
            let first = inner_edges(values).map(|mut edges| edges.next());
            values.is_empty() || first.is_some_and(|first| first.is_none_or(|edge| !edge.is_first()))
        })
    }

    fn len(&self) -> usize {
        self.removed.len() + self.added.len()
    }
}

/// Whether so many edits fit one transaction.
pub(crate) fn fits(edits: &[Edit<'_>]) -> bool {
    /// Two edges, and their share of what stands around them.
    const ELEMENT: usize = 100;
    edits.iter().map(|edit| edit.len() * ELEMENT + 2 * edit.set.as_str().len() + ELEMENT).sum::<usize>()
        < TRANSACTION
}

/// Makes edits a part of a transaction.
pub(crate) fn add_edits(batch: &mut Batch, edits: &[Edit<'_>]) {
    for edit in edits {
        for (kind, values) in [(DELETE_ELEMENTS, edit.removed), (NEW_ELEMENTS, edit.added)] {
            let mut edges = inner_edges(values).into_iter().flatten().peekable();
            while edges.peek().is_some() {
                push(batch, kind, edit.family, edit.set, &mut edges);
            }
        }
    }
}

/// Adds a message with as many elements as it can hold.
fn push(batch: &mut Batch, kind: u16, family: Family, set: &Name, edges: &mut impl Iterator<Item = Edge>) {
    let create = if kind == NEW_ELEMENTS { CREATE } else { 0 };
    batch.push(kind, create, family, |bytes| {
        text(bytes, elements::TABLE, TABLE);
        text(bytes, elements::SET, set.as_str());
        nested(bytes, elements::LIST, |bytes| {
            let start = bytes.len();
            while bytes.len() - start < MESSAGE
                && let Some(edge) = edges.next()
            {
                edge.write(bytes);
            }
        });
    });
}

/// A place in the order of values where an interval starts, or where one has ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    value: Vec<u8>,
    /// Where one ends another one may start.
    starts: bool,
}

impl Edge {
    /// Whether it is the smallest value.
    fn is_first(&self) -> bool {
        self.value.iter().all(|byte| *byte == 0)
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        nested(bytes, LIST_ELEMENT, |bytes| {
            nested(bytes, element::KEY, |bytes| attribute(bytes, DATA_VALUE, &self.value));
            if !self.starts {
                attribute(bytes, element::FLAGS, &element::INTERVAL_END.to_be_bytes());
            }
        });
    }
}

/// The edges of some addresses; `None` for values of another kind.
fn inner_edges(values: &Values) -> Option<Box<dyn Iterator<Item = Edge> + '_>> {
    match values {
        Values::Ipv4(ranges) => Some(Box::new(edges(ranges, |address| address.octets().to_vec()))),
        Values::Ipv6(ranges) => Some(Box::new(edges(ranges, |address| address.octets().to_vec()))),
        _ => None,
    }
}

fn edges<'a, P: Point + 'a>(
    ranges: &'a Ranges<P>,
    bytes: impl Fn(P) -> Vec<u8> + Copy + 'a,
) -> impl Iterator<Item = Edge> + 'a {
    ranges.iter().flat_map(move |interval| {
        let start = Edge { value: bytes(interval.low()), starts: true };
        let end = interval.high().successor().map(|behind| Edge { value: bytes(behind), starts: false });
        [Some(start), end].into_iter().flatten()
    })
}

/// The edges of all elements of a set: as nft does it, an end stands in front of the first interval.
fn all_edges(values: &Values) -> Option<impl Iterator<Item = Edge> + '_> {
    let first = inner_edges(values)?.next().filter(|first| !first.is_first());
    let before = first.map(|first| Edge { value: vec![0; first.value.len()], starts: false });
    Some(before.into_iter().chain(inner_edges(values)?))
}

/// Whether [`add`] can add these.
pub(crate) fn can_add(values: &Values) -> bool {
    matches!(values, Values::Ipv4(_) | Values::Ipv6(_))
}

/// Reads the elements of an interval set, and how many intervals the kernel has; `None` if one of them has something to it
/// that none of ours has.
pub(crate) fn read(family: Family, set: &Name, key: SetKey) -> io::Result<Option<(Values, usize)>> {
    let of_set = |bytes: &mut Vec<u8>| {
        text(bytes, elements::TABLE, TABLE);
        text(bytes, elements::SET, set.as_str());
    };
    let mut edges: Vec<Edge> = Vec::new();
    let mut are_known = true;
    dump(GET_ELEMENTS, family, of_set, |object| {
        for (_, one) in attributes(find(object, elements::LIST).unwrap_or_default()) {
            match edge(one)? {
                Some(edge) => edges.push(edge),
                None => are_known = false,
            }
        }
        Ok(())
    })?;
    Ok(are_known.then(|| from_edges(edges, key)).flatten())
}

/// Reads an element; `None` if it has something to it.
fn edge(element: &[u8]) -> io::Result<Option<Edge>> {
    let (mut value, mut flags) = (None, 0);
    for (kind, body) in attributes(element) {
        match kind {
            element::KEY => value = find(body, DATA_VALUE),
            element::FLAGS => flags = number(body).ok_or_else(unreadable)?,
            element::USERDATA if body.first() == Some(&element::USERDATA_FLAGS) => {}
            element::PAD => {}
            _ => return Ok(None),
        }
    }
    if flags & !element::INTERVAL_END != 0 {
        return Ok(None);
    }
    let value = value.ok_or_else(unreadable)?.to_vec();
    Ok(Some(Edge { value, starts: flags & element::INTERVAL_END == 0 }))
}

/// Makes values of what the kernel has, in whatever order it has it, and counts the intervals.
fn from_edges(mut edges: Vec<Edge>, key: SetKey) -> Option<(Values, usize)> {
    // Where the kernel has it sorted it is so backwards.
    edges.sort_unstable();
    let mut intervals: Vec<(Vec<u8>, Option<Vec<u8>>)> = Vec::new();
    for Edge { value, starts } in edges {
        match intervals.last_mut() {
            _ if starts => intervals.push((value, None)),
            Some((_, end @ None)) => *end = Some(value),
            // In front of the first interval, or behind one that has ended.
            Some((_, Some(_))) | None => {}
        }
    }
    let count = intervals.len();
    let values = match key {
        SetKey::Ipv4Addr => Values::Ipv4(ranges(&intervals, |bytes: [u8; 4]| Ipv4Addr::from(bytes))?),
        SetKey::Ipv6Addr => Values::Ipv6(ranges(&intervals, |bytes: [u8; 16]| Ipv6Addr::from(bytes))?),
        SetKey::InterfaceName => Values::Interfaces(names(&intervals)?),
        SetKey::InetProto => Values::Numbers(ranges(&intervals, |[byte]: [u8; 1]| byte)?.map(u32::from)),
        SetKey::InetService => Values::Numbers(ranges(&intervals, u16::from_be_bytes)?.map(u32::from)),
        SetKey::Mark => Values::Numbers(ranges(&intervals, u32::from_be_bytes)?),
    };
    Some((values, count))
}

fn ranges<P: Point, const N: usize>(
    intervals: &[(Vec<u8>, Option<Vec<u8>>)],
    value: impl Fn([u8; N]) -> P,
) -> Option<Ranges<P>> {
    let read = |bytes: &[u8]| bytes.try_into().ok().map(&value);
    let interval = |(start, end): &(Vec<u8>, Option<Vec<u8>>)| {
        let high = match end {
            Some(end) => read(end)?.predecessor()?,
            None => P::MAX,
        };
        Interval::new(read(start)?, high)
    };
    intervals.iter().map(interval).collect()
}

/// Names: to the kernel a wildcard is the interval from its stem to what comes behind all names that start so.
fn names(intervals: &[(Vec<u8>, Option<Vec<u8>>)]) -> Option<Interfaces> {
    let name = |(start, end): &(Vec<u8>, Option<Vec<u8>>)| {
        let end = u128::from_be_bytes(end.as_deref()?.try_into().ok()?);
        let first = u128::from_be_bytes(start.as_slice().try_into().ok()?);
        let length = start.iter().position(|byte| *byte == 0)?;
        let stem = std::str::from_utf8(&start[..length]).ok()?;
        let of_stem = 1_u128.checked_shl(u32::try_from((start.len() - length) * 8).ok()?)?;
        let text = match end.checked_sub(first)? {
            1 => stem.to_owned(),
            width if width == of_stem => format!("{stem}*"),
            _ => return None,
        };
        InterfaceName::new(&text).ok()
    };
    intervals.iter().map(name).collect::<Option<Vec<_>>>().map(Interfaces::from_iter)
}
