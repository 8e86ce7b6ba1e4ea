//! This exists to ask how much room a disk has, so that a full one is noticed before a write is torn.

use std::io;
use std::path::Path;

/// Bytes that a program without special rights may still write where `path` lies.
///
/// # Errors
/// What the operating system says.
pub fn available(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
