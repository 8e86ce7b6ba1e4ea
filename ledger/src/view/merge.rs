//! This exists to read a range of keys through three layers: the state, the block, the transaction.

use super::{Order, View};
use crate::record::Key;
use crate::types::Compartment;
use std::cmp::Ordering;
use std::iter::Peekable;
use std::ops::Bound;

type Entry<'a> = (&'a [u8], Option<&'a [u8]>);

/// The first `limit` live entries in `bounds`.
pub(super) fn collect<'a>(
    view: &'a View<'_>,
    compartment: Compartment,
    bounds: (Bound<Key>, Bound<Key>),
    limit: usize,
    order: Order,
) -> Vec<(&'a [u8], &'a [u8])> {
    if is_empty(&bounds) {
        return Vec::new();
    }
    let of_layer = layer_bounds(compartment, &bounds);
    let base = view.base.half(compartment).leaves.range(bounds).map(|(k, l)| (k, Some(l.value)));
    let block =
        view.block.range(of_layer.clone()).map(|(k, s)| (k.1.as_slice(), s.value.as_deref()));
    let own = view.changes.range(of_layer).map(|(k, v)| (k.1.as_slice(), v.as_deref()));
    match order {
        Order::Ascending => take(base, block, own, limit, Ord::cmp),
        Order::Descending => take(base.rev(), block.rev(), own.rev(), limit, |a, b| b.cmp(a)),
    }
}

/// `BTreeMap::range` panics on an inverted range; here it is empty.
fn is_empty((start, end): &(Bound<Key>, Bound<Key>)) -> bool {
    match (start, end) {
        (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end)) => start >= end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end)) => start > end,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

type LayerKey = (Compartment, Key);

fn layer_bounds(
    compartment: Compartment,
    (start, end): &(Bound<Key>, Bound<Key>),
) -> (Bound<LayerKey>, Bound<LayerKey>) {
    let after = match compartment {
        Compartment::Public => Bound::Excluded((Compartment::Restricted, Key::new())),
        Compartment::Restricted => Bound::Unbounded,
    };
    let start = match start {
        Bound::Included(key) => Bound::Included((compartment, key.clone())),
        Bound::Excluded(key) => Bound::Excluded((compartment, key.clone())),
        Bound::Unbounded => Bound::Included((compartment, Key::new())),
    };
    let end = match end {
        Bound::Included(key) => Bound::Included((compartment, key.clone())),
        Bound::Excluded(key) => Bound::Excluded((compartment, key.clone())),
        Bound::Unbounded => after,
    };
    (start, end)
}

fn take<'a>(
    base: impl Iterator<Item = Entry<'a>>,
    block: impl Iterator<Item = Entry<'a>>,
    own: impl Iterator<Item = Entry<'a>>,
    limit: usize,
    order: impl Fn(&[u8], &[u8]) -> Ordering,
) -> Vec<(&'a [u8], &'a [u8])> {
    let (mut base, mut block, mut own) = (base.peekable(), block.peekable(), own.peekable());
    let mut out = Vec::new();
    while out.len() < limit {
        let first = [base.peek(), block.peek(), own.peek()]
            .into_iter()
            .flatten()
            .map(|(key, _)| *key)
            .min_by(|a, b| order(a, b));
        let Some(key) = first else { break };
        let values = [advance(&mut own, key), advance(&mut block, key), advance(&mut base, key)];
        if let Some(Some(value)) = values.into_iter().flatten().next() {
            out.push((key, value));
        }
    }
    out
}

/// Steps over `key` and returns what this layer says about it: nothing, a removal, or a value.
#[expect(clippy::option_option, reason = "a layer may not know a key, or know it as removed")]
fn advance<'a, I: Iterator<Item = Entry<'a>>>(
    layer: &mut Peekable<I>,
    key: &[u8],
) -> Option<Option<&'a [u8]>> {
    layer.next_if(|(head, _)| *head == key).map(|(_, value)| value)
}
