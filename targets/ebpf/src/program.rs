//! The programs: how they get into the kernel, and onto devices.

use crate::{Hook, State, kfunc, link, load, maps, pins};
use aya::EbpfLoader;
use aya::programs::links::{FdLink, LinkError, PinnedLink};
use aya::programs::tc::TcAttachOptions;
use aya::programs::{LinkOrder, ProgramError, SchedClassifier, TcAttachType, Xdp, XdpMode};
use aya_obj::programs::XdpAttachType;
use rosc_target::fnv_1a;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// What clang has made of `bpf/forward.bpf.c` and `bpf/translate.bpf.c`.
static FORWARD: &[u8] = aya::include_bytes_aligned!("../bpf/forward.bpf.o");
static TRANSLATE: &[u8] = aya::include_bytes_aligned!("../bpf/translate.bpf.o");

/// Which programs: those that know connections take more than every kernel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    Routes,
    Connections,
}

impl Build {
    /// The one that a state needs, if it needs any.
    pub(crate) fn of(state: &State) -> Option<Self> {
        let build = if state.connections.is_some() { Self::Connections } else { Self::Routes };
        (!state.is_empty()).then_some(build)
    }

    /// The name of its programs: those of another version of rosc may be others.
    pub(crate) fn name(self) -> String {
        format!("{:016x}", fnv_1a(self.object()))
    }

    /// The one of a name. In place of what another version has made serves what knows no connections.
    pub(crate) fn named(name: &str) -> Self {
        if name == Self::Connections.name() { Self::Connections } else { Self::Routes }
    }

    /// Whether this version has one of that name.
    pub(crate) fn is_of_this_version(name: &str) -> bool {
        [Self::Routes, Self::Connections].iter().any(|build| build.name() == name)
    }

    fn object(self) -> &'static [u8] {
        match self {
            Self::Routes => FORWARD,
            Self::Connections => TRANSLATE,
        }
    }
}

/// The name of the programs that are in a directory. What somebody has begun to put there or to remove has none.
pub(crate) fn name_in(names: &[String]) -> Option<String> {
    let has = |name: &str| names.iter().any(|there| there == name);
    if names.is_empty() {
        return None;
    }
    let complete = maps::NAMES.iter().all(|name| has(name)) && has(TC) && has(XDP);
    let build = names.iter().find_map(|name| name.strip_prefix(BUILD));
    Some(build.filter(|_| complete).unwrap_or("incomplete").to_owned())
}

const TC: &str = "forward_tc";
const XDP: &str = "forward_xdp";
/// The program is pinned under its build's name, too.
const BUILD: &str = "build-";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Puts a build's programs into a directory, with maps if there are none. Devices that another build's were attached to
/// have these from then on, without a packet in between that meets neither.
pub(crate) fn load(directory: &Path, build: Build) -> Outcome {
    fs::create_dir_all(directory)?;
    let resolved = match build {
        Build::Routes => None,
        Build::Connections => Some(kfunc::resolved(build.object())?),
    };
    let mut loader = EbpfLoader::new();
    for name in maps::NAMES {
        loader.map_pin_path(name, directory.join(name));
    }
    let mut object = match &resolved {
        None => loader.load(build.object())?,
        Some(resolved) => loader.btf(Some(&resolved.types)).load(&resolved.object)?,
    };
    let names = pins::names(directory)?;
    let mut calling;
    let tc = match &resolved {
        None => {
            let tc: &mut SchedClassifier = object.program_mut(TC).ok_or("no program")?.try_into()?;
            load::retried(|| tc.load(), was_interrupted)?;
            tc
        }
        Some(resolved) => {
            calling = load::load(directory, TC, resolved, &object)?;
            &mut calling
        }
    };
    for path in links_at(Hook::Tc, &names, directory) {
        unless_severed(&path, tc.attach_to_link(open_link(&path)?.try_into()?).map(drop))?;
    }
    pins::remove(&directory.join(TC))?;
    tc.pin(directory.join(TC))?;
    let build = directory.join(format!("{BUILD}{}", build.name()));
    let xdp: &mut Xdp = object.program_mut(XDP).ok_or("no program")?.try_into()?;
    load::retried(|| xdp.load(), was_interrupted)?;
    for path in links_at(Hook::Xdp, &names, directory) {
        unless_severed(&path, xdp.attach_to_link(open_link(&path)?.try_into()?).map(drop))?;
    }
    pins::remove(&directory.join(XDP))?;
    xdp.pin(directory.join(XDP))?;
    for name in names.iter().filter(|name| name.starts_with(BUILD)) {
        pins::remove(&directory.join(name))?;
    }
    xdp.pin(build)?;
    Ok(())
}

fn was_interrupted(error: &ProgramError) -> bool {
    matches!(error, ProgramError::LoadError { io_error, .. } if load::was_interrupted(io_error))
}

