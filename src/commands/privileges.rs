//! What a command may do: everything that it does not need is given up before a file is read.
//!
//! Root's rights are many, one for each bit of the kernel's capabilities. A file may come from anybody; whoever finds a
//! way into rosc by one finds no more there than the command itself needs. docs/privileges.md tells the same to people.

use crate::cli::{Command, Stage};
use crate::diagnostic::{Code, Diagnostic};
use rustix::io::{self, Errno};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set, clear_ambient_capability_set,
    configure_capability_in_ambient_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs,
};
use std::io::stdout;
use std::os::fd::AsFd;
use std::path::PathBuf;

/// The capabilities of a command.
#[derive(Debug, Clone, Copy)]
struct Needs {
    /// Without these it is refused.
    required: CapabilitySet,
    /// With these it sees more; what it does not see it says.
    useful: CapabilitySet,
    /// With these it reads the files that it is given.
    reading: CapabilitySet,
}

impl Needs {
    const NOTHING: Self = Self {
        required: CapabilitySet::empty(),
        useful: CapabilitySet::empty(),
        reading: CapabilitySet::empty(),
    };
    /// Reading the firewall takes the right to change it, and the fast path that to use eBPF; everything else may be read by
    /// anybody.
    const LOOKING: Self =
        Self { useful: CapabilitySet::NET_ADMIN.union(CapabilitySet::BPF), ..Self::NOTHING };
    /// Settings of the network below `/proc/sys` are for whoever may change the network, too. Only a fast path takes more.
    const CHANGING: Self = Self { required: CapabilitySet::NET_ADMIN, useful: FAST_PATH, ..Self::NOTHING };
    /// The records of a fast path, and asking the kernel to look for neighbours. Reading them takes no right.
    const WATCHING: Self =
        Self { required: CapabilitySet::NET_ADMIN.union(CapabilitySet::BPF), ..Self::NOTHING };
    /// Namespaces take `CAP_SYS_ADMIN`, sockets that see whole packets `CAP_NET_RAW`, and small ports
    /// `CAP_NET_BIND_SERVICE`.
    const NAMESPACES: Self = Self {
        required: CapabilitySet::NET_ADMIN
            .union(CapabilitySet::SYS_ADMIN)
            .union(CapabilitySet::NET_RAW)
            .union(CapabilitySet::NET_BIND_SERVICE),
        // For many flows: more open files than the limit.
        useful: CapabilitySet::SYS_RESOURCE,
        ..Self::NOTHING
    };

    /// What a command needs.
    fn of(command: &Command) -> Self {
        match command {
            Command::Check(_)
            | Command::Trace(_)
            | Command::Fmt(_)
            | Command::Export(_)
            | Command::History(_)
            | Command::Generate(_)
            | Command::Confirm(_) => Self::NOTHING,
            Command::Show(args) if args.stage == Stage::Live => Self::LOOKING.reading(&args.files),
            Command::Show(args) if matches!(args.stage, Stage::Fastpath | Stage::Metrics) => Self::LOOKING,
            Command::Show(_) => Self::NOTHING,
            Command::Diff(args) if args.against.is_some() => Self::NOTHING,
            Command::Diff(args) => Self::LOOKING.reading(&args.reading.files),
            Command::Apply(args) => Self::CHANGING.reading(&args.files),
            Command::Restore(args) => Self::CHANGING.reading(&args.files),
            Command::Rollback(_) | Command::Guard(_) => Self::CHANGING,
            Command::Watch(_) => Self::WATCHING,
            Command::Lab(args) => Self::NAMESPACES.reading(&args.reading.files),
        }
    }

    /// Whether the command may load programs.
    fn changes(self) -> bool {
        (self.required | self.useful).intersects(CapabilitySet::PERFMON | CapabilitySet::SYS_ADMIN)
    }

