//! Items and their properties.

use rosc_target::Origin;

/// An item of a list, such as one route.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its identity, which moving and editing leave alone.
    pub id: ItemId,
    /// The command that made it; implied for one that a router has by itself.
    pub origin: Origin,
    /// Of an item that a router has from the start, and that a `set` is about: what the command calls it by. Few have
    /// it, so that it is kept elsewhere: an item of a long list should stay small.
    pub called: Option<Box<Origin>>,
    /// Its properties in the order in which they were first set; a name stands once.
    pub properties: Vec<Property>,
    /// Whether a command about it could not be read in full, which is reported: the item is there, but not as meant.
    pub is_broken: bool,
}

/// The number by which RouterOS would call an item (`*1F`), here the order of making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

/// One property as given.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name.
    pub name: PropertyName,
    /// How its value is written.
    pub written: Written,
    /// Where the value stands, quotes included; of a switch, the word itself.
    pub origin: Origin,
}

/// A property's name, by its place in the database's table of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PropertyName(pub(super) u16);

/// A text that no file holds, by its place in the database's table of them: in halves, high and low, since a property
/// of a long list should stay small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Computed([u16; 2]);

impl Computed {
    pub(super) fn new(place: u32) -> Self {
        Self([(place >> 16) as u16, (place & 0xffff) as u16])
    }

    pub(super) fn place(self) -> usize {
        usize::from(self.0[0]) << 16 | usize::from(self.0[1])
    }
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// As text at the property's origin.
    Value,
    /// As a bare word that means `yes` (`fib`, `blackhole`).
    Switch,
    /// By a script, which computed it; the property's origin is where it did.
    Computed(Computed),
}

impl Item {
    /// A property, if it is set.
    pub fn property(&self, name: PropertyName) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Whether a router has it by itself.
    pub fn is_built_in(&self) -> bool {
        self.origin.is_implied()
    }

    /// Whether the configuration says anything of it.
    pub fn is_mentioned(&self) -> bool {
        !self.is_built_in() || self.written().next().is_some()
    }

    /// The properties that the configuration gives it: not those that it has by itself.
    pub fn written(&self) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(|property| !property.origin.is_implied())
    }

    /// Sets a property.
    pub fn set(&mut self, property: Property) {
        set_property(&mut self.properties, property);
    }

    /// Takes a property away.
    pub fn unset(&mut self, name: PropertyName) {
        self.properties.retain(|property| property.name != name);
    }
}

/// Sets a property in a list in which each name stands once.
pub(crate) fn set_property(properties: &mut Vec<Property>, property: Property) {
    match properties.iter_mut().find(|other| other.name == property.name) {
        Some(other) => *other = property,
        None => properties.push(property),
    }
}
