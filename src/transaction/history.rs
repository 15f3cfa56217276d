//! The states that the machine was brought to, the last ones of them: what `rosc rollback` can go back to, and what
//! `rosc restore` brings back when the machine starts.
//!
//! Each is kept as what Linux should have, so that going back needs no file and no name that may mean something else by now.
//! A state is proposed when it is verified, and kept when nobody can take it back by himself any more. Both are on disk
//! before the run goes on, since the state that was kept last is what the machine starts with after a power cut.
//!
//! A file has two lines: what is to be told of the state and in which form it is written, and the state itself.

use super::Failure;
use crate::lower::Desired;
use rosc_nftables::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// The form in which states are written. Another number for each change after which an older file would not be read, or
/// would mean something else.
pub const FORMAT: u32 = 1;

/// So many states are kept.
const MOST: usize = 10;

/// A state of a hundred thousand routes has some 20 MB.
const BUFFER: usize = 1 << 20;

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

/// The first line of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    #[serde(flatten)]
    entry: Entry,
}

/// What is kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The states, the last one last.
    pub entries: Vec<Entry>,
    /// The numbers of those that can't be read: another version of rosc has kept them, or a file is damaged.
    pub unreadable: Vec<u32>,
}

/// Why there is no state to be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotKept {
    /// Nothing was applied yet.
    Never,
    /// The last state can't be read.
    Unreadable {
        /// Its number.
        number: u32,
        /// What is wrong with it.
        why: String,
    },
}

/// Keeps aside what was applied and verified, unless the state that was kept last is the same.
pub(super) fn propose(state_dir: &Path, desired: &Desired, changes: usize) -> Result<(), Failure> {
    let last = numbers(state_dir)?.last_key_value().map(|(number, _)| *number);
    if last.is_some_and(|last| is_kept(&file(state_dir, last), desired).unwrap_or(false)) {
        return discard(state_dir);
    }
    let number = last.map_or(1, |last| last + 1);
    let at = jiff::Timestamp::now().strftime("%FT%TZ").to_string();
    let header = Header { format: FORMAT, entry: Entry { number, at, changes } };
    let directory = directory(state_dir);
    let write = || {
        if !directory.exists() {
            fs::create_dir_all(&directory)?;
            File::open(state_dir)?.sync_all()?;
        }
        // Written aside, so that a run that is killed leaves all of it or nothing.
        let new = proposed(state_dir).with_extension("new");
        let mut file = BufWriter::with_capacity(BUFFER, File::create(&new)?);
        serde_json::to_writer(&mut file, &header)?;
        file.write_all(b"\n")?;
        serde_json::to_writer(&mut file, desired)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&new, proposed(state_dir))?;
        File::open(&directory)?.sync_all()
    };
    write().map_err(failed("write", &directory))
}

/// Makes the state that was kept aside the last of the history. Nothing happens if there is none.
pub(super) fn keep(state_dir: &Path) -> Result<(), Failure> {
    let directory = directory(state_dir);
    let (header, _) = match open(&proposed(state_dir)) {
        Ok(opened) => opened,
        Err(error) if is_absence(&error) => return Ok(()),
        // Another version has proposed it.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return discard(state_dir),
        Err(error) => return Err(failed("read", &directory)(error)),
    };
    let rename = || {
        fs::rename(proposed(state_dir), file(state_dir, header.entry.number))?;
        File::open(&directory)?.sync_all()
    };
    rename().map_err(failed("write", &directory))?;
    let numbers = numbers(state_dir)?;
    let old = numbers.len().saturating_sub(MOST);
    for path in numbers.values().take(old).flatten() {
        fs::remove_file(path).map_err(failed("remove", path))?;
    }
    Ok(())
}

/// Forgets the state that was kept aside, and waits until that is on disk.
pub(super) fn discard(state_dir: &Path) -> Result<(), Failure> {
    let directory = directory(state_dir);
    match fs::remove_file(proposed(state_dir)).and_then(|()| File::open(&directory)?.sync_all()) {
        Err(error) if !is_absence(&error) => Err(failed("write", &directory)(error)),
        _ => Ok(()),
    }
}

