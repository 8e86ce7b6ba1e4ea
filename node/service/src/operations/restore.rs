//! This exists to put a backup back and to prove what came back: everything in it is executed again.

use super::backup::{Entry, FORMAT, MANIFEST, Manifest};
use super::{OperationError, disk};
use linli_ledger::contract::Rulebook;
use linli_ledger::hash::{Digest, to_hex};
use linli_ledger::replay::AuditReport;
use linli_node::chain_file::is_segment;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// A manifest is small: more than this is none.
const MANIFEST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What came back.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// What the audit found, the head compared.
    pub report: AuditReport,
}

/// Restores a backup into a new or empty folder, then audits it from its genesis to its head. If it
/// is no good, the folder is as it was.
///
/// # Errors
/// In this order: [`OperationError::Exists`], [`OperationError::Disk`], [`OperationError::Backup`],
/// [`OperationError::Verification`].
pub fn restore(
    file: &Path,
    folder: &Path,
    genesis: Option<&Digest>,
    rulebook: &Rulebook,
    progress: &mut linli_verify::Progress<'_>,
) -> Result<Restored, OperationError> {
    if folder.exists() {
        let mut entries = fs::read_dir(folder).map_err(disk(folder))?;
        if entries.next().is_some() {
            return Err(OperationError::Exists { path: folder.to_owned() });
        }
    }
    let archive = File::open(file).map_err(disk(file))?;
    let chain = folder.join("chain");
    let restored = unpack(archive, &chain).and_then(|manifest| {
        let report = prove(&manifest, folder, genesis, rulebook, progress)?;
        Ok(Restored { manifest, report })
    });
    if restored.is_err() {
        // Only what was made here: the folder was empty.
        let _ = fs::remove_dir_all(&chain);
        let _ = fs::remove_dir(folder);
    }
    restored
}

fn no_good(why: impl std::fmt::Display) -> OperationError {
    OperationError::Backup(format!("{why}"))
}

fn unpack(archive: File, chain: &Path) -> Result<Manifest, OperationError> {
    let mut archive = tar::Archive::new(archive);
    let mut entries = archive.entries().map_err(no_good)?;
    let first = entries.next().ok_or_else(|| no_good("it is empty"))?.map_err(no_good)?;
    if first.path_bytes().as_ref() != MANIFEST.as_bytes() {
        return Err(no_good("it does not begin with a manifest"));
    }
    let mut text = Vec::new();
    first.take(MANIFEST_BYTES_MAX).read_to_end(&mut text).map_err(no_good)?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(no_good)?;
    if manifest.format != FORMAT {
        return Err(no_good(format!("its format is {}, not {FORMAT}", manifest.format)));
    }
    fs::create_dir_all(chain).map_err(disk(chain))?;
    for expected in &manifest.files {
        let missing = || no_good(format!("{} is missing", expected.name));
        let entry = entries.next().ok_or_else(missing)?.map_err(no_good)?;
        let name = format!("chain/{}", expected.name);
        if !is_segment(&expected.name) || entry.path_bytes().as_ref() != name.as_bytes() {
            return Err(missing());
        }
        copy(entry, expected, &chain.join(&expected.name))?;
    }
    match entries.next() {
        None => Ok(manifest),
        Some(_) => Err(no_good("it holds more than its manifest says")),
    }
}

fn copy(from: impl Read, expected: &Entry, to: &Path) -> Result<(), OperationError> {
    let mut file = File::options().write(true).create_new(true).open(to).map_err(disk(to))?;
    let mut hasher = blake3::Hasher::new();
    let (mut left, mut from) = (expected.bytes, from);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = from.read(&mut buffer).map_err(no_good)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else { break };
        left = left
            .checked_sub(part.len() as u64)
            .ok_or_else(|| no_good(format!("{} is longer than it should be", expected.name)))?;
        hasher.update(part);
        file.write_all(part).map_err(disk(to))?;
    }
    if left > 0 || to_hex(hasher.finalize().as_bytes()) != expected.blake3 {
        return Err(no_good(format!("{} is not what the manifest says", expected.name)));
    }
    file.sync_all().map_err(disk(to))
}

fn prove(
    manifest: &Manifest,
    folder: &Path,
    genesis: Option<&Digest>,
    rulebook: &Rulebook,
    progress: &mut linli_verify::Progress<'_>,
) -> Result<AuditReport, OperationError> {
    let digest =
        |text: &str| Digest::from_hex(text).ok_or_else(|| no_good("a hash in its manifest"));
    let claimed = digest(&manifest.genesis)?;
    let head = digest(&manifest.head)?;
    // Hash from outside, where there is one: the manifest only says what it wants to be.
    let genesis = genesis.unwrap_or(&claimed);
    let (report, _) = linli_verify::audit(folder, rulebook, Some(genesis), Some(&head), progress)?;
    let synced = || -> io::Result<()> { File::open(folder.join("chain"))?.sync_all() };
    synced().map_err(disk(folder))?;
    Ok(report)
}
