//! This exists to commit to a set of leaves, `path → leaf hash`, and to prove what is in it or not.
//!
//! The root is a pure function of the set, whatever the order of inserts and removals: a prefix with
//! no leaf is a constant, with at most [`BUCKET_MAX`] leaves a sorted bucket, with more a branch of
//! its two halves by the next bit of the path, most significant first. The tree is persistent: an
//! update makes new nodes where leaves changed and shares the rest with the old tree, which stays
//! valid. No storage and no keys here: callers hash keys to paths and values to leaf hashes.
//! Source: LED-5.8.

mod builder;
mod proof;

pub use builder::Builder;
pub use proof::{Proof, ProofError};

use crate::hash::{Domain, hash, to_hex};
use std::fmt;
use std::mem;
use std::sync::{Arc, LazyLock};

/// 8: a bucket is then at most 512 bytes, half a BLAKE3 chunk, and a proof stays below a kilobyte.
pub const BUCKET_MAX: usize = 8;

/// A path and the hash of the leaf that stands there; their concatenation is what a bucket hashes.
type Leaf = [[u8; 32]; 2];

/// What a batch does at a path: `Some` sets the leaf hash, `None` removes the leaf.
pub type Change = ([u8; 32], Option<[u8; 32]>);

/// A set of leaves with its root. Cloning and [`updated`](Tree::updated) share structure.
#[derive(Clone, Default)]
pub struct Tree {
    top: Link,
}

/// A subtree with its hash, which stands beside the pointer so that a branch hashes without
/// visiting its unchanged half.
#[derive(Clone)]
struct Link {
    hash: [u8; 32],
    node: Node,
}

/// Canonical at all times: a bucket has 1 to 8 leaves, a branch more than 8 below it.
#[derive(Clone)]
enum Node {
    Empty,
    Bucket(Arc<[Leaf]>),
    Branch(Arc<Branch>),
}

struct Branch {
    count: u64,
    left: Link,
    right: Link,
}

impl Tree {
    /// The root: a pure function of the leaves.
    pub fn root(&self) -> [u8; 32] {
        self.top.hash
    }

    /// The number of leaves.
    pub fn len(&self) -> u64 {
        self.top.count()
    }

    /// Whether there are no leaves.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The leaf hash at `path`.
    pub fn get(&self, path: &[u8; 32]) -> Option<[u8; 32]> {
        let (_, bucket) = self.descend(path);
        bucket.iter().find(|[at, _]| at == path).map(|[_, leaf_hash]| *leaf_hash)
    }

    /// The tree after `changes`; this one stays as it is.
    ///
    /// `Some` inserts or replaces, `None` removes; to remove what is absent changes nothing. They may come
    /// in any order; of several at one path the last counts. Every
    /// node of the new tree that lies on a changed path is made and hashed once, whatever the number
    /// of changes below it. At most 256 calls deep, also for paths chosen by an adversary.
    #[must_use]
    pub fn updated(&self, changes: impl IntoIterator<Item = Change>) -> Self {
        let mut tree = self.clone();
        tree.update(changes);
        tree
    }

    /// Like [`updated`](Tree::updated), in place: nodes that no other tree shares are reused, which
    /// is about twice as fast. For replay and loading, where nobody needs the tree before.
    pub fn update(&mut self, changes: impl IntoIterator<Item = Change>) {
        self.top = apply(mem::take(&mut self.top), 0, &in_order(changes)).seal();
    }

    /// The proof of what is at `path`, present or absent.
    pub fn prove(&self, path: &[u8; 32]) -> Proof {
        let (siblings, bucket) = self.descend(path);
        Proof { siblings, bucket: bucket.iter().map(|[at, leaf]| (*at, *leaf)).collect() }
    }

