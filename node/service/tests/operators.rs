//! The guide for operators, done to the letter by a shell, and its names of metrics against a node that runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![cfg(unix)]

mod common;

use common::processes::Town;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Between the outputs of two commands.
const MARK: &str = "@@@ command ";

fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operators.md");
    fs::read_to_string(path).unwrap()
}

/// The commands of the guide's console blocks, each with the lines that must come.
fn commands(guide: &str) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in guide.lines() {
        match (line, line.strip_prefix("$ ")) {
            ("```console", _) => inside = true,
            ("```", _) => inside = false,
            (_, Some(command)) if inside => commands.push((command.to_owned(), Vec::new())),
            (line, _) if inside => commands.last_mut().unwrap().1.push(line.to_owned()),
            _ => {}
        }
    }
    commands
}

/// Whether a line has the parts of what is expected, in order; `…` stands for anything.
fn matches(line: &str, expected: &str) -> bool {
    let mut rest = line;
    expected.split('…').all(|part| match rest.find(part.trim()) {
        Some(at) => {
            rest = &rest[at + part.trim().len()..];
            true
        }
        None => false,
    })
}

#[test]
fn an_operator_follows_the_guide() {
    // Two runs on one machine, each with ports of its own, below those that systems give away.
    let ports = format!(":2{:02}", std::process::id() % 100);
    let commands = commands(&guide().replace(":186", &ports));
    assert!(commands.len() > 25);
    let desk = tempfile::tempdir().unwrap();
    let mut script = String::from("set -e\nexec 2>&1\ntrap 'kill $(cat pids) || true' EXIT\n");
    for (number, (command, _)) in commands.iter().enumerate() {
        script.extend(["echo '", MARK, &number.to_string(), "'\n", command.as_str(), "\n"]);
    }
    script.push_str("trap - EXIT\n");
    let programs = Path::new(env!("CARGO_BIN_EXE_linlid")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("timeout")
        .args(["120", "sh", "-c", &script])
        .current_dir(desk.path())
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("LC_ALL", "en_US.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let all = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{:?}: {all}", output.status);
    for (number, (command, expected)) in commands.iter().enumerate() {
        let after = all.split(&format!("{MARK}{number}\n")).nth(1).unwrap_or_default();
        let said = after.split(MARK).next().unwrap_or_default();
        assert!(!said.contains("error["), "$ {command}\n{said}");
        let mut lines = said.lines();
        for line in expected {
            assert!(lines.any(|said| matches(said, line)), "$ {command}\nexpected: {line}\n{said}");
        }
    }
}

/// The words of a text that begin with a prefix.
fn words(text: &str, prefix: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(prefix))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_metric_that_the_guide_names_is_there() {
    let mut town = Town::new(2);
    town.start_all();
    assert!(town.head(0).is_some(), "a request is counted");
    let addresses = fs::read(town.at(0).join("node/addresses.json")).unwrap();
    let addresses: serde_json::Value = serde_json::from_slice(&addresses).unwrap();
    let url = format!("http://{}/metrics", addresses["admin"].as_str().unwrap());
    let metrics = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
    let there = words(&metrics, "linli_");
    let monitoring = guide();
    let monitoring = monitoring.split("## 4. Monitoring").nth(1).unwrap();
    let named = words(monitoring.split("## 5.").next().unwrap(), "linli_");
    assert!(named.len() > 15, "{named:?}");
    // A histogram appears as its buckets.
    let is_there = |name: &String| {
        there.iter().any(|there| there == name || there.starts_with(&format!("{name}_")))
    };
    let missing: Vec<_> = named.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "{missing:?}: {metrics}");
}
