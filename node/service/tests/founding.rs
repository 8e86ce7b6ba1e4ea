//! How a network is founded, as its organisations type it: keys, cards, genesis.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![cfg(unix)]

use linli_contracts::governance::{Change, NodeRole};
use linli_ledger::crypto::{PublicKey, Signature, peer_identity, verify_peer};
use linli_secrets::KeyKind;
use linli_service::founding::draft;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PASSPHRASE: &str = "three short words";

/// A folder with everybody's folders in it.
struct Room(TempDir);

impl Room {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn secret(&self, name: &str, text: &str) -> PathBuf {
        let path = self.at(name);
        linli_secrets::private_file::replace(&path, text.as_bytes()).unwrap();
        path
    }

    /// What `linlid` says in JSON, and how it exits. Nobody can be asked.
    fn linlid(&self, arguments: &[&str]) -> (Value, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_linlid"))
            .args(["--lang", "en", "-o", "json", "--log", "error"])
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let value = serde_json::from_str(&text);
        let value = value.unwrap_or_else(|_| panic!("{arguments:?}: {text} {error}"));
        (value, output.status.code().unwrap())
    }

    /// What `linlid` says of something that goes well.
    fn done(&self, arguments: &[&str]) -> Value {
        let (value, exit) = self.linlid(arguments);
        assert_eq!(exit, 0, "{arguments:?}: {value}");
        value
    }

    /// The code and exit of a no.
    fn refused(&self, arguments: &[&str]) -> (String, i32) {
        let (value, exit) = self.linlid(arguments);
        (
            value["code"].as_str().unwrap_or_else(|| panic!("{arguments:?}: {value}")).to_owned(),
            exit,
        )
    }

