//! This exists to hold back a part of the price until no fault was found for long enough. Source:
//! FND-25, `domain` §3.5.

use super::accounts::FundAccount;
use super::freeze::check_free;
use super::reading::held;
use super::records::{Fund, MilestoneState, ServiceContract, Signatory};
use super::signers;
use crate::registry::Role;
use crate::registry::roles::{Parameter, officer, parameter};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money;
use linli_ledger::types::{BlockTime, RecordId};
use linli_ledger::view::View;

impl ServiceContract {
    /// Whether every milestone was accepted, in whole or in part.
    pub fn is_all_accepted(&self) -> bool {
        self.milestones.iter().all(|milestone| match milestone.state {
            MilestoneState::Accepted { .. } => true,
            MilestoneState::Scheduled | MilestoneState::Submitted { .. } => false,
        })
    }

    /// Whether fen are held back.
    pub(super) fn holds_back(&self) -> bool {
        self.withheld.terms.retention > Fen::ZERO && !self.withheld.retention_released
    }

    /// From when the retention may be released; `None` before everything is accepted.
    pub fn retention_free_from(&self, wait_ms: u64) -> Option<BlockTime> {
        let accepted = self.accepted_at.filter(|_| self.is_all_accepted())?;
        let last = self.finding_at.map_or(accepted, |finding| accepted.max(finding));
        Some(last.plus(wait_ms))
    }
}

/// Releases what was held back: from now on it may be asked for.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::Cosign`] unless purchaser and fund administrator sign, in
/// whichever order; as `officer_of`; [`Code::DuplicateApprover`] for one person; [`Code::State`] for a
/// closed contract or one that holds nothing back; [`Code::Frozen`]; [`Code::RetentionTime`] before
/// everything is accepted, while money is claimed back, or before its time, with the time.
///
/// Source: FND-25.1.
pub(super) fn release(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
) -> Result<(), Rejection> {
    let mut contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    let fund = view.get::<Fund>(&contract.terms.fund).ok_or(Code::NotFound)?;
    signers::buyer_and_keeper(view, parties, &contract, &fund)?;
    contract.check_active()?;
    ensure(contract.holds_back(), Code::State)?;
    check_free(view, &[contract.terms.fund, id])?;
    let wait = parameter(view, Parameter::RetentionTime);
    let free_from = contract.retention_free_from(wait).ok_or(Code::RetentionTime)?;
    ensure(contract.claimed_back == Fen::ZERO, Code::RetentionTime)?;
    if view.now() < free_from {
        return Err(Rejection::new(Code::RetentionTime, &[Detail::Time(free_from.0)]));
    }
    let from = FundAccount::Retained(id);
    let segments = held(view, from);
    // At the end of a year all of it may have lapsed: then nothing is left to move, and the contract goes on.
    if !segments.is_empty() {
        money::transfer(view, &from.key(), &FundAccount::Committed(id).key(), &segments)?;
    }
    contract.withheld.retention_released = true;
    view.put(&id, &contract);
    Ok(())
}

/// A fault was found: the retention waits again.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`]; as `officer` for an auditor, a regulator or an
/// acceptance officer at the place; [`Code::RelatedApprover`] for who is related to the provider, or
/// signed or delivered for it; [`Code::State`] for a closed contract.
///
/// Source: FND-25.2.
pub(super) fn find(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    finding: Digest,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    let mut contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    let roles = [Role::Auditor, Role::Regulator, Role::Acceptance];
    let officer = officer(view, party, &roles, &contract.terms.place)?;
    let related = signers::related(view, &officer, contract.terms.provider);
    let by = Signatory::of(&officer);
    ensure(!related && !by.among(view, contract.sellers()), Code::RelatedApprover)?;
    contract.check_active()?;
    contract.finding_at = Some(view.now());
    contract.finding = Some(finding);
    view.put(&id, &contract);
    Ok(())
}
