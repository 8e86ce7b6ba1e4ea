//! This exists to check, with nothing but a root, what a state tree has at a path.
//!
//! Why one root cannot have two answers. Bucket, branch and empty are hashed in three domains, each
//! from bytes that name every child or entry, so, short of a collision of BLAKE3, a proof that
//! arrives at the root has opened the very nodes that whoever made the root hashed. The bits of the
//! path alone choose the way down, and it ends at the one bucket (or empty prefix) there: a path is
//! in that bucket or in no place where it can be shown.
//!
//! Why a root with a wrong shape does not matter. A branch over 8 leaves or fewer, or a leaf in
//! another prefix's bucket, can only come from the maker of the root, never from the maker of a
//! proof. Roots are certified by a quorum whose members executed the block and built the canonical
//! tree themselves, and the argument above needs no canonical shape: even under such a root every
//! path has one answer. What a proof shows of the shape is checked all the same: the order, size and
//! prefix of the bucket, and that its branch is not half empty. Source: LED-5.9.

use super::{BUCKET_MAX, EMPTY, Leaf, bit, branch_hash, bucket_hash};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Shows the bucket where a path would be, and so that the path is there or that it is nowhere.
///
/// Untrusted until [`Proof::verify`] returns.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Proof {
    /// The hashes of the subtrees beside the way, from the root down; one per bit of the prefix.
    #[serde(with = "crate::json::list_of_bytes")]
    pub siblings: Vec<[u8; 32]>,
    /// The leaves that share that prefix, `(path, leaf hash)`, in ascending order; 0 to 8.
    pub bucket: Vec<([u8; 32], [u8; 32])>,
}

/// Why a [`Proof`] shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// More siblings than a path has bits.
    #[error("the proof has {siblings} siblings, a path has 256 bits")]
    TooDeep {
        /// How many there are.
        siblings: usize,
    },
    /// More leaves than a bucket may have.
    #[error("the bucket has {leaves} leaves, at most {BUCKET_MAX} are possible")]
    BucketTooLarge {
        /// How many there are.
        leaves: usize,
    },
    /// Two leaves in wrong order, or twice the same path.
    #[error("the paths in the bucket do not ascend")]
    BucketUnsorted,
    /// A leaf that belongs to another bucket.
    #[error("leaf {position} of the bucket does not share the first {bits} bits of the path")]
    WrongPrefix {
        /// Which leaf, from 0.
        position: usize,
        /// How many bits the siblings account for.
        bits: usize,
    },
    /// A branch over the bucket and nothing else, where the bucket should stand itself.
    #[error("the branch over the bucket has no other leaves")]
    BranchTooSmall,
    /// The siblings and the bucket are not those of this root and path.
    #[error("the proof leads to another root")]
    RootMismatch,
}

impl Proof {
    /// What the tree with this `root` has at `path`: a leaf hash, or `None` for proven absence.
    ///
    /// # Errors
    /// In this order: [`TooDeep`](ProofError::TooDeep),
    /// [`BucketTooLarge`](ProofError::BucketTooLarge),
    /// [`BucketUnsorted`](ProofError::BucketUnsorted), [`WrongPrefix`](ProofError::WrongPrefix),
    /// [`BranchTooSmall`](ProofError::BranchTooSmall),
    /// [`RootMismatch`](ProofError::RootMismatch).
    ///
    /// Source: LED-5.9.
    pub fn verify(&self, root: &[u8; 32], path: &[u8; 32]) -> Result<Option<[u8; 32]>, ProofError> {
        let depth = self.checked_depth()?;
        self.check_bucket(path, depth)?;
        if self.siblings.last() == Some(&*EMPTY) {
            return Err(ProofError::BranchTooSmall);
        }
        let mut computed = self.bottom_hash();
        for (level, sibling) in (0..depth).zip(&self.siblings).rev() {
            computed = if bit(path, level) {
                branch_hash(*sibling, computed)
            } else {
                branch_hash(computed, *sibling)
            };
        }
        if computed != *root {
            return Err(ProofError::RootMismatch);
        }
        Ok(self.bucket.iter().find(|(at, _)| at == path).map(|(_, leaf_hash)| *leaf_hash))
    }

    fn checked_depth(&self) -> Result<u16, ProofError> {
        let siblings = self.siblings.len();
        let depth = u16::try_from(siblings).ok().filter(|depth| *depth <= 256);
        depth.ok_or(ProofError::TooDeep { siblings })
    }

    fn check_bucket(&self, path: &[u8; 32], depth: u16) -> Result<(), ProofError> {
        let leaves = self.bucket.len();
        if leaves > BUCKET_MAX {
            return Err(ProofError::BucketTooLarge { leaves });
        }
        if !self.bucket.is_sorted_by(|(before, _), (after, _)| before < after) {
            return Err(ProofError::BucketUnsorted);
        }
        let is_elsewhere =
            |at: &[u8; 32]| (0..depth).any(|level| bit(at, level) != bit(path, level));
        match self.bucket.iter().position(|(at, _)| is_elsewhere(at)) {
            Some(position) => Err(ProofError::WrongPrefix { position, bits: usize::from(depth) }),
            None => Ok(()),
        }
    }

    fn bottom_hash(&self) -> [u8; 32] {
        if self.bucket.is_empty() {
            return *EMPTY;
        }
        let leaves: Vec<Leaf> = self.bucket.iter().map(|(at, leaf)| [*at, *leaf]).collect();
        bucket_hash(&leaves)
    }
}
