//! This exists to declare who is related to whom: organisations, and the persons in office.

use super::super::planner::{Planner, document};
use super::super::table::{Cells, Fault};
use linli_contracts::registry::{self, Related, RelationKind};
use linli_ledger::code::Code;
use linli_ledger::types::{RecordId, derive_identifier};

pub(super) const COLUMNS: &[&str] = &[
    "code",
    "one",
    "other",
    "kind",
    "share_percent",
    "from",
    "to",
    "evidence",
    "declared_by",
    "declared_at",
    "ended_on",
    "ended_by",
    "ended_at",
];

/// A kind as the table writes it: the share stands in a column of its own.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain(RelationKind),
    Shareholder,
}

const KINDS: &[(&str, Kind)] = &[
    ("employment", Kind::Plain(RelationKind::Employment)),
    ("director", Kind::Plain(RelationKind::Director)),
    ("shareholder", Kind::Shareholder),
    ("control", Kind::Plain(RelationKind::Control)),
    ("same_responsible_person", Kind::Plain(RelationKind::SameResponsiblePerson)),
];

/// A relation, and perhaps its end.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.relations)?;
    let kind = match cells.choice("kind", KINDS)? {
        Kind::Plain(kind) => kind,
        Kind::Shareholder => RelationKind::Shareholder { bp: cells.percent("share_percent")? },
    };
    let call = registry::Call::RelationDeclare {
        one: end(planner, cells, "one")?,
        other: end(planner, cells, "other")?,
        kind,
        from: cells.day("from")?,
        to: cells.day_optional("to")?,
        evidence: document(cells.required("evidence")?),
    };
    let by = cells.refer("declared_by", &planner.known.signers)?;
    let at = cells.time("declared_at")?;
    let ended = match cells.optional("ended_by") {
        None => None,
        Some(_) => Some((
            cells.refer("ended_by", &planner.known.signers)?,
            cells.day("ended_on")?,
            cells.time("ended_at")?,
        )),
    };

    let id = planner.submit(cells, at, registry::CONTRACT, &[&by], &call);
    let relation = RecordId(derive_identifier(&id, 0));
    if let Some((by, to, at)) = ended {
        let call = registry::Call::RelationEnd { relation, to };
        planner.submit(cells, at, registry::CONTRACT, &[&by], &call);
    }
    planner.names.records.insert(relation, code.clone());
    planner.known.relations.insert(code, relation);
    Ok(())
}

/// An organisation or an officer: they share their codes.
fn end(planner: &Planner, cells: &Cells, column: &'static str) -> Result<Related, Fault> {
    let code = cells.required(column)?;
    let organisation = planner.known.organisations.get(code).copied().map(Related::Organisation);
    let officer = planner.known.officers.get(code).copied().map(Related::Person);
    organisation.or(officer).ok_or(Fault { column, code: Code::RowReference })
}
