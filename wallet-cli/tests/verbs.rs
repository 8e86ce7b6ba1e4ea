//! What fund administrators and approvers do every day, with the real program against a real node: from
//! an empty catalogue to an approved payment and its sources.

mod common;

use common::{Node, passphrase};
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::types::{
    BlockTime, DAY_MS, Day, GrantId, RecordId, TransactionId, derive_identifier,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

const PLACE: &str = "5101/04";

fn now() -> BlockTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    BlockTime(u64::try_from(since.as_millis()).expect("it fits"))
}

fn document(text: &str) -> Digest {
    digest(Domain::Document, text.as_bytes())
}

/// A town with a node, and everybody's keys on one desk.
struct Town {
    node: Node,
    desk: tempfile::TempDir,
    grants: BTreeMap<String, String>,
}

impl Town {
    fn new() -> Self {
        let (node, desk) = (Node::start(), tempfile::tempdir().expect("a folder"));
        passphrase(desk.path());
        Self { node, desk, grants: BTreeMap::new() }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_linli"))
            .args(["--home", "home", "--no-input", "-y", "--lang", "zh", "-o", "json"])
            .args(["--node", self.node.text("api")])
            .args(arguments)
            .current_dir(self.desk.path())
            .env("LINLI_GENESIS", self.node.text("genesis_hash"))
            .stdin(Stdio::null())
            .output()
            .expect("it starts")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        serde_json::from_slice(&output.stdout).expect("one JSON value")
    }

    /// The code of a refusal, and the exit.
    fn refused(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let output = self.run(arguments);
        let error: Value = serde_json::from_slice(&output.stderr)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stdout)));
        let code = error["error"]["code"].as_str().expect("a code");
        (code.to_owned(), output.status.code())
    }

    /// Does a verb with the key of a label.
    fn act(&self, label: &str, arguments: &[&str]) -> Value {
        self.key(label);
        let who = ["--key", label, "--passphrase-file", "passphrase"];
        self.json(&[arguments, who.as_slice()].concat())
    }

    fn key(&self, label: &str) {
        if !self.desk.path().join(format!("home/keys/{label}.age")).exists() {
            let pass = ["--passphrase-file", "passphrase"];
            self.json(&[&["key", "import", label, "--demo", label], pass.as_slice()].concat());
        }
    }

    fn public(&self, label: &str) -> String {
        self.key(label);
        let card = self.json(&["key", "show", label]);
        card["public_key"].as_str().expect("a key").to_owned()
    }

    fn grant(&self, label: &str) -> Option<String> {
        let named = self.grants.get(label).cloned();
        let officers = ["points", "administrator", "budget", "approver"];
        let known =
            || officers.contains(&label).then(|| self.node.account(label, "grant").to_owned());
        named.or_else(known)
    }

    /// Makes a transaction through files; what it creates is numbered.
    fn made(&self, contract: &str, call: &str, fields: &Value, signers: &[&str]) -> TransactionId {
        fs::write(self.desk.path().join("call.json"), fields.to_string()).expect("it is written");
        let mut build = vec!["tx", "build", contract, call, "--in", "call.json", "--out", "tx"];
        let named: Vec<String> = signers
            .iter()
            .map(|label| {
                self.key(label);
                match self.grant(label) {
                    Some(grant) => format!("{label}:{grant}"),
                    None => (*label).to_owned(),
                }
            })
            .collect();
        for signer in &named {
            build.extend(["--signer", signer]);
        }
        let id = self.json(&build)["id"].clone();
        for label in signers {
            let sign = ["tx", "sign", "tx", "--key", label, "--passphrase-file", "passphrase"];
            self.json(&sign);
        }
        let submitted = self.json(&["tx", "submit", "tx"]);
        assert_eq!(submitted["id"], id, "{call}");
        serde_json::from_value(id).expect("an identifier")
    }

    /// Appoints an officer of the office whom the demonstration does not have.
    fn appoint(&mut self, label: &str, role: &str) {
        let office = self.node.account("office", "id").to_owned();
        let person = json!({ "organisation": office, "key": self.public(label) });
        let person = self.made("registry", "person-register", &person, &["office"]);
        let person = linli_ledger::types::PersonId(derive_identifier(&person, 0));
        let from = now().minus(DAY_MS);
        let grant = self.made(
            "registry",
            "role-grant",
            &json!({
                "person": person, "role": role, "organisation": office, "scope": PLACE, "level": 0,
                "nullifier": null, "from": from, "to": from.plus(300 * DAY_MS),
            }),
            &["office", "regulator"],
        );
        let grant = GrantId(derive_identifier(&grant, 0)).to_string();
        self.grants.insert(label.to_owned(), grant);
    }
}

fn record(id: &TransactionId, n: u32) -> RecordId {
    RecordId(derive_identifier(id, n))
}

