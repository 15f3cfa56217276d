//! The order of a menu's names, derived from menus whose order is known.

use std::collections::BTreeMap;

/// Flags stand behind all else, in this order as far as the recorded menus agree on one.
const FLAGS: [&str; 8] =
    ["invalid", "inactive", "running", "dynamic", "slave", "hw-offloaded", "managed", "default"];

/// How like menus have to be for a quirk of one to be one of the other: a name that stands twice.
const ALIKE: f64 = 0.5;

/// Orders a menu's names.
///
/// The recorded lists are laid over each other, that of the most similar menu first: menus for the same thing, such as
/// the rules of both families, have the same order. Names that no
/// recorded menu has stand before the flags, in the order in which they come.
pub(super) fn derive(
    names: &[&'static str],
    recorded: &BTreeMap<&'static str, Vec<&'static str>>,
) -> Vec<&'static str> {
    let mut known: Vec<&Vec<&'static str>> = recorded.values().collect();
    known.sort_by(|a, b| likeness(names, b).total_cmp(&likeness(names, a)));
    let mut order: Vec<&'static str> = Vec::with_capacity(names.len());
    for list in known {
        let shared: Vec<&'static str> = list.iter().copied().filter(|name| names.contains(name)).collect();
        if order.is_empty() && likeness(names, list) >= ALIKE {
            order = shared; // Names that stand twice there do so here.
        } else {
            lay_over(&mut order, &shared);
        }
    }
    let unknown: Vec<&'static str> = names.iter().copied().filter(|name| !order.contains(name)).collect();
    order.extend(unknown);
    order.sort_by_key(|name| rank(name));
    order
}

/// How like two menus are: the share of common names among all of both, from 0 to 1.
fn likeness(names: &[&str], list: &[&str]) -> f64 {
    let mut all: Vec<&str> = [names, list].concat();
    all.sort_unstable();
    all.dedup();
    let common = all.iter().filter(|name| names.contains(name) && list.contains(name)).count();
    common as f64 / all.len().max(1) as f64
}

/// Puts what an order lacks of a list next to its neighbours there.
fn lay_over(order: &mut Vec<&'static str>, list: &[&'static str]) {
    for (index, name) in list.iter().enumerate() {
        if order.contains(name) {
            continue;
        }
        let place = |neighbour: &&str| order.iter().rposition(|ordered| ordered == neighbour);
        let behind = list[..index].iter().rev().find_map(place).map(|place| place + 1);
        let before = list[index + 1..].iter().find_map(place);
        match behind.or(before) {
            Some(place) => order.insert(place, name),
            None if order.is_empty() => order.push(name),
            None => {}
        }
    }
}

/// `name` is first, flags are last, and behind them what nearly all menus have.
fn rank(name: &str) -> usize {
    match name {
        "name" => 0,
        "disabled" => 3,
        "comment" => 4,
        name if FLAGS.contains(&name) => 2,
        _ => 1,
    }
}
