//! This exists to run a network as real processes on loopback, each a `linlid` of its own, and to talk to it
//! over HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_contracts::{governance, registry};
use linli_ledger::codec::encode;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::genesis::Genesis;
use linli_ledger::replay::AuditReport;
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{BlockHash, ContractId, HOUR_MS, Height};
use linli_node::Blocks;
use linli_node::storage::Folder;
use linli_service::dev::SEED;
use linli_service::founding::draft;
use linli_wire::chain::Status;
use linli_wire::path;
use linli_wire::transaction::{SubmitMany, SubmittedMany};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing here waits for a time to pass; this only ends a test that would hang.
pub(crate) const GUARD: Duration = Duration::from_mins(2);
/// Between two questions to a node whose answer is waited for.
const PAUSE: Duration = Duration::from_millis(20);

fn linlid() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linlid"));
    command.args(["--lang", "en", "-o", "json"]).stdin(Stdio::null());
    command
}

/// The folder of a node.
fn name(n: usize, validators: usize) -> String {
    if n < validators { format!("node{n}") } else { "observer".to_owned() }
}

/// A network of validators, laid out by `linlid testnet new`.
pub(crate) struct Town {
    folder: TempDir,
    pub(crate) genesis: Genesis,
    /// What addresses of each node begin with; the same after a restart.
    pub(crate) apis: Vec<String>,
    running: Vec<Option<Child>>,
    /// How many of them vote; one more is an observer.
    validators: usize,
    /// Settings that all of them are started with, as variables of the environment.
    settings: &'static [(&'static str, &'static str)],
}

impl Town {
    /// Lays it out; nothing runs yet.
    pub(crate) fn new(validators: usize) -> Self {
        Self::laid_out(validators, false, &[])
    }

    /// As [`Town::new`], with another beginning.
    pub(crate) fn founded(validators: usize, change: impl FnOnce(&mut Genesis)) -> Self {
        let mut town = Self::new(validators);
        change(&mut town.genesis);
        for n in 0..validators {
            let path = town.at(n).join("genesis.json");
            fs::remove_file(&path).unwrap();
            draft::write_new(&path, &town.genesis).unwrap();
        }
        town
    }

    /// As [`Town::new`], with an observer behind the validators.
    pub(crate) fn with_observer(
        validators: usize,
        settings: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self::laid_out(validators, true, settings)
    }

