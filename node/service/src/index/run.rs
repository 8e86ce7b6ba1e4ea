//! This exists to hold sorted entries in few large values: a run is a list of chunks of at most 60 KiB,
//! each of which shares the beginnings of its keys, and a directory that says where each chunk begins
//! and what it hashes to. So a chunk that is missing or changed is always noticed. Pure.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::hash::{Domain, hash};

/// The most that a chunk holds: sled works best with values below 64 KiB. Source: architecture D5.
pub(super) const CHUNK_BYTES: usize = 60 * 1024;

/// A key and its value.
pub(super) type Entry = (Vec<u8>, Vec<u8>);

/// Where a chunk begins and what it hashes to.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Chunk {
    /// Its first key.
    pub(super) first: Vec<u8>,
    /// Hash of its bytes.
    pub(super) hash: [u8; 32],
}

/// The chunks of a run, in the order of their keys.
pub(super) type Directory = Vec<Chunk>;

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
        if self.bytes.is_empty() {
            self.first = key.to_vec();
            self.last.clear();
        }
        let shared = self.last.iter().zip(key).take_while(|(one, other)| one == other).count();
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
        let first = std::mem::take(&mut self.first);
        self.directory.push(Chunk { first, hash: check(&bytes) });
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

/// The positions of the chunks of a directory that may hold keys with `from ≤ key < to`.
pub(super) fn chunks_between(
    directory: &Directory,
    from: &[u8],
    to: Option<&[u8]>,
) -> std::ops::Range<usize> {
    // The chunk that begins at or before `from` may hold it.
    let after = directory.partition_point(|chunk| chunk.first.as_slice() <= from);
    let end = to.map_or(directory.len(), |to| {
        directory.partition_point(|chunk| chunk.first.as_slice() < to)
    });
    let start = after.saturating_sub(1);
    start..end.max(start)
}
