//! This exists to bring a chain back that has lost its quorum for good: governance names another set, on a
//! block that everybody builds again before signing or taking it. Source: LED-4.9, architecture D7.

use crate::error::NodeError;
use crate::node::{Opened, newest_snapshot, open_folder};
use crate::storage::SyncObserver;
use linli_ledger::block::{Block, CommittedBlock};
use linli_ledger::certificate::{Certificate, Governance, Recovery, ValidatorSet};
use linli_ledger::code::Code;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::{BusinessKey, PublicKey, Signature};
use linli_ledger::execute::{BlockError, BlockTemplate, build_recovery};
use linli_ledger::frame::Frame;
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::Digest;
use linli_ledger::replay::Replay;
use linli_ledger::state::State;
use linli_ledger::types::{BlockHash, BlockTime, Height, OrganisationId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// The form of a [`Draft`] that this code writes.
pub const DRAFT_FORMAT: u16 = 1;

/// A recovery on its way from one governing organisation to the next. Nothing in it is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// [`DRAFT_FORMAT`].
    pub format: u16,
    /// The chain.
    pub genesis: Digest,
    /// The block after the last one: no transactions, what is due, the new set.
    pub block: Block,
    /// The set that takes over with it.
    pub validators: ValidatorSet,
    /// Who has signed.
    pub signatures: Vec<(PublicKey, Signature)>,
}

/// How a draft stands on the chain of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Height of the block.
    pub height: Height,
    /// Its hash: what is read out on the telephone before signing.
    pub block: BlockHash,
    /// The set that has lost its quorum.
    pub before: ValidatorSet,
    /// How many organisations must sign.
    pub threshold: u32,
    /// The governing organisations that have signed.
    pub signed: Vec<OrganisationId>,
    /// Those that have not.
    pub missing: Vec<OrganisationId>,
}

impl Standing {
    /// Whether enough have signed.
    pub fn is_complete(&self) -> bool {
        usize::try_from(self.threshold).is_ok_and(|threshold| self.signed.len() >= threshold)
    }
}

/// Why a recovery is not made, signed or taken.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The folder.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The draft has a form that this program does not know.
    #[error("the draft has form {0}, this program knows {DRAFT_FORMAT}")]
    Format(u16),
    /// The draft is of another chain.
    #[error("the draft is of the chain {found}, the folder holds {expected}")]
    Chain {
        /// The chain in the folder.
        expected: Digest,
        /// The chain of the draft.
        found: Digest,
    },
    /// The draft does not follow the last block of the folder.
    #[error(
        "the draft makes block {found} on another block than the last one here, {tip}; bring this node to \
         where the others stopped, or make the draft where the longest chain is"
    )]
    Tip {
        /// Height of the draft's block.
        found: Height,
        /// Height of the last block in the folder.
        tip: Height,
    },
    /// The block is not the one that the rules make.
    #[error("the block of the draft is not the one that its set and its time make here")]
    Block,
    /// The set cannot take over.
    #[error(
        "this set cannot take over: {0}; each key is of an organisation with an active key of its own"
    )]
    Set(#[from] BlockError),
    /// A key that does not govern.
    #[error("key {0} is no active key of a governing organisation")]
    Stranger(PublicKey),
    /// An organisation signs once.
    #[error("organisation {0} has signed already")]
    Signed(OrganisationId),
    /// A signature that does not verify.
    #[error("the signature by {0} does not verify")]
    Signature(PublicKey),
    /// Too few have signed.
    #[error("{have} of the {need} organisations that must sign have signed")]
    TooFew {
        /// How many have.
        have: usize,
        /// How many must.
        need: u32,
    },
}

impl RecoveryError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Node(error) => error.code(),
            Self::Format(_)
            | Self::Chain { .. }
            | Self::Tip { .. }
            | Self::Block
            | Self::Set(_)
            | Self::Stranger(_)
            | Self::Signed(_)
            | Self::Signature(_)
            | Self::TooFew { .. } => Code::Recovery,
        }
    }
}

impl Draft {
    /// Makes the block with which a set takes over, after the last block of a state. It has no
    /// transactions, so that whoever signs sees all of it.
    ///
    /// # Errors
    /// [`RecoveryError::Set`].
    ///
    /// # Panics
    /// If the time is not after the last block's: a bug of the caller.
    pub fn new(
        state: &State,
        rulebook: &Rulebook,
        validators: ValidatorSet,
        time: BlockTime,
    ) -> Result<Self, RecoveryError> {
        let block = block(state, rulebook, &validators, time)?;
        let genesis = *state.genesis();
        Ok(Self { format: DRAFT_FORMAT, genesis, block, validators, signatures: Vec::new() })
    }

