//! The form, by example.

use super::intermediate;

/// The form of a script, or the refusal.
fn il(script: &str) -> String {
    intermediate(script).unwrap_or_else(|refusal| refusal.to_string())
}

#[test]
fn a_command_has_its_whole_path_and_sorted_arguments() {
    assert_eq!(
        il("/ip route add gateway=192.0.2.1 distance=2"),
        "(evl /ip/route/adddistance=2;gateway=192.0.2.1)"
    );
    assert_eq!(il("/ip/firewall/nat print"), "(evl /ip/firewall/nat/print)");
}

#[test]
fn names_may_be_cut_short() {
    assert_eq!(il("/ip ro ad gatew=192.0.2.1"), "(evl /ip/route/addgateway=192.0.2.1)");
    assert_eq!(il("/interface wifiwave2 print"), "(evl /interface/wifi/print)");
}

#[test]
fn a_menu_alone_is_the_menu_of_what_follows_but_not_of_what_is_around() {
    assert_eq!(il("/ip route\nadd gateway=192.0.2.1"), "/ip/route/;(evl /ip/route/addgateway=192.0.2.1)");
    assert_eq!(
        il("/ip dns { /ip route; add gateway=192.0.2.1 }; :put 1"),
        "(evl /ip/route/ (evl /ip/route/addgateway=192.0.2.1));(evl /putmessage=1)"
    );
    assert_eq!(il("/ip route\n.. address print"), "/ip/route/;(evl /ip/address/print)");
}

#[test]
fn brackets_stand_in_the_menu_of_their_command_unless_it_is_a_global_one() {
    assert_eq!(il("/ip route remove [find]"), "(evl /ip/route/removenumbers=(evl (evl /ip/route/find)))");
    assert_eq!(
        il("/ip route\n:log info [get 0 gateway]"),
        "/ip/route/;(evl /log/infomessage=(evl (evl /ip/route/getnumber=0;value-name=gateway)))"
    );
}

#[test]
fn unnamed_values_fill_parameters_in_their_order() {
    assert_eq!(il(":pick \"abc\" 0 2"), "(evl /pickbegin=0;counter=abc;end=2)");
    assert_eq!(il("/ip firewall nat move 2 0"), "(evl /ip/firewall/nat/movedestination=0;numbers=2)");
    assert_eq!(il(":put [:find $a \"b\" -1]"), "(evl /putmessage=(evl (evl /findfrom=-1;in=$a;key=b)))");
    assert_eq!(il(":put [find $a b]"), "(evl /putmessage=(evl (evl /findin=$a;key=b)))");
}

#[test]
fn a_switch_takes_the_value_before_it() {
    assert_eq!(il("/ip route print detail"), "(evl /ip/route/printdetail=true)");
    assert_eq!(il("/routing table add name=a fib"), "(evl /routing/table/addfib=a;name=a)");
}

#[test]
fn literals_are_spelled_as_the_router_spells_them() {
    let spelled =
        |literal: &str| il(&format!(":put {literal}")).replace("(evl /putmessage=", "").replace(')', "");
    for (literal, spelling) in [
        ("yes", "true"),
        ("0xFF", "255"),
        ("1w2d3h", "1w2d03:00:00"),
        ("90s", "00:01:30"),
        ("1.5s", "00:00:01.500"),
        ("10:30", "10:30:00"),
        ("10.1", "10.0.0.1"),
        ("10.1/24", "10.0.0.1/24"),
        ("2001:DB8::1/32", "2001:db8::/32"),
        ("7.1beta2", "7.1beta2"),
    ] {
        assert_eq!(spelled(literal), spelling, "{literal}");
    }
    assert_eq!(il(":delay 0.5"), "(evl /delaydelay-time=00:00:00.500)");
}

#[test]
fn expressions_are_prefix_lists() {
    assert_eq!(il(":put (1 + 2 * 3)"), "(evl /putmessage=(+ 1 (* 2 3)))");
    assert_eq!(il(":put ($a and $b && $c)"), "(evl /putmessage=(and $a $b $c))");
    assert_eq!(il(":put (1 + (2 + 3) - 4 - 5)"), "(evl /putmessage=(- (- (+ 1 2 3) 4) 5))");
    assert_eq!(il(":put ($a->\"b\"->0)"), "(evl /putmessage=(-> (-> $a b) 0))");
    assert_eq!(il(":put (word = -1)"), "(evl /putmessage=(= $word -1))");
}

#[test]
fn values_side_by_side_are_a_list() {
    assert_eq!(il(":put (1 two ($a->\"b\"\"c\"))"), "(evl /putmessage=(  1 $two (  (-> $a b) c)))");
}

