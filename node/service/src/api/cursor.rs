//! This exists to turn pages in both directions: a cursor is opaque, says which version and which
//! filters it belongs to, and is refused with anything else.

use super::failure::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use linli_ledger::code::Code;
use linli_wire::Page;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// How many there are on a page where nobody says.
pub(crate) const LIMIT: u32 = 50;
/// How many there may be on a page.
pub(crate) const LIMIT_MAX: u32 = 1_000;
/// The version of the bytes of a cursor.
const VERSION: u8 = 1;
/// Version, direction and filters before the place; the check after it.
const HEAD: usize = 10;
const CHECK: usize = 8;

/// From where a page is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// From the beginning.
    Start,
    /// What follows a place.
    After(Vec<u8>),
    /// What comes before a place.
    Before(Vec<u8>),
}

/// A page that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// How many at the most.
    pub(crate) limit: usize,
    /// From where.
    pub(crate) from: From,
    filters: [u8; 8],
}

/// What is on a page: items with their places, and whether more lie in either direction.
#[derive(Clone, Debug)]
pub(crate) struct Turned<T> {
    /// The items, in the list's order.
    pub(crate) items: Vec<T>,
    /// The place to go on after.
    pub(crate) next: Option<Vec<u8>>,
    /// The place to go back from.
    pub(crate) prev: Option<Vec<u8>>,
}

impl Turn {
    /// Reads limit and cursor of a query; `filters` is all else that decides what is in the list.
    ///
    /// # Errors
    /// [`Code::RequestQuery`] for a limit out of range; [`Code::Cursor`].
    pub(crate) fn new(
        path: &str,
        filters: &impl Serialize,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Self, Failure> {
        let limit = limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Failure::parameter("limit", format!("{limit} is not in 1 to {LIMIT_MAX}")));
        }
        let filters = serde_json::to_vec(&(path, filters)).unwrap_or_default();
        let filters = digest(&filters);
        let from = cursor.map_or(Ok(From::Start), |cursor| read(cursor, filters))?;
        Ok(Self { limit: limit as usize, from, filters })
    }

    /// The marks of the neighbouring pages.
    pub(crate) fn page<T>(&self, turned: &Turned<T>) -> Page {
        let mark = |direction: u8, place: &Option<Vec<u8>>| {
            place.as_ref().map(|place| write(direction, self.filters, place))
        };
        let limit = u32::try_from(self.limit).unwrap_or(LIMIT_MAX);
        Page { next: mark(0, &turned.next), prev: mark(1, &turned.prev), limit }
    }

    /// Reads a page of any list that can be walked from a place in both directions.
    ///
    /// `walk(backward, place, count)` gives at most `count` items that follow (or precede, nearest
    /// first) a place, or that begin (or end) the list where there is none, each with its place.
    pub(crate) fn turn<T, E>(
        &self,
        mut walk: impl FnMut(bool, Option<&[u8]>, usize) -> Result<Vec<(Vec<u8>, T)>, E>,
    ) -> Result<Turned<T>, E> {
        let (backward, place) = match &self.from {
            From::Start => (false, None),
            From::After(place) => (false, Some(place.as_slice())),
            From::Before(place) => (true, Some(place.as_slice())),
        };
        let mut found = walk(backward, place, self.limit + 1)?;
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        if backward {
            found.reverse();
        }
        let first = found.first().map(|(place, _)| place.clone());
        let last = found.last().map(|(place, _)| place.clone());
        let (next, prev) = match self.from {
            From::Start => (last.filter(|_| more), None),
            From::After(_) => (last.filter(|_| more), first),
            From::Before(_) => (last, first.filter(|_| more)),
        };
        Ok(Turned { items: found.into_iter().map(|(_, item)| item).collect(), next, prev })
    }
}

fn digest(bytes: &[u8]) -> [u8; 8] {
    let digest = Sha256::digest(bytes);
    std::array::from_fn(|position| digest.get(position).copied().unwrap_or_default())
}

