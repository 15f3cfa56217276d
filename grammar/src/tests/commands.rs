//! Commands, their arguments and their blocks.

use super::sexpr::{errors_of, tree_and_errors_of, tree_of};

#[test]
fn anchors_are_no_part_of_the_first_word() {
    assert_eq!(
        tree_of("ip route\n/ip route\n/ ip route\n:put 1\n: put 1\n/"),
        "<ip route>\n</ip route>\n</ip route>\n<:put 1>\n<:put 1>\n</>"
    );
}

#[test]
fn path_words_stay_as_they_are_joined() {
    for line in
        ["/ip route add x=1", "/ip/route/add x=1", "/ip/route add x=1", "ip route/add x=1", "/ip/route/"]
    {
        assert_eq!(tree_of(line), format!("<{line}>"));
    }
    assert_eq!(tree_of(".. nat print\n../.. print"), "<.. nat print>\n<../.. print>");
}

#[test]
fn arguments_keep_the_order_of_the_text() {
    assert_eq!(
        tree_of("set ether1 mtu=1500 !comment 0,1 .network=y output.filter-chain=z *1F"),
        "<set ether1 mtu=1500 !comment 0,1 .network=y output.filter-chain=z *1F>"
    );
}

#[test]
fn the_negation_of_a_value_belongs_to_it() {
    assert_eq!(tree_of("add in-interface-list=!LAN !10.0.0.0/8"), "<add in-interface-list=!LAN !10.0.0.0/8>");
}

#[test]
fn a_parameter_without_value_may_come_last() {
    assert_eq!(tree_of("set comment="), "<set comment=>");
    assert_eq!(tree_of("set comment= ; set comment=\n"), "<set comment=>\n<set comment=>");
    assert_eq!(tree_of("[set comment=]"), "<[<set comment=>]>");
}

#[test]
fn a_value_may_stand_behind_blanks() {
    assert_eq!(tree_of("print file= x"), "<print file=x>");
    assert_eq!(tree_of(":if ($a) do= { :put 1 } else= {}"), "<:if ($a) do={<:put 1>} else={}>");
}

#[test]
fn substitutions_groups_and_variables_are_values() {
    assert_eq!(
        tree_of("set [ find x=1 ] a=[get y] b=(1 + 2) c=$d $e (3) $[f] $(4)"),
        "<set [<find ? (= x 1)>] a=[<get y>] b=((+ 1 2)) c=$d $e (3) [<f>] (4)>"
    );
}

#[test]
fn a_call_is_a_command_that_starts_with_a_variable() {
    assert_eq!(tree_of("$f 1 x=2 \"a b\""), "<$f 1 x=2 \"a b\">");
    assert_eq!(tree_of(":local r [$f $1]"), "<:local r [<$f $1>]>");
    assert_eq!(tree_of("$f where find x=1"), "<$f where find x=1>");
}

#[test]
fn an_expression_may_stand_alone() {
    assert_eq!(tree_of(":global f do={ ($1 + 1) }\n[$f 1]"), "<:global f do={<((+ $1 1))>}>\n<[<$f 1>]>");
}

#[test]
fn line_ends_separate_statements_in_brackets_and_braces() {
    assert_eq!(
        tree_of("{\n:put 1\n:put 2; :put 3\n}\n:put [:put 4\n:put 5]"),
        "{<:put 1> <:put 2> <:put 3>}\n<:put [<:put 4> <:put 5>]>"
    );
}

#[test]
fn bodies_are_code() {
    assert_eq!(tree_of(":if ($a) do={ add b=1 } else={}"), "<:if ($a) do={<add b=1>} else={}>");
    assert_eq!(tree_of(":do { add b=1 } on-error={ x }"), "<:do {<add b=1>} on-error={<x>}>");
    assert_eq!(tree_of(":do { x } while=($a < 1)"), "<:do {<x>} while=((< $a 1))>");
    assert_eq!(
        tree_of(":retry command={ x } delay=1 max=3 on-error={ y }"),
        "<:retry command={<x>} delay=1 max=3 on-error={<y>}>"
    );
    assert_eq!(
        tree_of("add name=s source={ add b=1 } on-event={ x } up-script={ y } script={ z }"),
        "<add name=s source={<add b=1>} on-event={<x>} up-script={<y>} script={<z>}>"
    );
    assert_eq!(tree_of(":set ($a->\"f\") do={ x }"), "<:set ((-> $a \"f\")) do={<x>}>");
}

