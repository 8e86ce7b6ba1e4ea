//! The read model answers as a scan of all receipts does, and goes on doing so whatever becomes of its
//! files: removed, flipped, cut, rolled back, swapped, another chain's.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

#[path = "index/naive.rs"]
mod naive;

use linli_ledger::codec::encode;
use linli_ledger::frame::Frame;
use linli_ledger::types::Height;
use linli_service::index::{Follower, Index, IndexError, Order, Page, rebuild};
use linli_service::{Live, LiveOptions};
use linli_tests::workload::{Certifier, Workload};
use naive::{Chain, Dice, Question, ask};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A chain of the workload, with its bytes in the folder of a node.
fn chain(seed: &str, transactions: usize, folder: &Path) -> Chain {
    let rulebook = linli_contracts::rulebook();
    let workload = Workload::new(seed, 60);
    let genesis = workload.genesis().clone();
    let mut certifier = Certifier::new(&workload, &rulebook);
    let mut bytes = Frame::Genesis(encode(&genesis)).to_bytes();
    let (mut blocks, mut made) = (Vec::new(), 0);
    for batch in workload {
        made += batch.transactions.len();
        let (block, receipts) = certifier.block(batch, &rulebook);
        bytes.extend(Frame::Block(block.clone()).to_bytes());
        blocks.push((block, receipts));
        if made >= transactions {
            break;
        }
    }
    fs::create_dir_all(folder.join("chain")).unwrap();
    fs::write(folder.join("chain/0000000000.chain"), bytes).unwrap();
    Chain::new(genesis, blocks, certifier.state)
}

fn live(chain: &Chain, folder: &Path) -> Live {
    let rulebook = Arc::new(linli_contracts::rulebook());
    Live::open(LiveOptions::new(folder.to_owned(), chain.genesis.clone(), rulebook)).unwrap()
}

fn blocks(folder: &Path) -> Arc<linli_node::Blocks> {
    let folder = linli_node::storage::Folder::create(&folder.join("chain")).unwrap();
    Arc::new(linli_node::Blocks::new(Box::new(folder)))
}

/// Asks until there is an answer; a rebuild may lie between.
fn insist(follower: &Follower, chain: &Chain, question: &Question) -> String {
    loop {
        match follower.read(|index| ask(index, &chain.state, question, 7)) {
            Ok(answer) => return answer,
            Err(IndexError::Doubt(_) | IndexError::Rebuilding { .. }) => {
                let tip = chain.state.tip().height;
                assert!(follower.wait_for(tip, Duration::from_mins(5)), "{:?}", follower.status());
            }
            Err(error) => panic!("{question:?}: {error}"),
        }
    }
}

#[test]
fn every_answer_is_that_of_a_scan_over_all_receipts() {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain("index", 1_200, folder.path());
    let index =
        Index::open(&folder.path().join("index"), &chain.genesis, blocks(folder.path())).unwrap();
    let mut dice = Dice(7);
    for (block, receipts) in &chain.blocks {
        index.apply(&chain.state, block, receipts).unwrap();
        // What is in it already is left.
        index.apply(&chain.state, block, receipts).unwrap();
    }
    assert_eq!(index.cursor(), (chain.state.tip().height, chain.state.tip().hash));
    let questions = chain.questions(&mut dice);
    println!("{} blocks, {} questions", chain.blocks.len(), questions.len());
    for question in &questions {
        let limit = usize::try_from(1 + dice.roll(40)).unwrap();
        let answer = ask(&index, &chain.state, question, limit).unwrap();
        assert_eq!(answer, chain.answer(question), "{question:?}");
    }
    drop(index);
    // Closed and opened again it answers the same.
    let index =
        Index::open(&folder.path().join("index"), &chain.genesis, blocks(folder.path())).unwrap();
    for question in questions.iter().step_by(7) {
        assert_eq!(ask(&index, &chain.state, question, 50).unwrap(), chain.answer(question));
    }
}

