//! This exists to hold the whole state in memory: leaves, and the trees that commit to them.
//!
//! State is its leaves. Nothing here reads a disk; a state is made from genesis and changed only by
//! the result of an execution.

use crate::genesis::Clock;
use crate::hash::{Digest, Domain, hash, hash_parts};
use crate::merkle::Frontier;
use crate::record::Key;
use crate::tree::{Proof, Tree};
use crate::types::{BlockHash, BlockTime, Compartment, Height, StateRoot, TransactionId};
use crate::view::Slot;
use leaves::Leaves;

pub(crate) mod leaves;
mod page;

/// A leaf of the state. Source: LED-5.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// The value, in canonical bytes.
    pub value: &'a [u8],
    /// How often and when it was written; never used twice for one key.
    pub version: u64,
    /// The transaction that last wrote it.
    pub writer: TransactionId,
}

impl Leaf<'_> {
    /// The hash of the leaf at its key. Source: LED-5.4.
    pub fn hash(&self, key: &[u8]) -> [u8; 32] {
        leaf_hash(key, self.version, &self.writer, &value_hash(self.value))
    }
}

/// The path of a leaf in its tree. Source: LED-5.4.
pub fn leaf_path(key: &[u8]) -> [u8; 32] {
    hash(Domain::StatePath, key)
}

/// The hash of a leaf. Source: LED-5.4.
///
/// # Panics
/// Never: encoding into memory cannot fail.
pub fn leaf_hash(key: &[u8], version: u64, writer: &TransactionId, value: &[u8; 32]) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(key.len().saturating_add(80));
    borsh::to_writer(&mut bytes, &(key, version, writer, value)).expect("memory takes every byte");
    hash(Domain::StateLeaf, &bytes)
}

/// The hash of a value. Source: LED-5.4.
pub fn value_hash(value: &[u8]) -> [u8; 32] {
    hash(Domain::Value, value)
}

/// The version of a leaf after a write at `height`: the previous one and one, or for a new leaf
/// `height × 2^24`, so that no version of a key ever comes twice. Source: LED-5.5.
pub(crate) fn next_version(previous: Option<u64>, height: Height) -> u64 {
    match previous {
        Some(version) => version.saturating_add(1),
        None => height.0.saturating_mul(1 << 24),
    }
}

/// One compartment: its leaves by key, and the tree over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Half {
    pub(crate) leaves: Leaves,
    pub(crate) tree: Tree,
}

/// The last block, as far as the next one depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Height of the last block, 0 before the first.
    pub height: Height,
    /// Its hash; the genesis hash before the first.
    pub hash: BlockHash,
    /// Its time; the genesis time before the first.
    pub time: BlockTime,
    /// The hashes of all headers up to it.
    pub history: Frontier,
    /// The hashes of the headers before it, to which its own header commits.
    pub earlier: Frontier,
}

/// The state after a block.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) genesis: Digest,
    pub(crate) clock: Clock,
    pub(crate) public: Half,
    pub(crate) restricted: Half,
    pub(crate) tip: Tip,
}

impl State {
    pub(crate) fn new(genesis: Digest, clock: Clock, time: BlockTime) -> Self {
        let (history, earlier) = (Frontier::default(), Frontier::default());
        let hash = BlockHash(genesis);
        let tip = Tip { height: Height(0), hash, time, history, earlier };
        Self { genesis, clock, public: Half::default(), restricted: Half::default(), tip }
    }

    /// The chain: hash of its genesis.
    pub fn genesis(&self) -> &Digest {
        &self.genesis
    }

    /// Where block time comes from.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The last block.
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// The root over both compartments. Source: LED-5.1.
    pub fn root(&self) -> StateRoot {
        state_root(self.public.tree.root(), self.restricted.tree.root())
    }

    /// The roots of the two trees, public and restricted.
    pub fn compartment_roots(&self) -> ([u8; 32], [u8; 32]) {
        (self.public.tree.root(), self.restricted.tree.root())
    }

