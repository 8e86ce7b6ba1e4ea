//! This exists to put a record of a contract into an answer: its identifier and its own JSON.

use crate::schema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A record and what identifies it. In the interface's description: [`AnyRecord`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded<I, R> {
    /// Identifies it.
    pub id: I,
    /// The record, in its own JSON.
    pub record: R,
}

impl<I, R> From<(I, R)> for Recorded<I, R> {
    fn from((id, record): (I, R)) -> Self {
        Self { id, record }
    }
}

/// A record of any kind and what identifies it: describes every [`Recorded`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnyRecord {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    pub id: String,
    /// The record, in its own JSON.
    #[schema(value_type = schema::LedgerJson)]
    pub record: serde_json::Value,
}
