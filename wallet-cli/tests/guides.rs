//! The guides in `docs/guides`, done to the letter by a shell against a real node on loopback.
//!
//! A command begins with `$ `. The lines after it must come in its output, in this order; `…` stands for
//! anything.

mod common;

use common::{Node, passphrase, programs};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Between the outputs of two commands.
const MARK: &str = "@@@ command ";

/// The commands of a guide, each with the lines that must come.
fn commands(guide: &str) -> Vec<(String, Vec<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides").join(guide);
    let text = fs::read_to_string(path).expect("the guide is there");
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line.strip_prefix("$ "), line) {
            (_, _, "```console") => inside = true,
            (_, _, "```") => inside = false,
            (false, _, _) => {}
            (true, Some(command), _) => commands.push((command.to_owned(), Vec::new())),
            (true, None, line) => {
                commands.last_mut().expect("a command comes first").1.push(line.to_owned());
            }
        }
    }
    assert!(commands.len() > 4, "{guide} has commands");
    commands
}

/// Whether a line is as the guide says; `…` stands for anything.
fn matches(line: &str, expected: &str) -> bool {
    let parts: Vec<&str> = expected.split('…').collect();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    if parts.len() == 1 {
        return line.trim_end() == expected.trim_end();
    }
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for part in &parts[1..parts.len() - 1] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Does a guide in a folder of its own; `prepare` puts files there and adds variables.
fn follow(guide: &str, prepare: impl FnOnce(&Node, &Path) -> Vec<(&'static str, String)>) {
    let node = Node::start_with_data_clock();
    let desk = tempfile::tempdir().expect("a folder");
    passphrase(desk.path());
    let variables = prepare(&node, desk.path());
    let commands = commands(guide);
    let mut script = String::from("exec 2>&1\n");
    for (number, (command, _)) in commands.iter().enumerate() {
        script.extend(["echo '", MARK, &number.to_string(), "'\n", command.as_str(), "\n"]);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .arg("-c")
        .arg(&script)
        .current_dir(desk.path())
        .env("PATH", format!("{}:{path}", programs().display()))
        .env("LINLI_HOME", desk.path().join("home"))
        .env("LINLI_NODE", node.text("api"))
        .env("LINLI_GENESIS", node.text("genesis_hash"))
        .env("LINLI_ADMIN", node.text("admin").trim_start_matches("http://"))
        .env("LC_ALL", "zh_CN.UTF-8")
        .envs(variables)
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell");
    let all = String::from_utf8_lossy(&output.stdout);
    for (number, (command, expected)) in commands.iter().enumerate() {
        let after = all.split(&format!("{MARK}{number}\n")).nth(1).unwrap_or_default();
        let said = after.split(MARK).next().unwrap_or_default();
        let mut lines = said.lines();
        for line in expected {
            assert!(
                lines.any(|said| matches(said, line)),
                "{guide}: $ {command}\nexpected: {line}\nsaid:\n{said}"
            );
        }
        let wrong = !expected.iter().any(|line| line.contains("E_")) && said.contains("error[");
        assert!(!wrong, "{guide}: $ {command}\n{said}");
    }
}

#[test]
fn a_resident_follows_the_guide() {
    follow("resident.md", |_, _| Vec::new());
}

#[test]
fn a_fund_administrator_follows_the_guide() {
    follow("administrator.md", |node, desk| {
        let day = linli_ledger::types::Day::from_civil(2026, 1, 5).expect("a day");
        let hash = |label: &str| {
            let domain = linli_ledger::hash::Domain::Document;
            linli_ledger::hash::digest(domain, label.as_bytes()).to_hex()
        };
        let donation = json!({
            "fund": node.account("fund", "id"),
            "amount": "123456",
            "class": "undesignated_donation",
            "donor": node.account("foundation", "id"),
            "earmark": {
                "purposes": [], "places": [], "classes": [], "line": null,
                "available_from": day, "lapse_on": null, "excluded": [],
            },
            "bank_reference": hash("bank reference of the guide"),
            "value_date": day,
            "account": hash("account of the fund"),
            "document": hash("receipt of the guide"),
            "level": "bank",
        });
        fs::write(desk.join("donation.json"), donation.to_string()).expect("it is written");
        let grant = |label: &str| node.account(label, "grant").to_owned();
        vec![
            ("ADMINISTRATOR", grant("administrator")),
            ("APPROVER", grant("approver")),
            ("BANKER", grant("banker")),
        ]
    });
}

#[test]
fn a_regulator_follows_the_guide() {
    follow("regulator.md", |_, desk| {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        std::os::unix::fs::symlink(examples, desk.join("examples")).expect("it is linked");
        Vec::new()
    });
}

#[test]
fn dots_stand_for_anything() {
    assert!(matches("✓ block 7, transaction ab", "✓ block … transaction …"));
    assert!(matches("  a  ", "…a…") && matches("abc", "abc") && matches("abc", "…c"));
    assert!(!matches("abc", "…d") && !matches("abc", "b…") && !matches("abc", "a…x…c"));
}
