//! What can be wrong with commands.

use super::question::Question;
use super::value::Mistake;
use crate::catalog::commands::{Commands, Entry};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::{FileId, ImportError, MOST_IMPORTED, Sources};
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

pub(super) fn script_not_run(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::ScriptNotRun, format!("`{name}` is not run"))
        .label(origin, "not known to rosc's scripts")
        .help("write the commands out that the script would run, or export the router that has run it")
}

/// Something is needed where there is no value: a variable of this name, or another expression.
pub(super) fn no_value(variable: Option<&str>, origin: Origin) -> Diagnostic {
    let (message, help) = match variable {
        Some(name) => (format!("nothing sets the variable `{name}`"), "set it before with :local or :global"),
        None => ("there is no value here".to_owned(), "give the value, or test for it with :typeof first"),
    };
    Diagnostic::new(Code::ValueNotComputed, message).label(origin, "this has no value").help(help)
}

pub(super) fn value_not_computed(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::ValueNotComputed, "this condition can't be evaluated")
        .label(origin, "not understood here")
        .help("write a property, an operator and a value: `comment=\"uplink\"`")
}

pub(super) fn out_of_sight(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::ScriptFails, format!("the global `{name}` is not declared here"))
        .label(origin, "not seen from here")
        .help(format!("a function sees the globals that it declares: `:global {name}`"))
}

pub(super) fn undeclared(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::ScriptFails, format!("there is no variable `{name}` to set"))
        .label(origin, "not declared here")
        .help(format!("declare it first: `:local {name}`"))
}

pub(super) fn outside_a_loop(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::ScriptFails, "`break` or `continue` outside a loop")
        .label(origin, "no loop goes on or ends here")
}

/// An operation that a router would refuse, or that is beyond a limit.
pub(super) fn script_fails(mistake: Mistake, origin: Origin) -> Diagnostic {
    if mistake.is_limit {
        return Diagnostic::new(Code::LimitReached, mistake.message)
            .label(origin, "it grows too large here")
            .help("a script has no more room than this");
    }
    Diagnostic::new(Code::ScriptFails, mistake.message)
        .label(origin, "the script fails here")
        .maybe_help(mistake.help.map(str::to_owned))
}

/// A text in another format, which rosc can't make or read.
pub(super) fn not_reformatted(mistake: Mistake, question: &Question, origin: Origin) -> Diagnostic {
    let known = mistake.help.map(|known| format!("known are {known}; ")).unwrap_or_default();
    Diagnostic::new(Code::ScriptNotRun, mistake.message)
        .label(origin, "not converted")
        .help(format!("{known}answer it: {}", question.answered_by()))
}

const GIVES_UP: &str = "the script ends with an error: ";

/// What a script sees of an error that it handles.
pub(super) fn message_for_script(diagnostic: &Diagnostic) -> &str {
    diagnostic.message.strip_prefix(GIVES_UP).unwrap_or(&diagnostic.message)
}

pub(super) fn script_gives_up(message: &str, origin: Origin) -> Diagnostic {
    const MOST: usize = 200;
    let message: String =
        message.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(MOST).collect();
    Diagnostic::new(Code::ScriptGivesUp, format!("{GIVES_UP}{message}")).label(origin, "raised here")
}

pub(super) fn too_many_steps(what: &str, origin: Origin, most: u64) -> Diagnostic {
    Diagnostic::new(Code::LimitReached, format!("{what} does not come to an end"))
        .label(origin, "still running")
        .help(format!("a run takes at most {most} steps; see that the condition can become false"))
}

/// `call` is the call that goes too deep; without one, the script is.
pub(super) fn too_deep(call: Option<&str>, origin: Origin) -> Diagnostic {
    let what = call.unwrap_or("this");
    Diagnostic::new(Code::LimitReached, format!("{what} goes too deep"))
        .label(origin, "calls inside calls, or blocks inside blocks")
        .help("see that the recursion ends, or write a loop")
}

pub(super) fn too_much(what: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::LimitReached, format!("a run has at most {what}")).label(origin, "one more here")
}

