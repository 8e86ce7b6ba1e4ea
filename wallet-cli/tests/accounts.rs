//! What somebody sees of accounts: which there are, and each change as it becomes final, also after the
//! connection was cut, in each form and language.

mod common;

use common::Node;
use common::desk::Desk;
use linli_ledger::types::AccountId;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
const INTERRUPT: i32 = 2;

/// A program that goes on, and the lines that it says.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn watch(desk: &Desk, node: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_linli"))
            .args(["--home", "home", "--no-input", "--node", node, "account", "watch"])
            .args(arguments)
            .current_dir(desk.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("it was piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line comes")
    }

    fn entry(&self) -> Value {
        serde_json::from_str(&self.line()).expect("one JSON object in a line")
    }

    /// As with Ctrl-C; whether that is what ended it.
    fn interrupt(mut self) -> bool {
        let sent = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status();
        assert!(sent.expect("there is kill").success());
        let status = self.child.wait().expect("it ends");
        assert_eq!(self.lines.recv().ok(), None, "nothing more was said");
        status.signal() == Some(INTERRUPT)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A cable to a node, which can be pulled out.
struct Cable {
    address: String,
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Cable {
    fn to(node: &Node) -> Self {
        let target = node.text("api").trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let ends: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let known = ends.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(&target) else { continue };
                known.lock().expect("nobody panicked").push(near.try_clone().expect("a handle"));
                let back =
                    (far.try_clone().expect("a handle"), near.try_clone().expect("a handle"));
                std::thread::spawn(move || carry(near, far));
                std::thread::spawn(move || carry(back.0, back.1));
            }
        });
        Self { address, ends }
    }

    /// Cuts every connection; new ones can be made.
    fn pull(&self) -> usize {
        let mut ends = self.ends.lock().expect("nobody panicked");
        let open = ends.drain(..).filter(|end| end.shutdown(Shutdown::Both).is_ok());
        open.count()
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _: io::Result<()> = to.shutdown(Shutdown::Both);
}

/// A payment is asked for and approved: its fen are reserved.
fn reserve(desk: &Desk, contract: &str, amount: &str, invoice: &str) {
    fs::write(desk.path().join(invoice), invoice).expect("it is written");
    desk.act("administrator", &["fund", "pay", contract, "--amount", amount, "--invoice", invoice]);
    let open = desk.json(&["payment", "list", "--open"]);
    let open = open.as_array().expect("a list").iter().find(|one| one["state"] == "requested");
    let payment = open.and_then(|one| one["payment"].as_str()).expect("a payment");
    desk.act("approver", &["fund", "approve", payment]);
}

/// The account of a kind, as the fund administrator sees it.
fn account(desk: &Desk, kind: &str) -> Value {
    let listed = desk.act("administrator", &["account", "list"]);
    let rows = listed.as_array().expect("a list");
    rows.iter().find(|row| row["kind"] == kind).expect("it is listed").clone()
}

#[test]
fn an_account_is_watched_through_a_cut_and_from_any_entry_on() {
    let desk = Desk::beside(Node::start());
    let contract = desk.node.account("contract", "id").to_owned();
    let committed = account(&desk, "place-committed");
    assert_eq!((&committed["balance"], &committed["unit"]), (&json!("1000000"), &json!("fen")));
    let id = committed["account"].as_str().expect("an account");

    let cable = Cable::to(&desk.node);
    let watch = Running::watch(&desk, &cable.address, &[id, "--after", "0", "-o", "jsonl"]);
    let first = watch.entry();
    assert_eq!((&first["number"], &first["direction"]), (&json!("1"), &json!("in")));
    reserve(&desk, &contract, "12.34", "a.pdf");
    let second = watch.entry();
    assert_eq!(second["amount"], "1234");
    assert!(cable.pull() > 0, "it was connected");
    reserve(&desk, &contract, "56.78", "b.pdf");
    let third = watch.entry();
    assert_eq!((&third["number"], &third["balance"]), (&json!("3"), &json!("993088")));
    assert!(watch.interrupt());

    let node = desk.node.text("api").to_owned();
    let rest = Running::watch(&desk, &node, &[id, "--after", "1", "--count", "2", "-o", "json"]);
    assert_eq!([rest.entry(), rest.entry()], [second, third]);
    assert!(rest.lines.recv().is_err(), "it ends after two");
    for (language, words) in
        [("zh", ["出 ¥56.78", "余额 ¥9,930.88"]), ("en", ["out ¥56.78", "balance ¥9,930.88"])]
    {
        let arguments = [id, "--after", "2", "--count", "1", "--lang", language];
        let said = Running::watch(&desk, &node, &arguments).line();
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    let table = Running::watch(&desk, &node, &[id, "--after", "2", "--count", "1", "-o", "csv"]);
    assert!(table.line().ends_with("time,direction,amount,balance,height,transaction"));
    assert!(table.line().contains(",out,5678,993088,"));
    let nobody = AccountId([9; 32]).to_string();
    let refused = desk.refused(&["account", "watch", &nobody, "--count", "1"]);
    assert_eq!(refused, ("E_NOT_FOUND".to_owned(), Some(3)));
}

#[test]
fn everybody_lists_the_own_accounts() {
    let desk = Desk::beside(Node::start());
    let fund = account(&desk, "place-available");
    assert_eq!(fund["label"], "示例社区公益资金");
    let banker = desk.act("banker", &["account", "list"]);
    assert!(banker.to_string().contains(fund["account"].as_str().expect("an account")));
    let chinese = ["-o", "table", "account", "list", "--key", "administrator"];
    let chinese = desk.said(&[chinese.as_slice(), &["--passphrase-file", "passphrase"]].concat());
    assert!(chinese.contains("¥190,000.00") && chinese.contains("示例社区公益资金"), "{chinese}");
    let lines = ["-o", "jsonl", "account", "list", "--key", "administrator"];
    let lines = desk.said(&[lines.as_slice(), &["--passphrase-file", "passphrase"]].concat());
    assert!(lines.lines().all(|line| line.starts_with('{')) && lines.lines().count() > 1);
    let mine = desk.act("resident-1", &["account", "list"]);
    let rows = mine.as_array().expect("a list");
    for row in rows {
        let id = row["account"].as_str().expect("an account");
        let shown = desk.act("resident-1", &["account", "show", id]);
        assert_eq!(shown["account"]["balance"], row["balance"]);
        assert_eq!(desk.refused(&["account", "show", id]).0, "E_NOT_FOUND", "others see nothing");
    }
}
