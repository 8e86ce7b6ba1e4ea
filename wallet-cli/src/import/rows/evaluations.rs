//! This exists to have a contract evaluated by a third party, and to release or keep what was held back.

use super::super::planner::{Planner, document};
use super::super::table::{Cells, Fault};
use super::super::value;
use linli_contracts::fund::{self, Indicator};
use linli_ledger::code::Code;

pub(super) const COLUMNS: &[&str] = &[
    "contract",
    "evaluator",
    "selected_by",
    "selected_at",
    "indicators",
    "report",
    "submitted_by",
    "submitted_at",
];

pub(super) const RETENTION_COLUMNS: &[&str] = &["contract", "act", "finding", "by", "at"];

#[derive(Clone, Copy, Debug)]
enum Act {
    Finding,
    Release,
}

/// The purchaser names an evaluator, who reports.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let contract = cells.refer("contract", &planner.known.contracts)?;
    let evaluator = cells.refer("evaluator", &planner.known.organisations)?;
    let purchaser = cells.refer("selected_by", &planner.known.signers)?;
    let selected_at = cells.time("selected_at")?;
    let submitted = match cells.optional("submitted_by") {
        None => None,
        Some(_) => Some((
            cells.refer("submitted_by", &planner.known.signers)?,
            cells.list("indicators", indicator)?,
            document(cells.required("report")?),
            cells.time("submitted_at")?,
        )),
    };

    let call = fund::Call::EvaluatorSelect { contract, evaluator };
    planner.submit(cells, selected_at, fund::CONTRACT, &[&purchaser], &call);
    if let Some((by, indicators, report, at)) = submitted {
        let call = fund::Call::EvaluationSubmit { contract, indicators, report };
        planner.submit(cells, at, fund::CONTRACT, &[&by], &call);
    }
    Ok(())
}

/// `name@60@92.5`: what was looked at, its weight and its score, both per cent.
fn indicator(text: &str) -> Result<Indicator, Code> {
    let mut parts = text.split('@').map(str::trim);
    let mut part = || parts.next().ok_or(Code::JsonNumber);
    Ok(Indicator {
        name: value::public_text(part()?)?.to_owned(),
        weight_bp: value::percent(part()?)?,
        score_bp: value::percent(part()?)?,
    })
}

/// What was held back waits again after a finding, or is released.
pub(super) fn retention(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let contract = cells.refer("contract", &planner.known.contracts)?;
    let call = match cells.choice("act", &[("finding", Act::Finding), ("release", Act::Release)])? {
        Act::Finding => {
            fund::Call::FindingRecord { contract, finding: document(cells.required("finding")?) }
        }
        Act::Release => fund::Call::RetentionRelease { contract },
    };
    let by = cells.refer_list("by", &planner.known.signers)?;
    let at = cells.time("at")?;
    let by: Vec<_> = by.iter().collect();
    planner.submit(cells, at, fund::CONTRACT, &by, &call);
    Ok(())
}
