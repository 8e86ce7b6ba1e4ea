//! This exists to give tests a desk with everybody's keys, and the real program beside a real node.
#![allow(dead_code, reason = "each test uses a part")]

use super::{Node, passphrase};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A desk beside a node.
pub(crate) struct Desk {
    pub(crate) node: Node,
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn beside(node: Node) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        passphrase(folder.path());
        Self { node, folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `linli`; with its output for programs unless the arguments say otherwise.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let form = if arguments.contains(&"-o") { &[][..] } else { &["-o", "json"] };
        let language = if arguments.contains(&"--lang") { &[][..] } else { &["--lang", "zh"] };
        Command::new(env!("CARGO_BIN_EXE_linli"))
            .args(["--home", "home", "--no-input", "-y"])
            .args([form, language].concat())
            .args(["--node", self.node.text("api")])
            .args(arguments)
            .current_dir(self.path())
            .env("LINLI_GENESIS", self.node.text("genesis_hash"))
            .stdin(Stdio::null())
            .output()
            .expect("it starts")
    }

    /// The text of a command that succeeds.
    pub(crate) fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("it is text")
    }

    /// The JSON of a command that succeeds.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.said(arguments)).expect("one JSON value")
    }

    /// The code of a refusal, and the exit.
    pub(crate) fn refused(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let output = self.run(arguments);
        let error: Value = serde_json::from_slice(&output.stderr)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stdout)));
        let code = error["error"]["code"].as_str().expect("a code");
        (code.to_owned(), output.status.code())
    }

    /// What people read of a refusal in a language.
    pub(crate) fn refusal(&self, label: &str, arguments: &[&str], language: &str) -> String {
        self.key(label);
        let who = ["--key", label, "--passphrase-file", "passphrase"];
        let form = ["-o", "table", "--lang", language];
        let output = self.run(&[arguments, who.as_slice(), form.as_slice()].concat());
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).expect("it is text")
    }

    /// Does a verb with the key of a label.
    pub(crate) fn act(&self, label: &str, arguments: &[&str]) -> Value {
        self.key(label);
        let who = ["--key", label, "--passphrase-file", "passphrase"];
        self.json(&[arguments, who.as_slice()].concat())
    }

    /// The refusal of a verb with the key of a label.
    pub(crate) fn act_refused(&self, label: &str, arguments: &[&str]) -> (String, Option<i32>) {
        self.key(label);
        let who = ["--key", label, "--passphrase-file", "passphrase"];
        self.refused(&[arguments, who.as_slice()].concat())
    }

    /// Has the demonstration's key of a label on the desk.
    pub(crate) fn key(&self, label: &str) {
        if !self.path().join(format!("home/keys/{label}.age")).exists() {
            let pass = ["--passphrase-file", "passphrase"];
            self.json(&[&["key", "import", label, "--demo", label], pass.as_slice()].concat());
        }
    }

    pub(crate) fn public(&self, label: &str) -> String {
        self.key(label);
        let card = self.json(&["key", "show", label]);
        card["public_key"].as_str().expect("a key").to_owned()
    }
}
