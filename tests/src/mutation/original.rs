//! This exists to hold the chain that is spoiled, in parts, and to judge a spoiled copy without
//! replaying what both have in common.

use super::below;
use crate::oracle::Random;
use linli_ahead::Keys;
use linli_ledger::block::CommittedBlock;
use linli_ledger::certificate::{Certificate, CommitCertificate, Vote, VoteKind};
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::{BusinessKey, ConsensusKey, Signature, demonstration_secret};
use linli_ledger::frame::{Frame, FrameError};
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::{Digest, Domain, hash};
use linli_ledger::merkle::Frontier;
use linli_ledger::replay::{AuditError, AuditReport, Replay, replay};
use linli_ledger::state::State;
use linli_ledger::types::{BlockHash, Height};

/// Blocks between two states that are kept.
const STRIDE: usize = 8;

/// A good chain. Blocks are counted from 0: the block at position `p` has height `p + 1` and lies in
/// frame `p + 1`.
#[derive(Debug)]
pub struct Original<'a> {
    /// Its genesis.
    pub genesis: Genesis,
    /// The hash of its genesis.
    pub genesis_hash: Digest,
    /// The hash of its last block.
    pub head: Digest,
    /// All its bytes.
    pub bytes: Vec<u8>,
    /// The rules.
    pub rulebook: &'a Rulebook,
    pub(super) frames: Vec<Vec<u8>>,
    pub(super) blocks: Vec<CommittedBlock>,
    pub(super) validator: ConsensusKey,
    /// The validator's secret, put to a use that it is not for.
    pub(super) misused: BusinessKey,
    kept: Vec<(usize, Replay<'a>)>,
}

impl<'a> Original<'a> {
    /// Takes a chain apart; `seed` is the one of the input that it was made from.
    ///
    /// # Errors
    /// What is wrong with it: a chain that is not good cannot be spoiled.
    ///
    /// # Panics
    /// If the chain begins with a frame that a replay takes and that is no genesis.
    pub fn new(
        bytes: Vec<u8>,
        genesis_hash: Digest,
        head: Digest,
        seed: &[u8],
        rulebook: &'a Rulebook,
    ) -> Result<Self, AuditError> {
        replay(&bytes, rulebook, &genesis_hash, Some(&head))?;
        let (mut rest, mut start) = (bytes.as_slice(), 0);
        let (mut frames, mut blocks, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        let mut running: Option<Replay<'a>> = None;
        while let Some(frame) = Frame::take(&mut rest).expect("a chain that replays has frames") {
            let end = bytes.len() - rest.len();
            frames.push(bytes[start..end].to_vec());
            start = end;
            match &mut running {
                None => running = Some(Replay::begin(&frame, Some(&genesis_hash), rulebook)?),
                Some(replay) => {
                    replay.frame(frame.clone())?;
                }
            }
            if let Frame::Block(committed) = frame {
                blocks.push(committed);
            }
            if let Some(replay) = running.as_ref().filter(|_| blocks.len().is_multiple_of(STRIDE)) {
                kept.push((end, replay.clone()));
            }
        }
        let genesis = running.expect("a chain that replays begins").genesis().clone();
        let secret = demonstration_secret(seed, "validator");
        let validator = ConsensusKey::from_seed(&secret);
        let misused = BusinessKey::from_seed(&secret);
        Ok(Self {
            genesis,
            genesis_hash,
            head,
            bytes,
            rulebook,
            frames,
            blocks,
            validator,
            misused,
            kept,
        })
    }

    /// What [`replay`] says of these bytes, from the last kept state before which they do not differ.
    ///
    /// # Errors
    /// As [`replay`].
    pub fn judge(&self, bytes: &[u8]) -> Result<AuditReport, AuditError> {
        let same = |(end, _): &&(usize, Replay<'a>)| bytes.get(..*end) == self.bytes.get(..*end);
        let Some((end, kept)) = self.kept.iter().rev().find(same) else {
            return replay(bytes, self.rulebook, &self.genesis_hash, Some(&self.head));
        };
        let mut running = kept.clone();
        let mut rest = &bytes[*end..];
        loop {
            let after = running.state().tip().height;
            let frame =
                Frame::take(&mut rest).map_err(|source| AuditError::Frame { after, source })?;
            match frame {
                None => return running.finish(Some(&self.head)),
                Some(frame) => running.frame(frame)?,
            };
        }
    }

    /// As [`Original::judge`], with everything that needs no state done ahead, as the programs do it.
    ///
    /// # Errors
    /// As [`replay`].
    pub fn judge_ahead(&self, bytes: &[u8], keys: &Keys) -> Result<AuditReport, AuditError> {
        let same = |(end, _): &&(usize, Replay<'a>)| bytes.get(..*end) == self.bytes.get(..*end);
        let mut rest = bytes;
        let mut running = if let Some((end, kept)) = self.kept.iter().rev().find(same) {
            rest = &bytes[*end..];
            kept.clone()
        } else {
            let torn = |source| AuditError::Frame { after: Height(0), source };
            let first = Frame::take(&mut rest).map_err(torn)?;
            let first = first.ok_or_else(|| torn(FrameError::Torn))?;
            Replay::begin(&first, Some(&self.genesis_hash), self.rulebook)?
        };
        linli_ahead::frames(rest, keys, |_, prepared| running.prepared(prepared).map(drop))?;
        running.finish(Some(&self.head))
    }

    /// The state in which the block at `position` was executed.
    pub(super) fn state_before(&self, position: usize) -> State {
        let kept = &self.kept[position / STRIDE].1;
        let mut running = kept.clone();
        for committed in &self.blocks[position / STRIDE * STRIDE..position] {
            running.frame(Frame::Block(committed.clone())).expect("the original holds");
        }
        running.into_state()
    }

    /// The hashes of all headers before `position`.
    pub(super) fn history(&self, position: usize) -> Frontier {
        let mut history = Frontier::default();
        for committed in &self.blocks[..position] {
            let BlockHash(header) = committed.block.header.hash();
            history.push(hash(Domain::HistoryLeaf, header.bytes()));
        }
        history
    }

    /// The validator's vote, on this chain unless another is given.
    pub(super) fn vote(
        &self,
        chain: &Digest,
        kind: VoteKind,
        height: Height,
        value: Option<BlockHash>,
    ) -> Signature {
        let validator = self.validator.public();
        self.validator.sign_vote(chain, &Vote { kind, height, round: 0, value, validator })
    }

    /// Signs a block with the validator's key, as the block that it now is.
    pub(super) fn sign(&self, chain: &Digest, committed: &mut CommittedBlock) {
        let header = &committed.block.header;
        let vote = self.vote(chain, VoteKind::Precommit, header.height, Some(header.hash()));
        let signatures = vec![(self.validator.public(), vote)];
        committed.certificate = Certificate::Quorum(CommitCertificate { round: 0, signatures });
    }

    /// The position of some block that has a property.
    pub(super) fn choose(
        &self,
        random: &mut Random,
        has: impl Fn(usize, &CommittedBlock) -> bool,
    ) -> usize {
        let fit = self.blocks.iter().enumerate().filter(|(position, one)| has(*position, one));
        let fit: Vec<_> = fit.map(|(position, _)| position).collect();
        assert!(!fit.is_empty(), "the example has no block that this edit is for");
        fit[below(random, fit.len())]
    }

    /// The number of the frame in which bytes first differ from the original.
    pub(super) fn damaged(&self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        let intact = self.frames.iter().take_while(|frame| {
            rest.strip_prefix(frame.as_slice()).inspect(|after| rest = after).is_some()
        });
        intact.count()
    }
}
