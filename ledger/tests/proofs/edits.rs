//! A proof edited by hand is refused by the check that the edit breaks.

use crate::samples::{account_key, note_key};
use crate::town::{Town, fen, points};
use linli_ledger::certificate::CommitCertificate;
use linli_ledger::code::Code;
use linli_ledger::posting::{Direction, Quantity};
use linli_ledger::receipt::Outcome;
use linli_ledger::verify::{
    AsOf, AsOfClaim, Check, Claim, Finding, ForkClaim, LeafAt, Opening, Place, ReceiptAt,
    ReceiptClaim, StatementClaim, Word, verify,
};

const HEAD: u64 = 48;

/// Refused, by this check.
fn refuses(town: &Town, claim: Claim, check: Check, what: &str) {
    let bytes = town.bundle(HEAD, claim).to_bytes();
    match verify(&bytes, &town.trust()) {
        Err(failure) => assert_eq!(failure.check, check, "{what}: {failure}"),
        Ok(verdict) => panic!("{what} passes: {verdict:?}"),
    }
}

type Edit<T> = (&'static str, Check, Box<dyn Fn(&mut T)>);

fn edit<T>(what: &'static str, check: Check, make: impl Fn(&mut T) + 'static) -> Edit<T> {
    (what, check, Box::new(make))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each edit")]
fn receipts_and_transactions() {
    let town = Town::full();
    let claim = |height, index| {
        let Claim::Receipt(claim) = town.receipt(height, index, HEAD) else { panic!() };
        claim
    };
    let (other, due, refused) = (claim(9, 0), claim(5, 0), claim(2, 2));
    assert!(due.transaction.is_none() && refused.receipt.receipt.rejection().is_some());
    let (of_other, other_place) = (other.clone(), claim(10, 0).receipt.place);
    let edits = vec![
        edit::<ReceiptClaim>("another place", Check::Receipt, |claim| claim.receipt.index -= 1),
        edit::<ReceiptClaim>("a place past the end", Check::Receipt, |claim| {
            claim.receipt.index = u32::MAX;
        }),
        edit::<ReceiptClaim>("another block", Check::Receipt, move |claim| {
            claim.receipt.place = other_place.clone();
        }),
        edit::<ReceiptClaim>("a path cut", Check::Receipt, |claim| {
            claim.receipt.path.pop();
        }),
        edit::<ReceiptClaim>("a node twice", Check::Receipt, |claim| {
            let node = claim.receipt.path[0];
            claim.receipt.path.insert(0, node);
        }),
        edit::<ReceiptClaim>("a rejection denied", Check::Receipt, |claim| {
            claim.receipt.receipt.outcome = Outcome::Rejected(Code::State.into());
        }),
        edit::<ReceiptClaim>("a movement left out", Check::Receipt, |claim| {
            claim.receipt.receipt.movements.pop();
        }),
        edit::<ReceiptClaim>("a write left out", Check::Receipt, |claim| {
            drop(claim.receipt.receipt.writes.pop());
        }),
        edit::<ReceiptClaim>("no transaction", Check::Transaction, |claim| {
            claim.transaction = None;
        }),
        edit::<ReceiptClaim>("another transaction", Check::Transaction, move |claim| {
            claim.transaction.clone_from(&of_other.transaction);
        }),
        edit::<ReceiptClaim>("a signature left out", Check::Transaction, |claim| {
            claim.transaction.as_mut().unwrap().signed.signatures.pop();
        }),
        edit::<ReceiptClaim>("signatures swapped", Check::Transaction, |claim| {
            claim.transaction.as_mut().unwrap().signed.signatures.swap(0, 1);
        }),
        edit::<ReceiptClaim>("a transaction's path cut", Check::Transaction, |claim| {
            claim.transaction.as_mut().unwrap().path.pop();
        }),
        edit::<ReceiptClaim>("a history's path cut", Check::History, |claim| {
            match &mut claim.receipt.place {
                Place::Earlier { path, .. } => {
                    path.pop();
                }
                Place::Anchor => panic!("an earlier block"),
            }
        }),
        edit::<ReceiptClaim>("a history's nodes swapped", Check::History, |claim| {
            let Place::Earlier { path, .. } = &mut claim.receipt.place else { panic!() };
            path.swap(0, 1);
        }),
        edit::<ReceiptClaim>("the head", Check::Receipt, |claim| {
            claim.receipt.place = Place::Anchor;
        }),
    ];
    for (what, check, make) in edits {
        let mut claim = claim(9, 1);
        make(&mut claim);
        refuses(&town, Claim::Receipt(claim), check, what);
    }
    let mut with_transaction = due;
    with_transaction.transaction = other.transaction;
    refuses(&town, Claim::Receipt(with_transaction), Check::Transaction, "of something due");
}

#[test]
fn records_as_of_a_height() {
    let town = Town::full();
    let key = account_key(&fen(1));
    let proofs = |height| town.as_of(&key, height, HEAD);
    let claim = |proof| Claim::AsOf(AsOfClaim { compartment: key.0, key: key.1.clone(), proof });
    let [at, between] = <[AsOf; 2]>::try_from(proofs(20)).unwrap();
    let AsOf::At(leaf) = at else { panic!("in the state") };
    let AsOf::Between { value, written, next } = between else { panic!("between receipts") };
    // In the state of a block.
    let mut other = leaf.clone();
    other.proof.leaf.as_mut().unwrap().value[70] ^= 1;
    refuses(&town, claim(AsOf::At(other)), Check::Leaf, "another value");
    let mut other = leaf.clone();
    other.proof.leaf.as_mut().unwrap().version += 1;
    refuses(&town, claim(AsOf::At(other)), Check::Leaf, "another version");
    let mut other = leaf.clone();
    other.proof.leaf = None;
    refuses(&town, claim(AsOf::At(other)), Check::Leaf, "an absence of what is there");
    let mut other = leaf.clone();
    std::mem::swap(&mut other.roots.public, &mut other.roots.restricted);
    refuses(&town, claim(AsOf::At(other)), Check::StateRoot, "halves swapped");
    let mut other = leaf.clone();
    other.place = town.place(21, HEAD);
    refuses(&town, claim(AsOf::At(other)), Check::StateRoot, "another block");
    let mut other = leaf.clone();
    other.proof.proof.siblings.pop();
    refuses(&town, claim(AsOf::At(other)), Check::Leaf, "a sibling left out");
    let mut other = leaf.clone();
    other.proof.proof.bucket.pop();
    refuses(&town, claim(AsOf::At(other)), Check::Leaf, "a neighbour left out");
    // Between two receipts.
    let made = |value: &[u8], written: &ReceiptAt, next: &ReceiptAt| {
        let (value, written, next) = (value.to_vec(), written.clone(), next.clone());
        claim(AsOf::Between { value, written, next })
    };
    let mut other = value.clone();
    other[70] ^= 1;
    refuses(&town, made(&other, &written, &next), Check::AsOf, "another value");
    refuses(&town, made(&value, &next, &written), Check::AsOf, "swapped");
    refuses(&town, made(&value, &written, &written), Check::AsOf, "one receipt twice");
    let AsOf::Between { next: after_next, .. } = proofs(22).swap_remove(1) else { panic!() };
    refuses(&town, made(&value, &written, &after_next), Check::AsOf, "a write in between left out");
    let Claim::Receipt(unrelated) = town.receipt(1, 5, HEAD) else { panic!() };
    refuses(&town, made(&value, &written, &unrelated.receipt), Check::AsOf, "another's write");
    // Unchanged since.
    let key = account_key(&points(2));
    let AsOf::Since { written, leaf } = town.as_of(&key, 30, HEAD).swap_remove(1) else { panic!() };
    let claim = |written: &ReceiptAt, leaf: &LeafAt| {
        let proof = AsOf::Since { written: written.clone(), leaf: leaf.clone() };
        Claim::AsOf(AsOfClaim { compartment: key.0, key: key.1.clone(), proof })
    };
    refuses(&town, claim(&unrelated.receipt, &leaf), Check::AsOf, "another's receipt");
    let absent = town.leaf(&note_key(12), HEAD, HEAD);
    refuses(&town, claim(&written, &absent), Check::Leaf, "another's leaf");
    // What was forgotten and noted again is another life: its old receipt says nothing of it.
    let key = note_key(6);
    let lives = |height| town.as_of(&key, height, HEAD).swap_remove(1);
    let AsOf::Between { written: first, .. } = lives(4) else { panic!("forgotten in block 6") };
    let AsOf::Since { leaf, .. } = lives(30) else { panic!("noted again in block 7") };
    let proof = AsOf::Since { written: first, leaf };
    let claim = Claim::AsOf(AsOfClaim { compartment: key.0, key: key.1, proof });
    refuses(&town, claim, Check::AsOf, "a life before");
}

#[test]
fn statements() {
    let town = Town::full();
    let closing = || town.as_of(&account_key(&fen(1)), 20, HEAD).swap_remove(0);
    let good = || town.statement(&fen(1), 10, 20, closing());
    let edits = vec![
        edit::<StatementClaim>("the first entry left out", Check::Journal, |one| {
            drop(one.entries.remove(0));
        }),
        edit::<StatementClaim>("an entry left out", Check::Journal, |one| {
            drop(one.entries.remove(3));
        }),
        edit::<StatementClaim>("the last entry left out", Check::Journal, |one| {
            drop(one.entries.pop());
        }),
        edit::<StatementClaim>("an entry twice", Check::Journal, |one| {
            let entry = one.entries[3].clone();
            one.entries.insert(3, entry);
        }),
        edit::<StatementClaim>("entries out of order", Check::Entries, |one| {
            one.entries.swap(2, 3);
        }),
        edit::<StatementClaim>("no entries", Check::Journal, |one| one.entries.clear()),
        edit::<StatementClaim>("a later beginning", Check::Entries, |one| {
            one.opening = Opening::Beginning;
        }),
        edit::<StatementClaim>("an entry turned round", Check::Journal, |one| {
            let entry = &mut one.entries[2];
            entry.direction = match entry.direction {
                Direction::In => Direction::Out,
                Direction::Out => Direction::In,
            };
        }),
        edit::<StatementClaim>("another amount", Check::Journal, |one| {
            let Quantity::Fen(segments) = &mut one.entries[2].quantity else { panic!("fen") };
            segments[0].length += 1;
        }),
        edit::<StatementClaim>("a longer time", Check::Journal, |one| one.entries[0].index += 1),
        edit::<StatementClaim>("an earlier entry", Check::Entries, |one| {
            one.entries[0].height.0 = 1;
        }),
        edit::<StatementClaim>("an entry after the end", Check::Entries, |one| {
            one.entries.last_mut().unwrap().height.0 = 40;
        }),
        edit::<StatementClaim>("another head before", Check::Journal, |one| {
            let Opening::After { head, .. } = &mut one.opening else { panic!() };
            head[0] ^= 1;
        }),
        edit::<StatementClaim>("somebody else's account", Check::Leaf, |one| one.account = fen(2)),
        edit::<StatementClaim>("points", Check::Leaf, |one| one.account = points(1)),
    ];
    for (what, check, make) in edits {
        let mut claim = good();
        make(&mut claim);
        refuses(&town, Claim::Statement(claim), check, what);
    }
    // Another account that is there: its own journal says otherwise.
    let theirs = town.as_of(&account_key(&fen(2)), 20, HEAD).swap_remove(0);
    let claim = StatementClaim { account: fen(2), closing: theirs, ..good() };
    refuses(&town, Claim::Statement(claim), Check::Journal, "the entries of another account");
    // An account that was never used has no entries.
    let never = town.as_of(&account_key(&fen(7)), 20, HEAD).swap_remove(0);
    let claim = StatementClaim { account: fen(7), closing: never, ..good() };
    refuses(&town, Claim::Statement(claim), Check::Entries, "entries of an unused account");
}

#[test]
fn forks_and_evidence() {
    let town = Town::full();
    let stale = town.ancestry.set(linli_ledger::types::Height(3));
    let edits = vec![
        edit::<ForkClaim>("a stale set", Check::Conflict, move |fork| fork.set = stale.clone()),
        edit::<ForkClaim>("another height", Check::Conflict, |fork| fork.other.height.0 += 1),
        edit::<ForkClaim>("another chain", Check::Conflict, |fork| {
            fork.other.chain = linli_ledger::hash::Digest::ZERO;
        }),
        edit::<ForkClaim>("too few", Check::Conflict, |fork| {
            fork.other_certificate.signatures.pop();
        }),
        edit::<ForkClaim>("a signer twice", Check::Conflict, |fork| {
            let signature = fork.other_certificate.signatures[0];
            fork.other_certificate.signatures.push(signature);
        }),
        edit::<ForkClaim>("certificates swapped", Check::Conflict, |fork| {
            let ForkClaim { certificate, other_certificate, .. } = fork;
            std::mem::swap::<CommitCertificate>(certificate, other_certificate);
        }),
    ];
    for (what, check, make) in edits {
        let mut fork = town.fork(31, HEAD, 1);
        make(&mut fork);
        refuses(&town, Claim::Fork(Box::new(fork)), check, what);
    }
    let mut evidence = town.evidence(31, HEAD);
    evidence.place = town.place(10, HEAD);
    refuses(&town, Claim::Evidence(evidence), Check::Conflict, "the set of another height");
    let mut evidence = town.evidence(31, HEAD);
    evidence.place = town.place(32, HEAD);
    let bytes = town.bundle(HEAD, Claim::Evidence(evidence)).to_bytes();
    let failure = verify(&bytes, &town.trust()).unwrap_err();
    assert_eq!((failure.expected, failure.found), (Finding::Number(32), Finding::Number(31)));
    assert_ne!(failure.expected, Finding::Word(Word::Contradiction));
}
