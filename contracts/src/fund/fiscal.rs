//! This exists to close a fiscal year: money of appropriations is carried on or lapses, a bounded part
//! of it in each block, and nothing is dated in that year any more. Source: FND-26, `domain` §3.10.

use super::accounts::FundAccount;
use super::calls::AttestationLevel;
use super::earmark::is_appropriated;
use super::freeze::check_free;
use super::reading::balance;
use super::records::{
    ActiveContract, BankReference, Closing, ClosingPlace, Earmark, FiscalYear, Fund, Line,
    OpenSuspense, ServiceContract, Signatory, TreasuryReturn, Unanswered,
};
use super::source;
use crate::calendar::add_working_days;
use crate::registry::Role;
use crate::registry::roles::{Parameter, officer, officer_of, parameter};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::due;
use linli_ledger::hash::Digest;
use linli_ledger::posting::AccountKey;
use linli_ledger::posting::money::{self, Lot, Segment, SourceRecord};
use linli_ledger::types::{Day, RecordId};
use linli_ledger::view::{Order, View};

/// What falls due: the next part of a closing.
pub(super) const DUE_CLOSING: u8 = 2;
/// Segments, and contracts, that one block looks at for one closing.
const PART: usize = 256;
/// The level of the approver who closes a year.
const CLOSING_LEVEL: u8 = 3;

/// The last day of a fiscal year: the calendar year. Source: 预算法 art. 18.
pub fn last_day(year: u32) -> Option<Day> {
    Day::from_civil(year, 12, 31)
}

/// Whether the books of a fund are closed for a year.
pub fn is_closed(view: &View<'_>, fund: RecordId, year: u32) -> bool {
    view.has::<FiscalYear>(&(fund, year))
}

/// Refuses a day in a year that is closed.
///
/// # Errors
/// [`Code::PeriodClosed`] with the last day of that year. Source: FND-26, INV-M15.
pub(super) fn check_open(view: &View<'_>, fund: RecordId, day: Day) -> Result<(), Rejection> {
    let (year, ..) = day.civil();
    if !is_closed(view, fund, year) {
        return Ok(());
    }
    let end = last_day(year).unwrap_or(day).start();
    Err(Rejection::new(Code::PeriodClosed, &[Detail::Time(end.0)]))
}

/// Fen that leave a contract or a payee go back to their fund; what has lapsed meanwhile goes apart.
/// Says which went where. Source: FND-22.3.
pub(super) fn send_home(
    view: &mut View<'_>,
    from: &AccountKey,
    fund: RecordId,
    segments: &[Segment],
) -> Result<(Vec<Segment>, Vec<Segment>), Rejection> {
    let today = view.now().day();
    let (lapsed, good): (Vec<_>, Vec<_>) = money::parts(view, from, segments)?
        .into_iter()
        .partition(|(lot, _)| lot.lapse_on.is_some_and(|last| last < today));
    let list = |parts: Vec<(Lot, Segment)>| {
        money::coalesced(parts.into_iter().map(|(_, segment)| segment).collect())
    };
    let (good, lapsed) = (list(good), list(lapsed));
    for (segments, to) in
        [(&good, FundAccount::Available(fund)), (&lapsed, FundAccount::Lapsed(fund))]
    {
        if !segments.is_empty() {
            money::transfer(view, from, &to.key(), segments)?;
        }
    }
    Ok((good, lapsed))
}

/// Closes a year of a fund.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::TimeWindow`] for a year before the fund, or one that is
/// not over; the signers: [`Code::Cosign`] unless fund administrator, approver and auditor sign, in this
/// order, as `officer`, [`Code::ApproverLevel`] below level 3, [`Code::DuplicateApprover`];
/// [`Code::Exists`] for a year that is closed; [`Code::Frozen`]; [`Code::CloseBlocked`] while the year
/// before is open or its closing goes on, with a payment that the bank has not answered for too long,
/// and with money in suspense.
///
/// Source: FND-26.1.
pub(super) fn close(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    year: u32,
    trial_balance: Digest,
    statements: Digest,
) -> Result<(), Rejection> {
    let fund = view.get::<Fund>(&id).ok_or(Code::NotFound)?;
    let (opened, ..) = fund.opened_at.day().civil();
    let end = last_day(year).filter(|end| opened <= year && *end < view.now().day());
    ensure(end.is_some(), Code::TimeWindow)?;
    let by = check_closers(view, parties, &fund)?;
    ensure(!is_closed(view, id, year), Code::Exists)?;
    check_free(view, &[id])?;
    if let Some(before) = year.checked_sub(1).filter(|before| *before >= opened) {
        let done = view.get::<FiscalYear>(&(id, before)).is_some_and(|year| year.done);
        ensure(done, Code::CloseBlocked)?;
    }
    if let Some(((_, at, payment), Unanswered)) = view.range::<Unanswered>(&id, 1).first() {
        let days = parameter(view, Parameter::InstructionDays);
        let late = add_working_days(at.day(), days) < view.now().day();
        if late {
            return Err(Rejection::new(Code::CloseBlocked, &[Detail::Record(payment.0)]));
        }
    }
    if let Some(((_, source), OpenSuspense)) = view.range::<OpenSuspense>(&id, 1).first() {
        return Err(Rejection::new(Code::CloseBlocked, &[Detail::Index(source.0)]));
    }

    let last = view.range_back::<SourceRecord>(&(), 1);
    let last_source = last.first().map(|(source, _)| *source);
    let (at, carried, lapsed) = (view.now(), Fen::ZERO, Fen::ZERO);
    let closed =
        FiscalYear { at, trial_balance, statements, by, last_source, carried, lapsed, done: false };
    view.put(&(id, year), &closed);
    let closing = RecordId(view.new_identifier());
    let (place, after) = (ClosingPlace::Available, None);
    view.put(&closing, &Closing { fund: id, year, place, after });
    due::schedule(view, at, DUE_CLOSING, closing);
    Ok(())
}

