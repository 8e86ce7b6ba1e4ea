//! This exists to read many runs as one sorted map, in either direction, a chunk at a time. Pure.
//!
//! A key that several runs hold is a sum ([`super::key::is_sum`]) or a fact that never changes.

use super::IndexError;
use super::key;
use super::run::{Directory, Entry, entries};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names a run; no number is used twice.
pub(super) type RunId = u64;

/// A run as it is read: its number, its directory, and whether it has a file of its own.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) directory: Arc<Directory>,
    pub(super) is_file: bool,
}

/// Where chunks come from.
pub(super) trait Chunks {
    /// The bytes of a chunk, checked against the hash of the directory.
    ///
    /// # Errors
    /// [`IndexError`] where it is missing, changed or cannot be read.
    fn chunk(&self, run: &Run, number: usize) -> Result<Vec<u8>, IndexError>;
}

/// In which order entries come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// From the smallest key up: oldest first.
    #[default]
    Ascending,
    /// From the greatest key down: newest first.
    Descending,
}

impl Order {
    /// The other order.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// The entries of all runs with `from ≤ key < to`, merged.
pub(super) struct Scan<'a, C> {
    chunks: &'a C,
    order: Order,
    from: Vec<u8>,
    to: Option<Vec<u8>>,
    cursors: Vec<Cursor<'a>>,
    /// The next entry of each run that has one, by key and run.
    heads: BTreeMap<(Vec<u8>, usize), Vec<u8>>,
    is_begun: bool,
}

/// A key, the run that it is from, and its value.
type Head = ((Vec<u8>, usize), Vec<u8>);

struct Cursor<'a> {
    run: &'a Run,
    numbers: std::ops::Range<usize>,
    /// The entries of the open chunk that were not given out, in reverse order of giving.
    open: Vec<Entry>,
}

impl<'a, C: Chunks> Scan<'a, C> {
    pub(super) fn new(
        chunks: &'a C,
        runs: &'a [Run],
        from: Vec<u8>,
        to: Option<Vec<u8>>,
        order: Order,
    ) -> Self {
        let cursors = runs
            .iter()
            .map(|run| Cursor {
                run,
                numbers: run.directory.between(&from, to.as_deref()),
                open: Vec::new(),
            })
            .collect();
        Self { chunks, order, from, to, cursors, heads: BTreeMap::new(), is_begun: false }
    }

    fn advance(&mut self, position: usize) -> Result<(), IndexError> {
        let Some(cursor) = self.cursors.get_mut(position) else { return Ok(()) };
        while cursor.open.is_empty() {
            let next = match self.order {
                Order::Ascending => cursor.numbers.next(),
                Order::Descending => cursor.numbers.next_back(),
            };
            let Some(number) = next else { return Ok(()) };
            let bytes = self.chunks.chunk(cursor.run, number)?;
            let mut found = entries(&bytes, &self.from, self.to.as_deref())
                .ok_or_else(|| IndexError::doubt("a chunk is no list of entries"))?;
            if self.order == Order::Ascending {
                found.reverse();
            }
            cursor.open = found;
        }
        if let Some((key, value)) = cursor.open.pop() {
            self.heads.insert((key, position), value);
        }
        Ok(())
    }

    fn pop(&mut self) -> Option<Head> {
        match self.order {
            Order::Ascending => self.heads.pop_first(),
            Order::Descending => self.heads.pop_last(),
        }
    }

    fn next_entry(&mut self) -> Result<Option<Entry>, IndexError> {
        if !self.is_begun {
            self.is_begun = true;
            for position in 0..self.cursors.len() {
                self.advance(position)?;
            }
        }
        let Some(((key, position), mut value)) = self.pop() else { return Ok(None) };
        self.advance(position)?;
        while let Some(((other, position), more)) = self.pop() {
            if other != key {
                self.heads.insert((other, position), more);
                break;
            }
            value = key::combine(&key, value, &more)?;
            self.advance(position)?;
        }
        Ok(Some((key, value)))
    }
}

impl<C: Chunks> Iterator for Scan<'_, C> {
    type Item = Result<Entry, IndexError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().transpose()
    }
}

#[cfg(test)]
mod tests;
