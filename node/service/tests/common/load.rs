//! This exists to keep a network of real processes busy, and to know afterwards what it acknowledged and what it
//! has written.

use super::processes::{Desk, GUARD, Town, submit};
use linli_ledger::block::BlockTransaction;
use linli_ledger::types::{BlockHash, Height, TransactionId};
use linli_wire::transaction::{Standing, Submitted};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

/// Organisations of the demonstration and their positions.
pub(crate) const DESKS: [(&str, u32); 4] =
    [("office", 0), ("volunteers", 2), ("foundation", 6), ("regulator", 8)];
/// A node answers well within this time, or never.
pub(crate) const ANSWER: Duration = Duration::from_secs(20);
/// What is handed in at once where there is much to do.
const BATCH: u64 = 250;
/// Nothing here waits for a time to pass; this only ends a test that would hang.
const FILLED_WITHIN: Duration = Duration::from_mins(20);

/// A number of the environment.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Numbers that are the same for a seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What was acknowledged as final.
#[derive(Default)]
pub(crate) struct Acknowledged(pub(crate) Mutex<BTreeMap<TransactionId, Height>>);

/// Tells whoever hands in to stop when it goes out of scope, so that a test that fails ends as well.
pub(crate) struct Stops<'a>(pub(crate) &'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Hands in until told to stop, at one node after the other; tells of each that is acknowledged.
pub(crate) fn load(
    desk: &mut Desk,
    apis: &[String],
    stop: &AtomicBool,
    acknowledged: &Acknowledged,
    tell: &Sender<()>,
) {
    for (turn, api) in apis.iter().cycle().enumerate() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        for _ in 0..hand_in(desk, api, 1 + turn as u64 % 7, acknowledged) {
            // The test may have seen enough.
            let _ = tell.send(());
        }
    }
}

/// Hands in as many as it takes until at least `count` are acknowledged, at one node.
pub(crate) fn fill(desk: &mut Desk, api: &str, count: u64, acknowledged: &Acknowledged) {
    let (mut done, begun) = (0, Instant::now());
    while done < count {
        assert!(begun.elapsed() < FILLED_WITHIN, "{done} of {count} in time");
        done += hand_in(desk, api, BATCH, acknowledged);
    }
}

/// Hands in so many at once; how many are acknowledged.
fn hand_in(desk: &mut Desk, api: &str, count: u64, acknowledged: &Acknowledged) -> u64 {
    // One that is killed does not answer; what became of these is not known, and never asked.
    let Some(answer) = submit(api, &desk.register(count), ANSWER) else { return 0 };
    let mut known = acknowledged.0.lock().unwrap();
    let before = known.len();
    for Submitted { id, status, height, rejection, .. } in answer.data {
        assert_eq!(rejection, None, "every transaction here is good");
        if status == Standing::Final {
            known.insert(id.unwrap(), height.unwrap());
        }
    }
    (known.len() - before) as u64
}

/// Waits until so many more are acknowledged.
pub(crate) fn wait_for_some(count: u64, heard: &Receiver<()>) {
    while heard.try_recv().is_ok() {}
    for _ in 0..count {
        heard.recv_timeout(GUARD).expect("the network goes on");
    }
}

/// The identifiers of each block in a folder from a height on, by height.
pub(crate) fn chain(
    town: &Town,
    n: usize,
    from: Height,
) -> BTreeMap<Height, (BlockHash, BTreeSet<TransactionId>)> {
    let blocks = town.blocks(n);
    let id = |transaction: &BlockTransaction| match transaction {
        BlockTransaction::Full(signed) => signed.id(),
        BlockTransaction::Withheld(_) => panic!("a whole chain withholds nothing"),
    };
    let read = |height| {
        let block = blocks.block(Height(height)).unwrap().unwrap().block;
        (block.header.height, (block.header.hash(), block.transactions.iter().map(id).collect()))
    };
    (from.0..=blocks.last().unwrap().0).map(read).collect()
}
