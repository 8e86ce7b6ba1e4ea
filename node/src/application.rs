//! This exists to answer the consensus engine: build, judge, keep and commit blocks. Sans-engine and
//! sans-network: requests come in, replies go out, and all I/O goes through the storage door.

use crate::chain_file::ChainFile;
use crate::error::NodeError;
use crate::proposals::{Place, Proposals};
use crate::shared::SharedState;
use crate::undecided::{Held, Undecided};
use linli_consensus::{Built, DecidedBlock, Proposed, Request, Start, Verdict};
use linli_ledger::block::{Block, BlockTransactionError, CommittedBlock, Header, VerifiedBlock};
use linli_ledger::certificate::{Certificate, CommitCertificate};
use linli_ledger::code::Code;
use linli_ledger::codec::{decode, encode};
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::PublicKey;
use linli_ledger::execute::{
    BlockError, BlockTemplate, Executed, build_block, check_link, execute_block, missing_contract,
};
use linli_ledger::genesis::Clock;
use linli_ledger::limits::CLOCK_DRIFT_MS_MAX;
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{BlockHash, BlockTime, Height};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the next block is made of.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Block time; must be after the last block's.
    pub time: BlockTime,
    /// Candidates, in order.
    pub transactions: Vec<VerifiedTransaction>,
}

/// A block that is final and durable.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The block and its certificate.
    pub block: CommittedBlock,
    /// What fell due, then the transactions.
    pub receipts: Vec<Receipt>,
    /// Candidates that were refused at the door: position in the batch and reason.
    pub refused: Vec<(usize, Code)>,
}

impl Committed {
    /// The header of the block.
    pub fn header(&self) -> &Header {
        &self.block.block.header
    }
}

/// How a block of somebody else came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// In a round that is being decided, published by this node.
    Proposed(PublicKey),
    /// Decided already, from a peer that is ahead.
    Synced,
}

/// Checks bytes and signatures of a block; the ladder of types sees to it that nothing unverified comes out.
pub type Verifier = Box<dyn Fn(&Block) -> Result<VerifiedBlock, BlockTransactionError> + Send>;

/// What is wrong with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unsound {
    /// Its transactions are not those of its header, or not signed: this header may still have others.
    Body,
    /// Whatever comes with this header breaks a rule.
    Block,
}

/// The application side of one validator.
pub(crate) struct Application {
    state: SharedState,
    rulebook: Arc<Rulebook>,
    chain: ChainFile,
    undecided: Undecided,
    validator: PublicKey,
    /// The machine's clock, milliseconds since the epoch; asked for the drift limit only.
    wall_clock: fn() -> u64,
    verify: Verifier,
    batch: Option<Batch>,
    refused: Vec<(usize, Code)>,
    /// What blocks of the height that is being decided do, so that none is executed twice.
    executed: BTreeMap<BlockHash, Executed>,
    proposals: Proposals,
    committed: Option<Committed>,
}

impl Application {
    pub(crate) fn new(
        state: SharedState,
        rulebook: Arc<Rulebook>,
        chain: ChainFile,
        undecided: Undecided,
        validator: PublicKey,
        wall_clock: fn() -> u64,
        verify: Verifier,
    ) -> Self {
        Self {
            state,
            rulebook,
            chain,
            undecided,
            validator,
            wall_clock,
            verify,
            batch: None,
            refused: Vec::new(),
            executed: BTreeMap::new(),
            proposals: Proposals::default(),
            committed: None,
        }
    }

    /// A block that a crash left and that this validator may have voted for.
    pub(crate) fn undecided(&self) -> Option<Block> {
        self.undecided.iter().next().map(|held| held.block.clone())
    }

    pub(crate) fn state(&self) -> &SharedState {
        &self.state
    }

    pub(crate) fn offer(&mut self, batch: Batch) {
        self.batch = Some(batch);
    }

    /// The block that was committed last, once.
    pub(crate) fn take_committed(&mut self) -> Option<Committed> {
        self.committed.take()
    }

    /// Says so if the next block follows rules that this program does not have. Source: LED-6.9.
    ///
    /// # Errors
    /// [`NodeError::RulesUnknown`].
    pub(crate) fn check_rules(&self) -> Result<(), NodeError> {
        check_rules(&self.state.read(), &self.rulebook)
    }

    /// Where the engine goes on.
    pub(crate) fn start(&self) -> Start {
        let state = self.state.read();
        Start { height: state.tip().height.next(), validators: state.validators() }
    }

