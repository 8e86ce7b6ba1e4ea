//! The example, all of it handed in through HTTP at each of four nodes at once: one state at all of them, what one
//! node comes to by itself, and `linli audit` agrees on the chain of each.
//!
//! Files, import and signatures are those of `linli run`; nodes, links and interfaces are real. Only the clock of the
//! nodes is set, because what the example tells is over.

use super::ahead::of_batch;
use super::commit;
use super::outcomes::{Candidate, candidates};
use crate::import::{self, Batch};
use crate::progress::Bar;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::genesis::{Clock, Genesis, GenesisNode, GenesisValidator};
use linli_ledger::state::State;
use linli_ledger::types::{BlockHash, Height};
use linli_network::NetworkKey;
use linli_service::api::{Api, ApiOptions, serve};
use linli_service::index::Follower;
use linli_service::{Live, LiveOptions, NetworkOptions};
use linli_wire::transaction::{Standing, SubmitMany, Submitted, SubmittedMany};
use linli_wire::{Problem, path};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

const NODES: u32 = 4;
/// Nothing here waits for a time to pass; this only ends a test that would hang.
const GUARD: Duration = Duration::from_mins(2);

/// What time it is at all nodes.
static CLOCK: AtomicU64 = AtomicU64::new(0);

fn clock() -> u64 {
    CLOCK.load(Ordering::Relaxed)
}

fn network_key(n: u32) -> NetworkKey {
    NetworkKey::from_seed(&[u8::try_from(n).unwrap() + 1; 32])
}

fn validator(n: u32) -> ConsensusKey {
    ConsensusKey::demonstration(b"everywhere", &format!("validator {n}"))
}

/// The example, begun by four organisations of it.
fn shared(genesis: &mut Genesis) {
    let member = |n| GenesisValidator { key: validator(n).public(), organisation: n, power: 1 };
    let node = |n| GenesisNode { key: network_key(n).public(), organisation: n };
    genesis.clock = Clock::Real;
    genesis.validators = (0..NODES).map(member).collect();
    genesis.nodes = (0..NODES).map(node).collect();
}

