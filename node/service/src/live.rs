//! This exists to run a node as a service: one thread writes blocks, any number of threads read.
//!
//! ```text
//! submit ─▶ pool ─▶ writer ─▶ engine ─▶ chain file ─▶ state ─▶ followers, head, tickets
//! ```
//!
//! A validator that is alone (`writer`) waits for one of four things: work, something that falls due, the heartbeat, the end. On a
//! chain whose clock is set by hand ([`Times`]) there is no heartbeat, and a wish to move the clock on is
//! work too. A node among others (`member`) waits for the same and for the others, tells them what its
//! clients hand in, and hears of what theirs do.

mod clock;
pub(crate) mod door;
mod gossip;
mod heard;
mod member;
mod options;
mod peers;
mod pool;
mod queue;
pub mod room;
mod snapshotting;
mod syncs;
mod telling;
mod ticket;
mod wake;
mod writer;

pub use clock::{ADVANCE_MAX, AdvanceError, Times};
pub use options::{LiveError, LiveOptions, NetworkOptions};
pub use peers::{Peer, Presence};
pub use pool::Full;
pub use queue::QueueLimits;
pub use snapshotting::SnapshotRule;
pub use syncs::Syncs;
pub use ticket::{Answer, Final, SubmitError, Ticket, Unavailable};

use linli_ledger::block::CommittedBlock;
use linli_ledger::code::Code;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::PublicKey;
use linli_ledger::frame::Frame;
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::Digest;
use linli_ledger::receipt::Receipt;
use linli_ledger::replay::{AuditError, Replay};
use linli_ledger::state::State;
use linli_ledger::transaction::{SignedTransaction, VerifiedTransaction};
use linli_ledger::types::{BlockHash, BlockTime, Height};
use linli_network::{Handle, Network};
use linli_node::history::Arrival;
use linli_node::storage::Folder;
use linli_node::{Blocks, Keys, NodeError, SharedState, Shown, Silence, Snapshots};
use member::Meeting;
use pool::Home;
use queue::Queue;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};
use wake::Wake;

/// Blocks that a follower may be behind before it has to catch up by replay.
const FOLLOWED_MAX: usize = 64;

/// How long a transaction of a client may wait for what another node may have been told already: a key that
/// is registered in a block that has not come here.
const PATIENCE: Duration = Duration::from_secs(10);

/// The last durable block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its height; 0 before the first.
    pub height: Height,
    /// Its hash; the genesis hash before the first.
    pub hash: BlockHash,
    /// Its time; the genesis time before the first.
    pub time: BlockTime,
}

impl Head {
    fn of(state: &State) -> Self {
        let tip = state.tip();
        Self { height: tip.height, hash: tip.hash, time: tip.time }
    }
}

/// A durable block with what it did.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The block and its certificate.
    pub block: CommittedBlock,
    /// A recovery if there is one, what fell due, the transactions, in order.
    pub receipts: Vec<Receipt>,
}

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The last durable block.
    pub head: Head,
    /// Why it takes nothing new, if so.
    pub closed: Option<Unavailable>,
    /// Transactions that wait.
    pub waiting: usize,
    /// Their bytes.
    pub waiting_bytes: usize,
    /// Height of the snapshot that was written last since the start.
    pub snapshot: Option<Height>,
    /// Rounds beyond the first that blocks have taken since the start: zero while all is well.
    pub rounds: u64,
}

/// A running node. Clones are the same node.
#[derive(Clone, Debug)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: LiveOptions,
    /// The hash of the genesis.
    chain: Digest,
    state: SharedState,
    blocks: Blocks,
    snapshots: Mutex<Snapshots>,
    /// Height of the snapshot that was written last.
    snapshot: watch::Sender<Option<Height>>,
    queue: Mutex<Queue>,
    /// The keys that have signed something here.
    keys: Keys,
    /// Told when there is work or when the end has come.
    wake: Wake,
    /// The other nodes, and where this one listens for them.
    network: Option<(Handle, Option<SocketAddr>)>,
    /// Rounds beyond the first that blocks have taken since the start.
    rounds: AtomicU64,
    /// Why this validator casts no votes, if so.
    silence: Mutex<Option<Silence>>,
    /// How this node came to its chain, if it did not execute it from the beginning.
    arrival: Option<Arrival>,
    head: watch::Sender<Head>,
    followed: broadcast::Sender<Arc<Followed>>,
    /// Why the writer has ended by itself, for whoever watches.
    ended: watch::Sender<Option<Arc<NodeError>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Keeps others away from a chain that is only shown.
    _shown: Option<Shown>,
}

