//! This exists to take in money that nobody can explain yet, to say later what it is or to send it back,
//! and to give free money another purpose.

use super::super::planner::{Planner, document};
use super::super::prepared::NO_SOURCE;
use super::super::table::{Cells, Fault};
use super::funds::{CLASSES, LEVELS, earmark};
use linli_contracts::fund;

pub(super) const COLUMNS: &[&str] = &[
    "code",
    "fund",
    "amount",
    "bank_reference",
    "value_date",
    "account",
    "receipt",
    "level",
    "treasurer",
    "bank",
    "received_at",
];

pub(super) const RESOLUTION_COLUMNS: &[&str] = &[
    "source",
    "class",
    "donor",
    "purposes",
    "places",
    "beneficiaries",
    "line",
    "available_from",
    "lapse_on",
    "excluded",
    "document",
    "signed_by",
    "at",
];

pub(super) const RETURN_COLUMNS: &[&str] =
    &["source", "reference", "value_date", "receipt", "signed_by", "at"];

pub(super) const PURPOSE_COLUMNS: &[&str] = &[
    "source",
    "start",
    "amount",
    "purposes",
    "places",
    "beneficiaries",
    "line",
    "available_from",
    "lapse_on",
    "excluded",
    "document",
    "signed_by",
    "at",
];

/// Money that came in without a word what for.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.sources)?;
    let bank_reference = *document(cells.required("bank_reference")?).bytes();
    let call = fund::Call::SuspenseReceive {
        fund: cells.refer("fund", &planner.known.funds)?,
        amount: cells.yuan("amount")?,
        bank_reference,
        value_date: cells.day("value_date")?,
        account: planner.account(cells.required("account")?),
        receipt: document(cells.required("receipt")?),
        level: cells.choice("level", LEVELS)?,
    };
    let treasurer = cells.refer("treasurer", &planner.known.signers)?;
    let bank = cells.refer_optional("bank", &planner.known.signers)?;
    let at = cells.time("received_at")?;

    let signers: Vec<_> = std::iter::once(&treasurer).chain(&bank).collect();
    planner.submit(cells, at, fund::CONTRACT, &signers, &call);
    planner.known.sources.insert(code, bank_reference);
    Ok(())
}

/// It turned out what such money is.
pub(super) fn resolution(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let reference = cells.refer("source", &planner.known.sources)?;
    let call = fund::Call::SuspenseResolve {
        source: NO_SOURCE,
        class: cells.choice("class", CLASSES)?,
        donor: cells.refer("donor", &planner.known.organisations)?,
        earmark: earmark(planner, cells)?,
        document: document(cells.required("document")?),
    };
    submit(planner, cells, reference, call)?;
    planner.names.resolved.insert(reference, cells.required("source")?.to_owned());
    Ok(())
}

/// Nobody found out, and it went back to whoever sent it.
pub(super) fn sent_back(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let reference = cells.refer("source", &planner.known.sources)?;
    let call = fund::Call::SuspenseReturn {
        source: NO_SOURCE,
        bank_reference: *document(cells.required("reference")?).bytes(),
        value_date: cells.day("value_date")?,
        receipt: document(cells.required("receipt")?),
    };
    submit(planner, cells, reference, call)
}

/// Free money of a source gets another purpose: which of its fen, is said in yuan from its first.
pub(super) fn reclassification(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let reference = cells.refer("source", &planner.known.sources)?;
    let call = fund::Call::Reclassify {
        source: NO_SOURCE,
        start: cells.yuan("start")?.0,
        amount: cells.yuan("amount")?,
        earmark: earmark(planner, cells)?,
        document: document(cells.required("document")?),
    };
    submit(planner, cells, reference, call)
}

fn submit(
    planner: &mut Planner,
    cells: &Cells,
    reference: [u8; 32],
    call: fund::Call,
) -> Result<(), Fault> {
    let signers = cells.refer_list("signed_by", &planner.known.signers)?;
    let at = cells.time("at")?;
    let signers: Vec<_> = signers.iter().collect();
    planner.submit_of_source(cells, at, &signers, reference, call);
    Ok(())
}
