//! An office's tables as its programs save them: GBK CSV from Excel, and workbooks. Both must become
//! the very chain that the UTF-8 files become.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use encoding_rs::GB18030;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/qinghe")
}

fn run(input: &Path) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_linli"))
        .args(["run", "-o", "json", "--dir"])
        .args([folder.path(), input])
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

fn report(input: &Path) -> Value {
    let output = run(input);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn refusal(input: &Path) -> (Option<i32>, String) {
    let output = run(input);
    let error: Value = serde_json::from_slice(&output.stderr).expect("one JSON object");
    (output.status.code(), error["error"]["code"].as_str().expect("a code").to_owned())
}

/// Name and text of each table of the example.
fn tables() -> Vec<(String, String)> {
    let mut tables: Vec<_> = fs::read_dir(example())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    tables.sort();
    tables
}

/// As Excel saves "CSV" on a Chinese Windows.
fn gbk(text: &str) -> Vec<u8> {
    let text = text.replace('\n', "\r\n");
    let (bytes, _, has_failed) = GB18030.encode(&text);
    assert!(!has_failed);
    bytes.into_owned()
}

/// Everything of a report but how its tables were written.
fn without_forms(mut report: Value) -> Value {
    report["ingest"].as_object_mut().unwrap().remove("files");
    report
}

fn forms(report: &Value) -> Vec<&str> {
    let files = report["ingest"]["files"].as_array().unwrap();
    let mut forms: Vec<_> = files.iter().map(|file| file["read_as"].as_str().unwrap()).collect();
    forms.sort_unstable();
    forms.dedup();
    forms
}

#[test]
fn gbk_files_become_the_same_chain() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in tables() {
        fs::write(folder.path().join(format!("{name}.csv")), gbk(&text)).unwrap();
    }
    let (ours, theirs) = (report(&example()), report(folder.path()));
    // A table without any Chinese is the same in both encodings.
    assert_eq!((forms(&ours), forms(&theirs)), (vec!["UTF-8"], vec!["GB18030", "UTF-8"]));
    assert_eq!(without_forms(ours), without_forms(theirs));
}

#[test]
fn a_bad_byte_in_a_gbk_file_is_one_bad_cell() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in tables() {
        let mut bytes = gbk(&text);
        if name == "rewards" {
            let word = gbk("折叠雨伞");
            let at = bytes.windows(word.len()).position(|window| window == word).unwrap();
            bytes[at + 1] = 0xFF;
        }
        fs::write(folder.path().join(format!("{name}.csv")), bytes).unwrap();
    }
    let report = report(folder.path());
    let unreadable = report["ingest"]["unreadable"].as_array().unwrap();
    let found = unreadable.iter().find(|row| row["file"] == "rewards.csv").expect("the row");
    assert_eq!(found["line"], 4);
    assert_eq!((&found["column"], &found["code"]), (&"title".into(), &"E_ROW_TEXT".into()));
}

/// A cell as a clerk enters it: numbers as numbers, dates as dates, everything else as text.
fn write(sheet: &mut Worksheet, row: u32, column: u16, text: &str) {
    let time = |text: &str, format: &str| {
        let time = ExcelDateTime::parse_from_str(text).ok()?;
        Some((time, Format::new().set_num_format(format)))
    };
    let is_number = text.parse::<f64>().is_ok()
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && (text.starts_with("0.") || !text.starts_with('0') || text == "0");
    let looks = |pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(byte, wanted)| {
                if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted }
            })
    };
    let dated = if looks("0000-00-00") {
        time(text, "yyyy\\-mm\\-dd")
    } else if looks("0000-00-00 00:00") {
        time(text, "yyyy/m/d hh:mm")
    } else {
        None
    };
    if let Some((time, format)) = dated {
        sheet.write_datetime_with_format(row, column, &time, &format).unwrap();
    } else if is_number {
        sheet.write_number(row, column, text.parse::<f64>().unwrap()).unwrap();
    } else if !text.is_empty() {
        sheet.write_string(row, column, text).unwrap();
    }
}

