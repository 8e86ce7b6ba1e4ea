//! This exists to hold the conversation between engine and application, in the ledger's words.

use linli_ledger::certificate::{CommitCertificate, ValidatorSet};
use linli_ledger::crypto::PublicKey;
use linli_ledger::evidence::Evidence;
use linli_ledger::types::{BlockHash, Height};
use std::ops::RangeInclusive;
use std::time::Duration;
use tokio::sync::oneshot;

/// What the engine asks the application.
///
/// Every question wants its reply; only [`Request::Ahead`] asks nothing. Dropping one says "this machine could not": the engine logs an
/// error and goes on as far as it can. Without a reply to [`Request::Ready`] or
/// [`Request::Finalized`] it never goes on; without one to [`Request::Propose`] the round passes.
#[derive(Debug)]
pub enum Request {
    /// The engine is up: at which height does it go on?
    ///
    /// A height below the last one this validator voted at is refused, because the write-ahead log
    /// no longer knows those votes: the requests end, and the log says why.
    Ready {
        /// The height after the last one that is durable.
        reply: oneshot::Sender<Start>,
    },
    /// A round has begun. Which blocks of this very height and round does the application hold?
    ///
    /// Empty but for a restart after a crash. A block stored for [`Request::Propose`] or judged
    /// [`Verdict::Accept`] must be in the reply, or this validator may vote nil where it has voted
    /// for the block.
    StartedRound {
        /// Height of the round.
        height: Height,
        /// Round, from 0.
        round: u32,
        /// Whose turn it is.
        proposer: PublicKey,
        /// The valid blocks held for this height and round.
        reply: oneshot::Sender<Vec<Proposed>>,
    },
    /// It is this validator's turn: build a block and store it durably, then reply.
    ///
    /// The same height and round must get the same block, also after a crash: a second block for
    /// the same round is a second proposal, which is misbehaviour.
    Propose {
        /// Height to build for.
        height: Height,
        /// Round, from 0.
        round: u32,
        /// After this time the other validators no longer wait.
        timeout: Duration,
        /// The block.
        reply: oneshot::Sender<Built>,
    },
    /// A block has arrived whole. If it is valid store it durably, then reply.
    ///
    /// Its height is at most one above the last that was decided: what comes too early is held until
    /// its turn has come. It may come while the reply to [`Request::Finalized`] is held, and says then
    /// that somebody has work.
    ///
    /// Nothing here is signed by the proposer: only [`Verdict`] and the signed proposal together make a
    /// value. The engine drops a block whose hash nobody proposed. Without a reply it never hears of it.
    Received {
        /// Height claimed by the sender.
        height: Height,
        /// Round claimed by the sender.
        round: u32,
        /// The earlier round in which a quorum prevoted this block, as claimed.
        pol_round: Option<u32>,
        /// The proposer claimed by the sender.
        proposer: PublicKey,
        /// The key of the node that signed the messages that brought it.
        publisher: PublicKey,
        /// At most [`BLOCK_BYTES_MAX`](crate::BLOCK_BYTES_MAX).
        bytes: Vec<u8>,
        /// What the application makes of it.
        reply: oneshot::Sender<Verdict>,
    },
    /// A block is proposed again in a later round, and others may lack its bytes.
    Restream {
        /// Height of the block.
        height: Height,
        /// The later round.
        round: u32,
        /// The block.
        block: BlockHash,
        /// Its bytes, if they are held.
        reply: oneshot::Sender<Option<Vec<u8>>>,
    },
    /// A quorum has precommitted. Commit durably, then reply.
    Decided {
        /// Height decided.
        height: Height,
        /// The block.
        block: BlockHash,
        /// The precommits known so far.
        certificate: CommitCertificate,
        /// Only now does this node tell others that it has the height.
        reply: oneshot::Sender<()>,
    },
    /// The height is closed; what comes next? Always after [`Request::Decided`] of the same height,
    /// but it does not wait for that reply.
    ///
    /// The application may hold this reply for as long as there is nothing to decide.
    Finalized {
        /// Height closed.
        height: Height,
        /// The block.
        block: BlockHash,
        /// As in `Decided`, or with more precommits.
        certificate: CommitCertificate,
        /// Who contradicted themselves, with proof.
        evidence: Vec<Evidence>,
        /// When to go on, and with whom.
        reply: oneshot::Sender<Next>,
    },
    /// A peer that is ahead sent a block; its certificate has been verified. If it is valid store it
    /// durably, then reply; [`Request::Decided`] follows.
    Synced {
        /// Height of the certificate.
        height: Height,
        /// Round of the certificate.
        round: u32,
        /// Whose turn that round was.
        proposer: PublicKey,
        /// The block as the peer sent it.
        bytes: Vec<u8>,
        /// [`Verdict::Unreadable`] blames the peer; dropping the reply blames nobody.
        reply: oneshot::Sender<Verdict>,
    },
    /// Others have reached this height: whoever is below it must not rest, for blocks that a peer sends
    /// are judged only after the reply to [`Request::Finalized`].
    ///
    /// More than a third of the validators' nodes say so; to a node without a voice, any of them. It never falls.
    Ahead {
        /// How far their chains reach.
        height: Height,
    },
    /// A peer that is behind asks for blocks.
    DecidedBlocks {
        /// Not checked: the application answers what it holds.
        range: RangeInclusive<Height>,
        /// In order, without gaps, from the start of the range.
        reply: oneshot::Sender<Vec<DecidedBlock>>,
    },
    /// Which is the lowest height that this node can give to a peer?
    HistoryMinimum {
        /// Height 0 if there is no block yet.
        reply: oneshot::Sender<Height>,
    },
}

