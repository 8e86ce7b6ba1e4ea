//! What the posting kernel does, movement by movement, on a state without contracts.

use super::money::{
    HoldingRecord, Lot, Segment, SegmentRecord, coalesced, containing, holdings, issue,
};
use super::points::{self, PointLot};
use super::*;
use crate::amount::{Minutes, Points};
use crate::code::Detail;
use crate::genesis::Clock;
use crate::hash::Digest;
use crate::limits::AMOUNT_MAX;
use crate::state::State;
use crate::types::{
    BlockTime, Compartment, ContractId, Day, EarmarkId, Height, RecordId, SourceId, TransactionId,
};
use crate::view::{Order, Overlay, Scope};
use proptest::prelude::*;

const NOW: BlockTime = BlockTime(1_000_000);
const HEIGHT: Height = Height(7);
const INDEX: u32 = 3;

fn with_view<T>(compartment: Compartment, test: impl FnOnce(&mut View<'_>) -> T) -> T {
    let state = State::new(Digest::ZERO, Clock::Data, BlockTime(1));
    let overlay = Overlay::new();
    let scope = Scope {
        contract: ContractId(900),
        compartment,
        keeps_keys: false,
        keeps_members: false,
        writer: TransactionId(Digest::ZERO),
        height: HEIGHT,
        time: NOW,
        index: INDEX,
    };
    test(&mut View::new(&state, &overlay, scope))
}

fn key(unit: Unit, side: Side, kind: u8) -> AccountKey {
    AccountKey { unit, side, kind, owner: [kind; 32], part: [0; 32] }
}

fn fund() -> AccountKey {
    key(Unit::Fen, Side::Holder, 1)
}

fn payee() -> AccountKey {
    key(Unit::Fen, Side::Holder, 2)
}

fn bank() -> AccountKey {
    key(Unit::Fen, Side::Origin, 3)
}

fn lot(specificity: u8) -> Lot {
    Lot {
        earmark: EarmarkId([specificity; 32]),
        specificity,
        lapse_on: None,
        priority: 0,
        carry_count: 0,
    }
}

fn segment(source: u32, start: u64, length: u64) -> Segment {
    Segment { source: SourceId(source), start, length }
}

/// A source of so many fen in the fund, without restrictions.
fn source(view: &mut View<'_>, fen: u64) {
    issue(view, &bank(), &fund(), Fen(fen), lot(0)).unwrap();
}

fn move_money(view: &mut View<'_>, segments: &[Segment]) -> Result<(), Rejection> {
    money::transfer(view, &fund(), &payee(), segments)
}

fn balances(view: &View<'_>, keys: &[AccountKey]) -> Vec<u64> {
    keys.iter().map(|key| balance(view, key)).collect()
}

fn refused<T>(code: Code) -> Result<T, Rejection> {
    Err(code.into())
}

fn lacking<T>(code: Code, need: u64, have: u64) -> Result<T, Rejection> {
    Err(Rejection::new(code, &[Detail::Need(need), Detail::Have(have)]))
}

#[test]
fn every_movement_is_booked_twice_with_the_same_amount() {
    with_view(Compartment::Public, |view| {
        source(view, 100);
        move_money(view, &[segment(0, 10, 20)]).unwrap();
        assert_eq!(balances(view, &[bank(), fund(), payee()]), [100, 80, 20]);
        let booked: Vec<_> = view
            .entries
            .iter()
            .map(|e| (e.account, e.direction, e.amount, e.balance, e.number))
            .collect();
        let expected = [
            (bank().id(), Direction::Out, 100, 100, 1),
            (fund().id(), Direction::In, 100, 100, 1),
            (fund().id(), Direction::Out, 20, 80, 2),
            (payee().id(), Direction::In, 20, 20, 1),
        ];
        assert_eq!(booked, expected);
        let quantity = Quantity::Fen(vec![segment(0, 10, 20)]);
        let last = Movement { from: fund().id(), to: payee().id(), quantity };
        assert_eq!((view.movements.len(), view.movements.last()), (2, Some(&last)));
    });
}

#[test]
fn the_head_of_a_journal_is_what_anybody_can_compute_from_its_entries() {
    with_view(Compartment::Public, |view| {
        source(view, 100);
        move_money(view, &[segment(0, 10, 20)]).unwrap();
        // Byte for byte: one segment list, then one entry, each as LED-6.5 spells it.
        let lots = |start: u64, length: u64| {
            let mut bytes = vec![0];
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(0_u32.to_le_bytes());
            bytes.extend(start.to_le_bytes());
            bytes.extend(length.to_le_bytes());
            *blake3::keyed_hash(&Domain::Lots.key(), &bytes).as_bytes()
        };
        let next =
            |head: [u8; 32], direction: u8, amount: u64, other: AccountId, lots: [u8; 32]| {
                let mut bytes = head.to_vec();
                bytes.extend(HEIGHT.0.to_le_bytes());
                bytes.extend(INDEX.to_le_bytes());
                bytes.push(direction);
                bytes.extend(amount.to_le_bytes());
                bytes.extend(other.0);
                bytes.extend(lots);
                *blake3::keyed_hash(&Domain::Journal.key(), &bytes).as_bytes()
            };
        let first = next([0; 32], 0, 100, bank().id(), lots(0, 100));
        let second = next(first, 1, 20, payee().id(), lots(10, 20));
        let account = account(view, &fund()).unwrap();
        assert_eq!((account.entries, account.journal_head), (2, second));
        let heads: Vec<_> = view
            .entries
            .iter()
            .filter(|entry| entry.account == fund().id())
            .map(|entry| entry.head)
            .collect();
        assert_eq!(heads, [first, second]);
    });
}

#[test]
fn an_origin_counts_what_has_left_it_and_a_sink_what_has_come() {
    let origin = key(Unit::Points, Side::Origin, 1);
    let holder = key(Unit::Points, Side::Holder, 2);
    let sink = key(Unit::Points, Side::Sink, 3);
    let lots = |amount| [PointLot { expires_at: NOW.plus(9), batch: RecordId([1; 32]), amount }];
    with_view(Compartment::Restricted, |view| {
        points::transfer(view, &origin, &holder, &lots(10)).unwrap();
        points::transfer(view, &holder, &sink, &lots(4)).unwrap();
        assert_eq!(balances(view, &[origin, holder, sink]), [10, 6, 4]);
        points::transfer(view, &holder, &origin, &lots(1)).unwrap();
        assert_eq!(balances(view, &[origin, holder, sink]), [9, 5, 4]);
        assert_eq!(points::lots(view, &holder), lots(5));
        assert_eq!(points::lots(view, &sink), [], "what has ended has no lots");
        let empty = points::transfer(view, &sink, &holder, &lots(5));
        assert_eq!(empty, refused(Code::AmountOverflow), "nothing comes out but what went in");
    });
}

#[test]
fn nothing_and_too_much_are_refused() {
    with_view(Compartment::Public, |view| {
        for (fen, code) in [(0, Code::AmountZero), (AMOUNT_MAX + 1, Code::AmountRange)] {
            let no_source = issue(view, &bank(), &fund(), Fen(fen), lot(0));
            assert_eq!(no_source, refused(code));
            let chosen = money::select(view, &fund(), Fen(fen), Order::Ascending, |_| true);
            assert_eq!(chosen, refused(code));
        }
        source(view, 10);
        assert_eq!(move_money(view, &[]), refused(Code::AmountZero));
        assert_eq!(move_money(view, &[segment(0, 3, 0)]), refused(Code::AmountZero));
        move_money(view, &[segment(0, 3, 0), segment(0, 1, 2), segment(9, 9, 0)]).unwrap();
        let moved = &view.movements.last().unwrap().quantity;
        assert_eq!(moved, &Quantity::Fen(vec![segment(0, 1, 2)]), "empty intervals are not booked");
    });
}

#[test]
fn a_balance_never_passes_63_bits() {
    with_view(Compartment::Public, |view| {
        for _ in 0..1_024 {
            source(view, AMOUNT_MAX);
        }
        let one_more = issue(view, &bank(), &fund(), Fen(AMOUNT_MAX), lot(0));
        assert_eq!(one_more, refused(Code::AmountOverflow));
    });
}

#[test]
fn a_fen_that_lies_elsewhere_is_not_moved() {
    with_view(Compartment::Public, |view| {
        source(view, 100);
        move_money(view, &[segment(0, 10, 20)]).unwrap();
        for (segments, why) in [
            (vec![segment(0, 10, 1)], "it has left"),
            (vec![segment(0, 5, 6)], "the last fen has left"),
            (vec![segment(0, 29, 2)], "the first fen has left"),
            (vec![segment(0, 90, 11)], "past the end"),
            (vec![segment(0, 40, u64::MAX)], "far past the end"),
            (vec![segment(0, u64::MAX, 1)], "at the end of numbers"),
            (vec![segment(1, 0, 1)], "no such source"),
            (vec![segment(0, 40, 5), segment(0, 44, 5)], "a fen is named twice"),
        ] {
            assert_eq!(move_money(view, &segments), refused(Code::SegmentMoved), "{why}");
        }
    });
}

#[test]
fn what_returns_joins_what_stayed() {
    with_view(Compartment::Public, |view| {
        source(view, 100);
        let parts = [segment(0, 40, 10), segment(0, 10, 20), segment(0, 99, 1), segment(0, 0, 1)];
        for part in parts {
            move_money(view, &[part]).unwrap();
        }
        let held = |view: &View<'_>, key: AccountKey| -> Vec<Segment> {
            holdings(view, &key, Order::Ascending).into_iter().map(|(_, s)| s).collect()
        };
        let stayed = [segment(0, 1, 9), segment(0, 30, 10), segment(0, 50, 49)];
        assert_eq!(held(view, fund()), stayed);
        for part in parts {
            money::transfer(view, &payee(), &fund(), &[part]).unwrap();
        }
        assert_eq!(held(view, fund()), [segment(0, 0, 100)]);
        assert_eq!(held(view, payee()), []);
        assert_eq!(view.range::<SegmentRecord>(&(), 9).len(), 1, "one leaf again");
        assert_eq!(
            view.range::<HoldingRecord>(&(), 9).len(),
            1,
            "and one in the order of spending"
        );
    });
}

