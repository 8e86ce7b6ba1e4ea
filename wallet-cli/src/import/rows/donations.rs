//! This exists to gather many small donations, each a row, into the list behind one source, so that
//! each donor keeps a path to certain fen.

use super::super::planner::Planner;
use super::super::table::{Cells, Fault};
use super::super::{Row, Unreadable};
use crate::donations::Given;
use linli_contracts::fund::batch::Batch;
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use std::collections::BTreeMap;

pub(super) const COLUMNS: &[&str] = &["batch", "code", "donor", "amount"];

/// Lists that are being gathered, by code.
#[derive(Debug, Default)]
pub(in super::super) struct Lists {
    lists: BTreeMap<String, List>,
}

/// One list, in the order of the file: that of the bank.
#[derive(Debug, Default)]
pub(super) struct List {
    rows: Vec<Row>,
    codes: Vec<String>,
    donations: Vec<(Fen, [u8; 32])>,
}

/// One donation: the donor's label becomes a salted commitment.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let list = cells.text("batch")?;
    let code = cells.fresh("code", &planner.known.donations)?;
    let amount = cells.yuan("amount")?;
    // The list has no root with such an entry.
    amount.check().map_err(|rejection| Fault { column: "amount", code: rejection.code })?;
    let donor = planner.secret(&format!("donation/{code}/{}", cells.required("donor")?));
    planner.known.donations.insert(code.clone(), list.clone());
    let list = planner.donations.lists.entry(list).or_default();
    list.rows.push(cells.row);
    list.codes.push(code);
    list.donations.push((amount, donor));
    Ok(())
}

/// The list that a receipt names: its rows share the fate of the receipt.
pub(super) fn take(
    planner: &mut Planner,
    cells: &Cells,
    column: &'static str,
) -> Result<Option<(List, Batch)>, Fault> {
    let Some(code) = cells.optional(column) else { return Ok(None) };
    let list = planner.donations.lists.get(code);
    let list = list.ok_or(Fault { column, code: Code::RowReference })?;
    let batch =
        Batch::new(&list.donations).map_err(|rejection| Fault { column, code: rejection.code })?;
    if batch.total() != cells.yuan("amount")? {
        return Err(Fault { column: "amount", code: Code::RowChoice });
    }
    let list = planner.donations.lists.remove(code);
    Ok(list.map(|list| (list, batch)))
}

impl List {
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Each donation, in the order of the batch.
    pub(super) fn given(self) -> Vec<Given> {
        let given = self.codes.into_iter().zip(self.donations);
        given.map(|(code, (amount, donor))| Given { code, amount, donor }).collect()
    }
}

/// Lists that no receipt has named came to nothing.
pub(super) fn end(planner: &mut Planner) {
    let Lists { lists } = std::mem::take(&mut planner.donations);
    for Row { file, line } in lists.into_values().flat_map(|list| list.rows) {
        let (column, code) = ("batch", Code::RowReference);
        planner.refuse(Unreadable { file, line, column, code, value: None });
    }
}
