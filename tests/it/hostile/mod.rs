//! A configuration may come from anybody. Whatever its strings are, each is refused with its line or stays a string: in
//! what Linux's tools read, on a terminal and in JSON. `kernel::hostile` goes on with this on the real kernel.

mod shape;
mod template;
mod values;

pub(crate) use shape::{batch_shape, shape};
pub(crate) use template::{APART, BEGINNING, filled, lines, places};
pub(crate) use values::{escaped, values};

use proptest::prelude::*;
use rosc::compile::{Options, compile};
use rosc::diagnostic::{Diagnostic, Severity, json, render, tidy};
use rosc::host::Host;
use rosc::lint::lint;
use rosc::lower::{Desired, lower};
use rosc::plan::{Extent, Observed, View, plan};
use rosc::render::{linux, outline, routes, script, sysctl};
use rosc::source::Sources;
use rosc_route::Family;
use rosc_target::steers_terminal;
use std::collections::BTreeMap;

/// What becomes of a text: the state if nothing is wrong with it, and what is said of it.
pub(crate) fn made_of(sources: &Sources) -> (Option<Desired>, Vec<Diagnostic>) {
    let compiled = compile(sources, Options::default());
    let lowered = lower(&compiled.router, &Host::unknown());
    let diagnostics = [compiled.diagnostics, lowered.diagnostics].concat();
    let diagnostics = tidy(diagnostics);
    let is_wrong = rosc::diagnostic::has_errors(&diagnostics);
    ((!is_wrong).then_some(lowered.desired), diagnostics)
}

/// Nothing but lines of text.
#[track_caller]
pub(crate) fn assert_is_text(shown: &str) {
    let steering = shown.char_indices().find(|(_, c)| !matches!(c, '\n' | '\t') && steers_terminal(*c));
    if let Some((at, c)) = steering {
        let around =
            &shown[shown.floor_char_boundary(at.saturating_sub(80))..shown.ceil_char_boundary(at + 80)];
        panic!("{c:?} in {around:?}");
    }
}

/// Says what is on one side only.
#[track_caller]
pub(crate) fn assert_same(hostile: &[String], plain: &[String], what: &str) {
    let only = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|part| !b.contains(part)).cloned().collect()
    };
    let (here, there) = (only(hostile, plain), only(plain, hostile));
    assert!(hostile == plain, "{what}: {here:#?}, and not {there:#?}");
}

/// The plan that makes a state of nothing, for people.
fn plan_of(desired: &Desired, sources: &Sources) -> String {
    let plan = plan(desired, &Observed::assumed(&Desired::default(), desired));
    View::new(&plan, Extent::Beginnings, sources).text()
}

/// Holds one value in some places against harmless ones there. Where several are refused, each is looked at alone.
fn compare(places: &[&str], value: &str, plain: &Twin) {
    let filled_in = places.iter().map(|place| (*place, value)).collect();
    let text = BEGINNING.to_owned() + &filled(&plain.lines, 7, &filled_in);
    let mut sources = Sources::default();
    sources.add("a\n\x1b[2J+ b.rsc", text);
    let (desired, diagnostics) = made_of(&sources);
    assert_is_text(&render::render(&diagnostics, &sources, render::Style::PLAIN));
    let document = serde_json::to_string(&json::document(&diagnostics, &sources)).expect("a document");
    assert_is_text(&rosc::source::printable_json(document));
    let Some(desired) = desired else {
        let [place] = places else {
            return places.iter().for_each(|place| compare(&[place], value, plain));
        };
        let is_its = |line: u32| plain.uses[*place].contains(&line);
        let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
        let mut lines = errors.flat_map(|d| &d.labels).filter_map(|label| sources.locate(label.origin));
        assert!(lines.any(|at| is_its(at.line)), "{place}: {value:?}: {diagnostics:#?}");
        return;
    };
    let lines = plan_of(&desired, &sources);
    assert_is_text(&lines);
    if value.is_empty() || places.iter().any(|place| plain.has_other_meaning(place, value)) {
        return;
    }
    let place = places.join(", ");
    assert_eq!(lines.lines().count(), plain.plan.lines().count(), "{place}: {value:?}:\n{lines}");
    let nft = serde_json::to_value(&desired.nftables).expect("JSON");
    assert_same(&shape(&nft), &plain.nft, &format!("{place}: {value:?}"));
    assert_eq!(batch_shape(&routes(&desired, &Family::ALL)), plain.routes, "{place}: {value:?}");
    assert_eq!(batch_shape(&sysctl(&desired)), plain.settings, "{place}: {value:?}");
    assert_eq!(linux(&desired, &sources).lines().count(), plain.linux, "{place}: {value:?}");
}