#[test]
fn sources_and_lots_do_not_join() {
    with_view(Compartment::Public, |view| {
        source(view, 5);
        source(view, 5);
        issue(view, &bank(), &fund(), Fen(5), lot(1)).unwrap();
        move_money(view, &[segment(1, 0, 5), segment(0, 0, 5), segment(2, 0, 5)]).unwrap();
        let held = holdings(view, &payee(), Order::Ascending);
        let expected =
            [(lot(1), segment(2, 0, 5)), (lot(0), segment(0, 0, 5)), (lot(0), segment(1, 0, 5))];
        assert_eq!(held, expected, "the most restricted first, then by source");
        assert_eq!(containing(view, SourceId(1), 4), containing(view, SourceId(1), 0));
        assert_eq!(containing(view, SourceId(1), 5), None);
    });
}

#[test]
fn a_movement_takes_1024_segments_and_not_1025() {
    with_view(Compartment::Public, |view| {
        (0..1_030).for_each(|_| source(view, 1));
        let choose = |view: &View<'_>, fen| {
            money::select(view, &fund(), Fen(fen), Order::Ascending, |_| true)
        };
        assert_eq!(choose(view, 1_025), refused(Code::TooManySegments));
        assert_eq!(choose(view, 1_031), lacking(Code::InsufficientCompatible, 1_031, 1_030));
        let most = choose(view, 1_024).unwrap();
        let one_more = [most.clone(), vec![segment(1_024, 0, 1)]].concat();
        assert_eq!(move_money(view, &one_more), refused(Code::TooManySegments));
        move_money(view, &most).unwrap();
        assert_eq!(balances(view, &[fund(), payee()]), [6, 1_024]);
    });
}

