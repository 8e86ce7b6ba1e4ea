//! What an operator types, from the first chain to the last question.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![cfg(unix)]

use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisNode, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use linli_ledger::types::{BlockTime, ContractId};
use linli_network::NetworkKey;
use linli_secrets::KeyKind;
use linli_service::key_file;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn linlid(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linlid"));
    command.args(["--lang", "en", "--log", "warn", "--dir"]).arg(folder);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    linlid(folder).args(arguments).output().unwrap()
}

/// The JSON of a command and its exit code.
fn json(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let output = linlid(folder).args(["-o", "json"]).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    (
        value.unwrap_or_else(|_| panic!("{arguments:?}: {text} {error}")),
        output.status.code().unwrap(),
    )
}

/// A node that runs until it is told to stop.
struct Running {
    child: Child,
    greeting: Value,
}

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = linlid(folder)
            .args(["-o", "json"])
            .args(arguments)
            .args(["--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let greeting = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        Self { child, greeting }
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn a_demonstration_runs_is_backed_up_comes_back_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("dev");
    let node = Running::start(&at, &["dev"]);
    let accounts = node.greeting["accounts"].clone();
    assert_eq!(accounts.as_array().unwrap().len(), 9 + 15 + 4 + 1 + 5);
    assert_eq!(node.greeting["keys"], "demonstration");
    let (status, _) = json(&at, &["status"]);
    assert_eq!((&status["running"], &status["head"]["height"]), (&Value::Bool(true), &"14".into()));
    assert_eq!(status["asked"]["height"], "14", "{status}");
    assert_eq!(status["asked"]["hash"], status["head"]["hash"]);
    assert_eq!((&status["asked"]["closed"], &status["unanswered"]), (&Value::Null, &Value::Null));
    let said = String::from_utf8(run(&at, &["status"]).stdout).unwrap();
    assert!(said.contains("The node says: block 14, takes transactions"), "{said}");
    // How long its disk took is counted: for each block at least the block and the tip.
    let admin = node.greeting["admin"].as_str().unwrap().strip_prefix("http://").unwrap();
    // No name that a client has made up is kept.
    let api = node.greeting["api"].as_str().unwrap().strip_prefix("http://").unwrap();
    send(api, "INVENTED /v1/status", "");
    let metrics = send(admin, "GET /metrics", "");
    assert!(metrics.contains("method=\"other\"") && !metrics.contains("INVENTED"), "{metrics}");
    let count = |name: &str| -> u64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    assert!(count("linli_sync_duration_seconds_count") >= 28, "{metrics}");
    assert!(metrics.contains("linli_sync_duration_seconds_bucket{le="), "{metrics}");
    assert_eq!(json(&at, &["peers"]), (serde_json::json!({ "ok": true, "peers": null }), 0));
    let busy = json(&at, &["start", "--read-only"]);
    assert_eq!((&busy.0["code"], busy.1), (&"E_DIRECTORY_BUSY".into(), 6));
    let file = folder.path().join("backup.tar");
    let (backup, _) = json(&at, &["backup", file.to_str().unwrap()]);
    assert_eq!(backup["height"], "14");
    // A node whose listener is gone does not answer, and that is said.
    let addresses = at.join("node/addresses.json");
    let known = fs::read_to_string(&addresses).unwrap();
    fs::write(&addresses, known.replace(admin, "127.0.0.1:1")).unwrap();
    let (silent, exit) = json(&at, &["status"]);
    assert_eq!((&silent["unanswered"]["code"], exit), (&"E_NODE_UNREACHABLE".into(), 0));
    assert_eq!(silent["head"], status["head"], "the folder still says where it stands");
    node.stop();
    let (stopped, _) = json(&at, &["status"]);
    assert_eq!((&stopped["running"], &stopped["asked"]), (&Value::Bool(false), &Value::Null));

    let restored = folder.path().join("restored");
    let (answer, exit) =
        json(&at, &["restore", file.to_str().unwrap(), restored.to_str().unwrap()]);
    assert_eq!((&answer["head"], exit), (&backup["head"], 0));
    assert_eq!(answer["audit"]["ok"], true);
    let (verified, exit) = json(&restored, &["verify"]);
    assert_eq!((&verified["head"]["hash"], exit), (&backup["head"], 0));
    let (doctor, exit) = json(&at, &["doctor"]);
    assert_eq!((&doctor["ok"], exit), (&Value::Bool(true), 0), "{doctor}");

    // The same demonstration, not a second one; then the same chain, only shown.
    let again = Running::start(&at, &["dev"]);
    assert_eq!(again.greeting["accounts"], accounts);
    again.stop();
    let shown = Running::start(&at, &["start", "--read-only"]);
    assert_eq!(shown.greeting["genesis_hash"], status["genesis_hash"]);
    shown.stop();
    let real = linlid(&at).args(["-o", "json", "start"]).env("LINLI_NETWORK", "real").output();
    let real = real.unwrap();
    assert_eq!(real.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&real.stdout).contains("E_DEMONSTRATION_KEYS"));
}

