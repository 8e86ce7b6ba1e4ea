//! This exists to run a node among others: it takes part in deciding or follows, brings the others what
//! its clients hand in, and takes from them what waits for a block.

use super::gossip::{MESSAGE_BYTES_MAX, pack};
use super::heard::Silenced;
use super::peers::allowed;
use super::snapshotting::Snapshotter;
use super::telling::is_due;
use super::ticket::Unavailable;
use super::writer::{opened, recorded, recorder};
use super::{Followed, Inner, Live, LiveError, LiveOptions, NetworkOptions, room};
use futures::executor::block_on;
use linli_ledger::block::Block;
use linli_ledger::crypto::{ConsensusKey, PublicKey};
use linli_ledger::due;
use linli_ledger::genesis::Genesis;
use linli_ledger::replay::AuditError;
use linli_ledger::state::State;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{BlockTime, TransactionId};
use linli_network::{Allowed, Config, Event, Gossip, Handle, Link, Network, Topic};
use linli_node::history::{self, Arrival, Server};
use linli_node::{Batch, Committed, JoinOptions, Joined, Joining, NodeError, Waker, Work};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep_until};
use tracing::{debug, error, warn};

/// How long a node that is being stopped waits for what its clients handed in.
const DRAIN_MAX: Duration = Duration::from_secs(5);
/// How often the disk is asked how full it is and the validator whether it votes, and what was deferred is
/// tried again.
const PERIOD: Duration = Duration::from_secs(1);
/// Bytes that are announced at once, before anything else is looked at.
const ANNOUNCED_MAX: usize = 8 * MESSAGE_BYTES_MAX;

/// Where a node meets the others.
pub(super) enum Meeting {
    /// On a network that runs already.
    Running(Network),
    /// On a swarm of its own.
    Swarm(NetworkOptions),
}

/// Starts a node among others.
pub(super) fn open(options: LiveOptions, meeting: Meeting) -> Result<Live, LiveError> {
    opened(move |tell| match start(options, meeting) {
        Ok((live, member)) => {
            if tell.send(Ok(live)).is_ok() {
                member.run();
            }
        }
        Err(error) => drop(tell.send(Err(error))),
    })
}

fn start(options: LiveOptions, meeting: Meeting) -> Result<(Live, Member), LiveError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("network")
        .enable_all()
        .build()
        .map_err(LiveError::Thread)?;
    let LiveOptions { folder, genesis, rulebook, validator, .. } = options.clone();
    let addresses = options.addresses();
    let known = addresses.clone();
    let (mut meeting, mut start) = (meeting, None);
    if Arrival::is_due(&folder, options.join_by_snapshot)? {
        let begun = State::from_genesis(&genesis, &rulebook).map_err(AuditError::from);
        let begun = begun.map_err(NodeError::from)?;
        let mut network = meet(&runtime, meeting, &genesis, allowed(&begun, &addresses))?;
        (_, start) = runtime.block_on(history::join(&folder, &genesis, &mut network))?;
        meeting = Meeting::Running(network);
    }
    let joining = JoinOptions {
        folder,
        genesis: genesis.clone(),
        rulebook,
        validator: validator.clone(),
        synced: options.syncs.observer(),
        allowed: Box::new(move |state| allowed(state, &known)),
        clock: options.clock,
        start,
    };
    let mut recorder = recorder(&options);
    let joining = Joining::open(joining, &mut recorder)?;
    let state = joining.shared_state();
    let list = allowed(&state.read(), &addresses);
    let network = meet(&runtime, meeting, &genesis, list)?;
    let Network { link, history, transactions, address } = network;
    let handle = link.handle.clone();
    let live = Live::new(options, state.clone(), None, Some((handle.clone(), address)))?;
    let wanted = live.0.snapshots.lock().unwrap_or_else(PoisonError::into_inner).wanted();
    show(Server::open(live.folder(), &genesis, state, wanted)?, history)?;
    if !handle.allowed().contains(&handle.local()) {
        warn!(key = %handle.local(), "the chain does not list this node; the others refuse it");
    }
    let inner = live.0.clone();
    let followed = inner.followed.subscribe();
    let (alive, ended) = oneshot::channel();
    let work = Turn {
        inner: inner.clone(),
        proposer: validator.as_ref().map(ConsensusKey::public),
        offered: Vec::new(),
        due: None,
        idle: false,
        busy: None,
        _alive: alive,
    };
    let judge = inner.clone();
    let verify = Box::new(move |block: &Block| judge.verify_block(block));
    let joined = joining.join(link, Box::new(work), verify)?;
    let snapshotter = Snapshotter::new(inner.clone(), recorded(recorder));
    let waker = joined.waker();
    let exchange = Exchange {
        inner,
        snapshotter,
        followed,
        handle,
        waker,
        transactions,
        silenced: Silenced::default(),
        ended,
    };
    Ok((live, Member { runtime, joined, exchange }))
}

