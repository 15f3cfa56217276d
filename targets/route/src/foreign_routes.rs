//! Routes of others.

use crate::DeviceName;
use crate::read::route::RouteRecord;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use thiserror::Error;

/// Routes of others, in the kernel's own bytes.
///
/// A router may carry a million of them and a comparison looks at a handful, so they are kept as they came
/// (some 60 bytes each) and read only in passing.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Listed", into = "Listed")]
pub struct ForeignRoutes {
    /// Each message with its length in front.
    bytes: Vec<u8>,
    count: usize,
    names: HashMap<u32, DeviceName>,
}

impl ForeignRoutes {
    /// Keeps a route message (`struct rtmsg` and its attributes).
    pub(crate) fn push(&mut self, message: &[u8]) {
        let length = u32::try_from(message.len()).expect("a netlink message is shorter than 4 GiB");
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(message);
        self.count += 1;
    }

    pub(crate) fn append(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
        } else {
            self.bytes.extend_from_slice(&others.bytes);
            self.count += others.count;
        }
    }

    /// Keeps those that the function says.
    pub(crate) fn retain(&mut self, keeps: impl Fn(&RouteRecord<'_>) -> bool) {
        let mut kept = Self { names: std::mem::take(&mut self.names), ..Self::default() };
        for message in self.messages() {
            if RouteRecord::parse(message).is_none_or(|record| keeps(&record)) {
                kept.push(message);
            }
        }
        *self = kept;
    }

    pub(crate) fn name_devices(&mut self, names: HashMap<u32, DeviceName>) {
        self.names = names;
    }

    /// The number of routes.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = RouteRecord<'_>> {
        self.messages().map_while(RouteRecord::parse)
    }

    fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk()?;
            let (message, behind) = behind.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
            rest = behind;
            Some(message)
        })
    }

    /// The devices that the routes may refer to, by index.
    pub(crate) fn names(&self) -> &HashMap<u32, DeviceName> {
        &self.names
    }
}

impl fmt::Debug for ForeignRoutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} routes", self.count)
    }
}

/// The form in which the routes are kept: each message in hexadecimal.
#[derive(Serialize, Deserialize)]
struct Listed {
    devices: BTreeMap<u32, DeviceName>,
    messages: Vec<String>,
}

/// A text that is no route message.
#[derive(Debug, Error)]
#[error("`{0}` is no route message in hexadecimal")]
struct NoMessage(String);

impl From<ForeignRoutes> for Listed {
    fn from(routes: ForeignRoutes) -> Self {
        let hex = |message: &[u8]| message.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { messages: routes.messages().map(hex).collect(), devices: routes.names.into_iter().collect() }
    }
}

impl TryFrom<Listed> for ForeignRoutes {
    type Error = NoMessage;

    fn try_from(listed: Listed) -> Result<Self, NoMessage> {
        let mut routes = Self { names: listed.devices.into_iter().collect(), ..Self::default() };
        for text in listed.messages {
            let digits = text.as_bytes().chunks(2).map(|pair| {
                let digits = std::str::from_utf8(pair).ok().filter(|digits| digits.len() == 2)?;
                u8::from_str_radix(digits, 16).ok()
            });
            let message: Option<Vec<u8>> = digits.collect();
            match message.filter(|message| RouteRecord::parse(message).is_some()) {
                Some(message) => routes.push(&message),
                None => return Err(NoMessage(text)),
            }
        }
        Ok(routes)
    }
}
