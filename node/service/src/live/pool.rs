//! This exists to hold transactions until they are in a block: bounded, in order of arrival, each once;
//! and to say when those that this node took from a client are announced to the others again. No clock, no
//! thread and no lock here: times are arguments.

use super::QueueLimits;
use linli_ledger::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX};
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::TransactionId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The wait after the first announcement; each further one is twice as long.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// The longest wait between two announcements.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Bytes that a transaction takes in a block, as the ledger counts them.
fn size(transaction: &VerifiedTransaction) -> usize {
    transaction.signed().body.len() + 65 * transaction.signed().signatures.len()
}

/// Where a transaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A client of this node, which sees to it that the others hear of it.
    Client,
    /// Another node.
    Peer,
}

/// Too many or too many bytes wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

#[derive(Debug)]
struct Waiting {
    transaction: VerifiedTransaction,
    /// When it is announced next, and how long after that again; `None` for one of another node.
    announced: Option<(Instant, Duration)>,
}

/// What waits, by the order in which it came.
#[derive(Debug)]
pub(super) struct Pool {
    limits: QueueLimits,
    waiting: BTreeMap<u64, Waiting>,
    places: BTreeMap<TransactionId, u64>,
    /// The next place.
    next: u64,
    bytes: usize,
    /// When which place is to be announced.
    announcements: BTreeSet<(Instant, u64)>,
}

impl Pool {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            waiting: BTreeMap::new(),
            places: BTreeMap::new(),
            next: 0,
            bytes: 0,
            announcements: BTreeSet::new(),
        }
    }

    /// Takes a transaction; one that waits already keeps its place, and is announced from now on if a
    /// client has handed it in here.
    pub(super) fn insert(
        &mut self,
        transaction: VerifiedTransaction,
        origin: Origin,
        now: Instant,
    ) -> Result<(), Full> {
        let id = transaction.id();
        let place = match self.places.get(&id) {
            Some(place) => *place,
            None => self.add(id, transaction)?,
        };
        if let (Origin::Client, Some(waiting)) = (origin, self.waiting.get_mut(&place))
            && waiting.announced.is_none()
        {
            waiting.announced = Some((now, WAIT_MIN));
            self.announcements.insert((now, place));
        }
        Ok(())
    }

    fn add(&mut self, id: TransactionId, transaction: VerifiedTransaction) -> Result<u64, Full> {
        let bytes = self.bytes.saturating_add(size(&transaction));
        if self.waiting.len() >= self.limits.transactions || bytes > self.limits.bytes {
            return Err(Full);
        }
        let place = self.next;
        self.next += 1;
        self.bytes = bytes;
        self.places.insert(id, place);
        self.waiting.insert(place, Waiting { transaction, announced: None });
        Ok(place)
    }

    pub(super) fn remove(&mut self, id: &TransactionId) {
        let Some(place) = self.places.remove(id) else { return };
        let Some(Waiting { transaction, announced }) = self.waiting.remove(&place) else { return };
        self.bytes = self.bytes.saturating_sub(size(&transaction));
        if let Some((due, _)) = announced {
            self.announcements.remove(&(due, place));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self { next: self.next, ..Self::new(self.limits) };
    }

    pub(super) fn contains(&self, id: &TransactionId) -> bool {
        self.places.contains_key(id)
    }

    /// The transaction that has waited longest.
    pub(super) fn first(&self) -> Option<&VerifiedTransaction> {
        self.waiting.values().next().map(|waiting| &waiting.transaction)
    }

    /// The next block's candidates: as many as fit one, in order of arrival. They stay.
    pub(super) fn candidates(&self) -> Vec<VerifiedTransaction> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        for Waiting { transaction, .. } in self.waiting.values().take(BLOCK_TRANSACTIONS_MAX) {
            bytes += size(transaction);
            if bytes > BLOCK_BYTES_MAX {
                break;
            }
            taken.push(transaction.clone());
        }
        taken
    }

    /// What is to be announced now, in order, of at most so many bytes; each is due again later.
    pub(super) fn take_announcements(
        &mut self,
        now: Instant,
        bytes_max: usize,
    ) -> Vec<VerifiedTransaction> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some(&(due, place)) = self.announcements.first()
            && due <= now
            && bytes < bytes_max
        {
            self.announcements.remove(&(due, place));
            let Some(waiting) = self.waiting.get_mut(&place) else { continue };
            let Some((_, wait)) = waiting.announced else { continue };
            let again = now + wait;
            waiting.announced = Some((again, wait.saturating_mul(2).min(WAIT_MAX)));
            self.announcements.insert((again, place));
            bytes += size(&waiting.transaction);
            taken.push(waiting.transaction.clone());
        }
        taken
    }

    /// Announces everything anew: there is somebody who has not heard it.
    pub(super) fn announce_again(&mut self, now: Instant) {
        self.announcements.clear();
        for (place, waiting) in &mut self.waiting {
            if waiting.announced.is_some() {
                waiting.announced = Some((now, WAIT_MIN));
                self.announcements.insert((now, *place));
            }
        }
    }

    /// When something is to be announced.
    pub(super) fn announcement_due(&self) -> Option<Instant> {
        self.announcements.first().map(|(due, _)| *due)
    }

    /// Whether nothing waits that a client has handed in here.
    pub(super) fn has_only_others(&self) -> bool {
        self.announcements.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Transactions and bytes that wait.
    pub(super) fn load(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }
}
