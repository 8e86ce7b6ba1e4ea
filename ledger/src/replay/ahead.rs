//! This exists to do ahead of a replay, on any core and in any order, what of a frame needs no state:
//! its hash and bytes, its votes, the bytes and signatures of its transactions. A replay then asks for
//! each in its turn, so that the first broken thing is the same as without.

use crate::block::{BlockTransactionError, CommittedBlock, Header, VerifiedBlock};
use crate::certificate::Certificate;
use crate::crypto::KnownKeys;
use crate::frame::{Frame, FrameError, RawFrame};
use crate::types::BlockHash;

/// A frame of which everything that needs no state was done: made by [`Prepared::new`], taken by
/// [`super::Replay::prepared`].
#[derive(Debug)]
pub struct Prepared(pub(super) Ahead);

/// What was found ahead.
#[expect(clippy::large_enum_variant, reason = "all frames but the first are blocks")]
#[derive(Debug)]
pub(super) enum Ahead {
    Broken(FrameError),
    Genesis,
    Block {
        header: Header,
        hash: BlockHash,
        certificate: Certificate,
        /// For a quorum: which of its signatures are good.
        votes: Vec<bool>,
        transactions: Result<VerifiedBlock, BlockTransactionError>,
    },
}

impl Prepared {
    /// Reads and verifies a frame. What is wrong is kept for its turn.
    pub fn new(raw: RawFrame<'_>, known: &mut KnownKeys) -> Self {
        match raw.open() {
            Ok(frame) => Self::of(frame, known),
            Err(error) => Self::broken(error),
        }
    }

    /// Bytes that are no frame: what stands before them has its turn first.
    pub fn broken(error: FrameError) -> Self {
        Self(Ahead::Broken(error))
    }

    /// Verifies a frame that was read.
    pub fn of(frame: Frame, known: &mut KnownKeys) -> Self {
        let Frame::Block(committed) = frame else {
            return Self(Ahead::Genesis);
        };
        let CommittedBlock { block, certificate } = committed;
        let (header, hash) = (block.header.clone(), block.header.hash());
        let votes = match &certificate {
            Certificate::Quorum(commit) => {
                commit.votes(&header.chain, header.height, hash).collect()
            }
            // It depends on keys in the state; rare enough for its turn.
            Certificate::Recovery { .. } => Vec::new(),
        };
        let transactions = block.verify_by(known);
        Self(Ahead::Block { header, hash, certificate, votes, transactions })
    }

    /// Why the bytes are no frame, if so.
    pub fn error(&self) -> Option<&FrameError> {
        match &self.0 {
            Ahead::Broken(error) => Some(error),
            Ahead::Genesis | Ahead::Block { .. } => None,
        }
    }
}
