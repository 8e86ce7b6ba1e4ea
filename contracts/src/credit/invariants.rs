//! This exists to check what must hold of hours, points and vouchers in any state, swept or not.

mod chains;

use super::balance::lots;
use super::records::kinds;
use super::tally::{self, ends_at};
use super::{
    Archive, Award, CONTRACT, Correction, Dispute, Earned, Interval, MinuteClass, OpenVoucher,
    Owed, Participation, ParticipationState, PersonDue, ProgrammeTotals, RewardUse, Seats, Tally,
    TallySubject, Voucher, VoucherBatch, VoucherState, Wallet, accounts, award_points, dispute,
    standing, wallet,
};
use crate::programme::{self, Activity, ActivityStatus, Reward, Settlement, all_records, reading};
use linli_ledger::amount::Points;
use linli_ledger::contract::Broken;
use linli_ledger::due::RestrictedDue;
use linli_ledger::posting::{self, CreditAccount, Side, Unit};
use linli_ledger::types::{BlockTime, EnrolmentId, RecordId};
use linli_ledger::view::View;
use std::collections::BTreeMap;
use std::fmt::Display;

/// The most minutes that a civil day has.
const MINUTES_OF_A_DAY: u64 = 1_440;

type Awards = BTreeMap<RecordId, Award>;

/// INV-P1 totals are what the accounts say; INV-P2 one award for a batch and for a participation;
/// INV-P3 sessions of a person never overlap; INV-P4 caps, by replay; INV-P7 lots of a voucher in
/// the order of spending; INV-P8 stock; INV-P10 what is frozen; CRE-3 seats; CRE-8 what will lapse is
/// in both queues; CRE-8 and CRE-16 what leaves together; CRE-18 corrections and what is owed.
///
/// # Errors
/// The first that does not hold.
pub(super) fn check(view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
    queues(view)?;
    check_records(view)
}

/// As [`check`], without the kernel's queue.
pub(super) fn check_records(view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
    let awards: Awards = all_records::<Award>(view).into_iter().collect();
    programme_totals(view)?;
    batches(view, &awards)?;
    participations(view, &awards)?;
    minutes(view, &awards)?;
    intervals(view)?;
    caps(view, &awards)?;
    vouchers(view)?;
    disputes(view, &awards)?;
    chains::check(view, &awards)?;
    Ok(vec![
        "INV-P1", "INV-P2", "INV-P3", "INV-P4", "INV-P7", "INV-P8", "INV-P10", "CRE-3", "CRE-8",
        "CRE-16", "CRE-18",
    ])
}

fn hold(rule: bool, name: &'static str, record: impl Display) -> Result<(), Broken> {
    if rule { Ok(()) } else { Err(Broken { name, record: record.to_string() }) }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, u64>, key: K, amount: u64) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(amount);
}

/// INV-P1, by programme: minted, outstanding and minutes are what lies in the accounts.
fn programme_totals(view: &View<'_>) -> Result<(), Broken> {
    let mut outstanding = BTreeMap::new();
    for (_, CreditAccount(account)) in all_records::<CreditAccount>(view) {
        let key = account.key;
        if key.unit == Unit::Points && key.side == Side::Holder {
            add(&mut outstanding, RecordId(key.part), account.balance);
        }
    }
    for (programme, totals) in all_records::<ProgrammeTotals>(view) {
        let balance = |key| posting::balance(view, &key);
        let sinks =
            [accounts::redeemed, accounts::expired, accounts::corrected, accounts::care_pool];
        let ended =
            sinks.map(|sink| balance(sink(programme))).into_iter().fold(0, u64::saturating_add);
        let minted = balance(accounts::minted(programme));
        let open = outstanding.remove(&programme).unwrap_or(0);
        hold(totals.minted == minted, "INV-P1", programme)?;
        hold(totals.outstanding == open, "INV-P1", programme)?;
        hold(minted == open.saturating_add(ended), "INV-P1", programme)?;
        hold(totals.minutes == balance(accounts::service_origin(programme)), "INV-P1", programme)?;
    }
    match outstanding.into_iter().find(|(_, open)| *open > 0) {
        Some((programme, _)) => hold(false, "INV-P1", programme),
        None => Ok(()),
    }
}

