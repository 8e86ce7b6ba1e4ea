//! A resident's whole story with the real programs: a key, an enrolment, an activity, points, a reward; days
//! pass by the clock of the demonstration. What is refused on the way is refused with its code and in words.

mod common;

use common::Node;
use common::desk::Desk;
use linli_ledger::types::{RecordId, TransactionId, derive_identifier};
use serde_json::{Value, json};
use std::fs;

const COMMUNITY: &str = "5101/04/001/003";
const ME: &str = "我";

/// What a transaction created first.
fn made(submitted: &Value) -> String {
    let id: TransactionId = serde_json::from_value(submitted["id"].clone()).expect("an identifier");
    RecordId(derive_identifier(&id, 0)).to_string()
}

/// Comes or goes: the resident signs what the place shows, the device at the place signs too.
fn seen(desk: &Desk, verb: &str, activity: &str, participation: &str) {
    let site = desk.json(&["activity", "site", activity, "--key", "site"]);
    let code = site["code"].as_str().expect("a code");
    let file = format!("{verb}.linli");
    desk.act(ME, &["activity", verb, participation, "--site", code, "--out", &file]);
    let sign = ["tx", "sign", &file, "--key", "site", "--passphrase-file", "passphrase"];
    desk.json(&sign);
    assert_eq!(desk.json(&["tx", "submit", &file])["status"], "final");
}

fn points(desk: &Desk) -> (u64, u64, u64) {
    let mine = desk.act(ME, &["points", "balance"]);
    let number = |member: &str| {
        let text = mine["points"][0][member].as_str().unwrap_or("0");
        text.parse().expect("a number")
    };
    (number("held"), number("available"), number("locked"))
}

/// The registrar enrols a new key, once.
fn enrol(desk: &Desk) {
    let pass = ["--passphrase-file", "passphrase"];
    desk.json(&[&["key", "new", ME, "--community", COMMUNITY], pass.as_slice()].concat());
    desk.key("site");
    let unknown = desk.act_refused(ME, &["points", "balance"]);
    assert_eq!(unknown, ("E_KEY_INACTIVE".to_owned(), Some(7)), "nobody has enrolled the key");
    let key = desk.public(ME);
    fs::write(desk.path().join("consent.pdf"), "同意书").expect("it is written");
    let nullifier = "5a".repeat(32);
    let registration = [
        "account",
        "register",
        &key,
        "--community",
        COMMUNITY,
        "--nullifier",
        &nullifier,
        "--consent",
        "consent.pdf",
    ];
    desk.act("registrar", &registration);
    let shown = desk.act(ME, &["account", "show"]);
    assert_eq!(shown["resident"]["record"]["community"], COMMUNITY);
    let twice = desk.act_refused("registrar", &registration);
    assert_eq!(twice.1, Some(7), "one person is enrolled once: {}", twice.0);
}

/// An activity of tomorrow: one signs up once. The participation.
fn sign_up(desk: &Desk, activity: &str) -> String {
    let listed = desk.json(&["activity", "list"]);
    assert_eq!(listed[0]["activity"], activity);
    let participation = made(&desk.act(ME, &["activity", "signup", activity]));
    let again = desk.act_refused(ME, &["activity", "signup", activity]);
    assert_eq!(again, ("E_OVERLAP".to_owned(), Some(7)));
    let chinese = desk.refusal(ME, &["activity", "signup", activity], "zh");
    assert!(chinese.contains("E_OVERLAP") && chinese.contains("时间重叠"), "{chinese}");
    let english = desk.refusal(ME, &["activity", "signup", activity], "en");
    assert!(english.contains("E_OVERLAP") && english.contains("at the same time"), "{english}");
    participation
}

