//! This exists to be `linlid testnet`: a whole network on this machine, each node a process of its own.

use super::good;
use super::running::{Failure, Signals};
use super::said::{failed, line};
use crate::dev::{self, Remote};
use crate::founding::FoundingError;
use crate::founding::draft;
use crate::founding::keys::GENESIS;
use crate::founding::testnet::{Layout, NODES_MAX, find, lay_out};
use crate::operations::running::Addresses;
use clap::{Args, Subcommand};
use linli_ledger::code::Code;
use linli_ledger::types::BlockTime;
use linli_verify::{Language, Output, Said};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

#[derive(Subcommand, Debug)]
pub(super) enum TestnetCommand {
    /// Lay out the folders of a network / 生成演示网络各节点的文件夹
    New {
        #[command(flatten)]
        layout: LayoutArguments,
        /// A new or empty folder / 新的或空的文件夹
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Run all nodes of a network until Ctrl-C; a folder that is new is laid out first / 运行全部节点，按 Ctrl-C 结束
    Up {
        /// The folder / 演示网络的文件夹
        dir: PathBuf,
        #[command(flatten)]
        layout: LayoutArguments,
        /// Set up officers, residents, a fund and a programme, on a network that has just begun / 建好演示用的人员、资金和项目
        #[arg(long)]
        populate: bool,
    },
}

/// What a network is made of.
#[derive(Args, Debug)]
pub(super) struct LayoutArguments {
    /// How many validators / 验证节点的个数
    #[arg(short = 'n', long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=i64::from(NODES_MAX)))]
    validators: u16,
    /// An observer as well / 再加一个观察节点
    #[arg(long)]
    observer: bool,
    /// The first port, ten for each node; 0 takes any that are free / 起始端口，每个节点相隔 10；0 表示任意空闲端口
    #[arg(long, default_value_t = 8640)]
    base_port: u16,
}

impl LayoutArguments {
    fn layout(&self) -> Layout {
        let time = BlockTime(linli_node::milliseconds_since_epoch());
        let Self { validators, observer, base_port } = *self;
        Layout { validators, observer, base_port, time }
    }
}

impl From<FoundingError> for Failure {
    fn from(error: FoundingError) -> Self {
        Self::new(error.code(), &error)
    }
}

/// `linlid testnet`.
pub(super) fn run(command: &TestnetCommand, output: Output, language: Language) -> Said {
    let ran = match command {
        TestnetCommand::New { layout, out } => laid_out(out, layout, output, language),
        TestnetCommand::Up { dir, layout, populate } => {
            up(dir, layout, *populate, output, language).map(|()| String::new())
        }
    };
    match ran {
        Ok(said) => good(said),
        Err(Failure(code, detail)) => failed(code, &detail, output, language),
    }
}

fn laid_out(
    out: &Path,
    layout: &LayoutArguments,
    output: Output,
    language: Language,
) -> Result<String, Failure> {
    let layout = layout.layout();
    let places = lay_out(out, &layout)?;
    let genesis = crate::founding::testnet::genesis(&layout).hash();
    let names: Vec<_> = places.iter().map(|place| place.name.as_str()).collect();
    Ok(match output {
        Output::Json => {
            line(&json!({ "ok": true, "nodes": names, "genesis_hash": genesis.to_hex() }))
        }
        Output::Table => {
            let next = language.pick("运行：", "Run it with");
            format!("{}\n{next} linlid testnet up {}\n", names.join("  "), out.display())
        }
    })
}

/// What happens while the network runs.
enum Event {
    /// Somebody wants it to end.
    Stop,
    /// A node has ended.
    Ended(String),
}

/// A node that runs.
struct Node {
    name: String,
    folder: PathBuf,
    process: Child,
}

fn up(
    dir: &Path,
    layout: &LayoutArguments,
    populate: bool,
    output: Output,
    language: Language,
) -> Result<(), Failure> {
    let is_new = find(dir).is_empty();
    if is_new {
        lay_out(dir, &layout.layout())?;
    } else if populate {
        let what = "only a network that has just begun is populated: name a new folder";
        return Err(Failure::new(Code::OtherInput, &what));
    }
    let (tell, events) = channel();
    stop_on_signal(tell.clone())?;
    let mut nodes = Vec::new();
    let ran = find(dir)
        .into_iter()
        .try_for_each(|folder| {
            nodes.push(Node::start(folder, &tell)?);
            Ok(())
        })
        .and_then(|()| greet(&mut nodes, populate, output, language))
        .and_then(|()| watch(&events, nodes.len(), language));
    for node in &nodes {
        node.end();
    }
    for node in &mut nodes {
        let _ = node.process.wait();
    }
    ran
}

/// Waits for every node, sets the demonstration up if it is wanted, and says where everything is.
fn greet(
    nodes: &mut [Node],
    populate: bool,
    output: Output,
    language: Language,
) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for node in nodes.iter_mut() {
        node.wait_until_ready()?;
        let addresses = Addresses::read(&node.folder);
        let addresses = addresses
            .ok_or_else(|| Failure::new(Code::Stopped, &format!("{} has ended", node.name)))?;
        rows.push((node.name.clone(), addresses, node.folder.clone()));
    }
    if let (true, Some((_, Addresses { api, .. }, folder))) = (populate, rows.first()) {
        let remote = Remote::new(draft::load(&folder.join(GENESIS))?, &format!("http://{api}"));
        dev::populate(&remote).map_err(|error| Failure::new(error.0, &error))?;
    }
    let said = match output {
        Output::Json => line(&json!({
            "ok": true,
            "nodes": rows.iter().map(|(name, Addresses { api, admin }, folder)| json!({
                "name": name, "api": format!("http://{api}"), "admin": format!("http://{admin}"),
                "folder": folder,
            })).collect::<Vec<_>>(),
        })),
        Output::Table => {
            rows.iter().fold(String::new(), |mut text, (name, addresses, folder)| {
                let Addresses { api, admin } = addresses;
                let _ = writeln!(
                    text,
                    "  {name:<8}  http://{api}  http://{admin}  {}",
                    folder.display()
                );
                text
            }) + language.pick(
                "演示密钥，人人都能用。按 Ctrl-C 结束。\n",
                "Demonstration keys, which anybody can sign with. Ctrl-C ends them all.\n",
            )
        }
    };
    // A closed pipe is the reader's choice.
    let mut out = std::io::stdout();
    let _ = out.write_all(said.as_bytes()).and_then(|()| out.flush());
    Ok(())
}

