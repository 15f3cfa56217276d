//! `rosc fmt` as a user meets it.

use crate::cli::{Ended, Files, rosc, rosc_reading};
use crate::stages::{files, root};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const UNTIDY: &str = "/ip  address\r\nadd   address=192.0.2.1/24   interface=ether1 ;\r\n";
const TIDY: &str = "/ip address\nadd address=192.0.2.1/24 interface=ether1\n";
const SESSION: &str = "[admin@edge] > /ip address print\n";
const WRONG: &str = "add a='x'\n";

#[test]
fn a_file_is_replaced_once_and_keeps_its_permissions() {
    let files = Files::new([("router.rsc", UNTIDY)]);
    let path = files.path("router.rsc");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
    let link = files.path("link.rsc");
    symlink(&path, &link).expect("a link");
    let first = rosc(&["fmt", &link]);
    assert_eq!((first.code, first.out.as_str()), (Some(0), ""), "{}", first.err);
    assert_eq!(first.err, format!("{link}: formatted\n"));
    assert_eq!(fs::read_to_string(&path).expect("a file"), TIDY);
    let is_link = fs::symlink_metadata(&link).expect("a link").file_type().is_symlink();
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert!(is_link && mode & 0o777 == 0o640, "{mode:o}");
    assert_eq!(rosc(&["fmt", &path]).err, "", "the second time there is nothing to do");
}

#[test]
fn check_tells_by_its_exit_code_and_changes_nothing() {
    let files = Files::new([("untidy.rsc", UNTIDY), ("tidy.rsc", TIDY)]);
    let (untidy, tidy) = (files.path("untidy.rsc"), files.path("tidy.rsc"));
    let ended = rosc(&["fmt", "--check", &untidy, &tidy]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.err, format!("{untidy}: would be formatted\n"));
    assert_eq!(fs::read_to_string(&untidy).expect("a file"), UNTIDY);
    assert_eq!(rosc(&["fmt", "--check", &tidy]).code, Some(0));
    let document = rosc(&["fmt", "--check", "--format", "json", &untidy, &tidy]).json();
    assert_eq!(document["files"][0]["changed"], true);
    assert_eq!(document["files"][1]["changed"], false);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let ended = rosc_reading(&["fmt", "-"], UNTIDY);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), TIDY, ""));
}

#[test]
fn bytes_of_the_routers_code_page_stay() {
    let files = Files::new([("router.rsc", b"# M\xfcnchen\nadd  comment=\"\x80\"\n")]);
    let path = files.path("router.rsc");
    assert_eq!(rosc(&["fmt", &path]).code, Some(0));
    assert_eq!(fs::read(&path).expect("a file"), b"# M\xfcnchen\nadd comment=\"\x80\"\n");
}

#[test]
fn what_can_not_be_formatted_stays_as_it_is() {
    let files = Files::new([("session.rsc", SESSION), ("wrong.rsc", WRONG), ("untidy.rsc", UNTIDY)]);
    let [session, wrong, untidy] = ["session.rsc", "wrong.rsc", "untidy.rsc"].map(|name| files.path(name));
    let ended = rosc(&["fmt", "--format", "json", &session, &wrong, &untidy]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.codes(), ["R0102", "R0101"]);
    assert_eq!(fs::read_to_string(&session).expect("a file"), SESSION);
    assert_eq!(fs::read_to_string(&wrong).expect("a file"), WRONG);
    assert_eq!(fs::read_to_string(&untidy).expect("a file"), TIDY, "the others are formatted");
}

#[test]
fn a_file_that_can_not_be_written_is_reported_and_stays_as_it_is() {
    let files = Files::new([("router.rsc", UNTIDY)]);
    let mut command = files.command_of_nobody(&["fmt", "--format", "json", "router.rsc"]);
    fs::set_permissions(files.path("."), fs::Permissions::from_mode(0o555)).expect("permissions");
    let ended: Ended = command.output().expect("the command can be started").into();
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.codes(), ["R0003"]);
    assert_eq!(fs::read_to_string(files.path("router.rsc")).expect("a file"), UNTIDY);
}

#[test]
fn the_examples_are_in_the_style() {
    let scripts =
        files("examples", "rsc").into_iter().filter(|path| !path.ends_with("three-wan-ecmp-transcript.rsc"));
    let paths: Vec<String> = scripts.map(|path| root().join(path).display().to_string()).collect();
    let mut args = vec!["fmt", "--check"];
    args.extend(paths.iter().map(String::as_str));
    let ended = rosc(&args);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}
