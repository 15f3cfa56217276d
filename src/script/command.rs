//! The commands that change configuration.

use super::path::Target;
use super::selector::Selected;
use super::{Evaluator, diagnostics};
use crate::catalog::types::FromText;
use crate::catalog::{self, Kind};
use crate::database::{Item, ItemId, MenuPath, Property, PropertyName, Written, set_property, v6};
use crate::diagnostic::Diagnostic;
use rosc_grammar::ast::{Anchor, Arg, ArgKind, Command, Value, Word};
use rosc_target::Origin;
use std::collections::HashSet;

/// Commands that show things and change nothing.
const WITHOUT_EFFECT: &[&str] = &[
    "print",
    "export",
    "find",
    "get",
    "edit",
    "monitor",
    "check",
    "reset-counters",
    "reset-counters-all",
    "put",
    "log",
    "delay",
    "beep",
    "nothing",
    "info",
    "warning",
    "error",
    "debug",
];

/// Global commands of which a script is made.
const OF_SCRIPTS: &[&str] = &[
    "break", "continue", "do", "execute", "exit", "for", "foreach", "global", "if", "import", "local",
    "lock", "onerror", "parse", "quit", "redo", "resolve", "retry", "return", "set", "undo", "while",
];

/// What `enable` and `disable` do.
#[derive(Debug, Clone, Copy)]
enum Switch {
    Enable,
    Disable,
}

/// Properties that a command gives.
#[derive(Debug, Default)]
struct Given {
    set: Vec<Property>,
    unset: Vec<PropertyName>,
}

