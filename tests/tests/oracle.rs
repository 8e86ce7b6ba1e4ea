//! The posting kernel and a naive model of it agree, history by history, fen by fen.
//!
//! `ORACLE_SEED=n cargo test -p linli-tests --test oracle` replays one history.

use linli_ledger::amount::{Fen, Minutes, Points};
use linli_ledger::code::{Detail, Rejection};
use linli_ledger::invariant::records;
use linli_ledger::posting::money::{self, Segment, SegmentRecord, SourceRecord};
use linli_ledger::posting::points::{self, PointLot};
use linli_ledger::posting::{AccountKey, Quantity, account, balance};
use linli_ledger::receipt::Receipt;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{BlockTime, Day, EarmarkId, HOUR_MS, RecordId, SourceId};
use linli_tests::kernel_contract::{
    Chain, MONEY, MoneyCall, POINTS, PointsCall, PointsContract, Use, money_account, money_origin,
};
use linli_tests::oracle::{History, Interval, Lot, Model, Moved, No, Operation, Parcel, Selection};
use std::collections::BTreeMap;

const HISTORIES: u64 = 10_000;
/// Histories of which every block is also verified and executed again: one in so many.
const FULL: u64 = 16;

#[test]
fn ten_thousand_random_histories_agree_with_the_naive_model() {
    let chain = Chain::new();
    if let Ok(seed) = std::env::var("ORACLE_SEED") {
        run(&chain, seed.parse().expect("ORACLE_SEED is a number"));
        return;
    }
    let threads: u8 = 2;
    let totals: Vec<Seen> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let chain = &chain;
                scope.spawn(move || {
                    let mut seen = Seen::default();
                    for seed in (u64::from(worker)..HISTORIES).step_by(threads.into()) {
                        let told = std::panic::AssertUnwindSafe(|| run(chain, seed));
                        match std::panic::catch_unwind(told) {
                            Ok(one) => seen.add(&one),
                            Err(panic) => {
                                println!("history {seed} differs; ORACLE_SEED={seed} replays it");
                                std::panic::resume_unwind(panic);
                            }
                        }
                    }
                    seen
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a history differs")).collect()
    });
    let mut seen = Seen::default();
    for one in &totals {
        seen.add(one);
    }
    println!("{seen:?}");
    // The comparison means something only if both answers were given often, for every reason.
    assert!(seen.accepted > 80_000, "{seen:?}");
    for code in [
        "E_AMOUNT_ZERO",
        "E_AMOUNT_RANGE",
        "E_INSUFFICIENT_COMPATIBLE",
        "E_SEGMENT_MOVED",
        "E_INSUFFICIENT_POINTS",
        "E_AMOUNT_OVERFLOW",
    ] {
        assert!(seen.refused.get(code).is_some_and(|times| *times > 500), "{code}: {seen:?}");
    }
}

/// What the histories contained.
#[derive(Debug, Default)]
struct Seen {
    accepted: u64,
    refused: BTreeMap<&'static str, u64>,
    segments_max: usize,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.segments_max = self.segments_max.max(other.segments_max);
        for (code, times) in &other.refused {
            *self.refused.entry(code).or_default() += times;
        }
    }
}

/// One history, in two or three blocks.
fn run(chain: &Chain, seed: u64) -> Seen {
    let mut chain = chain.clone();
    if !seed.is_multiple_of(FULL) {
        chain = chain.only_building();
    }
    let mut history = History::new(seed, Chain::START.0, HOUR_MS);
    let (mut model, mut seen) = (Model::default(), Seen::default());
    let mut receipts = Vec::new();
    for block in 1..=2 + history.random().below(2) {
        let time = Chain::START.plus(block * HOUR_MS + history.random().below(2));
        let mut transactions: Vec<VerifiedTransaction> = Vec::new();
        let mut expected = Vec::new();
        for _ in 0..3 + history.random().below(8) {
            let operation = history.next(&model);
            transactions.push(sign(&mut chain, &operation));
            let result = model.apply(&operation, time.0);
            match &result {
                Ok(moved) => {
                    seen.accepted += 1;
                    history.note(&operation, moved);
                }
                Err(no) => *seen.refused.entry(no.code).or_default() += 1,
            }
            expected.push((operation, result));
        }
        let found = chain.block(time, &transactions);
        assert_eq!(found.len(), expected.len(), "seed {seed}");
        for (receipt, (operation, result)) in found.iter().zip(&expected) {
            assert_eq!(answer(receipt), *result, "seed {seed}: {operation:?}");
        }
        receipts.extend(found);
        compare(&chain, &model, seed);
    }
    chain.check_invariants();
    let segments = records::<SegmentRecord>(&chain.state).count();
    let bound = model.money.sources() + 2 * model.money.movements();
    assert!(segments <= bound, "seed {seed}: {segments} segments, bound {bound}");
    seen.segments_max = segments;
    compare_a_path(&receipts, &model, &mut history, seed);
    seen
}

