//! Finds the menu and the verb of a command among its leading words.

use super::Evaluator;
use super::diagnostics;
use crate::catalog::commands::{Commands, Entry};
use crate::database::MenuPath;
use crate::diagnostic::Diagnostic;
use rosc_grammar::ast::{Anchor, Arg, ArgKind, Command, Span, Value};
use std::collections::HashMap;

/// Where a command goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    /// The menu as written.
    pub(super) menu: MenuPath,
    /// The command's name in full; `None` for a line that only names a menu.
    pub(super) verb: Option<&'static str>,
    /// How many arguments path and verb take.
    pub(super) words: usize,
}

/// Targets already found, by the menu of the line and its head.
#[derive(Debug, Default)]
pub(super) struct PathCache<'t> {
    targets: HashMap<(MenuPath, &'t str), Target>,
    /// The one that was asked for last: the lines of a long list have the same head.
    last: Option<(MenuPath, &'t str, Target)>,
}

impl<'s> Evaluator<'s> {
    /// The menu and verb of a command; an error names the word that is neither.
    pub(super) fn target(&mut self, command: &Command) -> Result<Target, Diagnostic> {
        let words = command.args.iter().take_while(|arg| word(arg).is_some()).count();
        let Some(last) = words.checked_sub(1).map(|last| &command.args[last]) else {
            return self.walk(command, self.menu);
        };
        let head = &self.text[command.span.start as usize..last.span.end as usize];
        if let Some((menu, same, target)) = self.paths.last
            && (menu, same) == (self.menu, head)
        {
            return Ok(target);
        }
        let target = match self.paths.targets.get(&(self.menu, head)) {
            Some(&known) => known,
            None => {
                let target = self.walk(command, self.menu)?;
                self.paths.targets.insert((self.menu, head), target);
                target
            }
        };
        self.paths.last = Some((self.menu, head, target));
        Ok(target)
    }

    /// Follows the leading words of a command through the menus, from `here` unless an anchor says otherwise.
    pub(super) fn walk(&self, command: &Command, here: MenuPath) -> Result<Target, Diagnostic> {
        let table = Commands::all();
        let mut menu = match command.anchor {
            Anchor::Root | Anchor::Global => "/",
            Anchor::Here => here,
        };
        let mut may_be_global = matches!(command.anchor, Anchor::Here);
        let mut words = 0;
        for (index, arg) in command.args.iter().enumerate() {
            let Some(span) = word(arg) else { break };
            words = index + 1;
            let text = rosc_grammar::ast::Word { span }.text(self.text);
            let components: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
            for (place, component) in components.iter().enumerate() {
                if *component == ".." {
                    menu = parent(menu);
                    continue;
                }
                let entry = table.look_up(menu, component).or_else(|| {
                    let global = || matches!(table.look_up("/", component), Some(Entry::Command(_)));
                    (may_be_global && global()).then(|| table.look_up("/", component)).flatten()
                });
                match entry {
                    Some(Entry::Menu(name)) => {
                        menu = table.child(menu, name).expect("a menu listed by its parent")
                    }
                    Some(Entry::Command(name)) if place + 1 == components.len() => {
                        let own = table.look_up(menu, component).is_some();
                        let menu = if own { menu } else { "/" };
                        return Ok(Target { menu, verb: Some(name), words: index + 1 });
                    }
                    Some(Entry::Command(_)) | None => {
                        return Err(diagnostics::unknown_command(menu, component, self.origin(span)));
                    }
                }
                may_be_global = false;
            }
        }
        Ok(Target { menu, verb: None, words })
    }
}

/// The menu that a prompt shows: `/ip/address`, `/ip address`, or nothing at the root. `None` if there is no
/// such menu.
pub(super) fn menu_of_prompt(path: &str) -> Option<MenuPath> {
    let table = Commands::all();
    let mut menu = "/";
    for part in path.split(['/', ' ']).filter(|part| !part.is_empty()) {
        menu = table.child(menu, part)?;
    }
    Some(menu)
}

/// The span of an unnamed word.
fn word(arg: &Arg) -> Option<Span> {
    match (&arg.kind, &arg.value) {
        (ArgKind::Unnamed, Value::Word(word)) => Some(word.span),
        _ => None,
    }
}

fn parent(menu: MenuPath) -> MenuPath {
    match menu.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((above, _)) => above,
    }
}
