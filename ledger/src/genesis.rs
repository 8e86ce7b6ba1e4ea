//! This exists to say how a chain begins: who runs it, who signs, and by which clock.

use crate::certificate::{Validator, ValidatorSet};
use crate::codec::{DecodeError, decode, encode};
use crate::crypto::PublicKey;
use crate::hash::{Digest, Domain, digest};
use crate::types::{BlockTime, ContractId, OrganisationId, TransactionId, derive_identifier};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The version of [`Genesis`] that this code writes.
pub const GENESIS_VERSION: u16 = 1;

/// Where block time comes from. Source: LED-7.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Clock {
    /// The proposer's clock, checked by every validator.
    Real,
    /// The data's own times: for importing history. Only monotony is checked.
    Data,
}

/// Who holds the keys. Source: LED-7.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Keys {
    /// Each party its own.
    Real,
    /// One process signs for everybody; every report says so, a real network refuses it.
    Demonstration,
}

/// What an organisation is. Source: LED-7.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OrganisationKind {
    /// Sub-district office or another public body.
    PublicBody,
    /// Residents' committee of a community.
    Committee,
    /// Registered volunteer organisation.
    Volunteer,
    /// Service provider.
    Provider,
    /// Community partner that offers rewards.
    Partner,
    /// Bank or bank connector: its key says that money moved.
    Bank,
    /// Donor, foundation or funder.
    Donor,
    /// Third-party evaluator.
    Evaluator,
    /// Regulator: civil affairs, finance, audit.
    Regulator,
}

impl OrganisationKind {
    /// Its name, as JSON and cards write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublicBody => "public_body",
            Self::Committee => "committee",
            Self::Volunteer => "volunteer",
            Self::Provider => "provider",
            Self::Partner => "partner",
            Self::Bank => "bank",
            Self::Donor => "donor",
            Self::Evaluator => "evaluator",
            Self::Regulator => "regulator",
        }
    }
}

/// An organisation that is there from the beginning.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct GenesisOrganisation {
    /// Its public name, NFC, at most 64 bytes.
    pub name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// Its own key, with which it signs as an organisation.
    pub key: PublicKey,
}

/// A validator from the beginning.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct GenesisValidator {
    /// Its consensus key.
    pub key: PublicKey,
    /// The organisation that runs it: its position in [`Genesis::organisations`].
    pub organisation: u32,
    /// Its weight in votes.
    #[serde(with = "crate::json::decimal")]
    pub power: u64,
}

/// A node that may join the network from the beginning (D2).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct GenesisNode {
    /// Its identity on the network.
    pub key: PublicKey,
    /// The organisation that runs it: its position in [`Genesis::organisations`].
    pub organisation: u32,
}

/// The first bytes of a chain. Source: LED-7.1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Genesis {
    /// Version of this structure, [`GENESIS_VERSION`].
    pub version: u16,
    /// A short name for people, ASCII.
    pub name: String,
    /// The time before the first block.
    pub time: BlockTime,
    /// Where block time comes from.
    pub clock: Clock,
    /// Who holds the keys.
    pub keys: Keys,
    /// The organisations that are there from the beginning, in order.
    pub organisations: Vec<GenesisOrganisation>,
    /// Positions in `organisations` of those that govern.
    pub governance: Vec<u32>,
    /// How many of them must agree.
    pub governance_threshold: u32,
    /// The first validators, in the order in which they propose.
    pub validators: Vec<GenesisValidator>,
    /// The nodes that may join the network: the first allow-list.
    pub nodes: Vec<GenesisNode>,
    /// Contracts and the version in force from height 1.
    pub contracts: Vec<(ContractId, u16)>,
    /// Parameters that differ from their defaults: number and value.
    pub parameters: Vec<(u16, u64)>,
}

/// Why a genesis defines no chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// Not the canonical bytes of a genesis.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A version that this program does not know.
    #[error("genesis has version {0}; this program knows {GENESIS_VERSION}")]
    Version(u16),
    /// A name that is empty, longer than 64 bytes or not printable.
    #[error("a name of {0} bytes is empty, longer than 64 bytes or not printable")]
    Text(usize),
    /// Contracts or parameters twice or out of order.
    #[error("contracts and parameters are listed once each, by number")]
    Order,
    /// A position in the list of organisations that is not there.
    #[error("organisation {0} is named but not listed")]
    Organisation(u32),
    /// The governance cannot decide.
    #[error("the governance needs distinct members and a threshold between 1 and their number")]
    Governance,
    /// The validators form no set.
    #[error("the validators must be at least one, with distinct keys and powers above zero")]
    Validators,
    /// A key that no one should use, or one listed twice.
    #[error("key {0} is weak or listed twice")]
    Key(PublicKey),
    /// A contract or version that this program does not have.
    #[error("contract {0} version {1} is not in this program's rulebook")]
    Contract(ContractId, u16),
    /// A parameter out of its range.
    #[error("parameter {0} is unknown or its value is out of range")]
    Parameter(u16),
}

