//! Tells for which version of RouterOS a configuration is written.

use super::diagnostics;
use crate::database::{MenuPath, v6};
use crate::diagnostic::Diagnostic;
use crate::ir::Dialect;
use crate::source::{FileId, Sources};
use rosc_target::Origin;

/// What was seen of each version.
#[derive(Debug, Default)]
pub(super) struct Signs {
    header: Option<Dialect>,
    of_6: Option<Origin>,
    of_7: Option<Origin>,
    /// The menu that was noted last: the lines of a long list are of one.
    menu: Option<MenuPath>,
}

impl Signs {
    /// Reads the header of an export: `# 2023-03-22 17:44:57 by RouterOS 7.12`.
    pub(super) fn read_header(&mut self, sources: &Sources, file: FileId) {
        const LINES: usize = 10;
        let text = sources.file(file).text();
        let mut comments = text.lines().take(LINES).filter(|line| line.trim_start().starts_with('#'));
        let version = comments.find_map(|line| line.split_once("by RouterOS ").map(|(_, version)| version));
        let seen = match version.and_then(|version| version.split('.').next()) {
            Some("6") => Some(Dialect::V6),
            Some("7") => Some(Dialect::V7),
            _ => None,
        };
        self.header = self.header.or(seen);
    }

    /// Notes that a menu, or a property of it, is used.
    pub(super) fn note(&mut self, menu: MenuPath, property: Option<&str>, origin: Origin) {
        if property.is_none() && self.menu.replace(menu) == Some(menu) {
            return;
        }
        if self.of_6.is_none() && v6::is_sign(menu, property) {
            self.of_6 = Some(origin);
        }
        if self.of_7.is_none() && v6::is_sign_of_7(menu, property) {
            self.of_7 = Some(origin);
        }
    }

    /// The version, with a warning if the signs contradict each other and nothing else settles it.
    pub(super) fn decide(&self, forced: Option<Dialect>) -> (Dialect, Option<Diagnostic>) {
        match (forced.or(self.header), self.of_6, self.of_7) {
            (Some(dialect), _, _) => (dialect, None),
            (None, Some(_), None) => (Dialect::V6, None),
            (None, None, _) => (Dialect::V7, None),
            (None, Some(six), Some(seven)) => (Dialect::V7, Some(diagnostics::mixed_dialects(six, seven))),
        }
    }
}
