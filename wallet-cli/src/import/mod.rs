//! This exists to turn a folder of an office's CSV files into a chain's genesis and the signed
//! transactions of its history, in one order that never varies.
//!
//! [`read`] touches files and nothing else; [`plan`] is pure: the same bytes give the same
//! transactions, byte for byte. No rule of the ledger is checked here. A row that breaks a rule is
//! submitted, so that the chain holds its rejection; only what cannot be read is refused
//! at the door. The format is `docs/spec/import.md`. Source: IMP-4, IMP-5, IMP-6.

mod batch;
mod encoding;
mod input;
mod names;
mod planner;
mod prepared;
mod rows;
mod sheet;
mod table;
mod value;
mod workbook;

pub(crate) use batch::{Batch, batches};
pub(crate) use input::{ImportError, Input, read};
pub(crate) use names::Names;
pub(crate) use prepared::Prepared;
pub(crate) use value::yuan;

use linli_ledger::code::Code;
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::Digest;
use linli_ledger::types::BlockTime;
use std::collections::BTreeMap;

/// Where a row stands: what people look up in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The file, without its folder.
    pub(crate) file: &'static str,
    /// The line on which the row begins; the header is line 1.
    pub(crate) line: u64,
}

/// A row that could not be read, and so is in no transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The file, without its folder.
    pub(crate) file: &'static str,
    /// The line on which the row begins.
    pub(crate) line: u64,
    /// The column at fault, by its header; empty where the whole row is.
    pub(crate) column: &'static str,
    /// Why.
    pub(crate) code: Code,
    /// What stands there, shortened; nothing where it may be about a person.
    pub(crate) value: Option<String>,
}

/// One transaction to submit, and the rows that it came from.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The rows: one, or all lines of one budget.
    pub(crate) rows: Vec<Row>,
    /// When it happens.
    pub(crate) at: BlockTime,
    /// The transaction, ready to be signed.
    pub(crate) prepared: Prepared,
}

/// All that follows from an input.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How the chain begins.
    pub(crate) genesis: Genesis,
    /// From which every demonstration key derives.
    pub(crate) seed: String,
    /// What to submit, by time, then by file, line and place within the row.
    pub(crate) steps: Vec<Step>,
    /// What could not be read, by file and line.
    pub(crate) unreadable: Vec<Unreadable>,
    /// How many rows there are in all files, without headers.
    pub(crate) rows: u64,
    /// What people call the identifiers.
    pub(crate) names: Names,
    /// What was read: names and bytes of all files.
    pub(crate) input: Digest,
    /// For each file of the format how it was written: an encoding, or a workbook's name.
    pub(crate) forms: Vec<(&'static str, String)>,
}

impl Plan {
    /// The first code with which a transaction of a row was refused, for each row with one.
    ///
    /// `outcomes` holds one entry for each step, in order. Rows that are neither here nor among
    /// [`Plan::unreadable`] are accepted: accepted + rejected + unreadable = rows.
    pub(crate) fn rejected(&self, outcomes: &[Option<Code>]) -> BTreeMap<Row, Code> {
        let mut rejected = BTreeMap::new();
        for (step, outcome) in self.steps.iter().zip(outcomes) {
            for (row, code) in step.rows.iter().filter_map(|row| outcome.map(|code| (*row, code))) {
                rejected.entry(row).or_insert(code);
            }
        }
        rejected
    }
}

/// File and columns of every table, in the order of the format.
pub(crate) fn tables() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let columns = |table: &rows::Table| table.columns.iter().chain(table.extra).copied().collect();
    rows::TABLES.iter().map(move |table| (table.file, columns(table)))
}

/// Works out genesis and transactions from an input.
///
/// # Errors
/// [`ImportError`] where there is no chain to begin: a column that the format does not know or that
/// is not there, a community row that cannot be read, a genesis that defines no chain.
pub(crate) fn plan(input: &Input) -> Result<Plan, ImportError> {
    plan_begun(input, |_| {})
}

/// As [`plan`], on a chain that begins with other nodes or another clock.
pub(crate) fn plan_begun(
    input: &Input,
    change: impl FnOnce(&mut Genesis),
) -> Result<Plan, ImportError> {
    let sheets = sheet::sheets(input)?;
    let mut founding = rows::community::found(&sheets)?;
    change(&mut founding.genesis);
    let mut planner = planner::Planner::new(founding)?;
    for (table, sheet) in rows::TABLES.iter().zip(&sheets) {
        for cells in sheet.rows() {
            planner.count();
            let read = cells.and_then(|cells| {
                (table.row)(&mut planner, &cells).map_err(|fault| cells.refuse(fault))
            });
            if let Err(unreadable) = read {
                planner.refuse(unreadable);
            }
        }
        (table.end)(&mut planner);
    }
    let forms = rows::TABLES.iter().zip(&input.tables);
    let forms = forms.filter_map(|(table, content)| Some((table.file, sheet::form(content)?)));
    Ok(planner.finish(input.digest, forms.collect()))
}

#[cfg(test)]
mod tests;
