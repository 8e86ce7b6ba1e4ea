//! What other nodes announce, honest or not, to a node that decides nothing meanwhile.

use super::*;
use crate::live::gossip::pack;
use crate::live::{Live, LiveOptions};
use bytes::Bytes;
use linli_contracts::registry;
use linli_ledger::block::Header;
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::execute::{BlockTemplate, build_block};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisNode, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use linli_ledger::transaction::{BODY_VERSION, Signer};
use linli_ledger::types::{BlockTime, ContractId};
use linli_network::{NetworkKey, Topic};
use std::sync::Arc;
use tempfile::TempDir;

fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(b"heard", label)
}

fn node(n: u8) -> PublicKey {
    NetworkKey::from_seed(&[n; 32]).public()
}

fn genesis() -> Genesis {
    let organisation = |name: &str| GenesisOrganisation {
        name: name.into(),
        kind: OrganisationKind::PublicBody,
        key: key(name).public(),
    };
    let validator = ConsensusKey::from_seed(&[9; 32]).public();
    Genesis {
        version: GENESIS_VERSION,
        name: "heard".into(),
        time: BlockTime(1_000),
        clock: Clock::Real,
        keys: Keys::Demonstration,
        organisations: vec![organisation("office"), organisation("bureau")],
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![GenesisValidator { key: validator, organisation: 0, power: 1 }],
        nodes: vec![
            GenesisNode { key: node(0), organisation: 0 },
            GenesisNode { key: node(1), organisation: 1 },
        ],
        contracts: vec![(ContractId(1), 1)],
        parameters: Vec::new(),
    }
}

/// A node that only shows a chain: nothing leaves its pool.
fn quiet() -> (Live, TempDir) {
    quiet_with(|options| options)
}

pub(in crate::live) fn quiet_with(
    change: impl FnOnce(LiveOptions) -> LiveOptions,
) -> (Live, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let rulebook = Arc::new(linli_contracts::rulebook());
    let options = LiveOptions::new(folder.path().to_owned(), genesis(), rulebook);
    (Live::open(change(options)).unwrap(), folder)
}

pub(in crate::live) fn transaction(name: &str, nonce: u64) -> VerifiedTransaction {
    let genesis = genesis();
    let person = key(&format!("person {nonce}")).public();
    let call =
        registry::Call::PersonRegister { organisation: genesis.organisation(0), key: person };
    let body = Body {
        version: BODY_VERSION,
        genesis: genesis.hash(),
        contract: registry::CONTRACT,
        call_version: 1,
        signers: vec![Signer { key: key(name).public(), grant: None }],
        nonce,
        salt: [7; 16],
        valid_until: BlockTime(100_000),
        call: encode(&call),
    };
    let signature = key(name).sign_transaction(&body.genesis, &body.id());
    SignedTransaction::new(&body, vec![signature]).verify(&body.genesis).unwrap()
}

fn said(publisher: u8, bytes: Bytes) -> Gossip {
    let publisher = node(publisher);
    Gossip { topic: Topic::Transactions, publisher, from: publisher, bytes }
}

fn announced(publisher: u8, transactions: &[VerifiedTransaction]) -> Gossip {
    said(publisher, pack(transactions).pop().unwrap())
}

/// The same body with the signature of somebody else.
fn forged(transaction: &VerifiedTransaction) -> SignedTransaction {
    let other = key("nobody").sign_transaction(&genesis().hash(), &transaction.id());
    SignedTransaction { signatures: vec![other], ..transaction.signed().clone() }
}

#[test]
fn what_is_announced_is_taken_once() {
    let (live, _folder) = quiet();
    let (mut silenced, now) = (Silenced::default(), Instant::now());
    let (one, other) = (transaction("office", 1), transaction("office", 2));
    let mut hear = |gossip: &Gossip| live.0.hear(gossip, &mut silenced, now);
    assert!(hear(&announced(0, std::slice::from_ref(&one))));
    assert!(!hear(&announced(0, std::slice::from_ref(&one))));
    assert!(!hear(&announced(1, std::slice::from_ref(&one))), "somebody else says it too");
    assert!(hear(&announced(1, &[one, other])));
    assert_eq!(live.health().waiting, 2);
}

