//! Keeps up what changes by itself while a configuration stays: the neighbours of the fast path's next hops, and what others decide.
//!
//! Programs in drivers (XDP) send only to neighbours that they were told of. Here they are told what the kernel knows, as
//! soon as it changes; what it knows no more is taken away, so that its packets go by the kernel. So do those that others have a
//! say in since the fast path was made. No fast path is made or removed here, and nothing is kept on disk: who starts anew reads
//! everything.

mod others;
mod records;
mod service;

use crate::transaction::bpf_fs;
use ipnet::IpNet;
use others::Others;
use records::{questions, records, takers};
use rosc_ebpf::{EbpfTarget, NextHop};
use rosc_route::{Changed, DeviceName, Events, RouteTarget};
use rosc_target::TargetError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use service::Service;
use std::collections::BTreeSet;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So often everything is looked at without an event, since another process can make a fast path without one; and the kernel
/// asks the neighbours whom nobody has heard of. The fast path's packets don't make it ask.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// So long drivers rely on what they were told last. It is as long as the kernel takes, with its defaults, to notice that a neighbour
/// has gone without a word; and much longer than a service manager takes to start who keeps it up.
const KEPT: Duration = Duration::from_secs(30);

/// What is worth a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// There is no fast path; one is waited for.
    Waiting,
    /// The neighbours of so many next hops are kept.
    Keeps(usize),
    /// The drivers of these devices take no frames, so that the kernel sends by them, or it does not say that they do.
    TakeNoFrames(Vec<DeviceName>),
    /// Others have come to decide about packets to these destinations, which groups would share: the kernel sends them.
    SetAside(Vec<IpNet>),
}

/// What keeps them.
pub struct Watch {
    route: RouteTarget,
    ebpf: EbpfTarget,
    events: Events,
    /// The members of the last look; `None` where there was no fast path.
    members: Option<BTreeSet<NextHop>>,
    take_no_frames: Vec<DeviceName>,
    others: Others,
    set_aside: Vec<IpNet>,
    state_dir: PathBuf,
}

impl Watch {
    /// Begins to listen in the network namespace of the calling thread.
    pub fn open(state_dir: &Path) -> Result<Self, TargetError> {
        Ok(Self {
            // Before anything is read: what changes behind that is an event.
            events: Events::open()?,
            route: RouteTarget::open()?,
            ebpf: EbpfTarget::open(&bpf_fs(state_dir))?,
            members: None,
            take_no_frames: Vec::new(),
            others: Others::new(),
            set_aside: Vec::new(),
            state_dir: state_dir.to_owned(),
        })
    }

    /// Keeps all up until `stop` can be read from. Then, and on an error, the neighbours are taken away: nobody would notice that
    /// one has gone. What others decide about stays with the kernel. The service manager, if there is one, hears of it all.
    pub fn run(mut self, stop: BorrowedFd<'_>, mut say: impl FnMut(Remark)) -> Result<(), TargetError> {
        let mut service = Service::of_this_process();
        let ended = self.keep(&mut service, stop, &mut say);
        let told = service.stopping();
        let neighbours = self.ebpf.resolve(&[].into());
        let takers = self.ebpf.tell_takers(&[].into());
        ended.and(told).and(neighbours.and(takers).map(drop))
    }

    fn keep(
        &mut self,
        service: &mut Service,
        stop: BorrowedFd<'_>,
        say: &mut impl FnMut(Remark),
    ) -> Result<(), TargetError> {
        self.look(true, say)?;
        self.look_at_others(say)?;
        if self.members.is_none() {
            say(Remark::Waiting);
        }
        service.ready()?;
        let mut looked = Instant::now();
        loop {
            let left = LOOK_EVERY.saturating_sub(looked.elapsed());
            let earlier = [service.patience(), self.others.left()].into_iter().flatten();
            if self.wait(stop, earlier.fold(left, Duration::min))? {
                return Ok(());
            }
            let changed = self.events.take()?;
            let is_time = looked.elapsed() >= LOOK_EVERY;
            if is_time || self.is_concerned(&changed) {
                self.look(is_time, say)?;
            }
            if is_time || changed.decisions || changed.missed {
                self.others.notice();
            }
            if self.others.left() == Some(Duration::ZERO) {
                self.look_at_others(say)?;
            }
            if is_time {
                looked = Instant::now();
            }
            service.alive()?;
        }
    }

    /// Waits for an event, for so long at most. Returns whether to stop.
    fn wait(&self, stop: BorrowedFd<'_>, at_most: Duration) -> Result<bool, TargetError> {
        let mut waited = [PollFd::new(&stop, PollFlags::IN), PollFd::new(&self.events, PollFlags::IN)];
        let timeout = Timespec::try_from(at_most).expect("a few seconds");
        match poll(&mut waited, Some(&timeout)) {
            // A signal says so by `stop`, too.
            Ok(_) | Err(Errno::INTR) => Ok(!waited[0].revents().is_empty()),
            Err(error) => Err(service::failed("wait for", "events", error.into())),
        }
    }

    fn is_concerned(&self, changed: &Changed) -> bool {
        let Some(members) = &self.members else { return false };
        let mut gateways = members.iter().filter_map(|member| member.gateway);
        changed.links || changed.missed || gateways.any(|gateway| changed.neighbours.contains(&gateway))
    }

    /// Leaves to the kernel what others decide about.
    fn look_at_others(&mut self, say: &mut impl FnMut(Remark)) -> Result<(), TargetError> {
        if self.members.as_ref().is_none_or(BTreeSet::is_empty) {
            self.others.forget();
        } else {
            self.others.look(&mut self.route, &mut self.ebpf, &self.state_dir)?;
        }
        let set_aside = self.others.destinations();
        if set_aside != self.set_aside {
            self.set_aside.clone_from(&set_aside);
            say(Remark::SetAside(set_aside));
        }
        Ok(())
    }

    /// Tells the programs what the kernel knows; if `asks`, the kernel is to find out what it does not know, or not for sure.
    fn look(&mut self, asks: bool, say: &mut impl FnMut(Remark)) -> Result<(), TargetError> {
        let members: Option<BTreeSet<NextHop>> =
            self.ebpf.neighbours()?.map(|members| members.into_keys().collect());
        let is_new = members != self.members;
        if is_new {
            say(members.as_ref().map_or(Remark::Waiting, |members| Remark::Keeps(members.len())));
        }
        self.members = members;
        let Some(members) = &self.members else { return Ok(()) };
        let around = self.route.neighbourhood()?;
        self.ebpf.resolve(&records(members, &around))?;
        self.ebpf.tell_takers(&takers(&around))?;
        self.ebpf.keep_for(KEPT)?;
        if asks || is_new {
            self.route.look_for(&questions(members, &around))?;
        }
        let devices: BTreeSet<&DeviceName> = members.iter().map(|member| &member.device).collect();
        let is_deaf = |device: &&DeviceName| around.devices.get(*device).is_some_and(|by| !by.takes_frames);
        let take_no_frames: Vec<DeviceName> = devices.into_iter().filter(is_deaf).cloned().collect();
        if take_no_frames != self.take_no_frames {
            self.take_no_frames = take_no_frames;
            if !self.take_no_frames.is_empty() {
                say(Remark::TakeNoFrames(self.take_no_frames.clone()));
            }
        }
        Ok(())
    }
}