    /// A leaf by its key.
    pub fn leaf(&self, compartment: Compartment, key: &[u8]) -> Option<Leaf<'_>> {
        self.half(compartment).leaves.get(key)
    }

    /// How many leaves a compartment has.
    pub fn len(&self, compartment: Compartment) -> usize {
        self.half(compartment).leaves.len()
    }

    /// Whether neither compartment has a leaf.
    pub fn is_empty(&self) -> bool {
        Compartment::BOTH.into_iter().all(|compartment| self.len(compartment) == 0)
    }

    /// All leaves of a compartment, by key.
    pub fn leaves(&self, compartment: Compartment) -> impl Iterator<Item = (&[u8], Leaf<'_>)> {
        self.half(compartment).leaves.iter()
    }

    /// A proof that a key is, or is not, in the tree of its compartment.
    pub fn prove(&self, compartment: Compartment, key: &[u8]) -> Proof {
        self.half(compartment).tree.prove(&leaf_path(key))
    }

    /// The trees, to be changed without changing this state.
    pub(crate) fn trees(&self) -> Trees {
        Trees { public: self.public.tree.clone(), restricted: self.restricted.tree.clone() }
    }

    /// Takes the trees out, to be changed in place. The state has no roots until it gets them back
    /// with a delta, or until [`State::restore_trees`].
    pub(crate) fn take_trees(&mut self) -> Trees {
        let take = |half: &mut Half| std::mem::take(&mut half.tree);
        Trees { public: take(&mut self.public), restricted: take(&mut self.restricted) }
    }

    /// Makes the trees again from the leaves.
    pub(crate) fn restore_trees(&mut self) {
        for half in [&mut self.public, &mut self.restricted] {
            let paths =
                half.leaves.iter().map(|(key, leaf)| (leaf_path(key), Some(leaf.hash(key))));
            half.tree = Tree::default().updated(paths);
        }
    }

    pub(crate) fn half(&self, compartment: Compartment) -> &Half {
        match compartment {
            Compartment::Public => &self.public,
            Compartment::Restricted => &self.restricted,
        }
    }

    /// Takes over the result of an execution that started from this state.
    ///
    /// # Panics
    /// If the execution started from another state: a bug of the caller.
    pub fn apply(&mut self, delta: StateDelta) {
        assert!(delta.parent == self.tip.hash, "a delta applies to the state it was made from");
        for (half, change) in
            [(&mut self.public, delta.public), (&mut self.restricted, delta.restricted)]
        {
            half.tree = change.tree;
            for (key, slot) in change.leaves {
                match &slot.value {
                    Some(value) => half.leaves.insert(&key, &slot.leaf(value)),
                    None => half.leaves.remove(&key),
                }
            }
        }
        self.tip = delta.tip;
    }
}

/// The root over both compartments. Source: LED-5.1.
pub fn state_root(public: [u8; 32], restricted: [u8; 32]) -> StateRoot {
    StateRoot(Digest::Blake3(hash_parts(Domain::StateRoot, &[&public, &restricted])))
}

/// The trees of both compartments.
#[derive(Clone, Debug)]
pub(crate) struct Trees {
    pub(crate) public: Tree,
    pub(crate) restricted: Tree,
}

/// What a block changes in one compartment.
#[derive(Clone, Debug)]
pub(crate) struct HalfDelta {
    /// In the order of their keys.
    pub(crate) leaves: Vec<(Key, Slot)>,
    pub(crate) tree: Tree,
}

/// What a block changes: made by an execution, taken by [`State::apply`].
#[derive(Clone, Debug)]
pub struct StateDelta {
    pub(crate) parent: BlockHash,
    pub(crate) public: HalfDelta,
    pub(crate) restricted: HalfDelta,
    pub(crate) tip: Tip,
}

impl StateDelta {
    /// The root after the block.
    pub fn root(&self) -> StateRoot {
        state_root(self.public.tree.root(), self.restricted.tree.root())
    }
}

#[cfg(test)]
mod tests;
