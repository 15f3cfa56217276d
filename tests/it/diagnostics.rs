//! Every diagnostic code has a case: a file with a mistake, and a snapshot with the file and what is said of it.

use crate::stages::{check, files, shown, sources_of, stem};
use rosc::diagnostic::Code;
use std::collections::BTreeSet;
use std::fs;

/// Codes that need a machine or an option, with the tests that provoke them.
const NEED_A_MACHINE: &[(Code, &str)] = &[
    (Code::ConnectionsByKernel, "short_cuts::what_the_fast_path_can_not_take_goes_as_without_it"),
    (Code::NoFastPath, "kernel::fastpath::an_example_is_applied_shown_and_taken_away"),
    (Code::UnreadableFile, "cli::a_file_that_is_not_there_is_reported_and_the_others_are_read"),
    (Code::UnwritableFile, "fmt::a_file_that_can_not_be_written_is_reported_and_stays_as_it_is"),
    (Code::RouterRefuses, "strict::a_place_is_told_of_once_under_the_words_of_the_router"),
    (Code::SessionNotFormatted, "fmt::what_can_not_be_formatted_stays_as_it_is"),
    (
        Code::NoSuchDevice,
        "kernel::apply::a_device_that_the_machine_lacks_is_named_before_anything_is_changed",
    ),
    (Code::ForeignObject, "kernel::apply::a_foreign_route_in_the_way_stops_the_plan"),
    (Code::AlreadyThere, "kernel::apply::what_others_have_made_already_is_left_alone"),
    (Code::Refused, "kernel::apply::a_refused_route_names_its_line_and_changes_nothing"),
    (Code::NotVerified, "kernel::apply::a_change_that_does_not_hold_is_taken_back"),
    (Code::Locked, "kernel::apply::two_runs_at_once_are_kept_apart"),
    (Code::NoSuchState, "kernel::history::a_state_that_is_not_kept_is_named"),
    (Code::UnreadableState, "kernel::restore::where_the_last_state_can_not_be_read_the_files_are_applied"),
    (Code::Unconfirmed, "kernel::confirm::while_a_change_waits_no_other_is_made"),
    (Code::WaitsForDevice, "kernel::missing::what_needs_a_device_that_is_not_there_waits_for_it"),
    (Code::CutsOff, "kernel::session::a_change_that_could_cut_it_off_has_to_be_confirmed"),
    (Code::Recovered, "kernel::apply::a_killed_run_is_taken_back_by_the_next"),
    (Code::UndoFailed, "kernel::apply::what_can_not_be_taken_back_is_said"),
    (
        Code::FirewallUnreadable,
        "kernel::privileges::what_a_user_may_not_see_is_named_and_the_rest_is_compared",
    ),
    (
        Code::RecordUnreadable,
        "kernel::privileges::where_the_record_of_settings_is_closed_the_rest_is_compared",
    ),
    (
        Code::LacksCapability,
        "kernel::privileges::a_user_without_the_right_is_told_so_before_anything_is_read",
    ),
    (Code::Journal, "cli::a_state_directory_that_can_not_be_used_is_reported"),
    (Code::BadState, "cli::a_saved_state_that_is_none_is_reported"),
    (Code::BadPacket, "trace::what_is_wrong_with_a_packet_is_said_at_once_and_where"),
    (Code::LabFailed, "kernel::lab::a_gateway_that_is_none_is_reported_with_those_that_are"),
    (Code::NothingToVerify, "kernel::verify::a_router_without_an_interface_is_told_so"),
];

#[test]
fn every_case_says_what_it_is_about() {
    for path in files("tests/diagnostics", "rsc") {
        let name = stem(&path);
        let (code, _) = name.split_once('-').expect("a case is named after its code");
        let sources = sources_of(std::slice::from_ref(&path));
        let found: BTreeSet<&str> = check(&sources).iter().map(|d| d.code.as_str()).collect();
        assert!(found.contains(code), "{name} provokes {found:?}");
        // The noise of this one has a code of its own.
        if code != Code::TooManyErrors.as_str() {
            assert_eq!(found.len(), 1, "{name} provokes {found:?}: a mistake costs one diagnostic");
        }
        let source = fs::read_to_string(&path).expect("a case is readable");
        let beginning: String = source.lines().take(40).map(|line| format!("{line}\n")).collect();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../snapshots/diagnostics");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let shown = shown(&sources);
        let beginning_of_shown: String = shown.lines().take(120).map(|line| format!("{line}\n")).collect();
        settings.bind(|| insta::assert_snapshot!(name, format!("{beginning}---\n{beginning_of_shown}")));
    }
}

#[test]
fn every_code_has_a_case() {
    let cases: BTreeSet<String> = files("tests/diagnostics", "rsc")
        .iter()
        .map(|path| stem(path).split_once('-').expect("a case is named after its code").0.to_owned())
        .collect();
    for code in Code::ALL {
        let on_machine = NEED_A_MACHINE.iter().find(|(of, _)| of == code);
        match on_machine {
            None => assert!(cases.contains(code.as_str()), "{code} has no case in tests/diagnostics"),
            Some((_, test)) => assert!(has_test(test), "{code}: there is no test {test}"),
        }
    }
}

/// Whether the tests have a function of this path.
fn has_test(path: &str) -> bool {
    let (modules, function) = path.rsplit_once("::").expect("a path of a test");
    let file = crate::stages::root().join("tests/it").join(format!("{}.rs", modules.replace("::", "/")));
    fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("fn {function}(")))
}
