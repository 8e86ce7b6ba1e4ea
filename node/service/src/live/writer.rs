//! This exists to be the one thread that writes: it waits for work, makes a block of it, and tells
//! everybody.

use super::queue::{Move, Queue};
use super::room;
use super::snapshotting::Snapshotter;
use super::telling::is_due;
use super::ticket::Unavailable;
use super::{Inner, Live, LiveError, LiveOptions, Times, milliseconds};
use crate::index::{self, Recorder};
use linli_ledger::due;
use linli_ledger::receipt::Receipt;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::BlockTime;
use linli_node::{Batch, Committed, Node, NodeError, Observer, Options, Shown};
use std::sync::{Arc, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tracing::{error, info, warn};

/// A block, its copy among the undecided, and the engine's log.
const ROOM_MIN: u64 = 12 * 1024 * 1024;
/// How often a full disk is asked again.
const ROOM_PERIOD: Duration = Duration::from_millis(500);

/// Starts the writer where there is a key; otherwise only reads the chain.
pub(super) fn open(options: LiveOptions) -> Result<Live, LiveError> {
    opened(move |tell| match start(options) {
        Ok((live, node)) => {
            let inner = live.0.clone();
            if tell.send(Ok(live)).is_ok()
                && let Some((node, snapshotter)) = node
            {
                Writer { inner, snapshotter, idle: false }.run(node);
            }
        }
        Err(error) => drop(tell.send(Err(error))),
    })
}

/// Runs a node on a thread of its own, and says when it is open. The node lives and dies there: it has a
/// runtime of its own, which must not be dropped within another.
pub(super) fn opened(
    run: impl FnOnce(&mpsc::Sender<Result<Live, LiveError>>) + Send + 'static,
) -> Result<Live, LiveError> {
    let (tell, answer) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("writer".into())
        .spawn(move || run(&tell))
        .map_err(LiveError::Thread)?;
    let gone = || NodeError::Engine("the writer ended while it started".to_owned());
    let live = answer.recv().unwrap_or_else(|_| Err(gone().into()))?;
    *live.0.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    Ok(live)
}

/// For what a start executes: it is counted, and kept for the read model.
pub(super) fn recorder(options: &LiveOptions) -> Recorder {
    Recorder::new(index::newest(&options.folder))
}

/// Ends a recording; says how many blocks and receipts there were.
pub(super) fn recorded(recorder: Recorder) -> (u64, u64) {
    let executed = recorder.blocks_and_receipts();
    if let Err(error) = recorder.finish() {
        warn!(%error, "the read model will execute these blocks again");
    }
    executed
}

/// Receipts of the blocks that a resumed node found or finished.
#[derive(Debug, Default)]
struct Found(Vec<Vec<Receipt>>);

impl Observer for Found {
    fn after(&mut self, receipts: &[Receipt]) {
        self.0.push(receipts.to_vec());
    }
}

fn node_options(options: &LiveOptions) -> Option<Options> {
    let LiveOptions { folder, genesis, rulebook, validator, .. } = options.clone();
    let synced = options.syncs.observer();
    Some(Options { folder, genesis, rulebook, validator: validator?, synced })
}

fn start(options: LiveOptions) -> Result<(Live, Option<(Node, Snapshotter)>), LiveError> {
    let mut recorder = recorder(&options);
    if let Some(node_options) = node_options(&options) {
        let node = Node::start(node_options, &mut recorder)?;
        let live = Live::new(options, node.shared_state(), None, None)?;
        let snapshotter = Snapshotter::new(live.0.clone(), recorded(recorder));
        return Ok((live, Some((node, snapshotter))));
    }
    let LiveOptions { folder, genesis, rulebook, .. } = &options;
    let shown = Shown::open(folder, genesis, rulebook, &mut recorder)?;
    let live = Live::new(options, shown.state.clone(), Some(shown), None)?;
    live.0.queue().close(Unavailable::ReadOnly);
    // It will not change any more: what took long this time is quick the next.
    Snapshotter::new(live.0.clone(), recorded(recorder)).end();
    Ok((live, None))
}

struct Writer {
    inner: Arc<Inner>,
    snapshotter: Snapshotter,
    /// Something is due that no block handles: do not make blocks for it in a loop.
    idle: bool,
}

enum Work {
    /// Something waits or is due, or it is time for the heartbeat.
    Block,
    /// The clock is to be moved on.
    Move(Move),
    /// A while has passed.
    Nothing,
    End,
}

impl Writer {
    fn run(mut self, mut node: Node) {
        loop {
            self.snapshotter.begin();
            let work = match self.wait(&node) {
                Work::Nothing => continue,
                Work::End => break,
                work @ (Work::Block | Work::Move(_)) => work,
            };
            if !self.has_room(self.inner.options.reserve) {
                if !self.wait_for_room() {
                    break;
                }
                continue;
            }
            let done = match work {
                Work::Block => self.write(&mut node),
                Work::Move(wish) => self.advance(&mut node, wish),
                Work::Nothing | Work::End => Ok(()),
            };
            let error = match done {
                Ok(()) => continue,
                Err(error) => error,
            };
            // An engine that cannot write its log falls silent without saying why.
            let silent = matches!(error, NodeError::Engine(_)) && !self.has_room(ROOM_MIN);
            if !error.is_storage_full() && !silent {
                node.stop();
                return self.fail(error);
            }
            warn!(%error, "the disk is full");
            node.stop();
            match self.resume() {
                Ok(Some(resumed)) => node = resumed,
                Ok(None) => return self.end(),
                Err(error) => return self.fail(error),
            }
        }
        node.stop();
        self.end();
    }

    fn end(self) {
        self.inner.queue().close(Unavailable::Draining);
        self.snapshotter.end();
    }

    /// Ends the node: nobody knows what is on the disk, or something is broken.
    fn fail(self, error: NodeError) {
        error!(%error, "the node ends");
        self.inner.queue().close(Unavailable::Stopped);
        self.inner.ended.send_replace(Some(Arc::new(error)));
    }

    fn has_room(&self, bytes: u64) -> bool {
        // A disk that does not even say how full it is will fail at the next write, with a reason.
        room::available(&self.inner.options.folder).map_or(true, |available| available >= bytes)
    }

    /// Takes nothing new until there is room again; `false` if the end has come before.
    fn wait_for_room(&self) -> bool {
        let enough = self.inner.options.reserve.max(ROOM_MIN);
        let mut queue = self.inner.queue();
        queue.close(Unavailable::StorageFull);
        warn!("the disk is full; nothing is written until there is room");
        while !self.has_room(enough) {
            if queue.is_ending() {
                return false;
            }
            let woken = self.inner.wake.writer.wait_timeout(queue, ROOM_PERIOD);
            queue = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        info!("there is room on the disk again");
        queue.pause(None);
        true
    }

    /// Starts the engine again on the state that is in memory, as soon as there is room. `None` if the
    /// end has come before.
    fn resume(&mut self) -> Result<Option<Node>, NodeError> {
        let before = self.inner.state.read().tip().height;
        loop {
            if !self.wait_for_room() {
                return Ok(None);
            }
            let Some(options) = node_options(&self.inner.options) else { return Ok(None) };
            let mut found = Found::default();
            match Node::resume(options, self.inner.state.clone(), &mut found) {
                Ok(node) => {
                    let last = node.state().tip().height;
                    for (block, receipts) in
                        self.inner.blocks.range(before.next(), last)?.into_iter().zip(found.0)
                    {
                        let found = Committed { block, receipts, refused: Vec::new() };
                        self.inner.tell(&node.state(), &[], found);
                    }
                    return Ok(Some(node));
                }
                Err(error) if error.is_storage_full() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until there is something to do.
    fn wait(&self, node: &Node) -> Work {
        let (tip, due) = {
            let state = node.state();
            (state.tip().time, due::next(&state))
        };
        let times = self.inner.options.times;
        // A clock that stands still would never come to it.
        let heartbeat = self.inner.options.heartbeat.filter(|_| times == Times::Machine);
        let heartbeat = heartbeat.map(|period| tip.plus(milliseconds(period)));
        let due = due.filter(|_| !self.idle);
        let next = due.into_iter().chain(heartbeat).min();
        let mut queue = self.inner.queue();
        for _ in 0..2 {
            if !queue.pool.is_empty() {
                return Work::Block;
            }
            if let Some(wish) = queue.take_move() {
                return Work::Move(wish);
            }
            if queue.is_ending() {
                return Work::End;
            }
            let now = self.inner.options.now(tip);
            if next.is_some_and(|next| next <= now) {
                return Work::Block;
            }
            let time = next.map(|next| Duration::from_millis(next.0.saturating_sub(now.0)));
            queue = self.sleep(queue, time);
        }
        Work::Nothing
    }

    fn sleep<'a>(
        &self,
        queue: MutexGuard<'a, Queue>,
        time: Option<Duration>,
    ) -> MutexGuard<'a, Queue> {
        // The clock of this machine may be set: look at it at least every minute.
        let time = time.unwrap_or(Duration::MAX).min(Duration::from_mins(1));
        let woken = self.inner.wake.writer.wait_timeout(queue, time);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    fn write(&mut self, node: &mut Node) -> Result<(), NodeError> {
        let tip = node.state().tip().time;
        let time = self.inner.options.now(tip).max(tip.plus(1));
        let is_due = due::next(&node.state()).is_some_and(|due| due <= time);
        let waits = !self.inner.queue().pool.is_empty();
        if waits && !is_due && !self.inner.refuse_first(&node.state(), time) {
            return Ok(());
        }
        let candidates = self.inner.queue().pool.candidates();
        self.commit(node, time, candidates)
    }

    /// Moves the clock on: a block for each time at which something falls due, then one at the end.
    fn advance(&mut self, node: &mut Node, wish: Move) -> Result<(), NodeError> {
        let Move { milliseconds, told } = wish;
        let end = node.state().tip().time.plus(milliseconds);
        loop {
            let (tip, due) = {
                let state = node.state();
                (state.tip().time, due::next(&state))
            };
            if tip >= end {
                // Who asked may have gone.
                let _ = told.send(Ok(*self.inner.head.borrow()));
                return Ok(());
            }
            let due = due.filter(|_| !self.idle).unwrap_or(end);
            self.commit(node, due.max(tip.plus(1)).min(end), Vec::new())?;
        }
    }

    fn commit(
        &mut self,
        node: &mut Node,
        time: BlockTime,
        candidates: Vec<VerifiedTransaction>,
    ) -> Result<(), NodeError> {
        let due = due::next(&node.state()).filter(|due| *due <= time);
        let ids: Vec<_> = candidates.iter().map(VerifiedTransaction::id).collect();
        let begun = Instant::now();
        let committed = node.commit(Batch { time, transactions: candidates })?;
        self.inner.queue().took(begun.elapsed());
        self.snapshotter.note(committed.receipts.len());
        self.idle = due.is_some() && !committed.receipts.iter().any(is_due);
        self.inner.tell(&node.state(), &ids, committed);
        Ok(())
    }
}
