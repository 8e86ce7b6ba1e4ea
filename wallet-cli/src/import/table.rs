//! This exists to read the cells of one row as what they mean: money, numbers, times, codes, lists.

use super::workbook::Value;
use super::{Row, Unreadable, value};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{BlockTime, Day};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Characters of a cell that a report repeats.
const SHOWN: usize = 40;

/// What is wrong with a row: a column, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) column: &'static str,
    pub(super) code: Code,
}

/// One row whose cells are text.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub(super) row: Row,
    cells: BTreeMap<&'static str, Value>,
}

impl Cells {
    /// The cells of a row, by column.
    pub(super) fn new(row: Row, cells: BTreeMap<&'static str, Value>) -> Self {
        Self { row, cells }
    }

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
        self.cells.get(column).map(|value| value.text.as_str()).filter(|text| !text.is_empty())
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
        self.read(column, self.time_reader(column))
    }

    /// A civil time, or none.
    pub(super) fn time_optional(&self, column: &'static str) -> Result<Option<BlockTime>, Fault> {
        self.read_optional(column, self.time_reader(column))
    }

    /// A date cell of a workbook at midnight is the time 00:00 where a time is wanted.
    fn time_reader(&self, column: &'static str) -> fn(&str) -> Result<BlockTime, Code> {
        match self.cells.get(column) {
            Some(Value { is_midnight: true, .. }) => |text| value::day(text).map(Day::start),
            _ => value::time,
        }
    }

    /// A civil date.
    pub(super) fn day(&self, column: &'static str) -> Result<Day, Fault> {
        self.read(column, value::day)
    }

    /// A civil date, or none.
    pub(super) fn day_optional(&self, column: &'static str) -> Result<Option<Day>, Fault> {
        self.read_optional(column, value::day)
    }

    /// A civil month: year and month.
    pub(super) fn month(&self, column: &'static str) -> Result<(u32, u32), Fault> {
        self.read(column, value::month)
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
