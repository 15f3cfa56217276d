//! Tables that are not ours.

use crate::build::{input, name, rule};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::select::tcp;
use rosc_nftables::{Family, Nftables, State, Verdict};
use rosc_target::{Target, netns};

const FOREIGN: &str = "
table inet rosc {
	set s {
		type ipv4_addr
		elements = { 192.0.2.1 }
	}
	chain c {
		type filter hook input priority 5; policy accept;
		ip saddr @s limit rate 1/minute counter packets 3 bytes 90 log prefix \"x\"
	}
}
table ip rosc2 {
	chain filter_input {
		type filter hook input priority 0; policy drop;
		tcp dport 22 accept
	}
}
table ip filter {
	map m {
		type ipv4_addr : verdict
		elements = { 192.0.2.2 : drop }
	}
}
table bridge rosc {
}
";

#[test]
fn foreign_tables_stay_byte_for_byte_the_same() {
    let Some(namespace) = netns::for_test() else { return };
    nft(&namespace, &["-f", "-"], FOREIGN);
    let before = nft(&namespace, &["--handle", "list", "ruleset"], "");
    assert_eq!(*observe(&namespace).state, State::default());

    let mut state = input([rule([tcp::dport().eq(22u16), Verdict::Drop.into()])]);
    state.table(Family::Ip6).chain(&name("u_web"));
    let changes = converge(&namespace, &state).unwrap();
    assert_eq!(*observe(&namespace).state, state);
    converge(&namespace, &input([])).unwrap();
    converge(&namespace, &state).unwrap();
    assert!(nft(&namespace, &["--handle", "list", "ruleset"], "").starts_with(&before));
    namespace.run(|| Nftables::new().undo(&changes)).unwrap();
    assert_eq!(nft(&namespace, &["--handle", "list", "ruleset"], ""), before);
}

/// nft 1.0.6 prints broken JSON for a table that somebody has switched off.
#[test]
fn a_dormant_foreign_table_does_not_keep_ours_from_being_read() {
    let Some(namespace) = netns::for_test() else { return };
    nft(&namespace, &["-f", "-"], "table ip other {\nflags dormant\n}\n");
    let state = input([rule([Verdict::Accept.into()])]);
    converge(&namespace, &state).unwrap();
    assert_eq!(*observe(&namespace).state, state);
}

#[test]
fn our_table_is_reported_when_somebody_has_switched_it_off() {
    let Some(namespace) = netns::for_test() else { return };
    nft(&namespace, &["-f", "-"], "table ip rosc {\nflags dormant\n}\n");
    let error = namespace.run(|| Nftables::new().observe()).unwrap_err();
    let advice = "somebody has made it dormant; nft add table ip rosc wakes it up";
    assert_eq!(error.to_string(), format!("read table ip rosc: {advice}"));
    nft(&namespace, &["add table ip rosc"], "");
    assert_eq!(observe(&namespace).state.tables.len(), 1);
}

#[test]
fn the_generation_tells_of_anybodys_change() {
    let Some(namespace) = netns::for_test() else { return };
    let before = observe(&namespace).generation;
    let generation = || namespace.run(|| Nftables::new().generation().unwrap());
    assert_eq!(generation(), before);
    nft(&namespace, &["add", "table", "ip", "other"], "");
    assert_ne!(generation(), before);
}
