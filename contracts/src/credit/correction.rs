//! This exists to put an award right that was wrong: a reversing entry and a replacement, never an
//! edit. It follows from the rule and from what was really done, never from conduct.

use super::grant::check_day;
use super::participation::find;
use super::records::kinds;
use super::{
    Award, CONTRACT, ErrorBy, Owed, Replacement, Sequence, accounts, attestation, award_points,
    dispute, lapse, owed, tally, wallet,
};
use crate::programme;
use crate::registry::Role;
use crate::registry::roles::{Parameter, is_enrolled_as, officer, parameter, same_human};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Points;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::posting::points::PointLot;
use linli_ledger::types::{BlockTime, MINUTE_MS, OrganisationId, PersonId, RecordId};
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// Corrections of one award: few enough that one reading sees all.
pub(super) const CORRECTIONS_MAX: u32 = 16;

/// One correction of an award; its key says which award and which correction, from 1. The award itself
/// is never changed. Leaves with it. Source: CRE-18.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Correction {
    /// Minutes that stand now.
    pub minutes: u32,
    /// Units that stand now.
    pub units: u32,
    /// Points that stand now, by the rule and after all caps.
    pub points: Points,
    /// Points of the batch that were made and not taken back: what was spent before, and what is left.
    pub issued: Points,
    /// Whose error it was.
    pub error_by: ErrorBy,
    /// Points that were spent of what was never earned, and that the organiser bears.
    pub charged: Points,
    /// Hash of the file of the case.
    pub evidence: Digest,
    /// Who decided: maker and approver, or those who decided a dispute.
    pub decided_by: Vec<PersonId>,
    /// When.
    pub at: BlockTime,
    /// Order in the ledger, for replay of the caps.
    pub sequence: Sequence,
}

linli_ledger::records! { CONTRACT, Restricted:
    Correction = 14, (RecordId, u32);
}

/// What stands of an award now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Minutes.
    pub minutes: u32,
    /// Units.
    pub units: u32,
    /// Points, by the rule and after all caps.
    pub points: Points,
    /// Points of the batch that were made and not taken back.
    pub issued: Points,
    /// Points that the organiser bears.
    pub charged: Points,
    /// How many corrections there were.
    pub corrections: u32,
}

/// What stands of an award now: its last correction, or what it said itself.
///
/// Source: CRE-18.
pub fn standing(view: &View<'_>, id: RecordId, award: &Award) -> Standing {
    match view.range_back::<Correction>(&id, 1).pop() {
        Some(((_, corrections), last)) => Standing {
            minutes: last.minutes,
            units: last.units,
            points: last.points,
            issued: last.issued,
            charged: last.charged,
            corrections,
        },
        None => Standing {
            minutes: award.minutes,
            units: award.units,
            points: award.points,
            issued: award.points.less(award.netted),
            charged: Points(0),
            corrections: 0,
        },
    }
}

/// Everybody who decided a correction of an award.
pub(super) fn deciders(view: &View<'_>, id: RecordId) -> Vec<PersonId> {
    let corrections =
        view.range_back::<Correction>(&id, usize::try_from(CORRECTIONS_MAX).unwrap_or(0));
    corrections.into_iter().flat_map(|(_, correction)| correction.decided_by).collect()
}

/// Takes the corrections of an award out of the state, with what is owed for it.
pub(super) fn remove_all(view: &mut View<'_>, id: RecordId, award: &Award) {
    while let Some((key, _)) = view.range_back::<Correction>(&id, 1).pop() {
        view.remove::<Correction>(&key);
    }
    view.remove::<Owed>(&(award.enrolment, award.programme, id));
}

/// A correction that somebody entitled has decided.
pub(super) struct Case {
    /// What is right.
    pub(super) replacement: Replacement,
    /// Hash of the file of the case.
    pub(super) evidence: Digest,
    /// Who decided.
    pub(super) decided_by: Vec<PersonId>,
    /// Who held the activity.
    pub(super) organisation: OrganisationId,
    /// How long the session was.
    pub(super) session_minutes: u32,
}

/// The whole minutes of a session.
pub(super) fn session_minutes(start: BlockTime, end: BlockTime) -> u32 {
    let minutes = end.0.saturating_sub(start.0).checked_div(MINUTE_MS).unwrap_or(0);
    u32::try_from(minutes).unwrap_or(u32::MAX)
}

