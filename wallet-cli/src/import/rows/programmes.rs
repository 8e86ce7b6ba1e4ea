//! This exists to open programmes of points and to set their award rules.

use super::super::planner::{Planner, Rule};
use super::super::table::{Cells, Fault};
use super::super::value;
use linli_contracts::programme::{self, Basis, RuleTerms};
use linli_ledger::amount::Points;
use linli_ledger::code::Code;
use linli_ledger::types::{RecordId, derive_identifier};

pub(super) const COLUMNS: &[&str] =
    &["code", "name", "scope", "reward_budget", "opened_by", "opened_at"];

pub(super) const RULE_COLUMNS: &[&str] = &[
    "code",
    "version",
    "programme",
    "basis",
    "points",
    "multiplier_percent",
    "cap_group",
    "day_cap",
    "month_cap",
    "year_cap",
    "min_minutes",
    "valid_from",
    "valid_to",
    "set_by",
    "set_at",
];

/// A programme.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.programmes)?;
    let call = programme::Call::ProgrammeOpen {
        name: cells.text("name")?,
        scope: cells.text("scope")?,
        reward_budget: cells.yuan("reward_budget")?,
    };
    let operators = cells.refer_list("opened_by", &planner.known.signers)?;
    let at = cells.time("opened_at")?;

    let operators: Vec<_> = operators.iter().collect();
    let id = planner.submit(cells, at, programme::CONTRACT, &operators, &call);
    let id = RecordId(derive_identifier(&id, 0));
    planner.names.records.insert(id, code.clone());
    planner.known.programmes.insert(code, id);
    Ok(())
}

/// A rule, or a new version of one.
pub(super) fn rule(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.text("code")?;
    let version: u32 = cells.number("version")?;
    let key = (code.clone(), version);
    if planner.known.rule_versions.contains(&key) {
        return Err(Fault { column: "version", code: Code::RowDuplicate });
    }
    let first = planner.known.rules.get(&code).copied();
    if first.is_none() && version != 1 {
        return Err(Fault { column: "code", code: Code::RowReference });
    }
    let programme = cells.refer("programme", &planner.known.programmes)?;
    let terms = terms(cells)?;
    let operators = cells.refer_list("set_by", &planner.known.signers)?;
    let at = cells.time("set_at")?;

    let operators: Vec<_> = operators.iter().collect();
    planner.known.rule_versions.insert(key);
    if let Some(first) = first {
        planner.submit_version(cells, at, &operators, Rule { programme, ..first }, terms);
        return Ok(());
    }
    let call = programme::Call::RuleSet { programme, rule: None, terms, totals: None };
    let id = planner.submit(cells, at, programme::CONTRACT, &operators, &call);
    let id = RecordId(derive_identifier(&id, 0));
    planner.names.records.insert(id, code.clone());
    planner.known.rules.insert(code, Rule { id, programme });
    Ok(())
}

fn terms(cells: &Cells) -> Result<RuleTerms, Fault> {
    let points = cells.number("points")?;
    let words = [
        ("per_hour", Basis::PerHour { rate: points }),
        ("per_activity", Basis::PerActivity { points }),
        ("per_unit", Basis::PerUnit { points }),
    ];
    Ok(RuleTerms {
        basis: cells.choice("basis", &words)?,
        multiplier_bp: cells.percent("multiplier_percent")?,
        cap_group: cells.text("cap_group")?,
        day_cap: Points(cells.number("day_cap")?),
        month_cap: Points(cells.number("month_cap")?),
        year_cap: Points(cells.number("year_cap")?),
        min_minutes: cells.number("min_minutes")?,
        valid_from: cells.day("valid_from")?.start(),
        valid_to: value::end_of(cells.day("valid_to")?),
    })
}
