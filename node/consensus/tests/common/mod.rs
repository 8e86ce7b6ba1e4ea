//! What the tests of many nodes share: an application that makes up its blocks and keeps them in
//! memory, on the real engine, over a hub or a swarm.

#![allow(dead_code, reason = "each test uses a part")]

use linli_consensus::{
    Built, Config, DecidedBlock, Memory, Next, Proposed, Request, Running, Silence, Start,
    StartError, Timeouts, Verdict, Voice,
};
use linli_ledger::certificate::{Validator, ValidatorSet};
use linli_ledger::crypto::{ConsensusKey, PublicKey};
use linli_ledger::evidence::Evidence;
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::types::{BlockHash, Height, OrganisationId};
use linli_network::{Allowed, Handle, Member, Network, NetworkKey, Role};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Nothing here waits for a time to pass; this only ends a test that would hang.
pub(crate) const GUARD: Duration = Duration::from_mins(2);

pub(crate) const GENESIS: Digest = Digest::Blake3([9; 32]);

/// Bytes of a block: a few parts.
const BLOCK_BYTES: usize = 150_000;

pub(crate) fn consensus_key(n: u8) -> ConsensusKey {
    ConsensusKey::from_seed(&[n; 32])
}

pub(crate) fn network_key(n: u8) -> NetworkKey {
    NetworkKey::from_seed(&[100 + n; 32])
}

pub(crate) fn peer(n: u8) -> PublicKey {
    network_key(n).public()
}

/// The set of these validators, with one vote each.
pub(crate) fn set(validators: &[u8]) -> ValidatorSet {
    let organisation = OrganisationId([5; 32]);
    let member = |n: &u8| Validator { key: consensus_key(*n).public(), organisation, power: 1 };
    ValidatorSet::new(validators.iter().map(member).collect()).expect("it is a set")
}

/// A list of validators and observers, without addresses.
pub(crate) fn list(validators: &[u8], observers: &[u8]) -> Allowed {
    let member = |role| Member { role, addresses: Vec::new() };
    let voting = validators.iter().map(|n| (peer(*n), member(Role::Validator)));
    voting.chain(observers.iter().map(|n| (peer(*n), member(Role::Observer)))).collect()
}

type Chain = Arc<Mutex<Vec<DecidedBlock>>>;

/// What a validator has signed, in a file.
#[derive(Debug)]
pub(crate) struct SignedFile(pub(crate) PathBuf);

impl Memory for SignedFile {
    fn read(&self) -> io::Result<Vec<u8>> {
        match fs::read(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read,
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut file = fs::File::options().create(true).append(true).open(&self.0)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        fs::write(&self.0, bytes)
    }
}

/// What a real application keeps on disk.
pub(crate) struct Application {
    validators: ValidatorSet,
    key: PublicKey,
    chain: Chain,
    /// Valid blocks that are not decided yet.
    held: BTreeMap<BlockHash, Vec<u8>>,
    proposed: BTreeMap<(Height, u32), Proposed>,
    resting: Option<oneshot::Sender<Next>>,
    /// Somebody else has proposed at the next height.
    woken: bool,
    /// The height that others have reached.
    ahead: u64,
    /// The highest height at which somebody else has proposed.
    heard: u64,
    /// What the engine has reported of others.
    evidence: Arc<Mutex<Vec<Evidence>>>,
}

impl Application {
    fn tip(&self) -> u64 {
        u64::try_from(self.chain.lock().expect("a lock").len()).expect("it is short")
    }

    fn start(&self) -> Start {
        Start { height: Height(self.tip() + 1), validators: self.validators.clone() }
    }

    fn judge(&mut self, height: Height, bytes: Vec<u8>) -> Verdict {
        let Some(first) = bytes.first_chunk() else { return Verdict::Unreadable };
        let block = BlockHash(digest(Domain::Header, &bytes));
        if u64::from_le_bytes(*first) != height.0 || height.0 != self.tip() + 1 {
            return Verdict::Reject(block);
        }
        self.held.insert(block, bytes);
        Verdict::Accept(block)
    }