#[test]
fn who_announces_what_does_not_verify_is_not_heard_for_a_while_and_the_others_are() {
    let honest = [transaction("office", 1), transaction("office", 2), transaction("office", 3)];
    let junk = [
        Bytes::from_static(b"no list of anything"),
        Bytes::from(encode(&vec![forged(&transaction("bureau", 9))])),
        Bytes::from(encode(&vec![SignedTransaction { body: vec![1, 2, 3], signatures: vec![] }])),
    ];
    for junk in junk {
        let (live, _folder) = quiet();
        let (mut silenced, now) = (Silenced::default(), Instant::now());
        let one = |n: usize| std::slice::from_ref(&honest[n]);
        assert!(!live.0.hear(&said(1, junk), &mut silenced, now));
        assert!(!live.0.hear(&announced(1, one(0)), &mut silenced, now));
        assert!(live.0.hear(&announced(0, one(1)), &mut silenced, now));
        assert_eq!(live.health().waiting, 1);
        let later = now + SILENCE;
        assert!(live.0.hear(&announced(1, one(2)), &mut silenced, later));
        assert_eq!(live.health().waiting, 2);
    }
}

#[test]
fn a_node_that_is_not_heard_of_fills_no_more_than_a_share() {
    let (live, _folder) = quiet();
    let (mut silenced, now) = (Silenced::default(), Instant::now());
    let most = live.0.options.queue.transactions;
    let mut hear = |publisher: u8, transactions: Vec<VerifiedTransaction>| {
        for message in pack(&transactions) {
            live.0.hear(&said(publisher, message), &mut silenced, now);
        }
    };
    // Of one key a quarter, whoever announces it.
    let many = u64::try_from(most).unwrap() / 4 + 500;
    hear(1, (1..=many).map(|nonce| transaction("office", nonce)).collect());
    assert_eq!(live.health().waiting, most / 4);
    hear(0, vec![transaction("bureau", 1)]);
    assert_eq!(live.health().waiting, most / 4 + 1);
}

#[test]
fn a_block_is_verified_whatever_waits_here() {
    let (live, _folder) = quiet();
    let (known, new) = (transaction("office", 1), transaction("bureau", 2));
    let gossip = announced(0, std::slice::from_ref(&known));
    assert!(live.0.hear(&gossip, &mut Silenced::default(), Instant::now()));
    let proposer = genesis().validators[0].key;
    let template = BlockTemplate { time: BlockTime(2_000), proposer };
    let header =
        live.with_state(|state| build_block(state, live.rulebook(), template, &[])).block.header;
    let block =
        |transactions: Vec<BlockTransaction>| Block { header: header.clone(), transactions };
    let full = |signed: SignedTransaction| BlockTransaction::Full(signed);
    let both = vec![full(known.signed().clone()), full(new.signed().clone())];
    let verified = live.0.verify_block(&block(both)).unwrap();
    assert_eq!(verified.transactions(), [known.clone(), new.clone()]);
    let refused = |code| BlockTransactionError::Refused { index: 1, code };
    for (wrong, error) in [
        // The identifier is known, the signature is not that one.
        (full(forged(&known)), refused(Code::Signature)),
        (full(forged(&new)), refused(Code::Signature)),
        (BlockTransaction::Withheld([1; 32]), BlockTransactionError::Withheld { index: 1 }),
    ] {
        let wrong = block(vec![full(known.signed().clone()), wrong]);
        assert_eq!(live.0.verify_block(&wrong).unwrap_err(), error);
        assert_eq!(wrong.verify().unwrap_err(), error, "as without the pool");
    }
    // What waits is of this chain, and a block of another takes none of it.
    let header = Header { chain: Digest::Blake3([3; 32]), ..header.clone() };
    let other = Block { header, transactions: vec![full(known.signed().clone())] };
    let error = BlockTransactionError::Refused { index: 0, code: Code::ChainId };
    assert_eq!(live.0.verify_block(&other).unwrap_err(), error);
}