fn check_closers(
    view: &View<'_>,
    parties: &[Party],
    fund: &Fund,
) -> Result<[Signatory; 3], Rejection> {
    let [administrator, approver, auditor] = parties else {
        return Err(Code::Cosign.into());
    };
    let scope = &fund.scope;
    let role = [Role::FundAdministrator];
    let administrator = officer_of(view, administrator, &role, scope, fund.organisation)?;
    let approver = officer(view, approver, &[Role::Approver], scope)?;
    if approver.level < CLOSING_LEVEL {
        let details = [Detail::Need(CLOSING_LEVEL.into()), Detail::Have(approver.level.into())];
        return Err(Rejection::new(Code::ApproverLevel, &details));
    }
    let auditor = officer(view, auditor, &[Role::Auditor], scope)?;
    let by = [&administrator, &approver, &auditor].map(Signatory::of);
    let [one, two, three] = by;
    let same = one.is(view, &two) || one.is(view, &three) || two.is(view, &three);
    ensure(!same, Code::DuplicateApprover)?;
    Ok(by)
}

/// What happens to money at the end of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Stays,
    /// Into the next year, to this last day.
    Carried(Day),
    Lapses,
}

/// Only what was appropriated and ends with that year or before is concerned. What a contract holds,
/// and what belongs to a project (a budget line), is carried on, so many times at most.
/// Source: 预算法 art. 42.
fn fate(view: &View<'_>, place: ClosingPlace, lot: &Lot, end: Day, next: Day) -> Fate {
    let ends = lot.lapse_on.is_some_and(|last| last <= end);
    if !ends || !is_appropriated(lot) {
        return Fate::Stays;
    }
    let held = match place {
        ClosingPlace::Committed(_) | ClosingPlace::Retained(_) => true,
        ClosingPlace::Available => {
            view.get::<Earmark>(&lot.earmark).is_some_and(|earmark| earmark.terms.line.is_some())
        }
    };
    let again = u64::from(lot.carry_count) < parameter(view, Parameter::CarryMax);
    if held && again { Fate::Carried(next) } else { Fate::Lapses }
}

/// Does the next part of a closing and comes back in the next block until all is done.
///
/// # Panics
/// If fen are not where the kernel just said: a bug.
pub(super) fn go_on(view: &mut View<'_>, id: RecordId) {
    let Some(mut closing) = view.get::<Closing>(&id) else {
        return;
    };
    let (Some(end), Some(next)) =
        (last_day(closing.year), last_day(closing.year.saturating_add(1)))
    else {
        return;
    };
    let mut left = PART;
    let mut place = Some(closing.place);
    while let Some(at) = place.filter(|_| left > 0) {
        let account = account_of(closing.fund, at);
        let page = money::page(view, &account.key(), closing.after.as_ref(), left);
        let is_last = page.len() < left;
        left = left.saturating_sub(page.len().saturating_add(1));
        closing.after = page.last().copied();
        for (lot, segment) in page {
            let fate = fate(view, at, &lot, end, next);
            settle(view, &closing, at, segment, fate).expect("fen lie where the kernel says");
        }
        if is_last {
            closing.after = None;
            place = following(view, closing.fund, at);
        }
        closing.place = place.unwrap_or(at);
    }
    if place.is_some() {
        view.put(&id, &closing);
        due::schedule(view, view.now(), DUE_CLOSING, id);
        return;
    }
    view.remove::<Closing>(&id);
    if let Some(year) = view.get::<FiscalYear>(&(closing.fund, closing.year)) {
        view.put(&(closing.fund, closing.year), &FiscalYear { done: true, ..year });
    }
}