/// What a node says at its listener for operators.
fn asked(admin: &str, head: &str, body: &str) -> (u16, Value) {
    let answer = send(admin.strip_prefix("http://").unwrap(), head, body);
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn the_clock_of_a_demonstration_is_moved_by_hand_and_of_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("dev");
    let advance = "POST /dev/advance";
    let node = Running::start(&at, &["dev", "--clock", "data"]);
    assert_eq!(node.greeting["clock"], "data");
    let admin = node.greeting["admin"].as_str().unwrap().to_owned();
    let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    let before = number(&json(&at, &["status"]).0["head"]["time_ms"]);
    let (moved, exit) = json(&at, &["dev", "advance", "3d"]);
    assert_eq!(exit, 0, "{moved}");
    assert_eq!(number(&moved["time_ms"]), before + 3 * 86_400_000);
    let (again, _) = json(&at, &["dev", "advance", "90m", "--admin", &admin["http://".len()..]]);
    assert_eq!(number(&again["time_ms"]), number(&moved["time_ms"]) + 5_400_000);
    assert_eq!(number(&again["height"]), number(&moved["height"]) + 1, "nothing was due");
    for (body, code) in [
        ("{\"milliseconds\":\"0\"}", "E_REQUEST_BODY"),
        ("{\"milliseconds\":\"31622400001\"}", "E_REQUEST_BODY"),
        ("{\"milliseconds\":\"-1\"}", "E_REQUEST_BODY"),
        ("{\"milliseconds\":\"1\",\"more\":1}", "E_REQUEST_BODY"),
        ("", "E_REQUEST_BODY"),
    ] {
        let (status, answer) = asked(&admin, advance, body);
        assert_eq!((status, &answer["code"]), (400, &code.into()), "{body}: {answer}");
    }
    let too_far = json(&at, &["dev", "advance", "400d"]);
    assert_eq!((&too_far.0["code"], too_far.1), (&"E_REQUEST_BODY".into(), 1));
    node.stop();
    let gone = json(&at, &["dev", "advance", "1d", "--admin", &admin["http://".len()..]]);
    assert_eq!((&gone.0["code"], gone.1), (&"E_NODE_UNREACHABLE".into(), 6));

    // The time of the chain is that of its last block, also after a restart; who only shows it moves nothing.
    let again_at = |status: &Value| number(&status["head"]["time_ms"]);
    assert_eq!(again_at(&json(&at, &["status"]).0), number(&again["time_ms"]));
    let other = json(&at, &["dev", "--clock", "real"]);
    assert_eq!(other.0["code"], "E_OTHER_INPUT");
    let shown = Running::start(&at, &["start"]);
    let refused = json(&at, &["dev", "advance", "1d"]);
    assert_eq!(refused.0["code"], "E_NODE_ANSWER", "{refused:?}");
    shown.stop();
    let node = Running::start(&at, &["dev"]);
    let (moved, _) = json(&at, &["dev", "advance", "1h"]);
    assert_eq!(number(&moved["time_ms"]), number(&again["time_ms"]) + 3_600_000);
    node.stop();
    let (verified, exit) = json(&at, &["verify"]);
    assert_eq!((&verified["ok"], exit), (&Value::Bool(true), 0));

    let real = folder.path().join("real");
    let node = Running::start(&real, &["dev"]);
    let admin = node.greeting["admin"].as_str().unwrap();
    assert_eq!(asked(admin, advance, "{\"milliseconds\":\"1\"}").0, 404);
    assert_eq!(asked(admin, "GET /healthz", "").0, 200);
    node.stop();
}

