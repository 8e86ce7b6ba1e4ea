//! This exists to write files that only their owner reads, whole or not at all, and to refuse those
//! that others can read.

use crate::error::SecretError;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Larger than anything that is kept: a key, a passphrase, a list of words, a file of vouchers.
const BYTES_MAX: u64 = 64 * 1024;
/// Bits of a mode that let anybody but the owner in.
const OTHERS: u32 = 0o077;
/// Bits of a mode that let anybody in who is neither the owner nor of the group.
const ANYBODY: u32 = 0o007;

/// Makes a folder, and those above it, for its owner only.
///
/// # Errors
/// [`SecretError::Disk`].
pub fn folder(path: &Path) -> Result<(), SecretError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| SecretError::disk(path, error))
}

/// The permission bits of a file; on systems without them nothing is known, and nothing refused.
fn mode(data: &Metadata) -> u32 {
    #[cfg(unix)]
    return std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o777;
    #[cfg(not(unix))]
    {
        let _ = data;
        0o600
    }
}

/// Whether only the owner may read and write a file.
///
/// # Errors
/// In this order: [`SecretError::Disk`], [`SecretError::Mode`].
pub fn check_mode(path: &Path) -> Result<(), SecretError> {
    let data = fs::metadata(path).map_err(|error| SecretError::disk(path, error))?;
    closed_to(OTHERS, path, &data)
}

fn closed_to(bits: u32, path: &Path, data: &Metadata) -> Result<(), SecretError> {
    let mode = mode(data);
    if mode & bits == 0 { Ok(()) } else { Err(SecretError::Mode { path: path.to_owned(), mode }) }
}

/// Reads a file that only its owner can read.
///
/// # Errors
/// In this order: [`SecretError::Disk`], [`SecretError::Mode`], [`SecretError::TooLarge`].
pub fn read(path: &Path) -> Result<Vec<u8>, SecretError> {
    read_closed_to(OTHERS, path)
}

/// Reads a file that the service manager has put there for this process alone: the group may be in its
/// mode, because that is how an access list for one user shows.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_credential(path: &Path) -> Result<Vec<u8>, SecretError> {
    read_closed_to(ANYBODY, path)
}

fn read_closed_to(bits: u32, path: &Path) -> Result<Vec<u8>, SecretError> {
    let disk = |error| SecretError::disk(path, error);
    let file = File::open(path).map_err(disk)?;
    let data = file.metadata().map_err(disk)?;
    closed_to(bits, path, &data)?;
    if data.len() > BYTES_MAX {
        return Err(SecretError::TooLarge { path: path.to_owned(), bytes_max: BYTES_MAX });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(data.len()).unwrap_or_default() + 1);
    file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(disk)?;
    Ok(bytes)
}

/// Writes a new file: whole or not at all, and never over one that is there.
///
/// # Errors
/// In this order: [`SecretError::Disk`], [`SecretError::Exists`].
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), SecretError> {
    let beside = written_beside(path, bytes)?;
    // A link fails where a rename would replace.
    let linked = fs::hard_link(&beside, path);
    let _ = fs::remove_file(&beside);
    linked.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => SecretError::Exists { path: path.to_owned() },
        _ => SecretError::disk(path, error),
    })?;
    sync_folder(path)
}

/// Puts a file in the place of one, if there is one: the old or the new is there, never half of it.
///
/// # Errors
/// [`SecretError::Disk`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), SecretError> {
    let beside = written_beside(path, bytes)?;
    fs::rename(&beside, path).map_err(|error| {
        let _ = fs::remove_file(&beside);
        SecretError::disk(path, error)
    })?;
    sync_folder(path)
}

fn written_beside(path: &Path, bytes: &[u8]) -> Result<PathBuf, SecretError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let _ = fs::remove_file(&beside);
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&beside);
        SecretError::disk(path, error)
    })?;
    Ok(beside)
}

fn sync_folder(path: &Path) -> Result<(), SecretError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let synced = File::open(folder).and_then(|file| file.sync_all());
    synced.map_err(|error| SecretError::disk(folder, error))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use linli_ledger::code::Code;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(create(&path, b"two").unwrap_err().code(), Code::KeyNameTaken);
        assert_eq!(read(&path).unwrap(), b"one");
        replace(&path, b"three").unwrap();
        assert_eq!(read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path, b"one").unwrap();
        for mode in [0o640, 0o604, 0o660, 0o610, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).unwrap_err().code(), Code::KeyFileMode, "{mode:o}");
            assert_eq!(check_mode(&path).unwrap_err().code(), Code::KeyFileMode, "{mode:o}");
            let anybody = mode == 0o604 || mode == 0o601;
            assert_eq!(read_credential(&path).is_ok(), !anybody, "{mode:o}");
        }
        assert_eq!(read(&folder.path().join("no")).unwrap_err().code(), Code::InputMissing);
    }
}
