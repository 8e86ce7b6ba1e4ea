//! Where every fen of a source is, and what several records are at one height: nothing left out, nothing
//! twice.

use crate::samples::{account_key, note_key};
use crate::town::{Town, fen, points, points_origin, points_sink};
use linli_ledger::types::SourceId;
use linli_ledger::verify::{Check, Claim, PartitionClaim, RecordsClaim, Shown, verify};

const HEAD: u64 = 48;

fn partition(town: &Town, source: u32, height: u64) -> PartitionClaim {
    let state = &town.at(height).state;
    PartitionClaim::of(town.place(height, HEAD), state, SourceId(source)).unwrap()
}

fn records(town: &Town, height: u64) -> RecordsClaim {
    let keys = [
        account_key(&fen(1)),
        note_key(12),
        account_key(&points(1)),
        account_key(&points_origin()),
    ];
    RecordsClaim::of(town.place(height, HEAD), &town.at(height).state, &keys)
}

fn found(town: &Town, claim: Claim) -> Result<Shown, Check> {
    let bytes = town.bundle(HEAD, claim).to_bytes();
    match verify(&bytes, &town.trust()) {
        Ok(verdict) => {
            assert!(town.is_true(&verdict), "{verdict:?}");
            Ok(verdict.shown)
        }
        Err(failure) => Err(failure.check),
    }
}

#[test]
fn every_fen_of_every_source_is_somewhere() {
    let town = Town::full();
    let mut most = 0;
    for height in 1..=HEAD {
        for source in 0..=u32::from(height >= 8) {
            let claim = partition(&town, source, height);
            let Ok(Shown::Partition(shown)) = found(&town, Claim::Partition(claim)) else {
                panic!("a partition")
            };
            let sum: u64 = shown.parts.iter().map(|part| part.segment.length).sum();
            assert_eq!(sum, if source == 0 { 1_000_000 } else { 50_000 });
            most = most.max(shown.parts.len());
        }
    }
    assert!(most > 2, "{most} parts");
    let none = PartitionClaim::of(town.place(HEAD, HEAD), &town.head().state, SourceId(2));
    assert_eq!(none, None);
}

#[test]
fn a_partition_edited_by_hand_is_refused() {
    type Edit = (&'static str, Check, fn(&mut PartitionClaim));
    let town = Town::full();
    let edits: [Edit; 10] = [
        ("the first part left out", Check::Leaf, |claim| {
            claim.parts.remove(0);
        }),
        ("a part left out", Check::Leaf, |claim| {
            claim.parts.remove(1);
        }),
        ("the last part left out", Check::Partition, |claim| {
            claim.parts.pop();
        }),
        ("a part twice", Check::Leaf, |claim| {
            let part = claim.parts[1].clone();
            claim.parts.insert(1, part);
        }),
        ("the last part twice", Check::Partition, |claim| {
            let part = claim.parts.last().unwrap().clone();
            claim.parts.push(part);
        }),
        ("parts swapped", Check::Leaf, |claim| claim.parts.swap(0, 1)),
        ("an account left out", Check::Partition, |claim| {
            claim.accounts.pop();
        }),
        ("an account that holds nothing", Check::Partition, |claim| {
            claim.accounts.push(fen(77));
            claim.accounts.sort_by_key(linli_ledger::posting::AccountKey::id);
        }),
        ("accounts swapped", Check::Partition, |claim| claim.accounts.swap(0, 1)),
        ("another source", Check::Leaf, |claim| claim.source = SourceId(1)),
    ];
    for (what, check, edit) in edits {
        let mut claim = partition(&town, 0, HEAD);
        edit(&mut claim);
        assert_eq!(found(&town, Claim::Partition(claim)), Err(check), "{what}");
    }
    // The parts of another height, and no part at all.
    let mut claim = partition(&town, 0, HEAD);
    claim.place = town.place(40, HEAD);
    assert_eq!(found(&town, Claim::Partition(claim)), Err(Check::StateRoot));
    let mut claim = partition(&town, 0, HEAD);
    claim.parts.clear();
    assert_eq!(found(&town, Claim::Partition(claim)), Err(Check::Partition));
}

#[test]
fn records_of_one_height_stand_together() {
    type Edit = (&'static str, fn(&mut RecordsClaim));
    let town = Town::full();
    for height in [1, 9, 30, HEAD] {
        let Ok(Shown::Records(shown)) = found(&town, Claim::Records(records(&town, height))) else {
            panic!("records")
        };
        assert_eq!(shown.records.len(), 4);
        // Block 12 forgot the note.
        assert_eq!(shown.records[1].2.is_none(), height >= 12);
    }
    let edits: [Edit; 5] = [
        ("none", |claim| claim.records.clear()),
        ("one twice", |claim| {
            let record = claim.records[0].clone();
            claim.records.insert(0, record);
        }),
        ("swapped", |claim| claim.records.swap(0, 1)),
        ("a value denied", |claim| claim.records[0].proof.leaf = None),
        ("another key", |claim| claim.records[3].key = account_key(&points_sink()).1),
    ];
    for (what, edit) in edits {
        let mut claim = records(&town, 30);
        edit(&mut claim);
        assert_eq!(found(&town, Claim::Records(claim)), Err(Check::Leaf), "{what}");
    }
}
