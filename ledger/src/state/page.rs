//! This exists to hold a few dozen leaves in one piece of memory, by key.
//!
//! ```text
//! bytes   entry ‖ entry ‖ …           entry   key length u16 ‖ value length u32 ‖ key ‖ value ‖
//! marks   where each entry begins, and a tag   version u64 ‖ algorithm of the writer u8 ‖ writer 32
//! ```
//!
//! A key is looked for by its tag first: the tags lie together, while each entry that is touched may be a miss of
//! the cache.
//!
//! Only ever in memory: nothing here is written or hashed, so the form may change at any time.

use super::Leaf;
use crate::hash::Digest;
use crate::record::Key;
use crate::types::TransactionId;
use std::cmp::Ordering;
use std::ops::{Bound, Range};

/// A page takes no further entry when it would pass this size, bytes: so much moves when an entry is put
/// in, and so much is looked through for one.
const PAGE_BYTES: usize = 4096;
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
    marks: Vec<Mark>,
}

/// Of an entry: where it begins, 24 bits, and the [`tag`] of its key.
#[derive(Clone, Copy, Debug)]
struct Mark(u32);

impl Mark {
    /// # Panics
    /// From 16 MiB on: an entry is far smaller than a block, and a page that holds several is split.
    fn new(start: usize, tag: u8) -> Self {
        let start = u32::try_from(start).ok().filter(|start| *start < 1 << 24);
        let start = start.expect("a page of several entries is small, and so is an entry");
        Self(start.wrapping_shl(8) | u32::from(tag))
    }

    fn start(self) -> usize {
        usize::try_from(self.0.wrapping_shr(8)).expect("24 bits fit")
    }

    fn tag(self) -> u8 {
        let [tag, ..] = self.0.to_le_bytes();
        tag
    }

    fn moved(self, old: usize, new: usize) -> Self {
        Self::new(self.start().saturating_add(new).saturating_sub(old), self.tag())
    }
}

/// A key and what stands there.
pub(super) type Entry<'a> = (&'a [u8], Leaf<'a>);