/// Until somebody wants the network to end, or no node is left.
fn watch(events: &Receiver<Event>, count: usize, language: Language) -> Result<(), Failure> {
    let mut left = count;
    while left > 0 {
        match events.recv() {
            Ok(Event::Stop) | Err(_) => return Ok(()),
            Ok(Event::Ended(name)) => {
                left -= 1;
                say(&name, language.pick("已结束", "has ended"));
            }
        }
    }
    Err(Failure::new(Code::Stopped, &"every node has ended by itself"))
}

/// A line about a node beside those that nodes write.
fn say(name: &str, text: &str) {
    let _ = writeln!(std::io::stderr(), "{name:<8} | {text}");
}

fn stop_on_signal(tell: Sender<Event>) -> Result<(), Failure> {
    let stopped = |error: std::io::Error| Failure::new(Code::Stopped, &error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(stopped)?;
    let signals = runtime.block_on(async { Signals::hear() })?;
    let wait = move || {
        runtime.block_on(signals.first());
        let _ = tell.send(Event::Stop);
    };
    thread::Builder::new().name("signals".into()).spawn(wait).map(drop).map_err(stopped)
}

impl Node {
    fn start(folder: PathBuf, tell: &Sender<Event>) -> Result<Self, Failure> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let no = |error: std::io::Error| Failure::new(Code::Stopped, &format!("{name}: {error}"));
        let mut process = Command::new(std::env::current_exe().map_err(no)?)
            .args(["-o", "json", "--dir"])
            .arg(&folder)
            .arg("start")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(no)?;
        if let Some(log) = process.stderr.take() {
            let (name, tell) = (name.clone(), tell.clone());
            let copy = move || {
                copy_lines(&name, log);
                let _ = tell.send(Event::Ended(name));
            };
            thread::Builder::new().name("log".into()).spawn(copy).map_err(no)?;
        }
        Ok(Self { name, folder, process })
    }

    /// Waits for the line that a node says when it is ready.
    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let mut greeting = String::new();
        if let Some(out) = self.process.stdout.as_mut() {
            let _ = BufReader::new(out).read_line(&mut greeting);
        }
        let value: Value = serde_json::from_str(&greeting).unwrap_or_default();
        if value["ok"] == true {
            return Ok(());
        }
        let code = value["code"].as_str().and_then(Code::from_name).unwrap_or(Code::Stopped);
        let detail = value["detail"].as_str().unwrap_or("it ended before it was ready");
        Err(Failure::new(code, &format!("{}: {detail}", self.name)))
    }

    /// Tells it to end, as an operator would.
    fn end(&self) {
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
    }
}

fn copy_lines(name: &str, log: impl Read) {
    for text in BufReader::new(log).lines().map_while(Result::ok) {
        say(name, &text);
    }
}
