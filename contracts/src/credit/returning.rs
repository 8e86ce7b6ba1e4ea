//! This exists to take a defective reward back: both sign, the points return to their batches.

use super::records::kinds;
use super::voucher::{Return, fate, find, uncount};
use super::{
    Consent, RewardUse, Voucher, VoucherState, accounts, check_guardian, lapse, sender, wallet,
};
use crate::programme::{self, partner_signs};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::due;
use linli_ledger::posting::points;
use linli_ledger::types::RecordId;
use linli_ledger::view::View;

/// The resident and the partner undo a redemption; the piece goes back on the shelf if it is `restock`.
///
/// # Errors
/// In this order: the sender as in [`crate::people::residents::resident`]; [`Code::NotFound`];
/// [`Code::Role`] for another's voucher; [`Code::Guardian`] for a child without; [`Code::State`] unless
/// the reward was handed out; [`Code::AlreadyResolved`] if it was returned before; [`Code::Deadline`]
/// with the last `Time`; [`Code::Cosign`] without the partner.
///
/// Source: CRE-21, `domain` §2.7.
pub(super) fn take_back(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    restock: bool,
) -> Result<(), Rejection> {
    let (enrolment, resident) = sender(view, parties)?;
    let mut voucher = find(view, id)?;
    ensure(voucher.enrolment == enrolment, Code::Role)?;
    check_guardian(view, parties, &resident, Consent::Other)?;
    let return_until = match voucher.state {
        VoucherState::Fulfilled { return_until, .. }
        | VoucherState::Counted { return_until, .. } => return_until,
        VoucherState::Returned { .. } => return Err(Code::AlreadyResolved.into()),
        VoucherState::Open | VoucherState::Cancelled { .. } | VoucherState::TimedOut => {
            return Err(Code::State.into());
        }
    };
    let now = view.now();
    if now >= return_until {
        return Err(Rejection::new(Code::Deadline, &[Detail::Time(return_until.0)]));
    }
    let scope = programme::reading::programme(view, voucher.programme)?.scope;
    let partner = |party: &Party| partner_signs(view, party, voucher.partner, &scope).is_ok();
    ensure(parties.iter().skip(1).any(partner), Code::Cosign)?;
    lapse::settle(view, enrolment)?;
    give_lots_back(view, &voucher)?;
    uncount(view, &voucher);
    if restock {
        let mut used = view.get::<RewardUse>(&voucher.reward).unwrap_or_default();
        used.fulfilled = used.fulfilled.saturating_sub(1);
        view.put(&voucher.reward, &used);
    }
    due::cancel(view, return_until, kinds::VOUCHER_COUNTS, id);
    voucher.state = VoucherState::Returned { at: now };
    view.put(&id, &voucher);
    Ok(())
}

/// Lots go back as from a voucher that is given back now: a batch that expired meanwhile has its grace,
/// once.
fn give_lots_back(view: &mut View<'_>, voucher: &Voucher) -> Result<(), Rejection> {
    let Voucher { enrolment, programme, grace_ms, .. } = *voucher;
    let redeemed = accounts::redeemed(programme);
    let available = accounts::available(enrolment, programme);
    let mut back = 0_u64;
    for lot in &voucher.lots {
        match fate(view, lot, view.now(), grace_ms) {
            Return::Alive => points::transfer(view, &redeemed, &available, &[*lot])?,
            Return::Grace(until) => {
                wallet::renew(view, enrolment, programme, &redeemed, *lot, until)?;
            }
            Return::Lost => {
                points::transfer(view, &redeemed, &accounts::expired(programme), &[*lot])?;
                continue;
            }
        }
        back = back.saturating_add(lot.amount);
    }
    wallet::change_totals(view, programme, |totals| {
        totals.outstanding = totals.outstanding.saturating_add(back);
    });
    Ok(())
}
