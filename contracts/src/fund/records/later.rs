//! This exists to hold the records of what comes after the plain way of a fen: batches, suspense,
//! reversals, claims, evaluations, closed years, new purposes, freezes. Source: FND-2.

use super::Signatory;
use crate::fund::CONTRACT;
use crate::fund::calls::{AttestationLevel, Entry, Indicator};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Fen;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money::{Lot, Segment};
use linli_ledger::types::{BlockTime, Day, EarmarkId, OrganisationId, RecordId, SourceId};
use serde::{Deserialize, Serialize};

/// The donations of which a source consists. Source: FND-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct SourceBatch {
    /// How many.
    pub donations: u32,
    /// Root over all of them, in order.
    pub root: Digest,
}

/// What became of money in suspense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SuspenseState {
    /// Nobody knows yet what it is.
    Open,
    /// It is known, and in its fund.
    Resolved,
    /// It went back to whoever sent it.
    Returned {
        /// Hash of the bank's reference.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank sent it back.
        value_date: Day,
        /// Hash of the bank's electronic receipt.
        receipt: Digest,
    },
}

/// Money of unknown origin. Source: FND-19.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Suspense {
    /// The fund whose account was credited.
    pub fund: RecordId,
    /// How much.
    pub amount: Fen,
    /// Hash of the bank's reference.
    #[serde(with = "linli_ledger::json::bytes")]
    pub bank_reference: [u8; 32],
    /// The day on which the bank credited it.
    pub value_date: Day,
    /// Hash of the bank's electronic receipt, or of why it was reversed.
    pub receipt: Digest,
    /// Who says that it came.
    pub level: AttestationLevel,
    /// The earmark that it has until it is resolved.
    pub earmark: EarmarkId,
    /// Since when it is in suspense.
    pub since: BlockTime,
    /// The reversal that brought it here.
    pub reversal: Option<RecordId>,
    /// Open, resolved or returned.
    pub state: SuspenseState,
}

/// Money of a fund that is still in suspense: its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct OpenSuspense;

/// A wrong entry that was mirrored. Source: FND-20.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Reversal {
    /// What was wrong.
    pub entry: Entry,
    /// The fund.
    pub fund: RecordId,
    /// The fen that went back.
    pub segments: Vec<Segment>,
    /// Hash of the bank's reference that the entry named.
    #[serde(with = "linli_ledger::json::bytes")]
    pub bank_reference: [u8; 32],
    /// Whether the entry belongs to a year that is closed.
    pub prior_year: bool,
    /// Hash of what shows that it was wrong.
    pub reason: Digest,
    /// Fund administrator and approver.
    pub by: [Signatory; 2],
    /// When.
    pub at: BlockTime,
}

/// Money claimed back from a provider. Source: FND-22.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Clawback {
    /// The contract for which it was paid.
    pub contract: RecordId,
    /// How much.
    pub amount: Fen,
    /// How much of it came back.
    pub refunded: Fen,
    /// Hash of the finding.
    pub finding: Digest,
    /// Who ordered it.
    pub by: Signatory,
    /// When.
    pub at: BlockTime,
}

/// What a provider paid back. Source: FND-22.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Refund {
    /// The contract.
    pub contract: RecordId,
    /// The fen that are the fund's again.
    pub to_fund: Vec<Segment>,
    /// The fen that had lapsed meanwhile.
    pub lapsed: Vec<Segment>,
    /// The day on which the bank credited it.
    pub value_date: Day,
    /// Hash of the bank's electronic receipt.
    pub receipt: Digest,
    /// When.
    pub at: BlockTime,
}

/// What the bank returned of a payment. Source: FND-21.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PaymentReturn {
    /// Which fen.
    pub segments: Vec<Segment>,
    /// The day on which the bank credited it.
    pub value_date: Day,
    /// Hash of the bank's electronic receipt.
    pub receipt: Digest,
    /// When.
    pub at: BlockTime,
}

/// What an evaluator said. Source: FND-24.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Verdict {
    /// The indicators.
    pub indicators: Vec<Indicator>,
    /// Their weighted sum, basis points, rounded down.
    pub score_bp: u32,
    /// What follows for the linked part, basis points.
    pub factor_bp: u32,
    /// What of the linked part went back to the fund.
    pub released: Fen,
    /// Hash of the report.
    pub report: Digest,
    /// When.
    pub at: BlockTime,
}

