//! A firewall that was found to be as wanted is not read again while nobody changes it, and is read whenever anybody has.

use super::machine::Box;
use crate::cli::{Ended, Files, command};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const ROUTER: &str = "/ip address\n\
                      add address=192.0.2.2/24 interface=ether1\n\
                      add address=192.168.88.1/24 interface=ether2\n\
                      /ip firewall address-list add address=198.51.100.0/24 list=blocked\n\
                      /ip firewall filter\n\
                      add action=drop chain=forward src-address-list=blocked\n\
                      add action=accept chain=forward dst-port=443 protocol=tcp\n";
const ROUTE: &str = "/ip route add gateway=192.0.2.1\n";
const UNCHANGED: (Option<i32>, &str) = (Some(0), "nothing to change\n");

/// A machine to which the router was applied.
fn applied() -> Option<(Box, Files)> {
    let machine = Box::with_ports(&["ether1", "ether2"])?;
    let files = Files::new([("router.rsc", ROUTER.to_owned()), ("route.rsc", format!("{ROUTER}{ROUTE}"))]);
    let first = apply(&machine, &files);
    assert!(first.err.contains("applied and verified"), "{}", first.err);
    Some((machine, files))
}

fn apply(machine: &Box, files: &Files) -> Ended {
    machine.rosc(&["apply", &files.path("router.rsc")])
}

/// A run that could not read the firewall if it wanted to.
fn apply_without_nft(machine: &Box, path: &str) -> Ended {
    let mut command = command(["apply", path]);
    command.env("ROSC_STATE_DIR", machine.state_dir()).env("PATH", "/nonexistent");
    machine.namespace.run(|| command.output()).expect("the command can be started").into()
}

/// Whether kernels of this machine tell namespaces apart for all times.
fn can_know(machine: &Box) -> bool {
    machine.namespace.run(rosc_target::netns::NetNs::cookie).is_ok()
}

#[test]
fn a_firewall_that_nobody_has_changed_is_not_read_again() {
    let Some((machine, files)) = applied() else { return };
    if !can_know(&machine) {
        return;
    }
    let again = apply_without_nft(&machine, &files.path("router.rsc"));
    assert_eq!((again.code, again.err.as_str()), UNCHANGED);
    let other_parts = apply_without_nft(&machine, &files.path("route.rsc"));
    assert_eq!(other_parts.code, Some(0), "only a route is to be changed: {}", other_parts.err);
    let back = apply_without_nft(&machine, &files.path("router.rsc"));
    assert_eq!(back.code, Some(0), "{}", back.err);
    fs::remove_file(machine.state_dir().join("verified.json")).expect("a file of the state directory");
    let unknown = apply_without_nft(&machine, &files.path("router.rsc"));
    assert!(unknown.code == Some(1) && unknown.err.contains("not installed"), "{}", unknown.err);
    let read = apply(&machine, &files);
    assert_eq!((read.code, read.err.as_str()), UNCHANGED);
    assert_eq!(apply_without_nft(&machine, &files.path("router.rsc")).code, Some(0), "known again");
}

/// An nft that says nothing of our tables, and makes rules elsewhere only.
const ASSEMBLING_NFT: &str = "#!/bin/sh
case \"$*\" in
*' list table '*' rosc-assembly' | --version) ;;
*' list '*) echo \"Error: asked to list: $*\" >&2 && exit 1 ;;
esac
PATH=${PATH#*:} exec nft \"$@\"
";

#[test]
fn an_edit_of_a_firewall_that_nobody_has_changed_does_not_list_it() {
    let Some((machine, files)) = applied() else { return };
    if !can_know(&machine) {
        return;
    }
    let programs = Files::new([("nft", ASSEMBLING_NFT)]);
    let nft = programs.path("nft");
    fs::set_permissions(&nft, fs::Permissions::from_mode(0o755)).expect("a file of ours");
    let directory = Path::new(&nft).parent().expect("a directory").display().to_string();
    let path = format!("{directory}:{}", std::env::var("PATH").expect("a search path"));
    let edited = Files::new([("router.rsc", ROUTER.replace("443", "8443"))]);
    let mut command = command(["apply", &edited.path("router.rsc")]);
    command.env("ROSC_STATE_DIR", machine.state_dir()).env("PATH", path);
    let ended: Ended = machine.namespace.run(|| command.output()).expect("the command can be started").into();
    assert!(ended.code == Some(0) && ended.out.contains("8443"), "{}{}", ended.out, ended.err);
    let differs = machine.rosc(&["diff", &edited.path("router.rsc")]);
    assert_eq!(differs.code, Some(0), "{}", differs.out);
    let back = apply(&machine, &files);
    assert!(back.err.contains("1 to create, 1 to delete"), "{}", back.err);
}

#[test]
fn whatever_somebody_changes_is_seen() {
    let Some((machine, files)) = applied() else { return };
    let wanted = machine.dump();
    for change in [
        "delete table ip rosc",
        "flush chain ip rosc filter_forward",
        "delete element ip rosc al_blocked { 198.51.100.0/24 }",
        "add rule ip rosc filter_forward accept",
        "add table ip6 rosc",
        "delete table ip rosc; add table ip rosc",
    ] {
        machine.run("nft", &[change]);
        let ended = apply(&machine, &files);
        assert!(
            ended.code == Some(0) && ended.err.contains("applied and verified"),
            "{change}: {}",
            ended.err
        );
        assert_eq!(machine.dump().differences(&wanted), "", "{change}");
    }
    machine.run("nft", &["add table ip other; add chain ip other some"]);
    let ended = apply(&machine, &files);
    assert_eq!((ended.code, ended.err.as_str()), UNCHANGED, "a table of somebody else");
}

#[test]
fn another_namespace_at_the_same_generation_is_not_taken_for_this_one() {
    let (Some((machine, files)), Some((other, _))) = (applied(), applied()) else { return };
    let generation = |machine: &Box| {
        machine.namespace.run(|| rosc_nftables::Nftables::new().generation()).expect("the kernel tells")
    };
    machine.run("nft", &["add table ip other"]);
    other.run("nft", &["flush chain ip rosc filter_forward"]);
    let ended = apply(&machine, &files);
    assert_eq!((ended.code, ended.err.as_str()), UNCHANGED);
    assert_eq!(generation(&machine), generation(&other));
    if !can_know(&machine) {
        return;
    }
    let [from, to] = [&machine, &other].map(|machine| machine.state_dir().join("verified.json"));
    fs::copy(from, to).expect("a file");
    let ended = apply(&other, &files);
    assert!(ended.err.contains("applied and verified"), "{}", ended.err);
}
