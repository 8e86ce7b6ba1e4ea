//! A node on the real engine: commits batches, and opens again where it stopped.

use linli_contracts::registry;
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{BlockTime, ContractId, Height};
use linli_node::storage::SyncObserver;
use linli_node::{Batch, Node, NodeError, Options};
use std::path::Path;
use std::sync::Arc;

fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(b"engine", label)
}

fn validator() -> ConsensusKey {
    ConsensusKey::demonstration(b"engine", "validator")
}

fn genesis() -> Genesis {
    let kind = OrganisationKind::PublicBody;
    let office = GenesisOrganisation { name: "office".into(), kind, key: key("office").public() };
    Genesis {
        version: GENESIS_VERSION,
        name: "engine".into(),
        time: BlockTime(1_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![office],
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![GenesisValidator { key: validator().public(), organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: vec![(ContractId(1), 1)],
        parameters: Vec::new(),
    }
}

fn open(folder: &Path) -> Result<Node, NodeError> {
    let rulebook = Arc::new(linli_contracts::rulebook());
    let options = Options {
        folder: folder.to_owned(),
        genesis: genesis(),
        rulebook,
        validator: validator(),
        synced: SyncObserver::default(),
    };
    Node::open(options, &mut ())
}

/// The office registers a person.
fn register(nonce: u64) -> VerifiedTransaction {
    let genesis = genesis();
    let office = key("office");
    let call = registry::Call::PersonRegister {
        organisation: genesis.organisation(0),
        key: key(&format!("person {nonce}")).public(),
    };
    let body = Body {
        version: BODY_VERSION,
        genesis: genesis.hash(),
        contract: registry::CONTRACT,
        call_version: 1,
        signers: vec![Signer { key: office.public(), grant: None }],
        nonce,
        salt: [7; 16],
        valid_until: BlockTime(1_000_000),
        call: encode(&call),
    };
    let signature = office.sign_transaction(&body.genesis, &body.id());
    let signed = SignedTransaction::new(&body, vec![signature]);
    signed.verify(&body.genesis).expect("signed by the office")
}

fn batch(n: u64) -> Batch {
    Batch { time: BlockTime(2_000 * n), transactions: vec![register(n), register(n)] }
}

#[test]
fn a_node_commits_batches_and_opens_again_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = open(folder.path()).unwrap();
    for n in 1..=5 {
        let committed = node.commit(batch(n)).unwrap();
        assert_eq!(committed.header().height, Height(n));
        assert_eq!(committed.receipts.len(), 1, "one of the twins is refused at the door");
        assert_eq!(committed.receipts[0].rejection(), None);
        assert_eq!(committed.refused.len(), 1);
    }
    let before = node.state().tip().clone();
    assert!(matches!(open(folder.path()), Err(NodeError::Busy { .. })));
    node.stop();

    let mut node = open(folder.path()).unwrap();
    assert_eq!(*node.state().tip(), before);
    assert_eq!(node.commit(batch(6)).unwrap().header().height, Height(6));
    node.stop();
}
