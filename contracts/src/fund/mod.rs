//! This exists to say how money comes in, what binds it, and how it reaches a payee: funds, earmarks,
//! budgets, contracts, acceptance, payments. Source: FND-1…15, `domain` §3, §4.
//!
//! The way of a fen: `SourceIssue` → fund → `ContractSign` → contract → last `Approve` → reserved →
//! `PaymentInstruct` → in flight → `BankConfirm` → payee; back to the contract when the payment is
//! refused, lapses, fails or is returned, back to the fund by `CloseOut`, an evaluation or a `Refund`;
//! out of the fund, when its time is over, by `FiscalClose` and `TreasuryReturn`. Absent: tenders.

mod acceptance;
mod accounts;
mod approval;
mod bank;
pub mod batch;
mod budget;
mod calls;
mod clawback;
mod close;
mod earmark;
mod evaluation;
mod fiscal;
mod freeze;
mod invariants;
mod payment;
mod procurement;
pub mod reading;
mod reclassify;
mod records;
mod retention;
mod returned;
mod reversal;
mod signers;
mod source;
mod state;
mod suspense;
mod texts;

pub use accounts::FundAccount;
pub use budget::{budget_hash, catalogue_id};
pub use calls::*;
pub use earmark::{Exclusion, Use, in_time};
pub use evaluation::{factor_bp, score_bp};
pub use fiscal::{is_closed, last_day};
pub use payment::request_hash;
pub use records::*;

use crate::text::any_personal_data;
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

    fn holds_personal_data(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok_and(|call| any_personal_data(&call.texts()))
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
        match item.kind {
            approval::DUE_APPROVALS => approval::lapse(view, item.record),
            fiscal::DUE_CLOSING => fiscal::go_on(view, item.record),
            _ => {}
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
            source::issue(view, parties, &issue).map(|_| ())
        }
        Call::BudgetDraft { fund, year, lines } => budget::draft(view, parties, fund, year, &lines),
        Call::BudgetApprove { budget, budget_hash } => {
            budget::approve(view, parties, budget, budget_hash)
        }
        Call::ContractSign { terms } => {
            procurement::sign(view, parties, &terms, PerformanceTerms::default())
        }
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
        Call::ContractSignLinked { terms, performance } => {
            procurement::sign_linked(view, parties, &terms, performance)
        }
        Call::EvaluatorSelect { contract, evaluator } => {
            evaluation::select(view, parties, contract, evaluator)
        }
        Call::EvaluationSubmit { contract, indicators, report } => {
            evaluation::submit(view, parties, contract, &indicators, report)
        }
        Call::RetentionRelease { contract } => retention::release(view, parties, contract),
        Call::FindingRecord { contract, finding } => {
            retention::find(view, parties, contract, finding)
        }
        Call::Reverse { entry, reason } => reversal::reverse(view, parties, entry, reason),
        Call::ClawbackOrder { contract, amount, finding } => {
            clawback::order(view, parties, contract, amount, finding)
        }
        Call::FiscalClose { fund, year, trial_balance, statements } => {
            fiscal::close(view, parties, fund, year, trial_balance, statements)
        }
        Call::Freeze { record, order } => freeze::freeze(view, parties, record, order),
        Call::Unfreeze { record, .. } => freeze::lift(view, parties, record),
        Call::SourceBatchIssue {
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
            donations,
            batch_root: root,
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
            batch::issue(view, parties, &issue, SourceBatch { donations, root })
        }
        Call::SuspenseReceive {
            fund,
            amount,
            bank_reference,
            value_date,
            account,
            receipt,
            level,
        } => {
            let credit = suspense::Credit {
                fund,
                amount,
                bank_reference,
                value_date,
                account,
                receipt,
                level,
            };
            suspense::receive(view, parties, &credit)
        }
        Call::SuspenseResolve { source, class, donor, earmark, document } => {
            let earmark = &earmark;
            let meaning = suspense::Meaning { source, class, donor, earmark, document };
            suspense::resolve(view, parties, &meaning)
        }
        Call::SuspenseReturn { source, bank_reference, value_date, receipt } => {
            suspense::give_back(view, parties, source, bank_reference, value_date, receipt)
        }
        Call::BankReturn { instruction, amount, bank_reference, value_date, receipt } => {
            let back = returned::Back { instruction, amount, bank_reference, value_date, receipt };
            returned::take_back(view, parties, &back)
        }
        Call::Refund { order, amount, bank_reference, value_date, account, receipt } => {
            let back =
                clawback::PaidBack { order, amount, bank_reference, value_date, account, receipt };
            clawback::refund(view, parties, &back)
        }
        Call::TreasuryReturn { fund, amount, bank_reference, value_date, receipt } => {
            let back = fiscal::ToTreasury { fund, amount, bank_reference, value_date, receipt };
            fiscal::return_to_treasury(view, parties, &back)
        }
        Call::Reclassify { source, start, amount, earmark, document } => {
            let earmark = &earmark;
            let change = reclassify::Change { source, start, amount, earmark, document };
            reclassify::reclassify(view, parties, &change)
        }
    }
}

#[cfg(test)]
mod tests;
