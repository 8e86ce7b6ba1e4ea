//! This exists to exchange points for a reward in two steps: reserve and hand out, or give back.

use super::records::kinds;
use super::{
    Award, Consent, OpenVoucher, RewardUse, TallySubject, UsedCommitment, VOUCHER_KEPT_MS, Voucher,
    VoucherState, accounts, check_guardian, lapse, sender, tally, wallet,
};
use crate::programme::{self, RECORD_KEPT_MS, Reward, partner_signs};
use crate::registry::roles::{Parameter, in_scope, parameter};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::due;
use linli_ledger::hash::{Domain, hash_parts};
use linli_ledger::posting::points::{self, PointLot};
use linli_ledger::types::{BlockTime, EnrolmentId, RecordId};
use linli_ledger::view::View;

/// What a resident commits to when reserving: computable before the voucher exists, and of no use to
/// anybody else. Source: CRE-11.
pub fn voucher_commitment(reward: RecordId, enrolment: EnrolmentId, secret: &[u8]) -> [u8; 32] {
    hash_parts(Domain::VoucherSecret, &[&reward.0, &enrolment.0, secret])
}

/// A voucher, until it leaves the state; swept or not, it is gone from that instant.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) fn find(view: &View<'_>, id: RecordId) -> Result<Voucher, Rejection> {
    view.get::<Voucher>(&id)
        .filter(|voucher| view.now() < voucher.expires_at.plus(VOUCHER_KEPT_MS))
        .ok_or_else(|| Code::NotFound.into())
}

/// A resident reserves a reward: points are locked, a piece is set aside.
///
/// # Errors
/// In this order: the sender as in [`crate::people::residents::resident`]; [`Code::NotFound`];
/// [`Code::Guardian`] for a child without; [`Code::Scope`] outside the programme;
/// [`Code::ItemExpired`]; [`Code::Exists`] for a commitment that the resident has used before;
/// [`Code::Stock`]; [`Code::PersonLimit`] with `Limit`;
/// [`Code::RewardValue`] with `Need` and `Limit` for too much value in one year;
/// [`Code::InsufficientPoints`] with `Need` and `Have`.
///
/// Source: CRE-11, CRE-12, `domain` §2.7.
pub(super) fn redeem(
    view: &mut View<'_>,
    parties: &[Party],
    reward_id: RecordId,
    commitment: [u8; 32],
) -> Result<(), Rejection> {
    let (enrolment, resident) = sender(view, parties)?;
    let reward = programme::reading::reward(view, reward_id)?;
    check_guardian(view, parties, &resident, Consent::Other)?;
    let scope = programme::reading::programme(view, reward.programme)?.scope;
    ensure(in_scope(&scope, &resident.community), Code::Scope)?;
    let now = view.now();
    let valid = reward.terms.valid_from <= now && now < reward.terms.valid_to;
    ensure(valid, Code::ItemExpired)?;
    let used = (enrolment, commitment);
    ensure(!view.has::<UsedCommitment>(&used), Code::Exists)?;
    view.put(&used, &UsedCommitment);
    lapse::settle(view, enrolment)?;
    take_piece(view, reward_id, &reward)?;
    count(view, enrolment, reward_id, &reward)?;
    let available = accounts::available(enrolment, reward.programme);
    let lots = points::select(view, &available, reward.terms.price, now)?;
    let locked = accounts::locked(enrolment, reward.programme);
    points::transfer(view, &available, &locked, &lots)?;
    let id = RecordId(view.new_identifier());
    let expires_at = now.plus(parameter(view, Parameter::VoucherLife));
    let voucher = Voucher {
        enrolment,
        reward: reward_id,
        partner: reward.partner,
        programme: reward.programme,
        line: reward.line,
        lots,
        fair_value: reward.terms.fair_value,
        reserved_at: now,
        expires_at,
        grace_ms: parameter(view, Parameter::Grace),
        reward_until: reward.terms.valid_to,
        commitment,
        state: VoucherState::Open,
    };
    view.put(&id, &voucher);
    view.put(&(reward_id, expires_at, id), &OpenVoucher);
    lapse::schedule(view, enrolment, expires_at, kinds::VOUCHER, id);
    due::schedule(view, expires_at.plus(VOUCHER_KEPT_MS), kinds::VOUCHER_ENDS, id);
    Ok(())
}

