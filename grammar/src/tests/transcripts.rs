//! Pasted terminal sessions.

use super::sexpr::{tree_and_errors_of, tree_of};

#[test]
fn what_follows_a_prompt_is_input_and_the_rest_output() {
    let session = "\
[admin@MikroTik] > /ip address print
Flags: X - disabled, D - dynamic
 0   ;;; \"text
[admin@MikroTik] > /ip route
[admin@MikroTik] /ip/route> add a=1
";
    assert_eq!(
        tree_of(session),
        "\
prompt ``
</ip address print>
output `Flags: X - disabled, D - dynamic
 0   ;;; \"text`
prompt ``
</ip route>
prompt `/ip/route`
<add a=1>"
    );
}

#[test]
fn prompts_of_version_6_hold_blanks() {
    assert_eq!(tree_of("[admin@My Router] /ip address> print"), "prompt `/ip address`\n<print>");
    assert_eq!(tree_of("[admin@MikroTik] ip address>print"), "prompt `ip address`\n<print>");
    assert_eq!(tree_of("[admin@MikroTik] /> print"), "prompt `/`\n<print>");
}

#[test]
fn prompts_may_be_indented_and_in_safe_mode() {
    assert_eq!(
        tree_of("  [admin@MikroTik] /ip/route<SAFE> print\n  output"),
        "prompt `/ip/route`\n<print>\noutput `output`"
    );
}

#[test]
fn several_statements_may_follow_a_prompt() {
    assert_eq!(
        tree_of("[admin@MikroTik] > :put 1; :put 2\n1\n2"),
        "prompt ``\n<:put 1>\n<:put 2>\noutput `1\n2`"
    );
}

#[test]
fn a_command_goes_on_over_lines() {
    assert_eq!(
        tree_of("[admin@MikroTik] > add a=1 \\\n    b=2\noutput\n[admin@MikroTik] > {\n:put 1\n}\n1"),
        "prompt ``\n<add a=1 b=2>\noutput `output`\nprompt ``\n{<:put 1>}\noutput `1`"
    );
}

#[test]
fn prompts_for_the_next_line_are_no_input() {
    let session = r#"[admin@MikroTik] > :do { \
\... :put 1
{... :put [
[... :len "a\
"... b"
[... ]
{... }
[admin@MikroTik] > add a=b\
\... c"#;
    assert_eq!(
        tree_of(session),
        "\
prompt ``
<:do {<:put 1> <:put [<:len \"ab\">]>}>
prompt ``
<add a=bc>"
    );
}

#[test]
fn a_prompt_for_the_next_line_of_a_string_is_none_of_its_text() {
    assert_eq!(tree_of("[admin@MikroTik] > :put \"a\n\"... b\""), "prompt ``\n<:put \"a\\nb\">");
}

#[test]
fn the_output_of_export_is_input() {
    let session = "\
[admin@MikroTik] > /ip route export
# by RouterOS
/ip route
add a=1
[admin@MikroTik] > print
0 a";
    assert_eq!(
        tree_of(session),
        "\
prompt ``
</ip route export>
</ip route>
<add a=1>
prompt ``
<print>
output `0 a`"
    );
    assert_eq!(tree_of("[admin@MikroTik] > /export\n/ip route\n"), "prompt ``\n</export>\n</ip route>");
}

#[test]
fn an_export_before_the_first_prompt_is_input() {
    assert_eq!(
        tree_of("# by RouterOS\n/ip route\nadd a=1\n[admin@MikroTik] > "),
        "</ip route>\n<add a=1>\nprompt ``"
    );
    assert_eq!(
        tree_of("Flags: X\n 0 x\n[admin@MikroTik] > print"),
        "output `Flags: X\n 0 x`\nprompt ``\n<print>"
    );
}

#[test]
fn spans_point_into_the_text_as_it_is() {
    assert_eq!(
        tree_and_errors_of("output\n[admin@MikroTik] > add a='x'"),
        "output `output`\nprompt ``\n<add>\nUnexpectedCharacter at 32 `'x'`"
    );
}

#[test]
fn a_text_without_prompts_is_no_session() {
    assert_eq!(
        tree_of("add a=b@c\n:put \"[admin@MikroTik] > \"\n:put 1"),
        "<add a=b@c>\n<:put \"[admin@MikroTik] > \">\n<:put 1>"
    );
}

#[test]
fn in_a_script_a_prompt_is_text_like_any_other() {
    let text = "[admin@edge] > /ip route\nadd gateway=192.0.2.1";
    assert_eq!(crate::parse(text).errors, []);
    assert_eq!(crate::parse_script(text).errors.len(), 1);
    let script = "/ip route\nadd gateway=192.0.2.1";
    assert_eq!(crate::parse_script(script), crate::parse(script));
}
