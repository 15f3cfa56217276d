//! Whether the kernel has flow tables, and which devices are in those that there are.

use super::batch::{Batch, REHEARSAL};
use super::dump;
use super::message::{attribute, attributes, find, nested, text};
use super::numbers::{
    CREATE, GET_FLOWTABLE, LIST_ELEMENT, NEW_CHAIN, NEW_FLOWTABLE, NEW_RULE, NEW_TABLE, OFFLOAD_FLOWTABLE,
    chain, expression, flowtable, hook, rule, table,
};
use crate::flowtable::Flowtable;
use crate::interface::InterfaceName;
use crate::name::Name;
use crate::state::{Family, State, TABLE};
use std::collections::{BTreeMap, BTreeSet};
use std::{fs, io};

/// How many messages ask for a family.
const MESSAGES: usize = 4;

/// Says of each family whether the kernel has flow tables and lets rules put connections there, loading its modules for
/// that. Nothing else is changed: it is asked in a transaction without an end.
pub(crate) fn are_there(families: &[Family]) -> io::Result<Vec<bool>> {
    if families.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = Batch::new();
    for &family in families {
        batch.push(NEW_TABLE, CREATE, family, |bytes| text(bytes, table::NAME, REHEARSAL));
        batch.push(NEW_FLOWTABLE, CREATE, family, |bytes| {
            text(bytes, flowtable::TABLE, REHEARSAL);
            text(bytes, flowtable::NAME, REHEARSAL);
            nested(bytes, flowtable::HOOK, |bytes| {
                attribute(bytes, hook::NUMBER, &hook::INGRESS.to_be_bytes());
                attribute(bytes, hook::PRIORITY, &0u32.to_be_bytes());
            });
        });
        batch.push(NEW_CHAIN, CREATE, family, |bytes| {
            text(bytes, chain::TABLE, REHEARSAL);
            text(bytes, chain::NAME, REHEARSAL);
        });
        batch.push(NEW_RULE, CREATE, family, |bytes| {
            text(bytes, rule::TABLE, REHEARSAL);
            text(bytes, rule::CHAIN, REHEARSAL);
            nested(bytes, rule::EXPRESSIONS, |bytes| {
                nested(bytes, LIST_ELEMENT, |bytes| {
                    text(bytes, expression::NAME, "flow_offload");
                    nested(bytes, expression::DATA, |bytes| text(bytes, OFFLOAD_FLOWTABLE, REHEARSAL));
                });
            });
        });
    }
    let mut outcomes = batch.rehearse()?.into_iter();
    let mut of_family = || -> Vec<io::Result<()>> { outcomes.by_ref().take(MESSAGES).collect() };
    families.iter().map(|_| has_all(of_family())).collect()
}

/// Of what the kernel has not, it says that there is no such thing.
fn has_all(outcomes: Vec<io::Result<()>>) -> io::Result<bool> {
    match outcomes.into_iter().collect::<io::Result<()>>() {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::Unsupported) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Says whether the kernel's flow tables have the devices that they have in a state: one takes itself out of them when it
/// goes, and no transaction is counted then.
pub(crate) fn have_devices_of(state: &State) -> io::Result<bool> {
    for (family, table) in &state.tables {
        if table.flowtables.is_empty() {
            continue;
        }
        let found = devices(*family)?;
        let is_as_wanted = |(name, flowtable): (&Name, &Flowtable)| {
            let devices = found.get(name.as_str()).into_iter().flatten().map(String::as_str);
            devices.eq(flowtable.devices.iter().map(InterfaceName::as_str))
        };
        if !table.flowtables.iter().all(is_as_wanted) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes those devices out of a state's flow tables that this thread's network namespace does not have.
pub(crate) fn leave_out_absent_devices(state: &mut State) -> io::Result<()> {
    let mut flowtables = state.tables.values_mut().flat_map(|table| table.flowtables.values_mut()).peekable();
    if flowtables.peek().is_some() {
        let listed = fs::read_to_string("/proc/thread-self/net/dev")?;
        let names = listed.lines().filter_map(|line| Some(line.split_once(':')?.0.trim_start()));
        let there: BTreeSet<&str> = names.collect();
        for flowtable in flowtables {
            *flowtable = flowtable.with_devices(|device| there.contains(device.as_str()));
        }
    }
    Ok(())
}

/// The devices of each flow table of ours, by name.
fn devices(family: Family) -> io::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut with_devices = BTreeMap::new();
    let note = |object: &[u8]| {
        let part = |kind| find(object, kind).and_then(string);
        if part(flowtable::TABLE) == Some(TABLE)
            && let Some(name) = part(flowtable::NAME)
        {
            let hook = find(object, flowtable::HOOK).unwrap_or_default();
            let list = attributes(find(hook, hook::DEVICES).unwrap_or_default());
            let devices = list.filter(|(kind, _)| *kind == hook::DEVICE_NAME);
            let names = devices.filter_map(|(_, value)| string(value)).map(str::to_owned);
            with_devices.insert(name.to_owned(), names.collect());
        }
        Ok(())
    };
    dump(GET_FLOWTABLE, family, |_| {}, note)?;
    Ok(with_devices)
}

/// A text with a zero byte at its end.
fn string(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value.strip_suffix(&[0]).unwrap_or(value)).ok()
}
