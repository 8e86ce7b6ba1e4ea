//! This exists to say how a node stands by looking at its folder, without starting anything.

use super::{OperationError, chain, disk};
use linli_ledger::genesis::Genesis;
use linli_ledger::types::{BlockHash, BlockTime, Height};
use linli_node::history::Arrival;
use linli_node::storage::Folder;
use linli_node::{SNAPSHOTS, Snapshots};
use std::fs::{self, File, TryLockError};
use std::path::Path;

/// How a node stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// How its chain begins.
    pub genesis: Genesis,
    /// Height, hash and time of the last block in the file.
    pub head: (Height, BlockHash, BlockTime),
    /// Bytes of the chain.
    pub chain_bytes: u64,
    /// Heights of the snapshots, newest first.
    pub snapshots: Vec<Height>,
    /// Whether a process uses the folder.
    pub is_running: bool,
    /// How the node came to its chain, if it did not execute it from the beginning.
    pub arrival: Option<Arrival>,
    /// Bytes free on the disk, where the system says.
    pub room: Option<u64>,
}

/// Looks at a folder; changes nothing in it.
///
/// # Errors
/// In this order: [`OperationError::NoChain`], [`OperationError::Node`], [`OperationError::Disk`].
pub fn status(folder: &Path) -> Result<Status, OperationError> {
    let (blocks, genesis) = chain(folder)?;
    let head = match blocks.block(blocks.last()?)? {
        Some(block) => {
            let header = &block.block.header;
            (header.height, header.hash(), header.time)
        }
        None => (Height(0), BlockHash(genesis.hash()), genesis.time),
    };
    let mut chain_bytes = 0;
    let chain = folder.join("chain");
    for entry in fs::read_dir(&chain).map_err(disk(&chain))? {
        let metadata = entry.and_then(|entry| entry.metadata()).map_err(disk(&chain))?;
        chain_bytes += metadata.len();
    }
    let snapshots = folder.join(SNAPSHOTS);
    let snapshots = if snapshots.is_dir() {
        let folder = Folder::create(&snapshots).map_err(disk(&snapshots))?;
        Snapshots::new(Box::new(folder)).heights()?
    } else {
        Vec::new()
    };
    let is_running = is_locked(&folder.join("node").join("lock"));
    let room = crate::live::room::available(folder).ok();
    let arrival = Arrival::read(folder)?;
    Ok(Status { genesis, head, chain_bytes, snapshots, is_running, arrival, room })
}

/// Whether a process holds this lock.
pub(super) fn is_locked(path: &Path) -> bool {
    File::options()
        .write(true)
        .open(path)
        .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}
