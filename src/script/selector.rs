//! Which items a command means: by number, by name, by `*ID`, by `[find ...]`.

use super::arguments::selector;
use super::stop::Stop;
use super::value as script;
use super::{Evaluator, diagnostics};
use crate::catalog;
use crate::database::{Item, ItemId, MenuPath, v6};
use rosc_grammar::ast::{Arg, Block, Statement, Value};
use rosc_target::Origin;

/// What a selector found.
pub(super) struct Selected {
    /// The items in list order.
    pub(super) items: Vec<ItemId>,
    /// Where the `find` stands that found nothing.
    pub(super) nothing: Option<Origin>,
}

impl Evaluator<'_> {
    /// The items that a command names. `None` if there are none and that is nobody's mistake; a `find` without a
    /// result is reported, but for `remove`, where clearing what may be there is the idiom.
    pub(super) fn selected(
        &mut self,
        menu: MenuPath,
        args: &[Arg],
        verb: &'static str,
        origin: Origin,
    ) -> Result<Option<Vec<ItemId>>, Stop> {
        let lowered = catalog::menu(menu).is_some();
        let kept = self.database.commands_kept();
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
                Ok(Selected { .. }) if lowered => return Ok(Some(Vec::new())),
                Err(
                    error
                    @ (Stop::Return(_) | Stop::Break | Stop::Continue | Stop::Quit | Stop::Exhausted(_)),
                ) => {
                    return Err(error);
                }
                Err(error) if lowered => return Err(error),
                // The command will be kept as it stands, and with it whatever it does on the way.
                Ok(_) | Err(_) if self.database.commands_kept() == kept => return Ok(None),
                Ok(_) | Err(_) => {
                    self.report(diagnostics::named_by_a_change(self.origin(arg.span)));
                    return Ok(Some(Vec::new()));
                }
            }
        }
        if some {
            Ok(Some(found))
        } else {
            Err(diagnostics::missing_argument(verb, "the items", origin).into())
        }
    }

    pub(super) fn select_single(
        &mut self,
        menu: MenuPath,
        arg: &Arg,
        name: &str,
    ) -> Result<Option<ItemId>, Stop> {
        let selected = self.select(menu, &arg.value)?;
        match selected.items.as_slice() {
            [] => Ok(None),
            [item] => Ok(Some(*item)),
            [..] => Err(diagnostics::bad_argument(name, self.origin(arg.span), "it takes one item").into()),
        }
    }

    /// The items that a value names.
    pub(super) fn select(&mut self, menu: MenuPath, value: &Value) -> Result<Selected, Stop> {
        match value {
            Value::Word(word) => {
                let (text, origin) = (word.text(self.text), self.origin(word.span));
                let names = text.split(',').filter(|name| !name.is_empty());
                let items =
                    names.map(|name| self.select_one(menu, name, origin)).collect::<Result<_, _>>()?;
                Ok(Selected { items, nothing: None })
            }
            Value::Quoted(quoted) => {
                let item = self.select_one(menu, &quoted.text(self.text), self.origin(quoted.span))?;
                Ok(Selected { items: vec![item], nothing: None })
            }
            Value::Substitution(block) => match self.select_found(menu, block)? {
                Some(found) => Ok(found),
                None => self.select_computed(menu, value),
            },
            Value::Empty
            | Value::Interpolated(_)
            | Value::Variable(_)
            | Value::Group(_)
            | Value::Code(_)
            | Value::Array(_) => self.select_computed(menu, value),
        }
    }

    /// The items that a computed value names: an id, a name, a number, or an array of them.
    fn select_computed(&mut self, menu: MenuPath, value: &Value) -> Result<Selected, Stop> {
        let origin = value.span().map_or(self.statement, |span| self.origin(span));
        let computed = self.value(value)?;
        let mut items = Vec::new();
        match &computed {
            script::Value::Nothing | script::Value::Nil => {
                let name = match value {
                    Value::Variable(variable) => Some(variable.text(self.text)),
                    _ => None,
                };
                return Err(diagnostics::no_value(name.as_deref(), origin).into());
            }
            script::Value::Array(array) => {
                for one in array.items() {
                    let name = self.text_of(one, origin)?;
                    items.push(self.select_one(menu, &name, origin)?);
                }
            }
            script::Value::Str(names) if names.contains(',') => {
                for name in names.split(',').filter(|name| !name.is_empty()) {
                    items.push(self.select_one(menu, name, origin)?);
                }
            }
            script::Value::Str(name) if name.is_empty() => {}
            one => {
                let name = self.text_of(one, origin)?;
                items.push(self.select_one(menu, &name, origin)?);
            }
        }
        let nothing = items.is_empty().then_some(origin);
        Ok(Selected { items, nothing })
    }

    fn select_one(&mut self, menu: MenuPath, name: &str, origin: Origin) -> Result<ItemId, Stop> {
        let by_id =
            name.strip_prefix('*').and_then(|digits| u32::from_str_radix(digits, 16).ok()).map(ItemId);
        if let Some(id) = by_id.filter(|id| self.database.position_in_order(menu, *id).is_some()) {
            return Ok(id);
        }
        // Everything else is looked for in all of the list.
        if self.is_inside() {
            self.step(self.database.items(menu).len() / 4)?;
        }
        let items = self.database.items(menu);
        let name_id = self.database.known_name("name");
        let is_called = |item: &&Item| {
            let property = name_id.and_then(|id| item.property(id));
            property.is_some_and(|property| self.database.text(property) == name)
        };
        let by_name = || items.iter().find(is_called);
        let by_number = || name.parse::<usize>().ok().and_then(|number| items.get(number));
        let found = match by_id {
            Some(id) => self.database.position(menu, id).map(|at| &items[at]),
            None => by_name().or_else(by_number),
        };
        let known = || items.iter().filter_map(|item| self.name_of(item)).collect();
        Ok(found.map(|item| item.id).ok_or_else(|| diagnostics::no_such_item(menu, name, origin, known()))?)
    }

    fn name_of(&self, item: &Item) -> Option<String> {
        self.database.value(item, "name").map(|name| name.into_owned())
    }

    /// `[find ...]` in the command's own menu; `None` if it is something else.
    fn select_found(&mut self, menu: MenuPath, block: &Block) -> Result<Option<Selected>, Stop> {
        let [Statement::Command(command)] = block.body.as_slice() else { return Ok(None) };
        let begins_as_command = command.args.first().is_some_and(|arg| matches!(arg.value, Value::Word(_)));
        if !begins_as_command {
            return Ok(None);
        }
        let outside = std::mem::replace(&mut self.menu, menu);
        let target = self.target(command);
        self.menu = outside;
        let target = target?;
        if target.verb != Some("find") || v6::menu(target.menu) != menu {
            return Ok(None);
        }
        let items = self.find_items(menu, &command.condition)?;
        let nothing = items.is_empty().then_some(self.origin(block.span));
        Ok(Some(Selected { items, nothing }))
    }
}
