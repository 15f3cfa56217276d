//! Property names already looked up.

use crate::database::{MenuPath, PropertyName};
use std::collections::HashMap;

/// The names by menu and spelling.
///
/// The lines of a long list say the same things in the same order. What stood at the same place of an earlier line is
/// compared first, which is much quicker than hashing menu and spelling.
#[derive(Debug, Default)]
pub(super) struct NameCache<'s> {
    known: HashMap<(MenuPath, &'s str), PropertyName>,
    /// The menu of the last command.
    menu: MenuPath,
    /// What stood last at each place among the arguments of a command in it.
    last: Vec<Option<(&'s str, PropertyName)>>,
}

/// How many arguments are remembered by their place.
const MOST_PLACES: usize = 64;

impl<'s> NameCache<'s> {
    /// A name by its spelling in full.
    pub(super) fn get(&self, menu: MenuPath, spelling: &str) -> Option<PropertyName> {
        self.known.get(&(menu, spelling)).copied()
    }

    /// A name by its spelling at a place among the arguments, if the last command that gave one there wrote the same.
    pub(super) fn get_at(&self, place: usize, menu: MenuPath, spelling: &str) -> Option<PropertyName> {
        let &(last, name) = self.last.get(place)?.as_ref()?;
        (last == spelling && self.menu == menu).then_some(name)
    }

    pub(super) fn insert(&mut self, menu: MenuPath, spelling: &'s str, name: PropertyName) {
        self.known.insert((menu, spelling), name);
    }

    /// Remembers what stands at a place.
    pub(super) fn insert_at(&mut self, place: usize, menu: MenuPath, spelling: &'s str, name: PropertyName) {
        if self.menu != menu {
            self.last.clear();
            self.menu = menu;
        }
        if place >= self.last.len() && place < MOST_PLACES {
            self.last.resize(place + 1, None);
        }
        if let Some(last) = self.last.get_mut(place) {
            *last = Some((spelling, name));
        }
    }
}
