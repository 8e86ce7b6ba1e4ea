//! This exists to let the engine sign and verify by the ledger's one rule, `verify_strict`, over the
//! ledger's bytes. What guards against signing twice is the engine's write-ahead log.

use crate::context::{Address, Chain, Proposal, Vote};
use async_trait::async_trait;
use linli_ledger::crypto::{ConsensusKey, PublicKey, Signature, verify_peer};
use linli_ledger::hash::Digest;
use malachitebft_core_types::{SignedMessage, SigningScheme, ValidatorProof, VoteExtensionScope};
use malachitebft_signing::{Error, Signer, VerificationResult, Verifier};

/// The ledger's keys and signatures, in their tagged bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strict;

/// Signs as one validator of one chain.
#[derive(Debug)]
pub(crate) struct LedgerSigner {
    pub(crate) genesis: Digest,
    pub(crate) key: ConsensusKey,
}

/// Verifies the signatures of one chain.
#[derive(Debug)]
pub(crate) struct LedgerVerifier {
    pub(crate) genesis: Digest,
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a message outside any round is not signed")]
    NoRound,
    #[error("a message of {0} is not ours to sign")]
    NotOurs(Address),
    #[error("vote extensions are not in use")]
    Extension,
}

impl SigningScheme for Strict {
    type DecodingError = borsh::io::Error;
    type Signature = Signature;
    type PublicKey = PublicKey;
    type PrivateKey = ConsensusKey;

    fn decode_signature(bytes: &[u8]) -> Result<Signature, Self::DecodingError> {
        borsh::from_slice(bytes)
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        borsh::to_vec(signature).expect("memory takes every byte")
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, Self::DecodingError> {
        borsh::from_slice(bytes)
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        borsh::to_vec(key).expect("memory takes every byte")
    }
}

#[async_trait]
impl Signer<Chain> for LedgerSigner {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<Chain, Vote>, Error> {
        let ours = vote
            .to_ledger()
            .ok_or(Error::from_source(Refusal::NoRound))?;
        self.check_ours(ours.validator)?;
        let signature = self.key.sign_vote(&self.genesis, &ours);
        Ok(SignedMessage::new(vote, signature))
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<Chain, Proposal>, Error> {
        let ours = proposal
            .to_ledger()
            .ok_or(Error::from_source(Refusal::NoRound))?;
        self.check_ours(ours.validator)?;
        let signature = self.key.sign_proposal(&self.genesis, &ours);
        Ok(SignedMessage::new(proposal, signature))
    }

    async fn sign_vote_extension(
        &self,
        _: VoteExtensionScope<Chain>,
        (): (),
    ) -> Result<SignedMessage<Chain, ()>, Error> {
        Err(Error::from_source(Refusal::Extension))
    }

    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer: Vec<u8>,
    ) -> Result<ValidatorProof<Chain>, Error> {
        self.check_ours(Strict::decode_public_key(&public_key).map_err(Error::from_source)?)?;
        let signature = self.key.sign_peer(&self.genesis, &peer);
        Ok(ValidatorProof::new(public_key, peer, signature))
    }
}

impl LedgerSigner {
    fn check_ours(&self, key: PublicKey) -> Result<(), Error> {
        if key == self.key.public() {
            return Ok(());
        }
        Err(Error::from_source(Refusal::NotOurs(Address(key))))
    }
}

#[async_trait]
impl Verifier<Chain> for LedgerVerifier {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        let valid = vote
            .to_ledger()
            .is_some_and(|vote| vote.validator == *key && vote.verify(&self.genesis, signature));
        Ok(VerificationResult::from_bool(valid))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        let valid = proposal.to_ledger().is_some_and(|proposal| {
            proposal.validator == *key && proposal.verify(&self.genesis, signature)
        });
        Ok(VerificationResult::from_bool(valid))
    }

    async fn verify_signed_vote_extension(
        &self,
        _: &VoteExtensionScope<Chain>,
        (): &(),
        _: &Signature,
        _: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }

    async fn verify_validator_proof(
        &self,
        proof: &ValidatorProof<Chain>,
    ) -> Result<VerificationResult, Error> {
        let valid = proof
            .decoded_public_key()
            .is_ok_and(|key| verify_peer(&self.genesis, &proof.peer_id, &key, &proof.signature));
        Ok(VerificationResult::from_bool(valid))
    }
}
