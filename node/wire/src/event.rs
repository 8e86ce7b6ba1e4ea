//! This exists to say what happens as it becomes final. The identifier of an event is `height` for a
//! block and `height-index` for a transaction: whoever sends the last one back goes on from there.

use crate::chain::Block;
use crate::schema;
use crate::transaction::Transaction;
use linli_ledger::types::Height;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The name of the event for a block: its transactions come before it.
pub const BLOCK: &str = "block";
/// The name of the event for a transaction.
pub const TRANSACTION: &str = "transaction";
/// The name of the event that says that the connection lives.
pub const HEARTBEAT: &str = "heartbeat";

/// The data of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Event {
    /// A transaction became final.
    Transaction(Box<Transaction>),
    /// A block became final.
    Block(Box<Block>),
    /// The connection lives.
    Heartbeat(Heartbeat),
}

/// The connection lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Heartbeat {
    /// The height of the head.
    #[schema(value_type = schema::Decimal)]
    pub height: Height,
}
