//! What falls due all at once is handled a bounded number at a time, in order, and no answer depends
//! on how far the sweep has come.

use linli_ledger::amount::Points;
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::due::DueItem;
use linli_ledger::limits::DUE_ITEMS_MAX;
use linli_ledger::posting::balance;
use linli_ledger::posting::points::{self, PointLot};
use linli_ledger::receipt::{Outcome, Receipt, Subject};
use linli_ledger::types::{BlockTime, Compartment, ContractId, HOUR_MS, RecordId};
use linli_tests::kernel_contract::{
    Chain, HOLD_EXPIRES, Handled, Items, MONEY, MoneyCall, POINTS, PointsCall, PointsContract,
    numbered,
};

const DUE: BlockTime = BlockTime(Chain::START.0 + 24 * HOUR_MS);
/// What one transaction schedules.
const BATCH: u32 = 1_000;

fn item(contract: ContractId, at: BlockTime, kind: u8, number: u32) -> DueItem {
    DueItem { at, contract, kind, record: numbered(number) }
}

fn due_items(receipts: &[Receipt]) -> Vec<DueItem> {
    receipts
        .iter()
        .filter_map(|receipt| match receipt.subject {
            Subject::Due(item) => Some(item),
            Subject::Transaction(_) | Subject::Recovery(_) => None,
        })
        .collect()
}

/// Schedules items `0..count` in shuffled batches of 1 000, twenty transactions in a block.
fn schedule(chain: &mut Chain, count: u32) {
    let batches: Vec<u32> = (0..count / BATCH).map(|n| n * 37 % (count / BATCH)).collect();
    for (block, batches) in (1..).zip(batches.chunks(20)) {
        let transactions: Vec<_> = batches
            .iter()
            .map(|batch| {
                let items = Items { at: DUE, kind: 1, first: batch * BATCH, count: BATCH };
                chain.sign(MONEY, &MoneyCall::Schedule(items))
            })
            .collect();
        let receipts = chain.block(Chain::START.plus(block * 1_000), &transactions);
        assert!(receipts.iter().all(|receipt| receipt.outcome == Outcome::Applied));
        assert_eq!(receipts.len(), transactions.len(), "nothing is due yet");
    }
}

#[test]
fn a_hundred_thousand_items_due_at_once_take_a_hundred_bounded_blocks() {
    const COUNT: u32 = 100_000;
    let mut chain = Chain::new();
    schedule(&mut chain, COUNT);
    let leaves = chain.state.len(Compartment::Public);
    let handled = |chain: &Chain| chain.view().get::<Handled>(&()).unwrap_or_default();

    let early = chain.block(DUE.minus(1), &[]);
    assert_eq!(early, [], "a millisecond early, nothing is due");
    let mut next = 0;
    for block in 0..100 {
        // Transactions go on meanwhile: each block has one, behind what is due.
        let idle = Items { at: DUE.plus(HOUR_MS), kind: 2, first: block, count: 0 };
        let transaction = chain.sign(MONEY, &MoneyCall::Schedule(idle));
        let receipts = chain.block(DUE.plus(u64::from(block)), &[transaction]);
        assert!(receipts.len() <= 2 * DUE_ITEMS_MAX + 1, "block {block}: {}", receipts.len());
        let items = due_items(&receipts[..receipts.len() - 1]);
        let count = u32::try_from(items.len()).expect("bounded");
        let expected: Vec<_> =
            (next..next + count).map(|number| item(MONEY, DUE, 1, number)).collect();
        assert_eq!(items, expected, "block {block}: in order, the next ones, once each");
        assert_eq!(items.len(), DUE_ITEMS_MAX, "block {block}: as many as the limit allows");
        assert!(matches!(receipts.last().map(|r| &r.subject), Some(Subject::Transaction(_))));
        next += count;
        assert_eq!(handled(&chain).count, u64::from(next));
    }
    assert_eq!(next, COUNT);
    let all = Handled { count: u64::from(COUNT), sum: u64::from(COUNT) * u64::from(COUNT - 1) / 2 };
    assert_eq!(handled(&chain), all);
    let after = chain.block(DUE.plus(1_000), &[]);
    assert_eq!(after, [], "the queue is empty");
    // Of 100 000 leaves of the queue none is left; the tally is new.
    assert_eq!(chain.state.len(Compartment::Public), leaves - COUNT as usize + 1);
}

