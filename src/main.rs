//! The command `rosc`.

use rosc::cli::Cli;
use rosc::commands;
use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::read(env::args_os()) {
        Ok(cli) => commands::run(&cli).into(),
        // Clap itself would exit with 2, which says that differences were found.
        Err(error) => commands::usage(&error, env::args_os()).into(),
    }
}
