//! This exists to say how money comes in, what binds it, and how it reaches a payee: funds, earmarks,
//! budgets, contracts, acceptance, payments. Source: FND-1…15, `domain` §3, §4.
//!
//! The way of a fen: `SourceIssue` → fund → `ContractSign` → contract → last `Approve` → reserved →
//! `PaymentInstruct` → in flight → `BankConfirm` → payee; back to the contract when the payment is
//! refused, lapses or fails, back to the fund by `CloseOut`. Absent: refunds, year-end close, tenders.

mod acceptance;
mod accounts;
mod approval;
mod bank;
mod budget;
mod calls;
mod close;
mod earmark;
mod invariants;
mod payment;
mod procurement;
pub mod reading;
mod records;
mod signers;
mod source;
mod state;

pub use accounts::FundAccount;
pub use budget::{budget_hash, catalogue_id};
pub use calls::*;
pub use earmark::{Exclusion, Use, in_time};
pub use payment::request_hash;
pub use records::*;

use linli_ledger::code::{Code, Rejection};
use linli_ledger::codec::decode;
use linli_ledger::contract::{Broken, Contract, Party};
use linli_ledger::due::DueItem;
use linli_ledger::types::{Compartment, ContractId};
use linli_ledger::view::View;

/// The number of this contract.
pub const CONTRACT: ContractId = ContractId(5);

/// The rules of this contract, version 1.
#[derive(Clone, Copy, Debug)]
pub struct Funds;

impl Contract for Funds {
    fn id(&self) -> ContractId {
        CONTRACT
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Public
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok()
    }

    fn execute(
        &self,
        call: &[u8],
        parties: &[Party],
        view: &mut View<'_>,
    ) -> Result<(), Rejection> {
        // The door has decoded it already.
        let call: Call = decode(call, "a call").map_err(|_| Code::Encoding)?;
        run(call, parties, view)
    }

    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        if item.kind == approval::DUE_APPROVALS {
            approval::lapse(view, item.record);
        }
    }

    fn invariants(&self, view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
        invariants::check(view)
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each call")]
fn run(call: Call, parties: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
    match call {
        Call::CatalogueItem { code, name, listing } => {
            budget::list(view, parties, &code, &name, listing)
        }
        Call::FundOpen { name, organisation, scope, bank, account } => {
            source::open(view, parties, &name, organisation, &scope, bank, account)
        }
        Call::SourceIssue {
            fund,
            amount,
            class,
            donor,
            earmark,
            bank_reference,
            value_date,
            account,
            document,
            level,
        } => {
            let earmark = &earmark;
            let issue = source::Issue {
                fund,
                amount,
                class,
                donor,
                earmark,
                bank_reference,
                value_date,
                account,
                document,
                level,
            };
            source::issue(view, parties, &issue)
        }
        Call::BudgetDraft { fund, year, lines } => budget::draft(view, parties, fund, year, &lines),
        Call::BudgetApprove { budget, budget_hash } => {
            budget::approve(view, parties, budget, budget_hash)
        }
        Call::ContractSign { terms } => procurement::sign(view, parties, &terms),
        Call::DeliverableSubmit { contract, milestone, document } => {
            acceptance::submit(view, parties, contract, milestone, document)
        }
        Call::AcceptanceSign { contract, milestone, document, accepted_bp } => {
            acceptance::accept(view, parties, contract, milestone, document, accepted_bp)
        }
        Call::PaymentRequest { terms } => payment::request(view, parties, &terms),
        Call::PaymentEdit { payment, terms } => payment::edit(view, parties, payment, &terms),
        Call::Approve { payment, request_hash } => {
            approval::approve(view, parties, payment, request_hash)
        }
        Call::Refuse { payment, request_hash } => {
            approval::refuse(view, parties, payment, request_hash)
        }
        Call::PaymentInstruct { payment, instruction } => {
            bank::instruct(view, parties, payment, instruction)
        }
        Call::BankConfirm {
            instruction,
            bank_reference,
            value_date,
            amount,
            payer_account,
            payee_account,
            receipt,
        } => {
            let paid = bank::Paid {
                instruction,
                bank_reference,
                value_date,
                amount,
                payer_account,
                payee_account,
                receipt,
            };
            bank::confirm(view, parties, &paid)
        }
        Call::BankFail { instruction, code } => bank::fail(view, parties, instruction, code),
        Call::CloseOut { contract } => close::close(view, parties, contract),
    }
}

#[cfg(test)]
mod tests;