/// Sets a piece aside. If none is left, a voucher that has timed out gives its piece back first:
/// whether the sweep has come makes no difference.
fn take_piece(view: &mut View<'_>, id: RecordId, reward: &Reward) -> Result<(), Rejection> {
    let taken = |used: &RewardUse| used.open.saturating_add(used.fulfilled);
    let mut used = view.get::<RewardUse>(&id).unwrap_or_else(|| {
        let ends = reward.terms.valid_to.plus(RECORD_KEPT_MS);
        due::schedule(view, ends, kinds::REWARD_USE_ENDS, id);
        RewardUse::default()
    });
    if taken(&used) >= reward.terms.stock {
        let first = view.range::<OpenVoucher>(&id, 1).pop();
        let Some(((_, expires_at, voucher), _)) = first else {
            return Err(Code::Stock.into());
        };
        ensure(expires_at <= view.now(), Code::Stock)?;
        time_out(view, voucher)?;
        used = view.get::<RewardUse>(&id).unwrap_or_default();
    }
    used.open = used.open.saturating_add(1);
    view.put(&id, &used);
    Ok(())
}

/// Takes a reward out of what counts against the person's limits.
pub(super) fn uncount(view: &mut View<'_>, voucher: &Voucher) {
    let pieces = TallySubject::Rewards(voucher.reward, voucher.reward_until);
    let value = TallySubject::ValueOfYear(voucher.reserved_at.day().civil().0);
    tally::take_back(view, voucher.enrolment, &[(pieces, 1), (value, voucher.fair_value.0)]);
}

/// Counts the reward against the person's limits.
fn count(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    id: RecordId,
    reward: &Reward,
) -> Result<(), Rejection> {
    let pieces = TallySubject::Rewards(id, reward.terms.valid_to);
    let limit = u64::from(reward.terms.per_person);
    if tally::get(view, enrolment, &pieces) >= limit {
        return Err(Rejection::new(Code::PersonLimit, &[Detail::Limit(limit)]));
    }
    let value = TallySubject::ValueOfYear(view.now().day().civil().0);
    let fair_value = reward.terms.fair_value.0;
    let need = tally::get(view, enrolment, &value).saturating_add(fair_value);
    let limit = parameter(view, Parameter::RewardValuePerYear);
    if need > limit {
        let details = [Detail::Need(need), Detail::Limit(limit)];
        return Err(Rejection::new(Code::RewardValue, &details));
    }
    tally::add(view, enrolment, &[(pieces, 1), (value, fair_value)]);
    Ok(())
}

/// The partner hands the reward out against the secret: the points are redeemed.
///
/// # Errors
/// In this order: [`Code::NotFound`]; the partner as in [`partner_signs`]; [`Code::VoucherExpired`];
/// [`Code::AlreadyResolved`]; [`Code::Secret`].
///
/// Source: CRE-11, CRE-13, `domain` §2.7.
pub(super) fn fulfil(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    secret: &[u8],
) -> Result<(), Rejection> {
    let mut voucher = find(view, id)?;
    let scope = programme::reading::programme(view, voucher.programme)?.scope;
    let sender = parties.first().ok_or(Code::Role)?;
    partner_signs(view, sender, voucher.partner, &scope)?;
    check_open(view, &voucher)?;
    let shown = voucher_commitment(voucher.reward, voucher.enrolment, secret);
    let known = shown == voucher.commitment;
    ensure((16..=32).contains(&secret.len()) && known, Code::Secret)?;
    let locked = accounts::locked(voucher.enrolment, voucher.programme);
    wallet::end(view, voucher.programme, &locked, &voucher.lots, accounts::redeemed)?;
    close(view, id, &voucher, |used| {
        used.fulfilled = used.fulfilled.saturating_add(1);
    });
    let at = view.now();
    let return_until = at.plus(parameter(view, Parameter::ReturnWindow));
    due::schedule(view, return_until, kinds::VOUCHER_COUNTS, id);
    voucher.state = VoucherState::Fulfilled { at, return_until };
    view.put(&id, &voucher);
    Ok(())
}

