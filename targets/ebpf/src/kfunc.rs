//! Functions of the kernel that are no part of its stable interface: programs call them by numbers that each kernel gives out
//! anew.
//!
//! The objects call them by numbers of our own, since aya knows no way to name them, and those of the running kernel are put
//! in their place before it reads the object.

use crate::module;
use crate::types::Types;
use aya::{Btf, BtfError};
use aya_obj::btf::BtfKind;
use std::error::Error;
use std::io;

/// Their names, in the order of the numbers that `bpf/conntrack.h` gives them.
const NAMES: [&str; 3] = ["bpf_skb_ct_lookup", "bpf_ct_release", "bpf_ct_change_timeout"];
/// The structure that they tell of.
const CONNECTION: &str = "nf_conn";
/// What a module of its own hangs onto it, mostly.
const TRANSLATION: &str = "nf_conn_nat";
const TRANSLATION_MODULE: &str = "nf_nat";
/// A kernel that has these attaches programs to traffic control by links.
const LINKS: &str = "tcx_link_attach";

/// The bytes of an instruction of eBPF.
const INSTRUCTION: usize = 8;

/// Why programs can't look into the kernel's connection tracking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// The kernel has no way for programs to do so, or none to attach them.
    ByKernel,
    /// Connection tracking, or its translation of addresses, is a module that is not loaded.
    NotLoaded,
    /// It is a module, and this process was not started with `CAP_SYS_ADMIN`.
    NoRight,
}

/// The kernel's types, and those of the module that has the functions, where it is one.
struct Home {
    /// Those of the kernel, with what translates addresses among them.
    types: Types,
    module: Option<Types>,
}

/// Where this kernel has them.
fn home() -> io::Result<Result<Home, Hidden>> {
    let Some(kernel) = Types::of_kernel()? else { return Ok(Err(Hidden::ByKernel)) };
    let mut module = None;
    if !kernel.have(&NAMES) {
        match Types::of_module(module::CONNECTION_TRACKING)? {
            Some(found) if found.have(&NAMES) && kernel.have(&[CONNECTION]) => module = Some(found),
            // A kernel that tells of no connections at all has not been built for them.
            None if kernel.have(&[CONNECTION]) => return Ok(Err(Hidden::NotLoaded)),
            _ => return Ok(Err(Hidden::ByKernel)),
        }
    }
    if kernel.have(&[TRANSLATION]) {
        return Ok(Ok(Home { types: kernel, module }));
    }
    let Some(translation) = Types::of_module(TRANSLATION_MODULE)? else { return Ok(Err(Hidden::NotLoaded)) };
    let types = kernel.with(&translation).map_err(io::Error::other)?;
    Ok(Ok(Home { types, module }))
}

/// Why no program can be loaded that calls them, if none can.
#[cfg(test)]
pub(crate) fn hidden_functions() -> io::Result<Option<Hidden>> {
    Ok(home()?.err())
}

/// Why this process can't put programs to work that call them, if it can't.
pub(crate) fn hidden() -> io::Result<Option<Hidden>> {
    let home = match home()? {
        Ok(home) => home,
        Err(hidden) => return Ok(Some(hidden)),
    };
    Ok(if !home.types.have(&[LINKS]) {
        Some(Hidden::ByKernel)
    } else if home.module.is_some() && !module::may_be_called() {
        Some(Hidden::NoRight)
    } else {
        None
    })
}

/// An object as this kernel takes it.
pub(crate) struct Resolved {
    pub(crate) object: Vec<u8>,
    /// The types that it looks fields up in.
    pub(crate) types: Btf,
    /// Whether it calls a module's functions.
    pub(crate) calls_module: bool,
}

/// Resolves an object for this kernel.
pub(crate) fn resolved(object: &[u8]) -> Result<Resolved, Box<dyn Error>> {
    let home =
        home()?.map_err(|_hidden| "the kernel does not let programs look into its connection tracking")?;
    let calls_module = home.module.is_some();
    let types = home.types.parsed()?;
    // The two modules know nothing of each other: the numbers of both begin where those of the kernel end.
    let numbers = match home.module {
        None => numbers(&types)?,
        Some(module) => {
            let kernel = Types::of_kernel()?.ok_or(BtfError::InvalidHeader)?;
            numbers(&kernel.with(&module)?.parsed()?)?
        }
    };
    let mut object = object.to_vec();
    for instruction in object.chunks_exact_mut(INSTRUCTION) {
        let Some(number) = function(instruction).and_then(|place| numbers.get(place)) else { continue };
        // The source register says what the number is of: `BPF_PSEUDO_KFUNC_CALL` of linux/bpf.h. The offset says of which
        // module, by its place among those that the program is loaded with; 0 is the kernel itself.
        instruction[1] = 2 << 4;
        let place = if calls_module { module::PLACE } else { 0 };
        instruction[2..4].copy_from_slice(&place.to_ne_bytes());
        instruction[4..].copy_from_slice(&number.to_ne_bytes());
    }
    Ok(Resolved { object, types, calls_module })
}

/// The numbers of the functions.
fn numbers(types: &Btf) -> Result<[u32; NAMES.len()], BtfError> {
    let mut numbers = [0; NAMES.len()];
    for (number, name) in numbers.iter_mut().zip(NAMES) {
        *number = types.id_by_type_name_kind(name, BtfKind::Func)?;
    }
    Ok(numbers)
}

/// The place in [`NAMES`] of the function that an instruction calls. Code stands at multiples of its instructions' size, and
/// nothing else in an object looks like this.
fn function(instruction: &[u8]) -> Option<usize> {
    /// `BPF_JMP | BPF_CALL`, without registers and offset.
    const CALL: [u8; 4] = [0x85, 0, 0, 0];
    /// The first of our numbers, behind 0 for none.
    const OWN: u32 = 0x7f00_0000;
    let (operation, number) = instruction.split_at_checked(CALL.len())?;
    let number = u32::from_ne_bytes(number.try_into().ok()?);
    (operation == CALL).then(|| number.checked_sub(OWN + 1))?.map(|place| place as usize)
}