/// What is done to the files of an index.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Removed,
    BitFlipped,
    Cut,
    RolledBack,
    Mixed,
    OtherChain,
    Scattered,
    FileRemoved,
    Lengthened,
    Zeroed,
}

const HARMS: [Harm; 10] = [
    Harm::Removed,
    Harm::BitFlipped,
    Harm::Cut,
    Harm::RolledBack,
    Harm::Mixed,
    Harm::OtherChain,
    Harm::Scattered,
    Harm::FileRemoved,
    Harm::Lengthened,
    Harm::Zeroed,
];

/// Every file of a folder and its folders, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, target).unwrap();
    }
}

/// Indexes from which damaged ones are made.
struct Masters {
    whole: PathBuf,
    older: PathBuf,
    other: PathBuf,
}

impl Harm {
    /// Puts a damaged index into a folder that does not exist.
    fn apply(self, masters: &Masters, folder: &Path, dice: &mut Dice) {
        let Masters { whole, older, other } = masters;
        copy(whole, folder);
        let all = files(folder);
        // Nearly all bytes are in the log and in the receipts; the others matter as much.
        let named = |end: &str| {
            let is_it = |file: &&PathBuf| file.to_string_lossy().ends_with(end);
            all.iter().find(is_it).unwrap().clone()
        };
        let file = match dice.roll(4) {
            0 => dice.pick(&all).clone(),
            1 => named(".receipts"),
            _ => named("/db"),
        };
        let mut bytes = fs::read(&file).unwrap();
        // The end of the log was reserved and never written.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let place = usize::try_from(dice.roll(used as u64)).unwrap();
        match self {
            Self::Removed => return fs::remove_dir_all(folder).unwrap(),
            Self::BitFlipped => bytes[place] ^= 1 << dice.roll(8),
            Self::Cut => bytes.truncate(place),
            Self::RolledBack => {
                fs::remove_dir_all(folder).unwrap();
                return copy(older, folder);
            }
            Self::Mixed => {
                let name = file.strip_prefix(folder).unwrap();
                if let Ok(old) = fs::read(older.join(name)) {
                    bytes = old;
                } else {
                    bytes.clear();
                }
            }
            Self::OtherChain => {
                fs::remove_dir_all(folder).unwrap();
                return copy(other, folder);
            }
            Self::Scattered => {
                for _ in 0..200 {
                    let place = usize::try_from(dice.roll(used as u64)).unwrap();
                    bytes[place] ^= 1 << dice.roll(8);
                }
            }
            Self::FileRemoved => return fs::remove_file(&file).unwrap(),
            Self::Lengthened => {
                bytes.extend((0..5_000).map(|_| u8::try_from(dice.roll(256)).unwrap()));
            }
            Self::Zeroed => {
                let end = bytes.len().min(place + 4_096);
                bytes[place..end].fill(0);
            }
        }
        fs::write(&file, bytes).unwrap();
    }
}

/// An index of a chain up to a height, in the folder that a follower would use.
fn build(chain: &Chain, folder: &Path, index: &Path, to: Height) {
    let index = Index::open(&index.join("000001"), &chain.genesis, blocks(folder)).unwrap();
    for (block, receipts) in &chain.blocks {
        if block.block.header.height <= to {
            index.apply(&chain.state, block, receipts).unwrap();
        }
    }
}

