//! The command line, as clap reads it.

mod changing;
mod generate;
mod values;

pub use changing::{
    ApplyArgs, Changing, ConfirmArgs, DEFAULT_STATE_DIR, HistoryArgs, RestoreArgs, RollbackArgs, WatchArgs,
};
pub use generate::Generated;
pub use values::{Family, Format, Stage, Version, When};

use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

/// Compiles RouterOS configuration to plain Linux.
///
/// Several files are one configuration: a later file adds to what the earlier ones made, so that an export can be
/// followed by an overlay that names the machine's devices (/rosc interface add name=ether1 device=enp3s0).
/// `-` is standard input.
#[derive(Debug, Parser)]
#[command(name = "rosc", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours; NO_COLOR is honoured.
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
}

impl Cli {
    /// Reads a command line, the program's name first.
    ///
    /// `check --routeros` takes a version or none. So that a file behind it is no version, clap wants `--routeros=6`; the
    /// version as an argument of its own, as for the other commands, becomes that here.
    pub fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut joined: Vec<OsString> = Vec::new();
        let mut are_options = true;
        for argument in line {
            are_options &= argument != "--";
            let is_version = argument == "6" || argument == "7";
            match joined.last_mut().filter(|last| are_options && is_version && *last == "--routeros") {
                Some(option) => {
                    option.push("=");
                    option.push(&argument);
                }
                None => joined.push(argument),
            }
        }
        Self::try_parse_from(joined)
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reports everything that is wrong with a configuration, or different on Linux.
    ///
    /// rosc reads more than a router does: pasted terminal sessions, names of all versions. With --routeros, what a
    /// router's own parser refuses is an error too. Exits with 1 if there is an error.
    Check(CheckArgs),
    /// Shows what a stage of the compiler makes of a configuration.
    Show(ShowArgs),
    /// Shows what would have to change.
    ///
    /// Compares with this machine, or with what --against names. Exits with 0 if nothing differs, 2 if something
    /// does, 1 on errors, and where nothing differs but not everything could be read.
    Diff(DiffArgs),
    /// Changes this machine to what the configuration says, or leaves it as it was.
    ///
    /// With --remove, all that rosc has made goes, and kernel settings become what they were; devices that it has set
    /// up stay up.
    ///
    /// Exits with 0 if the machine is as asked, 1 if nothing was changed because of an error, 3 if a change was
    /// begun and taken back.
    Apply(ApplyArgs),
    /// Keeps the change that waits after `rosc apply --confirm`.
    ///
    /// Exits with 0 if there was one, 1 if not.
    Confirm(ConfirmArgs),
    /// Lists the states that the machine was brought to, or shows what one of them changed.
    ///
    /// The last ten are kept. `rosc rollback` goes back to one of them.
    History(HistoryArgs),
    /// Brings the machine back to an earlier state.
    ///
    /// Without a number, to the one before the last. It is a change like any other: what is not as it was is changed,
    /// verified, and taken back if anything fails. Exits as rosc apply does.
    Rollback(RollbackArgs),
    /// Brings the machine to the state that was kept last: for the start of the machine.
    ///
    /// The kernel has forgotten everything by then. What was applied last and verified comes back, and if it had to be
    /// confirmed, only if it was: neither an edit of a file that nobody applied, nor a change that nobody confirmed, comes
    /// in by a reboot or a power cut. The files are not read, unless no state is kept yet, or the last one can't be read: then
    /// they are applied as by rosc apply. Exits as that does.
    Restore(RestoreArgs),
    /// Keeps up what a fast path has to know, as long as it runs.
    ///
    /// Where other programs come to route, or to have policy rules for, what groups share, these packets go by the kernel from
    /// then on. And with `/rosc fastpath set mode=xdp`, programs in drivers send only to neighbours whose link addresses they were
    /// told; everything else takes the kernel's way. This tells them, follows what changes, and has the kernel ask neighbours
    /// whether they are still there. It makes no fast path and removes none, but waits for one. When it is asked to end,
    /// by Ctrl-C or a service manager, it takes back what it has told of neighbours, and packets go by the kernel.
    Watch(WatchArgs),
    /// Takes a change back that is not confirmed in time.
    #[command(hide = true)]
    Guard(ConfirmArgs),
    /// Makes what packages install beside the command.
    #[command(hide = true, subcommand)]
    Generate(Generated),
    /// Tries a configuration out in network namespaces, with traffic.
    ///
    /// Builds the router, a provider for each gateway and a host in each LAN, applies the configuration there, and
    /// shows how flows spread over the uplinks. Nothing outside of the namespaces is touched. Needs root.
    /// With --verify, it holds what the kernel does with packets against what rosc trace says of them.
    Lab(LabArgs),
    /// Follows a packet through the router, hook by hook, and its answer back.
    ///
    /// Shows what RouterOS does with it and which line makes it so: marks, translations, the routing decision with the
    /// routes that were not used and why, and where the packet ends. Nothing is sent and nothing is changed.
    ///
    /// A packet is written behind the files: in=INTERFACE src=ADDRESS dst=ADDRESS proto=PROTOCOL sport=PORT dport=PORT,
    /// and where they matter flags=, mss=, type=, id=, ttl=, state=, connection-mark=; `out` in the place of in= is a
    /// packet of the router's own. An ICMP error is type=time-exceeded with the packet that it is about,
    /// about=src=ADDRESS/dst=ADDRESS/proto=PROTOCOL. Without one, packets are read from standard input, one a line: later ones find the
    /// connections of earlier ones.
    Trace(TraceArgs),
    /// Brings scripts into one canonical style.
    ///
    /// Comments and meaning stay. The files are replaced; `-` is formatted from standard input to standard output.
    /// Exits with 1 if a file can't be formatted, and with --check, 2 if one is not in that style.
    Fmt(FmtArgs),
    /// Prints the configuration that the files leave, as RouterOS 7 would export it.
    ///
    /// Version 6 spellings become version 7, defaults are left out, and so are secrets.
    Export(ExportArgs),
}

