//! Loads the program that calls functions of the kernel's connection tracking: where that is a module, with the module, of which aya
//! knows nothing.

use crate::kfunc::Resolved;
use crate::maps;
use crate::module;
use crate::pins;
use crate::syscall::{self, Command};
use aya::Ebpf;
use aya::maps::{Map, MapData};
use aya::programs::SchedClassifier;
use aya_obj::Object;
use aya_obj::generated::{bpf_attr__bindgen_ty_4 as ProgLoad, bpf_insn, bpf_prog_type};
use rustix::path::Arg;
use std::collections::HashSet;
use std::error::Error;
use std::ffi::CStr;
use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::Path;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Where aya finds the program. It is gone again when it has.
const PIN: &str = "loaded";

/// The part of `union bpf_attr` that pins.
#[repr(C)]
struct ObjPin {
    path: u64,
    fd: u32,
    flags: u32,
}

/// Loads a program for traffic control. `loaded` has the object's maps, those that are pinned in the directory.
pub(crate) fn load(
    directory: &Path,
    program: &str,
    resolved: &Resolved,
    loaded: &Ebpf,
) -> Outcome<SchedClassifier> {
    let mut object = Object::parse(&resolved.object)?;
    object.relocate_btf(&resolved.types)?;
    let pinned = maps::NAMES.iter().map(|name| MapData::from_pin(directory.join(name)));
    let pinned = pinned.collect::<Result<Vec<_>, _>>()?;
    let Some(Map::Array(remembered)) = loaded.map(maps::REMEMBERED) else { return Err("no map".into()) };
    let names = maps::NAMES.iter().copied().chain([maps::REMEMBERED]);
    let fds = pinned.iter().chain([remembered]).map(|map| map.fd().as_fd().as_raw_fd());
    let opened: Vec<(&str, RawFd)> = names.zip(fds).collect();
    let described = object.maps.clone();
    let maps = opened.iter().filter_map(|(name, fd)| Some((*name, *fd, described.get(*name)?)));
    let sections: HashSet<usize> = object.functions.keys().map(|(section, _)| *section).collect();
    object.relocate_maps(maps, &sections)?;
    object.relocate_calls(&sections)?;
    let found = object.programs.get(program).ok_or("no program")?;
    let code = &object.functions.get(&found.function_key()).ok_or("no program")?.instructions;
    let load = || prog_load(program, code, &object.license, resolved.calls_module);
    let program = retried(load, was_interrupted)?;
    pins::remove(&directory.join(PIN))?;
    pin(&program, &directory.join(PIN))?;
    let program = SchedClassifier::from_pin(directory.join(PIN))?;
    pins::remove(&directory.join(PIN))?;
    Ok(program)
}

/// Whether the kernel has given up proving a program because a signal came in.
pub(crate) fn was_interrupted(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// Loads, and begins anew where it was interrupted.
pub(crate) fn retried<T, E>(
    mut load: impl FnMut() -> Result<T, E>,
    was_interrupted: impl Fn(&E) -> bool,
) -> Result<T, E> {
    const TIMES: usize = 100;
    for _ in 1..TIMES {
        match load() {
            Err(error) if was_interrupted(&error) => {}
            outcome => return outcome,
        }
    }
    load()
}

/// Loads a program's code.
fn prog_load(name: &str, code: &[bpf_insn], license: &CStr, calls_module: bool) -> io::Result<OwnedFd> {
    // SAFETY: it is numbers, for which 0 is one.
    let mut attributes: ProgLoad = unsafe { mem::zeroed() };
    attributes.prog_type = bpf_prog_type::BPF_PROG_TYPE_SCHED_CLS as u32;
    attributes.insns = code.as_ptr() as u64;
    attributes.insn_cnt = u32::try_from(code.len()).map_err(io::Error::other)?;
    attributes.license = license.as_ptr() as u64;
    let last = attributes.prog_name.len() - 1;
    for (to, from) in attributes.prog_name[..last].iter_mut().zip(name.bytes()) {
        *to = from.cast_signed();
    }
    let mut modules: [RawFd; module::PLACE as usize + 1] = [0; _];
    if calls_module {
        modules[module::PLACE as usize] = module::opened()?.as_raw_fd();
        attributes.fd_array = modules.as_ptr() as u64;
    }
    // SAFETY: the attributes are those of the command, and what they point to lives until the end of this function.
    unsafe { syscall::open(Command::ProgLoad, &mut attributes) }
}

fn pin(program: &OwnedFd, path: &Path) -> io::Result<()> {
    let path = path.into_c_str()?;
    let fd = program.as_raw_fd().cast_unsigned();
    let mut attributes = ObjPin { path: path.as_ptr() as u64, fd, flags: 0 };
    // SAFETY: the path lives as long as the call.
    unsafe { syscall::bpf(Command::ObjPin, &mut attributes) }.map(drop)
}
