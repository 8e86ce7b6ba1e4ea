//! This exists to hold the calls about programmes, award rules, activities and rewards, in the bytes
//! that people sign. Source: PRG-1.

use super::{BatchOf, RewardTerms};
use crate::credit::{ProgrammeTotals, VoucherBatch};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockTime, OrganisationId, RecordId};
use serde::{Deserialize, Serialize};

/// What an award is computed from. Source: `domain` §2.2. Signed, so that a negative rule can be
/// written down and refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Basis {
    /// Points for each hour of service.
    PerHour {
        /// Points per 60 minutes.
        #[serde(with = "linli_ledger::json::decimal")]
        rate: i64,
    },
    /// Points for each attendance.
    PerActivity {
        /// Points.
        #[serde(with = "linli_ledger::json::decimal")]
        points: i64,
    },
    /// Points for each unit that the organiser attests.
    PerUnit {
        /// Points per unit.
        #[serde(with = "linli_ledger::json::decimal")]
        points: i64,
    },
}

/// Whether people take part of their own will. The other answer exists to be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Participation {
    /// As the law wants it.
    Voluntary,
    /// Refused.
    Compulsory,
}

/// What kind of activity; emergencies may be published late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ActivityKind {
    /// Service to the community: counts towards stars.
    Service,
    /// Training: minutes of their own class.
    Training,
    /// Emergency service.
    Emergency,
}

/// What a reward is. Source: `domain` §2.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RewardKind {
    /// A thing.
    Goods,
    /// A reduction of a price.
    Discount,
    /// A service.
    Service,
    /// A place earlier in a supplementary service.
    Priority,
    /// An honour.
    Honour,
    /// Refused.
    Cash,
    /// Refused.
    StoredValue,
    /// Refused.
    Lottery,
    /// Refused.
    AlcoholOrTobacco,
}

/// The terms of an award rule. Source: `domain` §2.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct RuleTerms {
    /// What the award is computed from.
    pub basis: Basis,
    /// 10 000 is once.
    pub multiplier_bp: u32,
    /// Rules of one group share their caps; ASCII, 1 to 16 bytes.
    pub cap_group: String,
    /// The most points per person and civil day of service.
    pub day_cap: Points,
    /// The same per month.
    pub month_cap: Points,
    /// The same per year.
    pub year_cap: Points,
    /// Fewer minutes give no points.
    pub min_minutes: u32,
    /// From when activities may be published under it.
    pub valid_from: BlockTime,
    /// Until when, exclusive.
    pub valid_to: BlockTime,
}

/// The terms of an activity. Source: `domain` §2.1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ActivityTerms {
    /// Public title, 1 to 64 bytes.
    pub title: String,
    /// What kind.
    pub kind: ActivityKind,
    /// Grid, as an administrative path; never an address.
    pub place: String,
    /// Start of the session.
    pub start: BlockTime,
    /// End of the session, exclusive, at most 24 h later.
    pub end: BlockTime,
    /// How many may take part.
    pub capacity: u32,
    /// The youngest age class admitted: 0 all, 14 or 18.
    pub minimum_age: u8,
    /// 0 to 3; from 2 on insurance, at 3 no minors.
    pub risk_class: u8,
    /// Hash of the insurance policy.
    pub insurance: Option<Digest>,
    /// Hash of the statement of risks.
    pub risk_statement: Option<Digest>,
    /// Of their own will.
    pub participation: Participation,
    /// The award rule (its first version's record names all versions).
    pub rule: RecordId,
}

/// A call of the programme contract. Source: PRG-1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// Two points operators open a programme of points. Creates identifier 0.
    ProgrammeOpen {
        /// Public name, 1 to 64 bytes.
        name: String,
        /// Where it holds, as an administrative path.
        scope: String,
        /// Money behind the points: reward budget and partners' pledges.
        reward_budget: Fen,
    },
    /// Two points operators add a rule (identifier 0), or a new version of one.
    RuleSet {
        /// The programme.
        programme: RecordId,
        /// The rule of which this is a new version; none for a new rule.
        rule: Option<RecordId>,
        /// Its terms.
        terms: RuleTerms,
        /// Points outstanding in the programme: a restricted fact that the kernel checks.
        totals: Option<ProgrammeTotals>,
    },
    /// An organiser proposes an activity. Creates identifier 0.
    ActivityPropose {
        /// The organisation that holds it.
        organisation: OrganisationId,
        /// Its terms.
        terms: ActivityTerms,
    },
    /// Another officer publishes it, naming the hash of its terms.
    ActivityPublish {
        /// The activity.
        activity: RecordId,
        /// The hash of the terms that were read.
        terms_hash: Digest,
    },
    /// An officer of the organisation calls it off.
    ActivityCancel {
        /// The activity.
        activity: RecordId,
    },
    /// A partner offers a reward, co-signed by a points operator. Creates identifier 0.
    RewardOffer {
        /// The programme whose points it takes.
        programme: RecordId,
        /// The partner.
        partner: OrganisationId,
        /// Public title, 1 to 64 bytes.
        title: String,
        /// What it is.
        kind: RewardKind,
        /// Price in points.
        price: Points,
        /// Fair market value.
        fair_value: Fen,
        /// How many there are.
        stock: u32,
        /// How many one person may have.
        per_person: u32,
        /// From when.
        valid_from: BlockTime,
        /// Until when, exclusive.
        valid_to: BlockTime,
    },
    /// The partner and a points operator put more pieces of a reward on offer. Never fewer.
    RewardUpdate {
        /// The reward.
        reward: RecordId,
        /// How many more.
        pieces_added: u32,
    },
    /// As `RewardOffer`, for a reward that a budget line pays: a budget officer of the fund agrees too.
    /// Creates identifier 0.
    RewardOfferFunded {
        /// The programme whose points it takes.
        programme: RecordId,
        /// The partner.
        partner: OrganisationId,
        /// What it is and costs.
        terms: RewardTerms,
        /// The line of a budget in force that pays its fair value.
        line: RecordId,
    },
    /// A partner claims the vouchers of a month that is over.
    SettleClaim {
        /// Of which vouchers.
        of: BatchOf,
        /// How many, their points and value: a restricted fact that the kernel checks.
        batch: VoucherBatch,
    },
}

impl Call {
    /// Every text in it, for the door. Source: REG-18.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::ProgrammeOpen { name, scope, .. } => vec![name, scope],
            Self::RuleSet { terms, .. } => vec![&terms.cap_group],
            Self::ActivityPropose { terms, .. } => vec![&terms.title, &terms.place],
            Self::RewardOffer { title, .. } => vec![title],
            Self::RewardOfferFunded { terms, .. } => vec![&terms.title],
            Self::ActivityPublish { .. }
            | Self::ActivityCancel { .. }
            | Self::RewardUpdate { .. }
            | Self::SettleClaim { .. } => Vec::new(),
        }
    }
}
