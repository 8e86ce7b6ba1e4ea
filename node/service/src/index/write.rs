//! This exists to add blocks to the index: one batch for a block, or for a group of small ones, of few
//! large values; and to merge runs, so that a question looks into few of them.

use super::facts::{Facts, of_block, of_genesis};
use super::key::combine;
use super::manifest::{INLINE_MAX, Listing, LooseRow, Manifest, RunHead, to_merge};
use super::pack::{self, Pack, Packed, ROW_BYTES};
use super::place::{Places, places};
use super::run::{Directory, RunWriter};
use super::scan::{Order, Run, RunId, Scan};
use super::store::{chunk_row, put_directory, put_manifest, receipts_row};
use super::{Index, IndexError, Inner};
use crate::live::Followed;
use linli_ledger::block::{CommittedBlock, Header};
use linli_ledger::codec::encode;
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use sled::Batch;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// Chunks of a merge that are written at once: about a megabyte.
const CHUNKS_AT_ONCE: usize = 256;
/// Loose rows that are packed into one when they are this many.
const LOOSE_MAX: usize = 48;

/// A durable block with its receipts, and where the accounts stand between which it moved money.
#[derive(Clone, Debug)]
pub struct Placed {
    followed: Arc<Followed>,
    places: Places,
}

impl Placed {
    /// Takes a block after it was applied.
    ///
    /// `state` is the one after the block, or any later one of the same chain: of it only what never
    /// changes is read.
    pub fn new(state: &State, followed: Arc<Followed>) -> Self {
        let places = places(state, &followed.receipts);
        Self { followed, places }
    }

    /// Its header.
    pub fn header(&self) -> &Header {
        &self.followed.block.block.header
    }
}

impl Index {
    /// Adds a block that follows the last one; durable when it returns. What is in it already is left.
    ///
    /// # Errors
    /// [`IndexError::Doubt`] for a block that does not follow; [`IndexError::Storage`].
    pub fn apply(
        &self,
        state: &State,
        block: &CommittedBlock,
        receipts: &[Receipt],
    ) -> Result<(), IndexError> {
        let (block, receipts) = (block.clone(), receipts.to_vec());
        self.append(&[Placed::new(state, Arc::new(Followed { block, receipts }))])
    }

