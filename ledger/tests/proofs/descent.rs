//! From what the reader trusts to the head: whoever leaves a change out, invents one, or signs with those
//! who certify no more, is refused by the check that this breaks.

use crate::town::{Town, commit, keys, named, set};
use linli_ledger::certificate::Certificate;
use linli_ledger::crypto::PublicKey;
use linli_ledger::types::Height;
use linli_ledger::verify::{
    Bundle, Change, Check, Claim, Descent, Failure, Finding, LeafProof, Origin, Recovered, Word,
    verify,
};

fn good(town: &Town) -> Bundle {
    town.bundle(48, town.receipt(9, 0, 48))
}

fn changes(bundle: &mut Bundle) -> &mut Vec<Change> {
    let Descent::Certified { changes, .. } = &mut bundle.descent else { panic!("certified") };
    changes
}

fn recovered(bundle: &mut Bundle) -> &mut Recovered {
    let found = changes(bundle).iter_mut().find_map(|change| match change {
        Change::Recovered(recovered) => Some(recovered),
        Change::Voted { .. } => None,
    });
    found.unwrap()
}

fn refused(town: &Town, edit: impl FnOnce(&mut Bundle)) -> Failure {
    let mut bundle = good(town);
    edit(&mut bundle);
    assert_ne!(bundle, good(town), "nothing is changed");
    verify(&bundle.to_bytes(), &town.trust()).unwrap_err()
}

fn certified_by(town: &Town, signers: &[PublicKey]) -> Failure {
    let header = town.head().header.clone();
    refused(town, |bundle| {
        let Descent::Certified { certificate, .. } = &mut bundle.descent else { panic!() };
        *certificate = commit(&header, 1, signers);
    })
}

#[test]
fn a_change_left_out_repeated_or_out_of_order_breaks_the_lineage() {
    let town = Town::full();
    for position in 0..5 {
        let left_out = refused(&town, |bundle| drop(changes(bundle).remove(position)));
        // After the last change it is the head that nobody known certifies.
        let expected = if position == 4 { Check::Anchor } else { Check::Lineage };
        assert_eq!(left_out.check, expected, "{position}: {left_out}");
        let twice = refused(&town, |bundle| {
            let again = changes(bundle)[position].clone();
            changes(bundle).insert(position, again);
        });
        assert_eq!(twice.check, Check::Lineage);
    }
    for position in 0..4 {
        let swapped = refused(&town, |bundle| changes(bundle).swap(position, position + 1));
        assert_eq!(swapped.check, Check::Lineage);
    }
    let none = refused(&town, |bundle| changes(bundle).clear());
    assert_eq!(none.check, Check::Anchor);
}

#[test]
fn a_set_that_the_block_does_not_name_is_refused() {
    let town = Town::full();
    for (position, stale) in [(0, set(&[0, 1, 2, 3])), (1, set(&[0, 1, 2, 4])), (3, set(&[9, 8]))] {
        let failure = refused(&town, |bundle| match &mut changes(bundle)[position] {
            Change::Voted { next, .. } => *next = stale,
            Change::Recovered(recovered) => recovered.next = stale,
        });
        assert_eq!(failure.check, Check::Lineage);
    }
    // Whoever forges the header to name it finds that nobody signed that.
    let failure = refused(&town, |bundle| {
        let Change::Voted { header, next, .. } = &mut changes(bundle)[0] else { panic!("voted") };
        *next = set(&[9, 8]);
        header.next_validators_hash = next.hash();
    });
    assert_eq!((failure.check, failure.height), (Check::Certificate, Some(Height(8))));
    // A block that changes nothing is no change.
    let kept = town.at(5);
    let failure = refused(&town, |bundle| {
        let Certificate::Quorum(certificate) = kept.certificate.clone() else { panic!("quorum") };
        let (header, next) = (kept.header.clone(), set(&[0, 1, 2, 3]));
        changes(bundle).insert(0, Change::Voted { header, certificate, next });
    });
    assert_eq!(failure.expected, Finding::Word(Word::Changed));
}

#[test]
fn too_few_repeated_and_foreign_signers_are_refused() {
    let town = Town::full();
    let members = keys(&town.ancestry.set(Height(48)));
    let expect = |failure: Failure, expected: Finding, found: Finding| {
        assert_eq!(failure.check, Check::Certificate);
        assert_eq!((failure.expected, failure.found), (expected, found));
    };
    expect(certified_by(&town, &members[..2]), Finding::Number(3), Finding::Number(2));
    expect(certified_by(&town, &[]), Finding::Number(3), Finding::Number(0));
    let twice = [members[0], members[1], members[1], members[2]];
    let once = Finding::Word(Word::Once);
    expect(certified_by(&town, &twice), once, Finding::Key(members[1]));
    // Validator 0 certified once, validator 3 too: not this block.
    let member = Finding::Word(Word::Member);
    for stranger in [keys(&set(&[0]))[0], keys(&set(&[3]))[0]] {
        let signers = [members[0], members[1], members[2], stranger];
        expect(certified_by(&town, &signers), member, Finding::Key(stranger));
    }
    // The signatures of another block.
    let other = town.at(47).header.clone();
    let failure = refused(&town, |bundle| {
        let Descent::Certified { certificate, .. } = &mut bundle.descent else { panic!() };
        *certificate = commit(&other, 1, &members);
    });
    expect(failure, Finding::Word(Word::Valid), Finding::Key(members[0]));
}

