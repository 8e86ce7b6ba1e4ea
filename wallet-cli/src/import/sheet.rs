//! This exists to cut the bytes of one file, or one sheet of a workbook, into rows of named cells, each
//! with the line where it stands. What a cell means is decided by whoever asks for it.

use super::encoding::Encoding;
use super::input::Content;
use super::rows::{TABLES, Table};
use super::table::Cells;
use super::workbook::{Cell, SheetRow};
use super::{ImportError, Input, Row, Unreadable};
use csv::{ByteRecord, ReaderBuilder};
use linli_ledger::code::Code;
use std::collections::BTreeMap;

/// A remark of the office; read by people only, and so in every file optional.
const NOTE: &str = "note";

/// One table of an input.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    file: &'static str,
    /// The column at each position; nothing for the remark.
    header: Vec<Option<&'static str>>,
    /// The cells of the header, with the empty ones that a spreadsheet writes behind it.
    width: usize,
    body: Body<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Body<'a> {
    Csv { bytes: &'a [u8], encoding: Encoding },
    Workbook(&'a [SheetRow]),
}

/// Opens every table, in the order of the format.
///
/// # Errors
/// [`ImportError::ColumnMissing`], [`ImportError::ColumnUnknown`].
pub(super) fn sheets(input: &Input) -> Result<Vec<Sheet<'_>>, ImportError> {
    let tables = TABLES.iter().zip(&input.tables);
    tables.map(|(table, content)| open(table, content)).collect()
}

fn open<'a>(table: &Table, content: &'a Content) -> Result<Sheet<'a>, ImportError> {
    let &Table { file, columns, extra, .. } = table;
    let body = match content {
        Content::Absent => {
            return Ok(Sheet { file, header: Vec::new(), width: 0, body: Body::Workbook(&[]) });
        }
        Content::Csv(bytes) => {
            let (encoding, bytes) = Encoding::of(bytes);
            Body::Csv { bytes, encoding }
        }
        Content::Sheet { rows, .. } => Body::Workbook(rows),
    };
    let (_, head) = body.records().next().unwrap_or_default();
    let mut header = Vec::with_capacity(columns.len() + 1);
    for cell in filled(&head) {
        let name = cell.as_ref().map(|value| value.text.clone()).unwrap_or_default();
        let column = columns.iter().chain(extra).copied().find(|column| *column == name);
        if header.contains(&column) || (column.is_none() && name != NOTE) {
            return Err(ImportError::ColumnUnknown { file, column: name });
        }
        header.push(column);
    }
    match columns.iter().find(|column| !header.contains(&Some(**column))) {
        Some(column) => Err(ImportError::ColumnMissing { file, column }),
        None => Ok(Sheet { file, header, width: head.len(), body }),
    }
}

impl<'a> Body<'a> {
    /// Every record that holds something, with the line on which it begins.
    fn records(self) -> Box<dyn Iterator<Item = (u64, Vec<Cell>)> + 'a> {
        match self {
            Self::Csv { bytes, encoding } => Box::new(csv_records(bytes, encoding)),
            Self::Workbook(rows) => Box::new(rows.iter().map(|row| (row.line, row.cells.clone()))),
        }
    }
}

fn csv_records(bytes: &[u8], encoding: Encoding) -> impl Iterator<Item = (u64, Vec<Cell>)> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut place = (0, 1);
    let records = std::iter::from_fn(move || {
        // Reading from memory, flexibly and as bytes, leaves nothing that could fail.
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            return None;
        }
        let from = record.position().map_or(0, csv::Position::byte);
        place = begin(bytes, place, usize::try_from(from).unwrap_or(usize::MAX));
        let cells = record.iter().map(|cell| {
            let text = encoding.decode(cell)?;
            Ok(super::workbook::Value { text, is_midnight: false })
        });
        Some((place.1, cells.collect()))
    });
    // What a spreadsheet writes for a line without anything: commas.
    records.filter(|(_, cells): &(u64, Vec<Cell>)| cells.len() == 1 || !filled(cells).is_empty())
}

/// The cells up to the last that holds something: spreadsheets write empty ones behind it.
fn filled(cells: &[Cell]) -> &[Cell] {
    let is_empty = |cell: &Cell| cell.as_ref().is_ok_and(|value| value.text.is_empty());
    let length = cells.iter().rposition(|cell| !is_empty(cell)).map_or(0, |last| last + 1);
    cells.get(..length).unwrap_or(cells)
}

/// Where a record begins: the reader's position is before the line breaks that separate it from the
/// record before, so that with empty lines or Windows' line ends its own line number is too low.
fn begin(bytes: &[u8], (mut at, mut line): (usize, u64), from: usize) -> (usize, u64) {
    while let Some(byte) = bytes.get(at) {
        let is_break = matches!(byte, b'\r' | b'\n');
        if at >= from && !is_break {
            break;
        }
        line += u64::from(*byte == b'\n');
        at += 1;
    }
    (at, line)
}

impl Sheet<'_> {
    /// Every row in order: its cells, or why it has none.
    pub(super) fn rows(&self) -> impl Iterator<Item = Result<Cells, Unreadable>> {
        self.body.records().skip(1).map(|(line, cells)| self.row(line, cells))
    }

    fn row(&self, line: u64, mut cells: Vec<Cell>) -> Result<Cells, Unreadable> {
        let row = Row { file: self.file, line };
        let refuse = |column, code| Unreadable { file: self.file, line, column, code, value: None };
        let is_whole = match self.body {
            // One comma too many shifts every cell behind it, also where the last is empty.
            Body::Csv { .. } => cells.len() == self.width,
            // A sheet does not say where its empty cells end.
            Body::Workbook(_) => {
                let longer = cells.len().max(self.header.len());
                cells.resize_with(longer, || Ok(<_>::default()));
                true
            }
        };
        if !is_whole || filled(&cells).len() > self.header.len() {
            return Err(refuse("", Code::RowColumns));
        }
        let mut named = BTreeMap::new();
        for (column, cell) in self.header.iter().zip(cells) {
            let Some(column) = column else { continue };
            named.insert(*column, cell.map_err(|code| refuse(column, code))?);
        }
        Ok(Cells::new(row, named))
    }
}

/// How a table was written: an encoding, or the workbook that it is a sheet of.
pub(super) fn form(content: &Content) -> Option<String> {
    match content {
        Content::Absent => None,
        Content::Csv(bytes) => Some(Encoding::of(bytes).0.name().to_owned()),
        Content::Sheet { workbook, .. } => Some(workbook.clone()),
    }
}
