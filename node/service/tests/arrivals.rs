//! A new observer joins a network under load by certificates and a snapshot, then follows by blocks; its folder is
//! that of any other node.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::processes;
use common::town::{GUARD, OBSERVER, Town, genesis, load, network, validator};
use linli_contracts::governance::{Call, Change, NodeRole};
use linli_ledger::hash::Digest;
use linli_ledger::types::Height;
use linli_service::{Answer, LiveOptions, SnapshotRule};
use std::sync::mpsc::channel;
use std::time::Duration;

const NEW: usize = OBSERVER + 1;

#[test]
fn an_observer_joins_behind_a_change_of_validators_while_transactions_come_in() {
    let snapshots = SnapshotRule { receipts: 30, blocks: 10, interval: Duration::ZERO };
    let mut town = Town::with(|_, options| LiveOptions { snapshots, ..options });
    let (tell, heard) = channel();
    let loads =
        [(0, 2), (1, 3)].map(|(n, signer)| load(town.nodes[n].clone(), signer, tell.clone()));
    drop(tell);
    // Every validator was heard, so that one may leave.
    let some = |count| (0..count).map(|_| heard.recv_timeout(GUARD).unwrap()).max().unwrap();
    let before = some(100);
    town.until(before);
    let (organisation, node_role) = (town.organisation(OBSERVER), NodeRole::Observer);
    let changes = vec![
        Change::NodeAdd { organisation, key: network(NEW).public(), node_role },
        Change::ValidatorRemove { key: validator(3).public() },
    ];
    let proposal = town.govern(0, &Call::Propose { changes, evidence: Digest::Blake3([1; 32]) });
    let Answer::Final(proposed) = town.submit(1, &proposal).wait() else { panic!("it is decided") };
    assert_eq!(proposed.receipt.rejection(), None);
    town.until_true(|town| {
        town.nodes[0].with_state(|state| state.validators().members().len()) == 3
    });
    let changed = town.nodes[0].health().head.height;
    town.until_true(|town| {
        town.nodes.iter().all(|node| node.health().snapshot.is_some_and(|at| at > changed))
    });

    town.open_arrival();
    let arrival = town.nodes[NEW].arrival().unwrap();
    assert!(arrival.is_over && arrival.snapshot.unwrap() > changed, "{arrival:?}");
    assert!(arrival.height >= arrival.snapshot.unwrap());
    while heard.try_recv().is_ok() {}
    let followed = some(30);
    assert!(followed > arrival.height);
    town.until_one(&town.nodes[NEW], followed);
    drop(heard);
    let handed_in: u64 = loads.into_iter().map(|load| load.join().unwrap()).sum();

    // It goes on where it was, and does not join once more.
    town.restart(NEW);
    assert_eq!(town.nodes[NEW].arrival(), Some(arrival));
    town.halt();
    town.agree();
    let node = &town.nodes[NEW];
    let (folder, rulebook, head) = (node.folder(), node.rulebook(), node.health().head);
    let chain = genesis().hash();
    let (chain, hash) = (Some(&chain), Some(&head.hash.0));
    let report = linli_verify::audit(folder, rulebook, chain, hash, &mut |_, _| {}).unwrap().0;
    assert_eq!((report.head.0, report.transactions), (head.height, handed_in + 1));
}

#[test]
fn a_validator_whose_chain_is_lost_joins_so_too_and_votes_again() {
    let snapshots = SnapshotRule { receipts: 30, blocks: 10, interval: Duration::ZERO };
    let mut town = Town::with(|_, options| LiveOptions { snapshots, ..options });
    let (tell, heard) = channel();
    let load = load(town.nodes[0].clone(), 1, tell);
    let some = |count| (0..count).map(|_| heard.recv_timeout(GUARD).unwrap()).max().unwrap();
    town.until(some(100));
    town.nodes[2].stop();
    let folder = town.nodes[2].folder().to_owned();
    // As `docs/operators.md` says; what was signed stays.
    for lost in ["chain", "snapshots", "node/wal"] {
        std::fs::remove_dir_all(folder.join(lost)).unwrap();
    }
    for lost in ["node/tip", "node/undecided"] {
        let _ = std::fs::remove_file(folder.join(lost));
    }
    some(30);
    town.restart_as_arrival(2);
    let arrival = town.nodes[2].arrival().unwrap();
    assert!(arrival.snapshot.is_some(), "{arrival:?}");
    let builds = |height: Height| {
        town.until_one(&town.nodes[2], height);
        let block = town.nodes[2].blocks(height, height).unwrap().pop().unwrap().block;
        block.header.proposer == validator(2).public()
    };
    assert!((arrival.height.0 + 1..arrival.height.0 + 200).map(Height).any(builds));
    drop(heard);
    load.join().unwrap();
    town.stop();
}

#[cfg(unix)]
#[test]
fn a_process_joins_a_network_of_processes_and_one_that_is_killed_on_the_way_goes_on() {
    use common::load::DESKS;
    use processes::{Desk, submit, wait_for};
    let settings = &[
        ("LINLI_SNAPSHOT_RECEIPTS", "20"),
        ("LINLI_SNAPSHOT_BLOCKS", "10"),
        ("LINLI_SNAPSHOT_SECONDS", "0"),
    ];
    let mut town = processes::Town::with_observer(4, settings);
    town.start_all();
    let [(label, position), ..] = DESKS;
    let mut desk = Desk::new(label, position, &town.genesis);
    let apis = town.apis.clone();
    let mut more = |count: usize| {
        let answer = |n: usize| submit(&apis[n % 4], &desk.register(5), GUARD).unwrap();
        (0..count).map(answer).last().unwrap().data[0].id.unwrap()
    };
    let old = more(20);
    wait_for("a snapshot at every validator", || {
        let snapshot = |n| town.command(n, &["status"]).0["snapshots"][0].as_str().is_some();
        (0..4).all(snapshot).then_some(())
    });
    town.spawn(4, &["--join-by-snapshot"]);
    let begun = town.at(4).join("node/arrival");
    wait_for("the join to begin", || begun.exists().then_some(()));
    town.kill(4);
    more(4);
    // It was told so before.
    town.start(4);
    let (status, _) = town.command(4, &["status"]);
    let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(status["arrival"]["over"], true, "{status}");
    assert!(number(&status["arrival"]["snapshot"]) > 0, "{status}");
    assert!(number(&status["arrival"]["height"]) >= number(&status["arrival"]["snapshot"]));
    // What happened before it came it tells, or says that it does not know it yet.
    let url = format!("{}/v1/transactions/{old}", town.apis[4]);
    wait_for("what happened before", || {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(&url).call().unwrap();
        let said: serde_json::Value = answer.body_mut().read_json().unwrap();
        let is_here = answer.status().as_u16() == 200;
        assert!(is_here || said["code"] == "E_INDEX_REBUILDING", "{said}");
        is_here.then_some(())
    });
    more(4);
    let head = town.wait_for_one_head();
    let (verified, exit) = town.command(4, &["verify"]);
    assert_eq!(exit, 0, "{verified}");
    let report = town.audit(head);
    assert_eq!((report.head.0, report.transactions), (head.0, 28 * 5));
    assert!(head.0 > Height(0));
}
