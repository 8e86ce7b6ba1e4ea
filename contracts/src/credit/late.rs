//! This exists to let service count that the devices or the attestation missed: three confirm it, and
//! the award says for ever that it came late.

use super::attestation::{attest_until, check_lines, check_minutes, check_units};
use super::grant::{self, Confirmed};
use super::participation::{find, published};
use super::{AttestedLine, LateLine, Participation, ParticipationState, wallet};
use crate::programme::{self, RuleTerms};
use crate::registry::Role;
use crate::registry::roles::{
    Officer, Parameter, is_enrolled_as, officer, officer_of, parameter, same_human,
};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::types::{BlockTime, RecordId};
use linli_ledger::view::View;

/// The three who confirm.
struct Three {
    organiser: Officer,
    witness: Officer,
    regulator: Officer,
}

/// An organiser proposes, a witness confirms and the regulator approves what came too late. All lines
/// or none, in ascending order of participations.
///
/// Nobody is entered who has not signed up with the own key: who did not, has no participation.
///
/// # Errors
/// In this order: [`Code::AmountZero`] without lines; [`Code::TooManyLines`]; [`Code::NotFound`];
/// [`Code::State`] unless the activity is published; [`Code::Cosign`] with fewer than three signers;
/// an organiser as in [`officer_of`], then a witness and a regulator as in [`officer`];
/// [`Code::AttestNotIndependent`] for one human being or organisation of organiser and witness;
/// [`Code::SelfApproval`] if the regulator is one of them. Then for each line [`Code::NotFound`];
/// [`Code::LineMismatch`] for another activity; [`Code::State`] unless signed up, checked in or checked
/// out; [`Code::TimeWindow`] with the first `Time` while the ordinary way is open;
/// [`Code::SelfAttest`] if one of the three is the volunteer; [`Code::LineMismatch`] for other times
/// than the devices saw, or units where the rule has none; [`Code::TimeOrder`]; [`Code::TimeWindow`] for
/// times outside the session; [`Code::MinutesExceed`]; [`Code::DailyMinutes`];
/// [`Code::AmountOverflow`].
///
/// Source: CRE-17, `domain` §2.1, §2.11.
pub(super) fn enter(
    view: &mut View<'_>,
    parties: &[Party],
    activity_id: RecordId,
    mut lines: Vec<LateLine>,
) -> Result<(), Rejection> {
    check_lines(lines.len())?;
    let activity = published(view, activity_id)?;
    let three = three(view, parties, &activity)?;
    let (_, rule) = programme::reading::rule_of(view, &activity)?;
    let minutes_max = parameter(view, Parameter::MinutesPerAttendance);
    lines.sort_unstable_by_key(|line| line.participation);
    for (position, line) in (0..).zip(lines) {
        let mut participation = find(view, line.participation)?;
        ensure(participation.activity == activity_id, Code::LineMismatch)?;
        check_too_late(view, &participation)?;
        check_strangers(view, &three, &participation)?;
        check_times(view, &line, &participation, &rule)?;
        let LateLine { participation: id, check_in, check_out, minutes, units, .. } = line;
        let attested = AttestedLine { participation: id, check_in, check_out, minutes, units };
        check_minutes(&attested, &participation, minutes_max)?;
        participation.state = ParticipationState::Awarded;
        view.put(&id, &participation);
        let by = vec![three.organiser.person, three.witness.person, three.regulator.person];
        let confirmed = Confirmed { minutes, units, late: true, by };
        let award = grant::award(view, &activity, &participation, confirmed, position)?;
        wallet::credit(view, id, award)?;
    }
    Ok(())
}

fn three(
    view: &View<'_>,
    parties: &[Party],
    activity: &programme::Activity,
) -> Result<Three, Rejection> {
    let [organiser, witness, regulator, ..] = parties else {
        return Err(Code::Cosign.into());
    };
    let place = &activity.terms.place;
    let organiser = officer_of(view, organiser, &[Role::Organiser], place, activity.organisation)?;
    let witness = officer(view, witness, &[Role::Witness], place)?;
    let regulator = officer(view, regulator, &[Role::Regulator], place)?;
    let independent = witness.organisation != organiser.organisation
        && !same_human(view, witness.person, organiser.person);
    ensure(independent, Code::AttestNotIndependent)?;
    let own =
        [&organiser, &witness].iter().any(|other| same_human(view, regulator.person, other.person));
    ensure(!own, Code::SelfApproval)?;
    Ok(Three { organiser, witness, regulator })
}

/// Whether the ordinary way is closed: nobody can report any more, or attest what was reported.
fn check_too_late(view: &View<'_>, participation: &Participation) -> Result<(), Rejection> {
    let from = match participation.state {
        ParticipationState::SignedUp | ParticipationState::CheckedIn { .. } => {
            reported_until(view, participation)
        }
        ParticipationState::CheckedOut { .. } => attest_until(view, participation.end),
        ParticipationState::Attested(_)
        | ParticipationState::Awarded
        | ParticipationState::Cancelled => return Err(Code::State.into()),
    };
    if view.now() >= from {
        return Ok(());
    }
    Err(Rejection::new(Code::TimeWindow, &[Detail::Time(from.0)]))
}

/// A check-out may be observed as long after the end, and reported as long after that.
fn reported_until(view: &View<'_>, participation: &Participation) -> BlockTime {
    let lag = parameter(view, Parameter::ReportLag);
    participation.end.plus(lag).plus(lag).plus(1)
}

fn check_strangers(
    view: &View<'_>,
    three: &Three,
    participation: &Participation,
) -> Result<(), Rejection> {
    let own = [&three.organiser, &three.witness, &three.regulator]
        .iter()
        .any(|officer| is_enrolled_as(view, officer.person, participation.nullifier));
    ensure(!own, Code::SelfAttest)
}

/// What the devices saw stands; what they missed lies where they could have seen it.
fn check_times(
    view: &View<'_>,
    line: &LateLine,
    participation: &Participation,
    rule: &RuleTerms,
) -> Result<(), Rejection> {
    let seen = match participation.state {
        ParticipationState::CheckedIn { check_in } => line.check_in == check_in,
        ParticipationState::CheckedOut { check_in, check_out } => {
            (line.check_in, line.check_out) == (check_in, check_out)
        }
        ParticipationState::SignedUp
        | ParticipationState::Attested(_)
        | ParticipationState::Awarded
        | ParticipationState::Cancelled => true,
    };
    ensure(seen, Code::LineMismatch)?;
    check_units(line.units, rule)?;
    ensure(line.check_in < line.check_out, Code::TimeOrder)?;
    let first = participation.start.minus(parameter(view, Parameter::CheckInLead));
    let last = participation.end.plus(parameter(view, Parameter::ReportLag));
    ensure(first <= line.check_in && line.check_out <= last, Code::TimeWindow)
}
