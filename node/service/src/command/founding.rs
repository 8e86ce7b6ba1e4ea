//! This exists to be the commands that found a network: `linlid init` and `linlid genesis`.

use super::good;
use super::said::{self, failed, line};
use crate::founding::draft::{self, Standing, Terms};
use crate::founding::findings::examine;
use crate::founding::keys::{self, Business, Duty, Preparation};
use crate::founding::{FoundingError, read_card};
use crate::key_file::{self, KeyFileError, NOBODY};
use clap::{Args, Subcommand, ValueEnum};
use linli_ledger::crypto::{Card, PublicKey, SignedCard};
use linli_ledger::genesis::{Genesis, Keys, OrganisationKind};
use linli_ledger::types::BlockTime;
use linli_secrets::{SecretError, passphrase};
use linli_verify::{Language, Output, Said};
use secrecy::SecretString;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

/// Arguments of `init`.
#[derive(Args, Debug)]
pub(super) struct InitArguments {
    /// Name of the organisation, for everybody to see / 单位名称，人人可见
    #[arg(long, value_name = "NAME")]
    org_name: String,
    /// What the organisation is / 单位类型
    #[arg(long, value_enum)]
    kind: Kind,
    /// Where other nodes reach this one, host:port; without it this node only calls others / 其他节点连接本节点的地址
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<String>,
    /// A node that follows and does not vote / 只跟随、不投票的观察节点
    #[arg(long)]
    observer: bool,
    /// The organisation has a key already, in this file, under the same passphrase / 单位已有密钥时，指明文件（同一口令）
    #[arg(long, value_name = "FILE")]
    organisation_key: Option<PathBuf>,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE", conflicts_with = "demonstration")]
    passphrase_file: Option<PathBuf>,
    /// No passphrase: keys that a real network refuses / 不设口令，只供演示，正式网络不接受
    #[arg(long)]
    demonstration: bool,
}

/// What an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    PublicBody,
    Committee,
    Volunteer,
    Provider,
    Partner,
    Bank,
    Donor,
    Evaluator,
    Regulator,
}

impl From<Kind> for OrganisationKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::PublicBody => Self::PublicBody,
            Kind::Committee => Self::Committee,
            Kind::Volunteer => Self::Volunteer,
            Kind::Provider => Self::Provider,
            Kind::Partner => Self::Partner,
            Kind::Bank => Self::Bank,
            Kind::Donor => Self::Donor,
            Kind::Evaluator => Self::Evaluator,
            Kind::Regulator => Self::Regulator,
        }
    }
}

#[derive(Subcommand, Debug)]
pub(super) enum GenesisCommand {
    /// Begin a genesis, without anybody in it / 开始起草创世文件
    New(NewArguments),
    /// Take in the cards of organisations; the order does not matter / 把各单位的名片加进去，先后不影响结果
    Add(AddArguments),
    /// Say everything that is wrong, and what may be regretted / 检查创世文件
    Validate {
        /// The genesis / 创世文件
        file: PathBuf,
    },
    /// The hash that names the chain, also for reading aloud / 创世摘要，也分组便于诵读
    Hash {
        /// The genesis / 创世文件
        file: PathBuf,
    },
    /// The setting `peers` for every node, from the cards / 根据名片给出各节点设置里的 peers
    Peers {
        /// The genesis / 创世文件
        file: PathBuf,
        /// Cards of nodes that can be called / 可以连接的节点的名片
        #[arg(required = true)]
        cards: Vec<PathBuf>,
    },
}

/// Arguments of `genesis new`.
#[derive(Args, Debug)]
pub(super) struct NewArguments {
    /// The file to write; it must not be there / 要写的文件，不能已经存在
    file: PathBuf,
    /// Name of the chain, ASCII / 账本名，ASCII 字符
    #[arg(long)]
    name: String,
    /// How many of the governing organisations must agree / 治理单位中至少多少个同意才能更改
    #[arg(long)]
    threshold: u32,
    /// Time before the first block, such as 2026-12-01T00:00Z; now if not given / 第一个区块之前的时间，不给则为现在
    #[arg(long)]
    time: Option<jiff::Timestamp>,
    /// real, or demonstration for a network to play with / 密钥是真实的还是演示的
    #[arg(long, value_enum, default_value = "real")]
    keys: KeysArgument,
    /// A parameter that differs from its default, NUMBER=VALUE; may be repeated / 与默认值不同的参数
    #[arg(long = "parameter", value_parser = parameter)]
    parameters: Vec<(u16, u64)>,
}

/// Who holds the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KeysArgument {
    /// Each organisation its own.
    Real,
    /// Everybody.
    Demonstration,
}

