//! This exists to show rows in the form that was asked for: a table for people, JSON or CSV for programs.

use crate::cli::Format;
use crate::session::Session;
use crate::texts::word;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Rows under columns. A cell has a form for programs and one for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    columns: Vec<(&'static str, String)>,
    rows: Vec<Vec<(String, String)>>,
    right: Vec<usize>,
    /// What people read above and under the table; programs do not.
    above: String,
    under: String,
}

impl Listing {
    /// No rows yet; each column has a name for programs and a title for people.
    pub(crate) fn new(columns: &[(&'static str, String)]) -> Self {
        Self { columns: columns.to_vec(), ..Self::default() }
    }

    /// Aligns a column to the right, where amounts stand.
    pub(crate) fn right(mut self, column: usize) -> Self {
        self.right.push(column);
        self
    }

    /// Says something to people above the table.
    pub(crate) fn above(mut self, text: &str) -> Self {
        self.above = format!("{text}\n\n");
        self
    }

    /// Says something to people under the table.
    pub(crate) fn under(mut self, text: &str) -> Self {
        self.under = format!("\n{text}\n");
        self
    }

    /// Adds a row with a form for programs and one for people in each cell.
    pub(crate) fn row_shown<const N: usize>(&mut self, cells: [(String, String); N]) {
        self.row(cells.into());
    }

    /// The same where there are as many cells as columns were chosen.
    pub(crate) fn row(&mut self, cells: Vec<(String, String)>) {
        self.rows.push(cells);
    }

    /// The rows in the form of the session; `none` is what people read if there are none.
    pub(crate) fn render(&self, session: &Session, none: &str) -> String {
        match session.format {
            Format::Json => {
                let rows: Vec<Value> = self.rows.iter().map(|row| self.object(row)).collect();
                format!("{}\n", Value::Array(rows))
            }
            Format::Csv => {
                // With a byte order mark, so that office programs read Chinese.
                let names: Vec<_> =
                    self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
                format!("\u{feff}{}{}", records([names]), self.csv_rows())
            }
            Format::Table => {
                let table = if self.rows.is_empty() {
                    format!("{}\n", word(none, session.language))
                } else {
                    self.table()
                };
                format!("{}{table}{}", self.above, self.under)
            }
        }
    }

    fn object(&self, row: &[(String, String)]) -> Value {
        let cells = self.columns.iter().zip(row);
        let object: Map<_, _> = cells
            .map(|((name, _), (cell, _))| ((*name).to_owned(), Value::String(cell.clone())))
            .collect();
        Value::Object(object)
    }

    /// The rows alone, for a spreadsheet that has the names of the columns already.
    pub(crate) fn csv_rows(&self) -> String {
        records(self.rows.iter().map(|row| row.iter().map(|(cell, _)| harmless(cell)).collect()))
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

fn records(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = rows.into_iter().try_for_each(|row| writer.write_record(row));
    let bytes = writer.into_inner().unwrap_or_default();
    debug_assert!(written.is_ok(), "memory takes what it is given");
    String::from_utf8(bytes).unwrap_or_default()
}

/// JSON with a line for each thing of a list.
pub(crate) fn lines(json: String) -> String {
    match serde_json::from_str(&json) {
        Ok(Value::Array(things)) => things.iter().fold(String::new(), |mut text, thing| {
            let _ = writeln!(text, "{thing}");
            text
        }),
        Ok(_) | Err(_) => json,
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
    fn a_list_is_a_line_for_each_thing() {
        assert_eq!(lines("[{\"a\":1},{}]\n".into()), "{\"a\":1}\n{}\n");
        assert_eq!(lines("[]\n".into()), "");
        assert_eq!(lines("{\"a\":[1]}\n".into()), "{\"a\":[1]}\n");
    }

    #[test]
    fn a_spreadsheet_runs_nothing() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("-5"), "-5");
        assert_eq!(harmless("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(harmless("王芳"), "王芳");
    }
}
