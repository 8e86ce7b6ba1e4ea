//! This exists to keep snapshots of the state on disk (LED-11), so that a start replays little. They
//! may be deleted, cut or changed at any time: a bad one is skipped and costs time, nothing else.

use crate::blocks::{Blocks, storage};
use crate::error::NodeError;
use crate::storage::Storage;
use linli_ledger::frame::FrameError;
use linli_ledger::genesis::Genesis;
use linli_ledger::snapshot::{self, Assembly, SnapshotError};
use linli_ledger::state::State;
use linli_ledger::types::Height;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::io;
use tracing::warn;

const SUFFIX: &str = ".snapshot";
/// How many are kept: the newest, and one more in case it is damaged.
const KEPT: usize = 2;
/// Parts are written together up to this size, each time with a sync.
const WRITE_BYTES: usize = 8 * 1024 * 1024;
/// Parts are read together up to this size, which is held twice while they are. More than any one frame has.
const READ_BYTES: usize = 8 * 1024 * 1024;

/// The snapshots of one chain, in a folder.
pub struct Snapshots {
    storage: Box<dyn Storage>,
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots").finish_non_exhaustive()
    }
}

fn file_name(height: Height) -> String {
    format!("{:020}{SUFFIX}", height.0)
}

fn height(name: &str) -> Option<Height> {
    let stem = name.strip_suffix(SUFFIX)?;
    let digits = stem.len() == 20 && stem.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| stem.parse().ok().map(Height)).flatten()
}

impl Snapshots {
    /// Over a folder.
    pub fn new(storage: Box<dyn Storage>) -> Self {
        Self { storage }
    }

    /// The heights of which there is a file, newest first; whether it is whole is not looked at.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub fn heights(&self) -> Result<Vec<Height>, NodeError> {
        let names =
            self.storage.list().map_err(|source| storage("list", "the snapshots", source))?;
        let mut heights: Vec<_> = names.iter().filter_map(|name| height(name)).collect();
        heights.sort_unstable_by(|a, b| b.cmp(a));
        Ok(heights)
    }

    /// Writes a snapshot and takes all but the newest two away. `false` if the state is not worth one
    /// (LED-11.4), or not the one after a block of this chain.
    ///
    /// # Errors
    /// [`NodeError::Storage`], [`NodeError::Damaged`].
    pub fn write(&mut self, state: &State, blocks: &Blocks) -> Result<bool, NodeError> {
        let at = state.tip().height;
        let Some(block) = blocks.block(at)? else { return Ok(false) };
        if snapshot::check(state, &block).is_err() {
            return Ok(false);
        }
        if let Err(error) = self.write_frames(&file_name(at), state) {
            // Half of one is none, and takes room on what may be a full disk.
            let _ = self.storage.remove(&file_name(at));
            return Err(storage("write", &file_name(at), error));
        }
        for old in self.heights()?.into_iter().skip_while(|height| *height > at).skip(KEPT) {
            let name = file_name(old);
            self.storage.remove(&name).map_err(|source| storage("remove", &name, source))?;
        }
        Ok(true)
    }

    fn write_frames(&mut self, name: &str, state: &State) -> io::Result<()> {
        self.storage.remove(name)?;
        let mut bytes = Vec::new();
        for frame in snapshot::frames(state) {
            bytes.extend_from_slice(&frame);
            if bytes.len() >= WRITE_BYTES {
                self.storage.append(name, &bytes)?;
                bytes.clear();
            }
        }
        self.storage.append(name, &bytes)
    }

    /// The state of the newest good snapshot at or below a height.
    ///
    /// A bad one is skipped with a warning, whatever is wrong with it.
    pub fn newest(&self, at_most: Height, genesis: &Genesis, blocks: &Blocks) -> Option<State> {
        let heights = self.heights().unwrap_or_else(|error| {
            warn!(%error, "the snapshots cannot be listed");
            Vec::new()
        });
        heights.into_iter().filter(|height| *height <= at_most).find_map(|height| {
            match self.load(height, genesis, blocks) {
                Ok(state) => Some(state),
                Err(error) => {
                    warn!(height = height.0, %error, "a snapshot is no good; trying an older one");
                    None
                }
            }
        })
    }

    /// Loads and checks the snapshot of a height.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(
        &self,
        height: Height,
        genesis: &Genesis,
        blocks: &Blocks,
    ) -> Result<State, LoadError> {
        let name = file_name(height);
        let (mut assembly, mut offset) = (None, 0);
        loop {
            let bytes = self.storage.read_at(&name, offset, READ_BYTES);
            let bytes = bytes.map_err(|source| storage("read", &name, source))?;
            let bytes = bytes.ok_or(LoadError::Missing)?;
            let (frames, taken) = snapshot::split(&bytes)?;
            let Some((first, rest)) = frames.split_first() else {
                if bytes.is_empty() {
                    break;
                }
                return Err(SnapshotError::Frame(FrameError::Torn).into());
            };
            let parts = if assembly.is_some() { frames.as_slice() } else { rest };
            let assembly = match &mut assembly {
                Some(assembly) => assembly,
                None => assembly.insert(begin(first, height)?),
            };
            // Hashing the leaves is nearly all of the work.
            let read: Result<Vec<_>, _> =
                parts.par_iter().map(|part| snapshot::read_part(part)).collect();
            for part in read? {
                assembly.add(part)?;
            }
            offset += taken as u64;
        }
        let assembly = assembly.ok_or(SnapshotError::Order)?;
        let block = blocks.block(height)?.ok_or(SnapshotError::Block)?;
        Ok(assembly.finish(genesis, &block)?)
    }
}

/// Begins with the first frame of a snapshot, which must be of this height.
fn begin(frame: &[u8], height: Height) -> Result<Assembly, SnapshotError> {
    let head = snapshot::read_head(frame)?;
    if head.height != height {
        return Err(SnapshotError::Block);
    }
    Ok(Assembly::new(head))
}

/// Why a snapshot is no good.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such file.
    #[error("there is no such snapshot")]
    Missing,
    /// The disk could not, or the block that it is of is damaged.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// It does not verify.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}
