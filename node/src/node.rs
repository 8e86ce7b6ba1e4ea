//! This exists to put the parts together: lock, replay, engine, application; and to wait for work, so
//! that no block is made for nothing.

use crate::application::{Application, Batch, Committed, check_rules};
use crate::blocks::Blocks;
use crate::chain_file::{ChainFile, Observer};
use crate::error::NodeError;
use crate::evidence::Seen;
use crate::shared::SharedState;
use crate::signed::Signed;
use crate::snapshots::Snapshots;
use crate::storage::{Folder, Storage, SyncObserver};
use crate::undecided::Undecided;
use linli_consensus::{Config, Next, Request, Running, Start, Timeouts, Voice};
use linli_ledger::block::Block;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::genesis::Genesis;
use linli_ledger::state::State;
use linli_ledger::types::Height;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLockReadGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// The engine of a validator that is alone has nothing to wait for. One whose log cannot be written
/// falls silent rather than vote without it.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it keeps `chain/` (all that an audit reads) and `node/` (what only this machine needs).
    pub folder: PathBuf,
    /// The chain.
    pub genesis: Genesis,
    /// Its rules.
    pub rulebook: Arc<Rulebook>,
    /// The key that signs votes.
    pub validator: ConsensusKey,
    /// Is told how long each sync of the chain's files takes; the engine's own log is not among them.
    pub synced: SyncObserver,
}

/// A validator that runs on the real engine, alone on a network without peers.
pub struct Node {
    runtime: Runtime,
    running: Option<Running>,
    application: Application,
    /// The engine waits to be told that there is work.
    waiting: Option<Waiting>,
    _lock: File,
}

/// A question of the engine that is held until there is something to decide.
enum Waiting {
    Ready(oneshot::Sender<Start>),
    Finalized(oneshot::Sender<Next>),
}

impl Waiting {
    fn go(self, start: Start) {
        // A dropped receiver means that the engine has ended; the next request will say so.
        match self {
            Self::Ready(reply) => drop(reply.send(start)),
            Self::Finalized(reply) => drop(reply.send(Next::Start(start))),
        }
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("tip", &self.state().tip().height).finish_non_exhaustive()
    }
}

impl Node {
    /// Opens a folder: reads, checks and replays its chain, starts the engine, and finishes a block
    /// that a crash left undecided. When it returns, nothing is pending.
    ///
    /// # Errors
    /// In this order: [`NodeError::Busy`], those of [`ChainFile::open`], [`NodeError::Engine`].
    pub fn open(options: Options, observer: &mut dyn Observer) -> Result<Self, NodeError> {
        Self::open_at(options, None, observer)
    }

    /// As [`Node::open`], but from the newest good snapshot, if there is one: `observer` sees only the
    /// blocks after it, and nothing before it is checked again.
    ///
    /// # Errors
    /// As [`Node::open`].
    pub fn start(options: Options, observer: &mut dyn Observer) -> Result<Self, NodeError> {
        let start = newest_snapshot(&options.folder, &options.genesis)?;
        Self::open_at(options, start.map(SharedState::new), observer)
    }

    /// As [`Node::open`], but from the state of a node that had to end. Only what follows it is
    /// replayed, and `shared` shows the result.
    ///
    /// # Errors
    /// As [`Node::open`].
    pub fn resume(
        options: Options,
        shared: SharedState,
        observer: &mut dyn Observer,
    ) -> Result<Self, NodeError> {
        Self::open_at(options, Some(shared), observer)
    }