#[test]
fn neighbours_chosen_from_two_lots_count_as_one_segment() {
    let chosen = vec![segment(1, 5, 5), segment(0, 7, 1), segment(1, 0, 5), segment(0, 8, 0)];
    assert_eq!(coalesced(chosen), [segment(0, 7, 1), segment(1, 0, 10)]);
}

#[test]
fn an_account_with_more_segments_than_a_page_is_read_whole_both_ways() {
    with_view(Compartment::Public, |view| {
        (0..2_500).for_each(|_| source(view, 2));
        let up = holdings(view, &fund(), Order::Ascending);
        let mut down = holdings(view, &fund(), Order::Descending);
        down.reverse();
        assert_eq!((up.len(), &up), (2_500, &down));
        let last = money::select(view, &fund(), Fen(3), Order::Descending, |_| true).unwrap();
        assert_eq!(last, [segment(2_498, 1, 1), segment(2_499, 0, 2)], "cut from the end");
        let none = money::select(view, &fund(), Fen(3), Order::Ascending, |_| false);
        assert_eq!(none, lacking(Code::InsufficientCompatible, 3, 0));
    });
}

/// A source of 10 fen in three lots: the middle is spent first, then the front, then the end.
fn three_lots(view: &mut View<'_>) {
    source(view, 10);
    let spent = |specificity| move |lot: &Lot| Lot { specificity, ..*lot };
    money::relot(view, &fund(), &[segment(0, 3, 4)], spent(3)).unwrap();
    money::relot(view, &fund(), &[segment(0, 0, 3)], spent(2)).unwrap();
    money::relot(view, &fund(), &[segment(0, 7, 3)], spent(1)).unwrap();
}

