//! Settings as values.

use crate::Key;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The settings that rosc owns or should own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// By name.
    pub settings: BTreeMap<Key, Setting>,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The value, as it is written to the file: without a line end.
    pub value: String,
    /// What to do where the kernel has no such setting.
    pub presence: Presence,
}

/// What to do where the kernel has no such setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is an error.
    Required,
    /// Nothing: what the setting is about is not there either.
    IfPresent,
}

/// What there is. As JSON it can be kept, to be compared with elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The settings that rosc owns, with the values that they have now.
    pub state: State,
    /// The values of all settings that were looked at and exist.
    pub values: BTreeMap<Key, String>,
    /// What the owned settings were before.
    pub originals: BTreeMap<Key, String>,
}

impl State {
    /// Adds a setting.
    pub fn set(&mut self, key: Key, value: impl fmt::Display, origin: Origin, presence: Presence) {
        self.settings.insert(key, Setting { origin, value: value.to_string(), presence });
    }
}

/// The form of sysctl.conf(5).
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, setting) in &self.settings {
            // A minus makes sysctl pass over a setting that is not there. That of procps 4.0.2 does so, and fails in the
            // end all the same, unless it is called with -e.
            let mark = match setting.presence {
                Presence::Required => "",
                Presence::IfPresent => "-",
            };
            writeln!(f, "{mark}{key} = {}", setting.value)?;
        }
        Ok(())
    }
}
