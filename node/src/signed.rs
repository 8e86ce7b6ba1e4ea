//! This exists to keep what a validator has signed beside its chain, through the one door to files.

use crate::storage::Storage;
use linli_consensus::Memory;
use std::fmt;
use std::io;

const NAME: &str = "signed";

/// The file of one node.
pub(crate) struct Signed(Box<dyn Storage>);

impl Signed {
    pub(crate) fn new(storage: Box<dyn Storage>) -> Self {
        Self(storage)
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signed")
    }
}

impl Memory for Signed {
    fn read(&self) -> io::Result<Vec<u8>> {
        Ok(self.0.read(NAME)?.unwrap_or_default())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.append(NAME, bytes)
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.replace(NAME, bytes)
    }
}
