//! This exists to count working days: Monday to Friday.
//!
//! Public holidays and the working weekends that make up for them are absent: the call
//! `CalendarUpdate` (`domain` §10) comes later and will be read here.

use linli_ledger::types::Day;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// The day of the week of a civil day.
pub fn weekday(day: Day) -> Weekday {
    // 1970-01-01 was a Thursday.
    match day.0 % 7 {
        0 => Weekday::Thursday,
        1 => Weekday::Friday,
        2 => Weekday::Saturday,
        3 => Weekday::Sunday,
        4 => Weekday::Monday,
        5 => Weekday::Tuesday,
        _ => Weekday::Wednesday,
    }
}

/// Whether people in offices work on that day.
pub fn is_working_day(day: Day) -> bool {
    match weekday(day) {
        Weekday::Saturday | Weekday::Sunday => false,
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => true,
    }
}

/// The `count`-th working day after `day`; `day` itself for 0. Saturates at the last day.
///
/// Source: REG-19.
pub fn add_working_days(day: Day, count: u64) -> Day {
    let weeks = u32::try_from(count / 5).unwrap_or(u32::MAX);
    let mut left = count % 5;
    // Seven days on, five working days have passed, whatever the day of the week, unless it is a
    // weekend: from there count from the Friday before.
    let mut found = if count == 0 { day } else { friday_before_weekend(day) };
    found = Day(found.0.saturating_add(weeks.saturating_mul(7)));
    while left > 0 && found.0 < u32::MAX {
        found = Day(found.0.saturating_add(1));
        if is_working_day(found) {
            left = left.saturating_sub(1);
        }
    }
    found
}

fn friday_before_weekend(day: Day) -> Day {
    match weekday(day) {
        Weekday::Saturday => Day(day.0.saturating_sub(1)),
        Weekday::Sunday => Day(day.0.saturating_sub(2)),
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32, day: u32) -> Day {
        Day::from_civil(2026, month, day).unwrap()
    }

    #[test]
    fn the_second_of_march_2026_is_a_monday() {
        assert_eq!(weekday(day(3, 2)), Weekday::Monday);
        assert_eq!(weekday(day(3, 8)), Weekday::Sunday);
    }

    #[test]
    fn weekends_are_passed_over() {
        for (from, count, to) in [
            (day(3, 2), 0, day(3, 2)),
            (day(3, 2), 1, day(3, 3)),
            (day(3, 2), 5, day(3, 9)),
            (day(3, 6), 1, day(3, 9)),
            (day(3, 6), 10, day(3, 20)),
            (day(3, 7), 1, day(3, 9)),
            (day(3, 7), 0, day(3, 7)),
            (day(3, 8), 5, day(3, 13)),
            (day(3, 8), 10, day(3, 20)),
        ] {
            assert_eq!(add_working_days(from, count), to, "{from:?} + {count}");
        }
        assert_eq!(add_working_days(day(3, 2), u64::MAX), Day(u32::MAX));
    }

    #[test]
    fn counting_in_weeks_is_counting_one_by_one() {
        for start in (0..14).map(|n| Day(20_000 + n)) {
            let mut slow = start;
            for count in 1..40 {
                slow = Day(slow.0 + 1);
                while !is_working_day(slow) {
                    slow = Day(slow.0 + 1);
                }
                assert_eq!(add_working_days(start, count), slow);
            }
        }
    }
}
