//! This exists to move points through a person's accounts: held, available, locked, and out.

use super::records::kinds;
use super::{Award, MinuteClass, ProgrammeTotals, Wallet, accounts, lapse};
use crate::programme::RECORD_KEPT_MS;
use linli_ledger::amount::Minutes;
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::due;
use linli_ledger::posting::points::{PointHolding, PointLot};
use linli_ledger::posting::{self, AccountKey, minutes, points};
use linli_ledger::types::{BlockTime, DAY_MS, Day, EnrolmentId, RecordId};
use linli_ledger::view::View;

/// The most points that one person may have of a programme. Source: `domain` §0.2.
pub(super) const BALANCE_MAX: u64 = 1_000_000_000;

/// Writes an award and gives what it says: minutes always, points if there are any.
///
/// # Errors
/// [`Code::AmountOverflow`] above [`BALANCE_MAX`].
///
/// Source: CRE-7, `domain` §2.1, §2.2.
pub(super) fn credit(view: &mut View<'_>, id: RecordId, award: &Award) -> Result<(), Rejection> {
    let Award { enrolment, programme, points: amount, expires_at, .. } = *award;
    let given = u64::from(award.minutes);
    let (origin, account, service) = match award.class {
        MinuteClass::Service => {
            (accounts::service_origin(programme), accounts::service(enrolment), given)
        }
        MinuteClass::Training => {
            (accounts::training_origin(programme), accounts::training(enrolment), 0)
        }
    };
    if given > 0 {
        minutes::transfer(view, &origin, &account, Minutes(given))?;
    }
    change_totals(view, programme, |totals| {
        totals.minutes = totals.minutes.saturating_add(service);
        totals.minted = totals.minted.saturating_add(amount.0);
        totals.outstanding = totals.outstanding.saturating_add(amount.0);
    });
    view.put(&id, award);
    if amount.0 == 0 {
        let day_after = Day(award.service_day.0.saturating_add(1)).start();
        let ends = day_after.plus(RECORD_KEPT_MS).plus(DAY_MS);
        due::schedule(view, ends, kinds::AWARD_ENDS, id);
        return Ok(());
    }
    let has = balance(view, enrolment, programme);
    ensure(has.saturating_add(amount.0) <= BALANCE_MAX, Code::AmountOverflow)?;
    let lot = PointLot { expires_at, batch: id, amount: amount.0 };
    let held = accounts::held(enrolment, programme);
    points::transfer(view, &accounts::minted(programme), &held, &[lot])?;
    view.put(&(enrolment, programme), &Wallet);
    lapse::schedule(view, enrolment, award.available_at, kinds::RELEASE, id);
    lapse::schedule(view, enrolment, expires_at, kinds::EXPIRE, id);
    due::schedule(view, expires_at.plus(super::AWARD_KEPT_MS), kinds::AWARD_ENDS, id);
    Ok(())
}

fn balance(view: &View<'_>, enrolment: EnrolmentId, programme: RecordId) -> u64 {
    [accounts::held, accounts::available, accounts::locked]
        .map(|account| posting::balance(view, &account(enrolment, programme)))
        .into_iter()
        .fold(0, u64::saturating_add)
}

/// Changes the totals of a programme.
pub(super) fn change_totals(
    view: &mut View<'_>,
    programme: RecordId,
    change: impl FnOnce(&mut ProgrammeTotals),
) {
    let mut totals = view.get::<ProgrammeTotals>(&programme).unwrap_or_default();
    change(&mut totals);
    view.put(&programme, &totals);
}

/// The hold of an award ends: what is held becomes available.
///
/// # Errors
/// None in a sound state.
pub(super) fn release(view: &mut View<'_>, id: RecordId) -> Result<(), Rejection> {
    let Some(award) = view.get::<Award>(&id) else {
        return Ok(());
    };
    let held = accounts::held(award.enrolment, award.programme);
    let available = accounts::available(award.enrolment, award.programme);
    match lot(view, &held, award.expires_at, id) {
        Some(lot) => points::transfer(view, &held, &available, &[lot]),
        None => Ok(()),
    }
}

/// What is left of a lot, held or available, expires. What is locked is the voucher's.
///
/// # Errors
/// None in a sound state.
///
/// Source: CRE-10, `domain` §2.4.
pub(super) fn expire(view: &mut View<'_>, id: RecordId, at: BlockTime) -> Result<(), Rejection> {
    let Some(award) = view.get::<Award>(&id) else {
        return Ok(());
    };
    for account in [accounts::held, accounts::available] {
        let account = account(award.enrolment, award.programme);
        if let Some(lot) = lot(view, &account, at, id) {
            end(view, award.programme, &account, &[lot], accounts::expired)?;
        }
    }
    Ok(())
}

/// Ends lots in a sink of the programme: they are outstanding no more.
///
/// # Errors
/// As [`points::transfer`].
pub(super) fn end(
    view: &mut View<'_>,
    programme: RecordId,
    from: &AccountKey,
    lots: &[PointLot],
    sink: fn(RecordId) -> AccountKey,
) -> Result<(), Rejection> {
    if lots.is_empty() {
        return Ok(());
    }
    points::transfer(view, from, &sink(programme), lots)?;
    let ended = lots.iter().fold(0_u64, |sum, lot| sum.saturating_add(lot.amount));
    change_totals(view, programme, |totals| {
        totals.outstanding = totals.outstanding.saturating_sub(ended);
    });
    Ok(())
}

fn lot(
    view: &View<'_>,
    account: &AccountKey,
    expires_at: BlockTime,
    batch: RecordId,
) -> Option<PointLot> {
    let holding = view.get::<PointHolding>(&(account.id(), expires_at, batch))?;
    Some(PointLot { expires_at, batch, amount: holding.0 })
}
