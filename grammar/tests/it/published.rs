//! Published files of the language. They are other people's and no part of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns a folder of the corpus, or says why the test has nothing to read.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("ROSC_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"), PathBuf::from);
    let folder = corpus.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: no folder {}; set ROSC_CORPUS to a folder of RouterOS files", folder.display());
    None
}

/// Returns the scripts of a folder. Bytes that are no UTF-8 are replaced, as a reader of files would.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rsc"));
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no scripts", folder.display());
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).expect("the file can be read");
        (path, String::from_utf8_lossy(&bytes).into_owned())
    };
    paths.into_iter().map(read).collect()
}
