//! Days as permits count them: in Japan, whatever the machine's time zone.

use std::time::SystemTime;

use toml::value::Date;

/// Seconds by which Japan is ahead of UTC; it has no summer time.
const JAPAN: u64 = 9 * 3600;

/// The day in Japan at a moment; None before 1970 or far in the future, where a clock is wrong.
pub(super) fn day_in_japan(now: SystemTime) -> Option<Date> {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    date(seconds.checked_add(JAPAN)? / 86_400)
}

/// The date that lies this many days after 1970-01-01.
fn date(days: u64) -> Option<Date> {
    // Years that begin in March have their leap day at the end; eras of 400 years have 146,097 days.
    let shifted = days.checked_add(719_468)?;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let year = u16::try_from(year).ok().filter(|year| *year <= 9999)?;
    Some(Date { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> String {
        day_in_japan(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap().to_string()
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        assert_eq!(at(0), "1970-01-01");
        // 2026-03-31T14:59:59Z and the second after.
        assert_eq!(at(1_774_969_199), "2026-03-31");
        assert_eq!(at(1_774_969_200), "2026-04-01");
        assert_eq!(day_in_japan(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), None);
    }

    /// Against an independent calendar.
    #[test]
    fn every_day_has_its_date() {
        for day in (0..60_000).step_by(7).chain([11_016, 19_782, 47_540]) {
            let seconds = Duration::from_secs(day * 86_400);
            let expected = humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + seconds).to_string();
            assert_eq!(date(day).unwrap().to_string(), expected[..10]);
        }
    }
}
