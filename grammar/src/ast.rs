//! The syntax tree: what stands in the text, not what it means.
//!
//! Nodes hold [`Span`]s into the text instead of copies, so that a list of a million lines costs no more than
//! its tree; [`Word::text`], [`Quoted::text`], [`Variable::text`] and [`Span::unescape`] decode on demand.
//! Nothing here knows a menu: which of the leading words of a [`Command`] are its path, which its verb and
//! which unnamed values is for the reader that has the menu tree.

/// A range of bytes of the parsed text; both ends lie on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// Returns the text as written.
    ///
    /// # Panics
    ///
    /// Panics when `source` is not the text that was parsed and the span does not lie on its characters.
    pub fn slice(self, source: &str) -> &str {
        &source[self.start as usize..self.end as usize]
    }
}

/// One statement of a script.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// A command, a menu line (`/ip route` alone), or a call of a function (`$f 1 2`).
    Command(Command),
    /// `{ ... }` standing alone.
    Block(Block),
    /// The menu that a terminal's prompt shows: the text between `]` and `>` (`/ip/address`, `/ip address`,
    /// or nothing at the root).
    Prompt(Word),
}

impl Statement {
    /// Returns where the statement stands; of a prompt, where its menu does.
    pub fn span(&self) -> Span {
        match self {
            Self::Command(command) => command.span,
            Self::Block(block) => block.span,
            Self::Prompt(menu) => menu.span,
        }
    }
}

/// Where the path of a command starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// No prefix: the current menu.
    Here,
    /// `/`: the root.
    Root,
    /// `:`: a global command.
    Global,
}

/// A command line: everything up to the end of the line or `;`.
///
/// An expression that stands alone (`($1 + 1)`, `[$f]`) is a command whose first argument it is, as a call is
/// one whose first argument is a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// From the first character (`/`, `:` or the first word) to the last argument.
    pub span: Span,
    /// What stood before the first word. It is no part of any argument.
    pub anchor: Anchor,
    /// Path, verb, unnamed values and parameters in the order of the text. The word `where` is none of them.
    pub args: Vec<Arg>,
    /// What follows the word `where`, or for the verb `find` everything behind it: terms that must all hold.
    /// Empty when there is none.
    pub condition: Vec<Expr>,
}

/// One argument of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    /// The whole argument.
    pub span: Span,
    /// What kind of argument it is, with its name.
    pub kind: ArgKind,
    /// The value; [`Value::Empty`] for `name=` and `!name`.
    pub value: Value,
}

/// How an argument is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// `value`: a path word, a verb, an unnamed value, or a bare switch.
    Unnamed,
    /// `name=value`; the word is the name.
    Named(Word),
    /// `!name`: unset the property.
    Unset(Word),
}

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: `name=` at the end of a command.
    Empty,
    /// Unquoted text.
    Word(Word),
    /// `"..."` without substitution.
    Quoted(Quoted),
    /// `"...$x..."`, `"...$(...)..."`, `"...$[...]..."`.
    Interpolated(Box<Interpolated>),
    /// `$name` or `$"name"`; the span covers the `$` too.
    Variable(Variable),
    /// `[ ... ]`, also written `$[ ... ]`.
    Substitution(Box<Block>),
    /// `( ... )`, also written `$( ... )`.
    Group(Box<Group>),
    /// `{ ... }` read as code: what follows `do=`, `else=` and the like, or stands behind a menu path.
    Code(Box<Block>),
    /// `{ ... }` read as an array.
    Array(Box<Array>),
}

impl Value {
    /// Returns where the value stands, delimiters included. [`Value::Empty`] stands nowhere.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Empty => None,
            Self::Word(word) => Some(word.span),
            Self::Quoted(quoted) => Some(quoted.span),
            Self::Interpolated(interpolated) => Some(interpolated.span),
            Self::Variable(variable) => Some(variable.span),
            Self::Substitution(block) | Self::Code(block) => Some(block.span),
            Self::Group(group) => Some(group.span),
            Self::Array(array) => Some(array.span),
        }
    }
}

/// Unquoted text. It may hold line joins (`\`, line end, blanks), which are no part of what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Word {
    /// The text as written.
    pub span: Span,
}

/// A string in quotes; the span covers the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quoted {
    /// The text as written, quotes included.
    pub span: Span,
}

/// A string with substitutions.
#[derive(Debug, Clone, PartialEq)]
pub struct Interpolated {
    /// The text as written, quotes included.
    pub span: Span,
    /// Literal pieces and substitutions in the order of the text.
    pub parts: Vec<StringPart>,
}

/// A piece of a string with substitutions.
#[derive(Debug, Clone, PartialEq)]
pub enum StringPart {
    /// Literal text, escapes undecoded; [`Span::unescape`] decodes it.
    Literal(Span),
    /// `$name`, `$(...)` or `$[...]`; of the latter two, the span leaves the `$` out.
    Value(Value),
}

/// A variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Variable {
    /// The whole, with `$` and quotes.
    pub span: Span,
    /// The name alone, without `$` and quotes; [`Variable::text`] decodes it.
    pub name: Span,
}

/// Statements in brackets or braces.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The whole, delimiters included.
    pub span: Span,
    /// The statements inside.
    pub body: Vec<Statement>,
}

/// An expression in parentheses. `(a, b)` is a [`BinaryOp::Comma`]; `(>...)` is [`UnaryOp::Quote`].
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The whole, parentheses included.
    pub span: Span,
    /// The expression; `None` for `()`.
    pub expr: Option<Expr>,
}

/// `{1;2;"a"=3}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The whole, braces included.
    pub span: Span,
    /// The elements in the order of the text.
    pub elements: Vec<Element>,
}

/// An element of an array.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// The key of `key=value`.
    pub key: Option<Value>,
    /// The value.
    pub value: Expr,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A leaf: literal, variable, string, `[...]`, `(...)`, array.
    Value(Value),
    /// `!x`, `-x`, `~x`, `>x`, `any x`.
    Unary {
        /// From the operator to the end of the operand.
        span: Span,
        /// The operator.
        op: UnaryOp,
        /// What it is applied to.
        operand: Box<Expr>,
    },
    /// `a op b`, left-associative except for [`BinaryOp::Activate`].
    Binary {
        /// From the start of the left to the end of the right operand.
        span: Span,
        /// The operator.
        op: BinaryOp,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
}

impl Expr {
    /// Returns where the expression stands. `None` is for an empty value only, which parsing puts in no
    /// expression.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Value(value) => value.span(),
            Self::Unary { span, .. } | Self::Binary { span, .. } => Some(*span),
        }
    }
}

/// An operator before its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators'")]
pub enum UnaryOp {
    Not,
    Negate,
    Complement,
    Quote,
    Any,
}

/// An operator between its operands, tightest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators'")]
pub enum BinaryOp {
    Arrow,
    Multiply,
    Divide,
    Modulo,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitXor,
    BitOr,
    Concat,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Match,
    In,
    And,
    Or,
    /// `f <%% args`: calls the function with the arguments. It groups from the right; how tightly it binds is
    /// unknown, since every use found stands alone in its parentheses.
    Activate,
    Comma,
}
