//! Statements that fill dynamic sets, in nft's language.

use super::statement::payload_text;
use crate::dynamic::{CtCount, Key, KeyField, Meter, SetUpdate};
use std::fmt::{self, Display};

impl Display for SetUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} @{} {{ {}", self.operation.keyword(), self.set, self.key)?;
        if let Some(seconds) = self.timeout {
            write!(f, " timeout {}", duration(seconds.get()))?;
        }
        match &self.meter {
            Some(Meter::Limit(limit)) => write!(f, " {limit}")?,
            Some(Meter::Connections(CtCount { count, over: true })) => write!(f, " ct count over {count}")?,
            Some(Meter::Connections(CtCount { count, over: false })) => write!(f, " ct count {count}")?,
            None => {}
        }
        f.write_str(" }")
    }
}

/// nft reads at most eight digits before a unit.
fn duration(seconds: u32) -> String {
    const DAY: u32 = 24 * 3600;
    match (seconds / DAY, seconds % DAY) {
        _ if seconds < 100_000_000 => format!("{seconds}s"),
        (days, 0) => format!("{days}d"),
        (days, rest) => format!("{days}d{rest}s"),
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, field) in self.fields.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { " . " })?;
            write!(f, "{field}")?;
        }
        Ok(())
    }
}

impl Display for KeyField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        payload_text(f, self.payload)?;
        match self.mask() {
            Some(mask) => write!(f, " & {mask}"),
            None => Ok(()),
        }
    }
}
