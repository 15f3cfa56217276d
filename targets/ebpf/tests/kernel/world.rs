//! A namespace with devices, and a fast path in it.

use crate::shared::{LAN, Sharing, context, index, pin};
use aya::programs::{SchedClassifier, TestRun, TestRunAttrs, TestRunOptions, TestRunResult, Xdp};
use aya_obj::programs::XdpAttachType;
use rosc_ebpf::{BpfFs, By, Counters, EbpfTarget, Hook, NextHop, Reason, Slots, State};
use rosc_target::Target;
use rosc_target::netns::for_test;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The verdicts of traffic control and of XDP, as the kernel counts them.
pub(crate) const TC_REDIRECT: u32 = 7;
pub(crate) const TC_NEXT: u32 = u32::MAX;
pub(crate) const XDP_PASS: u32 = 2;
pub(crate) const XDP_REDIRECT: u32 = 4;
const UPLINKS: [u8; 4] = [1, 2, 3, 4];
/// What goes by no group, but as the kernel's routes have it.
const LOOKED_UP: [&str; 2] = ["198.51.100.0/24", "2001:db8:51::/48"];
/// Longer than programs take what they have asked for true, four ticks of which there are 100 a second at least.
pub(crate) const REACH_IS_KNOWN: Duration = Duration::from_millis(100);
/// Where `struct __sk_buff` has its `mark`.
const MARK: std::ops::Range<usize> = 8..12;

/// Runs a test in a namespace of its own; `None`, said aloud, where that is not possible.
pub(crate) fn in_world(test: impl FnOnce(&mut World) + Send) {
    let Some(namespace) = for_test() else { return };
    namespace.run(|| test(&mut World::build()));
}

/// The namespace of the calling thread, with four uplinks.
pub(crate) struct World {
    pub(crate) target: EbpfTarget,
    bpf_fs: BpfFs,
    _directory: tempfile::TempDir,
}

impl World {
    fn build() -> Self {
        ip("link set lo up");
        for device in [LAN, "wan1", "wan2", "wan3", "wan4"] {
            ip(&format!("link add {device} type veth peer name {device}-peer"));
            // Nobody but the tests sends anything.
            let setting = format!("/proc/sys/net/ipv6/conf/{device}-peer/disable_ipv6");
            std::fs::write(setting, "1").expect("a setting");
            ip(&format!("link set {device}-peer up"));
        }
        ip("link set lan address 02:00:00:00:00:01");
        for device in [LAN, "wan1", "wan2", "wan3", "wan4"] {
            ip(&format!("link set {device} up"));
        }
        route_all_ways();
        let directory = tempfile::tempdir().expect("a directory");
        let bpf_fs = BpfFs::mount(&directory.path().join("bpf")).expect("it can be mounted");
        Self { target: EbpfTarget::open(bpf_fs.path()).expect("a target"), bpf_fs, _directory: directory }
    }

    /// Makes the fast path be so. Drivers rely on what they are told from then on.
    pub(crate) fn set(&mut self, state: &State) {
        let observed = self.target.observe().expect("it can be read");
        let diff = EbpfTarget::diff(state, &observed);
        self.target.apply(&diff.changes).expect("it can be made");
        self.target.keep_for(Duration::MAX).expect("drivers can be told");
        let observed = self.target.observe().expect("it can be read");
        assert_eq!(&observed.state, state);
        assert_eq!(EbpfTarget::diff(state, &observed).changes, [], "a second apply has nothing to do");
    }

    pub(crate) fn counters(&self) -> Counters {
        self.target.counters().expect("they can be read").expect("there are programs")
    }

    /// Gives a packet to a program as if it had come in by the LAN. Returns the verdict, the packet behind it, and what was
    /// counted.
    pub(crate) fn send(&self, hook: Hook, frame: &[u8]) -> (u32, Vec<u8>, Option<Reason>) {
        let (verdict, out, counted, _) = self.send_marked(hook, frame, 0);
        (verdict, out, counted)
    }

    /// The same for a packet with a mark; in addition returns the mark behind it, which there is none of in drivers.
    pub(crate) fn send_marked(
        &self,
        hook: Hook,
        frame: &[u8],
        mark: u32,
    ) -> (u32, Vec<u8>, Option<Reason>, u32) {
        let before = self.counters();
        let mut out = vec![0; frame.len() + 64];
        let mut context = context(hook, index(LAN), frame);
        if hook == Hook::Tc {
            context[MARK].copy_from_slice(&mark.to_ne_bytes());
        }
        let mut behind = context.clone();
        let mut options = TestRunOptions::new();
        options.data_in = Some(frame);
        options.ctx_in = Some(&context);
        options.data_out = Some(&mut out);
        options.ctx_out = Some(&mut behind);
        let result = self.run_with(hook, options);
        let (verdict, length) = (result.return_value, result.data_size_out as usize);
        out.truncate(length);
        let after = self.counters();
        let mut counted = Reason::ALL
            .iter()
            .filter(|reason| after.reasons[*reason].packets > before.reasons[*reason].packets)
            .copied();
        let mark = match hook {
            Hook::Tc => u32::from_ne_bytes(behind[MARK].try_into().expect("four bytes")),
            Hook::Xdp => 0,
        };
        (verdict, out, counted.next(), mark)
    }

