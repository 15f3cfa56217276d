//! Commands and their arguments.

use pest::iterators::Pair;

use super::{Builder, fault};
use crate::ast::{Anchor, Arg, ArgKind, Command, Expr, Span, Value};
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::rules::Rule;

impl Builder<'_> {
    pub(super) fn command(&mut self, pair: Pair<'_, Rule>) -> Command {
        let mut command =
            Command { span: self.span(&pair), anchor: Anchor::Here, args: Vec::new(), condition: Vec::new() };
        let mut previous: Option<(Rule, u32)> = None;
        let mut touched = false;
        for pair in pair.into_inner() {
            let (rule, span) = (pair.as_rule(), self.span(&pair));
            let before = previous.filter(|&(_, end)| end == span.start).map(|(before, _)| before);
            if before.is_some_and(|before| !may_touch(before, rule)) && self.follows_quote(&pair) {
                // What was meant as the inside of the string can't be told from what follows it.
                self.report(fault::string_ended(pair.as_str(), span));
                break;
            }
            match rule {
                Rule::global => command.anchor = Anchor::Global,
                Rule::root => command.anchor = Anchor::Root,
                Rule::condition => command.condition = self.condition(pair),
                Rule::bad_argument => self.bad_argument(&pair, &mut command.args),
                Rule::stray_equals => self.stray_equals(&pair, &mut command.args),
                Rule::unbalanced => self.not_understood(&pair),
                _ => {
                    let touches = before.is_some_and(|before| !may_touch(before, rule));
                    // One error for a run of arguments, as in `$a.$b`.
                    if touches && !touched {
                        self.report(fault::no_blank(pair.as_str(), span));
                    }
                    touched = touches;
                    let arg = self.argument(pair);
                    command.args.push(arg);
                }
            }
            if !matches!(rule, Rule::global | Rule::root) {
                previous = Some((rule, span.end));
            }
        }
        self.check_empty_values(&command.args);
        command
    }

    fn follows_quote(&self, pair: &Pair<'_, Rule>) -> bool {
        let start = pair.as_span().start();
        pair.get_input()[..start].ends_with('"')
    }

    fn argument(&mut self, pair: Pair<'_, Rule>) -> Arg {
        let span = self.span(&pair);
        let (kind, value) = match pair.as_rule() {
            Rule::named | Rule::in_block => {
                let mut parts = pair.into_inner();
                let name = parts.next().expect("a parameter begins with its name");
                let value = parts.next().map_or(Value::Empty, |value| self.value(value));
                (ArgKind::Named(self.word(&name)), value)
            }
            Rule::unset => {
                let name = pair.into_inner().next().expect("`!` stands before a name");
                (ArgKind::Unset(self.word(&name)), Value::Empty)
            }
            _ => (ArgKind::Unnamed, self.value(pair)),
        };
        Arg { span, kind, value }
    }

    fn condition(&mut self, pair: Pair<'_, Rule>) -> Vec<Expr> {
        let mut terms = Vec::new();
        let mut end = None;
        for pair in pair.into_inner() {
            let span = self.span(&pair);
            if pair.as_rule() == Rule::bad_term {
                self.bad_operand(pair);
                continue;
            }
            if end == Some(span.start) {
                self.report(fault::no_blank(pair.as_str(), span));
            }
            end = Some(span.end);
            terms.extend(self.chain(span, pair.into_inner()));
        }
        terms
    }

    /// Reports an argument that is none. Where it stands for a value (`name='x'`), the parameter goes with
    /// it.
    fn bad_argument(&mut self, pair: &Pair<'_, Rule>, args: &mut Vec<Arg>) {
        let span = self.span(pair);
        args.pop_if(|last| last.span.end == span.start && last.value == Value::Empty);
        self.report(fault::bad_text(pair.as_str(), span));
    }

    /// Reports a `=` that does not follow a name. The word before it was meant as one.
    fn stray_equals(&mut self, pair: &Pair<'_, Rule>, args: &mut Vec<Arg>) {
        let span = self.span(pair);
        let equals = Span { start: span.start, end: span.start + 1 };
        let is_name = |arg: &Arg| {
            arg.kind == ArgKind::Unnamed && matches!(arg.value, Value::Word(_)) && arg.span.end < span.start
        };
        let error = match args.pop_if(|last| is_name(last)) {
            Some(name) => SyntaxError::new(
                SyntaxErrorKind::BlankAroundEquals,
                Span { start: name.span.end, end: equals.end },
                "a parameter and its `=` belong together",
            )
            .help("write name=value without blanks"),
            None => match args.last() {
                Some(last) if last.span.end == span.start && self.text_of(pair, last.span).contains('\\') => {
                    fault::bad_text("=", equals).help("put a blank before the backslash that joins the lines")
                }
                _ => fault::bad_text("=", equals),
            },
        };
        self.report(error);
    }

    /// Reports parameters without a value, which only the last one may be.
    fn check_empty_values(&mut self, args: &[Arg]) {
        let [before_last @ .., _] = args else { return };
        for arg in before_last {
            if let (ArgKind::Named(_), Value::Empty) = (arg.kind, &arg.value) {
                let end = Span { start: arg.span.end - 1, end: arg.span.end };
                self.report(
                    SyntaxError::new(SyntaxErrorKind::ValueExpected, end, "no value stands behind this `=`")
                        .help("write \"\" for an empty value"),
                );
            }
        }
    }
}

/// Says whether the second argument may stand directly behind the first: a parameter or a body behind a
/// closing bracket, as in `do={...}else={...}`.
fn may_touch(before: Rule, after: Rule) -> bool {
    let closes = match before {
        Rule::substitution | Rule::group | Rule::block | Rule::array => true,
        // A name that touches a word would be part of it, so that the value of this one is something else.
        Rule::named | Rule::in_block => true,
        _ => false,
    };
    closes && matches!(after, Rule::named | Rule::in_block | Rule::block)
}