/// Everything that the state says about value is what the model says.
fn compare(chain: &Chain, model: &Model, seed: u64) {
    let view = chain.view();
    let holds = |key: &AccountKey, expected: u64| {
        assert_eq!(balance(&view, key), expected, "seed {seed}: balance of {key:?}");
    };
    for number in 0..History::ACCOUNTS {
        holds(&money_account(number), model.money.balance(number));
    }
    holds(&money_origin(), model.money.issued());
    for person in 0..History::PERSONS {
        for (key, parcels) in [
            (PointsContract::available(person), model.points.available(person)),
            (PointsContract::locked(person), model.points.locked(person)),
        ] {
            let found: Vec<_> = points::lots(&view, &key).iter().map(parcel).collect();
            assert_eq!(found, parcels, "seed {seed}: lots of {key:?}");
            holds(&key, parcels.iter().map(|parcel| parcel.amount).sum());
        }
        holds(&PointsContract::minutes(person), model.points.minutes(person));
    }
    holds(&PointsContract::mint(), model.points.minted);
    holds(&PointsContract::redeemed(), model.points.redeemed);
    holds(&PointsContract::expired(), model.points.expired);
    holds(&PointsContract::corrected(), model.points.corrected);
    holds(&PointsContract::service(), model.points.all_minutes());
    let names: BTreeMap<_, _> =
        (0..History::ACCOUNTS).map(|number| (money_account(number).id(), number)).collect();
    let trace: Vec<_> = records::<SegmentRecord>(&chain.state)
        .map(|((source, start), record)| {
            let segment = Segment { source, start, length: record.length };
            (names[&record.account], lot_numbers(&record.lot), interval(&segment))
        })
        .collect();
    assert_eq!(trace, model.money.trace(), "seed {seed}: where the fen lie");
}

/// The movements of one fen, read from the receipts, are the accounts where the model saw it.
fn compare_a_path(receipts: &[Receipt], model: &Model, history: &mut History, seed: u64) {
    let trace = model.money.trace();
    let Some((_, _, run)) =
        trace.get(usize::try_from(history.random().below(trace.len() as u64)).expect("small"))
    else {
        return;
    };
    let expected: Vec<_> = model
        .money
        .path(run.source, run.start)
        .iter()
        .map(|number| money_account(*number).id())
        .collect();
    assert_eq!(path(receipts, run.source, run.start), expected, "seed {seed}: {run:?}");
}

fn path(receipts: &[Receipt], source: u32, fen: u64) -> Vec<linli_ledger::types::AccountId> {
    receipts
        .iter()
        .flat_map(|receipt| &receipt.movements)
        .filter(|movement| match &movement.quantity {
            Quantity::Fen(segments) => segments.iter().map(interval).any(|interval| {
                interval.source == source && (interval.start..interval.end).contains(&fen)
            }),
            Quantity::Points(_) | Quantity::Minutes(_) => false,
        })
        .map(|movement| movement.to)
        .collect()
}

