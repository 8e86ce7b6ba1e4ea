//! This exists to prove where every fen of a source is: its parts one after the other, from the first fen to
//! the last. Each part begins where the one before it ends, so none can be left out.

use super::check::{Check, Checks, Failure, Word};
use super::place::{LeafProof, Place, Roots};
use crate::block::Header;
use crate::codec::decode;
use crate::posting::AccountKey;
use crate::posting::money::{Lot, Segment, SegmentRecord, SourceRecord};
use crate::record::{KERNEL, KeyPart, Record, key_bytes};
use crate::types::{AccountId, Compartment, Height, SourceId, TransactionId};
use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::BTreeMap;

/// Where every fen of a source is after a block. Source: PRF-11.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PartitionClaim {
    /// The block.
    pub place: Place,
    /// The roots of its state.
    pub roots: Roots,
    /// The source.
    pub source: SourceId,
    /// Its record.
    pub record: LeafProof,
    /// Its parts, in order.
    pub parts: Vec<LeafProof>,
    /// The accounts that hold them, by identifier, each once.
    pub accounts: Vec<AccountKey>,
}

/// What was proven: this is where every fen of the source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPartition {
    /// After the block of this height.
    pub height: Height,
    /// The source.
    pub source: SourceId,
    /// How many fen it has.
    pub amount: u64,
    /// The transaction that issued it.
    pub issued_by: TransactionId,
    /// Its parts, in order, from its first fen to its last.
    pub parts: Vec<ShownPart>,
}

/// A part of a source, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPart {
    /// Which fen.
    pub segment: Segment,
    /// In which account.
    pub account: AccountKey,
    /// What they may be used for.
    pub lot: Lot,
}

impl PartitionClaim {
    pub(super) fn open(
        &self,
        checks: &mut Checks,
        anchor: &Header,
    ) -> Result<ShownPartition, Failure> {
        const PARTITION: Check = Check::Partition;
        let Self { source, roots, .. } = self;
        let header = self.place.open(checks, anchor)?;
        roots.open(checks, Check::StateRoot, header)?;
        let SourceRecord { amount, issued_by } = opened(checks, roots, &self.record, source)?;
        let mut named: BTreeMap<AccountId, (&AccountKey, bool)> = BTreeMap::new();
        let mut last = None;
        for key in &self.accounts {
            let id = key.id();
            checks.hold(PARTITION, last < Some(id), last.map(|id| id.0), id.0)?;
            last = Some(id);
            named.insert(id, (key, false));
        }
        let (mut start, mut parts) = (0_u64, Vec::with_capacity(self.parts.len()));
        for part in &self.parts {
            checks.hold(PARTITION, start < amount.0, amount.0, start)?;
            let id = (*source, start);
            let SegmentRecord { length, account, lot } = opened(checks, roots, part, &id)?;
            let known = named.get_mut(&account);
            let (key, is_used) = checks.some(PARTITION, known, account.0, None::<u64>)?;
            *is_used = true;
            let segment = Segment { source: *source, start, length };
            parts.push(ShownPart { segment, account: **key, lot });
            let end = start.checked_add(length).filter(|end| *end > start && *end <= amount.0);
            start = checks.some(PARTITION, end, amount.0, length)?;
        }
        checks.equal(PARTITION, amount.0, start)?;
        let unused = named.iter().find(|(_, (_, is_used))| !is_used).map(|(id, _)| id.0);
        checks.hold(PARTITION, unused.is_none(), None::<u64>, unused)?;
        let (height, source, amount) = (header.height, *source, amount.0);
        Ok(ShownPartition { height, source, amount, issued_by, parts })
    }
}

/// The record of a public kind of the kernel, once it is shown to be there.
fn opened<R: Record>(
    checks: &mut Checks,
    roots: &Roots,
    proof: &LeafProof,
    id: &impl KeyPart,
) -> Result<R, Failure> {
    let key = key_bytes(KERNEL, R::KIND, id);
    let stored = proof.open(checks, Check::Leaf, roots, Compartment::Public, &key)?;
    let record = stored.and_then(|leaf| decode::<R>(&leaf.value, "a record").ok());
    checks.some(Check::Partition, record, Word::Present, None::<u64>)
}
