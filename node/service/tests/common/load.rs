//! This exists to keep a network of real processes busy, and to know afterwards what it acknowledged and what it
//! has written.

use super::processes::{Desk, GUARD, Town, submit};
use linli_ledger::block::BlockTransaction;
use linli_ledger::types::{BlockHash, Height, TransactionId};
use linli_node::Blocks;
use linli_node::storage::Folder;
use linli_wire::transaction::{Standing, Submitted};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

/// Organisations of the demonstration and their positions.
pub(crate) const DESKS: [(&str, u32); 4] =
    [("office", 0), ("volunteers", 2), ("foundation", 6), ("regulator", 8)];
/// A node answers well within this time, or never.
pub(crate) const ANSWER: Duration = Duration::from_secs(20);

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
        let batch = desk.register(1 + turn as u64 % 7);
        // One that is killed does not answer; what became of these is not known, and never asked.
        let Some(answer) = submit(api, &batch, ANSWER) else { continue };
        for Submitted { id, status, height, rejection, .. } in answer.data {
            assert_eq!(rejection, None, "every transaction here is good");
            if status == Standing::Final {
                let mut known = acknowledged.0.lock().unwrap();
                known.insert(id.unwrap(), height.unwrap());
                // The test may have seen enough.
                let _ = tell.send(());
            }
        }
    }
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
    let folder = Folder::create(&town.at(n).join("chain")).unwrap();
    let blocks = Blocks::new(Box::new(folder));
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
