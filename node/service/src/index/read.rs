//! This exists to read the lists of the index while blocks are added: one state of it for a whole
//! question.

use super::key::after_prefix;
use super::page::{At, Cursor, Order, Page, Paged};
use super::run::Entry;
use super::scan::Scan;
use super::store::Store;
use super::{Index, IndexError, Inner};
use linli_ledger::types::Height;
use std::sync::RwLockReadGuard;

/// The index as it is for one question.
pub(super) struct Reader<'a> {
    inner: RwLockReadGuard<'a, Inner>,
    store: &'a Store,
}

/// The entries of a list between two places; the places are keys, `to` is exclusive.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// What every key of the list begins with: no part of a cursor.
    prefix: Vec<u8>,
    from: Vec<u8>,
    to: Option<Vec<u8>>,
}

impl List {
    /// All entries that begin with `prefix`.
    pub(super) fn all(prefix: Vec<u8>) -> Self {
        Self { from: prefix.clone(), to: after_prefix(&prefix), prefix }
    }

    /// Those of them from one place up to another.
    pub(super) fn between(prefix: Vec<u8>, from: &[u8], to: &[u8]) -> Self {
        let key = |end: &[u8]| [prefix.as_slice(), end].concat();
        Self { from: key(from), to: Some(key(to)), prefix }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(index: &'a Index, inner: RwLockReadGuard<'a, Inner>) -> Self {
        Self { inner, store: &index.store }
    }

    /// The last block that this question sees.
    pub(super) fn height(&self) -> Height {
        self.inner.manifest.height
    }

    pub(super) fn scan(&self, list: &List, order: Order) -> Scan<'_, Store> {
        Scan::new(self.store, &self.inner.runs, list.from.clone(), list.to.clone(), order)
    }

    /// The value of one key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let to = [key, &[0]].concat();
        let list = List { prefix: Vec::new(), from: key.to_vec(), to: Some(to) };
        let found = self.scan(&list, Order::Ascending).next().transpose()?;
        Ok(found.map(|(_, value)| value))
    }

    /// A page of a list; keys come without the list's prefix.
    pub(super) fn page(&self, list: &List, page: &Page) -> Result<Paged<Entry>, IndexError> {
        let mut part = list.clone();
        let (towards, from) = match &page.at {
            At::Start => (page.order, None),
            At::After(cursor) => (page.order, Some(cursor)),
            At::Before(cursor) => (page.order.reversed(), Some(cursor)),
        };
        if let Some(Cursor(place)) = from {
            let key = [list.prefix.as_slice(), place].concat();
            match towards {
                Order::Ascending => part.from = part.from.max([key.as_slice(), &[0]].concat()),
                Order::Descending => {
                    part.to = Some(part.to.map_or(key.clone(), |to| to.min(key)));
                }
            }
        }
        let limit = page.limit();
        let mut items = Vec::with_capacity(limit.min(64));
        let mut scan = self.scan(&part, towards);
        while items.len() < limit
            && let Some((key, value)) = scan.next().transpose()?
        {
            items.push((key.get(list.prefix.len()..).unwrap_or_default().to_vec(), value));
        }
        let has_more = scan.next().transpose()?.is_some();
        let is_backward = matches!(page.at, At::Before(_));
        if is_backward {
            items.reverse();
        }
        let place = |item: Option<&Entry>| item.map(|(key, _)| Cursor(key.clone()));
        let (first, last) = (place(items.first()), place(items.last()));
        let (next, previous) = match page.at {
            At::Start => (last.filter(|_| has_more), None),
            At::After(_) => (last.filter(|_| has_more), first),
            At::Before(_) => (last, first.filter(|_| has_more)),
        };
        Ok(Paged { items, next, previous })
    }
}
