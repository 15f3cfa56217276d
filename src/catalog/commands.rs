//! Every menu, command and argument of RouterOS: what exists, whether or not rosc lowers it.
//!
//! The table is text (`commands.txt`, and `commands_v6.txt` for what version 7 no longer has), read once when
//! the first name is looked up. It answers "is there such a menu" and "did you mean", and resolves
//! abbreviations; what a menu *means* stands in the catalog.

use super::{Kind, MENUS};
use crate::catalog;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table.
#[derive(Debug)]
pub struct Commands {
    menus: BTreeMap<&'static str, Menu>,
}

#[derive(Debug, Default)]
struct Menu {
    children: Vec<&'static str>,
    commands: Vec<(&'static str, Vec<&'static str>)>,
}

static COMMANDS: LazyLock<Commands> = LazyLock::new(|| {
    let mut table = Commands::read(&[include_str!("commands.txt"), include_str!("commands_v6.txt")]);
    for menu in MENUS.iter().filter(|menu| menu.path.starts_with("/rosc/")) {
        table.add_own(menu);
    }
    table
});

/// The usual commands of a list of items, and of a menu of settings: `*` and `-` in the table.
const OF_ITEMS: &[&str] = &[
    "add", "comment", "disable", "edit", "enable", "export", "find", "get", "move", "print", "remove",
    "reset", "set", "unset",
];
const OF_SETTINGS: &[&str] = &["edit", "export", "get", "print", "reset", "set"];

/// What a word names inside a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A menu below: its last name in full.
    Menu(&'static str),
    /// A command: its name in full.
    Command(&'static str),
}

impl Commands {
    /// The table of all versions.
    pub fn all() -> &'static Self {
        &COMMANDS
    }

    /// Says whether the menu exists. The path is canonical: `/ip/route`, `/` for the root.
    pub fn has_menu(&self, path: &str) -> bool {
        self.menus.contains_key(path)
    }

    /// The path of a menu below another, by its name in full or as much of it as is unique.
    pub fn child(&self, menu: &str, name: &str) -> Option<&'static str> {
        let Some(Entry::Menu(name)) = self.look_up(menu, name) else { return None };
        let path = if menu == "/" { format!("/{name}") } else { format!("{menu}/{name}") };
        self.menus.get_key_value(path.as_str()).map(|(&path, _)| path)
    }

    /// Looks a word up in a menu: an exact name first, else the only name that begins with it.
    pub fn look_up(&self, menu: &str, word: &str) -> Option<Entry> {
        let names = self.names(menu);
        let exact = names.clone().find(|entry| entry.name() == word);
        exact.or_else(|| {
            let mut starting = names.filter(|entry| entry.name().starts_with(word));
            let first = starting.next()?;
            starting.all(|other| other.name() == first.name()).then_some(first)
        })
    }

    /// The menus and commands of a menu.
    pub fn names(&self, menu: &str) -> impl Iterator<Item = Entry> + Clone + use<'_> {
        let menu = self.menus.get(menu);
        let children = menu.into_iter().flat_map(|menu| menu.children.iter().map(|&name| Entry::Menu(name)));
        let commands = menu.into_iter().flat_map(|menu| menu.commands.iter());
        children.chain(commands.map(|&(name, _)| Entry::Command(name)))
    }

    /// The arguments of a command of a menu; empty when either does not exist.
    pub fn arguments(&self, menu: &str, command: &str) -> &[&'static str] {
        let commands = self.menus.get(menu).map(|menu| menu.commands.as_slice()).unwrap_or_default();
        commands
            .iter()
            .find(|(name, _)| *name == command)
            .map(|(_, args)| args.as_slice())
            .unwrap_or_default()
    }

    /// Adds one of rosc's own menus, which no router has.
    fn add_own(&mut self, menu: &catalog::Menu) {
        let verbs = match menu.kind {
            Kind::Items => OF_ITEMS,
            Kind::Settings => OF_SETTINGS,
        };
        let commands = verbs.iter().map(|&verb| (verb, Vec::new())).collect();
        self.menus.insert(menu.path, Menu { children: Vec::new(), commands });
        link_to_parents(&mut self.menus, menu.path);
    }

    fn read(texts: &[&'static str]) -> Self {
        let mut menus: BTreeMap<&'static str, Menu> = BTreeMap::new();
        for text in texts {
            let mut shared: Vec<Vec<&'static str>> = Vec::new();
            let mut path = "/";
            for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
                if let Some(list) = line.strip_prefix('=') {
                    shared.push(list.split(' ').skip(1).map(without_range).collect());
                } else if let Some(command) = line.strip_prefix(' ') {
                    menus.entry(path).or_default().commands.extend(read_command(command, &shared));
                } else {
                    path = without_range(line);
                    menus.entry(path).or_default();
                }
            }
        }
        let paths: Vec<&'static str> = menus.keys().copied().collect();
        for path in paths {
            link_to_parents(&mut menus, path);
        }
        Self { menus }
    }
}

