//! This exists to keep snapshots of the state on disk (LED-11), so that a start replays little. They
//! may be deleted, cut or changed at any time: a bad one is skipped and costs time, nothing else.

use crate::blocks::{Blocks, storage};
use crate::error::NodeError;
use crate::storage::Storage;
use linli_ledger::block::CommittedBlock;
use linli_ledger::frame::FrameError;
use linli_ledger::genesis::Genesis;
use linli_ledger::snapshot::{self, Assembly, Head, SnapshotError};
use linli_ledger::state::State;
use linli_ledger::types::Height;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::warn;

const SUFFIX: &str = ".snapshot";
/// How many are kept: the newest, and one more in case it is damaged.
const KEPT: usize = 2;
/// Parts are written together up to this size, each time with a sync.
const WRITE_BYTES: usize = 8 * 1024 * 1024;
/// Parts are read together up to this size, which is held twice while they are. More than any one frame has.
const READ_BYTES: usize = 8 * 1024 * 1024;

/// One that is being written; under its own name a snapshot is whole.
const UNFINISHED: &str = "snapshot.new";
/// One that was asked for is kept for so long after that.
const SPARED: Duration = Duration::from_mins(1);

/// Which snapshot another node fetches piece by piece: it is not taken away meanwhile. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Arc<Mutex<Option<(Height, Instant)>>>);

impl Wanted {
    pub(crate) fn note(&self, height: Height) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((height, Instant::now()));
    }

    fn get(&self) -> Option<Height> {
        let wanted = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.filter(|(_, at)| at.elapsed() < SPARED).map(|(height, _)| height)
    }
}

/// The snapshots of one chain, in a folder.
pub struct Snapshots {
    storage: Box<dyn Storage>,
    wanted: Wanted,
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
        Self { storage, wanted: Wanted::default() }
    }

    /// What is not taken away while others fetch it.
    pub fn wanted(&self) -> Wanted {
        self.wanted.clone()
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
            let _ = self.storage.remove(UNFINISHED);
            return Err(storage("write", &file_name(at), error));
        }
        let wanted = self.wanted.get();
        let old = self.heights()?.into_iter().skip_while(|height| *height > at).skip(KEPT);
        for old in old.filter(|height| Some(*height) != wanted) {
            let name = file_name(old);
            self.storage.remove(&name).map_err(|source| storage("remove", &name, source))?;
        }
        Ok(true)
    }

    fn write_frames(&mut self, name: &str, state: &State) -> io::Result<()> {
        self.storage.remove(UNFINISHED)?;
        let mut bytes = Vec::new();
        for frame in snapshot::frames(state) {
            bytes.extend_from_slice(&frame);
            if bytes.len() >= WRITE_BYTES {
                self.storage.append(UNFINISHED, &bytes)?;
                bytes.clear();
            }
        }
        self.storage.append(UNFINISHED, &bytes)?;
        self.storage.rename(UNFINISHED, name)
    }

    /// Bytes of a snapshot from `offset` on, at most `length`; `None` if there is none of that height.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub(crate) fn piece(
        &self,
        height: Height,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, NodeError> {
        let name = file_name(height);
        let bytes = self.storage.read_at(&name, offset, length);
        bytes.map_err(|source| storage("read", &name, source))
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
        let (mut loading, mut offset) = (Loading::new(height), 0);
        loop {
            let bytes = self.piece(height, offset, READ_BYTES)?.ok_or(LoadError::Missing)?;
            if bytes.is_empty() {
                break;
            }
            offset += bytes.len() as u64;
            loading.feed(&bytes)?;
        }
        let block = blocks.block(height)?.ok_or(SnapshotError::Block)?;
        Ok(loading.finish(genesis, &block)?)
    }
}

/// A snapshot of which the bytes come one piece after another.
#[derive(Debug)]
pub(crate) struct Loading {
    height: Height,
    assembly: Option<Assembly>,
    /// The beginning of a frame.
    rest: Vec<u8>,
}

impl Loading {
    pub(crate) fn new(height: Height) -> Self {
        Self { height, assembly: None, rest: Vec::new() }
    }

    /// Takes the next bytes, and checks of whole frames what needs no other; the head once it is there.
    ///
    /// # Errors
    /// Those of a frame, in order; [`SnapshotError::Block`] for a head of another height.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Option<&Head>, SnapshotError> {
        self.rest.extend_from_slice(bytes);
        let (frames, taken) = snapshot::split(&self.rest)?;
        let mut parts = frames.as_slice();
        if self.assembly.is_none()
            && let Some((first, others)) = frames.split_first()
        {
            let head = snapshot::read_head(first)?;
            if head.height != self.height {
                return Err(SnapshotError::Block);
            }
            self.assembly = Some(Assembly::new(head));
            parts = others;
        }
        if let Some(assembly) = &mut self.assembly {
            // Hashing the leaves is nearly all of the work.
            let read: Result<Vec<_>, _> =
                parts.par_iter().map(|part| snapshot::read_part(part)).collect();
            for part in read? {
                assembly.add(part)?;
            }
        }
        self.rest.drain(..taken);
        Ok(self.assembly.as_ref().map(Assembly::head))
    }

    /// Checks the whole against the block that it is of.
    ///
    /// # Errors
    /// [`SnapshotError::Frame`] for one that ends within a frame, [`SnapshotError::Order`] for none at all, then
    /// those of [`Assembly::finish`].
    pub(crate) fn finish(
        self,
        genesis: &Genesis,
        block: &CommittedBlock,
    ) -> Result<State, SnapshotError> {
        if !self.rest.is_empty() {
            return Err(FrameError::Torn.into());
        }
        self.assembly.ok_or(SnapshotError::Order)?.finish(genesis, block)
    }
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
