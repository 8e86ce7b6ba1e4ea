use super::Leaf;
use super::leaves::{Leaves, Packed};
use crate::hash::Digest;
use crate::record::Key;
use crate::types::TransactionId;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Bound;

type Owned = (Vec<u8>, u64, TransactionId);

fn owned(leaf: Leaf<'_>) -> Owned {
    (leaf.value.to_vec(), leaf.version, leaf.writer)
}

/// What happens to leaves.
#[derive(Clone, Debug)]
enum Act {
    Put(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
    /// All keys from one on, as many as this.
    RemoveFrom(Vec<u8>, usize),
    /// So many keys in a row behind one.
    Append(Vec<u8>, u16),
    /// Share all pages from here on, and look at the end whether they are the same still.
    Keep,
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => prop::collection::vec(0_u8..4, 0..7),
        2 => prop::collection::vec(any::<u8>(), 0..40),
        1 => prop::collection::vec(any::<u8>(), 90..200),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let length = prop_oneof![9 => 0..80_usize, 2 => 2_000..9_000_usize, 1 => 20_000..90_000_usize];
    let value = (length, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]);
    prop_oneof![
        12 => (key(), value).prop_map(|(key, value)| Act::Put(key, value)),
        4 => key().prop_map(Act::Remove),
        1 => (key(), 0..60_usize).prop_map(|(key, count)| Act::RemoveFrom(key, count)),
        1 => (key(), 0..120_u16).prop_map(|(key, count)| Act::Append(key, count)),
        1 => Just(Act::Keep),
    ]
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![
        2 => key().prop_map(Bound::Included),
        2 => key().prop_map(Bound::Excluded),
        1 => Just(Bound::Unbounded),
    ]
}

fn writer(number: u64) -> TransactionId {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    TransactionId(Digest::Blake3(bytes))
}

#[derive(Default)]
struct Both {
    naive: BTreeMap<Vec<u8>, Owned>,
    leaves: Leaves,
    version: u64,
}

impl Both {
    fn put(&mut self, key: Vec<u8>, value: &[u8]) {
        self.version += 1;
        let leaf = Leaf { value, version: self.version, writer: writer(self.version) };
        self.leaves.insert(&key, &leaf);
        self.naive.insert(key, owned(leaf));
    }

    fn remove(&mut self, key: &[u8]) {
        self.leaves.remove(key);
        self.naive.remove(key);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Put(key, value) => self.put(key, &value),
            Act::Remove(key) => self.remove(&key),
            Act::RemoveFrom(key, count) => {
                let keys: Vec<_> =
                    self.naive.range(key..).take(count).map(|(key, _)| key.clone()).collect();
                for key in keys {
                    self.remove(&key);
                }
            }
            Act::Append(key, count) => {
                for number in 0..count {
                    self.put([key.as_slice(), &number.to_be_bytes()].concat(), &[3; 60]);
                }
            }
            Act::Keep => {}
        }
    }
}

fn all(leaves: &Leaves) -> Vec<(Vec<u8>, Owned)> {
    leaves.iter().map(|(key, leaf)| (key.to_vec(), owned(leaf))).collect()
}

fn as_key(bound: Bound<Vec<u8>>) -> Bound<Key> {
    bound.map(|bytes| Key::from_slice(&bytes))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn packed_leaves_are_an_ordered_map(
        acts in prop::collection::vec(act(), 0..300),
        ranges in prop::collection::vec((bound(), bound()), 12),
        asked in prop::collection::vec(key(), 12),
    ) {
        let (mut both, mut kept) = (Both::default(), Vec::new());
        for act in acts {
            if matches!(act, Act::Keep) {
                kept.push((both.leaves.clone(), both.naive.clone()));
            }
            both.act(act);
            prop_assert_eq!(both.leaves.len(), both.naive.len());
        }
        let Both { naive, leaves, .. } = &both;
        for key in asked.iter().chain(naive.keys()) {
            prop_assert_eq!(leaves.get(key).map(owned), naive.get(key).cloned());
        }
        prop_assert!(all(leaves).into_iter().eq(naive.clone()));
        for (start, end) in ranges {
            let inverted = match (&start, &end) {
                (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
                (Bound::Included(a), Bound::Included(b)) => a > b,
                (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a >= b,
            };
            if inverted {
                continue;
            }
            let expected: Vec<_> = naive.range((start.clone(), end.clone())).map(|(key, leaf)| (key.clone(), leaf.clone())).collect();
            let own = || leaves.range((as_key(start.clone()), as_key(end.clone()))).map(|(key, leaf)| (key.to_vec(), owned(leaf)));
            prop_assert!(own().eq(expected.iter().cloned()));
            prop_assert!(own().rev().eq(expected.into_iter().rev()));
        }
        for (leaves, naive) in kept {
            prop_assert!(all(&leaves).into_iter().eq(naive), "a clone stays as it was");
        }
    }

    #[test]
    fn what_is_packed_in_parts_is_the_same_map(
        naive in prop::collection::btree_map(key(), (0..200_usize).prop_map(|length| vec![5; length]), 0..200),
        cuts in prop::collection::vec(0..200_usize, 0..5),
    ) {
        let mut parts = vec![Packed::default()];
        for (number, (key, value)) in naive.iter().enumerate() {
            if cuts.contains(&number) {
                parts.push(Packed::default());
            }
            let part = parts.last_mut().unwrap();
            let leaf = Leaf { value, version: 1, writer: writer(1) };
            prop_assert!(part.push(key, &leaf));
            prop_assert!(!part.push(key, &leaf), "a key comes once, and they rise");
            prop_assert_eq!(part.ends().unwrap().1, key.as_slice());
        }
        let mut leaves = Leaves::default();
        for part in parts {
            leaves.append(part);
        }
        let pairs = leaves.iter().map(|(key, leaf)| (key.to_vec(), leaf.value.to_vec()));
        prop_assert!(pairs.eq(naive.clone()));
        for key in naive.keys() {
            leaves.remove(key);
        }
        prop_assert_eq!((leaves.len(), leaves.iter().count()), (0, 0));
    }
}
