//! Random histories of a sub-district: after every step every invariant holds, and chain and books agree
//! in everything that anybody may ask.
//!
//! `HISTORIES=10000 cargo test --release --test histories` plays ten thousand of them, `HISTORY_SEED=n`
//! one, `HISTORY_STEPS=n` so long ones.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

#[path = "index/naive.rs"]
mod naive;

use linli_ledger::block::CommittedBlock;
use linli_ledger::certificate::{Certificate, CommitCertificate};
use linli_ledger::codec::encode;
use linli_ledger::frame::Frame;
use linli_node::Blocks;
use linli_node::storage::Folder;
use linli_service::Followed;
use linli_service::index::{Index, Placed};
use linli_tests::histories::{Difference, Player, Seen, Twist};
use naive::{Chain, Dice, ask};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A minute of one core without optimisation.
const HISTORIES: u64 = 600;
const STEPS: u64 = 20;
/// Histories of which every block is also verified and executed again: one in so many.
const FULL: u64 = 16;
const THREADS: usize = 2;
/// Histories among which each mistake is looked for, and their length: what time does takes a while.
const TWISTED: u64 = 300;
const TWISTED_STEPS: u64 = 60;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn play(begun: &Player, seed: u64, steps: u64) -> Result<(Player, Seen), Difference> {
    begun.clone().history(seed, steps, seed.is_multiple_of(FULL))
}

#[test]
fn random_histories_agree_with_naive_books_after_every_step() {
    let (begun, steps) = (Player::begin(), number("HISTORY_STEPS", STEPS));
    let seeds = match std::env::var("HISTORY_SEED") {
        Ok(seed) => {
            let seed: u64 = seed.parse().unwrap();
            seed..seed + 1
        }
        Err(_) => 0..number("HISTORIES", HISTORIES),
    };
    let seen = std::thread::scope(|scope| {
        let worker = |first: usize| {
            let (begun, seeds) = (&begun, seeds.clone());
            scope.spawn(move || {
                let mut seen = Seen::default();
                for seed in seeds.skip(first).step_by(THREADS) {
                    match play(begun, seed, steps) {
                        Ok((_, one)) => seen.add(&one),
                        Err(Difference(what)) => panic!("HISTORY_SEED={seed} replays it: {what}"),
                    }
                }
                seen
            })
        };
        let workers: Vec<_> = (0..THREADS).map(worker).collect();
        let mut all = Seen::default();
        for worker in workers {
            all.add(&worker.join().unwrap());
        }
        all
    });
    println!("{} histories, {} steps: {:#?}", seeds.end - seeds.start, seen.steps, seen.answers);
    if seeds.end - seeds.start >= HISTORIES {
        is_worth_it(&seen);
    }
}

/// The comparison means something only if every act was accepted, and refused for many reasons.
fn is_worth_it(seen: &Seen) {
    // The door refuses a transaction that comes again.
    let acts: Vec<_> = seen.answers.iter().filter(|(act, _)| act.as_str() != "Again").collect();
    assert_eq!(acts.len(), 55, "{acts:?}");
    let accepted = acts.iter().map(|(act, codes)| (act, codes.get("").copied().unwrap_or(0)));
    let never: Vec<_> = accepted.filter(|(_, times)| *times == 0).collect();
    assert!(never.is_empty(), "never accepted: {never:?}");
    let codes: BTreeSet<_> = seen.answers.values().flat_map(|codes| codes.keys()).collect();
    assert!(codes.len() >= 40, "{codes:?}");
}

#[test]
fn a_mistake_in_the_books_is_noticed_and_nothing_else_is() {
    let begun = Player::begin();
    std::thread::scope(|scope| {
        for twists in Twist::ALL.chunks(Twist::ALL.len().div_ceil(THREADS)) {
            let begun = &begun;
            scope.spawn(move || {
                for twist in twists {
                    let twisted = begun.clone().twisted(*twist);
                    let notices =
                        |seed: &u64| twisted.clone().history(*seed, TWISTED_STEPS, false).is_err();
                    let noticed = (0..TWISTED).find(notices);
                    println!("{twist:?}: {noticed:?}");
                    let seed = noticed.unwrap_or_else(|| panic!("nobody notices {twist:?}"));
                    assert!(
                        begun.clone().history(seed, TWISTED_STEPS, false).is_ok(),
                        "{twist:?} {seed}"
                    );
                }
            });
        }
    });
}

/// The blocks of a history as a chain, in the folder of a node.
fn chain(player: &Player, folder: &Path) -> Chain {
    let genesis = player.town.genesis.clone();
    let mut bytes = Frame::Genesis(encode(&genesis)).to_bytes();
    let mut blocks = Vec::new();
    for (block, receipts) in player.town.blocks() {
        let certificate =
            Certificate::Quorum(CommitCertificate { round: 0, signatures: Vec::new() });
        let block = CommittedBlock { block: block.clone(), certificate };
        bytes.extend(Frame::Block(block.clone()).to_bytes());
        blocks.push((block, receipts.clone()));
    }
    std::fs::create_dir_all(folder.join("chain")).unwrap();
    std::fs::write(folder.join("chain/0000000000.chain"), bytes).unwrap();
    Chain::new(genesis, blocks, player.town.state.clone())
}

#[test]
fn the_read_model_tells_of_random_histories_what_a_scan_tells() {
    let begun = Player::begin();
    for seed in [16, 32, 48] {
        let (player, _) =
            play(&begun, seed, 60).unwrap_or_else(|Difference(what)| panic!("{what}"));
        let folder = tempfile::tempdir().unwrap();
        let chain = chain(&player, folder.path());
        let storage = Folder::create(&folder.path().join("chain")).unwrap();
        let blocks = Arc::new(Blocks::new(Box::new(storage)));
        let index = Index::open(&folder.path().join("index"), &chain.genesis, blocks).unwrap();
        for together in chain.blocks.chunks(50) {
            let placed = |(block, receipts): &(CommittedBlock, Vec<_>)| {
                let (block, receipts) = (block.clone(), receipts.clone());
                Placed::new(&chain.state, Arc::new(Followed { block, receipts }))
            };
            index.append(&together.iter().map(placed).collect::<Vec<_>>()).unwrap();
        }
        let questions = chain.questions(&mut Dice(seed));
        assert!(questions.len() > 500, "{}", questions.len());
        for question in questions.iter().step_by(3) {
            let answer = ask(&index, &chain.state, question, 20).unwrap();
            assert_eq!(answer, chain.answer(question), "seed {seed}: {question:?}");
        }
    }
}
