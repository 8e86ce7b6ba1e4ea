//! This exists to read a folder: the only part of the import that touches files.

use super::rows::TABLES;
use linli_ledger::code::Code;
use linli_ledger::genesis::GenesisError;
use linli_ledger::hash::{Digest, Domain, digest};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The files of an input, as they were read.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// Name and bytes, in the order of the format.
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
    /// Over the names and bytes of all files. Source: IMP-3.
    pub(crate) digest: Digest,
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
            Self::File { .. } | Self::UnknownFile { .. } => Code::InputMissing,
            Self::ColumnMissing { .. } | Self::ColumnUnknown { .. } => Code::RowColumns,
            Self::Community { code, .. } => *code,
            Self::Genesis(_) => Code::GenesisInvalid,
        }
    }
}

/// Reads the files of an input.
///
/// # Errors
/// [`ImportError::File`] for a file that is not there, [`ImportError::UnknownFile`] for a CSV file
/// that the format does not know.
pub(crate) fn read(dir: &Path) -> Result<Input, ImportError> {
    let unread = |path: &Path| {
        let path = path.to_path_buf();
        move |source| ImportError::File { path, source }
    };
    let mut files = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        let path = dir.join(table.file);
        files.push((table.file, fs::read(&path).map_err(unread(&path))?));
    }
    for entry in fs::read_dir(dir).map_err(unread(dir))? {
        let path = entry.map_err(unread(dir))?.path();
        let is_csv =
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let known =
            TABLES.iter().any(|table| path.file_name().is_some_and(|name| name == table.file));
        if is_csv && !known {
            return Err(ImportError::UnknownFile { path });
        }
    }
    Ok(Input::new(files))
}

impl Input {
    /// An input of these files, in the order of the format.
    pub(crate) fn new(files: Vec<(&'static str, Vec<u8>)>) -> Self {
        let mut bytes = Vec::new();
        for (name, content) in &files {
            for part in [name.as_bytes(), content] {
                bytes.extend_from_slice(
                    &u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes(),
                );
                bytes.extend_from_slice(part);
            }
        }
        Self { files, digest: digest(Domain::Document, &bytes) }
    }
}
