//! All targets of the calling thread's network namespace.

use super::Cause;
use super::verified::Verified;
use crate::host::{Clock, Host, Needs};
use crate::lower::Desired;
use crate::plan::{Observed, Step};
use rosc_ebpf::{CONNECTION_SHORT, EbpfTarget};
use rosc_nftables::{Action, CtHelper, Family, Nftables, Table, missing_translation};
use rosc_route::RouteTarget;
use rosc_sysctl::{Key, SysctlTarget};
use rosc_target::{Target, TargetError};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;

/// What the kernel says to users who are not allowed to.
const EPERM: i32 = 1;

/// What it says of files that they may not read.
const EACCES: i32 = 13;

/// A part of a machine that the user may not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Sets, chains and rules of nftables.
    Firewall,
    /// What kernel settings were before rosc changed them.
    FormerSettings,
    /// The fast path.
    FastPath,
}

/// The file in the state directory that keeps former kernel settings.
const ORIGINALS: &str = "sysctl.json";

/// The directory in the state directory that may be a file system for eBPF of its own.
pub const OWN_BPF_FS: &str = "bpf";

/// The machine, or the network namespace that stands for one.
pub struct Machine {
    route: RouteTarget,
    nftables: Nftables,
    ebpf: EbpfTarget,
    originals: PathBuf,
    settings: BTreeSet<Key>,
}

impl Machine {
    /// Opens the targets in the network namespace of the calling thread.
    pub fn open(state_dir: &Path) -> Result<Self, TargetError> {
        Ok(Self {
            route: RouteTarget::open()?,
            nftables: Nftables::new(),
            ebpf: EbpfTarget::open(&bpf_fs(state_dir))?,
            originals: state_dir.join(ORIGINALS),
            settings: BTreeSet::new(),
        })
    }

    /// Names the settings to read besides those that are owned.
    pub fn look_at(&mut self, settings: impl IntoIterator<Item = Key>) {
        self.settings = settings.into_iter().collect();
    }

    /// Reads what there is.
    pub fn observe(&mut self) -> Result<Observed, TargetError> {
        Ok(Observed {
            route: self.route.observe()?,
            nftables: self.nftables.observe()?,
            sysctl: self.sysctl().observe()?,
            ebpf: self.ebpf.observe()?,
        })
    }

    /// Reads what there is for who wants a state, as an apply of it does.
    pub fn observe_wanting(&mut self, desired: &Desired, state_dir: &Path) -> Result<Observed, TargetError> {
        self.observe_knowing(&Verified::new(state_dir, &desired.nftables))
    }

    /// Reads what there is, but of the firewall only whether anybody has changed it, where it was found to be as wanted
    /// before: what only changes to it would need is missing then, counters, and by what the kernel knows rules. Where it was
    /// found to be what was kept last, these are read, and no more.
    pub(super) fn observe_knowing(&mut self, verified: &Verified<'_>) -> Result<Observed, TargetError> {
        let mut sysctl = self.sysctl();
        let Self { route, nftables, ebpf, .. } = self;
        // Another thread of this namespace reads the rest, while nft is waited for.
        thread::scope(|scope| {
            let rest = scope.spawn(|| Ok((route.observe()?, sysctl.observe()?, ebpf.observe()?)));
            let mut firewall = || {
                let generation = nftables.generation()?;
                if let Some(seen) = nftables.seen(generation) {
                    return Ok(seen);
                }
                let Some(record) = verified.record(generation) else { return nftables.observe() };
                let found = if verified.is_wanted(&record) {
                    nftables.observe_unchanged(generation, verified.wanted())?
                } else if let Some(state) = verified.state(&record) {
                    nftables.observe_known(generation, state)?
                } else {
                    None
                };
                found.map_or_else(|| nftables.observe(), Ok)
            };
            let nftables = firewall();
            let (route, sysctl, ebpf) = rest.join().expect("reading does not panic")?;
            Ok(Observed { route, nftables: nftables?, sysctl, ebpf })
        })
    }

    /// Reads what there is as far as the user may. What may not be read is taken to be as wanted, and named: the kernel
    /// shows the firewall to root only, and the record of former settings may lie where others are not let in.
    pub fn observe_as_user(&mut self, wanted: &Desired) -> Result<(Observed, Vec<Unread>), TargetError> {
        let mut unread = Vec::new();
        let nftables = match self.nftables.observe() {
            Err(error) if error.errno == Some(EPERM) => {
                unread.push(Unread::Firewall);
                wanted.nftables.clone().into()
            }
            outcome => outcome?,
        };
        let sysctl = match self.sysctl().observe() {
            Err(error) if error.errno == Some(EACCES) => {
                unread.push(Unread::FormerSettings);
                self.sysctl().observe_owned(&wanted.sysctl)?
            }
            outcome => outcome?,
        };
        let ebpf = match self.ebpf.observe() {
            Err(error) if matches!(error.errno, Some(EPERM | EACCES)) => {
                unread.push(Unread::FastPath);
                rosc_ebpf::Observed::assumed(&wanted.ebpf)
            }
            outcome => outcome?,
        };
        Ok((Observed { route: self.route.observe()?, nftables, sysctl, ebpf }, unread))
    }

    /// What the fast path has counted; `None` where there is none.
    pub fn counters(&self) -> Result<Option<rosc_ebpf::Counters>, TargetError> {
        self.ebpf.counters()
    }

    /// Reads the firewall alone.
    pub fn firewall(&mut self) -> Result<rosc_nftables::Observed, TargetError> {
        self.nftables.observe()
    }

