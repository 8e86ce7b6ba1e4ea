//! This exists to turn each question of the engine into a [`Request`] and each reply back, without
//! ever making one question wait for the answer to another.

use crate::context::{Chain, Head, Height, Part, Value};
use crate::guard::Shared;
use crate::parts::{Assembled, Assembler, BLOCK_BYTES_MAX, Message, split};
use crate::request::{Built, DecidedBlock, Proposed, Request, Start, Verdict};
use crate::words::{self, Place, judged, parameters, raw, to_ledger, to_next};
use linli_ledger::crypto::PublicKey;
use linli_ledger::types::{self, BlockHash};
use linli_network::peer_from_id;
use malachitebft_app_channel::app::engine::host::{self, HeightParams, SyncedValueOutcome};
use malachitebft_app_channel::app::streaming::StreamMessage;
use malachitebft_app_channel::app::types::sync::RawDecidedValue;
use malachitebft_app_channel::app::types::{
    LocallyProposedValue, MisbehaviorEvidence, PeerId, ProposedValue,
};
use malachitebft_app_channel::{AppMsg, NetworkMsg, Reply};
use malachitebft_core_types::{CommitCertificate, LinearTimeouts, Round};
use std::future::Future;
use std::ops::RangeInclusive;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// Stands between the engine and the application.
pub(crate) struct Translator {
    pub(crate) engine: mpsc::Receiver<AppMsg<Chain>>,
    pub(crate) network: mpsc::Sender<NetworkMsg<Chain>>,
    pub(crate) requests: mpsc::Sender<Request>,
    /// The key of this validator.
    pub(crate) key: PublicKey,
    pub(crate) timeouts: LinearTimeouts,
    /// The height that the write-ahead log had reached.
    pub(crate) logged: types::Height,
    pub(crate) assembler: Assembler,
    /// Takes parts that the engine is to hear again: it waits for the answer to each, so that no answer
    /// can be held until its turn.
    pub(crate) again: mpsc::UnboundedSender<(PeerId, Message)>,
    /// The height that others have reached, when enough of them have said so.
    pub(crate) ahead: watch::Receiver<Option<types::Height>>,
    /// Is told how far the chain of this node is.
    pub(crate) tip: watch::Sender<Option<types::Height>>,
    /// Who decides what is signed; a validator has one.
    pub(crate) guard: Option<Shared>,
    /// One task for each reply the application owes; they end with the translator.
    pub(crate) replies: JoinSet<Result<(), End>>,
}

/// Why the translator has nothing more to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    #[error("the application takes no more requests")]
    Application,
    #[error("the engine speaks of no round where there must be one")]
    NoRound,
    #[error(
        "the chain wants to go on at height {start}, but this validator may have voted up to \
         height {logged}; blocks are missing, and voting again could contradict those votes"
    )]
    Behind { start: types::Height, logged: types::Height },
}

impl Translator {
    /// Runs until the engine or the application is gone. The application then sees its requests end.
    pub(crate) async fn run(mut self) {
        match self.run_to_end().await {
            Ok(()) | Err(End::Application) => tracing::debug!("the consensus engine is let go"),
            Err(end) => tracing::error!(%end, "the consensus engine is cut off"),
        }
    }

    async fn run_to_end(&mut self) -> Result<(), End> {
        loop {
            tokio::select! {
                message = self.engine.recv() => match message {
                    Some(message) => self.translate(message).await?,
                    None => return Ok(()),
                },
                Ok(()) = self.ahead.changed() => {
                    let ahead = *self.ahead.borrow_and_update();
                    if let Some(height) = ahead.filter(|height| height.0 > 0) {
                        self.send(Request::Ahead { height }).await?;
                    }
                }
                // A task that panicked has dropped its reply: the engine knows.
                Some(replied) = self.replies.join_next() => replied.unwrap_or(Ok(()))?,
            }
        }
    }

