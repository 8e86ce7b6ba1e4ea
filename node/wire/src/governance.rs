//! This exists to show what organisations decide together, and which nodes may connect.

use crate::record::Recorded;
use crate::schema;
use linli_contracts::governance::NodeRole;
use linli_contracts::governance::records::Proposal as ProposalRecord;
use linli_ledger::crypto::PublicKey;
use linli_ledger::types::{BlockTime, OrganisationId, RecordId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A proposal and how far it has come.
pub type Proposal = Recorded<RecordId, ProposalRecord>;

/// A node that may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// Its network key.
    #[schema(value_type = schema::Hash)]
    pub key: PublicKey,
    /// Who runs it.
    #[schema(value_type = schema::Identifier)]
    pub organisation: OrganisationId,
    /// What it does: `validator` or `observer`.
    #[schema(value_type = String)]
    pub role: NodeRole,
    /// Since when.
    #[schema(value_type = schema::Decimal)]
    pub since: BlockTime,
}