fn sheet(name: &str, text: &str) -> Worksheet {
    let mut sheet = Worksheet::new();
    sheet.set_name(name).unwrap();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    for (row, record) in (0..).zip(reader.records()) {
        for (column, cell) in (0..).zip(&record.unwrap()) {
            write(&mut sheet, row, column, cell);
        }
    }
    sheet
}

fn book(path: &Path, tables: &[(String, String)]) {
    let mut book = Workbook::new();
    for (name, text) in tables {
        book.push_worksheet(sheet(name, text));
    }
    // What Excel adds by itself.
    book.push_worksheet(Worksheet::new());
    book.save(path).unwrap();
}

#[test]
fn one_workbook_becomes_the_same_chain() {
    let folder = tempfile::tempdir().unwrap();
    book(&folder.path().join("清河.xlsx"), &tables());
    fs::write(folder.path().join("~$清河.xlsx"), b"open elsewhere").unwrap();
    let (ours, theirs) = (report(&example()), report(folder.path()));
    assert_eq!(forms(&theirs), ["清河.xlsx"]);
    assert_eq!(theirs["head"], ours["head"]);
    assert_eq!(without_forms(ours), without_forms(theirs));
}

#[test]
fn several_workbooks_and_csv_files_become_the_same_chain() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables();
    let (books, files) = tables.split_at(13);
    let (people, money) = books.split_at(6);
    book(&folder.path().join("people.xlsx"), people);
    book(&folder.path().join("money.XLSX"), money);
    for (name, text) in files {
        fs::write(folder.path().join(format!("{name}.csv")), gbk(text)).unwrap();
    }
    let (ours, theirs) = (report(&example()), report(folder.path()));
    assert!(forms(&theirs).contains(&"people.xlsx") && forms(&theirs).contains(&"GB18030"));
    assert_eq!(without_forms(ours), without_forms(theirs));
}

#[test]
fn a_table_that_is_there_twice_and_what_no_table_is_begin_no_chain() {
    let tables = tables();
    let with = |name: &str, add: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        book(&folder.path().join("a.xlsx"), &tables);
        add(&folder.path().join(name));
        refusal(folder.path())
    };
    let twice = (Some(3), "E_INPUT_TWICE".to_owned());
    assert_eq!(with("funds.csv", &|path| fs::write(path, "code\n").unwrap()), twice);
    assert_eq!(with("b.xlsx", &|path| book(path, &tables[..1])), twice);
    let unknown = (Some(3), "E_INPUT_MISSING".to_owned());
    assert_eq!(with("b.xlsx", &|path| book(path, &[("tables".into(), "a".into())])), unknown);
    assert_eq!(with("funds.xls", &|path| fs::write(path, b"old").unwrap()), unknown);
    assert_eq!(with("fund.csv", &|path| fs::write(path, b"code\n").unwrap()), unknown);
    let broken = (Some(3), "E_INPUT_WORKBOOK".to_owned());
    assert_eq!(with("b.xlsx", &|path| fs::write(path, b"PK\x03\x04 no workbook").unwrap()), broken);
}

#[test]
fn a_sum_in_a_cell_is_the_money_that_it_means_and_nothing_is_rounded() {
    let mut amounts = Vec::new();
    // Stored as 0.30000000000000004; as 1.005, which is no amount; as what a midnight looks like.
    for (cell, column) in [(0.1 + 0.2, 6), (1.005, 6)] {
        let folder = tempfile::tempdir().unwrap();
        let mut book = Workbook::new();
        for (name, text) in tables() {
            let mut sheet = sheet(&name, &text);
            if name == "rewards" {
                sheet.write_number(1, column, cell).unwrap();
            }
            book.push_worksheet(sheet);
        }
        book.save(folder.path().join("a.xlsx")).unwrap();
        let report = report(folder.path());
        let unreadable = report["ingest"]["unreadable"].as_array().unwrap();
        amounts.push(unreadable.iter().any(|row| {
            row["file"] == "rewards.csv"
                && (&row["column"], &row["code"]) == (&"fair_value".into(), &"E_JSON_NUMBER".into())
        }));
    }
    assert_eq!(amounts, [false, true]);
}
