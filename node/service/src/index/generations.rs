//! This exists to keep the folder of the index in order: each rebuild has a new folder beside the old
//! one, so that files which a broken sled still holds never meet the new ones.

use super::IndexError;
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
        Ok(self.folder(self.numbers().last().copied().unwrap_or(1)))
    }

    /// Begins a new one; the others go as far as they can be removed.
    pub(super) fn renew(&self) -> Result<PathBuf, IndexError> {
        let old = self.numbers();
        let folder = self.folder(old.last().copied().unwrap_or(0).saturating_add(1));
        fs::create_dir_all(&folder).map_err(failed)?;
        self.clear(&folder);
        Ok(folder)
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
