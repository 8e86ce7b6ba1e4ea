//! What an operator types, from the first chain to the last question.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![cfg(unix)]

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

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
    assert_eq!(accounts.as_array().unwrap().len(), 9 + 10 + 4 + 1);
    assert_eq!(node.greeting["keys"], "demonstration");
    let (status, _) = json(&at, &["status"]);
    assert_eq!((&status["running"], &status["head"]["height"]), (&Value::Bool(true), &"5".into()));
    let busy = json(&at, &["start", "--read-only"]);
    assert_eq!((&busy.0["code"], busy.1), (&"E_DIRECTORY_BUSY".into(), 6));
    let file = folder.path().join("backup.tar");
    let (backup, _) = json(&at, &["backup", file.to_str().unwrap()]);
    assert_eq!(backup["height"], "5");
    node.stop();

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
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["queue_transactions"]["value"], 77);
    assert_eq!(shown["queue_transactions"]["origin"], "LINLI_QUEUE_TRANSACTIONS");
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
