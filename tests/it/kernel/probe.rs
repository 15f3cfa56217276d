//! A hundred changes in a row, with traffic: a packet meets the old configuration or the new one.
//!
//! Through a router with four uplinks goes all the time, about once a millisecond each: a datagram of a new connection, one
//! of a connection that lasts, one that filters of all configurations drop, a segment of a TCP connection that lasts, and a
//! new TCP connection. Meanwhile its configuration is changed with `rosc apply`. All packets are seen at both ends, so that
//! a lost one is known whatever a TCP does about it; whether it may be lost is what the traces of both versions say.
//!
//! `ROSC_CHANGES` asks for more changes than a run of the tests takes by itself, `ROSC_SEED` for others.

mod configuration;
mod judge;
mod meaning;
mod senders;
mod wire;

use crate::cli::command;
use configuration::{BLOCKED, Configuration, HOSTS, UPLINKS};
use ipnet::IpNet;
use judge::{Bound, Findings, Window};
use meaning::{Compiled, Ends, Meaning, Sends, Versions};
use rosc::lab::{Port, Role, Station, Topology, World};
use rosc::trace::Numbers;
use rosc_target::netns::{NetNs, for_test};
use senders::{Flows, Lasting, Senders};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};
use wire::{Content, Frame, Place, Wires};

const CHANGES: usize = 25;
/// So many flows of each kind last.
const LASTING: usize = 6;
/// A packet that is not there by then is lost.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn no_packet_meets_anything_but_the_old_or_the_new_configuration() {
    if for_test().is_none() {
        return;
    }
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let (changes, seed) = (number("ROSC_CHANGES", CHANGES), number("ROSC_SEED", 1));
    let mut probe = Probe::build();
    let mut numbers = Numbers::new(seed as u64);
    let mut now = Compiled::new(Configuration::first());
    probe.apply(&now);
    for _ in 0..changes {
        let mut configuration = now.configuration.clone();
        let edits: Vec<&str> = (0..=numbers.below(3)).map(|_| configuration.edit(&mut numbers)).collect();
        let next = Compiled::new(configuration);
        let between = Compiled::on_the_way(&now, &next);
        let (old, new, on_the_way) = (now.meaning(), next.meaning(), between.meaning());
        let findings = probe.change(Versions { old: &old, new: &new, on_the_way: &on_the_way }, &next);
        if !findings.is_clean() {
            probe.failed.push(format!(
                "{edits:?}\n{}\nfrom\n{}\nto\n{}",
                findings.told(),
                now.configuration.text(),
                next.configuration.text()
            ));
        }
        now = next;
    }
    println!(
        "{changes} changes (seed {seed}), packets: {:?}, of both versions: {}; asked again between changes: {}",
        probe.counts, probe.mixed, probe.asked_again
    );
    assert!(
        probe.failed.is_empty(),
        "{} of {changes} (seed {seed}):\n{}",
        probe.failed.len(),
        probe.failed.join("\n")
    );
    let busy = |kind: &str| probe.counts.get(kind).is_some_and(|count| *count > changes);
    assert!(probe.counts.keys().all(|kind| busy(kind)) && probe.counts.len() == 7, "{:?}", probe.counts);
}

/// The router, what is around it, and the traffic.
struct Probe {
    world: World,
    wires: Wires,
    senders: Senders,
    bound: HashMap<Ends, Bound>,
    next_flow: u32,
    counts: BTreeMap<&'static str, usize>,
    mixed: usize,
    asked_again: u32,
    failed: Vec<String>,
}

impl Probe {
    fn build() -> Self {
        let world = World::build(topology()).expect("a world");
        let places = world.stations().iter().map(|placed| {
            let place = match placed.port.as_str().strip_prefix("wan") {
                Some(number) => Place::Provider(number.parse::<usize>().expect("a number") - 1),
                None => Place::Lan,
            };
            (place, &placed.namespace)
        });
        let wires = Wires::watch(places).expect("wires");
        let senders = Senders::start(hosts(&world)).expect("senders");
        let (bound, counts) = (HashMap::new(), BTreeMap::new());
        Self {
            world,
            wires,
            senders,
            bound,
            next_flow: 1,
            counts,
            mixed: 0,
            asked_again: 0,
            failed: Vec::new(),
        }
    }

