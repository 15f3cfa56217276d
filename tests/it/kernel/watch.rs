//! `rosc watch`: what programs in drivers are told of neighbours is what the kernel knows, and packets leave by it.

mod forwarding;
mod others;

use super::fastpath::connections::{UPLINKS, World};
use super::fastpath::router;
use super::machine::Box;
use super::output_of;
use crate::cli::command;
use rosc::transaction::bpf_fs;
use rosc_ebpf::{EbpfTarget, Neighbour, NextHop};
use rosc_route::topology::{send_with_checksums, take_frames};
use rosc_target::netns::NetNs;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A wait that only a hang lasts as long as.
const PATIENCE: Duration = Duration::from_secs(300);
/// What ends the manager of a test.
const LAST_WORD: &str = "END";
/// The device of a station.
const WIRE: &str = "wire0";

/// A running `rosc watch`, and the service manager that it speaks to.
pub(super) struct Watch {
    child: Child,
    told: Receiver<String>,
    directory: tempfile::TempDir,
}

impl Watch {
    /// Starts it in a namespace, and waits until it says that it is ready.
    pub(super) fn start(namespace: &NetNs, state_dir: &Path) -> Self {
        let watch = Self::spawn(namespace, state_dir, command(["watch"]));
        watch.until_told("READY=1");
        watch
    }

    /// Starts what runs it.
    fn spawn(namespace: &NetNs, state_dir: &Path, mut command: Command) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("notify");
        let manager = UnixDatagram::bind(&socket).expect("a socket");
        let (teller, told) = channel();
        // Somebody always reads, as a manager does: the queue of its socket is short.
        thread::spawn(move || {
            let mut buffer = [0; 256];
            while let Ok(length) = manager.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if text == LAST_WORD || teller.send(text).is_err() {
                    return;
                }
            }
        });
        let said = fs::File::create(directory.path().join("said")).expect("a file");
        command.env("ROSC_STATE_DIR", state_dir).env("NOTIFY_SOCKET", &socket);
        command.env("WATCHDOG_USEC", "2000000").env_remove("WATCHDOG_PID");
        command.stdout(Stdio::null()).stderr(said);
        let child = namespace.run(|| command.spawn()).expect("rosc starts");
        Self { child, told, directory }
    }

    /// Waits until the service manager is told so.
    fn until_told(&self, wanted: &str) {
        let next = || {
            let told = self.told.recv_timeout(PATIENCE);
            told.unwrap_or_else(|error| panic!("waited for {wanted}: {error}\n{}", self.said()))
        };
        while !next().lines().any(|line| line == wanted) {}
    }

    /// What it has said to people.
    fn said(&self) -> String {
        fs::read_to_string(self.directory.path().join("said")).expect("a file")
    }

    /// Asks it to end.
    pub(super) fn end(&mut self, signal: Signal) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
        self.child.wait().expect("it ends")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended before.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
        let teller = UnixDatagram::unbound()
            .and_then(|socket| socket.send_to(LAST_WORD.as_bytes(), self.directory.path().join("notify")));
        assert!(teller.is_ok() || thread::panicking(), "the manager has gone: {teller:?}");
    }
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited for too long until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What programs in drivers are told.
fn records(world: &World) -> BTreeMap<NextHop, Option<Neighbour>> {
    let read = || EbpfTarget::open(&bpf_fs(world.state_dir()))?.neighbours();
    world.router().run(read).expect("they can be read").expect("there is a fast path")
}

/// What they are told of a gateway.
fn record(world: &World, gateway: &str) -> Option<Neighbour> {
    let records = records(world);
    let found = records.iter().find(|(next_hop, _)| next_hop.gateway == gateway.parse().ok());
    *found.unwrap_or_else(|| panic!("{gateway} is no member: {records:?}")).1
}

