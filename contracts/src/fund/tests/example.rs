//! The worked example of `domain` §4.7, to the fen.

use super::story::{Story, bytes, elder, free, seg};
use crate::fund::{CONTRACT, Call, FundAccount, PaymentKind, SourceClass, reading};
use crate::testing::{PARTNER, PROVIDER};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::posting::money::{self, Segment};
use linli_ledger::types::{Compartment, RecordId, SourceId};
use linli_ledger::view::{Order, View};

struct Example {
    story: Story,
    first: RecordId,
    second: RecordId,
}

/// Steps 1 to 8.
fn example() -> Example {
    let mut story = Story::new();
    story.issue(30_000_000, SourceClass::Fiscal, elder());
    story.issue(10_000_000, SourceClass::UndesignatedDonation, free());
    let terms = story.terms(story.meals, &[9_900_000, 13_200_000, 9_900_000], 9_900_000);
    let first = story.sign(&terms);
    let mut terms = story.terms(story.youth, &[3_000_000, 3_000_000], 3_000_000);
    terms.provider = story.world.organisation(PARTNER);
    let other = story.world.organisation_actor(PARTNER);
    let call = Call::ContractSign { terms };
    let second = RecordId(story.world.apply(CONTRACT, &[&story.purchaser, &other], &call));
    let commitments = [
        (first, vec![seg(0, 0, 30_000_000), seg(1, 0, 3_000_000)]),
        (second, vec![seg(1, 3_000_000, 9_000_000)]),
    ];
    for (contract, segments) in commitments {
        assert_eq!(story.held(FundAccount::Committed(contract)), segments);
    }

    let paid = |story: &mut Story, contract, kind, amount, label: &str, expected: &[Segment]| {
        let payment = story.pay(contract, kind, amount, label);
        assert_eq!(story.payment(payment).segments, expected, "{label}");
        story.world.check();
    };
    let advance = PaymentKind::Advance;
    paid(&mut story, first, advance, 9_900_000, "3", &[seg(0, 0, 9_900_000)]);
    paid(&mut story, second, advance, 3_000_000, "4", &[seg(1, 3_000_000, 6_000_000)]);
    story.accept(first, 1, 10_000);
    let milestone = PaymentKind::Milestone;
    paid(&mut story, first, milestone(1), 13_200_000, "5", &[seg(0, 9_900_000, 23_100_000)]);
    story.accept(first, 2, 9_500);
    story.reject_request(first, milestone(2), 9_405_001, "6", Code::OverAccepted);
    let final_payment = [seg(0, 23_100_000, 30_000_000), seg(1, 0, 2_505_000)];
    paid(&mut story, first, milestone(2), 9_405_000, "6", &final_payment);

    let call = Call::CloseOut { contract: first };
    let signers = [&story.purchaser.clone(), &story.administrator.clone()];
    let receipt = story.world.submit(CONTRACT, &signers, &call);
    assert_eq!(receipt.rejection(), None);
    let moved = money_of(&receipt.movements);
    assert_eq!(moved, vec![seg(1, 2_505_000, 3_000_000)], "step 7");

    let deliverable = crate::testing::document("platform");
    let (contract, document) = (second, deliverable);
    let call = Call::DeliverableSubmit { contract, milestone: 1, document };
    story.world.apply(CONTRACT, &[&other], &call);
    let call = Call::AcceptanceSign { contract, milestone: 1, document, accepted_bp: 10_000 };
    let signers = [&story.acceptance_one.clone(), &story.acceptance_two.clone()];
    story.world.apply(CONTRACT, &signers, &call);
    paid(&mut story, second, milestone(1), 3_000_000, "8", &[seg(1, 6_000_000, 9_000_000)]);
    Example { story, first, second }
}

fn money_of(movements: &[linli_ledger::posting::Movement]) -> Vec<Segment> {
    movements
        .iter()
        .flat_map(|movement| match &movement.quantity {
            linli_ledger::posting::Quantity::Fen(segments) => segments.clone(),
            linli_ledger::posting::Quantity::Points(_)
            | linli_ledger::posting::Quantity::Minutes(_) => Vec::new(),
        })
        .collect()
}

