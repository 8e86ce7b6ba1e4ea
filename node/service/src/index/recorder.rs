//! This exists to keep the receipts of the blocks that a start executes anyway, so that the read model finds them
//! and executes nothing again, on a second state.

use super::IndexError;
use super::receipts::Receipts;
use linli_ledger::block::Block;
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use linli_ledger::types::Height;
use linli_node::Observer;
use std::path::PathBuf;

/// Receipts that are written together.
const TOGETHER: usize = 4_000;

/// Counts what is executed, and puts the receipts that follow those that the index in a folder has beside them.
#[derive(Debug)]
pub(crate) struct Recorder {
    folder: PathBuf,
    kept: Kept,
    /// The block that is being executed.
    height: Height,
    waiting: Vec<Vec<Receipt>>,
    blocks: u64,
    receipts: u64,
}

#[derive(Debug)]
enum Kept {
    /// Nothing was executed yet.
    Nowhere,
    /// There, with so many receipts that wait to be written.
    Here(Receipts, usize),
    /// No longer: there would be a gap, or the disk could not.
    NoMore(Result<(), IndexError>),
}

impl Recorder {
    /// For the index in this folder, which is made if there is anything to keep.
    pub(crate) fn new(folder: PathBuf) -> Self {
        let (height, waiting) = (Height(0), Vec::new());
        Self { folder, kept: Kept::Nowhere, height, waiting, blocks: 0, receipts: 0 }
    }

    /// Blocks and receipts so far.
    pub(crate) fn blocks_and_receipts(&self) -> (u64, u64) {
        (self.blocks, self.receipts)
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// As [`Receipts::put`], for this or whatever could not be written before: the read model does without.
    pub(crate) fn finish(mut self) -> Result<(), IndexError> {
        self.write();
        match self.kept {
            Kept::Nowhere | Kept::Here(..) => Ok(()),
            Kept::NoMore(why) => why,
        }
    }

    fn keep(&mut self, receipts: &[Receipt]) {
        if matches!(self.kept, Kept::Nowhere) {
            self.kept = match Receipts::open(&self.folder) {
                Ok(kept) => Kept::Here(kept, 0),
                Err(error) => Kept::NoMore(Err(error)),
            };
        }
        let Kept::Here(kept, count) = &mut self.kept else { return };
        let last = Height(kept.last().0.saturating_add(self.waiting.len() as u64));
        if self.height <= last {
            return;
        }
        if self.height > last.next() {
            self.kept = Kept::NoMore(Ok(()));
            return;
        }
        *count += receipts.len() + 1;
        self.waiting.push(receipts.to_vec());
        if *count >= TOGETHER {
            self.write();
        }
    }

    fn write(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let Kept::Here(kept, count) = &mut self.kept else { return };
        if waiting.is_empty() {
            return;
        }
        *count = 0;
        if let Err(error) = kept.put(kept.last().next(), waiting.iter().map(Vec::as_slice)) {
            self.kept = Kept::NoMore(Err(error));
        }
    }
}

impl Observer for Recorder {
    fn before(&mut self, _: &State, block: &Block) {
        self.height = block.header.height;
    }

    fn after(&mut self, receipts: &[Receipt]) {
        self.blocks += 1;
        self.receipts += receipts.len() as u64;
        self.keep(receipts);
    }
}
