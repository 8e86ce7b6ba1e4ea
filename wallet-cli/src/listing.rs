//! This exists to show rows in the form that was asked for: a table for people, JSON or CSV for programs.

use crate::cli::Format;
use crate::session::Session;
use crate::texts::word;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value};

/// Rows under columns. A cell has a form for programs and one for people.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    columns: Vec<(&'static str, String)>,
    rows: Vec<Vec<(String, String)>>,
    right: Vec<usize>,
}

impl Listing {
    /// No rows yet; each column has a name for programs and a title for people.
    pub(crate) fn new(columns: &[(&'static str, String)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new(), right: Vec::new() }
    }

    /// Aligns a column to the right, where amounts stand.
    pub(crate) fn right(mut self, column: usize) -> Self {
        self.right.push(column);
        self
    }

    /// Adds a row with a form for programs and one for people in each cell.
    pub(crate) fn row_shown<const N: usize>(&mut self, cells: [(String, String); N]) {
        self.rows.push(cells.into());
    }

    /// The rows in the form of the session; `none` is what people read if there are none.
    pub(crate) fn render(&self, session: &Session, none: &str) -> String {
        match session.format {
            Format::Json => {
                let rows: Vec<Value> = self.rows.iter().map(|row| self.object(row)).collect();
                format!("{}\n", Value::Array(rows))
            }
            Format::Csv => self.csv(),
            Format::Table if self.rows.is_empty() => {
                format!("{}\n", word(none, session.language))
            }
            Format::Table => self.table(),
        }
    }

    fn object(&self, row: &[(String, String)]) -> Value {
        let cells = self.columns.iter().zip(row);
        let object: Map<_, _> = cells
            .map(|((name, _), (cell, _))| ((*name).to_owned(), Value::String(cell.clone())))
            .collect();
        Value::Object(object)
    }

    /// With a byte order mark, so that office programs read Chinese.
    fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(vec![0xEF, 0xBB, 0xBF]);
        let names = self.columns.iter().map(|(name, _)| *name);
        let mut written = writer.write_record(names);
        for row in &self.rows {
            let cells = row.iter().map(|(cell, _)| harmless(cell));
            written = written.and_then(|()| writer.write_record(cells));
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(self.columns.iter().map(|(_, title)| title.clone()));
        for row in &self.rows {
            table.add_row(row.iter().map(|(_, shown)| crate::reading::clean(shown)));
        }
        for column in &self.right {
            if let Some(column) = table.column_mut(*column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{}\n", table.trim_fmt())
    }
}

/// A cell that a spreadsheet would run as a formula gets an apostrophe in front.
fn harmless(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if runs && cell.parse::<i64>().is_err() { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_runs_nothing() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("-5"), "-5");
        assert_eq!(harmless("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(harmless("王芳"), "王芳");
    }
}
