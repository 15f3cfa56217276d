//! `:serialize to=dsv` and `:deserialize from=dsv`: values between delimiters.

use super::{Array, Mistake, Value};

/// What the lines of a text become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// An array each.
    Plain,
    /// An array each, with the names in the first line as keys.
    UnderHeader,
}

/// Simple values in one line.
pub(crate) fn to_dsv(value: &Value, delimiter: &str) -> Result<String, Mistake> {
    let Value::Array(array) = value else { return Err(not_known()) };
    if array.keyed().next().is_some() {
        return Err(not_known());
    }
    let mut cells = Vec::new();
    for item in array.items() {
        let cell = item.text()?;
        let is_plain = !cell.contains(delimiter) && !cell.contains(['"', '\n', '\r']);
        if !is_plain || matches!(item, Value::Array(_) | Value::Code(_)) {
            return Err(not_known());
        }
        cells.push(cell.into_owned());
    }
    Ok(cells.join(delimiter))
}

fn not_known() -> Mistake {
    Mistake::unknown(
        "how a router writes this in lines is not known to rosc, but for a list of simple values",
    )
}

/// The lines of a text, taken apart.
pub(crate) fn from_dsv(text: &str, delimiter: &str, lines: Lines) -> Result<Value, Mistake> {
    if text.contains('"') {
        return Err(Mistake::unknown(
            "how a router reads quotation marks between delimiters is not known to rosc",
        ));
    }
    let mut rows = text.lines().map(|line| line.split(delimiter));
    let mut array = Array::default();
    match lines {
        Lines::Plain => {
            for row in rows {
                array.push(Value::Array(Array::of(row.map(Value::str))?.into()))?;
            }
        }
        Lines::UnderHeader => {
            let names: Vec<&str> = rows.next().into_iter().flatten().collect();
            for row in rows {
                let mut record = Array::default();
                for (name, cell) in names.iter().zip(row) {
                    record.insert((*name).into(), Value::str(cell))?;
                }
                array.push(Value::Array(record.into()))?;
            }
        }
    }
    Ok(Value::Array(array.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, delimiter: &str, lines: Lines) -> String {
        from_dsv(text, delimiter, lines).expect("known").text().expect("short").into_owned()
    }

    #[test]
    fn lines_become_rows_or_records() {
        assert_eq!(read("a;b\r\n1;2\n", ";", Lines::Plain), "a;b;1;2");
        assert_eq!(read("a;b\n1;2\n3;4", ";", Lines::UnderHeader), "a=1;b=2;a=3;b=4");
        assert_eq!(read("one\ntwo\n", "\n", Lines::Plain), "one;two");
    }

    #[test]
    fn simple_values_stand_in_one_line() {
        let list = |values: &[&str]| {
            Value::Array(Array::of(values.iter().copied().map(Value::str)).expect("room").into())
        };
        assert_eq!(to_dsv(&list(&["a", "b"]), ",").expect("known"), "a,b");
        assert!(to_dsv(&list(&["a,b"]), ",").expect_err("in need of quotes").is_unknown);
        assert!(from_dsv("\"a,b\",c", ",", Lines::Plain).expect_err("quotes").is_unknown);
    }
}
