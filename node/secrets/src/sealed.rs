//! This exists to keep a secret key in a file that only its owner's passphrase opens: the age format, so
//! that any other age program opens it too.

use crate::error::SecretError;
use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use linli_ledger::hash::{from_hex, to_hex};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use std::io::{Read, Write};
use std::iter;

/// 2^17: a third of a second and 128 MiB on an office machine, on a phone still a few seconds. Fixed,
/// because a factor measured on a fast machine makes files that a slow one cannot open.
pub const WORK_FACTOR: u8 = 17;
/// The most that is tried for a file from elsewhere: eight times as much.
const WORK_FACTOR_MAX: u8 = 20;
/// What is inside is about 100 bytes; anything longer is something else.
const INSIDE_BYTES_MAX: u64 = 1_024;
/// How every armoured age file begins.
const ARMOUR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// What a secret key is for. A file says it in its first line, so that none is taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// A person's, an organisation's or a device's.
    Business,
    /// Signs votes.
    Validator,
    /// A node's identity on the network.
    Network,
}

impl KeyKind {
    /// The first line of its file.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Business => "linli-key-1",
            Self::Validator => "linli validator key 1",
            Self::Network => "linli network key 1",
        }
    }
}

/// A key in text, as it stands in a plain file and inside a sealed one: the title of its kind and 64
/// hexadecimal digits, a line each.
pub fn write_key(kind: KeyKind, secret: &[u8; 32]) -> Zeroizing<String> {
    let hex = Zeroizing::new(to_hex(secret));
    Zeroizing::new([kind.title(), "\n", hex.as_str(), "\n"].concat())
}

/// Reads what [`write_key`] writes; anything else, and a key of another kind, is `None`.
pub fn read_key(kind: KeyKind, text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut lines = text.lines();
    let hex = lines.next().filter(|title| *title == kind.title()).and_then(|_| lines.next())?;
    if lines.next().is_some() {
        return None;
    }
    from_hex(hex).map(Zeroizing::new)
}

/// Whether bytes are a sealed file, by how they begin.
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(ARMOUR)
}

/// Seals a text under a passphrase; the work factor is a power of two, [`WORK_FACTOR`] but in tests.
///
/// # Errors
/// [`SecretError::Damaged`] where the library fails.
pub fn seal(text: &str, passphrase: &SecretString, work_factor: u8) -> Result<String, SecretError> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work_factor);
    let sealed = || -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let encryptor = Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))?;
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(text.as_bytes())?;
        Ok(writer.finish()?.finish()?)
    };
    sealed()
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| SecretError::Damaged("age".to_owned()))
}

/// Opens what [`seal`] has made.
///
/// # Errors
/// [`SecretError::Passphrase`] for another passphrase; [`SecretError::Damaged`] for anything else.
pub fn open(sealed: &[u8], passphrase: &SecretString) -> Result<Zeroizing<String>, SecretError> {
    let damaged = |error: &dyn std::fmt::Display| SecretError::Damaged(error.to_string());
    let decryptor = Decryptor::new(ArmoredReader::new(sealed)).map_err(|error| damaged(&error))?;
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    let reader = decryptor.decrypt(iter::once(&identity as &dyn age::Identity));
    let reader = reader.map_err(|error| match error {
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::NoMatchingKeys => SecretError::Passphrase,
        error => damaged(&error),
    })?;
    let mut inside = Zeroizing::new(String::with_capacity(256));
    reader.take(INSIDE_BYTES_MAX).read_to_string(&mut inside).map_err(|error| damaged(&error))?;
    Ok(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests open hundreds of files; real ones use [`WORK_FACTOR`].
    const CHEAP: u8 = 4;

    fn passphrase(text: &str) -> SecretString {
        text.to_owned().into()
    }

    fn secret() -> Zeroizing<String> {
        write_key(KeyKind::Business, &[7; 32])
    }

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_only() {
        let sealed = seal(&secret(), &passphrase("海棠 2026"), CHEAP).unwrap();
        assert!(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
        let opened = open(sealed.as_bytes(), &passphrase("海棠 2026")).unwrap();
        assert_eq!(*read_key(KeyKind::Business, &opened).unwrap(), [7; 32]);
        let wrong = open(sealed.as_bytes(), &passphrase("海棠 2025")).unwrap_err();
        assert!(matches!(wrong, SecretError::Passphrase));
        assert!(is_sealed(sealed.as_bytes()) && !is_sealed(opened.as_bytes()));
    }

    #[test]
    fn a_key_of_one_kind_is_none_of_another() {
        let kinds = [KeyKind::Business, KeyKind::Validator, KeyKind::Network];
        for kind in kinds {
            let text = write_key(kind, &[7; 32]);
            for other in kinds {
                assert_eq!(read_key(other, &text).is_some(), kind == other, "{other:?}");
            }
            for wrong in [&text[1..], &text[..text.len() - 2], &format!("{}\n", &*text), ""] {
                assert!(read_key(kind, wrong).is_none(), "{wrong}");
            }
        }
    }

    #[test]
    fn a_damaged_file_never_gives_a_key() {
        let sealed = seal(&secret(), &passphrase("p"), CHEAP).unwrap();
        for position in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[position] ^= 1;
            // Line ends and the case of nothing else may differ without a loss.
            if let Ok(opened) = open(&bytes, &passphrase("p")) {
                assert_eq!(opened, secret(), "{position}");
            }
        }
        for cut in 0..sealed.len() - 40 {
            assert!(open(&sealed.as_bytes()[..cut], &passphrase("p")).is_err(), "{cut}");
        }
        assert!(matches!(open(b"", &passphrase("p")), Err(SecretError::Damaged(_))));
    }

    #[test]
    fn the_real_work_factor_is_written_in_the_file() {
        let sealed = seal(&secret(), &passphrase("p"), WORK_FACTOR).unwrap();
        let mut plain = Vec::new();
        ArmoredReader::new(sealed.as_bytes()).read_to_end(&mut plain).unwrap();
        let header = String::from_utf8_lossy(&plain);
        let stanza = header.lines().nth(1).unwrap();
        assert!(stanza.starts_with("-> scrypt ") && stanza.ends_with(" 17"), "{stanza}");
    }
}
