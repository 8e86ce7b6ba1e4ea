//! This exists to work with fen that are named one by one: to choose among them, to give them another
//! lot, to read an account a page at a time.

use super::{HoldingRecord, Lot, Rank, Segment, coalesced, containing, relocate};
use crate::amount::Fen;
use crate::code::{Code, Detail, Rejection, ensure};
use crate::limits::SEGMENTS_MAX;
use crate::posting::AccountKey;
use crate::types::Day;
use crate::view::{Order, View};

/// Gives exactly these fen another lot: they stay in their account and keep source and offset, so that
/// nothing is booked. For what the contract of the unit decides about earmarks and carry-over.
///
/// # Errors
/// [`Code::AmountZero`] for an empty list; [`Code::TooManySegments`] above 1 024;
/// [`Code::SegmentMoved`] where a fen is not in `account` or is named twice; [`Code::TimeWindow`] for a
/// lapse on the last day that a number can name.
///
/// Source: LED-6.7, INV-M5.
pub fn relot(
    view: &mut View<'_>,
    account: &AccountKey,
    segments: &[Segment],
    change: impl Fn(&Lot) -> Lot,
) -> Result<(), Rejection> {
    if segments.len() > SEGMENTS_MAX {
        return Err(Code::TooManySegments.into());
    }
    let segments = coalesced(segments.to_vec());
    ensure(!segments.is_empty(), Code::AmountZero)?;
    let sound = |lot: &Lot| change(lot).lapse_on != Some(Day(u32::MAX));
    let lots = parts(view, account, &segments)?;
    ensure(lots.iter().all(|(lot, _)| sound(lot)), Code::TimeWindow)?;
    for segment in &segments {
        relocate(view, *segment, account, account, &change)?;
    }
    Ok(())
}

/// Chooses fen among these alone, which must all lie in `account`: as [`select`](super::select), in rank order cut
/// from the front, or with [`Order::Descending`] in the reverse order cut from the end.
///
/// # Errors
/// In this order: [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::SegmentMoved`] where one is not in
/// `account` or is named twice; [`Code::TooManySegments`]; [`Code::InsufficientCompatible`] with `Need` and `Have`.
///
/// Source: LED-6.7.
pub fn select_within(
    view: &View<'_>,
    account: &AccountKey,
    amount: Fen,
    order: Order,
    within: &[Segment],
) -> Result<Vec<Segment>, Rejection> {
    amount.check()?;
    let mut candidates: Vec<(Rank, Segment)> = parts(view, account, within)?
        .into_iter()
        .map(|(lot, segment)| (lot.rank(), segment))
        .collect();
    candidates.sort_unstable();
    if order == Order::Descending {
        candidates.reverse();
    }
    let mut rest = amount.0;
    let mut chosen = Vec::new();
    for (_, segment) in candidates {
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
    Ok(coalesced(chosen))
}

/// These fen with their lots, in pieces of one lot each.
///
/// # Errors
/// [`Code::SegmentMoved`] where a fen is not in `account` or is named twice; [`Code::TooManySegments`]
/// above 1 024 pieces.
pub fn parts(
    view: &View<'_>,
    account: &AccountKey,
    segments: &[Segment],
) -> Result<Vec<(Lot, Segment)>, Rejection> {
    let id = account.id();
    let mut out: Vec<(Lot, Segment)> = Vec::new();
    for segment in coalesced(segments.to_vec()) {
        let twice = out
            .last()
            .is_some_and(|(_, last)| last.source == segment.source && segment.start < last.end());
        ensure(!twice, Code::SegmentMoved)?;
        segment.start.checked_add(segment.length).ok_or(Code::SegmentMoved)?;
        let mut start = segment.start;
        while start < segment.end() {
            let found = containing(view, segment.source, start);
            let (held, record) =
                found.filter(|(_, record)| record.account == id).ok_or(Code::SegmentMoved)?;
            let end = held.end().min(segment.end());
            let length = end.saturating_sub(start);
            out.push((record.lot, Segment { start, length, ..segment }));
            ensure(out.len() <= SEGMENTS_MAX, Code::TooManySegments)?;
            start = end;
        }
    }
    Ok(out)
}

/// What is left of some segments without others: both sorted by source and start, as [`coalesced`]
/// leaves them; fen that only the second list names are ignored.
pub fn without(segments: &[Segment], taken: &[Segment]) -> Vec<Segment> {
    let mut out = Vec::new();
    for segment in segments {
        let mut start = segment.start;
        for other in taken.iter().filter(|other| other.source == segment.source) {
            if other.end() <= start || other.start >= segment.end() {
                continue;
            }
            let length = other.start.saturating_sub(start);
            out.push(Segment { start, length, ..*segment });
            start = other.end();
        }
        let length = segment.end().saturating_sub(start);
        out.push(Segment { start, length, ..*segment });
    }
    coalesced(out)
}

/// The segments of an account after `after`, which [`page`] showed last, in the order of spending, at
/// most `limit` and 1 024.
///
/// # Panics
/// Never: ranks are written by [`Lot::rank`].
pub fn page(
    view: &View<'_>,
    account: &AccountKey,
    after: Option<&(Lot, Segment)>,
    limit: usize,
) -> Vec<(Lot, Segment)> {
    let id = account.id();
    let found = match after {
        None => view.range::<HoldingRecord>(&id, limit),
        Some((lot, Segment { source, start, .. })) => {
            view.range_after::<HoldingRecord>(&id, &(id, lot.rank(), *source, *start), limit)
        }
    };
    found
        .into_iter()
        .map(|((_, rank, source, start), length)| {
            let lot = Lot::from_rank(&rank).expect("ranks are written by Lot::rank");
            (lot, Segment { source, start, length: length.0 })
        })
        .collect()
}
