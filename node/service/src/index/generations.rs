//! This exists to keep the folder of the index in order: each rebuild has a new folder beside the old
//! one, so that files which a broken sled still holds never meet the new ones.

use super::{IndexError, receipts};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder that holds the folders.
#[derive(Clone, Debug)]
pub(super) struct Generations(PathBuf);

fn failed(source: io::Error) -> IndexError {
    IndexError::Storage { action: "make room for", source }
}

impl Generations {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    fn numbers(&self) -> Vec<u64> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut numbers: Vec<u64> = entries
            .filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok()))
            .collect();
        numbers.sort_unstable();
        numbers
    }

    fn folder(&self, number: u64) -> PathBuf {
        self.0.join(format!("{number:06}"))
    }

    /// The newest one, or the first.
    pub(super) fn current(&self) -> Result<PathBuf, IndexError> {
        fs::create_dir_all(&self.0).map_err(failed)?;
        Ok(self.newest())
    }

    /// The newest one, or the first, which need not be there.
    pub(super) fn newest(&self) -> PathBuf {
        self.folder(self.numbers().last().copied().unwrap_or(1))
    }

    /// The one after the newest.
    pub(super) fn next(&self) -> PathBuf {
        self.folder(self.numbers().last().copied().unwrap_or(0).saturating_add(1))
    }

    /// Begins a new one, which may take the receipts over; the others go as far as they can be removed.
    pub(super) fn renew(&self, takes_receipts: bool) -> Result<PathBuf, IndexError> {
        let (old, new) = (self.newest(), self.next());
        fs::create_dir_all(&new).map_err(failed)?;
        if takes_receipts {
            // Without them there is more to do, and nothing else.
            let _ = fs::rename(receipts::folder(&old), receipts::folder(&new));
        }
        self.clear(&new);
        Ok(new)
    }

    /// Removes all but this one.
    pub(super) fn clear(&self, keep: &Path) {
        for number in self.numbers() {
            let folder = self.folder(number);
            if folder != keep {
                // What cannot be removed now is tried again with the next rebuild or start.
                let _ = fs::remove_dir_all(&folder);
            }
        }
    }
}
