//! Rates, limits and times of the day.

use super::{FromText, List, Mistake, Set};
use crate::ir::firewall::{
    ConnectionLimit, DstLimit, FlowFields, IpsecDirection, IpsecPolicy, Lasting, Limit, LimitUnit, Psd,
    TimeOfDay, Weekday,
};
use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

/// How long an address stays on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListTimeout(pub Lasting);

/// Seconds of a day.
const DAY: u32 = 24 * 3600;

/// `rate[/time]`: so much in so many seconds; one second where nothing is said.
fn rate(text: &str) -> Option<(NonZeroU64, NonZeroU64)> {
    let (rate, per) = text.split_once('/').unwrap_or((text, "1s"));
    let per = Duration::from_text(per).ok()?;
    let whole = (per.subsec_nanos() == 0).then_some(per.as_secs())?;
    Some((NonZeroU64::new(amount(rate)?)?, NonZeroU64::new(whole)?))
}

/// A number, or one with `k` or `M`.
fn amount(text: &str) -> Option<u64> {
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => text.strip_suffix('M').map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

impl FromText for Limit {
    const SHAPE: &'static str = "a limit";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || Mistake::with("rate/time,burst:mode such as 10,5:packet or 1M/1s,64k:bit");
        let (numbers, mode) = text.rsplit_once(':').unwrap_or((text, "packet"));
        let unit = match mode {
            "packet" => LimitUnit::Packet,
            "bit" => LimitUnit::Bit,
            _ => return Err(help()),
        };
        let (numbers, burst) = numbers.split_once(',').unwrap_or((numbers, "5"));
        match (rate(numbers), amount(burst)) {
            (Some((rate, per)), Some(burst)) => Ok(Self { rate, per, burst, unit }),
            _ => Err(help()),
        }
    }
}

impl FromText for DstLimit {
    const SHAPE: &'static str = "a limit for each flow";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || Mistake::with("rate/time,burst,flow/expire such as 10,5,dst-address/1m40s");
        let parts: Vec<&str> = text.splitn(3, ',').collect();
        let [numbers, burst, flow] = parts[..] else { return Err(help()) };
        let (flow, expire) = flow.split_once('/').unwrap_or((flow, "10s"));
        let flow = FlowFields::from_text(flow)?;
        let expire = Duration::from_text(expire)?.as_secs();
        match (rate(numbers), amount(burst), u32::try_from(expire)) {
            (Some((rate, per)), Some(burst), Ok(expire)) => Ok(Self { rate, per, burst, flow, expire }),
            _ => Err(help()),
        }
    }
}

impl FromText for Psd {
    const SHAPE: &'static str = "a measure of port scans";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || {
            Mistake::with(
                "weight,delay,weight below port 1024,weight of others such as 21,3s,3,1, the delay in seconds",
            )
        };
        let parts: Vec<&str> = text.split(',').collect();
        let [weight, delay, low_weight, high_weight] = parts[..] else { return Err(help()) };
        let delay =
            Duration::from_text(delay).ok().filter(|delay| delay.subsec_nanos() == 0).ok_or_else(help)?;
        let delay = u32::try_from(delay.as_secs()).ok().and_then(NonZeroU32::new);
        match (weight.parse(), delay, low_weight.parse(), high_weight.parse()) {
            (Ok(weight), Some(delay), Ok(low_weight), Ok(high_weight)) => {
                Ok(Self { weight, delay, low_weight, high_weight })
            }
            _ => Err(help()),
        }
    }
}

impl FromText for ConnectionLimit {
    const SHAPE: &'static str = "a limit of connections";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let (most, prefix) = text.split_once(',').unwrap_or((text, "32"));
        match (most.parse(), prefix.parse()) {
            (Ok(most), Ok(prefix_len @ 0..=128)) => Ok(Self { most, prefix_len }),
            _ => Err(Mistake::with("count,prefix length such as 100,32")),
        }
    }
}

