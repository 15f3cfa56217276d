//! Functions of the kernel that are no part of its stable interface: programs call them by numbers that each kernel gives out
//! anew.
//!
//! The objects call them by numbers of our own, since aya knows no way to name them, and those of the running kernel are put
//! in their place before it reads the object.

use aya::{Btf, BtfError};
use aya_obj::btf::BtfKind;
use std::fs;
use std::io;

/// Their names, in the order of the numbers that `bpf/conntrack.h` gives them.
const NAMES: [&str; 3] = ["bpf_skb_ct_lookup", "bpf_ct_release", "bpf_ct_change_timeout"];
/// A kernel that has these attaches programs to traffic control by links.
const BESIDE: &str = "tcx_link_attach";

/// What the kernel says of its own types.
const BTF: &str = "/sys/kernel/btf/vmlinux";

/// The bytes of an instruction of eBPF.
const INSTRUCTION: usize = 8;

/// Whether this kernel has them in itself. What its modules bring has numbers of theirs, which aya does not hand on.
pub(crate) fn are_there() -> io::Result<bool> {
    let types = match fs::read(BTF) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        types => types?,
    };
    let mut names: Vec<&str> = NAMES.into_iter().chain([BESIDE]).collect();
    for name in types.split(|byte| *byte == 0) {
        names.retain(|wanted| wanted.as_bytes() != name);
    }
    Ok(names.is_empty())
}

/// An object as this kernel takes it.
pub(crate) fn resolved(object: &[u8], kernel: &Btf) -> Result<Vec<u8>, BtfError> {
    let numbers = NAMES.map(|name| kernel.id_by_type_name_kind(name, BtfKind::Func));
    let mut resolved = object.to_vec();
    for instruction in resolved.chunks_exact_mut(INSTRUCTION) {
        let Some(place) = function(instruction) else { continue };
        let Some(number) = numbers.get(place) else { continue };
        let number = number
            .as_ref()
            .copied()
            .map_err(|_unknown| BtfError::UnknownBtfTypeName { type_name: NAMES[place].to_owned() })?;
        // The source register says what the number is of: `BPF_PSEUDO_KFUNC_CALL` of linux/bpf.h.
        instruction[1] = 2 << 4;
        instruction[4..].copy_from_slice(&number.to_ne_bytes());
    }
    Ok(resolved)
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
