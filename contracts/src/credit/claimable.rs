//! This exists to count handed-out vouchers for the partner's monthly claim, once each, when nobody can
//! return them any more.
//!
//! The public claim names one record of this half: the batch of a partner and a month. It is complete
//! when the month is over, but for vouchers that the sweep reaches later. Those count to the month of
//! the sweep once the batch is claimed: so a claimed batch never changes, and no voucher is lost.

use super::records::kinds::BATCH_ENDS;
use super::{CONTRACT, Voucher, VoucherState};
use crate::programme::{BatchOf, RECORD_KEPT_MS, Settlement, month_ends_at, voucher_batch_id};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::due;
use linli_ledger::types::{BlockTime, RecordId};
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// Vouchers of one partner, programme, budget line and month that wait to be claimed, or were: a fact
/// on which the public claim is conditional. Its identifier is [`voucher_batch_id`]. Leaves
/// [`RECORD_KEPT_MS`] after the month. Source: CRE-22.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct VoucherBatch {
    /// How many.
    #[serde(with = "linli_ledger::json::decimal")]
    pub vouchers: u64,
    /// Their points.
    pub points: Points,
    /// Fair value of what was handed out.
    pub fair_value: Fen,
}

linli_ledger::records! { CONTRACT, Restricted:
    VoucherBatch = 18, RecordId;
}

/// The time for a return is over: the voucher counts.
///
/// Source: CRE-22, INV-P8.
pub(super) fn count(view: &mut View<'_>, id: RecordId, at: BlockTime) {
    let Some(mut voucher) = view.get::<Voucher>(&id) else {
        return;
    };
    let (fulfilled_at, return_until) = match voucher.state {
        VoucherState::Fulfilled { at, return_until } => (at, return_until),
        VoucherState::Open
        | VoucherState::Cancelled { .. }
        | VoucherState::TimedOut
        | VoucherState::Returned { .. }
        | VoucherState::Counted { .. } => return,
    };
    let mut of = batch_of(&voucher, at);
    if view.has::<Settlement>(&voucher_batch_id(&of)) {
        of = batch_of(&voucher, view.now());
    }
    let batch_id = voucher_batch_id(&of);
    let mut batch = view.get::<VoucherBatch>(&batch_id).unwrap_or_else(|| {
        let ends = month_ends_at(of.year, of.month).plus(RECORD_KEPT_MS);
        due::schedule(view, ends, BATCH_ENDS, batch_id);
        VoucherBatch::default()
    });
    let points = voucher.lots.iter().fold(0_u64, |sum, lot| sum.saturating_add(lot.amount));
    batch.vouchers = batch.vouchers.saturating_add(1);
    batch.points = Points(batch.points.0.saturating_add(points));
    batch.fair_value = Fen(batch.fair_value.0.saturating_add(voucher.fair_value.0));
    view.put(&batch_id, &batch);
    voucher.state = VoucherState::Counted { at: fulfilled_at, return_until, batch: batch_id };
    view.put(&id, &voucher);
}

fn batch_of(voucher: &Voucher, at: BlockTime) -> BatchOf {
    let (year, month, _) = at.day().civil();
    let Voucher { partner, programme, line, .. } = *voucher;
    BatchOf { partner, programme, line, year, month }
}
