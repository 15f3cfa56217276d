//! What commands tell of items: `find`, `get` and `print`.

use super::arguments::named;
use super::question::Question;
use super::stop::Stop;
use super::value::{Array, Value};
use super::{Evaluator, diagnostics};
use crate::catalog::commands::{Commands, Entry};
use crate::catalog::{self, Kind};
use crate::database::{Database, ItemId, MenuPath, v6};
use crate::source::Sources;
use rosc_grammar::ast::{Arg, ArgKind, Command, Expr};
use rosc_target::Origin;
use std::collections::HashSet;

/// Properties that are text whatever they look like.
const TEXT: &[&str] = &["name", "comment", "list", "source", "address-list"];

/// Menus that can be added to, and whose items are for the most part not of the configuration: what a router learns from
/// its neighbours and users, its files and its radios.
///
/// They are listed, because nothing that RouterOS tells of its menus sets them apart: the flag `dynamic`, which comes
/// nearest, is there for a third of all lists, firewall filters among them, in which the configured items are those that
/// a script means. Menus that can't be added to need no mention.
const LEARNED: &[&str] = &[
    "/caps-man/interface",
    "/certificate",
    "/certificate/crl",
    "/disk",
    "/file",
    "/interface/bridge/host",
    "/interface/bridge/mdb",
    "/interface/l2tp-server",
    "/interface/ovpn-server",
    "/interface/pppoe-server",
    "/interface/pptp-server",
    "/interface/sstp-server",
    "/interface/wifi",
    "/interface/wireless",
    "/ip/arp",
    "/ip/dhcp-server/lease",
    "/ip/ipsec/policy",
    "/ip/kid-control/device",
    "/ipv6/dhcp-server/binding",
    "/ipv6/nd/prefix",
    "/ipv6/neighbor",
    "/mpls/ldp/neighbor",
    "/routing/igmp-proxy/mfc",
    "/user",
];

/// What a router holds before any configuration.
pub(super) fn with_built_in(sources: &Sources) -> Database<'_> {
    let mut database = Database::new(sources);
    for menu in catalog::MENUS {
        let Kind::BuiltIn(items) = menu.kind else { continue };
        for item in items.iter().rev() {
            database.add_built_in(
                menu.path,
                [("name", item.name)].into_iter().chain(item.values.iter().copied()),
            );
        }
    }
    database
}