    async fn translate(&mut self, message: AppMsg<Chain>) -> Result<(), End> {
        let request = match message {
            AppMsg::ConsensusReady { reply } => self.ready(reply),
            AppMsg::StartedRound { height, round, proposer, role: _, reply_value } => {
                self.goes_on_after(types::Height(height.0.0.saturating_sub(1)));
                self.started_round(Place::of(height, round)?, proposer.0, reply_value)
            }
            AppMsg::GetValue { height, round, timeout, reply } => {
                self.propose(Place::of(height, round)?, timeout, reply)
            }
            AppMsg::RestreamProposal { height, round, valid_round, address, value_id } => {
                self.restream(Place::of(height, round)?, valid_round, address.0, value_id.0)
            }
            AppMsg::ReceivedProposalPart { from: _, published_by, part, reply } => {
                match self.receive(published_by, part, reply) {
                    Some(request) => request,
                    None => return Ok(()),
                }
            }
            AppMsg::Decided { certificate, extensions: _, reply } => {
                self.decided(&certificate, reply)?
            }
            AppMsg::Finalized { certificate, extensions: _, evidence, reply } => {
                self.finalized(&certificate, &evidence, reply)?
            }
            AppMsg::ProcessSyncedValue { height, round, proposer, value_bytes, reply } => {
                self.synced(Place::of(height, round)?, proposer.0, value_bytes.to_vec(), reply)
            }
            AppMsg::GetDecidedValues { range, reply } => self.decided_blocks(&range, reply),
            AppMsg::GetHistoryMinHeight { reply } => {
                let reply = self.relay(reply, Height);
                Request::HistoryMinimum { reply }
            }
            // There are no vote extensions; the engine asks all the same.
            AppMsg::ExtendVote { reply, .. } => {
                let _ = reply.send(None);
                return Ok(());
            }
            AppMsg::VerifyVoteExtensions { extensions, reply, .. } => {
                let _ =
                    reply.send(extensions.into_iter().map(|(from, ())| (from, Ok(()))).collect());
                return Ok(());
            }
        };
        self.send(request).await
    }

    async fn send(&self, request: Request) -> Result<(), End> {
        self.requests.send(request).await.map_err(|_| End::Application)
    }

    /// Blocks of the next height may be judged from here on.
    fn goes_on_after(&mut self, decided: types::Height) {
        for part in self.assembler.decided(decided) {
            // Without a network the engine has ended, too.
            let _ = self.again.send(part);
        }
    }

    /// Starts the engine, unless the chain is behind the log: the log forgets a height for another. A
    /// validator waits until it knows how far the others are.
    fn ready(&mut self, reply: Reply<(Height, HeightParams<Chain>)>) -> Request {
        let (timeouts, logged) = (self.timeouts, self.logged);
        let (tip, mut ahead, votes) = (self.tip.clone(), self.ahead.clone(), self.guard.is_some());
        let reply = self.then(move |start: Start| async move {
            if start.height < logged {
                let start = start.height;
                return Err(End::Behind { start, logged });
            }
            tip.send_replace(Some(types::Height(start.height.0.saturating_sub(1))));
            if votes && ahead.borrow().is_none() {
                tracing::info!("waiting for more than a third of the validators' nodes");
                // Without a network the engine has ended, too.
                let _ = ahead.wait_for(Option::is_some).await;
            }
            let _ = reply.send(parameters(&start, timeouts));
            Ok(())
        });
        Request::Ready { reply }
    }

    fn started_round(
        &mut self,
        place: Place,
        proposer: PublicKey,
        reply: Reply<Vec<ProposedValue<Chain>>>,
    ) -> Request {
        let Place { height, round } = place;
        let reply = self.relay(reply, move |held: Vec<Proposed>| {
            let value = |held: Proposed| {
                let head = place.head(held.pol_round, held.proposer);
                judged(head, Verdict::Accept(held.block))
            };
            held.into_iter().filter_map(value).collect()
        });
        Request::StartedRound { height, round, proposer, reply }
    }

    /// The hash goes to the engine, and then the bytes to the network.
    fn propose(
        &mut self,
        place: Place,
        timeout: Duration,
        reply: Reply<LocallyProposedValue<Chain>>,
    ) -> Request {
        let Place { height, round } = place;
        let (network, head) = (self.network.clone(), place.head(None, self.key));
        let reply = self.then(move |built: Built| async move {
            let (height, round) = (Height(height), Round::new(round));
            let _ = reply.send(LocallyProposedValue::new(height, round, Value(built.block)));
            publish(&network, head, built.bytes).await;
            Ok(())
        });
        Request::Propose { height, round, timeout, reply }
    }

