//! What is wrong with a text.

use std::borrow::Cow;
use std::fmt;

use crate::ast::Span;

/// How many errors are reported for a text before reading stops.
pub const MAX_ERRORS: usize = 1000;

/// A place that can't be read, in words for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong; [`SyntaxErrorKind::headline`] says it.
    pub kind: SyntaxErrorKind,
    /// Where: both ends lie inside the text and on character boundaries. It may be empty, where something is
    /// missing.
    pub span: Span,
    /// What is there.
    pub label: Cow<'static, str>,
    /// Where the bracket or quote was opened that is not closed. It equals the span when the text ended
    /// first.
    pub opened: Option<Span>,
    /// What to write instead.
    pub help: Option<Cow<'static, str>>,
}

impl SyntaxError {
    pub(crate) fn new(kind: SyntaxErrorKind, span: Span, label: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, span, label: label.into(), opened: None, help: None }
    }

    pub(crate) fn opened(mut self, at: Span) -> Self {
        self.opened = Some(at);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.headline())
    }
}

impl std::error::Error for SyntaxError {}

/// The kinds of syntax errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyntaxErrorKind {
    /// `"` without a second one.
    UnclosedQuote,
    /// `[` without `]`.
    UnclosedBracket,
    /// `(` without `)`.
    UnclosedParenthesis,
    /// `{` without `}`.
    UnclosedBrace,
    /// `]`, `)` or `}` that closes nothing.
    UnexpectedCloser,
    /// A character that can't stand outside quotes.
    UnexpectedCharacter,
    /// A backslash in a string with something behind it that is no escape.
    UnknownEscape,
    /// Blanks between the backslash of a line join and the line end.
    BrokenLineJoin,
    /// A comment on a line of its own where the line before it asked for the next.
    CommentBetweenJoinedLines,
    /// A blank before the `=` of a parameter.
    BlankAroundEquals,
    /// Two arguments without a blank between them.
    BlankExpected,
    /// An operator or a parameter without its value.
    ValueExpected,
    /// Two operands without an operator.
    OperatorExpected,
    /// `$` without a name.
    VariableNameExpected,
    /// A statement that begins like no command.
    CommandExpected,
    /// `name=value` where a command should begin: most often, the line before has lost its backslash. Of
    /// several such statements in a row, only the first is reported.
    StrayParameter,
    /// More than [`MAX_NESTING`](crate::MAX_NESTING) brackets inside each other.
    NestingTooDeep,
    /// More than [`MAX_EXPRESSION_DEPTH`](crate::MAX_EXPRESSION_DEPTH) operators one below the other.
    ExpressionTooLong,
    /// A statement that the grammar does not cover. No text is known to cause it.
    NotUnderstood,
    /// A statement of more than [`MAX_STATEMENT`](crate::MAX_STATEMENT) bytes that is no plain command.
    StatementTooLong,
    /// A text of 4 GiB or more.
    TextTooLong,
    /// More errors than are worth reading; the rest of the text was not read.
    TooManyErrors,
}

impl SyntaxErrorKind {
    /// Says what is wrong: one line, lower case, no full stop.
    pub fn headline(self) -> &'static str {
        match self {
            Self::UnclosedQuote => "this string is never closed",
            Self::UnclosedBracket => "`[` without its `]`",
            Self::UnclosedParenthesis => "`(` without its `)`",
            Self::UnclosedBrace => "`{` without its `}`",
            Self::UnexpectedCloser => "closing bracket without an opening one",
            Self::UnexpectedCharacter => "unexpected character outside quotes",
            Self::UnknownEscape => "unknown escape in a string",
            Self::BrokenLineJoin => "blank behind the backslash that joins two lines",
            Self::CommentBetweenJoinedLines => "comment between joined lines",
            Self::BlankAroundEquals => "blank before `=`",
            Self::BlankExpected => "two arguments without a blank between them",
            Self::ValueExpected => "value expected",
            Self::OperatorExpected => "operator expected",
            Self::VariableNameExpected => "`$` without the name of a variable",
            Self::CommandExpected => "command expected",
            Self::StrayParameter => "parameter without its command",
            Self::NestingTooDeep => "brackets nested too deep",
            Self::ExpressionTooLong => "expression too long",
            Self::NotUnderstood => "statement not understood",
            Self::StatementTooLong => "statement too long",
            Self::TextTooLong => "text too long",
            Self::TooManyErrors => "too many syntax errors",
        }
    }
}
