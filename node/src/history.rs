//! This exists to bring a node that has nothing to where the others are, without executing what they executed
//! (NET-7.1): every block comes with its certificate and is followed from the genesis on by headers alone, and
//! the state comes as a snapshot, checked against the header of its block.
//!
//! What lies in the folder afterwards is what lies in any other: the whole chain, and a snapshot. So nothing
//! else knows how a node came to it, and an audit executes everything. `serve` answers, [`join`] asks,
//! `copy` keeps what is certified.

mod arrival;
mod copy;
mod join;
mod serve;

pub use arrival::Arrival;
pub use join::join;
pub use serve::Server;

use crate::error::NodeError;
use crate::node::folder_storage;
use crate::storage::{Storage, SyncObserver};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::block::CommittedBlock;
use linli_ledger::certificate::ValidatorSet;
use linli_ledger::types::Height;
use std::path::Path;

/// An answer with blocks is closed when it has reached this size. Source: NET-7.3.
const BLOCKS_BYTES: usize = 2 << 20;

/// Bytes of a piece of a snapshot; only the last has fewer. Source: NET-7.5.
const PIECE_BYTES: usize = 2 << 20;

/// What is asked. Source: NET-7.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Question {
    /// The blocks from a height on: [`Blocks`].
    Blocks(Height),
    /// The newest snapshot that is of no higher block: `Option<Height>`.
    Snapshot(Height),
    /// Bytes of the snapshot of a height from an offset on: `Option<Vec<u8>>`.
    Piece(Height, u64),
}

/// Blocks that follow each other, and how far the chain of whoever answers reaches. Source: NET-7.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Blocks {
    tip: Height,
    blocks: Vec<Shown>,
}

/// A block and, where its header names another set for the next one, that set.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Shown {
    block: CommittedBlock,
    next: Option<ValidatorSet>,
}

fn files(path: &Path) -> Result<Box<dyn Storage>, NodeError> {
    folder_storage(path, &SyncObserver::default())
}
