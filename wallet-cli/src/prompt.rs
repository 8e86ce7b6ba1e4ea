//! This exists to ask people: a passphrase, a yes, a word. Nothing is asked where nobody can answer, and
//! a passphrase comes from a prompt or a file, never from an argument or the environment.

use crate::failure::Failure;
use crate::session::Session;
use crate::texts::{word, word_with};
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input};
use linli_ledger::code::Code;
use linli_secrets::SecretError;
use linli_secrets::passphrase::{check_new, chosen, from_file, typed};
use secrecy::SecretString;
use std::path::Path;

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
        return Ok(from_file(file)?);
    }
    let name = [("name", name.to_owned().into())];
    let prompt = word_with("ask-passphrase", session.language, &name);
    check_asks(session)?;
    Ok(typed(&prompt)?)
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
    let passphrase = if let Some(file) = file {
        from_file(file)?
    } else {
        check_asks(session)?;
        let [question, again, differs] =
            ["ask-new-passphrase", "ask-again", "ask-differs"].map(|key| word(key, language));
        chosen(&question, &again, &differs)?
    };
    check_new(&passphrase).map_err(|error| match error {
        SecretError::Short(_) => Failure::new(Code::WrongUse, word("passphrase-short", language)),
        error => error.into(),
    })?;
    Ok(passphrase)
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
    check_asks(session)?;
    interact().map_err(|error| Failure::new(Code::NoTerminal, error))
}

fn check_asks(session: &Session) -> Result<(), Failure> {
    if session.asks {
        return Ok(());
    }
    Err(Failure::new(Code::NoTerminal, word("ask-hint", session.language)))
}