/// The link address of what is behind a port.
fn link_address(world: &World, port: &str) -> [u8; 6] {
    let line = output_of(world.behind(port), "ip", &["-brief", "link", "show", WIRE]);
    let address: rosc_route::MacAddress =
        line.split_whitespace().nth(2).expect("an address").parse().expect("an Ethernet address");
    address.0
}

fn setting(namespace: &NetNs, key: &str, value: &str) {
    namespace.run(|| fs::write(Path::new("/proc/sys/net").join(key), value)).expect("a setting");
}

fn cabled(namespace: &NetNs, change: impl FnOnce(&rosc_route::DeviceName) -> std::io::Result<()> + Send) {
    let wire = WIRE.parse().expect("a name");
    namespace.run(|| change(&wire)).expect("a device can be changed");
}

/// A router whose program stands in the driver of the LAN's port, with two uplinks that take frames.
fn world() -> Option<World> {
    let world = World::build()?;
    for n in 1..=UPLINKS {
        cabled(world.behind(&format!("wan{n}")), |wire| take_frames(wire, true));
    }
    cabled(world.behind("lan"), send_with_checksums);
    world.apply(&in_drivers(&[1, 2]));
    Some(world)
}

fn in_drivers(uplinks: &[usize]) -> String {
    router(uplinks).replace("set enabled=yes", "set enabled=yes mode=xdp interfaces=lan")
}

/// It with no rights but these, whoever has started it.
fn with_rights(rights: &[&str]) -> Command {
    let plain = command(["watch"]);
    let mut command = Command::new("setpriv");
    let list: String = rights.iter().map(|name| format!(",+{name}")).collect();
    command.args([format!("--bounding-set=-all{list}"), "--inh-caps=-all".to_owned()]);
    command.arg(plain.get_program()).args(plain.get_args());
    command
}

#[test]
fn it_takes_each_of_two_rights_and_no_other() {
    let Some(world) = world() else { return };
    let (router, state_dir) = (world.router(), world.state_dir());
    for (rights, missing) in [(["net_admin"], "CAP_BPF"), (["bpf"], "CAP_NET_ADMIN")] {
        let mut watch = Watch::spawn(router, state_dir, with_rights(&rights));
        assert!(!watch.child.wait().expect("it ends").success());
        let said = watch.said();
        assert!(said.contains("R0712") && said.contains(missing), "{said}");
    }
    let mut watch = Watch::spawn(router, state_dir, with_rights(&["net_admin", "bpf"]));
    watch.until_told("READY=1");
    until("the gateways are known", || record(&world, "172.16.1.254").is_some());
    assert!(watch.end(Signal::TERM).success());
    until("all is taken back", || records(&world).values().all(Option::is_none));
}

