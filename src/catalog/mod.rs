//! What rosc knows of RouterOS: each menu, property, type, default and level of support, stated once.
//!
//! Checks, help and COMPATIBILITY.md derive from it. [`commands`] tells what else exists.

pub mod commands;
pub mod compatibility;
mod menus;
mod property;
pub mod readable;
mod reader;
pub mod types;

pub use menus::*;
pub use property::{BuiltIn, Kind, Menu, Property, Support};
pub use reader::{Field, Reader, missing};

/// The menu with this canonical path, if rosc lowers it.
pub fn menu(path: &str) -> Option<&'static Menu> {
    MENUS.iter().copied().find(|menu| menu.path == path)
}
