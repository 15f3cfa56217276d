//! The command `rosc`.

use clap::Parser;
use rosc::cli::Cli;
use rosc::commands;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => commands::run(&cli).into(),
        // Clap itself would exit with 2, which says that differences were found.
        Err(error) => commands::usage(&error).into(),
    }
}
