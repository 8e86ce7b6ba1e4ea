//! This exists to list the files of the format: for each its columns and what a row of it becomes.

mod activities;
pub(super) mod budget;
pub(super) mod community;
mod contracts;
mod disputes;
pub(super) mod donations;
mod evaluations;
mod freezes;
mod funds;
mod gifts;
mod officers;
mod organisations;
mod participation;
mod payments;
mod programmes;
mod relations;
mod residents;
mod returns;
mod rewards;
mod suspense;

use super::planner::Planner;
use super::table::{Cells, Fault};

/// One file of the format.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) file: &'static str,
    /// The columns that its header must have, in any order.
    pub(super) columns: &'static [&'static str],
    /// The columns that it may have.
    pub(super) extra: &'static [&'static str],
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
    optional("relations.csv", relations::COLUMNS, relations::row),
    table("residents.csv", residents::COLUMNS, residents::row),
    table("programmes.csv", programmes::COLUMNS, programmes::row),
    table("rules.csv", programmes::RULE_COLUMNS, programmes::rule),
    table("activities.csv", activities::COLUMNS, activities::row),
    table("signins.csv", participation::COLUMNS, participation::row),
    table("attestations.csv", participation::LINE_COLUMNS, participation::line),
    optional("late_entries.csv", disputes::LATE_COLUMNS, disputes::late),
    optional("corrections.csv", disputes::CORRECTION_COLUMNS, disputes::correction),
    optional("disputes.csv", disputes::COLUMNS, disputes::row),
    table("catalogue.csv", funds::CATALOGUE_COLUMNS, funds::catalogue),
    table("funds.csv", funds::COLUMNS, funds::row),
    Table { end: budget::end, ..table("budget.csv", budget::COLUMNS, budget::row) },
    Table { extra: rewards::LINE_EXTRA, ..table("rewards.csv", rewards::COLUMNS, rewards::row) },
    optional("reward_updates.csv", rewards::UPDATE_COLUMNS, rewards::update),
    table("redemptions.csv", rewards::VOUCHER_COLUMNS, rewards::voucher),
    table("handouts.csv", rewards::HANDOUT_COLUMNS, rewards::handout),
    optional("returned_rewards.csv", rewards::RETURN_COLUMNS, rewards::returned),
    Table {
        extra: rewards::LINE_EXTRA,
        ..optional("claims.csv", rewards::CLAIM_COLUMNS, rewards::claim)
    },
    optional("gifts.csv", gifts::COLUMNS, gifts::row),
    optional("micro_donations.csv", donations::COLUMNS, donations::row),
    Table {
        extra: funds::SOURCE_EXTRA,
        end: donations::end,
        ..table("bank_receipts.csv", funds::SOURCE_COLUMNS, funds::source)
    },
    optional("suspense.csv", suspense::COLUMNS, suspense::row),
    optional("suspense_resolutions.csv", suspense::RESOLUTION_COLUMNS, suspense::resolution),
    optional("suspense_returns.csv", suspense::RETURN_COLUMNS, suspense::sent_back),
    optional("reclassifications.csv", suspense::PURPOSE_COLUMNS, suspense::reclassification),
    Table { extra: contracts::EXTRA, ..table("contracts.csv", contracts::COLUMNS, contracts::row) },
    table("acceptances.csv", contracts::ACCEPTANCE_COLUMNS, contracts::acceptance),
    optional("evaluations.csv", evaluations::COLUMNS, evaluations::row),
    optional("retentions.csv", evaluations::RETENTION_COLUMNS, evaluations::retention),
    table("payments.csv", payments::COLUMNS, payments::row),
    table("bank_confirmations.csv", payments::BANK_COLUMNS, payments::bank),
    optional("bank_returns.csv", returns::COLUMNS, returns::row),
    optional("reversals.csv", returns::REVERSAL_COLUMNS, returns::reversal),
    optional("clawbacks.csv", returns::ORDER_COLUMNS, returns::order),
    optional("refunds.csv", returns::REFUND_COLUMNS, returns::refund),
    optional("freezes.csv", freezes::COLUMNS, freezes::row),
    optional("closings.csv", returns::CLOSING_COLUMNS, returns::closing),
    optional("treasury_returns.csv", returns::TREASURY_COLUMNS, returns::treasury),
];

/// Positions in [`TABLES`] of the files that make the genesis.
pub(super) const COMMUNITY: usize = 0;
pub(super) const ORGANISATIONS: usize = 1;

const fn table(
    file: &'static str,
    columns: &'static [&'static str],
    row: fn(&mut Planner, &Cells) -> Result<(), Fault>,
) -> Table {
    Table { file, columns, extra: &[], row, end: nothing, is_optional: false }
}

/// A table that may be left out.
const fn optional(
    file: &'static str,
    columns: &'static [&'static str],
    row: fn(&mut Planner, &Cells) -> Result<(), Fault>,
) -> Table {
    Table { file, columns, extra: &[], row, end: nothing, is_optional: true }
}

fn nothing(_: &mut Planner) {}