    fn restream(
        &mut self,
        place: Place,
        pol_round: Round,
        proposer: PublicKey,
        block: BlockHash,
    ) -> Request {
        let Place { height, round } = place;
        let (network, head) = (self.network.clone(), place.head(pol_round.as_u32(), proposer));
        let reply = self.then(move |bytes: Option<Vec<u8>>| async move {
            if let Some(bytes) = bytes {
                publish(&network, head, bytes).await;
            }
            Ok(())
        });
        Request::Restream { height, round, block, reply }
    }

    /// Takes a part; a question only if a block is whole with it, and its turn has come.
    fn receive(
        &mut self,
        publisher: Option<PeerId>,
        part: StreamMessage<Part>,
        reply: Reply<Option<ProposedValue<Chain>>>,
    ) -> Option<Request> {
        let whole = publisher.and_then(|publisher| {
            let key = peer_from_id(&publisher.to_bytes())?;
            Some((key, self.assembler.insert(publisher, part)?))
        });
        let Some((publisher, Assembled { head, bytes })) = whole else {
            let _ = reply.send(None);
            return None;
        };
        let (sender, verdict) = oneshot::channel();
        self.replies.spawn(async move {
            // No verdict is no block: the engine must hear that too.
            let value = verdict.await.ok().and_then(|verdict| judged(head, verdict));
            let _ = reply.send(value);
            Ok(())
        });
        let Head { height, round, pol_round, proposer } = head;
        let reply = sender;
        Some(Request::Received { height, round, pol_round, proposer, publisher, bytes, reply })
    }

    fn decided(
        &mut self,
        certificate: &CommitCertificate<Chain>,
        reply: Reply<()>,
    ) -> Result<Request, End> {
        let (height, block, certificate) = to_ledger(certificate)?;
        if let Some(guard) = &self.guard {
            guard.lock().shown_in(height, block, &certificate);
        }
        self.goes_on_after(height);
        let tip = self.tip.clone();
        let reply = self.relay(reply, move |()| {
            tip.send_replace(Some(height));
        });
        Ok(Request::Decided { height, block, certificate, reply })
    }

    fn finalized(
        &mut self,
        certificate: &CommitCertificate<Chain>,
        evidence: &MisbehaviorEvidence<Chain>,
        reply: Reply<host::Next<Chain>>,
    ) -> Result<Request, End> {
        let (height, block, certificate) = to_ledger(certificate)?;
        if let Some(guard) = &self.guard {
            guard.lock().shown_in(height, block, &certificate);
        }
        let (evidence, timeouts) = (words::evidence(evidence), self.timeouts);
        let reply = self.relay(reply, move |next| to_next(&next, timeouts));
        Ok(Request::Finalized { height, block, certificate, evidence, reply })
    }

    fn synced(
        &mut self,
        place: Place,
        proposer: PublicKey,
        bytes: Vec<u8>,
        reply: Reply<SyncedValueOutcome<Chain>>,
    ) -> Request {
        let Place { height, round } = place;
        let reply = self.relay(reply, move |verdict| {
            let value = judged(place.head(None, proposer), verdict);
            value.map_or(SyncedValueOutcome::PeerFault, SyncedValueOutcome::Verdict)
        });
        Request::Synced { height, round, proposer, bytes, reply }
    }

    fn decided_blocks(
        &mut self,
        range: &RangeInclusive<Height>,
        reply: Reply<Vec<RawDecidedValue<Chain>>>,
    ) -> Request {
        let raw = |blocks: Vec<DecidedBlock>| blocks.into_iter().map(raw).collect();
        let reply = self.relay(reply, raw);
        let range = range.start().0..=range.end().0;
        Request::DecidedBlocks { range, reply }
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
            Ok(())
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
        Then: Future<Output = Result<(), End>> + Send,
    {
        let (sender, receiver) = oneshot::channel();
        self.replies.spawn(async move {
            match receiver.await {
                Ok(ours) => then(ours).await,
                Err(_) => Ok(()),
            }
        });
        sender
    }
}

async fn publish(network: &mpsc::Sender<NetworkMsg<Chain>>, head: Head, bytes: Vec<u8>) {
    if bytes.len() > BLOCK_BYTES_MAX {
        tracing::error!(height = %head.height, bytes = bytes.len(), "the block is too large to send");
        return;
    }
    for part in split(head, bytes) {
        if network.send(NetworkMsg::PublishProposalPart(part)).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
