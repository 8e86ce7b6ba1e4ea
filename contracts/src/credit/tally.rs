//! This exists to count per person what a limit is checked against: points of a day, a month, a year;
//! minutes of a day; value of rewards of a year; pieces of a reward. What belongs to one month or one
//! year of a person is one leaf (ADR 0032).

use super::records::kinds::TALLY_ENDS;
use super::{Earned, Tally, TallyPeriod, TallySubject};
use crate::programme::RECORD_KEPT_MS;
use linli_ledger::amount::Points;
use linli_ledger::codec::encode;
use linli_ledger::due;
use linli_ledger::hash::{Domain, hash_parts};
use linli_ledger::types::{BlockTime, Day, EnrolmentId, RecordId};
use linli_ledger::view::View;

/// The identifier of a tally.
fn id(enrolment: EnrolmentId, period: &TallyPeriod) -> RecordId {
    let parts: [&[u8]; 3] = [b"tally", &enrolment.0, &encode(period)];
    RecordId(hash_parts(Domain::Identifier, &parts))
}

/// The tally that holds a sum. Source: CRE-6.
fn period(subject: &TallySubject) -> TallyPeriod {
    match subject {
        TallySubject::PointsOfDay(_, day) | TallySubject::MinutesOfDay(day) => {
            let (year, month, _) = day.civil();
            TallyPeriod::Month(year, month)
        }
        TallySubject::PointsOfMonth(_, year, month) | TallySubject::GiftsOfMonth(year, month) => {
            TallyPeriod::Month(*year, *month)
        }
        TallySubject::PointsOfYear(_, year) | TallySubject::ValueOfYear(year) => {
            TallyPeriod::Year(*year)
        }
        TallySubject::Rewards(reward, until) => TallyPeriod::Reward(*reward, *until),
    }
}

/// The sum so far; zero once it has ended, swept or not.
pub(super) fn get(view: &View<'_>, enrolment: EnrolmentId, subject: &TallySubject) -> u64 {
    if view.now() >= ends_at(subject) {
        return 0;
    }
    view.get::<Tally>(&id(enrolment, &period(subject))).map_or(0, |tally| tally.amount(subject))
}

/// Adds to a sum; the first of a tally schedules its end. One that has ended does not come again.
pub(super) fn add(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    subject: &TallySubject,
    amount: u64,
) {
    if amount == 0 || view.now() >= ends_at(subject) {
        return;
    }
    let period = period(subject);
    let id = id(enrolment, &period);
    let mut tally = view.get::<Tally>(&id).unwrap_or_else(|| {
        due::schedule(view, leaves_at(&period), TALLY_ENDS, id);
        Tally { enrolment, period, sums: Vec::new() }
    });
    tally.change(subject, |sum| sum.saturating_add(amount));
    view.put(&id, &tally);
}

/// Takes back what was added; a sum that has ended stays as it was.
pub(super) fn take_back(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    subject: &TallySubject,
    amount: u64,
) {
    if view.now() >= ends_at(subject) {
        return;
    }
    let id = id(enrolment, &period(subject));
    if let Some(mut tally) = view.get::<Tally>(&id) {
        tally.change(subject, |sum| sum.saturating_sub(amount));
        view.put(&id, &tally);
    }
}

/// The three tallies of a cap group to which a day of service counts.
pub(super) fn of_group(group: &str, day: Day) -> [TallySubject; 3] {
    let (year, month, _) = day.civil();
    [
        TallySubject::PointsOfDay(group.to_owned(), day),
        TallySubject::PointsOfMonth(group.to_owned(), year, month),
        TallySubject::PointsOfYear(group.to_owned(), year),
    ]
}

/// What a person has earned in a cap group around a day of service. Source: CRE-6.
pub(super) fn earned(view: &View<'_>, enrolment: EnrolmentId, group: &str, day: Day) -> Earned {
    let [day, month, year] = of_group(group, day).map(|s| Points(get(view, enrolment, &s)));
    Earned { day, month, year }
}

/// When a sum ends: long after the last call that could count to it.
pub(super) fn ends_at(subject: &TallySubject) -> BlockTime {
    match subject {
        TallySubject::PointsOfDay(_, day) | TallySubject::MinutesOfDay(day) => {
            Day(day.0.saturating_add(1)).start().plus(RECORD_KEPT_MS)
        }
        TallySubject::PointsOfMonth(..)
        | TallySubject::GiftsOfMonth(..)
        | TallySubject::PointsOfYear(..)
        | TallySubject::ValueOfYear(_)
        | TallySubject::Rewards(..) => leaves_at(&period(subject)),
    }
}

/// When a tally leaves: with the last of its sums.
fn leaves_at(period: &TallyPeriod) -> BlockTime {
    let last = match period {
        TallyPeriod::Month(year, 12) | TallyPeriod::Year(year) => year_end(*year),
        TallyPeriod::Month(year, month) => first_of(*year, month.saturating_add(1)),
        TallyPeriod::Reward(_, until) => *until,
    };
    last.plus(RECORD_KEPT_MS)
}

/// 31 December, 24:00 UTC+8.
pub(super) fn year_end(year: u32) -> BlockTime {
    first_of(year.saturating_add(1), 1)
}

fn first_of(year: u32, month: u32) -> BlockTime {
    Day::from_civil(year, month, 1).map_or(BlockTime(u64::MAX), Day::start)
}
