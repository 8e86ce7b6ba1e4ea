//! This exists to say in the ledger's words what the engine says, and in the engine's words what the
//! application answers. No channel here: values go in, values come out.

use crate::codec::to_engine;
use crate::context::{Address, Chain, Head, Height, ValidatorSet, Value};
use crate::request::{DecidedBlock, Next, Start, Verdict};
use crate::translate::End;
use linli_ledger::certificate as ledger;
use linli_ledger::crypto::PublicKey;
use linli_ledger::evidence::{Evidence, Signed};
use linli_ledger::types::{self, BlockHash};
use malachitebft_app_channel::app::engine::host::{self, HeightParams};
use malachitebft_app_channel::app::types::sync::RawDecidedValue;
use malachitebft_app_channel::app::types::{MisbehaviorEvidence, ProposedValue};
use malachitebft_core_types::{
    CommitCertificate, LinearTimeouts, Round, SignedProposal, SignedVote, Validity,
};

/// A round that has a number, within a height.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) height: types::Height,
    pub(crate) round: u32,
}

impl Place {
    pub(crate) fn of(height: Height, round: Round) -> Result<Self, End> {
        Ok(Self { height: height.0, round: number(round)? })
    }

    /// What is proposed here.
    pub(crate) fn head(self, pol_round: Option<u32>, proposer: PublicKey) -> Head {
        Head { height: self.height, round: self.round, pol_round, proposer }
    }
}

fn number(round: Round) -> Result<u32, End> {
    round.as_u32().ok_or(End::NoRound)
}

pub(crate) fn parameters(start: &Start, timeouts: LinearTimeouts) -> (Height, HeightParams<Chain>) {
    // No target time: a height ends when it is decided; the application sets the pace.
    let set = ValidatorSet::new(&start.validators);
    (Height(start.height), HeightParams::new(set, timeouts, None))
}

pub(crate) fn to_next(next: &Next, timeouts: LinearTimeouts) -> host::Next<Chain> {
    match next {
        Next::Start(start) => {
            let (height, parameters) = parameters(start, timeouts);
            host::Next::Start(height, parameters)
        }
        Next::Restart(start) => {
            let (height, parameters) = parameters(start, timeouts);
            host::Next::Restart(height, parameters)
        }
    }
}

/// What the engine makes of a block that has been read.
pub(crate) fn judged(head: Head, verdict: Verdict) -> Option<ProposedValue<Chain>> {
    let (block, validity) = match verdict {
        Verdict::Accept(block) => (block, Validity::Valid),
        Verdict::Reject(block) => (block, Validity::Invalid),
        Verdict::Unreadable => return None,
    };
    Some(ProposedValue {
        height: Height(head.height),
        round: Round::new(head.round),
        valid_round: Round::from(head.pol_round),
        proposer: Address(head.proposer),
        value: Value(block),
        validity,
    })
}

/// What is decided, and the proof.
pub(crate) fn to_ledger(
    certificate: &CommitCertificate<Chain>,
) -> Result<(types::Height, BlockHash, ledger::CommitCertificate), End> {
    let signatures = certificate.commit_signatures.iter();
    let ours = ledger::CommitCertificate {
        round: number(certificate.round)?,
        signatures: signatures.map(|s| (s.address.0, s.signature)).collect(),
    };
    Ok((certificate.height.0, certificate.value_id.0, ours))
}

pub(crate) fn raw(decided: DecidedBlock) -> RawDecidedValue<Chain> {
    let DecidedBlock { height, block, bytes, certificate } = decided;
    RawDecidedValue::new(bytes.into(), to_engine(height, block, certificate))
}

/// Who contradicted themselves; the engine has verified the signatures.
pub(crate) fn evidence(evidence: &MisbehaviorEvidence<Chain>) -> Vec<Evidence> {
    let vote = |vote: &SignedVote<Chain>| {
        let message = vote.message.to_ledger()?;
        Some(Signed { message, signature: vote.signature })
    };
    let proposal = |proposal: &SignedProposal<Chain>| {
        let message = proposal.message.to_ledger()?;
        Some(Signed { message, signature: proposal.signature })
    };
    let votes = evidence.votes.iter().flat_map(|(_, pairs)| pairs);
    let votes = votes.filter_map(|(a, b)| Some(Evidence::Votes(vote(a)?, vote(b)?)));
    let proposals = evidence.proposals.iter().flat_map(|(_, pairs)| pairs);
    let proposals =
        proposals.filter_map(|(a, b)| Some(Evidence::Proposals(proposal(a)?, proposal(b)?)));
    votes.chain(proposals).collect()
}
