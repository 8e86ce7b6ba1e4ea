//! This exists to carry a proposal from its first word to its effect: proposed, agreed to by enough
//! organisations, locked for a time in which everybody can look, then applied or refused.

use super::calls::Change;
use super::plan::{Plan, plan};
use super::records::{Ballot, End, OpenProposal, Proposal, ProposalState};
use crate::registry::roles::{self, Parameter, Voices, parameter};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::due::{self, DueItem};
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::system::GovernanceRecord;
use linli_ledger::types::{BlockTime, DAY_MS, RecordId};
use linli_ledger::view::View;

/// The kind of due item by which a proposal that too few agreed to ends.
const DUE_EXPIRY: u8 = 1;
/// The kind of due item by which an accepted proposal takes effect.
const DUE_EFFECT: u8 = 2;
/// The kind of due item by which a proposal that has ended leaves the state.
const DUE_FORGET: u8 = 3;

/// Changes of one proposal: a network of seven that exchanges everything, keys and nodes, has 14.
const CHANGES_MAX: usize = 16;
/// Proposals of one organisation that have not ended.
const OPEN_MAX: usize = 16;
/// A proposal that has ended stays in the state this long; its receipts stay for ever.
const KEPT_MS: u64 = 365 * DAY_MS;

/// The hash that votes on a proposal name. Source: GOV-8.
pub fn proposal_hash(proposal: RecordId, changes: &[Change], evidence: &Digest) -> Digest {
    digest(Domain::Document, &encode(&(proposal, changes, evidence)))
}

/// Proposes changes.
///
/// # Errors
/// In this order: [`Code::AmountZero`] for none, [`Code::TooManyLines`] above 16; as
/// [`roles::voices`]; [`Code::PersonLimit`] for a 17th of the organisation that has not ended; as
/// [`plan`].
///
/// Source: GOV-7.
pub(super) fn propose(
    view: &mut View<'_>,
    parties: &[Party],
    changes: Vec<Change>,
    evidence: Digest,
) -> Result<(), Rejection> {
    ensure(!changes.is_empty(), Code::AmountZero)?;
    if changes.len() > CHANGES_MAX {
        return Err(Rejection::new(Code::TooManyLines, &[limit(CHANGES_MAX)]));
    }
    let voices = roles::voices(view, parties)?;
    // The sender proposes; who signs beside it agrees.
    let sender = parties.get(..1).unwrap_or_default();
    let (organisation, _) =
        roles::voices(view, sender)?.pop_first().ok_or(Code::GovernanceQuorum)?;
    if view.range::<OpenProposal>(&organisation, OPEN_MAX).len() >= OPEN_MAX {
        return Err(Rejection::new(Code::PersonLimit, &[limit(OPEN_MAX)]));
    }
    plan(view, &changes)?;
    let id = RecordId(view.new_identifier());
    let now = view.now();
    let until = now.plus(parameter(view, Parameter::ProposalLife));
    let (ballots, state) = (Vec::new(), ProposalState::Open);
    let mut proposal =
        Proposal { changes, evidence, organisation, proposed_at: now, until, ballots, state };
    due::schedule(view, until, DUE_EXPIRY, id);
    view.put(&(organisation, id), &OpenProposal);
    count(view, &mut proposal, voices, true)?;
    settle(view, id, &mut proposal)?;
    view.put(&id, &proposal);
    Ok(())
}

/// Agrees to a proposal, or no longer.
///
/// # Errors
/// In this order: as [`roles::voices`]; as [`living`]; [`Code::ApprovalStale`] for another hash than that
/// of the proposal; [`Code::DuplicateApprover`] for a human being who spoke for another organisation; [`Code::Exists`] for an organisation that has said this already;
/// where it is enough now, as [`plan`].
///
/// Source: GOV-8.
pub(super) fn vote(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    hash: Digest,
    approve: bool,
) -> Result<(), Rejection> {
    let voices = roles::voices(view, parties)?;
    let mut proposal = living(view, id)?;
    let expected = proposal_hash(id, &proposal.changes, &proposal.evidence);
    ensure(hash == expected, Code::ApprovalStale)?;
    count(view, &mut proposal, voices, approve)?;
    settle(view, id, &mut proposal)?;
    view.put(&id, &proposal);
    Ok(())
}

/// Withdraws a proposal.
///
/// # Errors
/// In this order: as [`roles::voices`]; as [`living`]; [`Code::Role`] without the organisation that
/// proposed; [`Code::State`] for one that was accepted.
///
/// Source: GOV-9.
pub(super) fn withdraw(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
) -> Result<(), Rejection> {
    let voices = roles::voices(view, parties)?;
    let mut proposal = living(view, id)?;
    ensure(voices.contains_key(&proposal.organisation), Code::Role)?;
    ensure(proposal.state == ProposalState::Open, Code::State)?;
    due::cancel(view, proposal.until, DUE_EXPIRY, id);
    end(view, id, &mut proposal, End::Withdrawn);
    Ok(())
}

