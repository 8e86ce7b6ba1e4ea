//! This exists to record what was delivered and that two independent officers accepted it. Source:
//! FND-10, `domain` §3.5.

use super::records::{ContractState, Milestone, MilestoneState, ServiceContract, Signatory};
use super::signers;
use crate::registry::Role;
use crate::registry::roles::officer;
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::types::RecordId;
use linli_ledger::view::View;

/// All of a milestone.
const WHOLE_BP: u32 = 10_000;

impl ServiceContract {
    /// A milestone by position.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub(super) fn milestone(&self, position: u32) -> Result<&Milestone, Rejection> {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        self.milestones.get(position).ok_or_else(|| Code::NotFound.into())
    }

    /// As [`ServiceContract::milestone`], to change it.
    pub(super) fn milestone_mut(&mut self, position: u32) -> Result<&mut Milestone, Rejection> {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        self.milestones.get_mut(position).ok_or_else(|| Code::NotFound.into())
    }

    /// What was accepted of a milestone, rounded down; `None` before acceptance.
    pub fn accepted(&self, position: u32) -> Option<Fen> {
        let state = self.milestone(position).ok()?.state;
        let position = usize::try_from(position).ok()?;
        let amount = self.terms.milestones.get(position)?.amount;
        match state {
            MilestoneState::Scheduled | MilestoneState::Submitted { .. } => None,
            MilestoneState::Accepted { accepted_bp, .. } => Some(amount.share(accepted_bp)),
        }
    }

    /// Everybody who accepted something.
    pub(super) fn acceptors(&self) -> impl Iterator<Item = Signatory> {
        self.milestones.iter().flat_map(|milestone| match milestone.state {
            MilestoneState::Scheduled | MilestoneState::Submitted { .. } => Vec::new(),
            MilestoneState::Accepted { by, .. } => by.to_vec(),
        })
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// [`Code::State`].
    pub(super) fn check_active(&self) -> Result<(), Rejection> {
        match self.state {
            ContractState::Active => Ok(()),
            ContractState::Closed => Err(Code::State.into()),
        }
    }
}

/// The provider delivers; before acceptance it may deliver again.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`] for contract or milestone; as `officer_of` for
/// the provider's officer; [`Code::SodAcceptance`] for somebody who accepted something of the contract
/// or asked for, approved, instructed or resolved payments of it; [`Code::State`] for a closed contract
/// or an accepted milestone.
///
/// Source: FND-10.1, FND-17.
pub(super) fn submit(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    milestone: u32,
    document: Digest,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    let mut contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    contract.milestone(milestone)?;
    let submitted_by =
        signers::provider(view, party, contract.terms.provider, &contract.terms.place)?;
    if let Some(by) = submitted_by {
        let acceptors: Vec<Signatory> = contract.acceptors().collect();
        let others = acceptors.iter().chain(&contract.makers).chain(&contract.payers);
        ensure(!by.among(view, others), Code::SodAcceptance)?;
        signers::remember(&mut contract.deliverers, by);
    }
    contract.check_active()?;
    let milestone = contract.milestone_mut(milestone)?;
    milestone.state = match milestone.state {
        MilestoneState::Scheduled | MilestoneState::Submitted { .. } => {
            MilestoneState::Submitted { document, submitted_by }
        }
        MilestoneState::Accepted { .. } => return Err(Code::State.into()),
    };
    view.put(&id, &contract);
    Ok(())
}

/// Two officers accept what was delivered.
///
/// # Errors
/// In this order: [`Code::Cosign`] unless two sign; [`Code::AmountZero`], [`Code::AmountRange`] for
/// basis points outside 1 to 10 000; [`Code::NotFound`]; as `officer`; [`Code::DuplicateApprover`] for
/// one person with two keys; [`Code::SodAcceptance`] for who is related to the provider, for who signed the
/// contract or delivered, and for who asked for payments; [`Code::State`] unless it was submitted; [`Code::ApprovalStale`] for another document.
///
/// Source: FND-10.2, FND-17, SOD-6, INV-M13.
pub(super) fn accept(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    position: u32,
    document: Digest,
    accepted_bp: u32,
) -> Result<(), Rejection> {
    let [first, second] = parties else {
        return Err(Code::Cosign.into());
    };
    ensure(accepted_bp > 0, Code::AmountZero)?;
    ensure(accepted_bp <= WHOLE_BP, Code::AmountRange)?;
    let mut contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    contract.milestone(position)?;
    let (place, provider) = (&contract.terms.place, contract.terms.provider);
    let officers = [
        officer(view, first, &[Role::Acceptance], place)?,
        officer(view, second, &[Role::Acceptance], place)?,
    ];
    let by = officers.each_ref().map(Signatory::of);
    let [one, other] = by;
    ensure(!one.is(view, &other), Code::DuplicateApprover)?;
    for officer in &officers {
        ensure(!signers::related(view, officer, provider), Code::SodAcceptance)?;
    }
    for acceptor in &by {
        let others = contract.makers.iter().chain(contract.buyer()).chain(contract.sellers());
        ensure(!acceptor.among(view, others), Code::SodAcceptance)?;
    }
    contract.check_active()?;
    let milestone = contract.milestone_mut(position)?;
    let submitted_by = match milestone.state {
        MilestoneState::Submitted { document: submitted, submitted_by } => {
            ensure(document == submitted, Code::ApprovalStale)?;
            submitted_by
        }
        MilestoneState::Scheduled | MilestoneState::Accepted { .. } => {
            return Err(Code::State.into());
        }
    };
    milestone.state = MilestoneState::Accepted { document, accepted_bp, by, submitted_by };
    contract.accepted_at = Some(view.now());
    view.put(&id, &contract);
    Ok(())
}
