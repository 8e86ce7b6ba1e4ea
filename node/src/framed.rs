//! This exists to write things one after another into a file that a crash may tear: each has its length and
//! its hash before it, and what is torn at the end was never there.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::codec::{decode, encode};
use linli_ledger::hash::{Domain, hash};

/// The bytes of one.
pub(crate) fn bytes_of<T: BorshSerialize>(entry: &T) -> Vec<u8> {
    let payload = encode(entry);
    let mut bytes = (payload.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(&hash(Domain::Frame, &payload));
    bytes.extend_from_slice(&payload);
    bytes
}

/// All that are whole, and how many bytes they take.
pub(crate) fn read<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) -> (Vec<T>, usize) {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while let Some(entry) = take(&mut rest) {
        entries.push(entry);
    }
    (entries, bytes.len().saturating_sub(rest.len()))
}

fn take<T: BorshSerialize + BorshDeserialize>(bytes: &mut &[u8]) -> Option<T> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (check, rest) = rest.split_first_chunk::<32>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (payload, rest) = rest.split_at_checked(length)?;
    if hash(Domain::Frame, payload) != *check {
        return None;
    }
    let entry = decode(payload, "an entry").ok()?;
    *bytes = rest;
    Some(entry)
}
