//! This exists to say why a secret cannot be read or kept.

use linli_ledger::code::Code;
use std::io;
use std::path::{Path, PathBuf};

/// Why a secret cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may read or change a file.
    #[error("{} has mode {mode:03o}; it must be 600: chmod 600 {}", path.display(), path.display())]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file is larger than anything that is kept.
    #[error("{} has more than {bytes_max} bytes", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The most that is read.
        bytes_max: u64,
    },
    /// A file would be overwritten.
    #[error("{} is there already", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// A file with a passphrase is no text.
    #[error("{} is not UTF-8", path.display())]
    Text {
        /// Which file.
        path: PathBuf,
    },
    /// Another passphrase than the one under which the secret lies.
    #[error("the passphrase is wrong")]
    Passphrase,
    /// What should be a sealed secret is none, or was changed.
    #[error("{0}")]
    Damaged(String),
    /// A new passphrase is too short.
    #[error("a passphrase has at least {0} characters")]
    Short(usize),
    /// Nobody could be asked.
    #[error("{0}")]
    NoTerminal(String),
}

impl SecretError {
    /// An error about a file.
    pub fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk { path: path.to_owned(), source }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Disk { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Code::InputMissing
            }
            Self::Disk { .. } | Self::TooLarge { .. } | Self::Text { .. } => Code::Storage,
            Self::Mode { .. } => Code::KeyFileMode,
            Self::Exists { .. } => Code::KeyNameTaken,
            Self::Passphrase => Code::Passphrase,
            Self::Damaged(_) => Code::KeyDamaged,
            Self::Short(_) => Code::WrongUse,
            Self::NoTerminal(_) => Code::NoTerminal,
        }
    }
}
