//! Texts that try to be something else.

use crate::build::{input, rule, rules_of};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::{Statement, Verdict, text};
use rosc_target::netns;

/// What an administrator, or somebody who may write comments, could put into a text.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\"",
        "\" accept comment \"",
        "x\" }\n}\ntable ip other { chain c { accept } }\n#",
        "a\nb",
        "a\r\nb",
        "nul\0nul",
        "\\",
        "ends with \\",
        "$variable @set #remark ;",
        "{\"drop\":null}",
        "\u{1b}[31mred",
        "\u{202e}backwards",
        "é\u{301}",
        " ",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(10_000));
    texts.push("é".repeat(10_000));
    texts
}

#[test]
fn no_text_breaks_out_of_json_or_nfts_language() {
    let rules = texts().into_iter().flat_map(|text| {
        let commented = rule([Verdict::Accept.into()]).with_comment(&text);
        [commented, rule([Statement::log(&text)])]
    });
    let state = input(rules);
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &state).unwrap();
    assert_eq!(*observe(&namespace).state, state);

    // What nft lists itself can be loaded again: a firewall that is saved so comes back after a start.
    let saved = nft(&namespace, &["list", "ruleset"], "");
    let Some(other) = netns::for_test() else { return };
    nft(&other, &["-f", "-"], &saved);
    assert_eq!(*observe(&other).state, state);

    let Some(other) = netns::for_test() else { return };
    nft(&other, &["-f", "-"], &text::ruleset(&state, &|_| Some("a\"b\n}\n".to_owned())));
    assert_eq!(*observe(&other).state, state);
}

#[test]
fn a_hostile_comment_that_somebody_loaded_is_read_and_replaced() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &input([])).unwrap();
    let comment = "say \\\"hi\\\"\\n}";
    let command = format!(
        r#"{{"nftables":[{{"add":{{"rule":{{"family":"ip","table":"rosc","chain":"filter_input","comment":"{comment}","expr":[{{"accept":null}}]}}}}}}]}}"#
    );
    nft(&namespace, &["-j", "-f", "-"], &command);
    let observed = observe(&namespace);
    assert_eq!(rules_of(&observed.state)[0].comment().unwrap().as_str(), "say \"hi\"\n}");
    assert_eq!(rules_of(&observed.state)[0].to_string(), "accept comment \"say 'hi' }\"");
    let changes = converge(&namespace, &input([])).unwrap();
    namespace.run(|| rosc_target::Target::undo(&mut rosc_nftables::Nftables::new(), &changes)).unwrap();
    assert_eq!(observe(&namespace).state, observed.state);
}
