//! This exists to write the calls about money.

use super::Desk;
use crate::histories::act::{Act, For, Purpose};
use crate::histories::book::money::LAPSE;
use crate::histories::town::{
    Actor, COMMUNITY, DONOR, OFFICE, PROVIDER, VOLUNTEERS, bytes, document,
};
use linli_contracts::fund::batch::Batch;
use linli_contracts::fund::{
    self, AttestationLevel, BeneficiaryClass, ContractTerms, EarmarkTerms, Entry, Indicator,
    MilestoneTerms, PaymentKind, PaymentTerms, PerformanceTerms, SourceClass, request_hash,
};
use linli_ledger::amount::Fen;
use linli_ledger::types::{Day, RecordId, SourceId};

fn class(purpose: Purpose) -> SourceClass {
    match purpose {
        Purpose::Free => SourceClass::UndesignatedDonation,
        Purpose::Elder | Purpose::Passing | Purpose::Project | Purpose::Old => SourceClass::Fiscal,
    }
}

fn kind(kind: For) -> PaymentKind {
    match kind {
        For::Advance => PaymentKind::Advance,
        For::Milestone(number) => PaymentKind::Milestone(u32::try_from(number).expect("few")),
        For::Performance => PaymentKind::Performance,
        For::Retention => PaymentKind::Retention,
    }
}

fn reference(number: u32) -> [u8; 32] {
    bytes(&format!("reference {number}"))
}

fn instruction(number: u32) -> [u8; 32] {
    bytes(&format!("instruction {number}"))
}

/// The donations of a batch, each with its place and who gave it.
pub(in crate::histories) fn donations(amounts: &[u64]) -> Batch {
    let donor = |(place, amount): (usize, &u64)| (Fen(*amount), bytes(&format!("donor {place}")));
    let donations: Vec<_> = amounts.iter().enumerate().map(donor).collect();
    Batch::new(&donations).expect("two or more, of a fen or more")
}