#[test]
fn what_drivers_know_of_neighbours_is_what_the_kernel_knows() {
    let Some(world) = world() else { return };
    assert!(records(&world).values().all(Option::is_none), "nobody has told them yet");
    let mut watch = Watch::start(world.router(), world.state_dir());
    until("all neighbours are known", || records(&world).values().all(Option::is_some));
    assert!(watch.said().contains("4 next hops"), "{}", watch.said());
    for (gateway, port) in [("172.16.1.254", "wan1"), ("2001:db8:2::fe", "wan2")] {
        let wanted = Neighbour { address: link_address(&world, port), mtu: 1500 };
        assert_eq!(record(&world, gateway), Some(wanted));
    }
    // A neighbour gets another address, and says so.
    let provider = world.behind("wan1");
    setting(provider, "ipv4/conf/wire0/arp_notify", "1");
    output_of(provider, "ip", &["link", "set", WIRE, "address", "02:00:00:00:00:99"]);
    let moved = [2, 0, 0, 0, 0, 0x99];
    until("the new address is told", || record(&world, "172.16.1.254").is_some_and(|it| it.address == moved));
    // A device takes smaller packets.
    output_of(world.router(), "ip", &["link", "set", "wan2", "mtu", "1400"]);
    until("the new size is told", || record(&world, "172.16.2.254").is_some_and(|it| it.mtu == 1400));
    // A device takes frames of drivers no more.
    cabled(world.behind("wan2"), |wire| take_frames(wire, false));
    until("nothing is handed to it", || record(&world, "2001:db8:2::fe").is_none());
    until("that is said", || watch.said().contains("to wan2: what leaves there goes by the kernel"));
    cabled(world.behind("wan2"), |wire| take_frames(wire, true));
    until("it is used again", || record(&world, "2001:db8:2::fe").is_some());
    // A cable is out, and in again.
    output_of(world.behind("wan2"), "ip", &["link", "set", WIRE, "down"]);
    until("the link's neighbours are gone", || {
        record(&world, "172.16.2.254").is_none() && record(&world, "2001:db8:2::fe").is_none()
    });
    assert!(record(&world, "172.16.1.254").is_some());
    output_of(world.behind("wan2"), "ip", &["link", "set", WIRE, "up"]);
    until("they are back", || record(&world, "172.16.2.254").is_some());
    // Another apply brings another uplink.
    world.apply(&in_drivers(&[1, 2, 3]));
    until("the new neighbour is known", || record(&world, "172.16.3.254").is_some());
    assert!(watch.end(Signal::TERM).success(), "{}", watch.said());
    watch.until_told("STOPPING=1");
    assert!(records(&world).values().all(Option::is_none), "nobody keeps them up any more");
}

#[test]
fn a_neighbour_that_says_nothing_any_more_is_noticed_without_packets() {
    let Some(world) = world() else { return };
    for (key, value) in [("base_reachable_time_ms", "500"), ("delay_first_probe_time", "1")] {
        setting(world.router(), &format!("ipv4/neigh/wan1/{key}"), value);
    }
    let watch = Watch::start(world.router(), world.state_dir());
    until("the neighbour is known", || record(&world, "172.16.1.254").is_some());
    // The link stays; nobody answers who asks for the neighbour.
    output_of(world.behind("wan1"), "ip", &["link", "set", WIRE, "arp", "off"]);
    until("it is noticed", || record(&world, "172.16.1.254").is_none());
    output_of(world.behind("wan1"), "ip", &["link", "set", WIRE, "arp", "on"]);
    until("it is found again", || record(&world, "172.16.1.254").is_some());
    watch.until_told("WATCHDOG=1");
}

#[test]
fn what_an_administrator_has_said_of_a_neighbour_stays() {
    let Some(world) = world() else { return };
    let fixed = ["neighbour", "replace", "172.16.1.254", "lladdr", "02:00:00:00:00:77", "dev", "wan1"];
    output_of(world.router(), "ip", &[&fixed[..], &["nud", "permanent"]].concat());
    let mut watch = Watch::start(world.router(), world.state_dir());
    until("all neighbours are known", || records(&world).values().all(Option::is_some));
    for _ in 0..3 {
        watch.until_told("WATCHDOG=1");
    }
    assert_eq!(record(&world, "172.16.1.254").map(|it| it.address), Some([2, 0, 0, 0, 0, 0x77]));
    let shown = output_of(world.router(), "ip", &["neighbour", "show", "172.16.1.254"]);
    assert!(shown.contains("PERMANENT"), "{shown}");
    assert!(watch.end(Signal::INT).success(), "{}", watch.said());
}

/// Has ip(8) make and remove neighbours behind a port, so many times each.
fn churn(world: &World, port: &str, times: usize) {
    let mut commands = String::new();
    for _ in 0..times {
        let place = format!("192.0.2.77 dev {port}");
        writeln!(commands, "neighbour add {place} lladdr 02:00:00:00:00:70 nud permanent").expect("memory");
        writeln!(commands, "neighbour del {place}").expect("memory");
    }
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(commands.as_bytes()).expect("a disk");
    output_of(world.router(), "ip", &["-batch", file.path().to_str().expect("a path")]);
}

