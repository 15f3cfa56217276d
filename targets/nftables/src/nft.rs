//! Running the program `nft`, which inherits the calling thread's network namespace.
//!
//! The crate `nftables` has a function for it, but that one leaves nft's messages on our own standard error
//! instead of returning them.

use crate::kernel;
use rosc_target::TargetError;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;

/// The program, and what it was found to be.
#[derive(Debug, Clone)]
pub(crate) struct Nft {
    program: OsString,
    version: Option<Version>,
}

/// A version of nft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32, u32);

/// The oldest version that the tests have been run with.
const OLDEST: Version = Version(1, 0, 6);

/// What nft made of what it was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done, and this was printed.
    Done(String),
    /// It was not done, for the reasons that stand here as nft printed them.
    Refused(String),
    /// nft was killed by a signal; this says by which.
    Crashed(String),
}

/// Whether commands are carried out or only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In one transaction.
    Apply,
    /// The kernel is asked as well, but nothing changes.
    Check,
}

impl Nft {
    /// The program of that name or path.
    pub(crate) fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), version: None }
    }

    /// Makes sure, once, that there is an nft that is new enough.
    pub(crate) fn require(&mut self) -> Result<(), TargetError> {
        if self.version.is_some() {
            return Ok(());
        }
        let printed = match self.run(&["--version"], Vec::new())? {
            Outcome::Done(printed) => printed,
            Outcome::Refused(message) | Outcome::Crashed(message) => return Err(self.error(None, message)),
        };
        let version = Version::parse(&printed).ok_or_else(|| {
            let first = printed.lines().next().unwrap_or_default();
            self.error(None, format!("it calls itself {first:?} instead of a version of nftables"))
        })?;
        if version < OLDEST {
            return Err(self.error(None, format!("version {version} is too old: {OLDEST} is needed")));
        }
        self.version = Some(version);
        Ok(())
    }

    /// Lists one table as JSON, with numbers instead of the names that depend on files of the machine.
    pub(crate) fn list_table(&self, family: &str, table: &str) -> Result<Outcome, TargetError> {
        self.run(&["--json", "--numeric", "list", "table", family, table], Vec::new())
    }

    /// Lists one table as JSON without the elements of its named sets.
    ///
    /// nft 1.0.6 reads these elements nevertheless, unless it is to list everything of a family: `alone` says that the
    /// family has no other table.
    pub(crate) fn list_table_tersely(
        &self,
        family: &str,
        table: &str,
        alone: bool,
    ) -> Result<Outcome, TargetError> {
        let options = ["--json", "--numeric", "--terse", "list"];
        let what: &[&str] = if alone { &["ruleset", family] } else { &["table", family, table] };
        self.run(&[&options, what].concat(), Vec::new())
    }

    /// Gives nft commands in JSON, each a complete object.
    ///
    /// Where a rule is placed by the handle of another one, nft 1.0.6 reads all rules of all tables, but not
    /// the elements of their sets, and then crashes on a set of `dscp` values in any of them. If it has to
    /// list something as well, it reads the elements too. So that is tried when it has crashed without doing
    /// anything.
    pub(crate) fn load<'a, I>(&self, mode: Mode, commands: I) -> Result<Outcome, TargetError>
    where
        I: IntoIterator<Item = &'a str>,
        I::IntoIter: Clone,
    {
        const LIST_LITTLE: &str = r#"{"list":{"counters":null}}"#;
        let arguments: &[&str] = match mode {
            Mode::Apply => &["--json", "--file", "-"],
            Mode::Check => &["--check", "--json", "--file", "-"],
        };
        let commands = commands.into_iter();
        let before = kernel::generation();
        let outcome = self.run(arguments, document(commands.clone()))?;
        match (&outcome, before, kernel::generation()) {
            (Outcome::Crashed(_), Ok(before), Ok(after)) if before == after => {
                self.run(arguments, document(std::iter::once(LIST_LITTLE).chain(commands)))
            }
            _ => Ok(outcome),
        }
    }

    fn run(&self, arguments: &[&str], input: Vec<u8>) -> Result<Outcome, TargetError> {
        let cannot_run = |error: io::Error| {
            let message = match error.kind() {
                io::ErrorKind::NotFound => "it is not installed; the package is called nftables".to_owned(),
                _ => format!("it can't be run: {error}"),
            };
            self.error(error.raw_os_error(), message)
        };
        let mut child = Command::new(&self.program)
            .args(arguments)
            .env("LC_ALL", "C")
            // nft lists times of the day in its zone, and the kernel knows only UTC.
            .env("TZ", "UTC0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(cannot_run)?;
        let stdin = child.stdin.take();
        let output = thread::scope(|scope| {
            // nft may print before it has read everything, so reading and writing must not wait for each
            // other.
            scope.spawn(move || {
                if let Some(mut stdin) = stdin {
                    // A write fails only if nft has ended, and then its exit status says why.
                    let _nft_has_ended = stdin.write_all(&input);
                }
            });
            child.wait_with_output()
        });
        let output = output.map_err(cannot_run)?;
        if output.status.success() {
            return Ok(Outcome::Done(lossy(output.stdout)));
        }
        let ending = format!("nft ended with {}", output.status);
        if output.status.signal().is_some() {
            return Ok(Outcome::Crashed(ending));
        }
        let message = lossy(output.stderr);
        Ok(Outcome::Refused(if message.trim().is_empty() { ending } else { message }))
    }

    /// Returns an error of the program itself, for which no object is to blame.
    pub(crate) fn error(&self, errno: Option<i32>, message: String) -> TargetError {
        TargetError {
            origin: None,
            operation: "run",
            object: self.program.to_string_lossy().into_owned(),
            errno,
            message,
        }
    }
}

fn document<'a>(commands: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut document = b"{\"nftables\":[".to_vec();
    for (index, command) in commands.enumerate() {
        document.extend_from_slice(if index == 0 { b"" } else { b"," });
        document.extend_from_slice(command.as_bytes());
    }
    document.extend_from_slice(b"]}");
    document
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

impl Version {
    /// Reads `nftables v1.0.6 (Lester Gooch #5)`.
    fn parse(printed: &str) -> Option<Self> {
        let word = printed.split_whitespace().find_map(|word| word.strip_prefix('v'))?;
        let mut numbers = word.split('.').map(|number| number.parse().ok());
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch = match numbers.next() {
            Some(number) => number?,
            None => 0,
        };
        Some(Self(major, minor, patch))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared_as_numbers() {
        assert_eq!(Version::parse("nftables v1.0.6 (Lester Gooch #5)\n"), Some(Version(1, 0, 6)));
        assert_eq!(Version::parse("nftables v1.1 (x)"), Some(Version(1, 1, 0)));
        assert!(Version(1, 0, 10) > Version(1, 0, 9));
        assert_eq!(Version::parse("v1.x"), None);
        assert_eq!(Version::parse(""), None);
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Nft::new("/nonexistent/nft").require().unwrap_err();
        assert!(error.to_string().starts_with("run /nonexistent/nft: it is not installed"), "{error}");
    }

    #[test]
    fn a_program_that_cannot_be_executed_is_named() {
        let error = Nft::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).require().unwrap_err();
        assert!(error.to_string().contains("Cargo.toml: it can't be run: Permission denied"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_nft_is_not_taken_for_it() {
        let error = Nft::new("true").require().unwrap_err();
        assert!(error.to_string().starts_with("run true: it calls itself \""), "{error}");
    }
}
