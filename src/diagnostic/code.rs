//! The stable codes, one statement of each.

use super::Severity;
use std::fmt;

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $name:ident = $number:literal $severity:ident; )+) => {
        /// The kind of a [`Diagnostic`](super::Diagnostic). The number never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $( $(#[doc = $doc])+ $name, )+ }

        impl Code {
            /// Every code, in the order of the numbers.
            pub const ALL: &[Code] = &[ $( Code::$name, )+ ];

            /// The number as shown: `R` and four digits.
            pub fn as_str(self) -> &'static str {
                match self { $( Code::$name => $number, )+ }
            }

            /// How grave a matter of this kind is.
            pub fn severity(self) -> Severity {
                match self { $( Code::$name => Severity::$severity, )+ }
            }

            /// What the code stands for, in a sentence or two.
            pub fn summary(self) -> &'static str {
                match self { $( Code::$name => concat!($($doc),+).trim_ascii(), )+ }
            }
        }
    };
}

codes! {
    /// A file could not be read.
    UnreadableFile = "R0001" Error;
    /// More errors than are worth showing; reading stopped.
    TooManyErrors = "R0002" Error;
    /// A file could not be written.
    UnwritableFile = "R0003" Error;
    /// The text is not RouterOS's language.
    Syntax = "R0101" Error;
    /// A terminal session can't be formatted: what the router printed is no script.
    SessionNotFormatted = "R0102" Error;
    /// A router's own parser refuses this; looked for with `check --routeros` only.
    RouterRefuses = "R0103" Error;
    /// There is no such menu or command.
    UnknownCommand = "R0201" Error;
    /// The menu has no such property.
    UnknownProperty = "R0202" Error;
    /// A script command that rosc does not run.
    ScriptNotRun = "R0203" Error;
    /// A value that nothing tells: a variable that is not set, or a command that gives none.
    ValueNotComputed = "R0204" Error;
    /// The item that a command names does not exist.
    NoSuchItem = "R0205" Error;
    /// A `find` matches nothing, so the command does nothing.
    NothingFound = "R0206" Warning;
    /// A condition or a value asks for what only a live router knows.
    OnlyLiveRouterKnows = "R0207" Error;
    /// A command lacks something that it needs.
    MissingArgument = "R0208" Error;
    /// A command is used in a way that it does not have.
    BadArgument = "R0209" Error;
    /// The same property is given twice in one command.
    RepeatedProperty = "R0210" Error;
    /// A file mixes the spellings of RouterOS 6 and 7.
    MixedDialects = "R0211" Warning;
    /// A menu that is kept, but not lowered to Linux.
    NotLowered = "R0212" Warning;
    /// A command that does something once and is no configuration.
    OneTimeAction = "R0213" Warning;
    /// A line of a terminal session that looks like a command, but has no prompt.
    Unprompted = "R0214" Warning;
    /// A script does what makes it fail on a router too.
    ScriptFails = "R0215" Error;
    /// A script ends itself with `:error`.
    ScriptGivesUp = "R0216" Error;
    /// A script takes more steps, calls or memory than it may.
    LimitReached = "R0217" Error;
    /// A variable in a condition has the name of a property, which is what the condition means.
    ShadowedVariable = "R0218" Warning;
    /// A file that a script imports can't be read, or lies outside the script's folder.
    NotImported = "R0219" Error;
    /// A fact about the router that no script asks for.
    UnaskedFact = "R0220" Note;
    /// A value is not of the property's type.
    WrongType = "R0301" Error;
    /// An item lacks a property that it needs.
    MissingProperty = "R0302" Error;
    /// A property that rosc refuses, because Linux has no faithful form of it.
    RefusedProperty = "R0303" Error;
    /// A property that Linux has a close form of; the difference is named.
    CloseProperty = "R0304" Warning;
    /// A name that nothing declares: a table, list, chain, bridge or interface.
    DanglingName = "R0305" Error;
    /// The same thing is declared twice.
    Duplicate = "R0306" Error;
    /// A chain that nothing jumps to.
    UnreachableChain = "R0307" Warning;
    /// Properties that exclude each other, or one that needs another.
    Contradiction = "R0308" Error;
    /// A rule that names a deleted object or a bridge port, so that it never matches.
    NeverMatches = "R0309" Warning;
    /// An action that the chain does not have.
    WrongChain = "R0310" Error;
    /// Chains that jump to each other in a circle.
    JumpLoop = "R0311" Error;
    /// A property that the item's action does not look at.
    NoEffect = "R0312" Warning;
    /// A route whose gateway no interface reaches.
    UnreachableGateway = "R0401" Error;
    /// A route that is never chosen.
    UnusedRoute = "R0402" Warning;
    /// Routes of equal distance, of which RouterOS 6 uses an arbitrary one.
    ArbitraryRoute = "R0403" Warning;
    /// A gateway check, which nothing performs until a watcher runs.
    CheckNotRun = "R0404" Warning;
    /// A table whose routes are not used for forwarding.
    TableWithoutFib = "R0405" Warning;
    /// A routing mark can be put on packets to the router itself, which RouterOS 7 would forward.
    MarkedLocalTraffic = "R0406" Warning;
    /// A rule hides the only route of the table that it names.
    HiddenDefault = "R0407" Warning;
    /// A gateway that is one of the router's own addresses.
    GatewayIsOwnAddress = "R0408" Error;
    /// Connections that come in by one uplink are answered by another.
    AnsweredElsewhere = "R0411" Warning;
    /// A routing mark whose table has no route, so that marked packets take main.
    MarkWithoutRoute = "R0412" Warning;
    /// A connection mark that is set and that no rule asks for.
    UnaskedMark = "R0413" Note;
    /// Private addresses can leave by an uplink without translation.
    UntranslatedExit = "R0414" Warning;
    /// A rule that an earlier rule of its chain leaves nothing to match.
    ShadowedRule = "R0415" Warning;
    /// A table without a default route, to which packets of all destinations are led.
    TableWithoutDefault = "R0416" Note;
    /// Gateways of one destination that all lead to the same neighbour.
    SameNextHop = "R0417" Warning;
    /// A name that Linux does not take.
    BadLinuxName = "R0501" Error;
    /// Linux can't do what the configuration asks.
    NoLinuxForm = "R0502" Error;
    /// Linux does nearly what the configuration asks.
    LinuxDiffers = "R0503" Warning;
    /// A family has no fast path, because something besides the routes has a say in what is forwarded.
    FastPathOff = "R0504" Warning;
    /// A multipath route whose packets the kernel shares among the gateways, not the fast path.
    SharedByKernel = "R0505" Warning;
    /// The fast path is asked for on an interface that nothing is routed on.
    NotRoutedOn = "R0506" Warning;
    /// What rules put on the fast path is left to the kernel's flow tables.
    ConnectionsByKernel = "R0507" Note;
    /// The machine has no such network device.
    NoSuchDevice = "R0601" Error;
    /// Something that rosc did not make is in the way.
    ForeignObject = "R0602" Error;
    /// Something that rosc did not make already does what is asked; it is left alone.
    AlreadyThere = "R0603" Note;
    /// The firewall of this machine is shown to root only.
    FirewallUnreadable = "R0604" Warning;
    /// The record of former kernel settings may not be read.
    RecordUnreadable = "R0605" Warning;
    /// What needs a device that is not there waits for it.
    WaitsForDevice = "R0606" Warning;
    /// The machine has no fast path of rosc's whose counters could be shown.
    NoFastPath = "R0607" Error;
    /// The kernel, or the tool that speaks to it, refused an object.
    Refused = "R0701" Error;
    /// After the change, the kernel does not hold what was asked for.
    NotVerified = "R0702" Error;
    /// Another run of rosc holds the lock.
    Locked = "R0703" Error;
    /// An earlier run was cut off; its changes were taken back first.
    Recovered = "R0704" Note;
    /// A change could not be taken back.
    UndoFailed = "R0705" Error;
    /// The undo journal could not be written.
    Journal = "R0706" Error;
    /// A saved state could not be read.
    BadState = "R0707" Error;
    /// A change waits to be confirmed, or none does.
    Unconfirmed = "R0708" Error;
    /// No earlier state of that number is kept.
    NoSuchState = "R0709" Error;
    /// A change could cut off the session in which it is asked for.
    CutsOff = "R0710" Error;
    /// A state that was kept can't be read: another version of rosc has kept it, or its file is damaged.
    UnreadableState = "R0711" Warning;
    /// The run lacks a right of root that the command needs.
    LacksCapability = "R0712" Error;
    /// The lab could not be built, or had nothing to do.
    LabFailed = "R0801" Error;
    /// A packet to be traced is not written as one.
    BadPacket = "R0802" Error;
    /// No packet can come to the router whose packets are to be compared.
    NothingToVerify = "R0803" Error;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_ascending() {
        assert!(Code::ALL.is_sorted_by(|a, b| a.as_str() < b.as_str()));
    }
}
