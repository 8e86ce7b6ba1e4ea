//! This exists to keep a secret key in a file that only its owner's passphrase opens: the age format, so
//! that any other age program opens it too.

use super::words::Secret;
use crate::failure::Failure;
use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use linli_ledger::code::Code;
use linli_ledger::hash::{from_hex_bytes, to_hex};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use std::io::{Read, Write};
use std::iter;

/// 2^17: a third of a second and 128 MiB on an office machine, on a phone still a few seconds. Fixed,
/// because a factor measured on a fast machine makes files that a slow one cannot open.
pub(super) const WORK_FACTOR: u8 = 17;
/// The most that is tried for a file from elsewhere: eight times as much.
const WORK_FACTOR_MAX: u8 = 20;
/// The first line inside.
const TITLE: &str = "linli-key-1";
/// What is inside is 100 bytes; anything longer is something else.
const INSIDE_BYTES_MAX: u64 = 1_024;

/// Seals a secret under a passphrase; the work factor is a power of two.
///
/// # Errors
/// [`Code::KeyDamaged`] where the library fails.
pub(super) fn seal(
    secret: &Secret,
    passphrase: &SecretString,
    work_factor: u8,
) -> Result<String, Failure> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work_factor);
    let hex = Zeroizing::new(to_hex(secret.expose_secret()));
    let inside = Zeroizing::new([TITLE, "\n", hex.as_str(), "\n"].concat());
    let sealed = || -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let encryptor = Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))?;
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(inside.as_bytes())?;
        Ok(writer.finish()?.finish()?)
    };
    sealed()
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Failure::new(Code::KeyDamaged, "age"))
}

/// Opens what [`seal`] has made.
///
/// # Errors
/// [`Code::Passphrase`] for another passphrase; [`Code::KeyDamaged`] for anything else.
pub(super) fn open(sealed: &[u8], passphrase: &SecretString) -> Result<Secret, Failure> {
    let damaged = |error: &dyn std::fmt::Display| Failure::new(Code::KeyDamaged, error);
    let decryptor = Decryptor::new(ArmoredReader::new(sealed)).map_err(|error| damaged(&error))?;
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    let reader = decryptor.decrypt(iter::once(&identity as &dyn age::Identity));
    let reader = reader.map_err(|error| match error {
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::NoMatchingKeys => Failure::new(Code::Passphrase, ""),
        error => damaged(&error),
    })?;
    let mut inside = Zeroizing::new(String::with_capacity(256));
    reader.take(INSIDE_BYTES_MAX).read_to_string(&mut inside).map_err(|error| damaged(&error))?;
    let mut lines = inside.lines();
    let hex = lines.next().filter(|title| *title == TITLE).and_then(|_| lines.next());
    let bytes = hex.and_then(from_hex_bytes).map(Zeroizing::new);
    let bytes = bytes.as_ref().and_then(|bytes| bytes.as_slice().try_into().ok());
    let bytes: &[u8; 32] = bytes.ok_or_else(|| damaged(&TITLE))?;
    Ok(SecretBox::init_with_mut(|secret: &mut [u8; 32]| secret.copy_from_slice(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests open hundreds of files; real ones use [`WORK_FACTOR`].
    const CHEAP: u8 = 4;

    fn passphrase(text: &str) -> SecretString {
        text.to_owned().into()
    }

    fn secret() -> Secret {
        SecretBox::init_with(|| [7; 32])
    }

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_only() {
        let sealed = seal(&secret(), &passphrase("海棠 2026"), CHEAP).unwrap();
        assert!(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
        let opened = open(sealed.as_bytes(), &passphrase("海棠 2026")).unwrap();
        assert_eq!(opened.expose_secret(), &[7; 32]);
        let wrong = open(sealed.as_bytes(), &passphrase("海棠 2025")).unwrap_err();
        assert_eq!(wrong.code, Code::Passphrase);
    }

    #[test]
    fn a_damaged_file_never_gives_a_key() {
        let sealed = seal(&secret(), &passphrase("p"), CHEAP).unwrap();
        for position in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[position] ^= 1;
            // Line ends and the case of nothing else may differ without a loss.
            if let Ok(opened) = open(&bytes, &passphrase("p")) {
                assert_eq!(opened.expose_secret(), &[7; 32], "{position}");
            }
        }
        for cut in 0..sealed.len() - 40 {
            assert!(open(&sealed.as_bytes()[..cut], &passphrase("p")).is_err(), "{cut}");
        }
        assert_eq!(open(b"", &passphrase("p")).unwrap_err().code, Code::KeyDamaged);
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