    /// With the right to read any file, which root has while a command that changes or shows the machine reads the files
    /// that it is given: they may lie in the home of the user who has become root.
    fn reading(self, files: &[PathBuf]) -> Self {
        Self { reading: if files.is_empty() { CapabilitySet::empty() } else { READING }, ..self }
    }
}

/// What programs that are started need at most: they are `nft` and the guard.
const STARTED: CapabilitySet = CapabilitySet::NET_ADMIN.union(FAST_PATH);

/// Loading the programs of a fast path. Without `CAP_PERFMON` the kernel takes none that reaches into a packet at a place that
/// is known only when it comes.
const FAST_PATH: CapabilitySet = CapabilitySet::BPF.union(CapabilitySet::PERFMON);

/// The right to read any file.
const READING: CapabilitySet = CapabilitySet::DAC_READ_SEARCH;

/// Gives up what the command does not need, for this process and all that it starts.
///
/// It is an error if something is missing that the command can't do without. The calling thread has to be the only one:
/// the kernel counts capabilities by thread, and others start with what this one has.
pub(super) fn settle(command: &Command) -> Result<(), Diagnostic> {
    let needs = Needs::of(command);
    let had = capabilities(None).map_err(not_given_up)?;
    let missing = needs.required - had.effective;
    if !missing.is_empty() {
        return Err(lacking(command, missing));
    }
    // To open the kernel's modules takes a right that nothing else does.
    match command {
        Command::Guard(_) => rosc_ebpf::take_modules(stdout().as_fd()),
        _ if needs.changes() => rosc_ebpf::open_modules(),
        _ => {}
    }
    let kept = had.effective & (needs.required | needs.useful | needs.reading);
    give_up(kept, kept & STARTED).map_err(not_given_up)
}

/// The files are read: from here on nothing is read by the rights of root.
pub(super) fn files_are_read() -> Result<(), Diagnostic> {
    let had = capabilities(None).map_err(not_given_up)?;
    let kept = had.effective - READING;
    set_capabilities(None, CapabilitySets { effective: kept, permitted: kept, ..had }).map_err(not_given_up)
}

/// Keeps some capabilities, and lets programs that are started have some of them.
fn give_up(kept: CapabilitySet, inherited: CapabilitySet) -> io::Result<()> {
    clear_ambient_capability_set()?;
    for capability in (0..u64::BITS).map(|bit| CapabilitySet::from_bits_retain(1 << bit)) {
        match capability_is_in_bounding_set(capability) {
            // The kernel has no more of them.
            Err(Errno::INVAL) => break,
            Ok(true) if !inherited.contains(capability) => {
                match remove_capability_from_bounding_set(capability) {
                    // Only root may take from this set. What is only in it is no right, and can't become one below.
                    Ok(()) | Err(Errno::PERM) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    set_capabilities(None, CapabilitySets { effective: kept, permitted: kept, inheritable: inherited })?;
    for capability in inherited.iter() {
        configure_capability_in_ambient_set(capability, true)?;
    }
    set_no_new_privs(true)
}

fn lacking(command: &Command, missing: CapabilitySet) -> Diagnostic {
    let names: Vec<String> = missing.iter_names().map(|(name, _)| format!("CAP_{name}")).collect();
    let help = match command {
        Command::Apply(args) if args.changing.dry_run => {
            "run it as root; rosc diff shows what would change, as far as you may see it"
        }
        Command::Lab(_) => {
            "the lab lives in network namespaces, which takes root; rosc diff and rosc show work without"
        }
        _ => "run it as root, or with what docs/privileges.md lists",
    };
    let message = format!("this takes {}, which this run does not have", names.join(" and "));
    Diagnostic::new(Code::LacksCapability, message).help(help)
}

fn not_given_up(error: Errno) -> Diagnostic {
    let message = format!("rights that are not needed can't be given up: {error}");
    Diagnostic::new(Code::LacksCapability, message).help("rosc does not run with more than it needs")
}
