//! What the leading words of a command name.

use super::refusal::{NO_COMMAND, NO_END, SYNTAX, Words};
use super::{Reader, Refused};
use crate::catalog::commands::{Commands, Entry};
use rosc_grammar::ast::{Anchor, Arg, ArgKind, Command, Value, Word};

/// Menus that answer to a second name.
const ALIASES: [(&str, &str); 2] = [("wifiwave2", "wifi"), ("ipv4", "ip")];

/// What the leading words of a command name, and how many of its arguments they are.
pub(super) enum Target {
    /// A menu alone.
    Menu(&'static str, usize),
    /// A command of a menu.
    Command(&'static str, &'static str, usize),
    /// Nothing that the router has: the name, where it stands, and the words before it that did name menus.
    Unknown(String, usize, usize),
}

impl Reader<'_> {
    /// Follows the leading words of a command through the menus.
    pub(super) fn target(&self, command: &Command) -> Result<Target, Refused> {
        let table = Commands::router();
        let mut menu = if command.anchor == Anchor::Here { self.menu } else { "/" };
        let mut falls_back = command.anchor == Anchor::Here;
        for (index, arg) in command.args.iter().enumerate() {
            let Some(word) = unnamed_word(arg) else { return Ok(Target::Menu(menu, index)) };
            let written = word.text(self.text);
            let mut at = 0;
            for part in written.split_inclusive('/') {
                let start = word.span.start as usize + at;
                at += part.len();
                let part = part.strip_suffix('/').unwrap_or(part);
                if part.is_empty() {
                    continue;
                }
                let above = if menu == "/" { "" } else { ".." };
                let (start, part) = match part.strip_prefix(above).filter(|_| !above.is_empty()) {
                    Some(rest) => {
                        menu = parent(menu);
                        falls_back = false;
                        (start + above.len(), rest)
                    }
                    None => (start, part),
                };
                if part.is_empty() || part == ".." {
                    continue;
                }
                let name = &part[..part.len() - part.trim_start_matches(is_name).len()];
                let entry = look_up(table, menu, name).or_else(|| {
                    let of_root = look_up(table, "/", name).filter(|_| falls_back)?;
                    menu = "/";
                    Some(of_root)
                });
                if name.len() < part.len() {
                    return Err((start + name.len(), complaint(name, entry)));
                }
                match entry {
                    Some(Entry::Menu(name)) => menu = table.child(menu, name).unwrap_or(menu),
                    Some(Entry::Command(name)) if at == written.len() => {
                        return Ok(Target::Command(menu, name, index + 1));
                    }
                    Some(Entry::Command(_)) => return Err((start + part.len(), NO_END)),
                    None if at < written.len() => return Err((start + part.len(), SYNTAX)),
                    None => return Ok(Target::Unknown(part.to_owned(), start, index + 1)),
                }
                falls_back = false;
            }
        }
        Ok(Target::Menu(menu, command.args.len()))
    }
}

fn look_up(table: &Commands, menu: &str, name: &str) -> Option<Entry> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, name)| *name);
    table.look_up(menu, name).or_else(|| table.look_up(menu, alias?))
}

/// Why a command whose text starts here is none.
pub(super) fn refused(text: &str, at: usize) -> Refused {
    let rest = text[at..].trim_start_matches(['/', ':']);
    let start = text.len() - rest.len();
    let mut menu = "/";
    let mut place = start;
    for part in rest.split_inclusive('/') {
        let name = &part[..part.len() - part.trim_start_matches(is_name).len()];
        let entry = look_up(Commands::router(), menu, name).filter(|_| !name.is_empty());
        match (entry, part.strip_suffix('/')) {
            (Some(Entry::Menu(child)), Some(whole)) if whole.len() == name.len() => {
                menu = Commands::router().child(menu, child).unwrap_or(menu);
                place += part.len();
            }
            _ => return (place + name.len(), complaint(name, entry)),
        }
    }
    (place, NO_COMMAND)
}

/// What a router says of text that can't follow a name.
fn complaint(name: &str, entry: Option<Entry>) -> Words {
    match entry {
        Some(Entry::Command(_)) => NO_END,
        Some(Entry::Menu(_)) => NO_COMMAND,
        None if name.is_empty() => NO_COMMAND,
        None => SYNTAX,
    }
}

/// Says whether the character may be part of the name of a command.
fn is_name(character: char) -> bool {
    matches!(character, 'a'..='z' | '0'..='9' | '-' | '.')
}

pub(super) fn unnamed_word(arg: &Arg) -> Option<Word> {
    match (arg.kind, &arg.value) {
        (ArgKind::Unnamed, Value::Word(word)) => Some(*word),
        _ => None,
    }
}

fn parent(menu: &'static str) -> &'static str {
    match menu.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((above, _)) => above,
    }
}
