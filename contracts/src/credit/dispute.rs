//! This exists to let anybody concerned dispute an award, and two persons without a part in it decide:
//! points wait meanwhile, nobody is punished.
//!
//! Open → (escalated to the regulator) → decided → (appealed → final). An award is disputed once.

use super::correction::{self, Case, session_minutes};
use super::records::kinds;
use super::{
    Award, CONTRACT, Consent, Decision, DisputeReason, check_guardian, freeze, participation,
};
use crate::calendar::add_working_days;
use crate::people::residents::{self, resident};
use crate::programme::{self, Activity};
use crate::registry::Role;
use crate::registry::roles::{Parameter, in_scope, is_enrolled_as, officer, parameter, same_human};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Points;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::due;
use linli_ledger::hash::Digest;
use linli_ledger::keys::KeyOwner;
use linli_ledger::types::{BlockTime, Day, EnrolmentId, OrganisationId, PersonId, RecordId};
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// Officers who may dispute an award of their place.
const WATCHERS: [Role; 5] =
    [Role::Organiser, Role::Witness, Role::PointsOperator, Role::Auditor, Role::Regulator];
/// Officers who decide in time.
const DECIDERS: [Role; 3] = [Role::PointsOperator, Role::Approver, Role::Regulator];

/// Who disputes an award.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Disputant {
    /// A resident of the place: the volunteer, whoever was served, a neighbour.
    Resident(EnrolmentId),
    /// Somebody in office.
    Officer(PersonId),
}

/// Where a dispute is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DisputeState {
    /// It waits for two persons; from that time on for the regulator.
    Open {
        /// From when the regulator decides.
        decide_by: BlockTime,
    },
    /// The time is over: the regulator decides.
    Escalated,
    /// Decided; final unless somebody appeals.
    Decided {
        /// When.
        at: BlockTime,
        /// From when nobody can appeal any more.
        appeal_until: BlockTime,
    },
    /// The regulator looks at it again.
    Appealed {
        /// Since when.
        at: BlockTime,
        /// Who asked.
        by: Disputant,
    },
    /// Decided for good.
    Final {
        /// When.
        at: BlockTime,
    },
}

/// The dispute about an award; its identifier is the award's. Leaves with it. Source: CRE-19.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Dispute {
    /// Who disputes it.
    pub disputed_by: Disputant,
    /// Why.
    pub reason: DisputeReason,
    /// Hash of what shows it.
    pub evidence: Digest,
    /// Since when.
    pub opened_at: BlockTime,
    /// Where the service was, as an administrative path.
    pub place: String,
    /// Who held the activity.
    pub organisation: OrganisationId,
    /// How long the session was, minutes.
    pub session_minutes: u32,
    /// Points that are frozen; none once it is decided.
    pub frozen: Points,
    /// Who has decided so far.
    pub decided_by: Vec<PersonId>,
    /// Where it is in its life.
    pub state: DisputeState,
}

linli_ledger::records! { CONTRACT, Restricted:
    Dispute = 17, RecordId;
}

impl Dispute {
    /// Whether the points of the award are frozen.
    pub fn freezes(&self) -> bool {
        match self.state {
            DisputeState::Open { .. } | DisputeState::Escalated | DisputeState::Appealed { .. } => {
                true
            }
            DisputeState::Decided { .. } | DisputeState::Final { .. } => false,
        }
    }

    /// When it was decided, if it is.
    pub fn decided_at(&self) -> Option<BlockTime> {
        match self.state {
            DisputeState::Decided { at, .. } | DisputeState::Final { at } => Some(at),
            DisputeState::Open { .. } | DisputeState::Escalated | DisputeState::Appealed { .. } => {
                None
            }
        }
    }
}

/// Whether the points of an award are frozen.
pub(super) fn freezes(view: &View<'_>, award: RecordId) -> bool {
    view.get::<Dispute>(&award).is_some_and(|dispute| dispute.freezes())
}

/// Checks that no dispute stands in the way of a correction.
///
/// # Errors
/// [`Code::State`] while it is disputed; [`Code::AlreadyResolved`] once that was decided.
pub(super) fn check_undisputed(view: &View<'_>, award: RecordId) -> Result<(), Rejection> {
    match view.get::<Dispute>(&award) {
        None => Ok(()),
        Some(dispute) if dispute.freezes() => Err(Code::State.into()),
        Some(_) => Err(Code::AlreadyResolved.into()),
    }
}

