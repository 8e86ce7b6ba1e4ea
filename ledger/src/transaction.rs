//! This exists to say what people sign: the body, the list of signers, and the ladder from received
//! bytes to a verified transaction.

use crate::code::Code;
use crate::codec::{decode, encode};
use crate::crypto::{KnownKeys, PublicKey, Signature, verify_transaction, verify_transaction_by};
use crate::hash::{Digest, Domain, digest, hash};
use crate::limits::{SIGNERS_MAX, TRANSACTION_BYTES_MAX};
use crate::types::{BlockTime, ContractId, GrantId, TransactionId};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The version of [`Body`] that this code writes.
pub const BODY_VERSION: u16 = 1;

/// One signer of a transaction. Source: LED-3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Signer {
    /// The key that signs.
    pub key: PublicKey,
    /// The role that it uses, where the call needs one.
    pub grant: Option<GrantId>,
}

/// What is signed. The first signer is the sender; only its nonce is used. Source: LED-3.1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Body {
    /// Version of this structure, [`BODY_VERSION`].
    pub version: u16,
    /// The chain: hash of its genesis.
    pub genesis: Digest,
    /// The contract that is called.
    pub contract: ContractId,
    /// The version of the contract for which the call was written.
    pub call_version: u16,
    /// Who signs, in order, no key twice.
    pub signers: Vec<Signer>,
    /// Used once per key and compartment, within a window below the highest.
    #[serde(with = "crate::json::decimal")]
    pub nonce: u64,
    /// Random, so that nobody confirms a guessed body by its identifier (D19).
    #[serde(with = "crate::json::bytes")]
    pub salt: [u8; 16],
    /// Block time after which this is void.
    pub valid_until: BlockTime,
    /// The call, in the canonical bytes of its contract.
    #[serde(with = "crate::json::bytes")]
    pub call: Vec<u8>,
}

impl Body {
    /// The identifier: the hash of the canonical bytes. Source: LED-3.2.
    pub fn id(&self) -> TransactionId {
        body_id(&encode(self))
    }
}

fn body_id(bytes: &[u8]) -> TransactionId {
    TransactionId(digest(Domain::Body, bytes))
}

/// A body as received, and its signatures; nothing is checked yet. Source: LED-3.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct SignedTransaction {
    /// The bytes of a [`Body`], as received: hashes are taken over these.
    #[serde(with = "crate::json::bytes")]
    pub body: Vec<u8>,
    /// One signature for each signer, in the same order.
    pub signatures: Vec<Signature>,
}

impl SignedTransaction {
    /// Puts a body and its signatures together.
    pub fn new(body: &Body, signatures: Vec<Signature>) -> Self {
        Self { body: encode(body), signatures }
    }

    /// The identifier, whether or not the bytes are a body.
    pub fn id(&self) -> TransactionId {
        body_id(&self.body)
    }

    /// The bytes that count against the limit of a block.
    pub(crate) fn size(&self) -> usize {
        self.body.len().saturating_add(self.signatures.len().saturating_mul(65))
    }

    /// The leaf under the transactions root; covers the signatures too. Source: LED-3.5.
    pub fn leaf(&self) -> [u8; 32] {
        hash(Domain::TransactionLeaf, &encode(self))
    }

    /// Checks all that needs no state: size, canonical bytes, chain, signers, signatures.
    ///
    /// # Errors
    /// In this order: [`Code::TooLarge`], [`Code::Encoding`], [`Code::ChainId`], and for each signer
    /// [`Code::Signature`].
    ///
    /// Source: LED-3.4.
    pub fn verify(self, genesis: &Digest) -> Result<VerifiedTransaction, Code> {
        self.check(genesis, verify_transaction)
    }

    /// As [`SignedTransaction::verify`], with keys that were met before.
    ///
    /// # Errors
    /// As [`SignedTransaction::verify`].
    pub fn verify_by(
        self,
        known: &mut KnownKeys,
        genesis: &Digest,
    ) -> Result<VerifiedTransaction, Code> {
        self.check(genesis, |genesis, id, key, signature| {
            verify_transaction_by(known, genesis, id, key, signature)
        })
    }

