//! This exists to be the one door to sled: rows go in and come out, every call is guarded, and what is
//! flushed is really on the disk. What becomes large leaves it for a file of its own (ADR 0041).
//!
//! One tree; the first byte of a key says what the row is. Source: architecture D5.

use super::IndexError;
use super::guard::{guarded, guarded_apart};
use super::manifest::{INLINE_MAX, Manifest};
use super::run::{CHUNK_BYTES, Directory, check};
use super::run_files::RunFiles;
use super::scan::{Chunks, Run, RunId};
use linli_ledger::codec::{decode, encode};
use linli_ledger::record::KeyPart;
use sled::{Batch, IVec};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Larger values would become files that sled never syncs: 16 neighbours, each a fact of the largest kind.
const SEGMENT_BYTES: usize = 4 * 1024 * 1024;
/// What sled may keep in memory of its pages.
const CACHE_BYTES: u64 = 4 * 1024 * 1024;

const MANIFEST: [u8; 1] = *b"M";

/// The rows of an index.
pub(super) struct Store {
    /// There until it is dropped.
    database: Option<sled::Db>,
    /// The file that sled writes its log to.
    file: PathBuf,
    /// The large runs.
    pub(super) files: RunFiles,
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

/// Puts into a batch the removal of all rows of a run; one with a file has none.
pub(super) fn remove_run(batch: &mut Batch, run: &Run) {
    if run.is_file {
        return;
    }
    for number in 0..run.directory.len() {
        batch.remove(chunk_row(run.id, number));
    }
    if run.directory.len() > INLINE_MAX {
        for part in 0..encode(&*run.directory).len().div_ceil(CHUNK_BYTES) {
            batch.remove(directory_row(run.id, part));
        }
    }
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
        let files = RunFiles::open(folder)?;
        Ok(Self { database: Some(database), file: folder.join("db"), files })
    }

    fn database(&self) -> Result<&sled::Db, IndexError> {
        self.database.as_ref().ok_or_else(|| IndexError::doubt("closed"))
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<IVec>, IndexError> {
        let database = self.database()?;
        guarded("read", || database.get(key))
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

    /// Applies all of a batch or nothing.
    pub(super) fn apply(&self, batch: Batch) -> Result<(), IndexError> {
        let database = self.database()?;
        guarded("write", || database.apply_batch(batch))
    }

    /// Removes the files of runs that the manifest does not know.
    pub(super) fn tidy(&self, manifest: &Manifest) -> Result<(), IndexError> {
        self.files.keep(&manifest.files())
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
}

impl Chunks for Store {
    fn chunk(&self, run: &Run, number: usize) -> Result<Vec<u8>, IndexError> {
        let wrong = || IndexError::doubt("a chunk is missing or was changed");
        let hash = run.directory.hash(number).ok_or_else(wrong)?;
        let bytes = if run.is_file {
            let place = run.directory.chunk_place(number).ok_or_else(wrong)?;
            Some(self.files.chunk(run.id, place)?)
        } else {
            self.get(&chunk_row(run.id, number))?.map(|bytes| bytes.to_vec())
        };
        bytes.filter(|bytes| check(bytes) == *hash).ok_or_else(wrong)
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