impl FromText for TimeOfDay {
    const SHAPE: &'static str = "a time of the day";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || Mistake::with("start-end,days such as 8h-17h,mon,tue");
        let (times, days) = text.split_once(',').map_or((text, None), |(times, days)| (times, Some(days)));
        let (start, end) = times.split_once('-').ok_or_else(help)?;
        let second = |text: &str| {
            let time = Duration::from_text(text).ok()?.as_secs();
            u32::try_from(time).ok().filter(|second| *second <= DAY)
        };
        let (Some(start), Some(end)) = (second(start), second(end)) else { return Err(help()) };
        let every = || Weekday::ALL.into_iter().collect::<BTreeSet<_>>();
        let days =
            days.map_or_else(|| Ok(every()), |days| Set::<Weekday>::from_text(days).map(|set| set.0))?;
        Ok(Self { start, end, days })
    }
}

impl FromText for IpsecPolicy {
    const SHAPE: &'static str = "an IPsec policy";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let List(parts) = List::<String>::from_text(text)?;
        let words: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
        let [direction, policy] = words[..] else { return Err(ipsec_help()) };
        let direction = match direction {
            "in" => IpsecDirection::In,
            "out" => IpsecDirection::Out,
            _ => return Err(ipsec_help()),
        };
        match policy {
            "ipsec" => Ok(Self { direction, is_ipsec: true }),
            "none" => Ok(Self { direction, is_ipsec: false }),
            _ => Err(ipsec_help()),
        }
    }
}

impl FromText for ListTimeout {
    const SHAPE: &'static str = "a time that an address stays on a list";

    /// Times are whole seconds; `0s` stands for no end, as on RouterOS.
    fn from_text(text: &str) -> Result<Self, Mistake> {
        Ok(Self(match text {
            "none-dynamic" => Lasting::UntilRestart,
            "none-static" => Lasting::ForEver,
            time => {
                let seconds = Duration::from_text(time)?.as_secs();
                let seconds = u32::try_from(seconds).map_err(|_| Mistake::with("at most 35 weeks"))?;
                NonZeroU32::new(seconds).map_or(Lasting::UntilRestart, Lasting::Seconds)
            }
        }))
    }
}

fn ipsec_help() -> Mistake {
    Mistake::with("in,ipsec, in,none, out,ipsec or out,none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_a_rate_a_burst_and_a_mode() {
        let limit =
            |text: &str| Limit::from_text(text).ok().map(|l| (l.rate.get(), l.per.get(), l.burst, l.unit));
        assert_eq!(limit("10,5:packet"), Some((10, 1, 5, LimitUnit::Packet)));
        assert_eq!(limit("10/1m,5"), Some((10, 60, 5, LimitUnit::Packet)));
        assert_eq!(limit("1M,64k:bit"), Some((1_000_000, 1, 64_000, LimitUnit::Bit)));
        for text in ["0,5:packet", "10/0s,5", "10,5:bytes", "x", "10/500ms,1"] {
            assert_eq!(limit(text), None, "{text}");
        }
    }

    #[test]
    fn a_limit_for_each_flow_says_what_a_flow_is() {
        let read = DstLimit::from_text("5/1m,10,addresses-and-dst-port/1m40s").expect("a limit");
        assert_eq!((read.per.get(), read.flow, read.expire), (60, FlowFields::AddressesAndDstPort, 100));
        assert!(DstLimit::from_text("5,10").is_err());
    }

    #[test]
    fn a_measure_of_port_scans_has_four_parts() {
        let read = Psd::from_text("21,1m3s,3,1").expect("a measure");
        assert_eq!((read.weight, read.delay.get(), read.low_weight, read.high_weight), (21, 63, 3, 1));
        for text in ["21", "21,3s,3", "21,3s,3,1,1", "21,3s,3,-1", "21,0s,3,1", "21,500ms,3,1", "!21,3s,3,1"]
        {
            assert!(Psd::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_of_the_day_is_of_every_day_unless_days_are_named() {
        let read = TimeOfDay::from_text("8h-17h30m,mon,fri").expect("a time");
        assert_eq!((read.start, read.end, read.days.len()), (28_800, 63_000, 2));
        assert_eq!(TimeOfDay::from_text("22:00:00-06:00:00").expect("a time").days.len(), 7);
        assert!(TimeOfDay::from_text("8h").is_err());
    }

    #[test]
    fn an_ipsec_policy_has_a_direction() {
        assert_eq!(
            IpsecPolicy::from_text("out,none"),
            Ok(IpsecPolicy { direction: IpsecDirection::Out, is_ipsec: false })
        );
        assert!(IpsecPolicy::from_text("ipsec").is_err());
    }
}
