//! This exists to be the proof that a validator has contradicted itself: two signatures that exclude each
//! other. Whoever knows the genesis hash and the set of that height can check it, and needs nobody.

use crate::certificate::{Proposal, ValidatorSet, Vote};
use crate::crypto::{PublicKey, Signature};
use crate::hash::Digest;
use crate::types::Height;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Something that was signed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Signed<T> {
    /// What it says; names who signed it.
    pub message: T,
    /// The signature.
    pub signature: Signature,
}

/// Two messages of one validator of which it may sign one. Source: LED-4.11.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Evidence {
    /// Votes of one kind in one round.
    Votes(Signed<Vote>, Signed<Vote>),
    /// Proposals in one round.
    Proposals(Signed<Proposal>, Signed<Proposal>),
}

/// Why something is no evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The two are of different validators, heights, rounds or kinds.
    #[error("the two messages are not of one validator, height, round and kind")]
    Unrelated,
    /// The two say the same.
    #[error("the two messages are the same")]
    Same,
    /// Whoever signed is no validator.
    #[error("key {0} is not in the set of that height")]
    Stranger(PublicKey),
    /// A signature does not verify.
    #[error("signature {0} does not verify")]
    Signature(u8),
}

impl Evidence {
    /// Who has contradicted itself, as claimed.
    pub fn validator(&self) -> PublicKey {
        match self {
            Self::Votes(first, _) => first.message.validator,
            Self::Proposals(first, _) => first.message.validator,
        }
    }

    /// Where.
    pub fn height(&self) -> Height {
        match self {
            Self::Votes(first, _) => first.message.height,
            Self::Proposals(first, _) => first.message.height,
        }
    }

    /// In which round.
    pub fn round(&self) -> u32 {
        match self {
            Self::Votes(first, _) => first.message.round,
            Self::Proposals(first, _) => first.message.round,
        }
    }

    /// Checks that a member of `set`, the validators of [`Evidence::height`], has contradicted itself.
    ///
    /// # Errors
    /// In this order: [`EvidenceError::Unrelated`], [`EvidenceError::Same`],
    /// [`EvidenceError::Stranger`], [`EvidenceError::Signature`].
    ///
    /// Source: LED-4.11.
    pub fn verify(&self, genesis: &Digest, set: &ValidatorSet) -> Result<(), EvidenceError> {
        let (related, same) = match self {
            Self::Votes(a, b) => {
                let place = |v: &Vote| (v.validator, v.height, v.round, v.kind);
                (place(&a.message) == place(&b.message), a.message == b.message)
            }
            Self::Proposals(a, b) => {
                let place = |p: &Proposal| (p.validator, p.height, p.round);
                (place(&a.message) == place(&b.message), a.message == b.message)
            }
        };
        if !related {
            return Err(EvidenceError::Unrelated);
        }
        if same {
            return Err(EvidenceError::Same);
        }
        let validator = self.validator();
        set.get(&validator).ok_or(EvidenceError::Stranger(validator))?;
        let [first, second] = match self {
            Self::Votes(a, b) => [a, b].map(|s| s.message.verify(genesis, &s.signature)),
            Self::Proposals(a, b) => [a, b].map(|s| s.message.verify(genesis, &s.signature)),
        };
        match (first, second) {
            (true, true) => Ok(()),
            (false, _) => Err(EvidenceError::Signature(0)),
            (true, false) => Err(EvidenceError::Signature(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{Validator, VoteKind};
    use crate::codec::{decode, encode};
    use crate::crypto::ConsensusKey;
    use crate::types::{BlockHash, OrganisationId};

    const GENESIS: Digest = Digest::Blake3([9; 32]);

    fn key(n: u8) -> ConsensusKey {
        ConsensusKey::from_seed(&[n; 32])
    }

    fn set() -> ValidatorSet {
        let organisation = OrganisationId([5; 32]);
        let member = |n| Validator { key: key(n).public(), organisation, power: 1 };
        ValidatorSet::new((1..=3).map(member).collect()).unwrap()
    }

    fn vote(value: Option<u8>) -> Vote {
        let value = value.map(|n| BlockHash(Digest::Blake3([n; 32])));
        let kind = VoteKind::Prevote;
        Vote { kind, height: Height(7), round: 2, value, validator: key(1).public() }
    }

    fn signed_vote(vote: Vote) -> Signed<Vote> {
        Signed { signature: key(1).sign_vote(&GENESIS, &vote), message: vote }
    }

    fn proposal(value: u8, pol_round: Option<u32>) -> Signed<Proposal> {
        let (height, value) = (Height(7), BlockHash(Digest::Blake3([value; 32])));
        let message = Proposal { height, round: 2, value, pol_round, validator: key(1).public() };
        Signed { signature: key(1).sign_proposal(&GENESIS, &message), message }
    }

    fn votes() -> Evidence {
        Evidence::Votes(signed_vote(vote(None)), signed_vote(vote(Some(1))))
    }

    #[test]
    fn a_contradiction_is_proven_to_whoever_knows_the_set() {
        for evidence in [
            votes(),
            Evidence::Proposals(proposal(1, None), proposal(2, None)),
            Evidence::Proposals(proposal(1, None), proposal(1, Some(0))),
        ] {
            assert_eq!(evidence.verify(&GENESIS, &set()), Ok(()));
            assert_eq!((evidence.height(), evidence.round()), (Height(7), 2));
            assert_eq!(evidence.validator(), key(1).public());
            let bytes = encode(&evidence);
            assert_eq!(decode::<Evidence>(&bytes, "evidence").unwrap(), evidence);
            let json = serde_json::to_string(&evidence).unwrap();
            assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), evidence);
        }
    }

    #[test]
    fn each_fault_has_its_error() {
        let check = |evidence: Evidence| evidence.verify(&GENESIS, &set());
        let good = || signed_vote(vote(Some(1)));
        for other in [
            Vote { height: Height(8), ..vote(None) },
            Vote { round: 3, ..vote(None) },
            Vote { kind: VoteKind::Precommit, ..vote(None) },
            Vote { validator: key(2).public(), ..vote(None) },
        ] {
            let unrelated = Evidence::Votes(good(), signed_vote(other));
            assert_eq!(check(unrelated), Err(EvidenceError::Unrelated));
        }
        assert_eq!(check(Evidence::Votes(good(), good())), Err(EvidenceError::Same));
        let stranger = ValidatorSet::new(set().members()[1..].to_vec()).unwrap();
        let expected = Err(EvidenceError::Stranger(key(1).public()));
        assert_eq!(votes().verify(&GENESIS, &stranger), expected);
        assert_eq!(votes().verify(&Digest::ZERO, &set()), Err(EvidenceError::Signature(0)));
        let forged = Signed { message: vote(None), signature: good().signature };
        let (first, second) = (forged.clone(), good());
        assert_eq!(check(Evidence::Votes(first, second)), Err(EvidenceError::Signature(0)));
        assert_eq!(check(Evidence::Votes(good(), forged)), Err(EvidenceError::Signature(1)));
        let swapped = Signed { message: proposal(1, None).message, signature: good().signature };
        let swapped = Evidence::Proposals(proposal(2, None), swapped);
        assert_eq!(check(swapped), Err(EvidenceError::Signature(1)));
    }
}