/// A chain with one validator, whose auditor runs an observer: writes genesis, keys and settings of both.
fn two_nodes(folder: &Path) -> [std::path::PathBuf; 2] {
    let keys: [NetworkKey; 2] = [[1; 32], [2; 32]].map(|seed| NetworkKey::from_seed(&seed));
    let node =
        |n: u8| GenesisNode { key: keys[usize::from(n)].public(), organisation: u32::from(n) };
    let organisation = |name: &str, kind| GenesisOrganisation {
        name: name.into(),
        kind,
        key: BusinessKey::demonstration(b"command", name).public(),
    };
    let validator = ConsensusKey::from_seed(&[3; 32]);
    let genesis = Genesis {
        version: GENESIS_VERSION,
        name: "two".into(),
        time: BlockTime(1_000),
        clock: Clock::Real,
        keys: Keys::Demonstration,
        organisations: vec![
            organisation("office", OrganisationKind::PublicBody),
            organisation("auditor", OrganisationKind::Regulator),
        ],
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![GenesisValidator { key: validator.public(), organisation: 0, power: 1 }],
        nodes: vec![node(0), node(1)],
        contracts: vec![(ContractId(1), 1)],
        parameters: Vec::new(),
    };
    let genesis_file = folder.join("genesis.json");
    fs::write(&genesis_file, serde_json::to_vec(&genesis).unwrap()).unwrap();
    let key = folder.join("validator.key");
    key_file::write(&key, KeyKind::Validator, &[3; 32], None).unwrap();
    [1_u8, 2].map(|n| {
        let at = folder.join(format!("node-{n}"));
        fs::create_dir(&at).unwrap();
        let key = at.join("network.key");
        key_file::write(&key, KeyKind::Network, &[n; 32], None).unwrap();
        let settings = at.join("node.toml");
        let (genesis, key) = (genesis_file.display(), key.display());
        fs::write(&settings, format!("genesis = '{genesis}'\nnetwork_key = '{key}'\n")).unwrap();
        settings
    })
}

fn add(settings: &Path, text: &str) {
    let mut file = fs::File::options().append(true).open(settings).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Asks until the answer is as wanted.
fn until(mut ask: impl FnMut() -> Value, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let answer = ask();
        if wanted(&answer) {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{answer}");
        std::thread::yield_now();
    }
}

#[test]
fn nodes_of_two_organisations_meet_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = two_nodes(folder.path());
    let (at, there) = (folder.path().join("node-1/data"), folder.path().join("node-2/data"));
    let validator = folder.path().join("validator.key");
    let validator = validator.display();
    add(&one, &format!("validator_key = '{validator}'\nlisten = '127.0.0.1:0'\n"));
    let first = Running::start(&at, &["--config", one.to_str().unwrap(), "start"]);
    let stands = json(&at, &["status"]).0;
    let listens = stands["asked"]["network"]["listens"].as_str().unwrap().to_owned();
    assert_eq!(stands["asked"]["network"]["listed"], 1, "{stands}");
    let key = NetworkKey::from_seed(&[1; 32]).public();
    add(&other, &format!("peers = ['{key}@{listens}']\n"));
    let second = Running::start(&there, &["--config", other.to_str().unwrap(), "start"]);

    let peers = || json(&at, &["peers"]).0["peers"].clone();
    let of = |peers: &Value, name: &str| {
        let found = peers.as_array().unwrap().iter();
        found.clone().find(|peer| peer["organisation_name"] == name).unwrap().clone()
    };
    let met = until(peers, |peers| of(peers, "auditor")["presence"] == "connected");
    assert_eq!(of(&met, "office")["presence"], "itself");
    assert_eq!(of(&met, "office")["role"], "validator");
    assert_eq!(of(&met, "auditor")["role"], "observer");
    let known = json(&there, &["peers"]).0["peers"].clone();
    assert_eq!(of(&known, "office")["addresses"][0], listens);
    let said = String::from_utf8(run(&at, &["peers"]).stdout).unwrap();
    assert!(said.contains("✓ connected") && said.contains("observer") && said.contains("auditor"));
    let said = String::from_utf8(run(&at, &["status"]).stdout).unwrap();
    assert!(said.contains("1 of 1 other nodes are connected"), "{said}");
    // What one decides the other follows.
    let height = json(&at, &["status"]).0["asked"]["height"].clone();
    until(|| json(&there, &["status"]).0["asked"]["height"].clone(), |there| *there == height);
    second.stop();
    let (gone, exit) = json(&there, &["peers"]);
    assert_eq!((&gone["code"], exit), (&"E_NODE_UNREACHABLE".into(), 6));
    until(peers, |peers| of(peers, "auditor")["presence"] == "absent");
    first.stop();
}

