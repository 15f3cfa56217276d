//! The names that a condition of a menu may use, in the order of the router's own tables.
//!
//! A router knows more of an item than can be set: `running`, `bytes`, `last-seen`. What can be read stands in
//! `readable.txt`, as far as `commands.txt` does not tell it; the order stands there for the menus whose conditions
//! a published dump of RouterOS 7.22.1 holds. For the others it is derived from those (`order.rs`).

mod order;

use super::commands::Commands;
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

/// Arguments of `add` and `set` that are no properties.
const NO_PROPERTIES: [&str; 3] = ["copy-from", "numbers", "place-before"];

static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists::read(include_str!("readable.txt")));

/// The names of a menu of RouterOS 7.22 without further packages, in the order of its tables. A name may stand twice,
/// as it does there. What every item has (`.id` and its like) is not among them.
pub fn names(menu: &'static str) -> Vec<&'static str> {
    let lists = &*LISTS;
    if let Some(recorded) = lists.recorded.get(menu) {
        return recorded.clone();
    }
    let derive = || order::derive(&lists.unordered(menu), &lists.recorded);
    lists.others.get(menu).map_or_else(derive, |other| other.derived.get_or_init(derive).clone())
}

/// The names that can be set, by their alphabet.
fn settable(menu: &str) -> Vec<&'static str> {
    let table = Commands::router();
    let arguments = ["add", "set"].into_iter().flat_map(|verb| table.arguments(menu, verb));
    let mut names: Vec<&'static str> =
        arguments.copied().filter(|name| !NO_PROPERTIES.contains(name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What the file holds.
struct Lists {
    recorded: BTreeMap<&'static str, Vec<&'static str>>,
    others: BTreeMap<&'static str, Other>,
}

/// What can be read of a menu, seen from what can be set.
struct Other {
    only_read: Vec<&'static str>,
    only_set: Vec<&'static str>,
    derived: OnceLock<Vec<&'static str>>,
}

impl Lists {
    fn read(text: &'static str) -> Self {
        let mut lists = Self { recorded: BTreeMap::new(), others: BTreeMap::new() };
        for line in text.lines().filter(|line| line.starts_with('/')) {
            let (menu, names) = line.split_once(' ').expect("a menu has names");
            if let Some(menu) = menu.strip_suffix(':') {
                lists.recorded.insert(menu, names.split(' ').collect());
                continue;
            }
            let (only_set, only_read): (Vec<_>, Vec<_>) =
                names.split(' ').partition(|name| name.starts_with('-'));
            let only_set = only_set.into_iter().map(|name| &name[1..]).collect();
            lists.others.insert(menu, Other { only_read, only_set, derived: OnceLock::new() });
        }
        lists
    }

    /// The names of a menu: first those that can be set, then the others, both by their alphabet.
    fn unordered(&self, menu: &str) -> Vec<&'static str> {
        let mut names = settable(menu);
        if let Some(other) = self.others.get(menu) {
            names.retain(|name| !other.only_set.contains(name));
            names.extend(&other.only_read);
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_can_only_be_read_are_known() {
        assert!(names("/ip/arp").contains(&"complete"));
        assert!(!names("/ip/arp").contains(&"copy-from"));
    }

    #[test]
    fn a_recorded_menu_has_the_order_of_the_router() {
        let pool = ["name", "ranges", "next-pool", "total", "used", "available", "comment"];
        assert_eq!(names("/ip/pool"), pool);
    }

    /// Each recorded menu is derived from the others. That the order comes out is luck for most of them: the router's
    /// tables were written by hand. What is sure are the names.
    #[test]
    fn recorded_menus_are_derived_from_the_others_as_well_as_before() {
        let recorded = &LISTS.recorded;
        let (mut same, mut turned, mut pairs) = (0, 0, 0);
        for (menu, list) in recorded {
            let mut others = recorded.clone();
            others.remove(menu);
            let mut unordered = list.clone();
            unordered.sort_unstable();
            unordered.dedup();
            let (mut known, only_read): (Vec<_>, Vec<_>) =
                unordered.iter().partition(|name| settable(menu).contains(name));
            known.extend(only_read);
            let derived = order::derive(&known, &others);
            let mut names = derived.clone();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names, unordered, "{menu}");
            same += usize::from(derived == *list);
            let place = |name: &&str| derived.iter().rposition(|derived| derived == name);
            for (index, first) in list.iter().enumerate() {
                let behind: Vec<_> = list[index + 1..].iter().filter(|second| *second != first).collect();
                pairs += behind.len();
                turned += behind.iter().filter(|second| place(first) > place(second)).count();
            }
        }
        assert!(same >= 6 && turned * 100 / pairs <= 22, "{same} menus, {turned} of {pairs} pairs turned");
    }
}
