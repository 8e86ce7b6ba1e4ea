//! Keys and transaction files with the real program: what people and scripts do offline.

use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("a folder") };
        desk.secret("passphrase", "海棠依旧 2026\n");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn secret(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("it works");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it works");
        path
    }

    fn run(&self, home: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_linli"))
            .args(["--home", text(&self.path(home)), "--no-input", "--lang", "zh"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("LINLI_GENESIS")
            .stdin(Stdio::null())
            .output()
            .expect("it starts")
    }

    fn json(&self, home: &str, arguments: &[&str]) -> Value {
        let output = self.run(home, &[arguments, &["-o", "json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("one JSON value")
    }

    /// The code of a refusal, and the exit.
    fn refused(&self, home: &str, arguments: &[&str]) -> (String, Option<i32>) {
        let output = self.run(home, &[arguments, &["-o", "json"]].concat());
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        let error: Value = serde_json::from_slice(&output.stderr)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (error["error"]["code"].as_str().expect("a code").to_owned(), output.status.code())
    }

    fn key(&self, home: &str, name: &str) -> Value {
        let file = ["--passphrase-file", "passphrase"];
        self.json(home, &[&["key", "new", name, "--purpose", "officer"], file.as_slice()].concat())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are ASCII")
}

const GENESIS: &str = "0909090909090909090909090909090909090909090909090909090909090909";

/// `linlid init` leaves the key of the organisation as a file, sealed or, in a demonstration, plain.
#[test]
fn the_key_of_an_organisation_comes_from_its_node() {
    use linli_secrets::{KeyKind, WORK_FACTOR, seal, write_key};
    let desk = Desk::new();
    let plain = write_key(KeyKind::Business, &[7; 32]);
    let sealed = seal(&plain, &"海棠依旧 2026".to_owned().into(), WORK_FACTOR).expect("sealed");
    let expected = linli_ledger::crypto::BusinessKey::from_seed(&[7; 32]).public().to_string();
    for (name, text) in [("plain", plain.as_str()), ("sealed", sealed.as_str())] {
        desk.secret(&format!("{name}.key"), text);
        let file = format!("{name}.key");
        let import = ["key", "import", name, &file, "--purpose", "organisation"];
        let pass = ["--passphrase-file", "passphrase"];
        let imported = desk.json("home", &[import.as_slice(), &pass].concat());
        assert_eq!(imported["public_key"], expected.as_str());
    }
    // The key of a node is none of a person.
    for kind in [KeyKind::Validator, KeyKind::Network] {
        desk.secret("node.key", &write_key(kind, &[7; 32]));
        let import = ["key", "import", "node", "node.key", "--passphrase-file", "passphrase"];
        assert_eq!(desk.refused("home", &import), ("E_KEY_DAMAGED".to_owned(), Some(5)));
    }
}

#[test]
fn a_key_is_made_restored_backed_up_and_removed() {
    let desk = Desk::new();
    let made = desk.key("home", "王芳");
    let words: Vec<_> =
        made["words"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
    assert_eq!(words.len(), 12);
    assert!(words.iter().all(|word| word.chars().count() == 1), "Chinese words for Chinese output");

    // Without spaces, as a person may type them; on another machine.
    desk.secret("words", &words.concat());
    let pass = ["--passphrase-file", "passphrase"];
    let restore = ["key", "restore", "我", "--purpose", "officer", "--words-file", "words"];
    let restored = desk.json("other", &[restore.as_slice(), &pass].concat());
    assert_eq!(restored["public_key"], made["public_key"]);

    let backup = ["key", "backup", "王芳", "copy.age"];
    desk.json("home", &[backup.as_slice(), &pass].concat());
    let again = desk.refused("home", &[backup.as_slice(), &pass].concat());
    assert_eq!(again, ("E_KEY_NAME_TAKEN".to_owned(), Some(4)));
    let import = ["key", "import", "副本", "copy.age"];
    let imported = desk.json("third", &[import.as_slice(), &pass].concat());
    assert_eq!(imported["public_key"], made["public_key"]);

    desk.secret("wrong", "海棠依旧 2025\n");
    let remove = ["key", "rm", "王芳", "-y", "--passphrase-file"];
    let wrong = desk.refused("home", &[remove.as_slice(), &["wrong"]].concat());
    assert_eq!(wrong, ("E_PASSPHRASE".to_owned(), Some(4)));
    desk.json("home", &[remove.as_slice(), &["passphrase"]].concat());
    assert_eq!(desk.json("home", &["key", "list"]), Value::Array(Vec::new()));
}

#[test]
fn files_that_others_can_read_are_refused() {
    let desk = Desk::new();
    desk.key("home", "me");
    let key = desk.path("home/keys/me.age");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let backup = ["key", "backup", "me", "copy.age", "--passphrase-file", "passphrase"];
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(desk.refused("home", &backup).0, "E_KEY_FILE_MODE");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(desk.path("passphrase"), fs::Permissions::from_mode(0o604)).unwrap();
    assert_eq!(desk.refused("home", &backup), ("E_KEY_FILE_MODE".to_owned(), Some(4)));
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let desk = Desk::new();
    assert_eq!(desk.refused("home", &["key", "new", "me"]), ("E_NO_TERMINAL".to_owned(), Some(4)));
    assert!(!desk.path("home/keys/me.age").exists());
    // A passphrase in the environment is not looked at.
    let output = Command::new(env!("CARGO_BIN_EXE_linli"))
        .args(["--home", text(&desk.path("home")), "--no-input", "key", "new", "me"])
        .env("LINLI_PASSPHRASE", "海棠依旧 2026")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
}

fn call(desk: &Desk, fields: &Value) {
    fs::write(desk.path("call.json"), fields.to_string()).expect("it works");
}

/// A payment request that two keys sign, built on the desk of the first.
fn built(desk: &Desk) -> Value {
    let first = desk.key("home", "王芳");
    let second = desk.key("other", "李强");
    let zeros = "00".repeat(32);
    let contract = linli_ledger::types::RecordId([1; 32]);
    call(
        desk,
        &serde_json::json!({ "terms": {
            "contract": contract, "kind": { "milestone": 0 }, "amount": "150000",
            "payee_account": zeros, "invoice": zeros,
        }}),
    );
    let second = second["public_key"].as_str().expect("it works");
    let build = [
        "tx",
        "build",
        "fund",
        "payment-request",
        "--in",
        "call.json",
        "--genesis",
        GENESIS,
        "--signer",
        "王芳",
        "--signer",
        second,
        "--valid-for",
        "2d",
        "--out",
        "tx.linli",
    ];
    let made = desk.json("home", &build);
    assert_eq!(made["missing"].as_array().expect("a list").len(), 2);
    assert_eq!(made["missing"][0], first["public_key"]);
    made
}

#[test]
fn two_people_sign_copies_and_the_order_does_not_matter() {
    let desk = Desk::new();
    let made = built(&desk);
    let pass = ["--passphrase-file", "passphrase"];
    let sign = |home: &str, key: &str, out: &str| {
        let arguments = ["tx", "sign", "tx.linli", "--key", key, "--out", out, "-y"];
        desk.json(home, &[arguments.as_slice(), &pass].concat())
    };
    let unsure = ["tx", "sign", "tx.linli", "--key", "王芳"];
    let unsure = desk.run("home", &[unsure.as_slice(), &pass].concat());
    assert_eq!(unsure.status.code(), Some(4), "no yes, no signature");
    let shown = String::from_utf8(unsure.stderr).unwrap();
    assert!(shown.contains("¥1,500.00（壹仟伍佰元整）"), "{shown}");

    sign("home", "王芳", "one.linli");
    sign("other", "李强", "two.linli");
    for (files, out) in [(["one.linli", "two.linli"], "a"), (["two.linli", "one.linli"], "b")] {
        let joined =
            desk.json("home", &[&["tx", "combine"], files.as_slice(), &["--out", out]].concat());
        assert_eq!(joined["id"], made["id"]);
        assert_eq!(joined["missing"], Value::Array(Vec::new()));
    }
    assert_eq!(fs::read(desk.path("a")).unwrap(), fs::read(desk.path("b")).unwrap());

    let explained = desk.json("home", &["tx", "explain", "two.linli"]);
    assert_eq!(explained["signers"][0]["signed"], false);
    assert_eq!(explained["signers"][1]["signed"], true);
    assert_eq!(explained["call"]["fund"]["payment_request"]["terms"]["amount"], "150000");
}

#[test]
fn a_changed_file_is_refused_with_a_code() {
    let desk = Desk::new();
    built(&desk);
    let whole = fs::read_to_string(desk.path("tx.linli")).unwrap();
    let mut value: Value = serde_json::from_str(&whole).unwrap();
    let body = value["body"].as_str().unwrap().to_owned();
    let other = if body.ends_with('A') { "B" } else { "A" };
    value["body"] = Value::String(format!("{}{other}{}", &body[..40], &body[41..]));
    fs::write(desk.path("changed"), value.to_string()).unwrap();
    let explain = ["tx", "explain", "changed"];
    assert_eq!(desk.refused("home", &explain), ("E_TX_FILE".to_owned(), Some(5)));
    fs::write(desk.path("changed"), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(desk.refused("home", &explain).0, "E_TX_FILE");
    let strange = desk.key("third", "路人")["public_key"].clone();
    let sign = ["tx", "sign", "tx.linli", "--key", "路人", "-y", "--passphrase-file", "passphrase"];
    assert_eq!(desk.refused("third", &sign).0, "E_NOT_A_SIGNER", "{strange}");
    let missing = desk.refused("home", &["tx", "explain", "nothing"]);
    assert_eq!(missing, ("E_INPUT_MISSING".to_owned(), Some(3)));
}

#[test]
fn a_field_that_is_wrong_is_named() {
    let desk = Desk::new();
    desk.key("home", "me");
    call(&desk, &serde_json::json!({ "activity": "llr1x" }));
    let build = [
        "tx",
        "build",
        "credit",
        "sign-up",
        "--in",
        "call.json",
        "--genesis",
        GENESIS,
        "--signer",
        "me",
    ];
    assert_eq!(desk.refused("home", &build), ("E_CALL_JSON".to_owned(), Some(2)));
}

#[test]
fn a_key_is_shown_as_a_code_and_a_picture() {
    let desk = Desk::new();
    let made = desk.key("home", "me");
    let shown = desk.run("home", &["key", "show", "me", "--qr", "--svg", "me.svg"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains(made["public_key"].as_str().unwrap()) && shown.contains('█'), "{shown}");
    assert!(fs::read_to_string(desk.path("me.svg")).unwrap().contains("<svg"));
}

#[test]
fn completions_and_manual_pages_are_written_for_every_command() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let output = desk.run("home", &["completions", shell]);
        assert!(output.status.success() && output.stdout.len() > 1_000, "{shell}");
    }
    let output = desk.run("home", &["man", "man"]);
    let written = String::from_utf8(output.stdout).unwrap();
    for page in ["linli.1", "linli-key-new.1", "linli-tx-sign.1"] {
        assert!(written.contains(page), "{page}");
        let text = fs::read_to_string(desk.path("man").join(page)).unwrap();
        assert!(text.contains(".TH") && text.chars().any(|c| c > '\u{4e00}'), "{page}");
    }
}

#[test]
fn help_and_wrong_use_are_in_the_language_that_was_asked_for() {
    let desk = Desk::new();
    let help = desk.run("home", &["key", "new", "--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(
        help.contains("用法：linli key new [选项] <NAME>") && !help.contains("Usage"),
        "{help}"
    );
    let wrong = desk.run("home", &["key", "lst"]);
    assert_eq!(wrong.status.code(), Some(2));
    let wrong = String::from_utf8(wrong.stderr).unwrap();
    assert!(wrong.contains("没有「lst」这个命令") && wrong.contains("list"), "{wrong}");
}