#[test]
fn each_compartment_has_its_own_limit_and_the_public_one_comes_first() {
    let mut chain = Chain::new();
    let items = |kind, first, count, at| Items { at, kind, first, count };
    let transactions = [
        // Later ones first: the queue is ordered by time, then kind, then record.
        chain.sign(MONEY, &MoneyCall::Schedule(items(1, 5_000, 700, DUE.plus(1)))),
        chain.sign(MONEY, &MoneyCall::Schedule(items(2, 0, 300, DUE))),
        chain.sign(MONEY, &MoneyCall::Schedule(items(1, 100, 400, DUE))),
        chain.sign(MONEY, &MoneyCall::Schedule(items(1, 9_000, 50, DUE.plus(HOUR_MS)))),
        chain.sign(POINTS, &PointsCall::MintExpiring(items(0, 0, 1_000, DUE))),
        chain.sign(POINTS, &PointsCall::MintExpiring(items(0, 1_000, 200, DUE))),
        chain.sign(MONEY, &MoneyCall::Cancel(items(1, 150, 10, DUE))),
        chain.sign(MONEY, &MoneyCall::Cancel(items(1, 9_999, 10, DUE))),
    ];
    chain.block(Chain::START.plus(1), &transactions);
    let of = |contract, kind, numbers: std::ops::Range<u32>, at| {
        numbers.map(move |number| item(contract, at, kind, number)).collect::<Vec<_>>()
    };
    let public = [
        of(MONEY, 1, 100..150, DUE),
        of(MONEY, 1, 160..500, DUE),
        of(MONEY, 2, 0..300, DUE),
        of(MONEY, 1, 5_000..5_700, DUE.plus(1)),
    ]
    .concat();
    let restricted = of(POINTS, HOLD_EXPIRES, 0..1_200, DUE);

    let first = due_items(&chain.block(DUE.plus(1), &[]));
    assert_eq!(first, [&public[..1_000], &restricted[..1_000]].concat());
    let second = due_items(&chain.block(DUE.plus(2), &[]));
    assert_eq!(second, [&public[1_000..], &restricted[1_000..]].concat());
    assert_eq!(due_items(&chain.block(DUE.plus(3), &[])), [], "what is later waits for its time");
    assert_eq!(due_items(&chain.block(DUE.plus(HOUR_MS), &[])).len(), 50);
    chain.check_invariants();
}

#[test]
fn what_may_be_spent_does_not_depend_on_how_far_the_sweep_has_come() {
    // Five thousand batches expire at once; a few later ones live on.
    let mut chain = Chain::new();
    let living = |batch: u8, amount| PointLot {
        expires_at: DUE.plus(1_000 * HOUR_MS),
        batch: RecordId([batch; 32]),
        amount,
    };
    let mut transactions: Vec<_> = (0..5)
        .map(|n| {
            let items = Items { at: DUE, kind: HOLD_EXPIRES, first: n * BATCH, count: BATCH };
            chain.sign(POINTS, &PointsCall::MintExpiring(items))
        })
        .collect();
    let lots = vec![living(200, 7), living(201, 8)];
    transactions.push(chain.sign(POINTS, &PointsCall::Mint { person: 0, lots }));
    chain.block(Chain::START.plus(1), &transactions);

    let mut swept = Vec::new();
    for block in 0..7 {
        let view = chain.view();
        swept.push(balance(&view, &PointsContract::expired()));
        let spendable =
            |amount| points::select(&view, &PointsContract::available(0), Points(amount), DUE);
        let all = Ok(vec![living(200, 7), living(201, 8)]);
        assert_eq!(spendable(15), all, "after {block} sweeps");
        assert_eq!(spendable(3), Ok(vec![living(200, 3)]), "after {block} sweeps");
        let lacking =
            Rejection::new(Code::InsufficientPoints, &[Detail::Need(16), Detail::Have(15)]);
        assert_eq!(spendable(16), Err(lacking), "after {block} sweeps");
        chain.block(DUE.plus(block), &[]);
    }
    assert_eq!(swept, [0, 1_000, 2_000, 3_000, 4_000, 5_000, 5_000], "the sweep did come");
    chain.check_invariants();
}
