//! What the parameters of commands are called, in which order unnamed values fill them, and what they hold.

/// What a parameter holds, as far as it tells how a word in it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value of any type.
    Any,
    /// The names of variables that are declared by this.
    Declared,
    /// The name of a variable that is declared already.
    Variable,
    /// A time; a number is one of seconds.
    Time,
    /// The text of a script, which may stand in braces.
    Source,
    /// The name of a script, which may not.
    Reference,
    /// Text, whatever it looks like.
    Text,
    /// A property of an item.
    Setting,
    /// One of some words, of which `yes` and `no` are two.
    Choice,
    /// One of two words, which the router keeps as a truth: `short` is `false` and `long` is `true`.
    Length,
    /// An address with the length of its network.
    AddressWithMask,
    /// A value to compare with, which may be negated.
    Matcher,
}

/// The order of unnamed values, by command of the root menu.
const OF_ROOT: &[(&str, &[&str])] = &[
    ("beep", &["frequency", "length"]),
    ("convert", &["value"]),
    ("delay", &["delay-time"]),
    ("deserialize", &["value"]),
    ("do", &["command"]),
    ("error", &["message"]),
    ("execute", &["script"]),
    ("find", &["in", "key", "from"]),
    ("for", &["counter"]),
    ("foreach", &["counter"]),
    ("global", &["name", "value"]),
    ("if", &["condition"]),
    ("import", &["file-name"]),
    ("local", &["name", "value"]),
    ("onerror", &["error", "in"]),
    ("pick", &["counter", "begin", "end"]),
    ("ping", &["address"]),
    ("put", &["message"]),
    ("range", &["from", "to"]),
    ("resolve", &["domain-name"]),
    ("retry", &["command"]),
    ("rndnum", &["from", "to"]),
    ("serialize", &["value"]),
    ("set", &["name", "value"]),
    ("time", &["command"]),
    ("tocrlf", &["input"]),
    ("tolf", &["input"]),
    ("while", &["condition"]),
];

/// The order of unnamed values, by command of any other menu. Of these, a command fills those that it has.
const OF_MENUS: &[(&str, &[&str])] = &[
    ("bandwidth-test", &["address"]),
    ("check", &["dst-ip"]),
    ("comment", &["numbers", "comment"]),
    ("edit", &["number", "value-name"]),
    ("fetch", &["url"]),
    ("flood-ping", &["address"]),
    ("get", &["number", "value-name"]),
    ("mac-telnet", &["host"]),
    ("monitor-traffic", &["interface"]),
    ("move", &["numbers", "destination"]),
    ("ping", &["address"]),
    ("print", &["from"]),
    ("snmp-get", &["address"]),
    ("snmp-walk", &["address"]),
    ("speed-test", &["address"]),
    ("ssh", &["address"]),
    ("style", &["style"]),
    ("telnet", &["address"]),
    ("torch", &["interface"]),
    ("traceroute", &["address"]),
    ("unset", &["numbers", "value-name"]),
];

/// What unnamed values fill where nothing else is said.
const USUAL: &[&str] = &["numbers", "number", "message", "value"];

/// Parameters that need no value.
const SWITCHES: &[&str] = &[
    "append",
    "as-array",
    "as-string",
    "as-string-value",
    "as-value",
    "blackhole",
    "brief",
    "compact",
    "count-only",
    "detail",
    "fib",
    "follow",
    "follow-only",
    "hide-sensitive",
    "once",
    "passive",
    "show-ids",
    "show-sensitive",
    "stats",
    "terse",
    "value-list",
    "verbose",
    "without-paging",
];

/// Parameters that take `yes`, `no` and other words besides.
const CHOICES: &[&str] = &[
    "accept-redirects",
    "accept-router-advertisements",
    "add-default-route",
    "authoritative",
    "check-certificate",
    "edge",
    "generate-policy",
    "point-to-point",
    "rp-filter",
    "start-tls",
    "tls",
    "use-ipsec",
];

