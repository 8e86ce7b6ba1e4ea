//! This exists to check a whole chain against nothing but a genesis hash: every link, signature,
//! certificate, rule and root, and at the end the invariants. An auditor and a starting node run it.

mod ahead;
mod report;

use crate::block::{BlockTransactionError, CommittedBlock, Header, VerifiedBlock};
use crate::certificate::{Certificate, CertificateError};
use crate::contract::{Broken, Rulebook};
use crate::execute::{BlockError, advance, check_link};
use crate::frame::{Frame, FrameError};
use crate::genesis::{Genesis, GenesisError};
use crate::hash::{Digest, Domain, digest};
use crate::invariant;
use crate::receipt::Receipt;
use crate::rules::ContractVersions;
use crate::state::State;
use crate::types::{BlockHash, Compartment, Height};
use crate::view::View;
use ahead::Ahead;
pub use ahead::Prepared;
pub use report::AuditReport;

/// A check that an audit makes; the first that fails is named. Source: LED-8.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Length, hash and canonical bytes of every frame.
    Frame,
    /// The genesis hashes to the hash given from outside, and defines a chain.
    Genesis,
    /// Version, chain, height, parent and time of every header.
    Link,
    /// The earlier headers hash to the history root.
    History,
    /// The set that certifies, the next set, and the proposer.
    Validators,
    /// A quorum signed every block.
    Certificate,
    /// Canonical bytes, chain, key, nonce, expiry and every signature of every transaction.
    Signature,
    /// The transactions hash to the transactions root.
    TransactionsRoot,
    /// Rules executed again give the same receipts.
    Rules,
    /// Rules executed again give the same state.
    StateRoot,
    /// What must hold of the whole state holds.
    Invariants,
    /// The last block is the one given from outside.
    Head,
}

impl Check {
    /// Every check, in the order in which it is reported.
    pub const ALL: [Self; 12] = [
        Self::Frame,
        Self::Genesis,
        Self::Link,
        Self::History,
        Self::Validators,
        Self::Certificate,
        Self::Signature,
        Self::TransactionsRoot,
        Self::Rules,
        Self::StateRoot,
        Self::Invariants,
        Self::Head,
    ];

    /// Its stable name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Genesis => "genesis",
            Self::Link => "link",
            Self::History => "history",
            Self::Validators => "validators",
            Self::Certificate => "certificate",
            Self::Signature => "signature",
            Self::TransactionsRoot => "transactions-root",
            Self::Rules => "rules",
            Self::StateRoot => "state-root",
            Self::Invariants => "invariants",
            Self::Head => "head",
        }
    }
}

/// Why a chain does not verify. [`AuditError::check`] names the check, [`AuditError::height`] where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// Bytes that are no frame, after this many good blocks.
    #[error("after block {after}: {source}")]
    Frame {
        /// The last good height.
        after: Height,
        /// What is wrong.
        source: FrameError,
    },
    /// The first frame is no genesis, or another frame is one.
    #[error("after block {after}: a genesis where a block belongs, or the other way round")]
    FrameKind {
        /// The last good height.
        after: Height,
    },
    /// The genesis has another hash than the one given.
    #[error("the genesis hashes to {found}, not to {expected}")]
    GenesisHash {
        /// Given from outside.
        expected: Digest,
        /// Found in the chain.
        found: Digest,
    },
    /// The genesis defines no chain.
    #[error("genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// A transaction's bytes or signatures are wrong.
    #[error("block {height}: {source}")]
    Transaction {
        /// Where.
        height: Height,
        /// What is wrong.
        source: BlockTransactionError,
    },
    /// The block does not follow from the state before it.
    #[error("block {height}: {source}")]
    Block {
        /// Where.
        height: Height,
        /// What is wrong.
        source: BlockError,
    },
    /// The block is not final.
    #[error("block {height}: {source}")]
    Certificate {
        /// Where.
        height: Height,
        /// What is wrong.
        source: CertificateError,
    },
    /// An invariant does not hold at the end.
    #[error(transparent)]
    Invariant(#[from] Broken),
    /// The chain does not end with the block expected.
    #[error("the chain ends at {height} with {found}, not with {expected}")]
    Head {
        /// Height of the last block.
        height: Height,
        /// Given from outside.
        expected: Digest,
        /// Found at the end.
        found: Digest,
    },
}

impl AuditError {
    /// The check that failed.
    pub fn check(&self) -> Check {
        match self {
            Self::Frame { .. } | Self::FrameKind { .. } => Check::Frame,
            Self::GenesisHash { .. } | Self::Genesis(_) => Check::Genesis,
            Self::Transaction { .. } => Check::Signature,
            Self::Block { source, .. } => block_check(source),
            Self::Certificate { .. } => Check::Certificate,
            Self::Invariant(_) => Check::Invariants,
            Self::Head { .. } => Check::Head,
        }
    }

