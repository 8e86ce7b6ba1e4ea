//! This exists to be what an operator types: commands and flags of `linlid`, and what they say.

mod founding;
mod member;
mod recovery;
mod running;
mod said;
mod testnet;

use crate::config::{self, Config, ConfigError, Settings};
use crate::founding::keys::SETTINGS;
use crate::operations::{self, OperationError, doctor};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use linli_ledger::code::Code;
use linli_ledger::genesis::Clock;
use linli_ledger::hash::Digest;
use linli_verify::{AuditArguments, Language, Output, Said};
use said::{failed, line};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const EXIT_CODES: &str = "Exit codes / 退出码: 0 ok · 1 unexpected · 2 usage or settings · \
    3 not found · 4 passphrase · 5 verification failed · 6 unavailable";

/// 邻里 Linli: the program of a node's operator / 邻里节点程序
#[derive(Parser, Debug)]
#[command(name = "linlid", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// For whom the output is / 输出格式：给人看或给程序用
    #[arg(short, long, value_enum, default_value = "table", global = true)]
    output: Output,
    /// Language of the output, zh or en; otherwise from the environment / 语言
    #[arg(long, global = true, value_name = "zh|en")]
    lang: Option<String>,
    /// File with settings, TOML; otherwise node.toml in the folder, if it is there / 设置文件；不给则用文件夹里的 node.toml
    #[arg(long, global = true, env = "LINLI_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the node / 节点的文件夹
    #[arg(long, global = true, value_name = "DATA")]
    dir: Option<PathBuf>,
    /// What is logged, such as `info` or `debug` / 日志级别
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// A chain to play with: invented organisations, residents, a fund / 演示用的账本
    Dev(DevArguments),
    /// Make the keys of a node on its own machine, its settings, and a card for the founders / 在本机生成节点密钥、设置和名片
    Init(founding::InitArguments),
    /// Put the genesis of a network together from the cards of its organisations / 汇总各单位名片，起草创世文件
    Genesis {
        #[command(subcommand)]
        command: founding::GenesisCommand,
    },
    /// Write the changes that let this node in, for linli org propose / 写出让本节点加入的提案内容
    Member {
        #[command(subcommand)]
        command: member::MemberCommand,
    },
    /// A whole network on this machine, to play with / 在本机搭一个演示网络
    Testnet {
        #[command(subcommand)]
        command: testnet::TestnetCommand,
    },
    /// Run the node / 运行节点
    Start(StartArguments),
    /// How the node stands: from its folder, and as it says itself if it runs / 查看节点状况
    Status,
    /// Which nodes may connect, and which are there: asks the running node / 查看其他节点
    Peers,
    /// Check the whole chain, trusting nothing / 核对整条账本
    Verify {
        /// Hash of the genesis, from a source you trust; otherwise the chain's own / 可信的创世摘要
        #[arg(long, value_name = "HASH", value_parser = linli_verify::command::parse_digest)]
        genesis_hash: Option<Digest>,
        /// Hash of the last block, if you know it / 已知的最新区块摘要
        #[arg(long, value_name = "HASH", value_parser = linli_verify::command::parse_digest)]
        expect_head: Option<Digest>,
    },
    /// Build the read model anew / 重建查询索引
    Reindex,
    /// Copy the chain into one file, while the node runs or not / 备份账本（可在运行时）
    Backup {
        /// The file to write; it must not be there / 要写的文件
        file: PathBuf,
    },
    /// Put a backup into an empty folder and prove what came back / 恢复备份并核对
    Restore {
        /// The backup / 备份文件
        file: PathBuf,
        /// A new or empty folder / 新的或空的文件夹
        folder: PathBuf,
        /// Hash of the genesis, from a source you trust / 可信的创世摘要
        #[arg(long, value_name = "HASH", value_parser = linli_verify::command::parse_digest)]
        genesis_hash: Option<Digest>,
    },
    /// Bring back a chain that has lost more than a third of its validators for good / 超过三分之一的验证节点永久丢失时恢复账本
    Recovery {
        #[command(subcommand)]
        command: recovery::RecoveryCommand,
    },
    /// Look for what will trouble the node / 检查节点的隐患
    Doctor,
    /// The settings / 设置
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Completions for a shell / 命令补全
    Completions {
        /// Which shell / 哪种命令行
        shell: clap_complete::Shell,
    },
    /// The version of the program and of what it understands / 版本
    Version,
}

#[derive(Subcommand, Debug)]
enum ConfigCommand {
    /// Whether the settings can be right / 检查设置
    Check,
    /// What the settings are / 显示设置
    Show {
        /// Say where each comes from / 说明每一项来自哪里
        #[arg(long)]
        origins: bool,
    },
    /// A file with every setting and its meaning / 打印全部设置的说明
    Reference,
}

