//! This exists to answer "where is this transaction, and what came of it?", and to list transactions:
//! those that a key signed, those that wrote a record.

use super::super::key::{AnyId, Table};
use super::super::read::List;
use super::super::{Checked, Index, IndexError, Location, Page, Paged};
use linli_ledger::block::CommittedBlock;
use linli_ledger::crypto::PublicKey;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::record::KeyPart;
use linli_ledger::transaction::SignedTransaction;
use linli_ledger::types::{BlockHash, BlockTime, Height, TransactionId, derive_identifier};
use std::sync::Arc;

/// A receipt in its block, checked against the header.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where it is.
    pub at: Location,
    /// Its block.
    pub block: Arc<Checked>,
}

impl Found {
    /// The receipt.
    ///
    /// # Panics
    /// Never: a place is only made into this where there is a receipt.
    pub fn receipt(&self) -> &Receipt {
        self.block.receipt(self.at.index).expect("made where there is a receipt")
    }

    /// The transaction; `None` for what fell due.
    pub fn transaction(&self) -> Option<&SignedTransaction> {
        self.block.transaction(self.at.index)
    }

    /// The identifier of the transaction; `None` for what fell due.
    pub fn id(&self) -> Option<TransactionId> {
        match self.receipt().subject {
            Subject::Transaction(id) => Some(id),
            Subject::Due(_) | Subject::Recovery(_) => None,
        }
    }

    /// The time of the block.
    pub fn time(&self) -> BlockTime {
        self.block.header().time
    }
}

/// The transaction that created an identifier.
#[derive(Clone, Debug)]
pub struct Created {
    /// The transaction.
    pub by: Found,
    /// Which of its identifiers it is, from 0. Source: LED-3.6.
    pub number: u32,
}

impl Index {
    /// What is at a place, checked.
    pub(in super::super) fn found(&self, at: Location) -> Result<Found, IndexError> {
        let block = self.checked(at.height)?;
        if block.receipt(at.index).is_none() {
            return Err(IndexError::doubt(format!("block {} has no such receipt", at.height)));
        }
        Ok(Found { at, block })
    }

    /// A transaction by its identifier; `None` if none was in a block up to the cursor.
    ///
    /// # Errors
    /// [`IndexError::Doubt`] where another one is at its place; [`IndexError::Chain`].
    pub fn transaction(&self, id: &TransactionId) -> Result<Option<Found>, IndexError> {
        let reader = self.reader();
        let Some(value) = reader.get(&Table::Transactions.key(id))? else { return Ok(None) };
        let found = self.found(location(&value)?)?;
        let is_it = found.transaction().is_some_and(|signed| signed.id() == *id);
        if !is_it || found.id() != Some(*id) {
            return Err(IndexError::doubt("another transaction is at this place"));
        }
        Ok(Some(found))
    }

    /// A block with its receipts; `None` above the cursor and for height 0.
    ///
    /// # Errors
    /// [`IndexError::Doubt`], [`IndexError::Chain`].
    pub fn block(&self, height: Height) -> Result<Option<Arc<Checked>>, IndexError> {
        if height == Height(0) || height > self.cursor().0 {
            return Ok(None);
        }
        self.checked(height).map(Some)
    }

    /// The height of a block by its hash; `None` if none up to the cursor has it.
    ///
    /// # Errors
    /// [`IndexError::Doubt`] where another block is at that height; [`IndexError::Chain`].
    pub fn height_of(&self, hash: &BlockHash) -> Result<Option<Height>, IndexError> {
        let Some(value) = self.reader().get(&Table::Blocks.key(&hash.0))? else { return Ok(None) };
        let wrong = || IndexError::doubt("another block is at this height");
        let height = Height::read(&mut value.as_slice()).ok_or_else(wrong)?;
        let block = self.blocks.block(height)?.ok_or_else(wrong)?;
        if block.block.header.hash() == *hash { Ok(Some(height)) } else { Err(wrong()) }
    }

    /// The last block at or before a time; `None` before the first block.
    ///
    /// # Errors
    /// [`IndexError::Chain`].
    pub fn block_at(&self, time: BlockTime) -> Result<Option<CommittedBlock>, IndexError> {
        // Times strictly grow, so halving finds it: about twenty blocks of a million.
        let (mut low, mut high) = (0_u64, self.cursor().0.0);
        let mut found = None;
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let block = self.blocks.block(Height(middle))?;
            let block = block.ok_or_else(|| IndexError::doubt("a block is missing"))?;
            if block.block.header.time <= time {
                low = middle;
                found = Some(block);
            } else {
                high = middle - 1;
            }
        }
        Ok(found)
    }

    /// The transaction that created an identifier (of a record, a person, an organisation, an
    /// earmark); `None` for one of genesis and for an unknown one.
    ///
    /// # Errors
    /// [`IndexError::Doubt`] where that transaction does not create it; [`IndexError::Chain`].
    pub fn creator(&self, id: &AnyId) -> Result<Option<Created>, IndexError> {
        let reader = self.reader();
        let Some(value) = reader.get(&Table::Creators.key(id))? else { return Ok(None) };
        let mut rest = value.as_slice();
        let parts = Location::read(&mut rest).zip(u32::read(&mut rest));
        let (at, number) = parts.ok_or_else(|| IndexError::doubt("a place is no place"))?;
        let by = self.found(at)?;
        let creates = by.id().is_some_and(|creator| derive_identifier(&creator, number) == *id);
        if !creates {
            return Err(IndexError::doubt("another transaction is at this place"));
        }
        Ok(Some(Created { by, number }))
    }

    /// All that wrote a record of this identifier: the life of a payment, a contract, an activity, a
    /// voucher. Transactions and what fell due.
    ///
    /// # Errors
    /// [`IndexError::Doubt`], [`IndexError::Chain`].
    pub fn history(&self, id: &AnyId, page: &Page) -> Result<Paged<Found>, IndexError> {
        let wrote = |found: &Found| {
            let writes = &found.receipt().writes;
            writes.iter().any(|write| super::super::facts::record_of(&write.key) == Some(*id))
        };
        self.places(&List::all(Table::Writers.key(id)), page, wrote)
    }

    /// The transactions that a key signed, as sender or beside others.
    ///
    /// # Errors
    /// [`IndexError::Doubt`], [`IndexError::Chain`].
    pub fn signed_by(&self, key: &PublicKey, page: &Page) -> Result<Paged<Found>, IndexError> {
        let signed = |found: &Found| {
            let body = found.transaction().and_then(|signed| {
                borsh::from_slice::<linli_ledger::transaction::Body>(&signed.body).ok()
            });
            body.is_some_and(|body| body.signers.iter().any(|signer| signer.key == *key))
        };
        self.places(&List::all(Table::Signers.key(key)), page, signed)
    }

    /// A page of a list whose keys end with places; each must be what the list is of.
    fn places(
        &self,
        list: &List,
        page: &Page,
        belongs: impl Fn(&Found) -> bool,
    ) -> Result<Paged<Found>, IndexError> {
        let paged = self.reader().page(list, page)?;
        paged.try_map(|(key, _)| {
            let found = self.found(location(&key)?)?;
            let other = || IndexError::doubt("something else is at this place");
            if belongs(&found) { Ok(found) } else { Err(other()) }
        })
    }
}

/// Reads a place that is all of some bytes.
pub(super) fn location(mut bytes: &[u8]) -> Result<Location, IndexError> {
    let at = Location::read(&mut bytes).filter(|_| bytes.is_empty());
    at.ok_or_else(|| IndexError::doubt("a place is no place"))
}
