//! This exists to bring the bytes of a chain to the ledger's replay, file by file.

use linli_ahead::Keys;
use linli_ledger::contract::Rulebook;
use linli_ledger::frame::{Frame, FrameError};
use linli_ledger::hash::Digest;
use linli_ledger::receipt::Receipt;
use linli_ledger::replay::{AuditError, AuditReport, Replay};
use linli_ledger::state::State;
use linli_ledger::types::Height;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a chain could not be audited, or does not verify.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no chain there.
    #[error("there is no chain file in {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The chain does not verify.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// Called with bytes checked so far and bytes in all.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// The files of a chain, in order: a file itself, the `*.chain` files of a folder, or those of its
/// folder `chain`.
///
/// # Errors
/// In this order: [`ChainError::Read`], [`ChainError::Missing`].
pub fn files(path: &Path) -> Result<Vec<PathBuf>, ChainError> {
    let read = |source| ChainError::Read { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(read)?;
    if metadata.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let inner = path.join("chain");
    let folder = if inner.is_dir() { inner } else { path.to_owned() };
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(read)? {
        let file = entry.map_err(read)?.path();
        if file.extension().is_some_and(|extension| extension == "chain") {
            files.push(file);
        }
    }
    files.sort_unstable();
    if files.is_empty() {
        return Err(ChainError::Missing { path: path.to_owned() });
    }
    Ok(files)
}

/// Checks everything, signatures on all cores ahead of the rest; returns the report and the state at
/// the end.
///
/// # Errors
/// [`ChainError`], the first broken thing. Without `genesis` the chain's own is taken: then the result
/// says nothing about *which* chain it is.
pub fn audit(
    path: &Path,
    rulebook: &Rulebook,
    genesis: Option<&Digest>,
    head: Option<&Digest>,
    progress: &mut Progress<'_>,
) -> Result<(AuditReport, State), ChainError> {
    audit_receipts(path, rulebook, genesis, head, progress, &mut |_| {})
}

/// As [`audit`]; shows the receipts of each block once it is checked.
///
/// # Errors
/// As [`audit`].
pub fn audit_receipts(
    path: &Path,
    rulebook: &Rulebook,
    genesis: Option<&Digest>,
    head: Option<&Digest>,
    progress: &mut Progress<'_>,
    each: &mut dyn FnMut(&[Receipt]),
) -> Result<(AuditReport, State), ChainError> {
    let files = files(path)?;
    let size = |file: &PathBuf| fs::metadata(file).map_or(0, |metadata| metadata.len());
    let total = files.iter().map(size).sum();
    let mut done = 0;
    let mut replay: Option<Replay<'_>> = None;
    let keys = Keys::default();
    for file in &files {
        let bytes =
            fs::read(file).map_err(|source| ChainError::Read { path: file.clone(), source })?;
        let mut rest = bytes.as_slice();
        if replay.is_none() {
            let torn = |source| AuditError::Frame { after: Height(0), source };
            let Some(first) = Frame::take(&mut rest).map_err(torn)? else { continue };
            replay = Some(Replay::begin(&first, genesis, rulebook)?);
        }
        let Some(running) = &mut replay else { continue };
        done += (bytes.len() - rest.len()) as u64;
        linli_ahead::frames(rest, &keys, |size, prepared| {
            each(&running.prepared(prepared)?);
            done += size as u64;
            progress(done, total);
            Ok::<(), AuditError>(())
        })?;
    }
    let none = AuditError::Frame { after: Height(0), source: FrameError::Torn };
    let replay = replay.ok_or(none)?;
    Ok(replay.finish_with_state(head)?)
}
