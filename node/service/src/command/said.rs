//! This exists to put results into words, in two languages, or into JSON for programs.

mod peers;

pub(super) use peers::peers;

use crate::api::admin::{Met, Silent, Stands};
use crate::config::Config;
use crate::dev::Account;
use crate::operations::backup::Manifest;
use crate::operations::doctor::{Finding, Grade};
use crate::operations::restore::Restored;
use crate::operations::running::{Addresses, AskError, Moved};
use crate::operations::status::Status;
use linli_ledger::code::Code;
use linli_ledger::genesis::{Clock, Genesis, Keys};
use linli_ledger::rules::Switch;
use linli_node::history::Arrival;
use linli_verify::{Language, Output, Said};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// What a backup must never be used for.
const NEVER: (&str, &str) = (
    "注意：备份里没有验证节点的密钥，也没有它签到哪里的记录；这两样绝不能从备份恢复，否则可能重复签名。",
    "Note: neither the validator's key nor the record of what it last signed is in a backup; never \
     restore them from one, or this validator may sign twice.",
);

/// One line for programs.
pub(super) fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// A "no": its code, what is wrong, and how the process exits.
pub(super) fn failed(code: Code, detail: &str, output: Output, language: Language) -> Said {
    let exit = match code {
        Code::Configuration | Code::KeyFile | Code::DemonstrationKeys | Code::GenesisInvalid => 2,
        Code::InputMissing => 3,
        Code::ChainShortened
        | Code::ChainDamaged
        | Code::VerificationFailed
        | Code::Backup
        | Code::Recovery
        | Code::RulesUnknown
        | Code::Card => 5,
        Code::DirectoryBusy
        | Code::StorageFull
        | Code::Stopped
        | Code::Draining
        | Code::NodeUnreachable => 6,
        Code::Passphrase | Code::NoTerminal => 4,
        _ => 1,
    };
    match output {
        Output::Json => {
            let value = json!({ "ok": false, "code": code.name(), "detail": detail });
            Said { output: line(&value), error: String::new(), exit }
        }
        Output::Table => {
            let more = language.pick("详见", "see");
            let error = format!("error[{code}]: {detail}\n  {more}: linli explain {code}\n");
            Said { output: String::new(), error, exit }
        }
    }
}

pub(super) fn keys(genesis: &Genesis) -> &'static str {
    linli_verify::command::keys(genesis.keys)
}

fn clock(genesis: &Genesis) -> &'static str {
    match genesis.clock {
        Clock::Real => "real",
        Clock::Data => "data",
    }
}

/// The clock of a demonstration was moved on.
pub(super) fn advanced(head: &Moved, output: Output, language: Language) -> String {
    let (height, time) = (head.height, moment(head.time.0));
    match output {
        Output::Json => {
            line(&json!({ "ok": true, "height": height.to_string(), "time_ms": head.time }))
        }
        Output::Table => match language {
            Language::Chinese => format!("账本的时间现在是 {time}（第 {height} 个区块）。\n"),
            Language::English => {
                format!("The time of the ledger is now {time} (block {height}).\n")
            }
        },
    }
}

/// The warning that every output of a demonstration carries.
pub(super) fn warning(genesis: &Genesis, language: Language) -> String {
    match genesis.keys {
        Keys::Real => String::new(),
        Keys::Demonstration => format!(
            "{}\n",
            language.pick(
                "注意：这是演示密钥，人人都能用它签名，绝不能用于真实的账本。",
                "Note: demonstration keys, which anybody can sign with; never for a real ledger.",
            )
        ),
    }
}

pub(super) fn status(
    status: &Status,
    asked: &Result<Option<Stands>, AskError>,
    output: Output,
    language: Language,
) -> String {
    let (height, hash, time) = status.head;
    match output {
        Output::Json => line(&json!({
            "chain_id": status.genesis.name,
            "genesis_hash": status.genesis.hash().to_hex(),
            "keys": keys(&status.genesis),
            "clock": clock(&status.genesis),
            "head": {
                "height": height.to_string(), "hash": hash.to_string(), "time_ms": time.to_string(),
            },
            "chain_bytes": status.chain_bytes.to_string(),
            "snapshots": status.snapshots.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "running": status.is_running,
            "arrival": status.arrival.map(|arrival| json!({
                "over": arrival.is_over,
                "height": arrival.height.to_string(),
                "snapshot": arrival.snapshot.map(|height| height.to_string()),
            })),
            "room_bytes": status.room.map(|room| room.to_string()),
            "asked": asked.as_ref().ok(),
            "unanswered": asked.as_ref().err().map(|error| {
                json!({ "code": error.code(), "detail": error.to_string() })
            }),
        })),
        Output::Table => {
            let pick = |chinese, english| language.pick(chinese, english);
            let running = if status.is_running {
                pick("运行中", "running")
            } else {
                pick("没有运行", "not running")
            };
            let snapshot = match status.snapshots.first() {
                Some(height) => height.to_string(),
                None => pick("无", "none").to_owned(),
            };
            let mut text = format!("{}  {running}\n", status.genesis.name);
            let rows = [
                (pick("创世摘要", "genesis "), status.genesis.hash().to_string()),
                (pick("最新区块", "head    "), format!("{height}  {hash}")),
                (pick("区块时间", "time    "), moment(time.0)),
                (pick("账本大小", "bytes   "), status.chain_bytes.to_string()),
                (pick("最近快照", "snapshot"), snapshot),
            ];
            for (name, value) in rows {
                let _ = writeln!(text, "  {name}  {value}");
            }
            if let Some(arrival) = status.arrival {
                let name = pick("加入方式", "joined  ");
                let _ = writeln!(text, "  {name}  {}", arrived(arrival, language));
            }
            text + &answered(asked, language) + &warning(&status.genesis, language)
        }
    }
}

