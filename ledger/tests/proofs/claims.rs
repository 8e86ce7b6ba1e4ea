//! Every kind of proof shows what is so on the chain, from the genesis and from a pinned block.

use crate::samples::{account_key, note_key};
use crate::town::{Town, fen, fen_origin, points, points_origin, points_sink};
use linli_ledger::receipt::Subject;
use linli_ledger::types::{Compartment, Height};
use linli_ledger::verify::{AsOfClaim, Check, Claim, Finding, Shown, Trust, Verdict, Word, verify};

fn passes(town: &Town, claim: Claim, head: u64) -> Verdict {
    let bytes = town.bundle(head, claim).to_bytes();
    let verdict = verify(&bytes, &town.trust()).unwrap();
    assert!(town.is_true(&verdict), "{verdict:?}");
    verdict
}

#[test]
fn every_sample_is_true_and_small() {
    let town = Town::full();
    for (kind, samples) in town.samples() {
        assert_eq!(samples.len(), 5);
        let sizes = samples.iter().map(|sample| {
            let pinned = sample.pinned(&town).to_bytes();
            assert!(town.is_true(&verify(&pinned, &town.pin(sample.head)).unwrap()), "{kind}");
            let bytes = sample.certified(&town).to_bytes();
            let verdict = verify(&bytes, &town.trust()).unwrap_or_else(|no| panic!("{kind}: {no}"));
            assert!(town.is_true(&verdict), "{kind}: {verdict:?}");
            assert_eq!(verdict.named.unwrap().0, "proofs");
            bytes.len()
        });
        println!("{kind}: {:?} bytes", sizes.collect::<Vec<_>>());
    }
}

#[test]
fn every_receipt_of_the_chain_is_proven_with_its_transaction() {
    let town = Town::full();
    for kept in &town.kept {
        let height = kept.header.height.0;
        let head = if height == 23 { 24 } else { 48 };
        for index in 0..kept.header.receipt_count.min(8) {
            let verdict = passes(&town, town.receipt(height, index, head), head);
            let Shown::Receipt(shown) = verdict.shown else { panic!("a receipt") };
            let id =
                shown.transaction.as_ref().map(linli_ledger::transaction::VerifiedTransaction::id);
            match shown.receipt.subject {
                Subject::Transaction(subject) => {
                    assert_eq!(id, Some(subject));
                    assert!(verdict.passed.contains(&Check::Signature));
                }
                Subject::Due(_) | Subject::Recovery(_) => assert_eq!(id, None),
            }
        }
    }
}

#[test]
fn a_receipt_stands_under_its_own_block_and_under_every_later_head() {
    let town = Town::full();
    for head in (9..=48).filter(|head| *head != 23) {
        let verdict = passes(&town, town.receipt(9, 0, head), head);
        assert_eq!(verdict.passed.contains(&Check::History), head > 9);
        assert_eq!(verdict.head.0, Height(head));
        assert_eq!(verdict.recoveries, if head > 23 { vec![Height(23)] } else { Vec::new() });
    }
}

#[test]
fn records_are_what_they_were_after_every_block() {
    let town = Town::full();
    let accounts =
        [fen(1), fen(2), fen(3), fen(9), fen_origin(), points(1), points(2), points_sink()];
    let mut keys: Vec<_> = accounts.iter().map(account_key).collect();
    // Forgotten and noted again, forgotten, never forgotten, never there, of the other half.
    keys.extend([6, 12, 59, 1_000].map(note_key));
    keys.push((Compartment::Restricted, note_key(59).1));
    let mut ways = [0; 3];
    for key in &keys {
        for height in (1..=48).step_by(3) {
            for (way, proof) in town.as_of(key, height, 48).into_iter().enumerate() {
                let claim = AsOfClaim { compartment: key.0, key: key.1.clone(), proof };
                let verdict = passes(&town, Claim::AsOf(claim), 48);
                let Shown::AsOf(shown) = verdict.shown else { panic!("a record") };
                assert!((shown.span.from..=shown.span.to).contains(&Height(height)));
                ways[way + usize::from(way == 1 && shown.span.to != Height(48))] += 1;
            }
        }
    }
    assert!(ways.iter().all(|count| *count > 20), "{ways:?}");
}

