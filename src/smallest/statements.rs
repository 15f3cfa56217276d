//! A configuration in pieces that can be left out.

use crate::ir::Dialect;
use crate::source::Sources;
use rosc_grammar::ast::Statement;

/// The statements of all files, each on lines of its own.
pub(super) struct Statements {
    texts: Vec<String>,
    /// Stands in front: tells the version, where nothing that is left may tell it.
    header: &'static str,
}

impl Statements {
    pub(super) fn of(sources: &Sources, dialect: Dialect) -> Self {
        let header = match dialect {
            Dialect::V6 => "# by RouterOS 6\n",
            Dialect::V7 => "# by RouterOS 7\n",
        };
        let mut texts = Vec::new();
        for file in sources.ids() {
            if !texts.is_empty() {
                // Each file begins at the root.
                texts.push("/".to_owned());
            }
            let text = sources.file(file).without_secrets();
            let statements = rosc_grammar::statements(&text).flatten();
            texts.extend(statements.filter_map(|statement| match &statement {
                Statement::Command(_) | Statement::Block(_) => {
                    Some(statement.span().slice(&text).trim_end().to_owned())
                }
                // A prompt says where its session is, as a menu line does.
                Statement::Prompt(menu) => {
                    Some(format!("/{}", menu.span.slice(&text).trim().trim_start_matches('/')))
                }
                Statement::Output(_) => None,
            }));
        }
        Self { texts, header }
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The script of those at these places.
    pub(super) fn text(&self, kept: &[usize]) -> String {
        let lines = kept.iter().map(|place| format!("{}\n", self.texts[*place]));
        std::iter::once(self.header.to_owned()).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_files_and_sessions_become_one_script() {
        let mut sources = Sources::default();
        sources.add(
            "a.rsc",
            "# a remark\n/ip route\nadd gateway=192.0.2.1 \\\n    distance=2; add gateway=192.0.2.9\n",
        );
        sources.add("b.txt", "[admin@router] /ip address> add address=192.0.2.2/24 interface=ether1\n");
        let statements = Statements::of(&sources, Dialect::V7);
        let all: Vec<usize> = (0..statements.len()).collect();
        assert_eq!(
            statements.text(&all),
            "# by RouterOS 7\n/ip route\nadd gateway=192.0.2.1 \\\n    distance=2\nadd gateway=192.0.2.9\n/\n\
             /ip address\nadd address=192.0.2.2/24 interface=ether1\n"
        );
    }
}
