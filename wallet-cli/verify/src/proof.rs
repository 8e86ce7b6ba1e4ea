//! This exists to be the command that takes one file: a proof, which is checked against a genesis hash or a
//! pinned block, or a chain, which is audited. What a file is, its first bytes say.

mod shown;
mod words;

use crate::command::{self, AuditArguments, Output, Said, keys, line, parse_digest};
use crate::words::Language;
use clap::Args;
use linli_ledger::code::Code;
use linli_ledger::genesis::Keys;
use linli_ledger::hash::Digest;
use linli_ledger::limits::PROOF_BYTES_MAX;
use linli_ledger::verify::{Checkpoint, Failure, PROOF_MAGIC, Trust, Verdict, verify};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Arguments for one file.
#[derive(Args, Clone, Debug)]
pub struct FileArguments {
    /// A proof, or a folder or file that holds a chain / 证明文件，或账本所在的文件夹或文件
    #[arg(value_name = "FILE", required = true)]
    pub path: Option<PathBuf>,
    /// Hash of the genesis, from a source you trust / 创世摘要，须来自可信渠道
    #[arg(long, value_name = "HASH", value_parser = parse_digest, required_unless_present = "checkpoint")]
    pub genesis_hash: Option<Digest>,
    /// File with a block that you have pinned before / 以前保存的检查点文件
    #[arg(long, value_name = "FILE", conflicts_with = "genesis_hash")]
    pub checkpoint: Option<PathBuf>,
}

/// Why a file was not even checked.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no checkpoint", path.display())]
    Checkpoint { path: PathBuf },
    #[error("a chain is audited against --genesis-hash")]
    Chain,
}

/// Checks a proof or audits a chain: exit 0 if it holds, 5 with the first broken thing named.
pub fn run(
    arguments: &FileArguments,
    output: Output,
    language: Language,
    progress: &mut dyn FnMut(u64, u64),
) -> Said {
    match file(arguments, output, language, progress) {
        Ok(said) => said,
        Err(error) => {
            let exit = match &error {
                FileError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => 3,
                FileError::Read { .. } => 1,
                FileError::Checkpoint { .. } | FileError::Chain => 2,
            };
            match output {
                Output::Json => {
                    let said = json!({ "ok": false, "failed": { "detail": error.to_string() } });
                    Said { output: line(&said), error: String::new(), exit }
                }
                Output::Table => {
                    Said { output: String::new(), error: format!("error: {error}\n"), exit }
                }
            }
        }
    }
}