impl Evaluator<'_> {
    /// Runs a command line, or reports why it can't be.
    pub(super) fn run_command(&mut self, command: &Command) {
        if let Some(Arg { kind: ArgKind::Unnamed, value: Value::Variable(variable), .. }) =
            command.args.first()
        {
            return self.not_run("a function", self.origin(variable.span));
        }
        if self.is_lost && command.anchor == Anchor::Here {
            return;
        }
        self.is_lost = false;
        let target = match self.target(command) {
            Ok(target) => target,
            Err(unknown) => {
                // Below a menu that does not exist, every command would be unknown too.
                let names_menu = command.args.iter().all(|arg| arg.kind == ArgKind::Unnamed);
                self.is_lost = names_menu && command.anchor == Anchor::Root;
                return self.report(unknown);
            }
        };
        match target.verb {
            None => self.change_menu(command, target),
            Some(verb) if target.menu == "/" && OF_SCRIPTS.contains(&verb) => {
                self.not_run(verb, self.origin(command.span));
            }
            Some(verb) => {
                if let Err(refused) = self.run_verb(command, target, verb) {
                    self.report(refused);
                }
            }
        }
    }

    fn change_menu(&mut self, command: &Command, target: Target) {
        match command.args.get(target.words..) {
            None | Some([]) => self.menu = target.menu,
            Some([Arg { kind: ArgKind::Unnamed, value: Value::Code(block), .. }]) => {
                self.run_block(block, target.menu);
            }
            Some([unexpected, ..]) => {
                let origin = self.origin(unexpected.span);
                let why = "a command such as add or set stands between the menu and its arguments";
                self.report(diagnostics::missing_argument(target.menu, "a command", origin).help(why));
            }
        }
    }

    fn run_verb(&mut self, command: &Command, target: Target, verb: &'static str) -> Result<(), Diagnostic> {
        let menu = v6::menu(target.menu);
        let origin = self.origin(command.span);
        self.signs.note(target.menu, None, origin);
        let args = &command.args[target.words..];
        match verb {
            "add" => self.add(menu, args, origin),
            "set" => self.set(menu, args, origin),
            "remove" => self.remove(menu, args, origin),
            "enable" => self.switch_items(menu, args, origin, Switch::Enable),
            "disable" => self.switch_items(menu, args, origin, Switch::Disable),
            "move" => self.move_items(menu, args, origin),
            "comment" => self.comment(menu, args, origin),
            "unset" => self.unset(menu, args, origin),
            verb if WITHOUT_EFFECT.contains(&verb) => Ok(()),
            verb if catalog::menu(menu).is_some() => {
                self.not_run(verb, origin);
                Ok(())
            }
            _ => {
                self.database.menu_mut(menu).actions.push(origin);
                Ok(())
            }
        }
    }

    fn add(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<(), Diagnostic> {
        let copied = match named(args, "copy-from", self.text) {
            Some(arg) => self.select_single(menu, arg, "copy-from")?.map(|id| self.properties_of(menu, id)),
            None => None,
        };
        let before = match named(args, "place-before", self.text) {
            Some(arg) => self.select_single(menu, arg, "place-before")?,
            None => None,
        };
        let given = self.given(menu, args, "add")?;
        let id = self.database.new_id();
        let mut item = Item { id, origin, properties: copied.unwrap_or_default() };
        given.apply(&mut item);
        let items = &mut self.database.menu_mut(menu).items;
        let at = before.and_then(|id| items.iter().position(|other| other.id == id)).unwrap_or(items.len());
        items.insert(at, item);
        Ok(())
    }

    fn set(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<(), Diagnostic> {
        let has_selector = selector(args, self.text).next().is_some();
        let is_settings = match catalog::menu(menu) {
            Some(statement) => statement.kind == Kind::Settings,
            None => !has_selector,
        };
        if is_settings {
            let given = self.given(menu, args, "set")?;
            let settings = &mut self.database.menu_mut(menu).settings;
            settings.retain(|property| !given.unset.contains(&property.name));
            for property in given.set {
                set_property(settings, property);
            }
            return Ok(());
        }
        if !has_selector {
            return Err(diagnostics::missing_argument("set", "the items to set", origin)
                .help("for example `set 0 ...`, `set [find comment=x] ...` or `set NAME ...`"));
        }
        let Some(items) = self.selected(menu, args, "set", origin)? else {
            // A built-in item of a menu that is not lowered: what is said of it is kept as an item of its own.
            let given = self.given(menu, &named_only(args), "set")?;
            let id = self.database.new_id();
            let mut item = Item { id, origin, properties: Vec::new() };
            given.apply(&mut item);
            self.database.menu_mut(menu).items.push(item);
            return Ok(());
        };
        let given = self.given(menu, &named_only(args), "set")?;
        self.change_items(menu, &items, &given);
        Ok(())
    }

    fn remove(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<(), Diagnostic> {
        if let Some(mut items) = self.selected(menu, args, "remove", origin)? {
            items.sort_unstable();
            let keep = |item: &Item| items.binary_search(&item.id).is_err();
            self.database.menu_mut(menu).items.retain(keep);
        }
        Ok(())
    }

    /// `enable` and `disable`.
    fn switch_items(
        &mut self,
        menu: MenuPath,
        args: &[Arg],
        origin: Origin,
        switch: Switch,
    ) -> Result<(), Diagnostic> {
        let verb = match switch {
            Switch::Enable => "enable",
            Switch::Disable => "disable",
        };
        let Some(items) = self.selected(menu, args, verb, origin)? else { return Ok(()) };
        let name = self.database.name_id("disabled");
        let given = match switch {
            Switch::Enable => Given { set: Vec::new(), unset: vec![name] },
            Switch::Disable => {
                Given { set: vec![Property { name, written: Written::Switch, origin }], unset: Vec::new() }
            }
        };
        self.change_items(menu, &items, &given);
        Ok(())
    }

    /// `move ITEMS [BEFORE]`; without the second argument, to the end.
    fn move_items(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<(), Diagnostic> {
        let unnamed: Vec<&Arg> = args.iter().filter(|arg| arg.kind == ArgKind::Unnamed).collect();
        let numbers = named(args, "numbers", self.text).or_else(|| unnamed.first().copied());
        let Some(numbers) = numbers else {
            return Err(diagnostics::missing_argument("move", "the items to move", origin));
        };
        let destination = named(args, "destination", self.text).or(match unnamed.as_slice() {
            [_, second] => Some(*second),
            _ => None,
        });
        if let [_, _, third, ..] = unnamed.as_slice() {
            let why = "`move ITEMS DESTINATION` takes two; several items go in one list: `move 1,2 0`";
            return Err(diagnostics::bad_argument("move", self.origin(third.span), why));
        }
        let selected = self.select(menu, &numbers.value)?;
        if let Some(place) = selected.nothing {
            self.report(diagnostics::nothing_found(menu, "move", place));
            return Ok(());
        }
        let before = match destination {
            Some(arg) => self.select_single(menu, arg, "destination")?,
            None => None,
        };
        if before.is_some_and(|before| selected.items.contains(&before)) {
            return Ok(());
        }
        let items = &mut self.database.menu_mut(menu).items;
        let mut moved: Vec<Item> = Vec::new();
        for id in &selected.items {
            if let Some(at) = items.iter().position(|item| item.id == *id) {
                moved.push(items.remove(at));
            }
        }
        let at = before.and_then(|id| items.iter().position(|item| item.id == id)).unwrap_or(items.len());
        items.splice(at..at, moved);
        Ok(())
    }

    /// `comment ITEMS "text"`.
    fn comment(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<(), Diagnostic> {
        let text = named(args, "comment", self.text)
            .or_else(|| args.iter().filter(|arg| arg.kind == ArgKind::Unnamed).nth(1))
            .ok_or_else(|| diagnostics::missing_argument("comment", "the items and a text", origin))?;
        let Some(numbers) = selector(args, self.text).next() else {
            return Err(diagnostics::missing_argument("comment", "the items and a text", origin));
        };
        let name = self.database.name_id("comment");
        let given = match self.property(menu, name, text)? {
            Some(property) => Given { set: vec![property], unset: Vec::new() },
            None => Given { set: Vec::new(), unset: vec![name] },
        };
        let items = self.select(menu, &numbers.value)?.items;
        self.change_items(menu, &items, &given);
        Ok(())
    }

    /// `unset ITEMS value-name=PROPERTY`.
    fn unset(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<(), Diagnostic> {
        let name = named(args, "value-name", self.text)
            .or_else(|| args.iter().filter(|arg| arg.kind == ArgKind::Unnamed).nth(1));
        let (Some(numbers), Some(name)) = (selector(args, self.text).next(), name) else {
            return Err(diagnostics::missing_argument("unset", "the items and a property", origin));
        };
        let Value::Word(name) = name.value else {
            return Err(diagnostics::value_not_computed(self.origin(name.span)));
        };
        let given = Given { set: Vec::new(), unset: vec![self.property_name(menu, name)?] };
        let items = self.select(menu, &numbers.value)?.items;
        self.change_items(menu, &items, &given);
        Ok(())
    }

    /// The items that a command names. `None` if there are none and that is nobody's mistake; a `find` without a
    /// result is reported, but for `remove`, where clearing what may be there is the idiom.
    fn selected(
        &mut self,
        menu: MenuPath,
        args: &[Arg],
        verb: &'static str,
        origin: Origin,
    ) -> Result<Option<Vec<ItemId>>, Diagnostic> {
        let lowered = catalog::menu(menu).is_some();
        let mut found = Vec::new();
        let mut some = false;
        for arg in selector(args, self.text) {
            some = true;
            match self.select(menu, &arg.value) {
                Ok(Selected { items, nothing: None }) => found.extend(items),
                Ok(Selected { nothing: Some(place), .. }) if lowered && verb != "remove" => {
                    self.report(diagnostics::nothing_found(menu, verb, place));
                    return Ok(Some(Vec::new()));
                }
                Ok(Selected { .. }) => return Ok(lowered.then(Vec::new)),
                Err(_) if !lowered => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        if some { Ok(Some(found)) } else { Err(diagnostics::missing_argument(verb, "the items", origin)) }
    }

    fn select_single(&self, menu: MenuPath, arg: &Arg, name: &str) -> Result<Option<ItemId>, Diagnostic> {
        let selected = self.select(menu, &arg.value)?;
        match selected.items.as_slice() {
            [] => Ok(None),
            [item] => Ok(Some(*item)),
            [..] => Err(diagnostics::bad_argument(name, self.origin(arg.span), "it takes one item")),
        }
    }

    fn properties_of(&self, menu: MenuPath, id: ItemId) -> Vec<Property> {
        let item = self.database.items(menu).iter().find(|item| item.id == id);
        item.map(|item| item.properties.clone()).unwrap_or_default()
    }

    fn change_items(&mut self, menu: MenuPath, ids: &[ItemId], given: &Given) {
        let wanted: HashSet<ItemId> = ids.iter().copied().collect();
        let items = self.database.menu_mut(menu).items.iter_mut();
        for item in items.filter(|item| wanted.contains(&item.id)) {
            given.apply(item);
        }
    }

    /// The properties among the arguments. What is no property (a selector, a position) is left out.
    fn given(&mut self, menu: MenuPath, args: &[Arg], verb: &str) -> Result<Given, Diagnostic> {
        let mut given = Given::default();
        for arg in args {
            match arg.kind {
                ArgKind::Named(name) if is_position(&name.text(self.text)) => {}
                ArgKind::Named(name) => {
                    let id = self.property_name(menu, name)?;
                    match self.property(menu, id, arg)? {
                        Some(property) => self.give(&mut given, property, arg)?,
                        None => given.unset.push(id),
                    }
                }
                ArgKind::Unset(name) => given.unset.push(self.property_name(menu, name)?),
                ArgKind::Unnamed => {
                    if let Some(property) = self.switch(menu, arg, verb)? {
                        self.give(&mut given, property, arg)?;
                    }
                }
            }
        }
        Ok(given)
    }

    fn give(&self, given: &mut Given, property: Property, arg: &Arg) -> Result<(), Diagnostic> {
        if let Some(before) = given.set.iter().find(|other| other.name == property.name) {
            let name = self.database.name(property.name);
            return Err(diagnostics::repeated_property(name, self.origin(arg.span), before.origin));
        }
        given.set.push(property);
        Ok(())
    }

    /// A bare word among the arguments: a switch such as `fib` or `blackhole`.
    fn switch(&mut self, menu: MenuPath, arg: &Arg, verb: &str) -> Result<Option<Property>, Diagnostic> {
        let origin = self.origin(arg.span);
        let Value::Word(word) = arg.value else {
            return match catalog::menu(menu) {
                Some(_) => Err(diagnostics::bad_argument(verb, origin, "properties are written name=value")),
                None => Ok(None),
            };
        };
        let name = self.property_name(menu, word)?;
        let statement = catalog::menu(menu).and_then(|menu| menu.property(self.database.name(name)));
        if statement.is_some_and(|property| property.shape != <bool as FromText>::SHAPE) {
            let why = format!("write {}=VALUE", self.database.name(name));
            return Err(diagnostics::bad_argument(verb, origin, &why));
        }
        Ok(Some(Property { name, written: Written::Switch, origin }))
    }

    /// A property's name in full and in the spelling of version 7.
    fn property_name(&mut self, menu: MenuPath, word: Word) -> Result<PropertyName, Diagnostic> {
        let raw = word.span.slice(self.text);
        if let Some(&known) = self.names.get(&(menu, raw)) {
            return Ok(known);
        }
        let origin = self.origin(word.span);
        let written = word.text(self.text);
        self.signs.note(menu, Some(&written), origin);
        let name = v6::property(menu, &written);
        let full = match catalog::menu(menu) {
            None => name,
            Some(statement) => property_of(statement, name).ok_or_else(|| {
                let known = statement.properties().map(|property| property.name);
                diagnostics::unknown_property(menu, name, origin, known)
            })?,
        };
        let id = self.database.name_id(full);
        self.names.insert((menu, raw), id);
        Ok(id)
    }

    /// The property that an argument gives; `None` for an empty value, which unsets it.
    fn property(
        &self,
        menu: MenuPath,
        name: PropertyName,
        arg: &Arg,
    ) -> Result<Option<Property>, Diagnostic> {
        let span = match &arg.value {
            Value::Empty => return Ok(None),
            Value::Word(word) => word.span,
            Value::Quoted(quoted) => quoted.span,
            value @ (Value::Interpolated(_)
            | Value::Variable(_)
            | Value::Substitution(_)
            | Value::Group(_)
            | Value::Code(_)
            | Value::Array(_)) => {
                let span = value.span().unwrap_or(arg.span);
                if catalog::menu(menu).is_some() {
                    return Err(diagnostics::value_not_computed(self.origin(span)));
                }
                span
            }
        };
        let origin = self.origin(span);
        let is_empty = self.sources.slice(origin) == "\"\"";
        Ok((!is_empty).then_some(Property { name, written: Written::Value, origin }))
    }
}

impl Given {
    fn apply(&self, item: &mut Item) {
        for &name in &self.unset {
            item.unset(name);
        }
        for &property in &self.set {
            item.set(property);
        }
    }
}

/// A property's name in full, for all of it or as much as no other begins with.
fn property_of(menu: &'static catalog::Menu, name: &str) -> Option<&'static str> {
    if let Some(property) = menu.property(name) {
        return Some(property.name);
    }
    let mut beginning = menu.properties().filter(|property| property.name.starts_with(name));
    match (beginning.next(), beginning.next()) {
        (Some(property), None) => Some(property.name),
        _ => None,
    }
}

/// Arguments that say which item, or where.
fn is_position(name: &str) -> bool {
    matches!(name, "numbers" | "place-before" | "copy-from")
}

/// The arguments that name items: `numbers=`, or those without a name.
fn selector<'a>(args: &'a [Arg], text: &'a str) -> impl Iterator<Item = &'a Arg> {
    args.iter().filter(move |arg| match arg.kind {
        ArgKind::Unnamed => true,
        ArgKind::Named(name) => name.text(text) == "numbers",
        ArgKind::Unset(_) => false,
    })
}

fn named<'a>(args: &'a [Arg], wanted: &str, text: &str) -> Option<&'a Arg> {
    args.iter().find(|arg| matches!(arg.kind, ArgKind::Named(name) if name.text(text) == wanted))
}

/// The arguments that are properties or take them away.
fn named_only(args: &[Arg]) -> Vec<Arg> {
    args.iter().filter(|arg| arg.kind != ArgKind::Unnamed).cloned().collect()
}
