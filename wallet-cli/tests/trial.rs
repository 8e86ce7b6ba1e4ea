//! What is only tried: nobody signs it, nothing is left behind, and what somebody has is told to nobody else.

mod common;

use common::Node;
use common::desk::Desk;
use serde_json::json;
use std::fs;

#[test]
fn a_trial_of_what_concerns_a_resident_is_answered_to_the_sender_and_to_auditors() {
    let desk = Desk::beside(Node::start());
    for label in ["resident-1", "resident-2", "auditor", "points"] {
        desk.key(label);
    }
    let offer = desk.node.account("offer", "id");
    let call = json!({ "reward": offer, "commitment": "5a".repeat(32) });
    fs::write(desk.path().join("call.json"), call.to_string()).expect("it is written");
    let build = |signers: &[&str]| {
        let mut line = vec!["tx", "build", "credit", "redeem", "--in", "call.json"];
        line.extend(signers.iter().flat_map(|signer| ["--signer", *signer]));
        line.extend(["--out", "redeem.linli"]);
        desk.json(&line);
    };
    let tried = |key: Option<&str>| {
        let mut line = vec!["tx", "submit", "redeem.linli", "--dry-run"];
        if let Some(key) = key {
            line.extend(["--key", key, "--passphrase-file", "passphrase"]);
        }
        desk.refused(&line)
    };
    build(&["resident-1"]);
    // The ledger's own "no" tells that she has no points: it is for her and for whoever audits.
    assert_eq!(tried(Some("resident-1")), ("E_INSUFFICIENT_POINTS".to_owned(), Some(7)));
    assert_eq!(tried(Some("auditor")), ("E_INSUFFICIENT_POINTS".to_owned(), Some(7)));
    assert_eq!(tried(None), ("E_UNAUTHENTICATED".to_owned(), Some(4)));
    assert_eq!(tried(Some("resident-2")), ("E_FORBIDDEN".to_owned(), Some(4)));
    assert_eq!(tried(Some("points")), ("E_FORBIDDEN".to_owned(), Some(4)));
    // To name oneself beside her does not make one the sender.
    build(&["resident-1", "resident-2"]);
    assert_eq!(tried(Some("resident-2")), ("E_FORBIDDEN".to_owned(), Some(4)));
    // Unsigned it is submitted by nobody.
    let submitted = desk.refused(&["tx", "submit", "redeem.linli"]);
    assert_eq!(submitted, ("E_SIGNATURE_MISSING".to_owned(), Some(4)));

    // What is public is tried by anybody, before anybody has signed.
    let office = desk.node.account("office", "id");
    let person = json!({ "organisation": office, "key": desk.public("somebody") });
    fs::write(desk.path().join("call.json"), person.to_string()).expect("it is written");
    desk.key("office");
    let signer = ["--signer", "office", "--in", "call.json", "--out", "person.linli"];
    desk.json(&[&["tx", "build", "registry", "person-register"], signer.as_slice()].concat());
    let tried = desk.json(&["tx", "submit", "person.linli", "--dry-run"]);
    assert_eq!(tried["status"], "dry_run");
    assert!(tried["receipt"]["writes"].as_array().is_some_and(|writes| !writes.is_empty()));
}
