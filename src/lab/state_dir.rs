//! Where the router of a lab keeps its journal and, if it has a fast path, what is pinned of that.

use super::LabError;
use crate::lower::Desired;
use crate::transaction::OWN_BPF_FS;
use rosc_ebpf::BpfFs;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// A directory that goes with the value. A file system for eBPF in it goes first.
#[derive(Debug)]
pub(super) struct StateDir {
    bpf_fs: OnceLock<BpfFs>,
    directory: TempDir,
}

impl StateDir {
    /// Makes the directory.
    pub(super) fn new() -> Result<Self, LabError> {
        let directory = tempfile::Builder::new().prefix("rosc-lab-").tempdir();
        let directory = directory.map_err(LabError::system("make a directory"))?;
        Ok(Self { bpf_fs: OnceLock::new(), directory })
    }

    /// Mounts a file system for eBPF there, if the state needs one and there is none yet. The machine's own is not the lab's.
    pub(super) fn make_room_for(&self, desired: &Desired) -> Result<(), LabError> {
        if !desired.ebpf.is_empty() && self.bpf_fs.get().is_none() {
            let mounted = BpfFs::mount(&self.path().join(OWN_BPF_FS));
            let mounted = mounted.map_err(LabError::system("mount a file system for eBPF"))?;
            self.bpf_fs.get_or_init(|| mounted);
        }
        Ok(())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}
