//! A network of real processes on loopback: killed, halted, and used at all its nodes at once.
//!
//! `LINLI_KILLS` says how often a node is killed (20), `LINLI_SEED` chooses which and when.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]
#![cfg(unix)]

mod common;

use common::load::{
    ANSWER, Acknowledged, DESKS, Random, Stops, chain, load, number, wait_for_some,
};
use common::processes::{Desk, GUARD, Town, submit, wait_for};
use linli_ledger::crypto::demonstration_secret;
use linli_ledger::genesis::Genesis;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{BlockHash, Height};
use linli_secrets::KeyKind;
use linli_service::dev::{self, DevError, Door};
use linli_wire::transaction::{Standing, Submitted};
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// What the chain promises: it goes on this long after a quorum is there again.
const RESUMES_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn a_random_node_is_killed_again_and_again_and_nothing_acknowledged_is_lost() {
    let cycles = number("LINLI_KILLS", 20);
    let seed = number("LINLI_SEED", 0x6c69_6e6c_6921);
    println!("processes: {cycles} kills, LINLI_SEED={seed}");
    let mut random = Random(seed);
    let mut town = Town::new(4);
    town.start_all();
    let (stop, acknowledged) = (AtomicBool::new(false), Acknowledged::default());
    let apis = town.apis.clone();
    let mut seen: Vec<(Height, BlockHash)> = Vec::new();
    thread::scope(|scope| {
        let _stops = Stops(&stop);
        let (tell, heard) = channel();
        for (turn, (label, position)) in DESKS.into_iter().enumerate() {
            let mut desk = Desk::new(label, position, &town.genesis);
            let (mut apis, tell) = (apis.clone(), tell.clone());
            apis.rotate_left(turn);
            let (stop, acknowledged) = (&stop, &acknowledged);
            scope.spawn(move || load(&mut desk, &apis, stop, acknowledged, &tell));
        }
        for _ in 0..cycles {
            wait_for_some(random.below(40), &heard);
            let victim = usize::try_from(random.below(4)).unwrap();
            town.kill(victim);
            // Three go on without it.
            wait_for_some(8, &heard);
            town.start(victim);
            seen.extend((0..4).filter_map(|n| town.head(n)));
        }
    });
    let head = town.wait_for_one_head();
    let report = town.audit(head);
    let acknowledged = acknowledged.0.into_inner().unwrap();
    let chains: Vec<_> = (0..4).map(|n| chain(&town, n, Height(1))).collect();
    assert!(chains.windows(2).all(|pair| pair[0] == pair[1]), "one block at each height");
    for (height, hash) in seen {
        assert_eq!(chains[0][&height].0, hash, "what was the head once is in the chain");
    }
    for (id, height) in &acknowledged {
        assert!(chains[0][height].1.contains(id), "{id:?} was acknowledged in block {height}");
    }
    println!(
        "processes: ok, {} acknowledged, {} in {} blocks, audit ok at each node",
        acknowledged.len(),
        report.transactions,
        head.0
    );
}

#[test]
fn with_two_of_four_the_chain_halts_and_goes_on_when_one_is_back() {
    let mut town = Town::new(4);
    town.start_all();
    let mut desk = Desk::new("office", 0, &town.genesis);
    let apis = town.apis.clone();
    let first = submit(&apis[0], &desk.register(3), ANSWER).unwrap();
    assert!(first.data.iter().all(|one| one.status == Standing::Final));
    wait_for("the same block everywhere", || {
        let heads: Vec<_> = (0..4).filter_map(|n| town.head(n)).collect();
        (heads.len() == 4 && heads.iter().all(|head| *head == heads[0])).then_some(())
    });
    let (height, _) = town.head(0).unwrap();
    town.kill(2);
    town.kill(3);
    let waiting = desk.register(2);
    thread::scope(|scope| {
        let late = scope.spawn(|| submit(&apis[0], &waiting, GUARD));
        let early = submit(&apis[1], &desk.register(1), Duration::from_secs(4));
        let is_final = |answer: &Submitted| answer.status == Standing::Final;
        assert!(!early.is_some_and(|answer| answer.data.iter().any(is_final)));
        assert_eq!((town.head(0).unwrap().0, town.head(1).unwrap().0), (height, height));
        town.start(3);
        let back = Instant::now();
        wait_for("a block with three of four", || town.head(0).filter(|(now, _)| *now > height));
        let resumed = back.elapsed();
        println!("processes: goes on {resumed:?} after the third is back");
        assert!(resumed < RESUMES_WITHIN, "{resumed:?}");
        let _ = late.join().unwrap();
    });
    town.start(2);
    let head = town.wait_for_one_head();
    let report = town.audit(head);
    let chain = chain(&town, 2, Height(1));
    let written: BTreeSet<_> = chain.values().flat_map(|(_, ids)| ids.clone()).collect();
    assert!(waiting.iter().all(|one| written.contains(&one.id())), "what waited is in it");
    assert_eq!(report.transactions, 6);
}

