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
        .env_remove("LINLI_PROFILE")
        .env("LC_ALL", "en_US.UTF-8")
        .output()
        .expect("it starts")
}

/// Value and origin of a setting.
fn shown(home: &Path, name: &str, arguments: &[&str]) -> (String, String) {
    let output = linli(home, &[&["-o", "json", "config", "show", "--origins"], arguments].concat());
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
fn a_profile_is_begun_used_changed_and_left() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    let run = |arguments: &[&str]| {
        let output = linli(home, arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("it is text")
    };
    run(&["config", "set", "timeout", "7"]);
    let said = run(&["config", "init", "社区", "--node", "http://127.0.0.1:1", "--lang", "zh"]);
    assert!(said.contains("社区"), "{said}");
    let file = home.join("config.json").display().to_string();
    let own = |value: &str| (value.to_owned(), format!("{file} (社区)"));
    assert_eq!(shown(home, "profile", &[]), ("社区".to_owned(), file.clone()));
    assert_eq!(shown(home, "node", &[]), own("http://127.0.0.1:1"));
    assert_eq!(shown(home, "timeout", &[]), ("7".to_owned(), file.clone()), "for all");
    run(&["config", "set", "timeout", "9"]);
    assert_eq!(shown(home, "timeout", &[]), own("9"));

    run(&["config", "init", "office"]);
    let node = shown(home, "node", &[]);
    assert_eq!(node, ("http://127.0.0.1:1".to_owned(), format!("{file} (office)")));
    assert_eq!(shown(home, "lang", &["-p", "社区"]), own("zh"));
    assert_eq!(shown(home, "profile", &["--profile=社区"]).1, "--profile");
    assert!(run(&["key", "list", "-p", "社区"]).contains("密钥"), "in its language");
    run(&["-p", "社区", "config", "unset", "lang"]);
    assert_eq!(shown(home, "lang", &["-p", "社区"]).1, "default");
    run(&["config", "use"]);
    assert_eq!(shown(home, "node", &[]).1, "default");
    run(&["config", "use", "社区"]);
    assert_eq!(shown(home, "timeout", &[]), own("9"));

    let rows: Value = serde_json::from_str(&run(&["-o", "json", "config", "show"])).expect("JSON");
    assert_eq!(rows[0], serde_json::json!({ "name": "profile", "value": "社区" }));
    let refused = |arguments: &[&str], code: &str| {
        let output = linli(home, arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(code), "{error}");
    };
    refused(&["-p", "nobody", "config", "show"], "E_CONFIGURATION");
    refused(&["config", "use", "nobody"], "E_CONFIGURATION");
    refused(&["config", "init", "office"], "E_WRONG_USE");
    refused(&["config", "init", "../office"], "E_WRONG_USE");
    refused(&["-qp", "office", "config", "show"], "E_WRONG_USE");
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
