//! Packets of many connections, made in the kernel: `bpf/bench/vary.bpf.c`.

use crate::shared::{LAN_MAC, context};
use aya::maps::{Array, DevMap, MapData, PerCpuArray, ProgramArray};
use aya::programs::tc::TcAttachOptions;
use aya::programs::xdp::XdpLinkId;
use aya::programs::{
    LinkOrder, ProgramFd, SchedClassifier, TcAttachType, TestRun, TestRunAttrs, TestRunOptions, Xdp, XdpMode,
};
use aya::{Ebpf, EbpfLoader};
use etherparse::PacketBuilder;
use rosc_ebpf::Hook;

static OBJECT: &[u8] = aya::include_bytes_aligned!("../../bpf/bench/vary.bpf.o");

/// Frames that the generator sends at a time: fewer than a veth holds.
const BATCH: u32 = 64;
/// A frame of the shortest length, and a longer one for the longer header.
const LENGTHS: [usize; 2] = [60, 80];

/// The neighbour behind an uplink.
pub(crate) fn neighbour_mac(uplink: u8) -> [u8; 6] {
    [2, 0, 0, 0, 1, uplink]
}

/// What packets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Udp,
    /// Of connections that have begun.
    Tcp,
    /// The first one of a connection.
    Syn,
}

/// A run of packets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) kind: Kind,
    /// 4 or 6.
    pub(crate) family: u8,
    /// A power of two.
    pub(crate) connections: u32,
    /// Whether they come in an order that is none to memory, or one by one from the first.
    pub(crate) mixed: bool,
    pub(crate) packets: u32,
}

/// `struct variety`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Variety {
    header: [u8; 56],
    next: u32,
    stride: u32,
    mask: u32,
    is_ipv6: u32,
}

// SAFETY: fields of numbers, without gaps.
unsafe impl aya::Pod for Variety {}

/// The programs of one router's packets.
pub(crate) struct Packets {
    object: Ebpf,
    /// What lets packets pass.
    passing: Option<XdpLinkId>,
}

impl Packets {
    pub(crate) fn load() -> Self {
        let mut object = EbpfLoader::new().load(OBJECT).expect("the kernel takes it");
        for (_, program) in object.programs_mut() {
            match program {
                aya::programs::Program::SchedClassifier(program) => program.load().expect("it is right"),
                aya::programs::Program::Xdp(program) => program.load().expect("it is right"),
                other => panic!("{other:?}"),
            }
        }
        Self { object, passing: None }
    }

    /// Has packets handed to these programs.
    pub(crate) fn measure(&mut self, tc: &ProgramFd, xdp: &ProgramFd) {
        for (name, program) in [("measured_tc", tc), ("measured_xdp", xdp)] {
            let map = self.object.map_mut(name).expect("a map");
            let mut programs: ProgramArray<&mut MapData> = map.try_into().expect("an array of programs");
            programs.set(0, program, 0).expect("it is of that kind");
        }
    }

    /// Has packets handed to programs that do nothing.
    pub(crate) fn measure_nothing(&mut self) {
        let tc = self.tc("pass_tc").fd().expect("loaded").try_clone().expect("a number");
        let xdp = self.xdp("pass_xdp").fd().expect("loaded").try_clone().expect("a number");
        self.measure(&tc, &xdp);
    }

    /// Ends what comes in by a device of the calling thread's namespace, in the driver.
    pub(crate) fn end_at(&mut self, ifindex: u32) {
        self.xdp("end_xdp").attach_to_if_index(ifindex, XdpMode::Driver).expect("a driver that can");
    }

    /// Lets it pass, in the driver.
    pub(crate) fn pass_at(&mut self, ifindex: u32) {
        let attached = self.xdp("pass_xdp").attach_to_if_index(ifindex, XdpMode::Driver);
        self.passing = Some(attached.expect("a driver that can"));
    }

    /// Makes room for another program there.
    pub(crate) fn pass_no_more(&mut self) {
        let link = self.passing.take().expect("something passes");
        self.xdp("pass_xdp").detach(link).expect("it is attached");
    }

