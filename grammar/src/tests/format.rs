//! The canonical style.

use crate::{NotFormatted, format};

fn formatted(text: &str) -> String {
    let once = format(text).expect("a script without mistakes");
    assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "formatting again changes nothing");
    once
}

#[test]
fn blanks_between_arguments_are_one() {
    assert_eq!(formatted("add   a=1\tb=\"x  y\"   !c ;\n\n\n\nprint"), "add a=1 b=\"x  y\" !c\n\nprint\n");
}

#[test]
fn comments_stay_where_they_are() {
    assert_eq!(
        formatted("# head\r\n\r\n/ip route   # the menu\r\n   # above\r\nadd a=1\r\n# end\r\n\r\n"),
        "# head\n\n/ip route # the menu\n# above\nadd a=1\n# end\n"
    );
    assert_eq!(formatted(":do {\n# only\n}"), ":do {\n    # only\n}\n");
    assert_eq!(formatted(":do { # first\n:put 1 # one\n}"), ":do {\n    # first\n    :put 1 # one\n}\n");
}

#[test]
fn statements_on_one_line_at_the_top_stay_there() {
    assert_eq!(formatted(":local a 1;:put $a ; :put 2;\n:put 3"), ":local a 1; :put $a; :put 2\n:put 3\n");
}

#[test]
fn blocks_stand_in() {
    assert_eq!(
        formatted(":if ($a=1) do={:put 1;:put 2} else={\n:if ($b>2) do={ :put 3 }\n}"),
        ":if ($a = 1) do={\n    :put 1\n    :put 2\n} else={\n    :if ($b > 2) do={ :put 3 }\n}\n"
    );
    assert_eq!(formatted(":do {:put 1} on-error={}"), ":do { :put 1 } on-error={}\n");
    assert_eq!(formatted("{\n:put 1\n}"), "{\n    :put 1\n}\n");
}

#[test]
fn a_block_that_is_too_long_for_its_line_gets_lines_of_its_own() {
    let long = "x".repeat(106);
    assert_eq!(
        formatted(&format!(":if ($a) do={{:put \"{long}\"}}")),
        format!(":if ($a) do={{\n    :put \"{long}\"\n}}\n")
    );
}

#[test]
fn joined_lines_are_laid_out_anew() {
    let value = |letter: &str| letter.repeat(48);
    let (a, b, c) = (value("a"), value("b"), value("c"));
    assert_eq!(formatted("add a=\\\r\n    1 \\\r\n    b=2"), "add a=1 b=2\n");
    assert_eq!(
        formatted(&format!("add x={a} y={b} \\\n  z={c}")),
        format!("add x={a} y={b} \\\n    z={c}\n")
    );
    assert_eq!(
        formatted("add comment=\"wo\\\n    rd and\\\n    \\_more\""),
        "add comment=\"word and more\"\n"
    );
}

#[test]
fn operators_stand_between_blanks_and_keep_their_spelling() {
    assert_eq!(
        formatted(":put (1+2*$x&&!($y->\"k\")  and \"a\".$b)"),
        ":put (1 + 2 * $x && !($y->\"k\") and \"a\" . $b)\n"
    );
    assert_eq!(formatted(":put [ :len  {1;2;\"a\"=3} ]"), ":put [:len {1; 2; \"a\"=3}]\n");
}

#[test]
fn conditions_are_left_as_they_are_written() {
    assert_eq!(
        formatted("set [ find where a~\"x\"   and !b ]   c=1\nremove [find  a=1  b=2]"),
        "set [find where a~\"x\"   and !b] c=1\nremove [find a=1 b=2]\n"
    );
}

#[test]
fn what_was_laid_out_by_hand_stays() {
    let text = ":local a {\n  1;   2;\n  # three\n  3\n}\n";
    assert_eq!(formatted(text), text);
    let text = ":put (\"a\" .\n      \"b\")\n";
    assert_eq!(formatted(text), text);
}

#[test]
fn mistakes_and_sessions_are_not_formatted() {
    assert!(matches!(format("add a='x'"), Err(NotFormatted::Syntax(errors)) if errors.len() == 1));
    let session = format("[admin@MikroTik] > print\n");
    assert!(matches!(session, Err(NotFormatted::Session(_))), "{session:?}");
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\u{feff}\r\n\n"), "");
    assert_eq!(formatted("\u{feff}# a"), "# a\n");
}
