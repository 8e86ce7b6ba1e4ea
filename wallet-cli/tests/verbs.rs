//! What fund administrators and approvers do every day, with the real program against a real node: from
//! a contract to an approved payment and its sources.

mod common;

use common::Node;
use common::desk::Desk;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

#[test]
fn money_goes_from_a_contract_to_an_approved_payment_and_back_to_its_source() {
    let desk = Desk::beside(Node::start());
    let fund = desk.node.account("fund", "id").to_owned();
    let contract = desk.node.account("contract", "id").to_owned();
    fs::write(desk.path().join("invoice.pdf"), "发票").expect("it is written");
    let pay = ["fund", "pay", &contract, "--amount", "1234.50", "--invoice", "invoice.pdf"];
    let tried = desk.act("administrator", &[pay.as_slice(), &["--dry-run"]].concat());
    assert_eq!(tried["status"], "dry_run");
    assert_eq!(desk.json(&["payment", "list"]), json!([]), "a trial leaves nothing");
    let too_much = ["fund", "pay", &contract, "--amount", "9000", "--invoice", "invoice.pdf"];
    let refused = desk.act_refused("administrator", &too_much);
    assert_eq!(refused, ("E_ADVANCE_LIMIT".to_owned(), Some(7)));

    desk.act("administrator", &pay);
    let waiting = desk.json(&["payment", "list", "--open"]);
    let payment = waiting[0]["payment"].as_str().expect("a payment").to_owned();
    assert_eq!(waiting[0]["amount_fen"], "123450");
    let own = desk.act_refused("administrator", &["fund", "approve", &payment]);
    assert_eq!(own.1, Some(7), "who asked does not approve: {}", own.0);
    desk.act("approver", &["fund", "approve", &payment]);
    assert_eq!(desk.json(&["payment", "list"])[0]["state"], "approved");
    let trace = desk.json(&["fund", "trace", &payment]);
    assert_eq!(trace["traced"], "123450");
    assert_eq!(trace["sources"][0]["donor_name"], "示例社区基金会");
    let shown = desk.json(&["fund", "show", &fund]);
    assert_eq!(shown["held"], shown["received"]);
}

#[test]
fn a_node_that_changes_its_ledger_is_not_used_and_one_that_is_not_there_is_said_so() {
    let desk = Desk::beside(Node::start());
    desk.act("resident-1", &["points", "balance"]);
    let known = desk.path().join("home/known.json");
    let text = fs::read_to_string(&known).expect("it was pinned");
    let other = text.replace(desk.node.text("genesis_hash"), &"09".repeat(32));
    fs::write(&known, other).expect("it is written");
    let changed = desk.act_refused("resident-1", &["points", "balance"]);
    assert_eq!(changed.0, "E_CHAIN_ID");
    let nobody = ["--node", "http://127.0.0.1:1", "fund", "list"];
    let nobody = Command::new(env!("CARGO_BIN_EXE_linli"))
        .args(["--home", "home", "-o", "json", "--no-input"])
        .args(nobody)
        .current_dir(desk.path())
        .output()
        .expect("it starts");
    assert_eq!(nobody.status.code(), Some(6));
    let error: Value = serde_json::from_slice(&nobody.stderr).expect("one JSON object");
    assert_eq!(error["error"]["code"], "E_NODE_UNREACHABLE");
}
