//! Connection marks that are set, and that no rule asks for.

use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use crate::ir::firewall::{Action, Condition, MangleAction};
use crate::ir::{ConnectionMark, Router};
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn look(router: &Router, found: &mut Vec<Diagnostic>) {
    let mut set: BTreeMap<&ConnectionMark, Vec<Origin>> = BTreeMap::new();
    let mut asked: BTreeSet<&ConnectionMark> = BTreeSet::new();
    // A rule that tells marked connections from others asks for every mark. Not one that marks those that have none:
    // each rule of a balancer does.
    let mut any_is_asked = false;
    for firewall in [&router.firewall, &router.ipv6_firewall] {
        let nat = firewall.nat.rules().map(|rule| (&rule.matchers, false));
        let filter = firewall.filter.rules().map(|rule| (&rule.matchers, false));
        let mangle = firewall.mangle.rules().map(|rule| {
            let marks = matches!(rule.action, Action::Own(MangleAction::MarkConnection(Some(_), _)));
            (&rule.matchers, marks)
        });
        for (matchers, marks) in nat.chain(filter).chain(mangle) {
            match &matchers.connection_mark {
                Some(Condition::Is(Some(mark)) | Condition::IsNot(Some(mark))) => {
                    asked.insert(mark);
                }
                Some(Condition::Is(None) | Condition::IsNot(None)) => any_is_asked |= !marks,
                None => {}
            }
        }
        for rule in firewall.mangle.rules() {
            if let Action::Own(MangleAction::MarkConnection(Some(mark), _)) = &rule.action {
                set.entry(mark).or_default().push(rule.origin);
            }
        }
    }
    for mark in &router.marks_asked_elsewhere {
        match mark {
            Some(mark) => {
                asked.insert(mark);
            }
            None => any_is_asked = true,
        }
    }
    for (mark, origins) in &set {
        if !any_is_asked && !asked.contains(mark) {
            let missing = asked.iter().filter(|asked| !set.contains_key(*asked));
            found.push(unasked(mark, origins, missing.map(|mark| mark.as_str())));
        }
    }
}

fn unasked<'a>(
    mark: &ConnectionMark,
    origins: &[Origin],
    missing: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let message = format!("no rule asks for the connection mark `{mark}`");
    let near = did_you_mean(mark.as_str(), missing);
    // A mark may be there to keep other rules off the connection, or for people to see.
    let severity = if near.is_some() { Severity::Warning } else { Severity::Note };
    let help = near.map_or_else(
        || format!("ask for it where it is to have an effect: connection-mark={mark}"),
        |near| format!("`{near}` is asked for and never set: did you mean that?"),
    );
    let mut diagnostic = Diagnostic::new(Code::UnaskedMark, message).help(help);
    for origin in origins {
        diagnostic = diagnostic.label(*origin, "set here");
    }
    Diagnostic { severity, ..diagnostic }
}
