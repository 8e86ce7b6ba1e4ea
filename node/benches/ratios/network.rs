//! P4: four validators, each a `linlid` of its own, submitted to over HTTP in batches of 100. All four check
//! and execute everything on this machine, so four times what becomes final counts, against a bare parallel
//! loop over the same signatures. P8: how soon something is final, at rest and under half of that load, and what
//! a node of this network takes while there is nothing to do.

use crate::book::{self, Signed};
use crate::common::processes::{Desk, GUARD, Town, submit};
use crate::http::{self, assert_final, bodies};
use crate::machine;
use crate::measure::{self, Pairs, Scale, Target, Time};
use linli_ledger::transaction::{SignedTransaction, VerifiedTransaction};
use linli_wire::path;
use linli_wire::transaction::Standing;
use std::cell::RefCell;
use std::thread;
use std::time::{Duration, Instant};

const VALIDATORS: u32 = 4;
/// Who submits at the same time, each in order at one node: label and position in the demonstration.
const OFFICES: [(&str, u32); 8] = [
    ("office", 0),
    ("committee", 1),
    ("volunteers", 2),
    ("provider", 3),
    ("partner", 4),
    ("bank", 5),
    ("foundation", 6),
    ("regulator", 8),
];
const BATCH: u32 = 100;

/// The batches of each office.
type Work = Vec<Vec<Vec<SignedTransaction>>>;

pub(crate) fn run(scale: Scale) {
    let batches = scale.of(15);
    eprintln!("P4, P8: {VALIDATORS} processes, {} offices, batches of {BATCH}", OFFICES.len());
    let mut town = Town::new(VALIDATORS as usize);
    town.start_all();
    let mut offices = Offices::of(&town);
    // What is done for the first time is not counted.
    let first = offices.work(batches);
    offices.submit(&town, &first);
    if measure::is_wanted("P8") {
        idle(&town, scale);
        at_rest(&town, &mut offices, scale);
    }
    if measure::is_wanted("P4") {
        full_load(&town, &mut offices, batches);
    }
    if measure::is_wanted("P8") {
        half_load(&town, &mut offices, batches);
    }
    town.wait_for_one_head();
}

/// Everybody who submits.
struct Offices(Vec<Desk>);

impl Offices {
    fn of(town: &Town) -> Self {
        let desk = |(label, position)| Desk::new(label, position, &town.genesis);
        Self(OFFICES.into_iter().map(desk).collect())
    }

    /// So many batches of each, signed.
    fn work(&mut self, batches: u32) -> Work {
        let signed = |one: VerifiedTransaction| one.signed().clone();
        let batch =
            |desk: &mut Desk| desk.register(u64::from(BATCH)).into_iter().map(signed).collect();
        self.0.iter_mut().map(|desk| (0..batches).map(|_| batch(desk)).collect()).collect()
    }

    /// Submits everything, each office at its node, as soon as what it submitted before is final.
    fn submit(&self, town: &Town, work: &Work) -> Time {
        let prepared: Vec<_> =
            (0..self.0.len()).map(|office| url(town, office)).zip(bodies(work)).collect();
        let mut answers = Vec::new();
        let time = Time::with(&town.processes(), || answers = http::post(prepared));
        assert_final(&answers);
        time
    }
}

fn url(town: &Town, office: usize) -> String {
    format!("{}{}?wait=final", town.apis[office % town.apis.len()], path::TRANSACTIONS)
}

fn count(work: &Work) -> f64 {
    let count: usize = work.iter().flatten().map(Vec::len).sum();
    f64::from(u32::try_from(count).expect("few"))
}

fn full_load(town: &Town, offices: &mut Offices, batches: u32) {
    // The loop goes first, and leaves the work for the nodes to take.
    let next: RefCell<(Work, f64)> = RefCell::default();
    let offices = RefCell::new(offices);
    let theirs = || {
        let work = offices.borrow_mut().work(batches);
        let signed: Vec<Signed> =
            work.iter().flatten().flatten().flat_map(book::signatures).collect();
        let count = count(&work);
        next.replace((work, count));
        Time::of(|| book::verify_all(&signed))
    };
    let ours = || {
        town.wait_for_one_head();
        let time = offices.borrow().submit(town, &next.borrow().0);
        eprintln!("  {:.0} final per second", next.borrow().1 / time.wall);
        time.of_each(VALIDATORS)
    };
    let (wall, processors) = Pairs::rates(|| next.borrow().1, ours, theirs);
    let goal = ">= 0.4";
    wall.print(&Target { name: "P4", goal, unit: "transactions per second, times four" });
    let unit = "transactions per processor second, times four";
    processors.print(&Target { name: "P4 processors", goal, unit });
}