/// Arguments of `genesis add`.
#[derive(Args, Debug)]
pub(super) struct AddArguments {
    /// The genesis / 创世文件
    file: PathBuf,
    /// The cards / 名片
    #[arg(required = true)]
    cards: Vec<PathBuf>,
    /// Weight of the validator in votes / 验证节点的投票权重
    #[arg(long, default_value_t = 1)]
    power: u64,
    /// Whether the organisations govern; those with a validator do if nothing is said; the last word counts / 是否参与治理；不给则有验证节点的单位参与；以最后一次所给为准
    #[arg(long, value_name = "true|false")]
    governs: Option<bool>,
}

fn parameter(text: &str) -> Result<(u16, u64), String> {
    let parts = text.split_once('=').and_then(|(number, value)| {
        Some((number.trim().parse().ok()?, value.trim().parse().ok()?))
    });
    parts.ok_or_else(|| "NUMBER=VALUE".to_owned())
}

/// `linlid init`.
pub(super) fn init(
    folder: &Path,
    arguments: &InitArguments,
    output: Output,
    language: Language,
) -> Said {
    let prepared = new_passphrase(arguments, language).and_then(|passphrase| {
        let business = arguments.organisation_key.clone();
        let preparation = Preparation {
            folder: folder.to_owned(),
            name: arguments.org_name.clone(),
            kind: arguments.kind.into(),
            duty: if arguments.observer { Duty::Observer } else { Duty::Validator },
            address: arguments.address.clone(),
            business: business.map_or(Business::New, Business::In),
            passphrase,
        };
        preparation.prepare()
    });
    match prepared {
        Ok(card) => good(initialised(&card, folder, output, language)),
        Err(error) => founding_failed(&error, output, language),
    }
}

/// The passphrase for new keys; none for a demonstration.
fn new_passphrase(
    arguments: &InitArguments,
    language: Language,
) -> Result<Option<SecretString>, FoundingError> {
    let asked = || match &arguments.passphrase_file {
        Some(file) => key_file::passphrase_in(file),
        None if io::stdin().is_terminal() => passphrase::chosen(
            language.pick("给本节点的密钥设一个口令", "A passphrase for the keys of this node"),
            language.pick("再输入一次", "Once more"),
            language.pick("两次不一样", "They differ"),
        ),
        None => Err(SecretError::NoTerminal(NOBODY.to_owned())),
    };
    if arguments.demonstration {
        return Ok(None);
    }
    let checked = asked().and_then(|found| passphrase::check_new(&found).map(|()| found));
    Ok(Some(checked.map_err(KeyFileError::from)?))
}

fn initialised(signed: &SignedCard, folder: &Path, output: Output, language: Language) -> String {
    let SignedCard { card, .. } = signed;
    match output {
        Output::Json => line(&json!({ "ok": true, "folder": folder, "card": card })),
        Output::Table => {
            let shown = folder.display();
            let mut text = format!("{}  {shown}\n", card.name);
            let validator = card.validator.as_ref();
            let rows = [
                (language.pick("单位密钥", "organisation"), Some(card.organisation)),
                (language.pick("验证密钥", "validator   "), validator.copied()),
                (language.pick("网络密钥", "node        "), Some(card.node)),
            ];
            for (name, key) in rows {
                if let Some(key) = key {
                    let _ = writeln!(text, "  {name}  {key}");
                }
            }
            text + &next_steps(folder, card, language)
        }
    }
}

/// What an organisation does with what was made.
fn next_steps(folder: &Path, card: &Card, language: Language) -> String {
    let shown = folder.display();
    let file = |name: &str| folder.join(name).display().to_string();
    let (genesis, settings) = (file(keys::GENESIS), file(keys::SETTINGS));
    let organisation = folder.join(keys::ORGANISATION_KEY).exists();
    let organisation = organisation.then(|| file(keys::ORGANISATION_KEY));
    let validator = card.validator.is_some().then(|| file(keys::VALIDATOR_KEY));
    let card = file(keys::CARD);
    let steps = match language {
        Language::Chinese => [
            Some(format!("把名片 {card} 交给汇总创世文件的人；其中没有秘密。")),
            organisation.map(|key| {
                format!("把单位密钥 {key} 移到办公用的电脑（linli key import），离线备份一份，不要留在节点上。")
            }),
            validator.map(|key| format!("{key} 只留在这台机器上；丢了就通过治理更换，绝不复制。")),
            Some(format!("收到创世文件后，与其他单位核对 linlid genesis hash，放到 {genesis}。")),
            Some(format!("在 {settings} 里填好 peers（linlid genesis peers），运行 linlid --dir {shown} start。")),
        ],
        Language::English => [
            Some(format!("give the card {card} to whoever puts the genesis together; nothing in it is secret")),
            organisation.map(|key| {
                format!("move {key} to the office's machine (linli key import), keep a copy offline, leave none here")
            }),
            validator.map(|key| {
                format!("{key} stays on this machine alone; one that is lost is rotated by governance, never copied")
            }),
            Some(format!("compare linlid genesis hash with the other organisations, put the genesis at {genesis}")),
            Some(format!("fill in peers in {settings} (linlid genesis peers), run linlid --dir {shown} start")),
        ],
    };
    let mut text = language.pick("下一步：\n", "Next:\n").to_owned();
    for (number, step) in (1..).zip(steps.into_iter().flatten()) {
        let _ = writeln!(text, "  {number}. {step}");
    }
    text
}

