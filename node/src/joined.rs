//! This exists to run a node among others: blocks come from whoever has the turn, and nobody makes one
//! while there is nothing to decide.

use crate::application::{Application, Batch, Committed, Verifier};
use crate::chain_file::Observer;
use crate::error::NodeError;
use crate::evidence::Seen;
use crate::node::{Opened, new_runtime, newest_snapshot, open_folder};
use crate::shared::SharedState;
use crate::storage::SyncObserver;
use linli_consensus::{Config, Next, Request, Running, Silence, Timeouts, Voice};
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::genesis::Genesis;
use linli_ledger::state::State;
use linli_ledger::types::Height;
use linli_network::{Allowed, Handle, Link};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, sleep_until};

/// Where transactions come from, and whom blocks are told to.
pub trait Work: Send {
    /// What this validator's next block is made of. Without transactions it is an empty block: a
    /// heartbeat, or the first after a start.
    fn batch(&mut self, state: &State) -> Batch;

    /// Takes a block that is final and durable, whoever made it, and the state after it.
    fn committed(&mut self, committed: Committed, state: &State);

    /// How long after a block the next one is wanted: zero if something waits, otherwise until
    /// something falls due or the heartbeat (D3). Asked after every block and whenever
    /// [`Waker::wake`] says that there is news; no clock of this machine is in it, so one that is wrong
    /// keeps nobody awake.
    fn rest(&mut self, state: &State) -> Duration;
}

/// Who may connect after a block: the caller reads it from the state.
pub type AllowedAfter = Box<dyn Fn(&State) -> Allowed + Send>;

/// What a node among others is started with.
pub struct JoinOptions {
    /// Where it keeps `chain/` (all that an audit reads) and `node/` (what only this machine needs).
    pub folder: PathBuf,
    /// The chain.
    pub genesis: Genesis,
    /// Its rules.
    pub rulebook: Arc<Rulebook>,
    /// The key that signs votes; `None` follows the chain without a vote.
    pub validator: Option<ConsensusKey>,
    /// Is told how long each sync of the chain's files takes.
    pub synced: SyncObserver,
    /// Who may connect; asked at the start and after every block.
    pub allowed: AllowedAfter,
    /// What time this machine says it is, in milliseconds since the epoch.
    pub clock: fn() -> u64,
    /// The state to begin with, if it was made just now; else that of the newest good snapshot.
    pub start: Option<State>,
}

impl std::fmt::Debug for JoinOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinOptions").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A node whose folder is read, and which has not joined the others yet.
pub struct Joining {
    opened: Opened,
    genesis: Genesis,
    rulebook: Arc<Rulebook>,
    validator: Option<ConsensusKey>,
    allowed: AllowedAfter,
    clock: fn() -> u64,
}

impl std::fmt::Debug for Joining {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joining").finish_non_exhaustive()
    }
}

impl Joining {
    /// Opens the folder from its newest good snapshot, and reads and checks what follows it.
    ///
    /// # Errors
    /// In this order: [`NodeError::Busy`], those of
    /// [`ChainFile::open`](crate::chain_file::ChainFile::open), [`NodeError::RulesUnknown`].
    pub fn open(options: JoinOptions, observer: &mut dyn Observer) -> Result<Self, NodeError> {
        let JoinOptions { folder, genesis, rulebook, validator, synced, allowed, clock, start } =
            options;
        let start = match start {
            Some(state) => Some(state),
            None => newest_snapshot(&folder, &genesis)?,
        };
        let snapshot = start.map(SharedState::new);
        let opened = open_folder(&folder, &genesis, &rulebook, &synced, snapshot, observer)?;
        Ok(Self { opened, genesis, rulebook, validator, allowed, clock })
    }

    /// The state; once the node has joined it always shows the last block.
    pub fn shared_state(&self) -> SharedState {
        self.opened.state.clone()
    }

    /// Joins the others on a network that runs already. `verify` checks bytes and signatures of a block
    /// that somebody else proposes, as [`Block::verify`](linli_ledger::block::Block::verify) does, and need
    /// not do again what it has done before.
    ///
    /// The engine starts at once, because a node that is behind must ask for blocks: the first block
    /// after a start may be empty.
    ///
    /// # Errors
    /// [`NodeError::Engine`].
    pub fn join(
        self,
        network: Link,
        work: Box<dyn Work>,
        verify: Verifier,
    ) -> Result<Joined, NodeError> {
        let Self { opened, genesis, rulebook, validator, allowed, clock } = self;
        let Opened { chain, state, undecided, signed, evidence, wal, lock } = opened;
        let handle = network.handle.clone();
        handle.allow(allowed(&state.read()));
        let local = validator.as_ref().map_or(handle.local(), ConsensusKey::public);
        let application =
            Application::new(state.clone(), rulebook, chain, undecided, local, clock, verify);
        let runtime = new_runtime()?;
        let config = Config {
            moniker: genesis.name.clone(),
            genesis: genesis.hash(),
            voice: validator.map(|key| Voice { key, signed: Box::new(signed) }),
            wal,
            timeouts: Timeouts::default(),
            network,
        };
        let running = runtime
            .block_on(linli_consensus::start(config))
            .map_err(|error| NodeError::Engine(error.to_string()))?;
        let silence = running.silence.clone();
        let (stop, stopped) = oneshot::channel();
        let waker = Waker(Arc::new(Notify::new()));
        let node = Loop {
            running,
            application,
            evidence,
            handle,
            allowed,
            work,
            resting: None,
            has_work: false,
            ahead: Height(0),
            rested: Instant::now(),
            rest: Duration::ZERO,
            _lock: lock,
        };
        let woken = waker.0.clone();
        let thread = std::thread::Builder::new()
            .name("node".into())
            .spawn(move || runtime.block_on(node.run(&woken, stopped)))
            .map_err(|error| NodeError::Engine(error.to_string()))?;
        Ok(Joined { state, silence, waker, stop, thread })
    }
}