    /// The hashes of the subtrees left aside on the way to `path`, and the bucket at its end.
    fn descend(&self, path: &[u8; 32]) -> (Vec<[u8; 32]>, &[Leaf]) {
        let mut siblings = Vec::new();
        let mut link = &self.top;
        // At the last bit every prefix has one leaf, so the way ends before the bits do.
        for depth in 0_u16.. {
            match &link.node {
                Node::Empty => break,
                Node::Bucket(leaves) => return (siblings, leaves),
                Node::Branch(branch) if bit(path, depth) => {
                    siblings.push(branch.left.hash);
                    link = &branch.right;
                }
                Node::Branch(branch) => {
                    siblings.push(branch.right.hash);
                    link = &branch.left;
                }
            }
        }
        (siblings, &[])
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({} leaves, root {})", self.len(), to_hex(&self.root()))
    }
}

impl Link {
    fn bucket(leaves: &[Leaf]) -> Self {
        if leaves.is_empty() {
            return Self::default();
        }
        Self { hash: bucket_hash(leaves), node: Node::Bucket(leaves.into()) }
    }

    fn branch(left: Self, right: Self, count: u64) -> Self {
        let hash = branch_hash(left.hash, right.hash);
        Self { hash, node: Node::Branch(Arc::new(Branch { count, left, right })) }
    }

    /// The subtree of sorted `leaves`, which lies `depth` bits deep.
    fn build(depth: u16, leaves: &[Leaf]) -> Self {
        if leaves.len() <= BUCKET_MAX {
            return Self::bucket(leaves);
        }
        let middle = leaves.partition_point(|[path, _]| !bit(path, depth));
        let (left, right) = leaves.split_at(middle);
        let below = depth.saturating_add(1);
        Self::branch(Self::build(below, left), Self::build(below, right), length(leaves))
    }

    fn count(&self) -> u64 {
        match &self.node {
            Node::Empty => 0,
            Node::Bucket(leaves) => length(leaves),
            Node::Branch(branch) => branch.count,
        }
    }

    /// Adds the leaves below to `leaves`, in order.
    fn gather(&self, leaves: &mut Vec<Leaf>) {
        match &self.node {
            Node::Empty => {}
            Node::Bucket(here) => leaves.extend_from_slice(here),
            Node::Branch(branch) => {
                branch.left.gather(leaves);
                branch.right.gather(leaves);
            }
        }
    }
}

impl Default for Link {
    fn default() -> Self {
        Self { hash: *EMPTY, node: Node::Empty }
    }
}

/// A subtree in the making. At most 8 changed leaves stay loose until it is known whether the
/// branch above them collapses, so that no bucket is hashed in vain.
enum Subtree {
    Sealed(Link),
    Loose(Vec<Leaf>),
}

impl Subtree {
    fn count(&self) -> u64 {
        match self {
            Self::Sealed(link) => link.count(),
            Self::Loose(leaves) => length(leaves),
        }
    }

    fn into_leaves(self) -> Vec<Leaf> {
        match self {
            Self::Sealed(link) => {
                let mut leaves = Vec::new();
                link.gather(&mut leaves);
                leaves
            }
            Self::Loose(leaves) => leaves,
        }
    }

    /// A subtree without a place of its own before.
    fn new(left: Self, right: Self) -> Self {
        match halves(left, right) {
            Ok((left, right, count)) => Self::Sealed(Link::branch(left, right, count)),
            Err(leaves) => Self::Loose(leaves),
        }
    }

    fn seal(self) -> Link {
        match self {
            Self::Sealed(link) => link,
            Self::Loose(leaves) => Link::bucket(&leaves),
        }
    }
}

