//! This exists to move money: intervals of sources, each fen in one place at a time, with its earmark.
//!
//! A fen is `(source, index)`. Live segments are leaves `(source, start) → (length, account, lot)`; a
//! second leaf per segment, keyed by account and rank, makes the order of spending the order of keys.

use super::{AccountKey, Quantity, Side, post};
use crate::amount::Fen;
use crate::code::{Code, Detail, Rejection, ensure};
use crate::limits::{HOLDINGS_VISITED_MAX, SEGMENTS_MAX};
use crate::record::{KERNEL, Key, KeyPart, Record};
use crate::types::{AccountId, Day, EarmarkId, SourceId, TransactionId};
use crate::view::{Order, View};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A half-open interval of a source: `start` to `start + length`. Source: LED-6.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Segment {
    /// The source.
    pub source: SourceId,
    /// Its first fen.
    #[serde(with = "crate::json::decimal")]
    pub start: u64,
    /// How many fen, at least 1.
    #[serde(with = "crate::json::decimal")]
    pub length: u64,
}

impl Segment {
    /// One past the last fen; saturates.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.length)
    }
}

/// What a fen may be used for and until when; its order is the order of spending. Source: LED-6.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Lot {
    /// The earmark.
    pub earmark: EarmarkId,
    /// How many dimensions the earmark constrains, 0 to 4: the most restricted is spent first.
    pub specificity: u8,
    /// The last civil day on which it may leave its fund.
    pub lapse_on: Option<Day>,
    /// Rank of the class of the source: lower is spent earlier.
    pub priority: u8,
    /// How often it was carried over into another year.
    pub carry_count: u8,
}

/// The bytes of a rank: smaller is spent earlier.
pub type Rank = [u8; 39];

impl Lot {
    /// The order of spending, `domain` §4.4: specificity down, lapse up (never last), priority up,
    /// carry count down, earmark up. Source: LED-6.7.
    ///
    /// # Panics
    /// Never: the parts have fixed lengths.
    pub fn rank(&self) -> Rank {
        let mut out = Key::new();
        out.push(u8::MAX.saturating_sub(self.specificity));
        self.lapse_on.map_or(u32::MAX, |day| day.0).write(&mut out);
        out.push(self.priority);
        out.push(u8::MAX.saturating_sub(self.carry_count));
        self.earmark.write(&mut out);
        Rank::try_from(out.as_slice()).expect("1 + 4 + 1 + 1 + 32 bytes")
    }

    fn from_rank(rank: &Rank) -> Option<Self> {
        let mut bytes = rank.as_slice();
        let specificity = u8::MAX.saturating_sub(u8::read(&mut bytes)?);
        let lapse = u32::read(&mut bytes)?;
        let priority = u8::read(&mut bytes)?;
        let carry_count = u8::MAX.saturating_sub(u8::read(&mut bytes)?);
        let earmark = EarmarkId::read(&mut bytes)?;
        let lapse_on = (lapse != u32::MAX).then_some(Day(lapse));
        Some(Self { earmark, specificity, lapse_on, priority, carry_count })
    }
}

/// Where an interval lies now. Source: LED-6.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct SegmentRecord {
    /// How many fen.
    #[serde(with = "crate::json::decimal")]
    pub length: u64,
    /// The account that holds them.
    pub account: AccountId,
    /// Their earmark and rank.
    pub lot: Lot,
}

/// The same interval by account and rank: the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct HoldingRecord(#[serde(with = "crate::json::decimal")] pub u64);

/// A source of money: how much was issued, by which transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct SourceRecord {
    /// Fen issued: the source is `[0, amount)`.
    pub amount: Fen,
    /// The transaction that issued it.
    pub issued_by: TransactionId,
}

mod exact;
pub use exact::*;

crate::records! { KERNEL, Public:
    SegmentRecord = 5, (SourceId, u64);
    HoldingRecord = 6, (AccountId, Rank, SourceId, u64);
    SourceRecord = 7, SourceId;
}