/// Attaches the programs of a directory to a device, at the places that a hook is.
pub(crate) fn attach(directory: &Path, index: u32, device: &str, hook: Hook) -> Outcome {
    let tc = directory.join(pin(Hook::Tc, index));
    if !tc.exists() {
        let mut program = SchedClassifier::from_pin(directory.join(TC))?;
        let options = TcAttachOptions::TcxOrder(LinkOrder::default());
        let attached = program.attach_with_options(device, TcAttachType::Ingress, options);
        let id = attached.map_err(without_tcx)?;
        FdLink::try_from(program.take_link(id)?)?.pin(tc)?;
    }
    let xdp = directory.join(pin(Hook::Xdp, index));
    if hook == Hook::Tc {
        return Ok(pins::remove(&xdp)?);
    }
    if !xdp.exists() {
        let mut program = Xdp::from_pin(directory.join(XDP), XdpAttachType::Interface)?;
        let id = program.attach_to_if_index(index, XdpMode::Driver)?;
        FdLink::try_from(program.take_link(id)?)?.pin(xdp)?;
    }
    Ok(())
}

/// Takes the programs off a device.
pub(crate) fn detach(directory: &Path, index: u32) -> std::io::Result<()> {
    pins::remove(&directory.join(pin(Hook::Xdp, index)))?;
    pins::remove(&directory.join(pin(Hook::Tc, index)))
}

/// Where a device has the programs; `None` if it has none, or has lost them.
pub(crate) fn attached(names: &[String], directory: &Path, index: u32) -> Option<Hook> {
    let is_attached = |hook| {
        let name = pin(hook, index);
        names.contains(&name) && link::device(&directory.join(name)).is_ok_and(|device| device == index)
    };
    is_attached(Hook::Tc).then(|| if is_attached(Hook::Xdp) { Hook::Xdp } else { Hook::Tc })
}

/// What a kernel without such links says is no help.
fn without_tcx(error: ProgramError) -> Box<dyn Error> {
    match &error {
        ProgramError::SyscallError(failed) if failed.io_error.raw_os_error() == Some(libc::EINVAL) => {
            "this kernel does not attach programs to traffic control by links; Linux 6.6 and later do".into()
        }
        _ => error.into(),
    }
}

fn links_at(hook: Hook, names: &[String], directory: &Path) -> impl Iterator<Item = PathBuf> {
    names.iter().filter(move |name| name.starts_with(prefix(hook))).map(|name| directory.join(name))
}

/// A link whose device has gone holds nothing any more.
fn unless_severed(path: &Path, outcome: Result<(), ProgramError>) -> Outcome {
    match outcome {
        Err(ProgramError::SyscallError(error)) if error.io_error.raw_os_error() == Some(libc::ENOLINK) => {
            Ok(pins::remove(path)?)
        }
        outcome => Ok(outcome?),
    }
}

fn open_link(path: &Path) -> Result<FdLink, LinkError> {
    PinnedLink::from_pin(path).map(FdLink::from)
}

fn prefix(hook: Hook) -> &'static str {
    match hook {
        Hook::Tc => "link-tc-",
        Hook::Xdp => "link-xdp-",
    }
}

fn pin(hook: Hook, index: u32) -> String {
    format!("{}{index}", prefix(hook))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BpfFs;
    use aya::programs::ProgramInfo;
    use rosc_target::netns::for_test;
    use std::process::Command;

    #[test]
    fn every_object_loads() {
        let Some(namespace) = for_test() else { return };
        // A machine that nobody has applied to may not have loaded them; without modprobe it has none.
        let _loaded = Command::new("modprobe").args(["-a", "nf_conntrack", "nf_nat"]).output();
        let hidden = kfunc::hidden_functions().expect("types can be read");
        if let Some(hidden) = hidden {
            println!("SKIPPED in part: programs can't look into connection tracking: {hidden:?}");
        }
        let builds = [Some(Build::Routes), hidden.is_none().then_some(Build::Connections)];
        namespace.run(|| {
            let directory = tempfile::tempdir().expect("a directory");
            let bpf_fs = BpfFs::mount(&directory.path().join("bpf")).expect("it can be mounted");
            for build in builds.into_iter().flatten() {
                let directory = bpf_fs.path().join(build.name());
                load(&directory, build).unwrap_or_else(|error| panic!("{build:?}: {error}"));
                let names = pins::names(&directory).expect("it can be read");
                assert_eq!(name_in(&names), Some(build.name()), "{names:?}");
                // It refuses what takes it a million. Kernels differ in that, so there should be room.
                for name in [TC, XDP] {
                    let program = ProgramInfo::from_pin(directory.join(name)).expect("it is pinned");
                    let followed = program.verified_instruction_count().expect("Linux 5.16 and later tell");
                    assert!(followed < 700_000, "{build:?} {name}: {followed} instructions are followed");
                }
            }
        });
    }
}