/// A proposal that can still be spoken about.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::State`] for one that has ended; [`Code::Deadline`] with the
/// time for one whose time is over, swept or not.
pub(super) fn living(view: &View<'_>, id: RecordId) -> Result<Proposal, Rejection> {
    let proposal = view.get::<Proposal>(&id).ok_or(Code::NotFound)?;
    let over = match proposal.state {
        ProposalState::Open => proposal.until,
        ProposalState::Accepted { at } => at,
        ProposalState::Ended { .. } => return Err(Code::State.into()),
    };
    if over <= view.now() {
        return Err(Rejection::new(Code::Deadline, &[Detail::Time(over.0)]));
    }
    Ok(proposal)
}

/// Enters what organisations say. One human being speaks for one organisation, whichever key she uses.
fn count(
    view: &View<'_>,
    proposal: &mut Proposal,
    voices: Voices,
    approve: bool,
) -> Result<(), Rejection> {
    for (organisation, persons) in voices {
        let others = proposal.ballots.iter().filter(|ballot| ballot.organisation != organisation);
        let mut others = others.flat_map(|ballot| &ballot.persons);
        let twice = others
            .any(|other| persons.iter().any(|person| roles::same_human(view, *person, *other)));
        ensure(!twice, Code::DuplicateApprover)?;
        let known = proposal.ballots.iter_mut().find(|ballot| ballot.organisation == organisation);
        if let Some(ballot) = known {
            ensure(ballot.approve != approve, Code::Exists)?;
            ballot.approve = approve;
            ballot.persons.extend(persons);
            ballot.persons.sort_unstable();
            ballot.persons.dedup();
        } else {
            let persons = persons.into_iter().collect();
            proposal.ballots.push(Ballot { organisation, persons, approve });
        }
    }
    Ok(())
}

/// Moves a proposal between open and accepted, as those who agree are enough or not.
fn settle(view: &mut View<'_>, id: RecordId, proposal: &mut Proposal) -> Result<(), Rejection> {
    let enough = agreeing(view, proposal) >= roles::governance_threshold(view);
    match (proposal.state.clone(), enough) {
        (ProposalState::Open, true) => {
            plan(view, &proposal.changes)?;
            due::cancel(view, proposal.until, DUE_EXPIRY, id);
            let at = view.now().plus(parameter(view, Parameter::TimeLock));
            due::schedule(view, at, DUE_EFFECT, id);
            proposal.state = ProposalState::Accepted { at };
        }
        (ProposalState::Accepted { at }, false) => {
            due::cancel(view, at, DUE_EFFECT, id);
            due::schedule(view, proposal.until, DUE_EXPIRY, id);
            proposal.state = ProposalState::Open;
        }
        (ProposalState::Open | ProposalState::Ended { .. }, false)
        | (ProposalState::Accepted { .. } | ProposalState::Ended { .. }, true) => {}
    }
    Ok(())
}

/// How many organisations that govern agree.
pub(super) fn agreeing(view: &View<'_>, proposal: &Proposal) -> usize {
    let members = view.get::<GovernanceRecord>(&()).map_or_else(Vec::new, |record| record.members);
    let agree = |ballot: &&Ballot| ballot.approve && members.contains(&ballot.organisation);
    proposal.ballots.iter().filter(agree).count()
}

/// Handles what falls due: a proposal expires, takes effect, or is forgotten.
///
/// Source: GOV-11.
pub(super) fn due(view: &mut View<'_>, item: &DueItem) {
    let id = item.record;
    let Some(mut proposal) = view.get::<Proposal>(&id) else { return };
    match (item.kind, proposal.state.clone()) {
        (DUE_EXPIRY, ProposalState::Open) => end(view, id, &mut proposal, End::Expired),
        (DUE_EFFECT, ProposalState::Accepted { .. }) => {
            // A plan that stands is applied as a whole; one that does not stand has written nothing.
            let done = plan(view, &proposal.changes).and_then(|plan: Plan| plan.apply(view));
            end(view, id, &mut proposal, done.map_or_else(End::Refused, |()| End::Applied));
        }
        (DUE_FORGET, ProposalState::Ended { .. }) => view.remove::<Proposal>(&id),
        _ => {}
    }
}

fn end(view: &mut View<'_>, id: RecordId, proposal: &mut Proposal, end: End) {
    proposal.state = ProposalState::Ended { height: view.height(), end };
    view.remove::<OpenProposal>(&(proposal.organisation, id));
    view.put(&id, proposal);
    due::schedule(view, kept_until(view.now()), DUE_FORGET, id);
}

fn kept_until(ended: BlockTime) -> BlockTime {
    ended.plus(KEPT_MS)
}

fn limit(count: usize) -> Detail {
    Detail::Limit(u64::try_from(count).unwrap_or(u64::MAX))
}
