//! The states that the machine was brought to, the last ones of them: what `rosc rollback` can go back to.
//!
//! Each is kept as what Linux should have, so that going back needs no file and no name that may mean something else by now.
//! A state is proposed when it is verified, and kept when nobody can take it back by himself any more. None of it is waited
//! for to be on disk: whoever loses power has applied what his files say, and loses the way back at most.

use super::Failure;
use crate::lower::Desired;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// So many states are kept.
const MOST: usize = 10;

/// A state that the machine was brought to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, counted from 1; no number comes twice.
    pub number: u32,
    /// When it was applied, as RFC 3339 has it.
    pub at: String,
    /// How many changes that took.
    pub changes: usize,
}

/// Keeps aside what was applied and verified.
pub(super) fn propose(state_dir: &Path, desired: &Desired, changes: usize) -> Result<(), Failure> {
    let number = entries(state_dir)?.last().map_or(1, |last| last.number + 1);
    let at = jiff::Timestamp::now().strftime("%FT%TZ").to_string();
    let write = || {
        fs::create_dir_all(directory(state_dir))?;
        write_json(&proposed(state_dir, "state"), desired)?;
        write_json(&proposed(state_dir, "entry"), &Entry { number, at, changes })
    };
    write().map_err(failed("write", &directory(state_dir)))
}

/// Makes the state that was kept aside the last of the history. Nothing happens if there is none.
pub(super) fn keep(state_dir: &Path) -> Result<(), Failure> {
    let text = match fs::read(proposed(state_dir, "entry")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("read", &directory(state_dir))(error)),
    };
    let rename = || {
        let Entry { number, .. } = serde_json::from_slice(&text)?;
        // The entry last: it says that the state is there.
        fs::rename(proposed(state_dir, "state"), file(state_dir, number, "state"))?;
        fs::rename(proposed(state_dir, "entry"), file(state_dir, number, "entry"))
    };
    rename().map_err(failed("write", &directory(state_dir)))?;
    let entries = entries(state_dir)?;
    let old = entries.len().saturating_sub(MOST);
    for entry in &entries[..old] {
        for kind in ["entry", "state"] {
            let path = file(state_dir, entry.number, kind);
            fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

/// The states, the last one last. What can't be read is left out.
pub fn entries(state_dir: &Path) -> Result<Vec<Entry>, Failure> {
    let directory = directory(state_dir);
    let files = match fs::read_dir(&directory) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("read", &directory)(error)),
    };
    let entry = |file: io::Result<fs::DirEntry>| -> Option<Entry> {
        let path = file.ok()?.path();
        let is_entry = path.to_str()?.ends_with(".entry.json") && path != proposed(state_dir, "entry");
        is_entry.then(|| serde_json::from_slice(&fs::read(path).ok()?).ok())?
    };
    let mut entries: Vec<Entry> = files.filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.number);
    Ok(entries)
}

/// The state with a number.
pub fn state(state_dir: &Path, number: u32) -> Result<Desired, Failure> {
    let path = file(state_dir, number, "state");
    let read = || Ok(serde_json::from_slice(&fs::read(&path)?)?);
    read().map_err(failed("read", &path))
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer(&mut file, value)?;
    file.flush()
}

fn directory(state_dir: &Path) -> PathBuf {
    state_dir.join("history")
}

fn proposed(state_dir: &Path, kind: &str) -> PathBuf {
    directory(state_dir).join(format!("proposed.{kind}.json"))
}

fn file(state_dir: &Path, number: u32, kind: &str) -> PathBuf {
    directory(state_dir).join(format!("{number}.{kind}.json"))
}

fn failed<'p>(operation: &'static str, path: &'p Path) -> impl Fn(io::Error) -> Failure + 'p {
    move |error| Failure::StateDir { operation, path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_states_are_kept_and_no_number_comes_twice() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(entries(directory.path()).expect("it can be read"), []);
        keep(directory.path()).expect("there is nothing to keep");
        for round in 1..=12 {
            propose(directory.path(), &Desired::default(), round).expect("it can be written");
            keep(directory.path()).expect("it can be kept");
        }
        // One that was taken back leaves no trace.
        propose(directory.path(), &Desired::default(), 0).expect("it can be written");
        let kept = entries(directory.path()).expect("it can be read");
        assert_eq!(kept.iter().map(|entry| entry.number).collect::<Vec<_>>(), Vec::from_iter(3..=12));
        assert_eq!(kept[9].changes, 12);
        assert_eq!(state(directory.path(), 12).expect("it can be read"), Desired::default());
        assert!(state(directory.path(), 2).is_err());
    }
}
