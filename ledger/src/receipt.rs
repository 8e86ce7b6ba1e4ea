//! This exists to record what each transaction did: every leaf written, every posting, every no.

use crate::code::Rejection;
use crate::codec::encode;
use crate::due::DueItem;
use crate::hash::{Digest, Domain, hash};
use crate::posting::{JournalEntry, Movement};
use crate::types::{Compartment, ContractId, TransactionId};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What a receipt is about. Source: LED-5.6.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// Something fell due: a receipt of the system, ahead of the transactions.
    Due(DueItem),
    /// A transaction.
    Transaction(TransactionId),
    /// Governance named the validators, by the hash of their set; ahead of everything. LED-4.9.
    Recovery(Digest),
}

/// Whether the rules said yes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// Everything listed happened.
    Applied,
    /// Nothing happened but the use of the nonce.
    Rejected(Rejection),
}

/// A leaf that was written. Source: LED-5.5.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Write {
    /// Key of the leaf.
    #[serde(with = "crate::json::bytes")]
    pub key: Vec<u8>,
    /// Version after the write; never used twice for one key.
    #[serde(with = "crate::json::decimal")]
    pub version: u64,
    /// Hash of the value, or nothing where the leaf was removed.
    #[serde(with = "crate::json::optional_bytes")]
    pub value: Option<[u8; 32]>,
}

/// A fact about the other compartment on which a call depended. Source: LED-6.8.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Condition {
    /// Key of the restricted leaf.
    #[serde(with = "crate::json::bytes")]
    pub key: Vec<u8>,
    /// Hash of the value that it must hold.
    #[serde(with = "crate::json::bytes")]
    pub value: [u8; 32],
}

/// What one transaction, or one due item, did. Source: LED-5.6.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Receipt {
    /// What it is about.
    pub subject: Subject,
    /// The contract that ran.
    pub contract: ContractId,
    /// The half of the state that was written.
    pub compartment: Compartment,
    /// Yes, or no and why.
    pub outcome: Outcome,
    /// Facts that were taken from the restricted half.
    pub conditions: Vec<Condition>,
    /// Values that moved, in order.
    pub movements: Vec<Movement>,
    /// Journal entries, two for each movement.
    pub entries: Vec<JournalEntry>,
    /// Leaves written, sorted by key.
    pub writes: Vec<Write>,
}

impl Receipt {
    /// The leaf under the receipts root. Source: LED-5.6.
    pub fn leaf(&self) -> [u8; 32] {
        hash(Domain::ReceiptLeaf, &encode(self))
    }

    /// The rejection, if the rules said no.
    pub fn rejection(&self) -> Option<&Rejection> {
        match &self.outcome {
            Outcome::Applied => None,
            Outcome::Rejected(rejection) => Some(rejection),
        }
    }
}
