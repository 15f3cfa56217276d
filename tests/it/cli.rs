//! What a user meets: exit codes, the two streams, files that can't be used, help.

use crate::stages::root;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

/// A command that has ended.
pub(crate) struct Ended {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ended {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// The codes of the diagnostics in the JSON on standard output.
    pub(crate) fn codes(&self) -> Vec<String> {
        let document = self.json();
        let diagnostics = document["diagnostics"].as_array().expect("diagnostics");
        diagnostics.iter().map(|d| d["code"].as_str().expect("a code").to_owned()).collect()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The command `rosc` with the environment of a user who has set nothing.
pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rosc"));
    for variable in ["NO_COLOR", "COLUMNS", "ROSC_STATE_DIR"] {
        command.env_remove(variable);
    }
    command.args(args).stdin(Stdio::null()).current_dir(root());
    command
}

/// Runs `rosc`.
pub(crate) fn rosc(args: &[&str]) -> Ended {
    command(args).output().expect("the command can be started").into()
}

/// Runs `rosc` with something to read.
pub(crate) fn rosc_reading(args: &[&str], input: &str) -> Ended {
    let mut command = command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command can be started");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends").into()
}

/// A directory with some files, gone with the value.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    /// Writes the files.
    pub(crate) fn new<T: AsRef<[u8]>>(files: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, content) in files {
            fs::write(directory.path().join(name), content).expect("a file");
        }
        Self(directory)
    }

    /// The command `rosc` as somebody starts it who is not root, in the directory of the files. It is a copy, for where
    /// the build lies others may not be let in.
    pub(crate) fn command_of_nobody(&self, args: &[&str]) -> Command {
        const NOBODY: u32 = 65534;
        let binary = self.path("rosc");
        // Another process writes it: one that a test starts meanwhile would inherit a descriptor from this one, and a
        // program that is open for writing can't be started.
        let copied = Command::new("cp").args([env!("CARGO_BIN_EXE_rosc"), &binary]).status();
        assert!(copied.expect("cp can be started").success());
        fs::set_permissions(self.0.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
        let mut command = Command::new(binary);
        command.args(args).stdin(Stdio::null()).current_dir(self.0.path());
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// The path of a file.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("a plain path").to_owned()
    }
}

const EXAMPLE: &str = "examples/three-wan-ecmp.rsc";
const ADDRESS: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n";
const WRONG: &str = "/ip address add address=192.0.2.2/24 interfce=ether1\n";

#[test]
fn check_exits_with_1_only_for_errors() {
    let files =
        Files::new([("right.rsc", ADDRESS), ("wrong.rsc", WRONG), ("other.rsc", "/snmp set enabled=yes\n")]);
    let right = rosc(&["check", &files.path("right.rsc")]);
    assert_eq!((right.code, right.out.as_str(), right.err.as_str()), (Some(0), "", "no problems found\n"));
    let wrong = rosc(&["check", &files.path("wrong.rsc")]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.err.contains("R0202") && wrong.err.contains("did you mean `interface`?"), "{}", wrong.err);
    let warned = rosc(&["check", &files.path("other.rsc")]);
    assert!(warned.code == Some(0) && warned.err.contains("R0212"), "{}", warned.err);
    assert_eq!(rosc(&["check", "--strict", &files.path("other.rsc")]).code, Some(1));
}

#[test]
fn check_as_json_is_one_document_with_every_place() {
    let files = Files::new([("wrong.rsc", WRONG)]);
    let ended = rosc(&["check", "--format", "json", &files.path("wrong.rsc")]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""));
    let document = ended.json();
    let diagnostic = &document["diagnostics"][0];
    assert_eq!(diagnostic["code"], "R0202");
    assert_eq!(diagnostic["severity"], "error");
    assert_eq!(diagnostic["file"], files.path("wrong.rsc").as_str());
    let place = ["line", "column", "end_line", "end_column"].map(|key| diagnostic[key].as_u64());
    assert_eq!(place, [Some(1), Some(38), Some(1), Some(46)]);
    assert!(diagnostic["message"].as_str().is_some_and(|text| text.contains("interfce")));
    assert!(diagnostic["help"].as_str().is_some_and(|text| text.contains("interface")));
}