fn file(
    arguments: &FileArguments,
    output: Output,
    language: Language,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Said, FileError> {
    let path = arguments.path.clone().unwrap_or_default();
    let trust = match (&arguments.checkpoint, arguments.genesis_hash) {
        (Some(file), _) => {
            let text = fs::read_to_string(file).map_err(|source| read_error(file, source))?;
            let none = || FileError::Checkpoint { path: file.clone() };
            Trust::Checkpoint(Checkpoint::from_text(&text).ok_or_else(none)?)
        }
        (None, genesis) => Trust::Genesis(genesis.unwrap_or(Digest::ZERO)),
    };
    if let Some(bytes) = proof(&path)? {
        return Ok(proof_said(&bytes, &trust, output, language));
    }
    let Trust::Genesis(genesis_hash) = trust else { return Err(FileError::Chain) };
    let arguments = AuditArguments { path, genesis_hash, expect_head: None };
    Ok(command::run(&arguments, output, language, progress))
}

fn read_error(path: &Path, source: io::Error) -> FileError {
    FileError::Read { path: path.to_owned(), source }
}

/// The bytes of a file if they begin as those of a proof do; no more of them than a proof may have.
fn proof(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let read = |source| read_error(path, source);
    if fs::metadata(path).map_err(read)?.is_dir() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let limit = PROOF_BYTES_MAX as u64 + 1;
    let mut file = File::open(path).map_err(read)?;
    file.by_ref().take(PROOF_MAGIC.len() as u64).read_to_end(&mut bytes).map_err(read)?;
    if bytes != PROOF_MAGIC {
        return Ok(None);
    }
    file.take(limit).read_to_end(&mut bytes).map_err(read)?;
    Ok(Some(bytes))
}

/// What is said of the bytes of a proof.
pub fn proof_said(bytes: &[u8], trust: &Trust, output: Output, language: Language) -> Said {
    let (text, value, exit) = match verify(bytes, trust) {
        Ok(verdict) => (verdict_text(&verdict, language), verdict_json(&verdict), 0),
        Err(failure) => (failure_text(&failure, language), failure_json(&failure), 5),
    };
    match (output, exit) {
        (Output::Json, _) => Said { output: line(&value), error: String::new(), exit },
        (Output::Table, 0) => Said { output: text, error: String::new(), exit },
        (Output::Table, _) => Said { output: String::new(), error: text, exit },
    }
}

/// A verdict for programs. Heights, amounts and counts are decimal strings.
pub fn verdict_json(verdict: &Verdict) -> Value {
    let (height, hash, time) = &verdict.head;
    let named = verdict.named.as_ref();
    json!({
        "ok": true,
        "chain_id": named.map(|(name, _)| name),
        "genesis_hash": verdict.genesis.to_hex(),
        "keys": named.map(|(_, holders)| keys(*holders)),
        "head": { "height": height.to_string(), "hash": hash.to_string(), "time_ms": time.to_string() },
        "recoveries": verdict.recoveries.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "checks": verdict.passed.iter().map(|check| json!({ "name": check.name(), "ok": true })).collect::<Vec<_>>(),
        "shown": shown::json(&verdict.shown),
    })
}

fn failure_json(failure: &Failure) -> Value {
    json!({
        "ok": false,
        "code": Code::VerificationFailed.name(),
        "failed": {
            "check": failure.check.name(),
            "height": failure.height.map(|height| height.to_string()),
            "expected": failure.expected.to_string(),
            "found": failure.found.to_string(),
            "detail": failure.to_string(),
        },
        "checks": failure.passed.iter().map(|check| json!({ "name": check.name(), "ok": true })).collect::<Vec<_>>(),
    })
}

fn verdict_text(verdict: &Verdict, language: Language) -> String {
    let mut text = String::new();
    for check in &verdict.passed {
        let _ = writeln!(text, "  ✓ {}", words::check(*check, language));
    }
    let _ = write!(text, "\n{}", shown::text(&verdict.shown, language));
    let (height, hash, _) = &verdict.head;
    let _ = writeln!(text, "  {} {height} {hash}", language.pick("依据区块", "head"));
    for recovery in &verdict.recoveries {
        let warning = language.pick(
            "！！此处由治理机构恢复，更换了验证节点，区块",
            "!! RECOVERY: governance named a new validator set outside the protocol at block",
        );
        let _ = writeln!(text, "{warning} {recovery}");
    }
    if let Some((_, Keys::Demonstration)) = &verdict.named {
        let note = language.pick(
            "注意：这是演示密钥，一个程序代表所有人签名。",
            "Note: demonstration keys; one process signs for everybody.",
        );
        let _ = writeln!(text, "  {note}");
    }
    text
}

fn failure_text(failure: &Failure, language: Language) -> String {
    let code = Code::VerificationFailed;
    let at = match (failure.height, language) {
        (None, _) => String::new(),
        (Some(height), Language::Chinese) => format!("第 {height} 个区块"),
        (Some(height), Language::English) => format!("block {height}: "),
    };
    let (failed, what) = (language.pick("不通过", "failed"), words::check(failure.check, language));
    let (expected, found) = (language.pick("应为", "expected"), language.pick("实际", "found"));
    format!(
        "error[{code}]: {at}{failed}: {what} ({})\n  {expected}: {}\n  {found}: {}\n",
        failure.check.name(),
        words::finding(&failure.expected, language),
        words::finding(&failure.found, language),
    )
}
