//! This exists to be the engine's network: an actor that speaks the engine's messages, and a task that
//! stands between it and the seam. The engine's questions go to the network, and what peers say goes
//! to the engine, decoded; what cannot be decoded goes nowhere.

use crate::codec::{Borsh, CodecError};
use crate::context::{Chain, Height};
use crate::engine::STATUS_EVERY;
use crate::guard::Shared;
use crate::parts::Message;
use crate::reach::{Tips, is_alone};
use crate::shown::messages;
use crate::signing::VOID;
use async_trait::async_trait;
use bytes::Bytes;
use linli_ledger::crypto::{PublicKey, peer_identity};
use linli_ledger::types;
use linli_network::{Asked, Event, Failure, Gossip, Link, Topic, peer_from_id};
use malachitebft_app_channel::NetworkMsg;
use malachitebft_app_channel::app::consensus::{LivenessMsg, SignedConsensusMsg};
use malachitebft_app_channel::app::engine::network::{
    Msg, Multiaddr, NetworkEvent, NetworkRef, PersistentPeerError, Status, Subscriber,
};
use malachitebft_app_channel::app::types::PeerId;
use malachitebft_app_channel::app::types::codec::Codec;
use malachitebft_sync::{self as sync, InboundRequestId, OutboundFailureReason, OutboundRequestId};
use ractor::{Actor, ActorProcessingErr, ActorRef, SpawnErr};
use std::collections::BTreeSet;
use tokio::sync::{mpsc, watch};
use tokio::time::interval;
use tracing::Instrument;

/// Messages of the engine that wait for the network; then the engine's mailbox waits.
const WAITING_MAX: usize = 64;

/// What the engine needs to know of a network.
#[derive(Debug)]
pub(crate) struct Network {
    /// Speaks to the engine.
    pub(crate) actor: NetworkRef<Chain>,
    /// Takes parts of proposed blocks.
    pub(crate) parts: mpsc::Sender<NetworkMsg<Chain>>,
}