    fn open_at(
        options: Options,
        shared: Option<SharedState>,
        observer: &mut dyn Observer,
    ) -> Result<Self, NodeError> {
        let Options { folder, genesis, rulebook, validator, synced } = options;
        let opened = open_folder(&folder, &genesis, &rulebook, &synced, shared, observer)?;
        let Opened { chain, state, undecided, signed, evidence: _, wal, lock } = opened;
        let key = validator.public();
        let (clock, verify) =
            (milliseconds_since_epoch, Box::new(|block: &Block| block.clone().verify()));
        let application = Application::new(state, rulebook, chain, undecided, key, clock, verify);
        let runtime = new_runtime()?;
        let config = Config {
            moniker: genesis.name.clone(),
            genesis: genesis.hash(),
            voice: Some(Voice { key: validator, signed: Box::new(signed) }),
            wal,
            timeouts: Timeouts::default(),
            network: linli_network::alone(),
        };
        let running = runtime
            .block_on(linli_consensus::start(config))
            .map_err(|error| NodeError::Engine(error.to_string()))?;
        let mut node =
            Self { runtime, running: Some(running), application, waiting: None, _lock: lock };
        node.run_until_idle()?;
        while let Some(block) = node.application.undecided() {
            observer.before(&node.state(), &block);
            node.proceed();
            node.run_until_idle()?;
            if let Some(committed) = node.application.take_committed() {
                observer.after(&committed.receipts);
            }
        }
        Ok(node)
    }

    /// The state after the last block; see [`SharedState::read`].
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        self.application.state().read()
    }

    /// The same for other threads: it always shows the last block.
    pub fn shared_state(&self) -> SharedState {
        self.application.state().clone()
    }

    /// Makes one block of a batch and returns when it is final and durable.
    ///
    /// # Errors
    /// [`NodeError::RulesUnknown`]; [`NodeError::Storage`], [`NodeError::Engine`]: the node must be opened again.
    ///
    /// # Panics
    /// If the batch's time is not after the last block's.
    pub fn commit(&mut self, batch: Batch) -> Result<Committed, NodeError> {
        assert!(batch.time > self.state().tip().time, "block time grows");
        self.application.check_rules()?;
        self.application.offer(batch);
        self.proceed();
        self.run_until_idle()?;
        self.application
            .take_committed()
            .ok_or_else(|| NodeError::Engine("the engine rests without having decided".to_owned()))
    }

    /// Stops the engine and waits until its log is closed.
    pub fn stop(mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }

    fn proceed(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.go(self.application.start());
        }
    }

    /// Answers the engine until it waits for work.
    fn run_until_idle(&mut self) -> Result<(), NodeError> {
        while self.waiting.is_none() {
            let running =
                self.running.as_mut().expect("taken by stop only, which consumes the node");
            let next = async { tokio::time::timeout(SILENCE_MAX, running.requests.recv()).await };
            let request = self
                .runtime
                .block_on(next)
                .map_err(|_| NodeError::Engine("it says nothing any more".to_owned()))?
                .ok_or_else(|| NodeError::Engine("it has stopped by itself".to_owned()))?;
            match request {
                Request::Ready { reply } => self.waiting = Some(Waiting::Ready(reply)),
                Request::Finalized { reply, .. } => {
                    self.waiting = Some(Waiting::Finalized(reply));
                }
                request @ (Request::StartedRound { .. }
                | Request::Propose { .. }
                | Request::Received { .. }
                | Request::Restream { .. }
                | Request::Decided { .. }
                | Request::Synced { .. }
                | Request::Ahead { .. }
                | Request::DecidedBlocks { .. }
                | Request::HistoryMinimum { .. }) => self.application.answer(request)?,
            }
        }
        Ok(())
    }
}

/// The folder of a node, read and checked.
pub(crate) struct Opened {
    pub(crate) chain: ChainFile,
    pub(crate) state: SharedState,
    pub(crate) undecided: Undecided,
    pub(crate) signed: Signed,
    pub(crate) evidence: Seen,
    /// Where the engine keeps its log.
    pub(crate) wal: PathBuf,
    pub(crate) lock: File,
}

