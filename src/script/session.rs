//! Lines of a terminal session that no prompt stands before.

use super::Evaluator;
use rosc_grammar::ast::Span;

/// Commands that change configuration.
const CHANGING: [&str; 9] =
    ["add", "set", "remove", "move", "enable", "disable", "comment", "unset", "import"];

impl Evaluator<'_> {
    /// Remembers the lines of output that could be commands: a session that was put together by hand may lack prompts,
    /// and what is not run has to be told.
    pub(super) fn commands_in_output(&mut self, output: Span) {
        let text = output.slice(self.text);
        let mut start = output.start;
        for line in text.split_inclusive('\n') {
            if looks_like_a_command(line) {
                let blanks = line.len() - line.trim_start().len();
                let from = start + u32::try_from(blanks).expect("offsets have 32 bits");
                let to = from + u32::try_from(line.trim().len()).expect("offsets have 32 bits");
                self.unprompted.push(self.origin(Span { start: from, end: to }));
            }
            start += u32::try_from(line.len()).expect("offsets have 32 bits");
        }
    }
}

fn looks_like_a_command(line: &str) -> bool {
    let line = line.trim();
    let first = line.split_ascii_whitespace().next().unwrap_or_default();
    line.starts_with(['/', ':']) || CHANGING.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_what_print_prints() {
        for command in ["/ip address", "  add address=192.0.2.1/24", ":put 1", "set 0 disabled=yes"] {
            assert!(looks_like_a_command(command), "{command}");
        }
        for output in
            ["Flags: D - DYNAMIC", "0 As+ 0.0.0.0/0", ";;; set by hand", " 1   address=10.0.0.1/24", ""]
        {
            assert!(!looks_like_a_command(output), "{output}");
        }
    }
}