#[test]
fn a_file_that_is_not_there_is_reported_and_the_others_are_read() {
    let files = Files::new([("wrong.rsc", WRONG)]);
    let ended = rosc(&["check", "--format", "json", "/nonexistent.rsc", &files.path("wrong.rsc")]);
    assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0001".to_owned(), "R0202".to_owned()]));
    let directory = rosc(&["check", "/"]);
    assert!(
        directory.code == Some(1) && directory.err.contains("/ can't be read: Is a directory"),
        "{}",
        directory.err
    );
}

#[test]
fn standard_input_is_a_file_called_minus() {
    let files = Files::new([("wrong.rsc", WRONG)]);
    let input = fs::File::open(files.path("wrong.rsc")).expect("the file");
    let ended: Ended = command(["check", "-"]).stdin(input).output().expect("a run").into();
    assert!(ended.code == Some(1) && ended.err.contains("interfce"), "{}", ended.err);
}

#[test]
fn two_files_are_compared_without_a_machine() {
    let edited = fs::read_to_string(root().join(EXAMPLE))
        .expect("the example")
        .replace("172.16.6.254", "172.16.6.253");
    let files = Files::new([("edited.rsc", edited)]);
    let same = rosc(&["diff", EXAMPLE, "--against", EXAMPLE]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""), "{}", same.err);
    let other = rosc(&["diff", &files.path("edited.rsc"), "--against", EXAMPLE]);
    assert_eq!(other.code, Some(2), "{}", other.err);
    assert!(other.out.contains("172.16.6.253"), "{}", other.out);
    let json = rosc(&["diff", "--format", "json", &files.path("edited.rsc"), "--against", EXAMPLE]);
    assert_eq!((json.code, json.err.as_str()), (Some(2), ""));
    assert_eq!(json.json()["plan"]["changes"].as_u64().map(|n| n > 0), Some(true), "{}", json.out);
    let wrong = Files::new([("wrong.rsc", WRONG)]);
    assert_eq!(rosc(&["diff", &wrong.path("wrong.rsc"), "--against", EXAMPLE]).code, Some(1));
    assert_eq!(rosc(&["diff", EXAMPLE, "--against", &wrong.path("wrong.rsc")]).code, Some(1));
}

#[test]
fn what_goes_is_asked_for_by_no_line() {
    // Offsets of places in the second file lie behind the end of the first.
    let ended = rosc(&["diff", "examples/hairpin.rsc", "--against", EXAMPLE]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    let gone: Vec<&str> = ended.out.lines().filter(|line| line.starts_with('-')).collect();
    assert!(!gone.is_empty() && gone.iter().all(|line| !line.contains(".rsc:")), "{}", ended.out);
}

#[test]
fn a_saved_state_is_what_show_prints_of_it() {
    let state = rosc(&["show", "linux", "--format", "json", EXAMPLE]);
    let files = Files::new([("state.json", state.out)]);
    let same = rosc(&["diff", EXAMPLE, "--against", &files.path("state.json")]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""), "{}", same.err);
    assert_eq!(rosc(&["diff", "examples/hairpin.rsc", "--against", &files.path("state.json")]).code, Some(2));
}

#[test]
fn a_saved_state_that_is_none_is_reported() {
    let files = Files::new([("state.json", "{\"route\": 3}")]);
    for name in [files.path("state.json"), files.path("missing.json")] {
        let ended = rosc(&["diff", "--format", "json", EXAMPLE, "--against", &name]);
        assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0707".to_owned()]), "{name}");
    }
}

#[test]
fn a_state_directory_that_can_not_be_used_is_reported() {
    let Some(namespace) = rosc_target::netns::for_test() else { return };
    let files = Files::new([("file", ""), ("empty.rsc", "/ip address\n")]);
    let state_dir = format!("{}/below", files.path("file"));
    let mut apply =
        command(["apply", "--format", "json", &files.path("empty.rsc"), "--state-dir", &state_dir]);
    let ended: Ended = namespace.run(|| apply.output()).expect("a run").into();
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.codes(), ["R0706"]);
}