/// The subtree of `link`, which lies `depth` bits deep, after `changes`, which all belong to it.
/// A branch that nobody else holds is changed where it is.
fn apply(link: Link, depth: u16, changes: &[Change]) -> Subtree {
    if changes.is_empty() {
        return Subtree::Sealed(link);
    }
    let merged = match link.node {
        Node::Empty => merge(&[], changes),
        Node::Bucket(leaves) => merge(&leaves, changes),
        Node::Branch(mut branch) => {
            let (left, right) = match Arc::get_mut(&mut branch) {
                Some(own) => (mem::take(&mut own.left), mem::take(&mut own.right)),
                None => (branch.left.clone(), branch.right.clone()),
            };
            let middle = changes.partition_point(|(path, _)| !bit(path, depth));
            let (changes_left, changes_right) = changes.split_at(middle);
            let below = depth.saturating_add(1);
            let left = apply(left, below, changes_left);
            return join(branch, left, apply(right, below, changes_right));
        }
    };
    if merged.len() <= BUCKET_MAX {
        return Subtree::Loose(merged);
    }
    Subtree::Sealed(Link::build(depth, &merged))
}

/// Two halves as one: loose leaves where they fit a bucket, else a branch, in the place of `old` if
/// nobody else holds that.
fn join(mut old: Arc<Branch>, left: Subtree, right: Subtree) -> Subtree {
    let (left, right, count) = match halves(left, right) {
        Ok(halves) => halves,
        Err(leaves) => return Subtree::Loose(leaves),
    };
    let Some(own) = Arc::get_mut(&mut old) else {
        return Subtree::Sealed(Link::branch(left, right, count));
    };
    let hash = branch_hash(left.hash, right.hash);
    *own = Branch { count, left, right };
    Subtree::Sealed(Link { hash, node: Node::Branch(old) })
}

/// Two halves with the number of leaves below them, sealed; or the leaves, if they fit a bucket.
fn halves(left: Subtree, right: Subtree) -> Result<(Link, Link, u64), Vec<Leaf>> {
    let count = left.count().saturating_add(right.count());
    if usize::try_from(count).is_ok_and(|count| count <= BUCKET_MAX) {
        let mut leaves = left.into_leaves();
        leaves.extend(right.into_leaves());
        return Err(leaves);
    }
    Ok((left.seal(), right.seal(), count))
}

/// Changes in the order of their paths, the last one of each.
fn in_order(changes: impl IntoIterator<Item = Change>) -> Vec<Change> {
    let mut changes: Vec<Change> = changes.into_iter().collect();
    changes.reverse();
    changes.sort_by_key(|change| change.0);
    changes.dedup_by_key(|change| change.0);
    changes
}

/// `leaves` with `changes` applied; both sorted by path, and so is the result.
fn merge(leaves: &[Leaf], changes: &[Change]) -> Vec<Leaf> {
    let mut merged = Vec::with_capacity(leaves.len().saturating_add(changes.len()));
    let mut kept = leaves.iter().peekable();
    for (path, to) in changes {
        while let Some(leaf) = kept.next_if(|[at, _]| at < path) {
            merged.push(*leaf);
        }
        kept.next_if(|[at, _]| at == path);
        merged.extend(to.map(|leaf_hash| [*path, leaf_hash]));
    }
    merged.extend(kept);
    merged
}

fn length(leaves: &[Leaf]) -> u64 {
    u64::try_from(leaves.len()).expect("invariant: a length in memory fits in 64 bits")
}

/// The hash of a prefix without leaves.
static EMPTY: LazyLock<[u8; 32]> = LazyLock::new(|| hash(Domain::StateEmpty, b""));

fn bucket_hash(leaves: &[Leaf]) -> [u8; 32] {
    #[cfg(test)]
    tests::count_hash();
    hash(Domain::StateBucket, leaves.as_flattened().as_flattened())
}

fn branch_hash(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    #[cfg(test)]
    tests::count_hash();
    hash(Domain::StateBranch, [left, right].as_flattened())
}

/// Bit `depth` of a path, counted from the most significant bit of byte 0; `false` past the end.
fn bit(path: &[u8; 32], depth: u16) -> bool {
    let mask = 0x80_u8.wrapping_shr(u32::from(depth % 8));
    path.get(usize::from(depth / 8)).is_some_and(|byte| byte & mask != 0)
}

#[cfg(test)]
mod tests;
