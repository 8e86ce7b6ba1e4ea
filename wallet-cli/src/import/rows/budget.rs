//! This exists to gather the lines of a budget, each a row, into one draft and one approval.

use super::super::Row;
use super::super::planner::{Planner, document};
use super::super::prepared::Party;
use super::super::table::{Cells, Fault};
use linli_contracts::fund::{self, LineTerms};
use linli_ledger::code::Code;
use linli_ledger::types::{BlockTime, RecordId, derive_identifier};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const COLUMNS: &[&str] = &[
    "budget",
    "code",
    "fund",
    "year",
    "name",
    "catalogue",
    "approved",
    "resolution",
    "drafted_by",
    "drafted_at",
    "approved_by",
    "approved_at",
];

/// What the lines of one budget have in common.
const COMMON: &[&str] = &["fund", "year", "drafted_by", "drafted_at", "approved_by", "approved_at"];

/// Budgets whose lines are being gathered, by code, and the codes of all lines.
#[derive(Debug, Default)]
pub(in super::super) struct Drafts {
    budgets: BTreeMap<String, Draft>,
    lines: BTreeSet<String>,
}

#[derive(Debug)]
struct Draft {
    first: Cells,
    rows: Vec<Row>,
    fund: RecordId,
    year: u32,
    lines: Vec<LineTerms>,
    drafted: (Party, BlockTime),
    approved: Option<(Party, BlockTime)>,
}

/// One line. The first line of a budget says who drafted it and when; the others must agree.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let budget = cells.text("budget")?;
    let line = LineTerms {
        code: cells.text("code")?,
        name: cells.text("name")?,
        catalogue: cells.text("catalogue")?,
        approved: cells.yuan("approved")?,
        resolution: cells.optional("resolution").map(document),
    };
    if planner.drafts.lines.contains(&line.code) {
        return Err(Fault { column: "code", code: Code::RowDuplicate });
    }
    if let Some(draft) = planner.drafts.budgets.get(&budget) {
        let differs =
            |column: &&&'static str| draft.first.optional(column) != cells.optional(column);
        if let Some(column) = COMMON.iter().find(differs) {
            return Err(Fault { column, code: Code::RowChoice });
        }
    }
    let fund = cells.refer("fund", &planner.known.funds)?;
    let year = cells.number("year")?;
    let drafted = (cells.refer("drafted_by", &planner.known.signers)?, cells.time("drafted_at")?);
    let approver = cells.refer_optional("approved_by", &planner.known.signers)?;
    let approved = approver.map(|by| Ok((by, cells.time("approved_at")?))).transpose()?;

    planner.drafts.lines.insert(line.code.clone());
    let draft = planner.drafts.budgets.entry(budget).or_insert_with(|| Draft {
        first: cells.clone(),
        rows: Vec::new(),
        fund,
        year,
        lines: Vec::new(),
        drafted,
        approved,
    });
    draft.rows.push(cells.row);
    draft.lines.push(line);
    Ok(())
}

/// Drafts and approves every budget with the lines that could be read.
pub(super) fn end(planner: &mut Planner) {
    let Drafts { budgets, lines: _ } = std::mem::take(&mut planner.drafts);
    for (code, draft) in budgets {
        let Draft { first: _, rows, fund, year, lines, drafted: (by, at), approved } = draft;
        let budget_hash = fund::budget_hash(fund, year, &lines);
        let codes: Vec<String> = lines.iter().map(|line| line.code.clone()).collect();
        let call = fund::Call::BudgetDraft { fund, year, lines };
        let id = planner.submit_for(rows.clone(), at, fund::CONTRACT, &[&by], &call);
        let budget = RecordId(derive_identifier(&id, 0));
        planner.names.records.insert(budget, code);
        for (n, code) in (1..).zip(codes) {
            let line = RecordId(derive_identifier(&id, n));
            planner.names.records.insert(line, code.clone());
            planner.known.lines.insert(code, line);
        }
        if let Some((by, at)) = approved {
            let call = fund::Call::BudgetApprove { budget, budget_hash };
            planner.submit_for(rows, at, fund::CONTRACT, &[&by], &call);
        }
    }
}
