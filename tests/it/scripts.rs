//! Whole small scripts, and the database that they leave.

use crate::stages::{check, shown, text};
use rosc::diagnostic::{Code, has_errors};
use rosc::script::evaluate;
use rosc::source::Sources;

/// What `rosc show database` shows of a script.
///
/// # Panics
/// If the script has errors.
fn database_of(script: &str) -> String {
    let sources = text(script);
    let evaluated = evaluate(&sources, None);
    assert!(!has_errors(&evaluated.diagnostics), "{}", shown(&sources));
    evaluated.database.to_string()
}

/// The codes of what is found, with the text that each is about.
pub(crate) fn found(script: &str) -> Vec<(Code, String)> {
    let sources = text(script);
    let found = evaluate(&sources, None).diagnostics;
    let place = |sources: &Sources, d: &rosc::diagnostic::Diagnostic| {
        d.origin().map(|origin| sources.slice(origin).to_owned()).unwrap_or_default()
    };
    found.iter().map(|d| (d.code, place(&sources, d))).collect()
}

/// The value of an expression, as the comment of a table.
pub(crate) fn value_of(expression: &str) -> String {
    let made = database_of(&format!("/routing table add name=x comment=({expression})"));
    let made = made.lines().nth(1).expect("a table").trim_start_matches("add name=x").trim_start();
    made.trim_start_matches("comment=").trim_matches('"').to_owned()
}

#[track_caller]
pub(crate) fn leaves(script: &str, database: &str) {
    let wanted: String = database.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    assert_eq!(database_of(script), wanted);
}

#[test]
fn a_loop_makes_rules() {
    leaves(
        r#"
        :for i from=1 to=3 do={
            /routing table add fib name=("wan" . $i)
            /ip firewall mangle add chain=prerouting action=mark-connection new-connection-mark="wan$i" \
                per-connection-classifier="both-addresses:3/$($i - 1)" comment="uplink $i"
        }"#,
        r#"/ip/firewall/mangle
        add chain=prerouting action=mark-connection new-connection-mark=wan1 per-connection-classifier=both-addresses:3/0 comment="uplink 1"
        add chain=prerouting action=mark-connection new-connection-mark=wan2 per-connection-classifier=both-addresses:3/1 comment="uplink 2"
        add chain=prerouting action=mark-connection new-connection-mark=wan3 per-connection-classifier=both-addresses:3/2 comment="uplink 3"
        /routing/table
        add fib name=wan1
        add fib name=wan2
        add fib name=wan3"#,
    );
}

#[test]
fn every_kind_of_loop_counts() {
    let list = |script: &str| -> Vec<String> {
        let made = database_of(&format!("/interface list\n{script}"));
        made.lines().skip(1).map(|line| line.replace("add name=", "")).collect()
    };
    assert_eq!(list(":for i from=3 to=1 do={ add name=$i }"), ["3", "2", "1"]);
    assert_eq!(list(":for i from=1 to=7 step=3 do={ add name=$i }"), ["1", "4", "7"]);
    assert_eq!(list(":foreach x in={a;b} do={ add name=$x }"), ["a", "b"]);
    assert_eq!(list(":foreach x in=a,b do={ add name=$x }"), ["a", "b"]);
    assert_eq!(list(":foreach k,v in={5;\"y\"=7} do={ add name=\"$k-$v\" }"), ["0-5", "y-7"]);
    assert_eq!(list(":local i 0; :while ($i < 2) do={ add name=$i; :set i ($i + 1) }"), ["0", "1"]);
    assert_eq!(list(":local i 5; :do { add name=$i; :set i ($i + 1) } while=($i < 2)"), ["5"]);
    assert_eq!(
        list(
            ":for i from=1 to=9 do={ :if ($i = 2) do={ :continue }; :if ($i = 4) do={ :break }; add name=$i }"
        ),
        ["1", "3"]
    );
}