/// Locks a folder, reads its chain and replays what `shared` does not show yet.
///
/// # Errors
/// In this order: [`NodeError::Busy`], those of [`ChainFile::open`], [`NodeError::RulesUnknown`].
pub(crate) fn open_folder(
    folder: &Path,
    genesis: &Genesis,
    rulebook: &Rulebook,
    synced: &SyncObserver,
    shared: Option<SharedState>,
    observer: &mut dyn Observer,
) -> Result<Opened, NodeError> {
    let own = folder.join("node");
    let private = || folder_storage(&own, synced);
    let storage = private()?;
    let lock = lock(&own)?;
    let chain = folder_storage(&folder.join("chain"), synced)?;
    let start = shared.as_ref().map(|shared| shared.read().clone());
    let (chain, state) = ChainFile::open(chain, storage, genesis, rulebook, start, observer)?;
    check_rules(&state, rulebook)?;
    let undecided = Undecided::open(private()?, state.tip().height.next())?;
    let state = match shared {
        Some(shared) => {
            *shared.write() = state;
            shared
        }
        None => SharedState::new(state),
    };
    let (signed, wal) = (Signed::new(private()?), own.join("wal").join("consensus.wal"));
    let evidence = Seen::open(private()?)?;
    Ok(Opened { chain, state, undecided, signed, evidence, wal, lock })
}

/// What the engine runs on.
pub(crate) fn new_runtime() -> Result<Runtime, NodeError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| NodeError::Engine(error.to_string()))
}

/// A chain that is shown and not written; nobody else writes it meanwhile.
#[derive(Debug)]
pub struct Shown {
    /// The state after the last block.
    pub state: SharedState,
    _lock: File,
}

impl Shown {
    /// Opens a folder without an engine and without a key, from the newest good snapshot.
    ///
    /// # Errors
    /// In this order: [`NodeError::Busy`], those of [`ChainFile::open`].
    pub fn open(
        folder: &Path,
        genesis: &Genesis,
        rulebook: &Rulebook,
        observer: &mut dyn Observer,
    ) -> Result<Self, NodeError> {
        Self::open_from(folder, genesis, rulebook, newest_snapshot, observer)
    }

    /// As [`Shown::open`], but from the genesis: `observer` sees every block.
    ///
    /// # Errors
    /// As [`Shown::open`].
    pub fn open_anew(
        folder: &Path,
        genesis: &Genesis,
        rulebook: &Rulebook,
        observer: &mut dyn Observer,
    ) -> Result<Self, NodeError> {
        Self::open_from(folder, genesis, rulebook, |_, _| Ok(None), observer)
    }

    fn open_from(
        folder: &Path,
        genesis: &Genesis,
        rulebook: &Rulebook,
        start: impl FnOnce(&Path, &Genesis) -> Result<Option<State>, NodeError>,
        observer: &mut dyn Observer,
    ) -> Result<Self, NodeError> {
        let own = folder.join("node");
        let private = folder_storage(&own, &SyncObserver::default())?;
        let lock = lock(&own)?;
        let start = start(folder, genesis)?;
        let chain = folder_storage(&folder.join("chain"), &SyncObserver::default())?;
        let (_, state) = ChainFile::open(chain, private, genesis, rulebook, start, observer)?;
        Ok(Self { state: SharedState::new(state), _lock: lock })
    }
}

/// Where the snapshots of a node lie, within its folder.
pub const SNAPSHOTS: &str = "snapshots";

pub(crate) fn newest_snapshot(
    folder: &Path,
    genesis: &Genesis,
) -> Result<Option<State>, NodeError> {
    let blocks = Blocks::new(folder_storage(&folder.join("chain"), &SyncObserver::default())?);
    let snapshots =
        Snapshots::new(folder_storage(&folder.join(SNAPSHOTS), &SyncObserver::default())?);
    Ok(snapshots.newest(Height(u64::MAX), genesis, &blocks))
}

pub(crate) fn folder_storage(
    path: &Path,
    synced: &SyncObserver,
) -> Result<Box<dyn Storage>, NodeError> {
    match Folder::observed(path, synced.clone()) {
        Ok(folder) => Ok(Box::new(folder)),
        Err(source) => {
            let what = path.display().to_string();
            Err(NodeError::Storage { action: "create the folder", what, source })
        }
    }
}

pub(crate) fn lock(folder: &Path) -> Result<File, NodeError> {
    let path = folder.join("lock");
    let failed =
        |source| NodeError::Storage { action: "lock", what: path.display().to_string(), source };
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(NodeError::Busy { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// What time this machine says it is; 0 before the epoch.
pub fn milliseconds_since_epoch() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
