//! This exists to read and write the file of a validator's key, and to refuse one that others can read.
//! The key stands in it plainly; encrypted files come with issue #4.

use linli_ledger::code::Code;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::hash::to_hex;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The first line of the file.
const FIRST_LINE: &str = "linli validator key 1";

/// Why a key file is no good.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("cannot use the key file {}: {source}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may read or change it.
    #[error("{} has mode {mode:o}; it must be 600: chmod 600 {}", path.display(), path.display())]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds no key.
    #[error("{} holds no validator key: expected the line \"{FIRST_LINE}\" and 64 hexadecimal digits", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
    },
}

impl KeyFileError {
    /// The stable code.
    pub fn code(&self) -> Code {
        Code::KeyFile
    }
}

/// Whether only the owner may read and write a file; on systems without such bits, nothing is known.
///
/// # Errors
/// [`KeyFileError::Disk`], [`KeyFileError::Mode`].
pub fn check_mode(path: &Path) -> Result<(), KeyFileError> {
    let metadata = fs::metadata(path)
        .map_err(|source| KeyFileError::Disk { path: path.to_owned(), source })?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Mode { path: path.to_owned(), mode });
        }
    }
    #[cfg(not(unix))]
    drop(metadata);
    Ok(())
}

/// Reads a key.
///
/// # Errors
/// In this order: [`KeyFileError::Disk`], [`KeyFileError::Mode`], [`KeyFileError::Content`].
pub fn read(path: &Path) -> Result<ConsensusKey, KeyFileError> {
    check_mode(path)?;
    let text = fs::read_to_string(path)
        .map_err(|source| KeyFileError::Disk { path: path.to_owned(), source })?;
    let seed = text
        .strip_prefix(FIRST_LINE)
        .and_then(|rest| rest.strip_prefix('\n'))
        .and_then(|rest| linli_ledger::hash::Digest::from_hex(rest.trim_end()));
    seed.map(|seed| ConsensusKey::from_seed(seed.bytes()))
        .ok_or_else(|| KeyFileError::Content { path: path.to_owned() })
}

/// Writes a new file for its owner only; one that is there already is left alone.
///
/// # Errors
/// [`KeyFileError::Disk`].
pub fn write(path: &Path, seed: &[u8; 32]) -> Result<(), KeyFileError> {
    let disk = |source| KeyFileError::Disk { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path).map_err(disk)?;
    writeln!(file, "{FIRST_LINE}\n{}", to_hex(seed)).map_err(disk)?;
    file.sync_all().map_err(disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_and_a_file_for_everybody_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("validator.key");
        write(&path, &[7; 32]).unwrap();
        assert_eq!(read(&path).unwrap().public(), ConsensusKey::from_seed(&[7; 32]).public());
        assert!(matches!(write(&path, &[8; 32]), Err(KeyFileError::Disk { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            for mode in [0o640, 0o604, 0o660, 0o777] {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                let error = read(&path).unwrap_err();
                assert!(matches!(error, KeyFileError::Mode { mode: found, .. } if found == mode));
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        for text in ["", "07", "linli validator key 1\n", "linli validator key 2\n00"] {
            fs::write(&path, text).unwrap();
            assert!(matches!(read(&path), Err(KeyFileError::Content { .. })), "{text}");
        }
    }
}
