//! This exists to be what clients and the writer share: what waits for a block, who wants to hear what
//! becomes of it, and whether anything is taken. No clock, no thread and no lock here.

use super::pool::{Home, Origin, Pool};
use super::ticket::{Answer, SubmitError, Ticket, Unavailable};
use super::{AdvanceError, Head};
use linli_ledger::code::Code;
use linli_ledger::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX};
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::TransactionId;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Transactions.
    pub transactions: usize,
    /// Bytes, as they stand in blocks.
    pub bytes: usize,
}

impl Default for QueueLimits {
    /// Ten full blocks of either kind: about ten seconds of work for one validator.
    fn default() -> Self {
        Self { transactions: 10 * BLOCK_TRANSACTIONS_MAX, bytes: 10 * BLOCK_BYTES_MAX }
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) pool: Pool,
    /// Why nothing is taken, if so.
    closed: Option<Unavailable>,
    /// The node is being stopped, whatever else keeps it closed.
    ending: bool,
    /// Who wants to hear of each transaction that waits.
    standing: BTreeMap<TransactionId, Vec<oneshot::Sender<Answer>>>,
    /// How long the last block with work took, for the time to try again.
    pace: Duration,
    /// Who wants the clock of the chain to be moved on, where it can be.
    moves: VecDeque<Move>,
}

/// By how much somebody wants the clock of the chain to be moved on, and who hears of it.
#[derive(Debug)]
pub(super) struct Move {
    pub(super) milliseconds: u64,
    pub(super) told: oneshot::Sender<Result<Head, AdvanceError>>,
}

impl Queue {
    /// `patience` is how long what no block takes yet may wait for it.
    pub(super) fn new(limits: QueueLimits, patience: Duration) -> Self {
        Self {
            pool: Pool::new(limits, patience),
            closed: None,
            ending: false,
            standing: BTreeMap::new(),
            pace: Duration::from_millis(100),
            moves: VecDeque::new(),
        }
    }

    /// Takes a wish to move the clock of the chain on; it comes after what waits already.
    pub(super) fn push_move(
        &mut self,
        milliseconds: u64,
    ) -> Result<oneshot::Receiver<Result<Head, AdvanceError>>, Unavailable> {
        if let Some(why) = self.closed {
            return Err(why);
        }
        let (told, receiver) = oneshot::channel();
        self.moves.push_back(Move { milliseconds, told });
        Ok(receiver)
    }

    /// The next wish to move the clock on.
    pub(super) fn take_move(&mut self) -> Option<Move> {
        self.moves.pop_front()
    }

    /// Takes a transaction of a client, or joins one that waits already.
    pub(super) fn push(
        &mut self,
        transaction: VerifiedTransaction,
        home: Home,
        now: Instant,
    ) -> Result<Ticket, SubmitError> {
        if let Some(why) = self.closed {
            return Err(why.into());
        }
        let id = transaction.id();
        let taken = self.pool.insert(transaction, home, Origin::Client, now);
        let full = |full| SubmitError::QueueFull { full, retry_after: self.retry_after() };
        taken.map_err(full)?;
        let (sender, receiver) = oneshot::channel();
        let standing = self.standing.entry(id).or_default();
        // Those who gave up make room: a client in a loop must not fill the memory.
        standing.retain(|sender| !sender.is_closed());
        standing.push(sender);
        Ok(Ticket::new(id, receiver))
    }

    /// Until half of what waits should be written.
    fn retry_after(&self) -> Duration {
        let (transactions, bytes) = self.pool.load();
        let blocks = (transactions / BLOCK_TRANSACTIONS_MAX).max(bytes / BLOCK_BYTES_MAX) / 2 + 1;
        let seconds = self.pace.saturating_mul(u32::try_from(blocks).unwrap_or(u32::MAX)).as_secs();
        Duration::from_secs(seconds.clamp(1, 30))
    }

    /// Says what became of a transaction to everybody who wants to hear it; it waits no more.
    pub(super) fn answer(&mut self, id: TransactionId, answer: &Answer) {
        self.answer_with(id, || answer.clone());
    }

    /// As [`Queue::answer`], with an answer that is made for whoever hears it: of most transactions nobody
    /// here does.
    pub(super) fn answer_with(&mut self, id: TransactionId, answer: impl Fn() -> Answer) {
        self.pool.remove(&id);
        for sender in self.standing.remove(&id).unwrap_or_default() {
            let _ = sender.send(answer());
        }
    }

    /// No block takes this now, as this node sees the chain and its clock: it waits for a later one, unless there is
    /// none or it has waited long enough. What others were told of is refused only for what the chain says:
    /// they may see more of it, and a clock that is right.
    pub(super) fn refuse(&mut self, id: TransactionId, code: Code, now: Instant) {
        if code == Code::NonceUsed {
            self.answer(id, &Answer::Refused(code));
        } else if !self.pool.defer(&id, code, now) {
            let answer = if self.pool.is_with_others(&id) {
                Answer::Unknown(Unavailable::Undecided)
            } else {
                Answer::Refused(code)
            };
            self.answer(id, &answer);
        }
    }

    /// Takes nothing more, forgets what waits, and tells everybody who waits.
    pub(super) fn close(&mut self, why: Unavailable) {
        self.closed = Some(why);
        self.pool.clear();
        for Move { told, .. } in self.moves.drain(..) {
            // Nobody may be waiting any more.
            let _ = told.send(Err(why.into()));
        }
        for (_, senders) in std::mem::take(&mut self.standing) {
            for sender in senders {
                let _ = sender.send(Answer::Unknown(why));
            }
        }
    }

    /// Takes nothing more, but writes what waits.
    pub(super) fn drain(&mut self) {
        self.ending = true;
        self.closed.get_or_insert(Unavailable::Draining);
    }

    /// Takes nothing new for this reason, or takes again without one, unless the node is being stopped.
    pub(super) fn pause(&mut self, why: Option<Unavailable>) {
        self.closed = if self.ending { Some(Unavailable::Draining) } else { why };
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending
    }

    pub(super) fn closed(&self) -> Option<Unavailable> {
        self.closed
    }

    pub(super) fn took(&mut self, pace: Duration) {
        self.pace = pace;
    }
}

#[cfg(test)]
mod tests;
