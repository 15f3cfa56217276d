//! Of published firewall rules, how many are carried over: as they are, nearly so, or not at all.

use crate::corpus::all_files;
use rosc::diagnostic::{Code, Diagnostic, Severity};
use rosc::host::Host;
use rosc::lower::lower;
use rosc::resolve::resolve;
use rosc::script::evaluate;
use rosc::source::Sources;
use std::collections::BTreeMap;

const MENUS: [&str; 8] = [
    "/ip/firewall/filter",
    "/ip/firewall/raw",
    "/ip/firewall/nat",
    "/ip/firewall/mangle",
    "/ipv6/firewall/filter",
    "/ipv6/firewall/raw",
    "/ipv6/firewall/nat",
    "/ipv6/firewall/mangle",
];

/// In thousandths of the rules that are no mistakes of their own: those that are carried over, exactly or nearly, and
/// those that are so exactly.
const CARRIED: usize = 987;
const EXACTLY: usize = 965;

#[derive(Debug, Default)]
struct Counts {
    same: usize,
    close: usize,
    refused: usize,
    /// Rules that something else is wrong with, most often a list or an interface that the file does not declare.
    wrong: usize,
}

#[test]
fn published_firewall_rules_are_carried_over() {
    let Some((_, paths)) = all_files() else { return };
    let mut counts = Counts::default();
    let mut causes: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths {
        let mut sources = Sources::default();
        sources.read(&path).expect("a readable file");
        let evaluated = evaluate(&sources, None);
        let resolved = resolve(&evaluated.database, evaluated.dialect);
        let lowered = lower(&resolved.router, &Host::unknown());
        let found: Vec<&Diagnostic> =
            evaluated.diagnostics.iter().chain(&resolved.diagnostics).chain(&lowered.diagnostics).collect();
        for item in MENUS.iter().flat_map(|menu| evaluated.database.items(menu)) {
            let is_inside = |found: &&&Diagnostic| {
                found.labels.iter().any(|label| {
                    let (of, at) = (item.origin, label.origin);
                    of.file == at.file && of.start <= at.start && at.end <= of.end
                })
            };
            let of_item: Vec<&&Diagnostic> = found.iter().filter(is_inside).collect();
            let refused = of_item.iter().find(|d| {
                matches!(d.code, Code::RefusedProperty | Code::NoLinuxForm) && d.severity == Severity::Error
            });
            if let Some(refused) = refused {
                counts.refused += 1;
                *causes.entry(format!("{} {}", refused.code, refused.message)).or_default() += 1;
            } else if item.is_broken || of_item.iter().any(|d| d.severity == Severity::Error) {
                counts.wrong += 1;
            } else if of_item.iter().any(|d| matches!(d.code, Code::CloseProperty | Code::LinuxDiffers)) {
                counts.close += 1;
            } else {
                counts.same += 1;
            }
        }
    }
    let mut causes: Vec<(String, usize)> = causes.into_iter().collect();
    causes.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    for (cause, times) in causes.iter().take(30) {
        println!("{times:>6} {cause}");
    }
    println!("{counts:?}");
    let Counts { same, close, refused, wrong: _ } = counts;
    let all = same + close + refused;
    assert!((same + close) * 1000 / all >= CARRIED, "{counts:?}");
    assert!(same * 1000 / all >= EXACTLY, "{counts:?}");
}