    /// The block concerned, where there is one.
    pub fn height(&self) -> Option<Height> {
        match self {
            Self::Frame { after, .. } | Self::FrameKind { after } => Some(after.next()),
            Self::Transaction { height, .. }
            | Self::Block { height, .. }
            | Self::Certificate { height, .. }
            | Self::Head { height, .. } => Some(*height),
            Self::GenesisHash { .. } | Self::Genesis(_) | Self::Invariant(_) => None,
        }
    }

    /// The position of the transaction in its block, where there is one.
    pub fn transaction(&self) -> Option<u32> {
        match self {
            Self::Transaction {
                source:
                    BlockTransactionError::Refused { index, .. }
                    | BlockTransactionError::Withheld { index },
                ..
            }
            | Self::Block { source: BlockError::Refused { index, .. }, .. } => Some(*index),
            Self::Frame { .. }
            | Self::FrameKind { .. }
            | Self::GenesisHash { .. }
            | Self::Genesis(_)
            | Self::Block { .. }
            | Self::Certificate { .. }
            | Self::Invariant(_)
            | Self::Head { .. } => None,
        }
    }
}

fn block_check(error: &BlockError) -> Check {
    match error {
        BlockError::Version(_)
        | BlockError::Rulebook(..)
        | BlockError::Chain
        | BlockError::Height { .. }
        | BlockError::Parent
        | BlockError::Time { .. }
        | BlockError::Size => Check::Link,
        BlockError::TransactionsRoot => Check::TransactionsRoot,
        BlockError::Refused { .. } => Check::Signature,
        BlockError::ReceiptsRoot => Check::Rules,
        BlockError::StateRoot => Check::StateRoot,
        BlockError::HistoryRoot => Check::History,
        BlockError::Validators | BlockError::NextValidators | BlockError::Proposer => {
            Check::Validators
        }
    }
}

/// A replay in progress: frames go in, one after the other.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    rulebook: &'a Rulebook,
    genesis: Genesis,
    state: State,
    report: AuditReport,
}

impl<'a> Replay<'a> {
    /// Begins with the first frame of a chain.
    ///
    /// # Errors
    /// In this order: [`AuditError::FrameKind`], [`AuditError::GenesisHash`], [`AuditError::Genesis`].
    pub fn begin(
        first: &Frame,
        expected: Option<&Digest>,
        rulebook: &'a Rulebook,
    ) -> Result<Self, AuditError> {
        let Frame::Genesis(bytes) = first else {
            return Err(AuditError::FrameKind { after: Height(0) });
        };
        let found = digest(Domain::Genesis, bytes);
        if let Some(expected) = expected.filter(|expected| **expected != found) {
            return Err(AuditError::GenesisHash { expected: *expected, found });
        }
        let genesis = Genesis::decode(bytes)?;
        let state = State::from_genesis(&genesis, rulebook)?;
        let report = AuditReport::new(&genesis, found, state.root());
        Ok(Self { rulebook, genesis, state, report })
    }

    /// Goes on from a state that was checked before: by a replay, or as a snapshot (LED-11). The
    /// report counts only what comes after it.
    pub fn resume(genesis: &Genesis, state: State, rulebook: &'a Rulebook) -> Self {
        let mut report = AuditReport::new(genesis, *state.genesis(), state.root());
        let tip = state.tip();
        report.reach(tip.height, tip.hash, tip.time, state.root());
        Self { rulebook, genesis: genesis.clone(), state, report }
    }

    /// The state so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Takes the state out, for a node that goes on from here.
    pub fn into_state(self) -> State {
        self.state
    }

    /// Checks the next frame and applies it; returns its receipts.
    ///
    /// # Errors
    /// In this order: [`AuditError::FrameKind`], [`AuditError::Certificate`],
    /// [`AuditError::Transaction`], [`AuditError::Block`]. But what is cheap in
    /// [`BlockError`] (links) is checked before anything is verified.
    pub fn frame(&mut self, frame: Frame) -> Result<Vec<Receipt>, AuditError> {
        let Frame::Block(CommittedBlock { block, certificate }) = frame else {
            return Err(AuditError::FrameKind { after: self.state.tip().height });
        };
        let (header, hash) = (block.header.clone(), block.header.hash());
        self.link(&header, &certificate)?;
        self.certificate(&header, hash, &certificate, None)?;
        self.execute(&header, &certificate, block.verify())
    }

    /// As [`Replay::frame`], for a frame of which everything that needs no state was done ahead: the
    /// same verdict, whatever was found and in whichever order.
    ///
    /// # Errors
    /// [`AuditError::Frame`] for bytes that are no frame; then as [`Replay::frame`].
    pub fn prepared(&mut self, prepared: Prepared) -> Result<Vec<Receipt>, AuditError> {
        let after = self.state.tip().height;
        match prepared.0 {
            Ahead::Broken(source) => Err(AuditError::Frame { after, source }),
            Ahead::Genesis => Err(AuditError::FrameKind { after }),
            Ahead::Block { header, hash, certificate, votes, transactions } => {
                self.link(&header, &certificate)?;
                self.certificate(&header, hash, &certificate, Some(votes))?;
                self.execute(&header, &certificate, transactions)
            }
        }
    }

