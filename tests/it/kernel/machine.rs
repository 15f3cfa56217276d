//! A machine for tests: a namespace with some ports, and everything that its kernel tells.

use super::output_of;
use crate::cli::{Ended, command};
use rosc::lower::Desired;
use rosc::transaction::{self, Applied, Failure, Fault, Machine, OWN_BPF_FS, Options};
use rosc_ebpf::BpfFs;
use rosc_route::topology::{End, Topology};
use rosc_route::{DeviceName, LinkKind};
use rosc_target::netns::{NetNs, for_test};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// A namespace whose ports lead into another one, and a state directory.
pub(super) struct Box {
    /// The machine.
    pub namespace: NetNs,
    other_end: NetNs,
    _bpf_fs: BpfFs,
    state_dir: tempfile::TempDir,
    first_port: String,
}

impl Box {
    /// A machine with these ports, all of them plugged in and down; `None` (and a word why) where no namespaces can be
    /// made.
    pub(super) fn with_ports(ports: &[&str]) -> Option<Self> {
        let namespace = for_test()?;
        let other_end = NetNs::new().expect("a second namespace");
        let state_dir = tempfile::tempdir().expect("a directory");
        let bpf_fs = BpfFs::mount(&state_dir.path().join(OWN_BPF_FS)).expect("it can be mounted");
        let first_port = ports.first().copied().unwrap_or_default().to_owned();
        let machine = Self { namespace, other_end, _bpf_fs: bpf_fs, state_dir, first_port };
        // Where connection tracking and logging are modules their settings come with the first rule that asks for them;
        // they are in the dump before, so that they are not taken for a change.
        static MODULES: Once = Once::new();
        MODULES.call_once(|| {
            let rule =
                "add table ip t; add chain ip t c; add rule ip t c ct state new log; delete table ip t";
            machine.run("nft", &[rule]);
        });
        // What the kernel would add to addresses, and change of them, a second later.
        machine.set("net/ipv6/conf/default/accept_dad", "0");
        machine.set("net/ipv6/conf/default/addr_gen_mode", "1");
        for (index, port) in ports.iter().enumerate() {
            machine.plug(port, index);
        }
        machine.run("ip", &["link", "set", "lo", "up"]);
        Some(machine)
    }

    /// A machine with the ports that a state needs.
    pub(super) fn for_state(desired: &Desired) -> Option<Self> {
        let existing = desired.route.links().iter().filter(|link| link.kind == LinkKind::Existing);
        let ports: Vec<&str> = existing.map(|link| link.name.as_str()).filter(|name| *name != "lo").collect();
        Self::with_ports(&ports)
    }

    /// Adds a port; no two have the same number.
    pub(super) fn plug(&self, port: &str, index: usize) {
        let name = |text: &str| DeviceName::new(text).expect("a device name");
        let (port, far) = (name(port), name(&format!("far{index}")));
        self.namespace.run(|| {
            let mut builder = Topology::open().expect("netlink");
            let ends = (
                End { name: &port, namespace: &self.namespace },
                End { name: &far, namespace: &self.other_end },
            );
            builder.cable(ends.0, ends.1).expect("a cable");
            // A device that was up once keeps its queueing discipline.
            builder.set_up(&port).and_then(|()| builder.set_down(&port)).expect("a device");
        });
        self.other_end
            .run(|| Topology::open().and_then(|mut builder| builder.set_up(&far)))
            .expect("a live port");
    }

    /// Takes the carrier of the port with a number away.
    pub(super) fn cut(&self, index: usize) {
        output_of(&self.other_end, "ip", &["link", "set", &format!("far{index}"), "down"]);
    }

    /// Changes a kernel setting.
    pub(super) fn set(&self, key: &str, value: &str) {
        self.namespace.run(|| fs::write(Path::new("/proc/sys").join(key), value)).expect("a setting");
    }

    /// What a command prints on the machine.
    pub(super) fn run(&self, program: &str, args: &[&str]) -> String {
        output_of(&self.namespace, program, args)
    }

    /// Runs `rosc` on the machine, with its state directory.
    pub(super) fn rosc(&self, args: &[&str]) -> Ended {
        let mut command = command(args);
        command.env("ROSC_STATE_DIR", self.state_dir());
        self.namespace.run(|| command.output()).expect("the command can be started").into()
    }

    /// The first of the ports.
    pub(super) fn first_port(&self) -> &str {
        &self.first_port
    }

    /// Where the machine keeps its journal.
    pub(super) fn state_dir(&self) -> &Path {
        self.state_dir.path()
    }

    /// Applies a state as `rosc apply` does.
    pub(super) fn apply(&self, desired: &Desired) -> Result<Applied, Failure> {
        self.apply_failing(desired, None)
    }

    /// The same, with a failure on the way.
    pub(super) fn apply_failing(&self, desired: &Desired, fault: Option<Fault>) -> Result<Applied, Failure> {
        self.namespace.run(|| {
            let mut machine = Machine::open(self.state_dir()).expect("the machine can be opened");
            let options = Options { state_dir: self.state_dir().to_owned(), fault, ..Options::default() };
            transaction::apply(&mut machine, desired, &options)
        })
    }