impl Genesis {
    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`GenesisError::Decode`], [`GenesisError::Version`], then as [`Genesis::check`].
    pub fn decode(bytes: &[u8]) -> Result<Self, GenesisError> {
        let genesis: Self = decode(bytes, "a genesis")?;
        genesis.check()?;
        Ok(genesis)
    }

    /// The hash that names the chain. Source: LED-7.1.
    pub fn hash(&self) -> Digest {
        digest(Domain::Genesis, &encode(self))
    }

    /// The identifier under which genesis writes, as if it were a transaction.
    pub fn writer(&self) -> TransactionId {
        TransactionId(self.hash())
    }

    /// The identifier of the organisation at this position. Source: LED-7.4.
    pub fn organisation(&self, position: u32) -> OrganisationId {
        OrganisationId(derive_identifier(&self.writer(), position))
    }

    /// The first validator set.
    ///
    /// # Errors
    /// [`GenesisError::Organisation`], [`GenesisError::Validators`].
    pub fn validator_set(&self) -> Result<ValidatorSet, GenesisError> {
        let members = self.validators.iter().map(|validator| {
            self.at(validator.organisation)?;
            Ok(Validator {
                key: validator.key,
                organisation: self.organisation(validator.organisation),
                power: validator.power,
            })
        });
        let members = members.collect::<Result<Vec<_>, GenesisError>>()?;
        ValidatorSet::new(members).ok_or(GenesisError::Validators)
    }

    /// The organisation at a position.
    ///
    /// # Errors
    /// [`GenesisError::Organisation`].
    pub fn at(&self, position: u32) -> Result<&GenesisOrganisation, GenesisError> {
        usize::try_from(position)
            .ok()
            .and_then(|position| self.organisations.get(position))
            .ok_or(GenesisError::Organisation(position))
    }

    /// Names are short and printable; contracts and parameters are listed once, in order.
    fn check_text(&self) -> Result<(), GenesisError> {
        let printable =
            |text: &str| (1..=64).contains(&text.len()) && !text.chars().any(char::is_control);
        if !printable(&self.name) || !self.name.is_ascii() {
            return Err(GenesisError::Text(self.name.len()));
        }
        let mut names = self.organisations.iter().map(|organisation| organisation.name.as_str());
        if let Some(name) = names.find(|name| !printable(name)) {
            return Err(GenesisError::Text(name.len()));
        }
        let rises = |list: &[(u16, u64)]| list.is_sorted_by(|a, b| a.0 < b.0);
        let contracts: Vec<_> =
            self.contracts.iter().map(|(id, v)| (id.0, u64::from(*v))).collect();
        if rises(&contracts) && rises(&self.parameters) { Ok(()) } else { Err(GenesisError::Order) }
    }

    /// Checks what needs no rulebook.
    ///
    /// # Errors
    /// In this order: [`GenesisError::Version`], [`GenesisError::Text`], [`GenesisError::Order`],
    /// [`GenesisError::Key`], [`GenesisError::Organisation`],
    /// [`GenesisError::Governance`], [`GenesisError::Validators`].
    pub fn check(&self) -> Result<(), GenesisError> {
        if self.version != GENESIS_VERSION {
            return Err(GenesisError::Version(self.version));
        }
        self.check_text()?;
        let mut seen = BTreeSet::new();
        let business = self.organisations.iter().map(|organisation| organisation.key);
        let consensus = self.validators.iter().map(|validator| validator.key);
        let network = self.nodes.iter().map(|node| node.key);
        for key in business.chain(consensus).chain(network) {
            if key.check().is_err() || !seen.insert(key) {
                return Err(GenesisError::Key(key));
            }
        }
        let nodes = self.nodes.iter().map(|node| &node.organisation);
        for position in self.governance.iter().chain(nodes) {
            self.at(*position)?;
        }
        let members: BTreeSet<_> = self.governance.iter().collect();
        let threshold = usize::try_from(self.governance_threshold).unwrap_or(usize::MAX);
        if members.len() != self.governance.len() || !(1..=members.len()).contains(&threshold) {
            return Err(GenesisError::Governance);
        }
        self.validator_set().map(|_| ())
    }
}
