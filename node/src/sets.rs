//! This exists to keep every set of validators that the chain has had, by its hash: a header names the set that
//! certifies the next block, and whoever follows headers without a state must be shown it (LED-4.10).

use crate::error::NodeError;
use crate::framed;
use crate::storage::Storage;
use linli_ledger::certificate::ValidatorSet;
use linli_ledger::hash::Digest;
use std::collections::BTreeMap;
use std::io;

const NAME: &str = "validators";

/// The sets that this node knows. That of the genesis needs no file.
#[derive(Debug)]
pub(crate) struct Sets(BTreeMap<Digest, ValidatorSet>);

impl Sets {
    /// Reads what was kept; entries that are not whole are passed over, and shown again when the set is met.
    pub(crate) fn read(storage: &dyn Storage, first: ValidatorSet) -> Result<Self, NodeError> {
        let bytes = storage.read(NAME).map_err(|source| error("read", source))?;
        let (kept, _) = framed::read::<ValidatorSet>(&bytes.unwrap_or_default());
        let sets = kept.into_iter().chain([first]);
        Ok(Self(sets.map(|set| (set.hash(), set)).collect()))
    }

    pub(crate) fn get(&self, hash: &Digest) -> Option<&ValidatorSet> {
        self.0.get(hash)
    }

    /// Keeps a set; durable when it returns.
    pub(crate) fn keep(
        &mut self,
        storage: &mut dyn Storage,
        set: &ValidatorSet,
    ) -> Result<(), NodeError> {
        let hash = set.hash();
        if self.0.contains_key(&hash) {
            return Ok(());
        }
        // What a crash has torn would put the next out of step.
        let bytes = storage.read(NAME).map_err(|source| error("read", source))?;
        let (_, mut whole) = framed::read::<ValidatorSet>(&bytes.unwrap_or_default());
        whole.extend(framed::bytes_of(set));
        storage.replace(NAME, &whole).map_err(|source| error("write", source))?;
        self.0.insert(hash, set.clone());
        Ok(())
    }
}

fn error(action: &'static str, source: io::Error) -> NodeError {
    NodeError::Storage { action, what: "the sets of validators".to_owned(), source }
}
