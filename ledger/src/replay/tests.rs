//! This exists to show that a chain which has lost its quorum goes on under the same genesis hash,
//! and only with the signatures of its governance.

use super::*;
use crate::block::Block;
use crate::certificate::{CommitCertificate, Recovery, Validator, ValidatorSet, Vote, VoteKind};
use crate::codec::encode;
use crate::crypto::{BusinessKey, ConsensusKey};
use crate::execute::{BlockTemplate, Built, build_block, build_recovery};
use crate::genesis::{
    Clock, GENESIS_VERSION, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use crate::types::{BlockTime, OrganisationId, StateRoot};

fn office() -> BusinessKey {
    BusinessKey::demonstration(b"recovery", "office")
}

fn validator(label: &str) -> ConsensusKey {
    ConsensusKey::demonstration(b"recovery", label)
}

fn genesis() -> Genesis {
    let office = GenesisOrganisation {
        name: "office".into(),
        kind: OrganisationKind::PublicBody,
        key: office().public(),
    };
    let lost = GenesisValidator { key: validator("lost").public(), organisation: 0, power: 1 };
    Genesis {
        version: GENESIS_VERSION,
        name: "recovery".into(),
        time: BlockTime(1_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![office],
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![lost],
        nodes: Vec::new(),
        contracts: Vec::new(),
        parameters: Vec::new(),
    }
}

fn rulebook() -> Rulebook {
    Rulebook::new(Vec::new()).unwrap()
}

fn begin(rulebook: &Rulebook) -> Replay<'_> {
    Replay::begin(&Frame::Genesis(encode(&genesis())), None, rulebook).unwrap()
}

fn template(state: &State, proposer: &ConsensusKey) -> BlockTemplate {
    BlockTemplate { time: state.tip().time.plus(1_000), proposer: proposer.public() }
}

fn quorum(block: &Block, key: &ConsensusKey) -> Certificate {
    let vote = Vote {
        kind: VoteKind::Precommit,
        height: block.header.height,
        round: 0,
        value: Some(block.header.hash()),
        validator: key.public(),
    };
    let signature = key.sign_vote(&genesis().hash(), &vote);
    Certificate::Quorum(CommitCertificate { round: 0, signatures: vec![(key.public(), signature)] })
}

fn set_of(label: &str, organisation: OrganisationId) -> ValidatorSet {
    let key = validator(label).public();
    ValidatorSet::new(vec![Validator { key, organisation, power: 1 }]).unwrap()
}

fn recovery(block: &Block, set: &ValidatorSet, key: &BusinessKey) -> Certificate {
    let header = &block.header;
    let signed = Recovery { block: header.hash(), height: header.height, validators: set.clone() };
    let signature = key.sign_recovery(&genesis().hash(), &signed);
    Certificate::Recovery { validators: set.clone(), signatures: vec![(key.public(), signature)] }
}

fn frame(block: Block, certificate: Certificate) -> Frame {
    Frame::Block(CommittedBlock { block, certificate })
}

/// One block of the old set; then the block with which the new one takes over.
fn taken_over(rulebook: &Rulebook) -> (Replay<'_>, Built, ValidatorSet) {
    let mut replay = begin(rulebook);
    let lost = validator("lost");
    let first = build_block(replay.state(), rulebook, template(replay.state(), &lost), &[]).block;
    let certificate = quorum(&first, &lost);
    replay.frame(frame(first, certificate)).unwrap();
    let new = set_of("new", genesis().organisation(0));
    let template = template(replay.state(), &validator("new"));
    let built = build_recovery(replay.state(), rulebook, template, &[], &new).unwrap();
    (replay, built, new)
}

#[test]
fn governance_names_a_new_set_and_the_same_chain_goes_on() {
    let rulebook = rulebook();
    let (mut replay, built, new) = taken_over(&rulebook);
    let certificate = recovery(&built.block, &new, &office());
    let receipts = replay.frame(frame(built.block, certificate)).unwrap();
    assert_eq!(receipts.len(), 1, "the receipt of the recovery");
    assert_eq!(replay.state().validators(), new);

    let key = validator("new");
    for _ in 0..3 {
        let template = template(replay.state(), &key);
        let block = build_block(replay.state(), &rulebook, template, &[]).block;
        let certificate = quorum(&block, &key);
        replay.frame(frame(block, certificate)).unwrap();
    }
    let report = replay.finish(None).unwrap();
    assert_eq!(report.head.0, Height(5));
    assert_eq!(report.recoveries, [Height(2)], "every verifier says so");
}

#[test]
fn nobody_else_names_a_set_and_no_quorum_replaces_governance() {
    let rulebook = rulebook();
    let cases: [fn(&Block, &ValidatorSet) -> Certificate; 4] = [
        |block, set| recovery(block, set, &BusinessKey::demonstration(b"recovery", "stranger")),
        |block, _| recovery(block, &set_of("other", genesis().organisation(0)), &office()),
        |block, _| quorum(block, &validator("lost")),
        |block, _| quorum(block, &validator("new")),
    ];
    let expected = [Check::Certificate, Check::Validators, Check::Validators, Check::Validators];
    for (case, expected) in cases.iter().zip(expected) {
        let (mut replay, built, new) = taken_over(&rulebook);
        let certificate = case(&built.block, &new);
        let error = replay.frame(frame(built.block, certificate)).unwrap_err();
        assert_eq!(error.check(), expected, "{error}");
    }
}

#[test]
fn a_set_takes_over_with_sound_keys_of_organisations_in_office() {
    let rulebook = rulebook();
    let replay = begin(&rulebook);
    let organisation = genesis().organisation(0);
    let business = Validator { key: office().public(), organisation, power: 1 };
    let sets = [set_of("new", OrganisationId([9; 32])), ValidatorSet::new(vec![business]).unwrap()];
    for set in sets {
        let template = template(replay.state(), &validator("new"));
        let built = build_recovery(replay.state(), &rulebook, template, &[], &set);
        assert!(matches!(built, Err(BlockError::Validators)), "{set:?}");
    }
}

#[test]
fn after_a_block_that_does_not_hold_a_replay_is_where_it_was() {
    let rulebook = rulebook();
    let mut replay = begin(&rulebook);
    let key = validator("lost");
    let block = build_block(replay.state(), &rulebook, template(replay.state(), &key), &[]).block;
    let root = replay.state().root();
    let mut wrong = block.clone();
    wrong.header.state_root = StateRoot(Digest::ZERO);
    let certificate = quorum(&wrong, &key);
    let error = replay.frame(Frame::Block(CommittedBlock { block: wrong, certificate }));
    assert_eq!(error.unwrap_err().check(), Check::StateRoot);
    assert_eq!(replay.state().root(), root);
    let certificate = quorum(&block, &key);
    replay.frame(Frame::Block(CommittedBlock { block, certificate })).unwrap();
    assert_eq!(replay.state().root(), root);
}
