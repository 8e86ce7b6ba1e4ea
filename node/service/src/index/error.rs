//! This exists to say why the read model does not answer: never that something is not there.

use linli_ledger::code::Code;
use linli_ledger::types::Height;
use linli_node::NodeError;
use std::io;

/// Why a question has no answer now.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// What the index holds does not fit the chain, or its files are damaged. It is rebuilt.
    #[error("the read model is not to be trusted ({0}); it is rebuilt from the chain")]
    Doubt(String),
    /// It is being built; ask again.
    #[error("the read model is being built: block {done} of {total}; ask again in a moment")]
    Rebuilding {
        /// Blocks in it.
        done: Height,
        /// Blocks in the chain.
        total: Height,
    },
    /// A cursor or a limit in the question cannot be one.
    #[error("{0} is no place in this list; ask for its first page")]
    Question(&'static str),
    /// The disk could not, or another process has the folder.
    #[error("cannot {action} the read model")]
    Storage {
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The chain itself could not be read: no rebuild of the index mends that.
    #[error(transparent)]
    Chain(#[from] NodeError),
}

impl IndexError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Doubt(_) | Self::Rebuilding { .. } => Code::IndexRebuilding,
            Self::Question(_) => Code::IndexQuestion,
            Self::Storage { .. } => Code::Storage,
            Self::Chain(error) => error.code(),
        }
    }

    /// A doubt, in a few words for the log.
    pub(super) fn doubt(what: impl Into<String>) -> Self {
        Self::Doubt(what.into())
    }
}