    /// Adds blocks that follow each other and the last one, all or none; durable when it returns.
    ///
    /// # Errors
    /// As [`Index::apply`].
    pub fn append(&self, blocks: &[Placed]) -> Result<(), IndexError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut manifest = self.manifest();
        let mut facts = Facts::new();
        let mut receipts = Vec::new();
        let last = manifest.height;
        for placed in blocks.iter().filter(|placed| placed.header().height > last) {
            let header = placed.header();
            if header.height != manifest.height.next() || header.parent != manifest.block {
                return Err(IndexError::doubt(format!("block {} does not follow", header.height)));
            }
            manifest.height = header.height;
            manifest.block = header.hash();
            let Followed { block, receipts: done } = &*placed.followed;
            for (key, value) in of_block(&block.block, done, &placed.places) {
                merge_fact(&mut facts, key, value)?;
            }
            receipts.extend(pack::of_block(header.height, done));
        }
        if manifest.height == last {
            return Ok(());
        }
        let mut batch = Batch::default();
        self.put_receipts(&mut batch, &mut manifest, receipts)?;
        let run = put_run(&mut batch, &mut manifest, &facts);
        self.commit(batch, manifest, run.into_iter().collect(), &[])?;
        self.merge_all()?;
        self.store.flush()
    }

    /// What genesis says of names.
    pub(super) fn begin(&self) -> Result<(), IndexError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut manifest = self.manifest();
        let mut batch = Batch::default();
        let run = put_run(&mut batch, &mut manifest, &of_genesis(&self.founding));
        self.commit(batch, manifest, run.into_iter().collect(), &[])?;
        self.store.flush()
    }

    /// Removes what a merge left that was never finished.
    pub(super) fn tidy(&self) -> Result<(), IndexError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut manifest = self.manifest();
        let Some(unfinished) = manifest.building.take() else { return Ok(()) };
        let mut batch = Batch::default();
        self.store.remove_run(&mut batch, unfinished)?;
        self.commit(batch, manifest, Vec::new(), &[])
    }

    fn manifest(&self) -> Manifest {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).manifest.clone()
    }

    /// Applies a batch with its manifest, and shows the result to questions that begin now. Nobody
    /// reads meanwhile, so rows may be removed in the same batch.
    fn commit(
        &self,
        mut batch: Batch,
        manifest: Manifest,
        added: Vec<Run>,
        removed: &[RunId],
    ) -> Result<(), IndexError> {
        put_manifest(&mut batch, manifest.bytes());
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        self.store.apply(batch)?;
        let Inner { manifest: old, runs } = &mut *inner;
        *old = manifest;
        runs.retain(|run| !removed.contains(&run.id));
        runs.extend(added);
        Ok(())
    }

    fn put_receipts(
        &self,
        batch: &mut Batch,
        manifest: &mut Manifest,
        receipts: Vec<Packed>,
    ) -> Result<(), IndexError> {
        for row in pack::rows(receipts.into_iter()) {
            let Some(first) = row.first() else { continue };
            let size = row.iter().map(Packed::size).sum::<usize>();
            if size >= ROW_BYTES / 2 {
                // Only neighbours are joined: what is loose before a large row ends here.
                let closed = std::mem::take(&mut manifest.loose);
                self.join(batch, closed)?;
            } else {
                let bytes = u32::try_from(size).unwrap_or(u32::MAX);
                manifest.loose.push((first.height, first.index, bytes));
            }
            batch.insert(receipts_row(first.height, first.index), encode(&row));
        }
        let loose: u64 = manifest.loose.iter().map(|(_, _, bytes)| u64::from(*bytes)).sum();
        if manifest.loose.len() >= LOOSE_MAX || loose >= ROW_BYTES as u64 {
            let rows = std::mem::take(&mut manifest.loose);
            manifest.loose = self.join(batch, rows)?;
        }
        Ok(())
    }

    /// Joins neighbouring small rows that are in the store already; returns those that are not yet.
    fn join(&self, batch: &mut Batch, rows: Vec<LooseRow>) -> Result<Vec<LooseRow>, IndexError> {
        let last = self.cursor().0;
        let (old, new): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(at, _, _)| *at <= last);
        if old.len() < 2 {
            return Ok(new);
        }
        let mut packed = Vec::new();
        for (height, index, _) in &old {
            let row = self.store.receipts(*height, *index)?;
            let row: Option<Pack> = row.and_then(|row| borsh::from_slice(&row).ok());
            packed.extend(row.ok_or_else(|| IndexError::doubt("receipts are missing"))?);
            batch.remove(receipts_row(*height, *index));
        }
        for row in pack::rows(packed.into_iter()) {
            if let Some(first) = row.first() {
                batch.insert(receipts_row(first.height, first.index), encode(&row));
            }
        }
        Ok(new)
    }

    /// Merges as long as a class of runs is full.
    fn merge_all(&self) -> Result<(), IndexError> {
        loop {
            let manifest = self.manifest();
            let Some(positions) = to_merge(&manifest.runs) else { return Ok(()) };
            self.merge(manifest, &positions)?;
        }
    }

    fn merge(&self, mut manifest: Manifest, positions: &[usize]) -> Result<(), IndexError> {
        let removed: Vec<RunId> = positions
            .iter()
            .filter_map(|position| manifest.runs.get(*position))
            .map(|run| run.id)
            .collect();
        let inputs: Vec<Run> = {
            let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
            inner.runs.iter().filter(|run| removed.contains(&run.id)).cloned().collect()
        };
        let chunks: usize = inputs.iter().map(|run| run.directory.len()).sum();
        let id = manifest.next_run;
        manifest.next_run += 1;
        if chunks > CHUNKS_AT_ONCE {
            // Should this process end meanwhile, the next one removes what was written.
            manifest.building = Some(id);
            self.commit(Batch::default(), manifest.clone(), Vec::new(), &[])?;
            manifest.building = None;
        }
        let mut out = Output { index: self, id, batch: Batch::default(), number: 0, bytes: 0 };
        let mut writer = RunWriter::default();
        for entry in Scan::new(&self.store, &inputs, Vec::new(), None, Order::Ascending) {
            let (key, value) = entry?;
            if let Some(chunk) = writer.push(&key, &value) {
                out.put(chunk)?;
            }
        }
        let (last, directory) = writer.finish();
        if let Some(chunk) = last {
            out.put(chunk)?;
        }
        let Output { mut batch, bytes, .. } = out;
        let listing = listing(&mut batch, id, &directory);
        manifest.runs.retain(|run| !removed.contains(&run.id));
        manifest.runs.push(RunHead { id, bytes, listing });
        for run in &removed {
            self.store.remove_run(&mut batch, *run)?;
        }
        let run = Run { id, directory: Arc::new(directory) };
        self.commit(batch, manifest, vec![run], &removed)
    }
}

/// Where the chunks of a merge go.
struct Output<'a> {
    index: &'a Index,
    id: RunId,
    batch: Batch,
    number: usize,
    bytes: u64,
}

impl Output<'_> {
    fn put(&mut self, chunk: Vec<u8>) -> Result<(), IndexError> {
        self.bytes += chunk.len() as u64;
        self.batch.insert(chunk_row(self.id, self.number), chunk);
        self.number += 1;
        if self.number.is_multiple_of(CHUNKS_AT_ONCE) {
            self.index.store.apply(std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }
}

/// Where the directory of a run goes: small ones into the manifest.
fn listing(batch: &mut Batch, id: RunId, directory: &Directory) -> Listing {
    if directory.len() <= INLINE_MAX {
        Listing::Inline(directory.clone())
    } else {
        Listing::Apart(put_directory(batch, id, directory))
    }
}

/// Puts the facts of one batch into it as a run; none where there are none.
fn put_run(batch: &mut Batch, manifest: &mut Manifest, facts: &Facts) -> Option<Run> {
    let id = manifest.next_run;
    let mut writer = RunWriter::default();
    let mut chunks = Vec::new();
    for (key, value) in facts {
        chunks.extend(writer.push(key, value));
    }
    let (last, directory) = writer.finish();
    chunks.extend(last);
    if chunks.is_empty() {
        return None;
    }
    let bytes = chunks.iter().map(|chunk| chunk.len() as u64).sum();
    for (number, chunk) in chunks.into_iter().enumerate() {
        batch.insert(chunk_row(id, number), chunk);
    }
    manifest.next_run += 1;
    let listing = listing(batch, id, &directory);
    manifest.runs.push(RunHead { id, bytes, listing });
    Some(Run { id, directory: Arc::new(directory) })
}

/// Adds a fact to those of a group of blocks.
fn merge_fact(
    facts: &mut BTreeMap<Vec<u8>, Vec<u8>>,
    key: Vec<u8>,
    value: Vec<u8>,
) -> Result<(), IndexError> {
    let value = match facts.remove(&key) {
        Some(before) => combine(&key, before, &value)?,
        None => value,
    };
    facts.insert(key, value);
    Ok(())
}
