//! This exists to be the one function that says what a block does: `execute(state, block)`.
//!
//! Nodes that build, nodes that vote, auditors that replay: all run this, and none of them does I/O
//! in it. What falls due comes first, then the transactions, in order.

mod executor;

use crate::block::{Block, BlockTransaction, Header, VerifiedBlock};
use crate::certificate::{Governance, ValidatorSet};
use crate::code::Code;
use crate::contract::Rulebook;
use crate::crypto::PublicKey;
use crate::genesis::{Genesis, GenesisError};
use crate::hash::{Digest, Domain};
use crate::invariant::records;
use crate::keys::{self, KeyOwner, KeyPurpose, KeyRecord, PublicKeyRecord};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX};
use crate::members;
use crate::merkle;
use crate::receipt::Receipt;
use crate::rules::ContractVersions;
use crate::state::{HalfDelta, State, StateDelta, Tip, Trees, state_root};
use crate::system::{GovernanceRecord, ValidatorsRecord};
use crate::transaction::{PresumedTransaction, VerifiedTransaction};
use crate::types::{BlockTime, Compartment, ContractId, Height};
use crate::view::View;
use executor::Executor;

/// The result of a block: what changes, and a receipt for each cause.
#[derive(Clone, Debug)]
pub struct Executed {
    /// What changes in the state.
    pub delta: StateDelta,
    /// A recovery if there is one, what fell due, the transactions, in order.
    pub receipts: Vec<Receipt>,
}

/// Why a block is no valid successor of a state. Named checks: an audit prints them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The block is of a protocol that this program does not have.
    #[error("the block has protocol version {0}, which this program does not know")]
    Version(u16),
    /// The block belongs to another chain.
    #[error("the block names another genesis")]
    Chain,
    /// The height is not one more than the parent's.
    #[error("the height is {found}, expected {expected}")]
    Height {
        /// The height expected.
        expected: Height,
        /// The height found.
        found: Height,
    },
    /// The parent is not the last block.
    #[error("the parent hash is not the hash of the block before")]
    Parent,
    /// The time does not grow.
    #[error("the block time {found} is not after the parent's {parent}")]
    Time {
        /// Time of the parent.
        parent: BlockTime,
        /// Time of the block.
        found: BlockTime,
    },
    /// Too many or too large transactions.
    #[error("the block passes a limit on size")]
    Size,
    /// The transactions are not those of the header.
    #[error("the transactions do not hash to the transactions root")]
    TransactionsRoot,
    /// A transaction that should have been refused at the door.
    #[error("transaction {index} is refused at the door: {code}")]
    Refused {
        /// Its position in the block, from 0.
        index: u32,
        /// Why.
        code: Code,
    },
    /// A contract is in force in a version that this program does not have: it stops here.
    #[error("contract {0} version {1} is in force, and this program does not have it; upgrade it")]
    Rulebook(ContractId, u16),
    /// Replaying gives other receipts.
    #[error("the receipts do not hash to the receipts root")]
    ReceiptsRoot,
    /// Replaying gives another state.
    #[error("the state does not hash to the state root")]
    StateRoot,
    /// The earlier headers are not those of the header.
    #[error("the earlier headers do not hash to the history root")]
    HistoryRoot,
    /// The set that certifies is not the one in the state.
    #[error("the validators hash is not that of the set in the state before")]
    Validators,
    /// The next set is not the one in the state.
    #[error("the next validators hash is not that of the set in the state after")]
    NextValidators,
    /// The proposer is not a validator.
    #[error("the proposer is not in the set that certifies this block")]
    Proposer,
}

/// What a builder decides; everything else follows from the state.
#[derive(Clone, Copy, Debug)]
pub struct BlockTemplate {
    /// Block time.
    pub time: BlockTime,
    /// Who builds.
    pub proposer: PublicKey,
}

/// A block that was built here, its result, and what could not go in.
#[derive(Clone, Debug)]
pub struct Built {
    /// The block.
    pub block: Block,
    /// What it does.
    pub executed: Executed,
    /// Candidates that would be refused at the door now: position and reason.
    pub refused: Vec<(usize, Code)>,
    /// How many of the candidates were considered; the rest did not fit.
    pub considered: usize,
}

impl Tip {
    /// What the next block depends on after the one with this header.
    pub(crate) fn after(&self, header: &Header) -> Self {
        let hash = header.hash();
        let earlier = self.history.clone();
        let mut history = earlier.clone();
        history.push(crate::hash::hash(Domain::HistoryLeaf, hash.0.bytes()));
        Self { height: header.height, hash, time: header.time, history, earlier }
    }
}

