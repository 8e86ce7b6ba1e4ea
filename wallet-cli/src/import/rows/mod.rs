//! This exists to list the files of the format: for each its columns and what a row of it becomes.

mod activities;
pub(super) mod budget;
pub(super) mod community;
mod contracts;
mod funds;
mod officers;
mod organisations;
mod participation;
mod payments;
mod programmes;
mod residents;
mod rewards;

use super::planner::Planner;
use super::table::{Cells, Fault};

/// One file of the format.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) file: &'static str,
    /// The columns that its header must have, in any order.
    pub(super) columns: &'static [&'static str],
    /// Turns a row into transactions. Reads every cell before it changes the planner.
    pub(super) row: fn(&mut Planner, &Cells) -> Result<(), Fault>,
    /// What is left to do after the last row.
    pub(super) end: fn(&mut Planner),
    /// An office that has nothing to say there may leave the file out.
    pub(super) is_optional: bool,
}

impl Table {
    /// Its name without the ending: that of a sheet in a workbook.
    pub(super) fn name(&self) -> &'static str {
        self.file.strip_suffix(".csv").unwrap_or(self.file)
    }
}

/// Every file, in an order in which rows refer to rows of the same or of an earlier file.
pub(super) const TABLES: &[Table] = &[
    table("community.csv", community::COLUMNS, community::row),
    table("organisations.csv", organisations::COLUMNS, organisations::row),
    table("officers.csv", officers::COLUMNS, officers::row),
    table("residents.csv", residents::COLUMNS, residents::row),
    table("programmes.csv", programmes::COLUMNS, programmes::row),
    table("rules.csv", programmes::RULE_COLUMNS, programmes::rule),
    table("activities.csv", activities::COLUMNS, activities::row),
    table("signins.csv", participation::COLUMNS, participation::row),
    table("attestations.csv", participation::LINE_COLUMNS, participation::line),
    table("rewards.csv", rewards::COLUMNS, rewards::row),
    table("redemptions.csv", rewards::VOUCHER_COLUMNS, rewards::voucher),
    table("handouts.csv", rewards::HANDOUT_COLUMNS, rewards::handout),
    table("catalogue.csv", funds::CATALOGUE_COLUMNS, funds::catalogue),
    table("funds.csv", funds::COLUMNS, funds::row),
    Table { end: budget::end, ..table("budget.csv", budget::COLUMNS, budget::row) },
    table("bank_receipts.csv", funds::SOURCE_COLUMNS, funds::source),
    table("contracts.csv", contracts::COLUMNS, contracts::row),
    table("acceptances.csv", contracts::ACCEPTANCE_COLUMNS, contracts::acceptance),
    table("payments.csv", payments::COLUMNS, payments::row),
    table("bank_confirmations.csv", payments::BANK_COLUMNS, payments::bank),
];

/// Positions in [`TABLES`] of the files that make the genesis.
pub(super) const COMMUNITY: usize = 0;
pub(super) const ORGANISATIONS: usize = 1;

const fn table(
    file: &'static str,
    columns: &'static [&'static str],
    row: fn(&mut Planner, &Cells) -> Result<(), Fault>,
) -> Table {
    Table { file, columns, row, end: nothing, is_optional: false }
}

fn nothing(_: &mut Planner) {}
