//! This exists to turn the bytes of one file into rows of named cells, each with the place where it
//! stands. What a cell means is decided by whoever asks for it.

use super::rows::TABLES;
use super::{ImportError, Input, Row, Unreadable, value};
use csv::{ByteRecord, ReaderBuilder};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{BlockTime, Day};
use std::collections::BTreeMap;
use std::str::FromStr;

/// A remark of the office; read by people only, and so in every file optional.
const NOTE: &str = "note";
/// Characters of a cell that a report repeats.
const SHOWN: usize = 40;

/// What is wrong with a row: a column, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) column: &'static str,
    pub(super) code: Code,
}

/// A file, cut into records.
#[derive(Debug)]
pub(super) struct Sheet {
    file: &'static str,
    /// The column at each position; nothing for the remark.
    header: Vec<Option<&'static str>>,
    /// Each with the line on which it begins.
    records: Vec<(u64, ByteRecord)>,
}

/// One row whose cells are text.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub(super) row: Row,
    cells: BTreeMap<&'static str, String>,
}

/// Cuts every file, in the order of the format.
///
/// # Errors
/// [`ImportError::ColumnMissing`], [`ImportError::ColumnUnknown`].
pub(super) fn sheets(input: &Input) -> Result<Vec<Sheet>, ImportError> {
    let files = TABLES.iter().zip(&input.files);
    files.map(|(table, (_, bytes))| sheet(table.file, table.columns, bytes)).collect()
}

fn sheet(
    file: &'static str,
    columns: &'static [&'static str],
    bytes: &[u8],
) -> Result<Sheet, ImportError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut records = Vec::new();
    let mut record = ByteRecord::new();
    let (mut at, mut line) = (0, 1);
    // Reading from memory, flexibly and as bytes, leaves nothing that could fail.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let from = record.position().map_or(0, csv::Position::byte);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        (at, line) = begin(bytes, (at, line), from);
        records.push((line, record.clone()));
    }
    let (_, head) = if records.is_empty() { <_>::default() } else { records.remove(0) };
    let mut header = Vec::with_capacity(columns.len() + 1);
    for cell in &head {
        let name = String::from_utf8_lossy(cell).trim().to_owned();
        let column = columns.iter().copied().find(|column| *column == name);
        if header.contains(&column) || (column.is_none() && name != NOTE) {
            return Err(ImportError::ColumnUnknown { file, column: name });
        }
        header.push(column);
    }
    match columns.iter().find(|column| !header.contains(&Some(**column))) {
        Some(column) => Err(ImportError::ColumnMissing { file, column }),
        None => Ok(Sheet { file, header, records }),
    }
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

impl Sheet {
    /// Every row in order: its cells, or why it has none.
    pub(super) fn rows(&self) -> impl Iterator<Item = Result<Cells, Unreadable>> {
        self.records.iter().map(|(line, record)| self.row(*line, record))
    }

    fn row(&self, line: u64, record: &ByteRecord) -> Result<Cells, Unreadable> {
        let row = Row { file: self.file, line };
        let refuse = |column, code| Unreadable { file: self.file, line, column, code, value: None };
        if record.len() != self.header.len() {
            return Err(refuse("", Code::RowColumns));
        }
        let mut cells = BTreeMap::new();
        for (column, cell) in self.header.iter().zip(record) {
            let Some(column) = column else { continue };
            let text = std::str::from_utf8(cell).map_err(|_| refuse(column, Code::RowText))?;
            cells.insert(*column, text.trim().to_owned());
        }
        Ok(Cells { row, cells })
    }
}

impl Cells {
    /// The row as unreadable. A value is repeated only if it would be fit for everybody to see.
    pub(super) fn refuse(&self, fault: Fault) -> Unreadable {
        let Row { file, line } = self.row;
        let Fault { column, code } = fault;
        let value = self
            .optional(column)
            .filter(|text| value::public_text(text).is_ok())
            .map(|text| text.chars().take(SHOWN).collect());
        Unreadable { file, line, column, code, value }
    }

