//! Whatever people send in whatever order, every invariant holds after every call.

#![expect(clippy::too_many_lines, reason = "one story, told in its order")]

use super::story::{Story, bytes, elder, free, payment_terms};
use crate::fund::{CONTRACT, Call, PaymentKind, SourceClass, reading};
use crate::testing::document;
use linli_ledger::types::{HOUR_MS, RecordId};
use proptest::prelude::*;

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
        2 => payment.prop_map(|payment| Step::Fail { payment }),
        1 => contract.prop_map(|contract| Step::Close { contract }),
        1 => (1..300_u64).prop_map(|hours| Step::Wait { hours }),
    ]
}

/// A small pool with two contracts that compete for it.
fn begin() -> (Story, [RecordId; 2]) {
    let mut story = Story::new();
    for _ in 0..3 {
        story.issue(1_000_000, SourceClass::UndesignatedDonation, free());
        story.issue(1_500_000, SourceClass::Fiscal, elder());
    }
    let amounts = [1_000_000, 2_000_000, 1_500_000];
    let terms = story.terms(story.meals, &amounts, 1_500_000);
    let first = story.sign(&terms);
    let terms = story.terms(story.youth, &[1_000_000, 1_000_000, 1_000_000], 1_000_000);
    let second = story.sign(&terms);
    (story, [first, second])
}

fn act(story: &mut Story, contracts: [RecordId; 2], step: &Step) {
    let payments = reading::payments(&story.world.view());
    // The order of identifiers is arbitrary: any number finds a payment, if there is one.
    let find = |number: usize| payments.get(number.checked_rem(payments.len()).unwrap_or(0));
    let at = |number: usize| find(number).map(|(id, _)| *id);
    let number = |payment: RecordId| document(&format!("instruction {payment}"));
    let instruction = |payment: RecordId| *number(payment).bytes();
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
        Step::Instruct { payment } => at(payment).map(|payment| {
            let instruction = instruction(payment);
            (vec![treasurer], Call::PaymentInstruct { payment, instruction })
        }),
        Step::Confirm { payment } => find(payment).map(|(id, known)| {
            let mut call = story.confirm_call(&format!("{id}"), known.terms.amount.0);
            if let Call::BankConfirm { instruction: named, .. } = &mut call {
                *named = instruction(*id);
            }
            (vec![bank], call)
        }),
        Step::Fail { payment } => at(payment).map(|payment| {
            (vec![bank], Call::BankFail { instruction: instruction(payment), code: 1 })
        }),
        Step::Close { contract } => {
            let contract = contracts[contract];
            Some((vec![purchaser, administrator], Call::CloseOut { contract }))
        }
        Step::Wait { hours } => {
            story.world.advance(hours * HOUR_MS);
            story.world.sweep();
            None
        }
    };
    if let Some((signers, call)) = found {
        let signers: Vec<_> = signers.iter().collect();
        story.world.submit(CONTRACT, &signers, &call);
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
        for step in &steps {
            act(&mut story, contracts, step);
            story.world.check();
        }
    }
}
