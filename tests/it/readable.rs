//! `src/catalog/readable/readable.txt` is what the routers tell: `UPDATE_PAGES=1 cargo test --test it readable` makes
//! it from two sets of published files, and without that the file is compared with them.
//!
//! From the console inspection of routers (menu, command, argument, first and last version, values, type; a row a
//! line, parted by tabs) come the names: they are the values that `get value-name=` and `print proplist=` offer. A
//! router offers 60 at most; which names follow the last of these is taken from what can be set. The order comes from
//! dumps of `:parse`, in which it stands before each condition.

use crate::published::{console_inspection, folder};
use rosc::catalog::commands::Commands;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// How many values a router offers for an argument.
const MOST_OFFERED: usize = 60;

const HEAD: &str = "\
# The names that conditions of a menu may use: what of an item can be read, whether or not it can be set. Facts that
# routers told, see tests/it/readable.rs, which makes this file. Read by mod.rs.
#
#   /menu: name ...       all names, in the order of RouterOS 7.22.1
#   /menu name -name ...  what can only be read, and with a - what can only be set; the order is not known
#
# A menu that is not listed reads what it sets.
";

#[test]
fn readable_names_are_what_routers_tell() {
    let (Some(inspection), Some(dumps)) = (console_inspection(), folder("routeros-parse")) else { return };
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog/readable/readable.txt");
    let written = fs::read_to_string(page).expect("the page can be read");
    let forms = dumps_in(&dumps);
    let told = recorded(&forms);
    // What was told once stays known, whatever dumps are there now.
    let mut orders = told.clone();
    let known = written.lines().filter(|line| line.starts_with('/')).filter_map(|line| line.split_once(": "));
    for (menu, names) in known {
        orders.entry(menu).or_insert_with(|| names.split(' ').collect());
    }
    let offered = offered(&fs::read_to_string(inspection).expect("the table can be read"));
    let update = std::env::var_os("UPDATE_PAGES").is_some_and(|value| value == "1");
    if !update {
        // An order that is new is an offer; one that is another is a mistake.
        orders.retain(|menu, _| written.contains(&format!("\n{menu}: ")));
    }
    let made =
        HEAD.to_owned() + &offered.iter().map(|(menu, names)| line(menu, names, &orders)).collect::<String>();
    if update {
        fs::write(page, &made).expect("the page can be written");
    } else {
        assert!(written == made, "readable.txt is not what routers tell; UPDATE_PAGES=1 writes it");
    }
}

/// What dumps print.
fn dumps_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let dumps = paths.filter(|path| path.extension().is_some_and(|extension| extension == "il"));
    dumps
        .map(|path| String::from_utf8_lossy(&fs::read(path).expect("the dump can be read")).into_owned())
        .collect()
}

/// The line of a menu; empty if it reads what it sets.
fn line(menu: &str, names: &BTreeSet<String>, orders: &BTreeMap<&str, Vec<&str>>) -> String {
    let Some(order) = orders.get(menu) else {
        return difference(menu, names).map_or_else(String::new, |names| format!("{menu} {names}\n"));
    };
    let missing: Vec<&String> = names.iter().filter(|name| !order.contains(&name.as_str())).collect();
    // Where more can be read than a router offers, some of what can be set is here by guess.
    assert!(
        missing.is_empty() || names.len() >= MOST_OFFERED,
        "{menu} offers {missing:?}, unknown to conditions"
    );
    format!("{menu}: {}\n", order.join(" "))
}

/// The names before conditions, by menu.
fn recorded(forms: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut orders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for form in forms {
        for (at, start) in form.match_indices("where=$") {
            let Some((names, _)) = form[at + start.len()..].split_once(";$.id;") else { continue };
            let is_list = names.split(";$").all(|name| name.bytes().all(|byte| byte.is_ascii_graphic()));
            let Some((_, command)) = form[..at].rsplit_once("(evl ").filter(|_| is_list) else { continue };
            let Some(end) = ["/find", "/print", "/export"].iter().filter_map(|verb| command.find(verb)).min()
            else {
                continue;
            };
            let order: Vec<&str> = names.split(";$").collect();
            let known = orders.entry(&command[..end]).or_insert_with(|| order.clone());
            assert_eq!(*known, order, "{} has two orders", &command[..end]);
        }
    }
    orders
}

/// The names that can be read, by menu. A menu whose router told none is left out.
fn offered(table: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut menus: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in table.lines() {
        let [menu, command, argument, _, _, values, ..] = row.split('\t').collect::<Vec<_>>()[..] else {
            continue;
        };
        if matches!((command, argument), ("get", "value-name") | ("print", "proplist" | "group-by"))
            && !values.is_empty()
            && has_conditions(menu)
        {
            menus.entry(menu.to_owned()).or_default().extend(values.split('|').map(str::to_owned));
        }
    }
    for (menu, names) in &mut menus {
        if names.len() >= MOST_OFFERED {
            let last = names.last().expect("there are many").clone();
            names.extend(settable(menu).into_iter().filter(|name| **name > *last).map(str::to_owned));
        }
        names.remove("about"); // Every item has that, as `.about`.
    }
    menus
}

fn has_conditions(menu: &str) -> bool {
    let table = Commands::router();
    ["find", "print"].iter().any(|verb| table.arguments(menu, verb).contains(&"where"))
}

/// What can be read but not set, and the other way round; `None` if there is nothing.
fn difference(menu: &str, names: &BTreeSet<String>) -> Option<String> {
    let settable = settable(menu);
    let only_read = names.iter().filter(|name| !settable.contains(name.as_str())).cloned();
    let only_set = settable.iter().filter(|name| !names.contains(**name)).map(|name| format!("-{name}"));
    let all: Vec<String> = only_read.chain(only_set).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn settable(menu: &str) -> BTreeSet<&'static str> {
    let table = Commands::router();
    let arguments = ["add", "set"].into_iter().flat_map(|verb| table.arguments(menu, verb).iter().copied());
    arguments.filter(|name| !["copy-from", "numbers", "place-before"].contains(name)).collect()
}