impl State {
    /// The state before the first block.
    ///
    /// # Errors
    /// As [`Genesis::check`], then [`GenesisError::Contract`], [`GenesisError::Parameter`].
    pub fn from_genesis(genesis: &Genesis, rulebook: &Rulebook) -> Result<Self, GenesisError> {
        genesis.check()?;
        let mut state = Self::new(genesis.hash(), genesis.clock, genesis.time);
        let set = genesis.validator_set()?;
        let mut executor = Executor::new(&state, rulebook, Height(0), genesis.time);
        executor.genesis(Compartment::Public, |view| seed(genesis, &set, view))?;
        for (id, version) in &genesis.contracts {
            let contract =
                rulebook.get(*id, *version).ok_or(GenesisError::Contract(*id, *version))?;
            executor.begin(contract, genesis)?;
        }
        let (public, restricted, _) = executor.finish(state.trees());
        let tip = state.tip.clone();
        state.apply(StateDelta { parent: tip.hash, public, restricted, tip });
        Ok(state)
    }

    /// The set that certifies the next block.
    ///
    /// # Panics
    /// Never: genesis writes it.
    pub fn validators(&self) -> ValidatorSet {
        members::validators(&View::read_only(self, Compartment::Public, self.tip().time))
    }

    /// The keys that may recover the chain.
    ///
    /// # Panics
    /// Never: genesis writes them.
    pub fn governance(&self) -> Governance {
        let governance = View::read_only(self, Compartment::Public, self.tip().time)
            .get::<GovernanceRecord>(&())
            .expect("genesis writes the governance");
        let active = records::<PublicKeyRecord>(self).filter(|(_, record)| {
            record.0.purpose == KeyPurpose::Business && record.0.is_active(self.tip().time)
        });
        let members = active.filter_map(|(key, record)| match record.0.owner {
            KeyOwner::Organisation(id) if governance.members.contains(&id) => Some((id, key)),
            KeyOwner::Organisation(_) | KeyOwner::Person(_) | KeyOwner::Enrolment(_) => None,
        });
        Governance { threshold: governance.threshold, members: members.collect() }
    }
}

fn seed(genesis: &Genesis, set: &ValidatorSet, view: &mut View<'_>) -> Result<(), GenesisError> {
    let business = (0..).zip(&genesis.organisations).map(|(position, organisation)| {
        (organisation.key, genesis.organisation(position), KeyPurpose::Business)
    });
    let consensus = set.members().iter().map(|v| (v.key, v.organisation, KeyPurpose::Consensus));
    let network = genesis
        .nodes
        .iter()
        .map(|node| (node.key, genesis.organisation(node.organisation), KeyPurpose::Network));
    for (key, organisation, purpose) in business.chain(consensus).chain(network) {
        let owner = KeyOwner::Organisation(organisation);
        let record = KeyRecord { owner, purpose, from: BlockTime(0), to: None };
        keys::add(view, &key, record).map_err(|_| GenesisError::Key(key))?;
    }
    let members = genesis.governance.iter().map(|position| genesis.organisation(*position));
    let governance =
        GovernanceRecord { threshold: genesis.governance_threshold, members: members.collect() };
    view.put_kernel(&(), &governance);
    view.put_kernel(&(), &ValidatorsRecord(set.clone()));
    for (id, version) in &genesis.contracts {
        view.put_kernel(id, &ContractVersions(vec![(Height(0), *version)]));
    }
    Ok(())
}

/// Whether a transaction could go into the next block now: what a node asks before it queues one.
///
/// # Errors
/// The reason for which the door refuses it.
///
/// # Panics
/// Never: what the door lets in leaves a receipt.
pub fn admit(
    state: &State,
    rulebook: &Rulebook,
    transaction: &VerifiedTransaction,
    now: BlockTime,
) -> Result<Receipt, Code> {
    let mut executor = Executor::new(state, rulebook, state.tip().height.next(), now);
    executor.transaction(transaction)?;
    Ok(executor.into_last().expect("a transaction that the door lets in leaves a receipt"))
}

/// What a body would do if everybody whom it names had signed it and it were in the next block now.
///
/// # Errors
/// As [`admit`].
///
/// Source: LED-3.10.
pub fn rehearse(
    state: &State,
    rulebook: &Rulebook,
    body: &PresumedTransaction,
    now: BlockTime,
) -> Result<Receipt, Code> {
    admit(state, rulebook, body.presumed(), now)
}

/// Builds the next block from candidates, in their order, as many as fit.
///
/// # Panics
/// If the time does not grow: a bug of the caller.
pub fn build_block(
    state: &State,
    rulebook: &Rulebook,
    template: BlockTemplate,
    candidates: &[VerifiedTransaction],
) -> Built {
    let executor = Executor::new(state, rulebook, state.tip().height.next(), template.time);
    build(state, executor, template, candidates, &state.validators())
}

