//! This exists to hold the leaves of a compartment by key, in little more memory than their bytes take.
//!
//! Pages of packed leaves under an ordered map of where each begins (ADR 0029). A clone shares the pages;
//! a page that is shared is copied when it changes.

use super::Leaf;
use super::page::{Entry, KEY_BYTES_MAX, Page};
use crate::record::Key;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// Leaves by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaves {
    /// Each page holds the keys from its own up to the next page's; the first one's own is empty.
    pages: BTreeMap<Key, Arc<Page>>,
    count: usize,
}

impl Leaves {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<Leaf<'_>> {
        let (_, page) = self.pages.range::<[u8], _>(up_to(key)).next_back()?;
        page.get(key)
    }

    /// Puts a leaf in the place of another, or a new one.
    pub(crate) fn insert(&mut self, key: &[u8], leaf: &Leaf<'_>) {
        let Some((_, page)) = self.pages.range_mut::<[u8], _>(up_to(key)).next_back() else {
            self.push_page(page_of(key, leaf));
            return;
        };
        if !page.takes(key, leaf) && page.last() < Some(key) {
            // A key that comes last is often followed by a greater one: the page stays full.
            self.push_page(page_of(key, leaf));
            return;
        }
        let page = Arc::make_mut(page);
        if !page.put(key, leaf) {
            self.count = self.count.saturating_add(1);
        }
        for rest in page.divide() {
            let start = Key::from_slice(rest.first().unwrap_or_default());
            self.pages.insert(start, Arc::new(rest));
        }
    }

    /// Takes a leaf out; nothing happens if there is none.
    pub(crate) fn remove(&mut self, key: &[u8]) {
        let mut up_to = self.pages.range_mut::<[u8], _>(up_to(key));
        let Some((start, page)) = up_to.next_back() else { return };
        if page.get(key).is_none() {
            return;
        }
        self.count = self.count.saturating_sub(1);
        let page = Arc::make_mut(page);
        page.remove(key);
        // The first page stays, even if it is empty: it begins where all keys do.
        if let Some((_, before)) = up_to.next_back()
            && page.joins(before)
        {
            Arc::make_mut(before).append(page);
            let start = start.clone();
            self.pages.remove(&start);
        }
    }

    /// Adds leaves whose keys are greater than all that are there.
    pub(crate) fn append(&mut self, packed: Packed) {
        for page in packed.0 {
            self.push_page(page);
        }
    }

    /// All leaves, by key.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.range((Bound::Unbounded, Bound::Unbounded))
    }

    /// The leaves whose keys lie within the bounds, by key.
    pub(crate) fn range(
        &self,
        (start, end): (Bound<Key>, Bound<Key>),
    ) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        let first = match &start {
            Bound::Included(key) | Bound::Excluded(key) => self.start(key),
            Bound::Unbounded => Bound::Unbounded,
        };
        let last = match &end {
            Bound::Included(key) | Bound::Excluded(key) => Bound::Included(key.as_slice()),
            Bound::Unbounded => Bound::Unbounded,
        };
        self.pages
            .range::<[u8], _>((first, last))
            .flat_map(move |(_, page)| page.within((&start, &end)))
    }

    /// Where the page of a key begins.
    fn start(&self, key: &[u8]) -> Bound<&[u8]> {
        match self.pages.range::<[u8], _>(up_to(key)).next_back() {
            Some((start, _)) => Bound::Included(start.as_slice()),
            None => Bound::Unbounded,
        }
    }

    fn push_page(&mut self, page: Page) {
        let mut start = Key::new();
        if !self.pages.is_empty() {
            start.extend_from_slice(page.first().unwrap_or_default());
        }
        self.count = self.count.saturating_add(page.len());
        self.pages.insert(start, Arc::new(page));
    }
}

/// The pages from the first to the one in which a key is or would be.
fn up_to(key: &[u8]) -> (Bound<&[u8]>, Bound<&[u8]>) {
    (Bound::Unbounded, Bound::Included(key))
}

/// A page with one leaf.
fn page_of(key: &[u8], leaf: &Leaf<'_>) -> Page {
    let mut page = Page::default();
    page.put(key, leaf);
    page
}

/// Leaves that come in the order of their keys, packed as they come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packed(Vec<Page>);

impl Packed {
    /// Takes the next leaf; `false`, and it is not taken, if its key is not greater than the last one's,
    /// or longer than any key is.
    #[must_use]
    pub(crate) fn push(&mut self, key: &[u8], leaf: &Leaf<'_>) -> bool {
        match self.0.last_mut() {
            _ if key.len() > KEY_BYTES_MAX => return false,
            Some(page) if page.last() >= Some(key) => return false,
            Some(page) if page.takes(key, leaf) => {
                page.put(key, leaf);
            }
            full => {
                if let Some(page) = full {
                    page.fit();
                }
                let mut page = Page::roomy();
                page.put(key, leaf);
                self.0.push(page);
            }
        }
        true
    }

    /// The first and the last key.
    pub(crate) fn ends(&self) -> Option<(&[u8], &[u8])> {
        Some((self.0.first()?.first()?, self.0.last()?.last()?))
    }
}
