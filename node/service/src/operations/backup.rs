//! This exists to copy the chain of a node, running or not, into one file that any `tar` reads.
//!
//! In it are the frames up to one block, and a manifest. Never in it: the validator's key, the engine's
//! log, the second place of the tip. Whoever restored those could sign twice.

use super::{OperationError, chain, disk};
use linli_ledger::hash::{Digest, to_hex};
use linli_ledger::types::{BlockHash, Height};
use linli_node::Blocks;
use linli_node::chain_file::is_segment;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

/// The format of a backup.
pub const FORMAT: &str = "linli-backup-1";
/// Name of the manifest in the archive; it comes first.
pub const MANIFEST: &str = "manifest.json";

/// A file in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name of the segment.
    pub name: String,
    /// Bytes of it that belong to the backup.
    pub bytes: u64,
    /// BLAKE3 of those bytes, 64 hexadecimal digits, as `b3sum` prints it.
    pub blake3: String,
}

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Name of the chain.
    pub chain: String,
    /// Hash of its genesis, hexadecimal.
    pub genesis: String,
    /// The last block in it.
    pub height: Height,
    /// Its hash, hexadecimal.
    pub head: String,
    /// The segments, in order.
    pub files: Vec<Entry>,
}

/// Writes a backup of the chain in `folder` to the new file `target`, whole or not at all.
///
/// The node may run: the chain file only grows, and the last block that is in it whole and certified is
/// the end of the backup.
///
/// # Errors
/// In this order: [`OperationError::Exists`], [`OperationError::NoChain`], [`OperationError::Node`],
/// [`OperationError::Disk`].
pub fn backup(folder: &Path, target: &Path) -> Result<Manifest, OperationError> {
    if target.exists() {
        return Err(OperationError::Exists { path: target.to_owned() });
    }
    let (blocks, genesis) = chain(folder)?;
    let none = || OperationError::NoChain { path: folder.to_owned() };
    let (height, head) = last(&blocks, genesis.hash())?;
    let (segment, end) = blocks.end(height)?.ok_or_else(none)?;
    let frames = folder.join("chain");
    let files = segments(&frames, &segment, end)?;
    let manifest = Manifest {
        format: FORMAT.into(),
        chain: genesis.name.clone(),
        genesis: genesis.hash().to_hex(),
        height,
        head: head.0.to_hex(),
        files,
    };
    let new = PathBuf::from(format!("{}.new", target.display()));
    write(&frames, &manifest, &new).map_err(disk(&new))?;
    fs::rename(&new, target).map_err(disk(target))?;
    if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(disk(parent))?;
    }
    Ok(manifest)
}

/// The last block that reads well: the one after it may be being written at this moment.
fn last(blocks: &Blocks, genesis: Digest) -> Result<(Height, BlockHash), OperationError> {
    let last = blocks.last()?;
    let before = Height(last.0.saturating_sub(1));
    for height in [last, before] {
        match blocks.block(height) {
            Ok(Some(block)) => return Ok((height, block.block.header.hash())),
            Err(error) if height == before => return Err(error.into()),
            Ok(None) | Err(_) => {}
        }
    }
    Ok((Height(0), BlockHash(genesis)))
}

fn segments(chain: &Path, last: &str, end: u64) -> Result<Vec<Entry>, OperationError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(chain).map_err(disk(chain))? {
        let name = entry.map_err(disk(chain))?.file_name().to_string_lossy().into_owned();
        if is_segment(&name) && name.as_str() <= last {
            names.push(name);
        }
    }
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let path = chain.join(&name);
            let file = File::open(&path).map_err(disk(&path))?;
            let length = file.metadata().map_err(disk(&path))?.len();
            let bytes = if name == last { end } else { length };
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(file.take(bytes)).map_err(disk(&path))?;
            Ok(Entry { name, bytes, blake3: to_hex(hasher.finalize().as_bytes()) })
        })
        .collect()
}

fn write(chain: &Path, manifest: &Manifest, target: &Path) -> io::Result<()> {
    let mut archive = tar::Builder::new(File::create(target)?);
    let mut text = serde_json::to_vec_pretty(manifest)?;
    text.push(b'\n');
    append(&mut archive, MANIFEST, text.len() as u64, text.as_slice())?;
    for entry in &manifest.files {
        let mut file = File::open(chain.join(&entry.name))?;
        file.rewind()?;
        append(
            &mut archive,
            &format!("chain/{}", entry.name),
            entry.bytes,
            file.take(entry.bytes),
        )?;
    }
    archive.into_inner()?.sync_all()
}

fn append(
    archive: &mut tar::Builder<File>,
    name: &str,
    bytes: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    archive.append_data(&mut header, name, content)
}
