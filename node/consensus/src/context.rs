//! This exists to give the engine its types: thin wrappers over the ledger's, because the engine's
//! traits are foreign to both. No rule lives here.

use crate::request::place_of_turn;
use crate::signing::Strict;
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use linli_ledger::certificate as ledger;
use linli_ledger::crypto::PublicKey;
use linli_ledger::types::{self, BlockHash};
use malachitebft_core_types as core;
use malachitebft_core_types::{LinearTimeouts, NilOrVal, Round, SignedExtension, VoteType};
use std::fmt;

/// The types of our chain, as the engine wants them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain;

/// Height of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Height(pub(crate) types::Height);

/// What is agreed on; it is its own identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value(pub(crate) BlockHash);

/// A validator is addressed by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address(pub(crate) PublicKey);

/// A validator with its address, which the engine borrows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validator {
    address: Address,
    power: u64,
}

/// The validators of a height, in the order of their turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValidatorSet(std::sync::Arc<[Validator]>);

/// A vote in the engine's words: `value` is borrowed by the engine, so it is kept as it wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    kind: VoteType,
    height: Height,
    round: Round,
    value: NilOrVal<Value>,
    validator: Address,
}

/// A proposal in the engine's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    height: Height,
    round: Round,
    value: Value,
    pol_round: Round,
    validator: Address,
}

/// A piece of a proposed block on its way; the end of the stream is the engine's own mark.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Part {
    /// First: what the bytes are for.
    Head(Head),
    /// Then: the bytes, in order.
    Chunk(#[borsh(serialize_with = "write_bytes", deserialize_with = "read_bytes")] Bytes),
}

/// What the bytes of a stream claim to be; not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Head {
    pub(crate) height: types::Height,
    pub(crate) round: u32,
    pub(crate) pol_round: Option<u32>,
    pub(crate) proposer: PublicKey,
}

fn write_bytes<W: borsh::io::Write>(bytes: &Bytes, writer: &mut W) -> borsh::io::Result<()> {
    bytes.as_ref().serialize(writer)
}

fn read_bytes<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Bytes> {
    Vec::<u8>::deserialize_reader(reader).map(Bytes::from)
}

impl ValidatorSet {
    pub(crate) fn new(set: &ledger::ValidatorSet) -> Self {
        let wrap = |v: &ledger::Validator| Validator { address: Address(v.key), power: v.power };
        Self(set.members().iter().map(wrap).collect())
    }
}

impl Vote {
    /// In the ledger's words; `None` for a vote outside any round, which nobody casts.
    pub(crate) fn to_ledger(&self) -> Option<ledger::Vote> {
        Some(ledger::Vote {
            kind: match self.kind {
                VoteType::Prevote => ledger::VoteKind::Prevote,
                VoteType::Precommit => ledger::VoteKind::Precommit,
            },
            height: self.height.0,
            round: self.round.as_u32()?,
            value: to_option(&self.value),
            validator: self.validator.0,
        })
    }

    pub(crate) fn from_ledger(vote: &ledger::Vote) -> Self {
        Self {
            kind: match vote.kind {
                ledger::VoteKind::Prevote => VoteType::Prevote,
                ledger::VoteKind::Precommit => VoteType::Precommit,
            },
            height: Height(vote.height),
            round: Round::new(vote.round),
            value: from_option(vote.value),
            validator: Address(vote.validator),
        }
    }
}

impl Proposal {
    /// In the ledger's words; `None` for a proposal outside any round, which nobody makes.
    pub(crate) fn to_ledger(&self) -> Option<ledger::Proposal> {
        Some(ledger::Proposal {
            height: self.height.0,
            round: self.round.as_u32()?,
            value: self.value.0,
            pol_round: self.pol_round.as_u32(),
            validator: self.validator.0,
        })
    }

    pub(crate) fn from_ledger(proposal: &ledger::Proposal) -> Self {
        Self {
            height: Height(proposal.height),
            round: Round::new(proposal.round),
            value: Value(proposal.value),
            pol_round: Round::from(proposal.pol_round),
            validator: Address(proposal.validator),
        }
    }
}

/// The block of a vote; `None` is nil.
pub(crate) fn to_option(value: &NilOrVal<Value>) -> Option<BlockHash> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(value) => Some(value.0),
    }
}

/// The reverse of [`to_option`].
pub(crate) fn from_option(block: Option<BlockHash>) -> NilOrVal<Value> {
    block.map_or(NilOrVal::Nil, |block| NilOrVal::Val(Value(block)))
}

impl core::Context for Chain {
    type Address = Address;
    type Height = Height;
    type ProposalPart = Part;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = LinearTimeouts;
    type Value = Value;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Strict;

    fn select_proposer<'a>(
        &self,
        set: &'a ValidatorSet,
        height: Height,
        round: Round,
    ) -> &'a Validator {
        let place = place_of_turn(set.0.len(), height.0, round.as_u32().unwrap_or_default());
        set.0.get(place).expect("the set has a member: the ledger's ValidatorSet cannot be empty")
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: Value,
        pol_round: Round,
        validator: Address,
    ) -> Proposal {
        Proposal { height, round, value, pol_round, validator }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<Value>,
        validator: Address,
    ) -> Vote {
        Vote { kind: VoteType::Prevote, height, round, value, validator }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<Value>,
        validator: Address,
    ) -> Vote {
        Vote { kind: VoteType::Precommit, height, round, value, validator }
    }
}

impl core::Height for Height {
    const ZERO: Self = Self(types::Height(0));
    const INITIAL: Self = Self(types::Height(1));

    fn increment_by(&self, n: u64) -> Self {
        Self(types::Height(self.0.0.saturating_add(n)))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.0.checked_sub(n).map(|height| Self(types::Height(height)))
    }

    fn as_u64(&self) -> u64 {
        self.0.0
    }
}

impl core::Value for Value {
    type Id = Self;

    fn id(&self) -> Self {
        *self
    }
}

impl core::Address for Address {}

impl core::Validator<Chain> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.address.0
    }

    fn voting_power(&self) -> u64 {
        self.power
    }
}

impl core::ValidatorSet<Chain> for ValidatorSet {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.0.iter().fold(0, |sum, v| sum.saturating_add(v.power))
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        self.0.iter().find(|v| &v.address == address)
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.0.get(index)
    }
}

impl core::ProposalPart<Chain> for Part {
    fn is_first(&self) -> bool {
        matches!(self, Self::Head(_))
    }

    /// Never: the stream ends with the engine's own mark, which is not a part.
    fn is_last(&self) -> bool {
        false
    }
}

impl core::Proposal<Chain> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &Value {
        &self.value
    }

    fn take_value(self) -> Value {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.validator
    }
}

/// There are no vote extensions: the policy is off, so the engine never makes or wants one.
impl core::Vote<Chain> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<Value> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<Value> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.validator
    }

    fn extension(&self) -> Option<&SignedExtension<Chain>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Chain>> {
        None
    }

    fn extend(self, _: SignedExtension<Chain>) -> Self {
        self
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
