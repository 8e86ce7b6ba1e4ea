//! A node that is killed in the middle of everything, again and again: nothing acknowledged is lost.
//!
//! This program is both sides: as a child it runs a node, submits and prints what was acknowledged; as
//! the parent it kills the child after a random number of lines and looks at what is left.
//! `LINLI_KILLS` says how often (20), `LINLI_SEED` chooses the moments.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod common;

use common::{genesis, open, options, register};
use linli_ledger::block::BlockTransaction;
use linli_ledger::types::{BlockHash, Height};
use linli_service::{Answer, Live, LiveOptions, SnapshotRule};
use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CHILD: &str = "LINLI_KILLED_CHILD";
const FIRST: &str = "LINLI_KILLED_FIRST";

fn main() {
    match env::var_os(CHILD) {
        Some(folder) => child(Path::new(&folder)),
        None => parent(),
    }
}

/// Runs until it is killed.
fn child(folder: &Path) {
    let first: u64 = env::var(FIRST).unwrap().parse().unwrap();
    // Snapshots all the time: they are killed half written, too.
    let snapshots = SnapshotRule { receipts: 40, blocks: 4, interval: Duration::ZERO };
    let live = Live::open(LiveOptions { snapshots, ..options(folder) }).unwrap();
    let mut out = std::io::stdout().lock();
    let mut number = first;
    for size in (1..=24_u64).cycle() {
        let batch: Vec<_> = (0..size).map(|step| register(number + step)).collect();
        number += size;
        let ids: Vec<_> =
            batch.iter().map(linli_ledger::transaction::VerifiedTransaction::id).collect();
        for (id, ticket) in ids.into_iter().zip(live.submit(batch)) {
            match ticket.unwrap().wait() {
                Answer::Final(_) => writeln!(out, "{}", id.0.to_hex()).unwrap(),
                other => panic!("{other:?}"),
            }
            out.flush().unwrap();
        }
    }
}

/// Numbers that are the same for a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn spawn(folder: &Path, first: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .env(CHILD, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn parent() {
    let cycles = number("LINLI_KILLS", 20);
    let seed = number("LINLI_SEED", 0x6c69_6e6c_6921);
    println!("killed: {cycles} times, LINLI_SEED={seed}");
    let mut random = Random(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    let mut heads: Vec<(Height, BlockHash)> = Vec::new();
    for cycle in 0..cycles {
        let mut child = spawn(folder.path(), 1 + cycle * 100_000);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // None: while it opens the chain. Many: in the middle of blocks and snapshots.
        let wanted = if random.below(8) == 0 { 0 } else { 1 + random.below(300) };
        let mut heard = Vec::new();
        let mut lines = lines.take(usize::try_from(wanted).unwrap());
        heard.extend(lines.by_ref().map(Result::unwrap));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(heard.len() as u64, wanted, "the child ended by itself in cycle {cycle}");
        acknowledged.extend(heard);
        let head = check(folder.path(), &acknowledged, &heads, cycle);
        heads.push(head);
    }
    let rulebook = linli_contracts::rulebook();
    let hash = genesis().hash();
    let head = heads.last().unwrap();
    let audited =
        linli_verify::audit(folder.path(), &rulebook, Some(&hash), Some(&head.1.0), &mut |_, _| {});
    let (report, _) = audited.unwrap();
    assert!(report.transactions >= acknowledged.len() as u64);
    println!(
        "killed: ok, {} acknowledged, {} in {} blocks, audit ok",
        acknowledged.len(),
        report.transactions,
        head.0
    );
}

/// Opens what is left: everything acknowledged is there, and every earlier head is still a block.
fn check(
    folder: &Path,
    acknowledged: &BTreeSet<String>,
    heads: &[(Height, BlockHash)],
    cycle: u64,
) -> (Height, BlockHash) {
    let live = open(folder).unwrap();
    let head = *live.heights().borrow();
    let blocks = live.blocks(Height(1), head.height).unwrap();
    let written: BTreeSet<String> = blocks
        .iter()
        .flat_map(|block| &block.block.transactions)
        .filter_map(|transaction| match transaction {
            BlockTransaction::Full(signed) => Some(signed.id().0.to_hex()),
            BlockTransaction::Withheld(_) => None,
        })
        .collect();
    let lost: Vec<_> = acknowledged.difference(&written).collect();
    assert!(lost.is_empty(), "cycle {cycle}: {} acknowledged and lost: {lost:?}", lost.len());
    for (height, hash) in heads.iter().filter(|(height, _)| *height > Height(0)) {
        let at = usize::try_from(height.0 - 1).unwrap();
        assert_eq!(blocks[at].block.header.hash(), *hash, "cycle {cycle}: block {height}");
    }
    live.stop();
    (head.height, head.hash)
}
