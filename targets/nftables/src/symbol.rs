//! Names of numbers: nft's built-in tables, which depend on no file of the machine.

use crate::bits::{CtState, CtStatus, TcpFlags};
use crate::datatype::Datatype;
use crate::protocol::Protocol;

/// Returns the names of a datatype's values, in the order of the values.
///
/// Names of protocols are missing: nft takes most of them from `/etc/protocols`, see [`Protocol::keyword`].
pub(crate) fn symbols(datatype: Datatype) -> &'static [(u32, &'static str)] {
    match datatype {
        Datatype::CtState => CtState::WORDS,
        Datatype::CtStatus => CtStatus::WORDS,
        Datatype::TcpFlag => TcpFlags::WORDS,
        Datatype::CtDir => &[(0, "original"), (1, "reply")],
        Datatype::FibAddrtype => FIB_ADDRTYPES,
        Datatype::Dscp => DSCPS,
        Datatype::Boolean => &[(0, "missing"), (1, "exists")],
        Datatype::Ifname
        | Datatype::Ipv4Addr
        | Datatype::Ipv6Addr
        | Datatype::InetProto
        | Datatype::InetService
        | Datatype::Mark
        | Datatype::EtherAddr
        | Datatype::Integer
        | Datatype::Bytes
        | Datatype::Priority
        | Datatype::Hour
        | Datatype::Day
        | Datatype::Helper => &[],
    }
}

/// Returns the name of a value, if it has one in every nft.
pub(crate) fn name_of(datatype: Datatype, value: u32) -> Option<&'static str> {
    if let Datatype::InetProto = datatype {
        return Protocol(u8::try_from(value).ok()?).keyword();
    }
    symbols(datatype).iter().find(|(number, _)| *number == value).map(|(_, name)| *name)
}

/// Returns the value that a listing calls so.
pub(crate) fn value_of(datatype: Datatype, name: &str) -> Option<u32> {
    if datatype == Datatype::InetProto {
        return Protocol::from_listed_name(name).map(u32::from);
    }
    let young = match datatype {
        Datatype::Dscp => YOUNG_DSCPS,
        Datatype::Day => DAYS,
        _ => &[],
    };
    let mut known = symbols(datatype).iter().chain(young);
    known.find(|(_, symbol)| *symbol == name).map(|(number, _)| *number)
}

/// Says whether nft's JSON takes the text for a number wherever it stands, even where a name is wanted
/// (`json_parse_constant` of nft 1.0.6): the words for protocols, and one for a type of ICMP.
pub(crate) fn is_number_in_json(text: &str) -> bool {
    text == "redirect" || Protocol::from_keyword(text).is_some()
}

/// `RTN_*` of the kernel. Greater numbers have no name in nft.
const FIB_ADDRTYPES: &[(u32, &str)] = &[
    (0, "unspec"),
    (1, "unicast"),
    (2, "local"),
    (3, "broadcast"),
    (4, "anycast"),
    (5, "multicast"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
];

/// RFC 2474 (class selectors), RFC 2597 (assured forwarding) and RFC 3246 (expedited forwarding).
const DSCPS: &[(u32, &str)] = &[
    (0, "cs0"),
    (8, "cs1"),
    (10, "af11"),
    (12, "af12"),
    (14, "af13"),
    (16, "cs2"),
    (18, "af21"),
    (20, "af22"),
    (22, "af23"),
    (24, "cs3"),
    (26, "af31"),
    (28, "af32"),
    (30, "af33"),
    (32, "cs4"),
    (34, "af41"),
    (36, "af42"),
    (38, "af43"),
    (40, "cs5"),
    (46, "ef"),
    (48, "cs6"),
    (56, "cs7"),
];

/// Names that are read but not written, because not every nft knows them.
const YOUNG_DSCPS: &[(u32, &str)] = &[(0, "df"), (0, "be"), (1, "lephb"), (44, "va")];

/// Names that are read but not written, because nft lists numbers where rosc asks it to.
const DAYS: &[(u32, &str)] = &[
    (0, "Sunday"),
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
    (6, "Saturday"),
];

/// Returns the single bits of a value, ascending.
pub(crate) fn bits_of(value: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS).map(|shift| 1 << shift).filter(move |bit| value & bit != 0)
}
