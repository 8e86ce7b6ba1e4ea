//! This exists to put a record of a contract into an answer: its identifier and its own JSON.

use crate::schema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A record and what identifies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded<I, R> {
    /// Identifies it.
    pub id: I,
    /// The record, in its own JSON.
    pub record: R,
}

/// A record and what identifies it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used: the same for every kind of record")]
struct Shape {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    id: String,
    /// The record, in its own JSON.
    #[schema(value_type = schema::LedgerJson)]
    record: String,
}

impl<I, R> PartialSchema for Recorded<I, R> {
    fn schema() -> RefOr<Schema> {
        Shape::schema()
    }
}

impl<I, R> ToSchema for Recorded<I, R> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Recorded")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Shape::schemas(schemas);
    }
}

impl<I, R> From<(I, R)> for Recorded<I, R> {
    fn from((id, record): (I, R)) -> Self {
        Self { id, record }
    }
}
