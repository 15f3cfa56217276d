//! Laws, tried on random texts.

use proptest::prelude::*;
use rosc_grammar::ast::Statement;
use rosc_grammar::{SyntaxErrorKind, parse, parse_by_grammar, statements};

use crate::spans;

/// Text of the pieces that the language is made of, so that brackets, quotes and joins meet in all ways.
pub(crate) fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "add",
        "set",
        "find",
        "where",
        "do",
        "else",
        "in",
        "and",
        "onerror",
        "local",
        "ip/route",
        "a",
        "b=",
        "c=d",
        ".e",
        "192.0.2.1/24",
        "2001:db8::1",
        "*1F",
        "-1",
        "x\u{e9}",
        " ",
        " ",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\\\n",
        "\\\n    ",
        "\\ \n",
        "\\",
        ";",
        "#",
        "\"",
        "\"f g\"",
        "\\\"",
        "\\_",
        "\\y",
        "\\41",
        "$",
        "$h",
        "$\"i-j\"",
        "$[",
        "$(",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "do={",
        "->",
        "=",
        "!",
        "!=",
        "~",
        "<%%",
        "<",
        ">",
        ".",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&&",
        "||",
        "|",
        ":",
        ":put",
        "/ip",
        "'",
        "\u{201c}",
        "\u{a0}",
        "\0",
        "[admin@MikroTik] > ",
        "\n[admin@MikroTik] /ip/route> ",
        "\n{... ",
        "\n\"... ",
        "export",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Lines near those that the fast path reads.
fn plain_lines() -> impl Strategy<Value = String> {
    let argument = prop_oneof![
        4 => "[a-z.-]{1,6}=[a-zA-Z0-9.:/,!*-]{1,12}",
        1 => "[a-zA-Z0-9.:/,!*#<>~_-]{1,8}",
        1 => "[ -~]{0,6}",
        1 => Just("where".to_owned()),
        1 => Just("find".to_owned()),
    ];
    let line = ("(/|:)?[a-z./]{1,8}", prop::collection::vec(argument, 0..5), "[ \t]{1,2}", "(\n|\r\n|;|)")
        .prop_map(|(verb, arguments, blank, end)| {
            let arguments: String = arguments.iter().map(|argument| format!("{blank}{argument}")).collect();
            format!("{verb}{arguments}{end}")
        });
    prop::collection::vec(line, 0..5).prop_map(|lines| lines.concat())
}

/// Statements without errors, each alone on its line.
fn good_statement() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "1",
        "192.0.2.0/24",
        "\"a b\"",
        "\"a $b\"",
        "$c",
        "[find d=e]",
        "(1 + 2)",
        "yes",
        "!f",
        "\"\\\n    g\"",
        "\\\n    h",
        "{i;\"j\"=k}",
        "{:put 1\n:put 2}",
    ]);
    let argument = ("x[a-z]{0,3}", value).prop_map(|(name, value)| format!(" {name}={value}"));
    let command = ("(/ip route |:|/)?x[a-z]{0,4}", prop::collection::vec(argument, 1..4))
        .prop_map(|(verb, arguments)| format!("{verb}{}", arguments.concat()));
    prop_oneof![
        4 => command,
        1 => Just(":if ($a = 1) do={ add b=2 } else={\n  add c=3\n}".to_owned()),
        1 => Just("{\n:put 1\n}".to_owned()),
        1 => Just("print where a~\"b\" !c".to_owned()),
    ]
}

/// Returns the text of each statement that was typed.
fn slices(text: &str) -> Vec<String> {
    let parsed = parse(text);
    assert_eq!(parsed.errors, [], "{text:?}");
    let is_input = |statement: &&Statement| matches!(statement, Statement::Command(_) | Statement::Block(_));
    let commands = parsed.statements.iter().filter(is_input);
    commands.map(|statement| statement.span().slice(text).to_owned()).collect()
}

proptest! {
    // What a run finds becomes a test of its own, by hand.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_text_is_read_with_spans_inside_it(text in "\\PC{0,200}") {
        spans::check(&text, &parse(&text));
    }

    #[test]
    fn any_pieces_of_the_language_are_read_with_spans_inside_them(text in pieces()) {
        spans::check(&text, &parse(&text));
    }

    #[test]
    fn the_splitter_and_the_grammar_agree_on_brackets(text in pieces()) {
        let errors = parse(&text).errors;
        prop_assert!(errors.iter().all(|error| error.kind != SyntaxErrorKind::NotUnderstood), "{:?}", errors);
    }

    #[test]
    fn the_fast_path_agrees_with_the_grammar(text in prop_oneof![pieces(), plain_lines()]) {
        prop_assert_eq!(parse(&text), parse_by_grammar(&text));
    }

    #[test]
    fn parsing_collects_what_iterating_yields(text in pieces()) {
        let parsed = parse(&text);
        let (statements, errors): (Vec<_>, Vec<_>) = statements(&text).partition(Result::is_ok);
        prop_assert_eq!(statements.into_iter().flatten().collect::<Vec<_>>(), parsed.statements);
        prop_assert_eq!(errors.into_iter().filter_map(Result::err).collect::<Vec<_>>(), parsed.errors);
    }

    #[test]
    fn statements_are_found_whatever_stands_around_them(
        good in prop::collection::vec(good_statement(), 1..6),
        separator in prop::sample::select(vec!["\n", "\r\n", ";", " ;\n\n", " # text\n", "\n# [{(\"\n"]),
    ) {
        prop_assert_eq!(slices(&good.join(separator)), good);
    }

    #[test]
    fn prompts_make_no_difference_to_commands(
        good in prop::collection::vec(good_statement(), 1..6),
        prompt in prop::sample::select(vec![
            "[admin@MikroTik] > ",
            "[admin@MikroTik] /ip/address>",
            "  [a@b c] ip route<SAFE> ",
        ]),
    ) {
        let command = |statement: &String| format!("{prompt}{statement}\noutput \"[{{\n");
        let session: String = good.iter().map(command).collect();
        prop_assert_eq!(slices(&session), good);
    }
}
