//! This exists to be the only place that knows what a valid key and a valid signature are.
//!
//! One rule everywhere: Ed25519 with `verify_strict`, one signature at a time, so that a node, an
//! auditor and an outside verifier on libsodium or OpenSSL always agree. There is no `sign(bytes)`:
//! every signature is made for one named purpose and bound to the genesis hash.

use crate::certificate::{Proposal, Recovery, Vote};
use crate::hash::{Digest, Domain, hash, to_hex};
use crate::types::TransactionId;
use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::{Signature as DalekSignature, Signer, SigningKey, VerifyingKey};
use std::collections::BTreeMap;
use std::fmt;

mod card;
mod request;
pub use card::{Card, CardError, CardSigner, SignedCard};
pub use request::SignedRequest;

/// A public key that says which algorithm it belongs to.
///
/// In bytes: one tag (0 = Ed25519), then 32 bytes. SM2 joins as another variant. Source: LED-2.4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum PublicKey {
    /// Ed25519, compressed Edwards point.
    Ed25519([u8; 32]),
}

/// A signature that says which algorithm it belongs to. Source: LED-2.5.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Signature {
    /// Ed25519, 64 bytes.
    Ed25519([u8; 64]),
}

/// Why 32 bytes are not a key that may be enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the canonical encoding of a point on the curve.
    #[error("the bytes are not the canonical encoding of a curve point")]
    Encoding,
    /// A point of small order: it accepts signatures that nobody made.
    #[error("the point has small order")]
    SmallOrder,
    /// A point with a torsion component: verifiers disagree about its signatures.
    #[error("the point has a torsion component")]
    MixedOrder,
}

impl PublicKey {
    /// The 32 bytes without the tag.
    pub fn bytes(&self) -> &[u8; 32] {
        match self {
            Self::Ed25519(bytes) => bytes,
        }
    }

    /// Checks that a key may be enrolled: canonical, not of small order, free of torsion.
    ///
    /// Costs as much as a signature: call it when a key is registered, not per transaction.
    ///
    /// # Errors
    /// In this order: [`KeyError::Encoding`], [`KeyError::SmallOrder`], [`KeyError::MixedOrder`].
    ///
    /// Source: LED-2.6.
    pub fn check(&self) -> Result<(), KeyError> {
        let key = VerifyingKey::from_bytes(self.bytes()).map_err(|_| KeyError::Encoding)?;
        let point = key.to_edwards();
        if key.is_weak() {
            // Only among these are points whose x is zero, which have a second spelling: with a sign.
            let is_canonical = point.compress().as_bytes() == self.bytes();
            return Err(if is_canonical { KeyError::SmallOrder } else { KeyError::Encoding });
        }
        if !is_reduced(self.bytes()) {
            return Err(KeyError::Encoding);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::MixedOrder);
        }
        Ok(())
    }

    fn point(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_bytes(self.bytes()).ok()
    }

    fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.point().is_some_and(|key| strict(&key, message, signature))
    }
}

/// Whether the coordinate in these bytes is below 2^255 − 19: the spelling that is canonical.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    *first < 0xed || last & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

/// The one rule. Source: LED-2.5.
fn strict(key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    let Signature::Ed25519(bytes) = signature;
    key.verify_strict(message, &DalekSignature::from_bytes(bytes)).is_ok()
}

/// The points of keys that were met before: to find the point of a key costs a tenth of a signature,
/// and most keys sign often. What is remembered changes no verdict.
#[derive(Clone, Debug, Default)]
pub struct KnownKeys(BTreeMap<PublicKey, VerifyingKey>);

impl KnownKeys {
    /// As many keys as a sub-district has, 15 MB; when there are more, all are forgotten.
    pub const MAX: usize = 65_536;

    fn verifies(&mut self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        if let Some(point) = self.0.get(key) {
            return strict(point, message, signature);
        }
        let Some(point) = key.point() else { return false };
        if self.0.len() >= Self::MAX {
            self.0.clear();
        }
        self.0.insert(*key, point);
        strict(&point, message, signature)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(self.bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Ed25519(bytes) = self;
        write!(f, "Signature({})", to_hex(bytes))
    }
}

/// The bytes under every signature: domain (32) ‖ genesis hash (32) ‖ message. Source: LED-2.7.
fn signed_bytes(domain: Domain, genesis: &Digest, message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len().saturating_add(64));
    bytes.extend_from_slice(&domain.key());
    bytes.extend_from_slice(genesis.bytes());
    bytes.extend_from_slice(message);
    bytes
}

/// Whether `signature` is by `key` over the transaction. Source: LED-3.4.
pub fn verify_transaction(
    genesis: &Digest,
    id: &TransactionId,
    key: &PublicKey,
    signature: &Signature,
) -> bool {
    key.verifies(&transaction_bytes(genesis, id), signature)
}

/// As [`verify_transaction`], with keys that were met before.
pub(crate) fn verify_transaction_by(
    known: &mut KnownKeys,
    genesis: &Digest,
    id: &TransactionId,
    key: &PublicKey,
    signature: &Signature,
) -> bool {
    known.verifies(key, &transaction_bytes(genesis, id), signature)
}

