//! This exists to be `linlid recovery`: what governing organisations do when more than a third of the
//! validators are lost for good.

use super::member::public_key;
use super::said::{failed, line, moment};
use super::{good, operation_failed};
use crate::config::Settings;
use crate::key_file::Keyring;
use crate::operations::recovery::{self, Change, Seen};
use clap::{Args, Subcommand};
use linli_ledger::certificate::Validator;
use linli_ledger::crypto::{BusinessKey, PublicKey};
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockHash, OrganisationId};
use linli_secrets::KeyKind;
use linli_verify::{Language, Output, Said};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(super) enum RecoveryCommand {
    /// Make a draft on the last block here: who is lost, who comes / 在本机最后一个区块上起草：去掉谁，加上谁
    Propose(ProposeArguments),
    /// What a draft does and who has signed it, checked against the chain here / 查看草稿，并与本机账本核对
    Show {
        /// The draft / 草稿文件
        file: PathBuf,
    },
    /// Sign for a governing organisation / 代表治理单位签名
    Sign(SignArguments),
    /// Write what enough have signed into the chain here; then start the node / 签够之后写入本机账本，再启动节点
    Apply {
        /// The draft / 草稿文件
        file: PathBuf,
    },
}

/// Arguments of `recovery propose`.
#[derive(Args, Debug)]
pub(super) struct ProposeArguments {
    /// The file to write; it must not be there / 要写的文件
    file: PathBuf,
    /// Key of a validator that is lost; may be repeated / 丢失的验证节点的公钥，可重复
    #[arg(long, value_name = "KEY", value_parser = public_key)]
    without: Vec<PublicKey>,
    /// A new validator, ORGANISATION=KEY or ORGANISATION=KEY=WEIGHT; may be repeated / 新的验证节点：单位=公钥[=权重]，可重复
    #[arg(long = "with", value_name = "ORGANISATION=KEY", value_parser = validator)]
    with: Vec<(String, PublicKey, u64)>,
}

/// Arguments of `recovery sign`.
#[derive(Args, Debug)]
pub(super) struct SignArguments {
    /// The draft / 草稿文件
    file: PathBuf,
    /// Hash of its block, as you compared it with the other organisations / 与其他单位核对过的区块摘要
    #[arg(long, value_name = "HASH", value_parser = linli_verify::command::parse_digest)]
    block: Digest,
    /// File with the organisation's key / 单位密钥文件
    #[arg(long, value_name = "FILE")]
    organisation_key: PathBuf,
    /// File with its passphrase in its first line / 口令文件（第一行）
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
}

fn validator(text: &str) -> Result<(String, PublicKey, u64), String> {
    let parts: Vec<_> = text.split('=').collect();
    let (organisation, public, power) = match parts.as_slice() {
        [organisation, public] => (organisation, public, Ok(1)),
        [organisation, public, power] => (organisation, public, power.parse()),
        _ => return Err("ORGANISATION=KEY or ORGANISATION=KEY=WEIGHT".to_owned()),
    };
    let power = power.map_err(|_| "the weight is a whole number".to_owned())?;
    Ok(((*organisation).to_owned(), public_key(public)?, power))
}

/// `linlid recovery`.
pub(super) fn recovery(
    settings: &Settings,
    command: &RecoveryCommand,
    output: Output,
    language: Language,
) -> Said {
    let folder = &settings.folder;
    let seen = match command {
        RecoveryCommand::Propose(ProposeArguments { file, without, with }) => {
            let change = Change { without: without.clone(), with: with.clone() };
            recovery::propose(folder, file, &change)
        }
        RecoveryCommand::Show { file } => recovery::look(folder, file),
        RecoveryCommand::Sign(SignArguments { file, block, organisation_key, .. }) => {
            let secret =
                Keyring::new(settings, language).secret(organisation_key, KeyKind::Business);
            match secret {
                Ok(secret) => {
                    let key = BusinessKey::from_seed(&secret);
                    recovery::sign(folder, file, BlockHash(*block), &key)
                }
                Err(error) => return failed(error.code(), &error.to_string(), output, language),
            }
        }
        RecoveryCommand::Apply { file } => recovery::apply(folder, file),
    };
    match seen {
        Ok(seen) => good(told(&seen, command, output, language)),
        Err(error) => operation_failed(&error, output, language),
    }
}

fn told(seen: &Seen, command: &RecoveryCommand, output: Output, language: Language) -> String {
    match output {
        Output::Json => line(&in_json(seen)),
        Output::Table => in_words(seen, matches!(command, RecoveryCommand::Apply { .. }), language),
    }
}

fn in_json(seen: &Seen) -> Value {
    let Seen { chain, draft, standing, .. } = seen;
    json!({
        "ok": true, "chain_id": chain, "height": standing.height.to_string(),
        "block": standing.block.to_string(), "validators": draft.validators,
        "before": standing.before, "threshold": standing.threshold, "signed": standing.signed,
        "missing": standing.missing, "complete": standing.is_complete(),
    })
}

fn in_words(seen: &Seen, is_applied: bool, language: Language) -> String {
    let Seen { chain, draft, standing, names } = seen;
    let name = |id: &OrganisationId| names.get(id).cloned().unwrap_or_else(|| id.to_string());
    let (height, block) = (standing.height, standing.block);
    let time = moment(draft.block.header.time.0);
    let mut text = match language {
        Language::Chinese => {
            format!("{chain} 的恢复区块：第 {height} 块，{time}\n  摘要  {block}\n")
        }
        Language::English => {
            format!("A recovery of {chain}: block {height}, {time}\n  hash  {block}\n")
        }
    };
    text.push_str(language.pick("验证节点：\n", "validators:\n"));
    let row = |mark: &str, one: &Validator| {
        format!("  {mark} {}  {}  {}\n", one.key, one.power, name(&one.organisation))
    };
    for one in standing.before.members() {
        text += &row(if draft.validators.get(&one.key).is_some() { " " } else { "-" }, one);
    }
    let is_new = |one: &&Validator| standing.before.get(&one.key).is_none();
    for one in draft.validators.members().iter().filter(is_new) {
        text += &row("+", one);
    }
    let (have, need) = (standing.signed.len(), standing.threshold);
    let _ = match language {
        Language::Chinese => writeln!(text, "签名（需要 {need} 个单位，已有 {have} 个）："),
        Language::English => writeln!(text, "signatures ({need} organisations must, {have} did):"),
    };
    let marks = standing.signed.iter().map(|id| ("✓", id));
    for (mark, id) in marks.chain(standing.missing.iter().map(|id| ("·", id))) {
        let _ = writeln!(text, "  {mark} {}", name(id));
    }
    text + next(is_applied, standing.is_complete(), language)
}

fn next(is_applied: bool, is_complete: bool, language: Language) -> &'static str {
    match (is_applied, is_complete) {
        (true, _) => language.pick(
            "已写入本机账本。每个节点都这样做之后再启动。\n",
            "It is in the chain here. Do this on every node, then start them.\n",
        ),
        (false, true) => language.pick(
            "签够了：在每个节点上运行 linlid recovery apply。\n",
            "Enough have signed: run linlid recovery apply on every node.\n",
        ),
        (false, false) => language.pick(
            "先与其他单位当面或电话核对摘要，再运行 linlid recovery sign。\n",
            "Compare the hash with the other organisations by voice, then run linlid recovery sign.\n",
        ),
    }
}