#[test]
fn fen_with_another_lot_stay_where_they_are_and_nothing_is_booked() {
    with_view(Compartment::Public, |view| {
        three_lots(view);
        assert_eq!((balances(view, &[fund()]), view.movements.len()), (vec![10], 1));
        let spent: Vec<_> = holdings(view, &fund(), Order::Ascending)
            .into_iter()
            .map(|(lot, segment)| (lot.specificity, segment))
            .collect();
        let lots = [(3, segment(0, 3, 4)), (2, segment(0, 0, 3)), (1, segment(0, 7, 3))];
        assert_eq!(spent, lots);
        let one = |lot: &Lot| Lot { specificity: 0, ..*lot };
        money::relot(view, &fund(), &[segment(0, 0, 10)], one).unwrap();
        let joined = holdings(view, &fund(), Order::Ascending);
        assert_eq!(joined.len(), 1, "neighbours of one lot are one segment");
        let never = |lot: &Lot| Lot { lapse_on: Some(Day(u32::MAX)), ..*lot };
        for (segments, change, code) in [
            (vec![], one as fn(&Lot) -> Lot, Code::AmountZero),
            (vec![segment(0, 9, 2)], one, Code::SegmentMoved),
            (vec![segment(1, 0, 1)], one, Code::SegmentMoved),
            (vec![segment(0, 0, 2), segment(0, 1, 2)], one, Code::SegmentMoved),
            (vec![segment(0, 0, 2); 1_025], one, Code::TooManySegments),
            (vec![segment(0, 0, 2)], never, Code::TimeWindow),
        ] {
            let no = money::relot(view, &fund(), &segments, change);
            assert_eq!(no, refused(code), "{segments:?}");
        }
    });
}

#[test]
fn fen_are_chosen_among_those_that_are_named() {
    with_view(Compartment::Public, |view| {
        three_lots(view);
        let within = [segment(0, 1, 8)];
        let choose =
            |amount, order| money::select_within(view, &fund(), Fen(amount), order, &within);
        assert_eq!(choose(5, Order::Ascending), Ok(vec![segment(0, 1, 1), segment(0, 3, 4)]));
        assert_eq!(choose(3, Order::Descending), Ok(vec![segment(0, 2, 1), segment(0, 7, 2)]));
        assert_eq!(choose(8, Order::Descending), Ok(within.to_vec()));
        assert_eq!(choose(9, Order::Ascending), lacking(Code::InsufficientCompatible, 9, 8));
        assert_eq!(choose(0, Order::Ascending), refused(Code::AmountZero));
        let elsewhere = [segment(0, 9, 2)];
        let moved = money::select_within(view, &fund(), Fen(1), Order::Ascending, &elsewhere);
        assert_eq!(moved, refused(Code::SegmentMoved));
    });
}