/// Somebody concerned disputes an award: what is left of its points is frozen.
///
/// # Errors
/// In this order: [`Code::NotFound`] for the award, its participation or its activity; who it is: a
/// resident as in [`resident`], [`Code::Role`] for one of another place, [`Code::Guardian`]; an officer
/// as in [`officer`]; [`Code::Deadline`] with the last `Time`; [`Code::Exists`] while it is disputed;
/// [`Code::AlreadyResolved`] once that was decided.
///
/// Source: CRE-19, `domain` §2.1.
pub(super) fn open(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    reason: DisputeReason,
    evidence: Digest,
) -> Result<(), Rejection> {
    let award = view.get::<Award>(&id).ok_or(Code::NotFound)?;
    let participation = participation::find(view, id)?;
    let activity = programme::reading::activity(view, participation.activity)?;
    let disputed_by = disputant(view, parties, &activity)?;
    let now = view.now();
    let last = award.awarded_at.plus(parameter(view, Parameter::DisputeWindow));
    if now > last {
        return Err(Rejection::new(Code::Deadline, &[Detail::Time(last.0)]));
    }
    if let Some(dispute) = view.get::<Dispute>(&id) {
        let no = if dispute.freezes() { Code::Exists } else { Code::AlreadyResolved };
        return Err(no.into());
    }
    let frozen = freeze::freeze(view, id, &award)?;
    let days = parameter(view, Parameter::DecisionDeadline);
    let last_day = add_working_days(now.day(), days);
    let decide_by = Day(last_day.0.saturating_add(1)).start();
    due::schedule(view, decide_by, kinds::DISPUTE_ESCALATES, id);
    let dispute = Dispute {
        disputed_by,
        reason,
        evidence,
        opened_at: now,
        place: activity.terms.place,
        organisation: activity.organisation,
        session_minutes: session_minutes(participation.start, participation.end),
        frozen,
        decided_by: Vec::new(),
        state: DisputeState::Open { decide_by },
    };
    view.put(&id, &dispute);
    Ok(())
}

fn disputant(
    view: &View<'_>,
    parties: &[Party],
    activity: &Activity,
) -> Result<Disputant, Rejection> {
    let sender = parties.first().ok_or(Code::Role)?;
    let place = &activity.terms.place;
    match sender.owner {
        KeyOwner::Enrolment(_) => {
            let (id, resident) = resident(view, sender)?;
            let near = in_scope(&resident.community, place) || in_scope(place, &resident.community);
            ensure(near, Code::Role)?;
            check_guardian(view, parties, &resident, Consent::Other)?;
            Ok(Disputant::Resident(id))
        }
        KeyOwner::Person(_) | KeyOwner::Organisation(_) => {
            officer(view, sender, &WATCHERS, place).map(|who| Disputant::Officer(who.person))
        }
    }
}

/// Nobody decided in time: the regulator does.
pub(super) fn escalate(view: &mut View<'_>, id: RecordId) {
    let Some(mut dispute) = view.get::<Dispute>(&id) else {
        return;
    };
    match dispute.state {
        DisputeState::Open { .. } => {
            dispute.state = DisputeState::Escalated;
            view.put(&id, &dispute);
        }
        DisputeState::Escalated
        | DisputeState::Decided { .. }
        | DisputeState::Appealed { .. }
        | DisputeState::Final { .. } => {}
    }
}