/// How a node came to its chain.
fn arrived(arrival: Arrival, language: Language) -> String {
    let Arrival { is_over, height, snapshot } = arrival;
    match (is_over, snapshot, language) {
        (false, _, Language::Chinese) => "正在通过快照加入，还没有完成".to_owned(),
        (false, _, Language::English) => "is joining by snapshot, and has not all of it".to_owned(),
        (true, Some(snapshot), Language::Chinese) => format!(
            "第 {height} 个区块为止凭共识证书接收，状态取自第 {snapshot} 个区块的快照；重新计算一遍用 linlid verify"
        ),
        (true, Some(snapshot), Language::English) => format!(
            "blocks to {height} by their certificates, the state by a snapshot of block {snapshot}; \
             linlid verify executes them all"
        ),
        (true, None, Language::Chinese) => {
            format!("第 {height} 个区块为止由其他节点提供，在本机全部重算")
        }
        (true, None, Language::English) => {
            format!("blocks to {height} from other nodes, all executed here")
        }
    }
}

/// What a running node said when it was asked; otherwise that all of this is from the folder.
fn answered(asked: &Result<Option<Stands>, AskError>, language: Language) -> String {
    let stands = match asked {
        Ok(Some(stands)) => stands,
        Ok(None) => {
            let folder = language.pick(
                "以上取自节点的文件夹，没有运行中的节点可问。",
                "This is from the folder; no node runs that could be asked.",
            );
            return format!("{folder}\n");
        }
        Err(error) => {
            let silent = language.pick(
                "以上取自节点的文件夹；运行中的节点没有答复：",
                "This is from the folder; the running node does not answer:",
            );
            return format!("{silent} {error}\n");
        }
    };
    let takes = match (&stands.closed, language) {
        (None, Language::Chinese) => "接收新交易".to_owned(),
        (None, Language::English) => "takes transactions".to_owned(),
        (Some(code), Language::Chinese) => format!("不接收新交易（{code}）"),
        (Some(code), Language::English) => format!("takes nothing new ({code})"),
    };
    let Stands { height, waiting, index_lag, .. } = stands;
    let met = match (&stands.network, language) {
        (None, _) => String::new(),
        (Some(Met { listed, connected, .. }), Language::Chinese) => {
            format!("已连上其他 {listed} 个节点中的 {connected} 个。\n")
        }
        (Some(Met { listed, connected, .. }), Language::English) => {
            format!("{connected} of {listed} other nodes are connected.\n")
        }
    };
    let said = match language {
        Language::Chinese => format!(
            "节点答复：第 {height} 个区块，{takes}，排队 {waiting} 笔，查询索引落后 {index_lag} 个区块。\n"
        ),
        Language::English => format!(
            "The node says: block {height}, {takes}, {waiting} wait, the read model lacks {index_lag} blocks.\n"
        ),
    };
    let silent = match (&stands.silent, language) {
        (None, _) => String::new(),
        (Some(Silent { code, detail }), Language::Chinese) => {
            format!("注意：本验证节点不投票（{code}）：{detail}\n")
        }
        (Some(Silent { code, detail }), Language::English) => {
            format!("Note: this validator casts no votes ({code}): {detail}\n")
        }
    };
    let switches = stands.switches.iter().map(|switch| to_come(switch, language));
    said + &met + &silent + &switches.collect::<String>()
}

/// Rules that come at a height. Source: LED-6.9.
fn to_come(switch: &Switch, language: Language) -> String {
    let Switch { contract, version, from, is_known } = switch;
    match (language, is_known) {
        (Language::Chinese, true) => format!(
            "第 {from} 个区块起，合约 {contract} 启用第 {version} 版规则；本程序已有这一版。\n"
        ),
        (Language::Chinese, false) => format!(
            "注意：第 {from} 个区块起，合约 {contract} 启用第 {version} 版规则；本程序没有这一版，届时会停下。请在此之前安装新版程序。\n"
        ),
        (Language::English, true) => format!(
            "From block {from} on contract {contract} has version {version}; this program has it.\n"
        ),
        (Language::English, false) => format!(
            "Note: from block {from} on contract {contract} has version {version}; this program does not have it and will stop there. Install one that has it before.\n"
        ),
    }
}

/// A time of the chain for people, in UTC.
pub(super) fn moment(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| ms.to_string(), |time| time.to_string())
}

