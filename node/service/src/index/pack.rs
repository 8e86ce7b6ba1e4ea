//! This exists to keep receipts in few large rows: those of a large block in several, those of many
//! small blocks in one. Pure.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::codec::encode;
use linli_ledger::receipt::Receipt;
use linli_ledger::types::Height;

/// The most that a row of several receipts holds: all those of a block are read together.
pub(super) const ROW_BYTES: usize = 4 * 1024;

/// A row: receipts in order, each with its height, its position in the block and its bytes.
pub(super) type Pack = Vec<Packed>;

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Packed {
    pub(super) height: Height,
    pub(super) index: u32,
    pub(super) bytes: Vec<u8>,
}

impl Packed {
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + 16
    }
}

/// The receipts of a block.
pub(super) fn of_block(height: Height, receipts: &[Receipt]) -> impl Iterator<Item = Packed> {
    (0_u32..).zip(receipts).map(move |(index, receipt)| {
        let bytes = encode(receipt);
        Packed { height, index, bytes }
    })
}

/// Fills rows up to the size of a chunk; a receipt above it has a row of its own.
pub(super) fn rows(receipts: impl Iterator<Item = Packed>) -> Vec<Pack> {
    let mut rows: Vec<Pack> = Vec::new();
    let mut size = 0;
    for receipt in receipts {
        size += receipt.size();
        match rows.last_mut() {
            Some(row) if size <= ROW_BYTES => row.push(receipt),
            Some(_) | None => {
                size = receipt.size();
                rows.push(vec![receipt]);
            }
        }
    }
    rows
}
