//! This exists to let hours count only when two organisations say so: the organiser attests, a
//! witness confirms the same lines, and then, at once, the award follows.

use super::grant::{self, Confirmed, service_day};
use super::participation::{find, published};
use super::{Attestation, AttestedLine, Participation, ParticipationState, WitnessedLine, wallet};
use crate::calendar::add_working_days;
use crate::programme::{self, Basis, RuleTerms};
use crate::registry::Role;
use crate::registry::roles::{
    Officer, Parameter, is_enrolled_as, officer, officer_of, parameter, same_human,
};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::hash::{Domain, hash_parts};
use linli_ledger::limits::BATCH_LINES_MAX;
use linli_ledger::types::{BlockTime, Day, MINUTE_MS, RecordId};
use linli_ledger::view::View;

/// What the witness names for a line, so that nobody confirms what was not read. Source: CRE-4.
pub fn line_hash(line: &AttestedLine) -> [u8; 32] {
    hash_parts(Domain::Document, &[b"attested line", &encode(line)])
}

/// A batch has 1 to 256 lines.
///
/// # Errors
/// [`Code::AmountZero`] without lines; [`Code::TooManyLines`].
pub(super) fn check_lines(count: usize) -> Result<(), Rejection> {
    ensure(count > 0, Code::AmountZero)?;
    ensure(count <= BATCH_LINES_MAX, Code::TooManyLines)
}

/// An organiser attests participations of one activity, all or none.
///
/// # Errors
/// In this order: [`Code::AmountZero`] without lines; [`Code::TooManyLines`]; [`Code::NotFound`];
/// [`Code::State`] unless the activity is published; the role as in [`officer_of`];
/// [`Code::TimeWindow`] before the session starts; [`Code::Deadline`] with the last `Time`; then for each line [`Code::NotFound`];
/// [`Code::LineMismatch`] for another activity; [`Code::State`] unless checked out;
/// [`Code::SelfAttest`]; [`Code::LineMismatch`] for other times than the devices saw, or units where
/// the rule has none; [`Code::MinutesExceed`] with `Need` and `Limit`.
///
/// Source: CRE-4, `domain` §2.1, SOD-4.
pub(super) fn first(
    view: &mut View<'_>,
    parties: &[Party],
    activity_id: RecordId,
    lines: &[AttestedLine],
) -> Result<(), Rejection> {
    check_lines(lines.len())?;
    let activity = published(view, activity_id)?;
    let sender = parties.first().ok_or(Code::Role)?;
    let (roles, place) = ([Role::Organiser], &activity.terms.place);
    let officer = officer_of(view, sender, &roles, place, activity.organisation)?;
    ensure(view.now() >= activity.terms.start, Code::TimeWindow)?;
    check_deadline(view, activity.terms.end)?;
    let (_, rule) = programme::reading::rule_of(view, &activity)?;
    let minutes_max = parameter(view, Parameter::MinutesPerAttendance);
    for line in lines {
        let mut participation = find(view, line.participation)?;
        ensure(participation.activity == activity_id, Code::LineMismatch)?;
        let own = is_enrolled_as(view, officer.person, participation.nullifier);
        check_line(line, &participation, own, &rule)?;
        check_minutes(line, &participation, minutes_max)?;
        let attestation = Attestation::new(line_hash(line), line.minutes, line.units, &officer);
        participation.state = ParticipationState::Attested(attestation);
        view.put(&line.participation, &participation);
    }
    Ok(())
}

/// Until when the organiser may attest, exclusive: the last working day counts whole.
pub(super) fn attest_until(view: &View<'_>, end: BlockTime) -> BlockTime {
    let days = parameter(view, Parameter::AttestDeadline);
    let last = add_working_days(service_day(end), days);
    Day(last.0.saturating_add(1)).start()
}

fn check_deadline(view: &View<'_>, end: BlockTime) -> Result<(), Rejection> {
    let until = attest_until(view, end);
    if view.now() < until {
        return Ok(());
    }
    Err(Rejection::new(Code::Deadline, &[Detail::Time(until.0)]))
}

fn check_line(
    line: &AttestedLine,
    participation: &Participation,
    own: bool,
    rule: &RuleTerms,
) -> Result<(), Rejection> {
    let recorded = match participation.state {
        ParticipationState::CheckedOut { check_in, check_out } => (check_in, check_out),
        ParticipationState::SignedUp
        | ParticipationState::CheckedIn { .. }
        | ParticipationState::Attested(_)
        | ParticipationState::Awarded
        | ParticipationState::Cancelled => return Err(Code::State.into()),
    };
    ensure(!own, Code::SelfAttest)?;
    ensure((line.check_in, line.check_out) == recorded, Code::LineMismatch)?;
    check_units(line.units, rule)
}

