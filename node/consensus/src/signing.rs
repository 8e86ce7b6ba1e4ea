//! This exists to let the engine sign and verify by the ledger's one rule, `verify_strict`, over the
//! ledger's bytes. It is the one door of all signatures: nothing is signed that the guard does not admit.
//!
//! The engine takes a signer that fails for the end of this node. So what is not signed carries a
//! signature that is none: the engine does not count it, and the network does not send it.

use crate::context::{Address, Chain, Proposal, Vote};
use crate::guard::{Message, Shared};
use async_trait::async_trait;
use linli_ledger::crypto::{ConsensusKey, PublicKey, Signature, verify_peer};
use linli_ledger::hash::Digest;
use malachitebft_core_types::{SignedMessage, SigningScheme, ValidatorProof, VoteExtensionScope};
use malachitebft_signing::{Error, Signer, VerificationResult, Verifier};

/// The ledger's keys and signatures, in their tagged bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strict;

/// On a message that was not signed: it verifies with no key.
pub(crate) const VOID: Signature = Signature::Ed25519([0; 64]);

/// Signs as one validator of one chain.
#[derive(Debug)]
pub(crate) struct LedgerSigner {
    pub(crate) genesis: Digest,
    pub(crate) key: ConsensusKey,
    pub(crate) guard: Shared,
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
        let ours = vote.to_ledger().ok_or(Error::from_source(Refusal::NoRound))?;
        self.check_ours(ours.validator)?;
        Ok(match self.admitted(Message::Vote(ours)) {
            Some(Message::Vote(ours)) => {
                let signature = self.key.sign_vote(&self.genesis, &ours);
                SignedMessage::new(Vote::from_ledger(&ours), signature)
            }
            Some(Message::Proposal(_)) | None => SignedMessage::new(vote, VOID),
        })
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<Chain, Proposal>, Error> {
        let ours = proposal.to_ledger().ok_or(Error::from_source(Refusal::NoRound))?;
        self.check_ours(ours.validator)?;
        Ok(match self.admitted(Message::Proposal(ours)) {
            Some(Message::Proposal(ours)) => {
                let signature = self.key.sign_proposal(&self.genesis, &ours);
                SignedMessage::new(Proposal::from_ledger(&ours), signature)
            }
            Some(Message::Vote(_)) | None => SignedMessage::new(proposal, VOID),
        })
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
    /// What may be signed, if anything.
    fn admitted(&self, message: Message) -> Option<Message> {
        match self.guard.lock().admit(message) {
            Ok(message) => Some(message),
            Err(why) => {
                tracing::warn!(%why, "not signed");
                None
            }
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Height, Value, from_option};
    use crate::guard::Guard;
    use crate::guard::tests::Disk;
    use futures::executor::block_on;
    use linli_ledger::types::{self, BlockHash};
    use malachitebft_core_types::{Context, Round};

    const GENESIS: Digest = Digest::Blake3([9; 32]);

    fn signer(seed: u8) -> LedgerSigner {
        let key = ConsensusKey::from_seed(&[seed; 32]);
        let guard =
            Guard::open(GENESIS, key.public(), Box::<Disk>::default()).expect("it is empty");
        LedgerSigner { genesis: GENESIS, key, guard: Shared::new(guard) }
    }

    fn address(seed: u8) -> Address {
        Address(signer(seed).key.public())
    }

    fn valid(result: Result<VerificationResult, Error>) -> bool {
        result.expect("verifying cannot fail").is_valid()
    }

    #[test]
    fn a_vote_verifies_with_its_own_key_on_its_own_chain_only() {
        let (height, block) = (Height(types::Height(4)), BlockHash(Digest::Blake3([1; 32])));
        for value in [None, Some(block)] {
            let vote = Chain.new_precommit(height, Round::ZERO, from_option(value), address(1));
            let signed = block_on(signer(1).sign_vote(vote)).expect("it is ours");
            let check = |genesis, seed| {
                let verifier = LedgerVerifier { genesis };
                let (vote, signature) = (&signed.message, &signed.signature);
                valid(block_on(verifier.verify_signed_vote(vote, signature, &address(seed).0)))
            };
            assert!(check(GENESIS, 1));
            assert!(!check(GENESIS, 2));
            assert!(!check(Digest::ZERO, 1));
        }
    }

    #[test]
    fn a_proposal_verifies_with_its_own_key_on_its_own_chain_only() {
        let (height, block) = (Height(types::Height(4)), BlockHash(Digest::Blake3([1; 32])));
        let proposal =
            Chain.new_proposal(height, Round::ZERO, Value(block), Round::Nil, address(1));
        let signed = block_on(signer(1).sign_proposal(proposal)).expect("it is ours");
        let check = |genesis, seed| {
            let verifier = LedgerVerifier { genesis };
            let (proposal, signature) = (&signed.message, &signed.signature);
            valid(block_on(verifier.verify_signed_proposal(proposal, signature, &address(seed).0)))
        };
        assert!(check(GENESIS, 1));
        assert!(!check(GENESIS, 2));
        assert!(!check(Digest::ZERO, 1));
    }

    #[test]
    fn a_proof_binds_the_validator_to_one_peer() {
        let key = Strict::encode_public_key(&address(1).0);
        let proof = block_on(signer(1).sign_validator_proof(key, vec![7])).expect("it is ours");
        let check = |proof: &ValidatorProof<Chain>| {
            valid(block_on(LedgerVerifier { genesis: GENESIS }.verify_validator_proof(proof)))
        };
        assert!(check(&proof));
        let elsewhere = ValidatorProof { peer_id: vec![8], ..proof.clone() };
        assert!(!check(&elsewhere));
        let other = Strict::encode_public_key(&address(2).0);
        let stolen = ValidatorProof { public_key: other.clone(), ..proof };
        assert!(!check(&stolen));
        assert!(block_on(signer(1).sign_validator_proof(other, vec![7])).is_err());
    }

    #[test]
    fn what_is_not_ours_or_outside_any_round_is_not_signed() {
        let height = Height(types::Height(4));
        let other = Chain.new_prevote(height, Round::ZERO, from_option(None), address(2));
        assert!(block_on(signer(1).sign_vote(other)).is_err());
        let nowhere = Chain.new_prevote(height, Round::Nil, from_option(None), address(1));
        assert!(block_on(signer(1).sign_vote(nowhere)).is_err());
    }

    #[test]
    fn what_would_contradict_has_a_signature_that_is_none() {
        let (height, signer) = (Height(types::Height(4)), signer(1));
        let block = |n| from_option(Some(BlockHash(Digest::Blake3([n; 32]))));
        let vote = |value| Chain.new_precommit(height, Round::ZERO, value, address(1));
        let first = block_on(signer.sign_vote(vote(block(1)))).expect("it is ours");
        let second = block_on(signer.sign_vote(vote(block(2)))).expect("the engine goes on");
        let again = block_on(signer.sign_vote(vote(block(1)))).expect("it is ours");
        assert_eq!((second.signature, &again), (VOID, &first));
        let verifier = LedgerVerifier { genesis: GENESIS };
        let check = |signed: &SignedMessage<Chain, Vote>| {
            let (vote, signature) = (&signed.message, &signed.signature);
            valid(block_on(verifier.verify_signed_vote(vote, signature, &address(1).0)))
        };
        assert!(check(&first) && !check(&second));
    }
}
