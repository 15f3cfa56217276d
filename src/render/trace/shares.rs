//! Where many packets go.

use crate::source::on_one_line;
use crate::trace::sample::Place;
use serde::Serialize;
use std::fmt::Write;

/// How many packets of many end where.
#[derive(Debug, Serialize)]
pub struct Shares {
    /// How many were drawn.
    pub packets: u32,
    /// The places, each once.
    pub shares: Vec<Share>,
}

/// The share of a place.
#[derive(Debug, Serialize)]
pub struct Share {
    /// `leaves`, `delivered` or `stopped`.
    pub kind: &'static str,
    /// The interface by which they leave.
    pub interface: Option<String>,
    /// The neighbour that gets them.
    pub gateway: Option<String>,
    /// How many of all, up to 1.
    pub share: f64,
}

impl Share {
    /// The share of a place.
    pub fn new(place: &Place, share: f64) -> Self {
        match place {
            Place::Leaves(interface, gateway) => Self {
                kind: "leaves",
                interface: Some(interface.clone()),
                gateway: gateway.map(|gateway| gateway.to_string()),
                share,
            },
            Place::Delivered => Self { kind: "delivered", interface: None, gateway: None, share },
            Place::Stopped => Self { kind: "stopped", interface: None, gateway: None, share },
        }
    }

    fn name(&self) -> String {
        match (self.interface.as_deref().map(on_one_line), &self.gateway) {
            (Some(interface), Some(gateway)) => format!("{interface} to {gateway}"),
            (Some(interface), None) => interface.into_owned(),
            (None, _) if self.kind == "delivered" => "the router itself".to_owned(),
            (None, _) => "no further".to_owned(),
        }
    }
}

/// The shares as bars.
pub fn shares_text(shares: &Shares) -> String {
    const BAR: f64 = 30.0;
    let name = shares.shares.iter().map(|share| share.name().chars().count()).max().unwrap_or(0);
    let mut out = format!("{} packets\n\n", shares.packets);
    for share in &shares.shares {
        let filled = (share.share * BAR).round() as usize;
        let bar = "█".repeat(filled) + &"░".repeat((BAR as usize).saturating_sub(filled));
        writeln!(out, "  {:name$}  {:>5.1}%  {bar}", share.name(), share.share * 100.0)
            .expect("writing to a string does not fail");
    }
    out
}
