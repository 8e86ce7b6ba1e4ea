//! This exists to state what the invariants of hours and points notice as facts.

use super::*;
use linli_ledger::record::Record;

type Harm = fn(&mut View<'_>);

/// Changes the first record of a kind.
fn alter<R: Record>(view: &mut View<'_>, change: impl FnOnce(&mut R)) {
    let (id, mut record) = programme::all_records::<R>(view).remove(0);
    change(&mut record);
    view.put(&id, &record);
}

#[test]
fn the_invariants_notice_what_leaves_together_and_is_not_found_together() {
    let cases: [(&str, Harm); 7] = [
        ("CRE-8", |view| alter(view, |seats: &mut Seats| seats.last = None)),
        ("CRE-8", |view| {
            // One that is its own predecessor.
            let (activity, seats) = programme::all_records::<Seats>(view).remove(0);
            let id = seats.last.unwrap();
            let mut participation = view.get::<Participation>(&id).unwrap();
            participation.before = Some(id);
            view.put(&id, &participation);
            view.put(&activity, &seats);
        }),
        ("CRE-8", |view| {
            // One of another activity.
            let mut all = programme::all_records::<Seats>(view);
            let last = all.pop().unwrap().1.last;
            let (activity, seats) = all.remove(0);
            view.put(&activity, &Seats { last, ..seats });
        }),
        ("CRE-8", |view| alter(view, |seats: &mut Seats| seats.last = Some(RecordId([7; 32])))),
        ("CRE-16", |view| {
            let (key, _) = programme::all_records::<LastAward>(view).remove(0);
            view.remove::<LastAward>(&key);
        }),
        ("CRE-16", |view| alter(view, |last: &mut LastAward| last.0 = RecordId([7; 32]))),
        ("CRE-16", |view| {
            let (key, LastAward(id)) = programme::all_records::<LastAward>(view).remove(0);
            let before = view.get::<Award>(&id).unwrap().before.unwrap();
            view.put(&key, &LastAward(before));
        }),
    ];
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    for _ in 0..2 {
        stage.earn(&resident, 1);
        stage.world.advance(linli_ledger::types::DAY_MS);
    }
    assert!(Credit.invariants(&stage.world.view()).is_ok());
    for (position, (name, harm)) in cases.into_iter().enumerate() {
        let world = stage.world.harmed(Credit, &resident.actor(), move |view, _| harm(view));
        let found = Credit.invariants(&world.view()).unwrap_err().name;
        assert_eq!(found, name, "case {position}");
    }
}
