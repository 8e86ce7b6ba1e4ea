//! A full disk: nothing acknowledged is lost, the answer is typed, reading goes on, and so does
//! writing as soon as there is room.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

mod common;
#[expect(dead_code, reason = "this test brings its own node")]
#[path = "api/house.rs"]
mod house;

use axum::http::{StatusCode, header};
use common::town::Town;
use common::{options, register};
use house::{House, get, post};
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_ledger::types::{Height, TransactionId};
use linli_service::{Answer, Live, LiveOptions, Unavailable};
use linli_wire::transaction::{Standing, Submitted};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk in memory; `None`, with the reason printed, where mounting is not allowed.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "linli-test"])
            .arg(at)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            Ok(output) => {
                println!("skipped: {}", String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => {
                println!("skipped: mount cannot be run: {error}");
                None
            }
        }
    }

    /// Fills the disk but for `left` bytes.
    fn fill(&self, left: u64) {
        let room = linli_service::live::room::available(&self.0).unwrap();
        let mut file = File::create(self.0.join("filler")).unwrap();
        let bytes = usize::try_from(room.saturating_sub(left)).unwrap();
        file.write_all(&vec![1; bytes]).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

struct Client {
    number: u64,
    acknowledged: BTreeSet<TransactionId>,
}

impl Client {
    /// Submits one by one until something else than "final" comes.
    fn write(&mut self, live: &Live, count: u64) -> Option<Code> {
        for _ in 0..count {
            self.number += 1;
            let transaction = register(self.number);
            let id = transaction.id();
            match live.submit(vec![transaction]).pop().unwrap() {
                Err(error) => return Some(error.code()),
                Ok(ticket) => match ticket.wait() {
                    Answer::Final(_) => {
                        self.acknowledged.insert(id);
                    }
                    Answer::Refused(code) => panic!("{code}"),
                    Answer::Unknown(why) => return Some(why.code()),
                },
            }
        }
        None
    }

    /// Everything acknowledged is in the chain.
    fn check(&self, live: &Live) {
        let blocks = live.blocks(Height(1), Height(u64::MAX)).unwrap();
        let written: BTreeSet<_> = blocks
            .iter()
            .flat_map(|block| &block.block.transactions)
            .filter_map(|transaction| match transaction {
                linli_ledger::block::BlockTransaction::Full(signed) => Some(signed.id()),
                linli_ledger::block::BlockTransaction::Withheld(_) => None,
            })
            .collect();
        assert!(self.acknowledged.is_subset(&written));
    }
}

fn wait_until_open(live: &Live) {
    let mut spins = 0_u64;
    while live.health().closed.is_some() {
        std::thread::yield_now();
        spins += 1;
        assert!(spins < 1_000_000_000, "the node did not go on by itself");
    }
}

/// With a reserve the node notices before a write is torn; without one, at a write that fails: in the
/// engine's log, in the block that was not decided yet, in the chain file or in the tip.
fn story(reserve: u64, left: &[u64]) {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(folder.path()) else { return };
    let at = folder.path().join("node");
    let live = Live::open(LiveOptions { reserve, ..options(&at) }).unwrap();
    let mut client = Client { number: 0, acknowledged: BTreeSet::new() };
    let mut heads = live.heights();
    for left in left {
        assert_eq!(client.write(&live, 3), None);
        disk.fill(*left);
        let code = client.write(&live, 10_000).expect("the disk is full");
        assert_eq!(code, Code::StorageFull, "{left} bytes left");
        assert_eq!(live.health().closed, Some(Unavailable::StorageFull));
        assert_eq!(client.write(&live, 1), Some(Code::StorageFull), "said at once");
        client.check(&live);
        live.with_state(|state| assert!(state.tip().height >= Height(3)));
        disk.free();
        wait_until_open(&live);
        assert_eq!(client.write(&live, 3), None, "after {left} bytes left");
        client.check(&live);
        let head = *heads.borrow_and_update();
        live.with_state(|state| assert_eq!(state.tip().height, head.height));
    }
    live.stop();
    drop(live);
    let live = Live::open(options(&at)).unwrap();
    client.check(&live);
    live.stop();
}

#[test]
fn a_full_disk_is_noticed_ahead() {
    story(16 * 1024 * 1024, &[0, 1_000_000]);
}

#[test]
fn a_full_disk_is_survived_at_whatever_write_it_fails() {
    let left: Vec<u64> = (0..8).map(|step| step * 4_096).collect();
    story(0, &left);
}

#[test]
fn among_others_a_full_disk_ends_the_node_with_its_code_and_the_others_go_on() {
    for left in [0, 16_384, 200_000] {
        let folder = tempfile::tempdir().unwrap();
        let Some(disk) = Disk::mount(folder.path()) else { return };
        let mut town = Town::with(|n, options| match n {
            3 => LiveOptions { folder: folder.path().join("node"), reserve: 0, ..options },
            _ => options,
        });
        let write = |town: &mut Town| {
            let transaction = town.register(0);
            let Answer::Final(answer) = town.submit(0, &transaction).wait() else {
                panic!("three of four decide");
            };
            answer.height
        };
        let height = write(&mut town);
        town.until(height);
        disk.fill(left);
        let ended = town.nodes[3].ended();
        let mut written = 0;
        while ended.borrow().is_none() && written < 500 {
            write(&mut town);
            written += 1;
        }
        town.until_true(|_| ended.borrow().is_some());
        let error = ended.borrow().clone().unwrap();
        assert_eq!(error.code(), Code::StorageFull, "{left} bytes left, {written}: {error}");
        assert_eq!(town.nodes[3].health().closed, Some(Unavailable::Stopped));
        disk.free();
        town.restart(3);
        let height = write(&mut town);
        town.until(height);
        town.agree();
        town.stop();
        drop(disk);
    }
}

#[test]
fn among_others_a_disk_that_is_nearly_full_closes_the_door_and_opens_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(folder.path()) else { return };
    let mut town = Town::with(|n, options| match n {
        3 => {
            let folder = folder.path().join("node");
            LiveOptions { folder, reserve: 16 * 1024 * 1024, ..options }
        }
        _ => options,
    });
    disk.fill(8 * 1024 * 1024);
    let closed = |town: &Town| town.nodes[3].health().closed;
    town.until_true(|town| closed(town) == Some(Unavailable::StorageFull));
    let transaction = town.register(3);
    let refused = town.nodes[3].submit(vec![transaction.clone()]).pop().unwrap().unwrap_err();
    assert_eq!(refused.code(), Code::StorageFull);
    // It follows and votes all the same.
    let Answer::Final(answer) = town.submit(0, &transaction).wait() else { panic!("all decide") };
    town.until(answer.height);
    disk.free();
    town.until_true(|town| closed(town).is_none());
    let transaction = town.register(3);
    assert!(matches!(town.submit(3, &transaction).wait(), Answer::Final(_)));
    town.stop();
}

