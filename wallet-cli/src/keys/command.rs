//! This exists to be the command `linli key`.

use super::path::{KeyPath, Purpose};
use super::store::{Card, Store};
use super::words::{Secret, Wordlist, Words};
use crate::failure::Failure;
use crate::listing::Listing;
use crate::prompt;
use crate::session::Session;
use crate::texts::{word, word_with};
use crate::{cli::Format, qr};
use clap::{Args, Subcommand};
use linli_ledger::code::Code;
use linli_ledger::crypto::demonstration_secret;
use linli_ledger::hash::from_hex;
use linli_secrets::{KeyKind, private_file, read_key};
use secrecy::zeroize::Zeroizing;
use secrecy::{SecretBox, SecretString};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The seed of `linlid dev` (LED-2.8): its keys are everybody's.
const DEMONSTRATION: &[u8] = b"linli dev";
/// Words in one row of the sheet.
const ROW: usize = 4;
/// Words that are asked for after they were shown.
const ASKED: usize = 2;

#[derive(Subcommand, Debug)]
pub(crate) enum KeyCommand {
    /// Make a key from new words, shown once / 新建一把密钥，助记词只显示一次
    New(NewArguments),
    /// Make a key again from words on paper / 用写在纸上的助记词恢复密钥
    Restore(RestoreArguments),
    /// Take a key over from a backup, or from a file with 64 hexadecimal digits / 从备份或密钥文件导入
    Import(ImportArguments),
    /// List the keys of this machine / 列出这台电脑上的密钥
    List,
    /// Show the public half of a key / 显示一把密钥的公开部分
    Show(ShowArguments),
    /// Copy a key, still under its passphrase, into a file / 把密钥（仍有口令保护）备份到文件
    Backup(BackupArguments),
    /// Change the passphrase of a key / 更换一把密钥的口令
    Passphrase(PassphraseArguments),
    /// Remove a key from this machine / 从这台电脑上删除一把密钥
    Rm(OneArguments),
}

/// What a key is for.
#[derive(Args, Debug)]
pub(crate) struct PurposeArguments {
    /// What the key is for / 密钥的用途：居民、办事人员、单位、签到设备
    #[arg(long, value_enum, default_value = "resident")]
    purpose: Purpose,
    /// Community of a resident, such as 5101/04/012 / 居民所在社区，例如 5101/04/012
    #[arg(long, default_value = "")]
    community: String,
    /// Number of the key; raise it to replace a lost one / 第几把；更换遗失的密钥时加一
    #[arg(long, default_value_t = 0)]
    index: u32,
}

