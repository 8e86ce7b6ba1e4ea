//! This exists to read what a guard has written down from a disk that may have torn the end of it off, or changed
//! some of it.

use super::Entry;
use linli_ledger::codec::{decode, encode};
use linli_ledger::hash::{Domain, hash};

/// What is there.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The entries that are whole, in order.
    pub(super) entries: Vec<Entry>,
    /// Their bytes, and nothing else.
    pub(super) bytes: Vec<u8>,
    /// Something before the last of them is not what was written: no crash does that.
    pub(super) is_damaged: bool,
}

/// Reads a record. What is not whole at its end was torn off, and nobody had signed it; what is not whole before an
/// entry that is was written, and is lost.
pub(super) fn read(bytes: &[u8]) -> Record {
    let (mut record, mut rest, mut lost) = (Record::default(), bytes, false);
    while !rest.is_empty() {
        if let Some(entry) = take(&mut rest) {
            record.is_damaged |= lost;
            record.bytes.extend(entry_bytes(&entry));
            record.entries.push(entry);
        } else {
            // Its length may be what has changed: the next may begin anywhere.
            lost = true;
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    record
}

pub(super) fn entry_bytes(entry: &Entry) -> Vec<u8> {
    let payload = encode(entry);
    let mut bytes = (payload.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(&hash(Domain::Frame, &payload));
    bytes.extend_from_slice(&payload);
    bytes
}

fn take(bytes: &mut &[u8]) -> Option<Entry> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (check, rest) = rest.split_first_chunk::<32>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (payload, rest) = rest.split_at_checked(length)?;
    if hash(Domain::Frame, payload) != *check {
        return None;
    }
    let entry = decode(payload, "what was signed").ok()?;
    *bytes = rest;
    Some(entry)
}