/// A points operator and an approver correct an award.
///
/// # Errors
/// In this order: [`Code::NotFound`] for the award, its participation or its activity;
/// [`Code::Cosign`] with fewer than two signers; a points operator, then an approver at the place as
/// in [`officer`]; [`Code::SelfApproval`] for one human being; [`Code::SelfAttest`] if one of them is
/// the volunteer; [`Code::State`] while it is disputed; [`Code::AlreadyResolved`] once a dispute was
/// decided; [`Code::ApprovalStale`] for another number of earlier corrections; as [`apply`].
///
/// Source: CRE-18, `domain` §2.1, SOD-1.
pub(super) fn correct(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    earlier_corrections: u32,
    replacement: Replacement,
    evidence: Digest,
) -> Result<(), Rejection> {
    let award = view.get::<Award>(&id).ok_or(Code::NotFound)?;
    let participation = find(view, id)?;
    let activity = programme::reading::activity(view, participation.activity)?;
    let [maker, approver, ..] = parties else {
        return Err(Code::Cosign.into());
    };
    let place = &activity.terms.place;
    let maker = officer(view, maker, &[Role::PointsOperator], place)?;
    let approver = officer(view, approver, &[Role::Approver], place)?;
    ensure(!same_human(view, maker.person, approver.person), Code::SelfApproval)?;
    let own = [maker.person, approver.person]
        .iter()
        .any(|person| is_enrolled_as(view, *person, participation.nullifier));
    ensure(!own, Code::SelfAttest)?;
    dispute::check_undisputed(view, id)?;
    let now = standing(view, id, &award);
    ensure(now.corrections == earlier_corrections, Code::ApprovalStale)?;
    let case = Case {
        replacement,
        evidence,
        decided_by: vec![maker.person, approver.person],
        organisation: activity.organisation,
        session_minutes: session_minutes(participation.start, participation.end),
    };
    apply(view, id, &award, case)
}

/// Corrects an award: minutes and what is at hand of its points are reversed and given again as they
/// should have been; what was spent beyond that is owed, by the volunteer or by the organiser.
///
/// # Errors
/// In this order: [`Code::PersonLimit`] with `Limit` for one correction too many;
/// [`Code::LineMismatch`] for units where the rule has none; [`Code::MinutesExceed`] with `Need` and
/// `Limit`; [`Code::AmountZero`] if nothing changes; [`Code::DailyMinutes`];
/// [`Code::AmountOverflow`].
///
/// Source: CRE-18, INV-P5.
pub(super) fn apply(
    view: &mut View<'_>,
    id: RecordId,
    award: &Award,
    case: Case,
) -> Result<(), Rejection> {
    lapse::settle(view, award.enrolment)?;
    let before = standing(view, id, award);
    let Replacement { minutes, units, error_by } = case.replacement;
    check(view, award, &before, &case)?;
    let points = recount(view, award, &before, minutes, units)?;
    wallet::take_minutes(view, award, before.minutes)?;
    wallet::give_minutes(view, award, minutes)?;
    let at_hand = at_hand(view, id, award);
    let spent = before.issued.less(Points(sum(&at_hand)));
    let split = split(view, id, award, points, spent, error_by);
    let expired = view.now() >= award.expires_at;
    let keep = if expired { split.keep.min(Points(sum(&at_hand))) } else { split.keep };
    replace(view, id, award, &at_hand, keep)?;
    owed::charge(view, case.organisation, award.programme, before.charged, split.charged);
    let number = before.corrections.saturating_add(1);
    let correction = Correction {
        minutes,
        units,
        points,
        issued: Points(spent.0.saturating_add(keep.0)),
        error_by,
        charged: split.charged,
        evidence: case.evidence,
        decided_by: case.decided_by,
        at: view.now(),
        sequence: Sequence { height: view.height().0, index: view.index(), line: 0 },
    };
    view.put(&(id, number), &correction);
    Ok(())
}

fn check(view: &View<'_>, award: &Award, before: &Standing, case: &Case) -> Result<(), Rejection> {
    let Replacement { minutes, units, .. } = case.replacement;
    if before.corrections >= CORRECTIONS_MAX {
        let limit = Detail::Limit(u64::from(CORRECTIONS_MAX));
        return Err(Rejection::new(Code::PersonLimit, &[limit]));
    }
    let rule = programme::reading::rule_version(view, award.rule, award.rule_version)?;
    attestation::check_units(units, &rule)?;
    let limit = parameter(view, Parameter::MinutesPerAttendance);
    let limit = u64::from(case.session_minutes).min(limit);
    if u64::from(minutes) > limit {
        let details = [Detail::Need(u64::from(minutes)), Detail::Limit(limit)];
        return Err(Rejection::new(Code::MinutesExceed, &details));
    }
    ensure((minutes, units) != (before.minutes, before.units), Code::AmountZero)
}

