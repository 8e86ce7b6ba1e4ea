//! This exists to find one block among millions: where each frame of a segment ends is learnt from
//! the lengths in front of the frames, once, and only as far as somebody asked.

use crate::error::NodeError;
use crate::storage::Storage;
use linli_ledger::block::CommittedBlock;
use linli_ledger::frame::{FRAME_HEADER_BYTES, Frame, FrameError};
use linli_ledger::genesis::Genesis;
use linli_ledger::limits::FRAME_BYTES_MAX;
use linli_ledger::replay::AuditError;
use linli_ledger::types::Height;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

const SUFFIX: &str = ".chain";
/// Lengths are read through a window of this size: many small frames fit one, a large one is skipped.
const WINDOW_BYTES: usize = 64 * 1024;

/// Name of the segment that begins with this height; 0 holds the genesis too.
pub(crate) fn segment_name(first: Height) -> String {
    format!("{:010}{SUFFIX}", first.0)
}

/// Whether a file of a chain folder is a segment.
pub fn is_segment(name: &str) -> bool {
    first_height(name).is_some()
}

/// The height of the first frame of a segment, where the genesis counts as 0.
fn first_height(name: &str) -> Option<Height> {
    let stem = name.strip_suffix(SUFFIX)?;
    let digits = stem.len() == 10 && stem.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| stem.parse().ok().map(Height)).flatten()
}

/// The segments of a chain folder, in order.
pub(crate) fn segments(chain: &dyn Storage) -> Result<Vec<String>, NodeError> {
    let mut names = chain.list().map_err(|source| storage("list", "the chain folder", source))?;
    names.retain(|name| is_segment(name));
    Ok(names)
}

/// Where a frame stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: String,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Reads blocks by height, from any thread, while another one appends.
///
/// It knows nothing of what is durable: callers ask for heights that they were told of.
pub struct Blocks {
    chain: Box<dyn Storage>,
    offsets: Offsets,
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks").finish_non_exhaustive()
    }
}

impl Blocks {
    /// Over a chain folder.
    pub fn new(chain: Box<dyn Storage>) -> Self {
        Self { chain, offsets: Offsets::default() }
    }

    /// The blocks of a range of heights, as far as they are there; each is read from disk and its
    /// frame's hash checked.
    ///
    /// # Errors
    /// [`NodeError::Storage`], [`NodeError::Damaged`].
    pub fn range(&self, from: Height, to: Height) -> Result<Vec<CommittedBlock>, NodeError> {
        self.offsets.range(self.chain.as_ref(), from, to)
    }

    /// The greatest height that is there in its whole length; nothing of it is checked.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub fn last(&self) -> Result<Height, NodeError> {
        last_height(self.chain.as_ref())
    }

    /// The segment that holds a block, or the genesis for height 0, and where its frame ends.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub fn end(&self, height: Height) -> Result<Option<(String, u64)>, NodeError> {
        let place = self.offsets.place(self.chain.as_ref(), height)?;
        Ok(place.map(|place| (place.segment, place.end)))
    }

    /// The genesis that the chain begins with, if there is a chain.
    ///
    /// # Errors
    /// [`NodeError::Storage`], [`NodeError::Damaged`].
    pub fn genesis(&self) -> Result<Option<Genesis>, NodeError> {
        let name = segment_name(Height(0));
        let bytes = self.chain.read_at(&name, 0, FRAME_BYTES_MAX + FRAME_HEADER_BYTES);
        let bytes = bytes.map_err(|source| storage("read", &name, source))?;
        let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
        let after = Height(0);
        match Frame::take(&mut bytes.as_slice())
            .map_err(|source| AuditError::Frame { after, source })?
        {
            Some(Frame::Genesis(bytes)) => {
                Ok(Some(Genesis::decode(&bytes).map_err(AuditError::from)?))
            }
            Some(Frame::Block(_)) | None => Err(AuditError::FrameKind { after }.into()),
        }
    }

    /// One block, if it is there.
    ///
    /// # Errors
    /// As [`Blocks::range`].
    pub fn block(&self, height: Height) -> Result<Option<CommittedBlock>, NodeError> {
        self.offsets.block(self.chain.as_ref(), height)
    }
}

/// Where the frames of each segment end, as far as it was asked for.
#[derive(Debug, Default)]
pub(crate) struct Offsets(Mutex<BTreeMap<String, Vec<u64>>>);