#[test]
fn two_of_four_are_lost_for_good_and_the_chain_goes_on_with_the_others() {
    let mut town = Town::new(4);
    town.start_all();
    let mut desk = Desk::new("office", 0, &town.genesis);
    let first = submit(&town.apis[0], &desk.register(3), ANSWER).unwrap();
    assert!(first.data.iter().all(|one| one.status == Standing::Final));
    let head = town.wait_for_one_head();
    town.kill(2);
    town.kill(3);
    town.stop(0);
    town.stop(1);
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name).to_str().unwrap().to_owned();
    let draft = at("recovery.json");
    let lost = |n: usize| town.genesis.validators[n].key.to_string();
    let (made, exit) = town
        .command(0, &["recovery", "propose", &draft, "--without", &lost(2), "--without", &lost(3)]);
    assert_eq!(exit, 0, "{made}");
    let block = made["block"].as_str().unwrap();
    for (n, label) in [(0, "office"), (1, "regulator")] {
        let key = at(label);
        let secret = demonstration_secret(dev::SEED, label);
        let text = linli_secrets::write_key(KeyKind::Business, &secret);
        linli_secrets::private_file::create(key.as_ref(), text.as_bytes()).unwrap();
        let sign = ["recovery", "sign", &draft, "--block", block, "--organisation-key", &key];
        let (signed, exit) = town.command(n, &sign);
        assert_eq!(exit, 0, "{signed}");
    }
    for n in [0, 1] {
        let (applied, exit) = town.command(n, &["recovery", "apply", &draft]);
        assert_eq!((exit, &applied["block"]), (0, &block.into()), "{applied}");
        town.start(n);
    }
    let later = submit(&town.apis[1], &desk.register(2), GUARD).unwrap();
    assert!(later.data.iter().all(|one| one.status == Standing::Final), "{later:?}");
    let after =
        wait_for("one head on both", || town.head(0).filter(|head| town.head(1) == Some(*head)));
    assert!(after.0 > head.0);
    for n in [0, 1] {
        town.stop(n);
        let (audit, exit) = town.command(n, &["verify", "--expect-head", &after.1.to_string()]);
        assert_eq!((exit, audit["recoveries"].as_array().unwrap().len()), (0, 1), "{audit}");
    }
}

/// Hands in what the demonstration signs, each time at the next node.
struct Everywhere<'a> {
    town: &'a Town,
    turn: Cell<usize>,
    height: Cell<Height>,
    count: Cell<u64>,
}

impl Door for Everywhere<'_> {
    fn genesis(&self) -> &Genesis {
        &self.town.genesis
    }

    fn is_new(&self) -> bool {
        true
    }

    fn commit(&self, transactions: Vec<VerifiedTransaction>) -> Result<(), DevError> {
        let n = self.turn.get();
        self.turn.set((n + 1) % 4);
        // What these build on was final elsewhere, and is here a moment later.
        wait_for("the last block at the next node", || {
            self.town.head(n).filter(|(height, _)| *height >= self.height.get())
        });
        let answer = submit(&self.town.apis[n], &transactions, GUARD).expect("an answer");
        self.count.set(self.count.get() + answer.data.len() as u64);
        for one in answer.data {
            assert_eq!((one.status, &one.rejection), (Standing::Final, &None), "{:?}", one.problem);
            self.height.set(self.height.get().max(one.height.unwrap()));
        }
        Ok(())
    }

    fn is_by_hand(&self) -> bool {
        false
    }

    fn pass(&self, _milliseconds: u64) -> Result<(), DevError> {
        Ok(())
    }
}