#[test]
fn functions_take_arguments_and_give_values() {
    leaves(
        r#"
        :global markOf do={ :return "to-$1" }
        :global addTable do={
            :global markOf
            :local made [/routing table add fib name=[$markOf $name] comment=$1]
            :return $made
        }
        :local id [$addTable "first uplink" name=wan1]
        /routing table set $id comment=("was " . [/routing table get $id comment])
        :local twice do={ ($1 * 2) }
        /interface list add name=[$twice 21]"#,
        r#"/interface/list
        add name=42
        /routing/table
        add fib name=to-wan1 comment="was first uplink""#,
    );
}

#[test]
fn a_function_calls_itself() {
    leaves(
        ":global fact do={ :global fact; :if ($1 < 2) do={ :return 1 }; :return ($1 * [$fact ($1 - 1)]) }
        /interface list add name=[$fact 10]",
        "/interface/list
        add name=3628800",
    );
}

#[test]
fn a_function_sees_no_global_that_it_does_not_declare() {
    leaves(
        r#":global wan ether1
        :local outer 1
        :global look do={ :return ([:typeof $wan] . "-" . [:typeof $outer]) }
        :global see do={ :global wan; :return $wan }
        /interface list add name=[$look]; /interface list add name=[$see]"#,
        "/interface/list
        add name=nothing-nothing
        add name=ether1",
    );
    let wrong = ":global f do={ :return 1 }\n:global g do={ :return [$f] }\n:put [$g]";
    assert_eq!(found(wrong), [(Code::ScriptFails, "$f".to_owned())]);
}

#[test]
fn a_block_has_locals_of_its_own() {
    leaves(
        ":local x 1
        :if (true) do={ :local x 2; :set x 3 }
        { :set x ($x + 10) }
        /interface list add name=$x",
        "/interface/list
        add name=11",
    );
    assert_eq!(found("{ :local y 1 }\n:set y 2"), [(Code::ScriptFails, "y".to_owned())]);
}

#[test]
fn errors_are_handled() {
    leaves(
        r#"/interface list
        :do { add name=before; :error "x"; add name=never } on-error={ add name=handled }
        :onerror e in={ :error "line down" } do={ add name=$e }
        :do { /ip route remove 7 } on-error={ add name=no-such-item }
        :do { :put (1 / 0) } on-error={ add name=division }
        :retry command={ add name=once } delay=1 max=3 on-error={ add name=never }"#,
        r#"/interface/list
        add name=before
        add name=handled
        add name="line down"
        add name=no-such-item
        add name=division
        add name=once"#,
    );
}

#[test]
fn what_only_a_router_knows_is_not_handled_in_silence() {
    let script = "/interface list\n:do { add name=[:resolve dns.example] } on-error={ add name=fallback }";
    let sources = text(script);
    let evaluated = evaluate(&sources, None);
    assert_eq!(evaluated.database.to_string(), "/interface/list\nadd name=fallback\n");
    let found: Vec<_> = evaluated.diagnostics.iter().map(|d| (d.code, d.severity)).collect();
    assert_eq!(found, [(Code::OnlyLiveRouterKnows, rosc::diagnostic::Severity::Warning)]);
}

#[test]
fn what_is_only_shown_needs_no_router() {
    let script = ":put [/system resource get version]\n:log info \"up for $[/system resource get uptime]\"\n\
                  /interface list add name=x";
    let sources = text(script);
    let evaluated = evaluate(&sources, None);
    assert!(!has_errors(&evaluated.diagnostics), "{}", shown(&sources));
    assert_eq!(evaluated.diagnostics.len(), 2);
    assert_eq!(evaluated.database.to_string(), "/interface/list\nadd name=x\n");
}

#[test]
fn a_menu_that_is_not_there_is_forgotten_with_its_block() {
    let script = "/interface list\n:do { /absent menu } on-error={ add name=handled }\nadd name=after";
    let sources = text(script);
    let evaluated = evaluate(&sources, None);
    assert_eq!(evaluated.database.to_string(), "/interface/list\nadd name=handled\nadd name=after\n");
    assert_eq!(found(script), [(Code::UnknownCommand, "absent".to_owned())]);
}