    /// Sends it out by other devices in turn, whatever it is.
    pub(crate) fn redirect_at(&mut self, ifindex: u32, others: &[u32]) {
        let map = self.object.map_mut("cables").expect("a map");
        let mut cables: DevMap<&mut MapData> = map.try_into().expect("a map of devices");
        for (place, other) in (0..cables.len()).zip(others.iter().cycle()) {
            cables.set(place, *other, None, 0).expect("there is room");
        }
        self.xdp("redirect_xdp").attach_to_if_index(ifindex, XdpMode::Driver).expect("a driver that can");
    }

    /// Ends it at traffic control.
    pub(crate) fn end_behind(&mut self, device: &str) {
        let options = TcAttachOptions::TcxOrder(LinkOrder::default());
        let program = self.tc("end_tc");
        program.attach_with_options(device, TcAttachType::Ingress, options).expect("it can be attached");
    }

    /// How many packets have ended.
    pub(crate) fn ended(&self) -> u64 {
        let map = self.object.map("ended").expect("a map");
        let counts: PerCpuArray<&MapData, u64> = map.try_into().expect("an array");
        counts.get(&0, 0).expect("a number").iter().sum()
    }

    /// Hands packets to the program that is measured, as if they had come in by a device of the calling thread's namespace.
    pub(crate) fn hand_over(&mut self, hook: Hook, ifindex: u32, run: Run) {
        let frame = self.prepare(run);
        let context = context(hook, ifindex, &frame);
        let mut options = TestRunOptions::new();
        options.data_in = Some(&frame);
        options.ctx_in = Some(&context);
        options.repeat = run.packets;
        let outcome = match hook {
            Hook::Tc => self.tc("vary_tc").test_run(options),
            Hook::Xdp => self.xdp("vary_xdp").test_run(options),
        };
        outcome.expect("it can be run");
    }

    /// Sends packets out by a device of the calling thread's namespace.
    pub(crate) fn send(&mut self, ifindex: u32, run: Run) {
        let frame = self.prepare(run);
        let context = context(Hook::Xdp, ifindex, &frame);
        let mut options = TestRunOptions::new();
        options.data_in = Some(&frame);
        options.ctx_in = Some(&context);
        options.repeat = run.packets;
        options.attrs = TestRunAttrs::new().xdp_live_frames(BATCH);
        self.xdp("generate_xdp").test_run(options).expect("it can be run");
    }

    fn prepare(&mut self, run: Run) -> Vec<u8> {
        let frame = frame(run);
        let mut header = [0; 56];
        let length = header.len();
        header.copy_from_slice(&frame[..length]);
        let variety = Variety {
            header,
            next: 0,
            stride: if run.mixed { 0x9e37_79b1 } else { 1 },
            mask: run.connections - 1,
            is_ipv6: u32::from(run.family == 6),
        };
        let map = self.object.map_mut("varieties").expect("a map");
        let mut varieties: Array<&mut MapData, Variety> = map.try_into().expect("an array");
        varieties.set(0, variety, 0).expect("there is one");
        frame
    }

    fn tc(&mut self, name: &str) -> &mut SchedClassifier {
        self.object.program_mut(name).expect("a program").try_into().expect("of that kind")
    }

    fn xdp(&mut self, name: &str) -> &mut Xdp {
        self.object.program_mut(name).expect("a program").try_into().expect("of that kind")
    }
}

/// A packet of the connection whose number is 0.
fn frame(run: Run) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 2], LAN_MAC);
    let (builder, length) = if run.family == 4 {
        (builder.ipv4([10, 0, 0, 0], [203, 0, 113, 9], 64), LENGTHS[0])
    } else {
        let source = [0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let destination = [0x3f, 0xff, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        (builder.ipv6(source, destination, 64), LENGTHS[1])
    };
    let mut frame = Vec::new();
    let written = if run.kind == Kind::Udp {
        let builder = builder.udp(1024, 443);
        let payload = vec![0; length - builder.size(0)];
        builder.write(&mut frame, &payload)
    } else {
        let builder = builder.tcp(1024, 443, 1, 1024);
        let builder = if run.kind == Kind::Syn { builder.syn() } else { builder.ack(7) };
        let payload = vec![0; length - builder.size(0)];
        builder.write(&mut frame, &payload)
    };
    written.expect("memory");
    frame
}

/// The program that is measured.
pub(crate) fn program(hook: Hook) -> &'static str {
    match hook {
        Hook::Tc => "forward_tc",
        Hook::Xdp => "forward_xdp",
    }
}