#[test]
fn work_that_comes_in_at_all_nodes_at_once_is_one_chain_that_an_audit_confirms_at_each() {
    let mut town = Town::new(4);
    town.start_all();
    // Officers, residents, a fund with its money, a contract, a programme: each step at another node.
    let door = Everywhere {
        town: &town,
        turn: Cell::new(0),
        height: Cell::new(Height(0)),
        count: Cell::new(0),
    };
    let accounts = dev::populate(&door).unwrap();
    let populated = door.count.get();
    assert!(accounts.len() > 30 && populated > 40);
    // Then four offices at four nodes at once.
    thread::scope(|scope| {
        for ((label, position), api) in DESKS.into_iter().zip(&town.apis) {
            let mut desk = Desk::new(label, position, &town.genesis);
            scope.spawn(move || {
                for _ in 0..6 {
                    let answer = submit(api, &desk.register(50), GUARD).expect("an answer");
                    assert!(answer.data.iter().all(|one| one.status == Standing::Final));
                }
            });
        }
    });
    let head = town.wait_for_one_head();
    let report = town.audit(head);
    assert_eq!(report.transactions, populated + 4 * 6 * 50);
    println!(
        "processes: {} transactions in {} blocks, audit ok at each node",
        report.transactions, head.0
    );
}

#[test]
fn a_network_in_one_command_is_populated_runs_and_ends_with_all_its_nodes() {
    let room = tempfile::tempdir().unwrap();
    let net = room.path().join("net");
    let linlid = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linlid"));
        command.args(["-o", "json", "testnet"]).args(arguments).stdin(Stdio::null());
        command
    };
    let net_text = net.to_str().unwrap();
    let up = ["up", net_text, "-n", "2", "--observer", "--base-port", "0"];
    let mut process = linlid(&up)
        .arg("--populate")
        .stdout(Stdio::piped())
        .stderr(File::create(room.path().join("log")).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
    let nodes = said["nodes"].as_array().unwrap();
    let names: Vec<_> = nodes.iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["node0", "node1", "observer"]);
    wait_for("the demonstration at every node", || {
        let head = |node: &Value| -> Option<Value> {
            let url = format!("{}/v1/status", node["api"].as_str()?);
            let status: Value = ureq::get(&url).call().ok()?.body_mut().read_json().ok()?;
            Some(status["head"].clone())
        };
        let heads: Vec<Value> = nodes.iter().map(head).collect::<Option<_>>()?;
        let height: u64 = heads[0]["height"].as_str()?.parse().ok()?;
        // Each step of the demonstration waits for the one before, so there are as many blocks.
        (height > 10 && heads.iter().all(|head| *head == heads[0])).then_some(())
    });
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert!(process.wait().unwrap().success());
    let log = fs::read_to_string(room.path().join("log")).unwrap();
    for name in names {
        assert!(
            log.lines().any(|line| line.starts_with(name) && line.contains("told to stop")),
            "{log}"
        );
    }
    let code = |command: &mut Command| {
        let answer: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        answer["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(&mut linlid(&["new", "--out", net_text])), "E_FOLDER_NOT_EMPTY");
    assert_eq!(code(linlid(&up).arg("--populate")), "E_OTHER_INPUT");
    // A node that cannot start ends them all, and it is said which.
    fs::write(net.join("node1/network.key"), "no key").unwrap();
    let failed = linlid(&up).output().unwrap();
    let said: Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!((said["code"].as_str(), failed.status.code()), (Some("E_KEY_FILE"), Some(2)));
    assert!(said["detail"].as_str().unwrap().starts_with("node1: "), "{said}");
}
