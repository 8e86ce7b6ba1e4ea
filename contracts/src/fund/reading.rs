//! This exists to answer questions about money from any view: funds, balances, where the fen of a
//! source lie, which sources paid for a payment. Pure reading: nothing here changes anything.
//! Source: FND-16, `domain` §4.6.

use super::accounts::FundAccount;
use super::records::{
    Budget, BudgetOfYear, Decided, Earmark, Fund, Line, Payment, ServiceContract, Source, Waiting,
};
use linli_ledger::amount::Fen;
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::posting;
use linli_ledger::posting::money::{Segment, SegmentRecord, SourceRecord, containing};
use linli_ledger::record::{KeyPart, Record};
use linli_ledger::types::{EarmarkId, OrganisationId, RecordId, SourceId};
use linli_ledger::view::View;
use std::collections::BTreeMap;

mod path;
pub use path::*;

/// All records of a kind under a prefix, in the order of their keys.
pub fn every<R: Record>(view: &View<'_>, prefix: &impl KeyPart) -> Vec<(R::Id, R)> {
    let mut out = view.range::<R>(prefix, RANGE_MAX);
    let mut full = out.len() == RANGE_MAX;
    while full {
        let next = match out.last() {
            Some((last, _)) => view.range_after::<R>(prefix, last, RANGE_MAX),
            None => Vec::new(),
        };
        full = next.len() == RANGE_MAX;
        out.extend(next);
    }
    out
}

/// All funds.
pub fn funds(view: &View<'_>) -> Vec<(RecordId, Fund)> {
    every(view, &())
}

/// All contracts.
pub fn contracts(view: &View<'_>) -> Vec<(RecordId, ServiceContract)> {
    every(view, &())
}

/// All payments.
pub fn payments(view: &View<'_>) -> Vec<(RecordId, Payment)> {
    every(view, &())
}

/// All sources, with what was issued.
pub fn sources(view: &View<'_>) -> Vec<(SourceId, Source, Fen)> {
    every::<Source>(view, &())
        .into_iter()
        .map(|(id, source)| {
            let amount = view.get::<SourceRecord>(&id).map_or(Fen::ZERO, |record| record.amount);
            (id, source, amount)
        })
        .collect()
}

/// A budget with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLines {
    /// The identifier of the budget.
    pub id: RecordId,
    /// The budget.
    pub budget: Budget,
    /// Its lines, in order.
    pub lines: Vec<(RecordId, Line)>,
}

/// The effective budget of a fund and year.
pub fn budget(view: &View<'_>, fund: RecordId, year: u32) -> Option<BudgetLines> {
    let BudgetOfYear(id) = view.get(&(fund, year))?;
    let budget = view.get::<Budget>(&id)?;
    let lines =
        budget.lines.iter().filter_map(|line| Some((*line, view.get::<Line>(line)?))).collect();
    Some(BudgetLines { id, budget, lines })
}

/// The balance of an account.
pub fn balance(view: &View<'_>, account: FundAccount) -> Fen {
    posting::fen(view, &account.key())
}

/// The earmark of a source's money.
pub fn earmark(view: &View<'_>, id: EarmarkId) -> Option<Earmark> {
    view.get(&id)
}

/// What a source gave to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The source.
    pub source: SourceId,
    /// What is known of it.
    pub known: Source,
    /// How much it gave.
    pub amount: Fen,
    /// Which fen.
    pub segments: Vec<Segment>,
}

/// Backwards: which sources a payment takes its fen from; empty while none are reserved, `None` for
/// an unknown payment. Source: `domain` §4.6, `backward`.
pub fn trace_payment(view: &View<'_>, payment: RecordId) -> Option<Vec<Share>> {
    Some(shares(view, &view.get::<Payment>(&payment)?.segments))
}

/// Backwards: which sources the fen of an account come from.
pub fn trace_account(view: &View<'_>, account: FundAccount) -> Vec<Share> {
    shares(view, &held(view, account))
}

fn shares(view: &View<'_>, segments: &[Segment]) -> Vec<Share> {
    let mut by_source: BTreeMap<SourceId, Vec<Segment>> = BTreeMap::new();
    for segment in segments {
        by_source.entry(segment.source).or_default().push(*segment);
    }
    by_source
        .into_iter()
        .filter_map(|(source, segments)| {
            let known = view.get::<Source>(&source)?;
            let amount = segments.iter().fold(0_u64, |sum, s| sum.saturating_add(s.length));
            Some(Share { source, known, amount: Fen(amount), segments })
        })
        .collect()
}

/// The fen of an account, sorted by source and position.
pub fn held(view: &View<'_>, account: FundAccount) -> Vec<Segment> {
    let order = linli_ledger::view::Order::Ascending;
    let held = posting::money::holdings(view, &account.key(), order);
    posting::money::coalesced(held.into_iter().map(|(_, segment)| segment).collect())
}

/// Forwards: where the fen of a source lie now, in order. Source: `domain` §4.6, `forward`.
pub fn trace_source(view: &View<'_>, source: SourceId) -> Vec<(FundAccount, Segment)> {
    every::<SegmentRecord>(view, &source)
        .into_iter()
        .filter_map(|((source, start), record)| {
            let account = FundAccount::find(view, record.account)?;
            Some((account, Segment { source, start, length: record.length }))
        })
        .collect()
}

/// Where one fen lies. Source: `domain` §4.6, `locate`.
pub fn locate(view: &View<'_>, source: SourceId, fen: u64) -> Option<FundAccount> {
    let (_, record) = containing(view, source, fen)?;
    FundAccount::find(view, record.account)
}

/// The payments of a fund to a provider whose approval is complete and still stands, by time.
pub fn decided(view: &View<'_>, fund: RecordId, provider: OrganisationId) -> Vec<(RecordId, Fen)> {
    every::<Decided>(view, &(fund, provider))
        .into_iter()
        .map(|((_, _, _, payment), decided)| (payment, decided.0))
        .collect()
}

/// The payments of a fund to a provider that wait for approvals.
pub fn waiting(view: &View<'_>, fund: RecordId, provider: OrganisationId) -> Vec<(RecordId, Fen)> {
    every::<Waiting>(view, &(fund, provider))
        .into_iter()
        .map(|((_, _, payment), waiting)| (payment, waiting.0))
        .collect()
}