/// How to read a configuration.
#[derive(Debug, Args)]
pub struct Reading {
    /// Files with RouterOS commands: an export, a script, a pasted terminal session.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The version of RouterOS that they are written for, where they don't tell.
    #[arg(long, value_enum, value_name = "VERSION")]
    pub routeros: Option<Version>,
    /// Makes it an error if something is not carried over.
    #[arg(long)]
    pub strict: bool,
}

/// How to lower firewall rules.
#[derive(Debug, Clone, Copy, Args)]
pub struct Lowering {
    /// Makes rules of their own of all firewall rules.
    ///
    /// Otherwise a run of rules that differ in one field only, as those of a classifier do, becomes one look-up. Packets
    /// meet the same, and each rule is counted, with this and without. What was applied with it wants it here too.
    #[arg(long)]
    pub no_merge: bool,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files with RouterOS commands: an export, a script, a pasted terminal session.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Takes for an error what a router refuses to read, too.
    ///
    /// The files are held to the rules of RouterOS 7.22 without further packages: its syntax, its menus and their
    /// arguments. With `--routeros 6` they are read as files for version 6 and held to the syntax alone.
    #[arg(
        long,
        value_enum,
        value_name = "VERSION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "7"
    )]
    pub routeros: Option<Version>,
    /// Makes it an error if something is not carried over.
    #[arg(long)]
    pub strict: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The stage.
    #[arg(value_enum)]
    pub stage: Stage,
    /// Files with RouterOS commands; for `live` any or none, for `fastpath` and `metrics` none.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The version of RouterOS that they are written for, where they don't tell.
    #[arg(long, value_enum, value_name = "VERSION")]
    pub routeros: Option<Version>,
    /// With `routes`: only this family. `ip` takes one at a time, as `ip -4 -batch` or `ip -6 -batch`.
    #[arg(long, value_enum, value_name = "FAMILY")]
    pub family: Option<Family>,
    /// How to lower it.
    #[command(flatten)]
    pub lowering: Lowering,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Where rosc keeps its undo journal and former kernel settings.
    #[arg(long, value_name = "DIR", env = "ROSC_STATE_DIR", default_value = DEFAULT_STATE_DIR)]
    pub state_dir: PathBuf,
}

