//! This exists to be all that a contract sees: typed records, read through the changes of the block
//! and of the transaction, written into the transaction's own overlay.

use crate::codec::encode;
use crate::hash::Digest;
use crate::limits::RANGE_MAX;
use crate::posting::{JournalEntry, Movement};
use crate::record::{KERNEL, Key, KeyPart, Record, key_bytes};
use crate::state::{Leaf, State};
use crate::types::{BlockTime, Compartment, ContractId, Height, TransactionId, derive_identifier};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A change that is not in the state yet: the new value, or a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) value: Option<Vec<u8>>,
    /// The hash of the value.
    pub(crate) hash: Option<[u8; 32]>,
    pub(crate) version: u64,
    pub(crate) writer: TransactionId,
}

impl Slot {
    /// The leaf that it becomes, with its own value.
    pub(crate) fn leaf<'a>(&self, value: &'a [u8]) -> Leaf<'a> {
        Leaf { value, version: self.version, writer: self.writer }
    }
}

/// Changes of a block so far, by compartment and key.
pub(crate) type Overlay = BTreeMap<(Compartment, Key), Slot>;
/// Changes of a transaction so far.
pub(crate) type Changes = BTreeMap<(Compartment, Key), Option<Vec<u8>>>;

/// Where and for whom a contract runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) contract: ContractId,
    pub(crate) compartment: Compartment,
    pub(crate) keeps_keys: bool,
    pub(crate) keeps_members: bool,
    pub(crate) writer: TransactionId,
    pub(crate) height: Height,
    pub(crate) time: BlockTime,
    pub(crate) index: u32,
}

/// In which direction a range is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the smallest key up.
    Ascending,
    /// From the greatest key down.
    Descending,
}

/// Typed records as one transaction sees them.
#[derive(Debug)]
pub struct View<'a> {
    base: &'a State,
    block: &'a Overlay,
    pub(crate) changes: Changes,
    pub(crate) movements: Vec<Movement>,
    pub(crate) entries: Vec<JournalEntry>,
    scope: Scope,
    identifiers: u32,
}

impl<'a> View<'a> {
    pub(crate) fn new(base: &'a State, block: &'a Overlay, scope: Scope) -> Self {
        Self {
            base,
            block,
            changes: Changes::new(),
            movements: Vec::new(),
            entries: Vec::new(),
            scope,
            identifiers: 0,
        }
    }

    /// A view for reading: what a contract of `compartment` would see at `time`.
    pub fn read_only(base: &'a State, compartment: Compartment, time: BlockTime) -> Self {
        static EMPTY: Overlay = Overlay::new();
        let scope = Scope {
            contract: KERNEL,
            compartment,
            keeps_keys: false,
            keeps_members: false,
            writer: TransactionId(*base.genesis()),
            height: base.tip().height,
            time,
            index: 0,
        };
        Self::new(base, &EMPTY, scope)
    }

    /// The chain.
    pub fn genesis(&self) -> &Digest {
        self.base.genesis()
    }

    /// Block time: what decides deadlines.
    pub fn now(&self) -> BlockTime {
        self.scope.time
    }

    /// The height of the block.
    pub fn height(&self) -> Height {
        self.scope.height
    }

    /// The position of this receipt in the block, from 0.
    pub fn index(&self) -> u32 {
        self.scope.index
    }

    /// The contract that runs.
    pub fn contract(&self) -> ContractId {
        self.scope.contract
    }

    /// The half of the state that may be written.
    pub fn compartment(&self) -> Compartment {
        self.scope.compartment
    }

    /// The transaction that runs, or the identifier of the due item.
    pub fn writer(&self) -> TransactionId {
        self.scope.writer
    }

    pub(crate) fn keeps_keys(&self) -> bool {
        self.scope.keeps_keys
    }

    pub(crate) fn keeps_members(&self) -> bool {
        self.scope.keeps_members
    }

    /// The next identifier of this transaction. Source: LED-3.6.
    ///
    /// # Panics
    /// While a contract begins: genesis identifiers are those of its organisations.
    pub fn new_identifier(&mut self) -> [u8; 32] {
        assert!(self.scope.height > Height(0), "genesis identifiers belong to its organisations");
        let id = derive_identifier(&self.scope.writer, self.identifiers);
        self.identifiers = self.identifiers.saturating_add(1);
        id
    }

    /// A record by its identifier.
    ///
    /// # Panics
    /// If a public contract reads a restricted record (D19), or a leaf does not hold the canonical
    /// bytes of its record: bugs in the rulebook.
    pub fn get<R: Record>(&self, id: &R::Id) -> Option<R> {
        self.check_readable::<R>();
        let key = (R::COMPARTMENT, key_bytes(R::CONTRACT, R::KIND, id));
        self.bytes(&key).map(decode_record)
    }

    /// Whether there is a record with this identifier.
    ///
    /// # Panics
    /// As [`View::get`].
    pub fn has<R: Record>(&self, id: &R::Id) -> bool {
        self.check_readable::<R>();
        self.bytes(&(R::COMPARTMENT, key_bytes(R::CONTRACT, R::KIND, id))).is_some()
    }

    /// Writes a record of the calling contract.
    ///
    /// # Panics
    /// If the record belongs to another contract or compartment: a bug in the rulebook.
    pub fn put<R: Record>(&mut self, id: &R::Id, record: &R) {
        assert!(R::CONTRACT == self.scope.contract, "a contract writes its own records only");
        self.store::<R>(id, Some(encode(record)));
    }

