//! The fast path of the calling thread's network namespace.

use crate::change::diff;
use crate::device::{self, Device};
use crate::failure::failed;
use crate::layout::RawPort;
use crate::maps::Maps;
use crate::program::Build;
use crate::{
    Change, Counters, Hidden, Neighbour, NextHop, Observed, Port, State, Way, connections, counters, digest,
    group, kfunc, neighbour, pins, port, program, read, way,
};
use ipnet::IpNet;
use rosc_target::{DeviceName, Diff, Target, TargetError};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The fast path of a network namespace: that of the thread that has opened it, and that has to use it.
pub struct EbpfTarget {
    bpf_fs: PathBuf,
    directory: PathBuf,
}

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

impl EbpfTarget {
    /// Opens the target; `bpf_fs` is where the kernel's file system for eBPF is, or would be: [`BPF_FS`](crate::BPF_FS).
    pub fn open(bpf_fs: &Path) -> Result<Self, TargetError> {
        let directory = pins::directory(bpf_fs);
        let directory = directory.map_err(|error| failed("read", "the network namespace", None, &error))?;
        Ok(Self { bpf_fs: bpf_fs.to_owned(), directory })
    }

    /// Why programs can't look into the kernel's connection tracking, as what takes connections needs; `None` where they can.
    pub fn hides_connections(&self) -> Result<Option<Hidden>, TargetError> {
        kfunc::hidden().map_err(|error| failed("read", "the kernel's types", None, &error))
    }

    /// What the programs have counted; `None` where there are none.
    pub fn counters(&self) -> Result<Option<Counters>, TargetError> {
        let Some(maps) = self.open_maps()? else { return Ok(None) };
        let counters =
            counters::read(&maps).map_err(|error| failed("read", "fastpath counters", None, &*error))?;
        Ok(Some(counters))
    }

    /// Tells programs in drivers what is known of the members' neighbours; what is not in `known` they leave to the kernel, and all
    /// of it when nobody [keeps it up](Self::keep_for). Returns how many members that changed. Without programs there is nobody to
    /// tell.
    pub fn resolve(&mut self, known: &BTreeMap<NextHop, Neighbour>) -> Result<usize, TargetError> {
        let _lock = pins::lock(&self.directory)
            .map_err(|error| failed("lock", "fastpath neighbours", None, &error))?;
        let Some(mut maps) = self.open_maps()? else { return Ok(0) };
        neighbour::resolve(&mut maps, known)
            .map_err(|error| failed("replace", "fastpath neighbours", None, &*error))
    }

    /// Tells programs in drivers by which devices they may send what leaves as the kernel's routes have it. Returns how many
    /// devices that changed. Without programs there is nobody to tell.
    pub fn tell_takers(&mut self, devices: &BTreeSet<DeviceName>) -> Result<usize, TargetError> {
        let _lock =
            pins::lock(&self.directory).map_err(|error| failed("lock", "fastpath devices", None, &error))?;
        let Some(mut maps) = self.open_maps()? else { return Ok(0) };
        device::tell_takers(&mut maps, devices)
            .map_err(|error| failed("replace", "fastpath devices", None, &*error))
    }

    /// Has programs in drivers rely on what they were told of neighbours and devices for so long from now on, and no longer: what
    /// nobody keeps up may be wrong. Without programs there is nobody who would.
    pub fn keep_for(&mut self, time: Duration) -> Result<(), TargetError> {
        let Some(mut maps) = self.open_maps()? else { return Ok(()) };
        neighbour::keep_for(&mut maps, time)
            .map_err(|error| failed("replace", "fastpath neighbours", None, &*error))
    }

    /// For how long programs in drivers still rely on it; `None` where there are no programs.
    pub fn kept_for(&self) -> Result<Option<Duration>, TargetError> {
        let Some(maps) = self.open_maps()? else { return Ok(None) };
        let kept = neighbour::kept_for(&maps);
        kept.map(Some).map_err(|error| failed("read", "fastpath neighbours", None, &*error))
    }

    /// The members of all groups, and what programs in drivers were [told](Self::resolve) of them; `None` where there are no
    /// programs.
    pub fn neighbours(&self) -> Result<Option<BTreeMap<NextHop, Option<Neighbour>>>, TargetError> {
        let Some(maps) = self.open_maps()? else { return Ok(None) };
        let told = neighbour::told(&maps);
        told.map(Some).map_err(|error| failed("read", "fastpath neighbours", None, &*error))
    }

    /// Has other ways in place of those that there are, as `rewrite` says of these, while no other process changes them. Returns what
    /// there is then; `None` where there are no programs.
    pub fn rewrite_ways(
        &mut self,
        rewrite: impl FnOnce(&State) -> Result<BTreeMap<IpNet, Way>, TargetError>,
    ) -> Result<Option<State>, TargetError> {
        let lock =
            pins::lock(&self.directory).map_err(|error| failed("lock", "fastpath ways", None, &error))?;
        let observed = self.observe()?;
        // What programs of another version read is theirs.
        if !observed.programs.as_deref().is_some_and(Build::is_of_this_version) {
            return Ok(None);
        }
        let wanted = State { ways: rewrite(&observed.state)?, ..observed.state.clone() };
        let mut changes = Self::diff(&wanted, &observed).changes;
        changes.retain(|change| matches!(change, Change::Way { .. }));
        if !changes.is_empty() {
            let held = Held::by(lock, &self.directory)
                .map_err(|error| failed("replace", "fastpath ways", None, &*error))?;
            self.set_all(Some(held), changes.iter(), Side::To, |_| "replace")?;
        }
        Ok(Some(wanted))
    }

