//! This exists to show transactions, and to say what became of those that somebody submits.

use crate::problem::{Explanation, Problem};
use crate::schema;
use linli_contracts::AnyCall;
use linli_ledger::receipt::Receipt;
use linli_ledger::transaction::Signer;
use linli_ledger::types::{BlockTime, ContractId, Height, TransactionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    /// The block.
    #[schema(value_type = schema::Decimal)]
    pub height: Height,
    /// Its position among the transactions of the block, from 0.
    pub index: u32,
    /// Block time, ms since the epoch.
    #[schema(value_type = schema::Decimal)]
    pub time: BlockTime,
    /// The leaf under the transactions root: all that is seen of a withheld transaction.
    #[serde(with = "linli_ledger::json::bytes")]
    #[schema(value_type = schema::Hash)]
    pub leaf: [u8; 32],
    /// What it says; `null` where it is withheld from who asks.
    #[schema(required)]
    pub content: Option<Content>,
}

/// What a transaction says and did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Content {
    /// The hash of its body.
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// The contract that was called.
    #[schema(value_type = u16)]
    pub contract: ContractId,
    /// The contract and the call by name, such as `fund/payment_request`.
    pub kind: String,
    /// The call, in its own JSON.
    #[schema(value_type = Option<schema::LedgerJson>, required)]
    pub call: Option<AnyCall>,
    /// Who signed, in order.
    #[schema(value_type = Vec<schema::LedgerJson>)]
    pub signers: Vec<Signer>,
    /// What it did.
    #[schema(value_type = Option<schema::LedgerJson>, required)]
    pub receipt: Option<Receipt>,
    /// The position of the receipt in the block, from 0.
    pub receipt_index: u32,
    /// Why the rules said no, if they did.
    #[schema(required)]
    pub rejection: Option<Explanation>,
    /// The signed bytes, base64: whoever has them can check all of the above without this node.
    pub bytes: String,
}

/// The body of a submission of one transaction in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitOne {
    /// The signed bytes, base64; for a dry run the list of signatures may be empty.
    #[schema(min_length = 4, max_length = 98_304)]
    pub transaction: String,
}

/// The body of a submission of several transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitMany {
    /// The signed bytes of each, base64; 1 to 1 000.
    #[schema(min_items = 1, max_items = 1_000)]
    pub transactions: Vec<String>,
}

/// The body of a submission in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Submit {
    /// One.
    One(SubmitOne),
    /// Several.
    Many(SubmitMany),
}

/// How long a submission waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Not at all: bytes and signatures are checked.
    None,
    /// Until it waits for a block.
    #[default]
    Accepted,
    /// Until it is in a block that is final and on disk.
    Final,
}

/// Where a submitted transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It waits for a block; the node has promised nothing yet.
    Accepted,
    /// It is in a block that is final and on disk; the receipt says what it did.
    Final,
    /// It would do this if it were the next transaction; nothing was queued.
    DryRun,
    /// It was refused at the door, or could not be taken; `problem` says why.
    Refused,
}

/// What became of a submitted transaction. Having its bytes is the right to see its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Submitted {
    /// The hash of the body; `null` where the bytes were not readable.
    #[schema(value_type = Option<schema::Hash>, required)]
    pub id: Option<TransactionId>,
    /// Where it stands.
    pub status: Standing,
    /// Whether these bytes were final before they came this time: nothing was done again.
    pub repeated: bool,
    /// The block, once final.
    #[schema(value_type = Option<schema::Decimal>, required)]
    pub height: Option<Height>,
    /// The position among the transactions of the block, once final.
    #[schema(required)]
    pub index: Option<u32>,
    /// What it did, or would do.
    #[schema(value_type = Option<schema::LedgerJson>, required)]
    pub receipt: Option<Receipt>,
    /// Why the rules say no, if they do.
    #[schema(required)]
    pub rejection: Option<Explanation>,
    /// Why it was not taken, if it was not.
    #[schema(required)]
    pub problem: Option<Problem>,
    /// Where to look for it.
    #[schema(required)]
    pub location: Option<String>,
}

/// What became of several transactions, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubmittedMany {
    /// One for each.
    pub data: Vec<Submitted>,
}
