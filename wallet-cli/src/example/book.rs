//! This exists to collect the rows of an office's tables, to put them in order, and to write them with a
//! list of those that must be refused.

use super::when::When;
use crate::import::tables;
use linli_ledger::code::Code;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

/// The list of what must be refused. `linli run` does not read it.
pub(crate) const PLANTED: &str = "planted.csv";

/// A row that breaks a rule on purpose.
#[derive(Clone, Copy, Debug)]
struct Planted {
    code: Code,
    why: &'static str,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Where it stands: rows are in the order of this.
    at: When,
    cells: Vec<(&'static str, String)>,
    /// A cell too many.
    surplus: bool,
    planted: Option<Planted>,
}

impl Line {
    /// An empty row.
    pub(super) fn new(at: When) -> Self {
        Self { at, cells: Vec::new(), surplus: false, planted: None }
    }

    /// With something in a column.
    pub(super) fn with(mut self, column: &'static str, value: impl Display) -> Self {
        let value = value.to_string();
        match self.cells.iter_mut().find(|(name, _)| *name == column) {
            Some((_, cell)) => *cell = value,
            None => self.cells.push((column, value)),
        }
        self
    }

    /// With one cell more than there are columns.
    pub(super) fn with_surplus_cell(mut self) -> Self {
        self.surplus = true;
        self
    }

    /// It must be refused with this code, for this reason.
    pub(super) fn refused(mut self, code: Code, why: &'static str) -> Self {
        self.planted = Some(Planted { code, why });
        self
    }

    fn cell(&self, column: &str) -> &str {
        self.cells.iter().find(|(name, _)| *name == column).map_or("", |(_, cell)| cell)
    }
}

/// Rows by table.
#[derive(Debug)]
pub(super) struct Book(Vec<Vec<Line>>);

impl Book {
    pub(super) fn new() -> Self {
        Self(tables().map(|_| Vec::new()).collect())
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If there is no such table: a mistake of the generator.
    pub(super) fn add(&mut self, table: &str, line: Line) {
        let position = tables().position(|(file, _)| file.strip_suffix(".csv") == Some(table));
        let position = position.unwrap_or_else(|| panic!("there is no table {table}"));
        self.0[position].push(line);
    }
}

/// Writes books one after the other into the files of one folder.
pub(super) struct Writer {
    files: Vec<csv::Writer<BufWriter<File>>>,
    planted: csv::Writer<BufWriter<File>>,
    /// The line on which the next row of each file will stand.
    lines: Vec<u64>,
    pub(super) rows: u64,
    pub(super) refused: u64,
}

impl Writer {
    /// Opens every file, and writes the headers.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let open = |name: &str| {
            let file = File::create_new(folder.join(name))?;
            let file = BufWriter::new(file);
            Ok::<_, io::Error>(csv::WriterBuilder::new().flexible(true).from_writer(file))
        };
        let mut files = Vec::new();
        for (file, columns) in tables() {
            let mut writer = open(file)?;
            writer.write_record(columns.iter().chain(&["note"]))?;
            files.push(writer);
        }
        let mut planted = open(PLANTED)?;
        planted.write_record(["file", "line", "row", "code", "rule"])?;
        let lines = vec![2; files.len()];
        Ok(Self { files, planted, lines, rows: 0, refused: 0 })
    }

    /// Appends the rows of a book, in the order of their times.
    ///
    /// # Panics
    /// If a row has a cell in a column that its table does not have: a mistake of the generator.
    pub(super) fn append(&mut self, book: Book) -> io::Result<()> {
        let places = tables().zip(&mut self.files).zip(&mut self.lines);
        for ((((file, columns), writer), next), mut lines) in places.zip(book.0) {
            lines.sort_by_key(|line| line.at);
            for line in lines {
                let unknown = line.cells.iter().find(|(column, _)| !columns.contains(column));
                assert!(unknown.is_none(), "{file} has no column {unknown:?}");
                let cells = columns.iter().map(|column| line.cell(column));
                let behind = if line.surplus { &["", "too many"][..] } else { &[""] };
                writer.write_record(cells.chain(behind.iter().copied()))?;
                if let Some(Planted { code, why }) = line.planted {
                    let row = line.cell(columns.first().copied().unwrap_or_default());
                    self.planted.write_record([file, &next.to_string(), row, code.name(), why])?;
                    self.refused += 1;
                }
                *next += 1;
                self.rows += 1;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.files.iter_mut().try_for_each(csv::Writer::flush)?;
        self.planted.flush()
    }
}
