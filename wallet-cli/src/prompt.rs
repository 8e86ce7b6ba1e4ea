//! This exists to ask people: a passphrase, a yes, a word. Nothing is asked where nobody can answer, and
//! a passphrase comes from a prompt or a file, never from an argument or the environment.

use crate::failure::Failure;
use crate::keys::private_file;
use crate::session::Session;
use crate::texts::{word, word_with};
use age::secrecy::{ExposeSecret as _, SecretString};
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input, Password};
use linli_ledger::code::Code;
use secrecy::zeroize::Zeroizing;
use std::path::Path;

/// Characters of a new passphrase at the least: three short words.
const PASSPHRASE_MIN: usize = 8;

/// The passphrase of a key that exists.
///
/// # Errors
/// Those of the file; [`Code::NoTerminal`] where nobody can be asked.
pub(crate) fn passphrase(
    session: &Session,
    name: &str,
    file: Option<&Path>,
) -> Result<SecretString, Failure> {
    if let Some(file) = file {
        return from_file(file);
    }
    let name = [("name", name.to_owned().into())];
    let prompt = word_with("ask-passphrase", session.language, &name);
    ask(session, || Password::with_theme(&SimpleTheme).with_prompt(prompt).interact())
        .map(Into::into)
}

/// A passphrase for a new key, typed twice.
///
/// # Errors
/// As [`passphrase`]; [`Code::WrongUse`] for one that is too short.
pub(crate) fn new_passphrase(
    session: &Session,
    file: Option<&Path>,
) -> Result<SecretString, Failure> {
    let language = session.language;
    let chosen = match file {
        Some(file) => from_file(file)?,
        None => ask(session, || {
            Password::with_theme(&SimpleTheme)
                .with_prompt(word("ask-new-passphrase", language))
                .with_confirmation(word("ask-again", language), word("ask-differs", language))
                .interact()
        })?
        .into(),
    };
    if chosen.expose_secret().chars().count() < PASSPHRASE_MIN {
        return Err(Failure::new(Code::WrongUse, word("passphrase-short", language)));
    }
    Ok(chosen)
}

/// The first line of a file that only its owner reads.
fn from_file(path: &Path) -> Result<SecretString, Failure> {
    let bytes = Zeroizing::new(private_file::read(path)?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::new(Code::Storage, format!("{}: UTF-8", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned().into())
}

/// Asks for agreement; `-y` has agreed already.
///
/// # Errors
/// [`Code::NoTerminal`] where nobody can be asked, [`Code::Declined`] for a no.
pub(crate) fn agree(session: &Session, question: &str) -> Result<(), Failure> {
    if session.yes {
        return Ok(());
    }
    let agreed = ask(session, || {
        Confirm::with_theme(&SimpleTheme).with_prompt(question).default(false).interact()
    })?;
    if agreed { Ok(()) } else { Err(Failure::new(Code::Declined, "")) }
}

/// Asks for one line.
///
/// # Errors
/// [`Code::NoTerminal`] where nobody can be asked.
pub(crate) fn line(session: &Session, question: &str) -> Result<String, Failure> {
    ask(session, || {
        Input::<String>::with_theme(&SimpleTheme)
            .with_prompt(question)
            .allow_empty(true)
            .interact_text()
    })
}

fn ask<T>(
    session: &Session,
    interact: impl FnOnce() -> dialoguer::Result<T>,
) -> Result<T, Failure> {
    if !session.asks {
        return Err(Failure::new(Code::NoTerminal, word("ask-hint", session.language)));
    }
    interact().map_err(|error| Failure::new(Code::NoTerminal, error))
}