    /// Answers a request that needs no waiting. Dropping a reply says "this machine could not".
    ///
    /// `Ready`, `Finalized` and `Ahead` are the node's, which waits for work first.
    pub(crate) fn answer(&mut self, request: Request) -> Result<(), NodeError> {
        match request {
            Request::StartedRound { height, round, reply, .. } => {
                self.proposals.began(round);
                let _ = reply.send(self.proposed(height, round));
            }
            Request::Propose { height, round, reply, .. } => {
                if let Some(built) = self.propose(height, round)? {
                    let _ = reply.send(built);
                }
            }
            Request::Received { height, round, pol_round, proposer, publisher, bytes, reply } => {
                let held = Place { height, round, pol_round, proposer };
                if let Some(verdict) = self.judge(held, &bytes, Origin::Proposed(publisher))? {
                    let _ = reply.send(verdict);
                }
            }
            Request::Synced { height, round, proposer, bytes, reply } => {
                let held = Place { height, round, pol_round: None, proposer };
                if let Some(verdict) = self.judge(held, &bytes, Origin::Synced)? {
                    let _ = reply.send(verdict);
                }
            }
            Request::Restream { block, reply, .. } => {
                let _ = reply.send(self.undecided.find(block).map(|held| encode(&held.block)));
            }
            Request::Decided { block, certificate, reply, .. } => {
                self.commit(block, certificate)?;
                let _ = reply.send(());
            }
            Request::DecidedBlocks { range, reply } => {
                let _ = reply.send(self.decided(*range.start(), *range.end())?);
            }
            Request::HistoryMinimum { reply } => {
                let first = Height(u64::from(self.state.read().tip().height > Height(0)));
                let _ = reply.send(first);
            }
            Request::Ready { .. } | Request::Finalized { .. } | Request::Ahead { .. } => {}
        }
        Ok(())
    }

    fn proposed(&self, height: Height, round: u32) -> Vec<Proposed> {
        self.undecided
            .iter()
            .filter(|held| held.height == height && held.round == round)
            .map(|held| Proposed {
                block: held.hash(),
                proposer: held.proposer,
                pol_round: held.pol_round,
            })
            .collect()
    }

    /// Builds a block, or gives the one that was built for this round, or for an earlier one: the
    /// bytes of a re-proposal stay the same.
    fn propose(&mut self, height: Height, round: u32) -> Result<Option<Built>, NodeError> {
        let validator = self.validator;
        // Who built it is hashed; who proposed it somebody else may have claimed.
        let own = |held: &&Held| held.height == height && held.block.header.proposer == validator;
        let held = self.undecided.iter().find(own).cloned();
        if let Some(held) = held {
            let built = Built { block: held.hash(), bytes: encode(&held.block) };
            self.undecided.keep(Held { round, ..held })?;
            return Ok(Some(built));
        }
        let Some(batch) = &self.batch else { return Ok(None) };
        let state = self.state.read();
        let template = BlockTemplate { time: batch.time, proposer: self.validator };
        let made = build_block(&state, &self.rulebook, template, &batch.transactions);
        drop(state);
        let hash = made.block.header.hash();
        let bytes = encode(&made.block);
        self.refused = made.refused;
        self.executed.insert(hash, made.executed);
        let proposer = self.validator;
        self.undecided.keep(Held {
            height,
            round,
            pol_round: None,
            proposer,
            block: made.block,
        })?;
        Ok(Some(Built { block: hash, bytes }))
    }

    /// Executes a block of somebody else, once; a valid one is kept before this validator may vote for
    /// it. `None` says that this machine cannot tell, for example because it is behind, or that the block
    /// is not worth a look.
    fn judge(
        &mut self,
        at: Place,
        bytes: &[u8],
        origin: Origin,
    ) -> Result<Option<Verdict>, NodeError> {
        let Ok(block) = decode::<Block>(bytes, "a block") else {
            return Ok(Some(Verdict::Unreadable));
        };
        let hash = block.header.hash();
        if let Origin::Proposed(publisher) = origin {
            let state = self.state.read();
            let due = at.height == state.tip().height.next();
            if !due || !self.proposals.admit(publisher, at, hash, &state.validators()) {
                return Ok(None);
            }
        }
        if block.header.height > self.state.read().tip().height.next() {
            return Ok(None);
        }
        if at.height != block.header.height || !self.is_timely(&block, at, origin) {
            return Ok(Some(Verdict::Reject(hash)));
        }
        let known = self.undecided.find(hash).is_some_and(|held| held.block == block);
        if !(known && self.executed.contains_key(&hash)) {
            match self.execute(&block) {
                Ok(executed) => drop(self.executed.insert(hash, executed)),
                Err(Unsound::Body) => return Ok(Some(Verdict::Unreadable)),
                Err(Unsound::Block) => {
                    self.proposals.is_unsound(hash);
                    return Ok(Some(Verdict::Reject(hash)));
                }
            }
        }
        let Place { height, round, pol_round, proposer } = at;
        self.undecided.keep(Held { height, round, pol_round, proposer, block })?;
        Ok(Some(Verdict::Accept(hash)))
    }

