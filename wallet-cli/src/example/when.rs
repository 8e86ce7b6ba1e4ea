//! This exists to name the minutes of the year as the tables of an office name them.

use std::fmt;

/// Minutes of a day.
const DAY: u32 = 24 * 60;
/// Days of the months of 2026 and 2027, neither of them a leap year.
pub(super) const MONTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A minute, counted from 1 January 2026, 00:00 in UTC+8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct When(pub(super) u32);

impl When {
    /// A minute of a day; days are counted from 0.
    pub(super) const fn at(day: u32, hour: u32, minute: u32) -> Self {
        Self(day * DAY + hour * 60 + minute)
    }

    /// The day.
    pub(super) const fn day(self) -> u32 {
        self.0 / DAY
    }

    /// Some minutes later.
    pub(super) const fn plus(self, minutes: u32) -> Self {
        Self(self.0 + minutes)
    }

    /// Some days later, at the same minute.
    pub(super) const fn days(self, days: u32) -> Self {
        Self(self.0 + days * DAY)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = self.0 % DAY;
        write!(f, "{} {:02}:{:02}", Date(self.day()), minute / 60, minute % 60)
    }
}

/// A civil day, counted from 1 January 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date(pub(super) u32);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, mut day) = (2026 + self.0 / 365, self.0 % 365);
        let mut month = 1;
        for days in MONTHS {
            if day < days {
                break;
            }
            day -= days;
            month += 1;
        }
        write!(f, "{year}-{month:02}-{:02}", day + 1)
    }
}

/// The day, or the Monday after it; 1 January 2026 is a Thursday.
pub(super) const fn working(day: u32) -> u32 {
    match (day + 3) % 7 {
        5 => day + 2,
        6 => day + 1,
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(When::at(0, 8, 0).to_string(), "2026-01-01 08:00");
        assert_eq!(When::at(58, 23, 59).plus(1).to_string(), "2026-03-01 00:00");
        assert_eq!(Date(364).to_string(), "2026-12-31");
        assert_eq!(Date(365 + 59).to_string(), "2027-03-01");
        // 3 January 2026 is a Saturday, 5 January a Monday.
        assert_eq!([1, 2, 3, 4].map(working), [1, 4, 4, 4]);
    }
}
