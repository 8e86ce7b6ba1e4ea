//! This exists to read the sheets of a workbook as if each had been saved as CSV: the same text in the
//! same cells, with no rounding of money and no guess about dates.
//!
//! Cells are read one by one, so a stray cell at the far end of a sheet costs nothing. Source: IMP-2.2.

use calamine::{CellErrorType, DataRef, ExcelDateTime, Reader as _, Xlsx, XlsxError};
use linli_ledger::code::Code;
use std::io::Cursor;

/// Significant digits of a number in a workbook: what the programs that write them keep.
const DIGITS: usize = 15;
/// A sum such as 0.1 + 0.2 misses what it means by an error of this order, relative to its size.
const SUM_ERROR: f64 = 4.0 * f64::EPSILON;
/// Cells beyond this column are no part of a row. The widest table has fewer than half as many.
const COLUMNS_MAX: u32 = 64;

/// What stands in a cell, or why it cannot be read.
pub(super) type Cell = Result<Value, Code>;

/// The text of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Value {
    pub(super) text: String,
    /// A date cell of a workbook, at midnight: where a time is wanted it is 00:00.
    pub(super) is_midnight: bool,
}

/// One row of a sheet that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SheetRow {
    /// The number that the program shows beside it.
    pub(super) line: u64,
    /// From column A to the last that holds something.
    pub(super) cells: Vec<Cell>,
}