/// A node that serves its interface.
struct Node {
    live: Live,
    api: String,
    folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Node {
    /// It dials those that run already.
    fn start(runtime: &Runtime, genesis: &Genesis, n: u32, before: &[Self]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = |(n, node): (u32, &Self)| {
            (network_key(n).public(), vec![node.live.listens().unwrap().to_string()])
        };
        let network = NetworkOptions {
            key: network_key(n),
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            addresses: (0..).zip(before).map(address).collect(),
        };
        let rulebook = Arc::new(linli_contracts::rulebook());
        let live = Live::open(LiveOptions {
            validator: Some(validator(n)),
            network: Some(network),
            clock,
            ..LiveOptions::new(folder.path().to_owned(), genesis.clone(), rulebook)
        });
        let live = live.unwrap();
        let index = Arc::new(Follower::start(&live).unwrap());
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        // On a machine that is busy an answer may take its time.
        let options =
            ApiOptions { request_limit: 2 * GUARD, final_limit: GUARD, ..ApiOptions::default() };
        let interface = Api::new(live.clone(), index, options);
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        let served = runtime.spawn(serve(interface, listener, None, stopped));
        Self { live, api, folder, stop, served }
    }

    /// Hands in, and waits until it is known of each why it is refused, if it is, and in which block it is.
    fn submit(&self, transactions: Vec<String>) -> Vec<(Option<Code>, Option<Height>)> {
        let count = transactions.len();
        let address = format!("{}{}?wait=final", self.api, path::TRANSACTIONS);
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.post(address).send_json(SubmitMany { transactions }).unwrap();
        if answer.status() == 200 {
            let answer: SubmittedMany = answer.body_mut().read_json().unwrap();
            answer.data.iter().map(outcome).collect()
        } else {
            // It took none of them.
            let problem: Problem = answer.body_mut().read_json().unwrap();
            vec![(Some(problem.code), None); count]
        }
    }

    fn head(&self) -> (Height, BlockHash) {
        let head = self.live.health().head;
        (head.height, head.hash)
    }
}

fn outcome(submitted: &Submitted) -> (Option<Code>, Option<Height>) {
    assert_eq!(submitted.status == Standing::Final, submitted.height.is_some());
    let rejection = submitted.rejection.as_ref().map(|rejection| rejection.code);
    let problem = submitted.problem.as_ref().map(|problem| problem.code);
    (rejection.or(problem), submitted.height)
}

/// Sends a batch at its time, all of it to all nodes at once; what each node says of each step.
fn send(nodes: &[Node], batch: &Batch<'_>) -> Vec<(Option<Code>, Option<Height>)> {
    CLOCK.store(batch.time.0, Ordering::Relaxed);
    let candidates = nodes[0]
        .live
        .with_state(|state| candidates(batch, of_batch(batch, state.genesis()), state));
    let signed = candidates.iter().filter_map(|one| one.as_ref().ok());
    let texts: Vec<_> = signed.map(|one| STANDARD.encode(encode(one.signed()))).collect();
    let answers: BTreeSet<Vec<_>> = thread::scope(|scope| {
        let ask = |node| {
            let texts = texts.clone();
            scope.spawn(move || Node::submit(node, texts))
        };
        let asked: Vec<_> = nodes.iter().map(ask).collect();
        asked.into_iter().map(|answers| answers.join().unwrap()).collect()
    });
    assert_eq!(answers.len(), 1, "all nodes say the same: {answers:?}");
    let mut answers = answers.into_iter().flatten();
    let outcome = |one: &Candidate| match one {
        Ok(_) => answers.next().unwrap(),
        Err(code) => (Some(*code), None),
    };
    candidates.iter().map(outcome).collect()
}

/// Waits for a fact.
fn until(what: &str, fact: impl Fn() -> bool) {
    let begun = Instant::now();
    while !fact() {
        assert!(begun.elapsed() < GUARD, "waited in vain for {what}");
        thread::park_timeout(Duration::from_millis(2));
    }
}

/// What comes of each step where one node does it all, in order.
fn alone(input: &import::Input) -> Vec<Option<Code>> {
    let plan = import::plan(input).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let batches = import::batches(plan.genesis.time, &plan.steps);
    commit(folder.path(), &plan, &batches, &mut Bar::new(true)).unwrap().0
}

#[test]
fn the_example_sent_to_four_nodes_at_once_is_one_state_that_an_audit_confirms_at_each() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/qinghe");
    let input = import::read(folder.as_ref()).unwrap();
    let plan = import::plan_begun(&input, shared).unwrap();
    let batches = import::batches(plan.genesis.time, &plan.steps);
    CLOCK.store(plan.genesis.time.0 + 1, Ordering::Relaxed);
    let runtime = Runtime::new().unwrap();
    let mut nodes = Vec::new();
    for n in 0..NODES {
        nodes.push(Node::start(&runtime, &plan.genesis, n, &nodes));
    }
    let mut outcomes = Vec::new();
    for batch in &batches {
        let sent = send(&nodes, batch);
        let highest = sent.iter().filter_map(|(_, height)| *height).max();
        // The next batch may build on it, wherever it comes in first.
        until("the batch at all nodes", || nodes.iter().all(|node| Some(node.head().0) >= highest));
        outcomes.extend(sent);
    }
    let codes: Vec<_> = outcomes.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, alone(&input), "as where one node does it all, step by step");
    until("one head", || nodes.windows(2).all(|pair| pair[0].head() == pair[1].head()));
    let (_, hash) = nodes[0].head();
    let root = nodes[0].live.with_state(State::root).to_string();
    let transactions = outcomes.iter().filter(|(_, height)| height.is_some()).count();
    assert!(transactions > 600, "{transactions}");
    for Node { live, folder, stop, served, .. } in nodes {
        drop(stop);
        runtime.block_on(served).unwrap().unwrap();
        live.stop();
        let line = ["linli", "-o", "json", "audit", folder.path().to_str().unwrap()];
        let (chain, hash) = (plan.genesis.hash().to_hex(), hash.to_string());
        let checks = ["--genesis-hash", &chain, "--expect-head", &hash];
        let said = crate::answer(line.iter().chain(&checks).map(Into::into).collect());
        assert_eq!((said.exit, said.error.as_str()), (0, ""));
        let report: Value = serde_json::from_str(&said.output).unwrap();
        assert_eq!(report["state_root"], root);
        assert_eq!(report["transactions"], transactions.to_string());
    }
}
