//! What the kernel and its modules say of their own types and functions (BTF).

use aya::{Btf, BtfError, Endianness};
use std::fs;
use std::io;
use std::path::Path;

/// A file for the kernel itself (`vmlinux`), and one for each module that is there.
const DIRECTORY: &str = "/sys/kernel/btf";

/// The types of the kernel, or of a module, as bytes.
#[derive(Debug)]
pub(crate) struct Types(Vec<u8>);

impl Types {
    /// Those of the kernel itself; `None` where it does not tell them.
    pub(crate) fn of_kernel() -> io::Result<Option<Self>> {
        Self::of("vmlinux")
    }

    /// Those of a module; `None` where it isn't there, or is a part of the kernel.
    pub(crate) fn of_module(name: &str) -> io::Result<Option<Self>> {
        Self::of(name)
    }

    /// Whether there are those of a module.
    pub(crate) fn are_of_module(name: &str) -> bool {
        Path::new(DIRECTORY).join(name).exists()
    }

    fn of(file: &str) -> io::Result<Option<Self>> {
        match fs::read(Path::new(DIRECTORY).join(file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            types => Ok(Some(Self(types?))),
        }
    }

    /// Whether something has each of these names.
    pub(crate) fn have(&self, names: &[&str]) -> bool {
        let mut missing = names.to_vec();
        for name in self.0.split(|byte| *byte == 0) {
            missing.retain(|wanted| wanted.as_bytes() != name);
        }
        missing.is_empty()
    }

    /// As the loader takes them.
    pub(crate) fn parsed(&self) -> Result<Btf, BtfError> {
        Btf::parse(&self.0, Endianness::default())
    }

    /// Those of the kernel with those of a module behind them: numbers of types and places of names go on in the module where
    /// the kernel's end, so that the two together are as if the kernel had them all.
    pub(crate) fn with(&self, module: &Self) -> Result<Self, BtfError> {
        let (kernel, module) = (Sections::of(&self.0)?, Sections::of(&module.0)?);
        let types = kernel.types.len() + module.types.len();
        let names = kernel.names.len() + module.names.len();
        let mut both = self.0[..FIXED].to_vec();
        for number in [HEADER, 0, types, types, names] {
            let number = u32::try_from(number).map_err(|_too_large| BtfError::InvalidHeader)?;
            both.extend(number.to_ne_bytes());
        }
        for part in [kernel.types, module.types, kernel.names, module.names] {
            both.extend(part);
        }
        Ok(Self(both))
    }
}

/// The bytes of `struct btf_header` (linux/btf.h), and of what begins it: a magic number, a version and flags.
const HEADER: usize = 24;
const FIXED: usize = 4;

/// What stands behind the header.
struct Sections<'a> {
    types: &'a [u8],
    names: &'a [u8],
}

impl<'a> Sections<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, BtfError> {
        let number = |place: usize| {
            let at = FIXED + 4 * place;
            let bytes = bytes.get(at..at + 4).ok_or(BtfError::InvalidHeader)?;
            Ok(u32::from_ne_bytes(bytes.try_into().expect("four bytes")) as usize)
        };
        let section = |begin: usize, length: usize| {
            let begin = number(0)?.checked_add(number(begin)?).ok_or(BtfError::InvalidHeader)?;
            let end = begin.checked_add(number(length)?).ok_or(BtfError::InvalidHeader)?;
            bytes.get(begin..end).ok_or(BtfError::InvalidHeader)
        };
        Ok(Self { types: section(1, 2)?, names: section(3, 4)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aya_obj::btf::BtfKind;

    /// Types that are structures of these names, without fields. The first name is at this place among all names.
    fn structures(names: &[&str], mut place: usize) -> Types {
        /// `BTF_KIND_STRUCT` of linux/btf.h.
        const STRUCTURE: usize = 4 << 24;
        let (mut types, mut text) = (Vec::new(), Vec::new());
        if place == 0 {
            text.push(0);
            place = 1;
        }
        for name in names {
            types.extend([place, STRUCTURE, 0]);
            text.extend(name.bytes().chain([0]));
            place += name.len() + 1;
        }
        let header = [HEADER, 0, 4 * types.len(), 4 * types.len(), text.len()];
        let numbers =
            header.into_iter().chain(types).map(|number| u32::try_from(number).expect("a small one"));
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        bytes.extend(numbers.flat_map(u32::to_ne_bytes).chain(text));
        Types(bytes)
    }

    #[test]
    fn a_modules_types_go_on_behind_the_kernels() {
        let kernel = structures(&["one", "two"], 0);
        let module = structures(&["three", "four"], "?one?two?".len());
        assert!(kernel.have(&["one", "two"]) && !kernel.have(&["one", "three"]));
        let both = kernel.with(&module).expect("they fit");
        assert!(both.have(&["one", "four"]));
        let both = both.parsed().expect("they can be read");
        let number = |name| both.id_by_type_name_kind(name, BtfKind::Struct).expect("it is there");
        assert_eq!(["one", "two", "three", "four"].map(number), [1, 2, 3, 4]);
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let kernel = structures(&["one"], 0);
        for length in 0..kernel.0.len() {
            assert!(kernel.with(&Types(kernel.0[..length].to_vec())).is_err(), "{length} bytes");
        }
    }
}
