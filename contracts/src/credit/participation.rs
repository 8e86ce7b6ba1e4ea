//! This exists to bring one volunteer to one activity: sign up, check in, check out. The volunteer's
//! own key signs every step, and the site or an organiser stands beside it.

use super::records::kinds;
use super::{
    Consent, Interval, Participation, ParticipationState, ProgrammeTotals, Seats, check_guardian,
    sender,
};
use crate::people::AgeClass;
use crate::people::residents::Enrolment;
use crate::programme::{self, Activity, ActivityKind, ActivityStatus, RECORD_KEPT_MS};
use crate::registry::Role;
use crate::registry::roles::{Parameter, in_scope, is_enrolled_as, officer_of, parameter};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::crypto::PublicKey;
use linli_ledger::due;
use linli_ledger::hash::{Domain, hash_parts};
use linli_ledger::keys::{KeyOwner, KeyPurpose};
use linli_ledger::types::{BlockTime, EnrolmentId, RecordId};
use linli_ledger::view::View;

/// How far ahead of block time something may have been observed. Source: `domain` §0.2.
const AHEAD_MS_MAX: u64 = 2_000;
/// From this risk class on no minors. Source: `domain` §2.1.
const NO_MINORS_RISK_CLASS: u8 = 3;
/// Signed-up sessions of activities since called off that one sign-up clears away: more than fit
/// into 24 h of sessions without overlap, of half an hour each.
const CLEARED_MAX: usize = 64;

/// What the volunteer saw at the site, and when.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) observed_at: BlockTime,
    pub(super) nonce: [u8; 16],
}

/// What a site shows in a period: period `n` begins `n` × `NoncePeriod` after the epoch.
///
/// Bound to activity, site key and time; that the volunteer stood there is the site's co-signature.
/// Source: CRE-3.
pub fn site_nonce(activity: RecordId, site_key: &PublicKey, period: u64) -> [u8; 16] {
    let parts: [&[u8]; 4] = [b"site", &activity.0, &encode(site_key), &period.to_le_bytes()];
    let whole = hash_parts(Domain::Identifier, &parts);
    let mut nonce = [0_u8; 16];
    for (to, from) in nonce.iter_mut().zip(whole) {
        *to = from;
    }
    nonce
}

/// A participation, until it leaves the state; swept or not, it is gone from that instant.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) fn find(view: &View<'_>, id: RecordId) -> Result<Participation, Rejection> {
    view.get::<Participation>(&id)
        .filter(|participation| view.now() < participation.end.plus(RECORD_KEPT_MS))
        .ok_or_else(|| Code::NotFound.into())
}

/// An activity that residents can take part in.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::State`] unless it is published.
pub(super) fn published(view: &View<'_>, id: RecordId) -> Result<Activity, Rejection> {
    let activity = programme::reading::activity(view, id)?;
    match activity.status {
        ActivityStatus::Published { .. } => Ok(activity),
        ActivityStatus::Draft | ActivityStatus::Cancelled { .. } => Err(Code::State.into()),
    }
}

/// A resident signs up.
///
/// # Errors
/// In this order: the sender as in [`crate::people::residents::resident`]; [`Code::NotFound`];
/// [`Code::State`] unless published; [`Code::TimeWindow`] once it has started (an emergency: ended);
/// [`Code::Scope`] unless the place lies in the resident's community or holds it;
/// [`Code::MinimumAge`]; [`Code::MinorRisk`]; [`Code::Guardian`]; [`Code::Full`];
/// [`Code::Overlap`] with the other participation.
///
/// Source: CRE-3, `domain` §2.1.
pub(super) fn sign_up(
    view: &mut View<'_>,
    parties: &[Party],
    activity_id: RecordId,
) -> Result<(), Rejection> {
    let (enrolment, resident) = sender(view, parties)?;
    let activity = published(view, activity_id)?;
    let terms = &activity.terms;
    let last = match terms.kind {
        ActivityKind::Emergency => terms.end,
        ActivityKind::Service | ActivityKind::Training => terms.start,
    };
    ensure(view.now() < last, Code::TimeWindow)?;
    let near =
        in_scope(&resident.community, &terms.place) || in_scope(&terms.place, &resident.community);
    ensure(near, Code::Scope)?;
    check_age(&resident, &activity)?;
    check_guardian(view, parties, &resident, Consent::TakePart)?;
    let seats = view.get::<Seats>(&activity_id);
    let Seats { taken, last: before } = seats.unwrap_or_default();
    ensure(taken < terms.capacity, Code::Full)?;
    check_overlap(view, enrolment, terms.start, terms.end)?;
    if seats.is_none() {
        due::schedule(view, terms.end.plus(RECORD_KEPT_MS), kinds::SEATS_END, activity_id);
    }
    if !view.has::<ProgrammeTotals>(&activity.programme) {
        view.put(&activity.programme, &ProgrammeTotals::default());
    }
    let id = RecordId(view.new_identifier());
    view.put(&activity_id, &Seats { taken: taken.saturating_add(1), last: Some(id) });
    let participation = Participation {
        activity: activity_id,
        enrolment,
        nullifier: resident.nullifier,
        start: terms.start,
        end: terms.end,
        state: ParticipationState::SignedUp,
        before,
    };
    view.put(&id, &participation);
    view.put(&(enrolment, terms.start), &Interval { end: terms.end, participation: id });
    Ok(())
}

