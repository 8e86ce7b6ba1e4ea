//! This exists to say what makes a block final: who voted, over which bytes, and how many suffice.

use crate::crypto::{PublicKey, Signature};
use crate::hash::{Digest, Domain, digest};
use crate::types::{BlockHash, Height, OrganisationId};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, Read};

/// A member of the set that certifies blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Validator {
    /// Its consensus key, never used for anything else.
    pub key: PublicKey,
    /// The organisation that runs it.
    pub organisation: OrganisationId,
    /// Its weight in votes, at least 1.
    #[serde(with = "crate::json::decimal")]
    pub power: u64,
}

/// The validators of one height, in the order in which they take turns to propose.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, Serialize, Deserialize)]
#[serde(try_from = "Vec<Validator>")]
pub struct ValidatorSet(Vec<Validator>);

impl TryFrom<Vec<Validator>> for ValidatorSet {
    type Error = &'static str;

    fn try_from(validators: Vec<Validator>) -> Result<Self, Self::Error> {
        Self::new(validators).ok_or("validators must be distinct, with powers that sum in 62 bits")
    }
}

impl BorshDeserialize for ValidatorSet {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self, io::Error> {
        let validators = Vec::deserialize_reader(reader)?;
        Self::new(validators).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }
}

impl ValidatorSet {
    /// A set of validators; `None` if it is empty, names a key twice, has a power of zero, or its
    /// powers do not sum in 63 bits.
    pub fn new(validators: Vec<Validator>) -> Option<Self> {
        let distinct: BTreeSet<_> = validators.iter().map(|v| v.key).collect();
        let total = validators.iter().try_fold(0_u64, |sum, v| sum.checked_add(v.power))?;
        let sound = !validators.is_empty()
            && distinct.len() == validators.len()
            && validators.iter().all(|v| v.power > 0)
            && total <= u64::MAX / 4;
        sound.then_some(Self(validators))
    }

    /// The members, in order.
    pub fn members(&self) -> &[Validator] {
        &self.0
    }

    /// The member with this key.
    pub fn get(&self, key: &PublicKey) -> Option<&Validator> {
        self.0.iter().find(|v| &v.key == key)
    }

    /// What the header commits to. Source: LED-4.4.
    ///
    /// # Panics
    /// Never: encoding into memory cannot fail.
    pub fn hash(&self) -> Digest {
        digest(Domain::ValidatorSet, &borsh::to_vec(self).expect("memory takes every byte"))
    }

    /// Whether `power` is more than two thirds of the whole. Source: LED-4.8.
    pub fn is_quorum(&self, power: u64) -> bool {
        let total = self.0.iter().fold(0_u64, |sum, v| sum.saturating_add(v.power));
        power.saturating_mul(3) > total.saturating_mul(2)
    }
}

/// The two kinds of vote of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VoteKind {
    /// First step.
    Prevote,
    /// Second step; a quorum of these is a certificate.
    Precommit,
}

/// One validator's vote. Source: LED-4.5.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Vote {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// Height voted on.
    pub height: Height,
    /// Round within the height, from 0.
    pub round: u32,
    /// The block, or nothing ("nil").
    pub value: Option<BlockHash>,
    /// Who votes.
    pub validator: PublicKey,
}

/// One validator's proposal of a block. Source: LED-4.6.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Proposal {
    /// Height proposed for.
    pub height: Height,
    /// Round within the height, from 0.
    pub round: u32,
    /// The block.
    pub value: BlockHash,
    /// The earlier round in which a quorum prevoted this block, if it is proposed again.
    pub pol_round: Option<u32>,
    /// Who proposes.
    pub validator: PublicKey,
}

impl Vote {
    pub(crate) fn domain(&self) -> Domain {
        match self.kind {
            VoteKind::Prevote => Domain::SignPrevote,
            VoteKind::Precommit => Domain::SignPrecommit,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("memory takes every byte")
    }
}

impl Proposal {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("memory takes every byte")
    }
}

/// A quorum's precommits for one block. Which signatures it holds differs between nodes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct CommitCertificate {
    /// The round that decided.
    pub round: u32,
    /// Precommits, at most one per validator.
    pub signatures: Vec<(PublicKey, Signature)>,
}

/// Names a new validator set after the old one has lost its quorum for good. Source: LED-4.9.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Recovery {
    /// The block that the new set certifies with this.
    pub block: BlockHash,
    /// Its height.
    pub height: Height,
    /// The set that certifies from the next height on.
    pub validators: ValidatorSet,
}

impl Recovery {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("memory takes every byte")
    }
}

/// Why a block is final. Source: LED-4.8.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Certificate {
    /// More than two thirds of the set precommitted.
    Quorum(CommitCertificate),
    /// m of n governance organisations named a new set.
    Recovery {
        /// The set that takes over.
        validators: ValidatorSet,
        /// Signatures of governance keys, at most one per key.
        signatures: Vec<(PublicKey, Signature)>,
    },
}