    fn link(&self, header: &Header, certificate: &Certificate) -> Result<(), AuditError> {
        check_link(&self.state, header, certificate.set(&self.state.validators()))
            .map_err(|source| AuditError::Block { height: header.height, source })
    }

    /// `votes` are those of a quorum where they were verified ahead, on the chain that the header
    /// names: after [`Replay::link`] that is this one.
    fn certificate(
        &self,
        header: &Header,
        hash: BlockHash,
        certificate: &Certificate,
        votes: Option<Vec<bool>>,
    ) -> Result<(), AuditError> {
        let set = self.state.validators();
        let checked = match (certificate, votes) {
            (Certificate::Quorum(commit), Some(votes)) => commit.check(&set, votes),
            (Certificate::Quorum(_) | Certificate::Recovery { .. }, _) => {
                let governance = || self.state.governance();
                certificate.verify(self.state.genesis(), header.height, hash, &set, governance)
            }
        };
        checked.map_err(|source| AuditError::Certificate { height: header.height, source })
    }

    fn execute(
        &mut self,
        header: &Header,
        certificate: &Certificate,
        transactions: Result<VerifiedBlock, BlockTransactionError>,
    ) -> Result<Vec<Receipt>, AuditError> {
        let height = header.height;
        let block = transactions.map_err(|source| AuditError::Transaction { height, source })?;
        let takes_over = match certificate {
            Certificate::Quorum(_) => None,
            Certificate::Recovery { validators, .. } => Some(validators),
        };
        let receipts = advance(&mut self.state, self.rulebook, &block, takes_over)
            .map_err(|source| AuditError::Block { height, source })?;
        let keys = block.transactions().iter().map(|tx| tx.signed().signatures.len()).sum();
        self.report.count(certificate, keys, &receipts);
        let tip = self.state.tip();
        self.report.reach(tip.height, tip.hash, tip.time, self.state.root());
        Ok(receipts)
    }

    /// Ends the replay: the invariants, and the head if one is expected.
    ///
    /// # Errors
    /// In this order: [`AuditError::Invariant`], [`AuditError::Head`].
    pub fn finish(self, expected: Option<&Digest>) -> Result<AuditReport, AuditError> {
        self.finish_with_state(expected).map(|(report, _)| report)
    }

    /// As [`Replay::finish`]; hands the last state over as well.
    ///
    /// # Errors
    /// As [`Replay::finish`].
    pub fn finish_with_state(
        mut self,
        expected: Option<&Digest>,
    ) -> Result<(AuditReport, State), AuditError> {
        self.report.invariants = check_invariants(&self.state, self.rulebook)?;
        let tip = self.state.tip();
        let BlockHash(found) = tip.hash;
        if let Some(expected) = expected.filter(|expected| **expected != found) {
            return Err(AuditError::Head { height: tip.height, expected: *expected, found });
        }
        self.report.head_expected = expected.is_some();
        Ok((self.report, self.state))
    }
}

/// The invariants of the kernel and of every contract in force, by name.
///
/// # Errors
/// The first that does not hold.
pub fn check_invariants(state: &State, rulebook: &Rulebook) -> Result<Vec<&'static str>, Broken> {
    let now = state.tip().time;
    let mut names = invariant::check(state)?;
    let public = View::read_only(state, Compartment::Public, now);
    for (id, versions) in public.range::<ContractVersions>(&(), usize::MAX) {
        let contract =
            versions.at(state.tip().height).and_then(|version| rulebook.get(id, version));
        if let Some(contract) = contract {
            let view = View::read_only(state, contract.compartment(), now);
            names.extend(contract.invariants(&view)?);
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Checks a chain given as one run of bytes: all its frames, from genesis to head.
///
/// # Errors
/// [`AuditError`], the first broken thing.
pub fn replay(
    mut bytes: &[u8],
    rulebook: &Rulebook,
    genesis_hash: &Digest,
    expected_head: Option<&Digest>,
) -> Result<AuditReport, AuditError> {
    let torn = |after, source| AuditError::Frame { after, source };
    let first = Frame::take(&mut bytes)
        .map_err(|source| torn(Height(0), source))?
        .ok_or_else(|| torn(Height(0), FrameError::Torn))?;
    let mut replay = Replay::begin(&first, Some(genesis_hash), rulebook)?;
    loop {
        let after = replay.state().tip().height;
        match Frame::take(&mut bytes).map_err(|source| torn(after, source))? {
            None => return replay.finish(expected_head),
            Some(frame) => replay.frame(frame)?,
        };
    }
}

#[cfg(test)]
mod tests;
