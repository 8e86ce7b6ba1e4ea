//! This exists to give the engine's messages one spelling in bytes: the ledger's own forms in borsh,
//! for the write-ahead log and for the wire.

use crate::context::{Address, Chain, Height, Part, Proposal, Value, Vote, from_option, to_option};
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use linli_ledger::certificate::{self as ledger, CommitCertificate, VoteKind};
use linli_ledger::crypto::{PublicKey, Signature};
use linli_ledger::types::{self, BlockHash};
use malachitebft_app_channel::app::consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use malachitebft_app_channel::app::streaming::{StreamContent, StreamId, StreamMessage};
use malachitebft_app_channel::app::types::PeerId;
use malachitebft_app_channel::app::types::codec::{Codec, HasEncodedLen};
use malachitebft_core_types::{
    ExtendedCommitCertificate, ExtendedCommitSignature, PolkaCertificate, PolkaSignature, Round,
    RoundCertificate, RoundCertificateType, RoundSignature, SignedMessage, SignedProposal,
    SignedVote, ValidatorProof, Validity, VoteType,
};
use malachitebft_sync::{RawDecidedValue, Request, Response, Status, ValueRequest, ValueResponse};
use tokio::sync::oneshot;

/// Encodes what the engine logs and sends.
///
/// The thread of the write-ahead log owns one of these to its end, after it has closed the file:
/// the guard tells who waits for that. There is no other way to know.
#[derive(Debug, Default)]
pub(crate) struct Borsh {
    _dropped_after_close: Option<oneshot::Sender<()>>,
}

impl Borsh {
    /// A codec for the log, and what resolves (with an error) when the log is closed.
    pub(crate) fn for_log() -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self { _dropped_after_close: Some(sender) }, receiver)
    }
}

/// Why bytes are not a message, or a message has no bytes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodecError {
    #[error("the bytes are not such a message")]
    Bytes(#[from] borsh::io::Error),
    #[error("the message belongs to no round")]
    NoRound,
    #[error("the bytes are not the id of the peer that says so")]
    Peer,
    #[error("the first byte names no kind of message")]
    Kind,
}

/// A type of the engine that has a form in bytes.
trait InBytes: Sized {
    type Form: BorshSerialize + BorshDeserialize;
    fn to_form(&self) -> Result<Self::Form, CodecError>;
    fn from_form(form: Self::Form) -> Result<Self, CodecError>;
}

impl<T: InBytes> Codec<T> for Borsh {
    type Error = CodecError;

    fn decode(&self, bytes: Bytes) -> Result<T, CodecError> {
        T::from_form(borsh::from_slice(&bytes)?)
    }

    fn encode(&self, message: &T) -> Result<Bytes, CodecError> {
        Ok(borsh::to_vec(&message.to_form()?)?.into())
    }
}

impl HasEncodedLen<Response<Chain>> for Borsh {
    fn encoded_len(&self, message: &Response<Chain>) -> Result<usize, CodecError> {
        Ok(borsh::object_length(&message.to_form()?)?)
    }
}

fn number(round: Round) -> Result<u32, CodecError> {
    round.as_u32().ok_or(CodecError::NoRound)
}

type Signatures = Vec<(PublicKey, Signature)>;

impl InBytes for SignedVote<Chain> {
    type Form = (ledger::Vote, Signature);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        Ok((self.message.to_ledger().ok_or(CodecError::NoRound)?, self.signature))
    }

    fn from_form((vote, signature): Self::Form) -> Result<Self, CodecError> {
        Ok(Self::new(Vote::from_ledger(&vote), signature))
    }
}

impl InBytes for SignedProposal<Chain> {
    type Form = (ledger::Proposal, Signature);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        Ok((self.message.to_ledger().ok_or(CodecError::NoRound)?, self.signature))
    }

    fn from_form((proposal, signature): Self::Form) -> Result<Self, CodecError> {
        Ok(Self::new(Proposal::from_ledger(&proposal), signature))
    }
}

#[derive(BorshSerialize, BorshDeserialize)]
pub(crate) enum ConsensusForm {
    Vote((ledger::Vote, Signature)),
    Proposal((ledger::Proposal, Signature)),
}

