//! This exists to commit to an ordered list, and to prove a place in it or that it only grew.
//!
//! Trees have the shape of RFC 9162 §2.1: a list of n > 1 leaves splits at the largest power of two
//! below n. Leaves arrive hashed, each in a domain of its caller (transaction, receipt, history), so
//! a leaf is never read as an interior node. Source: LED-5.10.
//!
//! As in RFC 9162, a root commits to the leaves and not to their number: leaf 2 of 3 and leaf 1 of 2
//! lie on paths of the same form, so a proof may tell the one as the other. A verifier that says
//! *where* a leaf stands therefore compares `size` with a number that it trusts (the history before
//! block h has h−1 leaves). For a known size, every index has its own form.

use crate::hash::{Domain, hash};
use borsh::io::{Error, ErrorKind, Read, Result as ReadResult};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The root of `leaves`; no leaves have the hash of nothing, one leaf is its own root.
///
/// Source: LED-5.10, RFC 9162 §2.1.1.
pub fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => hash(Domain::MerkleNode, b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = split(leaves);
            node(root(left), root(right))
        }
    }
}

/// Shows that a leaf is in a tree, at `index` of `size`.
///
/// Source: LED-5.11, RFC 9162 §2.1.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct InclusionProof {
    /// The place of the leaf, from 0.
    #[serde(with = "crate::json::decimal")]
    pub index: u64,
    /// The number of leaves in the tree; see the module on why to compare it.
    #[serde(with = "crate::json::decimal")]
    pub size: u64,
    /// The siblings from the leaf up to the root; at most 64.
    #[serde(with = "crate::json::list_of_bytes")]
    pub path: Vec<[u8; 32]>,
}

impl InclusionProof {
    /// The proof for `leaves[index]`, or `None` when there is no such leaf. Hashes every leaf once.
    pub fn prove(leaves: &[[u8; 32]], index: u64) -> Option<Self> {
        let position = usize::try_from(index).ok().filter(|place| *place < leaves.len())?;
        let mut path = Vec::new();
        collect_inclusion(leaves, position, &mut path);
        Some(Self { index, size: count(leaves), path })
    }

    /// Whether `leaf` stands where the proof says, in the tree with this `root`.
    ///
    /// Strict: a path with one element too many or too few is refused.
    ///
    /// Source: LED-5.11, RFC 9162 §2.1.3.2.
    pub fn verify(&self, leaf: &[u8; 32], root: &[u8; 32]) -> bool {
        self.root_from(leaf) == Some(*root)
    }

    /// The root to which the path leads from `leaf`; `None` for a path that no such place has.
    pub fn root_from(&self, leaf: &[u8; 32]) -> Option<[u8; 32]> {
        let mut walk = self.walk()?;
        let mut computed = *leaf;
        for sibling in &self.path {
            computed = match walk.step()? {
                Side::Left => node(*sibling, computed),
                Side::Right => node(computed, *sibling),
            };
        }
        (walk.last == 0).then_some(computed)
    }

    /// The root of the leaves before the one proven: whoever believes the proof knows of the list of
    /// the first `index` leaves that it is the beginning of this one. The siblings on the left are the
    /// largest complete subtrees of that list, smallest first. `None` as [`InclusionProof::root_from`].
    ///
    /// Source: LED-5.14.
    pub fn root_before(&self) -> Option<[u8; 32]> {
        let mut walk = self.walk()?;
        let mut before = None;
        for sibling in &self.path {
            if let Side::Left = walk.step()? {
                before = Some(before.map_or(*sibling, |right| node(*sibling, right)));
            }
        }
        (walk.last == 0).then(|| before.unwrap_or_else(|| root(&[])))
    }

    fn walk(&self) -> Option<Walk> {
        let last = self.size.checked_sub(1).filter(|last| self.index <= *last)?;
        Some(Walk { place: self.index, last })
    }
}

/// Shows that the first `old_size` leaves of a tree are those of an older tree.
///
/// Everything is consistent with nothing: when `old_size` is 0 the path is empty, and all that is
/// checked is that the old root is the root of nothing. Source: LED-5.12, RFC 9162 §2.1.4.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ConsistencyProof {
    /// The number of leaves in the older tree.
    #[serde(with = "crate::json::decimal")]
    pub old_size: u64,
    /// The number of leaves in the newer tree; at least `old_size`.
    #[serde(with = "crate::json::decimal")]
    pub new_size: u64,
    /// Subtree roots, from the deepest up; at most 65.
    #[serde(with = "crate::json::list_of_bytes")]
    pub path: Vec<[u8; 32]>,
}

impl ConsistencyProof {
    /// The proof that `leaves` begins with its first `old_size` leaves, or `None` when there are
    /// fewer. Hashes every leaf at most once.
    pub fn prove(leaves: &[[u8; 32]], old_size: u64) -> Option<Self> {
        let length = usize::try_from(old_size).ok().filter(|length| *length <= leaves.len())?;
        let mut path = Vec::new();
        if length > 0 {
            collect_consistency(leaves, length, Start::OldRoot, &mut path);
        }
        Some(Self { old_size, new_size: count(leaves), path })
    }

