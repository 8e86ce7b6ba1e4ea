//! No text of any call takes somebody's number, and a call that has one never comes into a block: every text of
//! every kind of call that the workload makes is exchanged for one with a mobile number in it, and the answer at the
//! door is always the same code. Source: LED-3.9, REG-18, INV-D1, `domain` §7.2.

use linli_contracts::{AnyCall, rulebook};
use linli_ledger::code::Code;
use linli_ledger::codec::{decode, encode};
use linli_ledger::execute::rehearse;
use linli_ledger::transaction::{Body, SignedTransaction};
use linli_tests::workload::{Batch, Certifier, Workload};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a text becomes: a path stays a path, anything else a word.
fn harmed(text: &str) -> &'static str {
    if text.contains('/') { "5101/13800138000" } else { "p13800138000" }
}

/// Every text of a value: where it stands, and the value with that text harmed.
fn harms(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::String(text) => vec![(String::new(), harmed(text).into())],
        Value::Array(list) => (0..list.len())
            .flat_map(|n| {
                harms(&list[n]).into_iter().map(move |(place, inner)| {
                    let mut list = list.clone();
                    list[n] = inner;
                    (place, Value::Array(list))
                })
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| {
                harms(field).into_iter().map(move |(place, inner)| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), inner);
                    (format!("{name}.{place}"), Value::Object(fields))
                })
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[test]
fn no_text_of_any_call_takes_a_mobile_number() {
    let rulebook = rulebook();
    let workload = Workload::new("personal data", 60);
    let genesis = workload.genesis().hash();
    let mut certifier = Certifier::new(&workload, &rulebook);
    let mut found = BTreeSet::new();
    let mut transactions = 0;
    for batch in workload {
        for (later, one) in (0..).zip(batch.transactions) {
            let time = batch.time.plus(later);
            let body: Body = decode(&one.body, "a body").unwrap();
            let call = AnyCall::decode(body.contract, &body.call).unwrap();
            for (place, value) in harms(&serde_json::to_value(&call).unwrap()) {
                // Most strings are amounts, times, identifiers: no number of a person is one.
                let Ok(call) = serde_json::from_value::<AnyCall>(value) else { continue };
                let body = Body { call: call.encode(), ..body.clone() };
                let presumed = SignedTransaction { body: encode(&body), signatures: Vec::new() };
                let presumed = presumed.presume(&genesis).unwrap();
                let refused = rehearse(&certifier.state, &rulebook, &presumed, time);
                let Err(code) = refused else { panic!("{place} takes a mobile number") };
                assert_eq!(code, Code::PersonalData, "{place}");
                found.insert(place);
            }
            certifier.block(Batch { time, transactions: vec![one] }, &rulebook);
            transactions += 1;
        }
        if transactions >= 600 {
            break;
        }
    }
    let found: Vec<_> = found.iter().map(String::as_str).collect();
    assert_eq!(found, TEXTS);
}

/// Every text that the workload's calls have.
const TEXTS: [&str; 18] = [
    "fund.budget_draft.lines.catalogue.",
    "fund.budget_draft.lines.code.",
    "fund.budget_draft.lines.name.",
    "fund.catalogue_item.code.",
    "fund.catalogue_item.name.",
    "fund.contract_sign.terms.catalogue.",
    "fund.contract_sign.terms.number.",
    "fund.contract_sign.terms.place.",
    "fund.fund_open.name.",
    "fund.fund_open.scope.",
    "people.enrol.community.",
    "programme.activity_propose.terms.place.",
    "programme.activity_propose.terms.title.",
    "programme.programme_open.name.",
    "programme.programme_open.scope.",
    "programme.reward_offer.title.",
    "programme.rule_set.terms.cap_group.",
    "registry.role_grant.scope.",
];
