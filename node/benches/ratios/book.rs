//! This exists to hold the baseline of all signatures: the bare loop, and nothing around it.

use ed25519_dalek::{Signature as DalekSignature, VerifyingKey};
use linli_ledger::codec::decode;
use linli_ledger::crypto::Signature;
use linli_ledger::hash::{Digest, Domain};
use linli_ledger::transaction::{Body, SignedTransaction};
use rayon::prelude::*;

/// A signature with what it is over, as bytes.
pub(crate) struct Signed {
    key: [u8; 32],
    message: Vec<u8>,
    signature: [u8; 64],
}

/// All signatures of a transaction.
pub(crate) fn signatures(transaction: &SignedTransaction) -> Vec<Signed> {
    let body: Body = decode(&transaction.body, "a body").expect("it was made here");
    let Digest::Blake3(id) = transaction.id().0;
    let message = [&Domain::SignTransaction.key()[..], body.genesis.bytes(), &id].concat();
    let signers = body.signers.iter().zip(&transaction.signatures);
    signers
        .map(|(signer, Signature::Ed25519(signature))| Signed {
            key: *signer.key.bytes(),
            message: message.clone(),
            signature: *signature,
        })
        .collect()
}

/// What everybody would write first: the key from its bytes, then `verify_strict`.
pub(crate) fn verify(signed: &Signed) {
    let key = VerifyingKey::from_bytes(&signed.key).expect("a key");
    let signature = DalekSignature::from_bytes(&signed.signature);
    key.verify_strict(&signed.message, &signature).expect("it is signed");
}

/// The bare loop on all cores.
pub(crate) fn verify_all(signed: &[Signed]) {
    signed.par_iter().for_each(verify);
}