#[test]
fn a_recovery_is_proven_by_those_who_governed() {
    let town = Town::full();
    let header = town.at(23).header.clone();
    let validators = set(&[6, 7, 2]);
    let signed_by = |organisations: &[usize]| {
        refused(&town, |bundle| {
            let certificate = named(&header, &validators, organisations);
            let Certificate::Recovery { signatures, .. } = certificate else { panic!() };
            let recovered = recovered(bundle);
            recovered.keys = signatures
                .iter()
                .map(|(key, _)| {
                    use linli_ledger::record::{Record, key_bytes};
                    type Keys = linli_ledger::keys::PublicKeyRecord;
                    let key = key_bytes(Keys::CONTRACT, Keys::KIND, key);
                    LeafProof::of(&town.at(22).state, Keys::COMPARTMENT, &key)
                })
                .collect();
            recovered.signatures = signatures;
        })
    };
    let too_few = signed_by(&[0]);
    assert_eq!(too_few.check, Check::Governance);
    assert_eq!((too_few.expected, too_few.found), (Finding::Number(2), Finding::Number(1)));
    // Organisation 3 does not govern; who signs twice is one.
    assert_eq!(signed_by(&[0, 3]).expected, Finding::Word(Word::Governing));
    assert_eq!(signed_by(&[0, 0]).expected, Finding::Word(Word::Once));
    // The keys of another state, of another signer, none.
    let later = town.at(40).state.clone();
    let edits: [&dyn Fn(&mut Recovered); 6] = [
        &|recovered| recovered.keys.swap(0, 1),
        &|recovered| drop(recovered.keys.pop()),
        &|recovered| recovered.keys.iter_mut().for_each(|key| key.leaf = None),
        &|recovered| recovered.governance.leaf = None,
        &|recovered| recovered.roots = linli_ledger::verify::Roots::of_state(&later),
        &|recovered| recovered.signatures.swap(0, 1),
    ];
    for (number, edit) in edits.iter().enumerate() {
        let failure = refused(&town, |bundle| edit(recovered(bundle)));
        assert_eq!(failure.check, Check::Governance, "{number}: {failure}");
    }
    // Another set than the signed one, and another block before it.
    let failure = refused(&town, |bundle| recovered(bundle).validators = set(&[6, 7, 8]));
    assert_eq!(failure.check, Check::Lineage);
    let failure = refused(&town, |bundle| recovered(bundle).before = None);
    assert_eq!((failure.check, failure.found), (Check::Lineage, Finding::Number(23)));
}

#[test]
fn a_chain_whose_first_block_is_a_recovery_is_told_apart() {
    // Nothing is known before the first block, so no proof leads past it.
    let town = Town::full();
    let failure = refused(&town, |bundle| {
        let recovery = changes(bundle).remove(2);
        *changes(bundle) = vec![recovery];
        recovered(bundle).before = None;
    });
    assert_eq!((failure.check, failure.expected), (Check::Lineage, Finding::Word(Word::Before)));
}

#[test]
fn a_history_that_leaves_the_pinned_block_is_found_though_all_validators_signed_it() {
    let town = Town::full();
    let pinned = &town.at(40).header;
    let head = town.head();
    let claim = town.receipt(9, 0, 48);
    let made = town.ancestry.from_checkpoint(pinned, &head.header, &head.certificate, claim);
    let mut bundle = made.unwrap();
    assert!(verify(&bundle.to_bytes(), &town.pin(40)).is_ok());
    // All of them sign a head with another history.
    bundle.anchor.history_root = town.at(47).header.history_root;
    let signers = keys(&town.ancestry.set(Height(48)));
    let signed = commit(&bundle.anchor, 1, &signers);
    let Descent::Certified { certificate, .. } = &mut bundle.descent else { panic!() };
    *certificate = signed;
    let failure = verify(&bundle.to_bytes(), &town.pin(40)).unwrap_err();
    assert_eq!((failure.check, failure.height), (Check::History, Some(Height(48))));
    let Descent::Certified { origin: Origin::Checkpoint { path, .. }, .. } = &mut bundle.descent
    else {
        panic!()
    };
    path.pop();
    assert_eq!(verify(&bundle.to_bytes(), &town.pin(40)).unwrap_err().check, Check::History);
}

#[test]
fn a_pinned_head_is_no_other_block() {
    let town = Town::full();
    let header = &town.at(40).header;
    let mut bundle = town.ancestry.pinned(header, town.receipt(40, 0, 40));
    assert!(verify(&bundle.to_bytes(), &town.pin(40)).is_ok());
    bundle.anchor.time = bundle.anchor.time.plus(1);
    assert_eq!(verify(&bundle.to_bytes(), &town.pin(40)).unwrap_err().check, Check::Start);
    let other = town.ancestry.pinned(&town.at(39).header, town.receipt(39, 0, 39));
    assert_eq!(verify(&other.to_bytes(), &town.pin(40)).unwrap_err().check, Check::Start);
    let claim = Claim::Extension(town.place(39, 40));
    let unsigned = town.ancestry.pinned(header, claim);
    assert_eq!(verify(&unsigned.to_bytes(), &town.trust()).unwrap_err().check, Check::Start);
}
