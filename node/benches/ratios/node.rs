//! P3: one durable node with the real engine, submitted in process, against a bare parallel loop over
//! the same signatures. P9: the same at size, in a process of its own, for memory, disk and evenness.

use crate::book::{self, Signed};
use crate::machine;
use crate::measure::{Pairs, Scale, Target, Time};
use linli_contracts::rulebook;
use linli_ledger::hash::Digest;
use linli_ledger::transaction::VerifiedTransaction;
use linli_node::storage::SyncObserver;
use linli_node::{Batch, Keys, Node, Options};
use linli_tests::workload::{self, Workload};
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

fn open(folder: &Path, workload: &Workload) -> Node {
    let options = Options {
        folder: folder.to_owned(),
        genesis: workload.genesis().clone(),
        rulebook: Arc::new(rulebook()),
        validator: workload.validator(),
        synced: SyncObserver::default(),
    };
    Node::open(options, &mut ()).expect("a node")
}

fn verified(batch: workload::Batch, genesis: &Digest, keys: &Keys) -> Batch {
    let all: Result<Vec<VerifiedTransaction>, _> = keys.with(|known| {
        batch.transactions.into_iter().map(|one| one.verify_by(known, genesis)).collect()
    });
    Batch { time: batch.time, transactions: all.expect("it is signed") }
}

/// Verifies on all cores, with keys that were met before, and commits, in order; every transaction is durable at
/// the end.
fn commit(
    node: &mut Node,
    genesis: &Digest,
    keys: &Keys,
    batches: impl IntoIterator<Item = workload::Batch>,
) {
    let commit = |batch: Batch| {
        let committed = node.commit(batch).expect("a block");
        assert!(committed.refused.is_empty(), "at the door: {:?}", committed.refused);
        Ok::<(), ()>(())
    };
    linli_ahead::in_order(batches, |batch| verified(batch, genesis, keys), commit)
        .expect("never an error");
}

pub(crate) fn run(scale: Scale) {
    let transactions = scale.of(100_000) as usize;
    eprintln!("P3: a durable node, {transactions} transactions in six parts");
    let folder = tempfile::tempdir().expect("a folder");
    let mut workload = Workload::of_size("bench P3", scale.of(100_000));
    let genesis = workload.genesis().hash();
    let (mut node, keys) = (open(folder.path(), &workload), Keys::default());
    let mut part = || {
        let (mut batches, mut made) = (Vec::new(), 0);
        while made < transactions / 6 {
            let batch = workload.next().expect("there is always more");
            made += batch.transactions.len();
            batches.push(batch);
        }
        batches
    };
    // The first part, which enrols everybody, is not counted.
    commit(&mut node, &genesis, &keys, part());
    // The loop goes first, and leaves the part for the node to take.
    let next: RefCell<(Vec<workload::Batch>, f64)> = RefCell::default();
    let theirs = || {
        let batches = part();
        let transactions = batches.iter().flat_map(|batch| &batch.transactions);
        let signed: Vec<Signed> = transactions.clone().flat_map(book::signatures).collect();
        let count = f64::from(u32::try_from(transactions.count()).expect("few"));
        next.replace((batches, count));
        Time::of(|| book::verify_all(&signed))
    };
    let ours = || {
        let batches = std::mem::take(&mut next.borrow_mut().0);
        Time::of(|| commit(&mut node, &genesis, &keys, batches))
    };
    let (wall, processors) = Pairs::rates(|| next.borrow().1, ours, theirs);
    let goal = ">= 0.5";
    wall.print(&Target { name: "P3", goal, unit: "transactions per second" });
    let unit = "transactions per processor second";
    processors.print(&Target { name: "P3 processors", goal, unit });
    node.stop();
}

pub(crate) fn run_scaled(scale: Scale) {
    machine::start_scale_child(scale.of(500_000));
}

/// P9 in a process of its own.
pub(crate) fn scaled(transactions: u32) {
    eprintln!("P9: a durable node, {transactions} transactions");
    let folder = tempfile::tempdir().expect("a folder");
    let workload = Workload::of_size("bench P9", transactions);
    let genesis = workload.genesis().hash();
    let (mut node, keys) = (open(folder.path(), &workload), Keys::default());
    let (mut made, mut logical, mut tenths) = (0_usize, 0_usize, Vec::new());
    let tenth = transactions as usize / 10;
    let mut workload = workload.peekable();
    while tenths.len() < 10 {
        let (begun, before) = (Instant::now(), made);
        let part = std::iter::from_fn(|| {
            (made - before < tenth).then(|| workload.next()).flatten().inspect(|batch| {
                made += batch.transactions.len();
                let size = |one: &linli_ledger::transaction::SignedTransaction| {
                    one.body.len() + 65 * one.signatures.len()
                };
                logical += batch.transactions.iter().map(size).sum::<usize>();
            })
        });
        commit(&mut node, &genesis, &keys, part);
        let count = f64::from(u32::try_from(made - before).expect("few"));
        tenths.push(count / begun.elapsed().as_secs_f64());
        eprintln!("  {made}: {:.0} per second, signing included", tenths.last().expect("pushed"));
    }
    node.stop();
    let disk = size_of(folder.path());
    let (first, last) = (tenths[1], tenths[9]);
    let ratio = |value: u64, baseline: u64| {
        let part =
            |bytes: u64| f64::from(u32::try_from(bytes / 1_024).expect("below 4 TB")) / 1_024.0;
        (part(value), part(baseline), part(value) / part(baseline))
    };
    if let Some(memory) = machine::peak_memory() {
        let (value, baseline, ratio) = ratio(memory, 600 * 1_024 * 1_024);
        Target { name: "P9 memory", goal: "<= 1", unit: "MiB" }.print(value, baseline, ratio);
    }
    let (value, baseline, ratio) = ratio(disk, logical as u64);
    Target { name: "P9 disk", goal: "<= 2", unit: "MiB" }.print(value, baseline, ratio);
    // The first tenth enrols everybody and is other work than the rest: the second stands for it.
    let unit = "transactions per second";
    Target { name: "P9 evenness", goal: ">= 0.9", unit }.print(last, first, last / first);
}

fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("it is there");
    let size = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("it is there");
        let metadata = entry.metadata().expect("it is there");
        if metadata.is_dir() { size_of(&entry.path()) } else { metadata.len() }
    };
    entries.map(size).sum()
}
