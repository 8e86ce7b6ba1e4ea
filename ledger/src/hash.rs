//! This exists to be the only place where bytes become a hash, and where every hash has a domain.
//!
//! One function for all: BLAKE3 in keyed mode, where the key is the ASCII name of the domain padded
//! with zero bytes to 32. Two domains are then two different functions, at no cost per call, and a
//! stranger rebuilds any hash with `blake3(message, key=name)`. Source: LED-2.1.

use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;

/// A 32-byte hash that says which algorithm made it.
///
/// In bytes: one tag (0 = BLAKE3), then 32 bytes. SM3 joins as another variant. Source: LED-2.2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Digest {
    /// BLAKE3 with 32 bytes of output.
    Blake3([u8; 32]),
}

impl Digest {
    /// 32 zero bytes: a place where there is no digest. The parent of the first block is the genesis
    /// hash (LED-4.1).
    pub const ZERO: Self = Self::Blake3([0; 32]);

    /// The 32 bytes without the tag.
    pub fn bytes(&self) -> &[u8; 32] {
        match self {
            Self::Blake3(bytes) => bytes,
        }
    }

    /// Lower-case hexadecimal, 64 characters.
    pub fn to_hex(&self) -> String {
        to_hex(self.bytes())
    }

    /// Reads what [`Digest::to_hex`] writes; anything else is `None`.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self::Blake3)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// Lower-case hexadecimal of any bytes.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads exactly 64 lower-case hexadecimal characters; anything else is `None`.
pub fn from_hex(text: &str) -> Option<[u8; 32]> {
    from_hex_bytes(text)?.try_into().ok()
}

/// Reads lower-case hexadecimal of any even length; anything else is `None`.
pub fn from_hex_bytes(text: &str) -> Option<Vec<u8>> {
    let nibble = |c: u8| match c {
        b'0'..=b'9' => c.checked_sub(b'0'),
        b'a'..=b'f' => c.checked_sub(b'a').and_then(|n| n.checked_add(10)),
        _ => None,
    };
    let pairs = text.as_bytes().chunks_exact(2);
    let is_even = pairs.remainder().is_empty();
    let bytes = pairs.map(|pair| match pair {
        [high, low] => Some((nibble(*high)? << 4) | nibble(*low)?),
        _ => None,
    });
    if is_even { bytes.collect() } else { None }
}

/// What a hash is for. Each value is a separate function of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained by its name and by LED-2.3")]
pub enum Domain {
    Genesis,
    Body,
    TransactionLeaf,
    ReceiptLeaf,
    HistoryLeaf,
    MerkleNode,
    Header,
    ValidatorSet,
    Value,
    StateLeaf,
    StateBucket,
    StateBranch,
    StateEmpty,
    StateRoot,
    StatePath,
    Identifier,
    Account,
    Journal,
    Lots,
    Frame,
    Document,
    VoucherSecret,
    SignTransaction,
    SignPrevote,
    SignPrecommit,
    SignProposal,
    SignPeer,
    SignRecovery,
    DemonstrationSeed,
}

impl Domain {
    /// Every domain, in the order of LED-2.3.
    pub const ALL: [Self; 29] = [
        Self::Genesis,
        Self::Body,
        Self::TransactionLeaf,
        Self::ReceiptLeaf,
        Self::HistoryLeaf,
        Self::MerkleNode,
        Self::Header,
        Self::ValidatorSet,
        Self::Value,
        Self::StateLeaf,
        Self::StateBucket,
        Self::StateBranch,
        Self::StateEmpty,
        Self::StateRoot,
        Self::StatePath,
        Self::Identifier,
        Self::Account,
        Self::Journal,
        Self::Lots,
        Self::Frame,
        Self::Document,
        Self::VoucherSecret,
        Self::SignTransaction,
        Self::SignPrevote,
        Self::SignPrecommit,
        Self::SignProposal,
        Self::SignPeer,
        Self::SignRecovery,
        Self::DemonstrationSeed,
    ];

    /// The name of the domain: ASCII, at most 32 bytes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Genesis => "linli/1/genesis",
            Self::Body => "linli/1/body",
            Self::TransactionLeaf => "linli/1/transaction-leaf",
            Self::ReceiptLeaf => "linli/1/receipt-leaf",
            Self::HistoryLeaf => "linli/1/history-leaf",
            Self::MerkleNode => "linli/1/merkle-node",
            Self::Header => "linli/1/header",
            Self::ValidatorSet => "linli/1/validator-set",
            Self::Value => "linli/1/value",
            Self::StateLeaf => "linli/1/state-leaf",
            Self::StateBucket => "linli/1/state-bucket",
            Self::StateBranch => "linli/1/state-branch",
            Self::StateEmpty => "linli/1/state-empty",
            Self::StateRoot => "linli/1/state-root",
            Self::StatePath => "linli/1/state-path",
            Self::Identifier => "linli/1/identifier",
            Self::Account => "linli/1/account",
            Self::Journal => "linli/1/journal",
            Self::Lots => "linli/1/lots",
            Self::Frame => "linli/1/frame",
            Self::Document => "linli/1/document",
            Self::VoucherSecret => "linli/1/voucher-secret",
            Self::SignTransaction => "linli/1/sign-transaction",
            Self::SignPrevote => "linli/1/sign-prevote",
            Self::SignPrecommit => "linli/1/sign-precommit",
            Self::SignProposal => "linli/1/sign-proposal",
            Self::SignPeer => "linli/1/sign-peer",
            Self::SignRecovery => "linli/1/sign-recovery",
            Self::DemonstrationSeed => "linli/1/demonstration-seed",
        }
    }

    /// The BLAKE3 key of the domain: its name, padded with zero bytes to 32.
    pub const fn key(self) -> [u8; 32] {
        let name = self.name().as_bytes();
        let mut key = [0_u8; 32];
        let (head, _) = key.split_at_mut(name.len());
        head.copy_from_slice(name);
        key
    }
}

/// The hash of `parts`, one after the other, in `domain`. Source: LED-2.1.
pub fn hash_parts(domain: Domain, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_keyed(&domain.key());
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// The hash of one message in `domain`. Source: LED-2.1.
pub fn hash(domain: Domain, message: &[u8]) -> [u8; 32] {
    *blake3::keyed_hash(&domain.key(), message).as_bytes()
}

/// [`hash`] with its algorithm tag.
pub fn digest(domain: Domain, message: &[u8]) -> Digest {
    Digest::Blake3(hash(domain, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_domain_has_its_own_key_of_at_most_32_ascii_bytes() {
        let names: BTreeSet<_> = Domain::ALL.iter().map(|d| d.name()).collect();
        assert_eq!(names.len(), Domain::ALL.len());
        assert!(names.iter().all(|n| n.len() <= 32 && n.is_ascii()));
    }

    #[test]
    fn parts_hash_like_their_concatenation() {
        assert_eq!(hash_parts(Domain::Value, &[b"ab", b"", b"c"]), hash(Domain::Value, b"abc"));
        assert_ne!(hash(Domain::Value, b"abc"), hash(Domain::Body, b"abc"));
    }

    #[test]
    fn hexadecimal_has_one_spelling() {
        let digest = digest(Domain::Value, b"x");
        assert_eq!(Digest::from_hex(&digest.to_hex()), Some(digest));
        assert_eq!(Digest::from_hex(&digest.to_hex().to_uppercase()), None);
        assert_eq!(Digest::from_hex(&digest.to_hex()[1..]), None);
        assert_eq!(Digest::from_hex(&format!("{}0", digest.to_hex())), None);
    }
}
