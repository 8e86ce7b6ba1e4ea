//! This exists to hold what waits for the next block: bounded, in order of arrival, each transaction
//! once. No clock, no thread and no lock here.

use super::ticket::{Answer, SubmitError, Ticket, Unavailable};
use super::{AdvanceError, Head};
use linli_ledger::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX};
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::TransactionId;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
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

/// Bytes that a transaction takes in a block, as the ledger counts them.
fn size(transaction: &VerifiedTransaction) -> usize {
    transaction.signed().body.len() + 65 * transaction.signed().signatures.len()
}

#[derive(Debug)]
pub(super) struct Queue {
    limits: QueueLimits,
    /// Why nothing is taken, if so.
    closed: Option<Unavailable>,
    /// The node is being stopped, whatever else keeps it closed.
    ending: bool,
    waiting: VecDeque<VerifiedTransaction>,
    bytes: usize,
    /// Who wants to hear of each transaction that waits or is being written.
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
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            closed: None,
            ending: false,
            waiting: VecDeque::new(),
            bytes: 0,
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

    /// Takes a transaction, or joins one that waits already.
    pub(super) fn push(&mut self, transaction: VerifiedTransaction) -> Result<Ticket, SubmitError> {
        if let Some(why) = self.closed {
            return Err(why.into());
        }
        let id = transaction.id();
        let (sender, receiver) = oneshot::channel();
        if let Some(standing) = self.standing.get_mut(&id) {
            // Those who gave up make room: a client in a loop must not fill the memory.
            standing.retain(|sender| !sender.is_closed());
            standing.push(sender);
            return Ok(Ticket::new(id, receiver));
        }
        let bytes = self.bytes + size(&transaction);
        if self.waiting.len() >= self.limits.transactions || bytes > self.limits.bytes {
            return Err(SubmitError::QueueFull { retry_after: self.retry_after() });
        }
        self.bytes = bytes;
        self.waiting.push_back(transaction);
        self.standing.insert(id, vec![sender]);
        Ok(Ticket::new(id, receiver))
    }

    /// Until half of what waits should be written.
    fn retry_after(&self) -> Duration {
        let by_count = self.waiting.len() / BLOCK_TRANSACTIONS_MAX;
        let blocks = by_count.max(self.bytes / BLOCK_BYTES_MAX) / 2 + 1;
        let seconds = self.pace.saturating_mul(u32::try_from(blocks).unwrap_or(u32::MAX)).as_secs();
        Duration::from_secs(seconds.clamp(1, 30))
    }

    /// The next block's candidates: as many as fit one, in order of arrival.
    pub(super) fn take_block(&mut self) -> Vec<VerifiedTransaction> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < BLOCK_TRANSACTIONS_MAX
            && let Some(next) = self.waiting.front().map(size)
            && bytes + next <= BLOCK_BYTES_MAX
            && let Some(transaction) = self.waiting.pop_front()
        {
            bytes += next;
            taken.push(transaction);
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        taken
    }

    /// Says what became of a transaction to everybody who wants to hear it.
    pub(super) fn answer(&mut self, id: TransactionId, answer: &Answer) {
        for sender in self.standing.remove(&id).unwrap_or_default() {
            let _ = sender.send(answer.clone());
        }
    }

    /// Takes nothing more, and tells everybody who waits.
    pub(super) fn close(&mut self, why: Unavailable) {
        self.closed = Some(why);
        self.waiting.clear();
        self.bytes = 0;
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

    /// Takes again, unless the node is being stopped.
    pub(super) fn reopen(&mut self) {
        self.closed = self.ending.then_some(Unavailable::Draining);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending
    }

    pub(super) fn closed(&self) -> Option<Unavailable> {
        self.closed
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Transactions and bytes that wait.
    pub(super) fn load(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }

    pub(super) fn took(&mut self, pace: Duration) {
        self.pace = pace;
    }
}