/// The errors with their lines.
pub(crate) fn told(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let place =
        |d: &Diagnostic| d.origin().map(|origin| sources.slice(origin).to_owned()).unwrap_or_default();
    errors.map(|d| format!("{} {} {:?}: {}\n", d.code, d.message, d.help, place(d))).collect()
}

/// The harmless configuration, and what becomes of it.
struct Twin {
    lines: String,
    uses: BTreeMap<String, Vec<u32>>,
    plan: String,
    nft: Vec<String>,
    routes: Vec<usize>,
    settings: Vec<usize>,
    linux: usize,
}

impl Twin {
    fn new() -> Self {
        let lines = lines(true);
        let sources = crate::stages::text(&(BEGINNING.to_owned() + &filled(&lines, 7, &BTreeMap::new())));
        let (desired, diagnostics) = made_of(&sources);
        let desired = desired.unwrap_or_else(|| panic!("{}", told(&diagnostics, &sources)));
        let above = BEGINNING.lines().count();
        let uses = places().into_iter().map(|place| {
            let numbered =
                lines.lines().enumerate().filter(|(_, line)| line.contains(&format!("{{{place}}}")));
            let numbers = numbered.map(|(index, _)| u32::try_from(above + index + 1).expect("few lines"));
            (place.clone(), numbers.collect())
        });
        Self {
            uses: uses.collect(),
            plan: plan_of(&desired, &sources),
            nft: shape(&serde_json::to_value(&desired.nftables).expect("JSON")),
            routes: batch_shape(&routes(&desired, &Family::ALL)),
            settings: batch_shape(&sysctl(&desired)),
            linux: linux(&desired, &sources).lines().count(),
            lines,
        }
    }

    /// Whether a value is no name there but a word of RouterOS's own, or a form with parts.
    fn has_other_meaning(&self, place: &str, value: &str) -> bool {
        match place {
            "host" => true,
            "packetmark" | "connectionmark" => value == "no-mark" || value.starts_with('!'),
            "table" => matches!(value, "main" | "no-mark") || value.starts_with('!'),
            "interface" | "list" | "outer" | "addresses" | "remembered" => {
                value.starts_with('!') || matches!(value, "all" | "none" | "dynamic" | "static" | "lo")
            }
            "included" | "excluded" => {
                matches!(value, "all" | "none" | "dynamic" | "static") || value.contains(',')
            }
            _ => false,
        }
    }
}

#[test]
fn every_string_is_refused_with_its_line_or_stays_a_string() {
    let plain = Twin::new();
    let places = places();
    let (apart, together): (Vec<&str>, Vec<&str>) =
        places.iter().map(String::as_str).partition(|place| APART.contains(place));
    for value in values() {
        compare(&together, &value, &plain);
        if value.len() < 1000 {
            apart.iter().for_each(|place| compare(&[place], &value, &plain));
        }
    }
}

/// Of every stage, with all places filled at once.
#[test]
fn what_is_shown_of_a_stage_is_text() {
    let lines = lines(true);
    for value in values() {
        let everywhere: BTreeMap<&str, &str> = BTreeMap::new();
        let places = places();
        let everywhere =
            places.iter().map(|place| (place.as_str(), value.as_str())).chain(everywhere).collect();
        let sources = crate::stages::text(&(BEGINNING.to_owned() + &filled(&lines, 7, &everywhere)));
        let compiled = compile(&sources, Options::default());
        for shown in [outline(&compiled.router), compiled.database.to_string(), script(&sources)] {
            assert_is_text(&rosc::source::printable(&shown));
        }
        let found = tidy(lint(&compiled.router));
        assert_is_text(&render::render(&found, &sources, render::Style::PLAIN));
        let lines = outline(&compiled.router);
        assert!(!lines.lines().any(|line| line.starts_with("table ip broken")), "{lines}");
    }
}

#[test]
fn a_megabyte_is_a_string_too() {
    let value = escaped(&"a\"\n}".repeat(1 << 18));
    let text = format!(
        "/ip firewall filter\nadd chain=forward action=accept comment=\"{value}\" log=yes log-prefix=\"{value}\"\n\
         add chain=forward action=jump jump-target=\"{value}\"\nadd chain=\"{value}\" action=accept\n"
    );
    let sources = crate::stages::text(&text);
    let (desired, diagnostics) = made_of(&sources);
    assert!(render::render(&diagnostics, &sources, render::Style::PLAIN).len() < 10_000);
    let shown = linux(&desired.expect("nothing is wrong with it"), &sources);
    assert!(shown.len() < 20_000, "{} bytes", shown.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_string_is_refused_with_its_line_or_stays_a_string(
        place in proptest::sample::select(places().into_iter().collect::<Vec<_>>()),
        bytes in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        thread_local! {
            static PLAIN: Twin = Twin::new();
        }
        PLAIN.with(|plain| compare(&[&place], &String::from_utf8_lossy(&bytes), plain));
    }
}
