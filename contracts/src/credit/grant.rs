//! This exists to turn confirmed minutes into an award, the same for those that come in time and those
//! that come late: limits of the day, caps, expiry.

use super::tally::{self, year_end};
use super::{Award, MinuteClass, Participation, Sequence, TallySubject, award_points};
use crate::programme::{self, Activity, ActivityKind};
use crate::registry::roles::{Parameter, parameter};
use linli_ledger::amount::Points;
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::types::{BlockTime, Day, EnrolmentId, PersonId};
use linli_ledger::view::View;

/// What two organisations, or three, have confirmed.
pub(super) struct Confirmed {
    /// Minutes of service.
    pub(super) minutes: u32,
    /// Units, where the rule counts them.
    pub(super) units: u32,
    /// Whether it came late.
    pub(super) late: bool,
    /// By whom, in the order of the steps.
    pub(super) by: Vec<PersonId>,
}

/// The civil day to which a session counts: that of its last instant, so that one which ends at 24:00
/// belongs to the day it was on. Source: CRE-6.
pub(super) fn service_day(end: BlockTime) -> Day {
    end.minus(1).day()
}

/// Checks that a person has no more minutes on one civil day than a day may hold.
///
/// # Errors
/// [`Code::DailyMinutes`] with `Need` and `Limit`.
///
/// Source: CRE-6.
pub(super) fn check_day(
    view: &View<'_>,
    enrolment: EnrolmentId,
    day: Day,
    minutes: u32,
) -> Result<(), Rejection> {
    let already = tally::get(view, enrolment, &TallySubject::MinutesOfDay(day));
    let need = already.saturating_add(u64::from(minutes));
    let limit = parameter(view, Parameter::MinutesPerDay);
    if need <= limit {
        return Ok(());
    }
    Err(Rejection::new(Code::DailyMinutes, &[Detail::Need(need), Detail::Limit(limit)]))
}

/// Computes an award and counts it in the tallies.
///
/// # Errors
/// [`Code::State`], [`Code::NotFound`] as [`programme::reading::rule_of`]; [`Code::DailyMinutes`] with
/// `Need` and `Limit`.
///
/// Source: CRE-5, CRE-6, CRE-7.
pub(super) fn award(
    view: &mut View<'_>,
    activity: &Activity,
    participation: &Participation,
    confirmed: Confirmed,
    line: u32,
) -> Result<Award, Rejection> {
    let Confirmed { minutes, units, late, by } = confirmed;
    let (rule_version, rule) = programme::reading::rule_of(view, activity)?;
    let minutes_max = parameter(view, Parameter::MinutesPerAttendance);
    let minutes = minutes.min(u32::try_from(minutes_max).unwrap_or(u32::MAX));
    let enrolment = participation.enrolment;
    let service_day = service_day(participation.end);
    check_day(view, enrolment, service_day, minutes)?;
    let earned = tally::earned(view, enrolment, &rule.cap_group, service_day);
    let points = award_points(&rule, minutes, units, earned);
    let counts = tally::of_award(&rule.cap_group, service_day, minutes, points);
    tally::add(view, enrolment, &counts);
    let years = parameter(view, Parameter::ExpiryYears);
    let last_year = service_day.civil().0.saturating_add(u32::try_from(years).unwrap_or(u32::MAX));
    let class = match activity.terms.kind {
        ActivityKind::Service | ActivityKind::Emergency => MinuteClass::Service,
        ActivityKind::Training => MinuteClass::Training,
    };
    Ok(Award {
        enrolment,
        programme: activity.programme,
        rule: activity.terms.rule,
        rule_version,
        class,
        minutes,
        units,
        points,
        service_day,
        available_at: view.now().plus(parameter(view, Parameter::Hold)),
        expires_at: year_end(last_year),
        sequence: Sequence { height: view.height().0, index: view.index(), line },
        awarded_at: view.now(),
        netted: Points(0),
        late,
        confirmed_by: by,
        before: None,
    })
}
