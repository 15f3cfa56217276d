//! Scripts that ask for too much.

use crate::stages::text;
use rosc::diagnostic::Code;
use rosc::script::evaluate;

/// Whatever it asks for, a script ends soon, and what is named is the loop or the call.
#[test]
fn no_script_runs_for_ever() {
    for (script, names, place) in [
        (":while (true) do={ }", "`while` loop", ":while (true) do={ }"),
        (":do { } while=(1 = 1)", "`do` loop", ":do { } while=(1 = 1)"),
        (":for i from=1 to=1000000000 do={ :local x $i }", "`for` loop", ":for i from"),
        (":while (true) do={ :foreach x in={1;2} do={ :put $x } }", "`while` loop", ":while"),
        (":while (true) do={ /interface list add name=x }", "`while` loop", ":while"),
        (":global f do={ :global f; $f }\n$f", "call of `$f`", "$f"),
        (
            ":global f do={ :global f; :return (1 + [$f ($1 + 1)]) }\n:put [$f 1]",
            "call of `$f`",
            "$f ($1 + 1)",
        ),
        (":global f do={ :global f; $f; $f }\n$f", "call of `$f`", "$f"),
        (":global s \":global s; :execute \\$s\"; :execute $s", "call of `:execute`", "$s"),
        (":global f do={ :global f; :execute $f }\n:execute $f", "call of `:execute`", ":execute"),
        (":local s x; :while (true) do={ :set s [:convert $s to=hex] }", "text is too large", ":convert"),
        (
            ":local a {1}; :while (true) do={ :set a {[:serialize to=json $a]} }",
            "text is too large",
            ":serialize",
        ),
        (":local a [:range 1 1000000000]", "array is too large", ":range"),
        (":local s x; :while (true) do={ :set s ($s . $s) }", "text is too large", "$s . $s"),
        (":local a {1}; :while (true) do={ :set a ($a, $a) }", "array is too large", "$a, $a"),
        (":local a {1}; :while (true) do={ :set a {$a;$a} }", "array is too large", "{$a;$a}"),
        (":local a {1}; :while (true) do={ :set ($a->[:len $a]) 1 }", "array is too large", ":set ($a"),
        (":local s \":put 1\"; :while (true) do={ [[:parse $s]] }", "at most", ":parse $s"),
    ] {
        let sources = text(script);
        let evaluated = evaluate(&sources, None);
        let [only] = evaluated.diagnostics.as_slice() else {
            panic!("{script}: {:?}", evaluated.diagnostics)
        };
        assert_eq!(only.code, Code::LimitReached, "{script}: {}", only.message);
        assert!(only.message.contains(names), "{script}: {}", only.message);
        let at = only.origin().map(|origin| sources.slice(origin)).unwrap_or_default();
        assert!(at.starts_with(place), "{script}: {at}");
    }
}

/// The worst that the stack of a thread has to hold: all kinds of nesting inside calls.
#[test]
fn nesting_inside_calls_does_not_exhaust_the_stack() {
    let nested = |before: &str, after: &str| {
        let inside = format!("{}[$f]{}", before.repeat(40), after.repeat(40));
        format!(":global f do={{ :global f; :put {inside} }}\n$f")
    };
    for script in [
        nested("(1 + ", ")"),
        nested("[:put ", "]"),
        nested("{", "}"),
        nested("(true && ", ")"),
        format!(":global f do={{ :global f; {}$f{} }}\n$f", ":if (true) do={ ".repeat(40), " }".repeat(40)),
        format!(":global f do={{ :global f; {}$f{} }}\n$f", "{ ".repeat(40), " }".repeat(40)),
        format!(":global f do={{ :global f; {}$f{} }}\n$f", "/ip route { ".repeat(40), " }".repeat(40)),
        format!(
            ":global f do={{ :global f; {}$f{} }}\n$f",
            ":foreach x in=a do={ ".repeat(40),
            " }".repeat(40)
        ),
        format!(":global f do={{ :global f; {}$f{} }}\n$f", ":do { ".repeat(40), " } on-error={}".repeat(40)),
        ":global f do={ :global f; :put $f }\n$f".to_owned(),
        format!(":global f do={{ :global f; :put ({}[$f]) }}\n$f", "1 . ".repeat(400)),
        format!("/interface list remove [find where ({}name=x{})]", "(".repeat(60), ")".repeat(60)),
    ] {
        let sources = text(&script);
        let codes: Vec<Code> = evaluate(&sources, None).diagnostics.iter().map(|d| d.code).collect();
        let of_limit = |code: &Code| matches!(code, Code::LimitReached | Code::Syntax);
        assert!(codes.iter().all(of_limit), "{script}: {codes:?}");
    }
}

#[test]
fn a_limit_is_not_handled_and_what_follows_still_counts() {
    let script = "/interface list\n:do { :while (true) do={ } } on-error={ add name=never }\nadd name=after\n\
                  :while (true) do={ }";
    let sources = text(script);
    let evaluated = evaluate(&sources, None);
    assert_eq!(evaluated.database.to_string(), "/interface/list\nadd name=after\n");
    let codes: Vec<Code> = evaluated.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::LimitReached]);
}
