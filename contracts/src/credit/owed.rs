//! This exists to hold what a person owes after a correction of points that were already spent: kept
//! back from later awards only, a part of each, for a time. No balance ever falls below zero.

use super::CONTRACT;
use crate::registry::roles::{Parameter, parameter};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Points;
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::types::{BlockTime, EnrolmentId, OrganisationId, RecordId};
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// What is owed because of one award; its key says who, in which programme, for which award. Leaves
/// with the award. Source: CRE-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Owed {
    /// Points that were spent of what was never earned.
    pub total: Points,
    /// Points of it that later awards have made good.
    pub netted: Points,
    /// From when nothing is owed any more.
    pub lapses_at: BlockTime,
}

/// Points that organisers' errors cost a programme; its key says which organisation and programme.
/// Stays. Source: CRE-18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct OrganiserCharge {
    /// The sum.
    pub points: Points,
}

linli_ledger::records! { CONTRACT, Restricted:
    Owed = 15, (EnrolmentId, RecordId, RecordId);
    OrganiserCharge = 16, (OrganisationId, RecordId);
}

impl Owed {
    /// What is still owed at a time.
    pub fn rest(&self, now: BlockTime) -> Points {
        if now < self.lapses_at { self.total.less(self.netted) } else { Points(0) }
    }
}

type Key = (EnrolmentId, RecordId, RecordId);

fn every(view: &View<'_>, enrolment: EnrolmentId, programme: RecordId) -> Vec<(Key, Owed)> {
    let prefix = (enrolment, programme);
    let mut found = Vec::new();
    let mut page = view.range::<Owed>(&prefix, RANGE_MAX);
    while let Some((last, _)) = page.last() {
        let next = view.range_after::<Owed>(&prefix, last, RANGE_MAX);
        found.extend(page);
        page = next;
    }
    found
}

/// What a person owes in a programme at a time.
pub(super) fn sum(
    view: &View<'_>,
    enrolment: EnrolmentId,
    programme: RecordId,
    now: BlockTime,
) -> Points {
    let rests = every(view, enrolment, programme).into_iter().map(|(_, owed)| owed.rest(now).0);
    Points(rests.fold(0, u64::saturating_add))
}

/// Keeps back a part of a new award for what is owed, by ascending award; returns how much.
///
/// Source: CRE-18, `domain` §2.1.
pub(super) fn net(
    view: &mut View<'_>,
    enrolment: EnrolmentId,
    programme: RecordId,
    award: Points,
) -> Points {
    let share = u32::try_from(parameter(view, Parameter::NetShare)).unwrap_or(u32::MAX);
    let most = award.share(share).min(award);
    let mut left = most;
    for (key, mut owed) in every(view, enrolment, programme) {
        let part = owed.rest(view.now()).min(left);
        if part.0 == 0 {
            continue;
        }
        owed.netted = Points(owed.netted.0.saturating_add(part.0));
        left = left.less(part);
        view.put(&key, &owed);
    }
    most.less(left)
}

/// Changes what is charged to an organisation, from what an award's last correction charged it to
/// what this one does.
pub(super) fn charge(
    view: &mut View<'_>,
    organisation: OrganisationId,
    programme: RecordId,
    before: Points,
    after: Points,
) {
    if before == after {
        return;
    }
    let key = (organisation, programme);
    let Points(sum) = view.get::<OrganiserCharge>(&key).unwrap_or_default().points;
    let points = Points(sum.saturating_sub(before.0).saturating_add(after.0));
    view.put(&key, &OrganiserCharge { points });
}
