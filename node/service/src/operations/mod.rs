//! This exists to do what an operator does with a node that nobody else does: back up, restore, look
//! after it.

pub mod backup;
pub mod doctor;
pub mod recovery;
pub mod restore;
pub mod running;
pub mod status;

use linli_ledger::code::Code;
use linli_ledger::genesis::Genesis;
use linli_node::Blocks;
use linli_node::storage::Folder;
use std::io;
use std::path::{Path, PathBuf};

/// Why an operation could not be done.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no chain.
    #[error("there is no chain in {}", path.display())]
    NoChain {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What is there would be overwritten.
    #[error("{} is there already", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The backup is not whole, or was changed.
    #[error("the backup is no good: {0}")]
    Backup(String),
    /// The chain in it does not verify.
    #[error("the chain in the backup does not verify: {0}")]
    Verification(#[from] linli_verify::ChainError),
    /// What should be a draft of a recovery is none, or not the one that was meant.
    #[error("the recovery is not as it should be: {0}")]
    Draft(String),
    /// The recovery and the chain here do not fit together.
    #[error(transparent)]
    Recovery(#[from] linli_node::recovery::RecoveryError),
    /// The node's own files.
    #[error(transparent)]
    Node(#[from] linli_node::NodeError),
}

impl OperationError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Disk { .. } => Code::Storage,
            Self::NoChain { .. } => Code::InputMissing,
            Self::Exists { .. } => Code::FolderNotEmpty,
            Self::Backup(_) => Code::Backup,
            Self::Draft(_) => Code::Recovery,
            Self::Recovery(error) => error.code(),
            Self::Verification(_) => Code::VerificationFailed,
            Self::Node(error) => error.code(),
        }
    }
}

/// The chain in a folder, and how it begins.
///
/// # Errors
/// In this order: [`OperationError::NoChain`], [`OperationError::Disk`], [`OperationError::Node`].
fn chain(folder: &Path) -> Result<(Blocks, Genesis), OperationError> {
    let path = folder.join("chain");
    let none = || OperationError::NoChain { path: folder.to_owned() };
    if !path.is_dir() {
        return Err(none());
    }
    let blocks = Blocks::new(Box::new(Folder::create(&path).map_err(disk(&path))?));
    let genesis = blocks.genesis()?.ok_or_else(none)?;
    Ok((blocks, genesis))
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> OperationError + '_ {
    |source| OperationError::Disk { path: path.to_owned(), source }
}
