//! This exists to end a contract: what was not paid returns to the fund, fen for fen. Source: FND-15.

use super::accounts::FundAccount;
use super::records::{ContractState, Fund, Line, ServiceContract, Signatory};
use super::{payment, signers};
use crate::registry::Role;
use crate::registry::roles::officer_of;
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::limits::SEGMENTS_MAX;
use linli_ledger::posting::money::{self, Segment};
use linli_ledger::types::RecordId;
use linli_ledger::view::{Order, View};

/// Closes a contract.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::Cosign`] unless purchaser and fund administrator sign, in
/// whichever order; as `officer_of`; [`Code::DuplicateApprover`] for one person; [`Code::State`] for a
/// closed contract; [`Code::CloseBlocked`] with a payment that is open.
///
/// Source: FND-15.1.
pub(super) fn close(view: &mut View<'_>, parties: &[Party], id: RecordId) -> Result<(), Rejection> {
    let contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    let fund = view.get::<Fund>(&contract.terms.fund).ok_or(Code::NotFound)?;
    let (purchaser, administrator) = signers::both(parties, |purchaser, administrator| {
        let (place, organisation) = (&contract.terms.place, contract.terms.purchaser);
        let purchaser = officer_of(view, purchaser, &[Role::Purchaser], place, organisation)?;
        let role = [Role::FundAdministrator];
        let administrator = officer_of(view, administrator, &role, &fund.scope, fund.organisation)?;
        Ok((Signatory::of(&purchaser), Signatory::of(&administrator)))
    })?;
    ensure(!purchaser.is(view, &administrator), Code::DuplicateApprover)?;
    contract.check_active()?;
    let mut contract = payment::settled(view, id, &contract)?;
    if let Some(open) = contract.open.first() {
        return Err(Rejection::new(Code::CloseBlocked, &[Detail::Record(open.0)]));
    }

    let (from, to) = (FundAccount::Committed(id), FundAccount::Available(contract.terms.fund));
    let rest: Vec<Segment> = money::holdings(view, &from.key(), Order::Ascending)
        .into_iter()
        .map(|(_, segment)| segment)
        .collect();
    let rest = money::coalesced(rest);
    for part in rest.chunks(SEGMENTS_MAX) {
        money::transfer(view, &from.key(), &to.key(), part)?;
    }
    let released = Fen::sum(rest.iter().map(|segment| Fen(segment.length)))?;
    let mut line = view.get::<Line>(&contract.terms.line).ok_or(Code::NotFound)?;
    line.release(released);
    view.put(&contract.terms.line, &line);
    contract.released = released;
    contract.state = ContractState::Closed;
    view.put(&id, &contract);
    Ok(())
}
