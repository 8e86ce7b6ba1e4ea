//! This exists to bring an activity from a proposal to its publication by somebody else, after which
//! its terms and its rule never change.

use super::records::due::ACTIVITY_ENDS;
use super::{
    Activity, ActivityKind, ActivityStatus, ActivityTerms, Participation, Programme,
    RECORD_KEPT_MS, Rule, TITLE_BYTES_MAX, reading, rule,
};
use crate::registry::Role;
use crate::registry::roles::{
    Officer, Parameter, in_scope, officer, officer_of, organisation, parameter, same_human,
};
use crate::text::{check_path, check_text};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::due;
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::types::{BlockTime, DAY_MS, OrganisationId, RecordId};
use linli_ledger::view::View;

/// The highest risk class.
const RISK_CLASS_MAX: u8 = 3;
/// From this risk class on there must be insurance. Source: `domain` §2.1.
const INSURED_RISK_CLASS: u8 = 2;

/// What the publisher names, so that nobody publishes terms that were not read. Source: PRG-6.
pub fn terms_hash(terms: &ActivityTerms) -> Digest {
    digest(Domain::Document, &encode(terms))
}

/// An organiser proposes an activity.
///
/// # Errors
/// In this order: [`Code::Text`] for title and place; [`Code::Compulsory`];
/// [`Code::TimeWindow`] for a session that is empty, longer than 24 h or begun; [`Code::Capacity`];
/// [`Code::AmountRange`] for a risk class above 3 or an age other than 0, 14, 18;
/// [`Code::Insurance`]; [`Code::NotFound`] for the organisation; the role as in [`officer_of`];
/// [`Code::NotFound`] for the rule; [`Code::Scope`] for a place outside its programme.
///
/// Source: PRG-5, `domain` §2.1.
pub(super) fn propose(
    view: &mut View<'_>,
    parties: &[Party],
    holder: OrganisationId,
    terms: ActivityTerms,
) -> Result<(), Rejection> {
    check_terms(&terms, view.now())?;
    organisation(view, holder)?;
    let sender = parties.first().ok_or(Code::Role)?;
    let officer = officer_of(view, sender, &[Role::Organiser], &terms.place, holder)?;
    let programme = view.get::<Rule>(&terms.rule).ok_or(Code::NotFound)?.programme;
    let scope = reading::programme(view, programme)?.scope;
    ensure(in_scope(&scope, &terms.place), Code::Scope)?;
    let id = RecordId(view.new_identifier());
    due::schedule(view, terms.end.plus(RECORD_KEPT_MS), ACTIVITY_ENDS, id);
    let activity = Activity {
        organisation: holder,
        terms_hash: terms_hash(&terms),
        terms,
        programme,
        proposer: officer.person,
        status: ActivityStatus::Draft,
    };
    view.put(&id, &activity);
    Ok(())
}

fn check_terms(terms: &ActivityTerms, now: BlockTime) -> Result<(), Rejection> {
    check_text(&terms.title, TITLE_BYTES_MAX)?;
    check_path(&terms.place)?;
    match terms.participation {
        Participation::Voluntary => {}
        Participation::Compulsory => return Err(Code::Compulsory.into()),
    }
    let session = terms.start < terms.end && terms.end <= terms.start.plus(DAY_MS);
    ensure(session && terms.start > now, Code::TimeWindow)?;
    ensure(terms.capacity > 0, Code::Capacity)?;
    ensure(terms.risk_class <= RISK_CLASS_MAX, Code::AmountRange)?;
    ensure([0, 14, 18].contains(&terms.minimum_age), Code::AmountRange)?;
    let insured = terms.risk_class < INSURED_RISK_CLASS || terms.insurance.is_some();
    ensure(insured, Code::Insurance)
}

/// Somebody else publishes it: from now on residents may sign up.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::State`] unless it is a draft; the role as in
/// [`publisher`]; [`Code::SelfApproval`] for the proposer; [`Code::ApprovalStale`] for another hash;
/// [`Code::Insurance`] without a statement of risks; [`Code::TimeWindow`] once it is over;
/// [`Code::Deadline`] with the last `Time`, unless it is an emergency; [`Code::State`] where no
/// version of the rule is in force now.
///
/// Source: PRG-6, `domain` §2.1, SOD-1, INV-G9.
pub(super) fn publish(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    named: Digest,
) -> Result<(), Rejection> {
    let mut activity = reading::activity(view, id)?;
    ensure(activity.status == ActivityStatus::Draft, Code::State)?;
    let publisher = publisher(view, parties.first().ok_or(Code::Role)?, &activity)?;
    let same = same_human(view, publisher.person, activity.proposer);
    ensure(!same, Code::SelfApproval)?;
    ensure(named == activity.terms_hash, Code::ApprovalStale)?;
    ensure(activity.terms.risk_statement.is_some(), Code::Insurance)?;
    let now = view.now();
    check_lead(view, &activity.terms)?;
    let rule_version = rule::in_force(view, activity.terms.rule, now).ok_or(Code::State)?;
    activity.status = ActivityStatus::Published { at: now, rule_version };
    view.put(&id, &activity);
    let mut programme = reading::programme(view, activity.programme)?;
    let start = activity.terms.start;
    programme.first_start = Some(programme.first_start.map_or(start, |first| first.min(start)));
    view.put::<Programme>(&activity.programme, &programme);
    Ok(())
}

/// The publisher: an organiser of the same organisation, or a points operator of the place.
///
/// # Errors
/// As [`officer_of`]; for a points operator as [`officer`].
fn publisher(view: &View<'_>, party: &Party, activity: &Activity) -> Result<Officer, Rejection> {
    let place = &activity.terms.place;
    let signer = officer(view, party, &[Role::Organiser, Role::PointsOperator], place)?;
    match officer(view, party, &[Role::PointsOperator], place) {
        Ok(operator) => Ok(operator),
        Err(_) => {
            ensure(signer.organisation == activity.organisation, Code::Scope).map(|()| signer)
        }
    }
}

fn check_lead(view: &View<'_>, terms: &ActivityTerms) -> Result<(), Rejection> {
    ensure(view.now() < terms.end, Code::TimeWindow)?;
    match terms.kind {
        ActivityKind::Emergency => Ok(()),
        ActivityKind::Service | ActivityKind::Training => {
            let last = terms.start.minus(parameter(view, Parameter::PublishLead));
            if view.now() <= last {
                return Ok(());
            }
            Err(Rejection::new(Code::Deadline, &[Detail::Time(last.0)]))
        }
    }
}

/// An officer of the organisation calls it off before it starts.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::State`] if it was called off before; the role as in
/// [`officer_of`]; [`Code::TimeWindow`] once it has started.
///
/// Source: PRG-7.
pub(super) fn cancel(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
) -> Result<(), Rejection> {
    let mut activity = reading::activity(view, id)?;
    match activity.status {
        ActivityStatus::Draft | ActivityStatus::Published { .. } => {}
        ActivityStatus::Cancelled { .. } => return Err(Code::State.into()),
    }
    let sender = parties.first().ok_or(Code::Role)?;
    let place = &activity.terms.place;
    officer_of(view, sender, &[Role::Organiser], place, activity.organisation)?;
    let now = view.now();
    ensure(now < activity.terms.start, Code::TimeWindow)?;
    activity.status = ActivityStatus::Cancelled { at: now };
    view.put(&id, &activity);
    Ok(())
}