    /// The maps; `None` where there are no programs.
    fn open_maps(&self) -> Result<Option<Maps>, TargetError> {
        Maps::open(&self.directory).map_err(|error| failed("read", "fastpath maps", None, &error))
    }

    fn load(&self, build: Build) -> Outcome {
        if !pins::is_bpf_fs(&self.bpf_fs) {
            let path = self.bpf_fs.display();
            return Err(format!(
                "{path} is no file system for eBPF: `mount -t bpf bpf {path}` makes it one, and systemd does so at boot"
            )
            .into());
        }
        program::load(&self.directory, build)
    }

    /// Brings objects into one of their two states, by the right that somebody may have taken already.
    fn set_all<'c>(
        &self,
        mut held: Option<Held>,
        changes: impl Iterator<Item = &'c Change>,
        wanted: Side,
        operation: impl Fn(&Change) -> &'static str,
    ) -> Result<(), TargetError> {
        for change in changes {
            self.set(&mut held, change, wanted).map_err(|error| {
                failed(operation(change), change.to_string(), Some(change.origin()), &*error)
            })?;
        }
        let Some(Held { maps: Some(maps), .. }) = &mut held else { return Ok(()) };
        let told = digest::write(maps);
        told.map_err(|error| failed("replace", "fastpath digest", None, &error))?;
        let forgotten = connections::forget_all(maps);
        forgotten.map_err(|error| failed("replace", "fastpath connections", None, &*error))
    }

    /// Brings an object into one of its two states, with the maps of the change before if these are still the ones.
    fn set(&self, held: &mut Option<Held>, change: &Change, wanted: Side) -> Outcome {
        if let Change::Programs(action) = change {
            // With the programs come other maps, or none.
            *held = None;
            return match wanted.of(action) {
                Some(name) => self.load(Build::named(name)),
                None => Ok(pins::remove_all(&self.directory)?),
            };
        }
        let held = match held {
            Some(held) => held,
            None => held.insert(Held::open(&self.directory)?),
        };
        let maps = match &mut held.maps {
            Some(maps) => maps,
            // What is not there need not be taken out of it.
            None if wanted == Side::From => return Ok(()),
            None => return Err(io::Error::from(Errno::NOENT).into()),
        };
        match change {
            Change::Programs(_) => Ok(()),
            Change::Connections(action) => Ok(connections::set(maps, wanted.of(action))?),
            Change::Group { name, action } => match wanted.of(action) {
                Some(group) => group::set(maps, name, group),
                None => group::remove(maps, name),
            },
            Change::Way { prefix, action } => {
                let value = wanted.of(action).map(|way| {
                    let number = |name: &_| group::number(maps, name).ok().flatten();
                    way::value(&way.by, number).ok_or("there is no such group")
                });
                Ok(way::set(maps, *prefix, value.transpose()?)?)
            }
            Change::Port { device, action } => self.set_port(maps, device, wanted.of(action)),
        }
    }

    fn set_port(&self, maps: &mut Maps, device: &DeviceName, port: Option<&Port>) -> Outcome {
        let found = match Device::of(device) {
            // With the device all that was attached to it has gone.
            Err(error) if port.is_none() && error.raw_os_error() == Some(libc::ENODEV) => return Ok(()),
            found => found?,
        };
        match port {
            Some(port) => {
                let raw = RawPort {
                    mac: found.ethernet.unwrap_or_default(),
                    flags: port::flags(found.ethernet.is_some(), port.takes),
                    hook: port.hook as u8,
                };
                maps.ports.insert(found.index, raw, 0)?;
                program::attach(&self.directory, found.index, device.as_str(), port.hook)
            }
            None => {
                program::detach(&self.directory, found.index)?;
                Ok(way::unless_gone(maps.ports.remove(&found.index))?)
            }
        }
    }
}

/// The maps, and the right to change them: taken once for a row of changes, which may be a hundred thousand. The digest says
/// nothing meanwhile.
struct Held {
    /// `None` where there are no programs.
    maps: Option<Maps>,
    _lock: Option<OwnedFd>,
}

impl Held {
    fn open(directory: &Path) -> Outcome<Self> {
        Self::by(pins::lock(directory)?, directory)
    }

    /// By a lock that is taken.
    fn by(lock: Option<OwnedFd>, directory: &Path) -> Outcome<Self> {
        let mut maps = Maps::open(directory)?;
        maps.as_mut().map(digest::clear).transpose()?;
        Ok(Self { maps, _lock: lock })
    }
}

/// One of the two sides of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    From,
    To,
}

impl Side {
    fn of<T>(self, action: &crate::Action<T>) -> Option<&T> {
        match self {
            Self::From => action.from(),
            Self::To => action.to(),
        }
    }
}

impl Target for EbpfTarget {
    const NAME: &'static str = "ebpf";

    type State = State;
    type Observed = Observed;
    type Change = Change;

    fn observe(&mut self) -> Result<Observed, TargetError> {
        read::observe(&self.directory).map_err(|error| failed("read", "the fastpath", None, &*error))
    }

    fn diff(desired: &State, observed: &Observed) -> Diff<Change> {
        diff(desired, observed)
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        self.set_all(None, changes.iter(), Side::To, |change| match change.sign() {
            '+' => "add",
            '-' => "delete",
            _ => "replace",
        })
    }

    fn undo(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        self.set_all(None, changes.iter().rev(), Side::From, |_| "undo")
    }
}
