//! Every role at every door: nobody gets an answer that is not for them (D19, `domain` §6.5).

use crate::house::{House, PARTNER, key};
use axum::http::StatusCode;
use linli_contracts::credit::{Voucher, service};
use linli_contracts::fund::{Fund, Payment, ServiceContract};
use linli_contracts::people::residents::Enrolment;
use linli_contracts::programme::{Activity, Programme, Reward};
use linli_contracts::registry::records::Grant;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::invariant::records;
use linli_ledger::keys::{self, KeyOwner};
use linli_ledger::receipt::Subject;
use linli_ledger::types::{Compartment, EnrolmentId, TransactionId};
use linli_wire::path;
use linli_wire::transaction::Transaction;
use serde_json::Value;

const RESIDENTS: u32 = 60;

/// Who stands at a door.
struct People {
    holder: BusinessKey,
    holder_id: EnrolmentId,
    other: BusinessKey,
    partner: BusinessKey,
    stranger: BusinessKey,
    auditor: BusinessKey,
}

impl People {
    fn each(&self) -> [Option<&BusinessKey>; 6] {
        let Self { holder, other, partner, stranger, auditor, .. } = self;
        [None, Some(holder), Some(other), Some(partner), Some(stranger), Some(auditor)]
    }
}

fn resident(house: &House, number: u32) -> (BusinessKey, EnrolmentId) {
    let key = key(&format!("resident {number}"));
    let record = keys::find(&house.view(), &key.public()).unwrap();
    let KeyOwner::Enrolment(id) = record.owner else { panic!("a resident's key") };
    (key, id)
}

/// The holder is somebody with a voucher.
fn people(house: &House, voucher: &Voucher) -> People {
    let all: Vec<_> = (0..RESIDENTS).map(|number| resident(house, number)).collect();
    let (holder, holder_id) = all.iter().find(|(_, id)| *id == voucher.enrolment).unwrap().clone();
    let (other, _) = all.iter().find(|(_, id)| *id != voucher.enrolment).unwrap().clone();
    People {
        holder,
        holder_id,
        other,
        partner: key(&format!("organisation {PARTNER}")),
        stranger: key("organisation 29"),
        auditor: key("auditor"),
    }
}