impl Entry {
    /// The name in full.
    pub fn name(self) -> &'static str {
        match self {
            Self::Menu(name) | Self::Command(name) => name,
        }
    }
}

fn read_command(line: &'static str, shared: &[Vec<&'static str>]) -> Vec<(&'static str, Vec<&'static str>)> {
    let bare = |names: &[&'static str]| names.iter().map(|&name| (name, Vec::new())).collect();
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    match (name, rest.strip_prefix('=')) {
        ("*", _) => bare(OF_ITEMS),
        ("-", _) => bare(OF_SETTINGS),
        (_, Some(number)) => {
            let number: usize = number.parse().expect("the number of a list");
            vec![(without_range(name), shared[number].clone())]
        }
        (_, None) => vec![(without_range(name), rest.split_whitespace().map(without_range).collect())],
    }
}

/// Makes the menus above a path, down from the root, where the text does not list them.
fn link_to_parents(menus: &mut BTreeMap<&'static str, Menu>, path: &'static str) {
    let mut child = path;
    while let Some((above, name)) = child.rsplit_once('/').filter(|(_, name)| !name.is_empty()) {
        let parent = if above.is_empty() { "/" } else { above };
        let children = &mut menus.entry(parent).or_default().children;
        if children.contains(&name) {
            return;
        }
        children.push(name);
        child = parent;
    }
}

fn without_range(name: &'static str) -> &'static str {
    name.split_once('@').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn menus_and_commands_are_found_by_their_names() {
        let table = Commands::all();
        assert!(table.has_menu("/ip/firewall/nat"));
        assert_eq!(table.look_up("/ip", "firewall"), Some(Entry::Menu("firewall")));
        assert_eq!(table.look_up("/ip/route", "add"), Some(Entry::Command("add")));
        assert!(table.arguments("/ip/route", "add").contains(&"target-scope"));
    }

    #[test]
    fn a_unique_beginning_is_enough() {
        let table = Commands::all();
        assert_eq!(table.look_up("/ip", "fire"), Some(Entry::Menu("firewall")));
        assert_eq!(table.look_up("/ip/route", "pri"), Some(Entry::Command("print")));
        assert_eq!(table.look_up("/ip/route", "re"), None, "remove and reset");
    }

    #[test]
    fn an_exact_name_beats_longer_ones() {
        assert_eq!(Commands::all().look_up("/interface", "list"), Some(Entry::Menu("list")));
        assert_eq!(Commands::all().look_up("/ip", "dhcp-server"), Some(Entry::Menu("dhcp-server")));
    }

    #[test]
    fn version_6_menus_are_known() {
        assert!(Commands::all().has_menu("/routing/bgp/peer"));
        assert_eq!(Commands::all().look_up("/ip/route", "rule"), Some(Entry::Menu("rule")));
    }
}
