//! Comments and log prefixes: nftables takes less of a text than RouterOS.

use crate::diagnostic::{Code, Diagnostic, Severity};
use rosc_nftables::{Comment, LogPrefix, Statement};
use rosc_target::Origin;

/// RouterOS puts a blank between the prefix and what it tells of the packet.
pub(super) fn log(prefix: &str) -> Statement {
    if prefix.is_empty() { Statement::Log(None) } else { Statement::log(&format!("{prefix} ")) }
}

/// What is said of texts that the kernel gets in another form. A comment does nothing, but somebody may look for it; by a
/// log prefix programs tell lines apart.
pub(super) fn differences(
    comment: Option<&str>,
    log_prefix: Option<&str>,
    origin: Origin,
) -> impl Iterator<Item = Diagnostic> {
    let is_other = |text: &&str| match Comment::new(text) {
        Some(made) => made.as_str() != *text,
        None => !text.is_empty(),
    };
    let comment = comment.filter(is_other);
    let log_prefix =
        log_prefix.map(|prefix| format!("{prefix} ")).filter(|text| LogPrefix::new(text).as_str() != text);
    let comment = comment
        .map(|_| Diagnostic { severity: Severity::Note, ..differs("the comment of a rule", "128", origin) });
    let log_prefix = log_prefix.map(|_| differs("a log prefix", "127", origin));
    comment.into_iter().chain(log_prefix)
}

fn differs(what: &str, most: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::LinuxDiffers, format!("{what} is not the same in the kernel"))
        .label(origin, "of this rule")
        .help(format!(
            "nftables takes {most} bytes of it; quotes become apostrophes, and what steers a terminal becomes blanks"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(comment: &str, log_prefix: &str) -> Vec<Severity> {
        let found = differences(Some(comment), Some(log_prefix), Origin::IMPLIED);
        found.map(|diagnostic| diagnostic.severity).collect()
    }

    #[test]
    fn what_the_kernel_gets_as_written_is_not_told_of() {
        assert_eq!(told(&"x".repeat(128), &"x".repeat(126)), []);
        assert_eq!(told("", ""), []);
    }

    #[test]
    fn what_is_cut_or_changed_is_told_of() {
        assert_eq!(told(&"x".repeat(129), "a"), [Severity::Note]);
        assert_eq!(told("a", &"x".repeat(127)), [Severity::Warning]);
        assert_eq!(told("say \"hi\"", "a\x1b[m"), [Severity::Note, Severity::Warning]);
    }
}
