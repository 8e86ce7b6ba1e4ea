//! A contract goes to its next version at a height: a node whose program lacks it stops before that block and
//! says so, and goes on as soon as it has a program that does not.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use linli_contracts::governance::{self, Call, Change};
use linli_contracts::registry;
use linli_ledger::code::{Code, Rejection};
use linli_ledger::codec::encode;
use linli_ledger::contract::{Contract, Party, Rulebook};
use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::hash::{Domain, digest};
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{BlockTime, Compartment, ContractId, DAY_MS, Height};
use linli_ledger::view::View;
use linli_node::storage::SyncObserver;
use linli_node::{Batch, Node, NodeError, Options};
use std::path::Path;
use std::sync::Arc;

/// The first block under version 2 of the registry.
const FROM: u64 = 6;

/// The next version of the registry, which has no calls.
struct Next;

impl Contract for Next {
    fn id(&self) -> ContractId {
        registry::CONTRACT
    }

    fn version(&self) -> u16 {
        2
    }

    fn compartment(&self) -> Compartment {
        Compartment::Public
    }

    fn accepts(&self, _: &[u8]) -> bool {
        false
    }

    fn execute(&self, _: &[u8], _: &[Party], _: &mut View<'_>) -> Result<(), Rejection> {
        Err(Code::Encoding.into())
    }
}

fn rulebook(next: Option<Box<dyn Contract>>) -> Arc<Rulebook> {
    let contracts: [Box<dyn Contract>; 2] =
        [Box::new(registry::Registry), Box::new(governance::Governance)];
    Arc::new(Rulebook::new(contracts.into_iter().chain(next).collect()).unwrap())
}

fn office() -> BusinessKey {
    BusinessKey::demonstration(b"rules", "office")
}

fn validator() -> ConsensusKey {
    ConsensusKey::demonstration(b"rules", "validator")
}

fn genesis() -> Genesis {
    let kind = OrganisationKind::PublicBody;
    let office = GenesisOrganisation { name: "office".into(), kind, key: office().public() };
    Genesis {
        version: GENESIS_VERSION,
        name: "rules".into(),
        time: BlockTime(1_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![office],
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![GenesisValidator { key: validator().public(), organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: vec![(registry::CONTRACT, 1), (governance::CONTRACT, 1)],
        parameters: Vec::new(),
    }
}

fn open(folder: &Path, rulebook: Arc<Rulebook>) -> Result<Node, NodeError> {
    let (folder, synced) = (folder.to_owned(), SyncObserver::default());
    let options = Options { folder, genesis: genesis(), rulebook, validator: validator(), synced };
    Node::open(options, &mut ())
}

/// The office alone decides that the registry goes to version 2.
fn decision() -> VerifiedTransaction {
    let (genesis, office) = (genesis().hash(), office());
    let next = Change::ContractVersion {
        module: registry::CONTRACT,
        version: 2,
        from_height: Height(FROM),
    };
    let evidence = digest(Domain::Document, b"minutes");
    let body = Body {
        version: BODY_VERSION,
        genesis,
        contract: governance::CONTRACT,
        call_version: 1,
        signers: vec![Signer { key: office.public(), grant: None }],
        nonce: 1,
        salt: [7; 16],
        valid_until: BlockTime(DAY_MS),
        call: encode(&Call::Propose { changes: vec![next], evidence }),
    };
    let signature = office.sign_transaction(&genesis, &body.id());
    SignedTransaction::new(&body, vec![signature]).verify(&genesis).unwrap()
}

/// A block a day: the time lock is over at the fourth day after the decision.
fn day(n: u64) -> Batch {
    let transactions = if n == 1 { vec![decision()] } else { Vec::new() };
    Batch { time: BlockTime(2_000 + (n - 1) * DAY_MS), transactions }
}

fn is_unknown(error: &NodeError) -> bool {
    matches!(error, NodeError::RulesUnknown { height, contract, version: 2 }
        if *height == Height(FROM) && *contract == registry::CONTRACT)
}

#[test]
fn a_program_that_lacks_the_rules_of_the_next_block_stops_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = open(folder.path(), rulebook(None)).unwrap();
    for n in 1..FROM {
        assert_eq!(node.commit(day(n)).unwrap().header().height, Height(n));
    }
    let error = node.commit(day(FROM)).unwrap_err();
    assert!(is_unknown(&error), "{error}");
    assert_eq!(error.code(), Code::RulesUnknown);
    assert_eq!(node.state().tip().height, Height(FROM - 1));
    node.stop();
    assert!(is_unknown(&open(folder.path(), rulebook(None)).unwrap_err()));

    let mut node = open(folder.path(), rulebook(Some(Box::new(Next)))).unwrap();
    assert_eq!(node.commit(day(FROM)).unwrap().header().height, Height(FROM));
    node.stop();
    // The old program cannot read what has come since either: it says which rules it lacks.
    assert!(is_unknown(&open(folder.path(), rulebook(None)).unwrap_err()));
}