/// As [`build_block`], for a block that a recovery makes final: `set` takes over with it.
///
/// # Errors
/// [`BlockError::Validators`] for a set that cannot take over. Source: LED-4.9.
///
/// # Panics
/// As [`build_block`].
pub fn build_recovery(
    state: &State,
    rulebook: &Rulebook,
    template: BlockTemplate,
    candidates: &[VerifiedTransaction],
    set: &ValidatorSet,
) -> Result<Built, BlockError> {
    let height = state.tip().height.next();
    let mut executor = Executor::new(state, rulebook, height, template.time);
    executor.take_over(set)?;
    Ok(build(state, executor, template, candidates, set))
}

/// A contract that will be in force in the next block and that this program does not have.
pub fn missing_contract(state: &State, rulebook: &Rulebook) -> Option<(ContractId, u16)> {
    let tip = state.tip();
    Executor::new(state, rulebook, tip.height.next(), tip.time).missing()
}

fn build(
    state: &State,
    mut executor: Executor<'_>,
    template: BlockTemplate,
    candidates: &[VerifiedTransaction],
    set: &ValidatorSet,
) -> Built {
    assert!(template.time > state.tip().time, "block time grows");
    executor.sweep();
    let (mut included, mut refused, mut bytes, mut considered) =
        (Vec::new(), Vec::new(), 0_usize, 0);
    for (position, transaction) in candidates.iter().enumerate() {
        let size = size(transaction);
        if bytes.saturating_add(size) > BLOCK_BYTES_MAX || included.len() == BLOCK_TRANSACTIONS_MAX
        {
            break;
        }
        considered = position.saturating_add(1);
        match executor.transaction(transaction) {
            Ok(()) => {
                bytes = bytes.saturating_add(size);
                included.push(transaction);
            }
            Err(code) => refused.push((position, code)),
        }
    }
    let leaves: Vec<_> = included.iter().map(|transaction| transaction.leaf()).collect();
    let (finished, mut header) = conclude(state, executor, state.trees(), &leaves, template);
    header.validators_hash = set.hash();
    let executed = executed(state, finished, &header);
    let transactions = included
        .into_iter()
        .map(|transaction| BlockTransaction::Full(transaction.signed().clone()))
        .collect();
    let block = Block { header, transactions };
    Built { block, executed, refused, considered }
}

/// Bytes that a transaction takes in a block.
fn size(transaction: &VerifiedTransaction) -> usize {
    transaction.signed().size()
}

/// What a block does to a state; every commitment of its header is recomputed and compared.
///
/// # Errors
/// As [`check_link`]; then [`BlockError::Size`], [`BlockError::TransactionsRoot`],
/// [`BlockError::Rulebook`], [`BlockError::Refused`], [`BlockError::ReceiptsRoot`],
/// [`BlockError::StateRoot`], [`BlockError::NextValidators`].
///
/// Source: LED-5.7.
pub fn execute_block(
    state: &State,
    rulebook: &Rulebook,
    block: &VerifiedBlock,
) -> Result<Executed, BlockError> {
    check_link(state, block.header(), &state.validators())?;
    execute_linked(state, rulebook, block, None, state.trees())
}

/// Executes a block whose link was checked and goes on to the state after it, in place: for a replay,
/// which needs no state twice. After an error the state is as before.
///
/// # Errors
/// As [`execute_block`], without those of [`check_link`]. `takes_over` as in a recovery (LED-4.9).
pub(crate) fn advance(
    state: &mut State,
    rulebook: &Rulebook,
    block: &VerifiedBlock,
    takes_over: Option<&ValidatorSet>,
) -> Result<Vec<Receipt>, BlockError> {
    let trees = state.take_trees();
    match execute_linked(state, rulebook, block, takes_over, trees) {
        Ok(Executed { delta, receipts }) => {
            state.apply(delta);
            Ok(receipts)
        }
        Err(error) => {
            state.restore_trees();
            Err(error)
        }
    }
}

/// As [`execute_block`], for a block whose link was checked. With `takes_over`, governance has named
/// the set that certifies from this block on, and the set in the state is replaced before anything else
/// happens. `trees` are those of the state.
///
/// # Errors
/// As [`execute_block`], without those of [`check_link`]. Source: LED-4.9.
fn execute_linked(
    state: &State,
    rulebook: &Rulebook,
    block: &VerifiedBlock,
    takes_over: Option<&ValidatorSet>,
    trees: Trees,
) -> Result<Executed, BlockError> {
    let header = block.header();
    let bytes = block.transactions().iter().map(size).fold(0_usize, usize::saturating_add);
    if bytes > BLOCK_BYTES_MAX || block.transactions().len() > BLOCK_TRANSACTIONS_MAX {
        return Err(BlockError::Size);
    }
    let leaves: Vec<_> = block.transactions().iter().map(VerifiedTransaction::leaf).collect();
    let counted = u32::try_from(leaves.len()) == Ok(header.transaction_count);
    if !counted || Digest::Blake3(merkle::root(&leaves)) != header.transactions_root {
        return Err(BlockError::TransactionsRoot);
    }
    let mut executor = Executor::new(state, rulebook, header.height, header.time);
    if let Some((id, version)) = executor.missing() {
        return Err(BlockError::Rulebook(id, version));
    }
    if let Some(set) = takes_over {
        executor.take_over(set)?;
    }
    executor.sweep();
    for (index, transaction) in (0_u32..).zip(block.transactions()) {
        executor.transaction(transaction).map_err(|code| BlockError::Refused { index, code })?;
    }
    let template = BlockTemplate { time: header.time, proposer: header.proposer };
    let (finished, expected) = conclude(state, executor, trees, &leaves, template);
    compare(header, &expected)?;
    Ok(executed(state, finished, header))
}

