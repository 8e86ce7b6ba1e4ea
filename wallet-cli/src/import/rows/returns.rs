//! This exists to take money back: returned by the bank, reversed because it was entered wrongly, claimed
//! from a provider, lapsed at the end of a year.

use super::super::planner::{Planner, document};
use super::super::prepared::NO_SOURCE;
use super::super::table::{Cells, Fault};
use linli_contracts::fund::{self, Entry};
use linli_ledger::code::Code;
use linli_ledger::types::{RecordId, derive_identifier};

pub(super) const COLUMNS: &[&str] =
    &["instruction", "amount", "reference", "value_date", "receipt", "bank", "at"];

pub(super) const REVERSAL_COLUMNS: &[&str] =
    &["code", "payment", "source", "reason", "signed_by", "at"];

pub(super) const ORDER_COLUMNS: &[&str] =
    &["code", "contract", "amount", "finding", "ordered_by", "ordered_at"];

pub(super) const REFUND_COLUMNS: &[&str] =
    &["order", "amount", "reference", "value_date", "account", "receipt", "bank", "at"];

pub(super) const CLOSING_COLUMNS: &[&str] =
    &["fund", "year", "trial_balance", "statements", "signed_by", "at"];

pub(super) const TREASURY_COLUMNS: &[&str] =
    &["fund", "amount", "reference", "value_date", "receipt", "signed_by", "at"];

/// Money of a payment that the bank had to credit again.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let call = fund::Call::BankReturn {
        instruction: *document(cells.required("instruction")?).bytes(),
        amount: cells.yuan("amount")?,
        bank_reference: *document(cells.required("reference")?).bytes(),
        value_date: cells.day("value_date")?,
        receipt: document(cells.required("receipt")?),
    };
    let bank = cells.refer("bank", &planner.known.signers)?;
    let at = cells.time("at")?;
    planner.submit(cells, at, fund::CONTRACT, &[&bank], &call);
    Ok(())
}

/// A wrong entry, mirrored: of money that came in, or of a payment. Or of a reversal, which is refused.
pub(super) fn reversal(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.reversals)?;
    let source = cells.refer_optional("source", &planner.known.sources)?;
    let reversal = cells.optional("payment").and_then(|code| planner.known.reversals.get(code));
    let entry = match (source, reversal) {
        (Some(_), _) => Entry::Source(NO_SOURCE),
        (None, Some(Some(reversal))) => Entry::Reversal(*reversal),
        (None, _) => Entry::Payment(cells.refer("payment", &planner.known.payments)?),
    };
    if source.is_some() && cells.optional("payment").is_some() {
        return Err(Fault { column: "source", code: Code::RowChoice });
    }
    let reason = document(cells.required("reason")?);
    let signers = cells.refer_list("signed_by", &planner.known.signers)?;
    let at = cells.time("at")?;

    let signers: Vec<_> = signers.iter().collect();
    let call = fund::Call::Reverse { entry, reason };
    if let Some(reference) = source {
        planner.submit_of_source(cells, at, &signers, reference, call);
        planner.known.reversals.insert(code, None);
        return Ok(());
    }
    let id = planner.submit(cells, at, fund::CONTRACT, &signers, &call);
    let id = RecordId(derive_identifier(&id, 0));
    planner.names.records.insert(id, code.clone());
    planner.known.reversals.insert(code, Some(id));
    Ok(())
}

/// What a provider is told to pay back.
pub(super) fn order(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.orders)?;
    let call = fund::Call::ClawbackOrder {
        contract: cells.refer("contract", &planner.known.contracts)?,
        amount: cells.yuan("amount")?,
        finding: document(cells.required("finding")?),
    };
    let by = cells.refer("ordered_by", &planner.known.signers)?;
    let at = cells.time("ordered_at")?;

    let id = planner.submit(cells, at, fund::CONTRACT, &[&by], &call);
    let id = RecordId(derive_identifier(&id, 0));
    planner.names.records.insert(id, code.clone());
    planner.known.orders.insert(code, id);
    Ok(())
}

/// What the bank says came back of it.
pub(super) fn refund(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let call = fund::Call::Refund {
        order: cells.refer("order", &planner.known.orders)?,
        amount: cells.yuan("amount")?,
        bank_reference: *document(cells.required("reference")?).bytes(),
        value_date: cells.day("value_date")?,
        account: planner.account(cells.required("account")?),
        receipt: document(cells.required("receipt")?),
    };
    let bank = cells.refer("bank", &planner.known.signers)?;
    let at = cells.time("at")?;
    planner.submit(cells, at, fund::CONTRACT, &[&bank], &call);
    Ok(())
}

/// The end of a fund's year.
pub(super) fn closing(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let call = fund::Call::FiscalClose {
        fund: cells.refer("fund", &planner.known.funds)?,
        year: cells.number("year")?,
        trial_balance: document(cells.required("trial_balance")?),
        statements: document(cells.required("statements")?),
    };
    let signers = cells.refer_list("signed_by", &planner.known.signers)?;
    let at = cells.time("at")?;
    let signers: Vec<_> = signers.iter().collect();
    planner.submit(cells, at, fund::CONTRACT, &signers, &call);
    Ok(())
}

/// Lapsed money that went back to the treasury.
pub(super) fn treasury(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let call = fund::Call::TreasuryReturn {
        fund: cells.refer("fund", &planner.known.funds)?,
        amount: cells.yuan("amount")?,
        bank_reference: *document(cells.required("reference")?).bytes(),
        value_date: cells.day("value_date")?,
        receipt: document(cells.required("receipt")?),
    };
    let signers = cells.refer_list("signed_by", &planner.known.signers)?;
    let at = cells.time("at")?;
    let signers: Vec<_> = signers.iter().collect();
    planner.submit(cells, at, fund::CONTRACT, &signers, &call);
    Ok(())
}