impl Inner {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing in there panics half way; what it says stays true.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Checks bytes and signatures of a transaction, with keys that were met before.
    ///
    /// # Errors
    /// As [`SignedTransaction::verify`].
    pub fn verify(&self, signed: SignedTransaction) -> Result<VerifiedTransaction, Code> {
        self.0.verify(signed, &self.0.chain)
    }

    /// Opens a folder, which begins a new chain where there is none, and starts to write.
    ///
    /// Blocks until the chain is read; not to be called from an asynchronous task.
    ///
    /// # Errors
    /// [`LiveError::DataClock`] for a key together with a chain that has its own times and a machine's
    /// clock; [`LiveError::SetClock`] for times by hand on another chain than a demonstration that has
    /// its own times; then those of [`linli_node::Node::open`], [`LiveError::Network`],
    /// [`LiveError::Thread`].
    pub fn open(options: LiveOptions) -> Result<Self, LiveError> {
        options.times.check(&options.genesis, options.validator.is_some())?;
        match options.network.clone() {
            Some(network) => member::open(options, Meeting::Swarm(network)),
            None => writer::open(options),
        }
    }

    /// As [`Live::open`], among others on a network that runs already: its key and where it listens are
    /// those of that network.
    ///
    /// # Errors
    /// As [`Live::open`].
    pub fn join(options: LiveOptions, network: Network) -> Result<Self, LiveError> {
        options.times.check(&options.genesis, options.validator.is_some())?;
        member::open(options, Meeting::Running(network))
    }

    fn new(
        options: LiveOptions,
        state: SharedState,
        shown: Option<Shown>,
        network: Option<(Handle, Option<SocketAddr>)>,
    ) -> Result<Self, LiveError> {
        let folder = |name| {
            let path = options.folder.join(name);
            Folder::create(&path).map(Box::new).map_err(|source| {
                let what = path.display().to_string();
                NodeError::Storage { action: "open", what, source }
            })
        };
        let blocks = Blocks::new(folder("chain")?);
        let snapshots = Snapshots::new(folder(linli_node::SNAPSHOTS)?);
        let head = Head::of(&state.read());
        let arrival = Arrival::read(&options.folder)?;
        let patience = if network.is_some() { PATIENCE } else { Duration::ZERO };
        let queue = Queue::new(options.queue, patience);
        Ok(Self(Arc::new(Inner {
            chain: options.genesis.hash(),
            options,
            state,
            blocks,
            snapshots: Mutex::new(snapshots),
            snapshot: watch::Sender::new(None),
            queue: Mutex::new(queue),
            keys: Keys::default(),
            wake: Wake::default(),
            network,
            rounds: AtomicU64::new(0),
            silence: Mutex::new(None),
            arrival,
            head: watch::Sender::new(head),
            followed: broadcast::Sender::new(FOLLOWED_MAX),
            ended: watch::Sender::new(None),
            writer: Mutex::new(None),
            _shown: shown,
        })))
    }

    /// Where the node keeps everything.
    pub fn folder(&self) -> &Path {
        &self.0.options.folder
    }

    /// How the chain begins.
    pub fn genesis(&self) -> &Genesis {
        &self.0.options.genesis
    }

    /// Its rules.
    pub fn rulebook(&self) -> &Rulebook {
        &self.0.options.rulebook
    }