    fn laid_out(
        validators: usize,
        observer: bool,
        settings: &'static [(&'static str, &'static str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let count = validators.to_string();
        let made = linlid()
            .args(["testnet", "new", "-n", &count, "--base-port", "0", "--out"])
            .arg(folder.path())
            .args(observer.then_some("--observer"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let at = |n: usize| folder.path().join(name(n, validators));
        let api = |n| {
            let shown = linlid().arg("--dir").arg(at(n)).args(["config", "show"]).output().unwrap();
            let settings: Value = serde_json::from_slice(&shown.stdout).unwrap();
            format!("http://{}", settings["api"].as_str().unwrap())
        };
        let nodes = validators + usize::from(observer);
        let apis = (0..nodes).map(api).collect();
        let genesis = draft::load(&at(0).join("genesis.json")).unwrap();
        let running = (0..nodes).map(|_| None).collect();
        Self { folder, genesis, apis, running, validators, settings }
    }

    /// Starts all validators.
    pub(crate) fn start_all(&mut self) {
        for n in 0..self.validators {
            self.spawn(n, &[]);
        }
        for n in 0..self.validators {
            self.wait_until_ready(n);
        }
    }

    pub(crate) fn at(&self, n: usize) -> PathBuf {
        self.folder.path().join(name(n, self.validators))
    }

    fn log(&self, n: usize) -> PathBuf {
        self.folder.path().join(format!("node{n}.log"))
    }

    /// Starts a node, and waits until it says that it is ready.
    pub(crate) fn start(&mut self, n: usize) {
        self.spawn(n, &[]);
        self.wait_until_ready(n);
    }

    /// Starts a node with flags, and does not wait for it.
    pub(crate) fn spawn(&mut self, n: usize, flags: &[&str]) {
        assert!(self.running[n].is_none());
        let log = File::options().create(true).append(true).open(self.log(n)).unwrap();
        let node = linlid()
            .arg("--dir")
            .arg(self.at(n))
            .arg("start")
            .args(flags)
            .envs(self.settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn();
        self.running[n] = Some(node.unwrap());
    }

    pub(crate) fn wait_until_ready(&mut self, n: usize) {
        let out = self.running[n].as_mut().unwrap().stdout.as_mut().unwrap();
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).unwrap();
        let greeting: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(greeting["ok"], true, "node {n}: {line}");
    }

    /// What a command says of the folder of a node, and how it exits.
    pub(crate) fn command(&self, n: usize, arguments: &[&str]) -> (Value, i32) {
        let output = linlid().arg("--dir").arg(self.at(n)).args(arguments).output().unwrap();
        let said = serde_json::from_slice(&output.stdout);
        (said.unwrap_or_else(|_| panic!("{output:?}")), output.status.code().unwrap())
    }

    /// The identifiers of the processes that run.
    pub(crate) fn processes(&self) -> Vec<String> {
        self.running.iter().flatten().map(|node| node.id().to_string()).collect()
    }

    /// The identifier of the process of a node that runs.
    pub(crate) fn process(&self, n: usize) -> u32 {
        self.running[n].as_ref().unwrap().id()
    }

    /// Ends a node as a power cut would.
    pub(crate) fn kill(&mut self, n: usize) {
        let mut node = self.running[n].take().unwrap();
        node.kill().unwrap();
        node.wait().unwrap();
    }

    /// Sends a node a signal, named as `kill` names it.
    pub(crate) fn signal(&self, n: usize, signal: &str) {
        let id = self.process(n).to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Ends a node as an operator would.
    pub(crate) fn stop(&mut self, n: usize) {
        self.signal(n, "-TERM");
        let mut node = self.running[n].take().unwrap();
        assert!(node.wait().unwrap().success(), "node {n} ends in peace");
    }

    /// Where a node stands; `None` if it does not answer.
    pub(crate) fn status(&self, n: usize) -> Option<Status> {
        self.get(n, path::STATUS)
    }

    /// What a node answers; `None` if it does not.
    pub(crate) fn get<T: DeserializeOwned>(&self, n: usize, path: &str) -> Option<T> {
        let answer = ureq::get(format!("{}{path}", self.apis[n])).call();
        answer.ok()?.body_mut().read_json().ok()
    }

    /// The blocks in the folder of a node.
    pub(crate) fn blocks(&self, n: usize) -> Blocks {
        Blocks::new(Box::new(Folder::create(&self.at(n).join("chain")).unwrap()))
    }

    pub(crate) fn head(&self, n: usize) -> Option<(Height, BlockHash)> {
        self.status(n).map(|status| (status.head.height, status.head.hash))
    }

    /// The nodes that run.
    pub(crate) fn running(&self) -> impl Iterator<Item = usize> {
        (0..self.running.len()).filter(|n| self.running[*n].is_some())
    }

    /// Waits until all nodes that run have the same head and nothing waits at any; the head.
    pub(crate) fn wait_for_one_head(&self) -> (Height, BlockHash) {
        wait_for("one head on all nodes", || {
            let all: Vec<_> = self.running().map(|n| self.status(n)).collect();
            let first = all.first()?.as_ref()?.head;
            let same = |status: &Option<Status>| {
                status.as_ref().is_some_and(|one| one.head == first && one.waiting == 0)
            };
            all.iter().all(same).then_some((first.height, first.hash))
        })
    }

    /// Stops all nodes that run, and audits what lies in the folder of each: everything is executed again from
    /// the genesis, and the head is the one that was named.
    pub(crate) fn audit(&mut self, head: (Height, BlockHash)) -> AuditReport {
        let nodes: Vec<_> = self.running().collect();
        for &n in &nodes {
            self.stop(n);
        }
        let (rulebook, genesis) = (linli_contracts::rulebook(), self.genesis.hash());
        let audit = |n| {
            let audited = linli_verify::audit(
                &self.at(n),
                &rulebook,
                Some(&genesis),
                Some(&head.1.0),
                &mut |_, _| {},
            );
            audited.unwrap_or_else(|error| panic!("node {n}: {error}")).0
        };
        let reports: Vec<_> = nodes.into_iter().map(audit).collect();
        for report in &reports {
            assert_eq!(report.head.0, head.0);
            assert_eq!(report.transactions, reports[0].transactions);
        }
        reports.into_iter().next().unwrap()
    }
}

impl Drop for Town {
    /// Leaves no process behind, and shows what the nodes said where a test has failed.
    fn drop(&mut self) {
        for node in self.running.iter_mut().flatten() {
            let _ = node.kill();
            let _ = node.wait();
        }
        if std::thread::panicking() {
            for n in 0..self.running.len() {
                let log = fs::read_to_string(self.log(n)).unwrap_or_default();
                let lines: Vec<_> = log.lines().collect();
                let last = lines.len().saturating_sub(12);
                let text = format!("node {n}:\n{}\n", lines[last..].join("\n"));
                let _ = std::io::stderr().write_all(text.as_bytes());
            }
        }
    }
}

/// Asks until there is an answer.
pub(crate) fn wait_for<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    wait_up_to(GUARD, what, ask)
}

/// As [`wait_for`], with a deadline of its own.
pub(crate) fn wait_up_to<T>(limit: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < limit, "waited in vain for {what}");
        std::thread::park_timeout(PAUSE);
    }
}

