//! This exists to follow the validator sets of a chain from its genesis hash on, by headers and
//! certificates alone: no transaction is read, no state is held, nothing is executed.
//!
//! Each header names the set that certifies it and the one that certifies the next, and a quorum of the
//! first signed both. So whoever holds the genesis hash knows the set of every height, and with it which
//! state roots to believe. What the blocks *say* is checked by a replay only.

use crate::block::Header;
use crate::certificate::{Certificate, CertificateError, Governance, ValidatorSet};
use crate::execute::{BlockError, check_follows};
use crate::genesis::{Genesis, GenesisError};
use crate::hash::{Digest, Domain, digest};
use crate::merkle::Frontier;
use crate::state::Tip;
use crate::types::{BlockHash, Height};

/// Why a header does not go on from the one before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    /// The genesis has another hash than the one given.
    #[error("the genesis hashes to {found}, not to {expected}")]
    GenesisHash {
        /// Given from outside.
        expected: Digest,
        /// Found in the bytes.
        found: Digest,
    },
    /// The genesis defines no chain.
    #[error("genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// The header does not follow from the one before.
    #[error("block {height}: {source}")]
    Link {
        /// Where.
        height: Height,
        /// What is wrong.
        source: BlockError,
    },
    /// A recovery made the block final: who may sign one is in the state, so only a replay follows it.
    #[error("block {0} was made final by a recovery; only a replay of the whole chain checks that")]
    Recovery(Height),
    /// The block is not final.
    #[error("block {height}: {source}")]
    Certificate {
        /// Where.
        height: Height,
        /// What is wrong.
        source: CertificateError,
    },
    /// The header names another set for the next block, and none or another one was given.
    #[error("block {0} names another set for the next block, and it was not given")]
    NextSet(Height),
}

/// The validators of a chain, followed up to some height.
#[derive(Clone, Debug)]
pub struct Lineage {
    genesis: Digest,
    tip: Tip,
    set: ValidatorSet,
}

impl Lineage {
    /// Begins with the bytes of a genesis and the hash that is trusted.
    ///
    /// # Errors
    /// In this order: [`LineageError::GenesisHash`], [`LineageError::Genesis`].
    pub fn begin(bytes: &[u8], expected: &Digest) -> Result<Self, LineageError> {
        let found = digest(Domain::Genesis, bytes);
        if found != *expected {
            return Err(LineageError::GenesisHash { expected: *expected, found });
        }
        let genesis = Genesis::decode(bytes)?;
        let set = genesis.validator_set()?;
        let (history, earlier) = (Frontier::default(), Frontier::default());
        let (height, hash) = (Height(0), BlockHash(found));
        let tip = Tip { height, hash, time: genesis.time, history, earlier };
        Ok(Self { genesis: found, tip, set })
    }

    /// The last block that was followed; before the first the genesis.
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// The set that certifies the next block.
    pub fn validators(&self) -> &ValidatorSet {
        &self.set
    }

    /// Goes on by one block. `next` is asked for only where the header names another set for the block
    /// after it; wherever it comes from, it is believed only if it hashes to what the header says.
    ///
    /// # Errors
    /// In this order: [`LineageError::Recovery`], [`LineageError::Link`],
    /// [`LineageError::Certificate`], [`LineageError::NextSet`]. After an error nothing has changed.
    ///
    /// Source: LED-4.10.
    pub fn follow(
        &mut self,
        header: &Header,
        certificate: &Certificate,
        next: impl FnOnce() -> Option<ValidatorSet>,
    ) -> Result<(), LineageError> {
        let height = header.height;
        if matches!(certificate, Certificate::Recovery { .. }) {
            return Err(LineageError::Recovery(height));
        }
        check_follows(&self.genesis, &self.tip, header, &self.set)
            .map_err(|source| LineageError::Link { height, source })?;
        let hash = header.hash();
        // A quorum is counted without governance: only a recovery would ask.
        let nobody = || Governance { threshold: u32::MAX, members: Vec::new() };
        certificate
            .verify(&self.genesis, height, hash, &self.set, nobody)
            .map_err(|source| LineageError::Certificate { height, source })?;
        if header.next_validators_hash != header.validators_hash {
            self.set = next()
                .filter(|set| set.hash() == header.next_validators_hash)
                .ok_or(LineageError::NextSet(height))?;
        }
        self.tip = self.tip.after(header);
        Ok(())
    }
}