/// What a receipt says, in the words of the model.
fn answer(receipt: &Receipt) -> Result<Moved, No> {
    if let Some(rejection) = receipt.rejection() {
        assert_eq!((receipt.movements.len(), receipt.writes.len()), (0, 1), "only the nonce");
        return Err(no(rejection));
    }
    let movement = match receipt.movements.as_slice() {
        [] => return Ok(Moved::Nothing),
        [movement] => movement,
        [_, ..] => panic!("one movement: {receipt:?}"),
    };
    Ok(match &movement.quantity {
        Quantity::Fen(segments) => Moved::Fen(segments.iter().map(interval).collect()),
        Quantity::Points(lots) => Moved::Points(lots.iter().map(parcel).collect()),
        Quantity::Minutes(minutes) => Moved::Minutes(*minutes),
    })
}

fn no(rejection: &Rejection) -> No {
    let need_have = match rejection.details.as_slice() {
        [] => None,
        [Detail::Need(need), Detail::Have(have)] => Some((*need, *have)),
        other => panic!("unexpected details {other:?}"),
    };
    No { code: rejection.code.name(), need_have }
}

fn sign(chain: &mut Chain, operation: &Operation) -> VerifiedTransaction {
    match operation.clone() {
        Operation::Issue { to, amount, lot } => {
            chain.sign(MONEY, &MoneyCall::Issue { to, amount: Fen(amount), lot: kernel_lot(&lot) })
        }
        Operation::Move { from, to, amount, selection } => {
            let (purpose, amount) = (purpose(&selection), Fen(amount));
            let call = if selection.reverse {
                MoneyCall::Refund { from, to, amount, purpose }
            } else {
                MoneyCall::Pay { from, to, amount, purpose }
            };
            chain.sign(MONEY, &call)
        }
        Operation::MoveIntervals { from, to, intervals } => {
            let segments = intervals.iter().map(segment).collect();
            chain.sign(MONEY, &MoneyCall::MoveSegments { from, to, segments })
        }
        Operation::MoveWithin { from, to, amount, reverse, intervals } => {
            let (amount, segments) = (Fen(amount), intervals.iter().map(segment).collect());
            chain.sign(MONEY, &MoneyCall::MoveWithin { from, to, amount, reverse, segments })
        }
        Operation::Relot { account, intervals, lot } => {
            let segments = intervals.iter().map(segment).collect();
            let lot = kernel_lot(&lot);
            chain.sign(MONEY, &MoneyCall::Relot { account, segments, lot })
        }
        Operation::Mint { person, parcels } => {
            chain.sign(POINTS, &PointsCall::Mint { person, lots: lots(&parcels) })
        }
        Operation::Spend { person, amount } => {
            chain.sign(POINTS, &PointsCall::Spend { person, amount: Points(amount) })
        }
        Operation::Unlock { person, parcels } => {
            chain.sign(POINTS, &PointsCall::Unlock { person, lots: lots(&parcels) })
        }
        Operation::Consume { person, parcels } => {
            chain.sign(POINTS, &PointsCall::Consume { person, lots: lots(&parcels) })
        }
        Operation::Return { person, parcels } => {
            chain.sign(POINTS, &PointsCall::Return { person, lots: lots(&parcels) })
        }
        Operation::TakeBack { person, parcels } => {
            chain.sign(POINTS, &PointsCall::TakeBack { person, lots: lots(&parcels) })
        }
        Operation::Expire { person } => chain.sign(POINTS, &PointsCall::Expire { person }),
        Operation::Serve { person, minutes } => {
            chain.sign(POINTS, &PointsCall::Serve { person, minutes: Minutes(minutes) })
        }
        Operation::Correct { person, minutes } => {
            chain.sign(POINTS, &PointsCall::Correct { person, minutes: Minutes(minutes) })
        }
    }
}

fn kernel_lot(lot: &Lot) -> money::Lot {
    money::Lot {
        earmark: EarmarkId([number(lot.earmark); 32]),
        specificity: lot.specificity,
        lapse_on: lot.lapse_on.map(Day),
        priority: lot.priority,
        carry_count: lot.carry_count,
    }
}

fn lot_numbers(lot: &money::Lot) -> Lot {
    Lot {
        earmark: lot.earmark.0[0].into(),
        specificity: lot.specificity,
        lapse_on: lot.lapse_on.map(|day| day.0),
        priority: lot.priority,
        carry_count: lot.carry_count,
    }
}