/// Creates a source of `amount` fen in the account `to`. Source: LED-6.7.
///
/// # Errors
/// [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::TimeWindow`] for a lapse on the last day that
/// a number can name; [`Code::AmountOverflow`].
///
/// # Panics
/// If `to` is not a holder: a bug of the caller.
pub fn issue(
    view: &mut View<'_>,
    origin: &AccountKey,
    to: &AccountKey,
    amount: Fen,
    lot: Lot,
) -> Result<SourceId, Rejection> {
    assert!(to.side == Side::Holder, "every fen lies in some account");
    amount.check()?;
    // The rank has no room for the last day of the calendar: it means "never".
    ensure(lot.lapse_on != Some(Day(u32::MAX)), Code::TimeWindow)?;
    let last = view.range_back::<SourceRecord>(&(), 1);
    let number = last.first().map_or(Some(0), |(id, _)| id.0.checked_add(1));
    let source = SourceId(number.ok_or(Code::AmountOverflow)?);
    let issued_by = view.writer();
    view.put_kernel(&source, &SourceRecord { amount, issued_by });
    let segment = Segment { source, start: 0, length: amount.0 };
    insert(view, segment, to.id(), lot);
    post(view, origin, to, Quantity::Fen(vec![segment]))?;
    Ok(source)
}

/// Chooses fen: the candidates that `allowed` accepts, in rank order, cut from the front; for
/// [`Order::Descending`] (refunds) the whole order is reversed and cuts are taken from the end.
///
/// # Errors
/// In this order: [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::InsufficientCompatible`] with
/// `Need` and `Have`; [`Code::TooManySegments`] above 1 024 segments, or where 16 384 were looked at.
///
/// Source: LED-6.7 (`domain` §4.4), INV-M14.
pub fn select(
    view: &View<'_>,
    account: &AccountKey,
    amount: Fen,
    order: Order,
    allowed: impl Fn(&Lot) -> bool,
) -> Result<Vec<Segment>, Rejection> {
    amount.check()?;
    let mut rest = amount.0;
    let mut chosen: Vec<Segment> = Vec::new();
    for (visited, (lot, segment)) in Holdings::new(view, account, order).enumerate() {
        if rest == 0 {
            break;
        }
        if visited == HOLDINGS_VISITED_MAX {
            return Err(Code::TooManySegments.into());
        }
        if !allowed(&lot) {
            continue;
        }
        let length = rest.min(segment.length);
        let start = match order {
            Order::Ascending => segment.start,
            Order::Descending => segment.end().saturating_sub(length),
        };
        chosen.push(Segment { start, length, ..segment });
        rest = rest.saturating_sub(length);
    }
    if rest > 0 {
        let details = [Detail::Need(amount.0), Detail::Have(amount.0.saturating_sub(rest))];
        return Err(Rejection::new(Code::InsufficientCompatible, &details));
    }
    let chosen = coalesced(chosen);
    if chosen.len() > SEGMENTS_MAX {
        return Err(Code::TooManySegments.into());
    }
    Ok(chosen)
}

/// All segments of an account with their lots, in the order of spending or its reverse.
pub fn holdings(view: &View<'_>, account: &AccountKey, order: Order) -> Vec<(Lot, Segment)> {
    Holdings::new(view, account, order).collect()
}

/// Reads the segments of an account a page at a time, as far as somebody asks.
struct Holdings<'v, 'a> {
    view: &'v View<'a>,
    account: AccountId,
    order: Order,
    last: Option<<HoldingRecord as Record>::Id>,
    page: std::vec::IntoIter<(<HoldingRecord as Record>::Id, HoldingRecord)>,
    is_full: bool,
}

impl<'v, 'a> Holdings<'v, 'a> {
    /// Segments per read: most payments need a few.
    const PAGE: usize = 64;

    fn new(view: &'v View<'a>, account: &AccountKey, order: Order) -> Self {
        let (account, page) = (account.id(), Vec::new().into_iter());
        Self { view, account, order, last: None, page, is_full: true }
    }

    fn turn(&mut self) {
        let (view, account) = (self.view, &self.account);
        let page = match (self.order, &self.last) {
            (Order::Ascending, None) => view.range::<HoldingRecord>(account, Self::PAGE),
            (Order::Ascending, Some(id)) => {
                view.range_after::<HoldingRecord>(account, id, Self::PAGE)
            }
            (Order::Descending, None) => view.range_back::<HoldingRecord>(account, Self::PAGE),
            (Order::Descending, Some(id)) => {
                view.range_before::<HoldingRecord>(account, id, Self::PAGE)
            }
        };
        self.is_full = page.len() == Self::PAGE;
        self.last = page.last().map(|(id, _)| *id);
        self.page = page.into_iter();
    }
}

impl Iterator for Holdings<'_, '_> {
    type Item = (Lot, Segment);

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0 && self.is_full {
            self.turn();
        }
        let ((_, rank, source, start), length) = self.page.next()?;
        let lot = Lot::from_rank(&rank).expect("ranks are written by Lot::rank");
        Some((lot, Segment { source, start, length: length.0 }))
    }
}

