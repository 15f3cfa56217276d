//! Published configurations: none may stop the compiler, and the share that it understands may only rise.

use crate::published::{folder, scripts};
use crate::stages::found_on_the_way;
use rosc::catalog;
use rosc::catalog::commands::{Commands, Entry};
use rosc::database::v6;
use rosc::diagnostic::{Code, Diagnostic, Severity};
use rosc::render::intermediate;
use rosc::script::evaluate;
use rosc::source::Sources;
use rosc_grammar::ast::{Anchor, ArgKind, Block, Command, Span, Statement, Value};
use rosc_grammar::{SyntaxError, SyntaxErrorKind};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// What is understood of a category, in thousandths: files without a syntax error, the `add` and `set` commands of
/// lowered menus that no error is about, and those of the `add` commands that leave an item.
struct Floor {
    category: &'static str,
    files: usize,
    items: usize,
    made: usize,
}

/// What is left of the files is text that no router takes. What is left of the items needs what only a running router
/// knows, or asks for what rosc refuses. What leaves no item stands in functions that another file calls, in branches
/// that are not taken, or behind something that only a router knows.
const FLOORS: [Floor; 7] = [
    Floor { category: "addrlist", files: 960, items: 982, made: 999 },
    Floor { category: "export", files: 929, items: 974, made: 954 },
    Floor { category: "firewall", files: 876, items: 905, made: 975 },
    Floor { category: "misc", files: 968, items: 928, made: 983 },
    Floor { category: "multiwan", files: 901, items: 948, made: 968 },
    Floor { category: "routing", files: 1000, items: 945, made: 1000 },
    Floor { category: "script", files: 905, items: 933, made: 764 },
];

/// Far longer than the largest file takes: a file that is not done by then never will be.
const HANGS_AFTER: Duration = Duration::from_secs(240);

/// Files, or items, and how many of them are understood.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    all: usize,
    good: usize,
}

#[test]
fn published_configurations_are_understood_as_far_as_before() {
    let Some((folder, paths)) = all_files() else { return };
    let mut shares: BTreeMap<String, (Share, Share, Share)> = BTreeMap::new();
    let mut causes: BTreeMap<(Code, String), usize> = BTreeMap::new();
    let mut stopped = Vec::new();
    for (path, outcome) in compile_all(paths) {
        let name = path.strip_prefix(&folder).expect("a file of the corpus").display().to_string();
        let Ok(Outcome { is_read, items, made, errors }) = outcome else {
            stopped.push(name);
            continue;
        };
        let category = name.split('/').next().expect("a category").to_owned();
        let (of_files, of_items, of_made) = shares.entry(category).or_default();
        of_made.count(made.all, made.good);
        of_files.count(1, usize::from(is_read));
        of_items.count(items.all, items.good);
        for (code, message) in errors {
            *causes.entry((code, message)).or_default() += 1;
        }
    }
    assert_eq!(stopped, Vec::<String>::new(), "the compiler panicked");
    show_causes(&causes);
    let mut fallen = Vec::new();
    for Floor { category, files, items, made } in FLOORS {
        let (of_files, of_items, of_made) = shares[category];
        for (what, share, floor) in [
            ("files", of_files, files),
            ("items", of_items, items),
            ("commands that leave an item", of_made, made),
        ] {
            let report = format!("{category}: {} of {} {what}, floor {floor}", share.text(), share.all);
            let hint = if share.thousandths() > floor + 10 { ": the floor should be raised" } else { "" };
            println!("{report}{hint}");
            if share.thousandths() < floor {
                fallen.push(report);
            }
        }
    }
    assert_eq!(fallen, Vec::<String>::new(), "less is understood than before");
}

/// What became of one file.
struct Outcome {
    is_read: bool,
    items: Share,
    /// Of those, the `add` commands that left an item: what stands in a function that nothing calls, or in a branch
    /// that is not taken, leaves none.
    made: Share,
    /// The errors, without what the file's author has written.
    errors: Vec<(Code, String)>,
}