/// INV-P2: each batch in a person's accounts is of an award of that person and programme, and is not
/// more than it gave. CRE-8: what is left will lapse.
fn batches(view: &View<'_>, awards: &Awards) -> Result<(), Broken> {
    for ((enrolment, programme), Wallet) in all_records::<Wallet>(view) {
        let mut sums = BTreeMap::new();
        for account in [accounts::held, accounts::available, accounts::locked] {
            let key = account(enrolment, programme);
            for lot in lots(view, &key) {
                add(&mut sums, lot.batch, lot.amount);
                let lapses =
                    |at, kind, record| view.has::<PersonDue>(&(enrolment, at, kind, record));
                let sound = match key.kind {
                    accounts::kinds::LOCKED => true,
                    accounts::kinds::HELD if dispute::freezes(view, lot.batch) => true,
                    accounts::kinds::HELD => awards
                        .get(&lot.batch)
                        .is_some_and(|award| lapses(award.available_at, kinds::RELEASE, lot.batch)),
                    _ => lapses(lot.expires_at, kinds::EXPIRE, RecordId(enrolment.0)),
                };
                hold(sound, "CRE-8", lot.batch)?;
            }
        }
        for (batch, sum) in sums {
            let sound = awards.get(&batch).is_some_and(|award| {
                award.enrolment == enrolment
                    && award.programme == programme
                    && sum <= standing(view, batch, award).issued.0
            });
            hold(sound, "INV-P2", batch)?;
        }
    }
    Ok(())
}

/// INV-P2: a participation has an award if and only if it is awarded, as long as it is kept. CRE-3: seats are counted.
fn participations(view: &View<'_>, awards: &Awards) -> Result<(), Broken> {
    let mut seats: BTreeMap<RecordId, u64> = BTreeMap::new();
    for (id, participation) in all_records::<Participation>(view) {
        let interval = view.get::<Interval>(&(participation.enrolment, participation.start));
        let mine = interval.is_some_and(|i| i.participation == id && i.end == participation.end);
        let (awarded, stays) = match participation.state {
            ParticipationState::SignedUp
            | ParticipationState::CheckedIn { .. }
            | ParticipationState::CheckedOut { .. }
            | ParticipationState::Attested(_) => (false, true),
            ParticipationState::Awarded => (true, true),
            ParticipationState::Cancelled => (false, false),
        };
        // After a gap its award may leave a block before it does.
        let leaves = participation.end.plus(programme::RECORD_KEPT_MS) <= view.now();
        hold(awards.contains_key(&id) == awarded || leaves, "INV-P2", id)?;
        hold(mine == stays, "INV-P3", id)?;
        add(&mut seats, participation.activity, u64::from(stays));
    }
    for (id, Seats { taken, .. }) in all_records::<Seats>(view) {
        let Some(activity) = view.get::<Activity>(&id) else {
            continue;
        };
        let counted = match activity.status {
            // Sign-ups of an activity called off are cleared away when somebody needs the time.
            ActivityStatus::Cancelled { .. } => true,
            ActivityStatus::Draft | ActivityStatus::Published { .. } => {
                let kept = activity.terms.end.plus(programme::RECORD_KEPT_MS) > view.now();
                !kept || seats.get(&id).copied().unwrap_or(0) == u64::from(taken)
            }
        };
        hold(counted && taken <= activity.terms.capacity, "CRE-3", id)?;
    }
    Ok(())
}

/// INV-P2: the minutes of a person are those of her awards. INV-P3: a day has 1 440.
fn minutes(view: &View<'_>, awards: &Awards) -> Result<(), Broken> {
    let mut sums: BTreeMap<(EnrolmentId, u8), u64> = BTreeMap::new();
    let mut days: BTreeMap<(EnrolmentId, TallySubject), u64> = BTreeMap::new();
    let (service, training) = (accounts::kinds::SERVICE, accounts::kinds::TRAINING);
    for (id, award) in awards {
        let class = match award.class {
            MinuteClass::Service => service,
            MinuteClass::Training => training,
        };
        let minutes = u64::from(standing(view, *id, award).minutes);
        add(&mut sums, (award.enrolment, class), minutes);
        let day = TallySubject::MinutesOfDay(award.service_day);
        add(&mut days, (award.enrolment, day), minutes);
    }
    for (enrolment, archive) in all_records::<Archive>(view) {
        add(&mut sums, (enrolment, service), archive.service);
        add(&mut sums, (enrolment, training), archive.training);
    }
    for (id, CreditAccount(account)) in all_records::<CreditAccount>(view) {
        if account.key.unit == Unit::Minutes && account.key.side == Side::Holder {
            let key = (EnrolmentId(account.key.owner), account.key.kind);
            hold(sums.remove(&key).unwrap_or(0) == account.balance, "INV-P2", id)?;
        }
    }
    if let Some(((enrolment, _), _)) = sums.into_iter().find(|(_, sum)| *sum > 0) {
        hold(false, "INV-P2", enrolment)?;
    }
    for (id, key, amount) in tallied(view) {
        if matches!(key.1, TallySubject::MinutesOfDay(_)) {
            let same = days.get(&key).copied().unwrap_or(0) == amount;
            let ended = view.now() >= ends_at(&key.1);
            hold(same || ended, "INV-P3", id)?;
            hold(amount <= MINUTES_OF_A_DAY, "INV-P3", id)?;
        }
    }
    Ok(())
}