/// The states that are kept.
pub fn history(state_dir: &Path) -> Result<History, Failure> {
    let mut history = History::default();
    for number in numbers(state_dir)?.into_keys() {
        match open(&file(state_dir, number)) {
            Ok((header, _)) => history.entries.push(header.entry),
            Err(_) => history.unreadable.push(number),
        }
    }
    Ok(history)
}

/// The state with a number.
pub fn state(state_dir: &Path, number: u32) -> Result<Desired, Failure> {
    let path = file(state_dir, number);
    read(&path).map(|(_, desired)| desired).map_err(failed("read", &path))
}

/// The state that was kept last, or why there is none.
pub fn last(state_dir: &Path) -> Result<Result<(Entry, Desired), NotKept>, Failure> {
    let Some((number, _)) = numbers(state_dir)?.pop_last() else { return Ok(Err(NotKept::Never)) };
    let path = file(state_dir, number);
    Ok(read(&path).map_err(|error| NotKept::Unreadable { number, why: error.to_string() }))
}

/// The firewall of the state that was kept last, if it is written as `fits` wants it; only then it is read.
pub(super) fn last_firewall(state_dir: &Path, fits: impl FnOnce(&str) -> bool) -> Option<State> {
    /// Of a state, the firewall alone, unread.
    #[derive(Deserialize)]
    struct Kept<'t> {
        #[serde(borrow)]
        nftables: &'t RawValue,
    }
    let (number, _) = numbers(state_dir).ok()?.pop_last()?;
    let (_, mut rest) = open(&file(state_dir, number)).ok()?;
    let mut text = Vec::new();
    rest.read_to_end(&mut text).ok()?;
    let firewall = serde_json::from_slice::<Kept<'_>>(&text).ok()?.nftables.get();
    if fits(firewall) { serde_json::from_str(firewall).ok() } else { None }
}

fn read(path: &Path) -> io::Result<(Entry, Desired)> {
    let (header, mut rest) = open(path)?;
    let mut text = Vec::new();
    rest.read_to_end(&mut text)?;
    Ok((header.entry, serde_json::from_slice(&text)?))
}

/// Opens a file whose state this version can read, behind its first line.
fn open(path: &Path) -> io::Result<(Header, BufReader<File>)> {
    /// Of the first line, all that another version can have changed.
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    let mut file = BufReader::with_capacity(BUFFER, File::open(path)?);
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line)?;
    let Form { format } = serde_json::from_slice(&line)?;
    if format != FORMAT {
        let message = format!("it is written in form {format}, and this version of rosc reads form {FORMAT}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok((serde_json::from_slice(&line)?, file))
}

/// Says whether a file holds a state. No difference in its text means no difference in what is read of it.
fn is_kept(path: &Path, desired: &Desired) -> io::Result<bool> {
    /// Takes what is written only if the file goes on with it.
    struct Same(BufReader<File>);
    impl Write for Same {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let kept = self.0.fill_buf()?;
            let length = kept.len().min(bytes.len());
            if length == 0 && !bytes.is_empty() || kept[..length] != bytes[..length] {
                return Err(io::Error::other("it differs"));
            }
            self.0.consume(length);
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (_, rest) = open(path)?;
    let mut same = BufWriter::with_capacity(BUFFER, Same(rest));
    serde_json::to_writer(&mut same, desired)?;
    let mut same = same.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(same.0.fill_buf()?.is_empty())
}

/// The files of each number, whichever version has written them.
fn numbers(state_dir: &Path) -> Result<BTreeMap<u32, Vec<PathBuf>>, Failure> {
    let directory = directory(state_dir);
    let files = match fs::read_dir(&directory) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(failed("read", &directory)(error)),
    };
    let mut numbers: BTreeMap<u32, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        let path = file.map_err(failed("read", &directory))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Ok(number) = name.split('.').next().unwrap_or_default().parse() {
            numbers.entry(number).or_default().push(path);
        }
    }
    Ok(numbers)
}

