//! Why an operation on values fails.

/// An operation that RouterOS would refuse, or that would take too much room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// What is wrong.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) help: Option<&'static str>,
    /// Whether a limit of rosc is reached, which is no fault of a router's.
    pub(crate) is_limit: bool,
    /// Whether a router would do it, but in a way that rosc does not know.
    pub(crate) is_unknown: bool,
}

impl Mistake {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, is_limit: false, is_unknown: false }
    }

    pub(crate) fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    /// An operation of which rosc does not know what a router makes.
    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self { is_unknown: true, ..Self::new(message) }
    }

    /// A value that is larger than scripts may make them.
    pub(crate) fn too_large(what: &str, most: usize, unit: &str) -> Self {
        let message = format!("this {what} is too large: more than {most} {unit}");
        Self { message, help: None, is_limit: true, is_unknown: false }
    }
}
