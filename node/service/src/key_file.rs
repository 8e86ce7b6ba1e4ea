//! This exists to read and write the files of a node's keys, and to refuse those that others can read.
//!
//! A file is sealed under a passphrase (age, scrypt), or, where nothing is real, holds the key plainly. Both
//! say in their first line what the key is for. Source: NET-5.1.

use crate::config::{Network, Settings};
use linli_ledger::code::Code;
use linli_ledger::crypto::ConsensusKey;
use linli_network::NetworkKey;
use linli_secrets::{KeyKind, SecretError, WORK_FACTOR, passphrase, private_file};
use linli_verify::Language;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use std::env;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

/// Where the service manager puts what it has read for this process alone.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Why a key file is no good.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read, written or opened.
    #[error("cannot use the key file: {0}")]
    Secret(#[from] SecretError),
    /// It holds no such key.
    #[error("{} does not hold a key that begins with the line \"{}\" and 64 hexadecimal digits", path.display(), kind.title())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What was looked for.
        kind: KeyKind,
    },
    /// It is not sealed, on a network where keys are real.
    #[error("{} is not sealed under a passphrase and network is real: make the keys with linlid init", path.display())]
    Plain {
        /// Which file.
        path: PathBuf,
    },
}

impl KeyFileError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Secret(
                error @ (SecretError::Passphrase
                | SecretError::Damaged(_)
                | SecretError::Short(_)
                | SecretError::NoTerminal(_)),
            ) => error.code(),
            Self::Secret(SecretError::Exists { .. }) => Code::FolderNotEmpty,
            Self::Secret(_) | Self::Content { .. } | Self::Plain { .. } => Code::KeyFile,
        }
    }
}

/// How a key lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtRest {
    /// Whoever reads the file has the key.
    Plain,
    /// Whoever reads the file needs the passphrase.
    Sealed,
}

/// How a key lies in its file, without opening it.
///
/// # Errors
/// [`KeyFileError::Secret`] for a file that is missing, unreadable or open to others.
pub fn at_rest(path: &Path) -> Result<AtRest, KeyFileError> {
    let bytes = Zeroizing::new(private_file::read(path)?);
    Ok(if linli_secrets::is_sealed(&bytes) { AtRest::Sealed } else { AtRest::Plain })
}

/// Reads the secret of a key; the passphrase is asked for if the file is sealed.
///
/// # Errors
/// In this order: [`KeyFileError::Secret`], [`KeyFileError::Content`].
pub fn read(
    path: &Path,
    kind: KeyKind,
    passphrase: &mut dyn FnMut() -> Result<SecretString, SecretError>,
) -> Result<(Zeroizing<[u8; 32]>, AtRest), KeyFileError> {
    let bytes = Zeroizing::new(private_file::read(path)?);
    let content = || KeyFileError::Content { path: path.to_owned(), kind };
    let key = |text: &str| linli_secrets::read_key(kind, text).ok_or_else(content);
    if linli_secrets::is_sealed(&bytes) {
        let text = linli_secrets::open(&bytes, &passphrase()?)?;
        return Ok((key(&text)?, AtRest::Sealed));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| content())?;
    Ok((key(text)?, AtRest::Plain))
}

/// Writes a new file for its owner only, sealed if there is a passphrase; one that is there already is left
/// alone.
///
/// # Errors
/// [`KeyFileError::Secret`].
pub fn write(
    path: &Path,
    kind: KeyKind,
    secret: &[u8; 32],
    passphrase: Option<&SecretString>,
) -> Result<(), KeyFileError> {
    let plain = linli_secrets::write_key(kind, secret);
    let text = match passphrase {
        Some(passphrase) => Zeroizing::new(linli_secrets::seal(&plain, passphrase, WORK_FACTOR)?),
        None => plain,
    };
    Ok(private_file::create(path, text.as_bytes())?)
}

/// The passphrase in a file: one of its owner, or one that the service manager has put there.
///
/// # Errors
/// Those of the file.
pub fn passphrase_in(path: &Path) -> Result<SecretString, SecretError> {
    let given = env::var_os(CREDENTIALS).map(PathBuf::from);
    if given.is_some() && given.as_deref() == path.parent() {
        return passphrase::from_credential(path);
    }
    passphrase::from_file(path)
}

/// The keys of one node as its settings name them. Its passphrase is read or asked for once, and only if a
/// file is sealed.
#[derive(Debug)]
pub struct Keyring<'a> {
    settings: &'a Settings,
    language: Language,
    passphrase: Option<SecretString>,
}

impl<'a> Keyring<'a> {
    /// The keys that these settings name.
    pub fn new(settings: &'a Settings, language: Language) -> Self {
        Self { settings, language, passphrase: None }
    }

    /// The validator's key, if there is one.
    ///
    /// # Errors
    /// In this order: those of [`read`], [`KeyFileError::Plain`] on a real network.
    pub fn validator(&mut self) -> Result<Option<ConsensusKey>, KeyFileError> {
        let Some(path) = &self.settings.validator_key else { return Ok(None) };
        let secret = self.secret(path, KeyKind::Validator)?;
        Ok(Some(ConsensusKey::from_seed(&secret)))
    }

