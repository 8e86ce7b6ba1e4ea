//! This exists to compare this code with the byte vectors, which are law (`docs/spec/ledger.md`).
//!
//! A file under `tests/vectors` is written once, by `LINLI_WRITE_VECTORS=1` where it is not there,
//! and never again: what changes bytes comes with a new file and a decision.

#![expect(clippy::unwrap_used, reason = "a vector that cannot be made or read is a failed test")]

#[path = "vectors/bytes.rs"]
mod bytes;
#[path = "vectors/chain.rs"]
mod chain;
#[path = "vectors/members.rs"]
mod members;
#[path = "vectors/state.rs"]
mod state;

use linli_ledger::codec::encode;
use linli_ledger::hash::to_hex;
use serde_json::Value;
use std::path::PathBuf;

/// The canonical bytes of a value, in hexadecimal.
fn hex_of<T: borsh::BorshSerialize>(value: &T) -> String {
    to_hex(&encode(value))
}

fn check(name: &str, found: &Value) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let path = folder.join(name).with_extension("json");
    if !path.exists() && std::env::var_os("LINLI_WRITE_VECTORS").is_some_and(|on| on == "1") {
        let text = serde_json::to_string_pretty(found).unwrap() + "\n";
        std::fs::write(&path, text).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; a vector is never made again", path.display())
    });
    let expected: Value = serde_json::from_str(&text).unwrap();
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(found.get(key), Some(value), "{name}: {key} differs from the vector");
    }
    assert_eq!(found, &expected, "{name}: something that the vector does not have");
}

#[test]
fn hashes_keys_and_signatures_are_those_of_the_vectors() {
    check("hashes", &bytes::hashes());
    check("signatures", &bytes::signatures());
}

#[test]
fn transactions_and_genesis_are_those_of_the_vectors() {
    check("transactions", &bytes::transactions());
    check("genesis", &bytes::genesis_file());
}

#[test]
fn blocks_votes_and_certificates_are_those_of_the_vectors() {
    check("blocks", &bytes::blocks());
}

#[test]
fn leaves_trees_lists_and_records_are_those_of_the_vectors() {
    check("leaves", &state::leaves());
    check("trees", &state::trees());
    check("lists", &state::lists());
    check("records", &state::records());
    check("receipts", &state::receipts());
}

#[test]
fn members_and_what_changes_them_are_those_of_the_vectors() {
    check("members", &members::members());
}

#[test]
fn a_small_chain_is_that_of_the_vectors() {
    check("chain", &chain::chain());
}
