//! A chain whose only validator is lost for good goes on with another: two of three governing organisations
//! name it, and nothing less does.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use linli_ledger::certificate::{Validator, ValidatorSet};
use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::state::State;
use linli_ledger::types::{BlockTime, ContractId, Height};
use linli_node::recovery::{Draft, RecoveryError};
use linli_node::storage::SyncObserver;
use linli_node::{Batch, Node, NodeError, Options};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const ORGANISATIONS: [&str; 3] = ["office", "foundation", "bureau"];

fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(b"recovery", label)
}

fn validator(label: &str) -> ConsensusKey {
    ConsensusKey::demonstration(b"recovery", label)
}

fn genesis() -> Genesis {
    let organisation = |name: &str| GenesisOrganisation {
        name: name.into(),
        kind: OrganisationKind::PublicBody,
        key: key(name).public(),
    };
    Genesis {
        version: GENESIS_VERSION,
        name: "recovery".into(),
        time: BlockTime(1_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: ORGANISATIONS.map(organisation).to_vec(),
        governance: vec![0, 1, 2],
        governance_threshold: 2,
        validators: vec![GenesisValidator {
            key: validator("lost").public(),
            organisation: 0,
            power: 1,
        }],
        nodes: Vec::new(),
        contracts: vec![(ContractId(1), 1)],
        parameters: Vec::new(),
    }
}

fn open(folder: &Path, validator: ConsensusKey) -> Result<Node, NodeError> {
    let rulebook = Arc::new(linli_contracts::rulebook());
    let (folder, genesis, synced) = (folder.to_owned(), genesis(), SyncObserver::default());
    Node::open(Options { folder, genesis, rulebook, validator, synced }, &mut ())
}

/// Commits an empty block.
fn commit(node: &mut Node) -> Height {
    let time = node.state().tip().time.plus(10);
    node.commit(Batch { time, transactions: Vec::new() }).unwrap().header().height
}

/// A chain of three blocks that no node uses, and its state.
fn stopped() -> (TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let mut node = open(folder.path(), validator("lost")).unwrap();
    for _ in 0..3 {
        commit(&mut node);
    }
    let state = node.state().clone();
    node.stop();
    (folder, state)
}

fn set_of(label: &str, organisation: u32) -> ValidatorSet {
    let organisation = genesis().organisation(organisation);
    let member = Validator { key: validator(label).public(), organisation, power: 1 };
    ValidatorSet::new(vec![member]).unwrap()
}

fn draft(state: &State) -> Draft {
    let rulebook = linli_contracts::rulebook();
    Draft::new(state, &rulebook, set_of("new", 1), state.tip().time.plus(500)).unwrap()
}

fn signed(state: &State, signers: &[&str]) -> Draft {
    let (mut draft, rulebook) = (draft(state), linli_contracts::rulebook());
    for signer in signers {
        draft.sign(state, &rulebook, &key(signer)).unwrap();
    }
    draft
}

#[test]
fn two_of_three_organisations_bring_a_chain_back_with_another_set() {
    let (folder, state) = stopped();
    let rulebook = linli_contracts::rulebook();
    let text = serde_json::to_string(&signed(&state, &["office", "bureau"])).unwrap();
    let draft: Draft = serde_json::from_str(&text).unwrap();
    let standing = draft.check(&state, &rulebook).unwrap();
    assert!(standing.is_complete());
    assert_eq!(standing.missing, [genesis().organisation(1)]);
    draft.apply(folder.path(), &genesis(), &rulebook).unwrap();

    // The whole chain is read and checked again; the new validator goes on, the old one cannot.
    let mut node = open(folder.path(), validator("new")).unwrap();
    assert_eq!(node.state().tip().height, Height(4));
    assert_eq!(commit(&mut node), Height(5));
    assert_eq!(node.state().validators(), set_of("new", 1));
    node.stop();

    let again = draft.apply(folder.path(), &genesis(), &rulebook).unwrap_err();
    assert!(matches!(again, RecoveryError::Tip { .. }), "{again}");
}

#[test]
fn a_recovery_without_its_signatures_changes_nothing() {
    let (folder, state) = stopped();
    let rulebook = linli_contracts::rulebook();
    let refused = |draft: &Draft| {
        let error = draft.apply(folder.path(), &genesis(), &rulebook).unwrap_err();
        let node = open(folder.path(), validator("lost")).unwrap();
        assert_eq!(*node.state().tip(), *state.tip());
        node.stop();
        error
    };
    let one = signed(&state, &["office"]);
    assert!(matches!(refused(&one), RecoveryError::TooFew { have: 1, need: 2 }));
    let twice = Draft {
        signatures: [one.signatures.clone(), one.signatures.clone()].concat(),
        ..one.clone()
    };
    assert!(matches!(refused(&twice), RecoveryError::Signed(_)));

    let two = signed(&state, &["office", "bureau"]);
    let mut other = two.clone();
    other.validators = set_of("thief", 1);
    assert!(matches!(refused(&other), RecoveryError::Block), "the block is of the set");
    let mut other = draft(&state);
    other.validators = set_of("thief", 1);
    other.block =
        Draft::new(&state, &rulebook, set_of("thief", 1), other.block.header.time).unwrap().block;
    other.signatures.clone_from(&two.signatures);
    assert!(matches!(refused(&other), RecoveryError::Signature(_)), "they signed another");
    let mut other = two.clone();
    other.block.header.time = other.block.header.time.plus(1);
    assert!(matches!(refused(&other), RecoveryError::Block | RecoveryError::Signature(_)));
    let mut other = two.clone();
    other.genesis = linli_ledger::hash::Digest::ZERO;
    assert!(matches!(refused(&other), RecoveryError::Chain { .. }));
    let mut other = two;
    other.format = 2;
    assert!(matches!(refused(&other), RecoveryError::Format(2)));
}

#[test]
fn who_does_not_govern_does_not_sign_and_nobody_signs_for_another_chain() {
    let (_folder, state) = stopped();
    let rulebook = linli_contracts::rulebook();
    let mut draft = draft(&state);
    let stranger = draft.sign(&state, &rulebook, &key("stranger")).unwrap_err();
    assert!(matches!(stranger, RecoveryError::Stranger(_)));
    draft.sign(&state, &rulebook, &key("office")).unwrap();
    let again = draft.sign(&state, &rulebook, &key("office")).unwrap_err();
    assert!(matches!(again, RecoveryError::Signed(_)));
    // A node that is a block behind sees that it is.
    let begun = State::from_genesis(&genesis(), &rulebook).unwrap();
    let behind = draft.sign(&begun, &rulebook, &key("bureau")).unwrap_err();
    assert!(matches!(behind, RecoveryError::Tip { found: Height(4), tip: Height(0) }));
    // A validator must be somebody's.
    let nobodys = ValidatorSet::new(vec![Validator {
        key: validator("new").public(),
        organisation: linli_ledger::types::OrganisationId([7; 32]),
        power: 1,
    }]);
    let time = state.tip().time.plus(1);
    let refused = Draft::new(&state, &rulebook, nobodys.unwrap(), time).unwrap_err();
    assert!(matches!(refused, RecoveryError::Set(_)));
}
