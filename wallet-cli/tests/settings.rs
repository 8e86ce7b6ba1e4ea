//! What is remembered: a flag wins over the environment, that over the file, that over the default.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn linli(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_linli"))
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env_remove("LINLI_NODE")
        .env("LC_ALL", "en_US.UTF-8")
        .output()
        .expect("it starts")
}

/// Value and origin of a setting.
fn shown(home: &Path, name: &str, arguments: &[&str]) -> (String, String) {
    let output = linli(home, &[&["-o", "json", "config", "show"], arguments].concat());
    let rows: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    let rows = rows.as_array().expect("a list");
    let row = rows.iter().find(|row| row["name"] == name).expect("it is listed");
    let text = |member: &str| row[member].as_str().expect("a text").to_owned();
    (text("value"), text("origin"))
}

#[test]
fn a_setting_is_remembered_and_says_where_it_comes_from() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    let default = shown(home, "node", &[]);
    assert_eq!(default, ("http://127.0.0.1:8640".to_owned(), "default".to_owned()));
    assert!(linli(home, &["config", "set", "node", "http://127.0.0.1:1"]).status.success());
    let file = home.join("config.json").display().to_string();
    assert_eq!(shown(home, "node", &[]), ("http://127.0.0.1:1".to_owned(), file));
    let flag = shown(home, "node", &["--node", "http://127.0.0.1:2"]);
    assert_eq!(flag, ("http://127.0.0.1:2".to_owned(), "--node".to_owned()));
    let silent = linli(home, &["-o", "json", "fund", "list"]);
    let error: Value = serde_json::from_slice(&silent.stderr).expect("one JSON object");
    assert_eq!(error["error"]["code"], "E_NODE_UNREACHABLE", "the remembered node is asked");

    assert!(linli(home, &["config", "set", "lang", "zh"]).status.success());
    let said = String::from_utf8(linli(home, &["key", "list"]).stdout).expect("it is text");
    assert!(said.contains("密钥"), "{said}");
    assert!(linli(home, &["config", "unset", "lang"]).status.success());
    let said = String::from_utf8(linli(home, &["key", "list"]).stdout).expect("it is text");
    assert!(!said.contains("密钥"), "{said}");
}

#[test]
fn what_cannot_be_a_setting_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    for bad in [
        ["node", "https://example.org"],
        ["lang", "fr"],
        ["output", "xml"],
        ["timeout", "soon"],
        ["colour", "red"],
    ] {
        let refused = linli(home.path(), &["config", "set", bad[0], bad[1]]);
        assert_eq!(refused.status.code(), Some(2), "{bad:?}");
    }
    std::fs::write(home.path().join("config.json"), "{").expect("it is written");
    let broken = linli(home.path(), &["key", "list"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("E_CONFIGURATION"));
}
