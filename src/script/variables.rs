//! Variables and where they are seen.
//!
//! Every block opens a scope, and sees what the blocks around it declare. A function sees nothing of where it is
//! called or defined: it declares the globals that it uses.

use super::value::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// All variables.
#[derive(Debug, Default)]
pub(super) struct Variables {
    globals: HashMap<Rc<str>, Slot>,
    scopes: Vec<Scope>,
}

/// What a variable holds.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    Value(Value),
    /// Nothing, since computing it failed: the place of the report among the diagnostics.
    Failed(usize),
}

#[derive(Debug, Default)]
struct Scope {
    /// Whether the scopes around it are out of sight.
    is_function: bool,
    names: Vec<(Rc<str>, Binding)>,
}

#[derive(Debug)]
enum Binding {
    Local(Slot),
    Global,
}

/// What a name means.
#[derive(Debug)]
pub(super) enum Seen<'v> {
    Slot(&'v mut Slot),
    /// No variable, though there is a global of this name.
    GlobalOutOfSight,
    Undeclared,
}

impl Default for Slot {
    fn default() -> Self {
        Self::Value(Value::Nothing)
    }
}

impl Variables {
    /// Forgets all but the globals: another file begins.
    pub(super) fn begin(&mut self) {
        self.scopes.clear();
        self.scopes.push(Scope::default());
    }

    pub(super) fn enter_block(&mut self) {
        self.scopes.push(Scope::default());
    }

    pub(super) fn enter_function(&mut self) {
        self.scopes.push(Scope { is_function: true, names: Vec::new() });
    }

    pub(super) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Declares a local in the innermost scope; a second declaration sets the first.
    pub(super) fn local(&mut self, name: &str, slot: Slot) {
        self.bind(name, Binding::Local(slot));
    }

    /// Makes a global seen in the innermost scope, and sets it if there is something to set.
    pub(super) fn global(&mut self, name: &str, slot: Option<Slot>) {
        self.bind(name, Binding::Global);
        match slot {
            Some(slot) => {
                self.globals.insert(name.into(), slot);
            }
            None => {
                self.globals.entry(name.into()).or_default();
            }
        }
    }

    pub(super) fn see(&mut self, name: &str) -> Seen<'_> {
        for scope in self.scopes.iter_mut().rev() {
            let found = scope.names.iter_mut().find(|(of, _)| **of == *name);
            match found.map(|(_, binding)| binding) {
                Some(Binding::Local(slot)) => return Seen::Slot(slot),
                Some(Binding::Global) => {
                    return match self.globals.get_mut(name) {
                        Some(slot) => Seen::Slot(slot),
                        None => Seen::Undeclared,
                    };
                }
                None if scope.is_function => break,
                None => {}
            }
        }
        if self.globals.contains_key(name) { Seen::GlobalOutOfSight } else { Seen::Undeclared }
    }

    fn bind(&mut self, name: &str, binding: Binding) {
        let Some(scope) = self.scopes.last_mut() else { return };
        match scope.names.iter_mut().find(|(of, _)| **of == *name) {
            Some((_, before)) => *before = binding,
            None => scope.names.push((name.into(), binding)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(variables: &mut Variables, name: &str) -> Option<i64> {
        match variables.see(name) {
            Seen::Slot(Slot::Value(value)) => value.as_number(),
            _ => None,
        }
    }

    #[test]
    fn a_block_sees_what_is_around_it_and_a_function_does_not() {
        let mut variables = Variables::default();
        variables.begin();
        variables.local("x", Slot::Value(Value::Num(1)));
        variables.global("g", Some(Slot::Value(Value::Num(2))));
        variables.enter_block();
        assert_eq!((number(&mut variables, "x"), number(&mut variables, "g")), (Some(1), Some(2)));
        variables.local("x", Slot::Value(Value::Num(3)));
        assert_eq!(number(&mut variables, "x"), Some(3));
        variables.leave();
        assert_eq!(number(&mut variables, "x"), Some(1));
        variables.enter_function();
        assert_eq!(number(&mut variables, "x"), None);
        assert!(matches!(variables.see("g"), Seen::GlobalOutOfSight));
        variables.global("g", None);
        assert_eq!(number(&mut variables, "g"), Some(2));
    }
}