/// The owner gives a voucher back.
///
/// # Errors
/// In this order: the sender as in [`crate::people::residents::resident`]; [`Code::NotFound`];
/// [`Code::Role`] for another's voucher; [`Code::Guardian`] for a child without;
/// [`Code::VoucherExpired`]; [`Code::AlreadyResolved`].
///
/// Source: CRE-13, `domain` §2.7.
pub(super) fn cancel(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
) -> Result<(), Rejection> {
    let (enrolment, resident) = sender(view, parties)?;
    let voucher = find(view, id)?;
    ensure(voucher.enrolment == enrolment, Code::Role)?;
    check_guardian(view, parties, &resident, Consent::Other)?;
    check_open(view, &voucher)?;
    let now = view.now();
    give_back(view, id, voucher, now, VoucherState::Cancelled { at: now })
}

/// Past its time a voucher is void, whether the sweep has come or not.
fn check_open(view: &View<'_>, voucher: &Voucher) -> Result<(), Rejection> {
    match voucher.state {
        VoucherState::Fulfilled { .. }
        | VoucherState::Cancelled { .. }
        | VoucherState::Returned { .. }
        | VoucherState::Counted { .. } => Err(Code::AlreadyResolved.into()),
        VoucherState::TimedOut => Err(Code::VoucherExpired.into()),
        VoucherState::Open => ensure(view.now() < voucher.expires_at, Code::VoucherExpired),
    }
}

/// Nobody came in time: as if the owner had given it back in its last instant.
///
/// # Errors
/// None in a sound state.
pub(super) fn time_out(view: &mut View<'_>, id: RecordId) -> Result<(), Rejection> {
    let Some(voucher) = view.get::<Voucher>(&id) else {
        return Ok(());
    };
    match voucher.state {
        VoucherState::Open => {
            let at = voucher.expires_at;
            give_back(view, id, voucher, at, VoucherState::TimedOut)
        }
        VoucherState::Fulfilled { .. }
        | VoucherState::Cancelled { .. }
        | VoucherState::TimedOut
        | VoucherState::Returned { .. }
        | VoucherState::Counted { .. } => Ok(()),
    }
}

/// What becomes of a locked lot that is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// It goes back as it is.
    Alive,
    /// Its batch expired meanwhile: it lives on until then.
    Grace(BlockTime),
    /// It was in its grace already, and that has passed too.
    Lost,
}

/// What becomes of a lot that is given back at `at`: a batch has one grace. Source: CRE-13.
pub(super) fn fate(view: &View<'_>, lot: &PointLot, at: BlockTime, grace_ms: u64) -> Return {
    if lot.expires_at > at {
        return Return::Alive;
    }
    let first = view.get::<Award>(&lot.batch).is_some_and(|a| a.expires_at == lot.expires_at);
    if first { Return::Grace(at.plus(grace_ms)) } else { Return::Lost }
}

/// Gives a voucher back at `at`: the points return to their batches, the piece to the stock, the
/// value to the year.
fn give_back(
    view: &mut View<'_>,
    id: RecordId,
    mut voucher: Voucher,
    at: BlockTime,
    state: VoucherState,
) -> Result<(), Rejection> {
    let Voucher { enrolment, programme, .. } = voucher;
    let locked = accounts::locked(enrolment, programme);
    let available = accounts::available(enrolment, programme);
    for lot in &voucher.lots {
        match fate(view, lot, at, voucher.grace_ms) {
            Return::Alive => points::transfer(view, &locked, &available, &[*lot])?,
            Return::Lost => wallet::end(view, programme, &locked, &[*lot], accounts::expired)?,
            Return::Grace(until) => {
                wallet::renew(view, enrolment, programme, &locked, *lot, until)?;
            }
        }
    }
    uncount(view, &voucher);
    close(view, id, &voucher, |_| {});
    voucher.state = state;
    view.put(&id, &voucher);
    Ok(())
}

/// Takes an open voucher off the queues and out of the reserved pieces.
fn close(
    view: &mut View<'_>,
    id: RecordId,
    voucher: &Voucher,
    change: impl FnOnce(&mut RewardUse),
) {
    lapse::unschedule(view, voucher.enrolment, voucher.expires_at, kinds::VOUCHER, id);
    view.remove::<OpenVoucher>(&(voucher.reward, voucher.expires_at, id));
    let mut used = view.get::<RewardUse>(&voucher.reward).unwrap_or_default();
    used.open = used.open.saturating_sub(1);
    change(&mut used);
    view.put(&voucher.reward, &used);
}