/// One transaction after the other, each when all nodes are at rest.
fn at_rest(town: &Town, offices: &mut Offices, scale: Scale) {
    let once = |turn: usize| {
        let desks = offices.0.len();
        let transaction = offices.0[turn % desks].register(1);
        town.wait_for_one_head();
        let begun = Instant::now();
        let answer = submit(&town.apis[turn % town.apis.len()], &transaction, GUARD);
        let took = begun.elapsed();
        let answer = answer.expect("an answer");
        assert!(answer.data.iter().all(|one| one.status == Standing::Final), "{answer:?}");
        took
    };
    let times = (0..scale.of(100).max(20) as usize).map(once).collect();
    finality("P8 at rest", times, 150.0);
}

/// Every office submits a batch in turn, so that all together submit half of what the nodes can take. A batch
/// that is late because the one before it was counts from when it was due.
fn half_load(town: &Town, offices: &mut Offices, batches: u32) {
    let full = offices.work(batches);
    let per_second = count(&full) / offices.submit(town, &full).wall / 2.0;
    eprintln!("  half load: {per_second:.0} per second");
    let interval = Duration::from_secs_f64(f64::from(BATCH) / per_second);
    let prepared = bodies(&offices.work(batches.max(5)));
    town.wait_for_one_head();
    let begun = Instant::now();
    let office = |office: usize, bodies: Vec<String>| {
        let (agent, url) = (ureq::Agent::new_with_defaults(), url(town, office));
        let mut turn = u32::try_from(office).expect("few");
        let mut times = Vec::new();
        for body in bodies {
            let due = begun + interval * turn;
            turn += u32::try_from(OFFICES.len()).expect("few");
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let answer = http::send(&agent, &url, body);
            times.push(due.elapsed());
            assert_final(&[answer]);
        }
        times
    };
    let times = thread::scope(|scope| {
        let offices: Vec<_> = (0..)
            .zip(prepared)
            .map(|(at, bodies)| scope.spawn(move || office(at, bodies)))
            .collect();
        offices.into_iter().flat_map(|office| office.join().expect("it ends")).collect()
    });
    finality("P8 half load", times, 1_000.0);
}

/// Prints what 95 of 100 stay below.
fn finality(name: &'static str, mut times: Vec<Duration>, most: f64) {
    times.sort_unstable();
    let milliseconds = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
    let (middle, high) = (milliseconds(50), milliseconds(95));
    eprintln!("  {name}: median {middle:.0} ms, 95 of 100 within {high:.0} ms, of {}", times.len());
    let unit = "milliseconds, 95 of 100";
    Target { name, goal: "<= 1", unit }.print(high, most, high / most);
}

/// What the greediest of the nodes takes while nothing happens.
fn idle(town: &Town, scale: Scale) {
    town.wait_for_one_head();
    let (processes, begun) = (town.processes(), Instant::now());
    let used = || processes.iter().filter_map(|process| measure::processors(process));
    let before: Vec<f64> = used().collect();
    thread::sleep(Duration::from_secs(u64::from(scale.of(60).max(10))));
    let passed = begun.elapsed().as_secs_f64();
    let shares = used().zip(before).map(|(after, before)| (after - before) / passed * 100.0);
    if let Some(share) = shares.reduce(f64::max) {
        let unit = "per cent of a core";
        Target { name: "P8 idle processor", goal: "<= 1", unit }.print(share, 1.0, share);
    }
    let memory = processes.iter().filter_map(|process| machine::memory_now(process)).max();
    if let Some(memory) = memory.and_then(|bytes| u32::try_from(bytes / 1_000).ok()) {
        let (memory, unit) = (f64::from(memory) / 1_000.0, "megabytes");
        Target { name: "P8 idle memory", goal: "<= 1", unit }.print(memory, 100.0, memory / 100.0);
    }
}