impl InBytes for SignedConsensusMsg<Chain> {
    type Form = ConsensusForm;

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        Ok(match self {
            Self::Vote(vote) => ConsensusForm::Vote(vote.to_form()?),
            Self::Proposal(proposal) => ConsensusForm::Proposal(proposal.to_form()?),
        })
    }

    fn from_form(form: Self::Form) -> Result<Self, CodecError> {
        Ok(match form {
            ConsensusForm::Vote(vote) => Self::Vote(SignedMessage::from_form(vote)?),
            ConsensusForm::Proposal(proposal) => {
                Self::Proposal(SignedMessage::from_form(proposal)?)
            }
        })
    }
}

impl InBytes for PolkaCertificate<Chain> {
    type Form = (types::Height, u32, BlockHash, Signatures);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        let signatures = self.polka_signatures.iter().map(|s| (s.address.0, s.signature)).collect();
        Ok((self.height.0, number(self.round)?, self.value_id.0, signatures))
    }

    fn from_form((height, round, value, signatures): Self::Form) -> Result<Self, CodecError> {
        let wrap = |(key, signature)| PolkaSignature::new(Address(key), signature);
        Ok(Self {
            height: Height(height),
            round: Round::new(round),
            value_id: Value(value),
            polka_signatures: signatures.into_iter().map(wrap).collect(),
        })
    }
}

#[derive(BorshSerialize, BorshDeserialize)]
pub(crate) struct RoundForm {
    height: types::Height,
    round: u32,
    precommits: bool,
    votes: Vec<(VoteKind, Option<BlockHash>, PublicKey, Signature)>,
}

impl InBytes for RoundCertificate<Chain> {
    type Form = RoundForm;

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        let kind = |kind| match kind {
            VoteType::Prevote => VoteKind::Prevote,
            VoteType::Precommit => VoteKind::Precommit,
        };
        let votes = self.round_signatures.iter();
        Ok(RoundForm {
            height: self.height.0,
            round: number(self.round)?,
            precommits: self.cert_type == RoundCertificateType::Precommit,
            votes: votes
                .map(|s| (kind(s.vote_type), to_option(&s.value_id), s.address.0, s.signature))
                .collect(),
        })
    }

    fn from_form(form: Self::Form) -> Result<Self, CodecError> {
        let wrap = |(kind, value, key, signature)| {
            let kind = match kind {
                VoteKind::Prevote => VoteType::Prevote,
                VoteKind::Precommit => VoteType::Precommit,
            };
            RoundSignature::new(kind, from_option(value), Address(key), signature)
        };
        Ok(Self {
            height: Height(form.height),
            round: Round::new(form.round),
            cert_type: if form.precommits {
                RoundCertificateType::Precommit
            } else {
                RoundCertificateType::Skip
            },
            round_signatures: form.votes.into_iter().map(wrap).collect(),
        })
    }
}

#[derive(BorshSerialize, BorshDeserialize)]
pub(crate) enum LivenessForm {
    Vote((ledger::Vote, Signature)),
    Polka((types::Height, u32, BlockHash, Signatures)),
    Round(RoundForm),
}

impl InBytes for LivenessMsg<Chain> {
    type Form = LivenessForm;

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        Ok(match self {
            Self::Vote(vote) => LivenessForm::Vote(vote.to_form()?),
            Self::PolkaCertificate(certificate) => LivenessForm::Polka(certificate.to_form()?),
            Self::SkipRoundCertificate(certificate) => LivenessForm::Round(certificate.to_form()?),
        })
    }

    fn from_form(form: Self::Form) -> Result<Self, CodecError> {
        Ok(match form {
            LivenessForm::Vote(vote) => Self::Vote(SignedMessage::from_form(vote)?),
            LivenessForm::Polka(form) => Self::PolkaCertificate(PolkaCertificate::from_form(form)?),
            LivenessForm::Round(form) => {
                Self::SkipRoundCertificate(RoundCertificate::from_form(form)?)
            }
        })
    }
}

