//! This exists to run a real node for tests: `linlid dev` on loopback.
#![allow(dead_code, reason = "each test uses a part")]

pub(crate) mod desk;

use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Writes the file `passphrase` into a folder, for its owner only.
pub(crate) fn passphrase(folder: &Path) {
    let path = folder.join("passphrase");
    fs::write(&path, "海棠依旧 2026\n").expect("it is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is set");
}

/// A node with a demonstration chain; ends with the test.
pub(crate) struct Node {
    child: Child,
    greeting: Value,
    data: tempfile::TempDir,
}

impl Node {
    /// Starts `linlid dev` on ports that are free.
    pub(crate) fn start() -> Self {
        Self::start_with("real")
    }

    /// Starts one whose time stands still until [`Node::advance`].
    pub(crate) fn start_with_data_clock() -> Self {
        Self::start_with("data")
    }

    fn start_with(clock: &str) -> Self {
        let program = programs().join("linlid");
        assert!(program.exists(), "{} is not built", program.display());
        let data = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(program)
            .arg("--dir")
            .arg(data.path())
            .args(["-o", "json", "dev", "--clock", clock])
            .args(["--api", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("it was piped");
        BufReader::new(out).read_line(&mut line).expect("it says that it is ready");
        let greeting = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        Self { child, greeting, data }
    }

    /// A member of what it said when it was ready.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.greeting[member].as_str().expect("the greeting has it")
    }

    /// A member of an account of the demonstration.
    pub(crate) fn account(&self, label: &str, member: &str) -> &str {
        let accounts = self.greeting["accounts"].as_array().expect("a list");
        let found = accounts.iter().find(|account| account["label"] == label);
        found.and_then(|account| account[member].as_str()).expect("the greeting has it")
    }
}

impl Node {
    /// Moves the clock on; the time of the chain then.
    pub(crate) fn advance(&self, by: &str) -> u64 {
        let output = Command::new(programs().join("linlid"))
            .args(["-o", "json", "--dir"])
            .arg(self.data.path())
            .args(["dev", "advance", by])
            .output()
            .expect("it starts");
        let said: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        said["time_ms"].as_str().and_then(|time| time.parse().ok()).expect("a time")
    }

    /// The folder of the chain.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the programs of this build lie.
pub(crate) fn programs() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_linli")).parent().expect("a folder").to_owned()
}