/// How many events the kernel could not tell who listens to links and neighbours in the router.
fn lost(world: &World) -> u64 {
    // The groups are bits in hexadecimal: links are the first, neighbours the third.
    const LINKS_AND_NEIGHBOURS: u32 = 0b101;
    let sockets = output_of(world.router(), "cat", &["/proc/net/netlink"]);
    let listens = |fields: &Vec<&str>| {
        let groups = u32::from_str_radix(fields[3], 16);
        fields[1] == "0" && groups.is_ok_and(|groups| groups & LINKS_AND_NEIGHBOURS == LINKS_AND_NEIGHBOURS)
    };
    let fields = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let drops = fields.filter(listens).map(|fields| fields[8].parse::<u64>().expect("a number"));
    drops.sum()
}

#[test]
fn what_changed_behind_more_events_than_there_is_room_for_is_read_anew() {
    let Some(world) = world() else { return };
    let mut watch = Watch::start(world.router(), world.state_dir());
    until("all neighbours are known", || records(&world).values().all(Option::is_some));
    let pid = Pid::from_child(&watch.child);
    let fixed = |gateway: &str, address: &str, port: &str| {
        let place = ["neighbour", "replace", gateway, "lladdr", address, "dev", port, "nud", "permanent"];
        output_of(world.router(), "ip", &place);
    };
    let is_told = |gateway: &str, last: u8| {
        record(&world, gateway).is_some_and(|it| it.address == [2, 0, 0, 0, 0, last])
    };
    for (round, gateway, port) in [(1, "172.16.1.254", "wan1"), (2, "2001:db8:2::fe", "wan2")] {
        let before = lost(&world);
        kill_process(pid, Signal::STOP).expect("it runs");
        churn(&world, port, 4_000);
        // Nobody has read: what comes behind that is not told.
        let between = lost(&world);
        assert!(between > before, "there was room for all of it");
        fixed(gateway, &format!("02:00:00:00:00:8{round}"), port);
        assert!(lost(&world) > between, "the event that it is about was lost");
        kill_process(pid, Signal::CONT).expect("it runs");
        until("it is told nevertheless", || is_told(gateway, 0x80 + round));
        // It goes on as before.
        fixed(gateway, &format!("02:00:00:00:00:9{round}"), port);
        until("the next change is told", || is_told(gateway, 0x90 + round));
    }
    // While it reads, too.
    churn(&world, "wan1", 4_000);
    fixed("172.16.1.254", "02:00:00:00:00:99", "wan1");
    until("it is told in the end", || is_told("172.16.1.254", 0x99));
    until("all others are known", || records(&world).values().all(Option::is_some));
    assert!(watch.end(Signal::TERM).success(), "{}", watch.said());
    assert!(records(&world).values().all(Option::is_none));
}

#[test]
fn without_a_fast_path_it_waits_for_one() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2", "ether3", "ether4"]) else { return };
    let mut watch = Watch::start(&machine.namespace, machine.state_dir());
    assert!(watch.said().contains("no fast path"), "{}", watch.said());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ecmp-fastpath.rsc");
    let applied = machine.rosc(&["apply", file]);
    assert_eq!(applied.code, Some(0), "{}", applied.err);
    until("it is found", || watch.said().contains("keeping the neighbours of the fast path's"));
    let again = machine.rosc(&["apply", file]);
    assert!(again.code == Some(0) && again.err.contains("nothing to change"), "{}", again.err);
    let removed = machine.rosc(&["apply", "--remove"]);
    assert_eq!(removed.code, Some(0), "{}", removed.err);
    until("it is missed", || watch.said().matches("no fast path").count() == 2);
    assert!(!machine.state_dir().join("bpf/rosc").exists(), "it has made something");
    assert!(watch.end(Signal::TERM).success(), "{}", watch.said());
}
