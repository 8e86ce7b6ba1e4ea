use super::super::accounts::available;
use super::super::balance::lots as lots_of;
use super::*;
use linli_ledger::due::RestrictedDue;
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::types::DAY_MS;

/// Items of a kind in the kernel's queue.
fn waiting(stage: &Stage, kind: u8) -> usize {
    let items = stage.world.view().range::<RestrictedDue>(&(), RANGE_MAX);
    items
        .into_iter()
        .filter(|((_, contract, of, _), _)| (*contract, *of) == (CONTRACT, kind))
        .count()
}

#[test]
fn sign_ups_leave_64_at_once_by_one_item_and_withdrawn_ones_with_them() {
    let mut stage = Stage::new();
    let terms = ActivityTerms { capacity: 80, ..stage.terms(2) };
    let activity = stage.publish(&terms);
    let mut ids = Vec::new();
    for n in 0..70 {
        let resident = stage.resident(&format!("resident {n}"));
        let id = stage.sign_up(&resident, activity);
        if n % 9 == 0 {
            stage.world.apply(
                CONTRACT,
                &[&resident.actor()],
                &Call::SignUpCancel { participation: id },
            );
        }
        ids.push(id);
    }
    let there = |stage: &Stage| {
        ids.iter().map(|id| stage.world.view().has::<Participation>(id)).collect::<Vec<_>>()
    };
    assert_eq!(waiting(&stage, records::kinds::SEATS_END), 1, "one item for all");
    stage.world.at(terms.end.plus(programme::RECORD_KEPT_MS).minus(1));
    stage.world.sweep();
    assert_eq!(there(&stage), vec![true; 70]);
    stage.world.check();
    stage.world.advance(1);
    stage.world.sweep();
    assert_eq!(there(&stage), [vec![true; 6], vec![false; 64]].concat(), "the last ones first");
    assert!(stage.world.view().has::<Seats>(&activity));
    stage.world.check();
    stage.world.advance(1);
    stage.world.sweep();
    assert_eq!(there(&stage), vec![false; 70]);
    assert!(!stage.world.view().has::<Seats>(&activity));
    assert_eq!(waiting(&stage, records::kinds::SEATS_END), 0);
    stage.world.check();
}

#[test]
fn the_lots_of_a_year_are_one_item_in_both_queues() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    for _ in 0..3 {
        stage.earn(&resident, 2);
        stage.world.advance(DAY_MS);
    }
    let of_person = || {
        let queue = stage.world.view().range::<PersonDue>(&resident.enrolment, RANGE_MAX);
        queue.into_iter().filter(|((_, _, kind, _), _)| *kind == records::kinds::EXPIRE).count()
    };
    assert_eq!((waiting(&stage, records::kinds::EXPIRE), of_person()), (1, 1));
    stage.world.check();
}

#[test]
fn more_lots_than_one_item_ends_expire_all_the_same() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    for _ in 0..70 {
        stage.earn(&resident, 1);
        stage.world.advance(DAY_MS);
    }
    stage.world.advance(10 * DAY_MS);
    stage.world.sweep();
    let lots = |stage: &Stage| {
        let account = available(resident.enrolment, stage.programme);
        lots_of(&stage.world.view(), &account).len()
    };
    assert_eq!((lots(&stage), stage.points(&resident)), (70, (700, 0, 0)));
    stage.world.at(tally::year_end(2028));
    assert_eq!(stage.points(&resident), (0, 0, 0), "no answer waits for the sweep");
    for left in [6, 0] {
        stage.world.sweep();
        assert_eq!((lots(&stage), stage.points(&resident)), (left, (0, 0, 0)));
        stage.world.check();
        stage.world.advance(1);
    }
    assert_eq!(waiting(&stage, records::kinds::EXPIRE), 0);
    assert_eq!(stage.totals().outstanding, 0);
    assert_eq!(waiting(&stage, records::kinds::AWARDS_END), 1, "one item for all awards");
    let awards = |stage: &Stage| programme::all_records::<Award>(&stage.world.view()).len();
    stage.world.at(tally::year_end(2028).plus(AWARD_KEPT_MS).minus(100));
    // What has waited since the sessions takes more than one sweep, and no award with it.
    for _ in 0..9 {
        stage.world.sweep();
        assert_eq!(awards(&stage), 70);
    }
    stage.world.at(tally::year_end(2028).plus(AWARD_KEPT_MS).max(stage.world.now));
    for left in [6, 0] {
        stage.world.sweep();
        assert_eq!(awards(&stage), left);
        stage.world.check();
        stage.world.advance(1);
    }
    assert_eq!(waiting(&stage, records::kinds::AWARDS_END), 0);
    assert_eq!(stage.minutes(&resident), 70 * 60);
}
