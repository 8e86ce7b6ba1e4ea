//! This exists to let a partner claim a month of vouchers that were handed out, each once, without the
//! public learning who fetched what.

use super::{CONTRACT, RECORD_KEPT_MS, reading, reward};
use crate::credit::VoucherBatch;
use crate::registry::roles::organisation;
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::hash::{Domain, hash_parts};
use linli_ledger::receipt::Condition;
use linli_ledger::record::{Record, key_bytes};
use linli_ledger::state::value_hash;
use linli_ledger::types::{BlockTime, Day, OrganisationId, RecordId};
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// Of which vouchers a batch is. Source: PRG-13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct BatchOf {
    /// Who handed them out.
    pub partner: OrganisationId,
    /// The programme whose points they took.
    pub programme: RecordId,
    /// The budget line that pays for them; none where the partner does.
    pub line: Option<RecordId>,
    /// Civil year in which the time for a return ended.
    pub year: u32,
    /// The month, 1 to 12.
    pub month: u32,
}

/// A claim that was made, and what it makes the line owe: what a payment to the partner refers to.
/// Stays. Source: PRG-13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Settlement {
    /// Of which vouchers.
    pub of: BatchOf,
    /// How many, their points, their value.
    pub batch: VoucherBatch,
    /// What the budget line owes the partner: their value, or nothing where the partner pays.
    pub owed: Fen,
    /// When it was claimed.
    pub claimed_at: BlockTime,
}

linli_ledger::records! { CONTRACT, Public:
    Settlement = 6, RecordId;
}

/// The identifier of a batch, in both halves. Source: PRG-13.
pub fn voucher_batch_id(of: &BatchOf) -> RecordId {
    RecordId(hash_parts(Domain::Identifier, &[b"voucher batch", &encode(of)]))
}

/// When a civil month ends, UTC+8; the last instant of time for one that is none.
pub fn month_ends_at(year: u32, month: u32) -> BlockTime {
    let (year, month) =
        if month == 12 { (year.saturating_add(1), 1) } else { (year, month.saturating_add(1)) };
    Day::from_civil(year, month, 1).map_or(BlockTime(u64::MAX), Day::start)
}

/// The restricted fact on which a claim depends: the batch as it is now.
pub(super) fn condition(of: &BatchOf, batch: &VoucherBatch) -> Condition {
    let id = voucher_batch_id(of);
    let key = key_bytes(VoucherBatch::CONTRACT, VoucherBatch::KIND, &id);
    Condition { key: key.into_vec(), value: value_hash(&encode(batch)) }
}

/// A partner claims the vouchers of a month that is over.
///
/// # Errors
/// In this order, after the kernel's [`Code::Condition`] for another batch than that in the state:
/// [`Code::NotFound`] for programme or partner; the partner as in [`reward::partner_signs`];
/// [`Code::TimeWindow`] with the first `Time` while the month is not over; [`Code::Deadline`] with the
/// last `Time`; [`Code::VoucherClaimed`].
///
/// Source: PRG-13, `domain` §2.7, INV-P8.
pub(super) fn claim(
    view: &mut View<'_>,
    parties: &[Party],
    of: BatchOf,
    batch: VoucherBatch,
) -> Result<(), Rejection> {
    let scope = reading::programme(view, of.programme)?.scope;
    organisation(view, of.partner)?;
    reward::partner_signs(view, parties.first().ok_or(Code::Role)?, of.partner, &scope)?;
    let now = view.now();
    let from = month_ends_at(of.year, of.month);
    if now < from {
        return Err(Rejection::new(Code::TimeWindow, &[Detail::Time(from.0)]));
    }
    let until = from.plus(RECORD_KEPT_MS);
    if now >= until {
        return Err(Rejection::new(Code::Deadline, &[Detail::Time(until.0)]));
    }
    let id = voucher_batch_id(&of);
    ensure(!view.has::<Settlement>(&id), Code::VoucherClaimed)?;
    let owed = if of.line.is_some() { batch.fair_value } else { Fen(0) };
    view.put(&id, &Settlement { of, batch, owed, claimed_at: now });
    Ok(())
}
