//! P6: the state tree against the published tree `jmt` (0.12, its own store in memory, the same hash),
//! on the same paths, per processor second; the size of a proof, and the time to verify one.

use crate::measure::{Pairs, Scale, Target, processor};
use jmt::mock::MockTreeStore;
use jmt::{JellyfishMerkleTree, KeyHash, SimpleHasher};
use linli_ledger::codec::encode;
use linli_ledger::tree::Tree;
use std::collections::BTreeMap;

/// Leaves changed in one batch: what a few blocks change.
const BATCH: u64 = 10_000;

type Changes = BTreeMap<[u8; 32], Option<[u8; 32]>>;

struct Blake(blake3::Hasher);

impl SimpleHasher for Blake {
    fn new() -> Self {
        Self(blake3::Hasher::new())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}

fn path(number: u64) -> [u8; 32] {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

/// The first batch changes leaf 0 and those after it, the next those after these, and round again.
fn changes(version: u64, leaves: u64) -> Changes {
    let first = version * BATCH;
    let value = |number: u64| path(u64::MAX - number - version);
    (first..first + BATCH.min(leaves)).map(|n| (path(n % leaves), Some(value(n)))).collect()
}

/// The other tree with its version.
struct Other {
    store: MockTreeStore,
    version: u64,
}

impl Other {
    fn update(&mut self, changes: &Changes) {
        let tree = JellyfishMerkleTree::<_, Blake>::new(&self.store);
        let values = changes.iter().map(|(at, to)| (KeyHash(*at), to.map(|hash| hash.to_vec())));
        let (_, batch) = tree.put_value_set(values, self.version).expect("in memory");
        self.store.write_tree_update_batch(batch).expect("in memory");
        self.version += 1;
    }
}

pub(crate) fn run(scale: Scale) {
    let leaves = u64::from(scale.of(200_000)).max(BATCH);
    eprintln!("P6: {leaves} leaves");
    let mut tree = Tree::default();
    let mut other = Other { store: MockTreeStore::new(true), version: 0 };
    let mut version = 0;
    while version * BATCH < leaves {
        let changes = changes(version, leaves);
        tree = tree.updated(changes.clone());
        other.update(&changes);
        version += 1;
    }
    let rounds = 4;
    let per = |time: f64| f64::from(u32::try_from(rounds * BATCH).expect("few")) / time;
    let mut next = version;
    let mut batches = || {
        next += rounds;
        (next - rounds..next).map(|version| changes(version, leaves)).collect::<Vec<_>>()
    };
    let (ours, theirs) = (batches(), batches());
    let pairs = Pairs::measure(
        || per(processor(|| ours.iter().for_each(|changes| tree = tree.updated(changes.clone())))),
        || per(processor(|| theirs.iter().for_each(|changes| other.update(changes)))),
    );
    pairs.print(&Target { name: "P6", goal: ">= 15", unit: "updates per processor second" });
    proofs(&tree, leaves);
}

fn proofs(tree: &Tree, leaves: u64) {
    let root = tree.root();
    let proofs: Vec<_> = (0..1_000)
        .map(|n| path(n * 7 % leaves))
        .map(|at| (at, tree.get(&at).expect("it is there"), tree.prove(&at)))
        .collect();
    let longest = proofs.iter().map(|(_, _, proof)| encode(proof).len()).max().unwrap_or(0);
    let longest = f64::from(u32::try_from(longest).expect("small"));
    Target { name: "P6 proof", goal: "<= 1", unit: "bytes" }.print(
        longest,
        1_024.0,
        longest / 1_024.0,
    );
    let verify = || {
        for _ in 0..100 {
            for (at, leaf, proof) in &proofs {
                assert_eq!(proof.verify(&root, at), Ok(Some(*leaf)));
            }
        }
    };
    let pairs = Pairs::measure(|| 10.0 * processor(verify), || 10.0);
    pairs.print(&Target { name: "P6 verification", goal: "<= 1", unit: "microseconds" });
}