/// Meets the others, with these on the list.
fn meet(
    runtime: &Runtime,
    meeting: Meeting,
    genesis: &Genesis,
    allowed: Allowed,
) -> Result<Network, LiveError> {
    match meeting {
        Meeting::Running(network) => {
            network.link.handle.allow(allowed);
            Ok(network)
        }
        Meeting::Swarm(NetworkOptions { key, listen, .. }) => {
            let config = Config { chain: genesis.hash(), key, listen, allowed };
            Ok(runtime.block_on(linli_network::start(config))?)
        }
    }
}

/// Shows the history of this node to others, one question after the other on a thread of its own, until the
/// network ends.
fn show(mut server: Server, history: Link) -> Result<(), LiveError> {
    let Link { handle, mut events, .. } = history;
    let serve = move || {
        while let Some(event) = events.blocking_recv() {
            let Event::Asked { id, bytes, .. } = event else { continue };
            match server.answer(&bytes) {
                Some(answer) => block_on(handle.respond(id, answer.into())),
                None => block_on(handle.forget(id)),
            }
        }
    };
    let thread = std::thread::Builder::new().name("history".into());
    thread.spawn(serve).map(drop).map_err(LiveError::Thread)
}

/// What the node asks when it is its turn, and what it tells.
struct Turn {
    inner: Arc<Inner>,
    /// The key of this validator.
    proposer: Option<PublicKey>,
    /// The candidates of the last block that this node built.
    offered: Vec<TransactionId>,
    /// What falls due next.
    due: Option<BlockTime>,
    /// Something is due that no block handles: do not make blocks for it in a loop.
    idle: bool,
    /// Since when there is work for the next block.
    busy: Option<Instant>,
    /// Dropped when the node has ended.
    _alive: oneshot::Sender<()>,
}

impl Turn {
    fn now(&self, state: &State) -> BlockTime {
        let tip = state.tip().time;
        self.inner.options.now(tip).max(tip.plus(1))
    }
}

impl Work for Turn {
    fn batch(&mut self, state: &State) -> Batch {
        let transactions = self.inner.queue().pool.candidates();
        self.offered = transactions.iter().map(VerifiedTransaction::id).collect();
        Batch { time: self.now(state), transactions }
    }

    fn committed(&mut self, mut committed: Committed, state: &State) {
        let header = committed.header();
        let was_due = self.due.is_some_and(|due| due <= header.time);
        self.idle = was_due && !committed.receipts.iter().any(is_due);
        // What was refused while a block was built that others have not decided may yet be taken.
        if Some(header.proposer) != self.proposer {
            committed.refused.clear();
        }
        if let Some(since) = self.busy.take() {
            self.inner.queue().took(since.elapsed());
        }
        self.inner.tell(state, &std::mem::take(&mut self.offered), committed);
    }

    fn rest(&mut self, state: &State) -> Duration {
        let tip = state.tip().time;
        self.due = due::next(state);
        if self.inner.refuse_first(state, self.now(state)) {
            self.busy.get_or_insert_with(Instant::now);
            return Duration::ZERO;
        }
        let due = self.due.filter(|_| !self.idle);
        longest_rest(tip, due, self.inner.options.heartbeat)
    }
}

/// How long after a block of this time nobody needs the next, if nothing waits. As the chain counts: a clock
/// that is wrong keeps nobody awake. Source: NET-4.8.
fn longest_rest(tip: BlockTime, due: Option<BlockTime>, heartbeat: Option<Duration>) -> Duration {
    let due = due.map(|due| Duration::from_millis(due.0.saturating_sub(tip.0)));
    due.into_iter().chain(heartbeat).min().unwrap_or(Duration::MAX)
}

/// A node that has joined the others.
struct Member {
    runtime: Runtime,
    joined: Joined,
    exchange: Exchange,
}

impl Member {
    fn run(self) {
        let Self { runtime, joined, mut exchange } = self;
        runtime.block_on(exchange.run(&joined));
        let stopped = joined.stop();
        let Exchange { inner, snapshotter, .. } = exchange;
        match stopped {
            Ok(()) => {
                inner.queue().close(Unavailable::Draining);
                snapshotter.end();
            }
            Err(error) => {
                error!(%error, "the node ends");
                inner.queue().close(Unavailable::Stopped);
                inner.ended.send_replace(Some(Arc::new(error)));
            }
        }
    }
}

/// What goes between clients, node and network until the end.
struct Exchange {
    inner: Arc<Inner>,
    snapshotter: Snapshotter,
    followed: broadcast::Receiver<Arc<Followed>>,
    handle: Handle,
    waker: Waker,
    transactions: mpsc::Receiver<Gossip>,
    silenced: Silenced,
    ended: oneshot::Receiver<()>,
}

