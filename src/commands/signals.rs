//! Signals that ask a command to end.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What asks a command to end.
const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];

/// From now on these signals no longer end the process but set the flag, so that a command can leave everything in
/// order behind it.
pub(super) fn watch() -> io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in ENDING {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(interrupted)
}

/// From now on these signals no longer end the process but can be read from what is returned, so that it can be waited for
/// them and for something else.
pub(super) fn wake() -> io::Result<UnixStream> {
    let (woken, waker) = UnixStream::pair()?;
    for signal in ENDING {
        signal_hook::low_level::pipe::register(signal, waker.try_clone()?)?;
    }
    Ok(woken)
}
