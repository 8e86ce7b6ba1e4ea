//! Backups that are taken while the node writes, and what a restore proves.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{genesis, open, options, register};
use linli_ledger::code::Code;
use linli_ledger::types::Height;
use linli_service::operations::backup::{Manifest, backup};
use linli_service::operations::doctor::{Grade, examine};
use linli_service::operations::restore::{Restored, restore};
use linli_service::operations::{OperationError, status};
use linli_service::{Answer, Live, LiveOptions};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

fn put_back(file: &Path, folder: &Path) -> Result<Restored, OperationError> {
    let rulebook = linli_contracts::rulebook();
    restore(file, folder, Some(&genesis().hash()), &rulebook, &mut |_, _| {})
}

/// Writes one block after the other until told to stop.
fn write(live: &Live, stop: &AtomicBool) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let size = 1 + number % 7;
        let batch = (0..size).map(|step| register(number + step + 1)).collect();
        number += size;
        for ticket in live.submit(batch) {
            assert!(matches!(ticket.unwrap().wait(), Answer::Final(_)));
        }
    }
}

#[test]
fn twenty_backups_of_a_node_that_writes_come_back_and_prove_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("node");
    let live = open(&at).unwrap();
    let stop = AtomicBool::new(false);
    let mut last = Height(0);
    std::thread::scope(|scope| {
        scope.spawn(|| write(&live, &stop));
        let mut heads = live.heights();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for drill in 0..20_u64 {
            // At whatever point of a later block this thread comes to run.
            let later = |head: &linli_service::Head| head.height.0 > last.0 + drill % 3;
            runtime.block_on(heads.wait_for(later)).unwrap();
            let before = live.heights().borrow().height;
            let file = folder.path().join(format!("{drill}.tar"));
            let manifest = backup(&at, &file).unwrap();
            assert!(manifest.height >= before, "drill {drill}: what was durable is in it");
            let target = folder.path().join(format!("restored {drill}"));
            let restored = put_back(&file, &target).unwrap();
            assert_eq!(restored.report.head.0, manifest.height);
            let block = live.blocks(manifest.height, manifest.height).unwrap();
            let hash = block.last().map(|block| block.block.header.hash().0.to_hex());
            if let Some(hash) = hash {
                assert_eq!(hash, manifest.head);
            }
            assert!(!target.join("node").exists(), "neither key, log nor tip comes back");
            last = manifest.height;
            fs::remove_dir_all(&target).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    live.stop();
    // The last one runs again.
    let target = folder.path().join("again");
    put_back(&folder.path().join("19.tar"), &target).unwrap();
    let again = Live::open(LiveOptions { validator: None, ..options(&target) }).unwrap();
    assert_eq!(again.heights().borrow().height, last);
}

#[test]
fn a_backup_that_was_changed_or_cut_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("node");
    let live = open(&at).unwrap();
    for number in 1..=3 {
        live.submit(vec![register(number)]).pop().unwrap().unwrap().wait();
    }
    live.stop();
    let file = folder.path().join("backup.tar");
    let manifest: Manifest = backup(&at, &file).unwrap();
    assert_eq!(manifest.height, Height(3));
    assert!(matches!(backup(&at, &file), Err(OperationError::Exists { .. })), "never overwritten");
    let bytes = fs::read(&file).unwrap();
    let damaged = folder.path().join("damaged.tar");
    let target = folder.path().join("target");
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    for position in (0..used).step_by(61) {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1 << (position % 8);
        fs::write(&damaged, &flipped).unwrap();
        // A bit in the padding or in a field that nobody reads changes nothing.
        match put_back(&damaged, &target) {
            Ok(restored) => {
                assert_eq!(restored.manifest.head, manifest.head, "byte {position}");
                fs::remove_dir_all(&target).unwrap();
            }
            Err(_) => assert!(!target.exists(), "byte {position}"),
        }
        fs::write(&damaged, &bytes[..position]).unwrap();
        assert!(put_back(&damaged, &target).is_err(), "cut at {position}");
        assert!(!target.exists(), "cut at {position}");
    }
    fs::create_dir(&target).unwrap();
    fs::write(target.join("something"), "of mine").unwrap();
    let refused = put_back(&file, &target).unwrap_err();
    assert_eq!(refused.code(), Code::FolderNotEmpty);
    assert_eq!(fs::read_to_string(target.join("something")).unwrap(), "of mine");
    // Another chain than the one that was asked for.
    let other = linli_ledger::hash::Digest::Blake3([1; 32]);
    let rulebook = linli_contracts::rulebook();
    let elsewhere = folder.path().join("elsewhere");
    let refused = restore(&file, &elsewhere, Some(&other), &rulebook, &mut |_, _| {});
    assert_eq!(refused.unwrap_err().code(), Code::VerificationFailed);
    assert!(!elsewhere.exists());
}

#[test]
fn a_doctor_finds_what_will_trouble_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("node");
    let live = open(&at).unwrap();
    live.submit(vec![register(1)]).pop().unwrap().unwrap().wait();
    let mut settings = linli_service::config::Settings { folder: at.clone(), ..Default::default() };
    let grade = |settings: &linli_service::config::Settings, check: &str| {
        let findings = examine(settings).unwrap();
        findings.into_iter().find(|finding| finding.check == check).unwrap().grade
    };
    assert!(status::status(&at).unwrap().is_running);
    live.stop();
    drop(live);
    assert!(!status::status(&at).unwrap().is_running);
    settings.reserve_bytes = 1;
    for check in ["room", "clock", "key", "network", "lock", "tip", "snapshots"] {
        assert_eq!(grade(&settings, check), Grade::Good, "{check}");
    }
    settings.reserve_bytes = u64::MAX;
    assert_eq!(grade(&settings, "room"), Grade::Bad);
    settings.network = linli_service::config::Network::Real;
    assert_eq!(grade(&settings, "network"), Grade::Bad);
    settings.validator_key = Some(folder.path().join("none"));
    assert_eq!(grade(&settings, "key"), Grade::Bad);
    let segment = at.join("chain/0000000000.chain");
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 9]).unwrap();
    assert_eq!(grade(&settings, "tip"), Grade::Bad);
}
