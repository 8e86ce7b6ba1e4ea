//! What all validators together signed, but nobody else: the proof still says which check it does not pass.

use crate::samples::account_key;
use crate::town::{Town, commit, fen, keys};
use linli_ledger::block::{BlockTransaction, Header};
use linli_ledger::certificate::Certificate;
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_ledger::hash::Digest;
use linli_ledger::merkle;
use linli_ledger::posting::Account;
use linli_ledger::state::{leaf_hash, leaf_path, state_root, value_hash};
use linli_ledger::tree::Tree;
use linli_ledger::types::{Height, TransactionId};
use linli_ledger::verify::{
    AsOf, Check, Claim, Failure, Finding, LeafAt, LeafProof, Place, ReceiptClaim, Roots,
    StatementClaim, Stored, verify,
};

/// A head at the place of block 48, signed by everybody.
fn refused(town: &Town, header: &Header, claim: Claim) -> Failure {
    let signers = keys(&town.ancestry.set(Height(48)));
    let certificate = Certificate::Quorum(commit(header, 1, &signers));
    let bundle = town.ancestry.from_genesis(header, &certificate, claim).unwrap();
    verify(&bundle.to_bytes(), &town.trust()).unwrap_err()
}

#[test]
fn a_transaction_that_its_signers_did_not_sign() {
    let town = Town::full();
    let kept = town.at(48);
    let (mut transactions, mut header) = (kept.transactions.clone(), kept.header.clone());
    let BlockTransaction::Full(signed) = &mut transactions[0] else { panic!("whole") };
    signed.signatures.swap(0, 1);
    let leaves: Vec<_> = transactions
        .iter()
        .map(|transaction| match transaction {
            BlockTransaction::Full(signed) => signed.leaf(),
            BlockTransaction::Withheld(leaf) => *leaf,
        })
        .collect();
    header.transactions_root = Digest::Blake3(merkle::root(&leaves));
    let claim = ReceiptClaim::of(Place::Anchor, &transactions, &kept.receipts, 0).unwrap();
    let failure = refused(&town, &header, Claim::Receipt(claim));
    assert_eq!(failure.check, Check::Signature);
    assert_eq!(failure.found, Finding::Code(Code::Signature));
}

#[test]
fn a_balance_that_the_entries_do_not_add_up_to() {
    let town = Town::full();
    let key = account_key(&fen(9));
    let value = town.head().state.leaf(key.0, &key.1).unwrap().value.to_vec();
    let good: Account = borsh::from_slice(&value).unwrap();
    for (balance, check) in [(7, None), (8, Some(Check::Balance)), (6, Some(Check::Balance))] {
        let value = encode(&Account { balance, ..good });
        let writer = TransactionId(Digest::ZERO);
        let hash = leaf_hash(&key.1, 1, &writer, &value_hash(&value));
        let path = leaf_path(&key.1);
        let tree = Tree::default().updated([(path, Some(hash))]);
        let roots = Roots { public: tree.root(), restricted: [0; 32] };
        let mut header = town.head().header.clone();
        header.state_root = state_root(roots.public, roots.restricted);
        let leaf = Some(Stored { version: 1, writer, value });
        let proof = LeafProof { leaf, proof: tree.prove(&path) };
        let closing = AsOf::At(LeafAt { place: Place::Anchor, roots, proof });
        let journal = town.journal(&fen(9), 48);
        let claim = StatementClaim::of(&fen(9), Height(0), &journal, closing);
        let signers = keys(&town.ancestry.set(Height(48)));
        let certificate = Certificate::Quorum(commit(&header, 1, &signers));
        let bundle =
            town.ancestry.from_genesis(&header, &certificate, Claim::Statement(claim)).unwrap();
        let found = verify(&bundle.to_bytes(), &town.trust());
        assert_eq!(found.err().map(|failure| failure.check), check, "{balance}");
    }
}