/// Items that only a router knows, named by a command that changes something.
pub(super) fn named_by_a_change(origin: Origin) -> Diagnostic {
    Diagnostic::new(
        Code::BadArgument,
        "which items are meant follows from a command that changes the configuration",
    )
    .label(origin, "only a router knows what this gives")
    .help("write the command before this one, and name the items")
}

pub(super) fn nothing_to_get(menu: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::NoSuchItem, format!("there is no such item in {menu} to get a value of"))
        .label(origin, "finds no item")
        .help("check the condition and the order of the commands")
}

pub(super) fn shadowed_variable(menu: &str, name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(
        Code::ShadowedVariable,
        format!("`${name}` is the property of {menu} here, not the variable"),
    )
    .label(origin, "each item's own value")
    .help("give the variable a name that no property has")
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

pub(super) fn only_live_router_knows(question: &Question, origin: Origin) -> Diagnostic {
    let message = format!("only a running router knows `{}`", question.subject());
    Diagnostic::new(Code::OnlyLiveRouterKnows, message)
        .label(origin, "not part of the configuration")
        .help(format!("answer it: {}", question.answered_by()))
}

/// A fact that says too little to answer anything.
pub(super) fn incomplete_fact(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::MissingProperty, "this fact does not say what it answers")
        .label(origin, "neither a command nor a menu and a property")
        .help("for example `menu=/interface item=ether1 property=running`, or `command=\":resolve example.com\"`")
}

pub(super) fn overfull_fact(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::Contradiction, "a fact answers a command or a property, not both")
        .label(origin, "with menu, item or property beside it")
        .help("write two facts")
}

pub(super) fn fact_of_no_menu(menu: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::UnknownCommand, format!("there is no menu `{menu}`")).label(origin, "not known")
}

pub(super) fn repeated_fact(origin: Origin, before: Origin) -> Diagnostic {
    Diagnostic::new(Code::Duplicate, "two facts answer the same question")
        .label(origin, "again here")
        .label(before, "first here")
        .help("keep one of the two")
}

/// A fact whose command is none that gives a value.
pub(super) fn no_question(text: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::ScriptFails, format!("`{}` is no command that gives a value", text.trim()))
        .label(origin, "nothing can ask for this")
        .help("for example `:resolve example.com` or `/interface get ether1 running`")
}

pub(super) fn unasked_fact(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::UnaskedFact, "no script asks for this fact")
        .label(origin, "not used")
        .help("see that it is spelled as the error spells it that appears without it")
}

pub(super) fn facts_are_added(verb: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::ScriptNotRun, format!("`{verb}` is not run on facts"))
        .label(origin, "facts are only added")
        .help("change the line that adds the fact")
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

/// A file that can't be had.
pub(super) fn not_imported(name: &str, error: &ImportError, origin: Origin) -> Diagnostic {
    let (message, help) = match error {
        ImportError::Outside => (
            format!("the file `{name}` is not in the folder of the script that imports it"),
            "put it beside the script or below it, and name it from there",
        ),
        ImportError::NoFolder => (
            format!("what comes from standard input lies in no folder, so `{name}` is not found"),
            "give the script as a file, or both files on the command line",
        ),
        ImportError::Missing => (
            format!("there is no file `{name}` beside this script"),
            "copy it from the router into the folder of the script",
        ),
        ImportError::Unreadable(error) => {
            (format!("the file `{name}` can't be read: {error}"), "see that it is a text that you may read")
        }
        ImportError::TooMany => (format!("the file `{name}` is one too many"), "import fewer files"),
    };
    Diagnostic::new(Code::NotImported, message).label(origin, "not imported").help(help)
}

pub(super) fn too_many_imports(origin: Origin) -> Diagnostic {
    too_much(&format!("{MOST_IMPORTED} imported files"), origin)
}

pub(super) fn imports_itself(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::LimitReached, format!("`{name}` is imported while it runs, which would never end"))
        .label(origin, "imported again here")
        .help("take out one of the imports in this circle")
}

pub(super) fn imports_too_deep(most: usize, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::LimitReached, format!("more than {most} files import each other"))
        .label(origin, "one more here")
        .help("import the files one after the other, from the first")
}