/// Takes what stood out of the tallies, computes what should stand, and counts that.
fn recount(
    view: &mut View<'_>,
    award: &Award,
    before: &Standing,
    minutes: u32,
    units: u32,
) -> Result<Points, Rejection> {
    let Award { enrolment, service_day, .. } = *award;
    let rule = programme::reading::rule_version(view, award.rule, award.rule_version)?;
    let counts = |minutes, points| tally::of_award(&rule.cap_group, service_day, minutes, points);
    tally::take_back(view, enrolment, &counts(before.minutes, before.points));
    check_day(view, enrolment, service_day, minutes)?;
    let earned = tally::earned(view, enrolment, &rule.cap_group, service_day);
    let points = award_points(&rule, minutes, units, earned);
    tally::add(view, enrolment, &counts(minutes, points));
    Ok(points)
}

type AtHand = Vec<(linli_ledger::posting::AccountKey, PointLot)>;

/// What of an award's points is neither spent nor expired, by account.
fn at_hand(view: &View<'_>, id: RecordId, award: &Award) -> AtHand {
    [accounts::held, accounts::available]
        .into_iter()
        .map(|account| account(award.enrolment, award.programme))
        .filter_map(|account| {
            wallet::lot(view, &account, award.expires_at, id).map(|lot| (account, lot))
        })
        .collect()
}

fn sum(lots: &AtHand) -> u64 {
    lots.iter().fold(0, |sum, (_, lot)| sum.saturating_add(lot.amount))
}

/// Who bears what.
struct Split {
    /// What the person keeps of the batch.
    keep: Points,
    /// What the organiser bears.
    charged: Points,
}

/// Divides what was spent beyond what was earned, and writes what the person owes. What later awards
/// made good already of a debt that is none any more comes back.
fn split(
    view: &mut View<'_>,
    id: RecordId,
    award: &Award,
    points: Points,
    spent: Points,
    error_by: ErrorBy,
) -> Split {
    let now = view.now();
    let key = (award.enrolment, award.programme, id);
    let earlier = view.get::<Owed>(&key);
    // What has expired cannot be told from what was spent: nobody owes it.
    let debt = if now < award.expires_at { spent.less(points) } else { Points(0) };
    let theirs = match error_by {
        ErrorBy::Volunteer => debt,
        ErrorBy::Organiser => Points(0),
    };
    let netted = earlier.map_or(Points(0), |owed| owed.netted);
    let back = netted.less(theirs);
    let lapses = now.plus(parameter(view, Parameter::OwedLife));
    let lapses_at = earlier.map_or(lapses, |owed| owed.lapses_at);
    if theirs.0 > 0 {
        view.put(&key, &Owed { total: theirs, netted: netted.less(back), lapses_at });
    } else if earlier.is_some() {
        view.remove::<Owed>(&key);
    }
    let left = points.less(spent);
    Split { keep: Points(left.0.saturating_add(back.0)), charged: debt.less(theirs) }
}

/// The reversing entry and the replacement, where they differ.
fn replace(
    view: &mut View<'_>,
    id: RecordId,
    award: &Award,
    at_hand: &AtHand,
    keep: Points,
) -> Result<(), Rejection> {
    let Award { enrolment, programme, available_at, expires_at, .. } = *award;
    if keep.0 == sum(at_hand) {
        return Ok(());
    }
    for (account, lot) in at_hand {
        wallet::end(view, programme, account, &[*lot], accounts::corrected)?;
    }
    if keep.0 == 0 {
        return Ok(());
    }
    let waits = view.now() < available_at;
    let held = waits || dispute::freezes(view, id);
    let account = if held { accounts::held } else { accounts::available };
    let lot = PointLot { expires_at, batch: id, amount: keep.0 };
    wallet::mint(view, enrolment, programme, &account(enrolment, programme), lot)?;
    if waits {
        lapse::schedule(view, enrolment, available_at, kinds::RELEASE, id);
    }
    if view.now() < expires_at {
        wallet::schedule_expiry(view, enrolment, expires_at);
    }
    Ok(())
}