#[test]
fn every_stage_is_shown_as_text_and_as_json() {
    for stage in ["script", "database", "ir", "linux", "nft", "routes", "sysctl"] {
        let text = rosc(&["show", stage, EXAMPLE]);
        assert!(text.code == Some(0) && text.out.lines().count() > 3, "{stage}: {}", text.err);
        let json = rosc(&["show", stage, "--format", "json", EXAMPLE]);
        assert_eq!(json.code, Some(0), "{stage}");
        json.json();
    }
    let nothing = rosc(&["show", "ir"]);
    assert!(nothing.code == Some(1) && nothing.err.contains("no file to show"), "{}", nothing.err);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::io::Read;
    let long: String = (0..20_000)
        .map(|n| format!("/ip address add address=10.{}.{}.1/24 interface=e\n", n / 256, n % 256))
        .collect();
    let files = Files::new([("long.rsc", long)]);
    let mut child = command(["show", "script", &files.path("long.rsc")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let mut first = [0; 100];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("a beginning");
    let ended: Ended = child.wait_with_output().expect("an end").into();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let files = Files::new([("wrong.rsc", WRONG)]);
    let path = files.path("wrong.rsc");
    let colored = |args: &[&str]| rosc(args).err.contains('\x1b');
    assert!(!colored(&["check", &path]));
    assert!(colored(&["check", "--color", "always", &path]));
    assert!(!colored(&["check", "--color", "never", &path]));
    let plan = rosc(&["diff", "--color", "always", EXAMPLE, "--against", "examples/hairpin.rsc"]);
    assert!(plan.out.contains("\x1b[32m+"), "{}", plan.out);
}

#[test]
fn lines_fit_the_width_of_the_terminal() {
    let files = Files::new([(
        "wrong.rsc",
        format!(
            "/ip address add address=192.0.2.2/24 interface=ether1 comment=\"{}\" foo=1\n",
            "long ".repeat(60)
        ),
    )]);
    let path = files.path("wrong.rsc");
    let width = |columns: &str| {
        let ended: Ended = command(["check", &path]).env("COLUMNS", columns).output().expect("a run").into();
        let prose = ended.err.lines().filter(|line| line.contains("help:") || line.contains("rosc"));
        prose.map(|line| line.chars().count()).max()
    };
    assert!(width("60") <= width("200"));
}

#[test]
fn what_is_typed_comes_back_as_text() {
    const TYPED: &str = "a\x1b[2J\u{9b}2J\u{202e}\n+ forged\r.rsc";
    let files = Files::new([(TYPED, WRONG), ("right.rsc", ADDRESS), ("unformatted.rsc", "/ip   address\n")]);
    let (typed, right, below) =
        (files.path(TYPED), files.path("right.rsc"), files.path("right.rsc/") + TYPED);
    fs::copy(files.path("unformatted.rsc"), files.path("b\x1b.rsc")).expect("a copy");
    for args in [
        ["check", &typed].as_slice(),
        &["check", TYPED],
        &["check", "--routeros", TYPED, &right],
        &[TYPED],
        &["check", &format!("--{TYPED}")],
        &["check", "--color", TYPED, &right],
        &["apply", "--confirm", TYPED, &right],
        &["lab", "--fail", TYPED, &right],
        &["trace", &right, TYPED],
        &["trace", &right, &format!("in={TYPED}"), "src=192.0.2.9", "dst=192.0.2.2"],
        &["trace", &right, "in=ether1", "src=192.0.2.9", "dst=192.0.2.2", "--interface-down", TYPED],
        &["diff", &right, "--against", &typed],
        &["diff", &right, "--against", &format!("{typed}.json")],
        &["history", "--state-dir", &below],
        &["fmt", "--check", &files.path("b\x1b.rsc")],
        &["fmt", &typed, &files.path("b\x1b.rsc")],
        &["export", &typed],
    ] {
        let ended = rosc(args);
        assert!(!matches!(ended.code, None | Some(101)), "{args:?}: {}", ended.err);
        for shown in [ended.out, ended.err] {
            assert!(!shown.contains(|c| c != '\n' && rosc_target::steers_terminal(c)), "{args:?}: {shown:?}");
            assert!(!shown.lines().any(|line| line.starts_with("+ forged")), "{args:?}: {shown}");
        }
    }
}

#[test]
fn help_is_as_reviewed() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/help");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for command in [
        "", "check", "show", "diff", "apply", "confirm", "history", "rollback", "restore", "watch", "lab",
        "fmt", "export",
    ] {
        let args: Vec<&str> = [command, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect();
        let help = rosc(&args);
        assert_eq!(help.code, Some(0));
        let name = if command.is_empty() { "rosc" } else { command };
        settings.bind(|| insta::assert_snapshot!(name, help.out));
    }
    let wrong = rosc(&["chekc", EXAMPLE]);
    assert!(wrong.code == Some(1) && wrong.err.contains("check"), "{:?} {}", wrong.code, wrong.err);
}
