//! What the interface says of money is what the chain says: every fen, at every height.

use crate::house::House;
use linli_contracts::fund::{Fund, FundAccount, Payment, PaymentState, Source};
use linli_ledger::invariant::records;
use linli_ledger::posting::JournalEntry;
use linli_ledger::posting::money::SourceRecord;
use linli_ledger::types::{AccountId, Height};
use linli_wire::account::{Account, HistoryEntry, Statement};
use linli_wire::money::{BudgetReport, Flow, FlowKind, FundSummary, TraceBack, TraceForward};
use linli_wire::{Found, List};
use std::collections::BTreeMap;

/// The journal of an account, read off the receipts.
fn journal(house: &House, account: AccountId) -> Vec<(Height, JournalEntry)> {
    let entries = house.receipts.iter().flat_map(|(height, receipts)| {
        let entries = receipts.iter().flat_map(|receipt| &receipt.entries);
        entries.map(|entry| (*height, *entry)).collect::<Vec<_>>()
    });
    entries.filter(|(_, entry)| entry.account == account).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_payment_has_its_sources_and_every_source_its_places() {
    let house = House::new(1_500);
    let mut paid: BTreeMap<(u32, u64), u64> = BTreeMap::new();
    let mut confirmed = 0;
    for (id, payment) in records::<Payment>(&house.state) {
        let trace: Found<TraceBack> = house.read(&format!("/v1/payments/{id}/trace")).await;
        let sum: u64 = trace.data.sources.iter().map(|share| share.amount.0).sum();
        assert_eq!(trace.data.traced.0, sum);
        if let PaymentState::Confirmed(_) = payment.state {
            assert_eq!((sum, trace.data.amount), (payment.terms.amount.0, payment.terms.amount));
            confirmed += 1;
            for segment in trace.data.sources.iter().flat_map(|share| &share.segments) {
                paid.insert((segment.source.0, segment.start), segment.length);
            }
        }
    }
    assert!(confirmed >= 3, "{confirmed}");
    for (id, _) in records::<Source>(&house.state) {
        let amount = house.view().get::<SourceRecord>(&id).unwrap().amount.0;
        let trace: Found<TraceForward> = house.read(&format!("/v1/sources/{id}/trace")).await;
        let trace = trace.data;
        assert_eq!((trace.start, trace.end, trace.unaccounted.0), (0, amount, 0));
        let mut next = 0;
        for piece in &trace.pieces {
            assert_eq!(piece.segment.start, next, "no gap and no overlap");
            next = piece.segment.end();
        }
        assert_eq!(next, amount);
        assert_eq!(trace.places.iter().map(|place| place.balance.0).sum::<u64>(), amount);
        let at_payees = trace
            .pieces
            .iter()
            .filter(|piece| matches!(piece.place.what, FundAccount::Payee { .. }));
        let forward: u64 = at_payees.map(|piece| piece.segment.length).sum();
        let back: u64 =
            paid.iter().filter(|((source, _), _)| *source == id.0).map(|(_, length)| length).sum();
        assert_eq!(forward, back, "forward and backward agree about source {id}");
        // A donor's own interval: the pieces of the whole that lie in it.
        let (start, end) = (amount / 3, amount / 2);
        let part: Found<TraceForward> =
            house.read(&format!("/v1/sources/{id}/trace?start={start}&end={end}")).await;
        let sum: u64 = part.data.pieces.iter().map(|piece| piece.segment.length).sum();
        assert_eq!((sum, part.data.unaccounted.0), (end - start, 0));
        for wrong in [format!("start={end}&end={start}"), format!("end={}", amount + 1)] {
            let answer = house.ask(&format!("/v1/sources/{id}/trace?{wrong}"), None).await;
            assert_eq!(answer.code(), "E_REQUEST_QUERY");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fund_its_budget_and_its_flow_add_up() {
    let house = House::new(1_500);
    for (id, _) in records::<Fund>(&house.state) {
        let fund: Found<FundSummary> = house.read(&format!("/v1/funds/{id}")).await;
        assert!(fund.data.received.0 > 0);
        assert_eq!(fund.data.received, fund.data.held, "what came in lies somewhere");
        let budget: Found<BudgetReport> = house.read(&format!("/v1/funds/{id}/budget")).await;
        let sums = budget.data.total;
        assert_eq!(sums.approved.0, sums.committed.0 + sums.paid.0 + sums.free.0);
        let flow: Found<Flow> = house.read(&format!("/v1/funds/{id}/flow")).await;
        let flow = flow.data;
        assert_eq!(flow.unaccounted.0, 0);
        let kinds: BTreeMap<&str, FlowKind> =
            flow.nodes.iter().map(|node| (node.id.as_str(), node.kind)).collect();
        for link in &flow.links {
            assert!(kinds[link.source.as_str()] < kinds[link.target.as_str()], "{link:?}");
        }
        for link in &flow.returns {
            assert!(kinds[link.source.as_str()] > kinds[link.target.as_str()], "{link:?}");
        }
        let rests = flow.nodes.iter().filter(|node| node.kind != FlowKind::Source);
        assert_eq!(rests.map(|node| node.rests.0).sum::<u64>(), fund.data.held.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_what_it_was_at_every_height() {
    let house = House::new(1_500);
    let fund = records::<Fund>(&house.state).next().unwrap().0;
    let account = FundAccount::Available(fund).key().id();
    let journal = journal(&house, account);
    assert!(journal.len() >= 3);
    for height in 0..=house.state.tip().height.0 {
        let path = format!("/v1/accounts/{account}?at_height={height}");
        let found: Found<Account> = house.read(&path).await;
        let last = journal.iter().rev().find(|(at, _)| at.0 <= height).map(|(_, entry)| *entry);
        let found = found.data.account;
        let shown = (found.balance, found.entries, found.journal_head);
        let expected = last.map_or((0, 0, [0; 32]), |last| (last.balance, last.number, last.head));
        assert_eq!(shown, expected, "at {height}");
    }
    let beyond = house.state.tip().height.0 + 1;
    let answer = house.ask(&format!("/v1/accounts/{account}?at_height={beyond}"), None).await;
    assert_eq!(answer.code(), "E_UNKNOWN_HEIGHT");
    let history: List<HistoryEntry> =
        house.read(&format!("/v1/accounts/{account}/history?order=oldest&limit=1000")).await;
    let shown: Vec<_> = history.data.iter().map(|entry| (entry.height, entry.head)).collect();
    assert_eq!(shown, journal.iter().map(|(at, entry)| (*at, entry.head)).collect::<Vec<_>>());
    // A statement of the middle third opens and closes where its neighbours do.
    let times: Vec<_> = history.data.iter().map(|entry| entry.time.0).collect();
    let (from, to) = (times[times.len() / 3], times[times.len() * 2 / 3]);
    let query = format!("from={from}&to={to}");
    let statement: Found<Statement> =
        house.read(&format!("/v1/accounts/{account}/statement?{query}")).await;
    let statement = statement.data;
    let inside: Vec<_> =
        history.data.iter().filter(|e| (from..to).contains(&e.time.0)).cloned().collect();
    assert_eq!(statement.entries, inside);
    let before = history.data.iter().rfind(|entry| entry.time.0 < from);
    assert_eq!(statement.opening, before.map_or(0, |entry| entry.balance));
    let csv = house.ask(&format!("/v1/accounts/{account}/statement.csv?{query}"), None).await;
    assert_eq!(csv.text.lines().count(), inside.len() + 1);
    assert!(csv.text.starts_with("number,time_ms,day,"), "{}", csv.text);
}