pub(super) fn backup(
    manifest: &Manifest,
    file: &Path,
    output: Output,
    language: Language,
) -> String {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    match output {
        Output::Json => line(&json!({
            "ok": true, "file": file, "genesis_hash": manifest.genesis,
            "height": manifest.height.to_string(), "head": manifest.head,
            "bytes": bytes.to_string(),
        })),
        Output::Table => {
            let done = match language {
                Language::Chinese => format!(
                    "已备份「{}」到第 {} 个区块，{bytes} 字节。",
                    manifest.chain, manifest.height
                ),
                Language::English => format!(
                    "\"{}\" is backed up to block {}, {bytes} bytes.",
                    manifest.chain, manifest.height
                ),
            };
            let note = language.pick(NEVER.0, NEVER.1);
            format!("{done}\n  genesis {}\n  head    {}\n{note}\n", manifest.genesis, manifest.head)
        }
    }
}

pub(super) fn restored(
    restored: &Restored,
    folder: &Path,
    output: Output,
    language: Language,
) -> String {
    let manifest = &restored.manifest;
    let report = &restored.report;
    match output {
        Output::Json => line(&json!({
            "ok": true, "folder": folder, "genesis_hash": manifest.genesis,
            "height": manifest.height.to_string(), "head": manifest.head,
            "audit": linli_verify::command::report_json(report),
        })),
        Output::Table => {
            let done = match language {
                Language::Chinese => format!(
                    "已恢复「{}」到第 {} 个区块：{} 笔交易从头重算，全部相符。",
                    manifest.chain, manifest.height, report.transactions
                ),
                Language::English => format!(
                    "\"{}\" is restored to block {}: {} transactions executed again, all as they were.",
                    manifest.chain, manifest.height, report.transactions
                ),
            };
            let note = language.pick(NEVER.0, NEVER.1);
            format!("{done}\n  genesis {}\n  head    {}\n{note}\n", manifest.genesis, manifest.head)
        }
    }
}

pub(super) fn doctor(findings: &[Finding], output: Output, language: Language) -> Said {
    let worst = findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Good);
    let grade = |grade| match grade {
        Grade::Good => ("ok", "✓"),
        Grade::Warning => ("warning", "!"),
        Grade::Bad => ("bad", "✗"),
    };
    let text = match output {
        Output::Json => line(&json!({
            "ok": worst < Grade::Bad,
            "findings": findings.iter().map(|finding| json!({
                "check": finding.check,
                "grade": grade(finding.grade).0,
                "detail": finding.english,
            })).collect::<Vec<_>>(),
        })),
        Output::Table => findings.iter().fold(String::new(), |mut text, finding| {
            let sentence = language.pick(&finding.chinese, &finding.english);
            let _ = writeln!(text, "  {} {:<9} {sentence}", grade(finding.grade).1, finding.check);
            text
        }),
    };
    Said { output: text, error: String::new(), exit: u8::from(worst == Grade::Bad) }
}

pub(super) fn settings(config: &Config, origins: bool, output: Output) -> String {
    match output {
        Output::Json => {
            let rows = config.origins.iter().map(|(name, value, origin)| {
                let value = serde_json::from_str::<Value>(value).unwrap_or_default();
                let shown = json!({ "value": value, "origin": origin });
                (name.clone(), if origins { shown } else { value })
            });
            line(&Value::Object(rows.collect()))
        }
        Output::Table => config.origins.iter().fold(String::new(), |mut text, row| {
            let (name, value, origin) = row;
            let origin = if origins { format!("  # {origin}") } else { String::new() };
            let _ = writeln!(text, "{name} = {value}{origin}");
            text
        }),
    }
}

/// The accounts of a demonstration and where it can be reached.
pub(super) fn demonstration(
    genesis: &Genesis,
    accounts: &[Account],
    addresses: &Addresses,
    folder: &Path,
    output: Output,
    language: Language,
) -> String {
    match output {
        Output::Json => line(&json!({
            "ok": true,
            "api": format!("http://{}", addresses.api),
            "admin": format!("http://{}", addresses.admin),
            "folder": folder,
            "genesis_hash": genesis.hash().to_hex(),
            "keys": keys(genesis),
            "clock": clock(genesis),
            "seed": String::from_utf8_lossy(crate::dev::SEED),
            "accounts": accounts.iter().map(|account| json!({
                "label": account.label, "kind": account.kind, "id": account.id,
                "key": account.key, "grant": account.grant,
            })).collect::<Vec<_>>(),
        })),
        Output::Table => {
            let mut text = format!("Linli dev  http://{}\n\n", addresses.api);
            for account in accounts {
                let _ = writeln!(text, "  {:<14} {}  {}", account.label, account.id, account.kind);
            }
            let _ =
                writeln!(text, "\n  genesis {}\n  folder  {}", genesis.hash(), folder.display());
            if genesis.clock == Clock::Data {
                let how = language.pick(
                    "账本的时间停着；往前拨：",
                    "Time stands still on this ledger; move it on with",
                );
                let _ = writeln!(text, "{how} linlid --dir {} dev advance 1d", folder.display());
            }
            text + &warning(genesis, language)
        }
    }
}
