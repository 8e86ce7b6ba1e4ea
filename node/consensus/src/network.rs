//! This exists to be the engine's network: an actor that speaks the engine's messages. The only one
//! so far is for a validator that is alone; it opens no socket and drops what is published.

use crate::context::Chain;
use async_trait::async_trait;
use malachitebft_app_channel::NetworkMsg;
use malachitebft_app_channel::app::engine::network::{
    Msg, Multiaddr, NetworkEvent, NetworkRef, PersistentPeerError,
};
use ractor::{Actor, ActorProcessingErr, ActorRef, SpawnErr};
use tokio::sync::mpsc;

/// What the engine needs to know of a network.
#[derive(Debug)]
pub(crate) struct Network {
    /// Speaks to the engine.
    pub(crate) actor: NetworkRef<Chain>,
    /// Takes parts of proposed blocks.
    pub(crate) parts: mpsc::Sender<NetworkMsg<Chain>>,
}

impl Network {
    /// A network without peers.
    pub(crate) async fn null() -> Result<Self, SpawnErr> {
        let (actor, _) = Actor::spawn(None, Null, ()).await?;
        Ok(Self::of(actor))
    }

    /// A network whose actor is running.
    fn of(actor: NetworkRef<Chain>) -> Self {
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
        Self { actor, parts }
    }
}

/// A network without peers: nothing arrives, nothing leaves.
struct Null;

#[async_trait]
impl Actor for Null {
    type Msg = Msg<Chain>;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg<Chain>>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Msg<Chain>>,
        message: Msg<Chain>,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        match message {
            // The engine starts when it hears that the network listens, wherever that may be. It
            // hears nothing else, so the subscriber need not be kept.
            Msg::Subscribe(subscriber) => {
                subscriber.send(NetworkEvent::Listening(Multiaddr::empty()));
            }
            Msg::DumpState(reply) => {
                let _ = reply.send(None);
            }
            Msg::UpdatePersistentPeers(_, reply) => {
                let _ = reply.send(Err(PersistentPeerError::NetworkStopped));
            }
            // Nobody is there to hear it, to be asked or to be answered.
            Msg::PublishConsensusMsg(_)
            | Msg::PublishLivenessMsg(_)
            | Msg::PublishProposalPart(_)
            | Msg::BroadcastStatus(_)
            | Msg::OutgoingRequest(..)
            | Msg::CancelRequest(_)
            | Msg::OutgoingResponse(..)
            | Msg::CancelInboundRequest(_)
            | Msg::UpdateValidatorSet(_)
            | Msg::ValidatorProofVerified { .. }
            | Msg::NewEvent(_) => {}
        }
        Ok(())
    }
}
