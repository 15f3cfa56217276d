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

/// The release whose console [`Commands::router`] speaks for. The table knows 7.20.8 and 7.22.3 next to each other, so
/// that it stands for all of 7.22.
const ROUTER: [u16; 3] = [7, 22, 3];

static ON_ROUTER: LazyLock<Commands> = LazyLock::new(|| {
    Commands::read(&[include_str!("commands.txt")], |range| {
        let (first, last) = range.split_once('-').expect("a range has two ends");
        release(first).is_none_or(|first| first <= ROUTER) && release(last).is_none_or(|last| ROUTER <= last)
    })
});

static COMMANDS: LazyLock<Commands> = LazyLock::new(|| {
    let texts = [include_str!("commands.txt"), include_str!("commands_v6.txt")];
    let mut table = Commands::read(&texts, |_| true);
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

    /// The table of a router with RouterOS 7.22 and no further packages.
    pub fn router() -> &'static Self {
        &ON_ROUTER
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
            Kind::Items | Kind::BuiltIn(_) => OF_ITEMS,
            Kind::Settings => OF_SETTINGS,
        };
        let commands = verbs.iter().map(|&verb| (verb, Vec::new())).collect();
        self.menus.insert(menu.path, Menu { children: Vec::new(), commands });
        link_to_parents(&mut self.menus, menu.path);
    }

    /// Reads the names whose range of versions is admitted.
    fn read(texts: &[&'static str], admits: impl Fn(&str) -> bool) -> Self {
        let mut menus: BTreeMap<&'static str, Menu> = BTreeMap::new();
        let admitted = |name: &'static str| match name.split_once('@') {
            Some((name, range)) => admits(range).then_some(name),
            None => Some(name),
        };
        for text in texts {
            let mut shared: Vec<Vec<&'static str>> = Vec::new();
            let mut path = Some("/");
            for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
                if let Some(list) = line.strip_prefix('=') {
                    shared.push(list.split(' ').skip(1).filter_map(admitted).collect());
                } else if let Some(command) = line.strip_prefix(' ') {
                    let Some(path) = path else { continue };
                    menus.entry(path).or_default().commands.extend(read_command(command, &shared, admitted));
                } else {
                    path = admitted(line);
                    if let Some(path) = path {
                        menus.entry(path).or_default();
                    }
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

fn read_command(
    line: &'static str,
    shared: &[Vec<&'static str>],
    admitted: impl Fn(&'static str) -> Option<&'static str>,
) -> Vec<(&'static str, Vec<&'static str>)> {
    let bare = |names: &[&'static str]| names.iter().map(|&name| (name, Vec::new())).collect();
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let Some(name) = admitted(name) else { return Vec::new() };
    match (name, rest.strip_prefix('=')) {
        ("*", _) => bare(OF_ITEMS),
        ("-", _) => bare(OF_SETTINGS),
        (_, Some(number)) => {
            let number: usize = number.parse().expect("the number of a list");
            vec![(name, shared[number].clone())]
        }
        (_, None) => vec![(name, rest.split_whitespace().filter_map(admitted).collect())],
    }
}

/// The parts of a release's number; `None` for an open end of a range.
fn release(text: &str) -> Option<[u16; 3]> {
    let mut parts = text.split('.').map_while(|part| part.parse().ok());
    let first = parts.next()?;
    Some([first, parts.next().unwrap_or(0), parts.next().unwrap_or(0)])
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
    fn a_router_has_what_its_release_and_packages_bring() {
        let router = Commands::router();
        assert!(router.has_menu("/ip/route"));
        assert!(!router.has_menu("/caps-man"), "gone since 7.13");
        assert!(!router.has_menu("/container"), "a package");
        assert_eq!(router.look_up("/", "exit"), Some(Entry::Command("exit")), "there since 7.22");
    }

    #[test]
    fn version_6_menus_are_known() {
        assert!(Commands::all().has_menu("/routing/bgp/peer"));
        assert_eq!(Commands::all().look_up("/ip/route", "rule"), Some(Entry::Menu("rule")));
    }
}
