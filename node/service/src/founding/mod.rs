//! This exists to found a network: each organisation makes its keys on its own machine and hands a card to
//! whoever puts the genesis together; all who add the same cards get the same genesis (ADR 0034).

pub mod draft;
pub mod findings;
pub mod keys;
mod roster;
pub mod testnet;

use crate::key_file::KeyFileError;
use linli_ledger::code::Code;
use linli_ledger::crypto::{CardError, PublicKey, SignedCard};
use linli_ledger::genesis::GenesisError;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Larger than any card or genesis.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Why a step of the founding could not be done.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is there would be overwritten.
    #[error("{} is there already; nothing was touched", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// A key file is no good.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The system gave no random numbers.
    #[error("the system gave no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// A file is no card.
    #[error("{} is no card: {why}", path.display())]
    CardFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A card is no good.
    #[error("the card is no good: {0}")]
    Card(#[from] CardError),
    /// A card with everybody's keys, for a genesis with real ones.
    #[error("the card of {name} has demonstration keys, and the genesis says that keys are real")]
    Demonstration {
        /// The organisation.
        name: String,
    },
    /// Another organisation has this name.
    #[error("another organisation is called {name} already, with the key {key}")]
    Name {
        /// The name.
        name: String,
        /// Its key.
        key: PublicKey,
    },
    /// An organisation with this key has another name or kind.
    #[error("the organisation with the key {key} is there already as {name} ({kind})")]
    Otherwise {
        /// Its key.
        key: PublicKey,
        /// Its name there.
        name: String,
        /// Its kind there.
        kind: &'static str,
    },
    /// A key that stands elsewhere.
    #[error("key {0} stands in the genesis already, of another organisation or for something else")]
    Key(PublicKey),
    /// That an organisation does not govern, with the card of a node without a validator.
    #[error(
        "{name}: that it does not govern is said with the card of its validator; one without a validator does not \
         govern anyway, so leave --governs away here"
    )]
    Voteless {
        /// The organisation.
        name: String,
    },
    /// A card of a node that the genesis does not have.
    #[error("the node {0} is not in the genesis: take its card in first")]
    Absent(PublicKey),
    /// There are not so many ports.
    #[error("there are not enough ports: name another first one with --base-port")]
    Ports,
    /// A file is no genesis.
    #[error("{} is no genesis: {why}", path.display())]
    GenesisFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A genesis from which no chain begins.
    #[error("no chain begins from it yet: {0}; linlid genesis validate says all that is wrong")]
    Genesis(#[from] GenesisError),
}

impl FoundingError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Disk { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Code::InputMissing
            }
            Self::Disk { .. } => Code::Storage,
            Self::Exists { .. } => Code::FolderNotEmpty,
            Self::KeyFile(error) => error.code(),
            Self::Randomness(_) => Code::Randomness,
            Self::Ports => Code::Configuration,
            Self::CardFile { .. }
            | Self::Card(_)
            | Self::Demonstration { .. }
            | Self::Name { .. }
            | Self::Otherwise { .. }
            | Self::Key(_)
            | Self::Voteless { .. }
            | Self::Absent(_) => Code::Card,
            Self::GenesisFile { .. } | Self::Genesis(_) => Code::GenesisInvalid,
        }
    }
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> FoundingError + '_ {
    |source| FoundingError::Disk { path: path.to_owned(), source }
}

/// Reads a card and checks its signatures.
///
/// # Errors
/// In this order: [`FoundingError::Disk`], [`FoundingError::CardFile`], [`FoundingError::Card`].
pub fn read_card(path: &Path) -> Result<SignedCard, FoundingError> {
    let no_card = |why: String| FoundingError::CardFile { path: path.to_owned(), why };
    let card: SignedCard =
        serde_json::from_slice(&read(path)?).map_err(|error| no_card(error.to_string()))?;
    card.verify().map_err(|error| no_card(error.to_string()))?;
    Ok(card)
}

fn read(path: &Path) -> Result<Vec<u8>, FoundingError> {
    let length = fs::metadata(path).map_err(disk(path))?.len();
    if length > BYTES_MAX {
        return Err(disk(path)(io::Error::from(io::ErrorKind::FileTooLarge)));
    }
    fs::read(path).map_err(disk(path))
}

/// Writes a new file that everybody may read; one that is there already is left alone.
fn create(path: &Path, text: &str) -> Result<(), FoundingError> {
    let mut file = File::options().write(true).create_new(true).open(path).map_err(|error| {
        match error.kind() {
            io::ErrorKind::AlreadyExists => FoundingError::Exists { path: path.to_owned() },
            _ => disk(path)(error),
        }
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(disk(path))
}

/// Puts a text in the place of a file, whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), FoundingError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    fs::write(&new, text).and_then(|()| fs::rename(&new, path)).map_err(disk(path))
}
