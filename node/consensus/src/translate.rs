//! This exists to turn each question of the engine into a [`Request`] and each reply back, without
//! ever making one question wait for the answer to another.

use crate::codec::to_engine;
use crate::context::{Address, Chain, Head, Height, Part, ValidatorSet, Value};
use crate::parts::{Assembled, Assembler, BLOCK_BYTES_MAX, split};
use crate::request::{
    Built, DecidedBlock, Misbehaviour, Next, Proposed, Request, Signed, Start, Verdict,
};
use linli_ledger::certificate as ledger;
use linli_ledger::crypto::PublicKey;
use malachitebft_app_channel::app::engine::host::{self, HeightParams, SyncedValueOutcome};
use malachitebft_app_channel::app::streaming::StreamMessage;
use malachitebft_app_channel::app::types::sync::RawDecidedValue;
use malachitebft_app_channel::app::types::{
    LocallyProposedValue, MisbehaviorEvidence, PeerId, ProposedValue,
};
use malachitebft_app_channel::{AppMsg, NetworkMsg, Reply};
use malachitebft_core_types::{
    CommitCertificate, LinearTimeouts, Round, SignedProposal, SignedVote, Validity,
};
use std::future::Future;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// Stands between the engine and the application.
pub(crate) struct Translator {
    engine: mpsc::Receiver<AppMsg<Chain>>,
    network: mpsc::Sender<NetworkMsg<Chain>>,
    requests: mpsc::Sender<Request>,
    /// The key of this validator.
    key: PublicKey,
    timeouts: LinearTimeouts,
    assembler: Assembler,
    /// One task for each reply the application owes; they end with the translator.
    replies: JoinSet<()>,
}

/// Why the translator has nothing more to do.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the application takes no more requests")]
    Application,
    #[error("the engine speaks of no round where there must be one")]
    NoRound,
}

impl Translator {
    pub(crate) fn new(
        engine: mpsc::Receiver<AppMsg<Chain>>,
        network: mpsc::Sender<NetworkMsg<Chain>>,
        requests: mpsc::Sender<Request>,
        key: PublicKey,
        timeouts: LinearTimeouts,
    ) -> Self {
        let (assembler, replies) = (Assembler::default(), JoinSet::new());
        Self {
            engine,
            network,
            requests,
            key,
            timeouts,
            assembler,
            replies,
        }
    }

    /// Runs until the engine or the application is gone. The application then sees its requests end.
    pub(crate) async fn run(mut self) {
        while let Some(message) = self.engine.recv().await {
            while self.replies.try_join_next().is_some() {}
            if let Err(end) = self.translate(message).await {
                tracing::error!(%end, "the consensus engine is cut off");
                return;
            }
        }
    }

