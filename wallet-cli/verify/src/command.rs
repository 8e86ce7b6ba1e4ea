//! This exists to be the command `audit`, the same in `linli` and in `linli-verify`.

use crate::chain::{ChainError, audit};
use crate::words::{self, Language};
use clap::{Args, ValueEnum};
use linli_ledger::code::Code;
use linli_ledger::genesis::Keys;
use linli_ledger::hash::Digest;
use linli_ledger::replay::{AuditReport, Check};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// For whom output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Arguments of `audit`.
#[derive(Args, Clone, Debug)]
pub struct AuditArguments {
    /// Folder or file that holds the chain / 账本所在的文件夹或文件
    pub path: PathBuf,
    /// Hash of the genesis, from a source you trust / 创世摘要，须来自可信渠道
    #[arg(long, value_name = "HASH", value_parser = parse_digest)]
    pub genesis_hash: Digest,
    /// Hash of the last block, if you know it: finds a cut tail / 已知的最新区块摘要，可发现被截短的账本
    #[arg(long, value_name = "HASH", value_parser = parse_digest)]
    pub expect_head: Option<Digest>,
}

/// Reads 64 lower-case hexadecimal characters.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse_digest(text: &str) -> Result<Digest, String> {
    Digest::from_hex(text).ok_or_else(|| "expected 64 lower-case hexadecimal characters".to_owned())
}

/// What a command says and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// For standard output.
    pub output: String,
    /// For standard error.
    pub error: String,
    /// 0, 3 (nothing there), 1 (unreadable) or 5 (does not verify).
    pub exit: u8,
}

/// Runs `audit`: exit 0 if everything holds, 5 with the first broken thing named.
pub fn run(
    arguments: &AuditArguments,
    output: Output,
    language: Language,
    progress: &mut dyn FnMut(u64, u64),
) -> Said {
    let result = audit(
        &arguments.path,
        &linli_contracts::rulebook(),
        Some(&arguments.genesis_hash),
        arguments.expect_head.as_ref(),
        progress,
    );
    match (result, output) {
        (Ok((report, _)), Output::Json) => {
            Said { output: line(&report_json(&report)), error: String::new(), exit: 0 }
        }
        (Ok((report, _)), Output::Table) => {
            Said { output: report_text(&report, language), error: String::new(), exit: 0 }
        }
        (Err(error), Output::Json) => {
            Said { output: line(&failure_json(&error)), error: String::new(), exit: exit(&error) }
        }
        (Err(error), Output::Table) => {
            let exit = exit(&error);
            Said { output: String::new(), error: failure_text(&error, language), exit }
        }
    }
}

fn exit(error: &ChainError) -> u8 {
    match error {
        ChainError::Audit(_) => 5,
        ChainError::Missing { .. } => 3,
        ChainError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => 3,
        ChainError::Read { .. } => 1,
    }
}

pub(crate) fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// The checks that a good report stands for; the head only where one was given.
pub fn checks(report: &AuditReport) -> Vec<Check> {
    Check::ALL.into_iter().filter(|check| *check != Check::Head || report.head_expected).collect()
}

/// A good report for programs. Heights and counts are decimal strings.
pub fn report_json(report: &AuditReport) -> Value {
    let (height, hash, time) = &report.head;
    json!({
        "ok": true,
        "chain_id": report.chain,
        "genesis_hash": report.genesis.to_hex(),
        "keys": keys(report.keys),
        "head": { "height": height.to_string(), "hash": hash.to_string(), "time_ms": time.to_string() },
        "state_root": report.state_root.to_string(),
        "transactions": report.transactions.to_string(),
        "signatures": (report.signatures + report.certificates).to_string(),
        "recoveries": report.recoveries.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "invariants": report.invariants,
        "checks": checks(report).iter().map(|check| json!({ "name": check.name(), "ok": true })).collect::<Vec<_>>(),
    })
}

/// Name of the key mode in output for programs.
pub fn keys(keys: Keys) -> &'static str {
    match keys {
        Keys::Real => "real",
        Keys::Demonstration => "demonstration",
    }
}

fn failure_json(error: &ChainError) -> Value {
    let failed = match error {
        ChainError::Audit(error) => json!({
            "check": error.check().name(),
            "height": error.height().map(|height| height.to_string()),
            "transaction": error.transaction(),
            "detail": error.to_string(),
        }),
        ChainError::Read { .. } | ChainError::Missing { .. } => {
            json!({ "detail": error.to_string() })
        }
    };
    let code = match error {
        ChainError::Audit(_) => Code::VerificationFailed,
        ChainError::Read { .. } => Code::Storage,
        ChainError::Missing { .. } => Code::InputMissing,
    };
    json!({ "ok": false, "code": code.name(), "failed": failed })
}

fn report_text(report: &AuditReport, language: Language) -> String {
    let (height, hash, _) = &report.head;
    let mut text = String::new();
    for check in checks(report) {
        let _ = writeln!(text, "  ✓ {}", words::check(check, language));
    }
    let summary = match language {
        Language::Chinese => format!(
            "账本「{}」完好：{} 个区块，{} 笔交易，{} 个签名全部核对。",
            report.chain,
            height,
            report.transactions,
            report.signatures + report.certificates,
        ),
        Language::English => format!(
            "The chain \"{}\" holds: {} blocks, {} transactions, {} signatures, all checked.",
            report.chain,
            height,
            report.transactions,
            report.signatures + report.certificates,
        ),
    };
    let _ = writeln!(text, "\n{summary}");
    let _ = writeln!(text, "  {} {hash}", language.pick("最新区块", "head"));
    let _ = writeln!(text, "  {} {}", language.pick("状态根  ", "state"), report.state_root);
    let _ = writeln!(
        text,
        "  {} {}",
        language.pick("守恒规则", "invariants"),
        report.invariants.join(" ")
    );
    for recovery in &report.recoveries {
        let warning = language.pick(
            "！！此处由治理机构恢复，更换了验证节点，区块",
            "!! RECOVERY: governance named a new validator set outside the protocol at block",
        );
        let _ = writeln!(text, "{warning} {recovery}");
    }
    match report.keys {
        Keys::Real => {}
        Keys::Demonstration => {
            let note = language.pick(
                "注意：这是演示密钥，一个程序代表所有人签名。",
                "Note: demonstration keys; one process signs for everybody.",
            );
            let _ = writeln!(text, "  {note}");
        }
    }
    text
}

fn failure_text(error: &ChainError, language: Language) -> String {
    let code = Code::VerificationFailed;
    match error {
        ChainError::Audit(error) => {
            let what = words::check(error.check(), language);
            let at = place(error.height().map(|h| h.0), error.transaction(), language);
            let failed = language.pick("不通过", "failed");
            let detail = language.pick("细节", "detail");
            format!(
                "error[{code}]: {at}{failed}: {what} ({})\n  {detail}: {error}\n",
                error.check().name()
            )
        }
        ChainError::Read { .. } | ChainError::Missing { .. } => format!("error: {error}\n"),
    }
}

fn place(height: Option<u64>, transaction: Option<u32>, language: Language) -> String {
    match (height, transaction, language) {
        (None, _, _) => String::new(),
        (Some(height), None, Language::Chinese) => format!("第 {height} 个区块"),
        (Some(height), None, Language::English) => format!("block {height}: "),
        (Some(height), Some(index), Language::Chinese) => {
            format!("第 {height} 个区块第 {} 笔交易", u64::from(index) + 1)
        }
        (Some(height), Some(index), Language::English) => {
            format!("block {height}, transaction {index}: ")
        }
    }
}
