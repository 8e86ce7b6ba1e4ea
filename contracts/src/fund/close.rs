//! This exists to end a contract: what was not paid returns to the fund, fen for fen. Source: FND-15.

use super::accounts::FundAccount;
use super::freeze::check_free;
use super::reading::held;
use super::records::{ActiveContract, ContractState, Fund, Line, ServiceContract};
use super::{payment, signers};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::contract::Party;
use linli_ledger::limits::SEGMENTS_MAX;
use linli_ledger::posting::money;
use linli_ledger::types::RecordId;
use linli_ledger::view::View;

/// Closes a contract.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::Cosign`] unless purchaser and fund administrator sign, in
/// whichever order; as `officer_of`; [`Code::DuplicateApprover`] for one person; [`Code::State`] for a
/// closed contract; [`Code::CloseBlocked`] with a payment that is open; [`Code::Frozen`];
/// [`Code::CloseBlocked`] with the contract while it holds back what is the provider's.
///
/// Source: FND-15.1.
pub(super) fn close(view: &mut View<'_>, parties: &[Party], id: RecordId) -> Result<(), Rejection> {
    let contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    let fund = view.get::<Fund>(&contract.terms.fund).ok_or(Code::NotFound)?;
    signers::buyer_and_keeper(view, parties, &contract, &fund)?;
    contract.check_active()?;
    let mut contract = payment::settled(view, id, &contract)?;
    if let Some(open) = contract.open.first() {
        return Err(Rejection::new(Code::CloseBlocked, &[Detail::Record(open.0)]));
    }

    check_free(view, &[contract.terms.fund, id])?;
    // What was held back for faults that nobody found is the provider's.
    let owed = contract.holds_back() && contract.is_all_accepted() && contract.finding_at.is_none();
    if owed {
        return Err(Rejection::new(Code::CloseBlocked, &[Detail::Record(id.0)]));
    }

    let to = FundAccount::Available(contract.terms.fund);
    let mut released = Fen::ZERO;
    for from in [FundAccount::Committed(id), FundAccount::Retained(id)] {
        let rest = held(view, from);
        for part in rest.chunks(SEGMENTS_MAX) {
            money::transfer(view, &from.key(), &to.key(), part)?;
        }
        released = released.plus(Fen::sum(rest.iter().map(|segment| Fen(segment.length)))?)?;
    }
    let mut line = view.get::<Line>(&contract.terms.line).ok_or(Code::NotFound)?;
    line.release(released);
    view.put(&contract.terms.line, &line);
    contract.released = contract.released.plus(released)?;
    view.remove::<ActiveContract>(&(contract.terms.fund, id));
    contract.state = ContractState::Closed;
    view.put(&id, &contract);
    Ok(())
}
