//! This exists to hold a few dozen leaves in one piece of memory, by key.
//!
//! ```text
//! bytes   entry ‖ entry ‖ …           entry   key length u16 ‖ value length u32 ‖ key ‖ value ‖
//! starts  where each entry begins             version u64 ‖ algorithm of the writer u8 ‖ writer 32
//! ```
//!
//! Only ever in memory: nothing here is written or hashed, so the form may change at any time.

use super::Leaf;
use crate::hash::Digest;
use crate::record::Key;
use crate::types::TransactionId;
use std::cmp::Ordering;
use std::ops::{Bound, Range};

/// A page takes no further entry when it would pass this size, bytes: so much moves when an entry is put
/// in, and so much is looked through for one. Far below what `starts` can count.
const PAGE_BYTES: usize = 3072;
/// A page below this size goes into the one before it, if both fit.
const PAGE_BYTES_MIN: usize = PAGE_BYTES / 4;

/// No key is longer.
pub(super) const KEY_BYTES_MAX: usize = 65_535;

/// What stands before the key: the two lengths.
const LENGTHS: usize = 6;
/// What stands behind the value: version and writer.
const ORIGIN: usize = 41;

/// Leaves in the order of their keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    bytes: Vec<u8>,
    starts: Vec<u16>,
}

/// A key and what stands there.
pub(super) type Entry<'a> = (&'a [u8], Leaf<'a>);