#[test]
fn what_is_left_of_segments_without_others() {
    let all = [segment(0, 0, 10), segment(1, 5, 5)];
    let rows = [
        (vec![], all.to_vec()),
        (vec![segment(0, 0, 10)], vec![segment(1, 5, 5)]),
        (
            vec![segment(0, 2, 3), segment(0, 9, 5), segment(1, 0, 6), segment(2, 0, 9)],
            vec![segment(0, 0, 2), segment(0, 5, 4), segment(1, 6, 4)],
        ),
        (vec![segment(0, 0, 99), segment(1, 0, 99)], vec![]),
    ];
    for (taken, left) in rows {
        assert_eq!(money::without(&all, &taken), left, "{taken:?}");
    }
}

#[test]
fn an_account_is_read_a_page_at_a_time() {
    with_view(Compartment::Public, |view| {
        (0..7).for_each(|_| source(view, 2));
        let mut seen = Vec::new();
        loop {
            let page = money::page(view, &fund(), seen.last(), 3);
            if page.is_empty() {
                break;
            }
            seen.extend(page);
        }
        assert_eq!(seen, holdings(view, &fund(), Order::Ascending));
    });
}

proptest! {
    #[test]
    fn ranks_sort_like_the_order_of_spending(
        lots in prop::collection::vec(
            (0_u8..4, prop::option::of(0_u32..3), 0_u8..3, 0_u8..3, 0_u8..3), 2)
    ) {
        let [(a, plain_a), (b, plain_b)] = [&lots[0], &lots[1]].map(|numbers| {
            let &(specificity, lapse, priority, carry_count, earmark) = numbers;
            let earmark_id = EarmarkId([earmark; 32]);
            let lapse_on = lapse.map(Day);
            let lot = Lot { earmark: earmark_id, specificity, lapse_on, priority, carry_count };
            let lapse = lapse.map_or(u64::MAX, u64::from);
            let down = std::cmp::Reverse::<u8>;
            (lot, (down(specificity), lapse, priority, down(carry_count), earmark))
        });
        prop_assert_eq!(a.rank().cmp(&b.rank()), plain_a.cmp(&plain_b));
        with_view(Compartment::Public, |view| {
            issue(view, &bank(), &fund(), Fen(1), a).unwrap();
            assert_eq!(holdings(view, &fund(), Order::Ascending)[0].0, a, "a rank is its lot");
        });
    }
}

fn person() -> AccountKey {
    key(Unit::Points, Side::Holder, 2)
}

fn points_lot(expires_in: u64, batch: u8, amount: u64) -> PointLot {
    PointLot { expires_at: NOW.plus(expires_in), batch: RecordId([batch; 32]), amount }
}

fn mint(view: &mut View<'_>, lots: &[PointLot]) -> Result<(), Rejection> {
    points::transfer(view, &key(Unit::Points, Side::Origin, 1), &person(), lots)
}

#[test]
fn points_that_expire_first_are_spent_first_and_expired_ones_never() {
    with_view(Compartment::Restricted, |view| {
        let lots = [
            points_lot(5, 2, 10),
            points_lot(5, 1, 10),
            points_lot(1, 9, 10),
            points_lot(0, 0, 50),
        ];
        mint(view, &lots).unwrap();
        let choose = |amount| points::select(view, &person(), Points(amount), NOW);
        let expected = vec![points_lot(1, 9, 10), points_lot(5, 1, 10), points_lot(5, 2, 1)];
        assert_eq!(choose(21), Ok(expected));
        assert_eq!(choose(31), lacking(Code::InsufficientPoints, 31, 30));
        assert_eq!(choose(0), refused(Code::AmountZero));
        assert_eq!(choose(AMOUNT_MAX + 1), refused(Code::AmountRange));
        assert_eq!(points::lots(view, &person()).len(), 4, "the expired one waits for its sweep");
    });
}

