//! This exists to be the command `linli tx`.

use super::build::{Draft, Signing, Validity, call_of, parse_validity};
use super::file::TransactionFile;
use crate::cli::Format;
use crate::failure::Failure;
use crate::online;
use crate::prompt;
use crate::reading;
use crate::session::Session;
use crate::texts::{word, word_with};
use clap::{Args, Subcommand};
use linli_ledger::code::Code;
use linli_ledger::hash::Digest;
use linli_ledger::types::TransactionId;
use linli_verify::command::parse_digest;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

#[derive(Subcommand, Debug)]
pub(crate) enum TxCommand {
    /// Build a transaction from JSON, without a network / 用 JSON 生成一份交易，不需要网络
    Build(BuildArguments),
    /// Say what a transaction does, from the bytes that are signed / 说明一份交易要做什么（只依据要签名的内容）
    Explain(FileArguments),
    /// Sign a transaction after reading what it does / 看清楚以后签名
    Sign(SignArguments),
    /// Join the signatures of several copies / 把几份副本上的签名合到一起
    Combine(CombineArguments),
    /// Send a transaction that everybody has signed / 提交一份大家都已签名的交易
    Submit(SubmitArguments),
    /// Show a transaction of the ledger / 查看账本上的一份交易
    Show(IdArguments),
    /// Wait until a transaction is in the ledger / 等待一份交易写进账本
    Wait(IdArguments),
}

