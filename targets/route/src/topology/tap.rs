//! Ethernet devices whose wire is this process.

use crate::DeviceName;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl::{Opcode, Setter, Updater, ioctl, opcode};
use std::io;
use std::os::fd::OwnedFd;

/// `TUNSETIFF` of `linux/if_tun.h`.
const SET_INTERFACE: Opcode = opcode::write::<i32>(b'T', 202);
/// `SIOCGIFHWADDR`.
const GET_LINK_ADDRESS: Opcode = 0x8927;
/// `IFF_TAP | IFF_NO_PI`: Ethernet frames, with nothing in front of them.
const FRAMES_ALONE: u16 = 0x0002 | 0x1000;

/// An Ethernet device that is there as long as this value. What is sent here comes in on the device, and is dealt with
/// by the kernel before `send` returns; what leaves by the device is received here.
#[derive(Debug)]
pub struct Tap {
    file: OwnedFd,
}

/// `struct ifreq`: a name, and what is asked or answered. `TUNSETIFF` reads flags in the first two bytes;
/// `SIOCGIFHWADDR` writes a `struct sockaddr`, whose bytes behind the first two are the address.
#[repr(C)]
pub(super) struct InterfaceRequest {
    name: [u8; 16],
    pub(super) rest: [u8; 24],
}

impl InterfaceRequest {
    pub(super) fn for_device(device: &DeviceName) -> Self {
        let mut name = [0; 16];
        name[..device.as_str().len()].copy_from_slice(device.as_str().as_bytes());
        Self { name, rest: [0; 24] }
    }
}

impl Tap {
    /// Makes a device in the network namespace of the calling thread. It is down. Needs `CAP_NET_ADMIN` there.
    pub fn new(device: &DeviceName) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::open("/dev/net/tun", flags, Mode::empty())?;
        let mut request = InterfaceRequest::for_device(device);
        request.rest[..2].copy_from_slice(&FRAMES_ALONE.to_ne_bytes());
        // SAFETY: the request has the layout and the 40 bytes of `struct ifreq`, which is what the kernel reads for this
        // number, and lives until the call returns.
        unsafe { ioctl(&file, Setter::<SET_INTERFACE, InterfaceRequest>::new(request)) }?;
        Ok(Self { file })
    }

    /// The device's own address on the link.
    pub fn link_address(&self) -> io::Result<[u8; 6]> {
        let mut request = InterfaceRequest { name: [0; 16], rest: [0; 24] };
        // SAFETY: the request has the layout and the 40 bytes of `struct ifreq`, into which the kernel writes for this
        // number, and is borrowed until the call returns.
        unsafe { ioctl(&self.file, Updater::<GET_LINK_ADDRESS, InterfaceRequest>::new(&mut request)) }?;
        let mut address = [0; 6];
        address.copy_from_slice(&request.rest[2..8]);
        Ok(address)
    }

    /// Has a frame come in on the device.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        rustix::io::write(&self.file, frame)?;
        Ok(())
    }

    /// Takes the next frame that left by the device. Returns its length; `None` if there is none.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match rustix::io::read(&self.file, buffer) {
            Ok(length) => Ok(Some(length)),
            Err(Errno::AGAIN) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Topology;
    use rosc_target::netns;
    use std::net::UdpSocket;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    /// A device that is up, with 192.0.2.1/24.
    fn tap(device: &DeviceName, topology: &mut Topology) -> Tap {
        let tap = Tap::new(device).expect("a device");
        topology.set_up(device).expect("it can be set up");
        topology
            .address(&crate::Address {
                origin: rosc_target::Origin::IMPLIED,
                device: device.clone(),
                local: "192.0.2.1".parse().expect("an address"),
                prefix_len: 24,
                peer: None,
                duplicate_detection: crate::DuplicateDetection::Perform,
            })
            .expect("an address can be added");
        tap
    }

    #[test]
    fn a_frame_that_is_sent_comes_in_and_is_answered() {
        let Some(namespace) = netns::for_test() else { return };
        let device = DeviceName::new("tap0").expect("a good name");
        let answer = namespace.run(|| {
            let mut topology = Topology::open().expect("a socket");
            let tap = tap(&device, &mut topology);
            assert_ne!(tap.link_address().expect("an address"), [0; 6]);
            // Who has 192.0.2.1? Tell 192.0.2.2.
            let mut question = vec![0xff; 6];
            question.extend([2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 192, 0, 2, 2]);
            question.extend([0, 0, 0, 0, 0, 0, 192, 0, 2, 1]);
            tap.send(&question).expect("it can be sent");
            let mut buffer = [0; 2048];
            let mut frames = Vec::new();
            while let Some(length) = tap.receive(&mut buffer).expect("it can be received") {
                frames.push(buffer[..length].to_vec());
            }
            frames.into_iter().find(|frame| frame[12..14] == [8, 6])
        });
        let answer = answer.expect("an answer");
        assert_eq!(answer[28..32], [192, 0, 2, 1]);
    }

    #[test]
    fn a_device_without_a_queue_sends_at_once_while_others_send_too() {
        const SENT: u32 = 100_000;
        /// Fewer than a device holds for its reader.
        const AHEAD: u64 = 100;
        let Some(namespace) = netns::for_test() else { return };
        let device = DeviceName::new("tap0").expect("a good name");
        let (tap, own, other) = namespace.run(|| {
            let mut topology = Topology::open().expect("a socket");
            let tap = tap(&device, &mut topology);
            topology.send_at_once(&device).expect("it needs no queue");
            let socket = || {
                let socket = UdpSocket::bind("192.0.2.1:0").expect("a socket");
                socket.set_broadcast(true).expect("it may");
                socket
            };
            (tap, socket(), socket())
        });
        let everyone = "192.0.2.255:9";
        let (read, is_done) = (AtomicU64::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut sent = 0;
                while !is_done.load(Ordering::Relaxed) {
                    if sent < read.load(Ordering::Relaxed) + AHEAD {
                        other.send_to(b"other", everyone).expect("it can be sent");
                        sent += 1;
                    }
                }
            });
            let mut buffer = [0; 2048];
            let late = (0..SENT).find(|_| {
                own.send_to(b"own", everyone).expect("it can be sent");
                let mut is_there = false;
                while let Some(length) = tap.receive(&mut buffer).expect("it can be received") {
                    is_there |= buffer[..length].ends_with(b"own");
                    read.fetch_add(u64::from(buffer[..length].ends_with(b"other")), Ordering::Relaxed);
                }
                !is_there
            });
            is_done.store(true, Ordering::Relaxed);
            assert_eq!(late, None);
        });
    }
}