/// Sorts segments by source and start, drops empty ones and joins neighbours.
pub fn coalesced(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.retain(|segment| segment.length > 0);
    segments.sort_unstable();
    let mut out: Vec<Segment> = Vec::with_capacity(segments.len());
    for segment in segments {
        match out.last_mut() {
            Some(last) if last.source == segment.source && last.end() == segment.start => {
                last.length = last.length.saturating_add(segment.length);
            }
            Some(_) | None => out.push(segment),
        }
    }
    out
}

/// Moves exactly these fen from one account to another; their lots stay as they are.
///
/// # Errors
/// [`Code::AmountZero`] for an empty list; [`Code::TooManySegments`] above 1 024;
/// [`Code::SegmentMoved`] where a fen is not in `from`; [`Code::AmountOverflow`].
///
/// # Panics
/// If `to` is not a holder: a bug of the caller.
///
/// Source: LED-6.4, LED-6.7, INV-M1, INV-M2.
pub fn transfer(
    view: &mut View<'_>,
    from: &AccountKey,
    to: &AccountKey,
    segments: &[Segment],
) -> Result<(), Rejection> {
    assert!(to.side == Side::Holder, "every fen lies in some account");
    if segments.len() > SEGMENTS_MAX {
        return Err(Code::TooManySegments.into());
    }
    let segments = coalesced(segments.to_vec());
    for segment in &segments {
        relocate(view, *segment, from, to, &|lot| *lot)?;
    }
    post(view, from, to, Quantity::Fen(segments))
}

/// Moves one interval, which may span several records, and changes its lots on the way.
fn relocate(
    view: &mut View<'_>,
    segment: Segment,
    from: &AccountKey,
    to: &AccountKey,
    change: &impl Fn(&Lot) -> Lot,
) -> Result<(), Rejection> {
    // An end that saturates would make the interval look shorter than what is booked.
    segment.start.checked_add(segment.length).ok_or(Code::SegmentMoved)?;
    let mut start = segment.start;
    while start < segment.end() {
        let (held, record) = containing(view, segment.source, start).ok_or(Code::SegmentMoved)?;
        if record.account != from.id() {
            return Err(Code::SegmentMoved.into());
        }
        let end = held.end().min(segment.end());
        delete(view, held, &record);
        let part = |start: u64, end: u64| Segment {
            source: segment.source,
            start,
            length: end.saturating_sub(start),
        };
        for rest in [part(held.start, start), part(end, held.end())] {
            if rest.length > 0 {
                write(view, rest, record.account, record.lot);
            }
        }
        insert(view, part(start, end), to.id(), change(&record.lot));
        start = end;
    }
    Ok(())
}

/// The live segment that holds one fen.
pub fn containing(view: &View<'_>, source: SourceId, fen: u64) -> Option<(Segment, SegmentRecord)> {
    let after = (source, fen.checked_add(1)?);
    let ((source, start), record) =
        view.range_before::<SegmentRecord>(&source, &after, 1).into_iter().next()?;
    let segment = Segment { source, start, length: record.length };
    (fen < segment.end()).then_some((segment, record))
}

/// Writes a segment, joined with its neighbours of the same account and lot.
fn insert(view: &mut View<'_>, segment: Segment, account: AccountId, lot: Lot) {
    let mut joined = segment;
    let same = |record: &SegmentRecord| record.account == account && record.lot == lot;
    let before = segment.start.checked_sub(1).and_then(|fen| containing(view, segment.source, fen));
    if let Some((left, record)) = before.filter(|(_, record)| same(record)) {
        delete(view, left, &record);
        joined = Segment {
            start: left.start,
            length: left.length.saturating_add(joined.length),
            ..joined
        };
    }
    let after = view.get::<SegmentRecord>(&(segment.source, segment.end()));
    if let Some(record) = after.filter(same) {
        let right = Segment { source: segment.source, start: segment.end(), length: record.length };
        delete(view, right, &record);
        joined.length = joined.length.saturating_add(right.length);
    }
    write(view, joined, account, lot);
}

fn write(view: &mut View<'_>, segment: Segment, account: AccountId, lot: Lot) {
    let record = SegmentRecord { length: segment.length, account, lot };
    view.put_kernel(&(segment.source, segment.start), &record);
    let id = (account, lot.rank(), segment.source, segment.start);
    view.put_kernel(&id, &HoldingRecord(segment.length));
}

fn delete(view: &mut View<'_>, segment: Segment, record: &SegmentRecord) {
    view.remove_kernel::<SegmentRecord>(&(segment.source, segment.start));
    let id = (record.account, record.lot.rank(), segment.source, segment.start);
    view.remove_kernel::<HoldingRecord>(&id);
}