    /// What stands in a column; nothing where it is empty.
    pub(super) fn optional(&self, column: &'static str) -> Option<&str> {
        self.cells.get(column).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// What must stand in a column.
    pub(super) fn required(&self, column: &'static str) -> Result<&str, Fault> {
        self.optional(column).ok_or(Fault { column, code: Code::RowEmpty })
    }

    fn read<'a, T>(
        &'a self,
        column: &'static str,
        read: impl Fn(&'a str) -> Result<T, Code>,
    ) -> Result<T, Fault> {
        read(self.required(column)?).map_err(|code| Fault { column, code })
    }

    fn read_optional<'a, T>(
        &'a self,
        column: &'static str,
        read: impl Fn(&'a str) -> Result<T, Code>,
    ) -> Result<Option<T>, Fault> {
        self.optional(column).map(read).transpose().map_err(|code| Fault { column, code })
    }

    /// Text for everybody to see.
    pub(super) fn text(&self, column: &'static str) -> Result<String, Fault> {
        self.read(column, |text| value::public_text(text).map(str::to_owned))
    }

    /// Text for everybody to see, or nothing.
    pub(super) fn text_or_empty(&self, column: &'static str) -> Result<String, Fault> {
        let text = self.read_optional(column, value::public_text)?;
        Ok(text.unwrap_or_default().to_owned())
    }

    /// A list of texts for everybody to see, separated by semicolons.
    pub(super) fn texts(&self, column: &'static str) -> Result<Vec<String>, Fault> {
        self.list(column, |text| value::public_text(text).map(str::to_owned))
    }

    /// A code that no row before has.
    pub(super) fn fresh<T>(
        &self,
        column: &'static str,
        known: &BTreeMap<String, T>,
    ) -> Result<String, Fault> {
        self.read(column, |text| {
            if known.contains_key(text) {
                return Err(Code::RowDuplicate);
            }
            value::public_text(text).map(str::to_owned)
        })
    }

    /// What a code stands for.
    pub(super) fn refer<T: Clone>(
        &self,
        column: &'static str,
        known: &BTreeMap<String, T>,
    ) -> Result<T, Fault> {
        self.read(column, |text| known.get(text).cloned().ok_or(Code::RowReference))
    }

    /// What a code stands for, where there is one.
    pub(super) fn refer_optional<T: Clone>(
        &self,
        column: &'static str,
        known: &BTreeMap<String, T>,
    ) -> Result<Option<T>, Fault> {
        self.read_optional(column, |text| known.get(text).cloned().ok_or(Code::RowReference))
    }

    /// What some codes stand for, at least one, separated by semicolons.
    pub(super) fn refer_list<T: Clone>(
        &self,
        column: &'static str,
        known: &BTreeMap<String, T>,
    ) -> Result<Vec<T>, Fault> {
        self.required(column)?;
        self.list(column, |text| known.get(text).cloned().ok_or(Code::RowReference))
    }

    /// The entries of a list, separated by semicolons; an empty cell has none.
    pub(super) fn list<'a, T>(
        &'a self,
        column: &'static str,
        read: impl Fn(&'a str) -> Result<T, Code>,
    ) -> Result<Vec<T>, Fault> {
        let entries = self.optional(column).into_iter().flat_map(|text| text.split(';'));
        entries
            .map(|entry| read(entry.trim()))
            .collect::<Result<_, _>>()
            .map_err(|code| Fault { column, code })
    }

    /// Yuan.
    pub(super) fn yuan(&self, column: &'static str) -> Result<Fen, Fault> {
        self.read(column, value::yuan)
    }

    /// Per cent, in basis points.
    pub(super) fn percent(&self, column: &'static str) -> Result<u32, Fault> {
        self.read(column, value::percent)
    }

    /// A whole number.
    pub(super) fn number<T: FromStr>(&self, column: &'static str) -> Result<T, Fault> {
        self.read(column, value::number)
    }

    /// A whole number, or the type's zero.
    pub(super) fn number_or_zero<T: FromStr + Default>(
        &self,
        column: &'static str,
    ) -> Result<T, Fault> {
        Ok(self.read_optional(column, value::number)?.unwrap_or_default())
    }

    /// A civil time.
    pub(super) fn time(&self, column: &'static str) -> Result<BlockTime, Fault> {
        self.read(column, value::time)
    }

    /// A civil time, or none.
    pub(super) fn time_optional(&self, column: &'static str) -> Result<Option<BlockTime>, Fault> {
        self.read_optional(column, value::time)
    }

    /// A civil date.
    pub(super) fn day(&self, column: &'static str) -> Result<Day, Fault> {
        self.read(column, value::day)
    }

    /// A civil date, or none.
    pub(super) fn day_optional(&self, column: &'static str) -> Result<Option<Day>, Fault> {
        self.read_optional(column, value::day)
    }

    /// One of the words that the format lists.
    pub(super) fn choice<T: Copy>(
        &self,
        column: &'static str,
        words: &[(&str, T)],
    ) -> Result<T, Fault> {
        self.read(column, |text| one_of(words, text))
    }

    /// Some of the words that the format lists.
    pub(super) fn choices<T: Copy>(
        &self,
        column: &'static str,
        words: &[(&str, T)],
    ) -> Result<Vec<T>, Fault> {
        self.list(column, |text| one_of(words, text))
    }
}

fn one_of<T: Copy>(words: &[(&str, T)], text: &str) -> Result<T, Code> {
    words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or(Code::RowChoice)
}
