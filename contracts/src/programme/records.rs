//! This exists to hold the records of the programme contract. Source: PRG-8.

use super::{ActivityTerms, CONTRACT, RewardKind, RuleTerms};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockTime, DAY_MS, OrganisationId, PersonId, RecordId};
use serde::{Deserialize, Serialize};

/// How long after its end a record stays: a year and the time to object to its last days. What has
/// left stays provable by its receipts. Source: PRG-9.
pub const RECORD_KEPT_MS: u64 = 400 * DAY_MS;

/// What this contract puts into the due queue.
pub(super) mod due {
    /// An activity leaves the state.
    pub(in super::super) const ACTIVITY_ENDS: u8 = 1;
    /// A reward leaves the state.
    pub(in super::super) const REWARD_ENDS: u8 = 2;
}

/// A programme of points with the money behind it. Stays.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Programme {
    /// Public name.
    pub name: String,
    /// Where it holds, as an administrative path.
    pub scope: String,
    /// Money behind the points: reward budget and partners' pledges.
    pub reward_budget: Fen,
    /// The earliest start of an activity ever published under its rules: before it nobody can have
    /// earned anything.
    pub first_start: Option<BlockTime>,
}

impl Programme {
    pub(super) fn new(name: String, scope: String, reward_budget: Fen) -> Self {
        Self { name, scope, reward_budget, first_start: None }
    }
}

/// An award rule; its terms are in its versions. Stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Rule {
    /// The programme that pays for it.
    pub programme: RecordId,
    /// How many versions there are; the last has this number.
    pub versions: u32,
}

/// One version of a rule, never changed. Stays.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct RuleVersion {
    /// Its terms.
    pub terms: RuleTerms,
    /// When it was set.
    pub set_at: BlockTime,
}

/// Where an activity is in its life. What happens after it is published is derived from time and
/// from its participations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ActivityStatus {
    /// Proposed; nobody else has read it yet.
    Draft,
    /// Open; its terms and its rule never change again.
    Published {
        /// When.
        at: BlockTime,
        /// The version of the rule that was in force then. Source: INV-G9.
        rule_version: u32,
    },
    /// Called off.
    Cancelled {
        /// When.
        at: BlockTime,
    },
}

/// An activity of one session. Leaves [`RECORD_KEPT_MS`] after its end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Activity {
    /// Who holds it.
    pub organisation: OrganisationId,
    /// Its terms.
    pub terms: ActivityTerms,
    /// The programme of its rule.
    pub programme: RecordId,
    /// Who proposed it.
    pub proposer: PersonId,
    /// The hash that the publisher named, once published.
    pub terms_hash: Digest,
    /// Where it is in its life.
    pub status: ActivityStatus,
}

/// What a reward is and costs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct RewardTerms {
    /// Public title.
    pub title: String,
    /// What it is.
    pub kind: RewardKind,
    /// Price in points.
    pub price: Points,
    /// Fair market value.
    pub fair_value: Fen,
    /// How many there are.
    pub stock: u32,
    /// How many one person may have.
    pub per_person: u32,
    /// From when.
    pub valid_from: BlockTime,
    /// Until when, exclusive.
    pub valid_to: BlockTime,
}

/// A reward in the public catalogue. Leaves [`RECORD_KEPT_MS`] after `valid_to`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Reward {
    /// The programme whose points it takes.
    pub programme: RecordId,
    /// Who hands it out.
    pub partner: OrganisationId,
    /// What it is and costs.
    pub terms: RewardTerms,
    /// The budget line that pays for it; none where the partner does.
    pub line: Option<RecordId>,
}

linli_ledger::records! { CONTRACT, Public:
    Programme = 1, RecordId;
    Rule = 2, RecordId;
    RuleVersion = 3, (RecordId, u32);
    Activity = 4, RecordId;
    Reward = 5, RecordId;
}
