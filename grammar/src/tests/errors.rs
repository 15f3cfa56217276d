//! What is reported, where, and what is read all the same.

use super::sexpr::{errors_of, tree_and_errors_of};
use crate::{MAX_ERRORS, SyntaxErrorKind, parse};

#[test]
fn a_bad_argument_does_not_lose_the_others() {
    assert_eq!(
        tree_and_errors_of("add a=1 b='x y' c=2 ? d=3\nadd e=4"),
        "<add a=1 c=2 d=3>\n<add e=4>\nUnexpectedCharacter at 10 `'x y'`\nUnexpectedCharacter at 20 `?`"
    );
}

#[test]
fn foreign_quotes_are_one_mistake() {
    assert_eq!(errors_of("add a=“x y” b=1"), "UnexpectedCharacter at 6 `“x y”`");
    assert_eq!(errors_of("add a=`x y` b=1"), "UnexpectedCharacter at 6 `\u{60}x y\u{60}`");
}

#[test]
fn invisible_characters_are_named() {
    let parsed = parse("add\u{a0}a=1");
    assert_eq!(parsed.errors[0].kind, SyntaxErrorKind::UnexpectedCharacter);
    assert_eq!(parsed.errors[0].label, "this blank is a no-break space");
}

#[test]
fn blanks_before_an_equals_sign_are_refused() {
    assert_eq!(tree_and_errors_of("add a = 1 b=2"), "<add b=2>\nBlankAroundEquals at 5 ` =`");
    assert_eq!(errors_of("add a =1 b=2"), "BlankAroundEquals at 5 ` =`");
}

#[test]
fn an_equals_sign_in_a_value_is_refused() {
    assert_eq!(errors_of("add a=b=c d=1"), "UnexpectedCharacter at 7 `=`");
    let joined = parse("add a=x\\\n    b=y");
    assert_eq!(
        joined.errors[0].help.as_deref(),
        Some("put a blank before the backslash that joins the lines")
    );
}

#[test]
fn a_parameter_without_value_must_come_last() {
    assert_eq!(errors_of("add a= b=1"), "ValueExpected at 5 `=`");
}

