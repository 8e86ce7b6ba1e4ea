//! This exists to count per person what a limit is checked against: points of a day, a month, a year;
//! minutes of a day; value of rewards of a year; pieces of a reward.

use super::records::kinds::TALLY_ENDS;
use super::{Earned, Tally, TallySubject};
use crate::programme::RECORD_KEPT_MS;
use linli_ledger::amount::Points;
use linli_ledger::codec::encode;
use linli_ledger::due;
use linli_ledger::hash::{Domain, hash_parts};
use linli_ledger::types::{BlockTime, Day, EnrolmentId, RecordId};
use linli_ledger::view::View;

/// The identifier of a tally.
pub(super) fn id(enrolment: EnrolmentId, subject: &TallySubject) -> RecordId {
    let parts: [&[u8]; 3] = [b"tally", &enrolment.0, &encode(subject)];
    RecordId(hash_parts(Domain::Identifier, &parts))
}

/// The sum so far; zero once the tally has left, swept or not.
pub(super) fn get(view: &View<'_>, enrolment: EnrolmentId, subject: &TallySubject) -> u64 {
    if view.now() >= ends_at(subject) {
        return 0;
    }
    view.get::<Tally>(&id(enrolment, subject)).map_or(0, |tally| tally.amount)
}

/// Adds to a tally; the first time, schedules its end. One that has left does not come again.
pub(super) fn add(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    subject: &TallySubject,
    amount: u64,
) {
    if amount == 0 || view.now() >= ends_at(subject) {
        return;
    }
    let id = id(enrolment, subject);
    let mut tally = view.get::<Tally>(&id).unwrap_or_else(|| {
        due::schedule(view, ends_at(subject), TALLY_ENDS, id);
        Tally { enrolment, subject: subject.clone(), amount: 0 }
    });
    tally.amount = tally.amount.saturating_add(amount);
    view.put(&id, &tally);
}

/// Takes back what was added; a tally that is gone stays gone.
pub(super) fn take_back(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    subject: &TallySubject,
    amount: u64,
) {
    let id = id(enrolment, subject);
    if let Some(mut tally) = view.get::<Tally>(&id) {
        tally.amount = tally.amount.saturating_sub(amount);
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

/// When a tally leaves: long after the last call that could count to it.
pub(super) fn ends_at(subject: &TallySubject) -> BlockTime {
    let last = match subject {
        TallySubject::PointsOfDay(_, day) | TallySubject::MinutesOfDay(day) => {
            Day(day.0.saturating_add(1)).start()
        }
        TallySubject::PointsOfMonth(_, year, 12)
        | TallySubject::GiftsOfMonth(year, 12)
        | TallySubject::PointsOfYear(_, year)
        | TallySubject::ValueOfYear(year) => year_end(*year),
        TallySubject::PointsOfMonth(_, year, month) | TallySubject::GiftsOfMonth(year, month) => {
            first_of(*year, month.saturating_add(1))
        }
        TallySubject::Rewards(_, until) => *until,
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
