//! This exists to prove to an outsider that validators broke the rules: two certified blocks of one
//! height, or two messages of one validator that exclude each other.

use super::check::{Check, Checks, Failure, Finding, Word};
use super::place::Place;
use crate::block::{Header, PROTOCOL_VERSION};
use crate::certificate::{CommitCertificate, ValidatorSet};
use crate::crypto::PublicKey;
use crate::evidence::{Evidence, EvidenceError};
use crate::types::{BlockHash, Height};
use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::BTreeSet;

/// Two blocks of one height, both certified by the set of that height. Source: PRF-9.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ForkClaim {
    /// The block of this chain.
    pub place: Place,
    /// The set that certifies this height.
    pub set: ValidatorSet,
    /// Why that block is final.
    pub certificate: CommitCertificate,
    /// The other block.
    pub other: Header,
    /// Why that would be final.
    pub other_certificate: CommitCertificate,
}

/// Two messages of one validator that exclude each other. Source: PRF-10.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EvidenceClaim {
    /// The block of the height that they are about.
    pub place: Place,
    /// The set that certifies this height.
    pub set: ValidatorSet,
    /// The messages.
    pub evidence: Evidence,
}

/// What was proven: these validators signed both blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownFork {
    /// The height.
    pub height: Height,
    /// The block of this chain.
    pub block: BlockHash,
    /// The other one.
    pub other: BlockHash,
    /// The rounds in which the two were signed.
    pub rounds: (u32, u32),
    /// Who signed both. In one round each of them is guilty: it voted twice. In two rounds more than a
    /// third of the set broke the rules, and who of these did is told by the votes between.
    pub signed_both: Vec<PublicKey>,
}

impl ShownFork {
    /// Whether everybody in `signed_both` is proven guilty by this alone.
    pub fn proves_guilt(&self) -> bool {
        self.rounds.0 == self.rounds.1
    }
}

/// What was proven: this validator contradicted itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEvidence {
    /// At this height.
    pub height: Height,
    /// In this round.
    pub round: u32,
    /// Who.
    pub validator: PublicKey,
    /// What it signed.
    pub evidence: Evidence,
}

/// The header of a place, once the set is shown to be the one that certifies it.
fn certified_by<'a>(
    checks: &mut Checks,
    place: &'a Place,
    anchor: &'a Header,
    set: &ValidatorSet,
) -> Result<&'a Header, Failure> {
    let header = place.open(checks, anchor)?;
    checks.equal(Check::Conflict, header.validators_hash, set.hash())?;
    Ok(header)
}

impl ForkClaim {
    pub(super) fn open(&self, checks: &mut Checks, anchor: &Header) -> Result<ShownFork, Failure> {
        const CONFLICT: Check = Check::Conflict;
        let header = certified_by(checks, &self.place, anchor, &self.set)?;
        let other = &self.other;
        checks.equal(CONFLICT, PROTOCOL_VERSION, other.version)?;
        checks.equal(CONFLICT, header.chain, other.chain)?;
        checks.equal(CONFLICT, header.height, other.height)?;
        checks.equal(CONFLICT, header.validators_hash, other.validators_hash)?;
        let (block, twin) = (header.hash(), other.hash());
        checks.hold(CONFLICT, block != twin, Word::Contradiction, twin)?;
        for (hash, commit) in [(block, &self.certificate), (twin, &self.other_certificate)] {
            let verified = commit.verify(&header.chain, header.height, hash, &self.set);
            checks.certificate(CONFLICT, &self.set, &commit.signatures, &verified)?;
        }
        let signers = |commit: &CommitCertificate| -> BTreeSet<PublicKey> {
            commit.signatures.iter().map(|(key, _)| *key).collect()
        };
        let (one, two) = (signers(&self.certificate), signers(&self.other_certificate));
        Ok(ShownFork {
            height: header.height,
            block,
            other: twin,
            rounds: (self.certificate.round, self.other_certificate.round),
            signed_both: one.intersection(&two).copied().collect(),
        })
    }
}

impl EvidenceClaim {
    pub(super) fn open(
        &self,
        checks: &mut Checks,
        anchor: &Header,
    ) -> Result<ShownEvidence, Failure> {
        const CONFLICT: Check = Check::Conflict;
        let header = certified_by(checks, &self.place, anchor, &self.set)?;
        checks.equal(CONFLICT, header.height, self.evidence.height())?;
        let validator = self.evidence.validator();
        let (expected, found): (Word, Finding) =
            match self.evidence.verify(&header.chain, &self.set) {
                Ok(()) => (Word::Contradiction, Word::Contradiction.into()),
                Err(EvidenceError::Unrelated | EvidenceError::Same) => {
                    (Word::Contradiction, Word::Other.into())
                }
                Err(EvidenceError::Stranger(key)) => (Word::Member, key.into()),
                Err(EvidenceError::Signature(_)) => (Word::Valid, validator.into()),
            };
        checks.hold(CONFLICT, found == expected.into(), expected, found)?;
        let (height, round) = (header.height, self.evidence.round());
        Ok(ShownEvidence { height, round, validator, evidence: self.evidence.clone() })
    }
}
