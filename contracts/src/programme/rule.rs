//! This exists to set award rules: never negative, never retroactive, never without money behind them.

use super::{Basis, Programme, Rule, RuleTerms, RuleVersion, operators, reading};
use crate::credit::ProgrammeTotals;
use crate::registry::roles::{Parameter, parameter};
use crate::text::check_code;
use linli_ledger::amount::Points;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::receipt::Condition;
use linli_ledger::record::{Record, key_bytes};
use linli_ledger::state::value_hash;
use linli_ledger::types::{BlockTime, RecordId};
use linli_ledger::view::View;

/// The greatest cap of a rule: what one person may hold at all. Source: `domain` §0.2.
pub(crate) const CAP_MAX: u64 = 1_000_000_000;
/// The longest name of a cap group, bytes.
pub(crate) const CAP_GROUP_BYTES_MAX: usize = 16;
/// Versions of one rule: few enough that one reading always sees all. Who needs more adds a rule.
/// Source: PRG-3, PRG-4.
pub(super) const RULE_VERSIONS_MAX: u32 = 64;

/// The content of a `RuleSet` call.
pub(super) struct Proposal {
    pub(super) programme: RecordId,
    pub(super) rule: Option<RecordId>,
    pub(super) terms: RuleTerms,
    pub(super) totals: Option<ProgrammeTotals>,
}

/// The fact about the restricted half on which a rule depends: what the programme still owes.
pub(super) fn condition(programme: RecordId, totals: &ProgrammeTotals) -> Condition {
    let key = key_bytes(ProgrammeTotals::CONTRACT, ProgrammeTotals::KIND, &programme);
    Condition { key: key.into_vec(), value: value_hash(&encode(totals)) }
}

/// Adds a rule, or a new version of one, which later publications use.
///
/// # Errors
/// In this order, after the kernel's [`Code::Condition`] for other totals than those in the state:
/// [`Code::NegativeRule`]; [`Code::Multiplier`] with `Need` and `Limit`; [`Code::Text`] for the cap
/// group; [`Code::AmountRange`] for a cap; [`Code::TimeWindow`] for an empty time;
/// [`Code::Retroactive`]; [`Code::NotFound`] for the programme, or a rule that is not of it; two
/// operators as in [`operators`]; [`Code::PersonLimit`] with `Limit` for one version too many;
/// [`Code::Condition`] for missing totals; [`Code::ProgrammeUnfunded`]
/// with `Need` and `Have`.
///
/// Source: PRG-3, PRG-4, `domain` §2.2, §2.9.
pub(super) fn set(
    view: &mut View<'_>,
    parties: &[Party],
    proposal: &Proposal,
) -> Result<(), Rejection> {
    let now = view.now();
    check_terms(&proposal.terms, now, parameter(view, Parameter::MultiplierMax))?;
    let programme = reading::programme(view, proposal.programme)?;
    let mut rule = match proposal.rule {
        None => Rule { programme: proposal.programme, versions: 0 },
        Some(id) => view
            .get::<Rule>(&id)
            .filter(|rule| rule.programme == proposal.programme)
            .ok_or(Code::NotFound)?,
    };
    operators(view, parties, &programme.scope)?;
    if rule.versions >= RULE_VERSIONS_MAX {
        let limit = Detail::Limit(u64::from(RULE_VERSIONS_MAX));
        return Err(Rejection::new(Code::PersonLimit, &[limit]));
    }
    check_funded(view, &programme, proposal.totals)?;
    let id = match proposal.rule {
        Some(id) => id,
        None => RecordId(view.new_identifier()),
    };
    rule.versions = rule.versions.checked_add(1).ok_or(Code::AmountOverflow)?;
    let version = RuleVersion { terms: proposal.terms.clone(), set_at: now };
    view.put(&(id, rule.versions), &version);
    view.put(&id, &rule);
    Ok(())
}

fn check_terms(terms: &RuleTerms, now: BlockTime, multiplier_max: u64) -> Result<(), Rejection> {
    let (Basis::PerHour { rate: points }
    | Basis::PerActivity { points }
    | Basis::PerUnit { points }) = terms.basis;
    ensure(points >= 0, Code::NegativeRule)?;
    let multiplier = u64::from(terms.multiplier_bp);
    if multiplier > multiplier_max {
        let details = [Detail::Need(multiplier), Detail::Limit(multiplier_max)];
        return Err(Rejection::new(Code::Multiplier, &details));
    }
    check_code(&terms.cap_group, CAP_GROUP_BYTES_MAX, u8::is_ascii_graphic)?;
    let caps = [terms.day_cap, terms.month_cap, terms.year_cap];
    ensure(caps.iter().all(|cap| *cap <= Points(CAP_MAX)), Code::AmountRange)?;
    ensure(terms.valid_from < terms.valid_to, Code::TimeWindow)?;
    ensure(terms.valid_from >= now, Code::Retroactive)
}

/// Outstanding points must have money behind them. The kernel has compared `totals` with the state;
/// it cannot show that there are none. Before the first session starts nobody can have been attested,
/// so there are none.
fn check_funded(
    view: &View<'_>,
    programme: &Programme,
    totals: Option<ProgrammeTotals>,
) -> Result<(), Rejection> {
    if totals.is_none() {
        let nobody = programme.first_start.is_none_or(|start| view.now() < start);
        ensure(nobody, Code::Condition)?;
    }
    let outstanding = totals.map_or(0, |totals| totals.outstanding);
    let backing = parameter(view, Parameter::BackingFenPerPoint);
    let need = u128::from(outstanding).saturating_mul(u128::from(backing));
    if need > u128::from(programme.reward_budget.0) {
        let need = Detail::Need(u64::try_from(need).unwrap_or(u64::MAX));
        let details = [need, Detail::Have(programme.reward_budget.0)];
        return Err(Rejection::new(Code::ProgrammeUnfunded, &details));
    }
    Ok(())
}

/// The version of a rule in force at a time: the highest whose time holds it. Source: PRG-4.
pub(super) fn in_force(view: &View<'_>, rule: RecordId, at: BlockTime) -> Option<u32> {
    view.range_back::<RuleVersion>(&rule, RANGE_MAX)
        .into_iter()
        .find(|(_, version)| version.terms.valid_from <= at && at < version.terms.valid_to)
        .map(|((_, number), _)| number)
}

/// Whether `version` was rightly frozen at `at`: in force then, and none with a higher number that
/// had been set before. Source: INV-G9.
pub(super) fn rightly_frozen(view: &View<'_>, rule: RecordId, version: u32, at: BlockTime) -> bool {
    let in_force: Vec<_> = view
        .range_back::<RuleVersion>(&rule, RANGE_MAX)
        .into_iter()
        .filter(|(_, record)| record.terms.valid_from <= at && at < record.terms.valid_to)
        .collect();
    let found = in_force.iter().any(|((_, number), _)| *number == version);
    found && !in_force.iter().any(|((_, number), r)| *number > version && r.set_at < at)
}
