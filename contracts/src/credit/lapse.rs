//! This exists to do what falls due: for one person now and lazily, for everybody by the sweep, with
//! equal results.
//!
//! Three things happen to a person by time alone: a hold ends, a voucher times out, a lot expires.
//! Each is in the kernel's queue and, with the same key, in the person's own ([`PersonDue`]), and
//! leaves both when it is done. Whoever comes first does it, in the same order. Source: CRE-8, D18.

use super::records::kinds;
use super::{
    AWARD_KEPT_MS, Archive, Award, Dispute, Interval, LastAward, MinuteClass, Participation,
    PersonDue, RewardUse, Seats, Tally, Voucher, VoucherBatch, claimable, correction, dispute,
    standing, voucher, wallet,
};
use linli_ledger::code::Rejection;
use linli_ledger::due::{self, DueItem};
use linli_ledger::types::{BlockTime, EnrolmentId, RecordId};
use linli_ledger::view::View;

type Key = (EnrolmentId, BlockTime, u8, RecordId);

/// Puts something of a person into both queues.
pub(super) fn schedule(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    at: BlockTime,
    kind: u8,
    record: RecordId,
) {
    due::schedule(view, at, kind, record);
    view.put(&(enrolment, at, kind, record), &PersonDue);
}

/// Takes something of a person out of both queues.
pub(super) fn unschedule(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    at: BlockTime,
    kind: u8,
    record: RecordId,
) {
    due::cancel(view, at, kind, record);
    view.remove::<PersonDue>(&(enrolment, at, kind, record));
}

/// Does all that is due for one person, in order, before her points are spent.
///
/// The work is what earlier calls put there, one item each, and each is done once.
///
/// # Errors
/// None in a sound state: what moves was read from the account just before.
pub(super) fn settle(view: &mut View<'_>, enrolment: EnrolmentId) -> Result<(), Rejection> {
    while let Some((key, _)) = view.range::<PersonDue>(&enrolment, 1).pop() {
        if key.1 > view.now() {
            break;
        }
        handle(view, key)?;
    }
    Ok(())
}

fn handle(view: &mut View<'_>, key: Key) -> Result<(), Rejection> {
    let (enrolment, at, kind, record) = key;
    unschedule(view, enrolment, at, kind, record);
    match kind {
        kinds::RELEASE => wallet::release(view, record),
        kinds::VOUCHER => voucher::time_out(view, record),
        kinds::EXPIRE => wallet::expire(view, enrolment, at),
        // Nothing else is ever scheduled for a person.
        _ => Ok(()),
    }
}

/// Handles an item of the kernel's queue.
///
/// # Panics
/// If points that lie in an account cannot leave it: the state is not sound, and the node stops.
pub(super) fn due(item: &DueItem, view: &mut View<'_>) {
    let DueItem { at, kind, record, .. } = *item;
    match kind {
        kinds::EXPIRE => personal(view, Some(EnrolmentId(record.0)), at, kind, record),
        kinds::RELEASE => {
            let owner = view.get::<Award>(&record).map(|award| award.enrolment);
            personal(view, owner, at, kind, record);
        }
        kinds::VOUCHER => {
            let owner = view.get::<Voucher>(&record).map(|voucher| voucher.enrolment);
            personal(view, owner, at, kind, record);
        }
        kinds::AWARD_ENDS => end_award(view, record, at),
        kinds::AWARDS_END => end_awards(view, EnrolmentId(record.0), at),
        kinds::VOUCHER_ENDS => view.remove::<Voucher>(&record),
        kinds::TALLY_ENDS => view.remove::<Tally>(&record),
        kinds::SEATS_END => end_sign_ups(view, record, at),
        kinds::REWARD_USE_ENDS => view.remove::<RewardUse>(&record),
        kinds::DISPUTE_ESCALATES => dispute::escalate(view, record),
        kinds::VOUCHER_COUNTS => claimable::count(view, record, at),
        kinds::BATCH_ENDS => view.remove::<VoucherBatch>(&record),
        // Nothing else is ever scheduled by this contract.
        _ => {}
    }
}