    /// Checks everything in the draft against a state: that its block is the one which follows there, and
    /// each signature.
    ///
    /// # Errors
    /// In this order: [`RecoveryError::Format`], [`RecoveryError::Chain`], [`RecoveryError::Tip`],
    /// [`RecoveryError::Set`], [`RecoveryError::Block`]; for each signature
    /// [`RecoveryError::Stranger`], [`RecoveryError::Signed`], [`RecoveryError::Signature`].
    pub fn check(&self, state: &State, rulebook: &Rulebook) -> Result<Standing, RecoveryError> {
        if self.format != DRAFT_FORMAT {
            return Err(RecoveryError::Format(self.format));
        }
        let (expected, tip) = (*state.genesis(), state.tip());
        if self.genesis != expected {
            return Err(RecoveryError::Chain { expected, found: self.genesis });
        }
        let header = &self.block.header;
        if header.height != tip.height.next()
            || header.parent != tip.hash
            || header.time <= tip.time
        {
            return Err(RecoveryError::Tip { found: header.height, tip: tip.height });
        }
        if self.block != block(state, rulebook, &self.validators, header.time)? {
            return Err(RecoveryError::Block);
        }
        let governance = state.governance();
        let mut signed = BTreeSet::new();
        for (key, signature) in &self.signatures {
            let organisation = organisation(&governance, key)?;
            if !signed.insert(organisation) {
                return Err(RecoveryError::Signed(organisation));
            }
            if !self.recovery().verify(&self.genesis, key, signature) {
                return Err(RecoveryError::Signature(*key));
            }
        }
        let all: BTreeSet<_> = governance.members.iter().map(|(id, _)| *id).collect();
        Ok(Standing {
            height: header.height,
            block: header.hash(),
            before: state.validators(),
            threshold: governance.threshold,
            missing: all.difference(&signed).copied().collect(),
            signed: signed.into_iter().collect(),
        })
    }

    /// Signs for a governing organisation.
    ///
    /// # Errors
    /// As [`Draft::check`], then [`RecoveryError::Stranger`], [`RecoveryError::Signed`].
    pub fn sign(
        &mut self,
        state: &State,
        rulebook: &Rulebook,
        key: &BusinessKey,
    ) -> Result<Standing, RecoveryError> {
        let standing = self.check(state, rulebook)?;
        let organisation = organisation(&state.governance(), &key.public())?;
        if standing.signed.contains(&organisation) {
            return Err(RecoveryError::Signed(organisation));
        }
        let signature = key.sign_recovery(&self.genesis, &self.recovery());
        self.signatures.push((key.public(), signature));
        self.check(state, rulebook)
    }

    /// Writes the block into the chain of a folder that no node uses; durable when it returns. The node
    /// that starts there next goes on with the new set.
    ///
    /// # Errors
    /// In this order: [`NodeError::Busy`], those of
    /// [`ChainFile::open`](crate::chain_file::ChainFile::open), those of [`Draft::check`],
    /// [`RecoveryError::TooFew`], [`NodeError::Damaged`], [`NodeError::Storage`].
    pub fn apply(
        &self,
        folder: &Path,
        genesis: &Genesis,
        rulebook: &Rulebook,
    ) -> Result<Standing, RecoveryError> {
        let snapshot = newest_snapshot(folder, genesis)?.map(crate::shared::SharedState::new);
        let synced = SyncObserver::default();
        let opened = open_folder(folder, genesis, rulebook, &synced, snapshot, &mut ())?;
        let Opened { mut chain, state, lock: _lock, .. } = opened;
        let state = state.read().clone();
        let standing = self.check(&state, rulebook)?;
        if !standing.is_complete() {
            let (have, need) = (standing.signed.len(), standing.threshold);
            return Err(RecoveryError::TooFew { have, need });
        }
        let certificate = Certificate::Recovery {
            validators: self.validators.clone(),
            signatures: self.signatures.clone(),
        };
        let committed = CommittedBlock { block: self.block.clone(), certificate };
        // What every verifier will do with it is done here first.
        let mut replay = Replay::resume(genesis, state, rulebook);
        replay.frame(Frame::Block(committed.clone())).map_err(NodeError::from)?;
        chain.append(&committed)?;
        Ok(standing)
    }

    fn recovery(&self) -> Recovery {
        Recovery {
            block: self.block.header.hash(),
            height: self.block.header.height,
            validators: self.validators.clone(),
        }
    }
}

/// The one block with which a set takes over at a time. Its builder is the first of the set.
fn block(
    state: &State,
    rulebook: &Rulebook,
    set: &ValidatorSet,
    time: BlockTime,
) -> Result<Block, RecoveryError> {
    let first = set.members().first().ok_or(BlockError::Validators)?;
    let template = BlockTemplate { time, proposer: first.key };
    Ok(build_recovery(state, rulebook, template, &[], set)?.block)
}

/// The governing organisation for which a key signs.
fn organisation(governance: &Governance, key: &PublicKey) -> Result<OrganisationId, RecoveryError> {
    let found = governance.members.iter().find(|(_, member)| member == key);
    found.map(|(organisation, _)| *organisation).ok_or(RecoveryError::Stranger(*key))
}
