//! This exists to find one block's frame among millions: frames lie one after the other in segments, files that
//! are named by the height of their first; where each ends is learnt from the lengths in front of them, once, and
//! only as far as somebody asked.

use crate::error::NodeError;
use crate::storage::Storage;
use linli_ledger::frame::FRAME_HEADER_BYTES;
use linli_ledger::types::Height;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

/// Lengths are read through a window of this size: many small frames fit one, a large one is skipped.
const WINDOW_BYTES: usize = 64 * 1024;

/// Where a frame stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub segment: String,
    /// Its first byte there.
    pub start: u64,
    /// The one after its last.
    pub end: u64,
}

/// The segments of one kind in a folder: one frame for each height, without gaps.
///
/// It knows nothing of what is durable or right: callers ask for heights that they were told of, and check what
/// they read.
#[derive(Debug)]
pub struct Segments {
    suffix: &'static str,
    payload_bytes_max: usize,
    /// Where the frames of each end, as far as it was asked for.
    ends: Mutex<BTreeMap<String, Vec<u64>>>,
}

impl Segments {
    /// Those whose names end so; a frame that says it has more bytes than this is none.
    pub const fn new(suffix: &'static str, payload_bytes_max: usize) -> Self {
        Self { suffix, payload_bytes_max, ends: Mutex::new(BTreeMap::new()) }
    }

    /// The name of the segment that begins with this height.
    pub fn name(&self, first: Height) -> String {
        format!("{:010}{}", first.0, self.suffix)
    }

    /// The height of the first frame of a segment; `None` for any other file.
    pub(crate) fn first(&self, name: &str) -> Option<Height> {
        let stem = name.strip_suffix(self.suffix)?;
        let digits = stem.len() == 10 && stem.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| stem.parse().ok().map(Height)).flatten()
    }

    /// The names of the segments in a folder, in order.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub fn names(&self, folder: &dyn Storage) -> Result<Vec<String>, NodeError> {
        let names = folder.list();
        let mut names =
            names.map_err(|source| storage("list", "the folder of segments", source))?;
        names.retain(|name| self.first(name).is_some());
        Ok(names)
    }

    /// Where the frame of a height stands, if it is there in its whole length.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub fn place(&self, folder: &dyn Storage, height: Height) -> Result<Option<Place>, NodeError> {
        let names = self.names(folder)?;
        let holds = |name: &&String| self.first(name).is_some_and(|first| first <= height);
        let Some(segment) = names.iter().rev().find(holds) else { return Ok(None) };
        let first = self.first(segment).unwrap_or_default();
        let index = usize::try_from(height.0.saturating_sub(first.0)).unwrap_or(usize::MAX);
        let mut tables = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = tables.entry(segment.clone()).or_default();
        if ends.len() <= index {
            self.learn(folder, segment, index, ends)?;
        }
        let end = ends.get(index).copied();
        let start = index.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied());
        Ok(start.zip(end).map(|(start, end)| Place { segment: segment.clone(), start, end }))
    }

    /// The greatest height whose frame is there in its whole length; before the first segment's if there is none.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub fn last(&self, folder: &dyn Storage) -> Result<Height, NodeError> {
        let Some(segment) = self.names(folder)?.pop() else { return Ok(Height(0)) };
        let mut ends = Vec::new();
        self.learn(folder, &segment, usize::MAX, &mut ends)?;
        let frames = u64::try_from(ends.len()).unwrap_or(u64::MAX);
        let first = self.first(&segment).unwrap_or_default();
        Ok(Height(first.0.saturating_add(frames).saturating_sub(1)))
    }

    /// Forgets what was learnt: for whoever has cut a segment.
    pub fn forget(&self) {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Learns where frames end, until `index` is known or no whole frame follows.
    fn learn(
        &self,
        folder: &dyn Storage,
        segment: &str,
        index: usize,
        ends: &mut Vec<u64>,
    ) -> Result<(), NodeError> {
        let failed = |source: io::Error| storage("read", segment, source);
        let mut window: (u64, Vec<u8>) = (0, Vec::new());
        while ends.len() <= index {
            let start = ends.last().copied().unwrap_or(0);
            if part(&window, start, 4).is_none() {
                let read = folder.read_at(segment, start, WINDOW_BYTES).map_err(failed)?;
                window = (start, read.unwrap_or_default());
            }
            let header = part(&window, start, 4).and_then(|bytes| bytes.first_chunk::<4>());
            let length = header.map_or(0, |bytes| u32::from_le_bytes(*bytes));
            if length == 0 || length as usize > self.payload_bytes_max {
                break;
            }
            let end = start + FRAME_HEADER_BYTES as u64 + u64::from(length);
            // A torn frame is none: its last byte must be there.
            let is_whole = part(&window, end - 1, 1).is_some() || {
                let last = folder.read_at(segment, end - 1, 1).map_err(failed)?;
                last.is_some_and(|last| !last.is_empty())
            };
            if !is_whole {
                break;
            }
            ends.push(end);
        }
        Ok(())
    }
}

/// Bytes of a window, by their place in the file.
fn part(window: &(u64, Vec<u8>), start: u64, length: usize) -> Option<&[u8]> {
    let from = usize::try_from(start.checked_sub(window.0)?).ok()?;
    window.1.get(from..from.checked_add(length)?)
}

pub(crate) fn storage(action: &'static str, what: &str, source: io::Error) -> NodeError {
    NodeError::Storage { action, what: what.to_owned(), source }
}
