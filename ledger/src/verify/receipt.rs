//! This exists to prove what one transaction, or one due item, did: the receipt at its place, and the
//! transaction with everybody's signatures at the place that belongs to it.

use super::check::{Check, Checks, Failure, Finding};
use super::place::{ReceiptAt, listed};
use crate::block::Header;
use crate::receipt::{Receipt, Subject};
use crate::transaction::{SignedTransaction, VerifiedTransaction};
use crate::types::{BlockTime, Height};
use borsh::{BorshDeserialize, BorshSerialize};

/// What one transaction, or one due item, did. Source: PRF-5.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReceiptClaim {
    /// The receipt.
    pub receipt: ReceiptAt,
    /// The transaction that it is of; none for what fell due and for a recovery.
    pub transaction: Option<TransactionAt>,
}

/// A transaction and its path in the block of its receipt. Source: PRF-5.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TransactionAt {
    /// As it was signed.
    pub signed: SignedTransaction,
    /// Its path.
    pub path: Vec<[u8; 32]>,
}

/// What was proven: this happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownReceipt {
    /// In this block.
    pub height: Height,
    /// At its time.
    pub time: BlockTime,
    /// In this place among its receipts.
    pub index: u32,
    /// What it did.
    pub receipt: Receipt,
    /// Who signed what; none for what fell due and for a recovery.
    pub transaction: Option<VerifiedTransaction>,
}

impl ReceiptClaim {
    pub(super) fn open(
        &self,
        checks: &mut Checks,
        anchor: &Header,
    ) -> Result<ShownReceipt, Failure> {
        let header = self.receipt.open(checks, anchor)?;
        let transaction = self.transaction(checks, header)?;
        let ReceiptAt { index, receipt, .. } = &self.receipt;
        let (height, time) = (header.height, header.time);
        Ok(ShownReceipt { height, time, index: *index, receipt: receipt.clone(), transaction })
    }

    /// What fell due stands before the transactions, each of which has one receipt. Source: LED-5.7.
    fn transaction(
        &self,
        checks: &mut Checks,
        header: &Header,
    ) -> Result<Option<VerifiedTransaction>, Failure> {
        let id = match self.receipt.receipt.subject {
            Subject::Transaction(id) => Some(id.0),
            Subject::Due(_) | Subject::Recovery(_) => None,
        };
        let given = self.transaction.as_ref();
        let found = given.map(|transaction| transaction.signed.id().0);
        checks.hold(Check::Transaction, id == found, id, found)?;
        let Some(TransactionAt { signed, path }) = given else { return Ok(None) };
        let count = header.transaction_count;
        let first = header.receipt_count.checked_sub(count);
        let index = first.and_then(|first| self.receipt.index.checked_sub(first));
        let index = checks.some(Check::Transaction, index, first, self.receipt.index)?;
        let (leaf, root) = (signed.leaf(), header.transactions_root.bytes());
        listed(checks, Check::Transaction, path, leaf, index, count, root)?;
        let verified = signed.clone().verify(&header.chain);
        let verified =
            verified.map_err(|code| checks.failure(Check::Signature, Finding::Nothing, code))?;
        let (called, ran) = (verified.body().contract.0, self.receipt.receipt.contract.0);
        checks.equal(Check::Signature, ran, called)?;
        Ok(Some(verified))
    }
}