/// Hands transactions in at a node and waits until they are final; `None` if it did not say what became of
/// them within the time.
pub(crate) fn submit(
    api: &str,
    transactions: &[VerifiedTransaction],
    limit: Duration,
) -> Option<SubmittedMany> {
    let bytes = |one: &VerifiedTransaction| STANDARD.encode(encode(one.signed()));
    send(api, "final", transactions.iter().map(bytes).collect(), limit)
}

/// Hands in whatever these texts are, and waits until it is `none`, `accepted` or `final`.
pub(crate) fn send(
    api: &str,
    wait: &str,
    transactions: Vec<String>,
    limit: Duration,
) -> Option<SubmittedMany> {
    let config = ureq::Agent::config_builder().timeout_global(Some(limit)).build();
    let agent: ureq::Agent = config.into();
    let path = format!("{api}{}?wait={wait}", path::TRANSACTIONS);
    let answer = agent.post(path).send_json(&SubmitMany { transactions });
    answer.ok()?.body_mut().read_json().ok()
}

/// An organisation of the demonstration that registers people, each with a nonce of its own.
pub(crate) struct Desk {
    key: BusinessKey,
    position: u32,
    genesis: Genesis,
    nonce: u64,
}

impl Desk {
    /// The organisation at a position, by the label of its key.
    pub(crate) fn new(label: &str, position: u32, genesis: &Genesis) -> Self {
        let key = BusinessKey::demonstration(SEED, label);
        assert_eq!(genesis.organisations[position as usize].key, key.public());
        Self { key, position, genesis: genesis.clone(), nonce: 1_000_000 }
    }

    /// So many people more.
    pub(crate) fn register(&mut self, count: u64) -> Vec<VerifiedTransaction> {
        (0..count).map(|_| self.one()).collect()
    }

    fn one(&mut self) -> VerifiedTransaction {
        let label = format!("person {} of {}", self.nonce, self.position);
        let call = registry::Call::PersonRegister {
            organisation: self.genesis.organisation(self.position),
            key: BusinessKey::demonstration(b"processes", &label).public(),
        };
        self.call(registry::CONTRACT, encode(&call))
    }

    /// A call of governance.
    pub(crate) fn govern(&mut self, call: &governance::Call) -> VerifiedTransaction {
        self.call(governance::CONTRACT, encode(call))
    }

    fn call(&mut self, contract: ContractId, call: Vec<u8>) -> VerifiedTransaction {
        self.nonce += 1;
        let body = Body {
            version: BODY_VERSION,
            genesis: self.genesis.hash(),
            contract,
            call_version: 1,
            signers: vec![Signer { key: self.key.public(), grant: None }],
            nonce: self.nonce,
            salt: [7; 16],
            valid_until: super::now().plus(HOUR_MS),
            call,
        };
        let signature = self.key.sign_transaction(&body.genesis, &body.id());
        let signed = SignedTransaction::new(&body, vec![signature]);
        signed.verify(&body.genesis).expect("it is signed")
    }
}
