//! What can be wrong with commands.

use crate::catalog::commands::{Commands, Entry};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::{FileId, Sources};
use rosc_grammar::{SyntaxError, SyntaxErrorKind};
use rosc_target::Origin;

/// A mistake in the text.
pub(crate) fn syntax(error: &SyntaxError, sources: &Sources, file: FileId) -> Diagnostic {
    let code = match error.kind {
        SyntaxErrorKind::TooManyErrors => Code::TooManyErrors,
        _ => Code::Syntax,
    };
    let mut diagnostic = Diagnostic::new(code, error.kind.headline())
        .label(sources.origin(file, error.span), error.label.clone())
        .maybe_help(error.help.as_deref().map(str::to_owned));
    if let Some(opened) = error.opened.filter(|opened| *opened != error.span) {
        diagnostic = diagnostic.label(sources.origin(file, opened), "opened here");
    }
    diagnostic
}

pub(super) fn unknown_command(menu: &str, word: &str, origin: Origin) -> Diagnostic {
    let names = Commands::all().names(menu).map(Entry::name);
    let inside = if menu == "/" { "at the root".to_owned() } else { format!("in {menu}") };
    Diagnostic::new(Code::UnknownCommand, format!("there is no menu or command `{word}` {inside}"))
        .label(origin, "not known here")
        .maybe_help(did_you_mean(word, names).map(|name| format!("did you mean `{name}`?")))
}

pub(super) fn unknown_property(
    menu: &str,
    name: &str,
    origin: Origin,
    known: impl IntoIterator<Item = &'static str>,
) -> Diagnostic {
    Diagnostic::new(Code::UnknownProperty, format!("{menu} has no property `{name}`"))
        .label(origin, "not known here")
        .maybe_help(did_you_mean(name, known).map(|name| format!("did you mean `{name}`?")))
}

/// Lines of a session that look like commands and are not run; `None` if there are none.
pub(super) fn unprompted(places: &[Origin]) -> Option<Diagnostic> {
    let message = match places.len() {
        0 => return None,
        1 => "a line of this session looks like a command, but has no prompt: it is not run".to_owned(),
        n => format!("{n} lines of this session look like commands, but have no prompt: they are not run"),
    };
    let mut diagnostic = Diagnostic::new(Code::Unprompted, message)
        .help("lines without a prompt are what the router printed; remove all prompts if this is no session");
    for (index, place) in places.iter().enumerate() {
        diagnostic = diagnostic.label(*place, if index == 0 { "taken for output" } else { "" });
    }
    Some(diagnostic)
}

pub(super) fn script_not_run(name: &str, places: &[Origin]) -> Diagnostic {
    let times = match places.len() {
        1 => String::new(),
        n => format!(" ({n} times)"),
    };
    let help = match name {
        "import" => "give the file on the command line instead",
        _ => "write the commands out that the script would run, or export the router that has run it",
    };
    let mut diagnostic =
        Diagnostic::new(Code::ScriptNotRun, format!("`{name}` is not run{times}")).help(help);
    for place in places {
        diagnostic = diagnostic.label(*place, "a script command");
    }
    diagnostic
}

pub(super) fn value_not_computed(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::ValueNotComputed, "this value is not known without running the script")
        .label(origin, "computed at run time")
        .help("write the value itself")
}

pub(super) fn no_such_item(menu: &str, name: &str, origin: Origin, known: Vec<String>) -> Diagnostic {
    let near =
        did_you_mean(name, known.iter().map(String::as_str)).map(|name| format!("did you mean `{name}`?"));
    let count = match known.len() {
        0 => format!("{menu} has no items here"),
        n => format!("{menu} has {n} items here, counted from 0"),
    };
    Diagnostic::new(Code::NoSuchItem, format!("there is no item `{name}` in {menu}"))
        .label(origin, "no such item")
        .help(near.unwrap_or(count))
}

pub(super) fn nothing_found(menu: &str, verb: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::NothingFound, format!("nothing in {menu} matches, so `{verb}` changes nothing"))
        .label(origin, "finds no item")
        .help("on a router this would pass in silence; check the condition and the order of the commands")
}

pub(super) fn only_live_router_knows(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::OnlyLiveRouterKnows, format!("only a running router knows `{name}`"))
        .label(origin, "not part of the configuration")
        .help("select the items by what is written in them, such as their comment")
}

pub(super) fn missing_argument(verb: &str, what: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::MissingArgument, format!("`{verb}` needs {what}")).label(origin, "this command")
}

pub(super) fn bad_argument(verb: &str, origin: Origin, why: &str) -> Diagnostic {
    Diagnostic::new(Code::BadArgument, format!("`{verb}` does not take this argument"))
        .label(origin, "not expected here")
        .help(why)
}

pub(super) fn repeated_property(name: &str, origin: Origin, before: Origin) -> Diagnostic {
    Diagnostic::new(Code::RepeatedProperty, format!("`{name}` is given twice"))
        .label(origin, "again here")
        .label(before, "first here")
        .help("keep one of the two")
}

pub(super) fn mixed_dialects(six: Origin, seven: Origin) -> Diagnostic {
    Diagnostic::new(Code::MixedDialects, "this configuration mixes the spellings of RouterOS 6 and 7")
        .label(six, "version 6")
        .label(seven, "version 7")
        .help("it is read as version 7; say --routeros 6 or --routeros 7 to settle it")
}
