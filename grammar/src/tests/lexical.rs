//! Lines, comments, words and strings.

use super::sexpr::{errors_of, tree_of};
use crate::ast::{Statement, StringPart, Value};
use crate::parse;
use std::borrow::Cow;

#[test]
fn all_three_line_ends_end_a_statement() {
    assert_eq!(tree_of("add a=1\nadd b=2\r\nadd c=3\radd d=4"), "<add a=1>\n<add b=2>\n<add c=3>\n<add d=4>");
}

#[test]
fn a_semicolon_ends_a_statement() {
    assert_eq!(tree_of("add a=1;add b=2 ; ;add c=3;"), "<add a=1>\n<add b=2>\n<add c=3>");
}

#[test]
fn a_byte_order_mark_is_no_text() {
    assert_eq!(tree_of("\u{feff}add a=1"), "<add a=1>");
    assert_eq!(tree_of("\u{feff}# text\nadd a=1"), "<add a=1>");
}

#[test]
fn comments_start_where_a_token_may_start() {
    assert_eq!(tree_of("# all of it\nadd a=1 # the rest\n  # \"[{(\nadd b=2;# text"), "<add a=1>\n<add b=2>");
}

#[test]
fn a_hash_inside_a_word_is_part_of_it() {
    assert_eq!(tree_of("add a=#fff b=x#y c#d \"# e\""), "<add a=#fff b=x#y c#d \"# e\">");
}

#[test]
fn a_hash_behind_a_join_is_part_of_the_word_before() {
    assert_eq!(tree_of("add a=\\\n    #b c=d\\\n    #e"), "<add a=#b c=d#e>");
}

#[test]
fn comments_do_not_continue_on_the_next_line() {
    assert_eq!(tree_of("# text \\\nadd a=1"), "<add a=1>");
}

#[test]
fn comments_stand_in_blocks_groups_and_arrays() {
    assert_eq!(
        tree_of(":do {# it's\n  :put 1 # {\n  # }\n}\n:put (1 + # (\n 2)\n:put {1; # }\n 2}"),
        "<:do {<:put 1>}>\n<:put ((+ 1 2))>\n<:put #{1; 2}>"
    );
}

#[test]
fn a_line_join_between_tokens_is_a_blank() {
    assert_eq!(tree_of("add a=1 \\\n    b=2 \\\r\n\tc=3"), "<add a=1 b=2 c=3>");
}

#[test]
fn a_line_join_inside_a_token_vanishes() {
    assert_eq!(
        tree_of("add a=\\\n    1 bc\\\n    d=e,\\\n    f g=\"h \\\n    i\\\r\n  \\_j\""),
        "<add a=1 bcd=e,f g=\"h i j\">"
    );
    assert_eq!(tree_of("print where a=\\\n    ab\\\n    c"), "<print ? (= a abc)>");
    assert_eq!(tree_of(":put $a\\\n    b"), "<:put $ab>");
    assert_eq!(tree_of("/ip rou\\\n    te print"), "</ip route print>");
}

#[test]
fn a_line_join_at_the_end_of_the_text_joins_nothing() {
    assert_eq!(tree_of("add a=1 \\\n"), "<add a=1>");
    assert_eq!(tree_of("add a=1\\\n"), "<add a=1>");
}

#[test]
fn values_hold_what_the_console_names_as_literal() {
    for value in [
        "192.0.2.0/24",
        "2001:db8::1/64",
        "00:00:5E:00:53:01",
        "*1F",
        "!10.0.0.0/8",
        "a,!b",
        "10/2",
        "<x-1>",
        "1+2|3&4^5%6@7~8_9",
        "#a",
    ] {
        assert_eq!(tree_of(&format!("add a={value} b")), format!("<add a={value} b>"));
    }
}

#[test]
fn escapes_are_decoded() {
    assert_eq!(
        tree_of(r#":put "\"\\\$\?\_\n\r\t\a\b\f\v\41\7E""#),
        r#"<:put "\"\\$? \n\r\t\u{7}\u{8}\u{c}\u{b}A~">"#
    );
}

#[test]
fn bytes_in_escapes_are_of_code_page_1252() {
    assert_eq!(tree_of(r#":put "\E9\80\9F\81""#), "<:put \"é€Ÿ\\u{81}\">");
}

#[test]
fn line_ends_in_strings_are_text() {
    assert_eq!(tree_of(":put \"a\r\n b\nc\""), "<:put \"a\\r\\n b\\nc\">");
}

#[test]
fn text_that_needs_no_decoding_is_borrowed() {
    let text = "add a=b \"c\" \"$d e\"";
    let parsed = parse(text);
    let [Statement::Command(add)] = &parsed.statements[..] else { panic!("one command expected") };
    let Value::Word(word) = add.args[1].value else { panic!("a word expected") };
    assert!(matches!(word.text(text), Cow::Borrowed("b")));
    let Value::Quoted(quoted) = add.args[2].value else { panic!("a string expected") };
    assert!(matches!(quoted.text(text), Cow::Borrowed("c")));
    let Value::Interpolated(interpolated) = &add.args[3].value else { panic!("substitutions expected") };
    let StringPart::Literal(span) = interpolated.parts[1] else { panic!("literal text expected") };
    assert!(matches!(span.unescape(text), Cow::Borrowed(" e")));
}

#[test]
fn strings_hold_substitutions() {
    assert_eq!(
        tree_of(r#":put "a $b1-c $"d-e" $(1 + 2) $[:len "f"] \$g""#),
        r#"<:put "a "+$b1+"-c "+$d-e+" "+((+ 1 2))+" "+[<:len "f">]+" $g">"#
    );
}

#[test]
fn substitutions_hold_strings_that_hold_substitutions() {
    assert_eq!(tree_of(r#":put "$[:put "$($a->"b")"]""#), r#"<:put [<:put ((-> $a "b"))>]>"#);
}

#[test]
fn names_of_variables_are_letters_and_digits() {
    assert_eq!(tree_of(r#":put "$ab1_c""#), r#"<:put $ab1+"_c">"#);
    assert_eq!(tree_of(r#":put $"ab_c""#), "<:put $ab_c>");
}

#[test]
fn characters_outside_ascii_need_quotes() {
    assert_eq!(tree_of(":put \"naïve\""), "<:put \"naïve\">");
    assert_eq!(errors_of("add name=naïve"), "UnexpectedCharacter at 11 `ï`");
}
