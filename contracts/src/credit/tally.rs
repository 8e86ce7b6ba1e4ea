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
    let [sum] = sums(view, enrolment, [subject]);
    sum
}

/// Several sums so far; a tally that holds neighbours among them is read once.
fn sums<const N: usize>(
    view: &View<'_>,
    enrolment: EnrolmentId,
    subjects: [&TallySubject; N],
) -> [u64; N] {
    let mut open: Option<(TallyPeriod, Option<Tally>)> = None;
    subjects.map(|subject| {
        if view.now() >= ends_at(subject) {
            return 0;
        }
        let period = period(subject);
        let (_, tally) = match open.take() {
            Some(same) if same.0 == period => open.insert(same),
            _ => {
                let tally = view.get::<Tally>(&id(enrolment, &period));
                open.insert((period, tally))
            }
        };
        tally.as_ref().map_or(0, |tally| tally.amount(subject))
    })
}

/// What is counted: to which sum, and how much.
pub(super) type Count = (TallySubject, u64);

/// Adds to sums; the first of a tally schedules its end. One that has ended does not come again.
pub(super) fn add(view: &mut View<'_>, enrolment: EnrolmentId, counts: &[Count]) {
    change(view, enrolment, counts, u64::saturating_add);
}

/// Takes back what was added; a sum that has ended stays as it was.
pub(super) fn take_back(view: &mut View<'_>, enrolment: EnrolmentId, counts: &[Count]) {
    change(view, enrolment, counts, u64::saturating_sub);
}

/// A tally that holds neighbours among the counts is read and written once.
fn change(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    counts: &[Count],
    apply: fn(u64, u64) -> u64,
) {
    let now = view.now();
    let lives = |(subject, amount): &&Count| *amount > 0 && now < ends_at(subject);
    let counts: Vec<_> =
        counts.iter().filter(lives).map(|count| (period(&count.0), count)).collect();
    for part in counts.chunk_by(|one, other| one.0 == other.0) {
        let Some((period, _)) = part.first() else { continue };
        let id = id(enrolment, period);
        let mut tally = view.get::<Tally>(&id).unwrap_or_else(|| {
            due::schedule(view, leaves_at(period), TALLY_ENDS, id);
            Tally { enrolment, period: *period, sums: Vec::new() }
        });
        for (_, (subject, amount)) in part {
            tally.change(subject, |sum| apply(sum, *amount));
        }
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

/// What an award counts to, if it gives so many minutes and points: a day, a month, a year.
pub(super) fn of_award(group: &str, day: Day, minutes: u32, points: Points) -> [Count; 4] {
    let [of_day, of_month, of_year] = of_group(group, day).map(|subject| (subject, points.0));
    [(TallySubject::MinutesOfDay(day), u64::from(minutes)), of_day, of_month, of_year]
}

/// What a person has earned in a cap group around a day of service. Source: CRE-6.
pub(super) fn earned(view: &View<'_>, enrolment: EnrolmentId, group: &str, day: Day) -> Earned {
    let subjects = of_group(group, day);
    let [day, month, year] = sums(view, enrolment, subjects.each_ref()).map(Points);
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
