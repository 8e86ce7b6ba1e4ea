//! This exists to count days as a calendar on the wall does, in Beijing.

use super::{AHEAD, DAY, day};

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of(year: u32, month: u32) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The first instant of a month, for the first of all the first there is; the thirteenth month is the first
/// of the next year.
pub(in crate::histories) fn starts(year: u32, month: u32) -> u64 {
    let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: u64 = (1..month).map(|month| days_of(year, month)).sum();
    ((years + months) * DAY).saturating_sub(AHEAD)
}

/// Year, month and day of an instant.
pub(in crate::histories) fn civil(instant: u64) -> (u32, u32, u32) {
    let mut year = 1970;
    while starts(year + 1, 1) <= instant {
        year += 1;
    }
    let mut month = 1;
    while starts(year, month + 1) <= instant {
        month += 1;
    }
    (year, month, day(instant) - day(starts(year, month)) + 1)
}

/// The civil year of a day that is counted from 1970.
pub(super) fn year_of(day: u32) -> u32 {
    civil(u64::from(day) * DAY).0
}

/// The first instant after so many working days, Mondays to Fridays.
pub(in crate::histories) fn after_working_days(from: u64, count: u32) -> u64 {
    let (mut date, mut left) = (day(from), count);
    while left > 0 {
        date += 1;
        // 1970 began on a Thursday.
        left -= u32::from((date + 3) % 7 < 5);
    }
    u64::from(date + 1) * DAY - AHEAD
}

#[cfg(test)]
mod tests {
    use super::super::HOUR;
    use super::*;

    #[test]
    fn dates_are_those_of_beijing() {
        assert_eq!(civil(0), (1970, 1, 1));
        // The ends of three years, as others print them.
        let ends = [1_798_732_800_000, 1_830_268_800_000, 1_861_891_200_000];
        for (end, year) in ends.into_iter().zip([2026, 2027, 2028]) {
            assert_eq!(starts(year + 1, 1), end);
            assert_eq!((civil(end - 1), civil(end)), ((year, 12, 31), (year + 1, 1, 1)));
            assert_eq!((year_of(day(end - 1)), year_of(day(end))), (year, year + 1));
        }
        assert_eq!(civil(ends[0] + 59 * DAY + HOUR), (2027, 3, 1));
        assert_eq!(civil(ends[1] + 59 * DAY), (2028, 2, 29));
    }
}