impl<'a> Desk<'a, '_> {
    fn earmark(&self, purpose: Purpose) -> EarmarkTerms {
        let lapse_on = |last: u32| Some(Day(last));
        let free = EarmarkTerms {
            purposes: Vec::new(),
            places: Vec::new(),
            classes: Vec::new(),
            line: None,
            available_from: Day(0),
            lapse_on: None,
            excluded: Vec::new(),
        };
        let line = Some(self.ids.lines[0]);
        match purpose {
            Purpose::Free => free,
            Purpose::Elder => EarmarkTerms {
                purposes: vec!["A03".into()],
                classes: vec![BeneficiaryClass::Elder],
                lapse_on: lapse_on(LAPSE.0),
                ..free
            },
            Purpose::Passing => EarmarkTerms { lapse_on: lapse_on(LAPSE.1), ..free },
            Purpose::Project => EarmarkTerms { line, lapse_on: lapse_on(LAPSE.0), ..free },
            Purpose::Old => EarmarkTerms { line, lapse_on: lapse_on(LAPSE.2), ..free },
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each call")]
    pub(super) fn money_in(&self, act: &Act) -> Option<(Vec<&'a Actor>, fund::Call)> {
        let cast = self.cast;
        let (fund, value_date, level) = (self.ids.fund, self.today(), AttestationLevel::Bank);
        let (account, receipt) = (bytes("account of the fund"), document("receipt"));
        let donor = self.town.organisation(DONOR);
        let three = vec![&cast.administrator, &cast.approvers[0], self.bank];
        let dated = |ago: u32| Day(value_date.0 - ago);
        Some(match *act {
            Act::Issue { amount, purpose, reference, ago } => {
                let call = fund::Call::SourceIssue {
                    fund,
                    amount: Fen(amount),
                    class: class(purpose),
                    donor,
                    earmark: self.earmark(purpose),
                    bank_reference: self::reference(reference),
                    value_date: dated(ago),
                    account,
                    document: receipt,
                    level,
                };
                (three, call)
            }
            Act::Collect { donations: ref amounts, said, purpose, reference } => {
                let call = fund::Call::SourceBatchIssue {
                    fund,
                    amount: Fen(amounts.iter().sum()),
                    class: class(purpose),
                    donor,
                    earmark: self.earmark(purpose),
                    bank_reference: self::reference(reference),
                    value_date,
                    account,
                    document: receipt,
                    level,
                    donations: said,
                    batch_root: donations(amounts).root(),
                };
                (three, call)
            }
            Act::Suspend { amount, reference } => {
                let call = fund::Call::SuspenseReceive {
                    fund,
                    amount: Fen(amount),
                    bank_reference: self::reference(reference),
                    value_date,
                    account,
                    receipt,
                    level,
                };
                (vec![&cast.treasurer, self.bank], call)
            }
            Act::Resolve { source, purpose } => {
                let call = fund::Call::SuspenseResolve {
                    source: SourceId(source),
                    class: class(purpose),
                    donor,
                    earmark: self.earmark(purpose),
                    document: receipt,
                };
                (vec![&cast.administrator, &cast.approvers[0]], call)
            }
            Act::SendBack { source, reference } => {
                let call = fund::Call::SuspenseReturn {
                    source: SourceId(source),
                    bank_reference: self::reference(reference),
                    value_date,
                    receipt,
                };
                (three, call)
            }
            Act::Reclassify { source, start, amount, consent } => {
                let call = fund::Call::Reclassify {
                    source: SourceId(source),
                    start,
                    amount: Fen(amount),
                    earmark: self.earmark(Purpose::Free),
                    document: receipt,
                };
                let known = self.book.fund.sources.get(source as usize);
                let public = known.is_some_and(|known| known.public);
                let agrees = if public == consent { &cast.budget[0] } else { self.donor };
                (vec![&cast.administrator, agrees], call)
            }
            Act::ReverseSource { source } => {
                let entry = Entry::Source(SourceId(source));
                (three, fund::Call::Reverse { entry, reason: receipt })
            }
            Act::CloseYear { year, high } => {
                let (trial_balance, statements) = (document("balance"), document("statements"));
                let call = fund::Call::FiscalClose { fund, year, trial_balance, statements };
                let approver = &cast.approvers[if high { 4 } else { 2 }];
                (vec![&cast.administrator, approver, &cast.auditor], call)
            }
            Act::ToTreasury { amount, reference, ago } => {
                let call = fund::Call::TreasuryReturn {
                    fund,
                    amount: Fen(amount),
                    bank_reference: self::reference(reference),
                    value_date: dated(ago),
                    receipt,
                };
                (three, call)
            }
            _ => return None,
        })
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each call")]
    pub(super) fn contract(&self, act: &Act) -> Option<(Vec<&'a Actor>, fund::Call)> {
        let (cast, ids, document) = (self.cast, self.ids, document("document"));
        let milestone = |number: usize| u32::try_from(number).expect("few");
        Some(match act {
            Act::Sign { line, price } => {
                let today = self.today();
                let due = Day(today.0 + 300);
                let terms = ContractTerms {
                    number: "2026-001".into(),
                    fund: ids.fund,
                    line: ids.lines[*line],
                    purchaser: self.town.organisation(OFFICE),
                    provider: self.town.organisation(PROVIDER),
                    catalogue: ["A0301", "A0502"][*line].into(),
                    place: COMMUNITY.into(),
                    beneficiaries: [BeneficiaryClass::Elder, BeneficiaryClass::Child][*line],
                    total: Fen(price.total),
                    advance_max: Fen(price.advance),
                    milestones: price
                        .milestones
                        .iter()
                        .map(|amount| MilestoneTerms { amount: Fen(*amount), due })
                        .collect(),
                    from: today,
                    to: due,
                    payee_account: bytes("account of the provider"),
                    document,
                };
                let (linked, retention) = (Fen(price.linked), Fen(price.retention));
                let call = if price.linked + price.retention > 0 {
                    let performance = PerformanceTerms { linked, retention };
                    fund::Call::ContractSignLinked { terms, performance }
                } else {
                    fund::Call::ContractSign { terms }
                };
                (vec![&cast.purchaser, &cast.provider], call)
            }
            Act::Deliver { contract, milestone: number } => {
                let (contract, milestone) = (ids.contracts[*contract], milestone(*number));
                let call = fund::Call::DeliverableSubmit { contract, milestone, document };
                (vec![&cast.provider], call)
            }
            Act::Accept { contract, milestone: number, share } => {
                let (contract, milestone) = (ids.contracts[*contract], milestone(*number));
                let accepted_bp = u32::try_from(*share).expect("few");
                let call =
                    fund::Call::AcceptanceSign { contract, milestone, document, accepted_bp };
                (cast.acceptance.iter().collect(), call)
            }
            Act::Name { contract } => {
                let contract = ids.contracts[*contract];
                let evaluator = self.town.organisation(VOLUNTEERS);
                (vec![&cast.purchaser], fund::Call::EvaluatorSelect { contract, evaluator })
            }
            Act::Evaluate { contract, score } => {
                let score_bp = u32::try_from(*score).expect("few");
                let name = "满意度".into();
                let call = fund::Call::EvaluationSubmit {
                    contract: ids.contracts[*contract],
                    indicators: vec![Indicator { name, weight_bp: 10_000, score_bp }],
                    report: document,
                };
                (vec![self.evaluator], call)
            }
            Act::Release { contract } => {
                let call = fund::Call::RetentionRelease { contract: ids.contracts[*contract] };
                (vec![&cast.purchaser, &cast.administrator], call)
            }
            Act::Close { contract } => {
                let call = fund::Call::CloseOut { contract: ids.contracts[*contract] };
                (vec![&cast.purchaser, &cast.administrator], call)
            }
            Act::Find { contract } => {
                let contract = ids.contracts[*contract];
                let call = fund::Call::FindingRecord { contract, finding: document };
                (vec![&cast.acceptance[0]], call)
            }
            Act::Claim { contract, amount } => {
                let (contract, amount) = (ids.contracts[*contract], Fen(*amount));
                let call = fund::Call::ClawbackOrder { contract, amount, finding: document };
                (vec![&cast.purchaser], call)
            }
            Act::Freeze { contract, lift } => {
                let record = ids.contracts.get(*contract).copied().unwrap_or(ids.fund);
                let order = document;
                let call = if *lift {
                    fund::Call::Unfreeze { record, order }
                } else {
                    fund::Call::Freeze { record, order }
                };
                (vec![&cast.regulators[0]], call)
            }
            _ => return None,
        })
    }

    fn terms(&self, payment: usize, asked: Option<(u64, u32)>) -> PaymentTerms {
        let known = &self.book.fund.payments[payment];
        let (amount, invoice) = asked.unwrap_or((known.amount, known.invoice));
        payment_terms(self.ids.contracts[known.contract], known.kind, amount, invoice)
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each call")]
    pub(super) fn payment(&self, act: &Act) -> Option<(Vec<&'a Actor>, fund::Call)> {
        let (cast, ids) = (self.cast, self.ids);
        let hash = |payment: usize| {
            let revision = self.book.fund.payments[payment].revision;
            request_hash(ids.payments[payment], &self.terms(payment, None), revision)
        };
        // What was never instructed has a number that nobody knows.
        let told = |payment: usize| {
            instruction(self.book.fund.payments[payment].number.unwrap_or(u32::MAX))
        };
        let (value_date, receipt) = (self.today(), document("receipt"));
        Some(match *act {
            Act::Request { contract, kind, amount, invoice } => {
                let terms = payment_terms(ids.contracts[contract], kind, amount, invoice);
                (vec![&cast.administrator], fund::Call::PaymentRequest { terms })
            }
            Act::Edit { payment, amount, invoice } => {
                let terms = self.terms(payment, Some((amount, invoice)));
                let call = fund::Call::PaymentEdit { payment: ids.payments[payment], terms };
                (vec![&cast.administrator], call)
            }
            Act::Approve { payment, by } => {
                let request_hash = hash(payment);
                let call = fund::Call::Approve { payment: ids.payments[payment], request_hash };
                (vec![&cast.approvers[by]], call)
            }
            Act::Refuse { payment, by } => {
                let request_hash = hash(payment);
                let call = fund::Call::Refuse { payment: ids.payments[payment], request_hash };
                (vec![&cast.approvers[by]], call)
            }
            Act::Instruct { payment, number } => {
                let (payment, instruction) = (ids.payments[payment], instruction(number));
                let call = fund::Call::PaymentInstruct { payment, instruction };
                (vec![&cast.treasurer], call)
            }
            Act::Confirm { payment, amount, reference } => {
                let call = fund::Call::BankConfirm {
                    instruction: told(payment),
                    bank_reference: self::reference(reference),
                    value_date,
                    amount: Fen(amount),
                    payer_account: bytes("account of the fund"),
                    payee_account: bytes("account of the provider"),
                    receipt,
                };
                (vec![self.bank], call)
            }
            Act::Fail { payment } => {
                let call = fund::Call::BankFail { instruction: told(payment), code: 1 };
                (vec![self.bank], call)
            }
            Act::Return { payment, amount, reference } => {
                let call = fund::Call::BankReturn {
                    instruction: told(payment),
                    amount: Fen(amount),
                    bank_reference: self::reference(reference),
                    value_date,
                    receipt,
                };
                (vec![self.bank], call)
            }
            Act::ReversePayment { payment } => {
                let entry = Entry::Payment(ids.payments[payment]);
                let call = fund::Call::Reverse { entry, reason: receipt };
                (vec![&cast.administrator, &cast.approvers[0], self.bank], call)
            }
            Act::Refund { order, amount, reference } => {
                let call = fund::Call::Refund {
                    order: ids.orders[order],
                    amount: Fen(amount),
                    bank_reference: self::reference(reference),
                    value_date,
                    account: bytes("account of the fund"),
                    receipt,
                };
                (vec![self.bank], call)
            }
            _ => return None,
        })
    }
}

fn payment_terms(contract: RecordId, of: For, amount: u64, invoice: u32) -> PaymentTerms {
    PaymentTerms {
        contract,
        kind: kind(of),
        amount: Fen(amount),
        payee_account: bytes("account of the provider"),
        invoice: bytes(&format!("invoice {invoice}")),
    }
}