#[test]
fn a_loop_is_left_from_inside_only() {
    assert_eq!(found(":break"), [(Code::ScriptFails, ":break".to_owned())]);
    let script = ":global f do={ :break }\n:for i from=1 to=2 do={ $f }";
    assert_eq!(found(script), [(Code::ScriptFails, "$f".to_owned())]);
}

#[test]
fn an_error_outside_ends_the_loop_and_nothing_else() {
    let script = "/interface list\n:for i from=1 to=3 do={ add name=$i; :error stop }\nadd name=after";
    let sources = text(script);
    let evaluated = evaluate(&sources, None);
    assert_eq!(evaluated.database.to_string(), "/interface/list\nadd name=1\nadd name=after\n");
    assert_eq!(found(script), [(Code::ScriptGivesUp, ":error stop".to_owned())]);
}

#[test]
fn items_are_found_read_and_changed() {
    leaves(
        r#"/ip firewall address-list
        :foreach a in=192.0.2.1,192.0.2.2,192.0.2.3 do={ add list=lan address=$a comment="host $a" }
        :foreach i in=[find where comment~"2.[12]\$"] do={
            set $i list=([get $i list] . "-" . [:pick [get $i address] 8 9])
        }
        :local last [find comment="host 192.0.2.3"]
        :if ([:len $last] = 1) do={ disable $last }
        :if ([find list=nobody] = "") do={ add list=nobody address=198.51.100.1 }
        :local low 192.0.2.2
        remove [find where address<$low]
        :foreach e in=[print as-value where list=nobody] do={ add list=seen address=($e->"address") }
        /interface list add name=[:len [/ip firewall address-list find]]
        /interface list add name=[/ip firewall address-list print count-only where list=lan]"#,
        r#"/interface/list
        add name=4
        add name=1
        /ip/firewall/address-list
        add list=lan-2 address=192.0.2.2 comment="host 192.0.2.2"
        add list=lan address=192.0.2.3 comment="host 192.0.2.3" disabled
        add list=nobody address=198.51.100.1
        add list=seen address=198.51.100.1"#,
    );
}

#[test]
fn brackets_are_of_the_commands_menu() {
    leaves(
        r#"/ip route add gateway=192.0.2.1 comment=a
        /ip route add gateway=192.0.2.9 comment=b
        /interface list add name=[/ip route get [:pick [find where comment~"[ab]"] 1] gateway]
        /ip route set [find comment=a] distance=([get [find comment=b] distance] + 4)
        /ip firewall nat
        :foreach r in=[/ip route find] do={ add chain=srcnat action=masquerade comment="$r" }"#,
        r#"/interface/list
        add name=192.0.2.9
        /ip/firewall/nat
        add chain=srcnat action=masquerade comment=*1
        add chain=srcnat action=masquerade comment=*2
        /ip/route
        add gateway=192.0.2.1 comment=a distance=5
        add gateway=192.0.2.9 comment=b"#,
    );
}

#[test]
fn a_condition_means_the_items_own_property() {
    let script = "/interface list add name=a\n/interface list add name=b\n:local name b\n\
                  /interface list remove [find where name=$name]";
    let sources = text(script);
    let evaluated = evaluate(&sources, None);
    assert_eq!(evaluated.database.to_string(), "", "it matches everything, as on a router");
    assert_eq!(found(script), [(Code::ShadowedVariable, "$name".to_owned())]);
}

