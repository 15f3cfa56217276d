//! The command `rosc`.

use clap::Parser;
use rosc::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    rosc::commands::run(&Cli::parse()).into()
}
