//! This exists to forge what makes a block final, without and with the validator's key. The block
//! itself stays as it is, unless a new set is to take over.

use super::draft::Draft;
use super::{Group, Kind, Original, below, flip};
use crate::oracle::Random;
use linli_ledger::certificate::{
    Certificate, CommitCertificate, Recovery, Validator, ValidatorSet, Vote, VoteKind,
};
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey, Signature};
use linli_ledger::hash::Digest;
use linli_ledger::replay::Check;
use linli_ledger::types::Height;

type Change = fn(&Original<'_>, &mut Draft<'_>, &mut Random);

pub(super) fn kinds() -> Vec<Kind> {
    let kind = |group, check, name, change: Change| {
        let name = format!("certificate: {name}");
        Kind::new(group, check, name, move |original, random| {
            let position = below(random, original.blocks.len());
            let mut draft = Draft::new(original, group, position);
            change(original, &mut draft, random);
            draft.finish()
        })
    };
    let mut kinds = Vec::new();
    for (name, change) in BY_STRANGERS {
        kinds.push(kind(Group::Reframed, Check::Certificate, name, change));
    }
    for (name, change) in BY_THE_VALIDATOR {
        kinds.push(kind(Group::Resigned, Check::Certificate, name, change));
    }
    let name = "a set that takes over, unknown to the header";
    kinds.push(kind(Group::Reframed, Check::Validators, name, |original, draft, _| {
        let set = usurper(&stranger().public(), original);
        recover(original, draft, set, &business_stranger());
    }));
    kinds
}

const BY_STRANGERS: [(&str, Change); 9] = [
    ("a bit of the signature", |_, draft, random| {
        let Signature::Ed25519(bytes) = &mut signatures(draft)[0].1;
        flip(bytes, random);
    }),
    ("the signature of another block", |original, draft, _| {
        let mine = draft.edited().block.header.height;
        let other = usize::from(mine == Height(1));
        draft.edited().certificate = original.blocks[other].certificate.clone();
    }),
    ("another round", |_, draft, random| {
        let commit = quorum(draft);
        commit.round = commit.round.wrapping_add(1 + below_u32(random));
    }),
    ("a stranger alone", |original, draft, _| {
        *signatures(draft) = vec![];
        let vote = stranger_vote(original, draft);
        signatures(draft).push(vote);
    }),
    ("a stranger too", |original, draft, _| {
        let vote = stranger_vote(original, draft);
        signatures(draft).push(vote);
    }),
    ("a signature twice", |_, draft, _| {
        let again = signatures(draft)[0];
        signatures(draft).push(again);
    }),
    ("nobody", |_, draft, _| signatures(draft).clear()),
    ("a recovery that nobody signed", |original, draft, _| {
        let validators = original.genesis.validator_set().expect("the genesis is sound");
        draft.edited().certificate = Certificate::Recovery { validators, signatures: vec![] };
    }),
    ("a set that takes over, signed by a stranger", |original, draft, _| {
        let key = stranger().public();
        take_over(original, draft, usurper(&key, original), key, &business_stranger());
    }),
];

const BY_THE_VALIDATOR: [(&str, Change); 6] = [
    ("a prevote", |original, draft, _| {
        let header = &draft.edited().block.header;
        let (height, hash) = (header.height, header.hash());
        let vote = original.vote(&original.genesis_hash, VoteKind::Prevote, height, Some(hash));
        signatures(draft)[0].1 = vote;
    }),
    ("a vote for nothing", |original, draft, _| {
        let height = draft.edited().block.header.height;
        let vote = original.vote(&original.genesis_hash, VoteKind::Precommit, height, None);
        signatures(draft)[0].1 = vote;
    }),
    ("a vote at another height", |original, draft, _| {
        let header = &draft.edited().block.header;
        let (height, hash) = (header.height.next(), header.hash());
        let vote = original.vote(&original.genesis_hash, VoteKind::Precommit, height, Some(hash));
        signatures(draft)[0].1 = vote;
    }),
    ("a vote on another chain", |original, draft, _| {
        let header = &draft.edited().block.header;
        let (height, hash) = (header.height, header.hash());
        let vote = original.vote(&Digest::ZERO, VoteKind::Precommit, height, Some(hash));
        signatures(draft)[0].1 = vote;
    }),
    ("a recovery of the same set by the validator", |original, draft, _| {
        let validators = original.genesis.validator_set().expect("the genesis is sound");
        recover(original, draft, validators, &original.misused);
    }),
    ("a set that takes over, signed by the validator", |original, draft, _| {
        let key = stranger().public();
        take_over(original, draft, usurper(&key, original), key, &original.misused);
    }),
];

fn stranger() -> ConsensusKey {
    ConsensusKey::demonstration(b"stranger", "validator")
}

fn business_stranger() -> BusinessKey {
    BusinessKey::demonstration(b"stranger", "governance")
}

fn below_u32(random: &mut Random) -> u32 {
    u32::try_from(random.below(9)).expect("below 9")
}

fn quorum<'a>(draft: &'a mut Draft<'_>) -> &'a mut CommitCertificate {
    match &mut draft.edited().certificate {
        Certificate::Quorum(commit) => commit,
        Certificate::Recovery { .. } => panic!("the example has no recovery"),
    }
}

fn signatures<'a>(draft: &'a mut Draft<'_>) -> &'a mut Vec<(PublicKey, Signature)> {
    &mut quorum(draft).signatures
}

/// A vote as it should be, by somebody who has none.
fn stranger_vote(original: &Original<'_>, draft: &mut Draft<'_>) -> (PublicKey, Signature) {
    let round = quorum(draft).round;
    let header = &draft.edited().block.header;
    let (kind, validator) = (VoteKind::Precommit, stranger().public());
    let vote = Vote { kind, height: header.height, round, value: Some(header.hash()), validator };
    (validator, stranger().sign_vote(&original.genesis_hash, &vote))
}

fn usurper(key: &PublicKey, original: &Original<'_>) -> ValidatorSet {
    let organisation = original.genesis.organisation(0);
    ValidatorSet::new(vec![Validator { key: *key, organisation, power: 1 }]).expect("one member")
}

fn recover(
    original: &Original<'_>,
    draft: &mut Draft<'_>,
    validators: ValidatorSet,
    signer: &BusinessKey,
) {
    let header = &draft.edited().block.header;
    let recovery =
        Recovery { block: header.hash(), height: header.height, validators: validators.clone() };
    let signature = signer.sign_recovery(&original.genesis_hash, &recovery);
    let signatures = vec![(signer.public(), signature)];
    draft.edited().certificate = Certificate::Recovery { validators, signatures };
}

/// As [`recover`], and the header says so too.
fn take_over(
    original: &Original<'_>,
    draft: &mut Draft<'_>,
    validators: ValidatorSet,
    proposer: PublicKey,
    signer: &BusinessKey,
) {
    let header = &mut draft.edited().block.header;
    header.validators_hash = validators.hash();
    header.next_validators_hash = validators.hash();
    header.proposer = proposer;
    recover(original, draft, validators, signer);
}