    /// Answers; every request is answered but `Finalized`, which waits for work.
    fn answer(&mut self, request: Request) {
        // Whoever asked may be gone: a test ends when it has seen enough.
        match request {
            Request::Ready { reply } => drop(reply.send(self.start())),
            Request::StartedRound { height, round, reply, .. } => {
                let held = self.proposed.get(&(height, round)).copied();
                drop(reply.send(held.into_iter().collect()));
            }
            Request::Propose { height, round, reply, .. } => {
                let mut bytes = height.0.to_le_bytes().to_vec();
                bytes.extend(round.to_le_bytes());
                bytes.extend(self.key.bytes());
                bytes.resize(BLOCK_BYTES, 7);
                let block = BlockHash(digest(Domain::Header, &bytes));
                self.held.insert(block, bytes.clone());
                let proposer = self.key;
                self.proposed
                    .insert((height, round), Proposed { block, proposer, pol_round: None });
                drop(reply.send(Built { block, bytes }));
            }
            Request::Received { height, round, pol_round, proposer, bytes, reply, .. } => {
                assert!(height.0 <= self.tip() + 1, "{height} came before its turn");
                let verdict = self.judge(height, bytes);
                if let Verdict::Accept(block) = verdict {
                    self.woken = true;
                    self.heard = self.heard.max(height.0);
                    let proposed = Proposed { block, proposer, pol_round };
                    self.proposed.insert((height, round), proposed);
                }
                let _ = reply.send(verdict);
            }
            Request::Synced { height, bytes, reply, .. } => {
                let _ = reply.send(self.judge(height, bytes));
            }
            Request::Restream { block, reply, .. } => {
                drop(reply.send(self.held.get(&block).cloned()));
            }
            Request::Decided { height, block, certificate, reply } => {
                let bytes = self.held.remove(&block).expect("what is decided is held");
                certificate
                    .verify(&GENESIS, height, block, &self.validators)
                    .expect("what is decided is certified");
                let decided = DecidedBlock { height, block, bytes, certificate };
                self.chain.lock().expect("a lock").push(decided);
                self.woken = false;
                let _ = reply.send(());
            }
            Request::Finalized { evidence, reply, .. } => {
                self.evidence.lock().expect("a lock").extend(evidence);
                self.resting = Some(reply);
            }
            Request::Ahead { height } => self.ahead = height.0,
            Request::DecidedBlocks { range, reply } => {
                let chain = self.chain.lock().expect("a lock");
                let wanted = chain.iter().filter(|decided| range.contains(&decided.height));
                drop(reply.send(wanted.cloned().collect()));
            }
            Request::HistoryMinimum { reply } => drop(reply.send(Height(self.tip().min(1)))),
        }
    }
}

async fn run(
    mut running: Running,
    mut application: Application,
    mut target: watch::Receiver<u64>,
    mut stop: oneshot::Receiver<()>,
    tip: watch::Sender<(u64, u64)>,
) {
    loop {
        tokio::select! {
            request = running.requests.recv() => match request {
                Some(request) => application.answer(request),
                None => return,
            },
            Ok(()) = target.changed() => {}
            _ = &mut stop => return running.stop().await,
        }
        tip.send_replace((application.tip(), application.heard));
        let goal = application.ahead.max(*target.borrow());
        let work = application.woken || application.tip() < goal;
        if work && let Some(reply) = application.resting.take() {
            let _ = reply.send(Next::Start(application.start()));
        }
    }
}

/// What a node is started with.
#[derive(Clone)]
pub(crate) struct Setup {
    /// Names its network key and, unless `key` says otherwise, its validator's.
    pub(crate) n: u8,
    /// The validator whose key it holds.
    pub(crate) key: u8,
    pub(crate) validators: Vec<u8>,
    pub(crate) target: u64,
    pub(crate) chain: Chain,
}

impl Setup {
    /// A node with an empty chain that makes blocks up to `target`.
    pub(crate) fn new(n: u8, validators: &[u8], target: u64) -> Self {
        Self { n, key: n, validators: validators.to_vec(), target, chain: Chain::default() }
    }

    /// Its chain as it is now; it grows apart.
    pub(crate) fn clone_of_chain(&self) -> Chain {
        Arc::new(Mutex::new(self.chain.lock().expect("a lock").clone()))
    }

    /// Starts it in a folder, which keeps what it has signed.
    pub(crate) async fn start(self, folder: TempDir, network: Network) -> Node {
        self.start_by(folder, network, async |config| linli_consensus::start(config).await).await
    }

