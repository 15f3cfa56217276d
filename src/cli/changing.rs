//! The command lines that bring the machine to another state, or tell of those that it was in.

use super::{Format, Lowering, Version, values};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// `apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Files with RouterOS commands: an export, a script, a pasted terminal session.
    #[arg(required_unless_present = "remove", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The version of RouterOS that they are written for, where they don't tell.
    #[arg(long, value_enum, value_name = "VERSION")]
    pub routeros: Option<Version>,
    /// Makes it an error if something is not carried over.
    #[arg(long)]
    pub strict: bool,
    /// Takes away all that rosc has made on this machine, and nothing else.
    #[arg(long, conflicts_with_all = ["files", "routeros", "strict", "no_merge"])]
    pub remove: bool,
    /// How to lower it.
    #[command(flatten)]
    pub lowering: Lowering,
    /// How to change the machine.
    #[command(flatten)]
    pub changing: Changing,
}

/// How to change the machine.
#[derive(Debug, Args)]
pub struct Changing {
    /// Shows the plan and changes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Takes over routes and addresses that others have made, where they stand in the place of what is asked for.
    ///
    /// From then on they are rosc's: another apply changes them, and --remove takes them away. A run that fails gives them
    /// back. What has properties that could not be put back stays in the way.
    #[arg(long)]
    pub adopt: bool,
    /// Leaves for later what needs devices that are not there, and makes the rest.
    ///
    /// What waits is listed. Another apply makes it once the device is there. Otherwise a missing device is an error.
    #[arg(long)]
    pub skip_missing: bool,
    /// Takes the change back unless it is confirmed in this time, in seconds or as in 90s or 5m.
    ///
    /// It is confirmed by `rosc confirm`, or by Enter on the terminal of this run. A process of its own takes it back, so
    /// it does not matter what becomes of this run, of the terminal or of the connection.
    #[arg(long, value_name = "TIME", value_parser = values::time, conflicts_with = "dry_run")]
    pub confirm: Option<Duration>,
    /// Over ssh, makes a change that could cut off the session without waiting for anybody to confirm it.
    ///
    /// Without this and --confirm, such a change is taken back after 60 seconds unless it is confirmed on the terminal, and
    /// refused where there is none.
    #[arg(long, conflicts_with = "confirm")]
    pub no_confirm: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Where rosc keeps its undo journal and former kernel settings.
    #[arg(long, value_name = "DIR", env = "ROSC_STATE_DIR", default_value = DEFAULT_STATE_DIR)]
    pub state_dir: PathBuf,
}

/// `confirm`.
#[derive(Debug, Args)]
pub struct ConfirmArgs {
    /// Where rosc keeps its undo journal and former kernel settings.
    #[arg(long, value_name = "DIR", env = "ROSC_STATE_DIR", default_value = DEFAULT_STATE_DIR)]
    pub state_dir: PathBuf,
}

/// `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Shows what changed from the state before to the one of this number.
    #[arg(value_name = "NUMBER")]
    pub number: Option<u32>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Where rosc keeps its undo journal and former kernel settings.
    #[arg(long, value_name = "DIR", env = "ROSC_STATE_DIR", default_value = DEFAULT_STATE_DIR)]
    pub state_dir: PathBuf,
}

/// `rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The state, by its number in rosc history.
    #[arg(value_name = "NUMBER")]
    pub number: Option<u32>,
    /// How to change the machine.
    #[command(flatten)]
    pub changing: Changing,
}

/// `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Files with RouterOS commands, for a machine where no state is kept.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The version of RouterOS that they are written for, where they don't tell.
    #[arg(long, value_enum, value_name = "VERSION")]
    pub routeros: Option<Version>,
    /// Makes it an error if something in the files is not carried over.
    #[arg(long)]
    pub strict: bool,
    /// How to lower the files.
    #[command(flatten)]
    pub lowering: Lowering,
    /// Shows the plan and changes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Where rosc keeps the states, its undo journal and former kernel settings.
    #[arg(long, value_name = "DIR", env = "ROSC_STATE_DIR", default_value = DEFAULT_STATE_DIR)]
    pub state_dir: PathBuf,
}

/// `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Where rosc keeps its undo journal and former kernel settings.
    #[arg(long, value_name = "DIR", env = "ROSC_STATE_DIR", default_value = DEFAULT_STATE_DIR)]
    pub state_dir: PathBuf,
}

/// Where the journal, the history and the record of former settings are by default.
pub const DEFAULT_STATE_DIR: &str = "/var/lib/rosc";
