//! Manual pages and completions, as the tools read them that they are for.

use crate::cli::{command, rosc};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The pages, in a directory.
fn pages(directory: &Path) -> Vec<PathBuf> {
    let made = rosc(&["generate", "man", directory.to_str().expect("a plain path")]);
    assert_eq!((made.code, made.err.as_str()), (Some(0), ""));
    let mut pages: Vec<PathBuf> =
        fs::read_dir(directory).expect("pages").map(|entry| entry.expect("a page").path()).collect();
    pages.sort();
    pages
}

/// The commands that `rosc --help` lists.
fn commands() -> BTreeSet<String> {
    let help = rosc(&["--help"]).out;
    let (_, list) = help.split_once("Commands:\n").expect("a list");
    let lines = list.lines().take_while(|line| !line.is_empty());
    // Other lines go on with the one before.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

/// The words of a text that begin with two hyphens.
fn long_options(text: &str) -> BTreeSet<String> {
    let pattern = regex::Regex::new(r"(?m)^ +(?:-\w, )?(--[a-z-]+)").expect("a pattern");
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

fn ran(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{program}: {error}; scripts/test installs it"))
}

/// A page as a terminal shows it. Nothing may be wrong with it.
fn shown(page: &Path) -> String {
    let path = page.to_str().expect("a plain path");
    // Neither hyphens nor lines are made for the width of a terminal.
    let formatted = ran("groff", &["-b", "-ww", "-man", "-Tascii", "-P-c", "-rLL=500n", "-rHY=0", path]);
    assert_eq!(String::from_utf8_lossy(&formatted.stderr), "", "{path}");
    assert!(formatted.status.success(), "{path}");
    let text = String::from_utf8(formatted.stdout).expect("text");
    // A bold letter is written twice, one underlined over a line.
    regex::Regex::new(".\u{8}").expect("a pattern").replace_all(&text, "").into_owned()
}

#[test]
fn every_command_has_a_page_that_tells_of_all_its_options() {
    let directory = tempfile::tempdir().expect("a directory");
    let pages = pages(directory.path());
    let names: BTreeSet<String> =
        pages.iter().map(|page| page.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    let commands = commands();
    assert!(commands.len() > 10 && commands.contains("restore"), "{commands:?}");
    let mut wanted: BTreeSet<String> = commands.iter().map(|name| format!("rosc-{name}.1")).collect();
    wanted.insert("rosc.1".to_owned());
    assert_eq!(names, wanted);
    for page in &pages {
        let text = shown(page);
        let name = page.file_stem().expect("a name").to_string_lossy().into_owned();
        let help = match name.strip_prefix("rosc-") {
            Some(command) => rosc(&[command, "--help"]).out,
            None => rosc(&["--help"]).out,
        };
        let options = long_options(&help);
        assert!(options.contains("--color"), "{name}: {options:?}");
        let told = long_options(&text);
        assert!(options.is_subset(&told), "{name} leaves out {:?}", options.difference(&told));
        assert!(text.contains("SEE ALSO"), "{name}");
    }
}

#[test]
fn a_directory_that_can_not_be_written_to_is_reported() {
    let made = rosc(&["generate", "man", "/dev/null/below"]);
    assert!(made.code == Some(1) && made.err.starts_with("R0003"), "{}", made.err);
}

/// What bash offers at the end of a line.
fn offered(script: &Path, words: &[&str]) -> BTreeSet<String> {
    // `complete -p` says which function the script has registered; bash hands it command, word and the word before.
    let asked = r#"
        source "$1" || exit; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        registered=$(complete -p rosc) || exit
        function=${registered#*-F } function=${function%% *}
        "$function" rosc "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let path = script.to_str().expect("a plain path");
    let output = ran("bash", &[&["--norc", "-c", asked, "bash", path], words].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let directory = tempfile::tempdir().expect("a directory");
    let script = directory.path().join("rosc");
    fs::write(&script, rosc(&["generate", "completions", "bash"]).out).expect("a file");
    let offers = |words: &[&str]| offered(&script, words);
    assert_eq!(offers(&["rosc", "ap"]), BTreeSet::from(["apply".to_owned()]));
    assert_eq!(offers(&["rosc", "apply", "--conf"]), BTreeSet::from(["--confirm".to_owned()]));
    assert_eq!(offers(&["rosc", "apply", "--format", "j"]), BTreeSet::from(["json".to_owned()]));
    let all = offers(&["rosc", ""]);
    let missing: Vec<String> = commands().into_iter().filter(|command| !all.contains(command)).collect();
    assert_eq!(missing, Vec::<String>::new());
    assert!(!all.contains("guard") && !all.contains("generate"), "{all:?}");
}

#[test]
fn the_other_shells_know_the_same_commands() {
    for shell in ["zsh", "fish"] {
        let made = command(["generate", "completions", shell]).output().expect("a run");
        let script = String::from_utf8(made.stdout).expect("text");
        for name in commands() {
            assert!(script.contains(&name), "{shell} does not know {name}");
        }
        assert!(!script.contains("guard"), "{shell} offers what users do not call");
    }
}
