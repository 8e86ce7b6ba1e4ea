//! This exists to read a folder: the only part of the import that touches files.

use super::rows::{TABLES, Table};
use super::workbook::{self, SheetRow};
use crate::example::PLANTED;
use calamine::XlsxError;
use linli_ledger::code::Code;
use linli_ledger::genesis::GenesisError;
use linli_ledger::hash::{Digest, Domain, digest};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Files of other spreadsheet programs: no table is left out because of the ending of its file.
const OTHER_WORKBOOKS: &[&str] = &["xls", "xlsm", "xlsb", "ods", "et", "numbers"];

/// What an input holds, as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The content of each table, in the order of the format.
    pub(crate) tables: Vec<Content>,
    /// Over the names and bytes of all files. Source: IMP-3.
    pub(crate) digest: Digest,
}

/// Where a table stands.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Nowhere: it is one that may be left out.
    Absent,
    /// In a CSV file.
    Csv(Vec<u8>),
    /// In a sheet of a workbook.
    Sheet {
        /// The file.
        workbook: String,
        /// Its rows.
        rows: Vec<SheetRow>,
    },
}

/// Why an input begins no chain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// A file that the format needs is not there, or cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A CSV file that the format does not know: nothing is left out silently.
    #[error("{} is no file of this format: rename or move it", path.display())]
    UnknownFile {
        /// The file.
        path: PathBuf,
    },
    /// A sheet that is not empty and that the format does not know.
    #[error("{workbook} has a sheet {sheet:?}, which the format does not know")]
    UnknownSheet {
        /// The workbook.
        workbook: String,
        /// The sheet.
        sheet: String,
    },
    /// A table that is there twice: which one the office means, only the office knows.
    #[error("{table} is there twice, in {first} and in {second}: remove one")]
    Twice {
        /// The table.
        table: &'static str,
        /// The file that was read first.
        first: String,
        /// The other one.
        second: String,
    },
    /// A workbook that cannot be opened.
    #[error("{workbook} is no workbook that can be read: {source}")]
    Workbook {
        /// The workbook.
        workbook: String,
        /// What its reader says.
        source: Box<XlsxError>,
    },
    /// The header lacks a column.
    #[error("{file} has no column {column:?}")]
    ColumnMissing {
        /// The file.
        file: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The header names a column that the format does not know, or one twice.
    #[error("{file} has a column {column:?}, which the format does not know or has already seen")]
    ColumnUnknown {
        /// The file.
        file: &'static str,
        /// The column.
        column: String,
    },
    /// The one row that begins the chain cannot be read.
    #[error("{file} line {line}, column {column:?}: {code}; without it there is no chain")]
    Community {
        /// The file.
        file: &'static str,
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
        /// Why.
        code: Code,
    },
    /// The organisations and the community make no genesis.
    #[error("no chain can begin with these organisations")]
    Genesis(#[from] GenesisError),
}

impl ImportError {
    /// The code under which the error is explained.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::File { .. } | Self::UnknownFile { .. } | Self::UnknownSheet { .. } => {
                Code::InputMissing
            }
            Self::Twice { .. } => Code::InputTwice,
            Self::Workbook { .. } => Code::InputWorkbook,
            Self::ColumnMissing { .. } | Self::ColumnUnknown { .. } => Code::RowColumns,
            Self::Community { code, .. } => *code,
            Self::Genesis(_) => Code::GenesisInvalid,
        }
    }
}

/// Reads the files of an input: CSV files, and the sheets of workbooks.
///
/// # Errors
/// [`ImportError::File`] for a file that cannot be read, [`ImportError::UnknownFile`] for a CSV file
/// or a workbook of another kind that the format does not know, [`ImportError::Workbook`],
/// [`ImportError::UnknownSheet`], [`ImportError::Twice`], [`ImportError::File`] for a table that is
/// nowhere.
pub(crate) fn read(dir: &Path) -> Result<Input, ImportError> {
    let mut found = Found::default();
    for path in files(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        // What Excel keeps beside a workbook that is open, and its like.
        if name.starts_with("~$") || name.starts_with('.') || name == PLANTED {
            continue;
        }
        let bytes = || fs::read(&path).map_err(unread(&path));
        if ending == "csv" {
            let position = TABLES.iter().position(|table| name == table.file);
            let position =
                position.ok_or_else(|| ImportError::UnknownFile { path: path.clone() })?;
            found.csv(position, name, bytes()?)?;
        } else if ending == "xlsx" {
            found.workbook(name, bytes()?)?;
        } else if OTHER_WORKBOOKS.contains(&ending.as_str()) {
            return Err(ImportError::UnknownFile { path });
        }
    }
    found.input(dir)
}