#[test]
fn text_and_arrays_are_taken_apart() {
    for (expression, value) in [
        ("[:pick \"ether10\" 5 7]", "10"),
        ("[:pick \"abc\" 1]", "b"),
        ("[:pick {1;2;3} 1]", "2"),
        ("[:len [:pick {1;2;3} 1 3]]", "2"),
        ("[:pick \"192.0.2.1/24\" 0 [:find \"192.0.2.1/24\" \"/\"]]", "192.0.2.1"),
        ("[:find \"abcabc\" \"a\" 0]", "3"),
        ("[:find \"abcabc\" \"a\" -1]", "0"),
        ("[:find {a;b} b]", "1"),
        ("[:typeof [:find abc x]]", "nil"),
        ("[:len \"wan\"]", "3"),
        ("[:len {1;2;\"k\"=3}]", "3"),
        ("[:typeof [:toip \"192.0.2.1\"]]", "ip"),
        ("[:typeof [:toip6 \"2001:db8::1\"]]", "ip6"),
        ("[:typeof 192.0.2.0/24]", "ip-prefix"),
        ("[:typeof $undeclared]", "nothing"),
        ("[:tonum \"0x10\"] + 1", "17"),
        ("[:tobool \"yes\"]", "yes"),
        ("[:totime \"90\"]", "00:01:30"),
        ("[:tostr {1;2}]", "1;2"),
        ("[:toarray \"a,b\"]", "a,b"),
        ("[:len [:range 5 8]]", "4"),
        ("[:pick [:range 192.0.2.1 192.0.2.9] 3]", "192.0.2.4"),
        ("([:toip \"192.0.2.77\"] & 255.255.255.0) . \"/24\"", "192.0.2.0/24"),
        ("192.0.2.77 in 192.0.2.0/24", "yes"),
        ("\"ether1\" ~ \"^eth\"", "yes"),
        ("1 < 2 && 3 > 2", "yes"),
        ("!(1 < 2) || false", "no"),
        ("any $undeclared", "no"),
        ("any [:find abc x] || any \"\"", "yes"),
        ("{\"a\"={\"b\"=5}}->\"a\"->\"b\"", "5"),
        ("[[:parse \":return (6 * 7)\"]]", "42"),
    ] {
        assert_eq!(value_of(expression), value, "{expression}");
    }
}

#[test]
fn elements_are_set_at_any_depth() {
    leaves(
        r#":local a {"x"={"y"=1}}
        :set ($a->"x"->"y") 2
        :set ($a->"x"->"z") 3
        :set ($a->"n") {7}
        :set ($a->"n"->1) 8
        /interface list add name=[:tostr $a]"#,
        r#"/interface/list
        add name="n=7;8;x=y=2;z=3""#,
    );
}

#[test]
fn a_stored_script_runs() {
    leaves(
        "/system script add name=setup source={ /interface list add name=WAN }
        /system script run setup
        /interface list remove [find name=x]",
        r#"/interface/list
        add name=WAN
        /system/script
        add name=setup source="{ /interface list add name=WAN }""#,
    );
}

#[test]
fn the_menu_of_a_line_holds_inside_loops() {
    leaves(
        "/interface list
        :foreach n in={a;b} do={ add name=$n; /routing table add name=$n }
        add name=c",
        "/interface/list
        add name=a
        add name=b
        add name=c
        /routing/table
        add name=a
        add name=b",
    );
}

#[test]
fn what_fails_once_is_said_once_with_what_needs_it() {
    let script = ":local gw [/ip dhcp-client get 0 gateway]\n/ip route add gateway=$gw\n/ip route add gateway=$gw distance=2";
    assert_eq!(
        found(script),
        [(Code::OnlyLiveRouterKnows, "[/ip dhcp-client get 0 gateway]"[1..30].to_owned())]
    );
    let sources = text(script);
    assert_eq!(evaluate(&sources, None).diagnostics[0].labels.len(), 3);
}

#[test]
fn mistakes_in_computed_values_are_shown_where_they_are_computed() {
    let sources =
        text(":for i from=255 to=256 do={ /ip firewall address-list add list=l address=\"192.0.2.$i\" }");
    let wrong: Vec<_> = check(&sources).into_iter().filter(|d| d.code == Code::WrongType).collect();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].origin().map(|origin| sources.slice(origin)), Some("\"192.0.2.$i\""));
}

#[test]
fn a_loop_over_a_long_list_changes_every_item() {
    let mut script = String::from("/ip firewall nat\n");
    (0..20_000).for_each(|n| script.push_str(&format!("add chain=srcnat action=accept comment=a{n}\n")));
    // The last one stands first, so that the list is not in the order of its making.
    script.push_str("move 19999 0\n:foreach i in=[find chain=srcnat] do={ set $i chain=dstnat }\n");
    script.push_str("/interface list add name=[:len [/ip firewall nat find chain=dstnat]]");
    assert!(database_of(&script).contains("add name=20000"));
}