/// Units have a meaning only where the rule counts them.
///
/// # Errors
/// [`Code::LineMismatch`].
pub(super) fn check_units(units: u32, rule: &RuleTerms) -> Result<(), Rejection> {
    let allowed = match rule.basis {
        Basis::PerUnit { .. } => true,
        Basis::PerHour { .. } | Basis::PerActivity { .. } => units == 0,
    };
    ensure(allowed, Code::LineMismatch)
}

/// At most what lies between the two times within the session, and at most one attendance's.
///
/// # Errors
/// [`Code::MinutesExceed`] with `Need` and `Limit`.
pub(super) fn check_minutes(
    line: &AttestedLine,
    participation: &Participation,
    minutes_max: u64,
) -> Result<(), Rejection> {
    let from = line.check_in.max(participation.start);
    let to = line.check_out.min(participation.end);
    let seen = to.0.saturating_sub(from.0).checked_div(MINUTE_MS).unwrap_or(0);
    let limit = seen.min(minutes_max);
    let need = u64::from(line.minutes);
    if need <= limit {
        return Ok(());
    }
    Err(Rejection::new(Code::MinutesExceed, &[Detail::Need(need), Detail::Limit(limit)]))
}

/// An independent witness confirms lines by their hashes; each gives its award. All or none, in
/// ascending order of participations.
///
/// # Errors
/// In this order: [`Code::AmountZero`] without lines; [`Code::TooManyLines`]; [`Code::NotFound`];
/// [`Code::State`] unless the activity is published; the role as in [`officer`]; then for each line
/// [`Code::NotFound`]; [`Code::LineMismatch`] for another activity; [`Code::State`] unless attested
/// once; [`Code::AttestNotIndependent`] for the same person or organisation; [`Code::SelfAttest`];
/// [`Code::LineMismatch`] for another hash; [`Code::DailyMinutes`] with `Need` and `Limit`;
/// [`Code::AmountOverflow`].
///
/// Source: CRE-4, CRE-7, `domain` §2.1, SOD-4, SOD-5.
pub(super) fn second(
    view: &mut View<'_>,
    parties: &[Party],
    activity_id: RecordId,
    mut lines: Vec<WitnessedLine>,
) -> Result<(), Rejection> {
    check_lines(lines.len())?;
    let activity = published(view, activity_id)?;
    let sender = parties.first().ok_or(Code::Role)?;
    let witness = officer(view, sender, &[Role::Witness], &activity.terms.place)?;
    lines.sort_unstable_by_key(|line| line.participation);
    for (position, line) in (0..).zip(lines) {
        let mut participation = find(view, line.participation)?;
        ensure(participation.activity == activity_id, Code::LineMismatch)?;
        let attestation = check_witness(view, &line, &participation, &witness)?;
        participation.state = ParticipationState::Awarded;
        view.put(&line.participation, &participation);
        let confirmed = Confirmed {
            minutes: attestation.minutes,
            units: attestation.units,
            late: false,
            by: vec![attestation.person, witness.person],
        };
        let award = grant::award(view, &activity, &participation, confirmed, position)?;
        wallet::credit(view, line.participation, award)?;
    }
    Ok(())
}

fn check_witness(
    view: &View<'_>,
    line: &WitnessedLine,
    participation: &Participation,
    witness: &Officer,
) -> Result<Attestation, Rejection> {
    let attestation = match participation.state {
        ParticipationState::Attested(attestation) => attestation,
        ParticipationState::SignedUp
        | ParticipationState::CheckedIn { .. }
        | ParticipationState::CheckedOut { .. }
        | ParticipationState::Awarded
        | ParticipationState::Cancelled => return Err(Code::State.into()),
    };
    let independent = witness.organisation != attestation.organisation
        && !same_human(view, witness.person, attestation.person);
    ensure(independent, Code::AttestNotIndependent)?;
    let own = is_enrolled_as(view, witness.person, participation.nullifier);
    ensure(!own, Code::SelfAttest)?;
    ensure(line.line_hash == attestation.line_hash, Code::LineMismatch)?;
    Ok(attestation)
}
