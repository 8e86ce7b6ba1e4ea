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

/// All that are whole, and their bytes. One that the disk has changed is passed over, unless its length is what has
/// changed: then nobody knows where the next begins.
pub(crate) fn read<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) -> (Vec<T>, Vec<u8>) {
    let (mut entries, mut whole, mut rest) = (Vec::new(), Vec::new(), bytes);
    while let Some((check, payload)) = take(&mut rest) {
        if hash(Domain::Frame, payload) == *check
            && let Ok(entry) = decode(payload, "an entry")
        {
            whole.extend(bytes_of(&entry));
            entries.push(entry);
        }
    }
    (entries, whole)
}

fn take<'a>(bytes: &mut &'a [u8]) -> Option<(&'a [u8; 32], &'a [u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (check, rest) = rest.split_first_chunk::<32>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (payload, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some((check, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_the_disk_has_changed_does_not_hide_the_others() {
        let all: Vec<Vec<u8>> = [1_u64, 2, 3].iter().map(bytes_of).collect();
        for at in 8..all[0].len() {
            let mut bytes = all.concat();
            bytes[at] ^= 1;
            assert_eq!(read::<u64>(&bytes), (vec![2, 3], all[1..].concat()), "byte {at}");
        }
    }
}
