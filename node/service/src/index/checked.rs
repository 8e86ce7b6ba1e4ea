//! This exists to hand out nothing that was not checked: a block comes from the chain file, its
//! receipts from the index, and they are used only if they hash to what the header says.

use super::{Index, IndexError};
use linli_ledger::block::{BlockTransaction, CommittedBlock, Header};
use linli_ledger::receipt::Receipt;
use linli_ledger::transaction::SignedTransaction;
use linli_ledger::types::Height;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A block of the chain and the receipts that its header commits to.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The block and its certificate, as they are in the chain file.
    pub committed: CommittedBlock,
    /// What fell due, then the transactions.
    pub receipts: Vec<Receipt>,
}

impl Checked {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.committed.block.header
    }

    /// The position in the block of the transaction with this receipt.
    pub fn position(&self, index: u32) -> Option<usize> {
        let transactions = self.committed.block.transactions.len();
        let first = self.receipts.len().checked_sub(transactions)?;
        usize::try_from(index).ok()?.checked_sub(first).filter(|place| *place < transactions)
    }

    /// The transaction with this receipt; `None` for what fell due and what is withheld.
    pub fn transaction(&self, index: u32) -> Option<&SignedTransaction> {
        match self.committed.block.transactions.get(self.position(index)?)? {
            BlockTransaction::Full(signed) => Some(signed),
            BlockTransaction::Withheld(_) => None,
        }
    }

    /// A receipt by its position.
    pub fn receipt(&self, index: u32) -> Option<&Receipt> {
        self.receipts.get(usize::try_from(index).ok()?)
    }
}

/// Receipts of blocks that are remembered, so that a page of a journal checks a block once.
const REMEMBERED_RECEIPTS: usize = 2_000;

/// Blocks that were checked lately.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    blocks: BTreeMap<Height, (u64, Arc<Checked>)>,
    receipts: usize,
    clock: u64,
}

impl Remembered {
    fn get(&self, height: Height) -> Option<Arc<Checked>> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.clock += 1;
        let now = recent.clock;
        let (used, checked) = recent.blocks.get_mut(&height)?;
        *used = now;
        Some(checked.clone())
    }

    fn put(&self, height: Height, checked: &Arc<Checked>) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.clock += 1;
        let now = recent.clock;
        if recent.blocks.insert(height, (now, checked.clone())).is_none() {
            recent.receipts += checked.receipts.len() + 1;
        }
        while recent.receipts > REMEMBERED_RECEIPTS && recent.blocks.len() > 1 {
            let oldest = recent.blocks.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(height, _)| *height) else { return };
            if let Some((_, dropped)) = recent.blocks.remove(&oldest) {
                recent.receipts -= dropped.receipts.len() + 1;
            }
        }
    }
}

impl Index {
    /// A block with its receipts, checked: the frame by its hash, the receipts by the header's root
    /// and count.
    ///
    /// # Errors
    /// [`IndexError::Chain`] where the chain file cannot be read; [`IndexError::Doubt`] where what the
    /// index holds is not what the header says.
    pub(super) fn checked(&self, height: Height) -> Result<Arc<Checked>, IndexError> {
        if let Some(checked) = self.remembered.get(height) {
            return Ok(checked);
        }
        let checked = self.read(height)?;
        let checked = checked
            .ok_or_else(|| IndexError::doubt(format!("block {height} is not in the chain")))?;
        let checked = Arc::new(checked);
        self.remembered.put(height, &checked);
        Ok(checked)
    }

    /// As [`Index::checked`], of a block that may not be in the chain; it is not remembered.
    pub(super) fn read(&self, height: Height) -> Result<Option<Checked>, IndexError> {
        let committed = self.blocks.block(height)?;
        let Some(committed) = committed.filter(|one| one.block.header.chain == self.genesis) else {
            return Ok(None);
        };
        let receipts = self.receipts.get(&committed.block.header)?;
        Ok(Some(Checked { committed, receipts }))
    }
}