/// Two persons decide a dispute: the award stands, or it is corrected. Its points are released.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::State`] while it is appealed; [`Code::AlreadyResolved`];
/// [`Code::Cosign`] with fewer than two signers; for each the role as in [`officer`], a regulator's
/// once the time is over, swept or not; [`Code::DuplicateApprover`] for one human being;
/// [`Code::AppealNotIndependent`] for somebody with a part in it; as [`correction::apply`].
///
/// Source: CRE-19, `domain` §2.1, SOD-10.
pub(super) fn decide(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    decision: Decision,
    evidence: Digest,
) -> Result<(), Rejection> {
    let mut dispute = view.get::<Dispute>(&id).ok_or(Code::NotFound)?;
    let award = view.get::<Award>(&id).ok_or(Code::NotFound)?;
    let now = view.now();
    let roles: &[Role] = match dispute.state {
        DisputeState::Open { decide_by } if now < decide_by => &DECIDERS,
        DisputeState::Open { .. } | DisputeState::Escalated => &[Role::Regulator],
        DisputeState::Appealed { .. } => return Err(Code::State.into()),
        DisputeState::Decided { .. } | DisputeState::Final { .. } => {
            return Err(Code::AlreadyResolved.into());
        }
    };
    let panel = panel(view, parties, id, &award, &dispute, roles)?;
    if let DisputeState::Open { decide_by } = dispute.state {
        due::cancel(view, decide_by, kinds::DISPUTE_ESCALATES, id);
    }
    let appeal_until = now.plus(parameter(view, Parameter::AppealWindow));
    let state = DisputeState::Decided { at: now, appeal_until };
    settle(view, id, &award, &mut dispute, &Ruling { panel, decision, evidence, state })
}

/// What a panel has decided.
pub(super) struct Ruling {
    /// The two.
    pub(super) panel: [PersonId; 2],
    /// How it ends.
    pub(super) decision: Decision,
    /// Hash of the written decision.
    pub(super) evidence: Digest,
    /// Where the dispute is then.
    pub(super) state: DisputeState,
}

/// Carries a ruling out: the correction first, while the points are frozen, then their release.
///
/// # Errors
/// As [`correction::apply`].
pub(super) fn settle(
    view: &mut View<'_>,
    id: RecordId,
    award: &Award,
    dispute: &mut Dispute,
    ruling: &Ruling,
) -> Result<(), Rejection> {
    match ruling.decision {
        Decision::Upheld => super::lapse::settle(view, award.enrolment)?,
        Decision::Corrected(replacement) => {
            let case = Case {
                replacement,
                evidence: ruling.evidence,
                decided_by: ruling.panel.to_vec(),
                organisation: dispute.organisation,
                session_minutes: dispute.session_minutes,
            };
            correction::apply(view, id, award, case)?;
        }
    }
    dispute.decided_by.extend(ruling.panel);
    dispute.frozen = Points(0);
    dispute.state = ruling.state;
    view.put(&id, dispute);
    freeze::thaw(view, id, award)
}

/// Two persons who had no part in what they decide about.
///
/// # Errors
/// [`Code::Cosign`]; for each the role as in [`officer`]; [`Code::DuplicateApprover`];
/// [`Code::AppealNotIndependent`].
///
/// Source: CRE-19, SOD-10.
pub(super) fn panel(
    view: &View<'_>,
    parties: &[Party],
    id: RecordId,
    award: &Award,
    dispute: &Dispute,
    roles: &[Role],
) -> Result<[PersonId; 2], Rejection> {
    let [first, second, ..] = parties else {
        return Err(Code::Cosign.into());
    };
    let first = officer(view, first, roles, &dispute.place)?.person;
    let second = officer(view, second, roles, &dispute.place)?.person;
    ensure(!same_human(view, first, second), Code::DuplicateApprover)?;
    for person in [first, second] {
        ensure(is_independent(view, id, award, dispute, person)?, Code::AppealNotIndependent)?;
    }
    Ok([first, second])
}

/// Nobody who attested, confirmed, approved, corrected or decided it before, nor the volunteer, nor
/// whoever disputes it.
fn is_independent(
    view: &View<'_>,
    id: RecordId,
    award: &Award,
    dispute: &Dispute,
    person: PersonId,
) -> Result<bool, Rejection> {
    let corrected_by = correction::deciders(view, id);
    let mut part = award.confirmed_by.iter().chain(&corrected_by).chain(&dispute.decided_by);
    if part.any(|other| same_human(view, person, *other)) {
        return Ok(false);
    }
    let volunteer = residents::find(view, award.enrolment)?;
    if is_enrolled_as(view, person, volunteer.nullifier) {
        return Ok(false);
    }
    let own = match dispute.disputed_by {
        Disputant::Officer(other) => same_human(view, person, other),
        Disputant::Resident(enrolment) => {
            is_enrolled_as(view, person, residents::find(view, enrolment)?.nullifier)
        }
    };
    Ok(!own)
}
