//! This exists to put right what was recorded wrongly or too late: late entries, corrections, disputes
//! and appeals. None of them takes points away for conduct; the ledger has no call that could.

use super::super::planner::{Planner, document};
use super::super::prepared::Party;
use super::super::table::{Cells, Fault};
use linli_contracts::credit::{self, Decision, DisputeReason, ErrorBy, LateLine, Replacement};
use linli_ledger::code::Code;
use linli_ledger::types::RecordId;

pub(super) const LATE_COLUMNS: &[&str] = &[
    "activity",
    "resident",
    "check_in",
    "check_out",
    "minutes",
    "units",
    "evidence",
    "signed_by",
    "at",
];

pub(super) const CORRECTION_COLUMNS: &[&str] = &[
    "activity",
    "resident",
    "earlier_corrections",
    "minutes",
    "units",
    "error_by",
    "evidence",
    "signed_by",
    "at",
];

pub(super) const COLUMNS: &[&str] = &[
    "activity", "resident", "act", "reason", "outcome", "minutes", "units", "error_by", "evidence",
    "by", "at",
];

const ERRORS: &[(&str, ErrorBy)] =
    &[("organiser", ErrorBy::Organiser), ("volunteer", ErrorBy::Volunteer)];

const REASONS: &[(&str, DisputeReason)] = &[
    ("attendance", DisputeReason::Attendance),
    ("minutes", DisputeReason::Minutes),
    ("units", DisputeReason::Units),
    ("duplicate", DisputeReason::Duplicate),
    ("rule", DisputeReason::Rule),
];

#[derive(Clone, Copy, Debug)]
enum Act {
    Dispute,
    Decide,
    Appeal,
    DecideAppeal,
}

const ACTS: &[(&str, Act)] = &[
    ("dispute", Act::Dispute),
    ("decide", Act::Decide),
    ("appeal", Act::Appeal),
    ("decide_appeal", Act::DecideAppeal),
];

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Upheld,
    Corrected,
}

/// The participation that a row is about: also the identifier of its award.
fn participation(planner: &Planner, cells: &Cells) -> Result<RecordId, Fault> {
    cells.refer("activity", &planner.known.activities)?;
    cells.refer("resident", &planner.known.residents)?;
    let key = format!("{} {}", cells.required("activity")?, cells.required("resident")?);
    let attendance = planner.known.attendances.get(&key);
    let attendance = attendance.ok_or(Fault { column: "resident", code: Code::RowReference })?;
    Ok(attendance.participation)
}

/// What devices or attestation missed: organiser, witness and regulator sign one body.
pub(super) fn late(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let activity = cells.refer("activity", &planner.known.activities)?;
    let line = LateLine {
        participation: participation(planner, cells)?,
        check_in: cells.time("check_in")?,
        check_out: cells.time("check_out")?,
        minutes: cells.number("minutes")?,
        units: cells.number_or_zero("units")?,
        evidence: document(cells.required("evidence")?),
    };
    let signers = cells.refer_list("signed_by", &planner.known.signers)?;
    let at = cells.time("at")?;
    let signers: Vec<_> = signers.iter().collect();
    let call = credit::Call::LateEntry { activity, lines: vec![line] };
    planner.submit(cells, at, credit::CONTRACT, &signers, &call);
    Ok(())
}

fn replacement(cells: &Cells) -> Result<Replacement, Fault> {
    Ok(Replacement {
        minutes: cells.number("minutes")?,
        units: cells.number_or_zero("units")?,
        error_by: cells.choice("error_by", ERRORS)?,
    })
}

/// An award that was wrong: a points operator and an approver sign.
pub(super) fn correction(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let call = credit::Call::AwardCorrect {
        award: participation(planner, cells)?,
        earlier_corrections: cells.number_or_zero("earlier_corrections")?,
        replacement: replacement(cells)?,
        evidence: document(cells.required("evidence")?),
    };
    let signers = cells.refer_list("signed_by", &planner.known.signers)?;
    let at = cells.time("at")?;
    let signers: Vec<_> = signers.iter().collect();
    planner.submit(cells, at, credit::CONTRACT, &signers, &call);
    Ok(())
}

/// One step of a dispute.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let award = participation(planner, cells)?;
    let evidence = document(cells.required("evidence")?);
    let call = match cells.choice("act", ACTS)? {
        Act::Dispute => {
            credit::Call::Dispute { award, reason: cells.choice("reason", REASONS)?, evidence }
        }
        Act::Decide => credit::Call::DisputeDecide { award, decision: decision(cells)?, evidence },
        Act::Appeal => credit::Call::Appeal { award, evidence },
        Act::DecideAppeal => {
            credit::Call::AppealDecide { award, decision: decision(cells)?, evidence }
        }
    };
    let by = people(planner, cells)?;
    let at = cells.time("at")?;
    let by: Vec<_> = by.iter().collect();
    planner.submit(cells, at, credit::CONTRACT, &by, &call);
    Ok(())
}

fn decision(cells: &Cells) -> Result<Decision, Fault> {
    let words = [("upheld", Outcome::Upheld), ("corrected", Outcome::Corrected)];
    Ok(match cells.choice("outcome", &words)? {
        Outcome::Upheld => Decision::Upheld,
        Outcome::Corrected => Decision::Corrected(replacement(cells)?),
    })
}

/// Officers by their posts, or one resident by pseudonym, with a child's guardian.
fn people(planner: &Planner, cells: &Cells) -> Result<Vec<Party>, Fault> {
    let resident = planner.known.residents.get(cells.required("by")?);
    match resident {
        Some(resident) => Ok(resident.signers().into_iter().cloned().collect()),
        None => cells.refer_list("by", &planner.known.signers),
    }
}