/// The kernel's test contracts know earmarks below 256.
fn number(earmark: u64) -> u8 {
    u8::try_from(earmark).expect("few earmarks")
}

fn purpose(selection: &Selection) -> Use {
    let earmarks = selection.earmarks.iter().copied().map(number).collect();
    Use { earmarks, today: selection.today.map(Day) }
}

fn interval(segment: &Segment) -> Interval {
    Interval { source: segment.source.0, start: segment.start, end: segment.start + segment.length }
}

fn segment(interval: &Interval) -> Segment {
    let Interval { source, start, end } = *interval;
    Segment { source: SourceId(source), start, length: end - start }
}

fn parcel(lot: &PointLot) -> Parcel {
    Parcel { expires_at: lot.expires_at.0, batch: lot.batch.0[0], amount: lot.amount }
}

fn lots(parcels: &[Parcel]) -> Vec<PointLot> {
    parcels
        .iter()
        .map(|parcel| PointLot {
            expires_at: BlockTime(parcel.expires_at),
            batch: RecordId([parcel.batch; 32]),
            amount: parcel.amount,
        })
        .collect()
}

// The worked example of `domain` §4.7. Accounts: the pooled fund, two contracts, two payees.
const F: u8 = 0;
const C1: u8 = 1;
const C2: u8 = 2;
const P1: u8 = 3;
const P2: u8 = 4;
// Earmarks: elder care, and none.
const ELDER: u64 = 1;
const FREE: u64 = 0;

const S1: SourceId = SourceId(0);
const S2: SourceId = SourceId(1);

