//! This exists to add blocks to the index: one batch for a block, or for a group of small ones, of few
//! large values; and to merge runs, so that a question looks into few of them.

use super::facts::{Facts, of_block, of_genesis};
use super::key::combine;
use super::manifest::{INLINE_MAX, Listing, Manifest, RunHead, to_merge};
use super::place::{Places, places};
use super::run::{Directory, RunWriter};
use super::run_files::NewRun;
use super::scan::{Order, Run, RunId, Scan};
use super::store::{chunk_row, put_directory, put_manifest, remove_run};
use super::{Index, IndexError, Inner};
use crate::live::Followed;
use linli_ledger::block::{CommittedBlock, Header};
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use sled::Batch;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// A merge of more chunks than this, about a megabyte, goes into a file.
const ROWS_MAX: usize = 256;

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
        let manifest = self.manifest();
        let new = after(&manifest, blocks);
        if let Some(first) = new.first() {
            // Before anything says that the block is in the index.
            let receipts = new.iter().map(|placed| placed.followed.receipts.as_slice());
            self.receipts.put(first.header().height, receipts)?;
        }
        self.add(manifest, new)
    }

    /// As [`Index::append`], of blocks whose receipts were read from where they are kept.
    pub(super) fn adopt(&self, blocks: &[Placed]) -> Result<(), IndexError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let manifest = self.manifest();
        let new = after(&manifest, blocks);
        self.add(manifest, new)
    }

    fn add(&self, mut manifest: Manifest, blocks: &[Placed]) -> Result<(), IndexError> {
        if blocks.is_empty() {
            return Ok(());
        }
        let mut facts = Facts::new();
        for placed in blocks {
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
        }
        let mut batch = Batch::default();
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

    fn manifest(&self) -> Manifest {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).manifest.clone()
    }

    /// Applies a batch with its manifest, and shows the result to questions that begin now. Nobody
    /// reads meanwhile: what is left out of the runs is read by nobody from then on.
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
        let is_file = chunks > ROWS_MAX;
        let mut out = if is_file {
            Output::File(self.store.files.begin(id)?)
        } else {
            Output::Rows(Batch::default(), 0)
        };
        let mut writer = RunWriter::default();
        for entry in Scan::new(&self.store, &inputs, Vec::new(), None, Order::Ascending) {
            let (key, value) = entry?;
            if let Some(chunk) = writer.push(&key, &value) {
                out.put(id, chunk)?;
            }
        }
        let (last, directory) = writer.finish();
        if let Some(chunk) = last {
            out.put(id, chunk)?;
        }
        let (mut batch, listing) = match out {
            Output::Rows(mut batch, _) => {
                let listing = listing(&mut batch, id, &directory);
                (batch, listing)
            }
            Output::File(file) => {
                let (bytes, hash) = file.finish(&directory)?;
                (Batch::default(), Listing::File(bytes, hash))
            }
        };
        manifest.runs.retain(|run| !removed.contains(&run.id));
        manifest.runs.push(RunHead { id, bytes: directory.chunk_bytes(), listing });
        for run in &inputs {
            remove_run(&mut batch, run);
        }
        let run = Run { id, directory: Arc::new(directory), is_file };
        let had_files = inputs.iter().any(|run| run.is_file);
        self.commit(batch, manifest.clone(), vec![run], &removed)?;
        if had_files {
            // Only now nothing that is durable knows the files.
            self.store.flush()?;
            self.store.tidy(&manifest)?;
        }
        Ok(())
    }
}

/// The blocks that are not in the index yet; they ascend.
fn after<'a>(manifest: &Manifest, blocks: &'a [Placed]) -> &'a [Placed] {
    let known = blocks.iter().take_while(|placed| placed.header().height <= manifest.height);
    blocks.get(known.count()..).unwrap_or_default()
}

/// Where the chunks of a merge go.
enum Output {
    /// Into sled, so many until now.
    Rows(Batch, usize),
    /// Into a file.
    File(NewRun),
}

impl Output {
    fn put(&mut self, run: RunId, chunk: Vec<u8>) -> Result<(), IndexError> {
        match self {
            Self::Rows(batch, number) => {
                batch.insert(chunk_row(run, *number), chunk);
                *number += 1;
                Ok(())
            }
            Self::File(file) => file.put(&chunk),
        }
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
    for (number, chunk) in chunks.into_iter().enumerate() {
        batch.insert(chunk_row(id, number), chunk);
    }
    manifest.next_run += 1;
    let listing = listing(batch, id, &directory);
    manifest.runs.push(RunHead { id, bytes: directory.chunk_bytes(), listing });
    Some(Run { id, directory: Arc::new(directory), is_file: false })
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