    /// Removes a record of the calling contract.
    ///
    /// # Panics
    /// As [`View::put`].
    pub fn remove<R: Record>(&mut self, id: &R::Id) {
        assert!(R::CONTRACT == self.scope.contract, "a contract removes its own records only");
        self.store::<R>(id, None);
    }

    pub(crate) fn put_kernel<R: Record>(&mut self, id: &R::Id, record: &R) {
        debug_assert!(R::CONTRACT == KERNEL, "the kernel writes its own records only");
        self.store::<R>(id, Some(encode(record)));
    }

    pub(crate) fn remove_kernel<R: Record>(&mut self, id: &R::Id) {
        debug_assert!(R::CONTRACT == KERNEL, "the kernel removes its own records only");
        self.store::<R>(id, None);
    }

    fn store<R: Record>(&mut self, id: &R::Id, value: Option<Vec<u8>>) {
        assert!(R::COMPARTMENT == self.scope.compartment, "a call writes its own compartment only");
        self.changes.insert((R::COMPARTMENT, key_bytes(R::CONTRACT, R::KIND, id)), value);
    }

    /// The records whose identifier starts with `prefix`, in the order of their keys, at most
    /// `limit` and never more than 1 024.
    ///
    /// # Panics
    /// As [`View::get`].
    pub fn range<R: Record>(&self, prefix: &impl KeyPart, limit: usize) -> Vec<(R::Id, R)> {
        let start = key_bytes(R::CONTRACT, R::KIND, prefix);
        let end = after_prefix(&start);
        self.between(Bound::Included(start), end, limit, Order::Ascending)
    }

    /// As [`View::range`], from the greatest key down.
    ///
    /// # Panics
    /// As [`View::get`].
    pub fn range_back<R: Record>(&self, prefix: &impl KeyPart, limit: usize) -> Vec<(R::Id, R)> {
        let start = key_bytes(R::CONTRACT, R::KIND, prefix);
        let end = after_prefix(&start);
        self.between(Bound::Included(start), end, limit, Order::Descending)
    }

    /// The records under `prefix` whose identifier is greater than `after`.
    ///
    /// # Panics
    /// As [`View::get`].
    pub fn range_after<R: Record>(
        &self,
        prefix: &impl KeyPart,
        after: &impl KeyPart,
        limit: usize,
    ) -> Vec<(R::Id, R)> {
        let start = after_prefix(&key_bytes(R::CONTRACT, R::KIND, after));
        let end = after_prefix(&key_bytes(R::CONTRACT, R::KIND, prefix));
        let start = match start {
            Bound::Excluded(key) => Bound::Included(key),
            other @ (Bound::Included(_) | Bound::Unbounded) => other,
        };
        self.between(start, end, limit, Order::Ascending)
    }

    /// The records whose identifier begins with `last` or less.
    pub(crate) fn range_through<R: Record>(
        &self,
        last: &impl KeyPart,
        limit: usize,
    ) -> Vec<(R::Id, R)> {
        let start = Bound::Included(key_bytes(R::CONTRACT, R::KIND, &()));
        let end = after_prefix(&key_bytes(R::CONTRACT, R::KIND, last));
        self.between(start, end, limit, Order::Ascending)
    }

    /// The records under `prefix` whose identifier is smaller than `before`, greatest first.
    ///
    /// # Panics
    /// As [`View::get`].
    pub fn range_before<R: Record>(
        &self,
        prefix: &impl KeyPart,
        before: &impl KeyPart,
        limit: usize,
    ) -> Vec<(R::Id, R)> {
        let start = Bound::Included(key_bytes(R::CONTRACT, R::KIND, prefix));
        let end = Bound::Excluded(key_bytes(R::CONTRACT, R::KIND, before));
        self.between(start, end, limit, Order::Descending)
    }

    fn between<R: Record>(
        &self,
        start: Bound<Key>,
        end: Bound<Key>,
        limit: usize,
        order: Order,
    ) -> Vec<(R::Id, R)> {
        self.check_readable::<R>();
        let limit = limit.min(RANGE_MAX);
        let prefix = key_bytes(R::CONTRACT, R::KIND, &()).len();
        merge::collect(self, R::COMPARTMENT, (start, end), limit, order)
            .into_iter()
            .map(|(key, value)| {
                let mut id = key.get(prefix..).unwrap_or_default();
                let id = <R::Id as KeyPart>::read(&mut id).expect("keys are written by key_bytes");
                (id, decode_record(value))
            })
            .collect()
    }

    fn check_readable<R: Record>(&self) {
        assert!(
            R::COMPARTMENT == Compartment::Public
                || self.scope.compartment == Compartment::Restricted,
            "a public contract never reads restricted state"
        );
    }

    fn bytes(&self, key: &(Compartment, Key)) -> Option<&[u8]> {
        if let Some(value) = self.changes.get(key) {
            return value.as_deref();
        }
        if let Some(slot) = self.block.get(key) {
            return slot.value.as_deref();
        }
        self.base.leaf(key.0, &key.1).map(|leaf| leaf.value)
    }
}

fn decode_record<R: Record>(bytes: &[u8]) -> R {
    borsh::from_slice(bytes).expect("the state holds canonical bytes: written by put")
}

/// The end of the keys that start with `prefix`.
fn after_prefix(prefix: &[u8]) -> Bound<Key> {
    let mut end = Key::from_slice(prefix);
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}

mod merge;
