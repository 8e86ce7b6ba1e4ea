//! This exists to show money: funds, budgets against what happened, and every fen from its source to
//! where it lies.

use crate::schema;
use linli_contracts::fund::{AttestationLevel, Fund, FundAccount, Line, Source, SourceClass};
use linli_ledger::amount::Fen;
use linli_ledger::posting::money::Segment;
use linli_ledger::types::{AccountId, EarmarkId, OrganisationId, RecordId, SourceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account in fen, named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The account.
    #[schema(value_type = schema::Identifier)]
    pub account: AccountId,
    /// What it is, in the fund contract's own JSON: `{"available":"llr1…"}`.
    #[schema(value_type = schema::LedgerJson)]
    pub what: FundAccount,
    /// Name of the fund, number of the contract, name of the payee.
    pub label: String,
}

/// A fund and where its money lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FundSummary {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    pub id: RecordId,
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: Fund,
    /// Every account of the fund, its contracts and payments that was ever used, with its balance.
    pub accounts: Vec<PlaceBalance>,
    /// What came in, net.
    #[schema(value_type = schema::Decimal)]
    pub received: Fen,
    /// What lies in all accounts together: the same as `received`, always.
    #[schema(value_type = schema::Decimal)]
    pub held: Fen,
}

/// An account and its balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaceBalance {
    /// The account.
    pub place: Place,
    /// What lies in it; for an origin what has left it.
    #[schema(value_type = schema::Decimal)]
    pub balance: Fen,
}

/// A source of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceSummary {
    /// Its number.
    #[schema(value_type = u32)]
    pub id: SourceId,
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: Source,
    /// The public name of the donor.
    pub donor_name: String,
    /// What was issued: its fen are 0 to this, exclusive.
    #[schema(value_type = schema::Decimal)]
    pub amount: Fen,
}

/// Budget against actual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetReport {
    /// The budget in force.
    #[schema(value_type = schema::Identifier)]
    pub budget: RecordId,
    /// The fund.
    #[schema(value_type = schema::Identifier)]
    pub fund: RecordId,
    /// Fiscal year.
    pub year: u32,
    /// Each line.
    pub lines: Vec<BudgetLine>,
    /// All lines together.
    pub total: BudgetSums,
}

/// A budget line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetLine {
    /// Identifies it.
    #[schema(value_type = schema::Identifier)]
    pub id: RecordId,
    /// The record.
    #[schema(value_type = schema::LedgerJson)]
    pub record: Line,
    /// Its sums.
    pub sums: BudgetSums,
}

/// Sums of a budget or a line; `approved = committed + paid + free`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetSums {
    /// Approved.
    #[schema(value_type = schema::Decimal)]
    pub approved: Fen,
    /// Bound by contracts and not paid.
    #[schema(value_type = schema::Decimal)]
    pub committed: Fen,
    /// Confirmed by the bank.
    #[schema(value_type = schema::Decimal)]
    pub paid: Fen,
    /// What may still be committed.
    #[schema(value_type = schema::Decimal)]
    pub free: Fen,
}

/// What a source gave to a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// The source.
    #[schema(value_type = u32)]
    pub source: SourceId,
    /// Who gave it.
    #[schema(value_type = schema::Identifier)]
    pub donor: OrganisationId,
    /// Its public name.
    pub donor_name: String,
    /// Where it comes from.
    #[schema(value_type = String)]
    pub class: SourceClass,
    /// Who says that it came in; `two_clerks` is the weakest.
    #[schema(value_type = String)]
    pub level: AttestationLevel,
    /// What it may be used for.
    #[schema(value_type = schema::Identifier)]
    pub earmark: EarmarkId,
    /// How much it gave.
    #[schema(value_type = schema::Decimal)]
    pub amount: Fen,
    /// Which fen.
    #[schema(value_type = Vec<schema::LedgerJson>)]
    pub segments: Vec<Segment>,
}

/// Back from a payment to its sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceBack {
    /// The payment.
    #[schema(value_type = schema::Identifier)]
    pub payment: RecordId,
    /// What was asked for.
    #[schema(value_type = schema::Decimal)]
    pub amount: Fen,
    /// Each source; empty while no fen are reserved. Their amounts sum to `traced`.
    pub sources: Vec<Share>,
    /// How much of it has its fen.
    #[schema(value_type = schema::Decimal)]
    pub traced: Fen,
}

/// Where a part of a source lies now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Piece {
    /// Which fen.
    #[schema(value_type = schema::LedgerJson)]
    pub segment: Segment,
    /// Where they lie.
    pub place: Place,
}

/// Forward from a source, or an interval of it, to where its fen lie now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceForward {
    /// The source.
    #[schema(value_type = u32)]
    pub source: SourceId,
    /// The first fen asked for.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub start: u64,
    /// One past the last fen asked for.
    #[serde(with = "linli_ledger::json::decimal")]
    #[schema(value_type = schema::Decimal)]
    pub end: u64,
    /// The pieces, in order, without a gap.
    pub pieces: Vec<Piece>,
    /// The same by place.
    pub places: Vec<PlaceBalance>,
    /// Fen of the interval that lie nowhere: `"0"`, always.
    #[schema(value_type = schema::Decimal)]
    pub unaccounted: Fen,
}

/// What stands at one point of a flow; money goes down this list, and what goes up is a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// A source of money.
    Source,
    /// Money that nobody knows yet what it is for.
    Suspense,
    /// The fund.
    Fund,
    /// A contract of the fund.
    Contract,
    /// Who was paid.
    Payee,
    /// Money whose time is over.
    Lapsed,
    /// Money that went back to the treasury or to an unknown sender.
    Returned,
    /// An account that stands nowhere on the way.
    Other,
}

/// A point of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlowNode {
    /// Identifies it within the flow.
    pub id: String,
    /// What it is.
    pub kind: FlowKind,
    /// For people.
    pub label: String,
    /// What came and did not go on in the time asked for.
    #[schema(value_type = schema::Decimal)]
    pub rests: Fen,
}

/// Money that went from one point to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlowLink {
    /// From.
    pub source: String,
    /// To.
    pub target: String,
    /// How much.
    #[schema(value_type = schema::Decimal)]
    pub value: Fen,
}

/// The way of a fund's money, without circles: sources → fund → contracts → payees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Flow {
    /// The fund.
    #[schema(value_type = schema::Identifier)]
    pub fund: RecordId,
    /// Every point.
    pub nodes: Vec<FlowNode>,
    /// Every way; each leads to a later kind of point.
    pub links: Vec<FlowLink>,
    /// What went back; it is not taken off the links.
    pub returns: Vec<FlowLink>,
    /// Money that came in and lies nowhere: `"0"`, always.
    #[schema(value_type = schema::Decimal)]
    pub unaccounted: Fen,
}