/// The keys that may recover a chain, read from the last certified state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governance {
    /// How many distinct organisations must sign.
    pub threshold: u32,
    /// The active keys of the governance organisations, by organisation.
    pub members: Vec<(OrganisationId, PublicKey)>,
}

/// Why a certificate does not make its block final.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// A signer is listed twice.
    #[error("key {0} signed twice")]
    Duplicate(PublicKey),
    /// A signer is not in the set.
    #[error("key {0} is not in the set that certifies this height")]
    Stranger(PublicKey),
    /// A signature does not verify.
    #[error("the signature by {0} does not verify")]
    Signature(PublicKey),
    /// Too few signed.
    #[error("the signers are no quorum")]
    NoQuorum,
}

impl Certificate {
    /// The set that certifies with this: the one in the state, or the one that takes over.
    pub fn set<'a>(&'a self, in_state: &'a ValidatorSet) -> &'a ValidatorSet {
        match self {
            Self::Quorum(_) => in_state,
            Self::Recovery { validators, .. } => validators,
        }
    }

    /// Checks that this certificate makes the block final; `governance` is asked for a recovery only.
    ///
    /// # Errors
    /// For each signature in order [`CertificateError::Duplicate`], [`CertificateError::Stranger`],
    /// [`CertificateError::Signature`]; at the end [`CertificateError::NoQuorum`].
    ///
    /// Source: LED-4.8, LED-4.9.
    pub fn verify(
        &self,
        genesis: &Digest,
        height: Height,
        block: BlockHash,
        set: &ValidatorSet,
        governance: impl FnOnce() -> Governance,
    ) -> Result<(), CertificateError> {
        match self {
            Self::Quorum(commit) => commit.verify(genesis, height, block, set),
            Self::Recovery { validators, signatures } => {
                let recovery = Recovery { block, height, validators: validators.clone() };
                verify_recovery(genesis, &recovery, signatures, &governance())
            }
        }
    }
}

impl CommitCertificate {
    /// Checks that a quorum of `set` precommitted `block`.
    ///
    /// # Errors
    /// As [`Certificate::verify`].
    pub fn verify(
        &self,
        genesis: &Digest,
        height: Height,
        block: BlockHash,
        set: &ValidatorSet,
    ) -> Result<(), CertificateError> {
        self.check(set, self.votes(genesis, height, block))
    }

    /// Whether each signature is a precommit of `block` by the key beside it, in order; lazy.
    pub(crate) fn votes(
        &self,
        genesis: &Digest,
        height: Height,
        block: BlockHash,
    ) -> impl Iterator<Item = bool> {
        self.signatures.iter().map(move |(key, signature)| {
            let vote = Vote {
                kind: VoteKind::Precommit,
                height,
                round: self.round,
                value: Some(block),
                validator: *key,
            };
            vote.verify(genesis, signature)
        })
    }

    /// As [`CommitCertificate::verify`], where `votes` says which signatures are good.
    pub(crate) fn check(
        &self,
        set: &ValidatorSet,
        votes: impl IntoIterator<Item = bool>,
    ) -> Result<(), CertificateError> {
        let mut votes = votes.into_iter();
        let mut seen = BTreeSet::new();
        let mut power = 0_u64;
        for (key, _) in &self.signatures {
            if !seen.insert(*key) {
                return Err(CertificateError::Duplicate(*key));
            }
            let member = set.get(key).ok_or(CertificateError::Stranger(*key))?;
            if votes.next() != Some(true) {
                return Err(CertificateError::Signature(*key));
            }
            power = power.saturating_add(member.power);
        }
        if set.is_quorum(power) { Ok(()) } else { Err(CertificateError::NoQuorum) }
    }
}

fn verify_recovery(
    genesis: &Digest,
    recovery: &Recovery,
    signatures: &[(PublicKey, Signature)],
    governance: &Governance,
) -> Result<(), CertificateError> {
    let mut organisations = BTreeSet::new();
    for (key, signature) in signatures {
        let (organisation, _) = governance
            .members
            .iter()
            .find(|(_, member)| member == key)
            .ok_or(CertificateError::Stranger(*key))?;
        if !organisations.insert(*organisation) {
            return Err(CertificateError::Duplicate(*key));
        }
        if !recovery.verify(genesis, key, signature) {
            return Err(CertificateError::Signature(*key));
        }
    }
    let enough =
        usize::try_from(governance.threshold).is_ok_and(|m| m > 0 && organisations.len() >= m);
    if enough { Ok(()) } else { Err(CertificateError::NoQuorum) }
}

#[cfg(test)]
mod tests;