    /// What a block does.
    ///
    /// The hash of a block is its header's: a header that is true may come with transactions that are not
    /// its own, and then nothing is said of the block.
    fn execute(&self, block: &Block) -> Result<Executed, Unsound> {
        if self.proposals.knows_unsound(block.header.hash()) {
            return Err(Unsound::Block);
        }
        let state = self.state.read();
        check_link(&state, &block.header, &state.validators()).map_err(|_| Unsound::Block)?;
        let block = (self.verify)(block).map_err(|_| Unsound::Body)?;
        execute_block(&state, &self.rulebook, &block).map_err(|error| {
            let is_other = matches!(error, BlockError::TransactionsRoot | BlockError::Size);
            if is_other { Unsound::Body } else { Unsound::Block }
        })
    }

    /// What a decided block is spared: the clock, and who built it.
    fn is_timely(&self, block: &Block, at: Place, origin: Origin) -> bool {
        if origin == Origin::Synced {
            return true;
        }
        let early = match self.state.read().clock() {
            Clock::Data => false,
            Clock::Real => {
                block.header.time.0 > (self.wall_clock)().saturating_add(CLOCK_DRIFT_MS_MAX)
            }
        };
        // A first proposal is built by whoever proposes it; one that comes again keeps its builder.
        let foreign = at.pol_round.is_none() && block.header.proposer != at.proposer;
        // Nobody else makes this validator's blocks: its own are held before they leave.
        let held = self.undecided.find(block.header.hash()).is_some();
        let ours = [block.header.proposer, at.proposer].contains(&self.validator);
        let forged = ours && !held;
        let later = at.pol_round.is_some_and(|pol_round| pol_round >= at.round);
        !(early || foreign || forged || later)
    }

    /// Makes a decided block durable, then changes the state.
    fn commit(&mut self, hash: BlockHash, certificate: CommitCertificate) -> Result<(), NodeError> {
        let Some(held) = self.undecided.take(hash) else {
            return Err(NodeError::Engine(format!("block {hash} was decided but is not held")));
        };
        let executed = match self.executed.remove(&hash) {
            Some(executed) => executed,
            None => self.execute_again(&held)?,
        };
        let certificate = Certificate::Quorum(certificate);
        let block = CommittedBlock { block: held.block, certificate };
        self.chain.append(&block)?;
        self.state.write().apply(executed.delta);
        let header = &block.block.header;
        if header.next_validators_hash != header.validators_hash {
            self.chain.keep_validators(&self.state.read())?;
        }
        self.undecided.forget();
        self.executed.clear();
        self.proposals = Proposals::default();
        self.batch = None;
        let refused = std::mem::take(&mut self.refused);
        self.committed = Some(Committed { block, receipts: executed.receipts, refused });
        Ok(())
    }

    /// A block that a crash left was executed before, in another process.
    fn execute_again(&self, held: &Held) -> Result<Executed, NodeError> {
        let unsound =
            |why: String| NodeError::Engine(format!("a decided block is not valid: {why}"));
        let block = (self.verify)(&held.block);
        let block = block.map_err(|error| unsound(error.to_string()))?;
        execute_block(&self.state.read(), &self.rulebook, &block)
            .map_err(|error| unsound(error.to_string()))
    }

    fn decided(&self, from: Height, to: Height) -> Result<Vec<DecidedBlock>, NodeError> {
        let blocks = self.chain.blocks(from, to)?;
        Ok(blocks
            .into_iter()
            .map_while(|committed| match committed.certificate {
                Certificate::Quorum(certificate) => Some(DecidedBlock {
                    height: committed.block.header.height,
                    block: committed.block.header.hash(),
                    bytes: encode(&committed.block),
                    certificate,
                }),
                // The engine knows no such certificate: each node takes a recovery from its file.
                Certificate::Recovery { .. } => None,
            })
            .collect())
    }
}

/// Says so if the block after this state follows rules that this program does not have.
///
/// # Errors
/// [`NodeError::RulesUnknown`].
pub(crate) fn check_rules(state: &State, rulebook: &Rulebook) -> Result<(), NodeError> {
    match missing_contract(state, rulebook) {
        None => Ok(()),
        Some((contract, version)) => {
            let height = state.tip().height.next();
            Err(NodeError::RulesUnknown { height, contract, version })
        }
    }
}

#[cfg(test)]
mod tests;
