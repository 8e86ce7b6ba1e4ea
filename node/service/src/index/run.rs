//! This exists to hold sorted entries in few large values: a run is a list of chunks of at most 4 KiB,
//! each of which shares the beginnings of its keys, and a directory that says where each chunk begins
//! and what it hashes to. So a chunk that is missing or changed is always noticed. Pure.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::hash::{Domain, hash};
use std::ops::Range;

/// The most that a chunk holds, but for a single entry: few enough bytes to be read for one. sled reads, keeps and
/// rewrites 8 to 16 neighbouring values together. Source: ADR 0037.
pub(super) const CHUNK_BYTES: usize = 4 * 1024;

/// A key and its value.
pub(super) type Entry = (Vec<u8>, Vec<u8>);

/// Where each chunk of a run begins and what it hashes to, in the order of their keys; few bytes for each,
/// because all of it is kept in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Directory {
    /// Of each chunk as much of its first key as tells it from the last one before it.
    firsts: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u32>,
    /// Where each chunk ends, were they one after the other.
    chunk_ends: Vec<u64>,
    hashes: Vec<[u8; 32]>,
}

impl Directory {
    fn push(&mut self, first: &[u8], chunk: &[u8]) {
        self.firsts.extend_from_slice(first);
        self.ends.push(u32::try_from(self.firsts.len()).unwrap_or(u32::MAX));
        self.chunk_ends.push(self.chunk_bytes() + chunk.len() as u64);
        self.hashes.push(check(chunk));
    }

    /// Bytes of all chunks.
    pub(super) fn chunk_bytes(&self) -> u64 {
        self.chunk_ends.last().copied().unwrap_or(0)
    }

    /// Where a chunk stands, were they one after the other.
    pub(super) fn chunk_place(&self, number: usize) -> Option<Range<u64>> {
        let end = self.chunk_ends.get(number)?;
        let before = number.checked_sub(1).and_then(|before| self.chunk_ends.get(before));
        Some(before.copied().unwrap_or(0)..*end)
    }

    /// How many chunks there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The hash of a chunk.
    pub(super) fn hash(&self, number: usize) -> Option<&[u8; 32]> {
        self.hashes.get(number)
    }

    fn first(&self, number: usize) -> &[u8] {
        let end = |number: usize| self.ends.get(number).map_or(0, |end| *end as usize);
        let start = number.checked_sub(1).map_or(0, end);
        self.firsts.get(start..end(number)).unwrap_or_default()
    }

    /// The number of the first chunk whose beginning is not `before`; the beginnings ascend.
    fn place(&self, before: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if before(self.first(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The chunks that may hold keys with `from ≤ key < to`.
    pub(super) fn between(&self, from: &[u8], to: Option<&[u8]>) -> Range<usize> {
        // The chunk that begins at or before `from` may hold it.
        let start = self.place(|first| first <= from).saturating_sub(1);
        let end = to.map_or(self.len(), |to| self.place(|first| first < to));
        start..end.max(start)
    }
}

/// The hash by which a stored value is known again.
pub(super) fn check(bytes: &[u8]) -> [u8; 32] {
    hash(Domain::Frame, bytes)
}

/// Writes a run: entries go in by ascending key, whole chunks come out.
#[derive(Debug, Default)]
pub(super) struct RunWriter {
    directory: Directory,
    first: Vec<u8>,
    last: Vec<u8>,
    bytes: Vec<u8>,
}

impl RunWriter {
    /// Adds an entry; returns the chunk that it completed, which is the next of the run.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        let is_full = self.bytes.len() + key.len() + value.len() + 12 > CHUNK_BYTES;
        let done = if is_full { self.close() } else { None };
        let mut shared = self.last.iter().zip(key).take_while(|(one, other)| one == other).count();
        if self.bytes.is_empty() {
            self.first = key.get(..=shared).unwrap_or(key).to_vec();
            self.last.clear();
            shared = 0;
        }
        let rest = key.get(shared..).unwrap_or_default();
        put_number(&mut self.bytes, shared);
        put_number(&mut self.bytes, rest.len());
        put_number(&mut self.bytes, value.len());
        self.bytes.extend_from_slice(rest);
        self.bytes.extend_from_slice(value);
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
        done
    }

    fn close(&mut self) -> Option<Vec<u8>> {
        if self.bytes.is_empty() {
            return None;
        }
        let bytes = std::mem::take(&mut self.bytes);
        self.directory.push(&self.first, &bytes);
        Some(bytes)
    }

    /// Ends the run: its last chunk, if one is open, and its directory.
    pub(super) fn finish(mut self) -> (Option<Vec<u8>>, Directory) {
        let last = self.close();
        (last, self.directory)
    }
}

/// Seven bits a byte, least first; the high bit says that another follows.
fn put_number(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0x7f);
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in [0_u32, 7, 14, 21] {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The entries of a chunk with `from ≤ key < to`, ascending; `None` where the bytes are no chunk.
pub(super) fn entries(mut bytes: &[u8], from: &[u8], to: Option<&[u8]>) -> Option<Vec<Entry>> {
    let mut key: Vec<u8> = Vec::new();
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let shared = take_number(&mut bytes)?;
        let rest = take_number(&mut bytes)?;
        let length = take_number(&mut bytes)?;
        if shared > key.len() {
            return None;
        }
        key.truncate(shared);
        let (tail, after) = bytes.split_at_checked(rest)?;
        key.extend_from_slice(tail);
        let (value, after) = after.split_at_checked(length)?;
        bytes = after;
        if to.is_some_and(|to| key.as_slice() >= to) {
            break;
        }
        if key.as_slice() >= from {
            found.push((key.clone(), value.to_vec()));
        }
    }
    Some(found)
}