fn check_age(resident: &Enrolment, activity: &Activity) -> Result<(), Rejection> {
    let age = match resident.age_class {
        AgeClass::Under14 => 0,
        AgeClass::From14To17 => 14,
        AgeClass::Adult => 18,
    };
    ensure(age >= activity.terms.minimum_age, Code::MinimumAge)?;
    let minor_at_risk = age < 18 && activity.terms.risk_class >= NO_MINORS_RISK_CLASS;
    ensure(!minor_at_risk, Code::MinorRisk)
}

/// Intervals of one person never overlap, so of those that begin before `end` only the last can
/// reach past `start`. If its activity was called off since, it is cleared away instead.
fn check_overlap(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    start: BlockTime,
    end: BlockTime,
) -> Result<(), Rejection> {
    for _ in 0..CLEARED_MAX {
        let last = view.range_before::<Interval>(&enrolment, &(enrolment, end), 1).pop();
        let Some((key, interval)) = last.filter(|(_, interval)| interval.end > start) else {
            return Ok(());
        };
        let other = interval.participation;
        let mut participation = view.get::<Participation>(&other).ok_or(Code::NotFound)?;
        if published(view, participation.activity).is_ok() {
            return Err(Rejection::new(Code::Overlap, &[Detail::Record(other.0)]));
        }
        participation.state = ParticipationState::Cancelled;
        view.put(&other, &participation);
        view.remove::<Interval>(&key);
    }
    Err(Code::Overlap.into())
}

/// The resident withdraws; the seat is free again.
///
/// # Errors
/// In this order: the sender as in [`crate::people::residents::resident`]; [`Code::NotFound`];
/// [`Code::Role`] for another's participation; [`Code::Guardian`] for a child without;
/// [`Code::State`] after checking in or cancelling; [`Code::TimeWindow`] once the session is over.
///
/// Source: CRE-3.
pub(super) fn cancel(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
) -> Result<(), Rejection> {
    let mut participation = own(view, parties, id)?;
    match participation.state {
        ParticipationState::SignedUp => {}
        ParticipationState::CheckedIn { .. }
        | ParticipationState::CheckedOut { .. }
        | ParticipationState::Attested(_)
        | ParticipationState::Awarded
        | ParticipationState::Cancelled => return Err(Code::State.into()),
    }
    ensure(view.now() < participation.end, Code::TimeWindow)?;
    participation.state = ParticipationState::Cancelled;
    view.put(&id, &participation);
    view.remove::<Interval>(&(participation.enrolment, participation.start));
    let mut seats = view.get::<Seats>(&participation.activity).unwrap_or_default();
    seats.taken = seats.taken.saturating_sub(1);
    view.put(&participation.activity, &seats);
    Ok(())
}

fn own(view: &View<'_>, parties: &[Party], id: RecordId) -> Result<Participation, Rejection> {
    let (enrolment, resident) = sender(view, parties)?;
    let participation = find(view, id)?;
    ensure(participation.enrolment == enrolment, Code::Role)?;
    check_guardian(view, parties, &resident, Consent::Other)?;
    Ok(participation)
}

