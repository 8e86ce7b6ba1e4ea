//! This exists to answer nodes that have nothing yet, from the files of one that has everything.

use super::{BLOCKS_BYTES, Blocks, PIECE_BYTES, Question, Shown, files};
use crate::blocks;
use crate::error::NodeError;
use crate::node::SNAPSHOTS;
use crate::sets::Sets;
use crate::shared::SharedState;
use crate::snapshots::{Snapshots, Wanted};
use crate::storage::Storage;
use linli_ledger::certificate::ValidatorSet;
use linli_ledger::codec::{decode, encode};
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::Digest;
use linli_ledger::replay::AuditError;
use linli_ledger::types::Height;
use std::path::Path;

/// Answers questions about the history of a node (NET-7.1), one after the other.
pub struct Server {
    state: SharedState,
    blocks: blocks::Blocks,
    snapshots: Snapshots,
    wanted: Wanted,
    node: Box<dyn Storage>,
    first: ValidatorSet,
    sets: Sets,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    /// Over the folder of a node that runs. `wanted` keeps what is being fetched from being taken away by
    /// whoever writes snapshots there.
    ///
    /// # Errors
    /// [`NodeError::Storage`], [`NodeError::Damaged`] for a genesis that defines no chain.
    pub fn open(
        folder: &Path,
        genesis: &Genesis,
        state: SharedState,
        wanted: Wanted,
    ) -> Result<Self, NodeError> {
        let files = |name| files(&folder.join(name));
        let (node, first) = (files("node")?, genesis.validator_set().map_err(AuditError::from)?);
        let sets = Sets::read(node.as_ref(), first.clone())?;
        let blocks = blocks::Blocks::new(files("chain")?);
        let snapshots = Snapshots::new(files(SNAPSHOTS)?);
        Ok(Self { state, blocks, snapshots, wanted, node, first, sets })
    }

    /// The answer to a question; `None` for one that nobody understands, or if this disk cannot.
    pub fn answer(&mut self, question: &[u8]) -> Option<Vec<u8>> {
        let question = decode(question, "a question").ok()?;
        let answer = match question {
            Question::Blocks(first) => self.shown(first).map(|shown| encode(&shown)),
            Question::Snapshot(at_most) => self.newest(at_most).map(|height| encode(&height)),
            Question::Piece(height, offset) => {
                let piece = self.snapshots.piece(height, offset, PIECE_BYTES);
                if let Ok(Some(_)) = &piece {
                    self.wanted.note(height);
                }
                piece.map(|piece| encode(&piece))
            }
        };
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                tracing::debug!(%error, ?question, "a question about history has no answer");
                None
            }
        }
    }

    fn shown(&mut self, first: Height) -> Result<Blocks, NodeError> {
        let tip = self.state.read().tip().height;
        let (mut blocks, mut bytes, mut height) = (Vec::new(), 0, first.max(Height(1)));
        while height <= tip && bytes < BLOCKS_BYTES {
            let Some(block) = self.blocks.block(height)? else { break };
            let header = &block.block.header;
            let next = if header.next_validators_hash == header.validators_hash {
                None
            } else {
                self.set(&header.next_validators_hash)?
            };
            let shown = Shown { block, next };
            bytes += encode(&shown).len();
            blocks.push(shown);
            height = height.next();
        }
        Ok(Blocks { tip, blocks })
    }

    /// The node writes down a new set beside this.
    fn set(&mut self, hash: &Digest) -> Result<Option<ValidatorSet>, NodeError> {
        if self.sets.get(hash).is_none() {
            self.sets = Sets::read(self.node.as_ref(), self.first.clone())?;
        }
        Ok(self.sets.get(hash).cloned())
    }

    fn newest(&self, at_most: Height) -> Result<Option<Height>, NodeError> {
        Ok(self.snapshots.heights()?.into_iter().find(|height| *height <= at_most))
    }
}
