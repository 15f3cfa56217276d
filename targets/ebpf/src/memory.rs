//! What the programs remember of connections: `bpf/memory.h`, as the control plane sees it.

use crate::MemberId;
use crate::layout::{ALL_WORDS, WORD_BORN, WORD_GROUP, WORD_HASH, WORD_SIGNATURE};
use crate::maps::Maps;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicU64, Ordering};

/// The map's own bytes, as long as this value lives. The programs write to them meanwhile.
pub(crate) struct Memory {
    words: NonNull<AtomicU64>,
}

/// A connection that is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// The number of its group.
    pub(crate) group: u32,
    /// Where it goes.
    pub(crate) member: MemberId,
    /// The hashes that its own is among: the first, and the last.
    pub(crate) hashes: [u32; 2],
}

impl Word {
    /// What a word says; `None` for one that stands for nothing.
    fn read(word: u64) -> Option<Self> {
        let bits =
            |from: u32, to: u32| u32::try_from(word >> from & ((1 << (to - from)) - 1)).expect("a few bits");
        let member = u8::try_from(bits(0, WORD_BORN)).expect("seven bits").checked_sub(1)?;
        let unknown = u32::BITS - (WORD_SIGNATURE - WORD_HASH);
        let lowest = bits(WORD_HASH, WORD_SIGNATURE) << unknown;
        Some(Self {
            group: bits(WORD_GROUP, WORD_HASH),
            member: MemberId::new(member)?,
            hashes: [lowest, lowest | ((1 << unknown) - 1)],
        })
    }
}

impl Memory {
    pub(crate) fn open(maps: &Maps) -> io::Result<Self> {
        let flags = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses a place for it where nothing is. A map that were smaller it would refuse.
        let start = unsafe { mmap(null_mut(), BYTES, flags, MapFlags::SHARED, maps.memory.fd(), 0) }?;
        Ok(Self { words: NonNull::new(start.cast()).expect("the kernel maps nothing at zero") })
    }

    /// Those of a group that are remembered at the moment.
    pub(crate) fn of_group(&self, number: u32) -> Vec<Word> {
        let mut found = Vec::new();
        for word in self.words() {
            let word = word.load(Ordering::Relaxed);
            // Most of them are free.
            if word != 0 {
                found.extend(Word::read(word).filter(|word| word.group == number));
            }
        }
        found
    }

    /// Forgets some.
    pub(crate) fn forget(&self, is_meant: impl Fn(Word) -> bool) {
        for word in self.words() {
            let there = word.load(Ordering::Relaxed);
            if there != 0 && Word::read(there).is_some_and(&is_meant) {
                // What a program has written meanwhile it has not asked about, and stays.
                let _outcome = word.compare_exchange(there, 0, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
    }

    fn words(&self) -> &[AtomicU64] {
        // SAFETY: so much is mapped as long as `self` lives, begins with a page, and any bytes are numbers. Whoever else writes
        // there writes whole words.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr(), ALL_WORDS) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference to it any more.
        let _outcome = unsafe { munmap(self.words.as_ptr().cast(), BYTES) };
    }
}

const BYTES: usize = ALL_WORDS * size_of::<u64>();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_the_programs_write_it() {
        assert_eq!(Word::read(0), None);
        // The signature and the time above, the change between member and group.
        let word = 0xffff_fff8_0000_0000 | 0b10_1010_1010_1010_1010 << 17 | 63 << 11 | 0b1111 << 7 | 127;
        let hashes = [0b1010_1010_1010_1010_1000_0000_0000_0000, 0b1010_1010_1010_1010_1011_1111_1111_1111];
        let member = MemberId::new(126).expect("the last one");
        assert_eq!(Word::read(word), Some(Word { group: 63, member, hashes }));
    }
}
