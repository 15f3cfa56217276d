//! Finding the command that made nft refuse a transaction.
//!
//! nft 1.0.6 gives every error in JSON the place `internal:0:0-0`. But it can try commands without carrying
//! them out, and a list of commands is refused from its first bad one on. So the place is found by halving.

use crate::command::Command;
use crate::nft::{Mode, Nft, Outcome};
use rosc_target::TargetError;
use std::io;

/// Returns the error for commands that nft refused with a message.
pub(crate) fn explain(nft: &Nft, commands: &[Command<'_>], message: &str) -> TargetError {
    match first_refused(nft, commands) {
        Ok(Some((command, message))) => error(Some(command), &message),
        // The refusal does not come back, or nft can't be run any more: then nothing is to blame for certain.
        Ok(None) | Err(_) => error(None, message),
    }
}

/// Returns the first command with which the list is refused, and why.
fn first_refused<'c, 'a>(
    nft: &Nft,
    commands: &'c [Command<'a>],
) -> Result<Option<(&'c Command<'a>, String)>, TargetError> {
    let check = |count: usize| nft.load(Mode::Check, commands[..count].iter().map(|c| c.json.as_str()));
    let mut message = match check(commands.len())? {
        Outcome::Done(_) => return Ok(None),
        Outcome::Refused(message) | Outcome::Crashed(message) => message,
    };
    let (mut accepted, mut refused) = (0, commands.len());
    while refused - accepted > 1 {
        let middle = accepted.midpoint(refused);
        match check(middle)? {
            Outcome::Done(_) => accepted = middle,
            Outcome::Refused(reason) | Outcome::Crashed(reason) => (refused, message) = (middle, reason),
        }
    }
    Ok(commands.get(accepted).map(|command| (command, message)))
}

fn error(command: Option<&Command<'_>>, message: &str) -> TargetError {
    let message = readable(message);
    TargetError {
        origin: command.and_then(|command| command.subject.origin()),
        operation: command.map_or("apply", |command| command.operation),
        object: command.map_or("nftables".to_owned(), |command| command.subject.describe()),
        errno: errno(&message),
        message,
    }
}

/// Longer messages are cut: nft echoes all of its input if that is no JSON.
const MAX_LENGTH: usize = 300;

/// Returns the first reason in nft's messages, without the place that it does not know.
pub(crate) fn readable(message: &str) -> String {
    let reason = |line: &str| line.split_once("Error: ").map(|(_, reason)| reason.trim().to_owned());
    let first = message.lines().find_map(reason).unwrap_or_else(|| message.trim().to_owned());
    let first = first.strip_prefix("Could not process rule: ").unwrap_or(&first);
    first.chars().take(MAX_LENGTH).collect()
}

/// The greatest error number of Linux, `EHWPOISON`.
const LAST_ERRNO: i32 = 133;

/// nft prints the kernel's error number only as a text.
fn errno(message: &str) -> Option<i32> {
    (1..=LAST_ERRNO).find(|&errno| {
        let text = io::Error::from_raw_os_error(errno).to_string();
        text.strip_suffix(&format!(" (os error {errno})")).is_some_and(|text| text == message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_is_shown_without_its_place() {
        let message = "internal:0:0-0: Error: Could not process rule: No such file or directory\n\n\
                       internal:0:0-0: Error: Could not process rule: Invalid argument\n";
        assert_eq!(readable(message), "No such file or directory");
        assert_eq!(errno(&readable(message)), Some(2));
        assert_eq!(readable("internal:0:0-0: Error: Service out of range\n"), "Service out of range");
        assert_eq!(errno("Service out of range"), None);
    }

    #[test]
    fn a_message_without_a_reason_is_shown_as_it_is() {
        assert_eq!(readable("netlink_linearize.c:1686: Memory allocation failure\n").len(), 51);
        assert_eq!(readable(&"x".repeat(5000)).len(), MAX_LENGTH);
    }
}
