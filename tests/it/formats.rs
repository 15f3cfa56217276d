//! `:convert`, `:serialize`, `:deserialize` and `:execute`, as scripts use them.

use crate::scripts::{found, leaves, value_of};
use crate::stages::text;
use rosc::diagnostic::Code;
use rosc::script::evaluate;

#[test]
fn values_are_converted() {
    for (expression, value) in [
        ("[:convert \"user:password\" to=base64]", "dXNlcjpwYXNzd29yZA=="),
        ("[:convert from=base64 \"YWJj\"]", "abc"),
        ("[:convert from=hex to=raw \"4D696B726F54696B\"]", "MikroTik"),
        ("[:convert 001 to=hex]", "31"),
        ("[:convert transform=uc \"wan1\"]", "WAN1"),
        ("[:convert \"a b\" to=url]", "a%20b"),
        ("[:convert from=byte-array to=raw {119;97;110}]", "wan"),
        ("[:tostr [:convert \"AB\" to=byte-array]]", "65;66"),
        ("[:tostr [:convert from=num to=bit-array-msb 5]]", "0;0;0;0;0;1;0;1"),
        ("[:len [:tocrlf \"a\\nb\"]]", "4"),
        ("[:len [:tolf \"a\\r\\nb\"]]", "3"),
    ] {
        assert_eq!(value_of(expression), value, "{expression}");
    }
}

#[test]
fn arrays_are_written_and_read() {
    for (expression, value) in [
        ("[:serialize to=dsv delimiter=\",\" {1;2;3}]", "1,2,3"),
        ("[:deserialize from=json \"{\\\"a\\\":[5,{\\\"b\\\":\\\"x\\\"}]}\"]->\"a\"->1->\"b\"", "x"),
        ("[:typeof ([:deserialize from=json \"[\\\"123\\\"]\"]->0)]", "num"),
        (
            "[:typeof ([:deserialize from=json \"[\\\"123\\\"]\" options=json.no-string-conversion]->0)]",
            "str",
        ),
        ("[:deserialize from=dsv delimiter=\";\" \"a;b;c\\n1;findme;3\" options=dsv.plain]->1->1", "findme"),
        (
            "[:deserialize from=dsv \"a;b;c\\n1;2;3\\n4;5;6\" delimiter=\";\" options=dsv.array]->1->\"b\"",
            "5",
        ),
        ("[:deserialize from=json [:serialize to=json value={\"ip\"=192.0.2.1}]]->\"ip\"", "192.0.2.1"),
    ] {
        assert_eq!(value_of(expression), value, "{expression}");
    }
    leaves(
        ":local rule {\"list\"=\"lan\";\"n\"=5}\n/interface list add name=x comment=[:serialize to=json $rule]",
        "/interface/list\nadd name=x comment=\"{\\\"list\\\":\\\"lan\\\",\\\"n\\\":5}\"",
    );
}

#[test]
fn what_a_router_makes_in_its_own_way_is_refused_and_can_be_told() {
    for (command, answer) in [
        (":convert transform=md5 \"a\"", "x"),
        (":convert from=num to=byte-array 4094", "14,15"),
        (":serialize to=json options=json.pretty {1;2}", "x"),
        (":deserialize from=json \"1.5\"", "1"),
        (":execute \":put 1\" as-string", "1"),
        (":grep pattern=x script=\"/log print\"", "x"),
    ] {
        let script = format!(":local x [{command}]\n/interface list add name=\"$x\"");
        let sources = text(&script);
        let [only] = &evaluate(&sources, None).diagnostics[..] else { panic!("{command}") };
        assert!(matches!(only.code, Code::ScriptNotRun | Code::OnlyLiveRouterKnows), "{command}");
        let help = only.help.as_deref().expect("help");
        let fact = &help[help.find("/rosc fact add").expect("a fact")..];
        let answered = format!("{script}\n{}", fact.replace("value=...", &format!("value=\"{answer}\"")));
        assert_eq!(found(&answered), [], "{answered}");
    }
}

#[test]
fn wrong_formats_fail_and_are_handled() {
    for command in [
        ":convert from=hex \"4\"",
        ":convert to=octal \"a\"",
        ":convert from=base64 \"?\"",
        ":serialize to=yaml {1}",
        ":serialize {1}",
        ":deserialize from=json \"{invalid}\"",
        ":deserialize from=dsv options=dsv.plain \"a\"",
    ] {
        let codes: Vec<Code> =
            found(&format!(":local x [{command}]")).into_iter().map(|(code, _)| code).collect();
        assert!(matches!(codes[..], [Code::ScriptFails | Code::MissingArgument]), "{command}: {codes:?}");
        assert_eq!(found(&format!(":do {{ :local x [{command}] }} on-error={{}}")), [], "{command}");
    }
}

#[test]
fn a_job_runs_with_variables_of_its_own() {
    leaves(
        ":global n 1
        :local here 2
        :local job [:execute { :global n; /interface list add name=\"$n$[:typeof $here]\" }]
        :execute script=\":global n; :set n 5; /interface list add name=text\" file=out
        /interface list add name=\"$n-$[:typeof $job]\"",
        "/interface/list
        add name=1nothing
        add name=text
        add name=5-id",
    );
}

#[test]
fn the_error_of_a_job_is_not_that_of_its_script() {
    let script = "/interface list\n:do { :execute { :error \"in the job\" }; add name=after } on-error={ add name=never }";
    let sources = text(script);
    let evaluated = evaluate(&sources, None);
    assert_eq!(evaluated.database.to_string(), "/interface/list\nadd name=after\n");
    let codes: Vec<Code> = evaluated.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::ScriptGivesUp]);
}