/// It begins at nine; an hour and a half of service, and two confirmations.
fn serve(desk: &Desk, activity: &str, participation: &str) {
    desk.node.advance("25h");
    seen(desk, "checkin", activity, participation);
    desk.node.advance("90m");
    seen(desk, "checkout", activity, participation);
    let files = ["checkin.linli", "checkout.linli", "--out", "lines.json"];
    desk.json(&[&["activity", "lines", activity], files.as_slice()].concat());
    let lines: Value =
        serde_json::from_slice(&fs::read(desk.path().join("lines.json")).expect("it was written"))
            .expect("it is JSON");
    assert_eq!(
        (&lines[0]["participation"], &lines[0]["minutes"]),
        (&json!(participation), &json!(90))
    );
    let attest = ["activity", "attest", activity, "--in", "lines.json"];
    let witness = ["activity", "witness", activity, "--in", "lines.json"];
    assert_eq!(desk.act_refused("witness", &attest).1, Some(7), "a witness attests nothing first");
    desk.act("organiser", &attest);
    assert_eq!(desk.act_refused("organiser", &witness).1, Some(7), "nor an organiser second");
    assert_eq!(points(desk), (0, 0, 0), "one confirmation gives nothing");
    desk.act("witness", &witness);
    assert_eq!(points(desk), (15, 0, 0), "ninety minutes at ten an hour, on hold");
}

/// Days later the points can be spent, once for each person. The voucher.
fn redeem(desk: &Desk) -> String {
    let offer = desk.node.account("offer", "id").to_owned();
    let early = desk.act_refused(ME, &["points", "redeem", &offer]);
    assert_eq!(early, ("E_INSUFFICIENT_POINTS".to_owned(), Some(7)));
    let statement = desk.act(ME, &["points", "statement"]);
    let available_at = statement[0]["available_at"].as_str().expect("a time").to_owned();
    desk.node.advance("4d");
    let blocks = desk.json(&["block", "list", "--limit", "5"]);
    let times: Vec<_> =
        blocks.as_array().expect("a list").iter().map(|b| b["time"].clone()).collect();
    assert!(
        times.contains(&json!(available_at)),
        "what falls due on the way has its block: {times:?}"
    );
    assert_eq!(points(desk), (0, 15, 0));
    let voucher = made(&desk.act(ME, &["points", "redeem", &offer]));
    assert_eq!(points(desk), (0, 5, 10));
    let again = ["points", "redeem", &offer];
    assert_eq!(desk.act_refused(ME, &again), ("E_LIMIT".to_owned(), Some(7)));
    let chinese = desk.refusal(ME, &again, "zh");
    assert!(chinese.contains("E_LIMIT") && chinese.contains('。'), "{chinese}");
    let english = desk.refusal(ME, &again, "en");
    assert!(english.contains("E_LIMIT") && english.contains('.'), "{english}");
    voucher
}

/// The shop scans the code; the second time there is nothing to hand out.
fn fetch(desk: &Desk, voucher: &str) {
    let shown = desk.json(&["points", "voucher", "show", voucher]);
    let code = shown["code"].as_str().expect("a code").to_owned();
    let drawn = desk.said(&["-o", "table", "points", "voucher", "show", voucher, "--qr"]);
    assert!(drawn.contains(&code) && drawn.contains('█'), "{drawn}");
    desk.act("shopkeeper", &["points", "voucher", "fulfil", &code]);
    assert_eq!(points(desk), (0, 5, 0));
    let twice = desk.act_refused("shopkeeper", &["points", "voucher", "fulfil", &code]);
    assert_eq!(twice.1, Some(7), "{}", twice.0);
    let mine = desk.act(ME, &["points", "balance"]);
    assert_eq!(mine["service"], "90", "hours are never spent");
}

#[test]
fn a_resident_goes_from_a_new_key_to_a_reward() {
    let desk = Desk::beside(Node::start_with_data_clock());
    enrol(&desk);
    let activity = desk.node.account("activity", "id").to_owned();
    let participation = sign_up(&desk, &activity);
    serve(&desk, &activity, &participation);
    let voucher = redeem(&desk);
    fetch(&desk, &voucher);
}