/// Tells a node that its work may have changed; cheap to clone.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Notify>);

impl Waker {
    /// Makes the node ask again how long it may rest.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// A node among others, which runs on a thread of its own. When it ends by itself, its [`Work`] is
/// dropped.
#[derive(Debug)]
pub struct Joined {
    state: SharedState,
    silence: watch::Receiver<Option<Silence>>,
    waker: Waker,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), NodeError>>,
}

impl Joined {
    /// The state; it always shows the last block.
    pub fn shared_state(&self) -> SharedState {
        self.state.clone()
    }

    /// Why this validator casts no votes, while it does not: it follows the chain all the same.
    pub fn silence(&self) -> Option<Silence> {
        self.silence.borrow().clone()
    }

    /// Tells it that there may be work.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Whether it has ended by itself; [`Joined::stop`] says why.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Stops it, waits until its log is closed, and says why it had ended if it had.
    ///
    /// # Errors
    /// [`NodeError::Storage`], [`NodeError::RulesUnknown`], [`NodeError::Engine`].
    pub fn stop(self) -> Result<(), NodeError> {
        // One that has ended hears nothing, and need not.
        let _ = self.stop.send(());
        let crashed = |_| Err(NodeError::Engine("the node's thread has panicked".to_owned()));
        self.thread.join().unwrap_or_else(crashed)
    }
}

/// What the thread owns.
struct Loop {
    running: Running,
    application: Application,
    evidence: Seen,
    handle: Handle,
    allowed: AllowedAfter,
    work: Box<dyn Work>,
    /// The engine waits to be told that there is something to decide.
    resting: Option<oneshot::Sender<Next>>,
    has_work: bool,
    /// The height that others have reached.
    ahead: Height,
    /// When the last block was decided.
    rested: Instant,
    /// How long after it the next one is wanted.
    rest: Duration,
    _lock: File,
}

impl Loop {
    async fn run(
        mut self,
        woken: &Notify,
        mut stopped: oneshot::Receiver<()>,
    ) -> Result<(), NodeError> {
        self.rest = self.asked();
        loop {
            let wanted = self.wanted();
            tokio::select! {
                request = self.running.requests.recv() => match request {
                    Some(request) => self.answer(request)?,
                    None => return Err(NodeError::Engine("it has stopped by itself".to_owned())),
                },
                () = woken.notified() => self.rest = self.asked(),
                () = until(wanted), if self.resting.is_some() => self.has_work = true,
                _ = &mut stopped => {
                    self.running.stop().await;
                    return Ok(());
                }
            }
            if self.has_work
                && let Some(reply) = self.resting.take()
            {
                let _ = reply.send(Next::Start(self.application.start()));
            }
        }
    }

    fn asked(&mut self) -> Duration {
        self.work.rest(&self.application.state().read())
    }

    /// When the next block is wanted; `None` for never.
    fn wanted(&self) -> Option<Instant> {
        self.rested.checked_add(self.rest)
    }

    fn answer(&mut self, request: Request) -> Result<(), NodeError> {
        match request {
            Request::Ready { reply } => {
                let _ = reply.send(self.application.start());
            }
            Request::Finalized { evidence, reply, .. } => {
                for evidence in evidence {
                    self.evidence.keep(evidence)?;
                }
                self.resting = Some(reply);
            }
            request @ Request::Propose { .. } => {
                let batch = self.work.batch(&self.application.state().read());
                self.application.offer(batch);
                self.application.answer(request)?;
            }
            request @ Request::Received { .. } => {
                // Somebody has work: this height wants our vote.
                self.has_work = true;
                self.application.answer(request)?;
            }
            request @ Request::Decided { .. } => {
                self.application.answer(request)?;
                self.decided();
                self.application.check_rules()?;
            }
            Request::Ahead { height } => {
                self.ahead = height;
                self.has_work |= self.is_behind();
            }
            request @ (Request::StartedRound { .. }
            | Request::Restream { .. }
            | Request::Synced { .. }
            | Request::DecidedBlocks { .. }
            | Request::HistoryMinimum { .. }) => self.application.answer(request)?,
        }
        Ok(())
    }

    /// The network follows the block before the next one can begin.
    fn decided(&mut self) {
        let allowed = (self.allowed)(&self.application.state().read());
        if allowed != self.handle.allowed() {
            self.handle.allow(allowed);
        }
        if let Some(committed) = self.application.take_committed() {
            self.work.committed(committed, &self.application.state().read());
        }
        self.has_work = self.is_behind();
        self.rested = Instant::now();
        self.rest = self.asked();
    }

    fn is_behind(&self) -> bool {
        self.application.state().read().tip().height < self.ahead
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
