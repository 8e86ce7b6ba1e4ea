//! This exists to keep the blocks of a height that is not decided yet, so that a validator that
//! crashed after its vote still has the bytes of what it voted for.

use crate::error::NodeError;
use crate::framed;
use crate::storage::Storage;
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::block::Block;
use linli_ledger::crypto::PublicKey;
use linli_ledger::types::{BlockHash, Height};

const NAME: &str = "undecided";

/// A block that was proposed here or judged valid.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Held {
    pub(crate) height: Height,
    pub(crate) round: u32,
    pub(crate) pol_round: Option<u32>,
    pub(crate) proposer: PublicKey,
    pub(crate) block: Block,
}

impl Held {
    pub(crate) fn hash(&self) -> BlockHash {
        self.block.header.hash()
    }
}

pub(crate) struct Undecided {
    storage: Box<dyn Storage>,
    held: Vec<Held>,
}

impl Undecided {
    /// Reads what a crash left; a torn last entry was never voted for.
    pub(crate) fn open(storage: Box<dyn Storage>, next: Height) -> Result<Self, NodeError> {
        let bytes = storage.read(NAME).map_err(|source| error("read", source))?.unwrap_or_default();
        let (held, whole) = framed::read::<Held>(&bytes);
        let mut undecided = Self { storage, held };
        if whole.len() < bytes.len() {
            undecided.storage.replace(NAME, &whole).map_err(|source| error("replace", source))?;
        }
        undecided.held.retain(|held| held.height == next);
        Ok(undecided)
    }

    /// Keeps a block; durable when it returns.
    pub(crate) fn keep(&mut self, held: Held) -> Result<(), NodeError> {
        if self.held.contains(&held) {
            return Ok(());
        }
        let entry = framed::bytes_of(&held);
        let stored = if self.held.is_empty() {
            self.storage.replace(NAME, &entry)
        } else {
            self.storage.append(NAME, &entry)
        };
        stored.map_err(|source| error("write", source))?;
        self.held.push(held);
        Ok(())
    }

    /// Takes a block out, for good: it is decided.
    pub(crate) fn take(&mut self, block: BlockHash) -> Option<Held> {
        let place = self.held.iter().position(|held| held.hash() == block)?;
        Some(self.held.swap_remove(place))
    }

    /// Forgets all blocks: their height is decided. The file is replaced by the next block.
    pub(crate) fn forget(&mut self) {
        self.held.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Held> {
        self.held.iter()
    }

    pub(crate) fn find(&self, block: BlockHash) -> Option<&Held> {
        self.held.iter().find(|held| held.hash() == block)
    }
}

fn error(action: &'static str, source: std::io::Error) -> NodeError {
    NodeError::Storage { action, what: NAME.to_owned(), source }
}
