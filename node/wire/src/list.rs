//! This exists to give every list one shape, which says at which block it was read.

use crate::schema;
use linli_ledger::types::{BlockHash, Height};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The block after which an answer was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct At {
    /// Its height; 0 before the first block.
    #[schema(value_type = schema::Decimal)]
    pub height: Height,
    /// Its hash; the genesis hash before the first block.
    #[schema(value_type = schema::Hash)]
    pub hash: BlockHash,
}

/// Marks of the neighbouring pages. A mark is opaque and belongs to the filters it came with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page {
    /// Ask for `?cursor=` this to go on; `null` at the end.
    #[schema(required)]
    pub next: Option<String>,
    /// Ask for `?cursor=` this to go back; `null` at the beginning.
    #[schema(required)]
    pub prev: Option<String>,
    /// How many there are on a page at the most.
    pub limit: u32,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    /// What is on the page.
    pub data: Vec<T>,
    /// Its neighbours.
    pub page: Page,
    /// When it was read.
    pub at: At,
}
