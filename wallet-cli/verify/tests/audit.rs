//! The auditor as its users run it, where there is no good chain. Whole chains, good and spoiled, are
//! shown to it by `tests/tests/mutations.rs`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const HASH: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

fn audit(chain: &Path, extra: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_linli-verify"))
        .arg("audit")
        .arg(chain)
        .args(extra)
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

#[test]
fn bytes_that_are_no_chain_do_not_verify() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0000000000.chain");
    for bytes in [&b""[..], b"no chain", &[0; 512]] {
        fs::write(&file, bytes).unwrap();
        for chain in [&file, folder.path()] {
            let json = audit(chain, &["--genesis-hash", HASH, "--output", "json"]);
            assert_eq!(json.status.code(), Some(5));
            let answer: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
            assert_eq!(answer["failed"]["check"], "frame");
            let words = audit(chain, &["--genesis-hash", HASH, "--lang", "en"]);
            assert_eq!(words.status.code(), Some(5));
            assert!(words.stdout.is_empty());
            assert!(String::from_utf8_lossy(&words.stderr).contains("(frame)"));
        }
    }
}

#[test]
fn where_nothing_is_nothing_can_be_audited() {
    let folder = tempfile::tempdir().unwrap();
    for chain in [folder.path(), &folder.path().join("nowhere")] {
        assert_eq!(audit(chain, &["--genesis-hash", HASH]).status.code(), Some(3));
    }
}

#[test]
fn an_audit_without_a_genesis_hash_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(audit(folder.path(), &[]).status.code(), Some(2));
    for hash in ["", "ff", &HASH.to_uppercase(), &format!("{HASH}0")] {
        assert_eq!(audit(folder.path(), &["--genesis-hash", hash]).status.code(), Some(2));
    }
}
