//! Waiting for the kernel to notice a carrier: it does up to a second late, and only then sends by a device.

use super::LabError;
use rosc_route::{DeviceName, RouteTarget};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until devices of the calling thread's namespace can send, or until they can not.
pub(super) fn wait_for(devices: &[DeviceName], wanted: bool) -> Result<(), LabError> {
    let mut route = RouteTarget::open().map_err(LabError::Target)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (observed, _) = route.devices().map_err(LabError::Target)?;
        let is_so = |name: &&DeviceName| {
            observed.iter().any(|device| device.name == **name && device.running == wanted)
        };
        let Some(late) = devices.iter().find(|name| !is_so(name)) else { return Ok(()) };
        if Instant::now() > deadline {
            return Err(LabError::NoCarrierChange(late.to_string()));
        }
        thread::sleep(PAUSE);
    }
}