/// Compiles the files on as many threads as the machine has.
///
/// # Panics
/// If a file takes for ever.
/// What rosc takes for bad syntax, a router does too; but for values side by side, `(a b)`, which it reads and of which
/// nothing is known that it does with them.
#[test]
fn published_files_that_do_not_parse_are_those_that_a_router_refuses() {
    let Some((_, paths)) = all_files() else { return };
    let mut ours = Vec::new();
    let mut theirs = 0;
    for path in &paths {
        let mut sources = Sources::default();
        let file = sources.read(path).expect("a readable file");
        let text = sources.file(file).text();
        let errors = rosc_grammar::parse(text).errors;
        let Some(first) = errors.first() else { continue };
        theirs += 1;
        let place = sources.place(sources.origin(file, first.span));
        println!("{place}: {first}: {}", first.label);
        let is_known = |error: &SyntaxError| error.kind == SyntaxErrorKind::OperatorExpected;
        if intermediate(text).is_ok() && !errors.iter().all(is_known) {
            ours.push(place);
        }
    }
    assert!(ours.is_empty(), "a router takes {} of {theirs}: {ours:#?}", ours.len());
}

fn compile_all(paths: Vec<PathBuf>) -> Vec<(PathBuf, thread::Result<Outcome>)> {
    enum Event {
        Begun(PathBuf),
        Ended(PathBuf, thread::Result<Outcome>),
    }
    let (sender, receiver) = mpsc::channel();
    let (paths, next) = (Arc::new(paths), Arc::new(AtomicUsize::new(0)));
    for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
        let (paths, next, sender) = (Arc::clone(&paths), Arc::clone(&next), sender.clone());
        // A thread that hangs is left behind; it ends with the process.
        thread::spawn(move || {
            while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                let begun = sender.send(Event::Begun(path.clone()));
                let outcome = std::panic::catch_unwind(|| outcome(path));
                if begun.and(sender.send(Event::Ended(path.clone(), outcome))).is_err() {
                    break;
                }
            }
        });
    }
    drop(sender);
    let mut outcomes = Vec::with_capacity(paths.len());
    let mut at_work = Vec::new();
    loop {
        match receiver.recv_timeout(HANGS_AFTER) {
            Ok(Event::Begun(path)) => at_work.push(path),
            Ok(Event::Ended(path, outcome)) => {
                at_work.retain(|other| *other != path);
                outcomes.push((path, outcome));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("one of these takes for ever: {at_work:?}"),
        }
    }
    assert_eq!(outcomes.len(), paths.len(), "every file has an outcome");
    outcomes
}

fn outcome(path: &Path) -> Outcome {
    let mut sources = Sources::default();
    let file = sources.read(path).expect("the file can be read");
    let mut found = found_on_the_way(&sources);
    found.retain(|diagnostic| diagnostic.severity == Severity::Error);
    let of_syntax = |d: &Diagnostic| matches!(d.code, Code::Syntax | Code::TooManyErrors);
    let is_read = !found.iter().any(of_syntax);
    let at_fault = at_fault(&found);
    let mut items = Share::default();
    let mut made = Share::default();
    let evaluated = evaluate(&sources, None);
    let lowered = evaluated.database.menus().filter(|(path, _)| catalog::menu(path).is_some());
    let all = lowered.flat_map(|(_, menu)| &menu.items).filter(|item| !item.is_broken);
    let left: HashSet<u32> = all.map(|item| item.origin.start).collect();
    for (item, verb) in items_of(sources.file(file).text()) {
        if verb == "add" {
            made.count(1, usize::from(left.contains(&item.start)));
        }
        let next = at_fault.partition_point(|place| place.end < item.start);
        let is_touched = at_fault.get(next).is_some_and(|place| place.start <= item.end);
        items.count(1, usize::from(!is_touched));
    }
    let errors = found.into_iter().map(|d| (d.code, without_what_the_author_wrote(&d.message))).collect();
    Outcome { is_read, items, made, errors }
}

/// The places that errors are about, in order and without overlap.
fn at_fault(errors: &[Diagnostic]) -> Vec<Span> {
    let mut places: Vec<Span> = Vec::new();
    for error in errors {
        // The second label of a repeated property is the first use of it, which is right; of a value that a script
        // lacks, every label is one that needs it.
        let labels = match error.code {
            Code::ScriptNotRun
            | Code::ValueNotComputed
            | Code::OnlyLiveRouterKnows
            | Code::ScriptFails
            | Code::NoSuchItem => error.labels.as_slice(),
            _ => error.labels.get(..1).unwrap_or_default(),
        };
        places.extend(labels.iter().map(|label| Span { start: label.origin.start, end: label.origin.end }));
    }
    places.sort_unstable();
    places.dedup_by(|later, earlier| {
        let overlap = later.start <= earlier.end;
        if overlap {
            earlier.end = earlier.end.max(later.end);
        }
        overlap
    });
    places
}

