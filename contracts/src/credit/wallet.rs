//! This exists to move points through a person's accounts: held, available, locked, and out.

use super::balance::{lots, wallets};
use super::records::kinds;
use super::{
    Award, LastAward, MinuteClass, ProgrammeTotals, Wallet, accounts, dispute, lapse, owed,
};
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
pub(super) fn credit(view: &mut View<'_>, id: RecordId, mut award: Award) -> Result<(), Rejection> {
    let Award { enrolment, programme, points: amount, expires_at, available_at, .. } = award;
    give_minutes(view, &award, award.minutes)?;
    if amount.0 == 0 {
        view.put(&id, &award);
        let day_after = Day(award.service_day.0.saturating_add(1)).start();
        let ends = day_after.plus(RECORD_KEPT_MS).plus(DAY_MS);
        due::schedule(view, ends, kinds::AWARD_ENDS, id);
        return Ok(());
    }
    let lot = PointLot { expires_at, batch: id, amount: amount.0 };
    let held = accounts::held(enrolment, programme);
    mint(view, enrolment, programme, &held, lot)?;
    award.netted = owed::net(view, enrolment, programme, amount);
    if award.netted.0 > 0 {
        let kept_back = PointLot { amount: award.netted.0, ..lot };
        end(view, programme, &held, &[kept_back], accounts::corrected)?;
    }
    let key = (enrolment, expires_at);
    award.before = view.get::<LastAward>(&key).map(|last| last.0);
    if award.before.is_none() {
        due::schedule(
            view,
            lapse::awards_end(expires_at),
            kinds::AWARDS_END,
            RecordId(enrolment.0),
        );
    }
    view.put(&key, &LastAward(id));
    view.put(&id, &award);
    lapse::schedule(view, enrolment, available_at, kinds::RELEASE, id);
    schedule_expiry(view, enrolment, expires_at);
    Ok(())
}

/// Makes points in an account of a person.
///
/// # Errors
/// [`Code::AmountOverflow`] above [`BALANCE_MAX`].
pub(super) fn mint(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    programme: RecordId,
    to: &AccountKey,
    lot: PointLot,
) -> Result<(), Rejection> {
    let has = balance(view, enrolment, programme);
    ensure(has.saturating_add(lot.amount) <= BALANCE_MAX, Code::AmountOverflow)?;
    points::transfer(view, &accounts::minted(programme), to, &[lot])?;
    view.put(&(enrolment, programme), &Wallet);
    change_totals(view, programme, |totals| {
        totals.minted = totals.minted.saturating_add(lot.amount);
        totals.outstanding = totals.outstanding.saturating_add(lot.amount);
    });
    Ok(())
}

/// Where minutes of an award come from, and whose they are.
fn minute_accounts(award: &Award) -> (AccountKey, AccountKey) {
    let Award { enrolment, programme, .. } = *award;
    match award.class {
        MinuteClass::Service => (accounts::service_origin(programme), accounts::service(enrolment)),
        MinuteClass::Training => {
            (accounts::training_origin(programme), accounts::training(enrolment))
        }
    }
}

fn count_service(view: &mut View<'_>, award: &Award, change: impl FnOnce(u64) -> u64) {
    match award.class {
        MinuteClass::Service => {
            change_totals(view, award.programme, |totals| totals.minutes = change(totals.minutes));
        }
        MinuteClass::Training => change_totals(view, award.programme, |_| {}),
    }
}

/// Records minutes of an award.
///
/// # Errors
/// As [`minutes::transfer`].
pub(super) fn give_minutes(
    view: &mut View<'_>,
    award: &Award,
    given: u32,
) -> Result<(), Rejection> {
    let given = u64::from(given);
    count_service(view, award, |minutes| minutes.saturating_add(given));
    if given == 0 {
        return Ok(());
    }
    let (origin, account) = minute_accounts(award);
    minutes::transfer(view, &origin, &account, Minutes(given))
}

/// Reverses minutes of an award: the other half of a correction.
///
/// # Errors
/// As [`minutes::transfer`].
///
/// Source: INV-P5.
pub(super) fn take_minutes(
    view: &mut View<'_>,
    award: &Award,
    taken: u32,
) -> Result<(), Rejection> {
    let taken = u64::from(taken);
    count_service(view, award, |minutes| minutes.saturating_sub(taken));
    if taken == 0 {
        return Ok(());
    }
    let (origin, account) = minute_accounts(award);
    minutes::transfer(view, &account, &origin, Minutes(taken))
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

/// The hold of an award ends: what is held becomes available, unless a dispute freezes it.
///
/// # Errors
/// None in a sound state.
pub(super) fn release(view: &mut View<'_>, id: RecordId) -> Result<(), Rejection> {
    let Some(award) = view.get::<Award>(&id) else {
        return Ok(());
    };
    if dispute::freezes(view, id) {
        return Ok(());
    }
    let held = accounts::held(award.enrolment, award.programme);
    let available = accounts::available(award.enrolment, award.programme);
    match lot(view, &held, award.expires_at, id) {
        Some(lot) => points::transfer(view, &held, &available, &[lot]),
        None => Ok(()),
    }
}

/// Puts it into the queues that lots of a person expire at a time: one item for all of them, since the
/// lots of a year expire together (ADR 0032).
pub(super) fn schedule_expiry(view: &mut View<'_>, enrolment: EnrolmentId, at: BlockTime) {
    lapse::schedule(view, enrolment, at, kinds::EXPIRE, RecordId(enrolment.0));
}

/// What is left of a person's lots that expire at a time, held or available, expires. What is locked is
/// the voucher's, and what is frozen waits for its decision.
///
/// # Errors
/// None in a sound state.
///
/// Source: CRE-10, `domain` §2.4.
pub(super) fn expire(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    at: BlockTime,
) -> Result<(), Rejection> {
    let mut room = lapse::ENDED_AT_ONCE;
    for programme in wallets(view, enrolment) {
        for account in [accounts::held, accounts::available] {
            let account = account(enrolment, programme);
            let is_held = account.kind == accounts::kinds::HELD;
            let expired: Vec<_> = lots(view, &account)
                .into_iter()
                .take_while(|lot| lot.expires_at <= at)
                .filter(|lot| !is_held || !dispute::freezes(view, lot.batch))
                .take(room)
                .collect();
            room = room.saturating_sub(expired.len());
            end(view, programme, &account, &expired, accounts::expired)?;
        }
    }
    if room == 0 {
        schedule_expiry(view, enrolment, at);
    }
    Ok(())
}

/// Gives a lot to its owner again with a later expiry: its grace.
///
/// # Errors
/// As [`points::transfer`].
///
/// Source: CRE-13.
pub(super) fn renew(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    programme: RecordId,
    from: &AccountKey,
    lot: PointLot,
    until: BlockTime,
) -> Result<(), Rejection> {
    // Only the origin may change an expiry: the lot goes back and comes again.
    let minted = accounts::minted(programme);
    points::transfer(view, from, &minted, &[lot])?;
    let renewed = PointLot { expires_at: until, ..lot };
    points::transfer(view, &minted, &accounts::available(enrolment, programme), &[renewed])?;
    schedule_expiry(view, enrolment, until);
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

/// What of a batch with one expiry lies in an account, if anything.
pub(super) fn lot(
    view: &View<'_>,
    account: &AccountKey,
    expires_at: BlockTime,
    batch: RecordId,
) -> Option<PointLot> {
    let holding = view.get::<PointHolding>(&(account.id(), expires_at, batch))?;
    Some(PointLot { expires_at, batch, amount: holding.0 })
}
