//! Published scripts, each with what RouterOS 7.22.1's `:parse` printed for it: `show il` has to say the same.

use crate::published::{folder, scripts};
use crate::stages::check_as_router;
use rosc::diagnostic::{Code, Severity};
use rosc::ir::Dialect;
use rosc::render::{Refusal, intermediate};
use rosc::source::Sources;
use rosc_grammar::windows_1252;
use std::fs;
use std::path::Path;

/// What has to agree, in thousandths of the scripts.
///
/// The names that a condition may use stand before it in the order of the router's own tables; the last floor is that
/// of forms which are the same with them. That order is known for the menus whose conditions these dumps hold. In other
/// scripts an unknown order is the one difference to be expected, see `rosc::catalog::readable`.
///
/// Of these scripts none is left that differs. What does from now on is a mistake.
/// Eight refused scripts are refused in other words or at another column, each on the right line:
/// - three hold commands of a shell, one the log of a kernel, and one a pasted intermediate form: text in which a router
///   takes a word for a command that it does not have, and goes on to some bracket, `/` or `:`;
/// - one has an accent in the name of a variable, where the command ends for a router;
/// - one has a variable that nothing declares in a string behind a command of a package, and one a string that is not
///   closed with brackets in it: a router stops inside of these strings, rosc before them or behind.
const FLOORS: [(&str, usize); 6] = [
    ("taken or refused alike", 1000),
    ("and where, to the line", 1000),
    ("and in the same words", 968),
    ("and at the same column", 950),
    ("same form", 1000),
    ("and the same names in conditions", 1000),
];

/// A script, what the router made of it and what rosc makes of it.
struct Pair {
    name: String,
    router: Result<String, (String, usize)>,
    rosc: Result<String, Refusal>,
}

#[test]
fn scripts_are_read_as_a_router_reads_them() {
    let Some(folder) = folder("routeros-parse") else { return };
    let pairs: Vec<Pair> = scripts(&folder).iter().map(|path| pair(path)).collect();
    let (refusals, lines): (Vec<bool>, Vec<bool>) =
        pairs.iter().map(|pair| (pair.agrees_on_refusal(), pair.agrees_on_line())).unzip();
    let refused = || pairs.iter().filter(|pair| pair.router.is_err());
    let words: Vec<bool> = refused().map(|pair| pair.agrees_on(words_of)).collect();
    let columns: Vec<bool> = refused().map(|pair| pair.agrees_on(str::to_owned)).collect();
    let taken: Vec<&Pair> = pairs.iter().filter(|pair| pair.router.is_ok()).collect();
    let forms: Vec<bool> = taken.iter().map(|pair| pair.has_same_form(without_names)).collect();
    let exact: Vec<bool> = taken.iter().map(|pair| pair.has_same_form(str::to_owned)).collect();
    pairs.iter().for_each(show_difference);
    let mut fallen = Vec::new();
    for ((what, floor), agreed) in FLOORS.into_iter().zip([refusals, lines, words, columns, forms, exact]) {
        let (count, all) = (agreed.iter().filter(|&&agrees| agrees).count(), agreed.len());
        let share = count * 1000 / all;
        let report = format!("{what}: {count} of {all}, {share} thousandths, floor {floor}");
        let hint = if share > floor + 10 { ": the floor should be raised" } else { "" };
        say(&format!("{report}{hint}"));
        if share < floor {
            fallen.push(report);
        }
    }
    assert_eq!(fallen, Vec::<String>::new(), "less agrees with the router than before");
}

/// `check --routeros` has to fail for the syntax of just those scripts that the router refuses.
#[test]
fn a_check_as_a_router_refuses_what_a_router_refuses() {
    let Some(folder) = folder("routeros-parse") else { return };
    let mut differing = Vec::new();
    for script in scripts(&folder) {
        let mut sources = Sources::default();
        sources.read(&script).expect("the file can be read");
        let found = check_as_router(&sources, Dialect::V7);
        let mut errors = found.iter().filter(|found| found.severity == Severity::Error);
        let fails = errors.any(|error| matches!(error.code, Code::RouterRefuses | Code::Syntax));
        let pair = pair(&script);
        if fails != pair.router.is_err() {
            differing.push(pair.name);
        }
    }
    assert_eq!(differing, Vec::<String>::new());
}

impl Pair {
    fn agrees_on_refusal(&self) -> bool {
        self.router.is_ok() == self.rosc.is_ok()
    }

