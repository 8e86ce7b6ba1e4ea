//! This exists to be the seam: what the rest of a node may ask of a network, and what it hears.

use crate::allowed::{Allowed, Topic};
use bytes::Bytes;
use linli_ledger::crypto::PublicKey;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, watch};

/// Most bytes of a request. Source: NET-3.2.
pub const REQUEST_BYTES_MAX: usize = 1 << 10;

/// Most bytes of a response: two blocks of the largest kind with their certificates.
/// Source: NET-3.3.
pub const RESPONSE_BYTES_MAX: usize = 10 << 20;

/// Commands and events that wait; when they are full, who sends waits too.
pub(crate) const WAITING_MAX: usize = 256;

/// Transactions that wait for the pool; what comes when they are full is dropped.
pub(crate) const TRANSACTIONS_WAITING_MAX: usize = 1_024;

/// What a question is about; each has a protocol of its own, with its own bounds. Source: NET-3.1, NET-7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// Blocks, for the engine of one that follows.
    Blocks,
    /// What a node needs that has nothing yet.
    History,
}

/// A request of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A request of somebody else that waits for our answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked(pub u64);

/// Bytes that somebody published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gossip {
    /// Where.
    pub topic: Topic,
    /// Who signed them.
    pub publisher: PublicKey,
    /// Who brought them.
    pub from: PublicKey,
    /// The bytes, within the limit of the topic.
    pub bytes: Bytes,
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no connection to that peer, or there is none any more.
    NotConnected,
    /// It did not answer in time.
    Timeout,
    /// It speaks another protocol, or is on another chain.
    Protocol,
    /// The answer was too long or broke off, or the peer would not answer.
    Refused,
}

/// What a network tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A peer is connected and listens.
    Up(PublicKey),
    /// A peer that was up is gone.
    Down(PublicKey),
    /// Anything but a transaction was published.
    Gossip(Gossip),
    /// A peer asks. Answer with [`Handle::respond`] or [`Handle::forget`].
    Asked {
        /// Names the question.
        id: Asked,
        /// Who asks.
        by: PublicKey,
        /// At most [`REQUEST_BYTES_MAX`].
        bytes: Bytes,
    },
    /// Whoever asked does not wait any more.
    AskedInVain {
        /// The question.
        id: Asked,
        /// Who asked.
        by: PublicKey,
    },
    /// A request of ours has its answer.
    Answered {
        /// The request.
        id: RequestId,
        /// Who answered: the peer that was asked.
        by: PublicKey,
        /// At most [`RESPONSE_BYTES_MAX`].
        bytes: Bytes,
    },
    /// A request of ours will have no answer.
    Unanswered {
        /// The request.
        id: RequestId,
        /// Who was asked.
        by: PublicKey,
        /// Why.
        why: Failure,
    },
}

/// What a network is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Publish { topic: Topic, bytes: Bytes },
    Request { subject: Subject, id: RequestId, to: PublicKey, bytes: Bytes },
    Respond { subject: Subject, id: Asked, bytes: Bytes },
    Forget { subject: Subject, id: Asked },
}

/// Why something was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// It is larger than the topic admits.
    #[error("{bytes} bytes are more than the {most} of a message on {}", topic.name())]
    Size {
        /// Where.
        topic: Topic,
        /// How many.
        bytes: usize,
        /// How many at the most.
        most: usize,
    },
    /// The network has ended.
    #[error("the network has ended")]
    Ended,
}

/// Asks a network; cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    local: PublicKey,
    commands: mpsc::Sender<Command>,
    allowed: watch::Sender<Allowed>,
    up: watch::Receiver<BTreeSet<PublicKey>>,
    next: Arc<AtomicU64>,
    /// What its questions and answers are about.
    subject: Subject,
}

impl Handle {
    /// The key of this node.
    pub fn local(&self) -> PublicKey {
        self.local
    }

    /// Replaces the list of those who may connect. Who is no longer on it is cut before anything else
    /// of it is heard.
    pub fn allow(&self, allowed: Allowed) {
        self.allowed.send_replace(allowed);
    }

    /// The list in force.
    pub fn allowed(&self) -> Allowed {
        self.allowed.borrow().clone()
    }

