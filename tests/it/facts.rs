//! What only a running router knows, answered by `/rosc fact`.

use crate::stages::check;
use regex::Regex;
use rosc::diagnostic::{Code, Diagnostic, has_errors};
use rosc::script::evaluate;
use rosc::source::Sources;

/// A script, and behind it the file with the facts.
fn with_facts(script: &str, facts: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add("edge.rsc", script);
    sources.add("facts.rsc", facts);
    sources
}

fn found(sources: &Sources) -> Vec<Diagnostic> {
    evaluate(sources, None).diagnostics
}

fn codes(script: &str, facts: &str) -> Vec<Code> {
    found(&with_facts(script, facts)).iter().map(|d| d.code).collect()
}

/// The names of the interface lists that a script makes.
fn lists(script: &str, facts: &str) -> Vec<String> {
    let sources = with_facts(script, facts);
    let evaluated = evaluate(&sources, None);
    assert!(!has_errors(&evaluated.diagnostics), "{:#?}", evaluated.diagnostics);
    let database = evaluated.database;
    let items = database.items("/interface/list").iter();
    items.map(|item| database.value(item, "name").expect("a name").into_owned()).collect()
}

/// Expressions that ask a router, with a value that can be the answer.
const QUESTIONS: &[(&str, &str)] = &[
    ("[/system clock get time]", "10:00:00"),
    ("[/system identity get name]", "edge"),
    ("[/system/resource/get value-name=version]", "7.20"),
    ("[:resolve example.com]", "192.0.2.1"),
    ("[:resolve ($host . \".example.com\") server=192.0.2.53]", "192.0.2.1"),
    ("[/interface get ether1 running]", "yes"),
    ("[/interface get \"my wan\" running]", "yes"),
    ("[/interface get [find name=ether1] running]", "no"),
    ("[/interface find where type=ether]", "*1,*2"),
    ("[/ip arp find where mac-address=\"00:00:5E:00:53:01\"]", "none"),
    ("[/ip dhcp-client get [find interface=ether1] gateway]", "192.0.2.254"),
    ("[/ip route get [find comment=\"way out\"] active]", "yes"),
    ("[:len [/ip route find where active]]", "yes"),
    ("[/tool fetch url=\"https://example.com/?a=1\" output=user as-value]", "x"),
    ("[/interface print count-only where running]", "3"),
    ("[:rndnum from=1 to=10]", "4"),
    ("[/ping 192.0.2.1 count=3]", "3"),
    ("[:timestamp]", "1d"),
    ("[/file get backup]", "x"),
];

#[test]
fn the_error_tells_the_fact_that_answers_it() {
    let line = Regex::new("/rosc fact add .*value=").expect("a pattern");
    for (question, answer) in QUESTIONS {
        let script = format!(
            "/ip dhcp-client add interface=ether1\n/ip route add gateway=192.0.2.1 comment=\"way out\"\n\
             :local host www\n:local answer {question}\n/interface list add name=\"$answer\""
        );
        let unanswered = found(&with_facts(&script, ""));
        assert_eq!(unanswered.first().map(|d| d.code), Some(Code::OnlyLiveRouterKnows), "{question}");
        let help = unanswered[0].help.as_deref().expect("help");
        let fact = format!("{}{answer}", line.find(help).expect("a fact").as_str());
        let answered = with_facts(&script, &fact);
        assert_eq!(found(&answered), [], "{question}: {fact}");
    }
}

#[test]
fn a_question_shows_no_secret() {
    let script = ":local secret hunter2\n:local t [/tool fetch url=example.com password=$secret as-value]";
    let unanswered = found(&with_facts(script, ""));
    assert!(!format!("{:?}", unanswered[0]).contains("hunter2"));
    let fact = "/rosc fact add command=\"/tool/fetch url=example.com password=*** as-value\" value=x";
    assert_eq!(found(&with_facts(script, fact)), []);
}

