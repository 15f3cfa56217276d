//! Carrying out changes.

use crate::change::{Action, Change};
use crate::encode::{self, Devices, NotEncodable};
use crate::netlink::{Batch, BatchError, Connection, Refusal};
use crate::{DeviceName, failure, read};
use rosc_target::TargetError;
use std::collections::HashMap;

/// Carries out changes in order, in batches, and stops behind the batch in which the kernel refused one.
///
/// # Errors
/// The refusal of the earliest change that was refused, with its origin and the kernel's words.
pub(crate) fn carry_out(connection: &mut Connection, changes: &[Change]) -> Result<(), TargetError> {
    if changes.is_empty() {
        return Ok(());
    }
    let blame = |error: BatchError| match error {
        BatchError::Refused { step, refusal } => failure::refused(&changes[step], refusal),
        BatchError::Lost(refusal) => failure::kernel("send", "a batch of changes".to_owned(), refusal),
    };
    let mut devices = DeviceTable::read(connection).map_err(failure::reading)?;
    let mut batch = Batch::default();
    for (step, change) in changes.iter().enumerate() {
        let mut requests = encode::requests(change, &devices);
        if let Err(NotEncodable::NoDevice(_)) = requests {
            // It may be a bridge of an earlier step.
            batch.flush(connection).map_err(blame)?;
            devices = DeviceTable::read(connection).map_err(failure::reading)?;
            requests = encode::requests(change, &devices);
        }
        match requests {
            Ok(requests) => batch.push(connection, step, requests).map_err(blame)?,
            Err(error) => {
                batch.flush(connection).map_err(blame)?;
                return Err(failure::not_sent(change, error.to_string()));
            }
        }
        if let Change::Link(Action::Delete(link)) = change {
            devices.forget(&link.name);
        }
    }
    batch.flush(connection).map_err(blame)
}

/// The devices of the namespace.
pub(crate) struct DeviceTable(HashMap<DeviceName, DeviceEntry>);

struct DeviceEntry {
    index: u32,
    promotes_secondaries: bool,
}

impl DeviceTable {
    pub(crate) fn read(connection: &mut Connection) -> Result<Self, Refusal> {
        let devices = read::devices(connection)?.into_iter().map(|device| {
            let promotes_secondaries = device.promotes_secondaries;
            (device.name, DeviceEntry { index: device.index, promotes_secondaries })
        });
        Ok(Self(devices.collect()))
    }

    fn forget(&mut self, name: &DeviceName) {
        self.0.remove(name);
    }
}

impl Devices for DeviceTable {
    fn index(&self, name: &DeviceName) -> Result<u32, NotEncodable> {
        let entry = self.0.get(name);
        entry.map(|entry| entry.index).ok_or_else(|| NotEncodable::NoDevice(name.clone()))
    }

    fn promotes_secondaries(&self, name: &DeviceName) -> bool {
        self.0.get(name).is_some_and(|entry| entry.promotes_secondaries)
    }
}
