//! Words that are literals: numbers, times, addresses and truths in the router's own spelling.

use std::net::Ipv6Addr;

/// A word where a value of any type may stand.
pub(super) fn plain(word: &str) -> String {
    of(word).unwrap_or_else(|| word.to_owned())
}

/// The literal that a word is, in the router's spelling.
pub(super) fn of(word: &str) -> Option<String> {
    truth(word)
        .map(str::to_owned)
        .or_else(|| number(word))
        .or_else(|| time(word))
        .or_else(|| address(word))
        .or_else(|| prefix6(word))
        .or_else(|| word.parse::<Ipv6Addr>().ok().map(|address| address.to_string()))
        .or_else(|| is_other_literal(word).then(|| word.to_owned()))
}

/// `yes` and `no`.
pub(super) fn truth(word: &str) -> Option<&'static str> {
    match word {
        "yes" | "true" => Some("true"),
        "no" | "false" => Some("false"),
        _ => None,
    }
}

/// A whole number, in hex too.
fn number(word: &str) -> Option<String> {
    if let Some(digits) = word.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok().map(|number| number.to_string());
    }
    let is_number = word.strip_prefix('-').unwrap_or(word).bytes().all(|byte| byte.is_ascii_digit());
    word.parse::<i64>().ok().filter(|_| is_number).map(|number| number.to_string())
}

/// A time: `[1w][2d]03:04:05[.006]`. It is written with units or with colons.
pub(super) fn time(word: &str) -> Option<String> {
    const UNITS: [(&str, u64); 8] = [
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
        ("w", 604_800 * SECOND),
        ("d", 86_400 * SECOND),
        ("h", 3_600 * SECOND),
        ("m", 60 * SECOND),
        ("s", SECOND),
    ];
    let mut nanoseconds: u64 = 0;
    let mut rest = word;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let amount: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        if let Some(rest) = rest.strip_prefix(':') {
            return clock(amount, rest).map(|clock| spelled(nanoseconds + clock));
        }
        let fraction = rest.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
        let written = &rest[..fraction.map_or(0, |digits| digits + 1)];
        rest = &rest[written.len()..];
        let (unit, factor) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
        rest = &rest[unit.len()..];
        nanoseconds = nanoseconds.checked_add(amount.checked_mul(*factor)?)?;
        nanoseconds = nanoseconds.checked_add(part_of(written, *factor)?)?;
    }
    (!word.is_empty()).then(|| spelled(nanoseconds))
}

/// A number of seconds as a time.
pub(super) fn seconds(word: &str) -> Option<String> {
    let (whole, fraction) = word.split_once('.').map_or((word, ""), |(whole, fraction)| (whole, fraction));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = if fraction.is_empty() { 0 } else { part_of(&format!(".{fraction}"), SECOND)? };
    Some(spelled(whole.checked_mul(SECOND)?.checked_add(fraction)?))
}

const SECOND: u64 = 1_000_000_000;

/// The part `.5` of a unit.
fn part_of(written: &str, unit: u64) -> Option<u64> {
    let Some(digits) = written.strip_prefix('.') else { return Some(0) };
    let scale = 10_u64.checked_pow(u32::try_from(digits.len()).ok()?)?;
    Some(digits.parse::<u64>().ok()?.checked_mul(unit)? / scale)
}

/// `MM[:SS[.fraction]]` behind the hours.
fn clock(hours: u64, rest: &str) -> Option<u64> {
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let (minutes, whole): (u64, u64) = (two_digits(minutes)?, two_digits(whole)?);
    let fraction = if fraction.is_empty() { 0 } else { part_of(&format!(".{fraction}"), SECOND)? };
    Some((hours.checked_mul(3_600)? + minutes * 60 + whole).checked_mul(SECOND)? + fraction)
}

fn two_digits(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| (1..=2).contains(&text.len()))
}

fn spelled(nanoseconds: u64) -> String {
    let seconds = nanoseconds / SECOND;
    let (weeks, days) = (seconds / 604_800, seconds / 86_400 % 7);
    let mut time = String::new();
    if weeks > 0 {
        time.push_str(&format!("{weeks}w"));
    }
    if days > 0 {
        time.push_str(&format!("{days}d"));
    }
    time.push_str(&format!("{:02}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60));
    match nanoseconds % SECOND {
        0 => {}
        rest if rest % 1_000_000 == 0 => time.push_str(&format!(".{:03}", rest / 1_000_000)),
        rest if rest % 1_000 == 0 => time.push_str(&format!(".{:06}", rest / 1_000)),
        rest => time.push_str(&format!(".{rest:09}")),
    }
    time
}

/// An address or a prefix of version 4. Missing parts are zero, and the last one given is the last of all.
pub(super) fn address(word: &str) -> Option<String> {
    let (address, length) =
        word.split_once('/').map_or((word, None), |(address, length)| (address, Some(length)));
    let parts: Option<Vec<u8>> = address.split('.').map(|part| part.parse().ok()).collect();
    let parts = parts.filter(|parts| (2..=4).contains(&parts.len()))?;
    let (last, first) = parts.split_last()?;
    let mut octets = [0; 4];
    octets[..first.len()].copy_from_slice(first);
    octets[3] = *last;
    let [a, b, c, d] = octets;
    match length {
        None => Some(format!("{a}.{b}.{c}.{d}")),
        Some(length) => {
            length.parse::<u8>().ok().filter(|&bits| bits <= 32).map(|bits| format!("{a}.{b}.{c}.{d}/{bits}"))
        }
    }
}

/// A prefix of version 6; what its length leaves open is zero.
fn prefix6(word: &str) -> Option<String> {
    let (address, length) = word.split_once('/')?;
    let (address, length): (Ipv6Addr, u32) = (address.parse().ok()?, length.parse().ok()?);
    let open = 128_u32.checked_sub(length)?;
    let kept = u128::from(address).checked_shr(open).unwrap_or(0).checked_shl(open).unwrap_or(0);
    Some(format!("{}/{length}", Ipv6Addr::from(kept)))
}

/// Literals that stay as they are written: addresses of version 6, internal numbers, hardware addresses.
fn is_other_literal(word: &str) -> bool {
    let starts_like_none = !word.starts_with(|first: char| first.is_ascii_alphabetic());
    word.contains(':') || word.starts_with('*') || (starts_like_none && !word.starts_with(['.', '_']))
}
