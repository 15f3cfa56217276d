//! A router in a namespace of its own, and in another one all that its cables lead to.

use crate::packets::{Packets, neighbour_mac};
use crate::rules;
use crate::shared::{LAN, LAN_MAC, Sharing, group_name, index, pin};
use aya::programs::{SchedClassifier, Xdp};
use aya_obj::programs::XdpAttachType;
use rosc_ebpf::{
    BpfFs, By, Connections, EbpfTarget, Hook, Neighbour, NextHop, Port, Reason, Slots, State, Takes,
};
use rosc_target::netns::NetNs;
use rosc_target::{Origin, Target};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The other end of the LAN's cable.
pub(crate) const GENERATOR: &str = "generator";

const TIMEOUTS: Connections =
    Connections { origin: Origin::IMPLIED, tcp_timeout: 86_400, udp_timeout: 86_400 };

/// Members by the numbers of their uplinks, with weights.
pub(crate) type Members = Vec<(u8, u16)>;

pub(crate) struct Router {
    pub(crate) inside: NetNs,
    pub(crate) outside: NetNs,
    pub(crate) packets: Packets,
    uplinks: u8,
    bpf_fs: BpfFs,
    _directory: tempfile::TempDir,
}

impl Router {
    /// Makes it with so many uplinks, whose neighbours are known. What leaves by them ends at the other side.
    pub(crate) fn new(uplinks: u8) -> Self {
        let [inside, outside] = [(), ()].map(|()| NetNs::new().expect("the right to make a namespace"));
        let other_side = format!("/proc/{}/fd/{}", std::process::id(), outside.as_fd().as_raw_fd());
        inside.run(|| {
            for (setting, value) in [
                ("net/ipv4/ip_forward", "1"),
                ("net/ipv4/conf/all/rp_filter", "0"),
                ("net/ipv4/conf/default/rp_filter", "0"),
                ("net/ipv4/fib_multipath_hash_policy", "1"),
                ("net/ipv6/conf/default/disable_ipv6", "1"),
            ] {
                std::fs::write(format!("/proc/sys/{setting}"), value).expect("a setting");
            }
            ip(&commands_inside(uplinks, &other_side));
        });
        outside.run(|| {
            std::fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1").expect("a setting");
            let mut commands = format!("link set {GENERATOR} up\n");
            (1..=uplinks).for_each(|uplink| line(&mut commands, format!("link set wan{uplink} up")));
            ip(&commands);
        });
        let mut packets = Packets::load();
        outside.run(|| (1..=uplinks).for_each(|uplink| packets.end_at(index(&format!("wan{uplink}")))));
        let directory = tempfile::tempdir().expect("a directory");
        let bpf_fs = BpfFs::mount(&directory.path().join("bpf")).expect("it can be mounted");
        Self { inside, outside, packets, uplinks, bpf_fs, _directory: directory }
    }

    /// Makes its fast path share everything among members.
    pub(crate) fn share(&mut self, members: &Members, hook: Hook) {
        self.set(&state(members, hook));
        self.resolve(members);
    }

    /// The same among that many uplinks, while all slots drain: half of the members had them, and have next to none of them
    /// now.
    pub(crate) fn share_anew(&mut self, uplinks: u8, hook: Hook) {
        let old = (1..=uplinks / 2).map(|uplink| (uplink, 1));
        let new = (uplinks / 2 + 1..=uplinks).map(|uplink| (uplink, u16::MAX));
        self.share(&old.clone().collect(), hook);
        self.share(&old.chain(new).collect(), hook);
    }

    /// Makes its fast path take connections that are on the short cut, and nothing else.
    pub(crate) fn take_connections(&mut self, hook: Hook) {
        let takes = Takes { ipv4_connections: true, ..Takes::default() };
        let port = Port { origin: Origin::IMPLIED, hook, takes };
        let ports = [(LAN.parse().expect("a name"), port)].into();
        self.set(&State { ports, connections: Some(TIMEOUTS), ..State::default() });
        self.tell_takers();
    }

    /// Makes its fast path choose the uplinks of connections by marks, and take those that are on the short cut if it is to.
    pub(crate) fn choose(&mut self, takes_connections: bool, hook: Hook) {
        let members = (1..=self.uplinks).map(|uplink| (uplink, 1)).collect();
        let mut state = state(&members, hook);
        for (next_hop, member) in state.groups.get_mut(&group_name(4)).expect("a group").members.iter_mut() {
            let uplinks = 1..=self.uplinks;
            let uplink = uplinks.into_iter().find(|uplink| *next_hop == self::next_hop(*uplink, 4));
            member.mark = uplink.map(rules::mark);
        }
        for port in state.ports.values_mut() {
            port.takes = Takes { ipv4_marked: true, ipv4_connections: takes_connections, ..Takes::default() };
        }
        state.connections = takes_connections.then_some(TIMEOUTS);
        self.set(&state);
        self.resolve(&members);
        if takes_connections {
            self.tell_takers();
        }
    }

    /// Has the kernel know ways of IPv6 by all uplinks, too, which programs ask for. From then on it sends something by itself.
    pub(crate) fn route_ipv6(&self) {
        self.inside.run(|| {
            let mut route = "route add default".to_owned();
            for uplink in 1..=self.uplinks {
                for (setting, value) in [("disable_ipv6", "0"), ("forwarding", "1")] {
                    let path = format!("/proc/sys/net/ipv6/conf/wan{uplink}/{setting}");
                    std::fs::write(path, value).expect("a setting");
                }
                write!(route, " nexthop via fe80::{uplink} dev wan{uplink}").expect("memory");
            }
            feed("ip", &["-6", "-batch", "-"], &format!("{route}\n"));
        });
    }

