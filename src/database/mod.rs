//! The configuration as RouterOS holds it: menus with ordered items, properties as written.
//!
//! Values stay where they were written, as origins in the source table, and are decoded when they are read: a
//! list of a million entries is not copied. Only what a script computes is held as text of its own. Spellings of version 6 are rewritten on the way in ([`v6`]), so that
//! later stages know one dialect.

mod item;
mod print;
pub mod v6;

pub(crate) use item::set_property;
pub use item::{Computed, Item, ItemId, Property, PropertyName, Written};
pub use print::quoted_if_needed;

use crate::source::Sources;
use rosc_grammar::ast::{Quoted, Span, Word};
use rosc_target::Origin;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// A menu's canonical path, such as `/ip/route`.
pub type MenuPath = &'static str;

/// All menus that the configuration touches.
#[derive(Debug)]
pub struct Database<'s> {
    sources: &'s Sources,
    menus: BTreeMap<MenuPath, Menu>,
    names: Vec<Box<str>>,
    name_ids: HashMap<Box<str>, PropertyName>,
    computed: Vec<Box<str>>,
    next_item: u32,
    /// How many commands were noted as changes.
    changes: u32,
    last_item_aside: u32,
}

/// What a menu holds.
#[derive(Debug, Default)]
pub struct Menu {
    /// The items in list order.
    pub items: Vec<Item>,
    /// The properties of a menu that is no list (`/ip settings`), with the commands that set them.
    pub settings: Vec<Property>,
    /// Commands on items that the configuration did not make, in a menu that is not lowered.
    pub changes: Vec<Change>,
    /// Commands that do something once (`/system reboot`).
    pub actions: Vec<Origin>,
}

/// A command on items that the configuration did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The command as written.
    pub command: Origin,
    /// What it does, by its full name.
    pub verb: &'static str,
    /// What stands behind that.
    pub arguments: Origin,
}

/// How many names of properties a configuration may have, with some room for those that rosc itself needs.
pub const MOST_NAMES: usize = 65_000;

impl<'s> Database<'s> {
    /// An empty database over these sources.
    pub fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            menus: BTreeMap::new(),
            names: Vec::new(),
            name_ids: HashMap::new(),
            computed: Vec::new(),
            next_item: 1,
            changes: 0,
            last_item_aside: u32::MAX,
        }
    }

    /// The sources that values are written in.
    pub fn sources(&self) -> &'s Sources {
        self.sources
    }

    /// The menus in the order of their paths.
    pub fn menus(&self) -> impl Iterator<Item = (MenuPath, &Menu)> {
        self.menus.iter().map(|(&path, menu)| (path, menu))
    }

    /// A menu, if the configuration touches it.
    pub fn menu(&self, path: &str) -> Option<&Menu> {
        self.menus.get(path)
    }

    /// The items of a menu in list order.
    pub fn items(&self, path: &str) -> &[Item] {
        self.menu(path).map(|menu| menu.items.as_slice()).unwrap_or_default()
    }

    /// The place of an item in its list, if its list is in order as far as that takes: items stand in the order of their
    /// identities until one is moved or put before another. Costs a few steps however long the list is.
    pub fn position_in_order(&self, path: &str, id: ItemId) -> Option<usize> {
        self.items(path).binary_search_by_key(&id, |item| item.id).ok()
    }

    /// The place of an item in its list, wherever it stands.
    pub fn position(&self, path: &str, id: ItemId) -> Option<usize> {
        let one_by_one = || self.items(path).iter().position(|item| item.id == id);
        self.position_in_order(path, id).or_else(one_by_one)
    }

    /// A menu to change, made if need be.
    pub fn menu_mut(&mut self, path: MenuPath) -> &mut Menu {
        self.menus.entry(path).or_default()
    }

    /// A new item's identity.
    pub fn new_id(&mut self) -> ItemId {
        let id = ItemId(self.next_item);
        self.next_item += 1;
        id
    }

    /// Adds an item that a router has by itself, in front of those that are there.
    pub fn add_built_in(
        &mut self,
        path: MenuPath,
        values: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) {
        let property = |(name, value)| {
            let written = self.keep(value);
            Property { name: self.name_id(name), written, origin: Origin::IMPLIED }
        };
        let properties = values.into_iter().map(property).collect();
        let id = self.new_id_aside();
        let item = Item { id, origin: Origin::IMPLIED, called: None, properties, is_broken: false };
        self.menu_mut(path).items.insert(0, item);
    }

    /// Notes a command on items that the configuration did not make.
    pub fn note_change(&mut self, path: MenuPath, change: Change) {
        self.changes += 1;
        self.menu_mut(path).changes.push(change);
    }

    /// How often something was made or changed that an export tells of by the command itself: it only grows.
    pub fn commands_kept(&self) -> u32 {
        self.next_item + self.changes
    }

    /// A new identity for what is no item of the router's, which leaves the numbers of its items alone.
    pub fn new_id_aside(&mut self) -> ItemId {
        self.last_item_aside -= 1;
        ItemId(self.last_item_aside)
    }

    /// Whether a property's name has, or can get, a short form. RouterOS has a tenth as many names as there is room for.
    pub fn has_room_for_name(&self, name: &str) -> bool {
        self.names.len() < MOST_NAMES || self.name_ids.contains_key(name)
    }

    /// The short form of a property's name.
    ///
    /// # Panics
    /// If there are 65,536 different names already; [`Self::has_room_for_name`] says no a little earlier.
    pub fn name_id(&mut self, name: &str) -> PropertyName {
        if let Some(&id) = self.name_ids.get(name) {
            return id;
        }
        let id = PropertyName(u16::try_from(self.names.len()).expect("fewer names than RouterOS has"));
        self.names.push(name.into());
        self.name_ids.insert(name.into(), id);
        id
    }

    /// The short form of a name, if any item has such a property.
    pub fn known_name(&self, name: &str) -> Option<PropertyName> {
        self.name_ids.get(name).copied()
    }

    /// A name in full.
    pub fn name(&self, name: PropertyName) -> &str {
        &self.names[usize::from(name.0)]
    }

    /// Keeps a text that a script has computed.
    ///
    /// # Panics
    /// If there are more than 4,294,967,295 of them.
    pub fn keep(&mut self, text: &str) -> Written {
        let place = u32::try_from(self.computed.len()).expect("scripts are cut off long before");
        self.computed.push(text.into());
        Written::Computed(Computed::new(place))
    }

    /// The value of a property, decoded.
    pub fn text(&self, property: &Property) -> Cow<'_, str> {
        match property.written {
            Written::Value => self.decode(property.origin),
            Written::Switch => Cow::Borrowed("yes"),
            Written::Computed(computed) => Cow::Borrowed(&self.computed[computed.place()]),
        }
    }

    /// The value of an item's property, decoded.
    pub fn value(&self, item: &Item, name: &str) -> Option<Cow<'_, str>> {
        let property = item.property(self.known_name(name)?)?;
        Some(self.text(property))
    }

    fn decode(&self, origin: Origin) -> Cow<'_, str> {
        let Some(file) = self.sources.file_of(origin) else { return Cow::Borrowed("") };
        let span = Span { start: origin.start, end: origin.end };
        let text: &str = file.text();
        if text.as_bytes().get(origin.start as usize) == Some(&b'"') {
            Quoted { span }.text(text)
        } else {
            Word { span }.text(text)
        }
    }
}