    fn run_with(&self, hook: Hook, options: TestRunOptions<'_>) -> TestRunResult {
        let outcome = match hook {
            Hook::Tc => {
                SchedClassifier::from_pin(self.pin("forward_tc")).expect("a program").test_run(options)
            }
            Hook::Xdp => {
                let program = Xdp::from_pin(self.pin("forward_xdp"), XdpAttachType::Interface);
                program.expect("a program").test_run(options)
            }
        };
        outcome.expect("it can be run")
    }

    /// Has the LAN's driver receive a frame, behind which the kernel does with it what it does.
    pub(crate) fn receive(&self, frame: &[u8]) {
        let context = context(Hook::Xdp, index(LAN), frame);
        let mut options = TestRunOptions::new();
        options.data_in = Some(frame);
        options.ctx_in = Some(&context);
        options.repeat = 1;
        options.attrs = TestRunAttrs::new().xdp_live_frames(1);
        self.run_with(Hook::Xdp, options);
    }

    /// Gives a packet to a program so many times, whatever becomes of it. Returns what each took.
    pub(crate) fn send_only(&self, hook: Hook, frame: &[u8], repeat: u32) -> Duration {
        let context = context(hook, index(LAN), frame);
        let mut options = TestRunOptions::new();
        options.data_in = Some(frame);
        options.ctx_in = Some(&context);
        options.repeat = repeat;
        self.run_with(hook, options).duration
    }

    /// The pin that names the build.
    pub(crate) fn build_pin(&self) -> PathBuf {
        let directory = self.pin("");
        let mut pins = std::fs::read_dir(directory).expect("pins").map(|pin| pin.expect("a pin").path());
        let is_build = |path: &PathBuf| path.to_string_lossy().contains("/build-");
        pins.find(is_build).expect("a build")
    }

    /// The path of a pin.
    pub(crate) fn pin(&self, name: &str) -> PathBuf {
        pin(&self.bpf_fs, name)
    }

    /// Whether anything is pinned.
    pub(crate) fn has_pins(&self) -> bool {
        self.bpf_fs.path().join("rosc").exists()
    }
}

/// Waits until the drain of both groups is over.
pub(crate) fn wait_for_the_drain(world: &World) {
    while world.counters().groups.values().any(|group| group.drain.seconds_left > 0) {
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Has the kernel know a way by each uplink, as it does where groups share a multipath route, behind all that tests add. What it is
/// to look up has none.
pub(crate) fn route_all_ways() {
    for uplink in UPLINKS {
        for family in ["ipv4", "ipv6"] {
            let setting = format!("/proc/sys/net/{family}/conf/wan{uplink}/forwarding");
            std::fs::write(setting, "1").expect("a setting");
        }
    }
    // The kernel takes no ways of IPv6 by devices alone.
    for (family, gateway) in [("-4", ""), ("-6", " via fe80::1")] {
        let ways = UPLINKS.map(|uplink| format!(" nexthop{gateway} dev wan{uplink}")).concat();
        ip(&format!("{family} route replace default metric 4000{ways}"));
    }
    for prefix in LOOKED_UP {
        ip(&format!("route replace unreachable {prefix} metric 4000"));
    }
}

/// Calls ip(8).
pub(crate) fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output().expect("ip can be started");
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The address of a device, by ip(8).
pub(crate) fn mac_of(device: &str) -> [u8; 6] {
    let output =
        Command::new("ip").args(["-brief", "link", "show", device]).output().expect("ip can be started");
    let text = String::from_utf8(output.stdout).expect("text");
    let address = text.split_whitespace().nth(2).expect("an address");
    let bytes: Vec<u8> =
        address.split(':').map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect();
    bytes.try_into().expect("six bytes")
}

/// An uplink by its number, in both families.
pub(crate) fn next_hop(uplink: u8, family: u8) -> NextHop {
    let gateway = if family == 4 { format!("192.0.2.{uplink}") } else { format!("2001:db8::{uplink}") };
    NextHop {
        device: format!("wan{uplink}").parse().expect("a name"),
        gateway: Some(gateway.parse().expect("an address")),
    }
}

/// Everything goes by a group, of IPv4 and IPv6; each uplink with its weight.
pub(crate) fn shared_among(weights: &[(u8, u16)], slots: Slots, hook: Hook) -> State {
    let others = [
        (LOOKED_UP[0], By::Fib),
        ("224.0.0.0/4", By::Stack),
        ("10.255.255.254/32", By::Own),
        (LOOKED_UP[1], By::Fib),
        ("ff00::/8", By::Stack),
    ];
    Sharing { members: weights, next_hop, slots, drain: 300, hook, others: &others }.state()
}
