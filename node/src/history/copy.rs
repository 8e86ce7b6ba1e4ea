//! This exists to keep a chain that was made elsewhere: each block follows the one before, is certified by the
//! set that is known from the genesis on, and has the transactions of its header. None is executed.

use super::Shown;
use crate::blocks::{End, segment_name, segments, storage};
use crate::chain_file::read;
use crate::error::NodeError;
use crate::sets::Sets;
use crate::storage::Storage;
use crate::tip::{TIP, known_tip, tip_record};
use linli_ledger::block::{Block, CommittedBlock};
use linli_ledger::certificate::ValidatorSet;
use linli_ledger::codec::encode;
use linli_ledger::frame::Frame;
use linli_ledger::genesis::Genesis;
use linli_ledger::lineage::{Lineage, LineageError};
use linli_ledger::replay::AuditError;
use linli_ledger::state::Tip;
use linli_ledger::types::Height;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

/// Why a block is not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// Its header is not the next one of this chain, or not final.
    #[error(transparent)]
    Lineage(#[from] LineageError),
    /// It has other transactions than its header says.
    #[error("block {0} has not the transactions that its header says")]
    Body(Height),
}

/// A chain in a folder, up to some height.
pub(super) struct Copied {
    chain: Box<dyn Storage>,
    node: Box<dyn Storage>,
    lineage: Lineage,
    sets: Sets,
    end: End,
    bytes: u64,
}

impl Copied {
    /// Goes on with what is there; what does not follow is cut off, and asked for again. Nothing in the folder is
    /// believed: it is followed from the genesis on.
    ///
    /// # Errors
    /// In this order: [`NodeError::Damaged`] for a genesis that defines no chain, [`NodeError::Storage`],
    /// [`NodeError::OtherChain`].
    pub(super) fn open(
        chain: Box<dyn Storage>,
        node: Box<dyn Storage>,
        genesis: &Genesis,
    ) -> Result<Self, NodeError> {
        let first = genesis.validator_set().map_err(AuditError::from)?;
        let sets = Sets::read(node.as_ref(), first)?;
        let lineage = Lineage::begin(&encode(genesis), &genesis.hash());
        let lineage = lineage.map_err(|error| match error {
            LineageError::Genesis(source) => NodeError::from(AuditError::from(source)),
            other => NodeError::Engine(other.to_string()),
        })?;
        let end = End { segment: segment_name(Height(0)), length: 0 };
        let mut copied = Self { chain, node, lineage, sets, end, bytes: 0 };
        copied.go_on(genesis)?;
        Ok(copied)
    }

    /// The last block that is there.
    pub(super) fn tip(&self) -> &Tip {
        self.lineage.tip()
    }

    /// Bytes of all blocks.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Keeps blocks up to the first that is not the next one of this chain; durable when it returns. The
    /// refusal is that of the first that was left out.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub(super) fn add(&mut self, blocks: &[Shown]) -> Result<Option<Refusal>, NodeError> {
        let whole: Vec<bool> =
            blocks.par_iter().map(|shown| shown.block.block.is_whole()).collect();
        let (mut frames, mut refusal) = (Vec::new(), None);
        for (Shown { block, next }, whole) in blocks.iter().zip(whole) {
            if let Err(no) = self.follow(block, whole, next.clone()) {
                refusal = Some(no);
                break;
            }
            let header = &block.block.header;
            if header.next_validators_hash != header.validators_hash {
                // Before the block, so that whoever goes on with it finds the set.
                self.sets.keep(self.node.as_mut(), self.lineage.validators())?;
            }
            frames.push((header.height, Frame::Block(block.clone()).to_bytes()));
        }
        self.end.append(self.chain.as_mut(), &frames)?;
        self.bytes += frames.iter().map(|(_, frame)| frame.len() as u64).sum::<u64>();
        Ok(refusal)
    }

    /// Writes down where the chain ends, so that a start finds out if it has become shorter since; not where more
    /// was committed in this folder before, which a start has to find out too.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub(super) fn finish(&mut self) -> Result<(), NodeError> {
        let Tip { height, hash, .. } = *self.lineage.tip();
        let known = known_tip(self.node.as_ref())?.map_or(Height(0), |(known, _)| known);
        if known >= height {
            return Ok(());
        }
        let record = tip_record(height, hash);
        self.node.replace(TIP, &record).map_err(|source| storage("write", TIP, source))
    }

    fn follow(
        &mut self,
        block: &CommittedBlock,
        is_whole: bool,
        next: Option<ValidatorSet>,
    ) -> Result<(), Refusal> {
        if !is_whole {
            return Err(Refusal::Body(block.block.header.height));
        }
        Ok(self.lineage.follow(&block.block.header, &block.certificate, || next)?)
    }

    /// Follows what is there, and cuts off the rest.
    fn go_on(&mut self, genesis: &Genesis) -> Result<(), NodeError> {
        let names = segments(self.chain.as_ref())?;
        let mut good = true;
        for name in names {
            if !good {
                self.chain.remove(&name).map_err(|source| storage("remove", &name, source))?;
                continue;
            }
            let bytes = read(self.chain.as_ref(), &name)?;
            let mut rest = bytes.as_slice();
            good = self.follow_segment(&name, &mut rest, genesis)?;
            let length = bytes.len().saturating_sub(rest.len()) as u64;
            if length == 0 {
                self.chain.remove(&name).map_err(|source| storage("remove", &name, source))?;
                continue;
            }
            if !good {
                self.chain
                    .truncate(&name, length)
                    .map_err(|source| storage("cut", &name, source))?;
            }
            self.bytes += length;
            self.end = End { segment: name, length };
        }
        if self.end.length == 0 {
            let frame = Frame::Genesis(encode(genesis)).to_bytes();
            self.end = End { segment: segment_name(Height(0)), length: frame.len() as u64 };
            let name = &self.end.segment;
            self.chain.replace(name, &frame).map_err(|source| storage("create", name, source))?;
        }
        Ok(())
    }

    /// Follows the frames of a segment as far as they are good; whether all are.
    fn follow_segment(
        &mut self,
        name: &str,
        rest: &mut &[u8],
        genesis: &Genesis,
    ) -> Result<bool, NodeError> {
        let begins = *name == *segment_name(self.tip().height.next());
        let is_first = self.tip().height == Height(0) && *name == *segment_name(Height(0));
        if !begins && !is_first {
            return Ok(false);
        }
        if is_first {
            let mut after = *rest;
            match Frame::take(&mut after) {
                Ok(Some(Frame::Genesis(bytes))) if bytes == encode(genesis) => *rest = after,
                Ok(Some(Frame::Genesis(bytes))) => {
                    let found = Genesis::decode(&bytes).map_err(AuditError::from)?.hash();
                    return Err(NodeError::OtherChain { expected: genesis.hash(), found });
                }
                Ok(Some(Frame::Block(_)) | None) | Err(_) => return Ok(false),
            }
        }
        while !rest.is_empty() {
            let mut after = *rest;
            let Ok(Some(Frame::Block(block))) = Frame::take(&mut after) else { return Ok(false) };
            let next = self.sets.get(&block.block.header.next_validators_hash).cloned();
            if self.follow(&block, Block::is_whole(&block.block), next).is_err() {
                return Ok(false);
            }
            *rest = after;
        }
        Ok(true)
    }
}
