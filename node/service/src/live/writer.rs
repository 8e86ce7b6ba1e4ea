//! This exists to be the one thread that writes: it waits for work, makes a block of it, and tells
//! everybody.

use super::queue::Queue;
use super::ticket::{Answer, Final, Unavailable};
use super::{Followed, Head, Inner, Live, LiveError, LiveOptions};
use linli_ledger::due;
use linli_ledger::execute::admit;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{BlockTime, TransactionId};
use linli_node::{Batch, Committed, Node, NodeError, Options, Shown};
use std::sync::{Arc, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tracing::{error, info};

/// Starts the writer where there is a key; otherwise only reads the chain.
pub(super) fn open(options: LiveOptions) -> Result<Live, LiveError> {
    let (opened, answer) = mpsc::channel();
    // The node lives and dies on the writer's thread: it has a runtime of its own, which must not be
    // dropped within another.
    let thread = std::thread::Builder::new()
        .name("writer".into())
        .spawn(move || match start(options) {
            Ok((live, node)) => {
                let inner = live.0.clone();
                if opened.send(Ok(live)).is_ok()
                    && let Some(node) = node
                {
                    Writer { inner, idle: false }.run(node);
                }
            }
            Err(error) => drop(opened.send(Err(error))),
        })
        .map_err(LiveError::Thread)?;
    let gone = || NodeError::Engine("the writer ended while it started".to_owned());
    let live = answer.recv().unwrap_or_else(|_| Err(gone().into()))?;
    *live.0.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    Ok(live)
}

fn start(options: LiveOptions) -> Result<(Live, Option<Node>), LiveError> {
    let LiveOptions { folder, genesis, rulebook, validator, .. } = options.clone();
    match validator {
        Some(validator) => {
            let node = Node::open(Options { folder, genesis, rulebook, validator }, &mut ())?;
            Ok((Live::new(options, node.shared_state(), None)?, Some(node)))
        }
        None => {
            let shown = Shown::open(&folder, &genesis, &rulebook, &mut ())?;
            let live = Live::new(options, shown.state.clone(), Some(shown))?;
            live.0.queue().close(Unavailable::ReadOnly);
            Ok((live, None))
        }
    }
}

struct Writer {
    inner: Arc<Inner>,
    /// Something is due that no block handles: do not make blocks for it in a loop.
    idle: bool,
}

enum Work {
    /// Candidates; none if something is due, or for the heartbeat.
    Block(Vec<VerifiedTransaction>),
    End,
}

impl Writer {
    fn run(mut self, mut node: Node) {
        loop {
            match self.wait(&node) {
                Work::End => break,
                Work::Block(candidates) => {
                    if let Err(error) = self.write(&mut node, candidates) {
                        error!(%error, "the node ends");
                        self.inner.queue().close(Unavailable::Stopped);
                        self.inner.ended.send_replace(Some(Arc::new(error)));
                        break;
                    }
                }
            }
        }
        node.stop();
        self.inner.queue().close(Unavailable::Draining);
    }

    /// Waits until there is something to do.
    fn wait(&self, node: &Node) -> Work {
        let (tip, due) = {
            let state = node.state();
            (state.tip().time, due::next(&state))
        };
        let heartbeat = self.inner.options.heartbeat;
        let heartbeat = heartbeat.map(|period| tip.plus(milliseconds(period)));
        let due = due.filter(|_| !self.idle);
        let next = due.into_iter().chain(heartbeat).min();
        let mut queue = self.inner.queue();
        loop {
            if !queue.is_empty() {
                return Work::Block(queue.take_block());
            }
            if queue.closed().is_some() {
                return Work::End;
            }
            let now = now();
            if next.is_some_and(|next| next <= now) {
                return Work::Block(Vec::new());
            }
            queue = self.sleep(queue, next.map(|next| Duration::from_millis(next.0 - now.0)));
        }
    }

    fn sleep<'a>(
        &self,
        queue: MutexGuard<'a, Queue>,
        time: Option<Duration>,
    ) -> MutexGuard<'a, Queue> {
        // The clock of this machine may be set: look at it at least every minute.
        let time = time.unwrap_or(Duration::MAX).min(Duration::from_secs(60));
        let woken = self.inner.wake.wait_timeout(queue, time);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    fn write(
        &mut self,
        node: &mut Node,
        mut candidates: Vec<VerifiedTransaction>,
    ) -> Result<(), NodeError> {
        let asked = !candidates.is_empty();
        let tip = node.state().tip().time;
        let time = now().max(tip.plus(1));
        let due = due::next(&node.state()).filter(|due| *due <= time);
        if asked && due.is_none() {
            self.refuse_first(node, time, &mut candidates);
            if candidates.is_empty() {
                return Ok(());
            }
        }
        let ids: Vec<_> = candidates.iter().map(VerifiedTransaction::id).collect();
        let begun = Instant::now();
        let committed = node.commit(Batch { time, transactions: candidates })?;
        self.inner.queue().took(begun.elapsed());
        self.idle = due.is_some() && !committed.receipts.iter().any(is_due);
        self.tell(&ids, committed);
        Ok(())
    }

    /// Refuses candidates until one can go into a block: a block of nothing but refused ones would be
    /// made for nothing.
    fn refuse_first(
        &self,
        node: &Node,
        time: BlockTime,
        candidates: &mut Vec<VerifiedTransaction>,
    ) {
        let state = node.state();
        let mut refused = Vec::new();
        for candidate in candidates.iter() {
            match admit(&state, &self.inner.options.rulebook, candidate, time) {
                Ok(_) => break,
                Err(code) => refused.push((candidate.id(), code)),
            }
        }
        drop(state);
        candidates.drain(..refused.len());
        let mut queue = self.inner.queue();
        for (id, code) in refused {
            queue.answer(id, &Answer::Refused(code));
        }
    }

    /// Tells followers, then everybody who looks at the head, then those who wait.
    fn tell(&self, ids: &[TransactionId], committed: Committed) {
        let Committed { block, receipts, refused } = committed;
        let header = block.block.header.clone();
        let followed = Arc::new(Followed { block, receipts });
        // Nobody may be following.
        let _ = self.inner.followed.send(followed.clone());
        let head = Head { height: header.height, hash: header.hash(), time: header.time };
        self.inner.head.send_replace(head);
        info!(
            height = header.height.0,
            transactions = header.transaction_count,
            refused = refused.len(),
            "block"
        );
        let mut queue = self.inner.queue();
        let transactions = followed.receipts.iter().filter_map(|receipt| match receipt.subject {
            Subject::Transaction(id) => Some((id, receipt)),
            Subject::Due(_) | Subject::Recovery(_) => None,
        });
        for (index, (id, receipt)) in (0..).zip(transactions) {
            let receipt = receipt.clone();
            let answer = Final { height: header.height, index, receipt };
            queue.answer(id, &Answer::Final(Box::new(answer)));
        }
        for (position, code) in refused {
            if let Some(id) = ids.get(position) {
                queue.answer(*id, &Answer::Refused(code));
            }
        }
    }
}

fn is_due(receipt: &Receipt) -> bool {
    matches!(receipt.subject, Subject::Due(_))
}

fn now() -> BlockTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    BlockTime(milliseconds(since))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