#[test]
fn it_answers_the_same_after_a_hundred_kinds_of_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let chain = chain("damage", 700, path);
    let other = self::chain("another", 200, &path.join("another"));
    let masters =
        Masters { whole: path.join("whole"), older: path.join("older"), other: path.join("other") };
    let tip = chain.state.tip().height;
    build(&chain, path, &masters.whole, tip);
    build(&chain, path, &masters.older, Height(tip.0 / 2));
    build(&other, &path.join("another"), &masters.other, tip);
    let mut dice = Dice(22);
    let questions = chain.questions(&mut dice);
    let sample: Vec<(&Question, String)> =
        questions.iter().step_by(17).map(|question| (question, chain.answer(question))).collect();
    let live = live(&chain, path);
    let index = path.join("index");
    let mut rebuilds = 0;
    for number in 0..100 {
        let harm = HARMS[number % HARMS.len()];
        harm.apply(&masters, &index, &mut dice);
        let follower = Follower::start(&live).unwrap();
        for (question, answer) in &sample {
            assert_eq!(
                insist(&follower, &chain, question),
                *answer,
                "{number} {harm:?} {question:?}"
            );
        }
        let status = follower.status();
        assert_eq!((status.cursor, status.lag()), (tip, 0), "{number} {harm:?}");
        rebuilds += status.rebuilds;
        follower.stop();
        fs::remove_dir_all(&index).unwrap();
    }
    println!("{rebuilds} of 100 were rebuilt, {} questions each", sample.len());
    // What was cut or removed is caught up with; of the rest some must have been in doubt.
    assert!(rebuilds >= 15, "{rebuilds}");
    live.stop();
}

/// What of an index is lost.
#[derive(Clone, Copy, Debug)]
enum Loss {
    Nothing,
    Sled,
    LastReceipts,
    Everything,
}

#[test]
fn only_blocks_whose_receipts_are_lost_are_executed_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let chain = chain("executed", 500, path);
    let live = live(&chain, path);
    let (tip, index) = (chain.state.tip().height, path.join("index"));
    let questions = chain.questions(&mut Dice(5));
    // The node itself has executed all of it when it was opened, and that is enough.
    let losses = [Loss::Nothing, Loss::Sled, Loss::LastReceipts, Loss::Everything, Loss::Sled];
    for (number, loss) in losses.into_iter().enumerate() {
        match loss {
            Loss::Nothing => {}
            Loss::Sled => {
                for file in files(&index) {
                    if file.extension().is_none_or(|end| end != "receipts") {
                        fs::remove_file(file).unwrap();
                    }
                }
            }
            Loss::LastReceipts => {
                let file =
                    files(&index).into_iter().rfind(|file| file.ends_with("0000000001.receipts"));
                let file = fs::File::options().write(true).open(file.unwrap()).unwrap();
                file.set_len(file.metadata().unwrap().len() - 1).unwrap();
            }
            Loss::Everything => fs::remove_dir_all(&index).unwrap(),
        }
        let follower = Follower::start(&live).unwrap();
        for question in questions.iter().step_by(23) {
            let answer = insist(&follower, &chain, question);
            assert_eq!(answer, chain.answer(question), "{number} {loss:?} {question:?}");
        }
        let executed = match loss {
            Loss::Nothing | Loss::Sled => 0,
            Loss::LastReceipts => 1,
            Loss::Everything => tip.0,
        };
        assert_eq!(follower.status().executed, executed, "{number} {loss:?}");
        follower.stop();
    }
    live.stop();
}

#[test]
fn an_operator_builds_it_anew_and_trusts_nothing_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let chain = chain("anew", 400, path);
    let tip = chain.state.tip().height;
    build(&chain, path, &path.join("index"), tip);
    let rulebook = Arc::new(linli_contracts::rulebook());
    let options = LiveOptions::new(path.to_owned(), chain.genesis.clone(), rulebook);
    let running = live(&chain, path);
    let busy = rebuild(&options, &mut |_, _| {});
    assert!(matches!(busy, Err(IndexError::Chain(_))), "a node runs there: {busy:?}");
    running.stop();
    drop(running);
    for file in files(&path.join("index")) {
        let mut bytes = fs::read(&file).unwrap();
        bytes.iter_mut().step_by(50).for_each(|byte| *byte ^= 1);
        fs::write(file, bytes).unwrap();
    }
    let mut heard = Vec::new();
    let built = rebuild(&options, &mut |reached, last| heard.push((reached, last)));
    assert_eq!((built.unwrap(), heard.last()), (tip, Some(&(tip, tip))));
    let running = live(&chain, path);
    let follower = Follower::start(&running).unwrap();
    for question in chain.questions(&mut Dice(9)).iter().step_by(11) {
        assert_eq!(insist(&follower, &chain, question), chain.answer(question), "{question:?}");
    }
    let status = follower.status();
    assert_eq!((status.rebuilds, status.executed), (0, 0));
    follower.stop();
    running.stop();
}

