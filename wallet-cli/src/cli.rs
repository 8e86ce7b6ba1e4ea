//! This exists to say which commands and flags there are.

use crate::trace::TraceArguments;
use clap::{Args, Parser, Subcommand, ValueEnum};
use linli_verify::{AuditArguments, Output};
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes / 退出码: 0 ok · 1 unexpected · 2 usage · 3 not found · \
    4 not permitted · 5 verification failed · 6 unavailable · 7 rejected by the ledger";

/// 邻里 Linli: what residents give, and where money goes, for anybody to check
#[derive(Parser, Debug)]
#[command(name = "linli", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// For whom the output is / 输出格式：给人看或给程序用
    #[arg(short, long, value_enum, default_value = "table", global = true)]
    pub(crate) output: Output,
    /// Language of the output, zh or en; otherwise from the environment / 语言
    #[arg(long, global = true, value_name = "zh|en")]
    pub(crate) lang: Option<String>,
    /// No progress bar / 不显示进度
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
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
        /// A code such as `E_OVERLAP`; without one, all of them / 代码，例如 `E_OVERLAP`
        code: Option<String>,
    },
}

/// Arguments of `run`.
#[derive(Args, Debug)]
pub(crate) struct RunArguments {
    /// Folder with the office's CSV files / 放表格（CSV）的文件夹
    pub(crate) input: PathBuf,
    /// Folder for the ledger; `.linli/<name of the input>` if not given / 账本文件夹
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