/// Where a node listens.
#[derive(Args, Debug)]
struct ListenArguments {
    /// Where the interface is served; port 0 takes any / 接口地址
    #[arg(long, value_name = "ADDRESS")]
    api: Option<std::net::SocketAddr>,
    /// Where health and metrics are served / 健康检查和指标的地址
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<std::net::SocketAddr>,
}

/// A demonstration.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
struct DevArguments {
    #[command(flatten)]
    listen: ListenArguments,
    /// real: the clock of this machine; data: time stands still until dev advance moves it / 时间：real 用本机时钟，data 停着，用 dev advance 拨
    #[arg(long, value_enum, value_name = "real|data")]
    clock: Option<ClockArgument>,
    #[command(subcommand)]
    command: Option<DevCommand>,
}

#[derive(Subcommand, Debug)]
enum DevCommand {
    /// Move the clock of a running demonstration on / 把运行中的演示账本的时间往前拨
    Advance {
        /// By how much, such as 90m, 25h or 3d / 拨多少，例如 90m、25h、3d
        #[arg(value_parser = duration)]
        by: Duration,
        /// Where the node serves health and metrics, if not as in its folder or settings / 节点的管理地址
        #[arg(long, value_name = "ADDRESS")]
        admin: Option<std::net::SocketAddr>,
    },
}

/// Where the time of a demonstration comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClockArgument {
    /// The clock of this machine.
    Real,
    /// Set by hand.
    Data,
}

impl From<ClockArgument> for Clock {
    fn from(clock: ClockArgument) -> Self {
        match clock {
            ClockArgument::Real => Self::Real,
            ClockArgument::Data => Self::Data,
        }
    }
}

/// Reads `90m`, `25h`, `3d`, `1d 2h`; a day has 24 hours.
fn duration(text: &str) -> Result<Duration, String> {
    let whole = |error: jiff::Error| error.to_string();
    let span: jiff::Span = text.parse().map_err(whole)?;
    let exact = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(whole)?;
    Duration::try_from(exact).map_err(whole)
}

/// How a node is run.
#[derive(Args, Debug)]
struct StartArguments {
    #[command(flatten)]
    listen: ListenArguments,
    /// Show the chain and write nothing / 只供查看
    #[arg(long)]
    read_only: bool,
    /// In an empty folder: take the others' blocks by certificate and the state by snapshot / 空文件夹时，凭证书接收区块、凭快照接收状态
    #[arg(long)]
    join_by_snapshot: bool,
    /// File with the passphrase of the keys in its first line / 密钥口令所在的文件（第一行）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Runs what was typed.
pub fn run(arguments: &Arguments) -> Said {
    let language = match &arguments.lang {
        Some(tag) => Language::of(tag),
        None => Language::of_environment(),
    };
    let output = arguments.output;
    match &arguments.command {
        Command::Config { command: ConfigCommand::Reference } => good(config::reference()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "linlid", &mut script);
            good(String::from_utf8_lossy(&script).into_owned())
        }
        Command::Version => version(output),
        Command::Init(init) => {
            let folder = arguments.dir.clone().unwrap_or_else(|| Settings::default().folder);
            founding::init(&folder, init, output, language)
        }
        Command::Genesis { command } => founding::genesis(command, output, language),
        Command::Testnet { command } => testnet::run(command, output, language),
        Command::Restore { file, folder, genesis_hash } => {
            let rulebook = linli_contracts::rulebook();
            let genesis = genesis_hash.as_ref();
            match operations::restore::restore(file, folder, genesis, &rulebook, &mut |_, _| {}) {
                Ok(restored) => good(said::restored(&restored, folder, output, language)),
                Err(error) => operation_failed(&error, output, language),
            }
        }
        Command::Dev(_)
        | Command::Member { .. }
        | Command::Start(_)
        | Command::Status
        | Command::Peers
        | Command::Verify { .. }
        | Command::Reindex
        | Command::Backup { .. }
        | Command::Recovery { .. }
        | Command::Doctor
        | Command::Config { .. } => {
            let beside = arguments.dir.as_ref().map(|dir| dir.join(SETTINGS));
            let file = arguments.config.clone().or_else(|| beside.filter(|file| file.is_file()));
            match config::load(file.as_deref(), &flags(arguments)) {
                Ok(config) => configured(arguments, &config, output, language),
                Err(error) => config_failed(&error, output, language),
            }
        }
    }
}

