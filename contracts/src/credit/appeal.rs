//! This exists to let a decision be looked at once more, by regulators who had no part in it.

use super::dispute::{self, Disputant, Dispute, DisputeState, Ruling};
use super::{Award, Consent, Decision, check_guardian, freeze};
use crate::people::residents::resident;
use crate::registry::Role;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::keys::KeyOwner;
use linli_ledger::types::{EnrolmentId, RecordId};
use linli_ledger::view::View;

/// The volunteer, or whoever disputed the award, appeals: what is left of its points is frozen again.
///
/// # Errors
/// In this order: [`Code::NotFound`]; who it is: a resident as in [`resident`], [`Code::Role`] for
/// anybody but the volunteer and whoever disputed it; [`Code::Guardian`]; [`Code::State`] before it is
/// decided; [`Code::AlreadyResolved`] after an appeal; [`Code::Deadline`] with the last `Time`.
///
/// Source: CRE-20, `domain` §2.1.
pub(super) fn open(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    evidence: Digest,
) -> Result<(), Rejection> {
    let mut dispute = view.get::<Dispute>(&id).ok_or(Code::NotFound)?;
    let award = view.get::<Award>(&id).ok_or(Code::NotFound)?;
    let by = appellant(view, parties, award.enrolment, dispute.disputed_by)?;
    let appeal_until = match dispute.state {
        DisputeState::Decided { appeal_until, .. } => appeal_until,
        DisputeState::Open { .. } | DisputeState::Escalated => return Err(Code::State.into()),
        DisputeState::Appealed { .. } | DisputeState::Final { .. } => {
            return Err(Code::AlreadyResolved.into());
        }
    };
    let now = view.now();
    if now >= appeal_until {
        return Err(Rejection::new(Code::Deadline, &[Detail::Time(appeal_until.0)]));
    }
    dispute.frozen = freeze::freeze(view, id, &award)?;
    dispute.evidence = evidence;
    dispute.state = DisputeState::Appealed { at: now, by };
    view.put(&id, &dispute);
    Ok(())
}

fn appellant(
    view: &View<'_>,
    parties: &[Party],
    volunteer: EnrolmentId,
    disputed_by: Disputant,
) -> Result<Disputant, Rejection> {
    let sender = parties.first().ok_or(Code::Role)?;
    match sender.owner {
        KeyOwner::Enrolment(_) => {
            let (id, who) = resident(view, sender)?;
            let by = Disputant::Resident(id);
            ensure(id == volunteer || by == disputed_by, Code::Role)?;
            check_guardian(view, parties, &who, Consent::Other)?;
            Ok(by)
        }
        KeyOwner::Person(person) => {
            let by = Disputant::Officer(person);
            ensure(by == disputed_by, Code::Role).map(|()| by)
        }
        KeyOwner::Organisation(_) => Err(Code::Role.into()),
    }
}

/// Two regulators decide an appeal for good.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::State`] unless it is appealed; [`Code::AlreadyResolved`]
/// once it is final; as [`dispute::panel`], for regulators; as [`super::correction::apply`].
///
/// Source: CRE-20, `domain` §2.1, SOD-10.
pub(super) fn decide(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    decision: Decision,
    evidence: Digest,
) -> Result<(), Rejection> {
    let mut dispute = view.get::<Dispute>(&id).ok_or(Code::NotFound)?;
    let award = view.get::<Award>(&id).ok_or(Code::NotFound)?;
    match dispute.state {
        DisputeState::Appealed { .. } => {}
        DisputeState::Open { .. } | DisputeState::Escalated | DisputeState::Decided { .. } => {
            return Err(Code::State.into());
        }
        DisputeState::Final { .. } => return Err(Code::AlreadyResolved.into()),
    }
    let panel = dispute::panel(view, parties, id, &award, &dispute, &[Role::Regulator])?;
    let state = DisputeState::Final { at: view.now() };
    dispute::settle(view, id, &award, &mut dispute, &Ruling { panel, decision, evidence, state })
}