/// `linlid genesis`.
pub(super) fn genesis(command: &GenesisCommand, output: Output, language: Language) -> Said {
    let rulebook = linli_contracts::rulebook();
    let said = match command {
        GenesisCommand::New(arguments) => new(arguments, output, language),
        GenesisCommand::Add(arguments) => add(arguments, output, language),
        GenesisCommand::Validate { file } => draft::load(file)
            .map(|genesis| said::doctor(&examine(&genesis, &rulebook), output, language)),
        GenesisCommand::Hash { file } => draft::load(file).and_then(|genesis| {
            let hash = draft::hash(&genesis, &rulebook)?;
            let aloud = draft::aloud(&hash);
            Ok(good(match output {
                Output::Json => line(&json!({
                    "ok": true, "chain_id": genesis.name, "genesis_hash": hash.to_hex(), "aloud": aloud,
                })),
                Output::Table => format!("{hash}\n\n  {}\n", aloud.join("\n  ")),
            }))
        }),
        GenesisCommand::Peers { file, cards } => peers(file, cards, output),
    };
    said.unwrap_or_else(|error| founding_failed(&error, output, language))
}

fn new(
    arguments: &NewArguments,
    output: Output,
    language: Language,
) -> Result<Said, FoundingError> {
    let time = arguments.time.unwrap_or_else(jiff::Timestamp::now).as_second();
    let terms = Terms {
        name: arguments.name.clone(),
        time: BlockTime(u64::try_from(time).unwrap_or_default().saturating_mul(1_000)),
        keys: match arguments.keys {
            KeysArgument::Real => Keys::Real,
            KeysArgument::Demonstration => Keys::Demonstration,
        },
        threshold: arguments.threshold,
        parameters: arguments.parameters.iter().copied().collect(),
    };
    let genesis = draft::begin(terms, &linli_contracts::rulebook());
    draft::write_new(&arguments.file, &genesis)?;
    Ok(good(drafted(&genesis, output, language)))
}

fn add(
    arguments: &AddArguments,
    output: Output,
    language: Language,
) -> Result<Said, FoundingError> {
    let mut genesis = draft::load(&arguments.file)?;
    let standing = Standing { power: arguments.power, governs: arguments.governs };
    for path in &arguments.cards {
        draft::take(&mut genesis, &read_card(path)?, standing)?;
    }
    draft::write_again(&arguments.file, &genesis)?;
    Ok(good(drafted(&genesis, output, language)))
}

/// Who is in a genesis by now.
fn drafted(genesis: &Genesis, output: Output, language: Language) -> String {
    let Genesis { organisations, validators, nodes, governance, governance_threshold, .. } =
        genesis;
    match output {
        Output::Json => line(&json!({
            "ok": true, "chain_id": genesis.name, "organisations": organisations.len(),
            "validators": validators.len(), "nodes": nodes.len(), "governance": governance.len(),
            "threshold": governance_threshold,
        })),
        Output::Table => {
            let (count, governing) = (organisations.len(), governance.len());
            let (voting, joining) = (validators.len(), nodes.len());
            let mut text = match language {
                Language::Chinese => format!(
                    "{}：{count} 个单位，{voting} 个验证节点，{joining} 个联网节点；治理 {governance_threshold}/{governing}\n",
                    genesis.name
                ),
                Language::English => format!(
                    "{}: {count} organisations, {voting} validators, {joining} nodes; {governance_threshold} of {governing} govern\n",
                    genesis.name
                ),
            };
            for organisation in organisations {
                let _ = writeln!(text, "  {}  {}", organisation.name, organisation.key);
            }
            text
        }
    }
}

fn peers(file: &Path, cards: &[PathBuf], output: Output) -> Result<Said, FoundingError> {
    let genesis = draft::load(file)?;
    let cards: Result<Vec<_>, _> = cards.iter().map(|path| read_card(path)).collect();
    let peer = |(key, address): (PublicKey, String)| format!("{key}@{address}");
    let peers: Vec<_> = draft::peers(&genesis, &cards?)?.into_iter().map(peer).collect();
    Ok(good(match output {
        Output::Json => line(&json!({ "ok": true, "peers": peers })),
        Output::Table => format!("peers = {}\n", json!(peers)),
    }))
}

fn founding_failed(error: &FoundingError, output: Output, language: Language) -> Said {
    failed(error.code(), &error.to_string(), output, language)
}
