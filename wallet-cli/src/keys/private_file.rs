//! This exists to write files that only their owner reads, whole or not at all, and to refuse those
//! that others can read.

use crate::failure::Failure;
use linli_ledger::code::Code;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Larger than anything that is kept: a key, a passphrase, a list of words, a file of vouchers.
const BYTES_MAX: u64 = 64 * 1024;
/// Bits of a mode that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// A failure about a file.
pub(crate) fn failed(path: &Path, error: &io::Error) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::InputMissing,
        _ => Code::Storage,
    };
    Failure::new(code, format!("{}: {error}", path.display()))
}

/// Makes a folder, and those above it, for its owner only.
///
/// # Errors
/// Those of the system.
pub(crate) fn folder(path: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| failed(path, &error))
}

/// Reads a file that only its owner can read.
///
/// # Errors
/// In this order: [`Code::InputMissing`], [`Code::KeyFileMode`], [`Code::Storage`] for one that is
/// too large or cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let data = file.metadata().map_err(|error| failed(path, &error))?;
    if data.permissions().mode() & OTHERS != 0 {
        let mode = data.permissions().mode() & 0o777;
        return Err(Failure::new(Code::KeyFileMode, format!("{} ({mode:03o})", path.display())));
    }
    if data.len() > BYTES_MAX {
        return Err(Failure::new(Code::Storage, format!("{}: > {BYTES_MAX}", path.display())));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(data.len()).unwrap_or_default() + 1);
    file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    Ok(bytes)
}

/// Writes a new file: whole or not at all, and never over one that is there.
///
/// # Errors
/// [`Code::KeyNameTaken`] if there is one, else those of the system.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = written_beside(path, bytes)?;
    // A link fails where a rename would replace.
    let linked = fs::hard_link(&beside, path);
    let _ = fs::remove_file(&beside);
    linked.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::new(Code::KeyNameTaken, path.display()),
        _ => failed(path, &error),
    })?;
    sync_folder(path)
}

/// Puts a file in the place of one, if there is one: the old or the new is there, never half of it.
///
/// # Errors
/// Those of the system.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = written_beside(path, bytes)?;
    fs::rename(&beside, path).map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(path, &error)
    })?;
    sync_folder(path)
}

fn written_beside(path: &Path, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let _ = fs::remove_file(&beside);
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(path, &error)
    })?;
    Ok(beside)
}

fn sync_folder(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    File::open(folder).and_then(|file| file.sync_all()).map_err(|error| failed(folder, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(create(&path, b"two").unwrap_err().code, Code::KeyNameTaken);
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
            assert_eq!(read(&path).unwrap_err().code, Code::KeyFileMode, "{mode:o}");
        }
        assert_eq!(read(&folder.path().join("no")).unwrap_err().code, Code::InputMissing);
    }
}
