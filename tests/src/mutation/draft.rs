//! This exists to put a chain together again after one of its blocks was edited: every later block
//! names its new parent and the new history, and every frame has its checksum.

use super::{Edit, Group, Original};
use linli_ledger::block::{BlockTransaction, CommittedBlock};
use linli_ledger::frame::Frame;
use linli_ledger::hash::{Digest, Domain, hash};
use linli_ledger::merkle;
use linli_ledger::types::BlockHash;

/// A chain from one block on, while it is edited.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    original: &'a Original<'a>,
    group: Group,
    position: usize,
    /// The frames before.
    pub(super) prefix: Vec<u8>,
    /// The chain that signatures are for.
    pub(super) chain: Digest,
    /// The block that is edited, then all after it.
    pub(super) blocks: Vec<CommittedBlock>,
}

impl<'a> Draft<'a> {
    /// A draft whose first block is the one at `position`.
    pub(super) fn new(original: &'a Original<'a>, group: Group, position: usize) -> Self {
        Self {
            original,
            group,
            position,
            prefix: original.frames[..=position].concat(),
            chain: original.genesis_hash,
            blocks: original.blocks[position..].to_vec(),
        }
    }

    /// The block that is edited.
    pub(super) fn edited(&mut self) -> &mut CommittedBlock {
        &mut self.blocks[0]
    }

    /// Makes the header name the transactions that the edited block has now.
    pub(super) fn recount(&mut self) {
        let block = &mut self.edited().block;
        let leaves: Vec<_> = block.transactions.iter().map(leaf).collect();
        block.header.transactions_root = Digest::Blake3(merkle::root(&leaves));
        block.header.transaction_count = u32::try_from(leaves.len()).expect("a block is short");
    }

    /// Signs the edited block too, if the validator's key is in hand.
    pub(super) fn sign(&mut self) {
        match self.group {
            Group::Raw | Group::Reframed => {}
            Group::Resigned => self.original.sign(&self.chain, &mut self.blocks[0]),
        }
    }

    /// Links all later blocks; an audit must name the edited block.
    pub(super) fn finish(self) -> Edit {
        let height = Some(self.blocks[0].block.header.height.0);
        let mut bytes = self.prefix;
        let mut history = self.original.history(self.position);
        let mut last = None;
        for mut committed in self.blocks {
            if let Some(parent) = last {
                committed.block.header.parent = parent;
                committed.block.header.history_root = Digest::Blake3(history.root());
                match self.group {
                    Group::Raw | Group::Reframed => {}
                    Group::Resigned => self.original.sign(&self.chain, &mut committed),
                }
            }
            let BlockHash(header) = committed.block.header.hash();
            history.push(hash(Domain::HistoryLeaf, header.bytes()));
            last = Some(BlockHash(header));
            bytes.extend(Frame::Block(committed).to_bytes());
        }
        Edit { bytes, height }
    }
}

fn leaf(transaction: &BlockTransaction) -> [u8; 32] {
    match transaction {
        BlockTransaction::Full(signed) => signed.leaf(),
        BlockTransaction::Withheld(leaf) => *leaf,
    }
}