#[test]
fn unknown_escapes_are_refused() {
    assert_eq!(
        errors_of(r#":put "a\yb\.c\é""#),
        "UnknownEscape at 7 `\\y`\nUnknownEscape at 10 `\\.`\nUnknownEscape at 13 `\\é`"
    );
    assert_eq!(errors_of(r#":put "\c3""#), "UnknownEscape at 6 `\\c`");
}

#[test]
fn a_dollar_needs_a_name() {
    assert_eq!(errors_of(":put \"5 $ a\""), "VariableNameExpected at 8 `$`");
    assert_eq!(errors_of(":put $ 1"), "VariableNameExpected at 5 `$`");
    assert_eq!(errors_of(":put ($|a|)"), "VariableNameExpected at 6 `$`");
    assert_eq!(errors_of("$"), "VariableNameExpected at 0 `$`");
    assert_eq!(errors_of(":put $\"a$b\""), "VariableNameExpected at 8 `$`");
    assert_eq!(errors_of(":put $\"a$\"b\"\""), "VariableNameExpected at 8 `$`");
}

#[test]
fn arguments_need_blanks_between_them() {
    assert_eq!(errors_of(":put $a.$b"), "BlankExpected at 7 `.`");
    assert_eq!(errors_of(":put (\"a\")b"), "BlankExpected at 10 `b`");
    assert_eq!(errors_of("add name=wan$i"), "BlankExpected at 12 `$i`");
    assert_eq!(errors_of(":put(1)"), "BlankExpected at 4 `(1)`");
}

#[test]
fn a_quote_that_ends_a_string_too_early_is_one_mistake() {
    assert_eq!(
        tree_and_errors_of("add a=1 b=\":log info \"x y\"; ? 'z'\" c=2\nadd d=3"),
        "<add a=1 b=\":log info \">\n<add d=3>\nBlankExpected at 22 `x`"
    );
}

#[test]
fn operators_need_operands_and_operands_operators() {
    assert_eq!(errors_of(":put (1 + )"), "ValueExpected at 8 `+`");
    assert_eq!(errors_of(":put (1 2)"), "OperatorExpected at 8 `2`");
    assert_eq!(errors_of(":if ($a == 1) do={}"), "ValueExpected at 8 `=`");
    assert_eq!(errors_of(":put {1;\"a\":2;3}"), "UnexpectedCharacter at 11 `:`");
}

#[test]
fn a_backslash_outside_quotes_joins_lines_only() {
    assert_eq!(errors_of("add a=b\\ c=1"), "UnexpectedCharacter at 7 `\\`");
    assert_eq!(tree_and_errors_of("add a=1 \\ \n    b=2"), "<add a=1 b=2>\nBrokenLineJoin at 8 `\\`");
}

#[test]
fn a_run_of_parameters_without_command_is_one_mistake() {
    assert_eq!(
        errors_of("add a=1\n  b=2\n  c=3\nadd d=4\ne=5"),
        "StrayParameter at 10 `b=2`\nStrayParameter at 28 `e=5`"
    );
}

#[test]
fn an_else_on_a_line_of_its_own_gets_its_own_help() {
    let parsed = parse(":if ($a) do={ x }\nelse={ y }");
    assert_eq!(
        parsed.errors[0].help.as_deref(),
        Some("put `else=` on the line of the closing brace before it")
    );
}

#[test]
fn a_closer_without_opener_costs_nothing_else() {
    assert_eq!(
        tree_and_errors_of(":put [:len \"a\"]] 1\n}\n:put 2 )"),
        "\
<:put [<:len \"a\">] 1>
<:put 2>
UnexpectedCloser at 15 `]`
UnexpectedCloser at 19 `}`
UnexpectedCloser at 28 `)`"
    );
}

#[test]
fn an_unclosed_parenthesis_in_a_block_costs_its_line() {
    assert_eq!(
        tree_and_errors_of(":do {\n  :put 1\n  :if ($a = 1 do={\n :put 2\n }\n  :put 3\n}\n:put 4"),
        "<:do {<:put 1> <:put 3>}>\n<:put 4>\nUnclosedParenthesis at 54 `}` opened at 21"
    );
}

#[test]
fn an_unclosed_bracket_inside_another_costs_its_contents() {
    assert_eq!(
        tree_and_errors_of(":put (1 + [:len \"a\") b\n:put 2"),
        "<:put () b>\n<:put 2>\nUnclosedBracket at 19 `)` opened at 10"
    );
}

#[test]
fn an_unclosed_parenthesis_at_the_top_costs_its_statement() {
    assert_eq!(
        tree_and_errors_of(":put 1\n:if ($a do={\n  :put 2\n}\n:put 3"),
        "<:put 1>\n<:put 3>\nUnclosedParenthesis at 11 `(`"
    );
}

#[test]
fn after_an_unclosed_brace_reading_goes_on_at_the_next_command_in_the_first_column() {
    assert_eq!(
        tree_and_errors_of("/ip route\n:do {\n  :put 1\nadd a=1\n/ip address\nadd b=2"),
        "</ip route>\n<add a=1>\n</ip address>\n<add b=2>\nUnclosedBrace at 14 `{`"
    );
}

#[test]
fn after_an_unclosed_quote_reading_goes_on_at_the_next_command_in_the_first_column() {
    assert_eq!(
        tree_and_errors_of("add a=1 b=\"x\nadd c=2\n  d\n"),
        "<add c=2>\n<d>\nUnclosedQuote at 10 `\"`"
    );
}

#[test]
fn the_same_unclosed_quote_is_reported_once() {
    assert_eq!(errors_of(":do {\nadd a=1\n:do {\nadd b=\"x\n"), "UnclosedQuote at 26 `\"`");
}

#[test]
fn a_comment_between_joined_lines_is_one_mistake() {
    assert_eq!(
        tree_and_errors_of("add a=1 \\\n  # text [\r\n\t# \\\n  b=2\nadd c=3"),
        "<add a=1 b=2>\n<add c=3>\nCommentBetweenJoinedLines at 12 `#`\nCommentBetweenJoinedLines at 23 `#`"
    );
}

#[test]
fn brackets_nest_to_a_limit() {
    let nested = |depth| format!(":put {}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(errors_of(&nested(128)), "");
    assert!(errors_of(&nested(129)).starts_with("NestingTooDeep at 133"));
    let groups = format!(":put {}1{}", "(".repeat(128), ")".repeat(128));
    assert_eq!(errors_of(&groups), "");
    let blocks = format!("{}{}", "{".repeat(128), "}".repeat(128));
    assert_eq!(errors_of(&blocks), "");
    let arrays = format!(":put {}{}", "{".repeat(128), "}".repeat(128));
    assert_eq!(errors_of(&arrays), "");
    let strings = format!(":put {}{}", "\"$[:put ".repeat(63), "]\"".repeat(63));
    assert_eq!(errors_of(&strings), "");
}

#[test]
fn a_million_openers_are_one_error() {
    for opener in ["[", "(", "{", "\"$[", ":do {"] {
        let parsed = parse(&opener.repeat(1_000_000));
        assert_eq!(parsed.errors.len(), 1);
        assert_eq!(parsed.errors[0].kind, SyntaxErrorKind::NestingTooDeep);
    }
}

#[test]
fn errors_stop_at_a_limit() {
    let parsed = parse(&"Prose.\n".repeat(100_000));
    assert_eq!(parsed.errors.len(), MAX_ERRORS + 1);
    assert_eq!(parsed.errors[MAX_ERRORS].kind, SyntaxErrorKind::TooManyErrors);
}

#[test]
fn a_statement_of_nothing_but_errors_is_given_up() {
    assert_eq!(errors_of(&"]".repeat(100_000)), "TooManyErrors at 1000 `]`");
    let parsed = parse(&format!("add {}", "' ".repeat(100_000)));
    assert_eq!(parsed.errors.len(), MAX_ERRORS + 1);
    assert_eq!(parsed.statements, []);
}

#[test]
fn statements_without_end_do_not_make_reading_quadratic() {
    // Each line opens what is closed nowhere, so that each search for its end goes to the end of the text.
    let line = format!("/x (\n{}", "y\n".repeat(10_000));
    let parsed = parse(&line.repeat(100));
    assert_eq!(parsed.errors.last().map(|error| error.kind), Some(SyntaxErrorKind::TooManyErrors));
}

#[test]
fn errors_come_before_their_statement() {
    let mut statements = crate::statements("add a='b' c=1");
    assert!(statements.next().is_some_and(|first| first.is_err()));
    assert!(statements.next().is_some_and(|second| second.is_ok()));
    assert!(statements.next().is_none());
}

#[test]
fn control_bytes_are_errors_and_nothing_more() {
    assert_eq!(
        tree_and_errors_of("add a=1 \0 b=2\nadd c=3"),
        "<add a=1 b=2>\n<add c=3>\nUnexpectedCharacter at 8 `\0`"
    );
}

#[test]
fn commands_in_expressions_need_brackets() {
    let parsed = parse(":put (:len \"a\")");
    assert_eq!(parsed.errors[0].help.as_deref(), Some("write [:name ...]"));
}

#[test]
fn what_the_splitter_and_the_grammar_once_read_differently_is_read() {
    for text in [
        "\"f g\"\\\n#}",
        "$a= #$[b",
        "$a b=c\\\n#$[d",
        "$a$[)#]b",
        "$a~\\\n]#\"",
        ":put $\"a$\"e\");\n:put \"b\"",
        "{a\\}\n#\"\n}",
        "(1+#(\n)",
        "[x 'a # ] ' \n ]",
    ] {
        let kinds: Vec<_> = parse(text).errors.iter().map(|error| error.kind).collect();
        assert!(!kinds.is_empty() && !kinds.contains(&SyntaxErrorKind::NotUnderstood), "{text:?}: {kinds:?}");
    }
}

#[test]
fn a_statement_that_would_take_too_much_memory_is_not_read_and_the_next_one_is() {
    let text = format!(":put {{{}1}}\n:put 2", "1;".repeat(crate::MAX_STATEMENT / 2));
    let parsed = crate::parse(&text);
    let kinds: Vec<SyntaxErrorKind> = parsed.errors.iter().map(|error| error.kind).collect();
    assert_eq!(kinds, [SyntaxErrorKind::StatementTooLong]);
    assert_eq!(parsed.statements.len(), 1);
}