/// `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The configuration.
    #[command(flatten)]
    pub reading: Reading,
    /// What to compare with instead of this machine: another .rsc file, or a state saved by `show live --format
    /// json` (a file that ends in .json).
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// Tells what somebody has changed on this machine by hand: what is missing, what is otherwise, what nobody asks for,
    /// with the lines that it contradicts.
    #[arg(long, conflicts_with = "against")]
    pub live: bool,
    /// How to lower it.
    #[command(flatten)]
    pub lowering: Lowering,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Where rosc keeps its undo journal and former kernel settings.
    #[arg(long, value_name = "DIR", env = "ROSC_STATE_DIR", default_value = DEFAULT_STATE_DIR)]
    pub state_dir: PathBuf,
}

/// `lab`.
#[derive(Debug, Args)]
pub struct LabArgs {
    /// The configuration.
    #[command(flatten)]
    pub reading: Reading,
    /// How many flows of each kind (TCP, UDP, ICMP) to send from each LAN.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub flows: u32,
    /// Takes a gateway away while the flows run, and reports what happens to them.
    #[arg(long, value_name = "GATEWAY")]
    pub fail: Option<IpAddr>,
    /// Sends so many different packets instead of flows, and compares what becomes of each with what rosc trace says.
    ///
    /// They are drawn from what the configuration names: just inside and just outside of its prefixes, ranges and ports.
    /// Compared are the interface that a packet leaves by, its gateway, addresses, ports, what is dropped and what the
    /// router answers. The first packet that does otherwise is shown both ways, with the smallest configuration and the
    /// fewest packets that show it too. Exits with 0 if all do as they should, 2 if one does not, 1 on errors.
    #[arg(
        long,
        value_name = "PACKETS",
        conflicts_with_all = ["flows", "fail"],
        value_parser = clap::value_parser!(u64).range(1..=100_000_000)
    )]
    pub verify: Option<u64>,
    /// With --verify: draws the same packets again as the run that named this number.
    #[arg(long, value_name = "NUMBER", requires = "verify")]
    pub seed: Option<u64>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// `trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Files with RouterOS commands, and the parts of the packet.
    #[arg(required = true, value_name = "FILE|PART")]
    pub words: Vec<String>,
    /// The version of RouterOS that the files are written for, where they don't tell.
    #[arg(long, value_enum, value_name = "VERSION")]
    pub routeros: Option<Version>,
    /// Takes a gateway for one that does not answer. It concerns routes that check their gateway.
    #[arg(long, value_name = "GATEWAY")]
    pub down: Vec<IpAddr>,
    /// Takes an interface for one that is down.
    #[arg(long, value_name = "NAME")]
    pub interface_down: Vec<String>,
    /// Draws so many packets of prefixes, src=192.168.88.0/24 dst=0.0.0.0/0, and shows how they spread.
    #[arg(long, value_name = "PACKETS", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub sample: Option<u32>,
    /// Shows the rules that do not match too, with the first condition that does not hold.
    #[arg(long)]
    pub all: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// `fmt`.
#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Scripts and exports.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Changes nothing, and names the files that would be formatted.
    #[arg(long)]
    pub check: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Files with RouterOS commands: an export, a script, a pasted terminal session.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The version of RouterOS that they are written for, where they don't tell.
    #[arg(long, value_enum, value_name = "VERSION")]
    pub routeros: Option<Version>,
    /// Prints passwords, keys and other secrets too.
    #[arg(long)]
    pub show_sensitive: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}
