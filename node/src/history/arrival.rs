//! This exists to write down how a node came to its chain, so that an interrupted join goes on and an operator
//! is told what this machine has not executed.

use super::files;
use crate::blocks::segments;
use crate::chain_file::is_empty;
use crate::error::NodeError;
use crate::framed;
use crate::storage::Storage;
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::types::Height;
use std::io;
use std::path::Path;

/// How a node came to its chain, if it did not execute it from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Arrival {
    /// Whether it has all that it asked for; until then a start goes on with asking.
    pub is_over: bool,
    /// The last block that was taken by its certificate, without being executed.
    pub height: Height,
    /// The block of the snapshot that its state began with; `None` if there was none, and all was executed.
    pub snapshot: Option<Height>,
}

impl Arrival {
    const NAME: &'static str = "arrival";

    /// What is written down in the folder of a node.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub fn read(folder: &Path) -> Result<Option<Self>, NodeError> {
        let node = folder.join("node");
        if !node.is_dir() {
            return Ok(None);
        }
        let bytes = files(&node)?.read(Self::NAME).map_err(|source| error("read", source))?;
        Ok(framed::read(&bytes.unwrap_or_default()).0.pop())
    }

    /// Whether a node in this folder is to join by snapshot: it was told so and has no chain, or it was told so
    /// before and has not all of it yet.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub fn is_due(folder: &Path, is_wanted: bool) -> Result<bool, NodeError> {
        if Self::read(folder)?.is_some_and(|arrival| !arrival.is_over) {
            return Ok(true);
        }
        let chain = files(&folder.join("chain"))?;
        let names = segments(chain.as_ref())?;
        Ok(is_wanted && is_empty(chain.as_ref(), &names)?)
    }

    pub(super) fn write(self, node: &mut dyn Storage) -> Result<(), NodeError> {
        let bytes = framed::bytes_of(&self);
        node.replace(Self::NAME, &bytes).map_err(|source| error("write", source))
    }
}

fn error(action: &'static str, source: io::Error) -> NodeError {
    NodeError::Storage { action, what: "how this node came to its chain".to_owned(), source }
}
