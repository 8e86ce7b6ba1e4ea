//! This exists to show an account of the kernel, its journal, and a statement of it.

use crate::money::Place;
use crate::schema;
use linli_ledger::posting::{Account as AccountRecord, Direction, Unit};
use linli_ledger::types::{AccountId, BlockTime, Height, TransactionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    pub id: AccountId,
    /// Its key, balance, number of entries and the head of its journal, which commits to all of them.
    #[schema(value_type = schema::LedgerJson)]
    pub account: AccountRecord,
    /// What it is, for accounts in fen.
    #[schema(required)]
    pub place: Option<Place>,
}

/// A line of an account's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    /// Position in the journal, from 1.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub number: u64,
    /// The block.
    #[schema(value_type = schema::Decimal)]
    pub height: Height,
    /// The receipt's position in the block.
    pub receipt_index: u32,
    /// Block time.
    #[schema(value_type = schema::Decimal)]
    pub time: BlockTime,
    /// The transaction; `null` where something fell due.
    #[schema(value_type = Option<schema::Hash>, required)]
    pub transaction: Option<TransactionId>,
    /// Credited or debited.
    #[schema(value_type = String)]
    pub direction: Direction,
    /// By how much, in the unit of the account.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub amount: u64,
    /// Balance after.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub balance: u64,
    /// The other account.
    #[schema(value_type = Option<schema::Identifier>, required)]
    pub counterparty: Option<AccountId>,
    /// Head of the journal after: an entry that is left out makes it differ.
    #[serde(with = "linli_ledger::json::bytes")]
    #[schema(value_type = schema::Hash)]
    pub head: [u8; 32],
}

/// A statement of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Statement {
    /// The account.
    #[schema(value_type = schema::Identifier)]
    pub account: AccountId,
    /// What it counts.
    #[schema(value_type = String)]
    pub unit: Unit,
    /// From this block time on.
    #[schema(value_type = schema::Decimal)]
    pub from: BlockTime,
    /// Before this block time.
    #[schema(value_type = schema::Decimal)]
    pub to: BlockTime,
    /// Balance before the first entry.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub opening: u64,
    /// Balance after the last entry.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub closing: u64,
    /// Every entry between.
    pub entries: Vec<HistoryEntry>,
}