#[test]
fn expired_points_do_not_hide_living_ones() {
    with_view(Compartment::Restricted, |view| {
        let expired: Vec<_> = (0..1_024_u32)
            .map(|n| {
                let mut batch = [0; 32];
                batch[..4].copy_from_slice(&n.to_be_bytes());
                PointLot { expires_at: NOW, batch: RecordId(batch), amount: 1 }
            })
            .collect();
        mint(view, &expired).unwrap();
        mint(view, &[points_lot(1, 7, 3)]).unwrap();
        let chosen = points::select(view, &person(), Points(3), NOW);
        assert_eq!(chosen, Ok(vec![points_lot(1, 7, 3)]));
        assert_eq!(points::living(view, &person(), NOW), [points_lot(1, 7, 3)]);
    });
}

#[test]
fn lots_that_a_holder_lacks_are_refused() {
    with_view(Compartment::Restricted, |view| {
        mint(view, &[points_lot(5, 1, 10)]).unwrap();
        let sink = key(Unit::Points, Side::Sink, 3);
        let mut end = |lots: &[PointLot]| points::transfer(view, &person(), &sink, lots);
        let lack = |need, have| lacking(Code::InsufficientPoints, need, have);
        assert_eq!(end(&[points_lot(5, 1, 11)]), lack(11, 10));
        assert_eq!(end(&[points_lot(5, 2, 1)]), lack(1, 0));
        assert_eq!(end(&[points_lot(6, 1, 1)]), lack(1, 0));
        assert_eq!(end(&[points_lot(5, 1, 0)]), refused(Code::AmountZero));
        assert_eq!(end(&[]), refused(Code::AmountZero));
        assert_eq!(end(&vec![points_lot(5, 1, 1); 1_025]), refused(Code::TooManySegments));
        assert_eq!(end(&[points_lot(5, 1, 6), points_lot(5, 1, 5)]), lack(5, 4));
    });
}

#[test]
fn minutes_grow_and_are_corrected_but_not_below_nothing() {
    let (service, hours) =
        (key(Unit::Minutes, Side::Origin, 1), key(Unit::Minutes, Side::Holder, 2));
    with_view(Compartment::Restricted, |view| {
        minutes::transfer(view, &service, &hours, Minutes(90)).unwrap();
        minutes::transfer(view, &hours, &service, Minutes(30)).unwrap();
        assert_eq!(balances(view, &[service, hours]), [60, 60]);
        let too_many = minutes::transfer(view, &hours, &service, Minutes(61));
        assert_eq!(too_many, refused(Code::AmountOverflow));
        let none = minutes::transfer(view, &service, &hours, Minutes(0));
        assert_eq!(none, refused(Code::AmountZero));
    });
}

#[test]
#[should_panic(expected = "units never meet")]
fn points_never_become_minutes() {
    with_view(Compartment::Restricted, |view| {
        let hours = key(Unit::Minutes, Side::Holder, 2);
        let mint = key(Unit::Points, Side::Origin, 1);
        let _ = points::transfer(view, &mint, &hours, &[points_lot(1, 1, 1)]);
    });
}

#[test]
#[should_panic(expected = "value moves between two accounts")]
fn value_does_not_move_to_where_it_is() {
    with_view(Compartment::Public, |view| {
        source(view, 5);
        let _ = money::transfer(view, &fund(), &fund(), &[segment(0, 0, 5)]);
    });
}

#[test]
#[should_panic(expected = "every fen lies in some account")]
fn money_has_no_sink() {
    with_view(Compartment::Public, |view| {
        source(view, 5);
        let sink = key(Unit::Fen, Side::Sink, 9);
        let _ = money::transfer(view, &fund(), &sink, &[segment(0, 0, 5)]);
    });
}
