//! This exists to take a passphrase from where one may come from: a prompt, or the first line of a file.

use crate::error::SecretError;
use crate::private_file;
use dialoguer::Password;
use dialoguer::theme::SimpleTheme;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use std::path::Path;

/// Characters of a new passphrase at the least: three short words.
pub const PASSPHRASE_MIN: usize = 8;

/// The first line of a file that only its owner reads.
///
/// # Errors
/// In this order: those of [`private_file::read`], [`SecretError::Text`].
pub fn from_file(path: &Path) -> Result<SecretString, SecretError> {
    first_line(path, private_file::read(path)?)
}

/// The first line of a file in the folder that the service manager has made for this process.
///
/// # Errors
/// As [`from_file`]; but a file that the group may read is taken.
pub fn from_credential(path: &Path) -> Result<SecretString, SecretError> {
    first_line(path, private_file::read_credential(path)?)
}

fn first_line(path: &Path, bytes: Vec<u8>) -> Result<SecretString, SecretError> {
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_| SecretError::Text { path: path.to_owned() })?;
    Ok(text.lines().next().unwrap_or_default().to_owned().into())
}

/// What a person types.
///
/// # Errors
/// [`SecretError::NoTerminal`] where nobody can be asked.
pub fn typed(question: &str) -> Result<SecretString, SecretError> {
    let answer = Password::with_theme(&SimpleTheme).with_prompt(question).interact();
    answer.map(Into::into).map_err(no_terminal)
}

/// What a person types twice; `differs` is said when the two are not the same.
///
/// # Errors
/// As [`typed`].
pub fn chosen(question: &str, again: &str, differs: &str) -> Result<SecretString, SecretError> {
    let answer = Password::with_theme(&SimpleTheme)
        .with_prompt(question)
        .with_confirmation(again, differs)
        .interact();
    answer.map(Into::into).map_err(no_terminal)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn no_terminal(error: dialoguer::Error) -> SecretError {
    SecretError::NoTerminal(error.to_string())
}

/// Whether a passphrase may protect a new secret.
///
/// # Errors
/// [`SecretError::Short`].
pub fn check_new(passphrase: &SecretString) -> Result<(), SecretError> {
    let long = passphrase.expose_secret().chars().count() >= PASSPHRASE_MIN;
    if long { Ok(()) } else { Err(SecretError::Short(PASSPHRASE_MIN)) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts_and_a_new_one_is_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        private_file::create(&path, "海棠 2026 秋\nsecond".as_bytes()).unwrap();
        let read = from_file(&path).unwrap();
        assert_eq!(read.expose_secret(), "海棠 2026 秋");
        check_new(&read).unwrap();
        assert!(matches!(check_new(&"1234567".to_owned().into()), Err(SecretError::Short(8))));
        private_file::replace(&path, b"\xff").unwrap();
        assert!(matches!(from_file(&path), Err(SecretError::Text { .. })));
    }
}