#[test]
fn answers_have_types() {
    let asked = ":local a [:resolve example.com]\n/interface list add name=\"$[:typeof $a] $($a + 1)\"";
    assert_eq!(
        lists(asked, "/rosc fact add command=\":resolve example.com\" value=192.0.2.1"),
        ["ip 192.0.2.2"]
    );
    let each = ":foreach i in=[/interface find] do={ /interface list add name=[/interface get $i name] }";
    let facts = "/rosc fact\nadd command=\"/interface find\" value=*1,*2\n\
                 add command=\"/interface get *1 name\" value=ether1\n\
                 add menu=/interface item=*2 property=name value=wan";
    assert_eq!(lists(each, facts), ["ether1", "wan"]);
    assert_eq!(lists(each, "/rosc fact add command=\"/interface find\" value=none"), [""; 0]);
}

#[test]
fn an_item_is_called_by_its_name_its_comment_or_its_number() {
    let script = "/ip route\nadd gateway=192.0.2.1 comment=main\nadd gateway=192.0.2.2\n\
                  :foreach r in=[find where active] do={ /interface list add name=[/ip route get $r gateway] }";
    let facts = "/rosc fact\nadd menu=\"/ip route\" item=main property=active value=no\n\
                 add menu=/ip/route item=1 property=active value=yes";
    assert_eq!(lists(script, facts), ["192.0.2.2"]);
}

#[test]
fn the_configuration_itself_comes_first() {
    let script = "/system identity set name=edge\n/interface list add name=[/system identity get name]";
    let fact = "/rosc fact add menu=/system/identity property=name value=other";
    assert_eq!(lists(script, fact), ["edge"]);
    assert_eq!(codes(script, fact), [Code::UnaskedFact]);
}

#[test]
fn a_fact_may_be_computed_where_the_script_runs() {
    let script = ":foreach n in={1;2} do={ /rosc fact add command=\":resolve h$n.example.com\" value=\"192.0.2.$n\" }\n\
                  /interface list add name=[:resolve h2.example.com]\n/interface list add name=[:resolve h1.example.com]";
    assert_eq!(lists(script, ""), ["192.0.2.2", "192.0.2.1"]);
}

#[test]
fn wrong_facts_are_reported() {
    for (fact, wrong) in [
        ("add value=1", Code::MissingProperty),
        ("add menu=/interface value=1", Code::MissingProperty),
        ("add command=\":resolve x.example\"", Code::MissingProperty),
        ("add command=\":resolve x.example\" menu=/interface value=1", Code::Contradiction),
        ("add menu=/absent property=x value=1", Code::UnknownCommand),
        ("add command=\"/absent get x\" value=1", Code::UnknownCommand),
        ("add command=\"/interface\" value=1", Code::ScriptFails),
        ("add command=\"(\" value=1", Code::ScriptFails),
        ("add commnd=\":timestamp\" value=1", Code::UnknownProperty),
        ("add command=\":timestamp\" value=1\nadd command=\"/timestamp\" value=2", Code::Duplicate),
        ("remove 0", Code::ScriptNotRun),
        ("add command=\":timestamp\" value=1", Code::UnaskedFact),
        ("add command=\":timestamp\" value=1 disabled=yes", Code::OnlyLiveRouterKnows),
    ] {
        let asks = if wrong == Code::OnlyLiveRouterKnows || wrong == Code::Duplicate {
            ":local t [:timestamp]"
        } else {
            ""
        };
        assert_eq!(codes(asks, &format!("/rosc fact\n{fact}")), [wrong], "{fact}");
    }
}

#[test]
fn what_stands_below_a_menu_that_is_not_there_is_no_fact() {
    let facts = "/rosc fact\nadd command=\":timestamp\" value=1\n/absent menu\nadd name=x";
    assert_eq!(codes(":local t [:timestamp]", facts), [Code::UnknownCommand]);
}

#[test]
fn a_configuration_with_facts_is_carried_over_like_any_other() {
    let script = "/ip address add address=192.0.2.2/24 interface=ether1\n/ip route add gateway=[:resolve gw.example.com]";
    let sources = with_facts(script, "/rosc fact add command=\":resolve gw.example.com\" value=192.0.2.1");
    assert_eq!(check(&sources), []);
}
