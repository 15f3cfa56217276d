//! Published files: how many are read without an error, and whether RouterOS agrees.

use std::fs;
use std::path::Path;

use rosc_grammar::ast::Statement;
use rosc_grammar::{SyntaxErrorKind, parse, parse_by_grammar};

use crate::published::{files, folder};
use crate::{il, spans};

/// The share of files without an error, in percent, by kind of file. What is left is text that no router
/// takes: prose between commands, output, lost backslashes and quotes, templates.
const FLOORS: [(&str, usize); 7] = [
    ("addrlist", 96),
    ("export", 92),
    ("firewall", 87),
    ("misc", 96),
    ("multiwan", 90),
    ("routing", 100),
    ("script", 90),
];

#[test]
fn published_files_are_read() {
    let Some(folder) = folder("dev") else { return };
    for (category, floor) in FLOORS {
        let files = files(&folder.join(category));
        let clean = files.iter().filter(|(_, text)| check(text).is_empty()).count();
        println!("{category}: {clean} of {} files without an error", files.len());
        assert!(
            clean * 100 >= floor * files.len(),
            "{category}: {clean} of {} is below {floor} %",
            files.len()
        );
    }
}

/// RouterOS refuses more than syntax tells: names of menus and parameters that its build does not have, and
/// variables that are not declared.
#[test]
fn routeros_takes_what_is_read_without_an_error() {
    let Some(folder) = folder("routeros-parse") else { return };
    let (mut taken, mut taken_clean, mut refused, mut refused_with_error) = (0, 0, 0, 0);
    for (path, text) in files(&folder) {
        if parse(&text).statements.iter().any(|statement| matches!(statement, Statement::Prompt(_))) {
            continue; // RouterOS does not read sessions.
        }
        let is_clean = check(&text).is_empty();
        if form(&path).is_some() {
            taken += 1;
            taken_clean += usize::from(is_clean);
        } else {
            refused += 1;
            refused_with_error += usize::from(!is_clean);
        }
    }
    println!("taken by RouterOS: {taken_clean} of {taken} without an error");
    println!("refused by RouterOS: {refused_with_error} of {refused} with an error");
    assert!(taken_clean * 100 >= 99 * taken);
    assert!(refused_with_error * 100 >= 70 * refused);
}

#[test]
fn operators_group_as_in_routeros() {
    let Some(folder) = folder("routeros-parse") else { return };
    let (mut same, mut other) = (0, Vec::new());
    for (path, text) in files(&folder) {
        let Some(form) = form(&path) else { continue };
        for expression in il::expressions_of(&text, &parse(&text)) {
            if form.contains(&expression) { same += 1 } else { other.push(expression) }
        }
    }
    println!("expressions that group as in RouterOS: {same} of {}", same + other.len());
    // It computes 1024 * 1024 while parsing; twice, one script has that in a list.
    assert!(other.len() <= 2, "{other:#?}");
    assert!(same >= 1000, "{same}");
}

/// Returns what the parser of RouterOS 7.22 made of a script, unless it refused it.
fn form(script: &Path) -> Option<String> {
    let form = fs::read(script.with_extension("rsc.il")).expect("each script has what RouterOS made of it");
    let form = String::from_utf8_lossy(&form).into_owned();
    let is_error =
        ["syntax error", "expected ", "missing "].iter().any(|error| form.trim_start().starts_with(error));
    (!is_error).then_some(form)
}

/// Reads a text by all ways and returns its errors.
fn check(text: &str) -> Vec<SyntaxErrorKind> {
    let parsed = parse(text);
    spans::check(text, &parsed);
    assert_eq!(parsed, parse_by_grammar(text));
    let kinds: Vec<_> = parsed.errors.iter().map(|error| error.kind).collect();
    assert!(!kinds.contains(&SyntaxErrorKind::NotUnderstood));
    kinds
}