impl Page {
    /// An empty one with room for what a page takes, to be [`Page::fit`] when it is full.
    pub(super) fn roomy() -> Self {
        Self { bytes: Vec::with_capacity(PAGE_BYTES), marks: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.marks.len()
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
        Some(self.entry(self.find(key)?)?.1)
    }

    /// The entries whose keys lie within the bounds.
    pub(super) fn within<'a>(
        &'a self,
        (start, end): (&Bound<Key>, &Bound<Key>),
    ) -> impl DoubleEndedIterator<Item = Entry<'a>> + use<'a> {
        let before = |key: &Key, limit: Ordering| {
            self.marks
                .partition_point(|mark| self.key_at(mark.start()).cmp(key.as_slice()) <= limit)
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
        let size = size(key, leaf);
        if let Some(place) = self.find(key) {
            let range = self.range(place);
            if range.len() != size {
                self.shift(place.saturating_add(1), range.len(), size);
                self.resize(range.clone(), size);
            }
            self.write(range.start, key, leaf);
            return true;
        }
        let place = self.marks.partition_point(|mark| self.key_at(mark.start()) < key);
        let start = self.range(place).start;
        self.shift(place, 0, size);
        self.resize(start..start, size);
        self.marks.reserve_exact(1);
        self.marks.insert(place, Mark::new(start, tag(key)));
        self.write(start, key, leaf);
        false
    }

    /// Takes a leaf out; `false` if there was none.
    pub(super) fn remove(&mut self, key: &[u8]) -> bool {
        let Some(place) = self.find(key) else { return false };
        let range = self.range(place);
        self.shift(place, range.len(), 0);
        self.resize(range, 0);
        self.marks.remove(place);
        true
    }

    /// Whether so large an entry may be put in as well: an empty page takes any.
    pub(super) fn takes(&self, key: &[u8], leaf: &Leaf<'_>) -> bool {
        self.marks.is_empty() || self.bytes.len().saturating_add(size(key, leaf)) <= PAGE_BYTES
    }

    /// Whether there is more in it than there should be.
    fn is_large(&self) -> bool {
        self.len() > 1 && self.bytes.len() > PAGE_BYTES
    }

    /// Whether it should go into the page before it, and can.
    pub(super) fn joins(&self, before: &Self) -> bool {
        self.bytes.len() < PAGE_BYTES_MIN
            && self.bytes.len().saturating_add(before.bytes.len()) <= PAGE_BYTES
    }

    /// Adds all of a page whose keys are greater.
    pub(super) fn append(&mut self, page: &Self) {
        let before = self.bytes.len();
        self.bytes.reserve_exact(page.bytes.len());
        self.bytes.extend_from_slice(&page.bytes);
        self.marks.extend(page.marks.iter().map(|mark| mark.moved(0, before)));
    }

    /// Keeps its first part and returns the rest, in pages none of which is large.
    pub(super) fn divide(&mut self) -> Vec<Self> {
        let mut rest = Vec::new();
        while self.is_large() {
            let mut half = self.split();
            let mut later = half.divide();
            later.reverse();
            rest.append(&mut later);
            rest.push(half);
        }
        rest.reverse();
        rest
    }

    /// Keeps about the first half of the bytes and returns the rest, each with an entry at least.
    fn split(&mut self) -> Self {
        let half = self.bytes.len() / 2;
        let middle = self.marks.partition_point(|mark| mark.start() < half);
        let middle = middle.clamp(1, self.len().saturating_sub(1).max(1));
        let at = self.range(middle).start;
        let bytes = self.bytes.split_off(at);
        let marks = self.marks.split_off(middle);
        let marks = marks.into_iter().map(|mark| mark.moved(at, 0)).collect();
        self.fit();
        Self { bytes, marks }
    }

    /// Gives back what is allocated and not used.
    pub(super) fn fit(&mut self) {
        self.bytes.shrink_to_fit();
        self.marks.shrink_to_fit();
    }

    /// Where a key is.
    fn find(&self, key: &[u8]) -> Option<usize> {
        let tag = tag(key);
        let is_it = |mark: &Mark| mark.tag() == tag && self.key_at(mark.start()) == key;
        self.marks.iter().position(is_it)
    }

    fn key_at(&self, start: usize) -> &[u8] {
        let entry = self.bytes.get(start..).unwrap_or_default();
        let Some((length, rest)) = entry.split_first_chunk::<2>() else { return &[] };
        let length = usize::from(u16::from_le_bytes(*length));
        rest.get(4..length.saturating_add(4)).unwrap_or_default()
    }

    fn entry(&self, place: usize) -> Option<Entry<'_>> {
        let start = self.marks.get(place)?.start();
        let (key, rest) = self.bytes.get(start..)?.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_first_chunk::<4>()?;
        let value = usize::try_from(u32::from_le_bytes(*value)).ok()?;
        let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*key)))?;
        let (value, rest) = rest.split_at_checked(value)?;
        let (version, rest) = rest.split_first_chunk::<8>()?;
        let writer = TransactionId(Digest::Blake3(*rest.get(1..)?.first_chunk::<32>()?));
        Some((key, Leaf { value, version: u64::from_le_bytes(*version), writer }))
    }

    /// Where the bytes of an entry lie; behind the last one, where the next would begin.
    fn range(&self, place: usize) -> Range<usize> {
        let start =
            |place: usize| self.marks.get(place).map_or(self.bytes.len(), |mark| mark.start());
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

    /// Moves the entries from a place on, before which one of `old` bytes becomes one of `new`.
    fn shift(&mut self, from: usize, old: usize, new: usize) {
        for mark in self.marks.iter_mut().skip(from) {
            *mark = mark.moved(old, new);
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

/// A byte that differs between most keys of a page, from the parts in which keys differ: the beginning of what
/// identifies the record, behind contract and kind, and the end.
fn tag(key: &[u8]) -> u8 {
    let number = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let head = number(key.get(3..).and_then(|id| id.first_chunk()));
    let mixed =
        (head.rotate_left(32) ^ number(key.last_chunk())).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [tag, ..] = mixed.to_be_bytes();
    tag
}

/// How many bytes an entry takes.
fn size(key: &[u8], leaf: &Leaf<'_>) -> usize {
    LENGTHS.saturating_add(key.len()).saturating_add(leaf.value.len()).saturating_add(ORIGIN)
}

/// The length of a key.
///
/// # Panics
/// Above [`KEY_BYTES_MAX`]: no key is so long.
fn narrow(number: usize) -> u16 {
    u16::try_from(number).expect("a key is short")
}
