//! How long a node takes to start, and how much memory and disk it needs, with so many transactions
//! behind it: one line of JSON.
//!
//! `cargo bench --workspace --bench start -- 100000 2000000` measures at each of these sizes.
//!
//! The chain is the workload's: real signed transactions through the shipped contracts. It is made in
//! a folder, with its read model and a snapshot of its last block; then `linlid` itself is started
//! there as an operator would, several times, and asked; then once more after each kind of loss, while
//! it builds the read model again, and once as `linlid reindex`. `LINLI_BENCH_KEEP=1` leaves the folder and says
//! where it is.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]

mod common;

use common::{Chain, bytes};
use linli_contracts::rulebook;
use linli_ledger::block::{BlockTransaction, CommittedBlock};
use linli_ledger::codec::encode;
use linli_ledger::frame::Frame;
use linli_ledger::state::State;
use linli_ledger::types::{Compartment, TransactionId};
use linli_node::storage::{Folder, Storage};
use linli_node::{Blocks, Snapshots};
use linli_service::Followed;
use linli_service::index::{Index, Placed};
use linli_tests::workload::{Certifier, Workload};
use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Blocks that the read model takes at once, as a follower does that catches up.
const TOGETHER: usize = 4;
/// Who is active: they make some 2 100 transactions a day, as the example of a sub-district does, so that what
/// is final leaves the state as it would there.
const RESIDENTS: u32 = 2_500;
/// Starts, of which the median counts.
const STARTS: usize = 5;
/// Transactions that are looked up after a start.
const LOOKUPS: usize = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let mut sizes: Vec<u32> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes.push(100_000);
    }
    sizes.sort_unstable();
    let mut folder = tempfile::tempdir()?;
    if std::env::var_os("LINLI_BENCH_KEEP").is_some() {
        folder.disable_cleanup(true);
        eprintln!("  in {}", folder.path().display());
    }
    let mut growing = Growing::begin(folder.path())?;
    for size in sizes {
        growing.grow(size)?;
        measure(&growing)?;
    }
    Ok(())
}

/// Starts the node several times and prints what it took.
fn measure(grown: &Growing) -> Result<(), Box<dyn Error>> {
    let folder = &grown.folder;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(start(folder, &grown.sample)?);
    }
    starts.sort_by_key(|start| start.answered);
    let median = &starts[STARTS / 2];
    let mib = |path: &str| bytes(&folder.join(path)) / 1_048_576;
    let (index, receipts) = (mib("index"), mib("index/000001/receipts"));
    let reindexed = reindexed(folder)?;
    let anew = mib("index");
    lose(&folder.join("index"), &|name| !name.ends_with(".receipts"))?;
    let from_receipts = start(folder, &grown.sample)?;
    fs::remove_dir_all(folder.join("index"))?;
    let executed = start(folder, &grown.sample)?;
    let line = serde_json::json!({
        "target": "start",
        "transactions": grown.transactions,
        "leaves": leaves(&grown.certifier.state),
        "ready_ms": milliseconds(median.ready),
        "answers_ms": milliseconds(median.answered),
        "slowest_ms": milliseconds(starts[STARTS - 1].answered),
        "processor_ms": median.processor_ms,
        "memory_mib": median.memory.0,
        "memory_most_mib": median.memory.1,
        "memory_asked_mib": median.asked.0,
        "lookup_p50_us": microseconds(median.lookups[LOOKUPS / 2]),
        "lookup_p99_us": microseconds(median.lookups[LOOKUPS * 99 / 100]),
        "logical_mib": grown.logical / 1_048_576,
        "chain_mib": mib("chain"),
        "index_mib": index,
        "of_it_receipts_mib": receipts,
        "snapshot_mib": mib("snapshots"),
        "reindex_s": reindexed.0.as_secs(),
        "reindex_most_mib": reindexed.1,
        "reindexed_mib": anew,
        "from_receipts_s": from_receipts.answered.as_secs(),
        "from_receipts_most_mib": from_receipts.memory.1,
        "executed_s": executed.answered.as_secs(),
        "executed_most_mib": executed.memory.1,
        "executed_asked_mib": executed.asked.0,
    });
    println!("{line}");
    Ok(())
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The folder of a node that grows: real transactions, their blocks, the read model, a snapshot.
struct Growing {
    folder: PathBuf,
    workload: Workload,
    certifier: Certifier,
    chain: Chain,
    transactions: u32,
    /// Bytes of what people signed, and their signatures.
    logical: u64,
    sample: Vec<TransactionId>,
}

