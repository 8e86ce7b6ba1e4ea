//! This exists to read blocks by their heights from the segments of a chain.

use crate::error::NodeError;
pub(crate) use crate::segments::storage;
use crate::segments::{Place, Segments};
use crate::storage::Storage;
use linli_ledger::block::CommittedBlock;
use linli_ledger::frame::{FRAME_HEADER_BYTES, Frame, FrameError};
use linli_ledger::genesis::Genesis;
use linli_ledger::limits::FRAME_BYTES_MAX;
use linli_ledger::replay::AuditError;
use linli_ledger::types::Height;

/// The segments of a chain; height 0 is the genesis.
const fn chain_segments() -> Segments {
    Segments::new(".chain", FRAME_BYTES_MAX)
}

/// A segment is closed when it has reached this size: 64 MiB, a minute's copy over a slow line.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Name of the segment that begins with this height; 0 holds the genesis too.
pub(crate) fn segment_name(first: Height) -> String {
    chain_segments().name(first)
}

/// Whether a file of a chain folder is a segment.
pub fn is_segment(name: &str) -> bool {
    chain_segments().first(name).is_some()
}

/// The segments of a chain folder, in order.
pub(crate) fn segments(chain: &dyn Storage) -> Result<Vec<String>, NodeError> {
    chain_segments().names(chain)
}

/// The greatest height whose frame is there in its whole length.
pub(crate) fn last_height(chain: &dyn Storage) -> Result<Height, NodeError> {
    chain_segments().last(chain)
}

/// Where the next frame goes.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) segment: String,
    pub(crate) length: u64,
}

impl End {
    /// Appends frames of blocks, each to its segment; durable when it returns.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub(crate) fn append(
        &mut self,
        chain: &mut dyn Storage,
        frames: &[(Height, Vec<u8>)],
    ) -> Result<(), NodeError> {
        let mut rest = frames;
        while let Some((first, _)) = rest.first() {
            if self.length >= SEGMENT_BYTES {
                *self = Self { segment: segment_name(*first), length: 0 };
            }
            let (mut together, mut count) = (Vec::new(), 0);
            for (_, frame) in rest {
                if self.length + together.len() as u64 >= SEGMENT_BYTES {
                    break;
                }
                together.extend_from_slice(frame);
                count += 1;
            }
            chain
                .append(&self.segment, &together)
                .map_err(|source| storage("append to", &self.segment, source))?;
            self.length += together.len() as u64;
            rest = rest.get(count..).unwrap_or_default();
        }
        Ok(())
    }
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

/// Where the frames of a chain's segments end, as far as it was asked for.
#[derive(Debug)]
pub(crate) struct Offsets(Segments);

impl Default for Offsets {
    fn default() -> Self {
        Self(chain_segments())
    }
}

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
        self.0.place(chain, height)
    }
}
