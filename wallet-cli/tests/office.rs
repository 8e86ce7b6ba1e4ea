//! What an office looks up and sets up: accounts with their statements, organisations with their people,
//! budgets, flows and blocks, in each form.

mod common;

use common::Node;
use common::desk::Desk;
use linli_ledger::types::{GrantId, PersonId, TransactionId, derive_identifier};
use serde_json::{Value, json};

fn id_of(submitted: &Value) -> TransactionId {
    serde_json::from_value(submitted["id"].clone()).expect("an identifier")
}

#[test]
fn an_account_is_shown_with_its_entries_and_a_statement_of_days() {
    let desk = Desk::beside(Node::start_with_data_clock());
    let fund = desk.node.account("fund", "id").to_owned();
    let shown = desk.json(&["fund", "show", &fund]);
    let free = shown["accounts"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|place| place["place"]["what"]["available"].is_string());
    let account = free.expect("free money")["place"]["account"].as_str().expect("an account");
    assert_eq!(desk.json(&["account", "show", account])["account"]["balance"], "19000000");
    let entries = desk.json(&["account", "history", account]);
    let directions: Vec<_> = entries
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["direction"].clone())
        .collect();
    assert_eq!(directions, ["out", "in"], "the newest first");
    let day = desk.json(&["block", "show", "1"])["header"]["time"]
        .as_str()
        .map(|ms| linli_ledger::types::BlockTime(ms.parse().expect("a time")).day());
    let day = day.expect("a day");
    let today = [day.iso(), day.iso()];
    let statement = ["account", "statement", account, "--from", &today[0], "--to", &today[1]];
    let said = desk.json(&statement);
    assert_eq!((&said["opening"], &said["closing"]), (&json!("0"), &json!("19000000")));
    assert_eq!(said["entries"].as_array().map(Vec::len), Some(2), "the last day counts whole");
    let tomorrow = linli_ledger::types::Day(day.0 + 1).iso();
    let later = ["account", "statement", account, "--from", &tomorrow, "--to", &tomorrow];
    let later = desk.json(&later);
    assert_eq!((&later["opening"], &later["entries"]), (&json!("19000000"), &json!([])));
    let table = desk.said(&[statement.as_slice(), &["-o", "csv"]].concat());
    assert_eq!(table.lines().count(), 3, "{table}");

    let budget = desk.json(&["fund", "budget", &fund]);
    assert_eq!(budget["total"]["committed"], "1000000");
    let flow = desk.said(&["-o", "csv", "fund", "flow", &fund]);
    assert!(flow.contains("示例社区基金会,示例社区公益资金,20000000,on"), "{flow}");
    let forward = desk.json(&["fund", "trace", "0"]);
    assert_eq!((&forward["unaccounted"], &forward["end"]), (&json!("0"), &json!("20000000")));
    let other = desk.refused(&["fund", "budget", &fund, "--year", "1999"]);
    assert_eq!(other, ("E_NOT_FOUND".to_owned(), Some(3)));
}

#[test]
fn somebody_is_registered_gets_a_role_and_loses_it() {
    let desk = Desk::beside(Node::start());
    let office = desk.node.account("office", "id").to_owned();
    let key = desk.public("somebody");
    let invited = desk.act("office", &["org", "invite", &key, "--organisation", &office]);
    let person = PersonId(derive_identifier(&id_of(&invited), 0)).to_string();
    let regulator = desk.public("regulator");
    let grant = [
        "org",
        "grant",
        &person,
        "--role",
        "witness",
        "--organisation",
        &office,
        "--scope",
        "5101/04",
    ];
    let alone = desk.act_refused("office", &grant);
    assert_eq!(alone.1, Some(7), "one governing organisation is not enough: {}", alone.0);
    let with = ["--with", &regulator, "--out", "grant.linli"];
    let built = desk.act("office", &[grant.as_slice(), &with].concat());
    let sign = ["tx", "sign", "grant.linli", "--key", "regulator"];
    desk.json(&[sign.as_slice(), &["--passphrase-file", "passphrase"]].concat());
    desk.json(&["tx", "submit", "grant.linli"]);
    let role = GrantId(derive_identifier(&id_of(&built), 0)).to_string();
    let roles = |desk: &Desk| {
        let key = desk.act("somebody", &["account", "show"])["key"].clone();
        key["roles"].as_array().expect("a list").iter().map(|role| role["id"].clone()).collect()
    };
    let held: Vec<Value> = roles(&desk);
    assert_eq!(held, [json!(role)]);
    let listed = desk.json(&["org", "show", &office])["roles"].to_string();
    assert!(listed.contains(&role), "{listed}");
    desk.act("office", &["org", "revoke", &role]);
    let held: Vec<Value> = roles(&desk);
    assert_eq!(held, [] as [Value; 0]);
    let listed = desk.json(&["org", "show", &office])["roles"].to_string();
    assert!(!listed.contains(&role), "{listed}");
    let banks = desk.json(&["org", "list", "--kind", "bank"]);
    assert_eq!(banks.as_array().map(Vec::len), Some(1));
    assert_eq!(desk.run(&["org", "list", "--kind", "king"]).status.code(), Some(2));
}

