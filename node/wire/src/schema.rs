//! This exists to describe once, for the interface's description, how the ledger's small values look
//! in JSON. Nothing here holds a value: the fields of the other files have the ledger's own types.

use utoipa::ToSchema;

/// A whole number of 64 bits as decimal text, because JavaScript loses numbers above 2^53 − 1.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, pattern = "^(0|[1-9][0-9]{0,19})$", example = "150000")]
pub struct Decimal(
    /// The text.
    pub String,
);

/// A hash or a public key: 32 bytes, lower-case hexadecimal.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
pub struct Hash(
    /// The text.
    pub String,
);

/// An identifier: bech32m with a prefix for its kind (`lla` account, `llo` organisation, `llp`
/// person in office, `lle` enrolment, `llg` grant, `llm` earmark, `llr` any other record).
#[derive(Debug, ToSchema)]
#[schema(value_type = String, pattern = "^ll[aopegmr]1[02-9ac-hj-np-z]{58}$")]
pub struct Identifier(
    /// The text.
    pub String,
);

/// A civil day in UTC+8.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{4,}-[0-9]{2}-[0-9]{2}$", example = "2026-03-05")]
pub struct CivilDay(
    /// The text.
    pub String,
);

/// A value of the ledger in its own JSON. Source: LED-10.
#[derive(Debug, ToSchema)]
#[schema(value_type = Object)]
pub struct LedgerJson(
    /// The value.
    pub serde_json::Value,
);