    /// Starts a node, hears its greeting and stops it.
    fn visit(&self, folder: &str, more: &[&str], variables: &[(&str, &Path)]) -> Value {
        let mut node = Command::new(env!("CARGO_BIN_EXE_linlid"))
            .args(["-o", "json", "--log", "error", "--dir"])
            .arg(self.at(folder))
            .args(["start", "--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .args(more)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(node.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let id = node.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(node.wait().unwrap().success());
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"))
    }

    /// Prepares a node with plain keys.
    fn init(&self, folder: &str, name: &str, kind: &str, more: &[&str]) -> PathBuf {
        let common =
            ["--dir", folder, "init", "--org-name", name, "--kind", kind, "--demonstration"];
        self.done(&[&common, more].concat());
        self.at(folder).join("card.json")
    }

    /// Four organisations that vote and an auditor that follows.
    fn everybody(&self) -> Vec<String> {
        let mut cards: Vec<_> = [
            ("office", "示例街道办事处", "public-body"),
            ("foundation", "示例社区基金会", "donor"),
            ("volunteers", "示例志愿服务队", "volunteer"),
            ("bureau", "示例区民政局", "regulator"),
        ]
        .into_iter()
        .zip(8650..)
        .map(|((folder, name, kind), port)| {
            self.init(folder, name, kind, &["--address", &format!("{folder}.example:{port}")])
        })
        .collect();
        cards.push(self.init("auditor", "示例审计所", "evaluator", &["--observer"]));
        cards.into_iter().map(|card| card.to_str().unwrap().to_owned()).collect()
    }

    /// A genesis without anybody in it.
    fn begin(&self, file: &str, keys: &str) {
        let time = "2026-11-26T00:00Z";
        self.done(&[
            "genesis",
            "new",
            file,
            "--name",
            "town",
            "--threshold",
            "3",
            "--time",
            time,
            "--keys",
            keys,
            "--parameter",
            "2=3600000",
        ]);
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn whoever_adds_the_same_cards_gets_the_same_genesis() {
    let room = Room::new();
    let mut cards = room.everybody();
    let mut genesis = Vec::new();
    for file in ["a.json", "b.json", "c.json"] {
        room.begin(file, "demonstration");
        for card in &cards {
            room.done(&["genesis", "add", file, card]);
        }
        // Once more changes nothing.
        let last = room.done(&["genesis", "add", file, &cards[0], &cards[2]]);
        assert_eq!(last["organisations"], 5);
        assert_eq!(
            (&last["validators"], &last["nodes"], &last["governance"]),
            (&json!(4), &json!(5), &json!(4))
        );
        genesis.push(fs::read(room.at(file)).unwrap());
        cards.rotate_left(2);
        cards.swap(0, 1);
    }
    assert!(genesis.windows(2).all(|pair| pair[0] == pair[1]));
    let (validated, exit) = room.linlid(&["genesis", "validate", "a.json"]);
    assert_eq!((&validated["ok"], exit), (&json!(true), 0), "{validated}");
    let findings = validated["findings"].as_array().unwrap();
    let grades: Vec<_> = findings.iter().map(|finding| &finding["grade"]).collect();
    assert_eq!(grades, ["warning", "ok"], "demonstration keys, else well: {validated}");

    let hash = room.done(&["genesis", "hash", "a.json"]);
    let text = hash["genesis_hash"].as_str().unwrap();
    let aloud: String =
        hash["aloud"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!((text.len(), aloud.replace(' ', "").as_str()), (64, text));

    let peers = room.done(
        &[
            &["genesis", "peers", "a.json"],
            &cards.iter().map(String::as_str).collect::<Vec<_>>()[..],
        ]
        .concat(),
    );
    let peers: Vec<_> =
        peers["peers"].as_array().unwrap().iter().map(|peer| peer.as_str().unwrap()).collect();
    assert_eq!(peers.len(), 4, "the auditor's node is called by nobody");
    let office = read(&room.at("office/card.json"))["card"]["node"].as_str().unwrap().to_owned();
    assert!(peers.contains(&format!("{office}@office.example:8650").as_str()), "{peers:?}");
    // The settings that were made are settings.
    let checked = room.done(&["--dir", "office", "config", "show"]);
    assert_eq!(checked["listen"], "0.0.0.0:8650");
    assert!(checked["validator_key"].as_str().unwrap().ends_with("office/validator.key"));
    let observer = room.done(&["--dir", "auditor", "config", "show"]);
    assert_eq!((&observer["validator_key"], &observer["listen"]), (&Value::Null, &Value::Null));
}

#[test]
fn an_organisation_brings_a_second_node_and_another_weight() {
    let room = Room::new();
    room.begin("g.json", "demonstration");
    let first = room.init("first", "示例街道办事处", "public-body", &[]);
    let key = ["--organisation-key", "first/organisation.key", "--observer"];
    let second = room.init("second", "示例街道办事处", "public-body", &key);
    assert!(
        !room.at("second/organisation.key").exists() && !room.at("second/validator.key").exists()
    );
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    room.done(&["genesis", "add", "g.json", second]);
    let added =
        room.done(&["genesis", "add", "g.json", first, "--power", "3", "--governs", "false"]);
    assert_eq!((&added["organisations"], &added["nodes"]), (&json!(1), &json!(2)));
    assert_eq!(added["governance"], 0);
    assert_eq!(read(&room.at("g.json"))["validators"][0]["power"], "3");
}

#[test]
fn whether_an_organisation_governs_does_not_depend_on_the_order_of_its_cards() {
    let room = Room::new();
    let init = |folder: &str, more: &[&str]| {
        let card = room.init(folder, "示例街道办事处", "public-body", more);
        card.to_str().unwrap().to_owned()
    };
    let key = ["--organisation-key", "one/organisation.key"];
    let [one, two] = [init("one", &[]), init("two", &key)];
    let observer = init("observer", &[&key[..], &["--observer"]].concat());
    // Cards with what is said of them, and how many organisations govern.
    let cases: [(&[(&str, &str)], usize); 6] = [
        (&[(&one, ""), (&two, ""), (&observer, "")], 1),
        (&[(&one, "false"), (&two, ""), (&observer, "")], 0),
        (&[(&one, ""), (&two, "true"), (&observer, "")], 1),
        (&[(&one, "false"), (&two, "false"), (&observer, "")], 0),
        (&[(&observer, "true"), (&one, "")], 1),
        (&[(&observer, "")], 0),
    ];
    for (cards, governing) in cases {
        let mut genesis = BTreeSet::new();
        for first in 0..cards.len() {
            for backwards in [false, true] {
                let mut cards = cards.to_vec();
                cards.rotate_left(first);
                if backwards {
                    cards.reverse();
                }
                let file = "order.json";
                room.begin(file, "demonstration");
                for (card, said) in &cards {
                    let said = if said.is_empty() { vec![] } else { vec!["--governs", *said] };
                    room.done(&[&["genesis", "add", file, card], &said[..]].concat());
                }
                let governance = read(&room.at(file))["governance"].as_array().unwrap().len();
                assert_eq!(governance, governing, "{cards:?}");
                genesis.insert(fs::read(room.at(file)).unwrap());
                fs::remove_file(room.at(file)).unwrap();
            }
        }
        assert_eq!(genesis.len(), 1, "{cards:?}");
    }
    // A word that nobody would remember is not taken; one that is taken back is.
    room.begin("g.json", "demonstration");
    let say = |said: &str| room.linlid(&["genesis", "add", "g.json", &observer, "--governs", said]);
    assert_eq!(say("false").0["code"], "E_CARD");
    assert_eq!(say("true").0["governance"], 1);
    assert_eq!(say("false").0["governance"], 0);
    room.done(&["genesis", "add", "g.json", &one]);
    assert_eq!(say("false").0["code"], "E_CARD");
}

#[test]
fn a_card_that_does_not_fit_is_refused_and_the_genesis_stays() {
    let room = Room::new();
    let cards = room.everybody();
    room.begin("g.json", "demonstration");
    room.done(&["genesis", "add", "g.json", &cards[0]]);
    let before = fs::read(room.at("g.json")).unwrap();
    let good = read(Path::new(&cards[1]));
    let other = read(Path::new(&cards[2]));
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut card = good.clone();
        change(&mut card);
        card.to_string()
    };
    let card = &|name: &str, value: Value| changed(&|card| card["card"][name] = value.clone());
    let wrong = [
        card("name", "示例社区基金會".into()),
        card("kind", "regulator".into()),
        card("keys", "real".into()),
        card("address", "evil.example:8650".into()),
        card("address", "nowhere".into()),
        card("address", Value::Null),
        card("validator", Value::Null),
        // Somebody else's keys, also with somebody else's signatures.
        card("organisation", other["card"]["organisation"].clone()),
        card("validator", other["card"]["validator"].clone()),
        card("node", other["card"]["node"].clone()),
        changed(&|card| {
            card["card"]["validator"] = other["card"]["validator"].clone();
            card["validator"] = other["validator"].clone();
        }),
        changed(&|card| card["node"] = other["node"].clone()),
        changed(&|card| card["validator"] = Value::Null),
        changed(&|card| card["more"] = json!(1)),
        "{}".to_owned(),
        "not a card".to_owned(),
    ];
    for text in wrong {
        fs::write(room.at("wrong.json"), &text).unwrap();
        let refused = room.refused(&["genesis", "add", "g.json", "wrong.json"]);
        assert_eq!(refused, ("E_CARD".to_owned(), 5), "{text}");
        // Not even what is good beside it is taken in.
        let refused = room.refused(&["genesis", "add", "g.json", &cards[3], "wrong.json"]);
        assert_eq!(refused.0, "E_CARD");
        assert_eq!(fs::read(room.at("g.json")).unwrap(), before);
    }
    assert_eq!(
        room.refused(&["genesis", "add", "g.json", "none.json"]),
        ("E_INPUT_MISSING".into(), 3)
    );
    assert_eq!(
        room.refused(&["genesis", "add", "none.json", &cards[1]]),
        ("E_INPUT_MISSING".into(), 3)
    );
    // Another organisation of that name; the same one under another name.
    let twin = room.init("twin", "示例街道办事处", "public-body", &[]);
    assert_eq!(room.refused(&["genesis", "add", "g.json", twin.to_str().unwrap()]).0, "E_CARD");
    let key = ["--organisation-key", "office/organisation.key"];
    let renamed = room.init("renamed", "示例办事处", "public-body", &key);
    assert_eq!(room.refused(&["genesis", "add", "g.json", renamed.to_str().unwrap()]).0, "E_CARD");
    // Everybody's keys are for no real genesis, and the node of a card that was not taken in is no peer.
    room.begin("real.json", "real");
    assert_eq!(room.refused(&["genesis", "add", "real.json", &cards[1]]).0, "E_CARD");
    assert_eq!(room.refused(&["genesis", "peers", "g.json", &cards[1]]).0, "E_CARD");
    assert_eq!(
        room.refused(&["genesis", "new", "g.json", "--name", "x", "--threshold", "1"]),
        ("E_FOLDER_NOT_EMPTY".into(), 1)
    );
    assert_eq!(fs::read(room.at("g.json")).unwrap(), before);
}

#[test]
fn everything_that_is_wrong_with_a_genesis_is_said_at_once() {
    let room = Room::new();
    let cards = room.everybody();
    room.begin("g.json", "demonstration");
    room.done(&["genesis", "add", "g.json", &cards[0], &cards[1]]);
    room.done(&["genesis", "add", "g.json", &cards[2], "--power", "9"]);
    let findings = |file: &str| {
        let (said, exit) = room.linlid(&["genesis", "validate", file]);
        let findings = said["findings"].as_array().unwrap().clone();
        let count = |grade: &str| {
            let named = findings.iter().filter(|finding| finding["grade"] == grade);
            named.map(|finding| finding["check"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        (count("bad"), count("warning"), exit)
    };
    let (bad, warnings, exit) = findings("g.json");
    assert_eq!((bad, exit), (vec![], 0));
    assert_eq!(warnings, ["keys", "governance", "validators"], "all must agree; one decides alone");
    let mut genesis = read(&room.at("g.json"));
    genesis["name"] = "城".into();
    genesis["organisations"][1]["name"] = genesis["organisations"][0]["name"].clone();
    genesis["nodes"][1]["key"] = genesis["nodes"][0]["key"].clone();
    genesis["nodes"][2]["organisation"] = 7.into();
    genesis["governance_threshold"] = 4.into();
    genesis["validators"][0]["power"] = "0".into();
    genesis["contracts"] = json!([[1, 1], [6, 9]]);
    genesis["parameters"] = json!([[2, 1], [999, 1]]);
    fs::write(room.at("g.json"), genesis.to_string()).unwrap();
    let (bad, _, exit) = findings("g.json");
    let expected = [
        "name",
        "organisations",
        "keys",
        "organisations",
        "governance",
        "validators",
        "nodes",
        "contracts",
        "parameters",
        "parameters",
    ];
    assert_eq!((bad, exit), (expected.map(str::to_owned).to_vec(), 1));
    assert_eq!(room.refused(&["genesis", "hash", "g.json"]), ("E_GENESIS_INVALID".into(), 2));
    fs::write(room.at("g.json"), "{}").unwrap();
    assert_eq!(room.refused(&["genesis", "validate", "g.json"]), ("E_GENESIS_INVALID".into(), 2));
}

#[test]
fn keys_are_made_once_sealed_and_open_with_their_passphrase_only() {
    let room = Room::new();
    let right = room.secret("right", PASSPHRASE);
    room.secret("wrong", "three short swords");
    room.secret("short", "1234567");
    let init = |passphrase: &[&'static str]| -> Vec<&str> {
        let common =
            ["--dir", "node", "init", "--org-name", "示例街道办事处", "--kind", "public-body"];
        [&common[..], passphrase].concat()
    };
    assert_eq!(room.refused(&init(&[])), ("E_NO_TERMINAL".into(), 4));
    assert_eq!(room.refused(&init(&["--passphrase-file", "short"])).0, "E_WRONG_USE");
    assert_eq!(room.refused(&init(&["--passphrase-file", "none"])).0, "E_KEY_FILE");
    fs::set_permissions(&right, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(room.refused(&init(&["--passphrase-file", "right"])), ("E_KEY_FILE".into(), 2));
    fs::set_permissions(&right, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(
        room.refused(&init(&["--passphrase-file", "right", "--address", "x"])),
        ("E_CARD".into(), 5)
    );
    assert!(!room.at("node").exists(), "nothing is made before all is right");
    let made = room.done(&init(&["--passphrase-file", "right"]));
    assert_eq!(made["card"]["keys"], "real");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&room.at("node")), 0o700);
    for (name, kind) in [
        ("validator", KeyKind::Validator),
        ("network", KeyKind::Network),
        ("organisation", KeyKind::Business),
    ] {
        let path = room.at(&format!("node/{name}.key"));
        assert_eq!(mode(&path), 0o600);
        let bytes = fs::read(&path).unwrap();
        assert!(linli_secrets::is_sealed(&bytes));
        let text = linli_secrets::open(&bytes, &PASSPHRASE.to_owned().into()).unwrap();
        assert!(linli_secrets::read_key(kind, &text).is_some(), "{name}");
    }
    let files = || {
        let mut files: Vec<_> =
            fs::read_dir(room.at("node")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect::<Vec<_>>()
    };
    let before = files();
    assert_eq!(
        room.refused(&init(&["--passphrase-file", "right"])),
        ("E_FOLDER_NOT_EMPTY".into(), 1)
    );
    assert_eq!(files(), before);
}

#[test]
fn what_to_do_next_is_said_in_both_languages_and_only_what_there_is_to_do() {
    let room = Room::new();
    let said = |folder: &str, language: &str, more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_linlid"))
            .args(["--lang", language, "--dir", folder, "init", "--org-name", "示例审计所"])
            .args(["--kind", "evaluator", "--demonstration"])
            .args(more)
            .current_dir(room.0.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let english = said("a", "en", &[]);
    for part in
        ["Next:", "a/card.json", "a/organisation.key", "a/validator.key", "a/genesis.json", "5. "]
    {
        assert!(english.contains(part), "{part}: {english}");
    }
    let chinese = said("b", "zh", &["--observer", "--organisation-key", "a/organisation.key"]);
    for part in ["下一步：", "b/card.json", "b/genesis.json", "3. "] {
        assert!(chinese.contains(part), "{part}: {chinese}");
    }
    for absent in ["validator.key", "organisation.key", "4. "] {
        assert!(!chinese.contains(absent), "{absent}: {chinese}");
    }
}

/// A node with sealed keys whose organisation is a chain of its own.
fn alone(room: &Room) {
    room.secret("right", PASSPHRASE);
    room.done(&[
        "--dir",
        "node",
        "init",
        "--org-name",
        "示例街道办事处",
        "--kind",
        "public-body",
        "--passphrase-file",
        "right",
    ]);
    room.done(&["genesis", "new", "node/genesis.json", "--name", "one", "--threshold", "1"]);
    room.done(&["genesis", "add", "node/genesis.json", "node/card.json"]);
}

#[test]
fn a_node_starts_with_the_right_passphrase_and_its_own_sealed_key_only() {
    let room = Room::new();
    alone(&room);
    room.secret("wrong", "three short swords");
    let start = |more: &[&'static str]| [&["--dir", "node", "start"], more].concat();
    assert_eq!(room.refused(&start(&[])), ("E_NO_TERMINAL".into(), 4));
    assert_eq!(room.refused(&start(&["--passphrase-file", "wrong"])), ("E_PASSPHRASE".into(), 4));
    // A key of another kind, and one that is not sealed.
    let (validator, network) = (room.at("node/validator.key"), room.at("node/network.key"));
    linli_secrets::private_file::replace(&validator, &fs::read(&network).unwrap()).unwrap();
    assert_eq!(room.refused(&start(&["--passphrase-file", "right"])), ("E_KEY_FILE".into(), 2));
    let plain = linli_secrets::write_key(KeyKind::Validator, &[7; 32]);
    linli_secrets::private_file::replace(&validator, plain.as_bytes()).unwrap();
    assert_eq!(room.refused(&start(&["--passphrase-file", "right"])), ("E_KEY_FILE".into(), 2));
}

#[test]
fn a_service_manager_hands_the_passphrase_over() {
    let room = Room::new();
    alone(&room);
    // An access list for one user shows in the bits of the group; it counts in that folder only.
    let credentials = room.at("credentials");
    fs::create_dir(&credentials).unwrap();
    let handed = room.secret("credentials/passphrase", PASSPHRASE);
    fs::set_permissions(&handed, fs::Permissions::from_mode(0o440)).unwrap();
    let handed = handed.to_str().unwrap();
    let outside = room.refused(&["--dir", "node", "start", "--passphrase-file", handed]);
    assert_eq!(outside, ("E_KEY_FILE".into(), 2));
    let greeting = room.visit(
        "node",
        &["--passphrase-file", handed],
        &[("CREDENTIALS_DIRECTORY", &credentials)],
    );
    assert_eq!((&greeting["keys"], &greeting["chain_id"]), (&json!("real"), &json!("one")));
    // The organisation's key has no business on a node.
    let checks = || {
        let said = room.done(&["--dir", "node", "doctor"]);
        let findings = said["findings"].as_array().unwrap().clone();
        let troubling = findings.into_iter().filter(|finding| finding["grade"] != "ok");
        troubling.map(|finding| finding["check"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = checks();
    assert!(before.contains(&"organisation_key".to_owned()), "{before:?}");
    fs::rename(room.at("node/organisation.key"), room.at("organisation.key")).unwrap();
    assert!(!checks().contains(&"organisation_key".to_owned()));
}

#[test]
fn organisations_bring_back_a_chain_whose_validators_are_lost() {
    let room = Room::new();
    let cards: Vec<_> = [
        ("office", "示例街道办事处"),
        ("foundation", "示例社区基金会"),
        ("bureau", "示例区民政局"),
    ]
    .into_iter()
    .map(|(folder, name)| room.init(folder, name, "public-body", &[]))
    .collect();
    room.done(&[
        "genesis",
        "new",
        "g.json",
        "--name",
        "town",
        "--threshold",
        "2",
        "--keys",
        "demonstration",
    ]);
    for card in &cards {
        room.done(&["genesis", "add", "g.json", card.to_str().unwrap()]);
    }
    for folder in ["office", "foundation"] {
        fs::copy(room.at("g.json"), room.at(folder).join("genesis.json")).unwrap();
        room.visit(folder, &[], &[]);
    }
    // The bureau's machine has burnt: two of three are no quorum of more than two thirds.
    let lost = read(&cards[2])["card"]["validator"].as_str().unwrap().to_owned();
    let at =
        |folder: &str, more: &[&str]| room.linlid(&[&["--dir", folder, "recovery"], more].concat());
    let (made, exit) = at("office", &["propose", "r.json", "--without", &lost]);
    assert_eq!(
        (exit, &made["height"], &made["complete"]),
        (0, &json!("1"), &json!(false)),
        "{made}"
    );
    assert_eq!(made["validators"].as_array().unwrap().len(), 2);
    let block = made["block"].as_str().unwrap();
    let sign = |folder: &str, block: &str| {
        let key = format!("{folder}/organisation.key");
        at(folder, &["sign", "r.json", "--block", block, "--organisation-key", &key])
    };
    let other = "00".repeat(32);
    assert_eq!(sign("office", &other).0["code"], "E_RECOVERY", "another block than was compared");
    assert_eq!(sign("office", block).1, 0);
    let (early, exit) = at("office", &["apply", "r.json"]);
    assert_eq!((&early["code"], exit), (&json!("E_RECOVERY"), 5), "{early}");
    let (both, exit) = sign("foundation", block);
    assert_eq!((exit, &both["complete"]), (0, &json!(true)), "{both}");
    for folder in ["office", "foundation"] {
        let (applied, exit) = at(folder, &["apply", "r.json"]);
        assert_eq!((exit, &applied["block"]), (0, &json!(block)), "{applied}");
        let verified = room.done(&["--dir", folder, "verify", "--expect-head", block]);
        assert_eq!(verified["recoveries"], json!(["1"]), "{verified}");
        assert_eq!(at(folder, &["apply", "r.json"]).0["code"], "E_RECOVERY", "once");
    }
}

#[test]
fn a_node_writes_the_changes_that_let_it_in_with_a_proof_of_its_keys() {
    let room = Room::new();
    let card = room.init("office", "示例街道办事处", "public-body", &[]);
    let file = "office/genesis.json";
    let one = ["--name", "one", "--threshold", "1", "--keys", "demonstration"];
    room.done(&[&["genesis", "new", file], &one[..]].concat());
    room.init("auditor", "示例审计所", "evaluator", &["--observer"]);
    room.done(&["genesis", "add", "office/genesis.json", card.to_str().unwrap(), "--power", "3"]);
    fs::copy(room.at("office/genesis.json"), room.at("auditor/genesis.json")).unwrap();
    let genesis = draft::load(&room.at("office/genesis.json")).unwrap();
    let id = genesis.organisation(0).to_string();
    let changes = |folder: &str, more: &[&str]| -> Vec<Change> {
        let arguments = [&["--dir", folder, "member"], more, &["--organisation", &id]].concat();
        serde_json::from_value(room.done(&arguments)).unwrap()
    };
    let old = read(&card)["card"]["validator"].as_str().unwrap().to_owned();
    let added = changes("office", &["add", "--power", "2"]);
    let [
        Change::NodeAdd { key: joins, node_role: NodeRole::Validator, .. },
        Change::ValidatorAdd { key, power: 2, node, proof, .. },
    ] = &added[..]
    else {
        panic!("{added:?}");
    };
    let proves = |key: &PublicKey, node: &PublicKey, proof: &Signature| {
        verify_peer(&genesis.hash(), &peer_identity(node), key, proof)
    };
    assert!(joins == node && proves(key, node, proof));
    let rotated = changes("office", &["rotate", "--old", &old, "--known-node"]);
    let [Change::ValidatorRotate { old: ends, new, node, proof }] = &rotated[..] else {
        panic!("{rotated:?}");
    };
    assert!(ends.to_string() == old && proves(new, node, proof));
    let observes = changes("auditor", &["observe"]);
    let [Change::NodeAdd { node_role: NodeRole::Observer, key, .. }] = &observes[..] else {
        panic!("{observes:?}");
    };
    assert_eq!(key.to_string(), read(&room.at("auditor/card.json"))["card"]["node"]);
    let voteless = ["--dir", "auditor", "member", "add", "--organisation", &id];
    assert_eq!(room.refused(&voteless), ("E_CONFIGURATION".into(), 2));
}

#[test]
fn a_key_that_lies_plainly_comes_on_no_card_of_a_real_network() {
    let room = Room::new();
    room.init("one", "示例街道办事处", "public-body", &[]);
    room.secret("right", PASSPHRASE);
    let again = ["--dir", "two", "init", "--org-name", "示例街道办事处", "--kind", "public-body"];
    let with = ["--organisation-key", "one/organisation.key", "--passphrase-file", "right"];
    assert_eq!(room.refused(&[&again[..], &with[..]].concat()), ("E_KEY_FILE".into(), 2));
}