/// What a client meets over HTTP: a typed 503 that says when to come back, reading all the time, and the
/// same bytes again that are done once.
#[tokio::test(flavor = "multi_thread")]
async fn over_http_a_full_disk_is_a_problem_that_passes() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(folder.path()) else { return };
    let reserve = 16 * 1024 * 1024;
    let live = Live::open(LiveOptions { reserve, ..options(&folder.path().join("node")) }).unwrap();
    let house = House::over(live.clone());
    let send = |number: u64| {
        let bytes = encode(register(number).signed());
        house.ask(post("/v1/transactions?wait=final", "application/octet-stream", bytes))
    };
    let mut acknowledged = Vec::new();
    for number in 1..=3 {
        let answer = send(number).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        acknowledged.push(answer.json::<Submitted>().id.unwrap());
    }
    disk.fill(1_000_000);
    let mut number = 4;
    let refused = loop {
        let answer = send(number).await;
        if answer.status != StatusCode::CREATED {
            break answer;
        }
        acknowledged.push(answer.json::<Submitted>().id.unwrap());
        number += 1;
        assert!(number < 10_000, "the disk is never full");
    };
    let problem = refused.problem();
    assert_eq!((problem.code, problem.status), (Code::StorageFull, 503), "{problem:?}");
    assert!(refused.headers.contains_key(header::RETRY_AFTER), "{refused:?}");
    assert_eq!(send(number).await.problem().code, Code::StorageFull, "said at once");
    let shown = house.ask(get("/v1/blocks/1")).await;
    assert_eq!(shown.status, StatusCode::OK, "reading goes on: {shown:?}");
    assert_eq!(house.ask(get("/v1/status")).await.status, StatusCode::OK);

    disk.free();
    wait_until_open(&live);
    for number in [number, number + 1] {
        let answer = send(number).await;
        assert!(answer.status.is_success(), "{answer:?}");
        let submitted: Submitted = answer.json();
        assert_eq!(submitted.status, Standing::Final);
        acknowledged.push(submitted.id.unwrap());
    }
    house.settle();
    for id in acknowledged {
        let found = house.ask(get(&format!("/v1/transactions/{id}"))).await;
        assert_eq!(found.status, StatusCode::OK, "{id} was acknowledged: {found:?}");
    }
    drop(house);
}