    /// Takes a body that nobody has signed as if everybody had: what it would do can be rehearsed
    /// ([`crate::execute::rehearse`]), and nothing else can be done with it.
    ///
    /// # Errors
    /// As [`SignedTransaction::verify`]; [`Code::Signature`] if there are signatures, which are then to
    /// be verified.
    ///
    /// Source: LED-3.10.
    pub fn presume(self, genesis: &Digest) -> Result<PresumedTransaction, Code> {
        let body = self.body_of(genesis)?;
        if !self.signatures.is_empty() {
            return Err(Code::Signature);
        }
        let (id, leaf) = (self.id(), self.leaf());
        Ok(PresumedTransaction(VerifiedTransaction::new(id, leaf, body, self)))
    }

    /// The body, if it is one that this chain could take.
    fn body_of(&self, genesis: &Digest) -> Result<Body, Code> {
        if self.body.len() > TRANSACTION_BYTES_MAX {
            return Err(Code::TooLarge);
        }
        let body: Body = decode(&self.body, "a body").map_err(|_| Code::Encoding)?;
        let keys = body.signers.iter().map(|signer| signer.key);
        let distinct = keys.collect::<std::collections::BTreeSet<_>>().len();
        let listed =
            (1..=SIGNERS_MAX).contains(&body.signers.len()) && distinct == body.signers.len();
        if body.version != BODY_VERSION || !listed {
            return Err(Code::Encoding);
        }
        if &body.genesis == genesis { Ok(body) } else { Err(Code::ChainId) }
    }

    fn check(
        self,
        genesis: &Digest,
        mut verifies: impl FnMut(&Digest, &TransactionId, &PublicKey, &Signature) -> bool,
    ) -> Result<VerifiedTransaction, Code> {
        let body = self.body_of(genesis)?;
        let id = self.id();
        let keys = || body.signers.iter().map(|signer| signer.key);
        let signed = self.signatures.len() == body.signers.len()
            && keys()
                .zip(&self.signatures)
                .all(|(key, signature)| verifies(genesis, &id, &key, signature));
        if !signed {
            return Err(Code::Signature);
        }
        let leaf = self.leaf();
        Ok(VerifiedTransaction::new(id, leaf, body, self))
    }
}

/// A transaction whose bytes and signatures are right. Only [`SignedTransaction::verify`] makes one.
///
/// Clones share it: it waits in a pool, is a candidate and stands in blocks at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTransaction(Arc<Verified>);

#[derive(Debug, PartialEq, Eq)]
struct Verified {
    id: TransactionId,
    leaf: [u8; 32],
    body: Body,
    signed: SignedTransaction,
}

/// A body that nobody has signed. No block takes it: only [`crate::execute::rehearse`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresumedTransaction(VerifiedTransaction);

impl PresumedTransaction {
    /// The identifier.
    pub fn id(&self) -> TransactionId {
        self.0.id()
    }

    /// What is to be signed.
    pub fn body(&self) -> &Body {
        self.0.body()
    }

    /// As the executor reads it; for nobody else.
    pub(crate) fn presumed(&self) -> &VerifiedTransaction {
        &self.0
    }
}

impl VerifiedTransaction {
    fn new(id: TransactionId, leaf: [u8; 32], body: Body, signed: SignedTransaction) -> Self {
        Self(Arc::new(Verified { id, leaf, body, signed }))
    }

    /// The identifier.
    pub fn id(&self) -> TransactionId {
        self.0.id
    }

    /// The leaf under the transactions root.
    pub fn leaf(&self) -> [u8; 32] {
        self.0.leaf
    }

    /// What was signed.
    pub fn body(&self) -> &Body {
        &self.0.body
    }

    /// The bytes as received.
    pub fn signed(&self) -> &SignedTransaction {
        &self.0.signed
    }
}
