//! What governing organisations decide about nodes, with the real program against a real node: proposed,
//! read, voted on, taken back, in effect after the time lock, and cut off by its owner.

mod common;

use common::Node;
use common::desk::Desk;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::types::{RecordId, TransactionId, derive_identifier};
use serde_json::{Value, json};
use std::fs;

fn id_of(submitted: &Value) -> TransactionId {
    serde_json::from_value(submitted["id"].clone()).expect("an identifier")
}

/// The network key of an observer: nobody here holds it.
fn watch() -> String {
    ConsensusKey::demonstration(b"wallet tests, network", "watch").public().to_string()
}

/// Writes changes that let an observer of the regulator connect, and what shows why.
fn write_changes(desk: &Desk) {
    let organisation = desk.node.account("regulator", "id");
    let change = json!({
        "node_add": { "organisation": organisation, "key": watch(), "node_role": "observer" }
    });
    fs::write(desk.path().join("changes.json"), json!([change]).to_string()).expect("written");
    fs::write(desk.path().join("minutes.pdf"), "会议纪要").expect("written");
}

const PROPOSE: [&str; 5] = ["org", "propose", "changes.json", "--evidence", "minutes.pdf"];

#[test]
fn a_node_is_proposed_voted_in_after_the_time_lock_and_cut_off_by_its_owner() {
    let desk = Desk::beside(Node::start_with_data_clock());
    write_changes(&desk);
    let made = desk.act("office", &PROPOSE);
    let proposal = RecordId(derive_identifier(&id_of(&made), 0)).to_string();
    let listed = desk.json(&["org", "proposals"]);
    assert_eq!((&listed[0]["state"], &listed[0]["agree"]), (&json!("open"), &json!("1")));
    let read = desk.said(&["-o", "table", "--lang", "zh", "org", "proposal", &proposal]);
    assert!(read.contains("允许一个节点联网") && read.contains(&watch()[..8]), "{read}");

    let yes = ["org", "vote", &proposal, "yes"];
    let again = desk.act_refused("office", &yes);
    assert_eq!(again, ("E_EXISTS".to_owned(), Some(7)));
    let stranger = desk.act_refused("bank", &yes);
    assert_eq!(stranger, ("E_GOVERNANCE".to_owned(), Some(7)));
    desk.act("regulator", &yes);
    assert_eq!(desk.json(&["org", "proposals"])[0]["state"], "accepted");
    // Taken back, and given again: the last word counts.
    desk.act("regulator", &["org", "vote", &proposal, "no"]);
    assert_eq!(desk.json(&["org", "proposals"])[0]["state"], "open");
    desk.act("regulator", &yes);
    assert_eq!(desk.json(&["org", "nodes"]), json!([]), "it waits for its time lock");
    desk.node.advance("73h");
    assert_eq!(desk.json(&["org", "proposals"]), json!([]));
    assert_eq!(desk.json(&["org", "proposals", "--all"])[0]["state"], "applied");
    let nodes = desk.json(&["org", "nodes"]);
    assert_eq!((&nodes[0]["role"], &nodes[0]["node"]), (&json!("observer"), &json!(watch())));

    let cut = ["org", "cut", &watch()];
    assert_eq!(desk.act_refused("office", &cut), ("E_ROLE".to_owned(), Some(7)));
    desk.act("regulator", &cut);
    assert_eq!(desk.json(&["org", "nodes"]), json!([]));
}

#[test]
fn a_proposal_is_withdrawn_by_who_made_it_and_wrong_files_are_said_so() {
    let desk = Desk::beside(Node::start());
    write_changes(&desk);
    let made = desk.act("office", &PROPOSE);
    let proposal = RecordId(derive_identifier(&id_of(&made), 0)).to_string();
    let withdraw = ["org", "withdraw", &proposal];
    assert_eq!(desk.act_refused("regulator", &withdraw), ("E_ROLE".to_owned(), Some(7)));
    desk.act("office", &withdraw);
    let shown = desk.json(&["org", "proposal", &proposal]);
    assert_eq!(shown["record"]["state"]["ended"]["end"], "withdrawn");
    let missing = RecordId([7; 32]).to_string();
    assert_eq!(desk.refused(&["org", "proposal", &missing]), ("E_NOT_FOUND".to_owned(), Some(3)));
    fs::write(desk.path().join("changes.json"), "[{\"node_add\": {}}]").expect("written");
    assert_eq!(desk.act_refused("office", &PROPOSE).0, "E_CALL_JSON");
}
