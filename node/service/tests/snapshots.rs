//! A start from a snapshot: little is replayed, and a bad snapshot costs time and nothing else.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

mod common;

use common::{genesis, options, register};
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use linli_ledger::types::Height;
use linli_node::{Observer, Shown};
use linli_service::{Answer, Live, LiveOptions, SnapshotRule};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Default)]
struct Replayed(usize);

impl Observer for Replayed {
    fn after(&mut self, _: &[Receipt]) {
        self.0 += 1;
    }
}

/// Opens the chain only to show it: its tip, its root, and how many blocks were replayed.
fn shown(folder: &Path) -> (Height, State, usize) {
    let mut replayed = Replayed::default();
    let rulebook = linli_contracts::rulebook();
    let shown = Shown::open(folder, &genesis(), &rulebook, &mut replayed).unwrap();
    let state = shown.state.read().clone();
    (state.tip().height, state, replayed.0)
}

fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("snapshots")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A chain of six blocks, two of them after the newest snapshot, which is the second.
fn chain(folder: &Path) {
    let blocks = |live: &Live, numbers: std::ops::RangeInclusive<u64>| {
        for number in numbers {
            let ticket = live.submit(vec![register(number)]).pop().unwrap().unwrap();
            assert!(matches!(ticket.wait(), Answer::Final(_)));
        }
    };
    let every = SnapshotRule { receipts: 10, blocks: 10, interval: Duration::ZERO };
    for numbers in [1..=2, 3..=4] {
        let live = Live::open(LiveOptions { snapshots: every, ..options(folder) }).unwrap();
        blocks(&live, numbers);
        // A tenth of the rule is worth one at the end.
        live.stop();
    }
    let never = SnapshotRule { receipts: u64::MAX, blocks: u64::MAX, interval: Duration::ZERO };
    let live = Live::open(LiveOptions { snapshots: never, ..options(folder) }).unwrap();
    blocks(&live, 5..=6);
    live.stop();
}

#[test]
fn a_damaged_snapshot_is_skipped_wherever_it_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    chain(folder.path());
    let files = snapshots(folder.path());
    assert_eq!(files.len(), 2);
    let (height, whole, replayed) = shown(folder.path());
    assert_eq!((height, replayed), (Height(6), 2));
    let same = |expected: usize, what: &str| {
        let (height, state, replayed) = shown(folder.path());
        assert_eq!((height, state.root(), replayed), (Height(6), whole.root(), expected), "{what}");
    };
    let bytes = fs::read(&files[1]).unwrap();
    for position in (0..bytes.len()).step_by(29) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        fs::write(&files[1], &damaged).unwrap();
        same(4, &format!("a flipped bit at {position}"));
        fs::write(&files[1], &bytes[..position]).unwrap();
        same(4, &format!("cut at {position}"));
    }
    // A good snapshot of another height under this name.
    fs::copy(&files[0], &files[1]).unwrap();
    same(4, "another height");
    fs::remove_file(&files[1]).unwrap();
    same(4, "the newest removed");
    fs::write(&files[0], b"nothing").unwrap();
    same(6, "no good one at all");
    fs::remove_dir_all(folder.path().join("snapshots")).unwrap();
    same(6, "none");
}

#[test]
fn a_snapshot_does_not_hide_a_chain_that_was_cut_or_changed() {
    let folder = tempfile::tempdir().unwrap();
    chain(folder.path());
    let segment = folder.path().join("chain/0000000000.chain");
    let bytes = fs::read(&segment).unwrap();
    let open = || {
        let rulebook = linli_contracts::rulebook();
        Shown::open(folder.path(), &genesis(), &rulebook, &mut ()).map(|_| ())
    };
    let tail = bytes.len() - bytes.len() / 4;
    for position in (tail..bytes.len()).step_by(13) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        fs::write(&segment, &damaged).unwrap();
        assert!(open().is_err(), "a flipped bit at {position}");
        fs::write(&segment, &bytes[..position]).unwrap();
        let code = open().unwrap_err().code();
        assert_eq!(code, linli_ledger::code::Code::ChainShortened, "cut at {position}");
    }
    fs::write(&segment, &bytes).unwrap();
    open().unwrap();
}

#[test]
fn a_running_node_writes_snapshots_and_keeps_two() {
    let folder = tempfile::tempdir().unwrap();
    let rule = SnapshotRule { receipts: 1, blocks: 1, interval: Duration::ZERO };
    let live = Live::open(LiveOptions { snapshots: rule, ..options(folder.path()) }).unwrap();
    let mut number = 0;
    // Snapshots are written beside the blocks: how many blocks one takes is not known.
    while live.health().snapshot.is_none_or(|height| height < Height(5)) {
        number += 1;
        let ticket = live.submit(vec![register(number)]).pop().unwrap().unwrap();
        assert!(matches!(ticket.wait(), Answer::Final(_)));
    }
    // From a snapshot, not from the beginning.
    let mut first = None;
    live.replay(Height(5), &mut |_, next| {
        first = Some(next.block.block.header.height);
        std::ops::ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(first, (number > 5).then_some(Height(6)));
    live.stop();
    assert_eq!(snapshots(folder.path()).len(), 2);
    let (height, _, replayed) = shown(folder.path());
    assert_eq!((height, replayed), (Height(number), 0), "the last was written when it stopped");
}