    fn set(&mut self, state: &State) {
        self.inside.run(|| {
            let mut target = self.target();
            let observed = target.observe().expect("it can be read");
            target.apply(&EbpfTarget::diff(state, &observed).changes).expect("it can be made");
            target.keep_for(Duration::MAX).expect("drivers can be told");
        });
    }

    /// Tells drivers of the members' neighbours.
    fn resolve(&mut self, members: &Members) {
        let known: BTreeMap<NextHop, Neighbour> = [4, 6]
            .into_iter()
            .flat_map(|family| members.iter().map(move |(uplink, _)| (*uplink, family)))
            .map(|(uplink, family)| {
                let neighbour = Neighbour { address: neighbour_mac(uplink), mtu: 1500 };
                (next_hop(uplink, family), neighbour)
            })
            .collect();
        self.inside.run(|| self.target().resolve(&known).expect("they can be told"));
    }

    /// Tells drivers that all uplinks take frames.
    fn tell_takers(&mut self) {
        let uplinks = (1..=self.uplinks).map(|uplink| format!("wan{uplink}").parse().expect("a name"));
        self.inside.run(|| self.target().tell_takers(&uplinks.collect()).expect("they can be told"));
    }

    /// Whether its fast path has left nothing to the stack.
    pub(crate) fn has_forwarded_all(&self) -> bool {
        let counters = self.inside.run(|| self.target().counters().expect("they can be read"));
        let reasons = counters.expect("there are programs").reasons;
        let all: u64 = reasons.values().map(|traffic| traffic.packets).sum();
        let forwarded = [Reason::ForwardedByGroup, Reason::ForwardedByConnection];
        let forwarded: u64 = forwarded.iter().map(|reason| reasons[reason].packets).sum();
        all > 0 && forwarded == all
    }

    /// Opens the programs of its fast path, and has them be what packets are handed to.
    pub(crate) fn measure_own_programs(&mut self) {
        let tc = SchedClassifier::from_pin(self.pin("forward_tc")).expect("a program");
        let xdp = Xdp::from_pin(self.pin("forward_xdp"), XdpAttachType::Interface).expect("a program");
        self.packets.measure(tc.fd().expect("it is loaded"), xdp.fd().expect("it is loaded"));
    }

    fn target(&self) -> EbpfTarget {
        EbpfTarget::open(self.bpf_fs.path()).expect("a target")
    }

    fn pin(&self, name: &str) -> PathBuf {
        pin(&self.bpf_fs, name)
    }
}

/// The network of an uplink has room for both ends of its cable.
pub(crate) fn network(uplink: u8) -> [u8; 3] {
    [198, 18, uplink]
}

fn commands_inside(uplinks: u8, other_side: &str) -> String {
    let mac = LAN_MAC.map(|byte| format!("{byte:02x}")).join(":");
    let mut commands = format!(
        "link set lo up\n\
         link add {LAN} address {mac} type veth peer name {GENERATOR} netns {other_side}\n\
         address add 192.168.88.1/24 dev {LAN}\n\
         link set {LAN} up\n"
    );
    let mut route = "route add default".to_owned();
    for uplink in 1..=uplinks {
        let [a, b, c] = network(uplink);
        let mac = neighbour_mac(uplink).map(|byte| format!("{byte:02x}")).join(":");
        for command in [
            format!("link add wan{uplink} type veth peer name wan{uplink} netns {other_side}"),
            format!("address add {a}.{b}.{c}.1/30 dev wan{uplink}"),
            format!("link set wan{uplink} up"),
            format!("neighbour add {a}.{b}.{c}.2 lladdr {mac} dev wan{uplink} nud permanent"),
        ] {
            line(&mut commands, command);
        }
        write!(route, " nexthop via {a}.{b}.{c}.2 dev wan{uplink} onlink").expect("memory");
    }
    line(&mut commands, route);
    commands
}

pub(crate) fn line(text: &mut String, line: impl AsRef<str>) {
    text.push_str(line.as_ref());
    text.push('\n');
}

/// Has ip(8) do some things in the namespace of the calling thread.
pub(crate) fn ip(commands: &str) {
    feed("ip", &["-batch", "-"], commands);
}

pub(crate) fn feed(program: &str, arguments: &[&str], input: &str) {
    let child = Command::new(program).args(arguments).stdin(Stdio::piped()).spawn();
    let mut child = child.expect("it can be started");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    assert!(child.wait().expect("it ends").success(), "{program} with\n{input}");
}

fn next_hop(uplink: u8, family: u8) -> NextHop {
    let [a, b, c] = network(uplink);
    let gateway = if family == 4 { format!("{a}.{b}.{c}.2") } else { format!("2001:db8::{uplink}") };
    NextHop {
        device: format!("wan{uplink}").parse().expect("a name"),
        gateway: Some(gateway.parse().expect("an address")),
    }
}

/// A router as configurations make it: the default route is a group's, and around it are what the stack keeps and the
/// networks that are looked up.
fn state(members: &Members, hook: Hook) -> State {
    let others = [
        ("0.0.0.0/8", By::Stack),
        ("127.0.0.0/8", By::Stack),
        ("192.168.88.0/24", By::Fib),
        ("198.18.0.0/15", By::Fib),
        ("224.0.0.0/3", By::Stack),
        ("2001:db8::/64", By::Fib),
        ("fe80::/10", By::Stack),
        ("ff00::/8", By::Stack),
    ];
    Sharing { members, next_hop, slots: Slots::Small, drain: 3600, hook, others: &others }.state()
}