    async fn translate(&mut self, message: AppMsg<Chain>) -> Result<(), End> {
        let request = match message {
            AppMsg::ConsensusReady { reply } => {
                let timeouts = self.timeouts;
                let reply = self.relay(reply, move |start| parameters(&start, timeouts));
                Request::Ready { reply }
            }
            AppMsg::StartedRound {
                height,
                round,
                proposer,
                role: _,
                reply_value,
            } => {
                let (height, round) = (height.0, number(round)?);
                let reply = self.relay(reply_value, move |held: Vec<Proposed>| {
                    let value = |Proposed {
                                     block,
                                     proposer,
                                     pol_round,
                                 }| {
                        judged(
                            Head {
                                height,
                                round,
                                pol_round,
                                proposer,
                            },
                            Verdict::Accept(block),
                        )
                    };
                    held.into_iter().filter_map(value).collect()
                });
                Request::StartedRound {
                    height,
                    round,
                    proposer: proposer.0,
                    reply,
                }
            }
            AppMsg::GetValue {
                height,
                round,
                timeout,
                reply,
            } => {
                let (height, round) = (height.0, number(round)?);
                let head = Head {
                    height,
                    round,
                    pol_round: None,
                    proposer: self.key,
                };
                let reply = self.build(head, reply);
                Request::Propose {
                    height,
                    round,
                    timeout,
                    reply,
                }
            }
            AppMsg::RestreamProposal {
                height,
                round,
                valid_round,
                address,
                value_id,
            } => {
                let (height, round) = (height.0, number(round)?);
                let pol_round = valid_round.as_u32();
                let reply = self.restream(Head {
                    height,
                    round,
                    pol_round,
                    proposer: address.0,
                });
                Request::Restream {
                    height,
                    round,
                    block: value_id.0,
                    reply,
                }
            }
            AppMsg::ReceivedProposalPart {
                from: _,
                published_by,
                part,
                reply,
            } => {
                let Some(request) = self.receive(published_by, part, reply) else {
                    return Ok(());
                };
                request
            }
            AppMsg::Decided {
                certificate,
                extensions: _,
                reply,
            } => {
                self.assembler.forget_up_to(certificate.height.0);
                let (height, block) = (certificate.height.0, certificate.value_id.0);
                let certificate = to_ledger(&certificate)?;
                let reply = self.relay(reply, |()| ());
                Request::Decided {
                    height,
                    block,
                    certificate,
                    reply,
                }
            }
            AppMsg::Finalized {
                certificate,
                extensions: _,
                evidence,
                reply,
            } => {
                let (height, block) = (certificate.height.0, certificate.value_id.0);
                let certificate = to_ledger(&certificate)?;
                let misbehaviour = misbehaviour(&evidence);
                let timeouts = self.timeouts;
                let reply = self.relay(reply, move |next| to_next(&next, timeouts));
                Request::Finalized {
                    height,
                    block,
                    certificate,
                    misbehaviour,
                    reply,
                }
            }
            AppMsg::ProcessSyncedValue {
                height,
                round,
                proposer,
                value_bytes,
                reply,
            } => {
                let (height, round, proposer) = (height.0, number(round)?, proposer.0);
                let head = Head {
                    height,
                    round,
                    pol_round: None,
                    proposer,
                };
                let reply = self.relay(reply, move |verdict| {
                    let value = judged(head, verdict);
                    value.map_or(SyncedValueOutcome::PeerFault, SyncedValueOutcome::Verdict)
                });
                Request::Synced {
                    height,
                    round,
                    proposer,
                    bytes: value_bytes.to_vec(),
                    reply,
                }
            }
            AppMsg::GetDecidedValues { range, reply } => {
                let reply = self.relay(reply, |blocks: Vec<DecidedBlock>| {
                    blocks.into_iter().map(raw).collect()
                });
                Request::DecidedBlocks {
                    range: range.start().0..=range.end().0,
                    reply,
                }
            }
            AppMsg::GetHistoryMinHeight { reply } => Request::HistoryMinimum {
                reply: self.relay(reply, Height),
            },
            // There are no vote extensions; the engine asks all the same.
            AppMsg::ExtendVote { reply, .. } => {
                let _ = reply.send(None);
                return Ok(());
            }
            AppMsg::VerifyVoteExtensions {
                extensions, reply, ..
            } => {
                let _ = reply.send(
                    extensions
                        .into_iter()
                        .map(|(from, ())| (from, Ok(())))
                        .collect(),
                );
                return Ok(());
            }
        };
        self.requests
            .send(request)
            .await
            .map_err(|_| End::Application)
    }

    /// Gives the application a sender of its type, and passes what it sends on to the engine.
    fn relay<Ours, Theirs>(
        &mut self,
        theirs: Reply<Theirs>,
        convert: impl FnOnce(Ours) -> Theirs + Send + 'static,
    ) -> oneshot::Sender<Ours>
    where
        Ours: Send + 'static,
        Theirs: Send + 'static,
    {
        self.then(move |ours| async move {
            let _ = theirs.send(convert(ours));
        })
    }

    /// A sender for the application, and what happens when it has been used. When it is dropped
    /// unused, `then` is dropped too, and with it the engine's sender: the engine knows.
    fn then<Ours, Then>(
        &mut self,
        then: impl FnOnce(Ours) -> Then + Send + 'static,
    ) -> oneshot::Sender<Ours>
    where
        Ours: Send + 'static,
        Then: Future<Output = ()> + Send,
    {
        let (sender, receiver) = oneshot::channel();
        self.replies.spawn(async move {
            if let Ok(ours) = receiver.await {
                then(ours).await;
            }
        });
        sender
    }

