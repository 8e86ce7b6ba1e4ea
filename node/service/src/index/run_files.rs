//! This exists to keep large runs in files of their own: written once, in order, and removed as a whole. In sled
//! they would be written three times over, and nothing would give the room back. Source: ADR 0041.

use super::IndexError;
use super::guard::of_disk;
use super::run::{Directory, check};
use super::scan::RunId;
use linli_ledger::codec::{decode, encode};
use linli_node::storage::{Folder, Storage};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The runs of an index that have files.
#[derive(Debug)]
pub(super) struct RunFiles {
    path: PathBuf,
    folder: Folder,
}

fn name(run: RunId) -> String {
    format!("{run:010}.run")
}

impl RunFiles {
    /// Those of the index in a folder.
    ///
    /// # Errors
    /// [`IndexError::Storage`]; [`IndexError::Doubt`].
    pub(super) fn open(index: &Path) -> Result<Self, IndexError> {
        let path = index.join("runs");
        let folder = Folder::create(&path).map_err(of_disk("open"))?;
        Ok(Self { path, folder })
    }

    /// The bytes at a place of a run; whether they are what was written, the caller checks.
    ///
    /// # Errors
    /// [`IndexError::Storage`]; [`IndexError::Doubt`].
    pub(super) fn chunk(&self, run: RunId, place: Range<u64>) -> Result<Vec<u8>, IndexError> {
        let length = usize::try_from(place.end.saturating_sub(place.start)).unwrap_or(usize::MAX);
        let bytes = self.folder.read_at(&name(run), place.start, length);
        bytes
            .map_err(of_disk("read"))?
            .ok_or_else(|| IndexError::doubt("the file of a run is missing"))
    }

    /// The directory of a run, which stands behind its chunks, checked against its hash.
    ///
    /// # Errors
    /// As [`RunFiles::chunk`].
    pub(super) fn directory(
        &self,
        run: RunId,
        chunk_bytes: u64,
        directory_bytes: u64,
        hash: &[u8; 32],
    ) -> Result<Directory, IndexError> {
        let end = chunk_bytes.saturating_add(directory_bytes);
        let bytes = self.chunk(run, chunk_bytes..end)?;
        let directory = decode(&bytes, "a directory").ok().filter(|_| check(&bytes) == *hash);
        directory.ok_or_else(|| IndexError::doubt("a directory is missing or was changed"))
    }

    /// Begins the file of a run; of no use before it is finished.
    ///
    /// # Errors
    /// As [`RunFiles::chunk`].
    pub(super) fn begin(&self, run: RunId) -> Result<NewRun, IndexError> {
        let file = File::create(self.path.join(name(run))).map_err(of_disk("write"))?;
        Ok(NewRun { folder: self.path.clone(), file: BufWriter::with_capacity(64 * 1024, file) })
    }

    /// Removes the files of all other runs.
    ///
    /// # Errors
    /// As [`RunFiles::chunk`].
    pub(super) fn keep(&self, runs: &[RunId]) -> Result<(), IndexError> {
        let kept: Vec<_> = runs.iter().map(|run| name(*run)).collect();
        let mut folder = self.folder.clone();
        for name in folder.list().map_err(of_disk("list"))? {
            if !kept.contains(&name) {
                folder.remove(&name).map_err(of_disk("remove"))?;
            }
        }
        Ok(())
    }
}

/// The file of a run that is being written.
#[derive(Debug)]
pub(super) struct NewRun {
    folder: PathBuf,
    file: BufWriter<File>,
}

impl NewRun {
    /// Adds the next chunk.
    ///
    /// # Errors
    /// As [`RunFiles::chunk`].
    pub(super) fn put(&mut self, chunk: &[u8]) -> Result<(), IndexError> {
        self.file.write_all(chunk).map_err(of_disk("write"))
    }

    /// Ends it with its directory; durable when it returns. The size of the directory and the hash by which it is
    /// known again.
    ///
    /// # Errors
    /// As [`RunFiles::chunk`].
    pub(super) fn finish(self, directory: &Directory) -> Result<(u64, [u8; 32]), IndexError> {
        let Self { folder, mut file } = self;
        let bytes = encode(directory);
        file.write_all(&bytes)
            .and_then(|()| file.into_inner().map_err(std::io::IntoInnerError::into_error))
            .and_then(|file| file.sync_all())
            .and_then(|()| File::open(folder)?.sync_all())
            .map_err(of_disk("write"))?;
        Ok((bytes.len() as u64, check(&bytes)))
    }
}