impl Growing {
    fn begin(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let workload = Workload::new("bench start", RESIDENTS);
        let certifier = Certifier::new(&workload, &rulebook());
        let genesis = Frame::Genesis(encode(workload.genesis()));
        let chain = Chain::begin(folder.join("chain"), &genesis)?;
        let (folder, sample) = (folder.to_owned(), Vec::new());
        Ok(Self { folder, workload, certifier, chain, transactions: 0, logical: 0, sample })
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Storage>> {
        Ok(Box::new(Folder::create(&self.folder.join(name))?))
    }

    /// Adds blocks until there are so many transactions, and a snapshot of the last one.
    fn grow(&mut self, wanted: u32) -> Result<(), Box<dyn Error>> {
        let rulebook = rulebook();
        let blocks = Arc::new(Blocks::new(self.open("chain")?));
        let index = self.folder.join("index/000001");
        let index = Index::open(&index, self.workload.genesis(), blocks.clone())?;
        let (mut waiting, mut told) = (Vec::new(), Instant::now());
        while self.transactions < wanted {
            let batch = self.workload.next().ok_or("there is always more")?;
            let (block, receipts) = self.certifier.block(batch, &rulebook);
            self.chain.append(&Frame::Block(block.clone()))?;
            self.note(&block);
            let followed = Arc::new(Followed { block, receipts });
            waiting.push(Placed::new(&self.certifier.state, followed));
            if waiting.len() >= TOGETHER || self.transactions >= wanted {
                index.append(&waiting)?;
                waiting.clear();
            }
            if told.elapsed() > Duration::from_secs(30) {
                eprintln!("  {} of {wanted}", self.transactions);
                told = Instant::now();
            }
        }
        let mut snapshots = Snapshots::new(self.open(linli_node::SNAPSHOTS)?);
        let begun = Instant::now();
        let state = &self.certifier.state;
        assert!(snapshots.write(state, &blocks)?, "a snapshot can be written");
        let (leaves, took) = (leaves(state), begun.elapsed().as_millis());
        eprintln!("  a snapshot of {leaves} leaves: {took} ms");
        Ok(())
    }

    fn note(&mut self, block: &CommittedBlock) {
        for (position, transaction) in block.block.transactions.iter().enumerate() {
            let BlockTransaction::Full(signed) = transaction else { continue };
            self.transactions += 1;
            self.logical += (signed.body.len() + 65 * signed.signatures.len()) as u64;
            if position == 7 {
                self.sample.push(signed.id());
            }
        }
    }
}

fn leaves(state: &State) -> usize {
    Compartment::BOTH.into_iter().map(|compartment| state.len(compartment)).sum()
}

/// How one start went.
struct Started {
    /// From the command to the line that says that it serves, the chain open.
    ready: Duration,
    /// From the command to the first answer of the read model.
    answered: Duration,
    /// Processor time until then.
    processor_ms: u64,
    /// Resident memory then and at most until then, MiB.
    memory: (u64, u64),
    /// The same after it was asked.
    asked: (u64, u64),
    /// How long each answer took, sorted.
    lookups: Vec<Duration>,
}

/// Starts `linlid`, asks it, and stops it.
fn start(folder: &Path, sample: &[TransactionId]) -> Result<Started, Box<dyn Error>> {
    let begun = Instant::now();
    let mut child = linlid(folder)
        .args(["start", "--read-only", "--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().ok_or("no output")?).read_line(&mut line)?;
    let ready = begun.elapsed();
    let greeting: serde_json::Value = serde_json::from_str(&line)?;
    let address = greeting["api"].as_str().ok_or("no address")?.replace("http://", "");
    let process = child.id().to_string();
    let path = |number: usize| {
        let id = sample[number.wrapping_mul(7_919) % sample.len()];
        format!("/v1/transactions/{}", id.0.to_hex())
    };
    // Until the read model is open the answer is 503.
    while get(&address, &path(0))?.contains(" 503 ") {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (answered, processor_ms) = (begun.elapsed(), processor(&child));
    let memory = common::memory(&process);
    let mut lookups = Vec::new();
    for number in 0..LOOKUPS {
        let asked = Instant::now();
        let status = get(&address, &path(number))?;
        lookups.push(asked.elapsed());
        assert!(status.contains(" 200 "), "{}: {status}", path(number));
    }
    lookups.sort_unstable();
    let asked = common::memory(&process);
    let stopped = Command::new("kill").args(["-TERM", &process]).status()?;
    assert!(stopped.success() && child.wait()?.success(), "it ends when it is told to");
    let (ms, answers) = (ready.as_millis(), answered.as_millis());
    eprintln!("  start: {ms} ms, answers after {answers} ms, {} MiB", memory.0);
    Ok(Started { ready, answered, processor_ms, memory, asked, lookups })
}

/// Removes the files below a folder that have such names.
fn lose(folder: &Path, is_lost: &dyn Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            lose(&path, is_lost)?;
        } else if path.to_str().is_some_and(is_lost) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// How long `linlid reindex` takes, and how much memory it holds at most, MiB.
fn reindexed(folder: &Path) -> Result<(Duration, u64), Box<dyn Error>> {
    let begun = Instant::now();
    let mut child = linlid(folder).arg("reindex").stdout(Stdio::null()).spawn()?;
    let mut most = 0;
    let status = loop {
        most = most.max(common::memory(&child.id().to_string()).1);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "the read model is built anew");
    Ok((begun.elapsed(), most))
}

fn linlid(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linlid"));
    command.args(["--log", "off", "-o", "json", "--dir"]).arg(folder);
    command
}

/// The first line of an answer, once all of it is there.
fn get(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

/// Processor time of a process so far, in milliseconds; ticks of ten.
fn processor(child: &Child) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).map(|one| one.parse::<u64>().unwrap_or(0)).sum();
    ticks * 10
}
