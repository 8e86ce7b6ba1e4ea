//! This exists to say what became of money besides being paid: returned, reversed, claimed back, held back,
//! of unknown origin, lapsed, given in many small gifts. Read from the state.

use super::stories::{Amount, Item, Sum};
use linli_contracts::fund::{
    Clawback, Evaluation, FiscalYear, FundAccount, PaymentReturn, Reclassification, Refund,
    Reversal, ServiceContract, SourceBatch, Suspense, SuspenseState, TreasuryReturn,
};
use linli_ledger::amount::Fen;
use linli_ledger::invariant::records;
use linli_ledger::posting::MoneyAccount;
use linli_ledger::posting::money::{Segment, SourceRecord};
use linli_ledger::state::State;
use linli_ledger::types::{Compartment, SourceId};
use linli_ledger::view::View;

fn length(segments: &[Segment]) -> u64 {
    segments.iter().map(|segment| segment.length).sum()
}

const fn item(key: &'static str, sum: Sum) -> Item {
    let amount = Some(Amount::Fen(Fen(sum.amount)));
    Item { key, count: Some(sum.count), amount, of_residents: false }
}

/// What became of money.
pub(super) fn of_money(state: &State) -> Vec<Item> {
    let returned = records::<PaymentReturn>(state).map(|(_, back)| length(&back.segments));
    let reversed = records::<Reversal>(state).map(|(_, mirrored)| length(&mirrored.segments));
    let ordered = records::<Clawback>(state).map(|(_, order)| order.amount.0);
    let refunds = records::<Refund>(state);
    let refunded = refunds.map(|(_, back)| length(&back.to_fund) + length(&back.lapsed));
    let treasury = records::<TreasuryReturn>(state).map(|(_, back)| length(&back.segments));
    let changed = records::<Reclassification>(state).map(|(_, change)| change.segment.length);
    let verdicts = records::<Evaluation>(state).filter_map(|(_, evaluation)| evaluation.verdict);
    let mut items = vec![
        item("returned", Sum::of(returned)),
        item("reversed", Sum::of(reversed)),
        item("ordered-back", Sum::of(ordered)),
        item("refunded", Sum::of(refunded)),
        item("evaluated", Sum::of(verdicts.map(|verdict| verdict.released.0))),
    ];
    items.extend(retentions(state));
    items.extend(suspense(state));
    items.extend(batches(state));
    items.push(item("reclassified", Sum::of(changed)));
    items.extend(years(state));
    items.push(item("treasury", Sum::of(treasury)));
    items
}

/// What contracts hold back, and what was released.
fn retentions(state: &State) -> [Item; 2] {
    let accounts = records::<MoneyAccount>(state).map(|(_, account)| account.0);
    let held = accounts.filter(|account| {
        matches!(FundAccount::from_key(&account.key), Some(FundAccount::Retained(_)))
            && account.balance > 0
    });
    let held = Sum::of(held.map(|account| account.balance));
    let released = records::<ServiceContract>(state)
        .map(|(_, contract)| contract.withheld)
        .filter(|withheld| withheld.retention_released);
    let released = Sum::of(released.map(|withheld| withheld.terms.retention.0));
    [item("retained", held), item("retention-released", released)]
}

/// Money of unknown origin, by what became of it.
fn suspense(state: &State) -> [Item; 3] {
    let (mut open, mut resolved, mut sent_back) = (Sum::default(), Sum::default(), Sum::default());
    for (_, suspense) in records::<Suspense>(state) {
        let sum = match suspense.state {
            SuspenseState::Open => &mut open,
            SuspenseState::Resolved => &mut resolved,
            SuspenseState::Returned { .. } => &mut sent_back,
        };
        sum.add(suspense.amount.0);
    }
    [
        item("suspense-open", open),
        item("suspense-resolved", resolved),
        item("suspense-returned", sent_back),
    ]
}

/// Small donations that came in together.
fn batches(state: &State) -> [Item; 2] {
    let view = View::read_only(state, Compartment::Public, state.tip().time);
    let amount = |source: SourceId| view.get::<SourceRecord>(&source).map_or(0, |s| s.amount.0);
    let batches: Vec<_> = records::<SourceBatch>(state).collect();
    let sums = Sum::of(batches.iter().map(|(source, _)| amount(*source)));
    let donations = batches.iter().map(|(_, batch)| u64::from(batch.donations)).sum();
    let small =
        Item { key: "small-donations", count: Some(donations), amount: None, of_residents: false };
    [item("batches", sums), small]
}

/// Closed years: what was carried over, and what lapsed.
fn years(state: &State) -> [Item; 2] {
    let years: Vec<_> = records::<FiscalYear>(state).map(|(_, year)| year).collect();
    let carried = Sum::of(years.iter().map(|year| year.carried.0));
    let lapsed = Sum::of(years.iter().map(|year| year.lapsed.0));
    [item("years-carried", carried), item("years-lapsed", lapsed)]
}