/// Where the engine goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The height to decide.
    pub height: Height,
    /// Who decides it, in the order of [`turn`].
    pub validators: ValidatorSet,
}

/// Whose turn it is to propose: the order of the set is the order of turns, (height + round) mod n.
///
/// # Panics
/// Never: a set of validators is not empty.
pub fn turn(validators: &ValidatorSet, height: Height, round: u32) -> PublicKey {
    let members = validators.members();
    let place = place_of_turn(members.len(), height, round);
    members.get(place).expect("the remainder is less than their number").key
}

/// The place of whoever proposes among so many.
pub(crate) fn place_of_turn(members: usize, height: Height, round: u32) -> usize {
    let turn = height.0.wrapping_add(u64::from(round));
    let place = u64::try_from(members).ok().and_then(|members| turn.checked_rem(members));
    place.and_then(|place| usize::try_from(place).ok()).unwrap_or_default()
}

/// Reply to [`Request::Finalized`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Decide this height.
    Start(Start),
    /// The commit failed: forget what was decided and decide this height again.
    ///
    /// This clears the write-ahead log, so this validator may contradict its own votes; stopping
    /// the node and starting it again is safer.
    Restart(Start),
}

/// A block that this validator has built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Its hash, on which the validators agree.
    pub block: BlockHash,
    /// Its bytes, which the other validators need; at most
    /// [`BLOCK_BYTES_MAX`](crate::BLOCK_BYTES_MAX).
    pub bytes: Vec<u8>,
}

/// A valid block that was stored for a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Its hash.
    pub block: BlockHash,
    /// Who proposed it: this validator for a block of its own.
    pub proposer: PublicKey,
    /// As in [`Request::Received`]; `None` for a block of its own.
    pub pol_round: Option<u32>,
}

/// What the application makes of the bytes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A valid block with this hash, stored durably.
    Accept(BlockHash),
    /// A block with this hash that breaks a rule: this validator votes nil.
    Reject(BlockHash),
    /// Not a block.
    Unreadable,
}

/// A block with the certificate that made it final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedBlock {
    /// Its height.
    pub height: Height,
    /// Its hash.
    pub block: BlockHash,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// A quorum's precommits.
    pub certificate: CommitCertificate,
}