    /// The network key, if there is one.
    ///
    /// # Errors
    /// As [`Keyring::validator`].
    pub fn network(&mut self) -> Result<Option<NetworkKey>, KeyFileError> {
        let Some(path) = &self.settings.network_key else { return Ok(None) };
        let secret = self.secret(path, KeyKind::Network)?;
        Ok(Some(NetworkKey::from_seed(&secret)))
    }

    /// The secret in a file.
    ///
    /// # Errors
    /// As [`Keyring::validator`].
    pub fn secret(
        &mut self,
        path: &Path,
        kind: KeyKind,
    ) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let (secret, at_rest) = read(path, kind, &mut || self.passphrase())?;
        match (self.settings.network, at_rest) {
            (Network::Real, AtRest::Plain) => Err(KeyFileError::Plain { path: path.to_owned() }),
            (Network::Real, AtRest::Sealed) | (Network::Demonstration, _) => Ok(secret),
        }
    }

    fn passphrase(&mut self) -> Result<SecretString, SecretError> {
        if let Some(known) = &self.passphrase {
            return Ok(known.clone());
        }
        let passphrase = match &self.settings.passphrase_file {
            Some(path) => passphrase_in(path)?,
            None if io::stdin().is_terminal() => {
                let question =
                    self.language.pick("本节点密钥的口令", "Passphrase of this node's keys");
                passphrase::typed(question)?
            }
            None => return Err(SecretError::NoTerminal(NOBODY.to_owned())),
        };
        Ok(self.passphrase.insert(passphrase).clone())
    }
}

/// What to do where a passphrase is needed and nobody can be asked.
pub(crate) const NOBODY: &str =
    "a passphrase is needed and there is no terminal to ask on: name a file with --passphrase-file";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn never() -> Result<SecretString, SecretError> {
        panic!("a plain file needs no passphrase")
    }

    #[test]
    fn a_key_comes_back_and_a_file_for_everybody_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("validator.key");
        let kind = KeyKind::Validator;
        write(&path, kind, &[7; 32], None).unwrap();
        let (secret, at_rest) = read(&path, kind, &mut never).unwrap();
        assert_eq!((*secret, at_rest), ([7; 32], AtRest::Plain));
        assert_eq!(
            fs::read_to_string(&path).unwrap().lines().next(),
            Some("linli validator key 1")
        );
        let again = write(&path, kind, &[8; 32], None).unwrap_err();
        assert_eq!(again.code(), Code::FolderNotEmpty);
        let other = read(&path, KeyKind::Network, &mut never).unwrap_err();
        assert!(matches!(other, KeyFileError::Content { .. }));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            for mode in [0o640, 0o604, 0o660, 0o777] {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                let error = read(&path, kind, &mut never).unwrap_err();
                assert_eq!(error.code(), Code::KeyFile);
                assert!(error.to_string().contains(&format!("{mode:03o}")), "{error}");
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        for text in ["", "07", "linli validator key 1\n", "linli validator key 2\n00"] {
            fs::write(&path, text).unwrap();
            let error = read(&path, kind, &mut never).unwrap_err();
            assert!(matches!(error, KeyFileError::Content { .. }), "{text}");
        }
    }

    #[test]
    fn a_sealed_key_opens_with_its_passphrase_and_a_real_network_takes_no_plain_one() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let words = |text: &str| SecretString::from(text.to_owned());
        write(&at("sealed"), KeyKind::Validator, &[7; 32], Some(&words("three short words")))
            .unwrap();
        write(&at("plain"), KeyKind::Validator, &[7; 32], None).unwrap();
        assert_eq!(at_rest(&at("sealed")).unwrap(), AtRest::Sealed);
        assert_eq!(at_rest(&at("plain")).unwrap(), AtRest::Plain);
        private_file::create(&at("right"), b"three short words\n").unwrap();
        private_file::create(&at("wrong"), b"three short swords\n").unwrap();
        let open = |key: &str, passphrase: &str, network| {
            let settings = Settings {
                validator_key: Some(at(key)),
                passphrase_file: Some(at(passphrase)),
                network,
                ..Settings::default()
            };
            let mut keyring = Keyring::new(&settings, Language::English);
            keyring.validator().map(|key| key.unwrap().public())
        };
        let public = ConsensusKey::from_seed(&[7; 32]).public();
        assert_eq!(open("sealed", "right", Network::Real).unwrap(), public);
        assert_eq!(open("plain", "none", Network::Demonstration).unwrap(), public);
        for (key, passphrase, network, code) in [
            ("sealed", "wrong", Network::Real, Code::Passphrase),
            ("sealed", "none", Network::Real, Code::KeyFile),
            ("plain", "right", Network::Real, Code::KeyFile),
            ("none", "right", Network::Real, Code::KeyFile),
        ] {
            assert_eq!(open(key, passphrase, network).unwrap_err().code(), code, "{key}");
        }
    }
}
