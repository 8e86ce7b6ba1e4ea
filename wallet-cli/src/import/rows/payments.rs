//! This exists to request, approve and instruct payments, and to record what the bank says of them.

use super::super::planner::{Planner, document};
use super::super::prepared::Party;
use super::super::table::{Cells, Fault};
use super::super::value;
use super::contracts::position;
use linli_contracts::fund::{self, PaymentKind, PaymentTerms};
use linli_ledger::code::Code;
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockTime, RecordId, derive_identifier};

pub(super) const COLUMNS: &[&str] = &[
    "code",
    "contract",
    "kind",
    "milestone",
    "amount",
    "payee_account",
    "invoice",
    "requested_by",
    "requested_at",
    "edited_amount",
    "edited_at",
    "approvals",
    "refused_by",
    "refused_at",
    "instructed_by",
    "instructed_at",
    "instruction",
];

pub(super) const BANK_COLUMNS: &[&str] = &[
    "instruction",
    "result",
    "reference",
    "value_date",
    "amount",
    "payer_account",
    "payee_account",
    "receipt",
    "failure_code",
    "bank",
    "at",
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Advance,
    Milestone,
    Performance,
    Retention,
}

const KINDS: &[(&str, Kind)] = &[
    ("advance", Kind::Advance),
    ("milestone", Kind::Milestone),
    ("performance", Kind::Performance),
    ("retention", Kind::Retention),
];

#[derive(Clone, Copy, Debug)]
enum Verdict {
    Paid,
    Failed,
}

/// An approval: who, when, and which version of the request, where the cell says so.
struct Approval {
    by: Party,
    at: BlockTime,
    version: Option<u32>,
}

/// A payment from its request to the instruction of the bank.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.payments)?;
    let terms = terms(planner, cells)?;
    let maker = cells.refer("requested_by", &planner.known.signers)?;
    let requested_at = cells.time("requested_at")?;
    let edited = match cells.optional("edited_amount") {
        None => None,
        Some(_) => Some((cells.yuan("edited_amount")?, cells.time("edited_at")?)),
    };
    let approvals = cells.list("approvals", |text| approval(planner, text))?;
    let refuser = cells.refer_optional("refused_by", &planner.known.signers)?;
    let refused = refuser.map(|by| Ok((by, cells.time("refused_at")?))).transpose()?;
    let treasurer = cells.refer_optional("instructed_by", &planner.known.signers)?;
    let instructed = match treasurer {
        None => None,
        Some(by) => Some((by, cells.time("instructed_at")?, cells.required("instruction")?)),
    };

    let call = fund::Call::PaymentRequest { terms: terms.clone() };
    let id = planner.submit(cells, requested_at, fund::CONTRACT, &[&maker], &call);
    let payment = RecordId(derive_identifier(&id, 0));
    let first_hash = fund::request_hash(payment, &terms, 0);
    let mut second = None;
    if let Some((amount, at)) = edited {
        let terms = PaymentTerms { amount, ..terms };
        second = Some((fund::request_hash(payment, &terms, 1), at));
        let call = fund::Call::PaymentEdit { payment, terms };
        planner.submit(cells, at, fund::CONTRACT, &[&maker], &call);
    }
    for Approval { by, at, version } in approvals {
        let request_hash = version_read(first_hash, second, at, version);
        let call = fund::Call::Approve { payment, request_hash };
        planner.submit(cells, at, fund::CONTRACT, &[&by], &call);
    }
    if let Some((by, at)) = refused {
        let request_hash = version_read(first_hash, second, at, None);
        let call = fund::Call::Refuse { payment, request_hash };
        planner.submit(cells, at, fund::CONTRACT, &[&by], &call);
    }
    if let Some((by, at, instruction)) = instructed {
        let instruction = *document(instruction).bytes();
        let call = fund::Call::PaymentInstruct { payment, instruction };
        planner.submit(cells, at, fund::CONTRACT, &[&by], &call);
    }
    planner.names.records.insert(payment, code.clone());
    planner.known.payments.insert(code, payment);
    Ok(())
}

/// The hash of the version that somebody read: the one named, or the latest at that time.
fn version_read(
    first: Digest,
    second: Option<(Digest, BlockTime)>,
    at: BlockTime,
    version: Option<u32>,
) -> Digest {
    let edited = second.filter(|(_, edited_at)| version.map_or(*edited_at <= at, |n| n > 1));
    edited.map_or(first, |(hash, _)| hash)
}

fn terms(planner: &Planner, cells: &Cells) -> Result<PaymentTerms, Fault> {
    let kind = match cells.choice("kind", KINDS)? {
        Kind::Advance => PaymentKind::Advance,
        Kind::Milestone => PaymentKind::Milestone(position(cells, "milestone")?),
        Kind::Performance => PaymentKind::Performance,
        Kind::Retention => PaymentKind::Retention,
    };
    Ok(PaymentTerms {
        contract: cells.refer("contract", &planner.known.contracts)?,
        kind,
        amount: cells.yuan("amount")?,
        payee_account: planner.account(cells.required("payee_account")?),
        invoice: *document(cells.required("invoice")?).bytes(),
    })
}

/// `clerk@2026-01-05 09:30`, with `#1` at the end for the request as it was before an edit.
fn approval(planner: &Planner, text: &str) -> Result<Approval, Code> {
    let (by, at) = text.split_once('@').ok_or(Code::RowReference)?;
    let (at, version) = match at.split_once('#') {
        None => (at, None),
        Some((at, version)) => (at, Some(value::number(version.trim())?)),
    };
    let by = planner.known.signers.get(by.trim()).cloned().ok_or(Code::RowReference)?;
    Ok(Approval { by, at: value::time(at.trim())?, version })
}

/// What the bank says: paid, or that it could not.
pub(super) fn bank(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let instruction = *document(cells.required("instruction")?).bytes();
    let bank = cells.refer("bank", &planner.known.signers)?;
    let at = cells.time("at")?;
    let call =
        match cells.choice("result", &[("paid", Verdict::Paid), ("failed", Verdict::Failed)])? {
            Verdict::Failed => {
                fund::Call::BankFail { instruction, code: cells.number("failure_code")? }
            }
            Verdict::Paid => fund::Call::BankConfirm {
                instruction,
                bank_reference: *document(cells.required("reference")?).bytes(),
                value_date: cells.day("value_date")?,
                amount: cells.yuan("amount")?,
                payer_account: planner.account(cells.required("payer_account")?),
                payee_account: planner.account(cells.required("payee_account")?),
                receipt: document(cells.required("receipt")?),
            },
        };
    planner.submit(cells, at, fund::CONTRACT, &[&bank], &call);
    Ok(())
}