/// Arguments of `tx build`.
#[derive(Args, Debug)]
pub(crate) struct BuildArguments {
    /// Contract: registry, people, programme, credit or fund / 业务类别：registry、people、programme、credit、fund
    contract: String,
    /// Call, such as payment-request / 业务名称，例如 payment-request
    call: String,
    /// JSON with the fields of the call; - reads standard input / 各项内容的 JSON 文件；- 表示从标准输入读
    #[arg(long = "in", value_name = "FILE|-", default_value = "-")]
    input: PathBuf,
    /// Who signs: a key, or a key and a role; the first is the sender / 签名人：密钥，或密钥加职务；第一位是发起人
    #[arg(long = "signer", value_name = "KEY[:GRANT]", required = true, value_parser = Signing::parse)]
    signers: Vec<Signing>,
    /// Hash of the genesis: for which ledger it is / 创世摘要，说明是给哪个账本的
    #[arg(long, value_name = "HASH", env = "LINLI_GENESIS", value_parser = parse_digest)]
    genesis: Digest,
    /// How long it may wait for signatures and its block / 有效期，例如 30m、12h、7d
    #[arg(long, value_name = "30m|12h|7d", default_value = "7d", value_parser = parse_validity)]
    valid_for: Validity,
    /// Begin the numbers of this key again at the clock, after it was used elsewhere / 密钥在别处用过时，重新从时钟编号
    #[arg(long)]
    fresh_nonce: bool,
    /// File to write; standard output if not given / 写到哪个文件；不给则写到标准输出
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A transaction file.
#[derive(Args, Debug)]
pub(crate) struct FileArguments {
    /// Transaction file; - reads standard input / 交易文件；- 表示从标准输入读
    file: PathBuf,
}

/// Arguments of `tx sign`.
#[derive(Args, Debug)]
pub(crate) struct SignArguments {
    /// Transaction file / 交易文件
    file: PathBuf,
    /// Name of the key / 密钥的名字
    #[arg(long, value_name = "NAME")]
    key: String,
    /// File to write; the same file if not given / 写到哪个文件；不给则写回原文件
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Arguments of `tx combine`.
#[derive(Args, Debug)]
pub(crate) struct CombineArguments {
    /// Transaction files of one transaction / 同一份交易的几个文件
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// File to write; standard output if not given / 写到哪个文件；不给则写到标准输出
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Arguments of `tx submit`.
#[derive(Args, Debug)]
pub(crate) struct SubmitArguments {
    /// Transaction file / 交易文件
    file: PathBuf,
    /// Only ask the node what would come of it; signatures may be missing / 只问节点结果会怎样，不提交；签名可以不齐
    #[arg(long)]
    dry_run: bool,
    /// Name of the sender's key, to try what concerns residents / 试办与居民有关的事时，发起人的密钥名字
    #[arg(long, value_name = "NAME", requires = "dry_run")]
    key: Option<String>,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE", requires = "key")]
    passphrase_file: Option<PathBuf>,
    /// Whether to wait until it is in the ledger / 是否等到写进账本
    #[arg(long, value_enum, default_value = "final")]
    wait: online::Wait,
}

/// The identifier of a transaction.
#[derive(Args, Debug)]
pub(crate) struct IdArguments {
    /// Identifier of the transaction / 交易编号
    #[arg(value_parser = parse_digest)]
    id: Digest,
}

/// Runs `linli tx`; the text for standard output.
///
/// # Errors
/// Those of files, keys, prompts and of the node.
pub(crate) fn run(command: &TxCommand, session: &Session) -> Result<String, Failure> {
    match command {
        TxCommand::Build(arguments) => build(arguments, session),
        TxCommand::Explain(FileArguments { file }) => Ok(reading::said(&load(file)?, session)),
        TxCommand::Sign(arguments) => sign(arguments, session),
        TxCommand::Combine(CombineArguments { files, out }) => {
            let mut loaded = files.iter().map(|file| load(file));
            let mut joined =
                loaded.next().ok_or_else(|| Failure::new(Code::WrongUse, "FILE"))??;
            loaded.try_for_each(|file| joined.join(file?))?;
            save(&joined, out.as_deref(), "tx-combined", session)
        }
        TxCommand::Submit(SubmitArguments { file, dry_run, key, passphrase_file, wait }) => {
            let file = load(file)?;
            if *dry_run {
                let open = |name: &String| {
                    let passphrase = prompt::passphrase(session, name, passphrase_file.as_deref())?;
                    session.store().open(name, &passphrase)
                };
                let key = key.as_ref().map(open).transpose()?;
                return online::dry_run(&file, key.as_ref(), session);
            }
            online::submit(&file.complete()?, *wait, session)
        }
        TxCommand::Show(IdArguments { id }) => online::show(TransactionId(*id), session),
        TxCommand::Wait(IdArguments { id }) => online::wait(TransactionId(*id), session),
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(1 << 20).read_to_end(&mut bytes);
        return read.map(|_| bytes).map_err(|error| Failure::of_file(path, &error));
    }
    fs::read(path).map_err(|error| Failure::of_file(path, &error))
}

/// Reads a transaction file.
///
/// # Errors
/// Those of the file system and of [`TransactionFile::read`].
pub(crate) fn load(path: &Path) -> Result<TransactionFile, Failure> {
    TransactionFile::read(&bytes_of(path)?)
        .map_err(|failure| failure.about(&path.display().to_string()))
}

/// Writes a file, whole, and says so; without a path the file itself is the output.
pub(crate) fn save(
    file: &TransactionFile,
    path: Option<&Path>,
    message: &str,
    session: &Session,
) -> Result<String, Failure> {
    let Some(path) = path else { return Ok(file.write()) };
    write_whole(path, file.write().as_bytes())?;
    let missing: Vec<_> = file.missing().iter().map(ToString::to_string).collect();
    Ok(match session.format {
        Format::Json => {
            let value = json!({
                "id": file.id(), "file": path.display().to_string(), "missing": missing,
            });
            format!("{value}\n")
        }
        Format::Table | Format::Csv => {
            let count = u64::try_from(missing.len()).unwrap_or_default();
            let values = [
                ("file", path.display().to_string().into()),
                ("id", file.id().to_string().into()),
                ("count", count.into()),
            ];
            let next = if missing.is_empty() { "tx-next-submit" } else { "tx-next-sign" };
            format!(
                "✓ {}\n  {}\n",
                word_with(message, session.language, &values),
                word_with(next, session.language, &values)
            )
        }
    })
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| Failure::of_file(path, &error))
}

fn build(arguments: &BuildArguments, session: &Session) -> Result<String, Failure> {
    let fields: Value = serde_json::from_slice(&bytes_of(&arguments.input)?)
        .map_err(|error| Failure::new(Code::CallJson, error))?;
    let call = call_of(&arguments.contract, &arguments.call, &fields)?;
    let mut draft = Draft::new(call, arguments.genesis, arguments.signers.clone());
    draft.validity = arguments.valid_for;
    draft.fresh = arguments.fresh_nonce;
    let file = draft.build(&session.store())?;
    save(&file, arguments.out.as_deref(), "tx-built", session)
}

fn sign(arguments: &SignArguments, session: &Session) -> Result<String, Failure> {
    let SignArguments { file: path, key, out, passphrase_file } = arguments;
    let mut file = load(path)?;
    let card = session.store().card(key)?;
    if !file.body().signers.iter().any(|signer| signer.key == card.public_key) {
        return Err(Failure::new(Code::NotSigner, key));
    }
    if !session.yes {
        eprint_text(&reading::text(&file, session));
    }
    prompt::agree(session, &word("ask-sign", session.language))?;
    let passphrase = prompt::passphrase(session, key, passphrase_file.as_deref())?;
    file.sign(&session.store().open(key, &passphrase)?)?;
    save(&file, Some(out.as_deref().unwrap_or(path)), "tx-signed", session)
}

/// Shows a text to people before they are asked; output for programs stays clean.
pub(crate) fn eprint_text(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