impl Network {
    /// Puts an actor before a network that runs. They end together.
    pub(crate) async fn over(link: Link, ears: Ears) -> Result<Self, SpawnErr> {
        let (to_bridge, from_engine) = mpsc::channel(WAITING_MAX);
        let (actor, _) = Actor::spawn(None, Door, to_bridge).await?;
        let (bridge, door) = (Bridge::new(link, from_engine, ears), actor.clone());
        let run = async move {
            bridge.run().await;
            door.stop(None);
        };
        tokio::spawn(run.in_current_span());
        // One part at a time: the block that is sent waits for the network, not in memory.
        let (parts, mut waiting) = mpsc::channel::<NetworkMsg<Chain>>(1);
        let network = actor.clone();
        // Ends with the actor, or with the last sender.
        tokio::spawn(async move {
            while let Some(part) = waiting.recv().await {
                if network.cast(part.into()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { actor, parts })
    }
}

/// What the rest of the adapter hears from the network, and says to it.
#[derive(Debug)]
pub(crate) struct Ears {
    /// Parts of peers, with their publishers, that the engine is to hear once more.
    pub(crate) again: mpsc::UnboundedReceiver<(PeerId, Message)>,
    /// Is told how far the others are, when enough of them have said so.
    pub(crate) ahead: watch::Sender<Option<types::Height>>,
    /// How far the chain of this node is, from when it is known.
    pub(crate) tip: watch::Receiver<Option<types::Height>>,
    /// Is shown what its key has signed.
    pub(crate) guard: Option<Shared>,
}

/// The actor: it hands everything on, in order.
struct Door;

#[async_trait]
impl Actor for Door {
    type Msg = Msg<Chain>;
    type State = mpsc::Sender<Msg<Chain>>;
    type Arguments = mpsc::Sender<Msg<Chain>>;

    async fn pre_start(
        &self,
        _: ActorRef<Msg<Chain>>,
        to_bridge: mpsc::Sender<Msg<Chain>>,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(to_bridge)
    }

    async fn handle(
        &self,
        _: ActorRef<Msg<Chain>>,
        message: Msg<Chain>,
        to_bridge: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        // The bridge is gone only when the network has ended, and then this actor is being stopped.
        let _ = to_bridge.send(message).await;
        Ok(())
    }
}

/// Which kind of message is on the topic of votes. Source: NET-4.1.
const CONSENSUS: u8 = 0;
const LIVENESS: u8 = 1;

/// Stands between the engine and the seam. It never waits for the engine.
struct Bridge {
    link: Link,
    from_engine: mpsc::Receiver<Msg<Chain>>,
    ears: Ears,
    subscribers: Vec<Box<dyn Subscriber<NetworkEvent<Chain>>>>,
    up: BTreeSet<PublicKey>,
    tips: Tips,
    /// The lowest block that this node serves, from when the engine says when to tell.
    lowest: Option<Height>,
    /// It is known how far the chain of this node is.
    has_begun: bool,
}

impl Bridge {
    fn new(link: Link, from_engine: mpsc::Receiver<Msg<Chain>>, ears: Ears) -> Self {
        // Who came up before this began may not be told again.
        let up = link.handle.up().borrow().clone();
        let (subscribers, tips) = (Vec::new(), Tips::default());
        let (lowest, has_begun) = (None, false);
        Self { link, from_engine, ears, subscribers, up, tips, lowest, has_begun }
    }

    /// Runs until the engine or the network has ended.
    async fn run(mut self) {
        let mut beat = interval(STATUS_EVERY);
        loop {
            tokio::select! {
                message = self.from_engine.recv() => match message {
                    Some(message) => self.ask(message).await,
                    None => return,
                },
                event = self.link.events.recv() => {
                    let Some(event) = event else {
                        tracing::error!("the network has ended");
                        return;
                    };
                    self.hear(event).await;
                }
                Some((publisher, part)) = self.ears.again.recv() => {
                    self.tell(&NetworkEvent::ProposalPart(publisher, Some(publisher), part));
                }
                Ok(()) = self.ears.tip.changed(), if !self.has_begun => {
                    self.has_begun = true;
                    self.say_status().await;
                }
                _ = beat.tick() => {
                    // The list may have changed.
                    self.reach();
                    // The engine says nothing of an empty chain, and nothing before it has begun, which
                    // may wait for what the others say.
                    if self.lowest.is_none() {
                        self.say_status().await;
                    }
                }
            }
        }
    }

    /// Does what the engine wants.
    async fn ask(&mut self, message: Msg<Chain>) {
        match message {
            // The engine starts when it hears that the network listens, wherever that may be.
            Msg::Subscribe(subscriber) => {
                subscriber.send(NetworkEvent::Listening(Multiaddr::empty()));
                for peer in &self.up {
                    subscriber.send(NetworkEvent::PeerConnected(to_engine(peer)));
                }
                self.subscribers.push(subscriber);
            }
            // What the guard did not admit has no signature: it stays here.
            Msg::PublishConsensusMsg(message) if *message.signature() == VOID => {}
            Msg::PublishLivenessMsg(LivenessMsg::Vote(vote)) if vote.signature == VOID => {}
            Msg::PublishConsensusMsg(message) => self.vote(CONSENSUS, &message).await,
            Msg::PublishLivenessMsg(message) => self.vote(LIVENESS, &message).await,
            Msg::PublishProposalPart(part) => {
                if let Some(bytes) = encoded(&part) {
                    self.publish(Topic::Parts, bytes).await;
                }
            }
            Msg::BroadcastStatus(Status { tip_height: _, history_min_height }) => {
                self.lowest = Some(history_min_height);
                self.say_status().await;
            }
            Msg::OutgoingRequest(to, request, reply) => {
                let Some(to) = peer_from_id(&to.to_bytes()) else { return };
                if let Some(bytes) = encoded(&request) {
                    let id = self.link.handle.request(to, bytes).await;
                    let _ = reply.send(OutboundRequestId::new(id.0));
                }
            }
            Msg::OutgoingResponse(id, response) => {
                let Some(id) = asked(&id) else { return };
                match encoded(&response) {
                    Some(bytes) => self.link.handle.respond(id, bytes).await,
                    None => self.link.handle.forget(id).await,
                }
            }
            Msg::CancelInboundRequest(id) => {
                if let Some(id) = asked(&id) {
                    self.link.handle.forget(id).await;
                }
            }
            Msg::DumpState(reply) => {
                let _ = reply.send(None);
            }
            // The list of peers is the chain's, not the engine's.
            Msg::UpdatePersistentPeers(_, reply) => {
                let _ = reply.send(Err(PersistentPeerError::NetworkStopped));
            }
            // A late answer is known by its number. Who is a validator says the list. `NewEvent` is
            // for the engine's own network.
            Msg::CancelRequest(_)
            | Msg::UpdateValidatorSet(_)
            | Msg::ValidatorProofVerified { .. }
            | Msg::NewEvent(_) => {}
        }
    }

    async fn vote<T>(&mut self, kind: u8, message: &T)
    where
        Borsh: Codec<T, Error = CodecError>,
    {
        if let Some(bytes) = encoded(message) {
            let bytes = [&[kind], bytes.as_ref()].concat();
            self.publish(Topic::Votes, bytes.into()).await;
        }
    }

    async fn publish(&mut self, topic: Topic, bytes: Bytes) {
        if let Err(error) = self.link.handle.publish(topic, bytes).await {
            // Alone there is nobody to hear it; otherwise the end of the network is told elsewhere.
            tracing::debug!(%error, "not published");
        }
    }

    /// Says how far this node is now: whoever hears it first takes it for what was signed before.
    async fn say_status(&mut self) {
        let Some(tip) = *self.ears.tip.borrow() else { return };
        let peer_id = to_engine(&self.link.handle.local());
        let history_min_height = self.lowest.unwrap_or(Height(tip.min(types::Height(1))));
        let status = sync::Status { peer_id, tip_height: Height(tip), history_min_height };
        if let (Some(bytes), false) = (encoded(&status), self.up.is_empty()) {
            self.publish(Topic::Status, bytes).await;
        }
    }

    /// Tells the engine what the network tells.
    async fn hear(&mut self, event: Event) {
        match event {
            Event::Up(peer) => {
                if self.up.insert(peer) {
                    self.tell(&NetworkEvent::PeerConnected(to_engine(&peer)));
                }
                self.say_status().await;
            }
            Event::Down(peer) => {
                self.up.remove(&peer);
                self.tips.forget(&peer);
                self.tell(&NetworkEvent::PeerDisconnected(to_engine(&peer)));
            }
            Event::Gossip(gossip) => match self.said(gossip) {
                Ok(Some(event)) => {
                    if let Some(guard) = &self.ears.guard {
                        for (message, signature) in messages(&event) {
                            guard.lock().shown(&message, &signature);
                        }
                    }
                    self.tell(&event);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a peer says what nobody understands"),
            },
            Event::Asked { id, by, bytes } => match Borsh::default().decode(bytes) {
                Ok(request) => {
                    let id = InboundRequestId::new(id.0);
                    self.tell(&NetworkEvent::SyncRequest(id, to_engine(&by), request));
                }
                Err(error) => {
                    tracing::warn!(%by, %error, "a peer asks what nobody understands");
                    self.link.handle.forget(id).await;
                }
            },
            Event::AskedInVain { id, by } => {
                let id = InboundRequestId::new(id.0);
                self.tell(&NetworkEvent::SyncInboundRequestFailed(id, to_engine(&by)));
            }
            Event::Answered { id, by, bytes } => {
                let id = OutboundRequestId::new(id.0);
                // No answer that can be read is a wrong answer: the engine blames the peer.
                let response = Borsh::default().decode(bytes).ok();
                self.tell(&NetworkEvent::SyncResponse(id, to_engine(&by), response));
            }
            Event::Unanswered { id, by, why } => {
                let id = OutboundRequestId::new(id.0);
                let why = match why {
                    Failure::NotConnected => OutboundFailureReason::ConnectionClosed,
                    Failure::Timeout => OutboundFailureReason::Timeout,
                    Failure::Protocol => OutboundFailureReason::UnsupportedProtocols,
                    Failure::Refused => OutboundFailureReason::Io,
                };
                self.tell(&NetworkEvent::SyncRequestFailed(id, to_engine(&by), why));
            }
        }
    }

    fn tell(&self, event: &NetworkEvent<Chain>) {
        for subscriber in &self.subscribers {
            subscriber.send(event.clone());
        }
    }

    /// What a message says in the engine's words.
    fn said(&mut self, gossip: Gossip) -> Result<Option<NetworkEvent<Chain>>, CodecError> {
        let Gossip { topic, publisher, from, mut bytes } = gossip;
        let from = to_engine(&from);
        match topic {
            Topic::Votes => {
                let kind = bytes.split_to(bytes.len().min(1));
                match kind.as_ref() {
                    [CONSENSUS] => Ok(Some(match Borsh::default().decode(bytes)? {
                        SignedConsensusMsg::Vote(vote) => NetworkEvent::Vote(from, vote),
                        SignedConsensusMsg::Proposal(proposal) => {
                            NetworkEvent::Proposal(from, proposal)
                        }
                    })),
                    [LIVENESS] => Ok(Some(match Borsh::default().decode(bytes)? {
                        LivenessMsg::Vote(vote) => NetworkEvent::Vote(from, vote),
                        LivenessMsg::PolkaCertificate(certificate) => {
                            NetworkEvent::PolkaCertificate(from, certificate)
                        }
                        LivenessMsg::SkipRoundCertificate(certificate) => {
                            NetworkEvent::RoundCertificate(from, certificate)
                        }
                    })),
                    _ => Err(CodecError::Kind),
                }
            }
            Topic::Parts => {
                let part = Borsh::default().decode(bytes)?;
                Ok(Some(NetworkEvent::ProposalPart(from, Some(to_engine(&publisher)), part)))
            }
            Topic::Status => {
                let status: sync::Status<Chain> = Borsh::default().decode(bytes)?;
                let sync::Status { peer_id, tip_height, history_min_height } = status;
                if peer_id != to_engine(&publisher) {
                    return Err(CodecError::Peer);
                }
                // Blocks can be asked of a neighbour only.
                if !self.up.contains(&publisher) {
                    return Ok(None);
                }
                self.tips.says(&self.link.handle.allowed(), publisher, tip_height.0);
                self.reach();
                let status = Status { tip_height, history_min_height };
                Ok(Some(NetworkEvent::Status(peer_id, status)))
            }
            // The pool's, on a channel of its own.
            Topic::Transactions => Ok(None),
        }
    }
}

impl Bridge {
    /// Tells how far the others are: the guard first, because signing begins with it. Whoever signs nothing may
    /// believe anybody: blocks carry certificates.
    fn reach(&self) {
        let (allowed, local) = (self.link.handle.allowed(), self.link.handle.local());
        let reached = match &self.ears.guard {
            None => self.tips.most(),
            Some(_) if is_alone(&allowed, &local) => Some(types::Height(0)),
            Some(guard) => self.tips.reached(&allowed).map(|reached| {
                guard.lock().reaches(reached);
                reached.least
            }),
        };
        let Some(reached) = reached else { return };
        self.ears.ahead.send_if_modified(|ahead| {
            let more = ahead.is_none_or(|ahead| reached > ahead);
            *ahead = (*ahead).max(Some(reached));
            more
        });
    }
}

fn encoded<T>(message: &T) -> Option<Bytes>
where
    Borsh: Codec<T, Error = CodecError>,
{
    match Borsh::default().encode(message) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            tracing::error!(%error, "a message of the engine has no bytes");
            None
        }
    }
}

/// A peer in the engine's words.
fn to_engine(peer: &PublicKey) -> PeerId {
    PeerId::from_bytes(&peer_identity(peer)).expect("these are the bytes of a peer id")
}

/// The number of a question, which the engine keeps as text.
fn asked(id: &InboundRequestId) -> Option<Asked> {
    id.to_string().parse().ok().map(Asked)
}

#[cfg(test)]
mod tests;