/// Parameters that take text, in which a comma separates nothing and a time is none.
const TEXTS: &[&str] = &[
    "body",
    "comment",
    "dst-path",
    "file",
    "file-name",
    "host",
    "http-data",
    "identity",
    "input",
    "list",
    "name",
    "number",
    "numbers",
    "passphrase",
    "password",
    "regexp",
    "secret",
    "src-path",
    "ssid",
    "subject",
    "url",
    "user",
    "value-name",
];

/// The parameters that unnamed values fill, in their order.
pub(super) fn unnamed(menu: &str, verb: &str, known: &[&'static str]) -> Vec<&'static str> {
    let listed = if menu == "/" { OF_ROOT } else { OF_MENUS };
    let order = listed.iter().find(|(listed, _)| *listed == verb).map_or(USUAL, |(_, order)| order);
    order.iter().copied().filter(|name| known.contains(name)).collect()
}

/// The parameter of this name: one that is called so, else the only one that begins so.
pub(super) fn complete(known: &[&'static str], written: &str) -> Option<&'static str> {
    let exact = known.iter().find(|name| **name == written);
    exact.copied().or_else(|| {
        let mut starting = known.iter().filter(|name| name.starts_with(written));
        let first = starting.next()?;
        starting.next().is_none().then_some(*first)
    })
}

/// The parameter of exactly this name.
pub(super) fn exact(known: &[&'static str], written: &str) -> Option<&'static str> {
    known.iter().copied().find(|name| *name == written)
}

/// The parameter without a value that a word is.
pub(super) fn switch(known: &[&'static str], written: &str) -> Option<&'static str> {
    complete(known, written).filter(|name| SWITCHES.contains(name))
}

/// What a parameter holds.
pub(super) fn kind(menu: &str, verb: &str, name: &str) -> Kind {
    if menu == "/" {
        return match (verb, name) {
            ("local" | "global", "name") | ("for" | "foreach", "counter") | ("onerror", "error") => {
                Kind::Declared
            }
            ("set", "name") => Kind::Variable,
            ("delay", "delay-time") | ("retry", "delay") => Kind::Time,
            ("execute", "script") => Kind::Source,
            ("resolve", "server") => Kind::Text,
            _ => Kind::Any,
        };
    }
    match (menu, name) {
        ("/ip/address" | "/ip/dhcp-server/network" | "/ipv6/address", "address") => Kind::AddressWithMask,
        (_, "port-cost-mode") => Kind::Length,
        ("/ppp/profile", _) => Kind::Choice,
        (_, name) if CHOICES.contains(&name) => Kind::Choice,
        ("/system/logging/action", "script") => Kind::Reference,
        ("/system/logging", "topics") => Kind::Matcher,
        (_, "source" | "on-event" | "script") => Kind::Source,
        (_, name) if TEXTS.contains(&name) => Kind::Text,
        _ if menu.contains("/firewall/") && is_matcher(name) => Kind::Matcher,
        _ => Kind::Setting,
    }
}

/// Says whether a property of a firewall rule is one to compare with that `!` may negate.
fn is_matcher(name: &str) -> bool {
    const PARTS: [&str; 3] = ["src-", "dst-", "connection-"];
    const NO_MATCHERS: [&str; 4] = ["dst-limit", "connection-limit", "connection-bytes", "connection-rate"];
    const OTHERS: [&str; 22] = [
        "dscp",
        "icmp-options",
        "in-bridge-port",
        "in-bridge-port-list",
        "in-interface",
        "in-interface-list",
        "ingress-priority",
        "layer7-protocol",
        "out-bridge-port",
        "out-bridge-port-list",
        "out-interface",
        "out-interface-list",
        "packet-mark",
        "packet-size",
        "per-connection-classifier",
        "port",
        "priority",
        "protocol",
        "realm",
        "routing-mark",
        "tcp-mss",
        "ttl",
    ];
    OTHERS.contains(&name)
        || (PARTS.iter().any(|part| name.starts_with(part)) && !NO_MATCHERS.contains(&name))
}
