//! `rosc fmt`.

use super::Outcome;
use super::output::{Output, unreadable_file};
use crate::cli::{FmtArgs, Format};
use crate::diagnostic::{Code, Diagnostic, has_errors, json};
use crate::script::syntax_diagnostic;
use crate::source::{Encoding, FileId, Sources};
use rosc_grammar::NotFormatted;
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Standard input, whose formatted text goes to standard output.
const STDIN: &str = "-";

pub(super) fn run(args: &FmtArgs, output: &Output) -> Outcome {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let mut scripts = Vec::new();
    for path in &args.files {
        match Script::read(path, &mut sources) {
            Ok(script) => scripts.push(script),
            Err(found) => diagnostics.extend(found),
        }
    }
    if !args.check {
        diagnostics.extend(scripts.iter().filter_map(|script| script.write(output).err()));
    }
    match args.format {
        Format::Json => output.print_json(&Document::new(&diagnostics, &scripts, &sources)),
        Format::Human => {
            output.diagnostics(&diagnostics, &sources);
            let did = if args.check { "would be formatted" } else { "formatted" };
            let is_told = |script: &&Script| script.is_changed && (args.check || !script.is_stdin());
            for script in scripts.iter().filter(is_told) {
                output.remark(&format!("{}: {did}", script.path.display()));
            }
        }
    }
    match (has_errors(&diagnostics), args.check && scripts.iter().any(|script| script.is_changed)) {
        (true, _) => Outcome::Errors,
        (false, true) => Outcome::Differences,
        (false, false) => Outcome::Fine,
    }
}

/// A file, formatted.
struct Script {
    path: PathBuf,
    formatted: String,
    encoding: Encoding,
    is_changed: bool,
}

impl Script {
    fn read(path: &Path, sources: &mut Sources) -> Result<Self, Vec<Diagnostic>> {
        let file = sources.read(path).map_err(|error| vec![unreadable_file(path, &error)])?;
        let source = sources.file(file);
        let (text, encoding) = (source.text(), source.encoding());
        let formatted = rosc_grammar::format(text).map_err(|why| not_formatted(why, sources, file))?;
        let is_changed = formatted != text || encoding == Encoding::Utf16;
        Ok(Self { path: path.to_owned(), formatted, encoding, is_changed })
    }

    fn is_stdin(&self) -> bool {
        self.path == Path::new(STDIN)
    }

    fn write(&self, output: &Output) -> Result<(), Diagnostic> {
        if self.is_stdin() {
            output.print_exact(&self.formatted);
            return Ok(());
        }
        if !self.is_changed {
            return Ok(());
        }
        replace(&self.path, &self.encoding.encode(&self.formatted)).map_err(|error| {
            let message = format!("{} can't be written: {error}", self.path.display());
            Diagnostic::new(Code::UnwritableFile, message)
        })
    }
}

/// Replaces a file as a whole, so that nobody ever finds a part of it. A link goes on pointing to the same file.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut new = tempfile::NamedTempFile::new_in(directory)?;
    new.write_all(bytes)?;
    fs::set_permissions(new.path(), fs::metadata(&path)?.permissions())?;
    new.persist(&path)?;
    Ok(())
}

fn not_formatted(why: NotFormatted, sources: &Sources, file: FileId) -> Vec<Diagnostic> {
    match why {
        NotFormatted::Syntax(errors) => {
            errors.iter().map(|error| syntax_diagnostic(error, sources, file)).collect()
        }
        NotFormatted::Session(place) => {
            let diagnostic = Diagnostic::new(Code::SessionNotFormatted, "a terminal session is no script")
                .label(sources.origin(file, place), "shown by a terminal")
                .help("rosc show script prints the commands that are in it");
            vec![diagnostic]
        }
    }
}

/// The JSON document.
#[derive(Debug, Serialize)]
struct Document {
    #[serde(flatten)]
    diagnostics: json::Document,
    files: Vec<FileDocument>,
}

#[derive(Debug, Serialize)]
struct FileDocument {
    file: String,
    /// Whether the file is not, or was not, in the canonical style.
    changed: bool,
}

impl Document {
    fn new(diagnostics: &[Diagnostic], scripts: &[Script], sources: &Sources) -> Self {
        let file = |script: &Script| FileDocument {
            file: script.path.display().to_string(),
            changed: script.is_changed,
        };
        Self { diagnostics: json::document(diagnostics, sources), files: scripts.iter().map(file).collect() }
    }
}