/// The key of a label, with its own signature and that of a governing organisation.
fn rotate_beside(desk: &Desk, label: &str, rotate: &[&str], beside: &str) {
    let with = ["--with", beside, "--out", "rotate.linli"];
    desk.key(beside);
    desk.act(label, &[rotate, with.as_slice()].concat());
    let sign = ["tx", "sign", "rotate.linli", "--key", beside];
    desk.json(&[sign.as_slice(), &["--passphrase-file", "passphrase"]].concat());
    assert_eq!(desk.json(&["tx", "submit", "rotate.linli"])["status"], "final");
}

#[test]
fn a_new_key_takes_the_place_of_an_old_one_of_a_house_and_of_somebody_in_office() {
    let desk = Desk::beside(Node::start());
    let office = desk.node.account("office", "id").to_owned();
    let (old, new) = (desk.public("office"), desk.public("new-seal"));
    let rotate = ["org", "rotate-key", "new-seal"];
    let tried = desk.act("office", &[rotate.as_slice(), &["--dry-run"]].concat());
    assert_eq!(tried["status"], "dry_run");
    let stranger = ["org", "rotate-key", &new, "--old", &old];
    assert_eq!(desk.act_refused("banker", &stranger), ("E_ROLE".to_owned(), Some(7)));
    let unknown = desk.act_refused("office", &["org", "rotate-key", "no-such-key"]);
    assert_eq!(unknown, ("E_KEY_MISSING".to_owned(), Some(3)));
    for (language, word) in [("zh", "用新密钥换下旧密钥"), ("en", "new key")] {
        let form = ["-o", "table", "--lang", language, "--key", "office"];
        let pass = ["--passphrase-file", "passphrase", "--dry-run"];
        let said = desk.run(&[rotate.as_slice(), &form, &pass].concat());
        let explained = String::from_utf8_lossy(&said.stderr).into_owned();
        let both = explained.contains(&old[..8]) && explained.contains(&new[..8]);
        assert!(said.status.success() && both && explained.contains(word), "{explained}");
    }
    assert_eq!(desk.act("office", &rotate)["status"], "final");
    let invite = ["org", "invite", &desk.public("somebody"), "--organisation", &office];
    assert_eq!(desk.act_refused("office", &invite).0, "E_KEY_INACTIVE", "the old one is over");
    desk.act("new-seal", &invite);

    // Whoever has lost the own key gets a new one from the house, beside another governing house.
    let lost = ["org", "rotate-key", "new-officer", "--old", "administrator"];
    desk.key("administrator");
    desk.key("new-officer");
    assert_eq!(desk.act_refused("new-seal", &lost), ("E_COSIGN".to_owned(), Some(7)));
    rotate_beside(&desk, "new-seal", &lost, "regulator");
    let shown = desk.act("new-officer", &["account", "show"]);
    assert_eq!(shown["key"]["roles"][0]["record"]["role"], "fund_administrator");
    let over = desk.act_refused("administrator", &["account", "show"]);
    assert_eq!(over.0, "E_KEY_INACTIVE", "the lost one asks nothing any more");
}