    fn apply(&self, compiled: &Compiled) {
        let Configuration { merged, .. } = compiled.configuration;
        let file = self.world.state_dir().join("router.rsc");
        fs::write(&file, compiled.configuration.text()).expect("a file");
        let mut args = vec!["apply", file.to_str().expect("a plain path")];
        args.extend((!merged).then_some("--no-merge"));
        let mut command = command(args);
        command.env("ROSC_STATE_DIR", self.world.state_dir());
        let output = self.world.on_router(|| command.output()).expect("rosc can be started");
        assert!(
            output.status.success(),
            "{}\n{}",
            compiled.configuration.text(),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Changes the configuration under traffic.
    fn change(&mut self, versions: Versions<'_, '_>, next: &Compiled) -> Findings {
        self.replenish(versions.old);
        self.wires.forget();
        self.senders.resume();
        thread::sleep(Duration::from_millis(20));
        self.apply(next);
        thread::sleep(Duration::from_millis(20));
        self.senders.pause();
        let until = Instant::now() + PATIENCE;
        let mut frames = Vec::new();
        let mut findings = loop {
            frames.extend(self.wires.take());
            let findings = Window { versions, bound: &self.bound, frames: &frames }.judge();
            if findings.lost.is_empty() || Instant::now() > until {
                break findings;
            }
            thread::sleep(Duration::from_millis(10));
        };
        self.count(&frames);
        self.mixed += findings.mixed;
        self.keep_steady(versions, &mut findings);
        findings
    }

    /// Keeps the connections that both versions leave as they are.
    fn keep_steady(&mut self, versions: Versions<'_, '_>, findings: &mut Findings) {
        let bound = &mut self.bound;
        let steady = |ends: &Ends| bound.get(ends).is_some_and(|bound| bound.is_steady(versions));
        let mut flows = self.senders.flows();
        if !findings.is_clean() {
            // What comes is not to be judged by what went wrong.
            *flows = Flows::default();
        }
        flows.datagrams.retain(|flow| steady(&ends(flow)));
        flows.streams.retain_mut(|flow| {
            if !steady(&ends(flow)) {
                return false;
            }
            let is_whole = flow.is_answered();
            if !is_whole {
                findings.lost.push(format!("a connection: {flow:?}"));
            }
            is_whole
        });
        let left: Vec<Ends> =
            flows.datagrams.iter().map(ends).chain(flows.streams.iter().map(ends)).collect();
        bound.retain(|ends, _| left.contains(ends));
        for bound in bound.values_mut() {
            versions.new.go_on(
                &mut bound.state,
                bound.ends,
                if bound.sends == Sends::Syn { Sends::Segments } else { bound.sends },
            );
        }
    }

    /// Opens as many connections as are missing.
    fn replenish(&mut self, meaning: &Meaning<'_>) {
        drop(self.wires.take());
        let hosts = hosts(&self.world);
        let mut new = Flows::default();
        let mut flows = self.senders.flows();
        for _ in flows.datagrams.len()..LASTING {
            let mut flow =
                hosts.run(|| Lasting::<std::net::UdpSocket>::open(self.next_flow)).expect("a flow");
            self.asked_again += flow.ask().expect("a datagram is answered") - 1;
            new.datagrams.push(flow);
            self.next_flow += 1;
        }
        for _ in flows.streams.len()..LASTING {
            let flow = hosts.run(|| Lasting::<senders::Stream>::open(self.next_flow)).expect("a connection");
            new.streams.push(flow);
            self.next_flow += 1;
        }
        let mut wanted: HashMap<Ends, Sends> =
            new.datagrams.iter().map(|flow| (ends(flow), Sends::Datagrams)).collect();
        wanted.extend(new.streams.iter().map(|flow| (ends(flow), Sends::Syn)));
        let until = Instant::now() + PATIENCE;
        let mut frames: Vec<Frame> = Vec::new();
        while !wanted.is_empty() {
            frames.extend(self.wires.take());
            wanted.retain(|ends, sends| match first_arrival(&frames, *ends) {
                None => true,
                Some(seen) => {
                    let state = meaning.bind(*ends, *sends, seen.place, seen.source.into());
                    let state = state.unwrap_or_else(|| {
                        panic!(
                            "{seen:?} is not what the configuration means:\n{}",
                            meaning.configuration.text()
                        )
                    });
                    self.bound.insert(
                        *ends,
                        Bound { place: seen.place, source: seen.source, state, ends: *ends, sends: *sends },
                    );
                    false
                }
            });
            assert!(Instant::now() < until, "{wanted:?} were not seen");
            thread::sleep(Duration::from_millis(1));
        }
        flows.datagrams.append(&mut new.datagrams);
        flows.streams.append(&mut new.streams);
    }

    fn count(&mut self, frames: &[Frame]) {
        for frame in frames.iter().filter(|frame| frame.place == Place::Lan) {
            let is_bound = self.bound.contains_key(&Ends::of(frame));
            let kind = match (&frame.content, frame.is_request()) {
                (_, false) => "answers",
                (Content::Datagram(message), true) if message.flow >= senders::FIRST_FORBIDDEN => "forbidden",
                (Content::Datagram(_), true) if is_bound => "lasting datagrams",
                (Content::Datagram(_), true) => "new datagrams",
                (Content::Segment { .. }, true) if is_bound => "lasting segments",
                (Content::Segment { .. }, true) if frame.content.opens() => "new connections",
                (Content::Segment { .. }, true) => "their segments",
            };
            *self.counts.entry(kind).or_default() += 1;
        }
    }
}

impl Findings {
    fn told(&self) -> String {
        let parts = [("lost", &self.lost), ("leaked", &self.leaked), ("moved", &self.moved)];
        let lines =
            parts.iter().flat_map(|(what, list)| list.iter().map(move |one| format!("{what}: {one}\n")));
        lines.collect()
    }

    fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.leaked.is_empty() && self.moved.is_empty()
    }
}

fn ends<S>(flow: &Lasting<S>) -> Ends {
    Ends { source: flow.source, destination: flow.destination }
}

/// Where the first packet of a connection that got through has come out.
fn first_arrival(frames: &[Frame], ends: Ends) -> Option<&Frame> {
    let mut sent = frames.iter().filter(|frame| frame.place == Place::Lan && Ends::of(frame) == ends);
    sent.find_map(|sent| {
        frames
            .iter()
            .find(|frame| frame.place != Place::Lan && frame.is_request() && frame.content == sent.content)
    })
}

fn hosts(world: &World) -> &NetNs {
    let is_host = |placed: &&rosc::lab::Placed| placed.station.role == Role::Host;
    &world.stations().iter().find(is_host).expect("hosts").namespace
}

/// A LAN with hosts, and a provider behind each uplink who is the Internet.
fn topology() -> Topology {
    let net = |text: &str| text.parse::<IpNet>().expect("a network");
    let station = |role, addresses, router: &str| Station {
        role,
        addresses,
        router: vec![router.parse().expect("an address")],
        networks: Vec::new(),
    };
    let device = |name: &str| name.parse().expect("a device name");
    let own = HOSTS.iter().chain([&BLOCKED]).map(|host| net(&format!("{host}/24"))).collect();
    let mut ports =
        vec![Port { device: device("lan"), stations: vec![station(Role::Host, own, "192.168.88.1")] }];
    for n in 1..=UPLINKS {
        let provider =
            station(Role::Provider, vec![net(&format!("172.16.{n}.254/24"))], &format!("172.16.{n}.2"));
        ports.push(Port { device: device(&format!("wan{n}")), stations: vec![provider] });
    }
    Topology { ports, pools: vec![net("198.18.0.0/16")], ..Topology::default() }
}
