//! This exists to keep a body and the signatures that it has so far in one file that can be sent around.
//! What a file says about itself is checked against the bytes that are signed; nothing else is believed.

use crate::failure::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_contracts::AnyCall;
use linli_ledger::code::Code;
use linli_ledger::codec::{decode, encode};
use linli_ledger::crypto::{BusinessKey, PublicKey, Signature, verify_transaction};
use linli_ledger::limits::{SIGNERS_MAX, TRANSACTION_BYTES_MAX};
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction};
use linli_ledger::types::TransactionId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the file says that it is.
const TITLE: &str = "transaction-1";
/// A body of 64 KiB in base64, sixteen signatures, and room.
const FILE_BYTES_MAX: usize = 128 * 1024;

/// A transaction on its way from hand to hand. Always: the body is canonical, the call is known, each
/// signature is by a listed signer over this body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TransactionFile {
    body: Body,
    call: AnyCall,
    signatures: BTreeMap<PublicKey, Signature>,
}

/// The file as it is written. Source: WAL-4.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    linli: String,
    id: TransactionId,
    body: String,
    signatures: Vec<WrittenSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSignature {
    key: PublicKey,
    signature: Signature,
}

impl TransactionFile {
    /// A body that nobody has signed.
    ///
    /// # Errors
    /// In this order: [`Code::TooLarge`], [`Code::Encoding`] for a body that no node would take.
    pub(crate) fn new(body: Body) -> Result<Self, Failure> {
        if encode(&body).len() > TRANSACTION_BYTES_MAX {
            return Err(Failure::new(Code::TooLarge, TRANSACTION_BYTES_MAX));
        }
        let keys: BTreeSet<_> = body.signers.iter().map(|signer| signer.key).collect();
        let listed = keys.len() == body.signers.len() && (1..=SIGNERS_MAX).contains(&keys.len());
        if body.version != BODY_VERSION || body.call_version != 1 || !listed {
            return Err(Failure::new(Code::Encoding, "signers"));
        }
        let call = AnyCall::decode(body.contract, &body.call)
            .ok_or_else(|| Failure::new(Code::Encoding, format!("contract {}", body.contract)))?;
        Ok(Self { body, call, signatures: BTreeMap::new() })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// In this order: [`Code::TooLarge`]; [`Code::TransactionFile`] if it is no such file or its
    /// identifier is not that of its body; [`Code::Encoding`] for a body that no node would take;
    /// [`Code::NotSigner`] for a signature by somebody else; [`Code::Signature`] for one that does not
    /// verify.
    ///
    /// Source: WAL-4.
    pub(crate) fn read(text: &[u8]) -> Result<Self, Failure> {
        if text.len() > FILE_BYTES_MAX {
            return Err(Failure::new(Code::TooLarge, text.len()));
        }
        let refused = |error: &dyn std::fmt::Display| Failure::new(Code::TransactionFile, error);
        let written: Written = serde_json::from_slice(text).map_err(|error| refused(&error))?;
        if written.linli != TITLE {
            return Err(refused(&crate::reading::clean(&written.linli)));
        }
        let bytes = STANDARD.decode(&written.body).map_err(|error| refused(&error))?;
        let id = SignedTransaction { body: bytes.clone(), signatures: Vec::new() }.id();
        if id != written.id {
            return Err(refused(&format!("{} ≠ {id}", written.id)));
        }
        let body: Body =
            decode(&bytes, "a body").map_err(|error| Failure::new(Code::Encoding, error))?;
        let mut file = Self::new(body)?;
        for WrittenSignature { key, signature } in written.signatures {
            file.add(key, signature)?;
        }
        Ok(file)
    }

    fn add(&mut self, key: PublicKey, signature: Signature) -> Result<(), Failure> {
        if !self.body.signers.iter().any(|signer| signer.key == key) {
            return Err(Failure::new(Code::NotSigner, key));
        }
        if !verify_transaction(&self.body.genesis, &self.id(), &key, &signature) {
            return Err(Failure::new(Code::Signature, key));
        }
        self.signatures.insert(key, signature);
        Ok(())
    }

    /// The file: the same bytes for the same body and signatures, in whatever order they came.
    pub(crate) fn write(&self) -> String {
        let signature = |key: &PublicKey| {
            self.signatures
                .get(key)
                .map(|signature| WrittenSignature { key: *key, signature: *signature })
        };
        let written = Written {
            linli: TITLE.to_owned(),
            id: self.id(),
            body: STANDARD.encode(encode(&self.body)),
            signatures: self
                .body
                .signers
                .iter()
                .filter_map(|signer| signature(&signer.key))
                .collect(),
        };
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Signs with one of the listed keys.
    ///
    /// # Errors
    /// [`Code::NotSigner`] for another key.
    pub(crate) fn sign(&mut self, key: &BusinessKey) -> Result<(), Failure> {
        let signature = key.sign_transaction(&self.body.genesis, &self.id());
        self.add(key.public(), signature)
    }

    /// Takes over the signatures of another file of the same body.
    ///
    /// # Errors
    /// [`Code::OtherBody`].
    pub(crate) fn join(&mut self, other: Self) -> Result<(), Failure> {
        if other.body != self.body {
            return Err(Failure::new(Code::OtherBody, format!("{} ≠ {}", self.id(), other.id())));
        }
        self.signatures.extend(other.signatures);
        Ok(())
    }

    /// The transaction, when everybody has signed.
    ///
    /// # Errors
    /// [`Code::SignatureMissing`] with the keys that are missing.
    pub(crate) fn complete(&self) -> Result<SignedTransaction, Failure> {
        let missing: Vec<_> = self.missing().iter().map(ToString::to_string).collect();
        if !missing.is_empty() {
            return Err(Failure::new(Code::SignatureMissing, missing.join(" ")));
        }
        let keys = self.body.signers.iter().map(|signer| &signer.key);
        let signatures = keys.filter_map(|key| self.signatures.get(key).copied()).collect();
        Ok(SignedTransaction::new(&self.body, signatures))
    }

    /// The transaction as a node tries it: with every signature if all are there, else with none.
    pub(crate) fn trial(&self) -> SignedTransaction {
        self.complete().unwrap_or_else(|_| SignedTransaction::new(&self.body, Vec::new()))
    }

    /// The listed keys that have not signed, in order.
    pub(crate) fn missing(&self) -> Vec<PublicKey> {
        let keys = self.body.signers.iter().map(|signer| signer.key);
        keys.filter(|key| !self.has_signed(key)).collect()
    }

    /// Whether a key has signed.
    pub(crate) fn has_signed(&self, key: &PublicKey) -> bool {
        self.signatures.contains_key(key)
    }

    /// What is signed.
    pub(crate) fn body(&self) -> &Body {
        &self.body
    }

    /// The call in the body.
    pub(crate) fn call(&self) -> &AnyCall {
        &self.call
    }

    /// The identifier of the transaction.
    pub(crate) fn id(&self) -> TransactionId {
        self.body.id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_contracts::credit;
    use linli_ledger::hash::Digest;
    use linli_ledger::transaction::Signer;
    use linli_ledger::types::{BlockTime, RecordId};

    fn keys() -> Vec<BusinessKey> {
        (0..4).map(|n| BusinessKey::demonstration(b"files", &n.to_string())).collect()
    }

    fn unsigned() -> TransactionFile {
        let call = AnyCall::Credit(credit::Call::SignUp { activity: RecordId([3; 32]) });
        let signer = |key: &BusinessKey| Signer { key: key.public(), grant: None };
        TransactionFile::new(Body {
            version: BODY_VERSION,
            genesis: Digest::Blake3([9; 32]),
            contract: call.contract(),
            call_version: 1,
            signers: keys().iter().map(signer).collect(),
            nonce: 1,
            salt: [7; 16],
            valid_until: BlockTime(1_000),
            call: call.encode(),
        })
        .unwrap()
    }

    fn signed_by(which: &[usize]) -> TransactionFile {
        let mut file = unsigned();
        for n in which {
            file.sign(&keys()[*n]).unwrap();
        }
        file
    }

    #[test]
    fn signing_and_joining_in_any_order_gives_the_same_bytes() {
        let whole = signed_by(&[0, 1, 2, 3]);
        let whole_text = whole.write();
        assert_eq!(TransactionFile::read(whole_text.as_bytes()).unwrap(), whole);
        // Every order of four people who each sign a copy, and of joining the copies.
        for order in 0..24_usize {
            let mut left = vec![0, 1, 2, 3];
            let mut rest = order;
            let mut people = Vec::new();
            for count in (1..=4).rev() {
                people.push(left.remove(rest % count));
                rest /= count;
            }
            assert_eq!(signed_by(&people).write(), whole_text);
            let mut joined = unsigned();
            for person in people {
                let copy = signed_by(&[person, (person + 1) % 4]).write();
                joined.join(TransactionFile::read(copy.as_bytes()).unwrap()).unwrap();
            }
            assert_eq!(joined.write(), whole_text);
        }
        let transaction = whole.complete().unwrap();
        transaction.verify(&Digest::Blake3([9; 32])).unwrap();
    }

    #[test]
    fn who_is_missing_is_known() {
        let file = signed_by(&[1, 3]);
        assert_eq!(file.missing(), [keys()[0].public(), keys()[2].public()]);
        let failure = file.complete().unwrap_err();
        assert_eq!(failure.code, Code::SignatureMissing);
        assert!(failure.detail.contains(&keys()[2].public().to_string()));
    }

    #[test]
    fn a_file_changed_anywhere_is_refused_or_means_the_same() {
        let file = signed_by(&[0, 2]);
        let text = file.write().into_bytes();
        let mut refused = BTreeSet::new();
        for position in 0..text.len() {
            for bit in [1, 2, 16, 128] {
                let mut changed = text.clone();
                changed[position] ^= bit;
                match TransactionFile::read(&changed) {
                    // Only the spaces between members may differ.
                    Ok(read) => assert_eq!(read, file, "{position}"),
                    Err(failure) => drop(refused.insert(failure.code)),
                }
            }
        }
        assert!(refused.contains(&Code::TransactionFile) && refused.contains(&Code::Signature));
    }

    #[test]
    fn a_stranger_neither_signs_nor_joins() {
        let mut file = unsigned();
        let stranger = BusinessKey::demonstration(b"files", "stranger");
        assert_eq!(file.sign(&stranger).unwrap_err().code, Code::NotSigner);
        let mut other = unsigned().body().clone();
        other.nonce = 2;
        let other = TransactionFile::new(other).unwrap();
        assert_eq!(file.join(other).unwrap_err().code, Code::OtherBody);
        let moved = signed_by(&[0])
            .write()
            .replace(&keys()[0].public().to_string(), &keys()[1].public().to_string());
        assert_eq!(TransactionFile::read(moved.as_bytes()).unwrap_err().code, Code::Signature);
    }

    #[test]
    fn what_no_node_would_take_is_no_file() {
        let mut body = unsigned().body().clone();
        body.signers.push(body.signers[0]);
        assert_eq!(TransactionFile::new(body.clone()).unwrap_err().code, Code::Encoding);
        body.signers.clear();
        assert_eq!(TransactionFile::new(body.clone()).unwrap_err().code, Code::Encoding);
        let mut body = unsigned().body().clone();
        body.call.push(0);
        assert_eq!(TransactionFile::new(body.clone()).unwrap_err().code, Code::Encoding);
        body.call = vec![0; TRANSACTION_BYTES_MAX];
        assert_eq!(TransactionFile::new(body).unwrap_err().code, Code::TooLarge);
        assert_eq!(TransactionFile::read(b"{}").unwrap_err().code, Code::TransactionFile);
    }
}
