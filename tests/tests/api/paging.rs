//! Every list, forward and back, is the list that the state has.

use crate::house::House;
use linli_contracts::fund::{Fund, Payment, ServiceContract, Source};
use linli_contracts::programme::{Activity, Programme, Reward};
use linli_contracts::registry::records::{Grant, Organisation};
use linli_ledger::invariant::records;
use linli_wire::path;
use serde_json::Value;

fn ids(page: &Value) -> Vec<String> {
    let items = page["data"].as_array().unwrap();
    items.iter().map(|item| item["id"].to_string().trim_matches('"').to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_forward_and_back_are_the_records_of_the_state() {
    let house = House::new(1_500);
    let state = &house.state;
    let lists: Vec<(&str, Vec<String>)> = vec![
        (path::FUNDS, records::<Fund>(state).map(|(id, _)| id.to_string()).collect()),
        (
            path::CONTRACTS,
            records::<ServiceContract>(state).map(|(id, _)| id.to_string()).collect(),
        ),
        (path::PAYMENTS, records::<Payment>(state).map(|(id, _)| id.to_string()).collect()),
        (path::SOURCES, records::<Source>(state).map(|(id, _)| id.to_string()).collect()),
        (path::PROGRAMMES, records::<Programme>(state).map(|(id, _)| id.to_string()).collect()),
        (path::ACTIVITIES, records::<Activity>(state).map(|(id, _)| id.to_string()).collect()),
        (path::OFFERS, records::<Reward>(state).map(|(id, _)| id.to_string()).collect()),
        (
            path::ORGANISATIONS,
            records::<Organisation>(state).map(|(id, _)| id.to_string()).collect(),
        ),
        (path::ROLES, records::<Grant>(state).map(|(id, _)| id.to_string()).collect()),
    ];
    for (list, expected) in lists {
        assert!(!expected.is_empty(), "{list}");
        for limit in [1, 2, 7, 1_000] {
            let (mut pages, mut next) = (Vec::new(), format!("{list}?limit={limit}"));
            loop {
                let page: Value = house.read(&next).await;
                assert!(ids(&page).len() <= limit);
                let cursor = page["page"]["next"].as_str().map(str::to_owned);
                pages.push(page);
                let Some(cursor) = cursor else { break };
                next = format!("{list}?limit={limit}&cursor={cursor}");
            }
            let walked: Vec<String> = pages.iter().flat_map(ids).collect();
            assert_eq!(walked, expected, "{list} by {limit}");
            let mut back = pages.last().unwrap()["page"]["prev"].as_str().map(str::to_owned);
            for page in pages.iter().rev().skip(1) {
                let cursor = back.expect("there is a page before");
                let before: Value =
                    house.read(&format!("{list}?limit={limit}&cursor={cursor}")).await;
                assert_eq!(ids(&before), ids(page), "{list} by {limit}");
                back = before["page"]["prev"].as_str().map(str::to_owned);
            }
            assert_eq!(back, None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_keep_what_they_say_and_cursors_keep_the_filters() {
    let house = House::new(1_500);
    let (contract, record) = records::<ServiceContract>(&house.state).next().unwrap();
    let (fund, provider) = (record.terms.fund, record.terms.provider);
    let query = format!("/v1/contracts?fund={fund}&provider={provider}&limit=1");
    let page: Value = house.read(&query).await;
    let expected = records::<ServiceContract>(&house.state)
        .filter(|(_, found)| found.terms.fund == fund && found.terms.provider == provider);
    let expected: Vec<String> = expected.map(|(id, _)| id.to_string()).collect();
    assert!(expected.contains(&contract.to_string()));
    assert_eq!(ids(&page), expected[..1]);
    let payments: Value = house.read(&format!("/v1/payments?contract={contract}")).await;
    let expected = records::<Payment>(&house.state).filter(|(_, p)| p.terms.contract == contract);
    assert_eq!(ids(&payments), expected.map(|(id, _)| id.to_string()).collect::<Vec<_>>());
    let first: Value = house.read("/v1/roles?role=organiser&limit=2").await;
    let cursor = first["page"]["next"].as_str().expect("twelve organisers");
    let kept = house.ask(&format!("/v1/roles?role=organiser&limit=5&cursor={cursor}"), None).await;
    assert_eq!(kept.status, 200, "another limit is another page of the same list");
    for other in ["/v1/roles?role=witness", "/v1/roles?limit=2", "/v1/organisations?limit=2"] {
        let refused = house.ask(&format!("{other}&cursor={cursor}"), None).await;
        assert_eq!(refused.code(), "E_CURSOR", "{other}");
    }
}