/// A message with names, addresses and other values left out.
fn without_what_the_author_wrote(message: &str) -> String {
    let outside = message.split('`').step_by(2).collect::<Vec<_>>().join("_");
    let words =
        outside.split(' ').map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "_" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[expect(clippy::print_stdout, reason = "whoever asks for the output wants to know what to mend next")]
fn show_causes(causes: &BTreeMap<(Code, String), usize>) {
    const MOST: usize = 40;
    let mut causes: Vec<_> = causes.iter().collect();
    causes.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
    for ((code, message), times) in causes.into_iter().take(MOST) {
        println!("{times:>6} {code} {message}");
    }
}

impl Share {
    fn count(&mut self, all: usize, good: usize) {
        self.all += all;
        self.good += good;
    }

    fn thousandths(self) -> usize {
        self.good * 1000 / self.all.max(1)
    }

    fn text(self) -> String {
        format!("{}.{} %", self.thousandths() / 10, self.thousandths() % 10)
    }
}

/// Where the `add` and `set` commands of lowered menus stand, those in blocks of code included.
fn items_of(text: &str) -> Vec<(Span, &'static str)> {
    let mut walk = Walk { text, menu: "/", items: Vec::new() };
    rosc_grammar::statements(text).flatten().for_each(|statement| walk.statement(&statement));
    walk.items
}

/// A way through a script that only follows the menus.
struct Walk<'t> {
    text: &'t str,
    menu: &'static str,
    items: Vec<(Span, &'static str)>,
}

impl Walk<'_> {
    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Command(command) => self.command(command),
            Statement::Block(block) => self.block(block, self.menu),
            Statement::Output(_) => {}
            Statement::Prompt(menu) => {
                let parts = menu.text(self.text).into_owned();
                let mut parts = parts.split(['/', ' ']).filter(|part| !part.is_empty());
                self.menu =
                    parts.try_fold("/", |menu, part| Commands::all().child(menu, part)).unwrap_or(self.menu);
            }
        }
    }

    fn block(&mut self, block: &Block, menu: &'static str) {
        let outside = std::mem::replace(&mut self.menu, menu);
        block.body.iter().for_each(|statement| self.statement(statement));
        self.menu = outside;
    }

    fn command(&mut self, command: &Command) {
        let table = Commands::all();
        let mut menu = if command.anchor == Anchor::Here { self.menu } else { "/" };
        let mut verb = None;
        for arg in &command.args {
            let (ArgKind::Unnamed, Value::Word(word), None) = (arg.kind, &arg.value, verb) else { break };
            for part in word.text(self.text).split('/').filter(|part| !part.is_empty()) {
                if part == ".." {
                    menu = menu
                        .rsplit_once('/')
                        .map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
                    continue;
                }
                match table.look_up(menu, part).or_else(|| table.look_up("/", part)) {
                    Some(Entry::Menu(_)) => match table.child(menu, part) {
                        Some(child) => menu = child,
                        None => return,
                    },
                    Some(Entry::Command(name)) => verb = Some(name),
                    None => return,
                }
            }
        }
        let is_lowered = catalog::menu(v6::menu(menu)).is_some();
        if let Some(verb @ ("add" | "set")) = verb.filter(|_| is_lowered) {
            self.items.push((command.span, verb));
        }
        for arg in &command.args {
            if let Value::Code(block) | Value::Substitution(block) = &arg.value {
                self.block(block, menu);
            }
        }
        let names_menu = command.args.iter().all(|arg| matches!(arg.value, Value::Word(_)));
        if verb.is_none() && names_menu {
            self.menu = menu;
        }
    }
}

/// The folder of the corpus and its files, if it is there.
pub(crate) fn all_files() -> Option<(PathBuf, Vec<PathBuf>)> {
    let folder = folder("dev")?;
    let paths = FLOORS.iter().flat_map(|floor| scripts(&folder.join(floor.category))).collect();
    Some((folder, paths))
}
