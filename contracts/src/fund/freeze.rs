//! This exists to let the regulator stop money where it is. Source: FND-28, INV-G10.
//!
//! What the bank says is never stopped: it tells what has happened already.

use super::records::{Frozen, Fund, Payment, ServiceContract, Signatory};
use super::signers;
use crate::registry::Role;
use crate::registry::roles::officer;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::types::RecordId;
use linli_ledger::view::View;

/// Refuses if one of these is frozen.
///
/// # Errors
/// [`Code::Frozen`] with the record.
pub(super) fn check_free(view: &View<'_>, records: &[RecordId]) -> Result<(), Rejection> {
    match records.iter().find(|record| view.has::<Frozen>(record)) {
        Some(record) => Err(Rejection::new(Code::Frozen, &[Detail::Record(record.0)])),
        None => Ok(()),
    }
}

/// Freezes a fund, a contract or a payment.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`]; as `officer` for a regulator at the fund's
/// scope; [`Code::State`] for one that is frozen.
///
/// Source: FND-28.1.
pub(super) fn freeze(
    view: &mut View<'_>,
    parties: &[Party],
    record: RecordId,
    order: Digest,
) -> Result<(), Rejection> {
    let by = regulator(view, parties, record)?;
    ensure(!view.has::<Frozen>(&record), Code::State)?;
    let at = view.now();
    view.put(&record, &Frozen { order, by, at });
    Ok(())
}

/// Lifts a freeze.
///
/// # Errors
/// As [`freeze`], with [`Code::State`] for one that is not frozen.
///
/// Source: FND-28.2.
pub(super) fn lift(
    view: &mut View<'_>,
    parties: &[Party],
    record: RecordId,
) -> Result<(), Rejection> {
    regulator(view, parties, record)?;
    ensure(view.has::<Frozen>(&record), Code::State)?;
    view.remove::<Frozen>(&record);
    Ok(())
}

fn regulator(view: &View<'_>, parties: &[Party], record: RecordId) -> Result<Signatory, Rejection> {
    let party = signers::only(parties)?;
    let contract = view.get::<Payment>(&record).map_or(record, |payment| payment.terms.contract);
    let contract = view.get::<ServiceContract>(&contract);
    let fund = contract.map_or(record, |contract| contract.terms.fund);
    let fund = view.get::<Fund>(&fund).ok_or(Code::NotFound)?;
    officer(view, party, &[Role::Regulator], &fund.scope).map(|officer| Signatory::of(&officer))
}
