//! `find` and `where`.

use super::sexpr::{errors_of, tree_of};

#[test]
fn the_terms_of_find_are_conditions() {
    assert_eq!(tree_of("find a=b c=d"), "<find ? (= a b) ? (= c d)>");
    assert_eq!(tree_of("find"), "<find>");
    assert_eq!(tree_of("[find ]"), "<[<find>]>");
}

#[test]
fn where_makes_no_difference_to_find() {
    assert_eq!(tree_of("find where a=b c=d"), "<find ? (= a b) ? (= c d)>");
    assert_eq!(tree_of("/ip/route/find where a=b"), "</ip/route/find ? (= a b)>");
    assert_eq!(tree_of("/ip route find a=b"), "</ip route find ? (= a b)>");
}

#[test]
fn where_ends_the_arguments_of_any_command() {
    assert_eq!(tree_of("print detail where a=b !c d"), "<print detail ? (= a b) ? (! c) ? d>");
}

#[test]
fn the_global_find_takes_values() {
    assert_eq!(tree_of(":find $a \"b\" -1"), "<:find $a \"b\" -1>");
}

#[test]
fn a_global_command_may_name_a_menu() {
    assert_eq!(tree_of(":tool sms inbox find where a~$b"), "<:tool sms inbox find ? (~ a $b)>");
    assert_eq!(tree_of(":environment print where a"), "<:environment print ? a>");
    assert_eq!(tree_of(":local find 1\n:set where 2"), "<:local find 1>\n<:set where 2>");
}

#[test]
fn find_is_a_verb_only_where_path_words_go_before() {
    assert_eq!(tree_of("/system find-x\nset a=find find=b"), "</system find-x>\n<set a=find find=b>");
}

#[test]
fn operators_join_terms() {
    assert_eq!(
        tree_of("find where a=b and c~\"d\" or !e f in 10.0.0.0/8"),
        "<find ? (or (and (= a b) (~ c \"d\")) (! e)) ? (in f 10.0.0.0/8)>"
    );
    assert_eq!(tree_of("find (a=b && c!=d) e>1"), "<find ? ((and (= a b) (!= c d))) ? (> e 1)>");
}

#[test]
fn values_in_terms_may_be_unquoted() {
    for value in [
        "192.0.2.1/24",
        "192.0.2.1-192.0.2.9",
        "2001:db8::/32",
        "::/0",
        "00:00:5E:00:53:01",
        "*1F",
        "x,y",
        "1-a",
        "192.0.2.1%ether1",
        ".x",
        "10/2",
    ] {
        assert_eq!(tree_of(&format!("find a={value} b")), format!("<find ? (= a {value}) ? b>"));
    }
}

#[test]
fn property_names_in_terms_hold_dashes_and_dots() {
    assert_eq!(tree_of("find dst-address=$a .id=$b"), "<find ? (= dst-address $a) ? (= .id $b)>");
    assert_eq!(tree_of("find (dst-address=$a)"), "<find ? ((= dst-address $a))>");
}

#[test]
fn negated_values_are_operators_applied() {
    assert_eq!(tree_of("find a=!b c=-1"), "<find ? (= a (! b)) ? (= c (- 1))>");
}

#[test]
fn an_element_of_an_array_may_be_compared() {
    assert_eq!(tree_of("find where a=$b->\"c\" d"), "<find ? (= a (-> $b \"c\")) ? d>");
}

#[test]
fn blanks_may_stand_around_operators() {
    assert_eq!(tree_of("find topics ~ \"a\" b = c"), "<find ? (~ topics \"a\") ? (= b c)>");
}

#[test]
fn a_term_may_be_empty_but_not_missing() {
    assert_eq!(tree_of("[find where ]"), "<[<find>]>");
    assert_eq!(errors_of("find a= b and"), "ValueExpected at 10 `and`");
    assert_eq!(errors_of("find and a=b"), "ValueExpected at 5 `and`");
}
