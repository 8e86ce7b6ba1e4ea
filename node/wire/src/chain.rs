//! This exists to show the chain itself: where it stands, how it began, its blocks.

use crate::At;
use crate::schema;
use crate::transaction::Transaction;
use linli_ledger::block::Header;
use linli_ledger::certificate::{Certificate, Validator};
use linli_ledger::evidence::Evidence;
use linli_ledger::genesis::{Clock, Genesis, Keys};
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockHash, BlockTime, ContractId, Height};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What there is: every path of the interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Index {
    /// The program that answers.
    pub program: String,
    /// Its version.
    pub version: String,
    /// Every path; parts in braces are yours to fill in.
    pub paths: Vec<String>,
    /// Where the interface is described for people.
    pub documentation: String,
}

/// Where the node stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The name of the chain, for people.
    pub name: String,
    /// The chain: hash of its genesis.
    #[schema(value_type = schema::Hash)]
    pub genesis: Digest,
    /// The last block.
    pub head: At,
    /// Its time, ms since the epoch.
    #[schema(value_type = schema::Decimal)]
    pub time: BlockTime,
    /// Up to where lists of transactions and journals reach.
    #[schema(value_type = schema::Decimal)]
    pub indexed: Height,
    /// Transactions that wait for a block.
    pub waiting: u64,
    /// Who holds the keys: `demonstration` means that nothing here is real.
    #[schema(value_type = String)]
    pub keys: Keys,
    /// Where block time comes from.
    #[schema(value_type = String)]
    pub clock: Clock,
    /// The program's version.
    pub version: String,
}

/// How the chain began, and what is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Chain {
    /// Hash of the genesis.
    #[schema(value_type = schema::Hash)]
    pub hash: Digest,
    /// The genesis.
    #[schema(value_type = schema::LedgerJson)]
    pub genesis: Genesis,
    /// The contracts in force.
    pub contracts: Vec<ContractInForce>,
}

/// A contract in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContractInForce {
    /// Its number.
    #[schema(value_type = u16)]
    pub contract: ContractId,
    /// Its name.
    pub name: String,
    /// The version in force.
    pub version: u16,
    /// What comes at a height that was decided on.
    pub next: Option<NextVersion>,
}

/// The version of a contract that comes next. Source: LED-6.9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextVersion {
    /// The version.
    pub version: u16,
    /// The first block under it.
    #[schema(value_type = schema::Decimal)]
    pub from: Height,
}

/// Who certifies the next block; always all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validators {
    /// What headers commit to.
    #[schema(value_type = schema::Hash)]
    pub hash: Digest,
    /// All members, in the order of their turns.
    #[schema(value_type = Vec<schema::LedgerJson>)]
    pub members: Vec<Validator>,
}

/// Proofs that validators have contradicted themselves, as this node has seen them; the first of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contradictions {
    /// Each proves itself, to whoever knows the genesis hash and the validators of its height. Source: LED-4.11.
    #[schema(value_type = Vec<schema::LedgerJson>)]
    pub evidence: Vec<Evidence>,
}

/// A block: header and certificate together, and its transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Block {
    /// The hash of the header.
    #[schema(value_type = schema::Hash)]
    pub hash: BlockHash,
    /// The header.
    #[schema(value_type = schema::LedgerJson)]
    pub header: Header,
    /// Why it is final; differs between nodes.
    #[schema(value_type = schema::LedgerJson)]
    pub certificate: Certificate,
    /// Its transactions, in order; those about residents are withheld from who may not see them.
    /// In lists of blocks this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactions: Option<Vec<Transaction>>,
}