/// Arguments of `key new`.
#[derive(Args, Debug)]
pub(crate) struct NewArguments {
    /// Name of the key on this machine / 给这把密钥起的名字
    name: String,
    /// How many words, 12 or 24 / 助记词的个数，12 或 24
    #[arg(long, default_value_t = 12)]
    words: u8,
    /// List from which words are taken; the language of the output if not given / 助记词用中文还是英文
    #[arg(long, value_enum)]
    wordlist: Option<Wordlist>,
    #[command(flatten)]
    purpose: PurposeArguments,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Arguments of `key restore`.
#[derive(Args, Debug)]
pub(crate) struct RestoreArguments {
    /// Name of the key on this machine / 给这把密钥起的名字
    name: String,
    /// File with the words, for its owner only; asked for if not given / 助记词文件（权限 600）；不给则询问
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    #[command(flatten)]
    purpose: PurposeArguments,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Arguments of `key import`.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// Name of the key on this machine / 给这把密钥起的名字
    name: String,
    /// A backup, or a file with the 64 hexadecimal digits of a secret, for its owner only / 备份或密钥文件（权限 600）
    #[arg(required_unless_present = "demo")]
    file: Option<PathBuf>,
    /// A key of `linlid dev` instead, by its label; everybody has it / 改用 `linlid dev` 的演示密钥（人人都有），写它的名字
    #[arg(long, value_name = "LABEL", conflicts_with = "file")]
    demo: Option<String>,
    #[command(flatten)]
    purpose: PurposeArguments,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Arguments of `key show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Name of the key / 密钥的名字
    name: String,
    /// Also as a QR code / 同时显示二维码
    #[arg(long)]
    qr: bool,
    /// The QR code as a picture into a file / 把二维码存成图片
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
}

/// Arguments of `key backup`.
#[derive(Args, Debug)]
pub(crate) struct BackupArguments {
    /// Name of the key / 密钥的名字
    name: String,
    /// The file to write; must not be there yet / 要写的文件，不能已经存在
    file: PathBuf,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Arguments of `key passphrase`.
#[derive(Args, Debug)]
pub(crate) struct PassphraseArguments {
    /// Name of the key / 密钥的名字
    name: String,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// File with the new passphrase, for its owner only / 新口令的文件（权限 600）
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

/// Arguments of `key rm`.
#[derive(Args, Debug)]
pub(crate) struct OneArguments {
    /// Name of the key / 密钥的名字
    name: String,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Runs `linli key`; the text for standard output.
///
/// # Errors
/// Those of the store, of the words and of the prompts.
pub(crate) fn run(command: &KeyCommand, session: &Session) -> Result<String, Failure> {
    let store = session.store();
    match command {
        KeyCommand::New(arguments) => new(arguments, &store, session),
        KeyCommand::Restore(arguments) => restore(arguments, &store, session),
        KeyCommand::Import(arguments) => import(arguments, &store, session),
        KeyCommand::List => list(&store, session),
        KeyCommand::Show(arguments) => show(arguments, &store, session),
        KeyCommand::Backup(arguments) => {
            let passphrase =
                prompt::passphrase(session, &arguments.name, arguments.passphrase_file.as_deref())?;
            store.backup(&arguments.name, &passphrase, &arguments.file)?;
            let file = arguments.file.display().to_string();
            Ok(done("key-backed-up", session, &arguments.name, &file))
        }
        KeyCommand::Passphrase(arguments) => {
            let PassphraseArguments { name, passphrase_file, new_passphrase_file } = arguments;
            let old = prompt::passphrase(session, name, passphrase_file.as_deref())?;
            store.open(name, &old)?;
            let new = prompt::new_passphrase(session, new_passphrase_file.as_deref())?;
            store.change_passphrase(name, &old, &new)?;
            Ok(done("key-passphrase-changed", session, name, ""))
        }
        KeyCommand::Rm(OneArguments { name, passphrase_file }) => {
            let card = store.card(name)?;
            prompt::agree(
                session,
                &word_with("ask-remove", session.language, &[("name", card.name.into())]),
            )?;
            let passphrase = prompt::passphrase(session, name, passphrase_file.as_deref())?;
            store.remove(name, &passphrase)?;
            Ok(done("key-removed", session, name, ""))
        }
    }
}

fn done(message: &str, session: &Session, name: &str, file: &str) -> String {
    match session.format {
        Format::Json => format!("{}\n", json!({ "ok": true, "name": name })),
        Format::Table | Format::Csv => {
            let values = [("name", name.to_owned().into()), ("file", file.to_owned().into())];
            format!("✓ {}\n", word_with(message, session.language, &values))
        }
    }
}

impl PurposeArguments {
    fn path(&self) -> Result<KeyPath, Failure> {
        KeyPath::new(self.purpose, self.index, &self.community)
    }

    fn keep(
        &self,
        name: &str,
        path: Option<&KeyPath>,
        secret: &Secret,
        passphrase: &SecretString,
        store: &Store,
    ) -> Result<Card, Failure> {
        let card = Card::new(name, self.purpose, &self.community, path, secret);
        store.add(&card, secret, passphrase)?;
        Ok(card)
    }
}

fn new(arguments: &NewArguments, store: &Store, session: &Session) -> Result<String, Failure> {
    let NewArguments { name, words: count, wordlist, purpose, passphrase_file } = arguments;
    store.check_free(name)?;
    let path = purpose.path()?;
    let list = wordlist.unwrap_or(session.pick_list());
    let passphrase = prompt::new_passphrase(session, passphrase_file.as_deref())?;
    let words = Words::new(*count, list)?;
    let sheet = sheet(&words, session);
    if session.asks {
        quiz(&words, &sheet, session)?;
    }
    let card = purpose.keep(name, Some(&path), &words.secret(&path), &passphrase, store)?;
    let said = match session.format {
        Format::Json => {
            let mut value = json!(card);
            if !session.asks {
                value["words"] = json!(words.list());
            }
            format!("{value}\n")
        }
        Format::Table | Format::Csv if session.asks => card_text(&card, session),
        Format::Table | Format::Csv => format!("{sheet}\n{}", card_text(&card, session)),
    };
    Ok(said)
}

/// The words in rows, numbered, with what to do with them.
fn sheet(words: &Words, session: &Session) -> String {
    let mut text = format!("{}\n\n", word("words-write-down", session.language));
    let list = words.list();
    for (row, chunk) in list.chunks(ROW).enumerate() {
        text.push_str("   ");
        for (column, shown) in chunk.iter().enumerate() {
            let _ = write!(text, " {:>2} {shown:<10}", row * ROW + column + 1);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    let _ = writeln!(text, "\n{}", word("words-keep", session.language));
    text
}

/// Shows the words until two of them, chosen by chance, are typed right.
fn quiz(words: &Words, sheet: &str, session: &Session) -> Result<(), Failure> {
    let screen = dialoguer::console::Term::stderr();
    let wrote = |error: std::io::Error| Failure::new(Code::NoTerminal, error);
    let list = words.list();
    loop {
        screen.write_str(sheet).map_err(wrote)?;
        prompt::line(session, &word("words-written", session.language))?;
        screen.clear_screen().map_err(wrote)?;
        let mut right = true;
        for position in chosen(list.len())? {
            let number = u64::try_from(position + 1).unwrap_or_default();
            let question = word_with("words-ask", session.language, &[("number", number.into())]);
            let answer = Zeroizing::new(prompt::line(session, &question)?);
            right &= is_word(&answer, list.get(position).copied().unwrap_or_default());
        }
        if right {
            return Ok(());
        }
        screen.write_line(&word("words-wrong", session.language)).map_err(wrote)?;
    }
}

fn is_word(answer: &str, expected: &str) -> bool {
    answer.trim().to_lowercase() == expected
}

/// Different positions below `count`, by chance.
fn chosen(count: usize) -> Result<Vec<usize>, Failure> {
    let mut positions: Vec<usize> = Vec::with_capacity(ASKED);
    while positions.len() < ASKED.min(count) {
        let mut byte = [0; 1];
        getrandom::fill(&mut byte).map_err(|error| Failure::new(Code::Randomness, error))?;
        let position = usize::from(byte[0]) % count;
        if !positions.contains(&position) {
            positions.push(position);
        }
    }
    Ok(positions)
}

fn restore(
    arguments: &RestoreArguments,
    store: &Store,
    session: &Session,
) -> Result<String, Failure> {
    let RestoreArguments { name, words_file, purpose, passphrase_file } = arguments;
    store.check_free(name)?;
    let path = purpose.path()?;
    let text = Zeroizing::new(match words_file {
        Some(file) => String::from_utf8(private_file::read(file)?)
            .map_err(|_| Failure::new(Code::Words, "UTF-8"))?,
        None => prompt::line(session, &word("ask-words", session.language))?,
    });
    let words = Words::parse(&text)?;
    let passphrase = prompt::new_passphrase(session, passphrase_file.as_deref())?;
    let card = purpose.keep(name, Some(&path), &words.secret(&path), &passphrase, store)?;
    Ok(card_said(&card, session))
}

fn import(
    arguments: &ImportArguments,
    store: &Store,
    session: &Session,
) -> Result<String, Failure> {
    let ImportArguments { name, file, demo, purpose, passphrase_file } = arguments;
    store.check_free(name)?;
    if let Some(label) = demo {
        let secret = SecretBox::init_with(|| demonstration_secret(DEMONSTRATION, label));
        let passphrase = prompt::new_passphrase(session, passphrase_file.as_deref())?;
        let card = purpose.keep(name, None, &secret, &passphrase, store)?;
        return Ok(card_said(&card, session));
    }
    let file = file.as_ref().ok_or_else(|| Failure::new(Code::WrongUse, "FILE"))?;
    let bytes = Zeroizing::new(private_file::read(file)?);
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Failure::new(Code::KeyDamaged, file.display()))?;
    let (secret, passphrase): (Secret, SecretString) = if text.starts_with("-----BEGIN AGE") {
        let passphrase = prompt::passphrase(session, name, passphrase_file.as_deref())?;
        (Store::open_backup(file, &passphrase)?, passphrase)
    } else {
        let bytes = read_key(KeyKind::Business, text)
            .or_else(|| from_hex(text.trim()).map(Zeroizing::new))
            .ok_or_else(|| Failure::new(Code::KeyDamaged, file.display()))?;
        let secret =
            SecretBox::init_with_mut(|secret: &mut [u8; 32]| secret.copy_from_slice(&*bytes));
        (secret, prompt::new_passphrase(session, passphrase_file.as_deref())?)
    };
    let card = purpose.keep(name, None, &secret, &passphrase, store)?;
    Ok(card_said(&card, session))
}

fn list(store: &Store, session: &Session) -> Result<String, Failure> {
    let language = session.language;
    let mut listing = Listing::new(&[
        ("name", word("column-name", language)),
        ("purpose", word("column-purpose", language)),
        ("community", word("column-community", language)),
        ("public_key", word("column-public-key", language)),
    ]);
    for card in store.list()? {
        let Card { name, purpose, community, public_key, .. } = card;
        let shown = word(&format!("purpose-{purpose}"), language);
        listing.row_shown([
            (name.clone(), name),
            (purpose, shown),
            (community.clone(), community),
            (public_key.to_string(), public_key.to_string()),
        ]);
    }
    Ok(listing.render(session, "keys-none"))
}

fn show(arguments: &ShowArguments, store: &Store, session: &Session) -> Result<String, Failure> {
    let card = store.card(&arguments.name)?;
    let key = card.public_key.to_string().to_uppercase();
    let mut text = card_said(&card, session);
    if let Some(file) = &arguments.svg {
        private_file::replace(file, qr::picture(&key)?.as_bytes())?;
    }
    if arguments.qr && session.format == Format::Table {
        let _ = write!(text, "\n{}\n", qr::terminal(&key)?);
    }
    Ok(text)
}

fn card_said(card: &Card, session: &Session) -> String {
    match session.format {
        Format::Json => format!("{}\n", json!(card)),
        Format::Table | Format::Csv => card_text(card, session),
    }
}

fn card_text(card: &Card, session: &Session) -> String {
    let language = session.language;
    let purpose = word(&format!("purpose-{}", card.purpose), language);
    let mut text = format!(
        "{}  {}{}\n",
        card.name,
        purpose,
        if card.community.is_empty() { String::new() } else { format!(" · {}", card.community) }
    );
    let _ = writeln!(text, "  {}  {}", word("column-public-key", language), card.public_key);
    if let Some(path) = &card.path {
        let _ = writeln!(text, "  {}  {path}", word("column-path", language));
    }
    text
}

impl Session {
    fn pick_list(&self) -> Wordlist {
        match self.language {
            linli_verify::Language::Chinese => Wordlist::Zh,
            linli_verify::Language::English => Wordlist::En,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_words_are_asked_for() {
        for _ in 0..50 {
            let positions = chosen(12).unwrap();
            assert!(positions.len() == ASKED && positions[0] != positions[1]);
            assert!(positions.iter().all(|position| *position < 12));
        }
        assert!(is_word(" Zoo ", "zoo") && is_word("的", "的") && !is_word("", "的"));
    }
}
