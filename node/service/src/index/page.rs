//! This exists to turn pages of a list in both directions without counting it: a cursor is the place
//! of an entry in the order of keys, so new entries never move a page.

/// A place in a list: what follows the list's own beginning in the key of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Vec<u8>);

/// From where a page is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum At {
    /// From the beginning of the list, in its order.
    #[default]
    Start,
    /// What follows an entry.
    After(Cursor),
    /// What comes immediately before an entry, still in the list's order.
    Before(Cursor),
}

pub use super::scan::Order;

/// The most entries of a page.
pub const PAGE_MAX: usize = 1_000;

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many entries, 1 to [`PAGE_MAX`]; anything else is the nearer of the two.
    pub limit: usize,
    /// Oldest or newest first.
    pub order: Order,
    /// From where.
    pub at: At,
}

impl Page {
    /// The first page in an order.
    pub fn first(limit: usize, order: Order) -> Self {
        Self { limit, order, at: At::Start }
    }

    /// The page after or before a place, of the same list.
    #[must_use]
    pub fn at(&self, at: At) -> Self {
        Self { at, ..self.clone() }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.clamp(1, PAGE_MAX)
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// The entries, in the order that was asked for.
    pub items: Vec<T>,
    /// Ask [`At::After`] this for what follows; `None` at the end.
    pub next: Option<Cursor>,
    /// Ask [`At::Before`] this for what came before; `None` at the beginning.
    pub previous: Option<Cursor>,
}

impl<T> Paged<T> {
    /// The same page with other items, one for each.
    ///
    /// # Errors
    /// The first error of `each`.
    pub fn try_map<U, E>(self, each: impl FnMut(T) -> Result<U, E>) -> Result<Paged<U>, E> {
        let Self { items, next, previous } = self;
        let items = items.into_iter().map(each).collect::<Result<_, E>>()?;
        Ok(Paged { items, next, previous })
    }
}