impl InBytes for ProposedValue<Chain> {
    type Form = (types::Height, u32, Option<u32>, PublicKey, BlockHash, bool);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        let (round, valid_round) = (number(self.round)?, self.valid_round.as_u32());
        let valid = self.validity.is_valid();
        Ok((self.height.0, round, valid_round, self.proposer.0, self.value.0, valid))
    }

    fn from_form(form: Self::Form) -> Result<Self, CodecError> {
        let (height, round, valid_round, proposer, value, valid) = form;
        Ok(Self {
            height: Height(height),
            round: Round::new(round),
            valid_round: Round::from(valid_round),
            proposer: Address(proposer),
            value: Value(value),
            validity: Validity::from_bool(valid),
        })
    }
}

impl InBytes for Part {
    type Form = Self;

    fn to_form(&self) -> Result<Self, CodecError> {
        Ok(self.clone())
    }

    fn from_form(form: Self) -> Result<Self, CodecError> {
        Ok(form)
    }
}

impl InBytes for StreamMessage<Part> {
    type Form = (Vec<u8>, u64, Option<Part>);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        let content = self.content.as_data().cloned();
        Ok((self.stream_id.to_bytes().to_vec(), self.sequence, content))
    }

    fn from_form((id, sequence, content): Self::Form) -> Result<Self, CodecError> {
        let content = content.map_or(StreamContent::Fin, StreamContent::Data);
        Ok(Self::new(StreamId::new(id.into()), sequence, content))
    }
}

impl InBytes for ValidatorProof<Chain> {
    type Form = (Vec<u8>, Vec<u8>, Signature);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        Ok((self.public_key.clone(), self.peer_id.clone(), self.signature))
    }

    fn from_form((key, peer, signature): Self::Form) -> Result<Self, CodecError> {
        Ok(Self::new(key, peer, signature))
    }
}

impl InBytes for Status<Chain> {
    type Form = (Vec<u8>, types::Height, types::Height);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        Ok((self.peer_id.to_bytes(), self.tip_height.0, self.history_min_height.0))
    }

    fn from_form((peer, tip, minimum): Self::Form) -> Result<Self, CodecError> {
        Ok(Self {
            peer_id: PeerId::from_bytes(&peer).map_err(|_| CodecError::Peer)?,
            tip_height: Height(tip),
            history_min_height: Height(minimum),
        })
    }
}

impl InBytes for Request<Chain> {
    type Form = (types::Height, types::Height);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        let Self::ValueRequest(request) = self;
        Ok((request.range.start().0, request.range.end().0))
    }

    fn from_form((first, last): Self::Form) -> Result<Self, CodecError> {
        Ok(Self::ValueRequest(ValueRequest::new(Height(first)..=Height(last))))
    }
}

type DecidedForm = (Vec<u8>, types::Height, BlockHash, CommitCertificate);

impl InBytes for Response<Chain> {
    type Form = (types::Height, Vec<DecidedForm>);

    fn to_form(&self) -> Result<Self::Form, CodecError> {
        let Self::ValueResponse(response) = self;
        let form = |decided: &RawDecidedValue<Chain>| {
            let certificate = &decided.certificate;
            let signatures = certificate.commit_signatures.iter();
            let ours = CommitCertificate {
                round: number(certificate.round)?,
                signatures: signatures.map(|s| (s.address.0, s.signature)).collect(),
            };
            let bytes = decided.value_bytes.to_vec();
            Ok((bytes, certificate.height.0, certificate.value_id.0, ours))
        };
        let values = response.values.iter().map(form).collect::<Result<_, CodecError>>()?;
        Ok((response.start_height.0, values))
    }

    fn from_form((start, values): Self::Form) -> Result<Self, CodecError> {
        let wrap = |(bytes, height, block, certificate): DecidedForm| {
            RawDecidedValue::new(bytes.into(), to_engine(height, block, certificate))
        };
        let values = values.into_iter().map(wrap).collect();
        Ok(Self::ValueResponse(ValueResponse::new(Height(start), values)))
    }
}

/// A certificate of the ledger in the engine's words.
pub(crate) fn to_engine(
    height: types::Height,
    block: BlockHash,
    certificate: CommitCertificate,
) -> ExtendedCommitCertificate<Chain> {
    let wrap = |(key, signature)| ExtendedCommitSignature::new(Address(key), signature, None);
    ExtendedCommitCertificate {
        height: Height(height),
        round: Round::new(certificate.round),
        value_id: Value(block),
        commit_signatures: certificate.signatures.into_iter().map(wrap).collect(),
    }
}

#[cfg(test)]
mod tests;
