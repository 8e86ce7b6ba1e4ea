//! This exists to say which blocks are worth judging, so that no publisher can make this validator
//! execute and store one after the other. Pure: what came before is all it knows.

use linli_consensus::turn;
use linli_ledger::certificate::ValidatorSet;
use linli_ledger::crypto::PublicKey;
use linli_ledger::types::{BlockHash, Height};
use std::collections::{BTreeMap, BTreeSet};

/// How far above the round of this validator a block may be: as far as the engine takes votes.
const ROUNDS_AHEAD_MAX: u32 = 10;

/// Different blocks of one publisher at one height. An honest one has its own, which it proposes again
/// and again, and those of others that it is locked on.
const BLOCKS_OF_ONE_MAX: usize = 16;

/// Where in the deciding of a height a block came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) height: Height,
    pub(crate) round: u32,
    pub(crate) pol_round: Option<u32>,
    pub(crate) proposer: PublicKey,
}

/// What was heard of the height that is being decided.
#[derive(Debug, Default)]
pub(crate) struct Proposals {
    /// Of this validator.
    round: u32,
    /// What each publisher brought in each round: one block, whatever came of it.
    brought: BTreeMap<PublicKey, BTreeMap<u32, BlockHash>>,
    /// Blocks that break a rule.
    unsound: BTreeSet<BlockHash>,
}

impl Proposals {
    /// This validator has come to a round.
    pub(crate) fn began(&mut self, round: u32) {
        self.round = round;
    }

    /// Whether a block is worth a look; if so it is counted. The claimed proposer must have the turn, the round
    /// must be near, and the publisher must not have brought one in that round.
    pub(crate) fn admit(
        &mut self,
        publisher: PublicKey,
        at: Place,
        block: BlockHash,
        validators: &ValidatorSet,
    ) -> bool {
        let near = at.round <= self.round.saturating_add(ROUNDS_AHEAD_MAX);
        if !near || at.proposer != turn(validators, at.height, at.round) {
            return false;
        }
        let brought = self.brought.entry(publisher).or_default();
        let different: BTreeSet<_> = brought.values().collect();
        let full = different.len() >= BLOCKS_OF_ONE_MAX && !different.contains(&block);
        if full || brought.contains_key(&at.round) {
            return false;
        }
        brought.insert(at.round, block);
        true
    }

    /// A block breaks a rule: nobody need find that out again.
    pub(crate) fn is_unsound(&mut self, block: BlockHash) {
        self.unsound.insert(block);
    }

    pub(crate) fn knows_unsound(&self, block: BlockHash) -> bool {
        self.unsound.contains(&block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_ledger::certificate::Validator;
    use linli_ledger::hash::Digest;
    use linli_ledger::types::OrganisationId;

    const HEIGHT: Height = Height(7);

    fn key(n: u8) -> PublicKey {
        PublicKey::Ed25519([n; 32])
    }

    fn block(n: u32) -> BlockHash {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        BlockHash(Digest::Blake3(bytes))
    }

    fn validators() -> ValidatorSet {
        let organisation = OrganisationId([5; 32]);
        let member = |n| Validator { key: key(n), organisation, power: 1 };
        ValidatorSet::new((0..4).map(member).collect()).unwrap()
    }

    /// In a round, as if its proposer had proposed it.
    fn at(round: u32) -> Place {
        let proposer = turn(&validators(), HEIGHT, round);
        Place { height: HEIGHT, round, pol_round: None, proposer }
    }

    #[test]
    fn a_publisher_brings_one_block_in_a_round_and_others_theirs() {
        let (mut proposals, set) = (Proposals::default(), validators());
        assert!(proposals.admit(key(9), at(0), block(1), &set));
        assert!(!proposals.admit(key(9), at(0), block(2), &set), "another");
        assert!(!proposals.admit(key(9), at(0), block(1), &set), "the same");
        assert!(proposals.admit(key(8), at(0), block(2), &set), "of somebody else");
        assert!(proposals.admit(key(9), at(1), block(2), &set), "in the next round");
    }

    #[test]
    fn only_whoever_has_the_turn_proposes() {
        let (mut proposals, set) = (Proposals::default(), validators());
        for round in 0..8 {
            for n in 0..4 {
                let claimed = Place { proposer: key(n), ..at(round) };
                let right = key(n) == key(u8::try_from((7 + round) % 4).unwrap());
                assert_eq!(proposals.admit(key(n), claimed, block(1), &set), right);
            }
        }
    }

    #[test]
    fn far_rounds_are_none_until_they_are_near() {
        let (mut proposals, set) = (Proposals::default(), validators());
        assert!(proposals.admit(key(9), at(ROUNDS_AHEAD_MAX), block(1), &set));
        let far = at(ROUNDS_AHEAD_MAX + 1);
        assert!(!proposals.admit(key(9), far, block(1), &set));
        proposals.began(1);
        assert!(proposals.admit(key(9), far, block(1), &set));
        proposals.began(u32::MAX);
        assert!(proposals.admit(key(9), at(u32::MAX), block(1), &set));
    }

    #[test]
    fn one_publisher_brings_few_different_blocks_and_those_as_often_as_there_are_rounds() {
        let (mut proposals, set) = (Proposals::default(), validators());
        let mut admitted = Vec::new();
        for round in 0..100 {
            proposals.began(round);
            if proposals.admit(key(9), at(round), block(round), &set) {
                admitted.push(round);
            }
            assert!(proposals.admit(key(8), at(round), block(7), &set), "the honest one");
        }
        assert_eq!(admitted.len(), BLOCKS_OF_ONE_MAX);
        assert!(proposals.admit(key(9), at(100), block(0), &set), "one of them again");
    }
}
