//! This exists to carry bytes between the nodes that the chain admits, and between no others.
//!
//! Two networks stand behind one seam: [`start`] opens a libp2p swarm (TCP, Noise, Yamux), and
//! [`memory::Hub`] joins nodes of one process by links that a test can cut. A third, [`alone`], has
//! no peers and opens no socket. What a vote or a block is, nobody here knows.
//!
//! Who may connect, and who may publish what, is [`Allowed`]: the caller derives it from the chain
//! and replaces it while the network runs. A peer that is not on it is refused as soon as its key is
//! known, before any protocol; one that is taken off is cut at once.

mod admission;
mod allowed;
mod behaviour;
mod blocks;
mod budget;
mod dial;
mod handshakes;
mod key;
pub mod memory;
mod passing;
mod seam;
mod sequence;
mod swarm;

pub use admission::{Refusal, admit};
pub use allowed::{Allowed, Member, Role, Topic};
pub use key::{NetworkKey, peer_from_id};
pub use seam::{
    Asked, Event, Failure, Gossip, Handle, Link, Network, PublishError, REQUEST_BYTES_MAX,
    RESPONSE_BYTES_MAX, RequestId, alone,
};

use futures::future::{BoxFuture, FutureExt};
use linli_ledger::hash::Digest;
use std::io;
use std::net::SocketAddr;

/// What a swarm is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Hash of the genesis: nodes of another chain find no protocol in common.
    pub chain: Digest,
    /// The identity of this node; its public half is what other nodes have on their lists.
    pub key: NetworkKey,
    /// Where to listen; port 0 lets the system choose. `None` only dials.
    pub listen: Option<SocketAddr>,
    /// Who may connect, from the beginning.
    pub allowed: Allowed,
}

/// Why a swarm did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("the network cannot listen on {address}; is the port in use?")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The parts of the swarm do not fit together.
    #[error("the network does not start: {0}")]
    Swarm(String),
}

/// Opens the swarm. It ends, and its sockets close, when [`Network::link`]'s events are dropped.
///
/// Must be called within a tokio runtime.
///
/// # Errors
/// [`StartError::Swarm`], [`StartError::Listen`].
pub fn start(config: Config) -> BoxFuture<'static, Result<Network, StartError>> {
    swarm::start(config).boxed()
}