/// The files of a folder by name, so that nothing depends on the order in which it lists them.
fn files(dir: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = Vec::new();
    // Where there is no folder, its first table is what is missing: people look for a file.
    let first = TABLES.first().map_or(dir.to_path_buf(), |table| dir.join(table.file));
    for entry in fs::read_dir(dir).map_err(unread(&first))? {
        files.push(entry.map_err(unread(dir))?.path());
    }
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

fn unread(path: &Path) -> impl FnOnce(io::Error) -> ImportError {
    let path = path.to_path_buf();
    move |source| ImportError::File { path, source }
}

/// What has been found so far: tables by position, and every file with its bytes for the digest.
#[derive(Default)]
struct Found {
    tables: BTreeMap<usize, (String, Content)>,
    workbooks: Vec<(String, Vec<u8>)>,
}

impl Found {
    fn csv(&mut self, position: usize, name: String, bytes: Vec<u8>) -> Result<(), ImportError> {
        self.add(position, name, Content::Csv(bytes))
    }

    fn workbook(&mut self, workbook: String, bytes: Vec<u8>) -> Result<(), ImportError> {
        let sheets = workbook::sheets(&bytes).map_err(|source| ImportError::Workbook {
            workbook: workbook.clone(),
            source: Box::new(source),
        })?;
        for (sheet, rows) in sheets {
            let position = TABLES.iter().position(|table| table.name() == sheet);
            match position {
                Some(position) => {
                    let content = Content::Sheet { workbook: workbook.clone(), rows };
                    self.add(position, workbook.clone(), content)?;
                }
                None if rows.is_empty() => {}
                None => return Err(ImportError::UnknownSheet { workbook, sheet }),
            }
        }
        self.workbooks.push((workbook, bytes));
        Ok(())
    }

    fn add(&mut self, at: usize, second: String, content: Content) -> Result<(), ImportError> {
        match self.tables.get(&at) {
            None => {
                self.tables.insert(at, (second, content));
                Ok(())
            }
            Some((first, _)) => {
                let table = TABLES.get(at).map_or("", Table::name);
                Err(ImportError::Twice { table, first: first.clone(), second })
            }
        }
    }

    fn input(mut self, dir: &Path) -> Result<Input, ImportError> {
        let mut tables = Vec::with_capacity(TABLES.len());
        for (position, table) in TABLES.iter().enumerate() {
            tables.push(match self.tables.remove(&position) {
                Some((_, content)) => content,
                None if table.is_optional => Content::Absent,
                None => {
                    let path = dir.join(table.file);
                    return Err(unread(&path)(io::ErrorKind::NotFound.into()));
                }
            });
        }
        Ok(Input::new(tables, &self.workbooks))
    }
}

impl Input {
    /// An input of these tables, in the order of the format, and of the workbooks that hold some.
    pub(crate) fn new(tables: Vec<Content>, workbooks: &[(String, Vec<u8>)]) -> Self {
        let mut bytes = Vec::new();
        let mut add = |name: &str, content: &[u8]| {
            for part in [name.as_bytes(), content] {
                let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
                bytes.extend_from_slice(&length.to_le_bytes());
                bytes.extend_from_slice(part);
            }
        };
        for (table, content) in TABLES.iter().zip(&tables) {
            if let Content::Csv(content) = content {
                add(table.file, content);
            }
        }
        for (name, content) in workbooks {
            add(name, content);
        }
        Self { tables, digest: digest(Domain::Document, &bytes) }
    }
}
