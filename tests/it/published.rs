//! Published files of the language. They are other people's and no part of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder of them, or a line why there is nothing to read.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("ROSC_CORPUS").map_or(beside, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: no folder {}; set ROSC_CORPUS to a folder of RouterOS files", folder.display());
    None
}

/// What routers' consoles told of their commands, a row a line, or a line why there is nothing to read.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn console_inspection() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/routeros-commands.tsv");
    let table = std::env::var_os("ROSC_INSPECTION").map_or(beside, PathBuf::from);
    if table.is_file() {
        return Some(table);
    }
    println!("SKIPPED: no table {}; set ROSC_INSPECTION to one of RouterOS's commands", table.display());
    None
}

/// The scripts of a folder, sorted by name.
///
/// # Panics
/// If there are none.
pub(crate) fn scripts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rsc"));
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no scripts", folder.display());
    paths
}
