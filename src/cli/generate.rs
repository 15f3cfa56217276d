//! The command line that makes what packages install beside the command.

use clap::Subcommand;
use clap_complete::Shell;
use std::path::PathBuf;

/// What is made of the command line as clap knows it.
#[derive(Debug, Subcommand)]
pub enum Generated {
    /// A manual page of rosc and of each of its commands.
    Man {
        /// The directory to write them to.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// What a shell completes command lines by, to standard output.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}
