//! This exists to show organisations, roles, keys and parameters, and what a search finds.

use crate::record::{AnyRecord, Recorded};
use crate::schema;
use linli_contracts::registry::records::{Grant, Organisation as OrganisationRecord};
use linli_ledger::keys::KeyRecord;
use linli_ledger::types::{BlockTime, GrantId, OrganisationId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An organisation.
pub type Organisation = Recorded<OrganisationId, OrganisationRecord>;

/// A role that was granted.
pub type Role = Recorded<GrantId, Grant>;

/// Whom a key speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Key {
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: KeyRecord,
    /// Whether it may sign at the last block's time.
    pub active: bool,
    /// The roles of its owner that are in force, where it is a person in office.
    #[schema(value_type = Vec<AnyRecord>)]
    pub roles: Vec<Role>,
}

/// A number that governance may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Parameter {
    /// Its number in calls and in genesis.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// In force now.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub value: u64,
    /// The least value allowed.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub least: u64,
    /// The greatest value allowed.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub greatest: u64,
    /// The change that waits for its time lock.
    #[schema(required)]
    pub next: Option<NextValue>,
}

/// A value that will be in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextValue {
    /// From this block time on.
    #[schema(value_type = schema::Decimal)]
    pub from: BlockTime,
    /// The value.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub value: u64,
}

/// What a hit of a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// A block.
    Block,
    /// A transaction.
    Transaction,
    /// An account.
    Account,
    /// An organisation.
    Organisation,
    /// A fund.
    Fund,
    /// A budget line.
    BudgetLine,
    /// A service contract.
    Contract,
    /// A payment.
    Payment,
    /// A source of money.
    Source,
    /// A programme.
    Programme,
    /// An activity.
    Activity,
    /// A reward.
    Offer,
    /// A grant of a role.
    Role,
    /// A code.
    Code,
}

/// Something that a search found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// For people.
    pub label: String,
    /// Where it is.
    pub location: String,
}