/// Checks a header against the state before it, without executing anything: version, chain, height,
/// parent, time, history, and the set that certifies it.
///
/// # Errors
/// In this order: [`BlockError::Version`], [`BlockError::Chain`], [`BlockError::Height`],
/// [`BlockError::Parent`], [`BlockError::Time`], [`BlockError::HistoryRoot`],
/// [`BlockError::Validators`], [`BlockError::Proposer`].
pub fn check_link(state: &State, header: &Header, set: &ValidatorSet) -> Result<(), BlockError> {
    check_follows(state.genesis(), state.tip(), header, set)
}

/// As [`check_link`], for who holds no state: the block before is all that a link depends on.
///
/// # Errors
/// As [`check_link`].
pub(crate) fn check_follows(
    genesis: &Digest,
    tip: &Tip,
    header: &Header,
    set: &ValidatorSet,
) -> Result<(), BlockError> {
    if header.version != crate::block::PROTOCOL_VERSION {
        return Err(BlockError::Version(header.version));
    }
    if &header.chain != genesis {
        return Err(BlockError::Chain);
    }
    let expected = tip.height.next();
    if header.height != expected {
        return Err(BlockError::Height { expected, found: header.height });
    }
    if header.parent != tip.hash {
        return Err(BlockError::Parent);
    }
    if header.time <= tip.time {
        return Err(BlockError::Time { parent: tip.time, found: header.time });
    }
    if header.history_root != Digest::Blake3(tip.history.root()) {
        return Err(BlockError::HistoryRoot);
    }
    if header.validators_hash != set.hash() {
        return Err(BlockError::Validators);
    }
    if set.get(&header.proposer).is_none() {
        return Err(BlockError::Proposer);
    }
    Ok(())
}

fn compare(found: &Header, expected: &Header) -> Result<(), BlockError> {
    if (found.receipts_root, found.receipt_count)
        != (expected.receipts_root, expected.receipt_count)
    {
        return Err(BlockError::ReceiptsRoot);
    }
    if found.state_root != expected.state_root {
        return Err(BlockError::StateRoot);
    }
    if found.next_validators_hash != expected.next_validators_hash {
        return Err(BlockError::NextValidators);
    }
    Ok(())
}

/// What a finished execution leaves: the changed halves and the receipts.
type Finished = (HalfDelta, HalfDelta, Vec<Receipt>);

/// The header that follows from a state and what was executed on it.
fn conclude(
    state: &State,
    mut executor: Executor<'_>,
    trees: Trees,
    leaves: &[[u8; 32]],
    template: BlockTemplate,
) -> (Finished, Header) {
    executor.note_builder(&template.proposer);
    let next_validators = executor.validators();
    let (public, restricted, receipts) = executor.finish(trees);
    let receipt_leaves: Vec<_> = receipts.iter().map(Receipt::leaf).collect();
    let tip = state.tip();
    let count = |length| u32::try_from(length).unwrap_or(u32::MAX);
    let header = Header {
        version: crate::block::PROTOCOL_VERSION,
        chain: *state.genesis(),
        height: tip.height.next(),
        time: template.time,
        parent: tip.hash,
        transactions_root: Digest::Blake3(merkle::root(leaves)),
        transaction_count: count(leaves.len()),
        receipts_root: Digest::Blake3(merkle::root(&receipt_leaves)),
        receipt_count: count(receipts.len()),
        state_root: state_root(public.tree.root(), restricted.tree.root()),
        history_root: Digest::Blake3(tip.history.root()),
        validators_hash: state.validators().hash(),
        next_validators_hash: next_validators.hash(),
        proposer: template.proposer,
    };
    ((public, restricted, receipts), header)
}

/// The result of a block with this header: the bytes that are certified name it.
fn executed(state: &State, finished: Finished, header: &Header) -> Executed {
    let (public, restricted, receipts) = finished;
    let tip = state.tip().after(header);
    let parent = state.tip().hash;
    Executed { delta: StateDelta { parent, public, restricted, tip }, receipts }
}

#[cfg(test)]
mod tests;
