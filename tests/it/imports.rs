//! Scripts that import others: which files they get, and what is said of those.

use crate::cli::{Files, rosc};
use crate::stages::check;
use rosc::diagnostic::{Code, Diagnostic};
use rosc::script::evaluate;
use rosc::source::{ImportError, Imports, Sources};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Files in memory, by their paths.
#[derive(Debug)]
struct Memory(HashMap<PathBuf, String>);

impl Imports for Memory {
    fn read(&self, folder: &Path, name: &Path) -> Result<Vec<u8>, ImportError> {
        let text = self.0.get(&folder.join(name)).ok_or(ImportError::Missing)?;
        Ok(text.clone().into_bytes())
    }
}

/// `edge.rsc`, beside which these files lie.
fn beside(edge: &str, files: &[(&str, &str)]) -> Sources {
    let files = files.iter().map(|(name, text)| (PathBuf::from(name), (*text).to_owned()));
    let mut sources = Sources::default().importing(Memory(files.collect()));
    sources.add("edge.rsc", edge);
    sources
}

fn left(sources: &Sources) -> String {
    evaluate(sources, None).database.to_string()
}

/// Codes with their places, `file:line:column`.
fn found(sources: &Sources) -> Vec<(Code, Vec<String>)> {
    let place = |d: &Diagnostic| {
        let at = d.labels.iter().filter_map(|label| sources.locate(label.origin));
        at.map(|at| format!("{}:{}:{}", at.file, at.line, at.column)).collect()
    };
    check(sources).iter().map(|d| (d.code, place(d))).collect()
}

#[test]
fn an_imported_file_adds_to_the_same_configuration() {
    let sources = beside(
        "/interface list\n:local here x\n:global uplinks {1;2}\n/import lists.rsc\nadd name=after",
        &[(
            "lists.rsc",
            ":global uplinks\n/interface list\n:foreach u in=$uplinks do={ add name=\"wan$u\" }\n\
             add name=[:typeof $here]",
        )],
    );
    assert_eq!(
        left(&sources),
        "/interface/list\nadd name=wan1\nadd name=wan2\nadd name=nothing\nadd name=after\n"
    );
}

#[test]
fn names_are_computed_and_lead_downwards() {
    let sources = beside(
        ":foreach n in={a;b} do={ /import file-name=(\"flash/\" . $n . \".rsc\") verbose=yes }",
        &[
            ("flash/a.rsc", "/interface list add name=a\n/import deep/c.rsc"),
            ("flash/b.rsc", "/interface list add name=b"),
            ("flash/deep/c.rsc", "/interface list add name=c"),
        ],
    );
    assert_eq!(left(&sources), "/interface/list\nadd name=a\nadd name=c\nadd name=b\n");
}

#[test]
fn a_mistake_is_shown_in_the_file_that_it_is_in_and_ends_the_import() {
    let sources = beside(
        "/import lists.rsc\n/interface list add name=after",
        &[("lists.rsc", "/interface list\nadd name=a\nadd nme=b\nadd name=c")],
    );
    let at = ["lists.rsc:3:5".to_owned(), "edge.rsc:1:1".to_owned()].to_vec();
    assert_eq!(found(&sources), [(Code::UnknownProperty, at)]);
    assert!(!left(&sources).contains("name=c"));
    assert!(left(&sources).contains("name=after"));
}

#[test]
fn an_import_that_fails_is_handled() {
    let sources = beside(
        ":do { /import lists.rsc } on-error={ /interface list add name=handled }",
        &[("lists.rsc", "/interface list\nadd name=a\n:error \"enough\"\nadd name=b")],
    );
    assert_eq!(left(&sources), "/interface/list\nadd name=a\nadd name=handled\n");
    assert_eq!(found(&sources), []);
}

#[test]
fn a_part_of_a_file_is_run_or_none_of_it() {
    let lists = [("lists.rsc", "/interface list add name=a\n/interface list add name=b\n")];
    assert_eq!(left(&beside("/import lists.rsc from-line=2", &lists)), "/interface/list\nadd name=b\n");
    assert_eq!(left(&beside("/import lists.rsc dry-run", &lists)), "");
    let broken = beside("/import lists.rsc dry-run", &[("lists.rsc", ":put (1 +\n:put \"")]);
    assert!(found(&broken).iter().all(|(code, _)| *code == Code::Syntax));
    assert!(!found(&broken).is_empty());
}

#[test]
fn an_import_in_a_circle_is_refused_at_once() {
    let itself = beside("/interface list add name=a\n/import edge.rsc", &[]);
    assert_eq!(found(&itself), [(Code::LimitReached, vec!["edge.rsc:2:9".to_owned()])]);
    assert_eq!(left(&itself), "/interface/list\nadd name=a\n");
    let ring = beside("/import a.rsc", &[("a.rsc", "/import ./b.rsc"), ("b.rsc", "/import a.rsc")]);
    let at = ["b.rsc:1:9", "a.rsc:1:1", "edge.rsc:1:1"].map(str::to_owned).to_vec();
    assert_eq!(found(&ring), [(Code::LimitReached, at)]);
}

#[test]
fn imports_are_bounded() {
    let chain: Vec<(String, String)> =
        (0..40).map(|n| (format!("{n}.rsc"), format!("/import {}.rsc", n + 1))).collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let codes = |sources: &Sources| found(sources).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes(&beside("/import 0.rsc", &chain)), [Code::LimitReached]);
    let many: Vec<(String, String)> = (0..300).map(|n| (format!("{n}.rsc"), String::new())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let loop_over_all = ":for n from=0 to=299 do={ /import \"$n.rsc\" }";
    assert_eq!(codes(&beside(loop_over_all, &many)), [Code::LimitReached]);
    // Ten times ten times ten, and so on: each file is small, and no file imports itself.
    let next = |n: usize| format!("/import {}.rsc\n", n + 1).repeat(10);
    let tree: Vec<(String, String)> = (0..12).map(|n| (format!("{n}.rsc"), next(n))).collect();
    let mut tree: Vec<(&str, &str)> =
        tree.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    tree.push(("12.rsc", ""));
    assert_eq!(codes(&beside("/import 0.rsc", &tree)), [Code::LimitReached]);
}

#[test]
fn nothing_outside_the_folder_is_read() {
    let files = Files::new([("secret.rsc", "/interface list add name=secret")]);
    let inside = PathBuf::from(files.path("inside"));
    fs::create_dir_all(inside.join("flash")).expect("a folder");
    fs::write(inside.join("flash/good.rsc"), "/ip route add gateway=192.0.2.1 comment=good").expect("a file");
    symlink(files.path("secret.rsc"), inside.join("link.rsc")).expect("a link");
    symlink("flash/good.rsc", inside.join("good.rsc")).expect("a link");
    let edge = inside.join("edge.rsc");
    let run = |script: &str| {
        fs::write(&edge, script).expect("a file");
        rosc(&["show", "database", edge.to_str().expect("a plain path")])
    };
    for name in ["../secret.rsc", "link.rsc", "/etc/passwd", "flash/../../secret.rsc", "flash", "absent.rsc"]
    {
        let ended = run(&format!("/import \"{name}\"\n"));
        assert_eq!(ended.code, Some(1), "{name}");
        assert!(ended.err.contains("R0219") && ended.err.contains("edge.rsc:1:"), "{}", ended.err);
        assert!(!ended.out.contains("secret"), "{name}");
    }
    let ended = run("/import good.rsc\n/import flash/good.rsc\n");
    assert_eq!((ended.code, ended.out.matches("comment=good").count()), (Some(0), 2), "{}", ended.err);
}