    /// The peers that are up, and news of it.
    pub fn up(&self) -> watch::Receiver<BTreeSet<PublicKey>> {
        self.up.clone()
    }

    /// Publishes to everybody who is up; nobody is told whether it arrived. Waits while the network
    /// is busy.
    ///
    /// # Errors
    /// In this order: [`PublishError::Size`], [`PublishError::Ended`].
    pub async fn publish(&self, topic: Topic, bytes: Bytes) -> Result<(), PublishError> {
        let most = topic.bytes_max();
        if bytes.len() > most {
            return Err(PublishError::Size { topic, bytes: bytes.len(), most });
        }
        let sent = self.commands.send(Command::Publish { topic, bytes }).await;
        sent.map_err(|_| PublishError::Ended)
    }

    /// Asks one peer. [`Event::Answered`] or [`Event::Unanswered`] follows, unless the network ends.
    pub async fn request(&self, to: PublicKey, bytes: Bytes) -> RequestId {
        let id = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        let subject = self.subject;
        let _ = self.commands.send(Command::Request { subject, id, to, bytes }).await;
        id
    }

    /// Answers a question; one that nobody waits for any more is ignored.
    pub async fn respond(&self, id: Asked, bytes: Bytes) {
        let subject = self.subject;
        let _ = self.commands.send(Command::Respond { subject, id, bytes }).await;
    }

    /// Gives a question up without an answer.
    pub async fn forget(&self, id: Asked) {
        let subject = self.subject;
        let _ = self.commands.send(Command::Forget { subject, id }).await;
    }
}

/// An end of a network.
#[derive(Debug)]
pub struct Link {
    /// Asks the network.
    pub handle: Handle,
    /// What it tells.
    pub events: mpsc::Receiver<Event>,
    /// Keeps the events of a network without peers open.
    pub(crate) _open: Option<mpsc::Sender<Event>>,
}

/// A network that runs.
#[derive(Debug)]
pub struct Network {
    /// For the consensus engine. Dropping its events ends the network.
    pub link: Link,
    /// For whoever asks for a history or has one to show (NET-7.1): questions and answers about that, and
    /// nothing else. Dropping it only means that nobody is answered.
    pub history: Link,
    /// For the pool. Dropping it only means that no transaction is heard.
    pub transactions: mpsc::Receiver<Gossip>,
    /// Where it listens.
    pub address: Option<SocketAddr>,
}

/// The other ends, for whoever carries the bytes.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) allowed: watch::Receiver<Allowed>,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) history: mpsc::Sender<Event>,
    pub(crate) transactions: mpsc::Sender<Gossip>,
    /// Shows who is up.
    pub(crate) up: watch::Sender<BTreeSet<PublicKey>>,
}

/// Both sides of the seam.
pub(crate) fn seam(local: PublicKey, allowed: Allowed) -> (Network, Ends) {
    let (to_network, commands) = mpsc::channel(WAITING_MAX);
    let (to_node, events) = mpsc::channel(WAITING_MAX);
    let (to_history, of_history) = mpsc::channel(WAITING_MAX);
    let (to_pool, transactions) = mpsc::channel(TRANSACTIONS_WAITING_MAX);
    let (to_allow, allowed) = watch::channel(allowed);
    let (to_show, up) = watch::channel(BTreeSet::new());
    let next = Arc::new(AtomicU64::new(1));
    let subject = Subject::Blocks;
    let handle = Handle { local, commands: to_network, allowed: to_allow, up, next, subject };
    let history = Handle { subject: Subject::History, ..handle.clone() };
    let history = Link { handle: history, events: of_history, _open: None };
    let link = Link { handle, events, _open: None };
    let network = Network { link, history, transactions, address: None };
    let (events, history, transactions, up) = (to_node, to_history, to_pool, to_show);
    (network, Ends { commands, allowed, events, history, transactions, up })
}

/// A network without peers: nothing arrives, nothing leaves, and there is no socket.
pub fn alone() -> Link {
    let (network, ends) = seam(PublicKey::Ed25519([0; 32]), Allowed::default());
    Link { _open: Some(ends.events), ..network.link }
}
