//! The workload of the benches does what it says: nothing is refused but who is in two places at once,
//! every invariant holds, and the same seed gives the same chain.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use linli_ahead::Keys;
use linli_contracts::rulebook;
use linli_ledger::code::Code;
use linli_ledger::contract::Rulebook;
use linli_ledger::frame::Frame;
use linli_ledger::hash::Digest;
use linli_ledger::replay::{Replay, check_invariants, replay};
use linli_tests::workload::{Certifier, Workload, chain};
use std::collections::BTreeMap;

#[test]
fn only_those_in_two_places_at_once_are_refused() {
    let rulebook = rulebook();
    let workload = Workload::new("workload test", 240);
    let mut certifier = Certifier::new(&workload, &rulebook);
    let (mut rejections, mut transactions) = (BTreeMap::new(), 0);
    for batch in workload {
        transactions += batch.transactions.len();
        let (_, receipts) = certifier.block(batch, &rulebook);
        for rejection in receipts.iter().filter_map(|receipt| receipt.rejection()) {
            *rejections.entry(rejection.code).or_insert(0) += 1;
        }
        if transactions >= 3_000 {
            break;
        }
    }
    assert_eq!(rejections.keys().copied().collect::<Vec<_>>(), vec![Code::Overlap]);
    check_invariants(&certifier.state, &rulebook).unwrap();
}

#[test]
fn the_same_seed_gives_the_same_chain_and_it_replays() {
    let rulebook = rulebook();
    let make = || chain(&mut Workload::new("workload test", 60), 800, &rulebook);
    let (bytes, head) = make();
    assert_eq!((bytes.clone(), head), make());
    let genesis = Workload::new("workload test", 60).genesis().hash();
    let report = replay(&bytes, &rulebook, &genesis, Some(&head)).unwrap();
    assert!(report.transactions >= 800 && report.signatures > report.transactions);
    assert!(report.movements > 0 && report.due > 0);
}

#[test]
fn verified_ahead_on_one_thread_or_three_it_is_the_same_chain() {
    let rulebook = rulebook();
    let (bytes, head) = chain(&mut Workload::new("workload test", 120), 1_500, &rulebook);
    let genesis = Workload::new("workload test", 120).genesis().hash();
    let expected = replay(&bytes, &rulebook, &genesis, Some(&head)).unwrap();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| audit(&bytes, &rulebook, &genesis));
        assert_eq!(found.finish(Some(&head)).unwrap(), expected);
    }
}

fn audit<'a>(bytes: &[u8], rulebook: &'a Rulebook, genesis: &Digest) -> Replay<'a> {
    let mut rest = bytes;
    let first = Frame::take(&mut rest).unwrap().unwrap();
    let mut running = Replay::begin(&first, Some(genesis), rulebook).unwrap();
    let keys = Keys::default();
    linli_ahead::frames(rest, &keys, |_, one| running.prepared(one).map(drop)).unwrap();
    running
}