#[test]
fn statements_of_every_period_are_whole() {
    let town = Town::full();
    let accounts =
        [fen(1), fen(2), fen(9), fen(7), fen_origin(), points(1), points_origin(), points_sink()];
    let mut lines = 0;
    for account in &accounts {
        for from in (0..48).step_by(7) {
            for to in (from + 1..=48).step_by(5) {
                for closing in town.as_of(&account_key(account), to, 48) {
                    let claim = town.statement(account, from, to, closing);
                    let verdict = passes(&town, Claim::Statement(claim), 48);
                    let Shown::Statement(shown) = verdict.shown else { panic!("a statement") };
                    assert!(shown.from <= Height(from) && Height(to) <= shown.to);
                    lines += shown.entries.len();
                }
            }
        }
    }
    assert!(lines > 1_000, "{lines}");
}

#[test]
fn a_head_extends_every_earlier_block() {
    let town = Town::full();
    for head in [2, 3, 22, 24, 33, 48] {
        for height in 1..head {
            let claim = Claim::Extension(town.place(height, head));
            let Shown::Extension { height: shown, .. } = passes(&town, claim, head).shown else {
                panic!("an extension")
            };
            assert_eq!(shown, Height(height));
        }
        // Of itself it is no extension.
        let itself = town.bundle(head, Claim::Extension(town.place(head, head)));
        let failure = verify(&itself.to_bytes(), &town.trust()).unwrap_err();
        assert_eq!((failure.check, failure.found), (Check::History, Finding::Number(head)));
    }
}

#[test]
fn a_fork_names_who_signed_both() {
    let town = Town::full();
    for (round, guilt) in [(1, true), (2, false)] {
        let fork = town.fork(31, 48, round);
        let verdict = passes(&town, Claim::Fork(Box::new(fork.clone())), 48);
        let Shown::Fork(shown) = verdict.shown else { panic!("a fork") };
        assert_eq!(shown.proves_guilt(), guilt);
        let mut expected: Vec<_> =
            fork.set.members()[1..3].iter().map(|member| member.key).collect();
        expected.sort_unstable();
        assert_eq!(shown.signed_both, expected);
    }
    // One block twice is no fork.
    let mut fork = town.fork(31, 48, 1);
    (fork.other, fork.other_certificate) = (town.at(31).header.clone(), fork.certificate.clone());
    let bytes = town.bundle(48, Claim::Fork(Box::new(fork))).to_bytes();
    let failure = verify(&bytes, &town.trust()).unwrap_err();
    let expected = (Check::Conflict, Finding::Word(Word::Contradiction));
    assert_eq!((failure.check, failure.expected), expected);
}

#[test]
fn a_pinned_block_is_enough_without_the_genesis() {
    let town = Town::full();
    for pinned in [1, 8, 16, 22, 23, 30, 40, 47] {
        let trust = town.pin(pinned);
        let (header, head) = (&town.at(pinned).header, town.head());
        // What lies before it, with it as the head; nothing is signed.
        let claim = town.receipt(1, 0, pinned);
        let bundle = town.ancestry.pinned(header, claim);
        let verdict = verify(&bundle.to_bytes(), &trust).unwrap();
        assert!(town.is_true(&verdict));
        assert!(!verdict.passed.contains(&Check::Certificate));
        // What lies anywhere, with a later head.
        for height in [1, pinned, 48] {
            let claim = town.receipt(height, 0, 48);
            let made =
                town.ancestry.from_checkpoint(header, &head.header, &head.certificate, claim);
            let bytes = made.unwrap().to_bytes();
            let verdict = verify(&bytes, &trust).unwrap();
            assert!(town.is_true(&verdict));
            assert_eq!(verdict.named, None);
            assert_eq!(verdict.recoveries.len(), usize::from(pinned < 23));
            // Neither another pinned block nor the genesis hash takes its place.
            for other in [town.pin(pinned % 48 + 1), town.trust()] {
                assert_eq!(verify(&bytes, &other).unwrap_err().check, Check::Start);
            }
        }
        let from_genesis = town.bundle(48, town.receipt(9, 0, 48)).to_bytes();
        let failure = verify(&from_genesis, &trust).unwrap_err();
        assert_eq!(failure.expected, Finding::Word(Word::FromCheckpoint));
    }
}

#[test]
fn another_chain_is_named_as_such() {
    let town = Town::full();
    let bytes = town.bundle(48, town.receipt(9, 0, 48)).to_bytes();
    let other = linli_ledger::hash::Digest::Blake3([9; 32]);
    let failure = verify(&bytes, &Trust::Genesis(other)).unwrap_err();
    let own = *town.genesis.hash().bytes();
    assert_eq!(failure.check, Check::Chain);
    assert_eq!((failure.expected, failure.found), (Finding::Hash([9; 32]), Finding::Hash(own)));
    assert_eq!(*failure.passed, [Check::Kind, Check::Version, Check::Format]);
}