impl Evaluator<'_> {
    /// `[find ...]`.
    pub(super) fn found(&mut self, menu: MenuPath, terms: &[Expr], origin: Origin) -> Result<Value, Stop> {
        if self.holds_more_than_written(menu) {
            let question = self.question(menu, "find", &[], terms)?;
            let answer = self.facts.ask(&question, origin)?;
            let ids = answer.split(',').filter(|id| !matches!(*id, "" | "none")).map(Value::literal);
            let made = Array::of(ids).map(|array| Value::Array(array.into()));
            return self.made(made, origin);
        }
        let ids = self.find_items(menu, terms)?;
        let made = Array::of(ids.into_iter().map(|id| Value::Id(id.0)));
        self.made(made.map(|array| Value::Array(array.into())), origin)
    }

    /// Whether a router puts items into the menu by itself, so that those of the configuration are not all.
    fn holds_more_than_written(&self, menu: MenuPath) -> bool {
        catalog::menu(menu).is_none() && (!is_list(menu) || LEARNED.contains(&menu))
    }

    /// The items for which all terms hold, in list order.
    pub(super) fn find_items(&mut self, menu: MenuPath, terms: &[Expr]) -> Result<Vec<ItemId>, Stop> {
        let count = self.database.items(menu).len();
        if self.is_inside() {
            self.step(count / 4)?;
        }
        let mut found = Vec::new();
        for index in 0..count {
            if self.matches(menu, index, terms)?
                && let Some(item) = self.database.items(menu).get(index)
            {
                found.push(item.id);
            }
        }
        Ok(found)
    }

    /// `[get ITEM property]`, `[get property]` of settings, and `[get ITEM]`, which tells everything.
    pub(super) fn get(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        let lowered = catalog::menu(menu);
        let unnamed: Vec<&Arg> = args.iter().filter(|arg| arg.kind == ArgKind::Unnamed).collect();
        let value_name = named(args, "value-name", self.text);
        let numbers = named(args, "number", self.text).or(named(args, "numbers", self.text));
        let is_settings = lowered.is_some_and(|menu| menu.kind == Kind::Settings)
            || lowered.is_none() && numbers.is_none() && unnamed.iter().chain(&value_name).count() == 1;
        if is_settings {
            let Some(name) = value_name.or(unnamed.first().copied()) else {
                return Err(diagnostics::missing_argument("get", "the name of a property", origin).into());
            };
            let name = self.property_asked_for(menu, name)?;
            return self.property_value(menu, None, &name, origin);
        }
        let mut unnamed = unnamed.into_iter();
        let Some(item) = numbers.or_else(|| unnamed.next()) else {
            return Err(diagnostics::missing_argument("get", "an item", origin).into());
        };
        let name = value_name.or_else(|| unnamed.next());
        let place = self.origin(item.span);
        let items = match self.select(menu, &item.value) {
            Err(Stop::Failed(_) | Stop::Unknown(_)) if lowered.is_none() => {
                return self.get_unknown(menu, item, name, origin);
            }
            selected => selected?.items,
        };
        let id = match items.as_slice() {
            [id] => *id,
            [] if lowered.is_none() => return self.get_unknown(menu, item, name, origin),
            [] => return Err(diagnostics::nothing_to_get(menu, place).into()),
            [..] => return Err(diagnostics::bad_argument("get", place, "it takes one item").into()),
        };
        let index = self.database.position(menu, id);
        match name {
            Some(name) => {
                let name = self.property_asked_for(menu, name)?;
                self.property_value(menu, index, &name, origin)
            }
            None => match index {
                Some(index) => self.everything(menu, index, origin),
                None => Ok(Value::Nothing),
            },
        }
    }

    /// `get` of an item that the configuration does not make.
    fn get_unknown(
        &mut self,
        menu: MenuPath,
        item: &Arg,
        name: Option<&Arg>,
        origin: Origin,
    ) -> Result<Value, Stop> {
        let called = self.name_of_unknown(item)?;
        let question = match name {
            Some(name) => {
                let property = v6::property(menu, &self.property_asked_for(menu, name)?).to_owned();
                Question::Property { menu, item: Some(called), property }
            }
            None => self.question(menu, "get", std::slice::from_ref(item), &[])?,
        };
        self.ask(&question, origin)
    }

    fn property_asked_for(&mut self, menu: MenuPath, arg: &Arg) -> Result<String, Stop> {
        let value = self.value(&arg.value)?;
        let text = self.text_of(&value, self.origin(arg.span))?;
        let full = catalog::menu(menu).and_then(|menu| {
            let mut beginning = menu.properties().filter(|property| property.name.starts_with(&*text));
            let only = beginning.next().filter(|_| beginning.next().is_none());
            menu.property(&text).or(only).map(|property| property.name)
        });
        Ok(full.map_or_else(|| text.to_string(), str::to_owned))
    }

    /// A property of an item, or of the menu itself, as a value.
    pub(super) fn property_value(
        &mut self,
        menu: MenuPath,
        index: Option<usize>,
        name: &str,
        origin: Origin,
    ) -> Result<Value, Stop> {
        let name = v6::property(menu, name);
        let text = match index {
            Some(index) => {
                let item = self.database.items(menu).get(index);
                if let (Some(item), ".id") = (item, name) {
                    return Ok(Value::Id(item.id.0));
                }
                let known = self.value_or_default(menu, index, name, origin)?.map(|text| text.into_owned());
                match known {
                    None if catalog::menu(menu).is_none() => {
                        Some(self.ask_of_item(menu, index, name, origin)?.to_owned())
                    }
                    known => known,
                }
            }
            None => {
                let id = self.database.known_name(name);
                let settings =
                    self.database.menu(menu).map(|menu| menu.settings.as_slice()).unwrap_or_default();
                let set = settings.iter().find(|property| Some(property.name) == id);
                let set = set.map(|property| self.database.text(property).into_owned());
                let default =
                    catalog::menu(menu).and_then(|menu| menu.property(name)).and_then(|p| p.default);
                match set.or(default.map(str::to_owned)) {
                    Some(text) => Some(text),
                    None => {
                        let property = name.to_owned();
                        return self.ask(&Question::Property { menu, item: None, property }, origin);
                    }
                }
            }
        };
        let made = text.map_or(Ok(Value::Nothing), |text| typed(menu, name, &text));
        self.made(made, origin)
    }

    /// All that an item says, by the names of the properties.
    fn everything(&mut self, menu: MenuPath, index: usize, origin: Origin) -> Result<Value, Stop> {
        let mut array = Array::default();
        if let Some(item) = self.database.items(menu).get(index) {
            let id = array.insert(".id".into(), Value::Id(item.id.0));
            let mut result = id;
            for property in &item.properties {
                let name = self.database.name(property.name);
                let value = typed(menu, name, &self.database.text(property));
                result = result.and_then(|()| array.insert(name.into(), value?));
            }
            self.plain(result, origin)?;
        }
        self.made(Ok(Value::Array(array.into())), origin)
    }

    /// `[print as-value]` and `[print count-only]`; other forms only show.
    pub(super) fn printed(
        &mut self,
        menu: MenuPath,
        command: &Command,
        args: &[Arg],
        origin: Origin,
    ) -> Result<Value, Stop> {
        let says = |word: &str| args.iter().any(|arg| arg.span.slice(self.text) == word);
        let (as_value, count_only) = (says("as-value"), says("count-only"));
        if !as_value && !count_only {
            return Ok(Value::Nothing);
        }
        if self.holds_more_than_written(menu) {
            let question = self.question(menu, "print", args, &command.condition)?;
            return self.ask(&question, origin);
        }
        let ids: HashSet<ItemId> = self.find_items(menu, &command.condition)?.into_iter().collect();
        if count_only {
            return Ok(Value::Num(i64::try_from(ids.len()).unwrap_or(i64::MAX)));
        }
        let mut all = Array::default();
        for index in 0..self.database.items(menu).len() {
            if ids.contains(&self.database.items(menu)[index].id) {
                let one = self.everything(menu, index, origin)?;
                self.plain(all.push(one), origin)?;
            }
        }
        Ok(Value::Array(all.into()))
    }

    /// Inside a condition, `$name` is the item's own property where there is one of this name.
    pub(super) fn property_as_variable(&mut self, name: &str, origin: Origin) -> Result<Option<Value>, Stop> {
        let Some((menu, index)) = self.item else { return Ok(None) };
        let is_property = match catalog::menu(menu) {
            Some(statement) => statement.property(name).is_some(),
            None => Commands::all().arguments(menu, "set").contains(&name),
        };
        if !is_property {
            return Ok(None);
        }
        if matches!(self.variables.see(name), super::variables::Seen::Slot(_)) {
            self.report(diagnostics::shadowed_variable(menu, name, origin));
        }
        self.property_value(menu, Some(index), name, origin).map(Some)
    }
}

/// Whether items can be added to a menu.
fn is_list(menu: &str) -> bool {
    Commands::all().look_up(menu, "add") == Some(Entry::Command("add"))
}

/// A property's text as a value of its type.
pub(super) fn typed(menu: &str, name: &str, text: &str) -> Result<Value, super::value::Mistake> {
    // An interface's address is text on a router too: with its length, and with the host's bits.
    if TEXT.contains(&name) || (menu == "/ip/address" && name == "address") {
        return Ok(Value::str(text));
    }
    if text.contains(',') && !text.contains(' ') {
        let array = Array::of(text.split(',').map(Value::literal))?;
        return Ok(Value::Array(array.into()));
    }
    Ok(Value::literal(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_learned_is_a_list_and_not_lowered() {
        for menu in LEARNED {
            assert!(is_list(menu) && catalog::menu(menu).is_none(), "{menu}");
        }
    }
}
