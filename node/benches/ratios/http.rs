//! P7: transactions over HTTP in batches of 100, against the same number handed to the same kind of node
//! in process. Both sides check every signature and wait until every batch is final; the node is durable,
//! with the real engine and its read model.

use crate::common::now;
use crate::measure::{Pairs, Scale, Target, Time};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_contracts::{registry, rulebook};
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{BlockTime, HOUR_MS};
use linli_service::api::{Api, ApiOptions, Share, serve};
use linli_service::index::Follower;
use linli_service::{Answer, Live, LiveOptions};
use linli_wire::path;
use linli_wire::transaction::{Standing, SubmitMany, SubmittedMany};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Offices that submit at the same time, each in order.
const DESKS: u32 = 8;
const BATCH: u32 = 100;

fn desk_key(desk: u32) -> BusinessKey {
    BusinessKey::demonstration(b"bench P7", &format!("desk {desk}"))
}

fn validator() -> ConsensusKey {
    ConsensusKey::demonstration(b"bench P7", "validator")
}

fn genesis() -> Genesis {
    let desk = |desk| GenesisOrganisation {
        name: format!("desk {desk}"),
        kind: OrganisationKind::PublicBody,
        key: desk_key(desk).public(),
    };
    Genesis {
        version: GENESIS_VERSION,
        name: "bench P7".into(),
        time: BlockTime(1_000),
        clock: Clock::Real,
        keys: Keys::Demonstration,
        organisations: (0..DESKS).map(desk).collect(),
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![GenesisValidator { key: validator().public(), organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: vec![(registry::CONTRACT, 1)],
        parameters: Vec::new(),
    }
}

/// The desk registers person number `nonce`.
fn register(genesis: &Genesis, desk: u32, nonce: u64) -> SignedTransaction {
    let label = format!("person {nonce} of {desk}");
    let call = registry::Call::PersonRegister {
        organisation: genesis.organisation(desk),
        key: BusinessKey::demonstration(b"bench P7", &label).public(),
    };
    let key = desk_key(desk);
    let body = Body {
        version: BODY_VERSION,
        genesis: genesis.hash(),
        contract: registry::CONTRACT,
        call_version: 1,
        signers: vec![Signer { key: key.public(), grant: None }],
        nonce,
        salt: [7; 16],
        valid_until: now().plus(HOUR_MS),
        call: encode(&call),
    };
    let signature = key.sign_transaction(&body.genesis, &body.id());
    SignedTransaction::new(&body, vec![signature])
}

/// A node with its read model.
struct Running {
    live: Live,
    follower: Arc<Follower>,
    genesis: Genesis,
}

impl Running {
    fn begin(folder: &Path) -> Self {
        let genesis = genesis();
        let options = LiveOptions {
            validator: Some(validator()),
            heartbeat: None,
            ..LiveOptions::new(folder.to_owned(), genesis.clone(), Arc::new(rulebook()))
        };
        let live = Live::open(options).expect("a node");
        let follower = Arc::new(Follower::start(&live).expect("a read model"));
        Self { live, follower, genesis }
    }

    /// What each desk submits next: `batches` of [`BATCH`] transactions, from nonce `first`.
    fn work(&self, first: u64, batches: u32) -> Vec<Vec<Vec<SignedTransaction>>> {
        let batch = |desk: u32, number: u32| {
            let first = first + u64::from(number * BATCH);
            (first..).take(BATCH as usize).map(|n| register(&self.genesis, desk, n)).collect()
        };
        (0..DESKS).map(|desk| (0..batches).map(|number| batch(desk, number)).collect()).collect()
    }

    /// Hands everything over in process.
    fn submit(&self, work: Vec<Vec<Vec<SignedTransaction>>>) {
        let desk = |batches: Vec<Vec<SignedTransaction>>| {
            for batch in batches {
                let verify = |one| self.live.verify(one).expect("it is signed");
                let verified = batch.into_iter().map(verify);
                for ticket in self.live.submit(verified.collect()) {
                    let answer = ticket.expect("there is room").wait();
                    assert!(matches!(answer, Answer::Final(_)), "{answer:?}");
                }
            }
        };
        thread::scope(|scope| {
            for batches in work {
                scope.spawn(|| desk(batches));
            }
        });
    }
}

/// Posts a body; returns what was answered.
pub(crate) fn send(agent: &ureq::Agent, url: &str, body: String) -> String {
    let request = agent.post(url).header("content-type", "application/json");
    let mut answer = request.send(body).expect("an answer");
    answer.body_mut().read_to_string().expect("a text")
}

/// Posts everything, each desk on a connection of its own to its address; returns what was answered.
pub(crate) fn post(work: Vec<(String, Vec<String>)>) -> Vec<String> {
    let desk = |url: String, bodies: Vec<String>| -> Vec<String> {
        let agent = ureq::Agent::new_with_defaults();
        bodies.into_iter().map(|body| send(&agent, &url, body)).collect()
    };
    thread::scope(|scope| {
        let desks: Vec<_> =
            work.into_iter().map(|(url, bodies)| scope.spawn(move || desk(url, bodies))).collect();
        desks.into_iter().flat_map(|desk| desk.join().expect("it ends")).collect()
    })
}

pub(crate) fn bodies(work: &[Vec<Vec<SignedTransaction>>]) -> Vec<Vec<String>> {
    let body = |batch: &Vec<SignedTransaction>| {
        let transactions = batch.iter().map(|one| STANDARD.encode(encode(one))).collect();
        serde_json::to_string(&SubmitMany { transactions }).expect("it is JSON")
    };
    work.iter().map(|batches| batches.iter().map(body).collect()).collect()
}

pub(crate) fn assert_final(answers: &[String]) {
    for answer in answers {
        let answer: SubmittedMany = serde_json::from_str(answer).expect("an answer");
        assert!(answer.data.iter().all(|one| one.status == Standing::Final), "{answer:?}");
        assert_eq!(answer.data.len(), BATCH as usize);
    }
}

pub(crate) fn run(scale: Scale) {
    let batches = scale.of(20);
    let count = f64::from(DESKS * batches * BATCH);
    eprintln!("P7: {count} transactions a side and pair, {DESKS} offices, batches of {BATCH}");
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let [inside, outside] = [0, 1].map(|n| Running::begin(folders[n].path()));
    let runtime = Runtime::new().expect("threads");
    let plenty = NonZeroU32::MAX;
    let share = Share { per_second: plenty, burst: plenty };
    let options = ApiOptions { share, ..ApiOptions::default() };
    let api = Api::new(outside.live.clone(), outside.follower.clone(), options);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let url = format!(
        "http://{}{}?wait=final",
        listener.local_addr().expect("an address"),
        path::TRANSACTIONS
    );
    let (stop, stopped) = oneshot::channel::<()>();
    let served = runtime.spawn(serve(api, listener, None, async {
        let _ = stopped.await;
    }));
    let (mut theirs_next, mut ours_next) = (1, 1);
    let theirs = || {
        let work = inside.work(theirs_next, batches);
        theirs_next += u64::from(batches * BATCH);
        Time::of(|| inside.submit(work))
    };
    let ours = || {
        let work = bodies(&outside.work(ours_next, batches));
        ours_next += u64::from(batches * BATCH);
        let mut answers = Vec::new();
        let work = work.into_iter().map(|bodies| (url.clone(), bodies)).collect();
        let time = Time::of(|| answers = post(work));
        assert_final(&answers);
        time
    };
    let (wall, processors) = Pairs::rates(|| count, ours, theirs);
    let goal = ">= 0.5";
    wall.print(&Target { name: "P7", goal, unit: "transactions per second" });
    let unit = "transactions per processor second";
    processors.print(&Target { name: "P7 processors", goal, unit });
    drop(stop);
    runtime.block_on(served).expect("it ends").expect("it served");
    for node in [inside, outside] {
        node.live.stop();
    }
}