/// Every sum of every tally: of which tally, whose and of what, how much.
fn tallied(view: &View<'_>) -> impl Iterator<Item = (RecordId, (EnrolmentId, TallySubject), u64)> {
    all_records::<Tally>(view).into_iter().flat_map(|(id, Tally { enrolment, sums, .. })| {
        sums.into_iter().map(move |sum| (id, (enrolment, sum.subject), sum.amount))
    })
}

/// INV-P3: intervals of one person never overlap.
fn intervals(view: &View<'_>) -> Result<(), Broken> {
    let mut last: Option<(EnrolmentId, BlockTime)> = None;
    for ((enrolment, start), interval) in all_records::<Interval>(view) {
        let apart = last.is_none_or(|(person, end)| person != enrolment || end <= start);
        hold(apart && start < interval.end, "INV-P3", interval.participation)?;
        last = Some((enrolment, interval.end));
    }
    Ok(())
}

/// What counts towards caps, in the order of the ledger.
enum Counted<'a> {
    Award(&'a Award),
    Correction(&'a Award, Correction),
}

/// Awards and their corrections, in the order in which they were made.
fn counted<'a>(
    view: &View<'_>,
    awards: &'a Awards,
) -> Result<Vec<(RecordId, Counted<'a>)>, Broken> {
    let mut ordered: Vec<_> =
        awards.iter().map(|(id, award)| (award.sequence, *id, Counted::Award(award))).collect();
    for ((id, _), correction) in all_records::<Correction>(view) {
        let Some(award) = awards.get(&id) else {
            return hold(false, "CRE-18", id).map(|()| Vec::new());
        };
        ordered.push((correction.sequence, id, Counted::Correction(award, correction)));
    }
    ordered.sort_by_key(|(sequence, ..)| *sequence);
    Ok(ordered.into_iter().map(|(_, id, what)| (id, what)).collect())
}

/// INV-P4: every award and every correction, computed again in the order of the ledger, is what it
/// was, and the tallies are their sums. A year is replayed until its tally leaves.
fn caps(view: &View<'_>, awards: &Awards) -> Result<(), Broken> {
    let mut sums: BTreeMap<(EnrolmentId, TallySubject), u64> = BTreeMap::new();
    let mut standing: BTreeMap<RecordId, u64> = BTreeMap::new();
    for (id, what) in counted(view, awards)? {
        let (award, minutes, units, given, at) = match &what {
            Counted::Award(award) => {
                (*award, award.minutes, award.units, award.points, award.awarded_at)
            }
            Counted::Correction(award, c) => (*award, c.minutes, c.units, c.points, c.at),
        };
        let year = TallySubject::PointsOfYear(String::new(), award.service_day.civil().0);
        if view.now() >= ends_at(&year) {
            continue;
        }
        let terms = reading::rule_version(view, award.rule, award.rule_version)
            .map_err(|_| Broken { name: "INV-P4", record: id.to_string() })?;
        let subjects = tally::of_group(&terms.cap_group, award.service_day);
        let keys = subjects.map(|subject| (award.enrolment, subject));
        let before = standing.insert(id, given.0).unwrap_or(0);
        for key in &keys {
            let sum = sums.entry(key.clone()).or_default();
            *sum = sum.saturating_sub(before);
        }
        let [day, month, year] = keys.each_ref().map(|key| {
            let gone = at >= ends_at(&key.1);
            let sum = sums.get(key).copied().unwrap_or(0);
            Points(if gone { 0 } else { sum })
        });
        let points = award_points(&terms, minutes, units, Earned { day, month, year });
        hold(points == given, "INV-P4", id)?;
        for key in keys {
            add(&mut sums, key, points.0);
        }
    }
    for (id, key, amount) in tallied(view) {
        let points = match key.1 {
            TallySubject::PointsOfDay(..)
            | TallySubject::PointsOfMonth(..)
            | TallySubject::PointsOfYear(..) => view.now() < ends_at(&key.1),
            TallySubject::MinutesOfDay(_)
            | TallySubject::ValueOfYear(_)
            | TallySubject::Rewards(..)
            | TallySubject::GiftsOfMonth(..) => false,
        };
        let sum = sums.get(&key).copied().unwrap_or(0);
        hold(!points || sum == amount, "INV-P4", id)?;
    }
    Ok(())
}

