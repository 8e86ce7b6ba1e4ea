//! This exists to hold transactions until they are in a block: bounded, in order of arrival, each once,
//! with a share for each key and each organisation; and to say when those that this node took from a client
//! are announced to the others again. No clock, no thread and no lock here: times are arguments.
//!
//! Source: NET-4.4, NET-4.6, NET-4.7.

use super::QueueLimits;
use linli_ledger::code::Code;
use linli_ledger::crypto::PublicKey;
use linli_ledger::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX};
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{BlockTime, TransactionId};
use share::{HOME_SHARE, KEY_SHARE, Load};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

pub use share::Full;
pub(super) use share::{Home, size};

mod share;
#[cfg(test)]
mod tests;

/// The wait after the first announcement; each further one is twice as long.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// The longest wait between two announcements.
const WAIT_MAX: Duration = Duration::from_secs(30);

fn size_of(transaction: &VerifiedTransaction) -> usize {
    let signed = transaction.signed();
    size(&signed.body, signed.signatures.len())
}

/// The key that sends a transaction and uses its nonce.
fn sender(transaction: &VerifiedTransaction) -> Option<PublicKey> {
    transaction.body().signers.first().map(|signer| signer.key)
}

/// Where a transaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A client of this node, which sees to it that the others hear of it.
    Client,
    /// Another node.
    Peer,
}

#[derive(Debug)]
struct Waiting {
    transaction: VerifiedTransaction,
    home: Home,
    arrived: Instant,
    /// `None` for one of another node.
    announced: Option<Announced>,
    /// Another node has announced it.
    heard: bool,
}

#[derive(Clone, Copy, Debug)]
struct Announced {
    last: Option<Instant>,
    due: Instant,
    wait: Duration,
}

/// What waits, by the order in which it came.
#[derive(Debug)]
pub(super) struct Pool {
    limits: QueueLimits,
    /// How long what no block takes yet may wait for it.
    patience: Duration,
    waiting: BTreeMap<u64, Waiting>,
    places: BTreeMap<TransactionId, u64>,
    /// The next place.
    next: u64,
    all: Load,
    keys: BTreeMap<Option<PublicKey>, (Load, BTreeSet<u64>)>,
    homes: BTreeMap<Home, Load>,
    /// After which block time which place is void.
    ends: BTreeSet<(BlockTime, u64)>,
    /// When which place is to be announced.
    announcements: BTreeSet<(Instant, u64)>,
    /// What a block may take: all that waits but what is deferred.
    ready: BTreeSet<u64>,
    /// What no block takes yet; that may change with the next.
    deferred: BTreeSet<u64>,
}

impl Pool {
    pub(super) fn new(limits: QueueLimits, patience: Duration) -> Self {
        Self {
            limits,
            patience,
            waiting: BTreeMap::new(),
            places: BTreeMap::new(),
            next: 0,
            all: Load::default(),
            keys: BTreeMap::new(),
            homes: BTreeMap::new(),
            ends: BTreeSet::new(),
            announcements: BTreeSet::new(),
            ready: BTreeSet::new(),
            deferred: BTreeSet::new(),
        }
    }

    /// Takes a transaction; one that waits already keeps its place, and is announced from now on if a
    /// client has handed it in here.
    ///
    /// # Errors
    /// What has no room, in the order of [`Full`].
    pub(super) fn insert(
        &mut self,
        transaction: VerifiedTransaction,
        home: Home,
        origin: Origin,
        now: Instant,
    ) -> Result<(), Full> {
        let id = transaction.id();
        let place = match self.places.get(&id) {
            Some(place) => *place,
            None => self.add(id, transaction, home, now)?,
        };
        let Some(waiting) = self.waiting.get_mut(&place) else { return Ok(()) };
        match origin {
            Origin::Peer => waiting.heard = true,
            Origin::Client if waiting.announced.is_none() => {
                waiting.announced = Some(Announced { last: None, due: now, wait: WAIT_MIN });
                self.announcements.insert((now, place));
            }
            Origin::Client => {}
        }
        Ok(())
    }

    fn add(
        &mut self,
        id: TransactionId,
        transaction: VerifiedTransaction,
        home: Home,
        now: Instant,
    ) -> Result<u64, Full> {
        let (bytes, key) = (size_of(&transaction), sender(&transaction));
        self.has_room(key, home, bytes)?;
        let place = self.next;
        self.next += 1;
        self.all.add(bytes);
        self.homes.entry(home).or_default().add(bytes);
        let (load, places) = self.keys.entry(key).or_default();
        load.add(bytes);
        places.insert(place);
        self.places.insert(id, place);
        self.ends.insert((transaction.body().valid_until, place));
        let waiting = Waiting { transaction, home, arrived: now, announced: None, heard: false };
        self.waiting.insert(place, waiting);
        self.ready.insert(place);
        Ok(place)
    }