impl Offsets {
    pub(crate) fn range(
        &self,
        chain: &dyn Storage,
        from: Height,
        to: Height,
    ) -> Result<Vec<CommittedBlock>, NodeError> {
        let mut found = Vec::new();
        let mut height = from.max(Height(1));
        while height <= to {
            let Some(block) = self.block(chain, height)? else { break };
            found.push(block);
            height = height.next();
        }
        Ok(found)
    }

    pub(crate) fn block(
        &self,
        chain: &dyn Storage,
        height: Height,
    ) -> Result<Option<CommittedBlock>, NodeError> {
        // At height 0 stands the genesis, which is no block.
        let place = if height > Height(0) { self.place(chain, height)? } else { None };
        let Some(place) = place else { return Ok(None) };
        let after = Height(height.0.saturating_sub(1));
        let length = usize::try_from(place.end.saturating_sub(place.start)).unwrap_or(usize::MAX);
        let bytes = chain
            .read_at(&place.segment, place.start, length)
            .map_err(|source| storage("read", &place.segment, source))?
            .unwrap_or_default();
        let frame = Frame::take(&mut bytes.as_slice())
            .and_then(|frame| frame.ok_or(FrameError::Torn))
            .map_err(|source| AuditError::Frame { after, source })?;
        match frame {
            Frame::Block(block) if block.block.header.height == height => Ok(Some(block)),
            Frame::Block(_) | Frame::Genesis(_) => Err(AuditError::FrameKind { after }.into()),
        }
    }

    /// Where the block of a height stands, if its frame is there in its whole length.
    pub(crate) fn place(
        &self,
        chain: &dyn Storage,
        height: Height,
    ) -> Result<Option<Place>, NodeError> {
        let names = segments(chain)?;
        let holds = |name: &&String| first_height(name).is_some_and(|first| first <= height);
        let Some(segment) = names.iter().rev().find(holds) else { return Ok(None) };
        let first = first_height(segment).unwrap_or_default();
        let index = usize::try_from(height.0.saturating_sub(first.0)).unwrap_or(usize::MAX);
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = tables.entry(segment.clone()).or_default();
        if ends.len() <= index {
            learn(chain, segment, index, ends)
                .map_err(|source| storage("read", segment, source))?;
        }
        let end = ends.get(index).copied();
        let start = index.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied());
        Ok(start.zip(end).map(|(start, end)| Place { segment: segment.clone(), start, end }))
    }
}

/// The greatest height whose frame is there in its whole length.
pub(crate) fn last_height(chain: &dyn Storage) -> Result<Height, NodeError> {
    let Some(segment) = segments(chain)?.pop() else { return Ok(Height(0)) };
    let mut ends = Vec::new();
    learn(chain, &segment, usize::MAX, &mut ends)
        .map_err(|source| storage("read", &segment, source))?;
    let frames = u64::try_from(ends.len()).unwrap_or(u64::MAX);
    let first = first_height(&segment).unwrap_or_default();
    Ok(Height(first.0.saturating_add(frames).saturating_sub(1)))
}

/// Learns where frames end, until `index` is known or no whole frame follows.
fn learn(chain: &dyn Storage, segment: &str, index: usize, ends: &mut Vec<u64>) -> io::Result<()> {
    let mut window: (u64, Vec<u8>) = (0, Vec::new());
    while ends.len() <= index {
        let start = ends.last().copied().unwrap_or(0);
        if part(&window, start, 4).is_none() {
            let read = chain.read_at(segment, start, WINDOW_BYTES)?;
            window = (start, read.unwrap_or_default());
        }
        let header = part(&window, start, 4).and_then(|bytes| bytes.first_chunk::<4>());
        let length = header.map_or(0, |bytes| u32::from_le_bytes(*bytes));
        if length == 0 || length as usize > FRAME_BYTES_MAX {
            break;
        }
        let end = start + FRAME_HEADER_BYTES as u64 + u64::from(length);
        // A torn frame is none: its last byte must be there.
        let is_whole = part(&window, end - 1, 1).is_some()
            || chain.read_at(segment, end - 1, 1)?.is_some_and(|last| !last.is_empty());
        if !is_whole {
            break;
        }
        ends.push(end);
    }
    Ok(())
}

/// Bytes of a window, by their place in the file.
fn part(window: &(u64, Vec<u8>), start: u64, length: usize) -> Option<&[u8]> {
    let from = usize::try_from(start.checked_sub(window.0)?).ok()?;
    window.1.get(from..from.checked_add(length)?)
}

pub(crate) fn storage(action: &'static str, what: &str, source: io::Error) -> NodeError {
    NodeError::Storage { action, what: what.to_owned(), source }
}
