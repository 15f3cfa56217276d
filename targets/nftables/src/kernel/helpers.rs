//! Which connection tracking helpers the kernel has.

use super::batch::{Batch, REHEARSAL};
use super::message::{attribute, nested, number_of, text};
use super::numbers::{CREATE, NEW_OBJECT, NEW_TABLE, helper, object, table};
use crate::helper::{CtHelper, HelperProtocol};
use crate::state::Family;
use std::io;

/// Says of each helper whether the kernel has it, loading its module if it has one. Nothing else is changed: it is asked
/// in a transaction without an end.
pub(crate) fn are_there(wanted: &[(Family, CtHelper)]) -> io::Result<Vec<bool>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = Batch::new();
    for &family in Family::ALL {
        batch.push(NEW_TABLE, CREATE, family, |bytes| text(bytes, table::NAME, REHEARSAL));
    }
    for (place, (family, wanted)) in wanted.iter().enumerate() {
        batch.push(NEW_OBJECT, CREATE, *family, |bytes| {
            text(bytes, object::TABLE, REHEARSAL);
            text(bytes, object::NAME, &place.to_string());
            attribute(bytes, object::TYPE, &object::CT_HELPER.to_be_bytes());
            nested(bytes, object::DATA, |bytes| {
                text(bytes, helper::NAME, wanted.helper.as_str());
                attribute(bytes, helper::L3_PROTOCOL, &u16::from(number_of(*family)).to_be_bytes());
                attribute(bytes, helper::L4_PROTOCOL, &[number(wanted.protocol)]);
            });
        });
    }
    let mut outcomes = batch.rehearse()?.into_iter();
    for table in outcomes.by_ref().take(Family::ALL.len()) {
        table?;
    }
    outcomes
        .map(|outcome| match outcome {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        })
        .collect()
}

fn number(protocol: HelperProtocol) -> u8 {
    match protocol {
        HelperProtocol::Tcp => 6,
        HelperProtocol::Udp => 17,
    }
}