    /// Reads the state after the last block.
    ///
    /// The next block waits to be taken over while `read` runs: a few milliseconds are fine. Never
    /// call it from within `read`.
    pub fn with_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.0.state.read())
    }

    /// Hands transactions over, in this order; each is taken or not on its own.
    ///
    /// One that waits already is joined, not taken twice. One that is in a block already is refused
    /// with [`Code::NonceUsed`]: the first result is found by its identifier.
    pub fn submit(
        &self,
        transactions: Vec<VerifiedTransaction>,
    ) -> Vec<Result<Ticket, SubmitError>> {
        let homes: Vec<_> = {
            let state = self.0.state.read();
            let sender = |one: &VerifiedTransaction| one.body().signers.first().map(|one| one.key);
            let home = |key: PublicKey| door::home(&state, &key);
            transactions.iter().map(|one| sender(one).map_or(Home::Nobody, home)).collect()
        };
        let (mut queue, now) = (self.0.queue(), Instant::now());
        let taken = transactions.into_iter().zip(homes);
        let taken = taken.map(|(transaction, home)| queue.push(transaction, home, now)).collect();
        drop(queue);
        self.0.wake.wake();
        taken
    }

    /// Where the times of new blocks come from.
    pub fn times(&self) -> Times {
        self.0.options.times
    }

    /// How long syncs of the chain's files took since the start.
    pub fn syncs(&self) -> &Syncs {
        &self.0.options.syncs
    }

    /// Moves the clock of a chain on whose clock is set by hand, after what waits has been written; says
    /// where the chain is then. Whatever falls due on the way gets its block at its time, as on a
    /// chain with the clock of a machine.
    ///
    /// # Errors
    /// [`AdvanceError`], in the order of its variants.
    pub async fn advance(&self, by: Duration) -> Result<Head, AdvanceError> {
        let milliseconds = self.0.options.times.milliseconds(by)?;
        let moved = self.0.queue().push_move(milliseconds)?;
        self.0.wake.wake();
        moved.await.unwrap_or_else(|_| {
            // The writer was interrupted: the reason is why nothing is taken now.
            Err(self.0.queue().closed().unwrap_or(Unavailable::Stopped).into())
        })
    }

    /// The last durable block, and news of it.
    pub fn heights(&self) -> watch::Receiver<Head> {
        self.0.head.subscribe()
    }

    /// How the node is, for health checks and metrics.
    pub fn health(&self) -> Health {
        let head = *self.0.head.borrow();
        let queue = self.0.queue();
        let (waiting, waiting_bytes) = queue.pool.load();
        let snapshot = *self.0.snapshot.borrow();
        let rounds = self.0.rounds.load(Ordering::Relaxed);
        Health { head, closed: queue.closed(), waiting, waiting_bytes, snapshot, rounds }
    }

    /// Every node that may connect, in the order of the keys; `None` for a node that is alone.
    pub fn peers(&self) -> Option<Vec<Peer>> {
        let (network, _) = self.0.network.as_ref()?;
        let addresses = self.0.options.addresses();
        Some(self.with_state(|state| peers::peers(state, &addresses, network)))
    }

    /// Why this validator casts no votes, while it does not: it follows the chain all the same.
    pub fn silence(&self) -> Option<Silence> {
        self.0.silence.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How this node came to its chain, if it did not execute it from the beginning.
    pub fn arrival(&self) -> Option<Arrival> {
        self.0.arrival
    }

    /// Where it listens for other nodes.
    pub fn listens(&self) -> Option<SocketAddr> {
        self.0.network.as_ref().and_then(|(_, address)| *address)
    }

    /// The durable blocks of a range of heights, both ends included, read from disk one by one: the
    /// caller keeps the range short.
    ///
    /// # Errors
    /// [`NodeError::Storage`], [`NodeError::Damaged`].
    pub fn blocks(&self, from: Height, to: Height) -> Result<Vec<CommittedBlock>, NodeError> {
        let head = self.0.head.borrow().height;
        self.0.blocks.range(from, to.min(head))
    }

    /// Every block from now on, after it is durable and in the state.
    ///
    /// A follower that does not keep up is told so by the channel ([`broadcast::error::RecvError`])
    /// and catches up with [`Live::replay`]. To miss nothing: follow first, then replay up to the
    /// head, then take from the channel what is higher.
    pub fn follow(&self) -> broadcast::Receiver<Arc<Followed>> {
        self.0.followed.subscribe()
    }

    /// Executes the chain again, on a state of its own and on this thread, and hands over every
    /// durable block above `after` with the state after it, in order, until `each` breaks off. It
    /// begins at the newest snapshot that is not above `after`.
    ///
    /// # Errors
    /// [`NodeError::Storage`], [`NodeError::Damaged`].
    pub fn replay(
        &self,
        after: Height,
        each: &mut dyn FnMut(&State, Followed) -> ControlFlow<()>,
    ) -> Result<(), NodeError> {
        let snapshots = self.0.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = snapshots.newest(after, self.genesis(), &self.0.blocks);
        drop(snapshots);
        let begun = match snapshot {
            Some(state) => state,
            None => {
                State::from_genesis(self.genesis(), self.rulebook()).map_err(AuditError::from)?
            }
        };
        let mut replay = Replay::resume(self.genesis(), begun, self.rulebook());
        loop {
            let next = replay.state().tip().height.next();
            let Some(block) = self.blocks(next, next)?.pop() else { return Ok(()) };
            let receipts = replay.frame(Frame::Block(block.clone()))?;
            if next > after && each(replay.state(), Followed { block, receipts }).is_break() {
                return Ok(());
            }
        }
    }

    /// Why the node has ended by itself, when it has: whoever runs it must end then.
    pub fn ended(&self) -> watch::Receiver<Option<Arc<NodeError>>> {
        self.0.ended.subscribe()
    }

    /// Takes nothing new, writes what waits, stops the engine; returns when all is closed.
    pub fn stop(&self) {
        self.0.queue().drain();
        self.0.wake.wake();
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A panic of the writer has been printed by its thread.
            let _ = writer.join();
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