    /// Whether the tree of `new_root` begins with the leaves of the tree of `old_root`.
    ///
    /// Strict: a path with one element too many or too few is refused.
    ///
    /// Source: LED-5.12, RFC 9162 §2.1.4.2.
    pub fn verify(&self, old_root: &[u8; 32], new_root: &[u8; 32]) -> bool {
        if self.old_size == self.new_size {
            let is_nothing = *old_root == root(&[]);
            let is_right_size = (self.old_size == 0) == is_nothing;
            return self.path.is_empty() && old_root == new_root && is_right_size;
        }
        let (Some(place), Some(last)) =
            (self.old_size.checked_sub(1), self.new_size.checked_sub(1))
        else {
            return self.new_size > 0 && self.path.is_empty() && *old_root == root(&[]);
        };
        if place > last {
            return false;
        }
        let mut walk = Walk { place, last };
        walk.skip_complete();
        let (start, rest) = if self.old_size.is_power_of_two() {
            (*old_root, self.path.as_slice())
        } else {
            let Some((first, rest)) = self.path.split_first() else {
                return false;
            };
            (*first, rest)
        };
        let (mut old, mut new) = (start, start);
        for sibling in rest {
            match walk.step() {
                Some(Side::Left) => {
                    old = node(*sibling, old);
                    new = node(*sibling, new);
                }
                Some(Side::Right) => new = node(new, *sibling),
                None => return false,
            }
        }
        walk.last == 0 && old == *old_root && new == *new_root
    }
}

/// The right edge of a growing tree: enough to add leaves and to know the root, in O(log n).
///
/// In bytes: the size, then the roots of the complete subtrees, largest first; their number is the
/// number of ones in the size, and bytes that say otherwise are refused. Source: LED-5.13.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize)]
pub struct Frontier {
    size: u64,
    peaks: Vec<[u8; 32]>,
}

impl Frontier {
    /// Adds a leaf at the end. Hashes one node per subtree that it completes: one on average.
    ///
    /// # Panics
    /// When 2^64 leaves would be reached.
    pub fn push(&mut self, leaf: [u8; 32]) {
        let mut peak = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("invariant: one peak for each one in the size");
            peak = node(left, peak);
        }
        self.peaks.push(peak);
        self.size = self.size.checked_add(1).expect("invariant: fewer than 2^64 leaves");
    }

    /// The root of all leaves so far: equal to [`root`] of the list.
    pub fn root(&self) -> [u8; 32] {
        let folded = self.peaks.iter().copied().rev().reduce(|right, left| node(left, right));
        folded.unwrap_or_else(|| root(&[]))
    }

    /// The number of leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl BorshDeserialize for Frontier {
    fn deserialize_reader<R: Read>(reader: &mut R) -> ReadResult<Self> {
        let size = u64::deserialize_reader(reader)?;
        let peaks = Vec::<[u8; 32]>::deserialize_reader(reader)?;
        if u32::try_from(peaks.len()) != Ok(size.count_ones()) {
            let message = format!("{} peaks do not fit a tree of {size} leaves", peaks.len());
            return Err(Error::new(ErrorKind::InvalidData, message));
        }
        Ok(Self { size, peaks })
    }
}

/// The way from a leaf up to the root, as RFC 9162 walks it: one shift per level.
struct Walk {
    /// The index of the current node on its level.
    place: u64,
    /// The index of the last node on that level; 0 at the root.
    last: u64,
}

/// Where a sibling stands.
enum Side {
    Left,
    Right,
}

impl Walk {
    /// Climbs to the next node that has a sibling and says where; `None` at the root.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.place % 2 == 1 {
            Side::Left
        } else if self.place == self.last {
            // The last node of an odd level has no sibling there: it moves up unchanged.
            while self.place.is_multiple_of(2) && self.place > 0 {
                self.climb();
            }
            Side::Left
        } else {
            Side::Right
        };
        self.climb();
        Some(side)
    }

    /// Climbs to the largest complete subtree of the older tree that ends at `place`.
    fn skip_complete(&mut self) {
        while self.place % 2 == 1 {
            self.climb();
        }
    }

    fn climb(&mut self) {
        self.place /= 2;
        self.last /= 2;
    }
}

/// What a consistency proof may leave out: the verifier has the old root already.
#[derive(Clone, Copy)]
enum Start {
    OldRoot,
    Path,
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    hash(Domain::MerkleNode, [left, right].as_flattened())
}

/// Splits two or more leaves at the largest power of two below their number.
fn split(leaves: &[[u8; 32]]) -> (&[[u8; 32]], &[[u8; 32]]) {
    leaves.split_at(split_point(leaves.len()))
}

fn split_point(length: usize) -> usize {
    length.next_power_of_two() / 2
}

fn count(leaves: &[[u8; 32]]) -> u64 {
    u64::try_from(leaves.len()).expect("invariant: a length in memory fits in 64 bits")
}

fn collect_inclusion(leaves: &[[u8; 32]], position: usize, path: &mut Vec<[u8; 32]>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = split(leaves);
    if let Some(position_right) = position.checked_sub(left.len()) {
        collect_inclusion(right, position_right, path);
        path.push(root(left));
    } else {
        collect_inclusion(left, position, path);
        path.push(root(right));
    }
}

fn collect_consistency(
    leaves: &[[u8; 32]],
    old_length: usize,
    start: Start,
    path: &mut Vec<[u8; 32]>,
) {
    if old_length == leaves.len() {
        match start {
            Start::OldRoot => {}
            Start::Path => path.push(root(leaves)),
        }
        return;
    }
    let (left, right) = split(leaves);
    let length_right = old_length.saturating_sub(left.len());
    if length_right > 0 {
        collect_consistency(right, length_right, Start::Path, path);
        path.push(root(left));
    } else {
        collect_consistency(left, old_length, start, path);
        path.push(root(right));
    }
}

#[cfg(test)]
mod tests;
