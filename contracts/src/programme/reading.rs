//! This exists to be what other contracts, and programs outside, may read of programmes.

use super::{
    Activity, ActivityStatus, BatchOf, Programme, RECORD_KEPT_MS, Reward, Rule, RuleTerms,
    RuleVersion, Settlement, voucher_batch_id,
};
use linli_ledger::code::{Code, Rejection};
use linli_ledger::types::RecordId;
use linli_ledger::view::View;

/// A programme.
///
/// # Errors
/// [`Code::NotFound`].
pub fn programme(view: &View<'_>, id: RecordId) -> Result<Programme, Rejection> {
    view.get::<Programme>(&id).ok_or_else(|| Code::NotFound.into())
}

/// A rule.
///
/// # Errors
/// [`Code::NotFound`].
pub fn rule(view: &View<'_>, id: RecordId) -> Result<Rule, Rejection> {
    view.get::<Rule>(&id).ok_or_else(|| Code::NotFound.into())
}

/// The terms of one version of a rule.
///
/// # Errors
/// [`Code::NotFound`].
pub fn rule_version(view: &View<'_>, rule: RecordId, version: u32) -> Result<RuleTerms, Rejection> {
    let record = view.get::<RuleVersion>(&(rule, version)).ok_or(Code::NotFound)?;
    Ok(record.terms)
}

/// An activity, until it leaves the state; swept or not, it is gone from that instant.
///
/// # Errors
/// [`Code::NotFound`].
pub fn activity(view: &View<'_>, id: RecordId) -> Result<Activity, Rejection> {
    view.get::<Activity>(&id)
        .filter(|activity| view.now() < activity.terms.end.plus(RECORD_KEPT_MS))
        .ok_or_else(|| Code::NotFound.into())
}

/// The terms of the rule that was in force when the activity was published, and their version.
///
/// # Errors
/// [`Code::State`] unless it is published; [`Code::NotFound`].
///
/// Source: PRG-4, INV-G9.
pub fn rule_of(view: &View<'_>, activity: &Activity) -> Result<(u32, RuleTerms), Rejection> {
    match activity.status {
        ActivityStatus::Published { rule_version: number, .. } => {
            rule_version(view, activity.terms.rule, number).map(|terms| (number, terms))
        }
        ActivityStatus::Draft | ActivityStatus::Cancelled { .. } => Err(Code::State.into()),
    }
}

/// What a partner has claimed for a batch of vouchers, if it has.
pub fn settlement(view: &View<'_>, of: &BatchOf) -> Option<Settlement> {
    view.get::<Settlement>(&voucher_batch_id(of))
}

/// A reward, until it leaves the state; swept or not, it is gone from that instant.
///
/// # Errors
/// [`Code::NotFound`].
pub fn reward(view: &View<'_>, id: RecordId) -> Result<Reward, Rejection> {
    view.get::<Reward>(&id)
        .filter(|reward| view.now() < reward.terms.valid_to.plus(RECORD_KEPT_MS))
        .ok_or_else(|| Code::NotFound.into())
}