#[test]
fn the_worked_example_ends_with_every_fen_where_the_table_says() {
    let Example { story, first, second } = example();
    let fund = FundAccount::Available(story.fund);
    let partner = story.world.organisation(PARTNER);
    let other = FundAccount::Payee { provider: partner, contract: second };
    let ends = [
        (fund, vec![seg(1, 2_505_000, 3_000_000), seg(1, 9_000_000, 10_000_000)]),
        (story.payee(first), vec![seg(0, 0, 30_000_000), seg(1, 0, 2_505_000)]),
        (other, vec![seg(1, 3_000_000, 9_000_000)]),
        (FundAccount::Committed(first), vec![]),
        (FundAccount::Committed(second), vec![]),
    ];
    for (account, segments) in ends {
        assert_eq!(story.held(account), segments, "{account:?}");
    }
    story.world.check();
}

#[test]
fn traces_of_the_worked_example_run_both_ways() {
    let Example { story, first, second } = example();
    let view = story.world.view();
    let provider = story.world.organisation(PROVIDER);
    let partner = story.world.organisation(PARTNER);
    let first_payee = FundAccount::Payee { provider, contract: first };
    let second_payee = FundAccount::Payee { provider: partner, contract: second };
    let fund = FundAccount::Available(story.fund);
    assert_eq!(
        reading::trace_source(&view, SourceId(1)),
        vec![
            (first_payee, seg(1, 0, 2_505_000)),
            (fund, seg(1, 2_505_000, 3_000_000)),
            (second_payee, seg(1, 3_000_000, 9_000_000)),
            (fund, seg(1, 9_000_000, 10_000_000)),
        ]
    );
    assert_eq!(reading::locate(&view, SourceId(1), 2_504_999), Some(first_payee));
    assert_eq!(reading::locate(&view, SourceId(1), 10_000_000), None);
    let amounts: Vec<_> = reading::trace_account(&view, first_payee)
        .into_iter()
        .map(|share| (share.source, share.known.class, share.amount))
        .collect();
    assert_eq!(
        amounts,
        vec![
            (SourceId(0), SourceClass::Fiscal, Fen(30_000_000)),
            (SourceId(1), SourceClass::UndesignatedDonation, Fen(2_505_000)),
        ]
    );
    let (last, _) = *reading::decided(&view, story.fund, provider).last().unwrap();
    let shares = reading::trace_payment(&view, last).unwrap();
    assert_eq!(shares.iter().map(|share| share.amount.0).sum::<u64>(), 9_405_000);
    let reading::BudgetLines { lines, .. } = reading::budget(&view, story.fund, 2026).unwrap();
    let used: Vec<_> = lines.iter().map(|(_, line)| (line.committed.0, line.paid.0)).collect();
    assert_eq!(used, vec![(0, 32_505_000), (0, 6_000_000), (0, 0)]);
    let sources = reading::sources(&view);
    assert_eq!(
        sources.iter().map(|(_, _, amount)| amount.0).collect::<Vec<_>>(),
        vec![30_000_000, 10_000_000]
    );
    assert_eq!(reading::funds(&view).len(), 1);
    assert_eq!(reading::trace_payment(&view, RecordId(bytes("nothing"))), None);
}

#[test]
fn a_clawback_takes_the_last_fen_first_as_in_step_nine() {
    let Example { story, first, .. } = example();
    let now = story.world.now;
    let mut view = View::read_only(&story.world.state, Compartment::Public, now);
    let (payee, fund) = (story.payee(first).key(), FundAccount::Available(story.fund).key());
    let segments =
        money::select(&view, &payee, Fen(1_200_000), Order::Descending, |_| true).unwrap();
    assert_eq!(segments, vec![seg(1, 1_305_000, 2_505_000)]);
    money::transfer(&mut view, &payee, &fund, &segments).unwrap();
    let fund = FundAccount::Available(story.fund);
    assert_eq!(
        reading::held(&view, fund),
        vec![seg(1, 1_305_000, 3_000_000), seg(1, 9_000_000, 10_000_000)],
    );
    assert_eq!(reading::balance(&view, fund), Fen(2_695_000));
    assert_eq!(reading::balance(&view, story.payee(first)), Fen(31_305_000));
}