fn personal(
    view: &mut View<'_>,
    owner: Option<EnrolmentId>,
    at: BlockTime,
    kind: u8,
    record: RecordId,
) {
    let Some(owner) = owner else { return };
    let key = (owner, at, kind, record);
    if view.has::<PersonDue>(&key) {
        handle(view, key).expect("points that were read from an account can leave it");
    }
}

/// Lots, sign-ups or awards that one item of the queue ends; if there are more, it comes again.
/// Source: CRE-8, CRE-16.
pub(super) const ENDED_AT_ONCE: usize = 64;

/// The sign-ups of an activity leave, from the last one back, and then its seats.
fn end_sign_ups(view: &mut View<'_>, activity: RecordId, at: BlockTime) {
    let Some(Seats { taken, mut last }) = view.get::<Seats>(&activity) else { return };
    for _ in 0..ENDED_AT_ONCE {
        let Some(id) = last else { break };
        last = end_participation(view, id);
    }
    if last.is_none() {
        view.remove::<Seats>(&activity);
        return;
    }
    view.put(&activity, &Seats { taken, last });
    due::schedule(view, at, kinds::SEATS_END, activity);
}

/// Takes one away with its interval; says which one was before it.
fn end_participation(view: &mut View<'_>, id: RecordId) -> Option<RecordId> {
    let participation = view.get::<Participation>(&id)?;
    let key = (participation.enrolment, participation.start);
    if view.get::<Interval>(&key).is_some_and(|interval| interval.participation == id) {
        view.remove::<Interval>(&key);
    }
    view.remove::<Participation>(&id);
    participation.before
}

/// When awards leave whose points expire at a time.
pub(super) fn awards_end(expires_at: BlockTime) -> BlockTime {
    expires_at.plus(AWARD_KEPT_MS)
}

/// The awards of a person leave whose points expired together, from the last one back.
fn end_awards(view: &mut View<'_>, enrolment: EnrolmentId, at: BlockTime) {
    let key = (enrolment, at.minus(AWARD_KEPT_MS));
    let mut last = view.get::<LastAward>(&key).map(|last| last.0);
    for _ in 0..ENDED_AT_ONCE {
        let Some(id) = last else { break };
        last = view.get::<Award>(&id).and_then(|award| award.before);
        end_award(view, id, at);
    }
    let Some(id) = last else {
        view.remove::<LastAward>(&key);
        return;
    };
    view.put(&key, &LastAward(id));
    due::schedule(view, at, kinds::AWARDS_END, RecordId(enrolment.0));
}

/// An award leaves, unless its points may still be somewhere: those of a correction, or of a dispute
/// that was decided late or not at all.
fn end_award(view: &mut View<'_>, id: RecordId, at: BlockTime) {
    let Some(award) = view.get::<Award>(&id) else {
        return;
    };
    let standing = standing(view, id, &award);
    let spendable_until = if standing.issued.0 > 0 { award.expires_at } else { BlockTime(0) };
    let dispute = view.get::<Dispute>(&id);
    let settled_at = match &dispute {
        None => BlockTime(0),
        Some(dispute) => dispute.decided_at().unwrap_or(at.plus(1)),
    };
    let last = spendable_until.max(settled_at).plus(AWARD_KEPT_MS);
    if at < last && (dispute.is_some() || standing.corrections > 0) {
        due::schedule(view, last, kinds::AWARD_ENDS, id);
        return;
    }
    let mut archive = view.get::<Archive>(&award.enrolment).unwrap_or_default();
    let minutes = u64::from(standing.minutes);
    match award.class {
        MinuteClass::Service => archive.service = archive.service.saturating_add(minutes),
        MinuteClass::Training => archive.training = archive.training.saturating_add(minutes),
    }
    view.put(&award.enrolment, &archive);
    correction::remove_all(view, id, &award);
    view.remove::<Dispute>(&id);
    view.remove::<Award>(&id);
}
