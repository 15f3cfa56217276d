//! The source table: the only place that turns an [`Origin`] into file, line and column.

mod encoding;
mod imports;
mod kept;
mod printable;
mod secrets;

pub use encoding::Encoding;
pub use imports::{Disk, ImportError, Imports, MOST_IMPORTED};
pub use printable::{on_one_line, printable, printable_json};
pub use secrets::{HIDDEN, is_sensitive};

use imports::Imported;
use kept::Kept;
use rosc_grammar::ast::Span;
use rosc_target::Origin;
use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// All texts of one run, in the order in which they were given.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Arc<SourceFile>>,
    imports: Option<Box<dyn Imports>>,
    imported: Imported,
    kept: Kept,
}

/// A file's place in [`Sources`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileId(u32);

/// One text with its name.
#[derive(Debug)]
pub struct SourceFile {
    name: String,
    text: String,
    encoding: Encoding,
    line_starts: OnceLock<Vec<u32>>,
    /// How many characters begin in front of each block of the text.
    characters: OnceLock<Vec<u32>>,
    /// The text for a terminal; `None` inside if it is the text itself.
    printable: OnceLock<Option<Box<str>>>,
}

/// A place as people count it: lines and columns from 1, columns in characters; the end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file as it was named on the command line.
    pub file: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column behind the last character.
    pub end_column: u32,
}

impl Sources {
    /// Reads a file, or standard input for `-`.
    ///
    /// Text that is not UTF-8 is read as Windows-1252, RouterOS's own code page; UTF-16 with a byte order mark
    /// is understood too. Files of 4 GiB and more are refused, because spans count in 32 bits.
    pub fn read(&mut self, path: &Path) -> io::Result<FileId> {
        let bytes = if path == Path::new("-") {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            bytes
        } else {
            fs::read(path)?
        };
        let (text, encoding) = decoded(bytes)?;
        Ok(self.push(path.display().to_string(), text, encoding))
    }

    /// Adds a text under a name.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.push(name.into(), text.into(), Encoding::Utf8)
    }

    fn push(&mut self, name: String, text: String, encoding: Encoding) -> FileId {
        self.files.push(Arc::new(SourceFile::new(name, text, encoding)));
        FileId(u32::try_from(self.files.len() - 1).expect("fewer files than u32 counts"))
    }

    /// Keeps a text that a script has made, such as a script, for as long as the sources are there. It is in no file and
    /// has no places: what is said of it is said of the command that made it.
    pub fn keep(&self, text: String) -> &str {
        self.kept.keep(text)
    }

    /// The files that were given, in order; those that scripts import are not among them.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.files.len()).expect("fewer files than u32 counts")).map(FileId)
    }

    /// The file itself.
    pub fn file(&self, id: FileId) -> &Arc<SourceFile> {
        self.imported.get(id).unwrap_or_else(|| &self.files[id.0 as usize])
    }

    /// The origin of a span of a file.
    pub fn origin(&self, id: FileId, span: Span) -> Origin {
        Origin { file: id.0 + 1, start: span.start, end: span.end }
    }

    /// The file that an origin lies in; `None` for what no line asked for.
    pub fn file_of(&self, origin: Origin) -> Option<&Arc<SourceFile>> {
        let id = origin.file.checked_sub(1)?;
        self.files.get(id as usize).or_else(|| self.imported.get(FileId(id)))
    }

    /// The text of an origin as written; empty for what no line asked for.
    pub fn slice(&self, origin: Origin) -> &str {
        self.file_of(origin).map_or("", |file| &file.text[origin.start as usize..origin.end as usize])
    }

    /// File, line and column; `None` for what no line asked for.
    pub fn locate(&self, origin: Origin) -> Option<Location> {
        let file = self.file_of(origin)?;
        let (line, column) = file.line_and_column(origin.start);
        let (end_line, end_column) = file.line_and_column(origin.end);
        Some(Location { file: file.name.clone(), line, column, end_line, end_column })
    }

    /// `file:line` for listings; `default` for what no line asked for.
    pub fn place(&self, origin: Origin) -> String {
        self.locate(origin).map_or_else(|| "default".to_owned(), |at| format!("{}:{}", at.file, at.line))
    }
}

