//! The verbs that change configuration.

use super::arguments::{Given, named, named_only, selector};
use super::stop::Stop;
use super::value::Value;
use super::{Evaluator, diagnostics};
use crate::catalog::{self, Kind, ROSC_FACT};
use crate::database::{Change, Item, ItemId, MenuPath, Property, Written};
use rosc_grammar::ast::{self, Arg, ArgKind};
use rosc_target::Origin;

/// What an item that a loop or a function makes costs, so that they end before memory does.
const STEPS_OF_AN_ITEM: usize = 12;

/// What `enable` and `disable` do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Switch {
    Enable,
    Disable,
}

impl Evaluator<'_> {
    /// Adds an item; the value is its id.
    pub(super) fn add(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        if self.is_inside() {
            self.step(STEPS_OF_AN_ITEM)?;
        }
        let (copied, copied_well) = self.reference(menu, args, "copy-from")?;
        let (before, placed_well) = self.reference(menu, args, "place-before")?;
        let given = self.given(menu, args, "add")?;
        let is_fact = menu == ROSC_FACT.path;
        let id = if is_fact { self.database.new_id_aside() } else { self.database.new_id() };
        let mut item = match copied.map(|id| self.properties_of(menu, id)) {
            None => given.into_item(id, origin),
            Some(properties) => {
                let mut item = Item { id, origin, called: None, properties, is_broken: false };
                given.apply(&mut item);
                item
            }
        };
        item.is_broken |= !(copied_well && placed_well);
        let at = before.and_then(|id| self.database.position(menu, id));
        let items = &mut self.database.menu_mut(menu).items;
        items.insert(at.unwrap_or(items.len()), item);
        Ok(Value::Id(id.0))
    }

    /// The item that an argument such as `place-before=` names, and whether all is well with it. What can't be found
    /// in a menu that is not lowered may well be on the router.
    fn reference(
        &mut self,
        menu: MenuPath,
        args: &[Arg],
        name: &str,
    ) -> Result<(Option<ItemId>, bool), Stop> {
        let Some(arg) = named(args, name, self.text) else { return Ok((None, true)) };
        match self.select_single(menu, arg, name) {
            Ok(item) => Ok((item, true)),
            Err(Stop::Failed(_) | Stop::Unknown(_) | Stop::Reported(_)) if catalog::menu(menu).is_none() => {
                Ok((None, true))
            }
            Err(Stop::Failed(mistake) | Stop::Unknown(mistake)) if self.handlers == 0 => {
                self.report(*mistake);
                Ok((None, false))
            }
            Err(Stop::Reported(_)) if self.handlers == 0 => Ok((None, false)),
            Err(stop) => Err(stop),
        }
    }

    pub(super) fn set(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        let has_selector = selector(args, self.text).next().is_some();
        let is_settings = match catalog::menu(menu) {
            Some(statement) => statement.kind == Kind::Settings,
            None => !has_selector,
        };
        if is_settings {
            let given = self.given(menu, args, "set")?;
            given.apply_to_settings(&mut self.database.menu_mut(menu).settings);
            return Ok(Value::Nothing);
        }
        if !has_selector {
            return Err(diagnostics::missing_argument("set", "the items to set", origin)
                .help("for example `set 0 ...`, `set [find comment=x] ...` or `set NAME ...`")
                .into());
        }
        let Some(items) = self.selected(menu, args, "set", origin)? else {
            // A built-in item of a menu that is not lowered: what is said of it is kept as an item of its own.
            if self.is_inside() {
                self.step(STEPS_OF_AN_ITEM)?;
            }
            if let Some(second) = selector(args, self.text).nth(1) {
                let why = "several items go in one list: `set a,b ...`";
                self.report(diagnostics::bad_argument("set", self.origin(second.span), why));
                return Ok(Value::Nothing);
            }
            let given = self.given(menu, &named_only(args), "set")?;
            let id = self.database.new_id();
            let called = selector(args, self.text).next().map(|arg| Box::new(self.origin(arg.span)));
            let mut item = Item { id, origin, called, properties: Vec::new(), is_broken: false };
            given.apply(&mut item);
            self.database.menu_mut(menu).items.push(item);
            return Ok(Value::Nothing);
        };
        let given = self.given(menu, &named_only(args), "set")?;
        self.change_items(menu, &items, &given);
        Ok(Value::Nothing)
    }

    pub(super) fn remove(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        if let Some(mut items) = self.selected(menu, args, "remove", origin)? {
            items.sort_unstable();
            let keep = |item: &Item| items.binary_search(&item.id).is_err();
            self.database.menu_mut(menu).items.retain(keep);
        }
        Ok(Value::Nothing)
    }

    /// `enable` and `disable`; `change` is the command, for where the items are the router's alone.
    pub(super) fn switch_items(
        &mut self,
        menu: MenuPath,
        args: &[Arg],
        origin: Origin,
        switch: Switch,
        change: Change,
    ) -> Result<Value, Stop> {
        let verb = match switch {
            Switch::Enable => "enable",
            Switch::Disable => "disable",
        };
        let Some(items) = self.selected(menu, args, verb, origin)? else {
            self.database.note_change(menu, change);
            return Ok(Value::Nothing);
        };
        let name = self.database.name_id("disabled");
        let is_built_in = catalog::menu(menu).is_some_and(|menu| matches!(menu.kind, Kind::BuiltIn(_)));
        let given = match switch {
            // What a router has by itself may be off by itself, and is only set, where a bare word would be an item.
            Switch::Enable | Switch::Disable if is_built_in => {
                let value = if let Switch::Disable = switch { "yes" } else { "no" };
                Given::setting(Property { name, written: self.database.keep(value), origin })
            }
            Switch::Enable => Given::unsetting(name),
            Switch::Disable => Given::setting(Property { name, written: Written::Switch, origin }),
        };
        self.change_items(menu, &items, &given);
        Ok(Value::Nothing)
    }

    /// `move ITEMS [BEFORE]`; without the second argument, to the end.
    pub(super) fn move_items(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        let unnamed: Vec<&Arg> = args.iter().filter(|arg| arg.kind == ArgKind::Unnamed).collect();
        let numbers = named(args, "numbers", self.text).or_else(|| unnamed.first().copied());
        let Some(numbers) = numbers else {
            return Err(diagnostics::missing_argument("move", "the items to move", origin).into());
        };
        let destination = named(args, "destination", self.text).or(match unnamed.as_slice() {
            [_, second] => Some(*second),
            _ => None,
        });
        if let [_, _, third, ..] = unnamed.as_slice() {
            let why = "`move ITEMS DESTINATION` takes two; several items go in one list: `move 1,2 0`";
            return Err(diagnostics::bad_argument("move", self.origin(third.span), why).into());
        }
        let selected = self.select(menu, &numbers.value)?;
        if let Some(place) = selected.nothing {
            self.report(diagnostics::nothing_found(menu, "move", place));
            return Ok(Value::Nothing);
        }
        let before = match destination {
            Some(arg) => self.select_single(menu, arg, "destination")?,
            None => None,
        };
        if before.is_some_and(|before| selected.items.contains(&before)) {
            return Ok(Value::Nothing);
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
        Ok(Value::Nothing)
    }

    /// `comment ITEMS "text"`.
    pub(super) fn comment(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        let text = named(args, "comment", self.text)
            .or_else(|| args.iter().filter(|arg| arg.kind == ArgKind::Unnamed).nth(1))
            .ok_or_else(|| diagnostics::missing_argument("comment", "the items and a text", origin))?;
        let Some(numbers) = selector(args, self.text).next() else {
            return Err(diagnostics::missing_argument("comment", "the items and a text", origin).into());
        };
        let name = self.database.name_id("comment");
        let given = match self.property(menu, name, text)? {
            Some(property) => Given::setting(property),
            None => Given::unsetting(name),
        };
        let items = self.select(menu, &numbers.value)?.items;
        self.change_items(menu, &items, &given);
        Ok(Value::Nothing)
    }

    /// `unset ITEMS value-name=PROPERTY`.
    pub(super) fn unset(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        let name = named(args, "value-name", self.text)
            .or_else(|| args.iter().filter(|arg| arg.kind == ArgKind::Unnamed).nth(1));
        let (Some(numbers), Some(name)) = (selector(args, self.text).next(), name) else {
            return Err(diagnostics::missing_argument("unset", "the items and a property", origin).into());
        };
        let ast::Value::Word(name) = name.value else {
            return Err(diagnostics::script_not_run("unset", self.origin(name.span)).into());
        };
        let given = Given::unsetting(self.property_name(menu, name)?);
        let items = self.select(menu, &numbers.value)?.items;
        self.change_items(menu, &items, &given);
        Ok(Value::Nothing)
    }

    fn properties_of(&self, menu: MenuPath, id: ItemId) -> Vec<Property> {
        let item = self.database.position(menu, id).map(|at| &self.database.items(menu)[at]);
        item.map(|item| item.properties.clone()).unwrap_or_default()
    }

    fn change_items(&mut self, menu: MenuPath, ids: &[ItemId], given: &Given) {
        /// As many items are looked up one by one; of more, the list is gone through once.
        const FEW: usize = 8;
        if ids.len() <= FEW {
            for &id in ids {
                if let Some(at) = self.database.position(menu, id) {
                    given.apply(&mut self.database.menu_mut(menu).items[at]);
                }
            }
            return;
        }
        let mut wanted = ids.to_vec();
        wanted.sort_unstable();
        let items = self.database.menu_mut(menu).items.iter_mut();
        for item in items.filter(|item| wanted.binary_search(&item.id).is_ok()) {
            given.apply(item);
        }
    }
}