/// There is no such file, nor a directory where it could be.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn directory(state_dir: &Path) -> PathBuf {
    state_dir.join("history")
}

fn proposed(state_dir: &Path) -> PathBuf {
    directory(state_dir).join("proposed.json")
}

fn file(state_dir: &Path, number: u32) -> PathBuf {
    directory(state_dir).join(format!("{number}.json"))
}

fn failed<'p>(operation: &'static str, path: &'p Path) -> impl Fn(io::Error) -> Failure + 'p {
    move |error| Failure::StateDir { operation, path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rosc_nftables::Family;

    /// Two states that differ.
    fn states() -> [Desired; 2] {
        let mut other = Desired::default();
        other.nftables.table(Family::Ip);
        [Desired::default(), other]
    }

    fn keep_one(directory: &Path, desired: &Desired, changes: usize) {
        propose(directory, desired, changes).expect("it can be written");
        keep(directory).expect("it can be kept");
    }

    fn kept(directory: &Path) -> Vec<u32> {
        let history = history(directory).expect("it can be read");
        history.entries.iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn the_last_states_are_kept_and_no_number_comes_twice() {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        assert_eq!(history(directory).expect("it can be read"), History::default());
        assert_eq!(last(directory).expect("it can be read"), Err(NotKept::Never));
        keep(directory).expect("there is nothing to keep");
        let states = states();
        for round in 1..=12 {
            keep_one(directory, &states[round % 2], round);
        }
        // One that was taken back leaves no trace.
        propose(directory, &states[1], 0).expect("it can be written");
        discard(directory).expect("it can be forgotten");
        keep(directory).expect("there is nothing to keep");
        assert_eq!(kept(directory), Vec::from_iter(3..=12));
        let (entry, desired) = last(directory).expect("it can be read").expect("a state");
        assert_eq!((entry.number, entry.changes, &desired), (12, 12, &states[0]));
        assert_eq!(state(directory, 11).expect("it can be read"), states[1]);
        assert!(state(directory, 2).is_err());
    }

    #[test]
    fn a_state_that_is_the_last_already_is_not_kept_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let [one, other] = &states();
        for state in [one, one, other, other, one] {
            keep_one(directory.path(), state, 1);
        }
        assert_eq!(kept(directory.path()), [1, 2, 3]);
    }

    #[test]
    fn what_another_version_has_kept_is_left_alone_and_told_of() {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let [one, other] = &states();
        keep_one(directory, one, 1);
        keep_one(directory, other, 1);
        let newer =
            fs::read_to_string(file(directory, 2)).expect("a file").replace("\"format\":1", "\"format\":99");
        fs::write(file(directory, 2), newer).expect("a file");
        // Before there were forms, a state had two files.
        fs::write(directory.join("history/3.state.json"), "{}").expect("a file");
        fs::write(directory.join("history/3.entry.json"), "{\"number\":3}").expect("a file");
        assert_eq!(kept(directory), [1]);
        assert_eq!(history(directory).expect("it can be read").unreadable, [2, 3]);
        let missing = last(directory).expect("it can be read");
        assert!(matches!(missing, Err(NotKept::Unreadable { number: 3, .. })), "{missing:?}");
        let refused = state(directory, 2).expect_err("it can't be read").to_string();
        assert!(refused.contains("form 99") && refused.contains("form 1"), "{refused}");
        keep_one(directory, one, 1);
        assert_eq!(kept(directory), [1, 4]);
    }

    #[test]
    fn half_a_file_is_no_state() {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        keep_one(directory, &states()[1], 1);
        let whole = fs::read(file(directory, 1)).expect("a file");
        for length in 0..whole.len() {
            fs::write(file(directory, 1), &whole[..length]).expect("a file");
            let found = last(directory).expect("it can be read");
            assert!(matches!(found, Err(NotKept::Unreadable { number: 1, .. })), "{length}: {found:?}");
        }
    }
}