#[test]
fn money_goes_from_a_budget_to_an_approved_payment_and_back_to_its_source() {
    let mut town = Town::new();
    town.appoint("budget-2", "budget_officer");
    town.appoint("purchaser", "purchaser");
    let fund: RecordId = town.node.account("fund", "id").parse().expect("a record");
    let provider = town.node.account("provider", "id").to_owned();
    let office = town.node.account("office", "id").to_owned();
    let item = json!({ "code": "A01", "name": "助餐", "listing": "listed" });
    town.made("fund", "catalogue-item", &item, &["office", "regulator"]);
    let today = now().day();
    let (year, ..) = today.civil();
    let line = json!({
        "code": "L1", "name": "助餐服务", "catalogue": "A01", "approved": "5000000",
        "resolution": null,
    });
    let draft = json!({ "fund": fund, "year": year, "lines": [line] });
    let budget = town.made("fund", "budget-draft", &draft, &["budget"]);
    let terms: linli_contracts::fund::LineTerms =
        serde_json::from_value(draft["lines"][0].clone()).expect("a line");
    let hash = linli_contracts::fund::budget_hash(fund, year, &[terms]);
    let approval = json!({ "budget": record(&budget, 0), "budget_hash": hash });
    town.made("fund", "budget-approve", &approval, &["budget-2"]);
    let account = document("account of the provider");
    let contract = town.made(
        "fund",
        "contract-sign",
        &json!({ "terms": {
            "number": "演示-1", "fund": fund, "line": record(&budget, 1), "purchaser": office,
            "provider": provider, "catalogue": "A01", "place": PLACE, "beneficiaries": "elder",
            "total": "1000000", "advance_max": "300000",
            "milestones": [{ "amount": "1000000", "due": Day(today.0 + 30) }],
            "from": today, "to": Day(today.0 + 60), "payee_account": account,
            "document": document("contract"),
        }}),
        &["purchaser", "provider"],
    );
    let contract = record(&contract, 0).to_string();

    fs::write(town.desk.path().join("invoice.pdf"), "发票").expect("it is written");
    let pay = ["fund", "pay", &contract, "--amount", "1234.50", "--invoice", "invoice.pdf"];
    let tried = town.act("administrator", &[pay.as_slice(), &["--dry-run"]].concat());
    assert_eq!(tried["status"], "dry_run");
    assert_eq!(town.json(&["payment", "list"]), json!([]), "a trial leaves nothing");
    let too_much = ["fund", "pay", &contract, "--amount", "9000", "--invoice", "invoice.pdf"];
    let who = ["--key", "administrator", "--passphrase-file", "passphrase"];
    let refused = town.refused(&[too_much.as_slice(), &who].concat());
    assert_eq!(refused, ("E_ADVANCE_LIMIT".to_owned(), Some(7)));

    town.act("administrator", &pay);
    let waiting = town.json(&["payment", "list", "--open"]);
    let payment = waiting[0]["payment"].as_str().expect("a payment").to_owned();
    assert_eq!(waiting[0]["amount_fen"], "123450");
    let who = ["--key", "administrator", "--passphrase-file", "passphrase"];
    let own = town.refused(&[&["fund", "approve", &payment], who.as_slice()].concat());
    assert_eq!(own.1, Some(7), "who asked does not approve: {}", own.0);
    town.act("approver", &["fund", "approve", &payment]);
    assert_eq!(town.json(&["payment", "list"])[0]["state"], "approved");
    let trace = town.json(&["fund", "trace", &payment]);
    assert_eq!(trace["traced"], "123450");
    assert_eq!(trace["sources"][0]["donor_name"], "示例社区基金会");
    let shown = town.json(&["fund", "show", &fund.to_string()]);
    assert_eq!(shown["held"], shown["received"]);
}

#[test]
fn a_node_that_changes_its_ledger_is_not_used_and_one_that_is_not_there_is_said_so() {
    let town = Town::new();
    town.act("resident-1", &["points", "balance"]);
    let known = town.desk.path().join("home/known.json");
    let text = fs::read_to_string(&known).expect("it was pinned");
    let other = text.replace(town.node.text("genesis_hash"), &"09".repeat(32));
    fs::write(&known, other).expect("it is written");
    let who = ["--key", "resident-1", "--passphrase-file", "passphrase"];
    let changed = town.refused(&[&["points", "balance"], who.as_slice()].concat());
    assert_eq!(changed.0, "E_CHAIN_ID");
    let nobody = ["--node", "http://127.0.0.1:1", "fund", "list"];
    let nobody = Command::new(env!("CARGO_BIN_EXE_linli"))
        .args(["--home", "home", "-o", "json", "--no-input"])
        .args(nobody)
        .current_dir(town.desk.path())
        .output()
        .expect("it starts");
    assert_eq!(nobody.status.code(), Some(6));
    let error: Value = serde_json::from_slice(&nobody.stderr).expect("one JSON object");
    assert_eq!(error["error"]["code"], "E_NODE_UNREACHABLE");
}
