//! This exists to say what the keys of the index are: one byte for what is listed, then parts whose
//! order is the order of the list. Pure.

use super::IndexError;
use linli_ledger::record::{KeyBytes, KeyPart};
use linli_ledger::types::{BlockTime, Day, Height, RecordId, SourceId};

/// What is listed. The letters are on disk: a change is a new [`super::manifest::FORMAT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Hash of a block → its height.
    Blocks,
    /// Transaction → where it is.
    Transactions,
    /// Identifier → the transaction that created it, and as which of its identifiers.
    Creators,
    /// Identifier, where → nothing: transactions that wrote a record of this identifier.
    Writers,
    /// Signing key, where → nothing.
    Signers,
    /// Account, number of the entry → where.
    Journals,
    /// Fund, day, from, to, source → amount and count, summed.
    Edges,
    /// Source, level, bin, where, movement → the interval that moved.
    Intervals,
    /// Place, start, activity → where it was proposed.
    Activities,
    /// Text from some letter on, how far from its beginning, kind, identifier → where.
    Texts,
}

impl Table {
    fn tag(self) -> u8 {
        match self {
            Self::Blocks => b'B',
            Self::Transactions => b'T',
            Self::Creators => b'C',
            Self::Writers => b'W',
            Self::Signers => b'K',
            Self::Journals => b'J',
            Self::Edges => SUMS,
            Self::Intervals => b'H',
            Self::Activities => b'A',
            Self::Texts => b'S',
        }
    }

    /// A key of this table; without all its parts, the beginning of many.
    pub(super) fn key(self, parts: &impl KeyPart) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        out.push(self.tag());
        parts.write(&mut out);
        out
    }
}

const SUMS: u8 = b'E';

/// Where something is in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The block.
    pub height: Height,
    /// The position of the receipt in the block, from 0: what fell due first, then transactions.
    pub index: u32,
}

impl KeyPart for Location {
    fn write(&self, out: &mut impl KeyBytes) {
        (self.height, self.index).write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (height, index) = KeyPart::read(bytes)?;
        Some(Self { height, index })
    }
}

/// Any 32 bytes that name something: an account, a record, an organisation.
pub(super) type AnyId = [u8; 32];

/// Fund and civil day; then the ends of the edge.
pub(super) type EdgeKey = ((RecordId, Day), super::place::Node, super::place::Node, SourceId);
/// Source, level and bin; then where, the movement of the receipt and its segment.
pub(super) type IntervalKey = ((SourceId, u8, u64), Location, u16, u16);

/// Written in front of a time or an identifier after text, which has no byte 0.
pub(super) const END_OF_TEXT: u8 = 0;

/// The key of an activity in one place; texts of places have no byte 0.
pub(super) fn activity(place: &str, start: BlockTime, activity: &RecordId) -> Vec<u8> {
    let mut out = activities(place);
    (start, *activity).write(&mut out);
    out
}

/// The beginning of the keys of all activities in exactly this place.
pub(super) fn activities(place: &str) -> Vec<u8> {
    let mut out = Table::Activities.key(&place.to_owned());
    out.push(END_OF_TEXT);
    out
}

/// The first key that does not begin with `prefix`; `None` where every greater key does.
pub(super) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// The two values of one key, from two runs: sums are added, facts are the same.
///
/// # Errors
/// [`IndexError::Doubt`] where two runs differ about a fact.
pub(super) fn combine(key: &[u8], one: Vec<u8>, other: &[u8]) -> Result<Vec<u8>, IndexError> {
    if key.first() == Some(&SUMS) {
        let sum = Sum::read(&one).zip(Sum::read(other)).map(|(one, other)| one.plus(other));
        return Ok(sum.ok_or_else(|| IndexError::doubt("a sum is no sum"))?.bytes());
    }
    if one == other { Ok(one) } else { Err(IndexError::doubt("two runs contradict each other")) }
}

/// An amount and how many movements it is the sum of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) amount: u64,
    pub(super) count: u64,
}

impl Sum {
    pub(super) fn read(mut bytes: &[u8]) -> Option<Self> {
        let (amount, count) = KeyPart::read(&mut bytes)?;
        bytes.is_empty().then_some(Self { amount, count })
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16);
        (self.amount, self.count).write(&mut out);
        out
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            amount: self.amount.saturating_add(other.amount),
            count: self.count.saturating_add(other.count),
        }
    }
}