/// INV-P7 and INV-P8: what vouchers lock and reserve.
fn vouchers(view: &View<'_>) -> Result<(), Broken> {
    let mut locked: BTreeMap<(EnrolmentId, RecordId), u64> = BTreeMap::new();
    let mut open: BTreeMap<RecordId, u64> = BTreeMap::new();
    for (id, voucher) in all_records::<Voucher>(view) {
        let order: Vec<_> = voucher.lots.iter().map(|lot| (lot.expires_at, lot.batch)).collect();
        hold(order.is_sorted(), "INV-P7", id)?;
        let key = (voucher.reward, voucher.expires_at, id);
        let is_open = voucher.state == VoucherState::Open;
        hold(view.has::<OpenVoucher>(&key) == is_open, "INV-P8", id)?;
        if is_open {
            let due = (voucher.enrolment, voucher.expires_at, kinds::VOUCHER, id);
            hold(view.has::<PersonDue>(&due), "CRE-8", id)?;
            for lot in &voucher.lots {
                add(&mut locked, (voucher.enrolment, voucher.programme), lot.amount);
            }
            add(&mut open, voucher.reward, 1);
        }
    }
    for ((enrolment, programme), Wallet) in all_records::<Wallet>(view) {
        let sum = locked.remove(&(enrolment, programme)).unwrap_or(0);
        let account = accounts::locked(enrolment, programme);
        hold(posting::balance(view, &account) == sum, "INV-P8", enrolment)?;
    }
    for (id, used) in all_records::<RewardUse>(view) {
        let counted = open.remove(&id).unwrap_or(0) == u64::from(used.open);
        let stock = view.get::<Reward>(&id).map_or(u32::MAX, |reward| reward.terms.stock);
        let enough = used.open.saturating_add(used.fulfilled) <= stock;
        hold(counted && enough, "INV-P8", id)?;
    }
    hold(locked.is_empty() && open.is_empty(), "INV-P8", "vouchers")?;
    batches_of_vouchers(view)
}

/// INV-P8: each voucher is in one batch at most, and a batch that was claimed is what the claim says.
fn batches_of_vouchers(view: &View<'_>) -> Result<(), Broken> {
    let mut counted: BTreeMap<RecordId, (u64, u64)> = BTreeMap::new();
    for (_, voucher) in all_records::<Voucher>(view) {
        if let VoucherState::Counted { batch, .. } = voucher.state {
            let (vouchers, value) = counted.entry(batch).or_default();
            *vouchers = vouchers.saturating_add(1);
            *value = value.saturating_add(voucher.fair_value.0);
        }
    }
    for (id, batch) in all_records::<VoucherBatch>(view) {
        let (vouchers, value) = counted.remove(&id).unwrap_or_default();
        // Vouchers leave before their batch does.
        hold(vouchers <= batch.vouchers && value <= batch.fair_value.0, "INV-P8", id)?;
        let claim = view.get::<Settlement>(&id);
        hold(claim.is_none_or(|claim| claim.batch == batch), "INV-P8", id)?;
    }
    match counted.into_iter().next() {
        Some((id, _)) => hold(false, "INV-P8", id),
        None => Ok(()),
    }
}

/// INV-P10: what is frozen is what is held of the award. CRE-18: nobody owes more than a correction
/// left, and what later awards made good is no more than that.
fn disputes(view: &View<'_>, awards: &Awards) -> Result<(), Broken> {
    for (id, dispute) in all_records::<Dispute>(view) {
        let Some(award) = awards.get(&id) else {
            return hold(false, "INV-P10", id);
        };
        let held = accounts::held(award.enrolment, award.programme);
        let lot = wallet::lot(view, &held, award.expires_at, id).map_or(0, |lot| lot.amount);
        let sound = if dispute.freezes() { lot == dispute.frozen.0 } else { dispute.frozen.0 == 0 };
        hold(sound, "INV-P10", id)?;
    }
    for ((enrolment, programme, id), owed) in all_records::<Owed>(view) {
        let Some(award) = awards.get(&id) else {
            return hold(false, "CRE-18", id);
        };
        let mine = award.enrolment == enrolment && award.programme == programme;
        let standing = standing(view, id, award);
        let excess = standing.issued.less(standing.points);
        hold(mine && owed.netted <= owed.total && owed.total <= excess, "CRE-18", id)?;
    }
    Ok(())
}

/// CRE-8: a person's queue says what the kernel's says.
fn queues(view: &View<'_>) -> Result<(), Broken> {
    for ((_, at, kind, record), PersonDue) in all_records::<PersonDue>(view) {
        hold(view.has::<RestrictedDue>(&(at, CONTRACT, kind, record)), "CRE-8", record)?;
    }
    for (id, voucher) in all_records::<Voucher>(view) {
        if let VoucherState::Fulfilled { return_until, .. } = voucher.state {
            let item = (return_until, CONTRACT, kinds::VOUCHER_COUNTS, id);
            hold(view.has::<RestrictedDue>(&item), "INV-P8", id)?;
        }
    }
    Ok(())
}