impl Exchange {
    async fn run(&mut self, joined: &Joined) {
        let mut second = interval(PERIOD);
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut up = self.handle.up();
        let mut last = None;
        loop {
            let due = self.inner.queue().pool.announcement_due();
            tokio::select! {
                _ = &mut self.ended => return,
                () = self.inner.wake.exchange.notified() => self.waker.wake(),
                Some(gossip) = self.transactions.recv() => self.hear(&gossip),
                Ok(()) = up.changed() => self.inner.queue().pool.announce_again(Instant::now()),
                followed = self.followed.recv() => self.follow(followed),
                () = until(due), if due.is_some() => {}
                _ = second.tick() => self.look_around(joined),
            }
            self.announce().await;
            let queue = self.inner.queue();
            if queue.is_ending() {
                let last = *last.get_or_insert_with(|| Instant::now() + DRAIN_MAX);
                if queue.pool.has_only_others() || Instant::now() >= last {
                    return;
                }
            }
        }
    }

    /// Tells the others what clients have handed in here.
    async fn announce(&mut self) {
        let taken = self.inner.queue().pool.take_announcements(Instant::now(), ANNOUNCED_MAX);
        for message in pack(&taken) {
            if let Err(error) = self.handle.publish(Topic::Transactions, message).await {
                // The node ends with its network.
                debug!(%error, "not announced");
            }
        }
    }

    /// Takes what another node has announced. One that only follows builds no block and needs none of it.
    fn hear(&mut self, gossip: &Gossip) {
        let builds = self.inner.options.validator.is_some();
        if builds && self.inner.hear(gossip, &mut self.silenced, Instant::now()) {
            self.waker.wake();
        }
    }

    fn follow(&mut self, followed: Result<Arc<Followed>, broadcast::error::RecvError>) {
        match followed {
            Ok(followed) => self.snapshotter.note(followed.receipts.len()),
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                (0..missed).for_each(|_| self.snapshotter.note(0));
            }
            // The node holds the other end for as long as this does.
            Err(broadcast::error::RecvError::Closed) => {}
        }
        self.snapshotter.begin();
    }

    /// A disk that is about to be full takes nothing new of clients; blocks of others are followed.
    fn look_around(&self, joined: &Joined) {
        *self.inner.silence.lock().unwrap_or_else(PoisonError::into_inner) = joined.silence();
        let options = &self.inner.options;
        let full = room::available(&options.folder).is_ok_and(|room| room < options.reserve);
        let mut queue = self.inner.queue();
        queue.pause(full.then_some(Unavailable::StorageFull));
        if queue.pool.has_deferred() {
            queue.pool.resume();
            self.waker.wake();
        }
    }
}

async fn until(due: Option<Instant>) {
    if let Some(due) = due {
        sleep_until(due.into()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::QueueLimits;
    use super::super::heard::tests::{quiet_with, transaction};
    use super::super::pool::Home;
    use super::super::queue::Queue;
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    static CLOCK: AtomicU64 = AtomicU64::new(0);

    #[test]
    fn what_no_block_took_is_tried_again_after_a_block_or_a_second_and_not_whenever_something_comes()
     {
        let (live, _folder) = quiet_with(|options| LiveOptions {
            clock: || CLOCK.load(Ordering::Relaxed),
            heartbeat: None,
            ..options
        });
        let inner = live.0.clone();
        *inner.queue() = Queue::new(QueueLimits::default(), Duration::from_mins(1));
        let (one, state) = (transaction("office", 1), inner.state.clone());
        let good = one.body().valid_until.0;
        let _ticket = inner.queue().push(one, Home::Nobody, Instant::now()).unwrap();
        let mut turn = Turn {
            inner: inner.clone(),
            proposer: None,
            offered: Vec::new(),
            due: None,
            idle: false,
            busy: None,
            _alive: oneshot::channel().0,
        };
        // This node believes that it is void, then that it is good.
        CLOCK.store(good + 1, Ordering::Relaxed);
        assert_ne!(turn.rest(&state.read()), Duration::ZERO);
        CLOCK.store(good, Ordering::Relaxed);
        assert_ne!(turn.rest(&state.read()), Duration::ZERO, "it was tried just now");
        inner.queue().pool.resume();
        assert_eq!(turn.rest(&state.read()), Duration::ZERO);
    }

    #[test]
    fn a_node_rests_until_something_falls_due_or_the_heartbeat() {
        let (tip, minute) = (BlockTime(100_000), Duration::from_mins(1));
        for (due, heartbeat, rest) in [
            (None, None, Duration::MAX),
            (None, Some(minute), minute),
            (Some(100_250), Some(minute), Duration::from_millis(250)),
            (Some(100_250), None, Duration::from_millis(250)),
            (Some(160_001), Some(minute), minute),
            (Some(100_000), Some(minute), Duration::ZERO),
            (Some(5), Some(minute), Duration::ZERO),
        ] {
            assert_eq!(longest_rest(tip, due.map(BlockTime), heartbeat), rest, "{due:?}");
        }
    }
}