impl Page {
    /// An empty one with room for what a page takes, to be [`Page::fit`] when it is full.
    pub(super) fn roomy() -> Self {
        Self { bytes: Vec::with_capacity(PAGE_BYTES), starts: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The first key.
    pub(super) fn first(&self) -> Option<&[u8]> {
        Some(self.entry(0)?.0)
    }

    /// The last key.
    pub(super) fn last(&self) -> Option<&[u8]> {
        Some(self.entry(self.len().checked_sub(1)?)?.0)
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Leaf<'_>> {
        let place = self.place(key).ok()?;
        Some(self.entry(place)?.1)
    }

    /// The entries whose keys lie within the bounds.
    pub(super) fn within<'a>(
        &'a self,
        (start, end): (&Bound<Key>, &Bound<Key>),
    ) -> impl DoubleEndedIterator<Item = Entry<'a>> + use<'a> {
        let before = |key: &Key, limit: Ordering| {
            self.starts.partition_point(|start| self.key_at(*start).cmp(key.as_slice()) <= limit)
        };
        let start = match start {
            Bound::Included(key) => before(key, Ordering::Less),
            Bound::Excluded(key) => before(key, Ordering::Equal),
            Bound::Unbounded => 0,
        };
        let end = match end {
            Bound::Included(key) => before(key, Ordering::Equal),
            Bound::Excluded(key) => before(key, Ordering::Less),
            Bound::Unbounded => self.len(),
        };
        (start..end).filter_map(|place| self.entry(place))
    }

    /// Puts a leaf in the place of another or between others; `false` if there was none.
    pub(super) fn put(&mut self, key: &[u8], leaf: &Leaf<'_>) -> bool {
        match self.place(key) {
            Ok(place) => {
                let range = self.range(place);
                let size = size(key, leaf);
                if range.len() != size {
                    let (old, end) = (range.len(), range.end);
                    self.resize(range.start..end, size);
                    self.shift(place.saturating_add(1), old, size);
                }
                self.write(range.start, key, leaf);
                true
            }
            Err(place) => {
                let start = self.starts.get(place).map_or(self.bytes.len(), |at| usize::from(*at));
                let size = size(key, leaf);
                self.resize(start..start, size);
                self.starts.reserve_exact(1);
                self.starts.insert(place, narrow(start));
                self.shift(place.saturating_add(1), 0, size);
                self.write(start, key, leaf);
                false
            }
        }
    }

    /// Takes a leaf out; `false` if there was none.
    pub(super) fn remove(&mut self, key: &[u8]) -> bool {
        let Ok(place) = self.place(key) else { return false };
        let range = self.range(place);
        let old = range.len();
        self.resize(range, 0);
        self.starts.remove(place);
        self.shift(place, old, 0);
        true
    }

    /// Whether so large an entry may be put in as well: an empty page takes any.
    pub(super) fn takes(&self, key: &[u8], leaf: &Leaf<'_>) -> bool {
        self.starts.is_empty() || self.bytes.len().saturating_add(size(key, leaf)) <= PAGE_BYTES
    }

    /// Whether there is more in it than there should be.
    pub(super) fn is_large(&self) -> bool {
        self.len() > 1 && self.bytes.len() > PAGE_BYTES
    }

    /// Whether it should go into the page before it, and can.
    pub(super) fn joins(&self, before: &Self) -> bool {
        self.bytes.len() < PAGE_BYTES_MIN
            && self.bytes.len().saturating_add(before.bytes.len()) <= PAGE_BYTES
    }

    /// Adds all of a page whose keys are greater.
    pub(super) fn append(&mut self, page: &Self) {
        let shift = self.bytes.len();
        self.bytes.reserve_exact(page.bytes.len());
        self.bytes.extend_from_slice(&page.bytes);
        self.starts.extend(
            page.starts.iter().map(|start| narrow(shift.saturating_add(usize::from(*start)))),
        );
    }

    /// Keeps about the first half of the bytes and returns the rest, each with an entry at least.
    pub(super) fn split(&mut self) -> Self {
        let half = narrow(self.bytes.len() / 2);
        let middle = self.starts.partition_point(|start| *start < half);
        let middle = middle.clamp(1, self.len().saturating_sub(1).max(1));
        let at = self.starts.get(middle).map_or(self.bytes.len(), |start| usize::from(*start));
        let bytes = self.bytes.get(at..).unwrap_or_default().to_vec();
        let starts = self.starts.get(middle..).unwrap_or_default();
        let starts = starts.iter().map(|start| start.saturating_sub(narrow(at))).collect();
        self.bytes.truncate(at);
        self.starts.truncate(middle);
        self.fit();
        Self { bytes, starts }
    }

    /// Gives back what is allocated and not used.
    pub(super) fn fit(&mut self) {
        self.bytes.shrink_to_fit();
        self.starts.shrink_to_fit();
    }

    /// Where a key is, or where it would have to be put.
    fn place(&self, key: &[u8]) -> Result<usize, usize> {
        self.starts.binary_search_by(|start| self.key_at(*start).cmp(key))
    }

    fn key_at(&self, start: u16) -> &[u8] {
        let entry = self.bytes.get(usize::from(start)..).unwrap_or_default();
        let Some((length, rest)) = entry.split_first_chunk::<2>() else { return &[] };
        let length = usize::from(u16::from_le_bytes(*length));
        rest.get(4..length.saturating_add(4)).unwrap_or_default()
    }

    fn entry(&self, place: usize) -> Option<Entry<'_>> {
        let start = usize::from(*self.starts.get(place)?);
        let (key, rest) = self.bytes.get(start..)?.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_first_chunk::<4>()?;
        let value = usize::try_from(u32::from_le_bytes(*value)).ok()?;
        let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*key)))?;
        let (value, rest) = rest.split_at_checked(value)?;
        let (version, rest) = rest.split_first_chunk::<8>()?;
        let writer = TransactionId(Digest::Blake3(*rest.get(1..)?.first_chunk::<32>()?));
        Some((key, Leaf { value, version: u64::from_le_bytes(*version), writer }))
    }

    fn range(&self, place: usize) -> Range<usize> {
        let start =
            |place: usize| self.starts.get(place).map_or(self.bytes.len(), |at| usize::from(*at));
        start(place)..start(place.saturating_add(1))
    }

    /// Makes the bytes of a range so many; what they are then is not said.
    fn resize(&mut self, range: Range<usize>, size: usize) {
        let end = range.end;
        let tail = self.bytes.len().saturating_sub(end);
        let moved = range.start.saturating_add(size);
        if size > range.len() {
            let more = size.saturating_sub(range.len());
            self.bytes.reserve_exact(more);
            self.bytes.resize(self.bytes.len().saturating_add(more), 0);
        }
        self.bytes.copy_within(end..end.saturating_add(tail), moved);
        self.bytes.truncate(moved.saturating_add(tail));
    }

    /// Moves the starts from a place on, before which an entry of `old` bytes has become one of `new`.
    fn shift(&mut self, from: usize, old: usize, new: usize) {
        for start in self.starts.iter_mut().skip(from) {
            *start = narrow(usize::from(*start).saturating_add(new).saturating_sub(old));
        }
    }

    /// Writes an entry over bytes that are there.
    fn write(&mut self, start: usize, key: &[u8], leaf: &Leaf<'_>) {
        let mut rest = self.bytes.get_mut(start..).unwrap_or_default();
        let mut put = |bytes: &[u8]| {
            let (head, tail) = std::mem::take(&mut rest).split_at_mut(bytes.len());
            head.copy_from_slice(bytes);
            rest = tail;
        };
        put(&narrow(key.len()).to_le_bytes());
        put(&u32::try_from(leaf.value.len()).expect("a block is smaller").to_le_bytes());
        put(key);
        put(leaf.value);
        put(&leaf.version.to_le_bytes());
        let TransactionId(Digest::Blake3(writer)) = &leaf.writer;
        put(&[0]);
        put(writer);
    }
}

/// How many bytes an entry takes.
fn size(key: &[u8], leaf: &Leaf<'_>) -> usize {
    LENGTHS.saturating_add(key.len()).saturating_add(leaf.value.len()).saturating_add(ORIGIN)
}

/// A place in a page, or the length of a key.
///
/// # Panics
/// Above 65 535: a page is split long before, and no key is so long.
fn narrow(number: usize) -> u16 {
    u16::try_from(number).expect("a page and a key are small")
}