    fn agrees_on_line(&self) -> bool {
        match (&self.router, &self.rosc) {
            (Ok(_), Ok(_)) => true,
            (Err((_, line)), Err(refusal)) => *line == refusal.line,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        }
    }

    /// Whether both refuse the script and say the same of it.
    fn agrees_on(&self, seen: fn(&str) -> String) -> bool {
        match (&self.router, &self.rosc) {
            (Err((error, _)), Err(refusal)) => seen(error) == seen(&refusal.to_string()),
            _ => false,
        }
    }

    fn has_same_form(&self, seen: fn(&str) -> String) -> bool {
        match (&self.router, &self.rosc) {
            (Ok(router), Ok(rosc)) => {
                is_same(&seen(&with_single_blanks(router)), &seen(&with_single_blanks(rosc)))
            }
            _ => false,
        }
    }
}

/// Says what kind of difference there is, by names and lines alone: the scripts are other people's.
fn show_difference(pair: &Pair) {
    let name = &pair.name;
    match (&pair.router, &pair.rosc) {
        (Ok(_), Err(refusal)) => say(&format!("{name}: only rosc refuses: {refusal}")),
        (Err((error, _)), Ok(_)) => say(&format!("{name}: only the router refuses: {error}")),
        (Err((error, _)), Err(refusal)) if !pair.agrees_on_line() => {
            say(&format!("{name}: another place: {error}, not {refusal}"));
        }
        (Err((error, _)), Err(refusal)) if *error != refusal.to_string() => {
            say(&format!("{name}: other words: {error}, not {refusal}"));
        }
        (Ok(_), Ok(_)) if !pair.has_same_form(without_names) => say(&format!("{name}: another form")),
        (Ok(_), Ok(_)) | (Err(_), Err(_)) => {}
    }
}

#[expect(clippy::print_stdout, reason = "whoever asks for the output wants to know what to mend next")]
fn say(line: &str) {
    println!("{line}");
}

/// An error without its place.
fn words_of(error: &str) -> String {
    error.split(" (").next().unwrap_or(error).to_owned()
}

/// The form without the names before conditions: `where=$a;$b;(= $a 1);5` is `where=(= $a 1);5`.
fn without_names(form: &str) -> String {
    let mut rest = form;
    let mut kept = String::with_capacity(form.len());
    while let Some((before, behind)) = rest.split_once("where=$") {
        kept.push_str(before);
        kept.push_str("where=");
        let end = behind.find(['(', ')']).unwrap_or(behind.len());
        // A condition that is a name alone stands between the last name and the mark.
        let names = behind[..end].rfind(".about;").map_or(0, |last| last + ".about;".len());
        rest = &behind[names..];
    }
    kept + rest
}

fn with_single_blanks(form: &str) -> String {
    form.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Says whether two forms are the same. Bytes that are no text were lost when the router's were published.
fn is_same(router: &str, rosc: &str) -> bool {
    let mut rosc = rosc.chars();
    router.chars().all(|router| rosc.next().is_some_and(|rosc| is_like(router, rosc)))
        && rosc.next().is_none()
}

fn is_like(router: char, rosc: char) -> bool {
    router == rosc || (router == char::REPLACEMENT_CHARACTER && !rosc.is_ascii())
}

fn pair(script: &Path) -> Pair {
    let mut sources = Sources::default();
    let file = sources.read(script).expect("the file can be read");
    let printed = fs::read(script.with_extension("rsc.il")).expect("each script has what the router printed");
    let name = script.file_stem().expect("a file").to_string_lossy().into_owned();
    Pair { name, router: outcome(text_of(&printed)), rosc: intermediate(sources.file(file).text()) }
}

/// What the router printed: a form, or an error with its line.
fn outcome(printed: String) -> Result<String, (String, usize)> {
    let error = printed.trim();
    let is_error =
        ["syntax error (line ", "expected ", "missing "].iter().any(|start| error.starts_with(start));
    let line = error.split_once("(line ").and_then(|(_, rest)| rest.split_once(' ')?.0.parse().ok());
    match line {
        Some(line) if is_error && error.ends_with(')') => Err((error.to_owned(), line)),
        _ => Ok(printed),
    }
}

/// Bytes as text: what is no UTF-8 is of the router's own code page.
fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|&byte| windows_1252(byte)));
    }
    text
}