/// The resident checks in at the site.
///
/// # Errors
/// In this order: the sender as in [`cancel`]; [`Code::State`] unless signed up, or for an activity
/// called off; [`Code::ReportLag`] for a time too long ago or ahead; [`Code::TimeWindow`] outside
/// `[start − CheckInLead, end)`; [`Code::Cosign`] without a site; [`Code::NonceStale`].
///
/// Source: CRE-3, `domain` §0.2, §2.1.
pub(super) fn check_in(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    seen: Seen,
) -> Result<(), Rejection> {
    let mut participation = own(view, parties, id)?;
    match participation.state {
        ParticipationState::SignedUp => {}
        ParticipationState::CheckedIn { .. }
        | ParticipationState::CheckedOut { .. }
        | ParticipationState::Attested(_)
        | ParticipationState::Awarded
        | ParticipationState::Cancelled => return Err(Code::State.into()),
    }
    let activity = published(view, participation.activity)?;
    check_report(view, seen.observed_at)?;
    let from = participation.start.minus(parameter(view, Parameter::CheckInLead));
    let inside = from <= seen.observed_at && seen.observed_at < participation.end;
    ensure(inside, Code::TimeWindow)?;
    check_site(view, parties, &participation, &activity, seen)?;
    participation.state = ParticipationState::CheckedIn { check_in: seen.observed_at };
    view.put(&id, &participation);
    Ok(())
}

/// The resident checks out at the site.
///
/// # Errors
/// In this order: the sender as in [`cancel`]; [`Code::TimeOrder`] before checking in, or at no later
/// time; [`Code::State`] after checking out, or for an activity called off; [`Code::ReportLag`];
/// [`Code::TimeWindow`] more than the report lag after the end; [`Code::Cosign`];
/// [`Code::NonceStale`].
///
/// Source: CRE-3, `domain` §0.2, §2.1.
pub(super) fn check_out(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    seen: Seen,
) -> Result<(), Rejection> {
    let mut participation = own(view, parties, id)?;
    let check_in = match participation.state {
        ParticipationState::CheckedIn { check_in } => check_in,
        ParticipationState::SignedUp => return Err(Code::TimeOrder.into()),
        ParticipationState::CheckedOut { .. }
        | ParticipationState::Attested(_)
        | ParticipationState::Awarded
        | ParticipationState::Cancelled => return Err(Code::State.into()),
    };
    ensure(check_in < seen.observed_at, Code::TimeOrder)?;
    let activity = published(view, participation.activity)?;
    check_report(view, seen.observed_at)?;
    let last = participation.end.plus(parameter(view, Parameter::ReportLag));
    ensure(seen.observed_at <= last, Code::TimeWindow)?;
    check_site(view, parties, &participation, &activity, seen)?;
    let check_out = seen.observed_at;
    participation.state = ParticipationState::CheckedOut { check_in, check_out };
    view.put(&id, &participation);
    Ok(())
}

fn check_report(view: &View<'_>, observed_at: BlockTime) -> Result<(), Rejection> {
    let earliest = view.now().minus(parameter(view, Parameter::ReportLag));
    let latest = view.now().plus(AHEAD_MS_MAX);
    ensure(earliest <= observed_at && observed_at <= latest, Code::ReportLag)
}

/// A site must sign beside the volunteer, and the volunteer must have seen what it showed.
fn check_site(
    view: &View<'_>,
    parties: &[Party],
    participation: &Participation,
    activity: &Activity,
    seen: Seen,
) -> Result<(), Rejection> {
    let period = parameter(view, Parameter::NoncePeriod);
    let period = seen.observed_at.0.checked_div(period).unwrap_or(0);
    let sites: Vec<&Party> = parties
        .iter()
        .skip(1)
        .filter(|party| is_site(view, party, participation, activity))
        .collect();
    ensure(!sites.is_empty(), Code::Cosign)?;
    let fresh = sites.iter().any(|site| {
        [period, period.saturating_sub(1)]
            .iter()
            .any(|period| site_nonce(participation.activity, &site.key, *period) == seen.nonce)
    });
    ensure(fresh, Code::NonceStale)
}

/// A device of the organisation, or one of its organisers who is not the volunteer.
fn is_site(
    view: &View<'_>,
    party: &Party,
    participation: &Participation,
    activity: &Activity,
) -> bool {
    match party.purpose {
        KeyPurpose::SiteDevice => party.owner == KeyOwner::Organisation(activity.organisation),
        KeyPurpose::Business => {
            let (roles, place) = ([Role::Organiser], &activity.terms.place);
            officer_of(view, party, &roles, place, activity.organisation)
                .is_ok_and(|officer| !is_enrolled_as(view, officer.person, participation.nullifier))
        }
        KeyPurpose::Consensus | KeyPurpose::Network => false,
    }
}