/// The text of a file.
fn decoded(bytes: Vec<u8>) -> io::Result<(String, Encoding)> {
    let (text, encoding) = encoding::decode(bytes);
    if u32::try_from(text.len()).is_err() {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file has 4 GiB or more"));
    }
    Ok((text, encoding))
}

impl SourceFile {
    fn new(name: String, text: String, encoding: Encoding) -> Self {
        Self {
            name,
            text,
            encoding,
            line_starts: OnceLock::new(),
            characters: OnceLock::new(),
            printable: OnceLock::new(),
        }
    }

    /// The name as given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The decoded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the file was written.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The text with nothing in it that would steer a terminal, and without secrets; offsets are the same. Made when
    /// first asked for.
    pub fn printable(&self) -> &str {
        let made = self.printable.get_or_init(|| match secrets::masked(printable(&self.text)) {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text.into()),
        });
        made.as_deref().unwrap_or(&self.text)
    }

    /// The text with a star for each byte of a secret.
    pub fn without_secrets(&self) -> Cow<'_, str> {
        secrets::masked(Cow::Borrowed(&self.text))
    }

    /// Offsets at which the lines start; made once, when the first place is asked for.
    pub fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let line_ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            let offset = |at: usize| u32::try_from(at + 1).expect("texts are below 4 GiB");
            std::iter::once(0).chain(line_ends.map(offset)).collect()
        })
    }

    /// Line and column of an offset, both from 1.
    pub fn line_and_column(&self, offset: u32) -> (u32, u32) {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset) - 1;
        let count = |n: usize| u32::try_from(n).expect("texts are below 4 GiB");
        (count(line + 1), self.characters_before(offset) - self.characters_before(starts[line]) + 1)
    }

    /// How many characters begin in front of an offset. Counted by blocks, since a line may be as long as its file.
    fn characters_before(&self, offset: u32) -> u32 {
        const BLOCK: usize = 4096;
        let begins = |byte: &&u8| !matches!(byte, 0x80..=0xbf);
        let count =
            |bytes: &[u8]| u32::try_from(bytes.iter().filter(begins).count()).expect("texts are below 4 GiB");
        let text = self.text.as_bytes();
        let blocks = self.characters.get_or_init(|| {
            let sum = |sum: &mut u32, block| {
                let before = *sum;
                *sum += count(block);
                Some(before)
            };
            text.chunks(BLOCK).scan(0, sum).collect()
        });
        let block = offset as usize / BLOCK;
        let all = || blocks.last().map_or(0, |before| before + count(&text[(blocks.len() - 1) * BLOCK..]));
        let before = blocks.get(block).copied().unwrap_or_else(all);
        before + count(&text[(block * BLOCK).min(text.len())..offset as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, start: u32, end: u32) -> (u32, u32, u32, u32) {
        let mut sources = Sources::default();
        let file = sources.add("edge.rsc", text);
        let at = sources.locate(sources.origin(file, Span { start, end })).expect("a place in a file");
        (at.line, at.column, at.end_line, at.end_column)
    }

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        assert_eq!(place("a\nbé=1\n", 2, 5), (2, 1, 2, 3));
        assert_eq!(place("a\nbé=1\n", 5, 7), (2, 3, 2, 5));
    }

    #[test]
    fn an_end_at_the_end_of_the_text_has_a_place() {
        assert_eq!(place("a\n", 0, 2), (1, 1, 2, 1));
    }

    #[test]
    fn what_no_line_asked_for_has_no_place() {
        let sources = Sources::default();
        assert_eq!(sources.locate(Origin::IMPLIED), None);
        assert_eq!(sources.place(Origin::IMPLIED), "default");
    }
}
