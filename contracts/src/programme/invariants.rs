//! This exists to check what must hold of every programme, rule, activity and reward.

use super::{Activity, ActivityStatus, Basis, Programme, Reward, Rule, RuleVersion, rule};
use linli_ledger::contract::Broken;
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::record::Record;
use linli_ledger::types::RecordId;
use linli_ledger::view::View;

/// INV-G9: an activity uses the rule version that was in force when it was published. PRG-3: no
/// version gives negative points or looks back. PRG-8: what a record names is there.
///
/// # Errors
/// The first that does not hold.
pub(super) fn check(view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
    for ((id, _), version) in all::<RuleVersion>(view) {
        let (Basis::PerHour { rate: points }
        | Basis::PerActivity { points }
        | Basis::PerUnit { points }) = version.terms.basis;
        hold(points >= 0 && version.terms.valid_from >= version.set_at, "PRG-3", id)?;
    }
    for (id, rule) in all::<Rule>(view) {
        let newest = view.has::<RuleVersion>(&(id, rule.versions));
        hold(newest && view.has::<Programme>(&rule.programme), "PRG-8", id)?;
    }
    for (id, activity) in all::<Activity>(view) {
        match activity.status {
            ActivityStatus::Published { at, rule_version } => {
                let frozen = rule::rightly_frozen(view, activity.terms.rule, rule_version, at);
                hold(frozen, "INV-G9", id)?;
            }
            ActivityStatus::Draft | ActivityStatus::Cancelled { .. } => {}
        }
        let named = super::terms_hash(&activity.terms) == activity.terms_hash;
        hold(named && view.has::<Programme>(&activity.programme), "PRG-8", id)?;
    }
    for (id, reward) in all::<Reward>(view) {
        hold(view.has::<Programme>(&reward.programme), "PRG-8", id)?;
    }
    Ok(vec!["INV-G9", "PRG-3", "PRG-8"])
}

fn hold(rule: bool, name: &'static str, record: RecordId) -> Result<(), Broken> {
    if rule { Ok(()) } else { Err(Broken { name, record: record.to_string() }) }
}

/// Every record of one kind, in the order of the keys, a page at a time.
pub(crate) fn all<R: Record>(view: &View<'_>) -> Vec<(R::Id, R)> {
    let mut found = view.range::<R>(&(), RANGE_MAX);
    let mut more = found.len() == RANGE_MAX;
    while more {
        let page = match found.last() {
            Some((last, _)) => view.range_after::<R>(&(), last, RANGE_MAX),
            None => Vec::new(),
        };
        more = page.len() == RANGE_MAX;
        found.extend(page);
    }
    found
}