    /// Everything that the kernel tells of links, addresses, routes, rules, the firewall and settings, but for what
    /// counts or ages by itself.
    pub(super) fn dump(&self) -> Dump {
        let nft =
            if self.has_nft_tables() { self.run("nft", &["-s", "list", "ruleset"]) } else { String::new() };
        let ip = |args: &[&str]| without_ages(&self.run("ip", args));
        Dump {
            links: without_numbers(&ip(&["-d", "-o", "link", "show"])),
            addresses: without_numbers(&ip(&["-d", "-o", "address", "show"])),
            routes: sorted(&ip(&["-d", "-o", "-4", "route", "show", "table", "all"])),
            routes_v6: sorted(&ip(&["-d", "-o", "-6", "route", "show", "table", "all"])),
            rules: ip(&["-d", "-4", "rule", "show"]),
            rules_v6: ip(&["-d", "-6", "rule", "show"]),
            nft: in_order(&nft),
            settings: self.namespace.run(|| settings(Path::new("/proc/sys/net"))),
        }
    }

    fn has_nft_tables(&self) -> bool {
        !self.run("nft", &["list", "tables"]).is_empty()
    }
}

/// A listing of nft with the objects of each table in the order of their names: in which order they were made means nothing.
fn in_order(listing: &str) -> String {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut table = String::new();
    for line in listing.lines() {
        if line.starts_with("table ") {
            table = line.to_owned();
            blocks.push((table.clone(), String::new()));
        } else if ["\tset ", "\tct helper ", "\tchain "].iter().any(|start| line.starts_with(start)) {
            blocks.push((format!("{table}{line}"), String::new()));
        } else if let Some((_, block)) = blocks.last_mut().filter(|_| line.starts_with('\t')) {
            block.push_str(&format!("{line}\n"));
        }
    }
    blocks.sort();
    blocks.into_iter().map(|(name, block)| format!("{name}\n{block}")).collect()
}

/// Everything that the kernel tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dump {
    links: String,
    addresses: String,
    routes: String,
    routes_v6: String,
    rules: String,
    rules_v6: String,
    nft: String,
    settings: String,
}

impl Dump {
    /// The dump with everything that fits a regular expression replaced.
    pub(super) fn replace(mut self, pattern: &str, by: &str) -> Self {
        let pattern = regex::Regex::new(pattern).expect("a regular expression");
        for text in [&mut self.links, &mut self.addresses] {
            *text = pattern.replace_all(text, by).into_owned();
        }
        self
    }

    /// The differences, as lines that are on one side only; empty if there are none.
    pub(super) fn differences(&self, other: &Self) -> String {
        let mut out = String::new();
        let parts = |dump: &Self| {
            [
                &dump.links,
                &dump.addresses,
                &dump.routes,
                &dump.routes_v6,
                &dump.rules,
                &dump.rules_v6,
                &dump.nft,
                &dump.settings,
            ]
            .map(Clone::clone)
        };
        for (a, b) in parts(self).iter().zip(&parts(other)) {
            if a != b {
                let only = |a: &str, b: &str, sign: &str| -> String {
                    let there: Vec<&str> = b.lines().collect();
                    a.lines()
                        .filter(|line| !there.contains(line))
                        .map(|line| format!("{sign} {line}\n"))
                        .collect()
                };
                out.push_str(&format!("{}{}", only(a, b, "-"), only(b, a, "+")));
                if out.is_empty() {
                    out.push_str("the same lines in another order\n");
                }
            }
        }
        out
    }
}

/// Without the numbers of devices: one that comes back gets a new one.
fn without_numbers(text: &str) -> String {
    let without = |line: &str| {
        line.split_once(": ").or(line.split_once(' ')).map_or(String::new(), |(_, rest)| format!("{rest}\n"))
    };
    text.lines().map(without).collect()
}

/// Without words that change by themselves: timers, and what follows a carrier up to a second late.
fn without_ages(text: &str) -> String {
    const WITH_VALUE: &[&str] = &[
        "hello_timer",
        "tcn_timer",
        "topology_change_timer",
        "gc_timer",
        "hold_timer",
        "message_age_timer",
        "forward_delay_timer",
        "expires",
        "state",
    ];
    let clean = |line: &str| {
        let mut words = line.split_whitespace();
        let mut kept: Vec<&str> = Vec::new();
        while let Some(word) = words.next() {
            if WITH_VALUE.contains(&word) {
                words.next();
            } else if word.starts_with('<') {
                let flags = word.trim_matches(['<', '>']).split(',');
                kept.extend(flags.filter(|flag| !["NO-CARRIER", "LOWER_UP"].contains(flag)));
            } else if !["dead", "linkdown"].contains(&word) {
                kept.push(word);
            }
        }
        kept.join(" ")
    };
    let lines = text.lines().filter(|line| !line.contains(" ff00::/8 "));
    lines.map(|line| clean(line) + "\n").collect()
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// All readable settings below a directory, as lines.
fn settings(directory: &Path) -> String {
    /// Counters, random numbers, and what the machine's memory decides.
    const BY_THEMSELVES: &[&str] = &["nf_conntrack_count", "stable_secret", "tcp_fastopen_key"];
    let mut out = String::new();
    let mut pending: Vec<PathBuf> = vec![directory.to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a directory of settings");
            pending.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
            pending.sort();
        } else if !BY_THEMSELVES.iter().any(|name| path.ends_with(name))
            && let Ok(value) = fs::read_to_string(&path)
        {
            out.push_str(&format!("{} = {}\n", path.display(), value.trim().replace('\n', " ")));
        }
    }
    out
}
