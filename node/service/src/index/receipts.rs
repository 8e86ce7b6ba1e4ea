//! This exists to keep what each block did in plain files, in order, written once: sled writes a page anew with
//! every few values that join it, which is much for bytes that never change.
//!
//! They prove themselves: whoever reads the receipts of a block compares them with the root in its header. So a
//! read model that is built again takes them over, and only what is missing or wrong is executed again.

use super::IndexError;
use super::guard::of_disk;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use linli_ledger::block::Header;
use linli_ledger::codec::{decode, encode};
use linli_ledger::frame::FRAME_HEADER_BYTES;
use linli_ledger::hash::{Digest, Domain, hash};
use linli_ledger::merkle;
use linli_ledger::receipt::Receipt;
use linli_ledger::types::Height;
use linli_node::storage::{Folder, Storage};
use linli_node::{NodeError, Segments};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A segment is closed when it has reached this size: all of it is walked through to find its blocks.
const SEGMENT_BYTES: u64 = 16 * 1024 * 1024;
/// Far above what the receipts of a block can take; a length beyond it is none.
const BLOCK_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Where they lie within the folder of an index.
pub(super) fn folder(index: &Path) -> PathBuf {
    index.join("receipts")
}

/// The receipts of a chain's blocks, from the first on.
#[derive(Debug)]
pub(super) struct Receipts {
    folder: Folder,
    segments: Segments,
    segment_bytes: u64,
    /// Held by whoever adds some.
    end: Mutex<End>,
}

/// Where the next go.
#[derive(Debug)]
struct End {
    /// The last block whose receipts are here.
    last: Height,
    segment: String,
    length: u64,
}

/// What the node's storage says of files that are not the chain's.
fn ours(error: NodeError) -> IndexError {
    match error {
        NodeError::Storage { action, source, .. } => of_disk(action)(source),
        other => other.into(),
    }
}

/// The receipts of a block as they lie in a file: length, hash, bytes. Identifiers come several times in a block, so
/// the bytes are packed: to less than half.
fn frame(receipts: &[Receipt]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    let packed = packer.write_all(&encode(&receipts)).and_then(|()| packer.finish());
    let payload = packed.expect("memory takes every byte");
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [length.to_le_bytes().as_slice(), &hash(Domain::Frame, &payload), &payload].concat()
}

/// What [`frame`] has written, if these are the bytes.
fn open_frame(bytes: &[u8]) -> Option<Vec<Receipt>> {
    let (header, payload) = bytes.split_at_checked(FRAME_HEADER_BYTES)?;
    // What is decoded is what was written.
    let is_whole = header.ends_with(&hash(Domain::Frame, payload));
    let mut receipts = Vec::new();
    let unpacked = is_whole.then(|| DeflateDecoder::new(payload).read_to_end(&mut receipts));
    unpacked.and_then(Result::ok).and_then(|_| decode(&receipts, "receipts").ok())
}

impl Receipts {
    /// Those of the index in a folder; what a crash has torn at the end is cut off.
    ///
    /// # Errors
    /// [`IndexError::Storage`]; [`IndexError::Doubt`].
    pub(super) fn open(index: &Path) -> Result<Self, IndexError> {
        Self::open_with(index, SEGMENT_BYTES)
    }

    fn open_with(index: &Path, segment_bytes: u64) -> Result<Self, IndexError> {
        let folder = Folder::create(&folder(index)).map_err(of_disk("open"))?;
        let segments = Segments::new(".receipts", BLOCK_BYTES_MAX);
        let last = segments.last(&folder).map_err(ours)?;
        let receipts = Self {
            folder,
            segments,
            segment_bytes,
            end: Mutex::new(End { last, segment: String::new(), length: 0 }),
        };
        receipts.cut(&mut receipts.end(), last)?;
        Ok(receipts)
    }

    fn end(&self) -> MutexGuard<'_, End> {
        // Nothing in there panics half way.
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last block whose receipts are here; none but the later ones are missing, as far as anybody has looked.
    pub(super) fn last(&self) -> Height {
        self.end().last
    }

    /// The receipts of a block, which are those that its header commits to.
    ///
    /// # Errors
    /// [`IndexError::Storage`]; [`IndexError::Doubt`] where they are missing or others.
    pub(super) fn get(&self, header: &Header) -> Result<Vec<Receipt>, IndexError> {
        let height = header.height;
        let missing = || IndexError::doubt(format!("receipts of block {height} are missing"));
        let place = self.segments.place(&self.folder, height).map_err(ours)?.ok_or_else(missing)?;
        let length = usize::try_from(place.end - place.start).unwrap_or(usize::MAX);
        let bytes = self.folder.read_at(&place.segment, place.start, length);
        let bytes = bytes.map_err(of_disk("read"))?.ok_or_else(missing)?;
        let receipts = open_frame(&bytes).filter(|receipts| are_of(receipts, header));
        receipts
            .ok_or_else(|| IndexError::doubt(format!("the receipts of block {height} are others")))
    }

    /// Adds the receipts of blocks that follow each other, the first of which follows the last block here or takes
    /// the place of what is. Durable when it returns.
    ///
    /// # Errors
    /// [`IndexError::Doubt`] for a gap; [`IndexError::Storage`].
    pub(super) fn put<'a>(
        &self,
        first: Height,
        blocks: impl Iterator<Item = &'a [Receipt]>,
    ) -> Result<(), IndexError> {
        let mut end = self.end();
        if first > end.last.next() {
            return Err(IndexError::doubt(format!("receipts before block {first} are missing")));
        }
        if first <= end.last {
            self.cut(&mut end, Height(first.0.saturating_sub(1)))?;
        }
        let (mut bytes, mut last) = (Vec::new(), end.last);
        for receipts in blocks {
            bytes.extend(frame(receipts));
            last = last.next();
        }
        if end.segment.is_empty() || end.length >= self.segment_bytes {
            (end.segment, end.length) = (self.segments.name(first), 0);
        }
        let mut folder = self.folder.clone();
        folder.append(&end.segment, &bytes).map_err(of_disk("append to"))?;
        end.length += bytes.len() as u64;
        end.last = last;
        Ok(())
    }

    /// Takes away what is after a block.
    fn cut(&self, end: &mut End, last: Height) -> Result<(), IndexError> {
        let mut folder = self.folder.clone();
        let place = self.segments.place(&folder, last).map_err(ours)?;
        let (segment, length) = place.map(|place| (place.segment, place.end)).unwrap_or_default();
        for name in self.segments.names(&folder).map_err(ours)?.into_iter().rev() {
            if name > segment {
                folder.remove(&name).map_err(of_disk("remove"))?;
            } else if name == segment {
                folder.truncate(&name, length).map_err(of_disk("cut"))?;
            }
        }
        self.segments.forget();
        // Where the place of the last one is not found, something before it is missing: nothing is left then.
        let last = if segment.is_empty() { Height(0) } else { last };
        *end = End { last, segment, length };
        Ok(())
    }
}

/// Whether these are the receipts that a header commits to.
fn are_of(receipts: &[Receipt], header: &Header) -> bool {
    let leaves: Vec<_> = receipts.iter().map(Receipt::leaf).collect();
    u32::try_from(receipts.len()) == Ok(header.receipt_count)
        && Digest::Blake3(merkle::root(&leaves)) == header.receipts_root
}

#[cfg(test)]
mod tests;
