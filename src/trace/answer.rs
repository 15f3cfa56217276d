//! The way back: whether the answer to a packet gets to where the packet came from.

use super::{Arrival, End, Trace};

/// What an answer should do, and what is wrong if it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayBack {
    /// It gets to whoever sent the packet, by the interface that the packet came from.
    Good,
    /// It gets to the sender by another interface.
    OtherInterface,
    /// It does not look like the answer: its addresses or ports are others than the sender expects.
    NotTranslatedBack,
    /// It does not get there at all.
    Lost,
}

/// The packet that answers one that got through, as it comes to the router; `None` if nobody answers.
pub fn answer_to(end: &End<'_>) -> Option<Arrival> {
    let (interface, packet) = match end {
        End::Leaves { interface, packet, .. } => (Some(interface.clone()), packet),
        End::Delivered(packet) => (None, packet),
        End::Dropped(_) | End::Refused(..) | End::Reset(_) => return None,
    };
    Some(Arrival { interface, packet: packet.answer()? })
}

/// Compares what became of an answer with what the packet's sender waits for. `sent` is the packet as it began, with its
/// source address if the router chose one.
pub fn way_back(sent: &Arrival, answer: &Trace<'_>) -> WayBack {
    let expected = sent.packet.answer();
    let looks_right = |packet: &super::Packet| {
        expected.as_ref().is_some_and(|expected| {
            let same_source =
                expected.destination.is_unspecified() || packet.destination == expected.destination;
            packet.source == expected.source && same_source && packet.ports() == expected.ports()
        })
    };
    match (&answer.end, &sent.interface) {
        (End::Leaves { packet, .. }, Some(_)) | (End::Delivered(packet), None) if !looks_right(packet) => {
            WayBack::NotTranslatedBack
        }
        _ => way_back_of_reaction(sent, answer),
    }
}

/// Says whether what the router itself says to a packet gets to the packet's sender.
pub fn way_back_of_reaction(sent: &Arrival, reaction: &Trace<'_>) -> WayBack {
    match (&reaction.end, &sent.interface) {
        (End::Leaves { interface, .. }, Some(from)) if interface != from => WayBack::OtherInterface,
        (End::Leaves { .. }, Some(_)) | (End::Delivered(_), None) => WayBack::Good,
        _ => WayBack::Lost,
    }
}
