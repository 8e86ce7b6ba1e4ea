//! This exists to say why a node cannot go on: this machine could not, never that a rule said no.

use linli_ledger::code::Code;
use linli_ledger::execute::BlockError;
use linli_ledger::hash::Digest;
use linli_ledger::replay::AuditError;
use linli_ledger::types::{ContractId, Height};
use std::io;
use std::path::PathBuf;

/// Why a node does not start, or stops.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Another process uses the folder.
    #[error("another process uses {}; stop it first", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk could not.
    #[error("cannot {action} {what}")]
    Storage {
        /// What was tried.
        action: &'static str,
        /// With which file.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// The chain file ends before a block that was once committed here.
    #[error(
        "the chain file ends at block {found}, but block {known} was committed here; \
         restore the chain folder from a copy that has block {known}"
    )]
    Shortened {
        /// The last block in the file.
        found: Height,
        /// The last block committed.
        known: Height,
    },
    /// The chain file ends with another block than was once committed here.
    #[error("block {height} in the chain file is not the one that was committed here")]
    Replaced {
        /// Where they differ.
        height: Height,
    },
    /// The chain file does not verify.
    #[error("the chain file is damaged: {0}; restore the chain folder from a copy")]
    Damaged(#[source] AuditError),
    /// The folder holds another chain.
    #[error("the folder holds the chain {found}, not {expected}; choose another folder")]
    OtherChain {
        /// The chain that was asked for.
        expected: Digest,
        /// The chain in the folder.
        found: Digest,
    },
    /// The next block follows rules that this program does not have. Source: LED-6.9.
    #[error(
        "block {height} follows contract {contract} in version {version}, which this program does not have; \
         install the program that has it, and start it again"
    )]
    RulesUnknown {
        /// The next block.
        height: Height,
        /// The contract.
        contract: ContractId,
        /// The version that is in force then.
        version: u16,
    },
    /// The consensus engine could not.
    #[error("the consensus engine does not run: {0}")]
    Engine(String),
}

impl From<AuditError> for NodeError {
    /// A chain that goes on by rules that this program lacks is not damaged.
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Block { height, source: BlockError::Rulebook(contract, version) } => {
                Self::RulesUnknown { height, contract, version }
            }
            error => Self::Damaged(error),
        }
    }
}

impl NodeError {
    /// Whether the disk is full: then nothing is broken, and the node may be resumed when there is
    /// room. Any other failure to write leaves unknown what is on the disk.
    pub fn is_storage_full(&self) -> bool {
        match self {
            Self::Storage { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::Busy { .. }
            | Self::Shortened { .. }
            | Self::Replaced { .. }
            | Self::Damaged(_)
            | Self::OtherChain { .. }
            | Self::RulesUnknown { .. }
            | Self::Engine(_) => false,
        }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Busy { .. } => Code::DirectoryBusy,
            Self::Storage { .. } if self.is_storage_full() => Code::StorageFull,
            Self::Storage { .. } => Code::Storage,
            Self::Shortened { .. } => Code::ChainShortened,
            Self::Replaced { .. } | Self::Damaged(_) => Code::ChainDamaged,
            Self::OtherChain { .. } => Code::OtherInput,
            Self::RulesUnknown { .. } => Code::RulesUnknown,
            Self::Engine(_) => Code::Engine,
        }
    }
}
