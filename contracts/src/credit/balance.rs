//! This exists to answer what a person has, the same before and after any sweep: what is due counts
//! as done.

use super::records::kinds;
use super::voucher::{Return, fate};
use super::{Award, PersonDue, Voucher, Wallet, accounts, dispute, owed};
use linli_ledger::amount::{Minutes, Points};
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::posting::points::{PointHolding, PointLot};
use linli_ledger::posting::{self, AccountKey};
use linli_ledger::types::{AccountId, BlockTime, EnrolmentId, RecordId};
use linli_ledger::view::View;

/// Points of one programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgrammeBalance {
    /// The programme.
    pub programme: RecordId,
    /// May be spent.
    pub available: Points,
    /// Waits for the end of the hold, or for the decision of a dispute.
    pub held: Points,
    /// Lies behind open vouchers.
    pub locked: Points,
    /// What a correction left owing: kept back from later awards only. Source: CRE-18.
    pub owed: Points,
}

/// What a person has. Points of different programmes and minutes are never added up to one figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Points that may be spent, over all programmes.
    pub available: Points,
    /// Points that wait for the end of the hold or a decision, over all programmes.
    pub held: Points,
    /// Points behind open vouchers, over all programmes.
    pub locked: Points,
    /// Points that later awards make good, over all programmes.
    pub owed: Points,
    /// Minutes of service.
    pub service: Minutes,
    /// Minutes of training.
    pub training: Minutes,
    /// Each programme, by identifier.
    pub programmes: Vec<ProgrammeBalance>,
}

/// What a person has at `now`, which is the view's time or later.
///
/// Source: CRE-8, CRE-10, `domain` §2.3, §2.4.
pub fn balance(view: &View<'_>, enrolment: EnrolmentId, now: BlockTime) -> Balance {
    let vouchers = open_vouchers(view, enrolment);
    let programmes: Vec<_> = wallets(view, enrolment)
        .into_iter()
        .map(|programme| of_programme(view, enrolment, programme, &vouchers, now))
        .collect();
    let sum = |part: fn(&ProgrammeBalance) -> Points| {
        Points(programmes.iter().fold(0, |sum: u64, p| sum.saturating_add(part(p).0)))
    };
    Balance {
        available: sum(|p| p.available),
        held: sum(|p| p.held),
        locked: sum(|p| p.locked),
        owed: sum(|p| p.owed),
        service: Minutes(posting::balance(view, &accounts::service(enrolment))),
        training: Minutes(posting::balance(view, &accounts::training(enrolment))),
        programmes,
    }
}

fn of_programme(
    view: &View<'_>,
    enrolment: EnrolmentId,
    programme: RecordId,
    vouchers: &[Voucher],
    now: BlockTime,
) -> ProgrammeBalance {
    let (mut available, mut held, mut locked) = (0_u64, 0_u64, 0_u64);
    let alive = |lot: &PointLot| lot.expires_at > now;
    let spendable = lots(view, &accounts::available(enrolment, programme));
    for lot in spendable.into_iter().filter(alive) {
        available = available.saturating_add(lot.amount);
    }
    let waiting = lots(view, &accounts::held(enrolment, programme));
    for lot in waiting {
        if dispute::freezes(view, lot.batch) {
            held = held.saturating_add(lot.amount);
            continue;
        }
        if !alive(&lot) {
            continue;
        }
        let released = view.get::<Award>(&lot.batch).is_some_and(|a| a.available_at <= now);
        let part = if released { &mut available } else { &mut held };
        *part = part.saturating_add(lot.amount);
    }
    for voucher in vouchers.iter().filter(|voucher| voucher.programme == programme) {
        for lot in &voucher.lots {
            if now < voucher.expires_at {
                locked = locked.saturating_add(lot.amount);
                continue;
            }
            let back = match fate(view, lot, voucher.expires_at, voucher.grace_ms) {
                Return::Alive => lot.expires_at > now,
                Return::Grace(until) => until > now,
                Return::Lost => false,
            };
            available = available.saturating_add(if back { lot.amount } else { 0 });
        }
    }
    ProgrammeBalance {
        programme,
        available: Points(available),
        held: Points(held),
        locked: Points(locked),
        owed: owed::sum(view, enrolment, programme, now),
    }
}

/// All lots of an account, a page at a time: expired ones count towards the limit of one page.
pub(super) fn lots(view: &View<'_>, account: &AccountKey) -> Vec<PointLot> {
    let account = account.id();
    let mut found = Vec::new();
    let mut page = view.range::<PointHolding>(&account, RANGE_MAX);
    while let Some((last, _)) = page.last() {
        let next = view.range_after::<PointHolding>(&account, last, RANGE_MAX);
        let lot = |((_, expires_at, batch), holding): (
            (AccountId, BlockTime, RecordId),
            PointHolding,
        )| { PointLot { expires_at, batch, amount: holding.0 } };
        found.extend(page.into_iter().map(lot));
        page = next;
    }
    found
}

/// The programmes of which a person has or had points, a page at a time.
pub(super) fn wallets(view: &View<'_>, enrolment: EnrolmentId) -> Vec<RecordId> {
    let mut found = Vec::new();
    let mut page = view.range::<Wallet>(&enrolment, RANGE_MAX);
    while let Some((last, _)) = page.last() {
        let next = view.range_after::<Wallet>(&enrolment, last, RANGE_MAX);
        found.extend(page.iter().map(|((_, programme), _)| *programme));
        page = next;
    }
    found
}

/// A person's open vouchers, through her own queue.
fn open_vouchers(view: &View<'_>, enrolment: EnrolmentId) -> Vec<Voucher> {
    let mut found = Vec::new();
    let mut page = view.range::<PersonDue>(&enrolment, RANGE_MAX);
    while let Some((last, _)) = page.last() {
        let next = view.range_after::<PersonDue>(&enrolment, last, RANGE_MAX);
        let vouchers = page
            .iter()
            .filter(|((_, _, kind, _), _)| *kind == kinds::VOUCHER)
            .filter_map(|((_, _, _, id), _)| view.get::<Voucher>(id));
        found.extend(vouchers);
        page = next;
    }
    found
}
