//! Whatever people send in whatever order, every invariant holds after every call.

#![expect(clippy::too_many_lines, reason = "one story, told in its order")]

use super::money_late::{credit, resolve, send_back};
use super::story::{Story, bytes, elder, free, payment_terms};
use crate::fund::{
    CONTRACT, Call, Clawback, EarmarkTerms, Entry, Indicator, OpenSuspense, PaymentKind,
    PaymentState, PerformanceTerms, SourceClass, reading,
};
use crate::registry::Role;
use crate::registry::parameters::Parameter;
use crate::testing::{Actor, DONOR, REGULATOR, VOLUNTEERS, document};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::posting::money::{Segment, SourceRecord};
use linli_ledger::types::{Day, HOUR_MS, RecordId, SourceId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

/// What somebody does; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Deliver { contract: usize, milestone: u32 },
    Accept { contract: usize, milestone: u32, accepted_bp: u32 },
    Request { contract: usize, kind: u32, amount: u64, invoice: u8 },
    Edit { payment: usize, amount: u64, invoice: u8 },
    Approve { payment: usize, by: usize },
    Refuse { payment: usize, by: usize },
    Instruct { payment: usize },
    Confirm { payment: usize },
    Fail { payment: usize },
    Close { contract: usize },
    Wait { hours: u64 },
    Return { payment: usize, amount: u64 },
    Reverse { payment: usize },
    Unissue { source: u32 },
    Claim { contract: usize, amount: u64 },
    Refund { order: usize, amount: u64 },
    Evaluate { contract: usize, score: u32 },
    Release { contract: usize },
    Find { contract: usize },
    Receive { amount: u64 },
    Resolve { source: u32, class: bool },
    SendBack { source: u32 },
    Purpose { source: u32, start: u64, amount: u64, public: bool },
    CloseYear,
    Treasury { amount: u64 },
    Freeze { contract: usize, lift: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let (contract, payment, by) = (0..2_usize, 0..100_usize, 0..6_usize);
    let (milestone, amount, invoice) =
        (0..3_u32, prop_oneof![3 => 1..300_000_u64, 1 => 1..3_000_000_u64], 0..20_u8);
    prop_oneof![
        4 => (contract.clone(), milestone.clone())
            .prop_map(|(contract, milestone)| Step::Deliver { contract, milestone }),
        4 => (contract.clone(), milestone.clone(), 1..=10_000_u32).prop_map(
            |(contract, milestone, accepted_bp)| Step::Accept { contract, milestone, accepted_bp }
        ),
        6 => (contract.clone(), prop_oneof![Just(0_u32), 1..4_u32], amount.clone(), invoice.clone()).prop_map(
            |(contract, kind, amount, invoice)| Step::Request { contract, kind, amount, invoice }
        ),
        1 => (payment.clone(), amount, invoice)
            .prop_map(|(payment, amount, invoice)| Step::Edit { payment, amount, invoice }),
        12 => (payment.clone(), by.clone()).prop_map(|(payment, by)| Step::Approve { payment, by }),
        1 => (payment.clone(), by).prop_map(|(payment, by)| Step::Refuse { payment, by }),
        6 => payment.clone().prop_map(|payment| Step::Instruct { payment }),
        4 => payment.clone().prop_map(|payment| Step::Confirm { payment }),
        2 => payment.clone().prop_map(|payment| Step::Fail { payment }),
        1 => contract.clone().prop_map(|contract| Step::Close { contract }),
        1 => (1..300_u64).prop_map(|hours| Step::Wait { hours }),
        12 => later(payment.boxed(), contract.boxed()),
    ]
}

/// What comes after the plain way of a fen.
fn later(
    payment: BoxedStrategy<usize>,
    contract: BoxedStrategy<usize>,
) -> impl Strategy<Value = Step> {
    let (amount, source) = (prop_oneof![1..20_000_u64, 1..200_000_u64].boxed(), 0..8_u32);
    prop_oneof![
        3 => (payment.clone(), amount.clone())
            .prop_map(|(payment, amount)| Step::Return { payment, amount }),
        2 => payment.clone().prop_map(|payment| Step::Reverse { payment }),
        2 => (0..12_u32).prop_map(|source| Step::Unissue { source }),
        2 => (contract.clone(), amount.clone())
            .prop_map(|(contract, amount)| Step::Claim { contract, amount }),
        3 => (payment, amount.clone()).prop_map(|(order, amount)| Step::Refund { order, amount }),
        2 => (contract.clone(), 5_000..=10_000_u32)
            .prop_map(|(contract, score)| Step::Evaluate { contract, score }),
        2 => contract.clone().prop_map(|contract| Step::Release { contract }),
        1 => contract.clone().prop_map(|contract| Step::Find { contract }),
        1 => amount.clone().prop_map(|amount| Step::Receive { amount }),
        2 => (source.clone(), any::<bool>())
            .prop_map(|(source, class)| Step::Resolve { source, class }),
        1 => source.prop_map(|source| Step::SendBack { source }),
        2 => (4..9_u32, 0..200_000_u64, amount.clone(), any::<bool>()).prop_map(
            |(source, start, amount, public)| Step::Purpose { source, start, amount, public }
        ),
        1 => Just(Step::CloseYear),
        1 => amount.prop_map(|amount| Step::Treasury { amount }),
        1 => (contract, prop::bool::weighted(0.7))
            .prop_map(|(contract, lift)| Step::Freeze { contract, lift }),
    ]
}

/// A small pool with two contracts that compete for it; part of the second waits for an evaluation and
/// for time.
fn begin() -> (Story, [RecordId; 2]) {
    let short = [
        (Parameter::ApprovalLife.number(), 24 * HOUR_MS),
        (Parameter::RetentionTime.number(), HOUR_MS),
    ];
    let mut story = Story::with_parameters(short.to_vec());
    let last = Day::from_civil(2026, 12, 31);
    for _ in 0..3 {
        story.issue(1_000_000, SourceClass::UndesignatedDonation, free());
        story.issue(1_500_000, SourceClass::Fiscal, EarmarkTerms { lapse_on: last, ..elder() });
    }
    let amounts = [1_000_000, 2_000_000, 1_500_000];
    let terms = story.terms(story.meals, &amounts, 1_500_000);
    let first = story.sign(&terms);
    let mut terms = story.terms(story.youth, &[1_000_000, 1_000_000], 1_000_000);
    terms.total = Fen(3_000_000);
    let performance = PerformanceTerms { linked: Fen(800_000), retention: Fen(200_000) };
    let call = Call::ContractSignLinked { terms, performance };
    let (buyer, seller) = (story.purchaser.clone(), story.provider.clone());
    let second = RecordId(story.world.apply(CONTRACT, &[&buyer, &seller], &call));
    // A third party by the roof: an organisation that has nothing to do with the provider.
    let evaluator = story.world.organisation(VOLUNTEERS);
    for contract in [first, second] {
        let call = Call::EvaluatorSelect { contract, evaluator };
        story.world.apply(CONTRACT, &[&buyer], &call);
        story.pay(contract, PaymentKind::Advance, 200_000, &format!("begin {contract}"));
    }
    // Something is free, to be given another purpose, to lapse, to be found wrong.
    story.issue(400_000, SourceClass::DesignatedDonation, elder());
    story.issue(400_000, SourceClass::Fiscal, EarmarkTerms { lapse_on: last, ..elder() });
    (0..2).for_each(|milestone| story.accept(second, milestone, 9_000));
    (story, [first, second])
}

/// Tries a step; says which code refused it, and nothing where there was nothing to try.
fn act(
    story: &mut Story,
    auditor: &Actor,
    contracts: [RecordId; 2],
    step: &Step,
) -> Option<Result<(), Code>> {
    let payments = reading::payments(&story.world.view());
    // The order of identifiers is arbitrary: any number finds a payment, if there is one.
    let find = |number: usize| payments.get(number.checked_rem(payments.len()).unwrap_or(0));
    let at = |number: usize| find(number).map(|(id, _)| *id);
    let number = |payment: RecordId| document(&format!("instruction {payment}"));
    let instruction = |payment: RecordId| *number(payment).bytes();
    let paid: Vec<_> = payments
        .iter()
        .filter(|(_, known)| known.state.bank_reference().is_some())
        .filter_map(|(id, known)| Some((*id, known.state.instruction()?.number)))
        .collect();
    // Mostly a payment that may be instructed, or that the bank was told to make; else any.
    let among = |n: usize, suits: fn(&PaymentState) -> bool| {
        let places: Vec<usize> =
            (0..payments.len()).filter(|place| suits(&payments[*place].1.state)).collect();
        let found = places.get(n.checked_rem(places.len()).unwrap_or(0));
        found.copied().filter(|_| !n.is_multiple_of(5)).unwrap_or(n)
    };
    let ready = |n: usize| among(n, |state| matches!(state, PaymentState::Approved(_)));
    let sent = |n: usize| among(n, |state| matches!(state, PaymentState::Instructed(_)));
    let waiting = reading::every::<OpenSuspense>(&story.world.view(), &());
    let suspended = |source: u32| {
        let number = usize::try_from(source).unwrap();
        let found = waiting.get(number.checked_rem(waiting.len()).unwrap_or(0));
        found.map_or(SourceId(source), |((_, source), OpenSuspense)| *source)
    };
    let confirmed = |n: usize| paid.get(n.checked_rem(paid.len()).unwrap_or(0)).copied();
    let approvers = [
        story.approver_one.clone(),
        story.approver_one_b.clone(),
        story.approver_two.clone(),
        story.approver_two_b.clone(),
        story.approver_three.clone(),
        story.regulator.clone(),
    ];
    let kind = |n: u32| n.checked_sub(1).map_or(PaymentKind::Advance, PaymentKind::Milestone);
    let [administrator, provider, purchaser, treasurer, bank, one, two] = [
        &story.administrator,
        &story.provider,
        &story.purchaser,
        &story.treasurer,
        &story.bank,
        &story.acceptance_one,
        &story.acceptance_two,
    ]
    .map(Clone::clone);
    let delivered = document("deliverable");
    let (reason, today) = (document("reason"), story.world.now.day());
    let fresh = bytes(&format!("reference of {:?}", story.world.state.tip().height));
    let found = match *step {
        Step::Deliver { contract, milestone } => {
            let contract = contracts[contract];
            let call = Call::DeliverableSubmit { contract, milestone, document: delivered };
            Some((vec![provider], call))
        }
        Step::Accept { contract, milestone, accepted_bp } => {
            let contract = contracts[contract];
            let document = delivered;
            let call = Call::AcceptanceSign { contract, milestone, document, accepted_bp };
            Some((vec![one, two], call))
        }
        Step::Request { contract, kind: n, amount, invoice } => {
            let contract = contracts[contract];
            let invoice = format!("invoice {invoice}");
            let terms = payment_terms(contract, kind(n), amount, &invoice);
            Some((vec![administrator], Call::PaymentRequest { terms }))
        }
        Step::Edit { payment, amount, invoice } => find(payment).map(|(id, known)| {
            let mut terms = known.terms.clone();
            terms.amount.0 = amount;
            terms.invoice = bytes(&format!("invoice {invoice}"));
            (vec![administrator], Call::PaymentEdit { payment: *id, terms })
        }),
        Step::Approve { payment, by } => {
            at(payment).map(|id| (vec![approvers[by].clone()], story.approve_call(id)))
        }
        Step::Refuse { payment, by } => {
            at(payment).map(|id| (vec![approvers[by].clone()], story.refuse_call(id)))
        }
        Step::Instruct { payment } => at(ready(payment)).map(|payment| {
            let instruction = instruction(payment);
            (vec![treasurer], Call::PaymentInstruct { payment, instruction })
        }),
        Step::Confirm { payment } => find(sent(payment)).map(|(id, known)| {
            let mut call = story.confirm_call(&format!("{id}"), known.terms.amount.0);
            if let Call::BankConfirm { instruction: named, .. } = &mut call {
                *named = instruction(*id);
            }
            (vec![bank], call)
        }),
        Step::Fail { payment } => at(sent(payment)).map(|payment| {
            (vec![bank], Call::BankFail { instruction: instruction(payment), code: 1 })
        }),
        Step::Close { contract } => {
            let contract = contracts[contract];
            Some((vec![purchaser, administrator], Call::CloseOut { contract }))
        }
        Step::Return { payment, amount } => confirmed(payment).map(|(_, instruction)| {
            let receipt = document("return");
            let (amount, value_date) = (Fen(amount), today);
            let bank_reference = fresh;
            let call =
                Call::BankReturn { instruction, amount, bank_reference, value_date, receipt };
            (vec![bank], call)
        }),
        Step::Reverse { payment } => confirmed(payment).map(|(payment, _)| {
            let call = Call::Reverse { entry: Entry::Payment(payment), reason };
            (vec![administrator, approvers[0].clone(), bank], call)
        }),
        Step::Unissue { source } => {
            let call = Call::Reverse { entry: Entry::Source(SourceId(source)), reason };
            Some((vec![administrator, approvers[0].clone(), bank], call))
        }
        Step::Claim { contract, amount } => {
            let (contract, amount) = (contracts[contract], Fen(amount));
            Some((vec![purchaser], Call::ClawbackOrder { contract, amount, finding: reason }))
        }
        Step::Refund { order, amount } => {
            let orders = reading::every::<Clawback>(&story.world.view(), &());
            let order = orders.get(order.checked_rem(orders.len()).unwrap_or(0));
            order.map(|(order, _)| {
                let call = Call::Refund {
                    order: *order,
                    amount: Fen(amount),
                    bank_reference: fresh,
                    value_date: today,
                    account: bytes("account of the fund"),
                    receipt: reason,
                };
                (vec![bank], call)
            })
        }
        Step::Evaluate { contract, score } => {
            let name = "满意度".into();
            let indicators = vec![Indicator { name, weight_bp: 10_000, score_bp: score }];
            let contract = contracts[contract];
            let call = Call::EvaluationSubmit { contract, indicators, report: reason };
            Some((vec![story.world.organisation_actor(VOLUNTEERS)], call))
        }
        Step::Release { contract } => {
            let call = Call::RetentionRelease { contract: contracts[contract] };
            Some((vec![purchaser, administrator], call))
        }
        Step::Find { contract } => {
            let call = Call::FindingRecord { contract: contracts[contract], finding: reason };
            Some((vec![one], call))
        }
        Step::Receive { amount } => {
            let mut call = credit(story, amount, "");
            if let Call::SuspenseReceive { bank_reference, .. } = &mut call {
                *bank_reference = fresh;
            }
            Some((vec![treasurer, bank], call))
        }
        Step::Resolve { source, class } => {
            let mut call = resolve(story, suspended(source));
            if let Call::SuspenseResolve { class: of, .. } = &mut call
                && class
            {
                *of = SourceClass::Fiscal;
            }
            Some((vec![administrator, approvers[0].clone()], call))
        }
        Step::SendBack { source } => {
            let mut call = send_back(story, suspended(source), "");
            if let Call::SuspenseReturn { bank_reference, .. } = &mut call {
                *bank_reference = fresh;
            }
            Some((vec![administrator, approvers[0].clone(), bank], call))
        }
        Step::Purpose { source, start, amount, public } => {
            let (source, amount, earmark) = (SourceId(source), Fen(amount), free());
            let call = Call::Reclassify { source, start, amount, earmark, document: reason };
            let agrees = if public {
                story.budget_one.clone()
            } else {
                story.world.organisation_actor(DONOR)
            };
            Some((vec![administrator, agrees], call))
        }
        Step::CloseYear => {
            // Grants last a year: a closing is possible in the first weeks of the next one.
            let (year, ..) = today.civil();
            if year == 2026 {
                story.world.at(Day::from_civil(2027, 1, 4).unwrap().start());
            }
            let call = Call::FiscalClose {
                fund: story.fund,
                year: 2026,
                trial_balance: reason,
                statements: reason,
            };
            Some((vec![administrator, approvers[4].clone(), auditor.clone()], call))
        }
        Step::Treasury { amount } => {
            let call = Call::TreasuryReturn {
                fund: story.fund,
                amount: Fen(amount),
                bank_reference: fresh,
                value_date: today,
                receipt: reason,
            };
            Some((vec![administrator, approvers[0].clone(), bank], call))
        }
        Step::Freeze { contract, lift } => {
            let (record, order) = (contracts[contract], reason);
            let call = if lift {
                Call::Unfreeze { record, order }
            } else {
                Call::Freeze { record, order }
            };
            Some((vec![approvers[5].clone()], call))
        }
        Step::Wait { hours } => {
            story.world.advance(hours * HOUR_MS);
            story.world.sweep();
            None
        }
    };
    found.map(|(signers, call)| {
        let signers: Vec<_> = signers.iter().collect();
        let receipt = story.world.submit(CONTRACT, &signers, &call);
        receipt.rejection().map_or(Ok(()), |no| Err(no.code))
    })
}

/// The histories mean something only if every kind of step is accepted now and then.
#[test]
fn every_kind_of_step_is_accepted_now_and_then() {
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec(step(), 100..120);
    let mut answers: BTreeMap<String, BTreeMap<Option<Code>, u32>> = BTreeMap::new();
    for _ in 0..40 {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        let (mut story, contracts) = begin();
        let auditor = story.world.officer("auditor", REGULATOR, Role::Auditor);
        for step in &steps {
            let name = format!("{step:?}").split([' ', '{']).next().unwrap().to_owned();
            if let Some(answer) = act(&mut story, &auditor, contracts, step) {
                *answers.entry(name).or_default().entry(answer.err()).or_default() += 1;
            }
        }
    }
    assert_eq!(answers.len(), 25, "all but to wait");
    for (name, codes) in &answers {
        assert!(codes.get(&None).is_some_and(|times| *times > 2), "{name}: {answers:#?}");
    }
}

/// Traces agree with each other: all fen of a source are found forward, and each where it is located.
fn every_fen_lies_where_its_path_ends(story: &Story) {
    let view = story.world.view();
    for (source, record) in reading::every::<SourceRecord>(&view, &()) {
        let whole = Segment { source, start: 0, length: record.amount.0 };
        let found = reading::forward(&view, &whole);
        let covered: u64 = found.iter().map(|(_, segment)| segment.length).sum();
        assert_eq!(covered, record.amount.0);
        for (account, segment) in found {
            let (_, now) = reading::path(&view, source, segment.start).unwrap();
            assert_eq!(now, account);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_invariant_holds_after_every_call(steps in prop::collection::vec(step(), 20..120)) {
        let (mut story, contracts) = begin();
        let auditor = story.world.officer("auditor", REGULATOR, Role::Auditor);
        for step in &steps {
            act(&mut story, &auditor, contracts, step);
            story.world.check();
            every_fen_lies_where_its_path_ends(&story);
        }
    }
}