#[test]
fn what_cannot_be_done_is_said_with_a_code_and_an_exit() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none");
    for arguments in [&["status"][..], &["verify"], &["doctor"], &["start"], &["reindex"]] {
        let (answer, exit) = json(&none, arguments);
        assert_eq!((&answer["code"], exit), (&"E_INPUT_MISSING".into(), 3), "{arguments:?}");
        assert!(!none.exists(), "{arguments:?} makes nothing");
    }
    let file = folder.path().join("node.toml");
    fs::write(&file, "queue_bytes = 1\n").unwrap();
    let (answer, exit) = json(&none, &["--config", file.to_str().unwrap(), "config", "check"]);
    assert_eq!((&answer["code"], exit), (&"E_CONFIGURATION".into(), 2));
    let table = run(&none, &["--config", file.to_str().unwrap(), "config", "check"]);
    let error = String::from_utf8(table.stderr).unwrap();
    assert!(error.starts_with("error[E_CONFIGURATION]: queue_bytes is 1"), "{error}");
}

#[test]
fn settings_say_where_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node.toml");
    fs::write(&file, "heartbeat_seconds = 5\n").unwrap();
    let shown = linlid(folder.path())
        .args(["-o", "json", "--config", file.to_str().unwrap(), "config", "show", "--origins"])
        .env("LINLI_QUEUE_TRANSACTIONS", "77")
        .env("LINLI_REQUESTS_PER_SECOND", "5")
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["queue_transactions"]["value"], 77);
    assert_eq!(shown["queue_transactions"]["origin"], "LINLI_QUEUE_TRANSACTIONS");
    assert_eq!(shown["requests_per_second"]["value"], 5);
    assert_eq!(shown["requests_per_second"]["origin"], "LINLI_REQUESTS_PER_SECOND");
    assert_eq!(shown["requests_at_once"]["origin"], "default");
    assert!(shown["heartbeat_seconds"]["origin"].as_str().unwrap().ends_with("node.toml"));
    assert_eq!(shown["folder"]["origin"], "flag");
    assert_eq!(shown["api"]["origin"], "default");
    let (version, exit) = json(folder.path(), &["version"]);
    assert_eq!((&version["program"], exit), (&"linlid".into(), 0));
    let script = run(folder.path(), &["completions", "bash"]);
    assert!(String::from_utf8(script.stdout).unwrap().contains("linlid"));
}

/// Names that no log may hold: a person's and a secret's.
const CANARIES: [&str; 2] = ["Canary-Zhang-San-7f3a", "金丝雀张三"];

fn send(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn what_people_send_is_in_no_log() {
    let folder = tempfile::tempdir().unwrap();
    for level in ["info", "debug"] {
        let log = folder.path().join(format!("{level}.log"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_linlid"))
            .args(["-o", "json", "--log", level, "dev"])
            .args(["--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .env("LINLI_LOG_FORMAT", "json")
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let greeting: Value = serde_json::from_str(&line).unwrap();
        let api = greeting["api"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        let [name, chinese] = CANARIES;
        let body = format!("{{\"transaction\": \"{name}\", \"name\": \"{chinese}\"}}");
        for head in [
            "POST /v1/transactions".to_owned(),
            "POST /v1/transactions/dry-run".to_owned(),
            format!("GET /v1/search?q={name}"),
            format!("GET /v1/transactions/{name}"),
            format!("GET /v1/accounts/{name}"),
            format!("GET /{name}"),
        ] {
            let answer = send(&api, &head, &body);
            assert!(answer.starts_with("HTTP/1.1 "), "{head}: {answer}");
            // 503 is what a read model says that is still being built.
            assert!(!answer.starts_with("HTTP/1.1 500"), "{head}: {answer}");
        }
        Running { child, greeting }.stop();
        let text = fs::read_to_string(&log).unwrap();
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.iter().any(|line| line["fields"]["message"] == "block"), "{text}");
        for canary in CANARIES {
            let found = text.lines().find(|line| line.contains(canary));
            assert_eq!(found, None, "{level}");
        }
    }
}

/// The twin, in the adapter's own tests: there they are, and are found in the same way.
#[test]
fn the_program_has_none_of_the_attacks_on_the_engine_in_it() {
    let program = fs::read(env!("CARGO_BIN_EXE_linlid")).unwrap();
    let has = |mark: &[u8]| program.windows(mark.len()).any(|window| window == mark);
    assert!(has(b"the write-ahead log") && !has(b"BYZANTINE: "));
}