/// The evaluation of a contract. Source: FND-24.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Evaluation {
    /// The third party.
    pub evaluator: OrganisationId,
    /// Who named it.
    pub selected_by: Signatory,
    /// When.
    pub selected_at: BlockTime,
    /// What it said; `None` before.
    pub verdict: Option<Verdict>,
}

/// An organisation evaluated a provider in that year: its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct EvaluatedYear;

/// A provider gets no new contract of a fund for a service: the contract whose evaluation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct BlockedRenewal(pub RecordId);

/// A closed fiscal year of a fund. Source: FND-26.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct FiscalYear {
    /// When it was closed.
    pub at: BlockTime,
    /// Hash of the trial balance.
    pub trial_balance: Digest,
    /// Root over the bank's statements.
    pub statements: Digest,
    /// Fund administrator, approver and auditor.
    pub by: [Signatory; 3],
    /// The source that was issued last before.
    pub last_source: Option<SourceId>,
    /// What was carried into the next year.
    pub carried: Fen,
    /// What lapsed.
    pub lapsed: Fen,
    /// Whether all of it is done.
    pub done: bool,
}

/// Which account of a fund a closing looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClosingPlace {
    /// What the fund may commit.
    Available,
    /// What a contract holds.
    Committed(RecordId),
    /// What a contract holds back.
    Retained(RecordId),
}

/// A closing that goes on, block by block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Closing {
    /// The fund.
    pub fund: RecordId,
    /// The year.
    pub year: u32,
    /// The account.
    pub place: ClosingPlace,
    /// What was looked at last.
    pub after: Option<(Lot, Segment)>,
}

/// A payment that the bank was told to make and has not answered: its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Unanswered;

/// A contract of a fund that is active: its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ActiveContract;

/// Who agreed that money gets another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Consent {
    /// Who gave it, by its own key.
    Donor(OrganisationId),
    /// An officer for the budget: of public money.
    Budget(Signatory),
}

/// Money that got another purpose. Source: FND-27.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Reclassification {
    /// Which fen.
    pub segment: Segment,
    /// The fund administrator.
    pub maker: Signatory,
    /// Who agreed.
    pub consent: Consent,
    /// Hash of the agreement or resolution, and of its public notice.
    pub document: Digest,
    /// When.
    pub at: BlockTime,
}

/// Lapsed money that went back to the treasury. Source: FND-26.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct TreasuryReturn {
    /// The fund.
    pub fund: RecordId,
    /// Which fen.
    pub segments: Vec<Segment>,
    /// Hash of the bank's reference.
    #[serde(with = "linli_ledger::json::bytes")]
    pub bank_reference: [u8; 32],
    /// The day on which the bank paid it.
    pub value_date: Day,
    /// Hash of the bank's electronic receipt.
    pub receipt: Digest,
    /// When.
    pub at: BlockTime,
}

/// A fund, a contract or a payment that does not move. Source: FND-28.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Frozen {
    /// Hash of the order.
    pub order: Digest,
    /// The regulator's officer.
    pub by: Signatory,
    /// Since when.
    pub at: BlockTime,
}

linli_ledger::records! { CONTRACT, Public:
    SourceBatch = 15, SourceId;
    Suspense = 16, SourceId;
    OpenSuspense = 17, (RecordId, SourceId);
    Reversal = 18, RecordId;
    Clawback = 19, RecordId;
    Refund = 20, (RecordId, [u8; 32]);
    Evaluation = 21, RecordId;
    EvaluatedYear = 22, (OrganisationId, OrganisationId, u32);
    BlockedRenewal = 23, (RecordId, OrganisationId, [u8; 16]);
    FiscalYear = 24, (RecordId, u32);
    Closing = 25, RecordId;
    Unanswered = 26, (RecordId, BlockTime, RecordId);
    ActiveContract = 27, (RecordId, RecordId);
    Reclassification = 28, EarmarkId;
    TreasuryReturn = 29, RecordId;
    Frozen = 30, RecordId;
    PaymentReturn = 31, (RecordId, [u8; 32]);
}
