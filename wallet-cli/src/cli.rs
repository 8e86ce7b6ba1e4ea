//! This exists to say which commands and flags there are. Each says what it is in English and in Chinese,
//! with ` / ` between them; [`crate::help`] shows the one that was asked for.

use crate::keys::KeyCommand;
use crate::trace::TraceArguments;
use crate::transaction::TxCommand;
use crate::verbs::account::AccountCommand;
use crate::verbs::activity::ActivityCommand;
use crate::verbs::block::BlockCommand;
use crate::verbs::config::ConfigCommand;
use crate::verbs::fund::{FundCommand, PaymentCommand};
use crate::verbs::org::OrgCommand;
use crate::verbs::points::PointsCommand;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use linli_verify::{AuditArguments, Output};
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 unexpected, 2 usage, 3 not found, 4 not permitted, \
    5 verification failed, 6 unavailable, 7 rejected by the ledger, 8 declined, 9 not final in time / \
    退出码：0 成功，1 意外，2 用法不对，3 找不到，4 不允许，5 核对不通过，6 连不上，7 账本不同意，\
    8 本人没有同意，9 到时间还没有写进账本";

/// Linli: what residents give, and where money goes, for anybody to check / 邻里：居民的付出、资金的去向，人人可以核对
#[derive(Parser, Debug)]
#[command(name = "linli", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Form of the output: for people, for programs (also line by line), for spreadsheets / 输出格式：给人看、给程序用（也可一行一条）、给表格软件用
    #[arg(short, long, value_enum, default_value = "table", global = true)]
    pub(crate) output: Form,
    /// Settings of this name instead of those in use / 用这个名字的一组设置
    #[arg(short, long, global = true, value_name = "NAME", env = "LINLI_PROFILE")]
    pub(crate) profile: Option<String>,
    /// Language of the output, zh or en; otherwise from the environment / 语言，zh 或 en；不给则看系统设置
    #[arg(long, global = true, value_name = "zh|en")]
    pub(crate) lang: Option<String>,
    /// No progress bar / 不显示进度
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Folder of keys; .linli in the home folder if not given / 密钥文件夹；不给则用主目录下的 .linli
    #[arg(long, global = true, value_name = "DIR", env = "LINLI_HOME")]
    pub(crate) home: Option<PathBuf>,
    /// Address of a node / 节点的地址
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "LINLI_NODE",
        default_value = "http://127.0.0.1:8640"
    )]
    pub(crate) node: String,
    /// Seconds to wait for a node / 等待节点的秒数
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) timeout: u64,
    /// Agree to what would be asked / 不再询问，一律同意
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,
    /// Ask nothing; fail where an answer is needed / 不询问；需要回答时停止
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// For whom the output is, on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For programs, a line for each thing.
    Jsonl,
    /// For spreadsheets.
    Csv,
}

/// For whom the output is. Lines of JSON are made of JSON when all is said: no verb knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

impl Form {
    /// What a verb has to know.
    pub(crate) const fn format(self) -> Format {
        match self {
            Self::Table => Format::Table,
            Self::Json | Self::Jsonl => Format::Json,
            Self::Csv => Format::Csv,
        }
    }

    /// The form of commands that say no rows: CSV is then the same as for people.
    pub(crate) const fn output(self) -> Output {
        match self {
            Self::Json | Self::Jsonl => Output::Json,
            Self::Table | Self::Csv => Output::Table,
        }
    }
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Put an office's files on a ledger of its own, and check it / 把办公室的表格记成账本并核对
    Run(RunArguments),
    /// Check a whole chain offline / 离线核对整条账本
    Audit(AuditArguments),
    /// Follow the money of a payment back, or of a source forward / 追溯一笔付款或一笔来源
    Trace(TraceArguments),
    /// Write the files of an invented office / 编写一套虚构的办公室表格
    Example(ExampleArguments),
    /// Say what a code means and what to do / 解释一个代码
    Explain {
        /// A code such as `E_OVERLAP`; without one, all of them / 代码，例如 `E_OVERLAP`；不给则列出全部
        code: Option<String>,
    },
    /// Keys: new, restore, list, show, back up / 密钥：新建、恢复、查看、备份
    #[command(subcommand)]
    Key(KeyCommand),
    /// Transactions as files: build, explain, sign, join, submit / 交易文件：生成、说明、签名、合并、提交
    #[command(subcommand)]
    Tx(TxCommand),
    /// Points: balance, statement, exchange / 积分：余额、明细、兑换
    #[command(subcommand)]
    Points(PointsCommand),
    /// Activities: find, join, come and go, attest / 活动：查找、报名、签到签退、证明
    #[command(subcommand)]
    Activity(ActivityCommand),
    /// Funds: show, pay, approve, trace / 资金：查看、付款、审批、追溯
    #[command(subcommand)]
    Fund(FundCommand),
    /// Payments: list, show / 付款：列表、查看
    #[command(subcommand)]
    Payment(PaymentCommand),
    /// Accounts: who a key is, list, watch, entries, statement, enrolment / 账户：我是谁、列表、实时查看、明细、对账单、居民登记
    #[command(subcommand)]
    Account(AccountCommand),
    /// Organisations: list, people in office, roles, keys, validators and nodes / 单位：列表、任职人员、职务、换密钥、验证和联网节点
    #[command(subcommand)]
    Org(OrgCommand),
    /// Blocks: list, show / 区块：列表、查看
    #[command(subcommand)]
    Block(BlockCommand),
    /// Settings: profiles, show, remember, forget / 设置：分组、查看、记住、不再记住
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Completions for a shell / 生成命令行补全
    Completions {
        /// The shell / 命令行程序的名字
        shell: Shell,
    },
    /// Manual pages into a folder / 生成使用手册（man）
    Man {
        /// The folder / 放到哪个文件夹
        folder: PathBuf,
    },
}

/// Arguments of `run`.
#[derive(Args, Debug)]
pub(crate) struct RunArguments {
    /// Folder with the office's CSV files / 放表格（CSV）的文件夹
    pub(crate) input: PathBuf,
    /// Folder for the ledger; .linli/NAME, as the input is called, if not given / 账本文件夹；不给则用 .linli/输入的名字
    #[arg(long, value_name = "DATA")]
    pub(crate) dir: Option<PathBuf>,
    /// Also write a page for people / 同时生成一页网页报告
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
}

/// How big an invented office is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Size {
    /// A tenth of a community, for a first look / 一个小区
    Block,
    /// One community / 一个社区
    Community,
    /// Twelve communities, 100 000 residents / 一个街道
    Subdistrict,
    /// Ten sub-districts, a million residents / 一个区
    District,
}

/// Arguments of `example`.
#[derive(Args, Debug)]
pub(crate) struct ExampleArguments {
    /// How big / 规模
    #[arg(long, value_enum, default_value = "community")]
    pub(crate) size: Size,
    /// The same number gives the same files / 同一个数字得到同样的表格
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder to write to; it must not hold such files yet / 写入的文件夹
    pub(crate) folder: PathBuf,
}
