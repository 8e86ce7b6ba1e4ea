//! This exists to be the one door to sled: rows go in and come out, every call is guarded, and what is
//! flushed is really on the disk.
//!
//! One tree; the first byte of a key says what the row is. Source: architecture D5.

use super::IndexError;
use super::guard::{guarded, guarded_apart};
use super::run::{CHUNK_BYTES, Directory, check};
use super::scan::{Chunks, RunId};
use linli_ledger::codec::{decode, encode};
use linli_ledger::record::KeyPart;
use linli_ledger::types::Height;
use sled::{Batch, IVec};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Larger values would become files that sled never syncs: 16 neighbours, each a receipt of the largest kind.
const SEGMENT_BYTES: usize = 4 * 1024 * 1024;
/// What sled may keep in memory of its pages.
const CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// Calls after which a part of sled's cache looks at what it keeps.
const CALLS: usize = 64;

const MANIFEST: [u8; 1] = *b"M";

/// The rows of an index.
pub(super) struct Store {
    /// There until it is dropped.
    database: Option<sled::Db>,
    /// The file that sled writes its log to.
    file: PathBuf,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("file", &self.file).finish_non_exhaustive()
    }
}

/// A row's key: what it is, then numbers.
fn row(tag: u8, numbers: &impl KeyPart) -> Vec<u8> {
    let mut out = Vec::with_capacity(13);
    out.push(tag);
    numbers.write(&mut out);
    out
}

/// The row of a chunk.
pub(super) fn chunk_row(run: RunId, number: usize) -> Vec<u8> {
    row(b'C', &(run, u32::try_from(number).unwrap_or(u32::MAX)))
}

/// The row of a part of a directory.
pub(super) fn directory_row(run: RunId, part: usize) -> Vec<u8> {
    row(b'D', &(run, u32::try_from(part).unwrap_or(u32::MAX)))
}

/// The row of receipts that begins with this one.
pub(super) fn receipts_row(height: Height, index: u32) -> Vec<u8> {
    row(b'R', &(height, index))
}

/// Puts a manifest into a batch.
pub(super) fn put_manifest(batch: &mut Batch, bytes: Vec<u8>) {
    batch.insert(MANIFEST.as_slice(), bytes);
}

/// Puts a directory into a batch, in parts; returns the hash by which it is known again.
pub(super) fn put_directory(batch: &mut Batch, run: RunId, directory: &Directory) -> [u8; 32] {
    let bytes = encode(directory);
    for (part, slice) in bytes.chunks(CHUNK_BYTES).enumerate() {
        batch.insert(directory_row(run, part), slice);
    }
    check(&bytes)
}

