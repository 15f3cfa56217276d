//! nft's own language, for people. What it prints can be loaded with `nft -f`.

mod dynamic;
mod statement;

use crate::canonical;
use crate::dynamic::{DynamicType, Lifetime};
use crate::flowtable::Flowtable;
use crate::helper::CtHelper;
use crate::kind::SetKey;
use crate::name::Name;
use crate::opaque::OpaqueObject;
use crate::quoted::Comment;
use crate::rule::Rule;
use crate::state::{Chain, Family, Set, SetType, State, TABLE, Table};
use crate::statement::Statement;
use crate::values::Values;
use rosc_target::Origin;
use std::fmt::{self, Display, Write};

/// Elements of a set are wrapped when a line gets longer than this many characters.
const LINE_WIDTH: usize = 100;

/// Returns all tables as a ruleset.
///
/// `remark` turns an origin into the text of a remark behind the object's line, such as the file and line
/// that asked for it; `None` leaves it out. Sets and chains stand before the rules that use them. Statements
/// that rosc does not know can't be written in nft's language: their rules are remarks.
pub fn ruleset(state: &State, remark: &dyn Fn(Origin) -> Option<String>) -> String {
    let mut text = String::new();
    for (&family, table) in &state.tables {
        let separator = if text.is_empty() { "" } else { "\n" };
        write!(text, "{separator}{}", TableText { family, table, remark }).expect("writing to a string");
    }
    text
}

/// A rule without its remark.
impl Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, statement) in canonical::loaded(self.statements()).enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{statement}")?;
        }
        match self.comment().and_then(|comment| Comment::new(comment.as_str())) {
            Some(comment) => write!(f, " comment \"{comment}\""),
            None => Ok(()),
        }
    }
}

struct TableText<'a> {
    family: Family,
    table: &'a Table,
    remark: &'a dyn Fn(Origin) -> Option<String>,
}

impl Display for TableText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Table { sets, helpers, flowtables, chains, objects } = self.table;
        writeln!(f, "table {} {TABLE} {{", self.family)?;
        objects.iter().try_for_each(|object| opaque_object(f, object))?;
        sets.iter().try_for_each(|(name, set)| self.set(f, name, set))?;
        helpers.iter().try_for_each(|(name, helper)| self.helper(f, name, helper))?;
        flowtables.iter().try_for_each(|(name, flowtable)| self.flowtable(f, name, flowtable))?;
        chains.iter().try_for_each(|(name, chain)| self.chain(f, name, chain))?;
        writeln!(f, "}}")
    }
}

impl TableText<'_> {
    fn set(&self, f: &mut fmt::Formatter<'_>, name: &Name, set: &Set) -> fmt::Result {
        writeln!(f, "\tset {name} {{{}", self.remark(set.origin))?;
        writeln!(f, "\t\ttype {}", set.kind())?;
        match set.kind() {
            SetType::Listed(key) => {
                writeln!(f, "\t\tflags interval")?;
                elements(f, *key, set.elements())?;
            }
            SetType::Dynamic(kind) => {
                let timeout = if kind.lifetime() == Lifetime::Timed { ",timeout" } else { "" };
                writeln!(f, "\t\tsize {}", DynamicType::SIZE)?;
                writeln!(f, "\t\tflags dynamic{timeout}")?;
            }
        }
        writeln!(f, "\t}}")
    }

    fn helper(&self, f: &mut fmt::Formatter<'_>, name: &Name, helper: &CtHelper) -> fmt::Result {
        writeln!(f, "\tct helper {name} {{{}", self.remark(helper.origin))?;
        writeln!(f, "\t\ttype \"{}\" protocol {};", helper.helper, helper.protocol)?;
        writeln!(f, "\t\tl3proto {}", self.family)?;
        writeln!(f, "\t}}")
    }

    fn flowtable(&self, f: &mut fmt::Formatter<'_>, name: &Name, flowtable: &Flowtable) -> fmt::Result {
        writeln!(f, "\tflowtable {name} {{{}", self.remark(flowtable.origin))?;
        writeln!(f, "\t\thook ingress priority {}", flowtable.priority)?;
        let devices: Vec<String> = flowtable.devices.iter().map(|device| format!("\"{device}\"")).collect();
        if !devices.is_empty() {
            writeln!(f, "\t\tdevices = {{ {} }}", devices.join(", "))?;
        }
        writeln!(f, "\t}}")
    }

    fn chain(&self, f: &mut fmt::Formatter<'_>, name: &Name, chain: &Chain) -> fmt::Result {
        writeln!(f, "\tchain {name} {{{}", self.remark(chain.origin))?;
        if let Some(hook) = chain.hook {
            let priority = hook.priority;
            writeln!(
                f,
                "\t\ttype {} hook {} priority {priority}; policy {};",
                hook.kind, hook.hook, hook.policy
            )?;
        }
        for rule in &chain.rules {
            let is_known = !rule.statements().iter().any(|s| matches!(s, Statement::Opaque(_)));
            let hidden = if is_known { "" } else { "# " };
            writeln!(f, "\t\t{hidden}{rule}{}", self.remark(rule.origin()))?;
        }
        writeln!(f, "\t}}")
    }

    /// A remark must not end its line itself, or what follows would be loaded.
    fn remark(&self, origin: Origin) -> String {
        match (self.remark)(origin) {
            Some(remark) => format!(" # {}", remark.replace(char::is_control, " ")),
            None => String::new(),
        }
    }
}

fn opaque_object(f: &mut fmt::Formatter<'_>, object: &OpaqueObject) -> fmt::Result {
    writeln!(f, "\t# {} {}", object.kind(), object.name().replace(char::is_control, " "))
}

fn elements(f: &mut fmt::Formatter<'_>, key: SetKey, elements: &Values) -> fmt::Result {
    if elements.is_empty() {
        return Ok(());
    }
    const START: &str = "\t\telements = { ";
    const INDENT: &str = "\t\t\t     ";
    f.write_str(START)?;
    let mut column = START.len();
    let mut is_first = true;
    statement::each_item(key.datatype(), elements, |element| {
        if !std::mem::replace(&mut is_first, false) {
            column += ",".len();
            if column + element.len() > LINE_WIDTH {
                write!(f, ",\n{INDENT}")?;
                column = INDENT.len();
            } else {
                f.write_str(", ")?;
                column += " ".len();
            }
        }
        column += element.len();
        f.write_str(element)
    })?;
    writeln!(f, " }}")
}