fn account_of(fund: RecordId, place: ClosingPlace) -> FundAccount {
    match place {
        ClosingPlace::Available => FundAccount::Available(fund),
        ClosingPlace::Committed(contract) => FundAccount::Committed(contract),
        ClosingPlace::Retained(contract) => FundAccount::Retained(contract),
    }
}

/// The account after this one: the fund's own, then two of each active contract.
fn following(view: &View<'_>, fund: RecordId, place: ClosingPlace) -> Option<ClosingPlace> {
    let next = match place {
        ClosingPlace::Committed(contract) => return Some(ClosingPlace::Retained(contract)),
        ClosingPlace::Available => view.range::<ActiveContract>(&fund, 1),
        ClosingPlace::Retained(contract) => {
            view.range_after::<ActiveContract>(&fund, &(fund, contract), 1)
        }
    };
    next.first().map(|((_, contract), ActiveContract)| ClosingPlace::Committed(*contract))
}

/// Carries on or takes away some fen of one lot.
fn settle(
    view: &mut View<'_>,
    closing: &Closing,
    place: ClosingPlace,
    segment: Segment,
    fate: Fate,
) -> Result<(), Rejection> {
    let from = account_of(closing.fund, place).key();
    let amount = Fen(segment.length);
    let key = (closing.fund, closing.year);
    let mut year = view.get::<FiscalYear>(&key).ok_or(Code::NotFound)?;
    match fate {
        Fate::Stays => return Ok(()),
        Fate::Carried(next) => {
            money::relot(view, &from, &[segment], |lot| Lot {
                lapse_on: Some(next),
                carry_count: lot.carry_count.saturating_add(1),
                ..*lot
            })?;
            year.carried = year.carried.plus(amount)?;
        }
        Fate::Lapses => {
            let to = FundAccount::Lapsed(closing.fund).key();
            money::transfer(view, &from, &to, &[segment])?;
            year.lapsed = year.lapsed.plus(amount)?;
            match place {
                ClosingPlace::Available => {}
                ClosingPlace::Committed(id) | ClosingPlace::Retained(id) => {
                    let mut contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
                    let mut line = view.get::<Line>(&contract.terms.line).ok_or(Code::NotFound)?;
                    line.release(amount);
                    contract.lapsed = contract.lapsed.plus(amount)?;
                    view.put(&contract.terms.line, &line);
                    view.put(&id, &contract);
                }
            }
        }
    }
    view.put(&key, &year);
    Ok(())
}

/// Lapsed money went back to the treasury.
///
/// # Errors
/// In this order: [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`]; [`Code::TimeWindow`]
/// for a value date still to come; [`Code::PeriodClosed`]; the signers as of a source that the bank
/// vouches for; [`Code::Frozen`]; [`Code::BankReferenceDuplicate`];
/// [`Code::InsufficientCompatible`] for more than has lapsed; [`Code::TooManySegments`].
///
/// Source: FND-26.3.
pub(super) fn return_to_treasury(
    view: &mut View<'_>,
    parties: &[Party],
    back: &ToTreasury,
) -> Result<(), Rejection> {
    let ToTreasury { fund: id, amount, bank_reference, value_date, receipt } = *back;
    amount.check()?;
    let fund = view.get::<Fund>(&id).ok_or(Code::NotFound)?;
    ensure(value_date <= view.now().day(), Code::TimeWindow)?;
    check_open(view, id, value_date)?;
    source::check_signers(view, parties, &fund, AttestationLevel::Bank)?;
    check_free(view, &[id])?;
    let used = view.has::<BankReference>(&bank_reference);
    ensure(!used, Code::BankReferenceDuplicate)?;
    let lapsed = FundAccount::Lapsed(id);
    let have = balance(view, lapsed);
    if have < amount {
        let details = [Detail::Need(amount.0), Detail::Have(have.0)];
        return Err(Rejection::new(Code::InsufficientCompatible, &details));
    }
    let segments = money::select(view, &lapsed.key(), amount, Order::Ascending, |_| true)?;
    money::transfer(view, &lapsed.key(), &FundAccount::Returned(id).key(), &segments)?;
    let record = RecordId(view.new_identifier());
    let at = view.now();
    let returned = TreasuryReturn { fund: id, segments, bank_reference, value_date, receipt, at };
    view.put(&record, &returned);
    view.put(&bank_reference, &BankReference::TreasuryReturn(record));
    Ok(())
}

/// What the bank says of lapsed money.
pub(super) struct ToTreasury {
    pub(super) fund: RecordId,
    pub(super) amount: Fen,
    pub(super) bank_reference: [u8; 32],
    pub(super) value_date: Day,
    pub(super) receipt: Digest,
}
