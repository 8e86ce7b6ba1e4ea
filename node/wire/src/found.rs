//! This exists to put one thing into an answer: the thing, and at which block it was read.

use crate::At;
use serde::{Deserialize, Serialize};

/// One thing, and when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Found<T> {
    /// What was asked for.
    pub data: T,
    /// When it was read.
    pub at: At,
}
