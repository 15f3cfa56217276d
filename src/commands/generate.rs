//! `rosc generate`: manual pages and completions, made of the same words as `--help`.

use super::Outcome;
use super::output::Output;
use crate::cli::{Cli, Generated};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Sources;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::fs;
use std::io;
use std::path::Path;

/// The commands of users.
const SECTION: &str = "1";

pub(super) fn run(generated: &Generated, output: &Output) -> Outcome {
    let command = visible();
    match generated {
        Generated::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command.clone(), "rosc", &mut script);
            output.print(&String::from_utf8_lossy(&script));
            Outcome::Fine
        }
        Generated::Man { directory } => match pages(command, directory) {
            Ok(()) => Outcome::Fine,
            Err(error) => {
                let message = format!("could not write to {}: {error}", directory.display());
                let diagnostic = Diagnostic::new(Code::UnwritableFile, message);
                output.diagnostics(&[diagnostic], &Sources::default());
                Outcome::Errors
            }
        },
    }
}

/// The command line without what users do not call.
fn visible() -> Command {
    let all = Cli::command();
    let shown = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let mut command = Command::new("rosc").version(env!("CARGO_PKG_VERSION")).subcommand_required(true);
    command = command.about(all.get_about().cloned().unwrap_or_default());
    command = command.long_about(all.get_long_about().cloned().unwrap_or_default());
    command.args(all.get_arguments().cloned()).subcommands(shown)
}

/// Writes a page for the command and one for each below it.
fn pages(command: Command, directory: &Path) -> io::Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let names: Vec<String> =
        command.get_subcommands().map(|below| format!("rosc-{}", below.get_name())).collect();
    fs::create_dir_all(directory)?;
    let overview = ["rosc".to_owned()];
    fs::write(directory.join("rosc.1"), page(command.clone(), "rosc", &names)?)?;
    for (below, name) in command.get_subcommands().zip(&names) {
        fs::write(directory.join(format!("{name}.{SECTION}")), page(below.clone(), name, &overview)?)?;
    }
    Ok(())
}

fn page(command: Command, name: &str, see_also: &[String]) -> io::Result<Vec<u8>> {
    let has_commands = command.has_subcommands();
    let man = Man::new(command).section(SECTION);
    // Without a date, so that the same source makes the same page; clap would leave its place out, too.
    let (title, version) = (name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    let mut text = format!(".TH {title} {SECTION} \"\" \"rosc {version}\" \"User Commands\"\n").into_bytes();
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_commands {
        man.render_subcommands_section(&mut text)?;
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let last = see_also.len().saturating_sub(1);
    for (index, other) in see_also.iter().enumerate() {
        let after = if index == last { "" } else { "," };
        roff.text([bold(other.as_str()), roman(format!("({SECTION}){after}"))]);
    }
    roff.to_writer(&mut text)?;
    Ok(text)
}
