//! How long large tables take, beside what `nft` itself takes for the same: `cargo bench -p rosc-nftables`.
//!
//! Each figure is one run in a new network namespace. Elements of sets up to the number in the first argument
//! are loaded (100000 if there is none): the kernel needs a minute to list a million.

#![expect(clippy::print_stdout, reason = "the figures are the output")]
#![expect(clippy::unwrap_used, reason = "nothing of this is shipped")]

use rosc_nftables::select::{ip, meta, tcp};
use rosc_nftables::{
    BaseHook, Chain, ChainType, Family, Hook, InterfaceName, Interval, Name, Nftables, Policy, Ranges, Rule,
    SetName, State, Verdict, kind, text,
};
use rosc_target::netns::NetNs;
use rosc_target::{Origin, Target};
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RULES: u32 = 10_000;

fn main() {
    let elements = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    rules();
    for count in [1_000_000, 100_000, elements] {
        merging(count);
    }
    set(elements);
}

fn timed<T>(what: &str, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = f();
    report(what, start.elapsed());
    result
}

fn report(what: &str, time: Duration) {
    println!("{what:56} {:9.1} ms", time.as_secs_f64() * 1000.0);
}

fn rules() {
    let namespace = NetNs::new().unwrap();
    let state = many_rules(None);
    println!("{RULES} rules");
    namespace.run(|| {
        let mut target = Nftables::new();
        let observed = timed("observe nothing", || target.observe().unwrap());
        let diff = timed("diff: all is new", || Nftables::diff(&state, &observed));
        timed("apply all", || target.apply(&diff.changes).unwrap());
        let observed = timed("observe", || target.observe().unwrap());
        let diff = timed("diff: nothing to do", || Nftables::diff(&state, &observed));
        assert!(diff.changes.is_empty());
        timed("ask for the generation", || target.generation().unwrap());

        let edited = many_rules(Some(RULES / 2));
        let diff = timed("diff: one rule edited", || Nftables::diff(&edited, &observed));
        timed("apply one edited rule", || target.apply(&diff.changes).unwrap());
        timed("undo one edited rule", || target.undo(&diff.changes).unwrap());
        let listing = timed("nft --json list table", || nft(&["--json", "list", "table", "ip", "rosc"], ""));
        println!("{:56} {:9.1} MB", "  its size", listing.len() as f64 / 1e6);
    });
    let script = text::ruleset(&state, &|_| None);
    NetNs::new()
        .unwrap()
        .run(|| timed("nft --file with the same as text", || nft(&["--file", "-"], &script)));
}

fn merging(count: u32) {
    let mut addresses = scattered(count);
    // Far from sorted, as an address list is that several sources were put together for.
    addresses.sort_by_key(|interval| interval.low().to_bits().reverse_bits());
    timed(&format!("sort and merge {count} addresses"), || addresses.into_iter().collect::<Ranges<_>>());
}

fn set(count: u32) {
    println!("a set of {count} addresses");
    let with = |addresses: Vec<Interval<Ipv4Addr>>| {
        let mut state = State::default();
        let name = SetName::<kind::AddressV4>::new("u_list").unwrap();
        state.table(Family::Ip).add_set(Origin::IMPLIED, &name, addresses.into_iter().collect());
        state
    };
    let mut addresses = scattered(count);
    let state = with(addresses.clone());
    addresses.swap_remove(count as usize / 2);
    let edited = with(addresses);
    NetNs::new().unwrap().run(|| {
        let mut target = Nftables::new();
        let observed = target.observe().unwrap();
        let diff = Nftables::diff(&state, &observed);
        timed("apply all", || target.apply(&diff.changes).unwrap());
        let observed = timed("observe", || target.observe().unwrap());
        let diff = timed("diff: one element gone", || Nftables::diff(&edited, &observed));
        timed("apply one element gone", || target.apply(&diff.changes).unwrap());
    });
    let script = text::ruleset(&state, &|_| None);
    NetNs::new()
        .unwrap()
        .run(|| timed("nft --file with the same as text", || nft(&["--file", "-"], &script)));
}

/// Addresses that do not touch each other.
fn scattered(count: u32) -> Vec<Interval<Ipv4Addr>> {
    (0..count).map(|index| Ipv4Addr::from_bits(0x0b00_0000 + index * 4).into()).collect()
}

fn many_rules(edited: Option<u32>) -> State {
    let rule = |index: u32| {
        let port = u16::try_from(index % 60_000).unwrap();
        let verdict = if edited == Some(index) { Verdict::Drop } else { Verdict::Accept };
        let statements = [
            meta::iifname().eq(InterfaceName::new("wan").unwrap()),
            ip::saddr().eq(Ipv4Addr::from_bits(0x0a00_0000 + index)),
            tcp::dport().eq(port),
            verdict.into(),
        ];
        Rule::new(Origin::IMPLIED, statements).unwrap().with_comment(&format!("rule {index}"))
    };
    let hook = BaseHook { kind: ChainType::Filter, hook: Hook::Forward, priority: 0, policy: Policy::Accept };
    let mut state = State::default();
    let chain = Chain { hook: Some(hook), rules: (0..RULES).map(rule).collect(), ..Chain::default() };
    state.table(Family::Ip).chains.insert(Name::new("filter_forward").unwrap(), chain);
    state
}

fn nft(arguments: &[&str], input: &str) -> Vec<u8> {
    let mut child =
        Command::new("nft").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}
