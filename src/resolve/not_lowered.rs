//! Menus that are kept, but not lowered: one report for each.

use super::Resolver;
use crate::catalog;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::ConnectionMark;
use crate::source::Sources;
use rosc_target::Origin;

/// Menus whose absence on Linux is more than a missing convenience.
const WHAT_IS_LOST: &[(&str, &str)] = &[
    (
        "/ip/dhcp-client",
        "addresses and routes from DHCP are not known here; configure the interface by other means",
    ),
    ("/interface/pppoe-client", "the link has to be brought up by other means, such as pppd"),
    ("/interface/vlan", "the interface has to be made by other means before rosc runs"),
    ("/ip/vrf", "rosc makes no VRFs: its interfaces stay in the main table"),
    ("/tool/netwatch", "nothing probes, so the scripts never run"),
];

impl Resolver<'_, '_> {
    pub(super) fn menus_not_lowered(&mut self) {
        let mut found = Vec::new();
        for (path, menu) in self.database.menus().filter(|(path, _)| catalog::menu(path).is_none()) {
            let items = menu.items.iter().map(|item| item.origin);
            let settings = menu.settings.iter().map(|property| property.origin);
            let mut places: Vec<Origin> =
                items.chain(settings).chain(menu.changes.iter().map(|change| change.command)).collect();
            places.sort_by_key(|place| (place.file, place.start));
            if !places.is_empty() {
                found.push(not_lowered(path, &places, self.database.sources()));
            }
            if !menu.actions.is_empty() {
                found.push(one_time_action(path, &menu.actions, self.database.sources()));
            }
        }
        self.diagnostics.extend(found);
        self.marks_asked_elsewhere();
    }

    /// Rules that are not carried over give sense to marks all the same.
    fn marks_asked_elsewhere(&mut self) {
        let database = self.database;
        let menus = database.menus().filter(|(path, _)| catalog::menu(path).is_none());
        for item in menus.flat_map(|(_, menu)| &menu.items) {
            if let Some(asked) = database.value(item, "connection-mark") {
                let mark = asked.trim_start_matches('!');
                let mark = (mark != "no-mark").then(|| ConnectionMark::new(mark));
                self.router.marks_asked_elsewhere.insert(mark);
            }
        }
    }
}

fn not_lowered(path: &str, places: &[Origin], sources: &Sources) -> Diagnostic {
    let lost = WHAT_IS_LOST.iter().find(|(menu, _)| *menu == path).map(|(_, lost)| *lost);
    let message = format!("{path} is not carried over ({})", lines(places, sources));
    labelled(Diagnostic::new(Code::NotLowered, message), places, "kept, but without effect on Linux")
        .help(lost.unwrap_or("rosc has no Linux form of this menu; --strict makes this an error"))
}

fn one_time_action(path: &str, places: &[Origin], sources: &Sources) -> Diagnostic {
    let message = format!("commands in {path} that act once are not run ({})", lines(places, sources));
    labelled(Diagnostic::new(Code::OneTimeAction, message), places, "no configuration")
        .help("run what is needed by hand")
}

fn labelled(mut diagnostic: Diagnostic, places: &[Origin], text: &str) -> Diagnostic {
    const MOST: usize = 1000;
    for (index, place) in places.iter().take(MOST).enumerate() {
        diagnostic = diagnostic.label(*place, if index == 0 { text } else { "" });
    }
    diagnostic
}

/// `line 3`, `lines 3-5, 9`; with the file's name where there are several files.
fn lines(places: &[Origin], sources: &Sources) -> String {
    let several = sources.ids().nth(1).is_some();
    let mut ranges: Vec<(String, u32, u32)> = Vec::new();
    for place in places.iter().filter_map(|origin| sources.locate(*origin)) {
        match ranges.last_mut() {
            Some((file, _, last)) if *file == place.file && (*last..=*last + 1).contains(&place.line) => {
                *last = place.line.max(*last);
            }
            _ => ranges.push((place.file, place.line, place.line)),
        }
    }
    let several_lines = ranges.len() > 1 || ranges.iter().any(|(_, first, last)| first != last);
    let shown: Vec<String> = ranges
        .iter()
        .map(|(file, first, last)| {
            let file = if several { format!("{file}:") } else { String::new() };
            if first == last { format!("{file}{first}") } else { format!("{file}{first}-{last}") }
        })
        .collect();
    let word = if several_lines { "lines" } else { "line" };
    format!("{word} {}", shown.join(", "))
}
