//! This exists to show what residents gave and have to whoever may see it, and the public side of it
//! to everybody.

use crate::record::Recorded;
use crate::schema;
use linli_contracts::credit::ProgrammeTotals;
use linli_contracts::people::residents::Enrolment as EnrolmentRecord;
use linli_contracts::programme::{Activity, Programme, Reward, Rule, RuleVersion};
use linli_ledger::amount::{Minutes, Points};
use linli_ledger::types::{EnrolmentId, RecordId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A programme of points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProgrammeSummary {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    pub id: RecordId,
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: Programme,
    /// What it has given: counts of the whole programme, never of a person.
    #[schema(value_type = schema::LedgerJson)]
    pub totals: ProgrammeTotals,
}

/// A programme with its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProgrammeRules {
    /// The programme.
    pub programme: ProgrammeSummary,
    /// Its rules with all their versions.
    pub rules: Vec<RuleHistory>,
}

/// A rule and all its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleHistory {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    pub id: RecordId,
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: Rule,
    /// Its versions, the first first.
    #[schema(value_type = Vec<schema::LedgerJson>)]
    pub versions: Vec<RuleVersion>,
}

/// An activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivitySummary {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    pub id: RecordId,
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: Activity,
    /// Seats that are still free.
    pub seats_free: u32,
}

/// A reward on offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Offer {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    pub id: RecordId,
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: Reward,
    /// How many are still there.
    pub left: u32,
}

/// Points of one programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PointsOfProgramme {
    /// The programme.
    #[schema(value_type = schema::Identifier)]
    pub programme: RecordId,
    /// May be spent.
    #[schema(value_type = schema::Decimal)]
    pub available: Points,
    /// Waits for the end of the hold.
    #[schema(value_type = schema::Decimal)]
    pub held: Points,
    /// Lies behind open vouchers.
    #[schema(value_type = schema::Decimal)]
    pub locked: Points,
}

/// What a resident has. Points of different programmes are never added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Enrolment {
    /// The pseudonym.
    #[schema(value_type = schema::Identifier)]
    pub id: EnrolmentId,
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: EnrolmentRecord,
    /// Minutes of service.
    #[schema(value_type = schema::Decimal)]
    pub service: Minutes,
    /// Minutes of training.
    #[schema(value_type = schema::Decimal)]
    pub training: Minutes,
    /// Points by programme.
    pub points: Vec<PointsOfProgramme>,
}

/// What a participation gave.
pub type Award = Recorded<RecordId, linli_contracts::credit::Award>;

/// A reserved reward.
pub type Voucher = Recorded<RecordId, linli_contracts::credit::Voucher>;