#[test]
fn strings_are_concatenations_of_their_pieces() {
    assert_eq!(il(":put \"a $b c\""), "(evl /putmessage=(. a  $b  c))");
    assert_eq!(il(":put \"a\\\"b\""), "(evl /putmessage=(. a \" b))");
    assert_eq!(il(":put (\"a\" . \"b $c\")"), "(evl /putmessage=(. a b  $c))");
    assert_eq!(il(":put \"a$($b . $c)\""), "(evl /putmessage=(. a $b $c))");
    assert_eq!(il(":put \"$a\""), "(evl /putmessage=$a)");
}

#[test]
fn arrays_have_their_keys_sorted_behind_their_elements() {
    assert_eq!(il(":put {b=1;2;a={3;4}}"), "(evl /putmessage=2;a=3;4;b=1)");
}

#[test]
fn blocks_follow_their_argument() {
    assert_eq!(
        il(":if (1) do={:put a} else={\n:put b\n}"),
        "(evl /ifcondition=1;do=;(evl (evl /putmessage=a));else=;(evl / (evl /putmessage=b)))"
    );
    assert_eq!(il(":do {} while=(1)"), "(evl /docommand=;(evl /);while=1)");
    assert_eq!(
        il("/system script add name=a source={ :put 1 }"),
        "(evl /system/script/addname=a;source= :put 1 )"
    );
}

#[test]
fn calls_name_their_function_twice() {
    assert_eq!(il("$f 1s yes b=2 a=1"), "(<%% $f (> $f);1s;yes;a=1;b=2)");
    assert_eq!(il(":put [$f]"), "(evl /putmessage=(evl (<%% $f (> $f))))");
    assert_eq!(il(":put 1\n[$f]"), "(<%% (evl (evl /putmessage=1);(<%% $f (> $f))) )");
}

#[test]
fn a_condition_names_properties_on_the_left() {
    let form = il("/ip route print where gateway=wan1 !disabled");
    assert!(form.ends_with(";(  (= $gateway wan1) (! $disabled));5)"), "{form}");
    assert!(form.starts_with("(evl /ip/route/printwhere=$"), "{form}");
}

#[test]
fn empty_statements_are_there_where_a_router_finds_them() {
    assert_eq!(il(""), "");
    assert_eq!(il("# a comment"), "/");
    assert_eq!(il("\n:put 1"), "/;(evl /putmessage=1)");
    assert_eq!(il(":put 1;\n\n# a\n  \n:put 2"), "(evl /putmessage=1);(evl /putmessage=2)");
    assert_eq!(il(":put 1; \n:put 2"), "(evl /putmessage=1);/;(evl /putmessage=2)");
    assert_eq!(il(":put 1;\r\n:put 2"), "(evl /putmessage=1);(evl /putmessage=2)");
    assert_eq!(il(":put 1\n # a\n\n:put 2"), "(evl /putmessage=1);/;(evl /putmessage=2)");
}

#[test]
fn a_command_that_the_router_lacks_fails_when_it_runs() {
    assert_eq!(
        il(":put 1\nfoo bar b=yes a=1"),
        "(evl /putmessage=1);(<%% bad command name foo (line 2 column 1) foo;bar;a=1;b=yes)"
    );
}

#[test]
fn refusals_are_worded_and_placed_as_the_router_does() {
    for (script, refusal) in [
        (":put 1\nFROM x", "expected command name (line 2 column 1)"),
        ("[admin@a] > :put 1", "syntax error (line 1 column 7)"),
        ("/foo/print", "syntax error (line 1 column 5)"),
        ("/ip route add name=a", "expected end of command (line 1 column 15)"),
        ("/ip route set 0 1", "expected end of command (line 1 column 17)"),
        (":set a 1", "syntax error (line 1 column 6)"),
        (":put 1 # one", "expected end of command (line 1 column 8)"),
        (":do {\n:put 1", "missing closing brace (line 2 column 7)"),
        (":do {\n:put $<\n:put 1", "syntax error (line 2 column 7)"),
        (":put (1 +\n:put 2", "syntax error (line 2 column 1)"),
    ] {
        assert_eq!(il(script), refusal, "{script}");
    }
}

#[test]
fn a_variable_is_declared_by_its_first_use_in_its_block() {
    assert_eq!(il(":put $a; :set a 1"), "(evl /putmessage=$a);(evl /setname=$a;value=1)");
    assert_eq!(il(":put [:len $a]; :set a 1"), "syntax error (line 1 column 22)");
    assert_eq!(
        il(":global a; :do { :set a 1 }"),
        "(evl /globalname=$a);(evl /docommand=;(evl (evl /setname=$a;value=1)))"
    );
}

#[test]
fn what_follows_a_brace_too_many_is_not_read() {
    assert_eq!(il(":put 1\n}\nFROM x"), "(evl /putmessage=1)");
}
