//! This exists to hold the calls of governance, in the bytes that people sign. Source: GOV-1.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::crypto::{PublicKey, Signature};
use linli_ledger::hash::Digest;
use linli_ledger::types::{ContractId, Height, OrganisationId, RecordId};
use serde::{Deserialize, Serialize};

/// What a node does on the network. Source: GOV-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeRole {
    /// A validator of its organisation runs on it.
    Validator,
    /// It follows the chain: an auditor's, a regulator's, a spare.
    Observer,
}

/// One change of the members or of the rules. Source: GOV-4.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// A validator joins, at the end of the order in which they take turns.
    ValidatorAdd {
        /// Who runs it.
        organisation: OrganisationId,
        /// Its consensus key.
        key: PublicKey,
        /// Its weight in votes.
        #[serde(with = "linli_ledger::json::decimal")]
        power: u64,
        /// The network key of the node on which it runs.
        node: PublicKey,
        /// The consensus key's signature over the identity of that node: whoever asks holds the key.
        proof: Signature,
    },
    /// A validator leaves.
    ValidatorRemove {
        /// Its consensus key.
        key: PublicKey,
    },
    /// A validator gets a new consensus key; place, organisation and weight stay.
    ValidatorRotate {
        /// The key that ends.
        old: PublicKey,
        /// The key that takes its place.
        new: PublicKey,
        /// The network key of the node on which it runs.
        node: PublicKey,
        /// The new key's signature over the identity of that node.
        proof: Signature,
    },
    /// A validator gets another weight.
    ValidatorPower {
        /// Its consensus key.
        key: PublicKey,
        /// Its new weight in votes.
        #[serde(with = "linli_ledger::json::decimal")]
        power: u64,
    },
    /// A node may connect.
    NodeAdd {
        /// Who runs it.
        organisation: OrganisationId,
        /// Its network key.
        key: PublicKey,
        /// What it does.
        node_role: NodeRole,
    },
    /// A node may not connect any more.
    NodeRemove {
        /// Its network key.
        key: PublicKey,
    },
    /// A node does something else: an observer becomes the node of a validator, or the other way round.
    NodeRole {
        /// Its network key.
        key: PublicKey,
        /// What it does from then on.
        node_role: NodeRole,
    },
    /// A contract goes to its next version at a height; the version in force takes that back.
    ContractVersion {
        /// The contract.
        module: ContractId,
        /// The version that is in force from then on.
        version: u16,
        /// The first block under it.
        from_height: Height,
    },
}

/// A call of governance. Source: GOV-1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// A governance organisation proposes changes that take effect together, and agrees to them. Creates
    /// identifier 0.
    Propose {
        /// The changes, in order.
        changes: Vec<Change>,
        /// Hash of what shows why.
        evidence: Digest,
    },
    /// A governance organisation agrees to a proposal, or no longer; its last word counts.
    Vote {
        /// The proposal.
        proposal: RecordId,
        /// The hash of what was read: see [`super::proposal_hash`].
        proposal_hash: Digest,
        /// Whether it agrees.
        approve: bool,
    },
    /// The organisation that proposed withdraws what has not been accepted yet.
    Withdraw {
        /// The proposal.
        proposal: RecordId,
    },
    /// An organisation ends the key of a node of its own, at once.
    NodeEnd {
        /// Its network key.
        key: PublicKey,
    },
}