/// One step: amount, from, to, what the receipt must say has moved, as `[start, end)`.
type Step = (u64, u8, u8, &'static [(SourceId, u64, u64)]);

const STEPS: [Step; 9] = [
    (33_000_000, F, C1, &[(S1, 0, 30_000_000), (S2, 0, 3_000_000)]),
    (6_000_000, F, C2, &[(S2, 3_000_000, 9_000_000)]),
    (9_900_000, C1, P1, &[(S1, 0, 9_900_000)]),
    (3_000_000, C2, P2, &[(S2, 3_000_000, 6_000_000)]),
    (13_200_000, C1, P1, &[(S1, 9_900_000, 23_100_000)]),
    (9_405_000, C1, P1, &[(S1, 23_100_000, 30_000_000), (S2, 0, 2_505_000)]),
    (495_000, C1, F, &[(S2, 2_505_000, 3_000_000)]),
    (3_000_000, C2, P2, &[(S2, 6_000_000, 9_000_000)]),
    (1_200_000, P1, F, &[(S2, 1_305_000, 2_505_000)]),
];

#[test]
fn the_worked_example_moves_exactly_the_fen_of_the_design() {
    let mut chain = Chain::new();
    let mut receipts = Vec::new();
    for (amount, earmark, specificity, priority) in
        [(30_000_000, ELDER, 2, 0), (10_000_000, FREE, 0, 5)]
    {
        let lot = Lot { earmark, specificity, lapse_on: None, priority, carry_count: 0 };
        let call = MoneyCall::Issue { to: F, amount: Fen(amount), lot: kernel_lot(&lot) };
        receipts.push(chain.call(MONEY, &call));
    }
    for (number, (amount, from, to, expected)) in (1..).zip(STEPS) {
        // C2 is for young people: money for the elderly does not suit it.
        let earmarks = if number == 2 { vec![FREE] } else { vec![ELDER, FREE] };
        let earmarks = earmarks.into_iter().map(self::number).collect();
        let (amount, purpose) = (Fen(amount), Use { earmarks, today: None });
        let call = match number {
            9 => MoneyCall::Refund { from, to, amount, purpose },
            _ => MoneyCall::Pay { from, to, amount, purpose },
        };
        let receipt = chain.call(MONEY, &call);
        let Ok(Moved::Fen(moved)) = answer(&receipt) else { panic!("step {number}: {receipt:?}") };
        let moved: Vec<_> =
            moved.iter().map(|run| (SourceId(run.source), run.start, run.end)).collect();
        assert_eq!(moved, expected, "step {number}");
        receipts.push(receipt);
    }
    chain.check_invariants();
    let view = chain.view();
    let lies = |number: u8| -> Vec<_> {
        money::holdings(&view, &money_account(number), linli_ledger::view::Order::Ascending)
            .iter()
            .map(|(_, segment)| (segment.source, segment.start, segment.end()))
            .collect()
    };
    assert_eq!(lies(F), [(S2, 1_305_000, 3_000_000), (S2, 9_000_000, 10_000_000)]);
    assert_eq!(lies(P1), [(S1, 0, 30_000_000), (S2, 0, 1_305_000)]);
    assert_eq!(lies(P2), [(S2, 3_000_000, 9_000_000)]);
    assert_eq!((lies(C1), lies(C2)), (vec![], vec![]));
    let balances = [F, C1, C2, P1, P2].map(|number| balance(&view, &money_account(number)));
    assert_eq!(balances, [2_695_000, 0, 0, 31_305_000, 6_000_000]);
    assert_eq!(balances.iter().sum::<u64>(), 40_000_000);
    let entries = account(&view, &money_account(P1)).expect("P1 was paid").entries;
    assert_eq!(entries, 4, "three payments and the clawback");

    // Queries. Backward: from whom does P1 have its money?
    let mut backward: BTreeMap<SourceId, u64> = BTreeMap::new();
    for (source, start, end) in lies(P1) {
        *backward.entry(source).or_default() += end - start;
    }
    assert_eq!(backward, BTreeMap::from([(S1, 30_000_000), (S2, 1_305_000)]));
    assert_eq!(30_000_000_u64 * 10_000 / 31_305_000, 9_583, "95.83 % of it is fiscal money");
    // Forward: where is the money of S2?
    let mut forward = BTreeMap::new();
    for ((source, _), record) in records::<SegmentRecord>(&chain.state) {
        if source == S2 {
            *forward.entry(record.account).or_insert(0) += record.length;
        }
    }
    let account_of = |number: u8| money_account(number).id();
    let expected = [(P1, 1_305_000), (P2, 6_000_000), (F, 2_695_000)];
    assert_eq!(forward, expected.map(|(number, fen)| (account_of(number), fen)).into());
    // Path of one fen: issue → F → (1) C1 → (6) P1 → (9) F.
    assert_eq!(path(&receipts, 1, 2_000_000), [F, C1, P1, F].map(account_of));
    // Locate, at the borders of an interval.
    let (segment, record) = money::containing(&view, S2, 1_305_000).expect("a fen that was issued");
    assert_eq!((segment.start, segment.end()), (1_305_000, 3_000_000));
    assert_eq!(record.account, account_of(F));
    assert!(money::containing(&view, S2, 10_000_000).is_none(), "one past the last fen");
    assert_eq!(records::<SourceRecord>(&chain.state).count(), 2);
}

#[test]
fn the_worked_example_agrees_with_the_model_at_a_five_thousandth() {
    let mut model = Model::default();
    let scale = 5_000;
    for (amount, earmark, specificity, priority) in
        [(30_000_000, ELDER, 2, 0), (10_000_000, FREE, 0, 5)]
    {
        let lot = Lot { earmark, specificity, lapse_on: None, priority, carry_count: 0 };
        let operation = Operation::Issue { to: F, amount: amount / scale, lot };
        model.apply(&operation, 0).expect("a new source");
    }
    for (number, (amount, from, to, expected)) in (1..).zip(STEPS) {
        let earmarks = if number == 2 { vec![FREE] } else { vec![ELDER, FREE] };
        let selection = Selection { reverse: number == 9, earmarks, today: None };
        let operation = Operation::Move { from, to, amount: amount / scale, selection };
        let expected = expected
            .iter()
            .map(|(source, start, end)| Interval {
                source: source.0,
                start: start / scale,
                end: end / scale,
            })
            .collect();
        assert_eq!(model.apply(&operation, 0), Ok(Moved::Fen(expected)), "step {number}");
    }
}
