//! Time that a processor takes, whoever else is on the machine.

use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::time::Duration;

/// The processor that everything runs on.
#[derive(Debug, Clone)]
pub(crate) struct Processor {
    /// The kernel's thread that goes on with packets where there are too many for whoever has sent them.
    ksoftirqd: Option<String>,
}

impl Processor {
    /// Keeps the calling thread, and those that it starts, on the last one.
    pub(crate) fn take() -> Self {
        let last = std::thread::available_parallelism().expect("processors").get() - 1;
        let mut only = CpuSet::new();
        only.set(last);
        sched_setaffinity(None, &only).expect("the right to choose");
        setpriority_process(None, -20).expect("the right to come first");
        Self { ksoftirqd: thread_of_kernel(&format!("ksoftirqd/{last}")) }
    }

    /// The time that some work takes: of the calling thread, the kernel's packets that interrupt it among it, and of the
    /// kernel's own thread.
    pub(crate) fn time(&self, work: impl FnOnce()) -> Duration {
        let before = self.now();
        work();
        self.now().saturating_sub(before)
    }

    fn now(&self) -> Duration {
        let own = clock_gettime(ClockId::ThreadCPUTime);
        let own = Duration::try_from(own).expect("no time before the thread");
        let others = self.ksoftirqd.as_ref().map_or(0, |path| {
            let text = fs::read_to_string(path).expect("a thread that stays");
            text.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
        });
        own + Duration::from_nanos(others)
    }
}

/// Where the kernel tells how long one of its threads has run.
fn thread_of_kernel(name: &str) -> Option<String> {
    let processes = fs::read_dir("/proc").expect("/proc");
    let mut directories = processes.filter_map(|entry| Some(entry.ok()?.path()));
    let directory = directories.find(|directory| {
        fs::read_to_string(directory.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    })?;
    Some(directory.join("schedstat").to_string_lossy().into_owned())
}
