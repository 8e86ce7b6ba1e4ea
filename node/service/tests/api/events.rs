//! Whoever follows the events misses none, wherever the connection broke and however slow the reader.

use crate::common::register;
use crate::house::{House, get};
use axum::http::{Request, StatusCode};
use futures::StreamExt as _;
use linli_ledger::code::Code;

/// An event as it came over the line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    kind: String,
    id: String,
    data: String,
}

/// Reads so many events of a stream, then lets it go.
async fn read(house: &House, path: &str, last: Option<&str>, count: usize) -> Vec<Told> {
    let mut request = Request::get(path);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let response = house.open(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut stream = response.into_body().into_data_stream();
    let (mut text, mut told) = (String::new(), Vec::new());
    while told.len() < count {
        let part = stream.next().await.expect("the stream does not end").unwrap();
        text.push_str(std::str::from_utf8(&part).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            let field = |name: &str| {
                let line = event.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_default().trim().to_owned()
            };
            let (kind, id, data) = (field("event:"), field("id:"), field("data:"));
            let rest = rest.to_owned();
            if kind != "heartbeat" && told.len() < count {
                told.push(Told { kind, id, data });
            }
            text = rest;
        }
    }
    told
}

async fn commit(house: &House, nonces: std::ops::RangeInclusive<u64>) {
    for ticket in house.live.submit(nonces.map(register).collect()) {
        ticket.unwrap().await;
    }
    house.settle();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumes_at_every_place() {
    let house = House::new();
    for first in [1, 11, 21] {
        commit(&house, first..=first + 9).await;
    }
    let blocks = usize::try_from(house.live.heights().borrow().height.0).unwrap();
    let whole = read(&house, "/v1/events?since=0", None, 30 + blocks).await;
    assert_eq!(whole.iter().filter(|told| told.kind == "transaction").count(), 30);
    assert_eq!(whole.last().unwrap().id, blocks.to_string(), "a block comes after what is in it");
    for cut in 0..whole.len() - 1 {
        let last = &whole[cut].id;
        let rest = read(&house, "/v1/events?since=0", Some(last), whole.len() - cut - 1).await;
        assert_eq!(rest, whole[cut + 1..], "after {last}");
    }
    let only = read(&house, "/v1/events?since=0&types=block", None, blocks).await;
    assert!(only.iter().all(|told| told.kind == "block"));
}

#[tokio::test(flavor = "multi_thread")]
async fn news_reaches_who_waits_and_who_does_not_read_holds_up_nobody() {
    let house = House::new();
    // Never read: the node goes on all the same.
    let _idle = house.open(get("/v1/events?since=0")).await;
    let (told, ()) = tokio::join!(
        read(&house, "/v1/events?since=0&types=transaction", None, 12),
        commit(&house, 1..=12)
    );
    assert_eq!(told.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_none_is_refused() {
    let house = House::new();
    for (query, code) in [
        ("since=1", Code::UnknownHeight),
        ("since=x", Code::RequestQuery),
        ("since=1-", Code::RequestQuery),
        ("types=gossip", Code::RequestQuery),
        ("until=7", Code::RequestQuery),
    ] {
        let answer = house.ask(get(&format!("/v1/events?{query}"))).await;
        assert_eq!(answer.problem().code, code, "{query}");
    }
}
