//! This exists to say what a node is started with, and why it does not start.

use super::{QueueLimits, SnapshotRule, Syncs, Times};
use linli_ledger::code::Code;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::{ConsensusKey, PublicKey};
use linli_ledger::genesis::Genesis;
use linli_ledger::types::BlockTime;
use linli_network::{NetworkKey, StartError};
use linli_node::{NodeError, milliseconds_since_epoch};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// Where it keeps `chain/`, `node/` and `snapshots/`.
    pub folder: PathBuf,
    /// The chain.
    pub genesis: Genesis,
    /// Its rules.
    pub rulebook: Arc<Rulebook>,
    /// The key that signs votes. Without one a node among others follows the chain, and one that is
    /// alone only shows it.
    pub validator: Option<ConsensusKey>,
    /// The other nodes; `None` for a node that is alone.
    pub network: Option<NetworkOptions>,
    /// How much may wait.
    pub queue: QueueLimits,
    /// After this time without a block an empty one is made (D3); never, if `None`.
    pub heartbeat: Option<Duration>,
    /// When a snapshot is written.
    pub snapshots: SnapshotRule,
    /// With less room than this on its disk, bytes, the node takes nothing new.
    pub reserve: u64,
    /// Where the times of new blocks come from.
    pub times: Times,
    /// What time this machine says it is, in milliseconds since the epoch.
    pub clock: fn() -> u64,
    /// How long syncs of the chain's files take.
    pub syncs: Syncs,
    /// A node among others that has no chain yet takes the blocks of the others by their certificates and the
    /// state by snapshot, instead of executing everything (NET-7.1).
    pub join_by_snapshot: bool,
}

/// How a node meets the others. Who they are is chain state.
#[derive(Clone, Debug)]
pub struct NetworkOptions {
    /// The identity of this node; its public half is on the chain's list.
    pub key: NetworkKey,
    /// Where it listens; port 0 lets the system choose. `None` only dials.
    pub listen: Option<SocketAddr>,
    /// Where others listen, by their network keys: `host:port`, names are looked up at each attempt.
    pub addresses: BTreeMap<PublicKey, Vec<String>>,
}

impl LiveOptions {
    /// A node that shows the chain in a folder, with default limits.
    pub fn new(folder: PathBuf, genesis: Genesis, rulebook: Arc<Rulebook>) -> Self {
        Self {
            folder,
            genesis,
            rulebook,
            validator: None,
            network: None,
            queue: QueueLimits::default(),
            heartbeat: Some(Duration::from_mins(10)),
            snapshots: SnapshotRule::default(),
            reserve: 64 * 1024 * 1024,
            times: Times::Machine,
            clock: milliseconds_since_epoch,
            syncs: Syncs::default(),
            join_by_snapshot: false,
        }
    }

    /// What time it is, after a block of this time.
    pub(super) fn now(&self, tip: BlockTime) -> BlockTime {
        match self.times {
            Times::Machine => BlockTime((self.clock)()),
            Times::Hand => tip,
        }
    }

    /// Where other nodes listen.
    pub(super) fn addresses(&self) -> BTreeMap<PublicKey, Vec<String>> {
        self.network.as_ref().map(|network| network.addresses.clone()).unwrap_or_default()
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The chain takes its times from data; this machine's clock must not write into it.
    #[error("this chain was imported with its own times and is only shown; start without a key")]
    DataClock,
    /// Only a demonstration with a data clock may have its clock set by hand.
    #[error("only a demonstration chain with the clock of its data can have its clock set by hand")]
    SetClock,
    /// The chain's folder, or the engine.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The other nodes cannot be met.
    #[error(transparent)]
    Network(#[from] StartError),
    /// The operating system gives no thread.
    #[error("the writer does not start")]
    Thread(#[source] io::Error),
}

impl LiveError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::DataClock => Code::ReadOnly,
            Self::SetClock | Self::Network(StartError::Listen { .. }) => Code::Configuration,
            Self::Node(error) => error.code(),
            Self::Network(StartError::Swarm(_)) | Self::Thread(_) => Code::Engine,
        }
    }
}