    /// Passes the hash on to the engine and then the bytes to the network.
    fn build(
        &mut self,
        head: Head,
        reply: Reply<LocallyProposedValue<Chain>>,
    ) -> oneshot::Sender<Built> {
        let network = self.network.clone();
        let (height, round) = (Height(head.height), Round::new(head.round));
        self.then(move |built: Built| async move {
            let _ = reply.send(LocallyProposedValue::new(height, round, Value(built.block)));
            publish(&network, head, built.bytes).await;
        })
    }

    /// Passes the bytes to the network, if there are any.
    fn restream(&mut self, head: Head) -> oneshot::Sender<Option<Vec<u8>>> {
        let network = self.network.clone();
        self.then(move |bytes: Option<Vec<u8>>| async move {
            if let Some(bytes) = bytes {
                publish(&network, head, bytes).await;
            }
        })
    }

    /// Takes a part; asks the application when it is the last one that was missing.
    fn receive(
        &mut self,
        publisher: Option<PeerId>,
        part: StreamMessage<Part>,
        reply: Reply<Option<ProposedValue<Chain>>>,
    ) -> Option<Request> {
        let whole = publisher.and_then(|publisher| self.assembler.insert(publisher, part));
        let Some(Assembled { head, bytes }) = whole else {
            let _ = reply.send(None);
            return None;
        };
        let Head {
            height,
            round,
            pol_round,
            proposer,
        } = head;
        let (sender, verdict) = oneshot::channel();
        self.replies.spawn(async move {
            // No verdict is no block: the engine must hear that too.
            let value = verdict.await.ok().and_then(|verdict| judged(head, verdict));
            let _ = reply.send(value);
        });
        Some(Request::Received {
            height,
            round,
            pol_round,
            proposer,
            bytes,
            reply: sender,
        })
    }
}

async fn publish(network: &mpsc::Sender<NetworkMsg<Chain>>, head: Head, bytes: Vec<u8>) {
    if bytes.len() > BLOCK_BYTES_MAX {
        tracing::error!(height = %head.height, bytes = bytes.len(), "the block is too large to send");
        return;
    }
    for part in split(head, bytes) {
        if network
            .send(NetworkMsg::PublishProposalPart(part))
            .await
            .is_err()
        {
            return;
        }
    }
}

fn number(round: Round) -> Result<u32, End> {
    round.as_u32().ok_or(End::NoRound)
}

fn parameters(start: &Start, timeouts: LinearTimeouts) -> (Height, HeightParams<Chain>) {
    // No target time: a height ends when it is decided; the application sets the pace.
    let set = ValidatorSet::new(&start.validators);
    (Height(start.height), HeightParams::new(set, timeouts, None))
}

fn to_next(next: &Next, timeouts: LinearTimeouts) -> host::Next<Chain> {
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
fn judged(head: Head, verdict: Verdict) -> Option<ProposedValue<Chain>> {
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

fn to_ledger(certificate: &CommitCertificate<Chain>) -> Result<ledger::CommitCertificate, End> {
    let signatures = certificate.commit_signatures.iter();
    Ok(ledger::CommitCertificate {
        round: number(certificate.round)?,
        signatures: signatures.map(|s| (s.address.0, s.signature)).collect(),
    })
}

fn raw(decided: DecidedBlock) -> RawDecidedValue<Chain> {
    let DecidedBlock {
        height,
        block,
        bytes,
        certificate,
    } = decided;
    RawDecidedValue::new(bytes.into(), to_engine(height, block, certificate))
}

fn misbehaviour(evidence: &MisbehaviorEvidence<Chain>) -> Vec<Misbehaviour> {
    let vote = |vote: &SignedVote<Chain>| {
        let message = vote.message.to_ledger()?;
        Some(Signed {
            message,
            signature: vote.signature,
        })
    };
    let proposal = |proposal: &SignedProposal<Chain>| {
        let message = proposal.message.to_ledger()?;
        Some(Signed {
            message,
            signature: proposal.signature,
        })
    };
    let votes = evidence.votes.iter().flat_map(|(_, pairs)| pairs);
    let votes = votes.filter_map(|(a, b)| Some(Misbehaviour::Votes(vote(a)?, vote(b)?)));
    let proposals = evidence.proposals.iter().flat_map(|(_, pairs)| pairs);
    let proposals =
        proposals.filter_map(|(a, b)| Some(Misbehaviour::Proposals(proposal(a)?, proposal(b)?)));
    votes.chain(proposals).collect()
}
