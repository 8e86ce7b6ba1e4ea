//! This exists to move points: lots that keep their batch and their expiry wherever they go.

use super::{AccountKey, Quantity, Side, post};
use crate::amount::Points;
use crate::code::{Code, Detail, Rejection};
use crate::limits::SEGMENTS_MAX;
use crate::record::KERNEL;
use crate::types::{AccountId, BlockTime, RecordId};
use crate::view::View;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Points of one batch. Source: LED-6.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PointLot {
    /// The instant from which they are worth nothing.
    pub expires_at: BlockTime,
    /// The participation that earned them.
    pub batch: RecordId,
    /// How many.
    #[serde(with = "crate::json::decimal")]
    pub amount: u64,
}

/// How many points of one batch lie in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PointHolding(#[serde(with = "crate::json::decimal")] pub u64);

crate::records! { KERNEL, Restricted:
    PointHolding = 4, (AccountId, BlockTime, RecordId);
}

/// The lots of an account, earliest expiry first, then lowest batch; at most 1 024.
pub fn lots(view: &View<'_>, account: &AccountKey) -> Vec<PointLot> {
    view.range::<PointHolding>(&account.id(), SEGMENTS_MAX)
        .into_iter()
        .map(|((_, expires_at, batch), holding)| PointLot { expires_at, batch, amount: holding.0 })
        .collect()
}

/// The lots of an account that have not expired at `now`, in the same order; at most 1 024. What has
/// expired and was not swept yet does not count against the limit.
pub fn living(view: &View<'_>, account: &AccountKey, now: BlockTime) -> Vec<PointLot> {
    let id = account.id();
    view.range_after::<PointHolding>(&id, &(id, now), SEGMENTS_MAX)
        .into_iter()
        .map(|((_, expires_at, batch), holding)| PointLot { expires_at, batch, amount: holding.0 })
        .collect()
}

/// Chooses what to spend: earliest expiry first, then lowest batch, nothing expired at `now`.
///
/// # Errors
/// In this order: [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::InsufficientPoints`] with
/// `Need` and `Have`, the sum of the first 1 024 lots.
///
/// Source: LED-6.10, INV-P7.
pub fn select(
    view: &View<'_>,
    account: &AccountKey,
    amount: Points,
    now: BlockTime,
) -> Result<Vec<PointLot>, Rejection> {
    amount.check()?;
    let mut rest = amount.0;
    let mut chosen = Vec::new();
    let mut have = 0_u64;
    for lot in living(view, account, now) {
        have = have.saturating_add(lot.amount);
        let taken = rest.min(lot.amount);
        if taken > 0 {
            chosen.push(PointLot { amount: taken, ..lot });
            rest = rest.saturating_sub(taken);
        }
    }
    if rest > 0 {
        let details = [Detail::Need(amount.0), Detail::Have(have)];
        return Err(Rejection::new(Code::InsufficientPoints, &details));
    }
    Ok(chosen)
}

/// Moves lots. An origin makes them, a sink ends them, a holder has to have them.
///
/// # Errors
/// [`Code::AmountZero`]; [`Code::TooManySegments`] above 1 024 lots; [`Code::InsufficientPoints`]
/// where the holder lacks one of the lots; [`Code::AmountOverflow`].
///
/// Source: LED-6.4, LED-6.10.
pub fn transfer(
    view: &mut View<'_>,
    from: &AccountKey,
    to: &AccountKey,
    lots: &[PointLot],
) -> Result<(), Rejection> {
    if lots.len() > SEGMENTS_MAX {
        return Err(Code::TooManySegments.into());
    }
    for lot in lots {
        Points(lot.amount).check()?;
        if from.side == Side::Holder {
            take(view, from, lot)?;
        }
        if to.side == Side::Holder {
            give(view, to, lot)?;
        }
    }
    let mut lots = lots.to_vec();
    lots.sort_unstable();
    post(view, from, to, Quantity::Points(lots))
}

fn take(view: &mut View<'_>, account: &AccountKey, lot: &PointLot) -> Result<(), Rejection> {
    let id = (account.id(), lot.expires_at, lot.batch);
    let have = view.get::<PointHolding>(&id).map_or(0, |holding| holding.0);
    match have.checked_sub(lot.amount) {
        None => {
            let details = [Detail::Need(lot.amount), Detail::Have(have)];
            Err(Rejection::new(Code::InsufficientPoints, &details))
        }
        Some(0) => {
            view.remove_kernel::<PointHolding>(&id);
            Ok(())
        }
        Some(rest) => {
            view.put_kernel(&id, &PointHolding(rest));
            Ok(())
        }
    }
}

fn give(view: &mut View<'_>, account: &AccountKey, lot: &PointLot) -> Result<(), Rejection> {
    let id = (account.id(), lot.expires_at, lot.batch);
    let have = view.get::<PointHolding>(&id).map_or(0, |holding| holding.0);
    let sum = have.checked_add(lot.amount).ok_or(Code::AmountOverflow)?;
    view.put_kernel(&id, &PointHolding(sum));
    Ok(())
}