impl Store {
    /// Opens the rows in a folder, which is made if missing.
    ///
    /// # Errors
    /// [`IndexError::Storage`]; [`IndexError::Doubt`] where sled cannot read its files.
    pub(super) fn open(folder: &Path) -> Result<Self, IndexError> {
        let config = sled::Config::new()
            .path(folder)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None);
        let database = guarded_apart("open", move || config.open())?;
        Ok(Self { database: Some(database), file: folder.join("db") })
    }

    fn database(&self) -> Result<&sled::Db, IndexError> {
        self.database.as_ref().ok_or_else(|| IndexError::doubt("closed"))
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<IVec>, IndexError> {
        let database = self.database()?;
        guarded("read", || database.get(key))
    }

    /// Makes sled look at how much it keeps of what it has read: of the page with this key, and others.
    ///
    /// Its cache has 256 parts, and each looks only at every 64th call: pages that are asked for once
    /// would all stay in memory, whatever the capacity. Source: ADR 0037.
    pub(super) fn account(&self, key: &[u8]) -> Result<(), IndexError> {
        let database = self.database()?;
        guarded("read", || (0..CALLS).try_for_each(|_| database.get(key).map(drop)))
    }

    pub(super) fn manifest(&self) -> Result<Option<IVec>, IndexError> {
        self.get(&MANIFEST)
    }

    /// Whether there is no row at all.
    pub(super) fn is_empty(&self) -> Result<bool, IndexError> {
        let database = self.database()?;
        guarded("read", || database.iter().next().transpose().map(|first| first.is_none()))
    }

    /// The directory of a run that has one of its own, checked against its hash.
    pub(super) fn directory(&self, run: RunId, hash: &[u8; 32]) -> Result<Directory, IndexError> {
        let mut bytes = Vec::new();
        for part in 0.. {
            let Some(slice) = self.get(&directory_row(run, part))? else { break };
            bytes.extend_from_slice(&slice);
        }
        let directory = decode(&bytes, "a directory").ok().filter(|_| check(&bytes) == *hash);
        directory.ok_or_else(|| IndexError::doubt("a directory is missing or was changed"))
    }

    /// The last row of receipts that begins at or before this one.
    pub(super) fn receipts(&self, height: Height, index: u32) -> Result<Option<IVec>, IndexError> {
        let database = self.database()?;
        let (first, last) = (receipts_row(Height(0), 0), receipts_row(height, index));
        guarded("read", || {
            database.range(first..=last).next_back().transpose().map(|row| row.map(|row| row.1))
        })
    }

    /// Applies all of a batch or nothing.
    pub(super) fn apply(&self, batch: Batch) -> Result<(), IndexError> {
        let database = self.database()?;
        guarded("write", || database.apply_batch(batch))
    }

    /// Puts into a batch the removal of all rows of a run.
    pub(super) fn remove_run(&self, batch: &mut Batch, run: RunId) -> Result<(), IndexError> {
        let database = self.database()?;
        for (from, to) in [
            (chunk_row(run, 0), chunk_row(run + 1, 0)),
            (directory_row(run, 0), directory_row(run + 1, 0)),
        ] {
            let keys: Vec<IVec> =
                guarded("read", || database.range(from..to).keys().collect::<sled::Result<_>>())?;
            for key in keys {
                batch.remove(key);
            }
        }
        Ok(())
    }

    /// Makes everything durable: sled's flush hands it to the system, only a sync of the file makes it
    /// survive a power cut. Source: architecture D5.
    pub(super) fn flush(&self) -> Result<(), IndexError> {
        let database = self.database()?;
        guarded("flush", || database.flush())?;
        File::open(&self.file)
            .and_then(|file| file.sync_all())
            .map_err(|source| IndexError::Storage { action: "flush", source })
    }

    /// Bytes on disk.
    pub(super) fn bytes(&self) -> Result<u64, IndexError> {
        let database = self.database()?;
        guarded("measure", || database.size_on_disk())
    }
}

impl Chunks for Store {
    fn chunk(&self, run: RunId, number: usize, hash: &[u8; 32]) -> Result<Vec<u8>, IndexError> {
        let bytes = self.get(&chunk_row(run, number))?;
        let bytes = bytes.filter(|bytes| check(bytes) == *hash);
        let bytes = bytes.ok_or_else(|| IndexError::doubt("a chunk is missing or was changed"))?;
        Ok(bytes.to_vec())
    }
}

/// The rows for somebody who asks for this and that; a merge reads all of them in order.
#[derive(Debug)]
pub(super) struct Asked<'a>(pub(super) &'a Store);

impl Chunks for Asked<'_> {
    fn chunk(&self, run: RunId, number: usize, hash: &[u8; 32]) -> Result<Vec<u8>, IndexError> {
        let bytes = self.0.chunk(run, number, hash)?;
        self.0.account(&chunk_row(run, number))?;
        Ok(bytes)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Closing a damaged database may panic or hang; nobody waits for what is thrown away anyway.
        if let Some(database) = self.database.take() {
            let _ = guarded_apart("close", move || {
                drop(database);
                Ok(())
            });
        }
    }
}