/// The bytes under a signature of a transaction.
fn transaction_bytes(genesis: &Digest, id: &TransactionId) -> Vec<u8> {
    signed_bytes(Domain::SignTransaction, genesis, id.0.bytes())
}

/// The identity on the network of a node with this key: the bytes of its libp2p peer id, which for an
/// Ed25519 key hold the key itself. Source: LED-4.7.
pub fn peer_identity(node: &PublicKey) -> Vec<u8> {
    let PublicKey::Ed25519(bytes) = node;
    // Multihash "identity" of 36 bytes; in them field 1, type 1 (Ed25519), and field 2, 32 bytes.
    [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20], bytes.as_slice()].concat()
}

/// Whether `signature` is by `key` over a peer's network identity. Source: LED-4.7.
pub fn verify_peer(genesis: &Digest, peer: &[u8], key: &PublicKey, signature: &Signature) -> bool {
    key.verifies(&signed_bytes(Domain::SignPeer, genesis, peer), signature)
}

impl Vote {
    /// Whether `signature` is by [`Vote::validator`] over this vote. Source: LED-4.5.
    pub fn verify(&self, genesis: &Digest, signature: &Signature) -> bool {
        let bytes = signed_bytes(self.domain(), genesis, &self.bytes());
        self.validator.verifies(&bytes, signature)
    }
}

impl Proposal {
    /// Whether `signature` is by [`Proposal::validator`] over this proposal. Source: LED-4.6.
    pub fn verify(&self, genesis: &Digest, signature: &Signature) -> bool {
        let bytes = signed_bytes(Domain::SignProposal, genesis, &self.bytes());
        self.validator.verifies(&bytes, signature)
    }
}

impl Recovery {
    /// Whether `signature` is by `key` over this recovery. Source: LED-4.9.
    pub fn verify(&self, genesis: &Digest, key: &PublicKey, signature: &Signature) -> bool {
        key.verifies(&signed_bytes(Domain::SignRecovery, genesis, &self.bytes()), signature)
    }
}

/// Signs transactions and requests for a person, an organisation or a device; also recovery for an
/// organisation.
#[derive(Clone)]
pub struct BusinessKey(SigningKey);

/// Signs votes and proposals for a validator, and nothing else.
#[derive(Clone)]
pub struct ConsensusKey(SigningKey);

impl BusinessKey {
    /// The key whose secret scalar derives from these 32 bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// A key of a demonstration, derived from the seed of the input and a label. Source: LED-2.8.
    pub fn demonstration(seed: &[u8], label: &str) -> Self {
        Self::from_seed(&demonstration_secret(seed, label))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::Ed25519(self.0.verifying_key().to_bytes())
    }

    /// Signs the transaction `id` on the chain `genesis`. Source: LED-3.4.
    pub fn sign_transaction(&self, genesis: &Digest, id: &TransactionId) -> Signature {
        sign(&self.0, Domain::SignTransaction, genesis, id.0.bytes())
    }

    /// Signs a recovery as a governance organisation. Source: LED-4.9.
    pub fn sign_recovery(&self, genesis: &Digest, recovery: &Recovery) -> Signature {
        sign(&self.0, Domain::SignRecovery, genesis, &recovery.bytes())
    }
}

impl ConsensusKey {
    /// The key whose secret scalar derives from these 32 bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// A key of a demonstration, derived from the seed of the input and a label. Source: LED-2.8.
    pub fn demonstration(seed: &[u8], label: &str) -> Self {
        Self::from_seed(&demonstration_secret(seed, label))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::Ed25519(self.0.verifying_key().to_bytes())
    }

    /// Signs a vote of this validator. Source: LED-4.5.
    pub fn sign_vote(&self, genesis: &Digest, vote: &Vote) -> Signature {
        sign(&self.0, vote.domain(), genesis, &vote.bytes())
    }

    /// Signs a proposal of this validator. Source: LED-4.6.
    pub fn sign_proposal(&self, genesis: &Digest, proposal: &Proposal) -> Signature {
        sign(&self.0, Domain::SignProposal, genesis, &proposal.bytes())
    }

    /// Binds this validator to the identity of its node on the network. Source: LED-4.7.
    pub fn sign_peer(&self, genesis: &Digest, peer: &[u8]) -> Signature {
        sign(&self.0, Domain::SignPeer, genesis, peer)
    }
}

impl fmt::Debug for BusinessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BusinessKey({})", self.public())
    }
}

impl fmt::Debug for ConsensusKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConsensusKey({})", self.public())
    }
}

fn sign(key: &SigningKey, domain: Domain, genesis: &Digest, message: &[u8]) -> Signature {
    Signature::Ed25519(key.sign(&signed_bytes(domain, genesis, message)).to_bytes())
}

/// 32 bytes for a key, a salt or a secret of a demonstration. Source: LED-2.8.
///
/// Whoever knows the seed knows every secret: genesis says `keys: demonstration`, and a real
/// network refuses such a genesis.
pub fn demonstration_secret(seed: &[u8], label: &str) -> [u8; 32] {
    let seed = hash(Domain::DemonstrationSeed, seed);
    *blake3::keyed_hash(&seed, label.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests;