/// What flags say, by the names of settings.
fn flags(arguments: &Arguments) -> BTreeMap<&'static str, String> {
    let mut flags = BTreeMap::new();
    let mut set = |name, value: Option<String>| {
        if let Some(value) = value {
            flags.insert(name, value);
        }
    };
    set("folder", arguments.dir.as_ref().map(|dir| dir.display().to_string()));
    set("log", arguments.log.clone());
    let listen = match &arguments.command {
        Command::Dev(DevArguments { listen, .. })
        | Command::Start(StartArguments { listen, .. }) => Some(listen),
        _ => None,
    };
    set("api", listen.and_then(|listen| listen.api).map(|address| address.to_string()));
    let passphrase = match &arguments.command {
        Command::Start(StartArguments { passphrase_file, .. }) => passphrase_file.as_ref(),
        Command::Member { command } => command.passphrase_file(),
        Command::Recovery { command: recovery::RecoveryCommand::Sign(sign) } => {
            sign.passphrase_file.as_ref()
        }
        _ => None,
    };
    set("passphrase_file", passphrase.map(|file| file.display().to_string()));
    set("admin", listen.and_then(|listen| listen.admin).map(|address| address.to_string()));
    flags
}

fn configured(arguments: &Arguments, config: &Config, output: Output, language: Language) -> Said {
    let settings = &config.settings;
    match &arguments.command {
        Command::Dev(DevArguments { command: Some(DevCommand::Advance { by, admin }), .. }) => {
            match operations::running::advance(settings, *admin, *by) {
                Ok(moved) => good(said::advanced(&moved, output, language)),
                Err(error) => failed(error.code(), &error.to_string(), output, language),
            }
        }
        Command::Dev(DevArguments { clock, command: None, .. }) => {
            let clock = clock.map(Clock::from);
            running::dev(config, arguments.dir.is_some(), clock, output, language)
        }
        Command::Member { command } => member::run(command, settings, output, language),
        Command::Start(start) => started(start, config, output, language),
        Command::Status => match operations::status::status(&settings.folder) {
            Ok(status) => {
                let asked = operations::running::ask(&settings.folder);
                good(said::status(&status, &asked, output, language))
            }
            Err(error) => operation_failed(&error, output, language),
        },
        Command::Peers => match operations::running::peers(&settings.folder) {
            Ok(peers) => good(said::peers(peers.as_deref(), output, language)),
            Err(error) => failed(error.code(), &error.to_string(), output, language),
        },
        Command::Verify { genesis_hash, expect_head } => {
            let genesis_hash = match genesis_hash {
                Some(hash) => *hash,
                None => match operations::status::status(&settings.folder) {
                    Ok(status) => status.genesis.hash(),
                    Err(error) => return operation_failed(&error, output, language),
                },
            };
            let path = settings.folder.clone();
            let audit = AuditArguments { path, genesis_hash, expect_head: *expect_head };
            linli_verify::run(&audit, output, language, &mut |_, _| {})
        }
        Command::Reindex => running::reindex(config, output, language),
        Command::Backup { file } => match operations::backup::backup(&settings.folder, file) {
            Ok(manifest) => good(said::backup(&manifest, file, output, language)),
            Err(error) => operation_failed(&error, output, language),
        },
        Command::Recovery { command } => recovery::recovery(settings, command, output, language),
        Command::Doctor => match doctor::examine(settings) {
            Ok(findings) => said::doctor(&findings, output, language),
            Err(error) => operation_failed(&error, output, language),
        },
        Command::Config { command: ConfigCommand::Show { origins } } => {
            good(said::settings(config, *origins, output))
        }
        Command::Config { .. }
        | Command::Init(_)
        | Command::Genesis { .. }
        | Command::Testnet { .. }
        | Command::Restore { .. }
        | Command::Completions { .. }
        | Command::Version => {
            let text = language.pick("设置可用。\n", "The settings are good.\n");
            good(match output {
                Output::Table => text.to_owned(),
                Output::Json => line(&json!({ "ok": true })),
            })
        }
    }
}

fn started(start: &StartArguments, config: &Config, output: Output, language: Language) -> Said {
    let mut config = config.clone();
    config.settings.join_by_snapshot |= start.join_by_snapshot;
    match config::check(&config.settings) {
        Ok(()) => running::start(&config, start.read_only, output, language),
        Err(error) => config_failed(&error, output, language),
    }
}

fn good(output: String) -> Said {
    Said { output, error: String::new(), exit: 0 }
}

fn operation_failed(error: &OperationError, output: Output, language: Language) -> Said {
    failed(error.code(), &error.to_string(), output, language)
}

fn config_failed(error: &ConfigError, output: Output, language: Language) -> Said {
    failed(Code::Configuration, &error.to_string(), output, language)
}

fn version(output: Output) -> Said {
    let version = env!("CARGO_PKG_VERSION");
    let contracts: Vec<_> = linli_contracts::rulebook()
        .iter()
        .map(|contract| json!({ "contract": contract.id().0, "version": contract.version() }))
        .collect();
    good(match output {
        Output::Table => format!("linlid {version}\n"),
        Output::Json => line(&json!({
            "program": "linlid",
            "version": version,
            "protocol": linli_ledger::block::PROTOCOL_VERSION,
            "genesis": linli_ledger::genesis::GENESIS_VERSION,
            "snapshot": linli_ledger::snapshot::SNAPSHOT_VERSION,
            "contracts": contracts,
        })),
    })
}
