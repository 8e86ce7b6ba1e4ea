//! This exists to keep the tip of the chain in a second place, so that a chain that has become shorter is noticed
//! (ADR 0007).

use crate::blocks::storage;
use crate::error::NodeError;
use crate::storage::Storage;
use linli_ledger::hash::{Digest, Domain, hash};
use linli_ledger::types::{BlockHash, Height};

pub(crate) const TIP: &str = "tip";
/// Height, block hash, and the first 8 bytes of their hash.
pub(crate) const TIP_RECORD_BYTES: usize = 48;

pub(crate) fn tip_record(height: Height, block: BlockHash) -> Vec<u8> {
    let mut record = height.0.to_le_bytes().to_vec();
    record.extend_from_slice(block.0.bytes());
    let check = hash(Domain::Frame, &record);
    record.extend(check.into_iter().take(8));
    record
}

/// The block that was committed last, as its second place says; a torn record is passed over.
///
/// # Errors
/// [`NodeError::Storage`].
pub fn known_tip(node: &dyn Storage) -> Result<Option<(Height, BlockHash)>, NodeError> {
    let bytes = node.read(TIP).map_err(|source| storage("read", TIP, source))?;
    Ok(last_record(&bytes.unwrap_or_default()))
}

fn last_record(bytes: &[u8]) -> Option<(Height, BlockHash)> {
    bytes.chunks_exact(TIP_RECORD_BYTES).rev().find_map(|record| {
        let (height, rest) = record.split_first_chunk::<8>()?;
        let (block, _) = rest.split_first_chunk::<32>()?;
        let tip = (Height(u64::from_le_bytes(*height)), BlockHash(Digest::Blake3(*block)));
        (tip_record(tip.0, tip.1) == record).then_some(tip)
    })
}

/// The last whole record of the tip file, which is then all that it holds: a torn record would put
/// every later one out of step.
pub(crate) fn last_tip(node: &mut dyn Storage) -> Result<Option<(Height, BlockHash)>, NodeError> {
    let bytes = node.read(TIP).map_err(|source| storage("read", TIP, source))?.unwrap_or_default();
    let last = last_record(&bytes);
    let record = last.map(|(height, block)| tip_record(height, block)).unwrap_or_default();
    if bytes.len() > TIP_RECORD_BYTES || bytes.len() != record.len() {
        node.replace(TIP, &record).map_err(|source| storage("replace", TIP, source))?;
    }
    Ok(last)
}