    /// Reads what the compiler must know, but for what [names](super::resolve_names) mean, which takes a resolver. Of the
    /// kernel's parts those are looked for that are named; to who may not ask it has all of them.
    pub fn host(&mut self, needs: &Needs) -> Result<Host, TargetError> {
        let (devices, addresses) = self.route.devices()?;
        let missing = if_allowed(self.nftables.missing_helpers(&needs.helpers))?;
        let flow_tables = if_allowed(self.nftables.missing_flow_tables(&needs.flow_tables))?;
        let hides_connections = if needs.connections { self.ebpf.hides_connections()? } else { None };
        let foreign =
            if needs.foreign_decisions { self.route.foreign_decisions()? } else { Default::default() };
        let key = |(family, helper): &(Family, CtHelper)| (*family, helper.helper.clone(), helper.protocol);
        let missing_helpers = missing.into_iter().map(key).collect();
        let host = Host::with_devices(&devices, &addresses);
        let missing_flow_tables = flow_tables.into_iter().collect();
        Ok(Host {
            clock: Some(clock()),
            missing_helpers,
            missing_flow_tables,
            hides_connections,
            foreign,
            ..host
        })
    }

    /// Makes a step's changes.
    pub(super) fn apply(&mut self, step: &Step) -> Result<(), TargetError> {
        match step {
            Step::Sysctl(changes) => self.sysctl().apply(changes),
            Step::Route(changes) => self.route.apply(changes),
            Step::Nftables(changes) => self.nftables.apply(changes),
            Step::Ebpf(changes) => {
                self.before_connections_leave(changes, rosc_ebpf::Change::ends_connections)?;
                self.ebpf.apply(changes)
            }
        }
    }

    /// Makes the first changes of a step, and fails as if the next one had been refused. nftables makes all of
    /// them or none.
    pub(super) fn apply_part(&mut self, step: &Step, count: usize) -> Cause {
        let outcome = match step {
            Step::Sysctl(changes) => self.sysctl().apply(&changes[..count]),
            Step::Route(changes) => self.route.apply(&changes[..count]),
            Step::Ebpf(changes) => self.ebpf.apply(&changes[..count]),
            Step::Nftables(_) => Ok(()),
        };
        Cause::Refused(outcome.err().unwrap_or_else(|| TargetError {
            origin: None,
            operation: "apply",
            object: format!("change {count} of a {} step", step.target()),
            errno: None,
            message: "stopped here for a test".to_owned(),
        }))
    }

    /// Takes a step's changes back, whatever part of them was made.
    pub(super) fn undo(&mut self, step: &Step) -> Result<(), TargetError> {
        match step {
            Step::Sysctl(changes) => self.sysctl().undo(changes),
            Step::Route(changes) => self.route.undo(changes),
            Step::Nftables(changes) => self.nftables.undo(changes),
            Step::Ebpf(changes) => {
                self.before_connections_leave(changes, rosc_ebpf::Change::begins_connections)?;
                self.ebpf.undo(changes)
            }
        }
    }

    /// Connections that leave the fast path go on through connection tracking, which has not seen their last segments.
    fn before_connections_leave(
        &self,
        changes: &[rosc_ebpf::Change],
        leave: fn(&rosc_ebpf::Change) -> bool,
    ) -> Result<(), TargetError> {
        if changes.iter().any(leave) { self.nftables.take_any_segment(CONNECTION_SHORT) } else { Ok(()) }
    }

    fn sysctl(&self) -> SysctlTarget {
        SysctlTarget::open(self.originals.clone(), self.settings.iter().cloned())
    }
}

/// Nothing is missing to who may not ask.
fn if_allowed<T>(missing: Result<Vec<T>, TargetError>) -> Result<Vec<T>, TargetError> {
    match missing {
        Err(error) if error.errno == Some(EPERM) => Ok(Vec::new()),
        outcome => outcome,
    }
}

/// The kernel modules that the helpers which some steps make would need beside themselves to translate addresses inside of
/// packets, and that are not there.
pub(super) fn missing_modules(desired: &Desired, steps: &[Step]) -> Vec<String> {
    let changes = steps.iter().filter_map(|step| match step {
        Step::Nftables(changes) => Some(changes),
        Step::Sysctl(_) | Step::Route(_) | Step::Ebpf(_) => None,
    });
    let helpers = changes.flatten().filter_map(|change| match &change.action {
        Action::CreateHelper { helper, .. } => Some((change.family, &helper.helper)),
        _ => None,
    });
    let translates = |family: Family| desired.nftables.tables.get(&family).is_some_and(Table::translates);
    missing_translation(helpers.filter(|(family, _)| translates(*family)).map(|(_, helper)| helper))
}

/// Where the fast path is pinned: in the kernel's file system for eBPF where every Linux has it, unless the state directory
/// has one of its own, as that of a router in the lab, with which everything goes.
pub fn bpf_fs(state_dir: &Path) -> PathBuf {
    let own = state_dir.join(OWN_BPF_FS);
    if rosc_ebpf::is_bpf_fs(&own) { own } else { rosc_ebpf::BPF_FS.into() }
}

/// The clock of this machine, by its own time zone (`TZ`, or else `/etc/localtime`).
fn clock() -> Clock {
    let now = jiff::Zoned::now();
    let is_changed = now.time_zone().following(now.timestamp()).next().is_some();
    Clock { ahead_of_utc: now.offset().seconds(), is_changed }
}
