//! This exists to sign contracts, and to deliver and accept what they promise.

use super::super::planner::{Planner, document};
use super::super::table::{Cells, Fault};
use super::super::value;
use super::funds::BENEFICIARIES;
use linli_contracts::fund::{self, ContractTerms, MilestoneTerms, PerformanceTerms};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{RecordId, derive_identifier};

pub(super) const COLUMNS: &[&str] = &[
    "code",
    "fund",
    "line",
    "purchaser",
    "provider",
    "catalogue",
    "place",
    "beneficiaries",
    "total",
    "advance_max",
    "milestones",
    "from",
    "to",
    "payee_account",
    "document",
    "purchaser_officer",
    "provider_officer",
    "signed_at",
    "closed_by",
    "closed_at",
];

/// What is not paid for milestones: by the score of an evaluation, and once no fault was found.
pub(super) const EXTRA: &[&str] = &["linked", "retention"];

pub(super) const ACCEPTANCE_COLUMNS: &[&str] = &[
    "contract",
    "milestone",
    "document",
    "submitted_by",
    "submitted_at",
    "accepted_percent",
    "accepted_by",
    "accepted_at",
];

/// A contract: both parties sign one body, and its money is committed.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.contracts)?;
    let terms = terms(planner, cells, &code)?;
    let performance = performance(cells)?;
    let purchaser = cells.refer("purchaser_officer", &planner.known.signers)?;
    let provider = cells.refer_optional("provider_officer", &planner.known.signers)?;
    let at = cells.time("signed_at")?;
    let closed = match cells.optional("closed_by") {
        None => None,
        Some(_) => {
            Some((cells.refer_list("closed_by", &planner.known.signers)?, cells.time("closed_at")?))
        }
    };

    let mut signers = vec![&purchaser];
    signers.extend(provider.as_ref());
    let call = match performance {
        None => fund::Call::ContractSign { terms },
        Some(performance) => fund::Call::ContractSignLinked { terms, performance },
    };
    let id = planner.submit(cells, at, fund::CONTRACT, &signers, &call);
    let contract = RecordId(derive_identifier(&id, 0));
    if let Some((officers, at)) = closed {
        let officers: Vec<_> = officers.iter().collect();
        let call = fund::Call::CloseOut { contract };
        planner.submit(cells, at, fund::CONTRACT, &officers, &call);
    }
    planner.names.records.insert(contract, code.clone());
    planner.known.contracts.insert(code, contract);
    Ok(())
}

fn terms(planner: &Planner, cells: &Cells, code: &str) -> Result<ContractTerms, Fault> {
    Ok(ContractTerms {
        number: code.to_owned(),
        fund: cells.refer("fund", &planner.known.funds)?,
        line: cells.refer("line", &planner.known.lines)?,
        purchaser: cells.refer("purchaser", &planner.known.organisations)?,
        provider: cells.refer("provider", &planner.known.organisations)?,
        catalogue: cells.text("catalogue")?,
        place: cells.text("place")?,
        beneficiaries: cells.choice("beneficiaries", BENEFICIARIES)?,
        total: cells.yuan("total")?,
        advance_max: cells.yuan("advance_max")?,
        milestones: cells.list("milestones", milestone)?,
        from: cells.day("from")?,
        to: cells.day("to")?,
        payee_account: planner.account(cells.required("payee_account")?),
        document: document(cells.required("document")?),
    })
}

/// The parts of the price that are no milestones, where there is one.
fn performance(cells: &Cells) -> Result<Option<PerformanceTerms>, Fault> {
    let part = |column| match cells.optional(column) {
        None => Ok(Fen::ZERO),
        Some(_) => cells.yuan(column),
    };
    let is_plain = EXTRA.iter().all(|column| cells.optional(column).is_none());
    let terms = PerformanceTerms { linked: part("linked")?, retention: part("retention")? };
    Ok((!is_plain).then_some(terms))
}

/// `4200.00@2026-03-15`: what is paid, and the last day of delivery.
fn milestone(text: &str) -> Result<MilestoneTerms, Code> {
    let (amount, due) = text.split_once('@').ok_or(Code::JsonNumber)?;
    Ok(MilestoneTerms { amount: value::yuan(amount.trim())?, due: value::day(due.trim())? })
}

/// What a provider delivers, and what two officers accept of it.
pub(super) fn acceptance(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let contract = cells.refer("contract", &planner.known.contracts)?;
    let milestone = position(cells, "milestone")?;
    let document = document(cells.required("document")?);
    let provider = cells.refer("submitted_by", &planner.known.signers)?;
    let submitted_at = cells.time("submitted_at")?;
    let accepted = match cells.optional("accepted_by") {
        None => None,
        Some(_) => Some((
            cells.refer_list("accepted_by", &planner.known.signers)?,
            cells.percent("accepted_percent")?,
            cells.time("accepted_at")?,
        )),
    };

    let call = fund::Call::DeliverableSubmit { contract, milestone, document };
    planner.submit(cells, submitted_at, fund::CONTRACT, &[&provider], &call);
    if let Some((officers, accepted_bp, at)) = accepted {
        let officers: Vec<_> = officers.iter().collect();
        let call = fund::Call::AcceptanceSign { contract, milestone, document, accepted_bp };
        planner.submit(cells, at, fund::CONTRACT, &officers, &call);
    }
    Ok(())
}

/// A milestone is counted from 1 by people and from 0 on the chain.
pub(super) fn position(cells: &Cells, column: &'static str) -> Result<u32, Fault> {
    let number: u32 = cells.number(column)?;
    number.checked_sub(1).ok_or(Fault { column, code: Code::RowReference })
}
