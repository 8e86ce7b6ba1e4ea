//! This exists to hold the records of governance. Source: GOV-3.

use super::CONTRACT;
use super::calls::{Change, NodeRole};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::code::Rejection;
use linli_ledger::crypto::PublicKey;
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockTime, Height, OrganisationId, PersonId, RecordId};
use serde::{Deserialize, Serialize};

/// A node that may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Node {
    /// Who runs it.
    pub organisation: OrganisationId,
    /// What it does.
    pub role: NodeRole,
    /// Since when.
    pub since: BlockTime,
}

/// The last word of an organisation on a proposal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Ballot {
    /// Whose.
    pub organisation: OrganisationId,
    /// The persons who spoke for it, now or before; none where only its own key did.
    pub persons: Vec<PersonId>,
    /// Whether it agrees.
    pub approve: bool,
}

/// Changes that were proposed, and how far they have come.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Proposal {
    /// What would change.
    pub changes: Vec<Change>,
    /// Hash of what shows why.
    pub evidence: Digest,
    /// Who proposed.
    pub organisation: OrganisationId,
    /// When.
    pub proposed_at: BlockTime,
    /// Until when it can be accepted, exclusive.
    pub until: BlockTime,
    /// What each organisation said last, in the order in which they spoke first.
    pub ballots: Vec<Ballot>,
    /// How far it has come.
    pub state: ProposalState,
}

/// How far a proposal has come. Source: GOV-6.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ProposalState {
    /// Too few have agreed.
    Open,
    /// Enough have agreed; it takes effect when its time lock ends.
    Accepted {
        /// Block time from which it takes effect.
        at: BlockTime,
    },
    /// It has ended.
    Ended {
        /// In which block.
        height: Height,
        /// How.
        end: End,
    },
}

/// How a proposal ended.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum End {
    /// It took effect.
    Applied,
    /// When its time came it could not take effect any more: why.
    Refused(Rejection),
    /// Who proposed it withdrew it.
    Withdrawn,
    /// Too few had agreed in time.
    Expired,
}

/// An index entry: this proposal of this organisation has not ended. Its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct OpenProposal;

linli_ledger::records! { CONTRACT, Public:
    Node = 1, PublicKey;
    Proposal = 2, RecordId;
    OpenProposal = 3, (OrganisationId, RecordId);
}
