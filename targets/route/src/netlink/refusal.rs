//! What the kernel says when it refuses.

use super::HEADER_LEN;
use super::attributes::{Attributes, text_of, u32_of};
use rustix::io::Errno;
use std::ffi::c_int;
use std::io;

/// The message was cut behind its header (`NLM_F_CAPPED`).
const CAPPED: u16 = 0x100;
/// Attributes follow the message (`NLM_F_ACK_TLVS`).
const HAS_ATTRIBUTES: u16 = 0x200;
/// The extended acknowledgement in words (`NLMSGERR_ATTR_MSG`).
const NLMSGERR_ATTR_MSG: u16 = 1;

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The error number.
    pub(crate) errno: i32,
    /// The extended acknowledgement if there is one, else the text of the error number.
    pub(crate) message: String,
}

impl Refusal {
    /// Reads an acknowledgement (`NLMSG_ERROR`, `struct nlmsgerr`): `None` if it is a consent.
    ///
    /// Its attributes stand behind the request that it answers, which is echoed whole or only by its header.
    pub(crate) fn of_acknowledgement(flags: u16, payload: &[u8]) -> Option<Self> {
        let Some((code, request)) = payload.split_first_chunk() else {
            return Some(Errno::BADMSG.into());
        };
        let request_len =
            if flags & CAPPED != 0 { Some(HEADER_LEN) } else { u32_of(request).map(|len| len as usize) };
        let attributes = request_len.and_then(|length| request.get(length.next_multiple_of(4)..));
        Self::of_code(*code, flags, attributes)
    }

    /// Reads the end of a dump (`NLMSG_DONE`): `None` if it ended well.
    ///
    /// The end of a dump echoes no request; and where there is nothing to say, it may be empty.
    pub(crate) fn of_done(flags: u16, payload: &[u8]) -> Option<Self> {
        let (code, attributes) = payload.split_first_chunk()?;
        Self::of_code(*code, flags, Some(attributes))
    }

    fn of_code(code: [u8; 4], flags: u16, attributes: Option<&[u8]>) -> Option<Self> {
        let errno = match c_int::from_ne_bytes(code) {
            0 => return None,
            code => code.saturating_neg(),
        };
        let attributes = attributes.filter(|_| flags & HAS_ATTRIBUTES != 0).unwrap_or_default();
        let text = Attributes(attributes).find(|(kind, _)| *kind == NLMSGERR_ATTR_MSG);
        let message = match text {
            Some((_, text)) => String::from_utf8_lossy(text_of(text)).into_owned(),
            None => strerror(errno),
        };
        Some(Self { errno, message })
    }
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self { errno: errno.raw_os_error(), message: strerror(errno.raw_os_error()) }
    }
}

/// The text of an error number, without the number that the standard library adds.
fn strerror(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    match text.rsplit_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(errno: c_int, request: &[u8], text: Option<&str>) -> Vec<u8> {
        let mut bytes = Vec::from((-errno).to_ne_bytes());
        bytes.extend(request);
        if let Some(text) = text {
            bytes.extend(u16::try_from(5 + text.len()).unwrap().to_ne_bytes());
            bytes.extend(NLMSGERR_ATTR_MSG.to_ne_bytes());
            bytes.extend(text.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    #[test]
    fn an_acknowledgement_is_no_refusal() {
        assert_eq!(Refusal::of_acknowledgement(CAPPED, &answer(0, &[0; 16], None)), None);
    }

    #[test]
    fn the_words_of_the_kernel_are_found_behind_a_capped_request() {
        let bytes = answer(101, &[0; 16], Some("Nexthop has invalid gateway."));
        let refusal = Refusal::of_acknowledgement(CAPPED | HAS_ATTRIBUTES, &bytes).unwrap();
        assert_eq!((refusal.errno, refusal.message.as_str()), (101, "Nexthop has invalid gateway."));
    }

    #[test]
    fn the_words_of_the_kernel_are_found_behind_a_whole_request() {
        let mut request = Vec::from(20u32.to_ne_bytes());
        request.resize(20, 0);
        let bytes = answer(22, &request, Some("Invalid prefix."));
        assert_eq!(Refusal::of_acknowledgement(HAS_ATTRIBUTES, &bytes).unwrap().message, "Invalid prefix.");
    }

    #[test]
    fn without_words_the_error_number_is_put_into_words() {
        let refusal = Refusal::of_acknowledgement(CAPPED, &answer(17, &[0; 16], None)).unwrap();
        assert_eq!((refusal.errno, refusal.message.as_str()), (17, "File exists"));
    }

    #[test]
    fn the_end_of_a_dump_says_whether_it_failed() {
        assert_eq!(Refusal::of_done(0, &[]), None);
        assert_eq!(Refusal::of_done(0, &0i32.to_ne_bytes()), None);
        let refusal = Refusal::of_done(HAS_ATTRIBUTES, &answer(22, &[], Some("Invalid table."))).unwrap();
        assert_eq!((refusal.errno, refusal.message.as_str()), (22, "Invalid table."));
    }

    #[test]
    fn an_answer_that_is_cut_short_is_still_a_refusal() {
        for length in 0..24 {
            let bytes = answer(101, &[0; 16], Some("x"));
            let cut = bytes.get(..length).unwrap();
            assert!(Refusal::of_acknowledgement(CAPPED | HAS_ATTRIBUTES, cut).is_some(), "{length}");
        }
    }
}