    /// Whether there is room for so many bytes more.
    ///
    /// # Errors
    /// What has none, in the order of [`Full`].
    pub(super) fn has_room(
        &self,
        key: Option<PublicKey>,
        home: Home,
        bytes: usize,
    ) -> Result<(), Full> {
        let of_home = self.homes.get(&home).copied().unwrap_or_default();
        let of_key = self.keys.get(&key).map(|(load, _)| *load).unwrap_or_default();
        for (load, part, full) in [
            (self.all, 1, Full::Pool),
            (of_home, HOME_SHARE, Full::Home),
            (of_key, KEY_SHARE, Full::Key),
        ] {
            if !load.admits(bytes, self.limits, part) {
                return Err(full);
            }
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, id: &TransactionId) {
        let Some(place) = self.places.remove(id) else { return };
        let Some(waiting) = self.waiting.remove(&place) else { return };
        let Waiting { transaction, home, announced, .. } = waiting;
        let (bytes, key) = (size_of(&transaction), sender(&transaction));
        self.all.take(bytes);
        if let Some(load) = self.homes.get_mut(&home) {
            load.take(bytes);
            if load.transactions == 0 {
                self.homes.remove(&home);
            }
        }
        if let Some((load, places)) = self.keys.get_mut(&key) {
            load.take(bytes);
            places.remove(&place);
            if places.is_empty() {
                self.keys.remove(&key);
            }
        }
        self.ends.remove(&(transaction.body().valid_until, place));
        self.ready.remove(&place);
        self.deferred.remove(&place);
        if let Some(Announced { due, .. }) = announced {
            self.announcements.remove(&(due, place));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self { next: self.next, ..Self::new(self.limits, self.patience) };
    }

    pub(super) fn get(&self, id: &TransactionId) -> Option<&VerifiedTransaction> {
        self.waiting.get(self.places.get(id)?).map(|waiting| &waiting.transaction)
    }

    /// What waits of one sender, in order of arrival.
    pub(super) fn of_key(&self, key: &PublicKey) -> impl Iterator<Item = &VerifiedTransaction> {
        let places = self.keys.get(&Some(*key)).map(|(_, places)| places);
        let waiting = |place: &u64| self.waiting.get(place).map(|waiting| &waiting.transaction);
        places.into_iter().flatten().filter_map(waiting)
    }

    /// What no block after one of this time can take, because it is void by then.
    pub(super) fn void_after(&self, time: BlockTime) -> Vec<TransactionId> {
        let void = self.ends.range(..=(time, u64::MAX));
        void.filter_map(|(_, place)| Some(self.waiting.get(place)?.transaction.id())).collect()
    }

    /// The transactions that a block may take, in order of arrival.
    fn ready(&self) -> impl Iterator<Item = &VerifiedTransaction> {
        self.ready.iter().filter_map(|place| Some(&self.waiting.get(place)?.transaction))
    }

    /// The first that a block may take.
    pub(super) fn first(&self) -> Option<&VerifiedTransaction> {
        self.ready().next()
    }

    /// The next block's candidates: as many as fit one, in order of arrival. They stay.
    pub(super) fn candidates(&self) -> Vec<VerifiedTransaction> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        for transaction in self.ready().take(BLOCK_TRANSACTIONS_MAX) {
            bytes += size_of(transaction);
            if bytes > BLOCK_BYTES_MAX {
                break;
            }
            taken.push(transaction.clone());
        }
        taken
    }

    /// Whether another node may hold a transaction too.
    pub(super) fn is_with_others(&self, id: &TransactionId) -> bool {
        let waiting = self.places.get(id).and_then(|place| self.waiting.get(place));
        waiting.is_some_and(|waiting| {
            waiting.heard || waiting.announced.is_some_and(|announced| announced.last.is_some())
        })
    }

    /// Keeps a transaction that no block takes yet, for this reason, out of the next ones, until
    /// [`Pool::resume`]. `false` for one that has waited for that long enough, that is not here, or that no
    /// client handed in here: its node announces it again. That does not help where the clock of this node is
    /// wrong, so then it is kept.
    pub(super) fn defer(&mut self, id: &TransactionId, code: Code, now: Instant) -> bool {
        let Some(place) = self.places.get(id) else { return false };
        let Some(waiting) = self.waiting.get(place) else { return false };
        let patient = now.saturating_duration_since(waiting.arrived) < self.patience;
        if !patient || (waiting.announced.is_none() && code != Code::Expired) {
            return false;
        }
        self.ready.remove(place);
        self.deferred.insert(*place);
        true
    }

    /// Lets the next block take again what was deferred.
    pub(super) fn resume(&mut self) {
        self.ready.append(&mut self.deferred);
    }

    pub(super) fn has_deferred(&self) -> bool {
        !self.deferred.is_empty()
    }

    /// What is to be announced now, in order, until there are so many bytes; each is due again later.
    pub(super) fn take_announcements(
        &mut self,
        now: Instant,
        bytes_max: usize,
    ) -> Vec<VerifiedTransaction> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while bytes < bytes_max
            && let Some(&(due, place)) = self.announcements.first()
            && due <= now
        {
            self.announcements.remove(&(due, place));
            let Some(waiting) = self.waiting.get_mut(&place) else { continue };
            let Some(announced) = &mut waiting.announced else { continue };
            let wait = announced.wait;
            let again = Announced {
                last: Some(now),
                due: now + wait,
                wait: wait.saturating_mul(2).min(WAIT_MAX),
            };
            *announced = again;
            self.announcements.insert((again.due, place));
            bytes += size_of(&waiting.transaction);
            taken.push(waiting.transaction.clone());
        }
        taken
    }

    /// Announces everything anew, because there is somebody who has not heard it; nothing sooner after its
    /// last time than the shortest wait.
    pub(super) fn announce_again(&mut self, now: Instant) {
        let places: Vec<_> = self.announcements.iter().map(|(_, place)| *place).collect();
        self.announcements.clear();
        for place in places {
            let Some(waiting) = self.waiting.get_mut(&place) else { continue };
            let Some(announced) = &mut waiting.announced else { continue };
            let soonest = announced.last.map_or(now, |last| now.max(last + WAIT_MIN));
            let due = announced.due.min(soonest);
            *announced = Announced { due, wait: WAIT_MIN, ..*announced };
            self.announcements.insert((due, place));
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
        (self.all.transactions, self.all.bytes)
    }
}
