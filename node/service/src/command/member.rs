//! This exists to write the changes by which governance lets this machine's node in, with the proof that it
//! holds the keys: `linlid member`.

use super::good;
use super::running::{Failure, genesis};
use super::said::failed;
use crate::config::Settings;
use crate::key_file::{KeyFileError, Keyring};
use clap::{Args, Subcommand};
use linli_contracts::governance::{Change, NodeRole};
use linli_ledger::code::Code;
use linli_ledger::crypto::{ConsensusKey, PublicKey, Signature, peer_identity};
use linli_ledger::hash::from_hex;
use linli_ledger::types::OrganisationId;
use linli_verify::{Language, Output, Said};
use std::path::PathBuf;

/// Who asks.
#[derive(Args, Debug)]
pub(super) struct AskingArguments {
    /// The organisation that runs this node, llo1… / 运行本节点的单位
    #[arg(long, value_name = "llo1…")]
    organisation: OrganisationId,
    /// This node may connect already / 本节点已经可以联网
    #[arg(long)]
    known_node: bool,
    /// File with the passphrase of the keys in its first line / 密钥口令所在的文件（第一行）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(super) enum MemberCommand {
    /// One validator more: this one / 增加本机为验证节点
    Add {
        #[command(flatten)]
        asking: AskingArguments,
        /// Its weight in votes / 投票权重
        #[arg(long, default_value_t = 1)]
        power: u64,
    },
    /// This machine's validator key in the place of another / 用本机的验证密钥替换旧的
    Rotate {
        #[command(flatten)]
        asking: AskingArguments,
        /// The key that ends, 64 hexadecimal digits / 要停用的旧密钥
        #[arg(long, value_name = "KEY", value_parser = public_key)]
        old: PublicKey,
    },
    /// One observer more: this one / 增加本机为观察节点
    Observe {
        #[command(flatten)]
        asking: AskingArguments,
    },
}

impl MemberCommand {
    fn asking(&self) -> &AskingArguments {
        match self {
            Self::Add { asking, .. } | Self::Rotate { asking, .. } | Self::Observe { asking } => {
                asking
            }
        }
    }

    /// The file with the passphrase, if one is named.
    pub(super) fn passphrase_file(&self) -> Option<&PathBuf> {
        self.asking().passphrase_file.as_ref()
    }
}

/// Reads a public key.
pub(super) fn public_key(text: &str) -> Result<PublicKey, String> {
    let key = from_hex(text).map(PublicKey::Ed25519);
    key.ok_or_else(|| "expected 64 lower-case hexadecimal characters".to_owned())
}

/// `linlid member`: a JSON list, as `linli org propose` takes it, whatever the form of the output.
pub(super) fn run(
    command: &MemberCommand,
    settings: &Settings,
    output: Output,
    language: Language,
) -> Said {
    match changes(command, settings, language) {
        Ok(changes) => good(serde_json::to_string_pretty(&changes).unwrap_or_default() + "\n"),
        Err(Failure(code, detail)) => failed(code, &detail, output, language),
    }
}

fn changes(
    command: &MemberCommand,
    settings: &Settings,
    language: Language,
) -> Result<Vec<Change>, Failure> {
    let missing = |name: &str| {
        Failure::new(Code::Configuration, &format!("{name} is not set: it is this node that asks"))
    };
    let chain = genesis(settings)?.hash();
    let no = |error: KeyFileError| Failure::new(error.code(), &error);
    let mut keys = Keyring::new(settings, language);
    let network = keys.network().map_err(no)?.ok_or_else(|| missing("network_key"))?;
    let node = network.public();
    let mut validator = || -> Result<(PublicKey, Signature), Failure> {
        let key: ConsensusKey =
            keys.validator().map_err(no)?.ok_or_else(|| missing("validator_key"))?;
        Ok((key.public(), key.sign_peer(&chain, &peer_identity(&node))))
    };
    let &AskingArguments { organisation, known_node, .. } = command.asking();
    let (node_role, change) = match command {
        MemberCommand::Add { power, .. } => {
            let (key, proof) = validator()?;
            let power = *power;
            let change = Change::ValidatorAdd { organisation, key, power, node, proof };
            (NodeRole::Validator, Some(change))
        }
        MemberCommand::Rotate { old, .. } => {
            let (new, proof) = validator()?;
            let change = Change::ValidatorRotate { old: *old, new, node, proof };
            (NodeRole::Validator, Some(change))
        }
        MemberCommand::Observe { .. } => (NodeRole::Observer, None),
    };
    let joins = Change::NodeAdd { organisation, key: node, node_role };
    Ok((!known_node).then_some(joins).into_iter().chain(change).collect())
}
