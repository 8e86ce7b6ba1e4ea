//! This exists to check that what leaves together is found together: each sign-up of an activity and each
//! award of a person and an expiry is reached from the last one, once.

use super::{Awards, hold};
use crate::credit::{LastAward, Participation, Seats, lapse};
use crate::programme::all_records;
use linli_ledger::contract::Broken;
use linli_ledger::types::RecordId;
use linli_ledger::view::View;
use std::collections::BTreeSet;

/// CRE-8: sign-ups. CRE-16: awards.
///
/// # Errors
/// The first that does not hold.
pub(super) fn check(view: &View<'_>, awards: &Awards) -> Result<(), Broken> {
    sign_ups(view)?;
    awards_of_expiries(view, awards)
}

fn sign_ups(view: &View<'_>) -> Result<(), Broken> {
    let mut reached = BTreeSet::new();
    for (activity, Seats { last, .. }) in all_records::<Seats>(view) {
        walk(last, &mut reached, "CRE-8", |id| {
            let participation = view.get::<Participation>(&id)?;
            (participation.activity == activity).then_some(participation.before)
        })?;
    }
    for (id, _) in all_records::<Participation>(view) {
        hold(reached.contains(&id), "CRE-8", id)?;
    }
    Ok(())
}

fn awards_of_expiries(view: &View<'_>, awards: &Awards) -> Result<(), Broken> {
    let mut reached = BTreeSet::new();
    for ((enrolment, expires_at), LastAward(last)) in all_records::<LastAward>(view) {
        walk(Some(last), &mut reached, "CRE-16", |id| {
            let award = awards.get(&id)?;
            let is_of_it = award.enrolment == enrolment && award.expires_at == expires_at;
            is_of_it.then_some(award.before)
        })?;
    }
    for (id, award) in awards {
        // One without points never was among them, and a disputed or corrected one stays longer.
        let alone = award.points.0 == 0 || lapse::awards_end(award.expires_at) <= view.now();
        hold(alone || reached.contains(id), "CRE-16", id)?;
    }
    Ok(())
}

/// Goes from the last one back; `before` says `None` of one that is not there or not of this chain.
fn walk(
    last: Option<RecordId>,
    reached: &mut BTreeSet<RecordId>,
    name: &'static str,
    before: impl Fn(RecordId) -> Option<Option<RecordId>>,
) -> Result<(), Broken> {
    let mut next = last;
    while let Some(id) = next {
        let found = before(id);
        hold(found.is_some() && reached.insert(id), name, id)?;
        next = found.flatten();
    }
    Ok(())
}
