//! Arrays: elements in order, and elements with keys.

use super::{Mistake, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The most elements of an array, those of arrays inside it included.
pub(crate) const MOST_ELEMENTS: usize = 200_000;

/// How deep arrays may lie in arrays; reading them by recursion stays within a small stack.
const MOST_DEPTH: u8 = 64;

/// An array.
#[derive(Debug, Clone, Default)]
pub(crate) struct Array {
    items: Vec<Value>,
    keyed: BTreeMap<Rc<str>, Value>,
    total: usize,
    depth: u8,
}

impl Array {
    /// An array of elements in order.
    pub(crate) fn of(items: impl IntoIterator<Item = Value>) -> Result<Self, Mistake> {
        let mut array = Self::default();
        for item in items {
            array.push(item)?;
        }
        Ok(array)
    }

    /// How many elements there are, with and without keys.
    pub(crate) fn len(&self) -> usize {
        self.items.len() + self.keyed.len()
    }

    /// How many elements there are, those of arrays inside included.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    /// The elements without keys.
    pub(crate) fn items(&self) -> &[Value] {
        &self.items
    }

    /// The elements with keys.
    pub(crate) fn keyed(&self) -> impl Iterator<Item = (&Rc<str>, &Value)> {
        self.keyed.iter()
    }

    /// Keys and elements: first those without keys, by their numbers, then the others in the order of their keys.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Value, &Value)> {
        let numbered = self.items.iter().enumerate();
        let numbered = numbered.map(|(n, value)| (Value::Num(i64::try_from(n).unwrap_or(i64::MAX)), value));
        numbered.chain(self.keyed.iter().map(|(key, value)| (Value::Str(Rc::clone(key)), value)))
    }

    /// The element of a number or key.
    pub(crate) fn get(&self, key: &Value) -> Option<&Value> {
        let numbered = |n: i64| usize::try_from(n).ok().and_then(|n| self.items.get(n));
        match key {
            Value::Num(n) => numbered(*n).or_else(|| self.keyed.get(n.to_string().as_str())),
            Value::Str(text) => self.keyed.get(text).or_else(|| text.parse().ok().and_then(numbered)),
            other => self.keyed.get(other.text().ok()?.as_ref()),
        }
    }

    /// Appends an element.
    pub(crate) fn push(&mut self, value: Value) -> Result<(), Mistake> {
        self.account(&value)?;
        self.items.push(value);
        Ok(())
    }

    /// Sets the element of a key.
    pub(crate) fn insert(&mut self, key: Rc<str>, value: Value) -> Result<(), Mistake> {
        self.account(&value)?;
        if let Some(before) = self.keyed.insert(key, value) {
            self.total -= size(&before);
        }
        Ok(())
    }

    /// Sets the element of a number or key; without a value, it is taken out.
    pub(crate) fn set(&mut self, key: &Value, value: Value) -> Result<(), Mistake> {
        if let Value::Num(n) = key {
            let n =
                usize::try_from(*n).map_err(|_| Mistake::new("an array has no element before its first"))?;
            if n < self.items.len() {
                self.total -= size(&self.items[n]);
                if matches!(value, Value::Nothing) {
                    self.items.remove(n);
                    return Ok(());
                }
                self.account(&value)?;
                self.items[n] = value;
                return Ok(());
            }
            return if matches!(value, Value::Nothing) { Ok(()) } else { self.push(value) };
        }
        let key: Rc<str> = key.text()?.as_ref().into();
        if matches!(value, Value::Nothing) {
            if let Some(before) = self.keyed.remove(&key) {
                self.total -= size(&before);
            }
            return Ok(());
        }
        self.insert(key, value)
    }

    /// Takes an element out, so that it can be changed without copying what it shares; [`Array::set`] brings it back.
    pub(crate) fn take(&mut self, key: &Value) -> Value {
        match key {
            Value::Num(n) => match usize::try_from(*n).ok().and_then(|n| self.items.get_mut(n)) {
                Some(item) => {
                    self.total = self.total + 1 - size(item);
                    std::mem::take(item)
                }
                None => Value::Nothing,
            },
            key => {
                let taken = key.text().ok().and_then(|key| self.keyed.remove(key.as_ref()));
                self.total -= taken.as_ref().map_or(0, size);
                taken.unwrap_or_default()
            }
        }
    }

    fn account(&mut self, value: &Value) -> Result<(), Mistake> {
        let depth = if let Value::Array(inner) = value { inner.depth + 1 } else { 1 };
        if depth > MOST_DEPTH {
            return Err(Mistake::too_large("array", usize::from(MOST_DEPTH), "levels"));
        }
        if self.total + size(value) > MOST_ELEMENTS {
            return Err(Mistake::too_large("array", MOST_ELEMENTS, "elements"));
        }
        self.depth = self.depth.max(depth);
        self.total += size(value);
        Ok(())
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(inner) => 1 + inner.total,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unkeyed_elements_come_first_and_keys_are_sorted() {
        let mut array = Array::default();
        array.set(&Value::str("z"), Value::Num(1)).expect("room");
        array.set(&Value::str("a"), Value::Num(2)).expect("room");
        array.push(Value::Num(3)).expect("room");
        assert_eq!(Value::Array(array.into()).text().expect("short"), "3;a=2;z=1");
    }

    #[test]
    fn an_element_is_set_replaced_and_taken_out() {
        let mut array = Array::of([Value::Num(1), Value::Num(2)]).expect("room");
        array.set(&Value::Num(0), Value::Num(9)).expect("room");
        array.set(&Value::Num(7), Value::Num(5)).expect("room");
        array.set(&Value::Num(1), Value::Nothing).expect("room");
        array.set(&Value::str("k"), Value::Num(4)).expect("room");
        array.set(&Value::str("k"), Value::Nothing).expect("room");
        assert_eq!((array.len(), array.total()), (2, 2));
        assert_eq!(Value::Array(array.into()).text().expect("short"), "9;5");
    }

    #[test]
    fn arrays_of_arrays_are_bounded_however_much_they_share() {
        let mut value = Value::Array(Array::of([Value::Num(1)]).expect("room").into());
        let doubled = (0..64).find_map(|_| match Array::of([value.clone(), value.clone()]) {
            Ok(array) => {
                value = Value::Array(array.into());
                None
            }
            Err(mistake) => Some(mistake),
        });
        assert!(doubled.expect("a limit").is_limit);
        let mut nested = Value::Num(1);
        let deep = (0..100).find_map(|_| match Array::of([nested.clone()]) {
            Ok(array) => {
                nested = Value::Array(array.into());
                None
            }
            Err(mistake) => Some(mistake),
        });
        assert!(deep.expect("a limit").is_limit);
    }
}
