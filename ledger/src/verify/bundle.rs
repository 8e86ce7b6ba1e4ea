//! This exists to say what a proof file holds. Every number that a block or the reader already settles
//! (the size of a tree, a place in it) is left out, so that nothing has to be compared that was said twice.
//!
//! These bytes are law: what joins comes at the end of an enum or is a new version. Source: PRF-1.

use super::as_of::AsOfClaim;
use super::conflict::{EvidenceClaim, ForkClaim};
use super::partition::PartitionClaim;
use super::place::{LeafProof, Place, Roots};
use super::receipt::ReceiptClaim;
use super::records::RecordsClaim;
use super::statement::StatementClaim;
use crate::block::Header;
use crate::certificate::{CommitCertificate, ValidatorSet};
use crate::codec::encode;
use crate::crypto::{PublicKey, Signature};
use crate::hash::Digest;
use borsh::{BorshDeserialize, BorshSerialize};

/// What a proof file begins with. Source: PRF-1.1.
pub const PROOF_MAGIC: [u8; 8] = *b"LINLIPRF";

/// The version of the format that this code knows. Source: PRF-1.2.
pub const PROOF_VERSION: u16 = 1;

/// A proof: why a head is to be believed, and what follows from it. Source: PRF-1.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Bundle {
    /// Version of the format, [`PROOF_VERSION`].
    pub version: u16,
    /// The chain, as claimed: what counts is what the reader trusts.
    pub genesis: Digest,
    /// Why the head is to be believed.
    pub descent: Descent,
    /// The head.
    pub anchor: Header,
    /// What is proven.
    pub claim: Claim,
}

/// Why a head is to be believed. Source: PRF-3.1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one in each proof")]
pub enum Descent {
    /// A quorum signed it, of the validators that follow from what the reader trusts.
    Certified {
        /// What the reader trusts.
        origin: Origin,
        /// Every change of the validators since, up to the block before the head.
        changes: Vec<Change>,
        /// Why the head is final.
        certificate: CommitCertificate,
    },
    /// It is the block that the reader has pinned.
    Pinned,
}

/// Where the validators are known. Source: PRF-3.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one in each proof")]
pub enum Origin {
    /// The canonical bytes of the genesis: they name the first set.
    Genesis(Vec<u8>),
    /// The pinned block: it names the set after it.
    Checkpoint {
        /// The header that the reader has pinned by its hash.
        header: Header,
        /// Its path in the history of the head.
        path: Vec<[u8; 32]>,
        /// The set that it names for the next block.
        next: ValidatorSet,
    },
}

/// A block after which other validators certify. Source: PRF-3.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[expect(clippy::large_enum_variant, reason = "nearly all of them are voted")]
pub enum Change {
    /// The set before signed it.
    Voted {
        /// The block.
        header: Header,
        /// Its certificate.
        certificate: CommitCertificate,
        /// The set that it names for the next block.
        next: ValidatorSet,
    },
    /// Governance named the set that certifies it. Source: PRF-3.4.
    Recovered(Box<Recovered>),
}

/// A recovery, with why those who signed it could. Source: PRF-3.4.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Recovered {
    /// The block before, where it is neither the change before nor the pinned block.
    pub before: Option<(Header, CommitCertificate)>,
    /// The roots of its state.
    pub roots: Roots,
    /// Its record of governance.
    pub governance: LeafProof,
    /// Its record of each key that signed, in order.
    pub keys: Vec<LeafProof>,
    /// The block.
    pub header: Header,
    /// The set that governance named.
    pub validators: ValidatorSet,
    /// The signatures of governing keys.
    pub signatures: Vec<(PublicKey, Signature)>,
    /// The set that the block names for the next one.
    pub next: ValidatorSet,
}

/// What a proof is of. Source: PRF-1.4.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Claim {
    /// What one transaction, or one due item, did.
    Receipt(ReceiptClaim),
    /// What a record was at a height, or that there was none.
    AsOf(AsOfClaim),
    /// All entries of an account between two heights.
    Statement(StatementClaim),
    /// An older block is part of the history of the head, with everything before it.
    Extension(Place),
    /// Two blocks of one height, both certified.
    Fork(Box<ForkClaim>),
    /// A validator that contradicted itself.
    Evidence(EvidenceClaim),
    /// Where every fen of a source is.
    Partition(PartitionClaim),
    /// Several records at one height.
    Records(RecordsClaim),
}

impl Bundle {
    /// The bytes of the file. Source: PRF-1.1.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = PROOF_MAGIC.to_vec();
        bytes.extend(encode(self));
        bytes
    }
}
