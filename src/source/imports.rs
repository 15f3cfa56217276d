//! The files that scripts import: how they are named, and who reads them.

use super::{FileId, SourceFile, Sources, decoded};
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The most files that the scripts of a run may import. A file that is imported twice counts once.
pub const MOST_IMPORTED: usize = 256;

/// The numbers of imported files begin here, so that files given later do not move them.
const FIRST: u32 = 1 << 31;

/// Reads the files that scripts import. The compiler asks it while a script runs, so that a test can give files from
/// memory.
pub trait Imports: fmt::Debug + Send + Sync {
    /// The bytes of a file in a folder or below it. The folder is written as the importing file is; empty, it is the
    /// current one. No part of `name` leads upwards.
    ///
    /// # Errors
    /// If there is no such file, or if it lies elsewhere because of a link.
    fn read(&self, folder: &Path, name: &Path) -> Result<Vec<u8>, ImportError>;
}

/// Why a file is not imported.
#[derive(Debug)]
pub enum ImportError {
    /// Its name, or a link, leads out of the folder of the importing file.
    Outside,
    /// The importing text comes from standard input, which lies in no folder.
    NoFolder,
    /// More than [`MOST_IMPORTED`] files.
    TooMany,
    /// There is no such file.
    Missing,
    /// It can't be read.
    Unreadable(io::Error),
}

impl From<io::Error> for ImportError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(error),
        }
    }
}

/// Files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Imports for Disk {
    fn read(&self, folder: &Path, name: &Path) -> Result<Vec<u8>, ImportError> {
        let here = if folder == Path::new("") { Path::new(".") } else { folder };
        let folder = fs::canonicalize(here)?;
        let file = fs::canonicalize(folder.join(name))?;
        if !file.starts_with(&folder) {
            return Err(ImportError::Outside);
        }
        // A pipe would be waited for, and a device has no end.
        if !fs::metadata(&file)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file").into());
        }
        Ok(fs::read(file)?)
    }
}

/// Imported files, added while the sources are borrowed.
#[derive(Debug)]
pub(super) struct Imported {
    files: Box<[OnceLock<Arc<SourceFile>>]>,
}

impl Default for Imported {
    fn default() -> Self {
        Self { files: (0..MOST_IMPORTED).map(|_| OnceLock::new()).collect() }
    }
}

impl Imported {
    /// The file of a number; `None` if it is no imported one.
    pub(super) fn get(&self, id: FileId) -> Option<&Arc<SourceFile>> {
        self.files.get(id.0.checked_sub(FIRST)? as usize)?.get()
    }

    fn all(&self) -> impl Iterator<Item = (FileId, &Arc<SourceFile>)> {
        let files = (FIRST..).map(FileId).zip(&self.files);
        files.map_while(|(id, file)| file.get().map(|file| (id, file)))
    }

    fn add(&self, mut file: Arc<SourceFile>) -> Result<FileId, ImportError> {
        for (id, place) in (FIRST..).map(FileId).zip(&self.files) {
            match place.set(file) {
                Ok(()) => return Ok(id),
                Err(back) => file = back,
            }
        }
        Err(ImportError::TooMany)
    }
}

impl Sources {
    /// Lets scripts import files. Without this, there are none to import but those that are given.
    #[must_use]
    pub fn importing(self, imports: impl Imports + 'static) -> Self {
        Self { imports: Some(Box::new(imports)), ..self }
    }

    /// The file that a script calls by this name: in the folder of the importing file, or below it. A file is read
    /// once.
    ///
    /// # Errors
    /// If it can't be read, or lies elsewhere.
    pub fn import(&self, by: FileId, name: &str) -> Result<FileId, ImportError> {
        let importing = Path::new(self.file(by).name());
        if importing == Path::new("-") {
            return Err(ImportError::NoFolder);
        }
        let name = below(Path::new(name)).ok_or(ImportError::Outside)?;
        let folder = importing.parent().unwrap_or(Path::new(""));
        let path = folder.join(&name);
        let given = self.ids().map(|id| (id, self.file(id)));
        let mut known = given.chain(self.imported.all());
        if let Some((id, _)) = known.find(|(_, file)| parts(Path::new(file.name())).eq(parts(&path))) {
            return Ok(id);
        }
        let Some(imports) = &self.imports else {
            return Err(io::Error::from(io::ErrorKind::NotFound).into());
        };
        let (text, encoding) = decoded(imports.read(folder, &name)?)?;
        let file = SourceFile::new(path.display().to_string(), text, encoding);
        self.imported.add(Arc::new(file))
    }
}

/// A name that stays below the folder that it begins in.
fn below(name: &Path) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path).filter(|path| path.file_name().is_some())
}

/// The parts of a path that say something: `./a.rsc` is `a.rsc`.
fn parts(path: &Path) -> impl Iterator<Item = &OsStr> {
    path.components().filter(|component| *component != Component::CurDir).map(Component::as_os_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_upwards() {
        assert_eq!(below(Path::new("flash/./x.rsc")), Some(PathBuf::from("flash/x.rsc")));
        for name in ["", ".", "/etc/x.rsc", "../x.rsc", "a/../../x.rsc", "a/../x.rsc"] {
            assert_eq!(below(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn a_given_file_is_not_read_again() {
        let mut sources = Sources::default();
        let edge = sources.add("./sites/edge.rsc", "");
        let lists = sources.add("sites/lists.rsc", "");
        assert_eq!(sources.import(edge, "lists.rsc").ok(), Some(lists));
        assert!(matches!(sources.import(edge, "other.rsc"), Err(ImportError::Missing)));
    }
}
