//! This exists to prove what a record was at a height, or that there was none. Versions of a record never
//! come twice and follow each other one by one, so two receipts stand for every height between them.

use super::check::{Check, Checks, Failure, Word};
use super::place::{LeafAt, ReceiptAt, Stored};
use crate::block::Header;
use crate::receipt::Write;
use crate::state::value_hash;
use crate::types::{Compartment, Height};
use borsh::{BorshDeserialize, BorshSerialize};

/// What a record was, and from which block to which. Source: PRF-6.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AsOfClaim {
    /// The half of the state.
    pub compartment: Compartment,
    /// The key of the record.
    pub key: Vec<u8>,
    /// Why.
    pub proof: AsOf,
}

/// Why a record had its value, which also says when: no height is claimed beside it. Source: PRF-6.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum AsOf {
    /// It lies, or does not lie, in the state of this block.
    At(LeafAt),
    /// It was written in one block and lies unchanged in the state of that block or a later one.
    Since {
        /// The receipt that wrote it.
        written: ReceiptAt,
        /// The record as it still lies.
        leaf: LeafAt,
    },
    /// It was written in one block, and next in a later one.
    Between {
        /// The record.
        value: Vec<u8>,
        /// The receipt that wrote it.
        written: ReceiptAt,
        /// The receipt that wrote or removed it next.
        next: ReceiptAt,
    },
}

/// What was proven: the record after each block of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownAsOf {
    /// The half of the state.
    pub compartment: Compartment,
    /// The key of the record.
    pub key: Vec<u8>,
    /// When, and what.
    pub span: Span,
}

/// A record after each block from one to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first block.
    pub from: Height,
    /// The last block.
    pub to: Height,
    /// Its canonical bytes; none where there was no such record.
    pub value: Option<Vec<u8>>,
}

impl AsOfClaim {
    pub(super) fn open(&self, checks: &mut Checks, anchor: &Header) -> Result<ShownAsOf, Failure> {
        let span = self.proof.open(checks, anchor, self.compartment, &self.key)?;
        Ok(ShownAsOf { compartment: self.compartment, key: self.key.clone(), span })
    }
}

impl AsOf {
    /// The value, and after which blocks it was that.
    pub(super) fn open(
        &self,
        checks: &mut Checks,
        anchor: &Header,
        compartment: Compartment,
        key: &[u8],
    ) -> Result<Span, Failure> {
        match self {
            Self::At(leaf) => {
                let (header, stored) = leaf.open(checks, anchor, compartment, key)?;
                let (from, to) = (header.height, header.height);
                Ok(Span { from, to, value: stored.map(|stored| stored.value.clone()) })
            }
            Self::Since { written, leaf } => {
                let (write, from) = wrote(checks, anchor, written, compartment, key)?;
                let (header, stored) = leaf.open(checks, anchor, compartment, key)?;
                let to = header.height;
                checks.hold(Check::AsOf, to >= from, from, to)?;
                let Stored { version, value, .. } =
                    checks.some(Check::AsOf, stored, Word::Present, None::<u64>)?;
                checks.equal(Check::AsOf, write.version, *version)?;
                said(checks, value, write)?;
                Ok(Span { from, to, value: Some(value.clone()) })
            }
            Self::Between { value, written, next } => {
                let (write, from) = wrote(checks, anchor, written, compartment, key)?;
                said(checks, value, write)?;
                let (after, end) = wrote(checks, anchor, next, compartment, key)?;
                checks.hold(Check::AsOf, end > from, from.next(), end)?;
                let version = write.version.checked_add(1);
                checks.hold(Check::AsOf, version == Some(after.version), version, after.version)?;
                let to = Height(end.0.saturating_sub(1));
                Ok(Span { from, to, value: Some(value.clone()) })
            }
        }
    }
}

/// What a receipt wrote at a key, and where, once the receipt is shown to be in the chain.
fn wrote<'a>(
    checks: &mut Checks,
    anchor: &'a Header,
    receipt: &'a ReceiptAt,
    compartment: Compartment,
    key: &[u8],
) -> Result<(&'a Write, Height), Failure> {
    let header = receipt.open(checks, anchor)?;
    let write = receipt.write(compartment, key);
    let write = checks.some(Check::AsOf, write, Word::Present, None::<u64>)?;
    Ok((write, header.height))
}

/// Shows that a write wrote this value.
fn said(checks: &mut Checks, value: &[u8], write: &Write) -> Result<(), Failure> {
    let found = value_hash(value);
    checks.hold(Check::AsOf, write.value == Some(found), write.value, found)
}
