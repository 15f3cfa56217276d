//! Expressions and arrays.

use super::sexpr::{errors_of, tree_of};

fn expression(text: &str) -> String {
    let tree = tree_of(&format!(":put ({text})"));
    tree.strip_prefix("<:put (").and_then(|tree| tree.strip_suffix(")>")).expect("one group").to_owned()
}

#[test]
fn operators_bind_from_arrow_down_to_comma() {
    assert_eq!(
        expression("1 , 2 or 3 and 4 = 5 . 6 | 7 ^ 8 & 9 << 1 + 2 * -$a->\"b\""),
        "(, 1 (or 2 (and 3 (= 4 (. 5 (| 6 (^ 7 (& 8 (<< 9 (+ 1 (* 2 (- (-> $a \"b\")))))))))))))"
    );
    assert_eq!(
        expression("-$a->0 * 2 + 1 >> 3 & 4 ^ 5 | 6 . 7 != 8 && 9 || 1 , 2"),
        "(, (or (and (!= (. (| (^ (& (>> (+ (* (- (-> $a 0)) 2) 1) 3) 4) 5) 6) 7) 8) 9) 1) 2)"
    );
}

#[test]
fn operators_of_the_same_strength_group_from_the_left() {
    assert_eq!(expression("8 - $p + 1"), "(+ (- 8 $p) 1)");
    assert_eq!(expression("$a->\"b\"->0"), "(-> (-> $a \"b\") 0)");
    assert_eq!(expression("\"a\".$q.\".\".$r"), "(. (. (. \"a\" $q) \".\") $r)");
    assert_eq!(expression("$a * 2 / 3 % 4"), "(% (/ (* $a 2) 3) 4)");
}

#[test]
fn activation_groups_from_the_right() {
    assert_eq!(expression("$f <%% $f <%% {0}"), "(<%% $f (<%% $f #{0}))");
}

#[test]
fn every_operator_is_read() {
    assert_eq!(expression("$a < 1"), "(< $a 1)");
    assert_eq!(expression("$a <= 1"), "(<= $a 1)");
    assert_eq!(expression("$a >= 1"), "(>= $a 1)");
    assert_eq!(expression("$a > 1"), "(> $a 1)");
    assert_eq!(expression("$a ~ \"b\""), "(~ $a \"b\")");
    assert_eq!(expression("~$a"), "(~ $a)");
    assert_eq!(expression("!($a)"), "(! ($a))");
    assert_eq!(expression("any $a"), "(any $a)");
    assert_eq!(expression("$a - 1"), "(- $a 1)");
    assert_eq!(expression("192.0.2.1 in 192.0.2.0/24"), "(in 192.0.2.1 192.0.2.0/24)");
}

#[test]
fn operators_need_no_blanks() {
    assert_eq!(expression("$a+1"), "(+ $a 1)");
    assert_eq!(expression("$a-1"), "(- $a 1)");
    assert_eq!(expression("5-3"), "(- 5 3)");
    assert_eq!(expression("1024*1024"), "(* 1024 1024)");
    assert_eq!(expression("$a/1000"), "(/ $a 1000)");
    assert_eq!(expression("$a%10"), "(% $a 10)");
    assert_eq!(expression("$a=\"b\"&&$c!=1"), "(and (= $a \"b\") (!= $c 1))");
    assert_eq!(expression("1,2,3"), "(, (, 1 2) 3)");
}

#[test]
fn a_slash_between_digits_is_a_prefix() {
    assert_eq!(expression("10/2"), "10/2");
    assert_eq!(expression("10 / 2"), "(/ 10 2)");
}

#[test]
fn literals_of_all_types_are_words() {
    assert_eq!(
        expression("0xFF . 1w2d3h . 00:00:10 . 2001:db8::1 . *1F . yes . fe80::1%ether1 . 0.5"),
        "(. (. (. (. (. (. (. 0xFF 1w2d3h) 00:00:10) 2001:db8::1) *1F) yes) fe80::1%ether1) 0.5)"
    );
}

#[test]
fn a_dot_behind_a_literal_is_an_operator() {
    assert_eq!(expression("1 .\"a\""), "(. 1 \"a\")");
    assert_eq!(expression("5.\"a\""), "(. 5 \"a\")");
}

#[test]
fn names_are_words_even_with_dashes() {
    assert_eq!(expression("name=core_setup.rsc"), "(= name core_setup.rsc)");
    assert_eq!(expression("src-address=$a"), "(= src-address $a)");
}

#[test]
fn groups_go_over_lines() {
    assert_eq!(expression("1\n +\n2"), "(+ 1 2)");
    assert_eq!(expression("1 \\\n + 2"), "(+ 1 2)");
    assert_eq!(expression(""), "");
}

#[test]
fn arrays_hold_values_and_keyed_values() {
    assert_eq!(
        expression("{1;\"a\"=2;b=$c;$d=[x];{e;f=(g)};}"),
        "#{1; \"a\"=2; b=$c; $d=[<x>]; #{e; f=(g)}}"
    );
}

#[test]
fn elements_may_be_expressions() {
    assert_eq!(
        expression("{$a+1;\"b\"=$c . \"d\";-1;1+1}"),
        "#{(+ $a 1); \"b\"=(. $c \"d\"); (- 1); (+ 1 1)}"
    );
    assert_eq!(expression("{($a->0<<8) + $a->1}"), "#{(+ ((<< (-> $a 0) 8)) (-> $a 1))}");
}

#[test]
fn elements_may_be_on_lines_of_their_own() {
    assert_eq!(expression("{\n \"+\"={1};(2)\n \"-\"={3}\n}"), "#{\"+\"=#{1}; (2); \"-\"=#{3}}");
    assert_eq!(expression("{ \"a\"=1; # text\n \"b\"=2 }"), "#{\"a\"=1; \"b\"=2}");
}

#[test]
fn addresses_and_ranges_in_arrays_stay_whole() {
    assert_eq!(
        expression("{192.0.2.1-192.0.2.9;ether1-x;00:00:5E:00:53:01;192.0.2.0/24}"),
        "#{192.0.2.1-192.0.2.9; ether1-x; 00:00:5E:00:53:01; 192.0.2.0/24}"
    );
}

#[test]
fn a_long_chain_of_operators_is_refused() {
    let long = format!(":put ({})", vec!["1"; 600].join(","));
    assert_eq!(errors_of(&long).lines().count(), 1);
    assert!(errors_of(&long).starts_with("ExpressionTooLong"));
    let fits = format!(":put ({})", vec!["1"; 500].join(","));
    assert_eq!(errors_of(&fits), "");
}

#[test]
fn chains_inside_chains_count_together() {
    let chain = vec!["1"; 300].join("+");
    assert_eq!(errors_of(&format!(":put ({chain})\n:put ({chain})")), "");
    assert!(errors_of(&format!(":put (({chain})+{chain})")).starts_with("ExpressionTooLong"));
}