/// A restricted transaction that a key signed, for itself alone.
fn own_transaction(house: &House, holder: &BusinessKey) -> TransactionId {
    let restricted = house.receipts.iter().flat_map(|(_, receipts)| receipts);
    let mut ids = restricted.filter_map(|receipt| match receipt.subject {
        Subject::Transaction(id) if receipt.compartment == Compartment::Restricted => Some(id),
        _ => None,
    });
    let owned = keys::find(&house.view(), &holder.public()).unwrap().owner;
    let KeyOwner::Enrolment(id) = owned else { panic!("a resident") };
    let voucher = records::<Voucher>(&house.state).find(|(_, v)| v.enrolment == id).unwrap().0;
    ids.find(|tx| linli_ledger::types::derive_identifier(tx, 0) == voucher.0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one row for each door")]
async fn every_role_at_every_door() {
    let house = House::new(1_500);
    let (voucher_id, voucher) = records::<Voucher>(&house.state).next().expect("a voucher");
    let people = people(&house, &voucher);
    let own = own_transaction(&house, &people.holder);
    let id = people.holder_id;
    let fund = records::<Fund>(&house.state).next().unwrap().0;
    let payment = records::<Payment>(&house.state).next().unwrap().0;
    let contract = records::<ServiceContract>(&house.state).next().unwrap().0;
    let programme = records::<Programme>(&house.state).next().unwrap().0;
    let activity = records::<Activity>(&house.state).next().unwrap().0;
    let offer = records::<Reward>(&house.state).next().unwrap().0;
    let grant = records::<Grant>(&house.state).next().unwrap().0;
    let minutes = service(id).id();
    let money = linli_contracts::fund::FundAccount::Available(fund).key().id();
    let organisation = house.organisation(0);
    let open = [200; 6];
    let hidden = [404, 200, 404, 404, 404, 200];
    let kept = [401, 200, 403, 403, 403, 200];
    let doors: Vec<(String, [u16; 6])> = [
        (path::INDEX, "", open),
        (path::STATUS, "", open),
        (path::CHAIN, "", open),
        (path::VALIDATORS, "", open),
        (path::EVIDENCE, "", open),
        (path::BLOCKS, "", open),
        (path::BLOCK, "3", open),
        (path::TRANSACTIONS, "", open),
        (path::TRANSACTION, &own.to_string(), open),
        (path::ACCOUNT, &minutes.to_string(), hidden),
        (path::ACCOUNT_HISTORY, &minutes.to_string(), hidden),
        (path::ACCOUNT_STATEMENT, &minutes.to_string(), hidden),
        (path::ACCOUNT_STATEMENT_CSV, &minutes.to_string(), hidden),
        (path::ACCOUNT, &money.to_string(), open),
        (path::ACCOUNT_HISTORY, &money.to_string(), open),
        (path::ACCOUNT_STATEMENT, &money.to_string(), open),
        (path::ACCOUNT_STATEMENT_CSV, &money.to_string(), open),
        (path::ENROLMENT, &id.to_string(), kept),
        (path::ENROLMENT_AWARDS, &id.to_string(), kept),
        (path::FUNDS, "", open),
        (path::FUND, &fund.to_string(), open),
        (path::FUND_BUDGET, &fund.to_string(), open),
        (path::FUND_FLOW, &fund.to_string(), open),
        (path::CONTRACTS, "", open),
        (path::CONTRACT, &contract.to_string(), open),
        (path::PAYMENTS, "", open),
        (path::PAYMENT, &payment.to_string(), open),
        (path::PAYMENT_TRACE, &payment.to_string(), open),
        (path::SOURCES, "", open),
        (path::SOURCE, "0", open),
        (path::SOURCE_TRACE, "0", open),
        (path::PROGRAMMES, "", open),
        (path::PROGRAMME, &programme.to_string(), open),
        (path::ACTIVITIES, "", open),
        (path::ACTIVITY, &activity.to_string(), open),
        (path::OFFERS, "", open),
        (path::OFFER, &offer.to_string(), open),
        (path::VOUCHERS, "", [401, 200, 200, 200, 200, 200]),
        (path::VOUCHER, &voucher_id.to_string(), [401, 200, 404, 200, 404, 200]),
        (path::ORGANISATIONS, "", open),
        (path::ORGANISATION, &organisation.to_string(), open),
        (path::ROLES, "", open),
        (path::ROLE, &grant.to_string(), open),
        (path::KEY, &people.holder.public().to_string(), hidden),
        (path::KEY, &people.partner.public().to_string(), open),
        (path::PARAMETERS, "", open),
        (path::PROPOSALS, "", open),
        (path::PROPOSAL, &payment.to_string(), [404; 6]),
        (path::NODES, "", open),
        (path::SEARCH, "", [400; 6]),
        (path::CODE, "E_OVERLAP", open),
        (path::OPENAPI, "", open),
    ]
    .into_iter()
    .map(|(path, part, expected)| (path::with(path, &[part]), expected))
    .collect();
    for known in path::ALL.iter().filter(|known| **known != path::EVENTS) {
        let head = known.split('{').next().unwrap();
        assert!(doors.iter().any(|(path, _)| path.starts_with(head)), "no row for {known}");
    }
    for (path, expected) in &doors {
        let mut found = Vec::new();
        for who in people.each() {
            found.push(house.ask(path, who).await.status.as_u16());
        }
        assert_eq!(found, expected, "{path}: public, holder, other, partner, stranger, auditor");
    }
    // The same transaction is whole for who signed it and for the auditor, and a leaf for the rest.
    let mut whole = Vec::new();
    for who in people.each() {
        let shown: Transaction = house.ask(&format!("/v1/transactions/{own}"), who).await.json();
        whole.push(shown.content.is_some());
    }
    assert_eq!(whole, [false, true, false, false, false, true]);
    let mut vouchers = Vec::new();
    for who in people.each().into_iter().skip(1) {
        let list: Value = house.ask("/v1/vouchers?limit=1000", who).await.json();
        let owners = list["data"].as_array().unwrap().iter().map(|v| v["record"].clone());
        vouchers.push(owners.collect::<Vec<_>>());
    }
    let all = records::<Voucher>(&house.state).count();
    let of = |id: EnrolmentId| id.to_string();
    assert!(!vouchers[0].is_empty());
    assert!(vouchers[0].iter().all(|voucher| voucher["enrolment"] == of(id)));
    assert!(vouchers[1].iter().all(|voucher| voucher["enrolment"] != of(id)));
    assert_eq!((vouchers[2].len(), vouchers[3].len(), vouchers[4].len()), (all, 0, all));
}

/// Every page that the public can open, from the list of paths on.
#[tokio::test(flavor = "multi_thread")]
async fn the_public_never_sees_a_resident() {
    let house = House::new(1_500);
    let lists = [
        path::BLOCKS,
        path::TRANSACTIONS,
        path::FUNDS,
        path::CONTRACTS,
        path::PAYMENTS,
        path::SOURCES,
        path::PROGRAMMES,
        path::ACTIVITIES,
        path::OFFERS,
        path::ORGANISATIONS,
        path::ROLES,
    ];
    let mut texts = Vec::new();
    for list in lists {
        let mut next = format!("{list}?limit=100");
        loop {
            let answer = house.ask(&next, None).await;
            assert_eq!(answer.status, StatusCode::OK, "{next}: {}", answer.text);
            let page: Value = answer.json();
            for id in page["data"].as_array().unwrap().iter().filter_map(|item| item["id"].as_str())
            {
                texts.push(house.ask(&format!("{list}/{id}"), None).await.text);
            }
            texts.push(answer.text);
            let Some(cursor) = page["page"]["next"].as_str() else { break };
            next = format!("{list}?limit=100&cursor={cursor}");
        }
    }
    for height in 1..=house.state.tip().height.0 {
        texts.push(house.ask(&format!("/v1/blocks/{height}"), None).await.text);
    }
    let mut secrets: Vec<String> = records::<Enrolment>(&house.state)
        .flat_map(|(id, enrolment)| {
            [id.to_string(), linli_ledger::hash::to_hex(&enrolment.nullifier)]
        })
        .collect();
    assert!(secrets.len() >= 120);
    secrets.extend((0..RESIDENTS).map(|n| key(&format!("resident {n}")).public().to_string()));
    secrets.extend(records::<Enrolment>(&house.state).map(|(id, _)| service(id).id().to_string()));
    for text in &texts {
        assert!(!text.contains("lle1"), "{text}");
        for secret in &secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    // Narrowing a list down by what is a resident's tells nothing either.
    let (who, id) = resident(&house, 0);
    for query in [
        format!("key={}", who.public()),
        format!("account={}", service(id).id()),
        format!("record={id}"),
    ] {
        let answer = house.ask(&format!("/v1/transactions?{query}"), None).await;
        let empty = answer.status == StatusCode::OK
            && answer.json::<Value>()["data"].as_array().unwrap().is_empty()
            && answer.json::<Value>()["page"]["next"].is_null();
        assert!(answer.status == StatusCode::NOT_FOUND || empty, "{query}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_counts_once_for_what_it_says() {
    let house = House::new(300);
    let (who, id) = resident(&house, 0);
    let path = format!("/v1/enrolments/{id}");
    assert_eq!(house.ask(&path, Some(&who)).await.status, StatusCode::OK);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let target = format!("http://localhost{path}");
    let genesis = house.genesis.hash();
    let request = |target: &str, genesis, created, nonce: &str, method: &str| {
        let mut request = axum::http::Request::get(&path).header("host", "localhost");
        let headers =
            linli_wire::signing::headers(&who, genesis, method, target, None, created, nonce);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(axum::body::Body::empty()).unwrap()
    };
    let good = || request(&target, &genesis, now, "0123456789abcdef", "GET");
    assert_eq!(house.send(good()).await.status, StatusCode::OK);
    assert_eq!(house.send(good()).await.code(), "E_REQUEST_REPLAYED");
    let other = linli_ledger::hash::Digest::Blake3([1; 32]);
    for (request, code) in [
        (request(&target, &genesis, now - 120, "a123456789abcdef", "GET"), "E_REQUEST_TIME"),
        (request(&target, &genesis, now + 60, "b123456789abcdef", "GET"), "E_REQUEST_TIME"),
        (request(&target, &other, now, "c123456789abcdef", "GET"), "E_REQUEST_SIGNATURE"),
        (request(&target, &genesis, now, "d123456789abcdef", "POST"), "E_REQUEST_SIGNATURE"),
        (
            request("http://elsewhere/", &genesis, now, "e123456789abcdef", "GET"),
            "E_REQUEST_SIGNATURE",
        ),
        (request(&target, &genesis, now, "short", "GET"), "E_REQUEST_SIGNATURE"),
    ] {
        let answer = house.send(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, code));
    }
    let unknown = key("nobody at all");
    assert_eq!(house.ask(&path, Some(&unknown)).await.code(), "E_KEY_INACTIVE");
    let answer = house.ask(&path, Some(&who)).await;
    assert_eq!(answer.headers["cache-control"], "private, no-store");
}
