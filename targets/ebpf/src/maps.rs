//! The maps of a namespace's fast path: what the control plane reads and writes. What each is for says `bpf/maps.h`.

use crate::layout::{LargeTable, RawCount, RawDigest, RawGroup, RawMember, RawPort, RawTimeout, SmallTable};
use aya::maps::{
    Array, ArrayOfMaps, DevMap, DevMapHash, HashMap, LpmTrie, Map, MapData, MapError, PerCpuArray,
};
use std::io;
use std::path::{Path, PathBuf};

/// Their names in the object, and as pins.
pub(crate) const NAMES: &[&str] = &[
    "ports",
    "digests",
    "ways4",
    "ways6",
    "own4",
    "groups",
    "members",
    "places",
    "small_tables",
    "large_tables",
    "memory",
    "devices",
    "takers",
    "kept_until",
    "timeouts",
    "all_forgotten",
    "member_counts",
    "reason_counts",
];

/// The map of the programs that know connections, which the control plane has nothing to do with.
pub(crate) const REMEMBERED: &str = "remembered";

/// The map of one table, inside of another.
pub(crate) type InnerMap<T> = Array<MapData, T>;

pub(crate) struct Maps {
    /// Where they are pinned.
    pub(crate) directory: PathBuf,
    pub(crate) ports: HashMap<MapData, u32, RawPort>,
    pub(crate) digests: Array<MapData, RawDigest>,
    pub(crate) ways4: LpmTrie<MapData, [u8; 4], u32>,
    pub(crate) ways6: LpmTrie<MapData, [u8; 16], u32>,
    pub(crate) own4: HashMap<MapData, [u8; 4], u32>,
    pub(crate) groups: Array<MapData, RawGroup>,
    pub(crate) members: Array<MapData, RawMember>,
    pub(crate) places: Array<MapData, u32>,
    pub(crate) small_tables: ArrayOfMaps<MapData, InnerMap<SmallTable>>,
    pub(crate) large_tables: ArrayOfMaps<MapData, InnerMap<LargeTable>>,
    /// It is read as memory, by [`Memory`](crate::memory::Memory).
    pub(crate) memory: MapData,
    pub(crate) devices: DevMap<MapData>,
    pub(crate) takers: DevMapHash<MapData>,
    pub(crate) kept_until: Array<MapData, u64>,
    pub(crate) timeouts: Array<MapData, RawTimeout>,
    pub(crate) all_forgotten: Array<MapData, u32>,
    pub(crate) member_counts: PerCpuArray<MapData, RawCount>,
    pub(crate) reason_counts: PerCpuArray<MapData, RawCount>,
}

impl Maps {
    /// Opens them by their pins; `None` where one is missing, since nothing can be relied on then.
    pub(crate) fn open(directory: &Path) -> Result<Option<Self>, MapError> {
        match Self::open_all(directory) {
            Err(error) if is_missing(&error) => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    fn open_all(directory: &Path) -> Result<Self, MapError> {
        let map = |name| Map::from_map_data(MapData::from_pin(directory.join(name))?);
        Ok(Self {
            directory: directory.to_owned(),
            ports: map("ports")?.try_into()?,
            digests: map("digests")?.try_into()?,
            ways4: map("ways4")?.try_into()?,
            ways6: map("ways6")?.try_into()?,
            own4: map("own4")?.try_into()?,
            groups: map("groups")?.try_into()?,
            members: map("members")?.try_into()?,
            places: map("places")?.try_into()?,
            small_tables: map("small_tables")?.try_into()?,
            large_tables: map("large_tables")?.try_into()?,
            memory: MapData::from_pin(directory.join("memory"))?,
            devices: map("devices")?.try_into()?,
            takers: map("takers")?.try_into()?,
            kept_until: map("kept_until")?.try_into()?,
            timeouts: map("timeouts")?.try_into()?,
            all_forgotten: map("all_forgotten")?.try_into()?,
            member_counts: map("member_counts")?.try_into()?,
            reason_counts: map("reason_counts")?.try_into()?,
        })
    }
}

/// Whether an error says that there is no such map, or no such entry.
pub(crate) fn is_missing(error: &MapError) -> bool {
    matches!(error, MapError::SyscallError(error) if error.io_error.kind() == io::ErrorKind::NotFound)
}