#[test]
fn the_colon_of_a_global_command_may_be_missing() {
    assert_eq!(tree_of("do { add b=1 } on-error={ x }"), "<do {<add b=1>} on-error={<x>}>");
    assert_eq!(tree_of("local x {a;b}"), "<local x #{a; b}>");
    assert_eq!(tree_of("foreach i in={a;b} do={ x }"), "<foreach i in=#{a; b} do={<x>}>");
    assert_eq!(tree_of("onerror e in={ x } do={ y }"), "<onerror e in={<x>} do={<y>}>");
}

#[test]
fn only_the_in_of_onerror_is_code() {
    assert_eq!(tree_of(":onerror e in={ x } do={ y }"), "<:onerror e in={<x>} do={<y>}>");
    assert_eq!(tree_of(":onerror e { [x] } do={ y }"), "<:onerror e {<[<x>]>} do={<y>}>");
    assert_eq!(tree_of(":foreach i in={ x } do={ y }"), "<:foreach i in=#{x} do={<y>}>");
}

#[test]
fn an_else_needs_no_equals_sign() {
    assert_eq!(tree_of(":if ($a) do={ x } else { add b=1 }"), "<:if ($a) do={<x>} else {<add b=1>}>");
}

#[test]
fn bodies_need_no_blank_before_the_next() {
    assert_eq!(tree_of(":if ($a) do={x}else={y}"), "<:if ($a) do={<x>} else={<y>}>");
}

#[test]
fn braces_behind_a_path_hold_commands_of_the_menu() {
    assert_eq!(tree_of("/ip route {\n add a=1\n add b=2\n}"), "</ip route {<add a=1> <add b=2>}>");
    assert_eq!(tree_of("/ {\n:put 1 }"), "</{<:put 1>}>");
    assert_eq!(tree_of("nat { add a=1 }"), "<nat {<add a=1>}>");
}

#[test]
fn other_braces_hold_arrays_unless_they_begin_with_a_command() {
    assert_eq!(tree_of(":put {1;2}"), "<:put #{1; 2}>");
    assert_eq!(tree_of("$f {a} {:put 1} {/ip route print}"), "<$f #{a} {<:put 1>} {</ip route print>}>");
    assert_eq!(tree_of(":put {}"), "<:put #{}>");
    assert_eq!(tree_of(":put {::1;2001:db8::1}"), "<:put #{::1; 2001:db8::1}>");
    assert_eq!(tree_of("/tool fetch http-data={\"a\"=1}"), "</tool fetch http-data=#{\"a\"=1}>");
}

#[test]
fn a_function_may_be_quoted() {
    assert_eq!(tree_of(":global f (>[:put 1])"), "<:global f ((> [<:put 1>]))>");
    assert_eq!(tree_of(":global f (>{})"), "<:global f ((> #{}))>");
}

#[test]
fn blocks_stand_alone() {
    assert_eq!(tree_of("{ :put 1; { :put 2 } }\n{}"), "{<:put 1> {<:put 2>}}\n{}");
}

#[test]
fn what_touches_a_block_is_no_statement() {
    assert_eq!(tree_and_errors_of("{ :put 1 }x"), "{<:put 1>}\nBlankExpected at 10 `x`");
}

#[test]
fn commands_are_lower_case() {
    assert_eq!(errors_of("Flags: X - disabled\nadd a=1"), "CommandExpected at 0 `Flags:`");
    assert_eq!(tree_and_errors_of("/IP route"), "\nCommandExpected at 1 `IP`");
}

#[test]
fn a_command_has_no_colon_or_equals_sign_in_it() {
    assert_eq!(errors_of("name: x"), "CommandExpected at 0 `name:`");
    assert_eq!(errors_of("a/b=c"), "CommandExpected at 0 `a/b=c`");
}