/// Every sheet of a workbook by its name, in the order of the workbook; only rows that hold something.
///
/// # Errors
/// What the reader says of bytes that are no workbook, or a locked one.
pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<(String, Vec<SheetRow>)>, XlsxError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    let names = book.sheet_names();
    let mut sheets = Vec::with_capacity(names.len());
    for name in names {
        let rows = match rows(&mut book, &name) {
            Ok(rows) => rows,
            // A chart on a sheet of its own holds no rows.
            Err(XlsxError::NotAWorksheet(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        sheets.push((name, rows));
    }
    Ok(sheets)
}

fn rows(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<SheetRow>, XlsxError> {
    let mut reader = book.worksheet_cells_reader(name)?;
    let mut rows: Vec<SheetRow> = Vec::new();
    while let Some(cell) = reader.next_cell()? {
        let (row, column) = cell.get_position();
        let value = value(cell.get_value());
        if value.as_ref().is_ok_and(|value| value.text.is_empty()) {
            continue;
        }
        let line = u64::from(row) + 1;
        // A file may name its rows in any order; the programs write them in one.
        let at = match rows.last() {
            Some(last) if last.line == line => Ok(rows.len() - 1),
            Some(last) if last.line > line => rows.binary_search_by_key(&line, |row| row.line),
            _ => Err(rows.len()),
        };
        let at = at.unwrap_or_else(|at| {
            rows.insert(at, SheetRow { line, cells: Vec::new() });
            at
        });
        let Some(SheetRow { cells, .. }) = rows.get_mut(at) else { continue };
        let column = usize::try_from(column.min(COLUMNS_MAX)).unwrap_or(usize::MAX);
        if cells.len() <= column {
            cells.resize_with(column + 1, || Ok(Value::default()));
        }
        if let Some(slot) = cells.get_mut(column) {
            *slot = value;
        }
    }
    Ok(rows)
}

/// A cell as the text that it would be in CSV.
fn value(cell: &DataRef<'_>) -> Cell {
    let text = match cell {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => decimal(*number)?,
        DataRef::Bool(is_true) => if *is_true { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(time) => return civil(time),
        DataRef::DateTimeIso(text) => return Ok(iso(text)),
        DataRef::DurationIso(_) => return Err(Code::RowTime),
        DataRef::Error(
            CellErrorType::Div0
            | CellErrorType::NA
            | CellErrorType::Name
            | CellErrorType::Null
            | CellErrorType::Num
            | CellErrorType::Ref
            | CellErrorType::Value
            | CellErrorType::GettingData,
        ) => return Err(Code::RowText),
    };
    Ok(Value { text, is_midnight: false })
}

/// A number in plain decimal notation.
///
/// Excel keeps 15 significant digits. What a sum leaves beyond them (0.1 + 0.2 is stored as
/// 0.30000000000000004) is not what anybody wrote and is dropped; a number that needs more digits for
/// another reason is refused, because the program may have changed it when it was typed.
fn decimal(number: f64) -> Result<String, Code> {
    if !number.is_finite() {
        return Err(Code::JsonNumber);
    }
    let exact = number.to_string();
    if significant(&exact) <= DIGITS {
        return Ok(exact);
    }
    // 15 digits in exponent notation, and back: both conversions are correctly rounded.
    let kept: f64 = format!("{number:.*e}", DIGITS - 1).parse().map_err(|_| Code::JsonNumber)?;
    if (kept - number).abs() > number.abs() * SUM_ERROR {
        return Err(Code::JsonNumber);
    }
    Ok(kept.to_string())
}

fn significant(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    if text.contains('.') { digits.len() } else { digits.trim_end_matches('0').len() }
}

/// A date cell: `2026-01-05`, or with its time `2026-01-05 09:30`.
fn civil(time: &ExcelDateTime) -> Cell {
    if !time.is_datetime() || time.as_f64() < 1.0 {
        return Err(Code::RowTime);
    }
    let (year, month, day, hour, minute, second, millisecond) = time.to_ymd_hms_milli();
    if (second, millisecond) != (0, 0) {
        return Err(Code::RowTime);
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let is_midnight = (hour, minute) == (0, 0);
    let text = if is_midnight { date } else { format!("{date} {hour:02}:{minute:02}") };
    Ok(Value { text, is_midnight })
}

/// A date cell as some programs write it: `2026-01-05` or `2026-01-05T09:30:00`.
fn iso(text: &str) -> Value {
    let Some((date, clock)) = text.split_once('T') else {
        return Value { text: text.to_owned(), is_midnight: true };
    };
    let minutes = clock.strip_suffix(":00").unwrap_or(clock);
    let is_midnight = minutes == "00:00";
    let text = if is_midnight { date.to_owned() } else { format!("{date} {minutes}") };
    Value { text, is_midnight }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    #[test]
    fn money_is_never_rounded() {
        let text = |number: f64| decimal(number).map_err(Code::name);
        let sum: f64 = 0.1 + 0.2;
        assert_eq!(sum.to_bits(), 0.300_000_000_000_000_04_f64.to_bits());
        for (number, expected) in [
            (0.1 + 0.2, "0.3"),
            (1.1 + 2.2, "3.3"),
            (4.35 * 100.0, "435"),
            (1.15 + 2.30, "3.45"),
            (25_200.0, "25200"),
            (0.01, "0.01"),
            (1_200.5, "1200.5"),
            (-5.0, "-5"),
            (0.0, "0"),
            (1e15, "1000000000000000"),
            (9_999_999_999_999.99, "9999999999999.99"),
            // Not rounded away: the parser of money refuses a third decimal.
            (1.005, "1.005"),
            (0.000_001, "0.000001"),
        ] {
            assert_eq!(text(number), Ok(expected.to_owned()), "{number:?}");
        }
        let drifted: f64 = std::iter::repeat_n(0.1, 1_000).sum();
        assert_eq!(text(drifted), Ok("99.9999999999986".to_owned()), "visibly wrong, so refused");
        // Sixteen digits, which the program would not have kept.
        assert_eq!(text(12_345_678_901_234.56), Err("E_JSON_NUMBER"));
        assert_eq!(text(f64::NAN), Err("E_JSON_NUMBER"));
        assert_eq!(text(f64::INFINITY), Err("E_JSON_NUMBER"));
    }

    #[test]
    fn every_amount_of_a_year_survives_its_cell() {
        // Every fen of the smallest amounts, then a sample up to ten trillion yuan.
        let sample = (0..40_u32).map(|n| 3_u64.pow(n) % 1_000_000_000_000_000);
        for fen in (0..200_000).chain(sample) {
            let written = format!("{}.{:02}", fen / 100, fen % 100);
            let stored: f64 = written.parse().unwrap();
            assert_eq!(super::super::value::yuan(&decimal(stored).unwrap()).unwrap().0, fen);
        }
    }

    #[test]
    fn every_minute_of_a_day_survives_its_cell() {
        for (day, date) in [(46_027, "2026-01-05"), (46_082, "2026-03-01"), (47_542, "2030-02-28")]
        {
            for minute in 0..1_440_u32 {
                let serial = f64::from(day) + f64::from(minute) / 1_440.0;
                let cell = ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, false);
                let expected = match minute {
                    0 => date.to_owned(),
                    _ => format!("{date} {:02}:{:02}", minute / 60, minute % 60),
                };
                assert_eq!(civil(&cell).unwrap().text, expected, "{serial}");
            }
        }
        let seconds = ExcelDateTime::new(46_027.000_5, ExcelDateTimeType::DateTime, false);
        assert_eq!(civil(&seconds), Err(Code::RowTime), "seconds are not rounded away");
        let clock = ExcelDateTime::new(0.5, ExcelDateTimeType::DateTime, false);
        assert_eq!(civil(&clock), Err(Code::RowTime), "a time without a date");
        assert_eq!(iso("2026-01-05T09:30:00").text, "2026-01-05 09:30");
        assert_eq!(iso("2026-01-05").text, "2026-01-05");
    }
}
