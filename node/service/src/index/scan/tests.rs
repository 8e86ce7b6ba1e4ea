use super::super::key::{Sum, Table};
use super::super::run::{RunWriter, check};
use super::*;
use linli_ledger::types::{AccountId, Day, RecordId, SourceId};
use proptest::prelude::*;

/// Chunks in memory, by run and number.
#[derive(Default)]
struct Memory(BTreeMap<(RunId, usize), Vec<u8>>);

impl Chunks for Memory {
    fn chunk(&self, run: &Run, number: usize) -> Result<Vec<u8>, IndexError> {
        let hash = run.directory.hash(number).unwrap();
        let bytes = self.0.get(&(run.id, number)).filter(|bytes| check(bytes) == *hash);
        bytes.cloned().ok_or_else(|| IndexError::doubt("missing"))
    }
}

impl Memory {
    fn write(&mut self, id: RunId, facts: &BTreeMap<Vec<u8>, Vec<u8>>) -> Run {
        let mut writer = RunWriter::default();
        let mut chunks = Vec::new();
        for (key, value) in facts {
            chunks.extend(writer.push(key, value));
        }
        let (last, directory) = writer.finish();
        chunks.extend(last);
        assert_eq!(chunks.len(), directory.len());
        assert_eq!(chunks.concat().len() as u64, directory.chunk_bytes());
        let mut end = 0;
        for (number, chunk) in chunks.iter().enumerate() {
            let place = directory.chunk_place(number).unwrap();
            assert_eq!((place.start, place.end), (end, end + chunk.len() as u64));
            end = place.end;
        }
        for (number, chunk) in chunks.into_iter().enumerate() {
            assert!(chunk.len() <= 64 * 1024, "sled works best below 64 KiB");
            self.0.insert((id, number), chunk);
        }
        Run { id, directory: Arc::new(directory), is_file: false }
    }
}

/// Facts with keys that share much, sums that meet, and values of any size.
fn fact() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let journal = (0_u8..4, 0_u64..300, 0_usize..3_000).prop_map(|(account, number, length)| {
        let value = vec![account; length];
        (Table::Journals.key(&(AccountId([account; 32]), number)), value)
    });
    let edge = (0_u32..5, 0_u32..3, 1_u64..100).prop_map(|(day, source, amount)| {
        let node = super::super::Node::Fund;
        let ends = (node, super::super::Node::Source);
        let key = ((RecordId([1; 32]), Day(day)), ends.0, ends.1, SourceId(source));
        (Table::Edges.key(&key), Sum { amount, count: 1 }.bytes())
    });
    let text = "[a-c]{0,6}".prop_map(|text| (text.into_bytes(), Vec::new()));
    prop_oneof![4 => journal, 2 => edge, 2 => text]
}

/// A union of runs as one map: what an index must look like.
fn union(runs: &[BTreeMap<Vec<u8>, Vec<u8>>]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for (key, value) in runs.iter().flatten() {
        match all.get_mut(key) {
            Some(known) => *known = key::combine(key, known.clone(), value).unwrap(),
            None => drop(all.insert(key.clone(), value.clone())),
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn runs_read_as_one_sorted_map(
        runs in prop::collection::vec(prop::collection::vec(fact(), 0..120), 0..6),
        from in prop::collection::vec(any::<u8>(), 0..3), to in prop::option::of(fact()),
    ) {
        // A fact is the same wherever it is told.
        let mut told: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let runs: Vec<BTreeMap<_, _>> = runs
            .into_iter()
            .map(|run| {
                run.into_iter()
                    .map(|(key, value)| {
                        let is_sum = key.first() == Some(&b'E');
                        let known = told.entry(key.clone()).or_insert(value.clone()).clone();
                        (key, if is_sum { value } else { known })
                    })
                    .collect()
            })
            .collect();
        let mut memory = Memory::default();
        let written: Vec<Run> =
            (1..).zip(&runs).map(|(id, facts)| memory.write(id, facts)).collect();
        let to = to.map(|(key, _)| key);
        let inside = |key: &Vec<u8>| *key >= from && to.as_ref().is_none_or(|to| key < to);
        let wanted: Vec<Entry> = union(&runs).into_iter().filter(|(key, _)| inside(key)).collect();
        for order in [Order::Ascending, Order::Descending] {
            let scan = Scan::new(&memory, &written, from.clone(), to.clone(), order);
            let mut found = scan.collect::<Result<Vec<_>, _>>().unwrap();
            if order == Order::Descending {
                found.reverse();
            }
            prop_assert_eq!(&found, &wanted);
        }
    }

    #[test]
    fn a_chunk_that_is_missing_or_changed_is_a_doubt(
        facts in prop::collection::btree_map("[a-z]{1,9}", "[a-z]{0,2000}", 1..200),
        place in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>(),
        is_removed in any::<bool>(),
    ) {
        let facts = facts.into_iter().map(|(k, v)| (k.into_bytes(), v.into_bytes())).collect();
        let mut memory = Memory::default();
        let runs = [memory.write(1, &facts)];
        let keys: Vec<_> = memory.0.keys().copied().collect();
        let key = *place.get(&keys);
        if is_removed {
            memory.0.remove(&key);
        } else {
            let chunk = memory.0.get_mut(&key).unwrap();
            let at = bit.index(chunk.len() * 8);
            chunk[at / 8] ^= 1 << (at % 8);
        }
        let result: Result<Vec<_>, _> =
            Scan::new(&memory, &runs, Vec::new(), None, Order::Ascending).collect();
        prop_assert!(matches!(result, Err(IndexError::Doubt(_))));
    }
}

#[test]
fn two_runs_that_contradict_each_other_are_a_doubt() {
    let mut memory = Memory::default();
    let fact = |value: u8| BTreeMap::from([(b"key".to_vec(), vec![value])]);
    let runs = [memory.write(1, &fact(1)), memory.write(2, &fact(2))];
    let mut scan = Scan::new(&memory, &runs, Vec::new(), None, Order::Ascending);
    assert!(matches!(scan.next(), Some(Err(IndexError::Doubt(_)))));
}
