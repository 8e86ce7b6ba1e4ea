//! This exists to propose and publish activities.

use super::super::planner::{Planner, document};
use super::super::table::{Cells, Fault};
use linli_contracts::programme::{self, ActivityKind, ActivityTerms, Participation};
use linli_ledger::types::{RecordId, derive_identifier};

pub(super) const COLUMNS: &[&str] = &[
    "code",
    "title",
    "organisation",
    "kind",
    "place",
    "start",
    "end",
    "capacity",
    "minimum_age",
    "risk_class",
    "insurance",
    "risk_statement",
    "participation",
    "rule",
    "proposed_by",
    "proposed_at",
    "published_by",
    "published_at",
    "cancelled_by",
    "cancelled_at",
];

const KINDS: &[(&str, ActivityKind)] = &[
    ("service", ActivityKind::Service),
    ("training", ActivityKind::Training),
    ("emergency", ActivityKind::Emergency),
];

const PARTICIPATIONS: &[(&str, Participation)] =
    &[("voluntary", Participation::Voluntary), ("compulsory", Participation::Compulsory)];

/// Proposed by one officer, published by another, and perhaps called off.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.activities)?;
    let organisation = cells.refer("organisation", &planner.known.organisations)?;
    let terms = terms(planner, cells)?;
    let proposer = cells.refer("proposed_by", &planner.known.signers)?;
    let proposed_at = cells.time("proposed_at")?;
    let publisher = cells.refer_optional("published_by", &planner.known.signers)?;
    let published_at = publisher.map(|by| Ok((by, cells.time("published_at")?))).transpose()?;
    let canceller = cells.refer_optional("cancelled_by", &planner.known.signers)?;
    let cancelled_at = canceller.map(|by| Ok((by, cells.time("cancelled_at")?))).transpose()?;

    let terms_hash = programme::terms_hash(&terms);
    let call = programme::Call::ActivityPropose { organisation, terms };
    let id = planner.submit(cells, proposed_at, programme::CONTRACT, &[&proposer], &call);
    let activity = RecordId(derive_identifier(&id, 0));
    if let Some((by, at)) = published_at {
        let call = programme::Call::ActivityPublish { activity, terms_hash };
        planner.submit(cells, at, programme::CONTRACT, &[&by], &call);
    }
    if let Some((by, at)) = cancelled_at {
        let call = programme::Call::ActivityCancel { activity };
        planner.submit(cells, at, programme::CONTRACT, &[&by], &call);
    }
    planner.names.records.insert(activity, code.clone());
    planner.known.activities.insert(code, activity);
    Ok(())
}

fn terms(planner: &Planner, cells: &Cells) -> Result<ActivityTerms, Fault> {
    Ok(ActivityTerms {
        title: cells.text("title")?,
        kind: cells.choice("kind", KINDS)?,
        place: cells.text("place")?,
        start: cells.time("start")?,
        end: cells.time("end")?,
        capacity: cells.number("capacity")?,
        minimum_age: cells.number_or_zero("minimum_age")?,
        risk_class: cells.number_or_zero("risk_class")?,
        insurance: cells.optional("insurance").map(document),
        risk_statement: cells.optional("risk_statement").map(document),
        participation: cells.choice("participation", PARTICIPATIONS)?,
        rule: cells.refer("rule", &planner.known.rules)?.id,
    })
}