fn write(direction: u8, filters: [u8; 8], place: &[u8]) -> String {
    let mut bytes = vec![VERSION, direction];
    bytes.extend_from_slice(&filters);
    bytes.extend_from_slice(place);
    let check = digest(&bytes);
    bytes.extend_from_slice(&check);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read(text: &str, filters: [u8; 8]) -> Result<From, Failure> {
    let wrong = |why: &str| Failure::new(Code::Cursor, format!("cursor: {why}"));
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong("it is no cursor"))?;
    let body = bytes.len().checked_sub(CHECK).and_then(|end| bytes.split_at_checked(end));
    let (body, check) = body.ok_or_else(|| wrong("it is too short"))?;
    if digest(body) != check {
        return Err(wrong("it was changed"));
    }
    let (head, place) = body.split_at_checked(HEAD).ok_or_else(|| wrong("it is too short"))?;
    match head {
        [VERSION, direction, of @ ..] if of == filters => match direction {
            0 => Ok(From::After(place.to_vec())),
            1 => Ok(From::Before(place.to_vec())),
            _ => Err(wrong("it has no direction")),
        },
        [VERSION, ..] => Err(wrong("it belongs to other filters")),
        _ => Err(wrong("it is of another version of this program; begin again without it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATH: &str = "/v1/anything";

    #[expect(clippy::unnecessary_wraps, reason = "it stands for a list that may fail")]
    fn walk(
        list: &[u32],
        backward: bool,
        place: Option<&[u8]>,
        count: usize,
    ) -> Result<Vec<(Vec<u8>, u32)>, ()> {
        let place = place.map(|place| u32::from_be_bytes(place.try_into().unwrap()));
        let item = |n: &u32| (n.to_be_bytes().to_vec(), *n);
        Ok(if backward {
            let before = list.iter().rev().filter(|n| place.is_none_or(|place| **n < place));
            before.take(count).map(item).collect()
        } else {
            let after = list.iter().filter(|n| place.is_none_or(|place| **n > place));
            after.take(count).map(item).collect()
        })
    }

    proptest! {
        #[test]
        fn pages_forward_and_back_are_the_list(
            list in prop::collection::btree_set(any::<u32>(), 0..60),
            limit in 1_u32..9,
        ) {
            let list: Vec<u32> = list.into_iter().collect();
            let turn = |cursor: Option<&str>| {
                let turn = Turn::new(PATH, &"filter", Some(limit), cursor).unwrap();
                let turned = turn.turn(|b, p, n| walk(&list, b, p, n)).unwrap();
                (turned.items.clone(), turn.page(&turned))
            };
            let (mut pages, mut cursor) = (Vec::new(), None);
            loop {
                let (items, page) = turn(cursor.as_deref());
                pages.push((items, page.clone()));
                cursor = page.next;
                if cursor.is_none() { break; }
            }
            let forward: Vec<u32> = pages.iter().flat_map(|(items, _)| items.clone()).collect();
            prop_assert_eq!(&forward, &list);
            // Back from the last page: each page again, to the first.
            let mut cursor = pages.last().unwrap().1.prev.clone();
            for (items, _) in pages.iter().rev().skip(1) {
                let (back, page) = turn(cursor.as_deref());
                prop_assert_eq!(&back, items);
                cursor = page.prev;
            }
            prop_assert_eq!(cursor, None);
        }

        #[test]
        fn a_changed_cursor_is_refused(place in prop::collection::vec(any::<u8>(), 0..40), at: usize, bit in 0_u8..8) {
            let text = write(0, digest(b"x"), &place);
            let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let changed = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(read(&changed, digest(b"x")).unwrap_err().code, Code::Cursor);
        }
    }

    #[test]
    fn a_cursor_of_other_filters_is_refused() {
        let turn = Turn::new(PATH, &("fund", 1), None, None).unwrap();
        let turned = Turned { items: vec![()], next: Some(vec![1]), prev: None };
        let cursor = turn.page(&turned).next.unwrap();
        assert!(Turn::new(PATH, &("fund", 1), None, Some(&cursor)).is_ok());
        for (path, filters) in [(PATH, ("fund", 2)), ("/v1/other", ("fund", 1))] {
            let error = Turn::new(path, &filters, None, Some(&cursor)).unwrap_err();
            assert_eq!(error.code, Code::Cursor);
        }
        for limit in [0, 1_001, u32::MAX] {
            let error = Turn::new(PATH, &(), Some(limit), None).unwrap_err();
            assert_eq!(error.code, Code::RequestQuery);
        }
        for text in ["", "?", "AAAA", "ä"] {
            assert_eq!(Turn::new(PATH, &(), None, Some(text)).unwrap_err().code, Code::Cursor);
        }
    }
}