#[test]
fn files_that_vanish_under_a_running_follower_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain("vanish", 300, folder.path());
    let live = live(&chain, folder.path());
    let follower = Follower::start(&live).unwrap();
    let questions = chain.questions(&mut Dice(3));
    for (number, question) in questions.iter().step_by(11).enumerate() {
        let index = folder.path().join("index");
        if number % 40 == 20 && index.exists() {
            fs::remove_dir_all(index).unwrap();
        }
        assert_eq!(insist(&follower, &chain, question), chain.answer(question), "{question:?}");
    }
    follower.stop();
    live.stop();
}

#[test]
fn no_panic_of_sled_is_printed_and_all_others_are() {
    // A child prints what it prints; this process only reads it.
    let me = std::env::current_exe().unwrap();
    if let Ok(folder) = std::env::var("LINLI_INDEX_DAMAGED") {
        return damaged_child(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(me)
        .args(["--exact", "no_panic_of_sled_is_printed_and_all_others_are", "--nocapture"])
        .env("LINLI_INDEX_DAMAGED", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "the child ends with a panic of its own");
    assert!(said.contains("a panic of somebody else"), "{said}");
    assert_eq!(said.matches("panicked at").count(), 1, "{said}");
}

fn damaged_child(folder: &Path) {
    let chain = chain("silent", 200, folder);
    let tip = chain.state.tip().height;
    build(&chain, folder, &folder.join("whole"), tip);
    let masters = Masters {
        whole: folder.join("whole"),
        older: folder.join("whole"),
        other: folder.join("whole"),
    };
    let mut dice = Dice(1);
    let mut doubts = 0;
    for number in 0..30 {
        let index = folder.join(format!("damaged {number}"));
        Harm::Scattered.apply(&masters, &index, &mut dice);
        let opened = Index::open(&index.join("000001"), &chain.genesis, blocks(folder));
        doubts += usize::from(opened.is_err());
    }
    assert!(doubts > 0, "no flipped bit was noticed when opening");
    panic!("a panic of somebody else");
}

#[test]
fn questions_from_many_threads_see_whole_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let chain = Arc::new(chain("threads", 900, folder.path()));
    let index = folder.path().join("index");
    let index = Arc::new(Index::open(&index, &chain.genesis, blocks(folder.path())).unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..3_u64)
        .map(|number| {
            let (chain, index, asked) = (chain.clone(), index.clone(), asked.clone());
            std::thread::spawn(move || {
                let mut dice = Dice(number);
                let questions = chain.questions(&mut dice);
                let tip = chain.state.tip().height;
                while index.cursor().0 < tip {
                    // What was there before is there after: no merge and no removed row shows.
                    let row = match dice.pick(&questions) {
                        Question::Transaction(id) => index.transaction(id).map(drop),
                        Question::Creator(id) => index.creator(id).map(drop),
                        Question::Search(text) => index.search(text, 9).map(drop),
                        Question::Journal(account) => {
                            let page = Page::first(4, Order::Descending);
                            index.journal(&chain.state, *account, &page).map(drop)
                        }
                        Question::Flows(fund, first, last) => {
                            index.flows(*fund, *first, *last).map(drop)
                        }
                        Question::Receipts(height) => index.block(*height).map(drop),
                        Question::History(_)
                        | Question::BlockAt(_)
                        | Question::SignedBy(_)
                        | Question::Ways(_)
                        | Question::Activities(..) => continue,
                    };
                    row.unwrap();
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for (block, receipts) in &chain.blocks {
        index.apply(&chain.state, block, receipts).unwrap();
    }
    for reader in readers {
        reader.join().unwrap();
    }
    println!("{} questions while blocks were added", asked.load(Ordering::Relaxed));
}
