//! What a namespace looks like from outside: through `ip`.

use rosc_route::{Change, Comparison, Observed, RouteTarget, State, compare};
use rosc_target::Target;
use rosc_target::netns::for_test;
use serde_json::Value;
use std::process::{Command, Stdio};

/// Runs a test in a namespace with two cables, `eth0` - `far0` and `eth1` - `far1`, all up, and addresses
/// 192.0.2.1/24, 2001:db8::1/64 on `eth0` and 198.51.100.1/24, 2001:db8:1::1/64 on `eth1`.
pub(crate) fn with_two_cables(test: impl FnOnce() + Send) {
    let Some(namespace) = for_test() else { return };
    namespace.run(|| {
        ip("link set lo up");
        ip("link add eth0 type veth peer name far0");
        ip("link add eth1 type veth peer name far1");
        for (device, number) in [("eth0", 0), ("eth1", 1), ("far0", 2), ("far1", 3)] {
            // Link-local addresses come by themselves, and when is up to the carrier.
            ip(&format!("link set {device} address 02:00:00:00:01:0{number} addrgenmode none up"));
        }
        ip("address add 192.0.2.1/24 dev eth0");
        ip("address add 198.51.100.1/24 dev eth1");
        ip("address add 2001:db8::1/64 dev eth0 nodad");
        ip("address add 2001:db8:1::1/64 dev eth1 nodad");
        test();
    });
}

/// Runs `ip` with these words and returns what it prints.
pub(crate) fn ip(words: &str) -> String {
    let output = Command::new("ip").args(words.split_whitespace()).output().expect("ip can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {words}: {errors}");
    String::from_utf8(output.stdout).expect("ip prints text")
}

/// Runs lines through `ip -batch`.
pub(crate) fn ip_batch(option: &str, lines: &[String]) {
    use std::io::Write;
    let mut child = Command::new("ip")
        .args([option, "-batch", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ip can be run");
    let mut input = child.stdin.take().expect("its input is a pipe");
    input.write_all(lines.join("\n").as_bytes()).expect("ip reads its input");
    drop(input);
    let output = child.wait_with_output().expect("ip ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\nof\n{}", lines.join("\n"));
}

/// Everything that the kernel has, in `ip`'s words, without what changes by itself.
pub(crate) fn listing() -> String {
    let mut lines = Vec::new();
    lines.extend(links());
    let addresses = ip("-o address");
    lines.extend(addresses.lines().filter_map(|line| {
        let (line, _lifetime) = line.split_once('\\')?;
        let (_number, line) = line.split_once(": ")?;
        // A bridge gets its link-local address when it sees a carrier.
        (!line.contains(" fe80:")).then(|| format!("address {}", line.replace(" tentative", "")))
    }));
    for family in ["-4", "-6"] {
        let routes = ip(&format!("{family} -o route show table all"));
        // IPv6 adds the routes that belong to an address or a carrier later, from a work queue.
        let comes_later = |line: &&str| family == "-6" && line.contains("proto kernel");
        let routes = routes.lines().filter(|line| !comes_later(line));
        lines.extend(routes.map(|line| format!("route {family} {}", line.replace(" linkdown", ""))));
    }
    lines.sort();
    for family in ["-4", "-6"] {
        lines.extend(ip(&format!("{family} rule")).lines().map(|line| format!("rule {family} {line}")));
    }
    lines.join("\n")
}

fn links() -> Vec<String> {
    let text = ip("-j -d link");
    let Ok(Value::Array(links)) = serde_json::from_str(&text) else { panic!("no list of links: {text}") };
    let properties = ["master", "group", "mtu", "address", "altnames"];
    let of_bridge = ["ageing_time", "forward_delay", "stp_state", "priority", "mcast_snooping"];
    let describe = |link: &Value| {
        let up = link["flags"].as_array().is_some_and(|flags| flags.contains(&"UP".into()));
        let (name, info) = (link["ifname"].as_str().unwrap_or_default(), &link["linkinfo"]);
        let mut line = format!("link {name} up={up} kind={}", info["info_kind"]);
        line.extend(properties.iter().map(|key| format!(" {key}={}", link[*key])));
        line.extend(of_bridge.iter().map(|key| format!(" {key}={}", info["info_data"][*key])));
        line
    };
    links.iter().map(describe).collect()
}

pub(crate) fn target() -> RouteTarget {
    RouteTarget::open().expect("a netlink socket")
}

pub(crate) fn observe() -> Observed {
    target().observe().expect("the kernel can be read")
}

/// The changes to a state that nothing stands in the way of.
pub(crate) fn changes_to(desired: &State) -> Vec<Change> {
    let Comparison { changes, conflicts, .. } = compare(desired, &observe());
    assert_eq!(conflicts, []);
    changes
}

/// Applies a state and returns the changes that this took.
pub(crate) fn apply(desired: &State) -> Vec<Change> {
    let changes = changes_to(desired);
    if let Err(error) = target().apply(&changes) {
        panic!("{error}\nof\n{}", lines(&changes));
    }
    changes
}

/// The changes, one a line.
pub(crate) fn lines(changes: &[Change]) -> String {
    changes.iter().map(|change| format!("{change}\n")).collect()
}

/// Asserts that two listings are equal, and shows the lines that are not.
pub(crate) fn assert_same(after: &str, before: &str) {
    let only_in = |one: &str, other: &str, sign: char| {
        let missing = one.lines().filter(|line| !other.lines().any(|same| same == *line));
        missing.map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    let gone = only_in(before, after, '-');
    let come = only_in(after, before, '+');
    assert!(before == after, "the listing differs:\n{gone}{come}");
}