    /// As [`Setup::start`], with an engine that somebody else starts.
    pub(crate) async fn start_by(
        self,
        folder: TempDir,
        network: Network,
        begin: impl AsyncFnOnce(Config) -> Result<Running, StartError>,
    ) -> Node {
        let Self { n, key, validators, target, chain } = self.clone();
        let handle = network.link.handle.clone();
        let voice = validators.contains(&key).then(|| Voice {
            key: consensus_key(key),
            signed: Box::new(SignedFile(folder.path().join("signed"))),
        });
        let config = Config {
            moniker: format!("node {n}"),
            genesis: GENESIS,
            voice,
            wal: folder.path().join("consensus.wal"),
            timeouts: Timeouts::default(),
            network: network.link,
        };
        let running = begin(config).await.expect("it starts");
        let evidence = Arc::default();
        let application = Application {
            validators: set(&validators),
            key: consensus_key(key).public(),
            chain: chain.clone(),
            held: BTreeMap::new(),
            proposed: BTreeMap::new(),
            resting: None,
            woken: false,
            ahead: 0,
            heard: 0,
            evidence: Arc::clone(&evidence),
        };
        let (to_target, target) = watch::channel(target);
        let (to_tip, tip) = watch::channel((application.tip(), 0));
        let (stop, stopped) = oneshot::channel();
        let silence = running.silence.clone();
        let task = tokio::spawn(run(running, application, target, stopped, to_tip));
        let target = to_target;
        Node { setup: self, handle, chain, silence, evidence, tip, target, stop, task, folder }
    }
}

/// A node that runs.
pub(crate) struct Node {
    setup: Setup,
    pub(crate) handle: Handle,
    pub(crate) chain: Chain,
    pub(crate) silence: watch::Receiver<Option<Silence>>,
    pub(crate) evidence: Arc<Mutex<Vec<Evidence>>>,
    /// The height of its chain, and that of the last block that another proposed.
    tip: watch::Receiver<(u64, u64)>,
    target: watch::Sender<u64>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    folder: TempDir,
}

/// An empty folder.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

/// A folder with the same files, as far as there are no others in it.
pub(crate) fn copy(of: &Path) -> TempDir {
    let copy = folder();
    for entry in fs::read_dir(of).expect("it is a folder") {
        let entry = entry.expect("it has files");
        fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("they can be copied");
    }
    copy
}

impl Node {
    /// A node with an empty chain that makes blocks up to `target`.
    pub(crate) async fn start(n: u8, validators: &[u8], network: Network, target: u64) -> Self {
        Setup::new(n, validators, target).start(folder(), network).await
    }

    /// Stops it; what is left are its folder and how it was started.
    pub(crate) async fn stop(self) -> (Setup, TempDir) {
        let Self { setup, stop, task, folder, .. } = self;
        let _ = stop.send(());
        timeout(GUARD, task).await.expect("it stops").expect("it has not panicked");
        (setup, folder)
    }

    /// Stops it and starts it again with the same chain and log, on another network.
    pub(crate) async fn restart(self, network: impl AsyncFnOnce() -> Network, target: u64) -> Self {
        let (setup, folder) = self.stop().await;
        Setup { target, ..setup }.start(folder, network().await).await
    }

    /// Its folder as it is now.
    pub(crate) fn copy(&self) -> TempDir {
        copy(self.folder.path())
    }

    /// Waits until it is silent, or speaks again.
    pub(crate) async fn falls_silent(&mut self, meant: impl Fn(Option<&Silence>) -> bool) {
        let n = self.setup.n;
        let silence = self.silence.wait_for(|silence| meant(silence.as_ref()));
        let silence = timeout(GUARD, silence).await;
        silence.unwrap_or_else(|_| panic!("node {n} is not")).expect("it runs");
    }

    pub(crate) fn tip(&self) -> u64 {
        self.tip.borrow().0
    }

    /// Lets it make blocks up to this height.
    pub(crate) fn go(&self, target: u64) {
        self.target.send_replace(target);
    }

    /// Waits until its chain has this height.
    pub(crate) async fn reaches(&mut self, height: u64) {
        self.waits_for(height, |(tip, _)| *tip >= height).await;
    }

    /// Waits until it has received a valid block of this height, decided or not.
    pub(crate) async fn hears_of(&mut self, height: u64) {
        self.waits_for(height, |(_, heard)| *heard >= height).await;
    }

    async fn waits_for(&mut self, height: u64, come: impl FnMut(&(u64, u64)) -> bool) {
        let reached = timeout(GUARD, self.tip.wait_for(come)).await.map(|reached| reached.is_ok());
        let is = self.is();
        assert!(reached.unwrap_or_else(|_| panic!("{is}, below {height}")), "{is} has ended");
    }

    /// Where it is, for whoever waits in vain.
    fn is(&self) -> String {
        let (n, tip, silence) = (self.setup.n, self.tip(), self.silence.borrow().clone());
        format!("node {n} at {tip}, silent for {silence:?}")
    }
}

pub(crate) async fn all_reach(nodes: &mut [Node], height: u64) {
    for node in nodes.iter() {
        node.go(height);
    }
    for at in 0..nodes.len() {
        let reached = timeout(GUARD, nodes[at].tip.wait_for(|(tip, _)| *tip >= height)).await;
        let reached = reached.map(|reached| reached.is_ok());
        if reached != Ok(true) {
            let all: Vec<_> = nodes.iter().map(Node::is).collect();
            panic!("below {height}: {all:?}");
        }
    }
}

/// Every chain says the same as far as it goes. Each certificate was verified when it came.
pub(crate) fn check_same(nodes: &[Node]) {
    let chains: Vec<Vec<_>> = nodes
        .iter()
        .map(|node| {
            let chain = node.chain.lock().expect("a lock");
            chain.iter().map(|decided| (decided.height, decided.block)).collect()
        })
        .collect();
    for pair in chains.windows(2) {
        let [one, other] = pair else { panic!("windows of two") };
        let common = one.len().min(other.len());
        assert_eq!(one[..common], other[..common]);
    }
}
