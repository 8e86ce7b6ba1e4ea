//! What is submitted is done once, and who submits learns what became of it.

use crate::common::town::Town;
use crate::common::{named, register, register_at};
use crate::house::{House, get, post};
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_ledger::hash::Digest;
use linli_ledger::transaction::{Body, SignedTransaction, VerifiedTransaction};
use linli_ledger::types::{BlockTime, Height};
use linli_service::{LiveOptions, QueueLimits};
use linli_wire::chain::Block;
use linli_wire::transaction::{Standing, Submitted, SubmittedMany, Transaction};
use linli_wire::{List, Problem};
use serde_json::json;

const PATH: &str = "/v1/transactions";
const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";

fn bytes(transaction: &VerifiedTransaction) -> Vec<u8> {
    encode(transaction.signed())
}

fn many(transactions: &[VerifiedTransaction]) -> String {
    let texts: Vec<_> = transactions.iter().map(|one| STANDARD.encode(bytes(one))).collect();
    json!({ "transactions": texts }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_again_get_the_first_result() {
    let house = House::new();
    let transaction = register(1);
    let path = format!("{PATH}?wait=final");
    let first = house.ask(post(&path, BYTES, bytes(&transaction))).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let first: Submitted = first.json();
    assert_eq!((first.status, first.repeated), (Standing::Final, false));
    assert_eq!((first.height, first.id), (Some(Height(1)), Some(transaction.id())));
    assert!(first.rejection.is_none() && first.problem.is_none());
    house.settle();
    for wait in ["none", "accepted", "final"] {
        let body = json!({ "transaction": STANDARD.encode(bytes(&transaction)) }).to_string();
        let again = house.ask(post(&format!("{PATH}?wait={wait}"), JSON, body)).await;
        assert_eq!(again.status, StatusCode::OK);
        let again: Submitted = again.json();
        assert_eq!(again, Submitted { repeated: true, ..first.clone() });
    }
    let shown = house.ask(get(first.location.as_deref().unwrap())).await;
    assert_eq!(shown.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    let shown: Transaction = shown.json();
    let content = shown.content.unwrap();
    assert_eq!(
        (content.kind.as_str(), content.receipt),
        ("registry/person_register", first.receipt)
    );
    assert_eq!(STANDARD.decode(content.bytes).unwrap(), bytes(&transaction));
    assert_eq!(house.live.heights().borrow().height, Height(1), "nothing was done twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_personal_data_is_refused_at_once_however_one_waits() {
    let house = House::new();
    for (nonce, wait) in (1..).zip(["none", "accepted", "final"]) {
        let path = format!("{PATH}?wait={wait}");
        let refused = house.ask(post(&path, BYTES, bytes(&named("电话13800138000", nonce)))).await;
        let problem = refused.problem();
        assert_eq!((problem.code, problem.status), (Code::PersonalData, 422), "{wait}");
        let said = serde_json::to_string(&problem).unwrap();
        assert!(!said.contains("13800138000"), "{said}");
        assert_eq!(house.live.health().waiting, 0, "nobody is told of it");
    }
    let taken = house.ask(post(PATH, BYTES, bytes(&named("康乐护理站", 4)))).await;
    assert!(taken.status.is_success(), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let house = House::new();
    let path = format!("{PATH}?dry_run=true");
    let tried = house.ask(post(&path, BYTES, bytes(&register(1)))).await;
    assert_eq!(tried.status, StatusCode::OK);
    let tried: Submitted = tried.json();
    assert_eq!((tried.status, tried.height), (Standing::DryRun, None));
    assert!(!tried.receipt.unwrap().writes.is_empty(), "the effects are in the receipt");
    assert_eq!(house.live.heights().borrow().height, Height(0));
    // Person 1 registered twice: the rules say no, with an explanation in the language asked for.
    house.ask(post(&format!("{PATH}?wait=final"), BYTES, bytes(&register(1)))).await;
    let twin = crate::common::register_key(1, 2);
    let mut request = post(&path, BYTES, bytes(&twin));
    request.headers_mut().insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
    let tried: Submitted = house.ask(request).await.json();
    let rejection = tried.rejection.unwrap();
    assert_eq!(rejection.code, Code::KeyExists);
    assert!(rejection.title.is_ascii() && rejection.hint.is_ascii(), "{rejection:?}");
    let expired = house.ask(post(&path, BYTES, bytes(&register_at(3, BlockTime(5))))).await;
    assert_eq!(expired.problem().code, Code::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_tried_needs_no_signature_and_cannot_be_submitted() {
    let house = House::new();
    let path = format!("{PATH}?dry_run=true");
    let transaction = register(1);
    let unsigned = SignedTransaction::new(transaction.body(), Vec::new());
    // But for the time at which it was tried.
    let shape = |mut tried: Submitted| {
        let receipt = tried.receipt.take().unwrap();
        let keys: Vec<_> = receipt.writes.into_iter().map(|write| write.key).collect();
        (tried, receipt.outcome, keys)
    };
    let signed: Submitted = house.ask(post(&path, BYTES, bytes(&transaction))).await.json();
    let signed = shape(signed);
    let tried = house.ask(post(&path, BYTES, encode(&unsigned))).await;
    assert_eq!(tried.status, StatusCode::OK, "{tried:?}");
    assert_eq!(shape(tried.json()), signed, "the answer is the same");
    let several =
        json!({ "transactions": vec![STANDARD.encode(encode(&unsigned)); 3] }).to_string();
    let several: SubmittedMany = house.ask(post(&path, JSON, several)).await.json();
    assert!(several.data.into_iter().all(|tried| shape(tried) == signed));
    // Without the signatures it is submitted by nobody; with other ones it is not even tried.
    for wait in ["none", "accepted", "final"] {
        let path = format!("{PATH}?wait={wait}&dry_run=false");
        let refused = house.ask(post(&path, BYTES, encode(&unsigned))).await;
        assert_eq!(refused.problem().code, Code::Signature);
    }
    let other = register(2).signed().signatures.clone();
    let wrong = SignedTransaction::new(transaction.body(), other);
    assert_eq!(house.ask(post(&path, BYTES, encode(&wrong))).await.problem().code, Code::Signature);
    let genesis = Digest::Blake3([7; 32]);
    let foreign = Body { genesis, ..transaction.body().clone() };
    let foreign = encode(&SignedTransaction::new(&foreign, Vec::new()));
    assert_eq!(house.ask(post(&path, BYTES, foreign)).await.problem().code, Code::ChainId);
    assert_eq!(house.live.heights().borrow().height, Height(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_get_an_answer_each_in_their_order() {
    let house = House::new();
    let mut batch: Vec<_> = (1..=40).map(register).collect();
    batch.insert(7, register_at(90, BlockTime(5)));
    let answer = house.ask(post(&format!("{PATH}?wait=final"), JSON, many(&batch))).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer: SubmittedMany = answer.json();
    assert_eq!(answer.data.len(), batch.len());
    for (position, (submitted, sent)) in answer.data.iter().zip(&batch).enumerate() {
        if position == 7 {
            assert_eq!(submitted.status, Standing::Refused);
            assert_eq!(submitted.problem.as_ref().map(|problem| problem.code), Some(Code::Expired));
        } else {
            assert_eq!((submitted.status, submitted.id), (Standing::Final, Some(sent.id())));
        }
    }
    // The chain holds what was answered, and pages of it are the whole of it, both ways.
    house.settle();
    let whole: List<Transaction> =
        house.ask(get(&format!("{PATH}?limit=1000&order=oldest"))).await.json();
    assert_eq!(whole.data.len(), 40);
    let (mut pages, mut path) = (Vec::new(), format!("{PATH}?limit=7&order=oldest"));
    loop {
        let page: List<Transaction> = house.ask(get(&path)).await.json();
        let next = page.page.next.clone();
        pages.push(page);
        let Some(next) = next else { break };
        path = format!("{PATH}?limit=7&order=oldest&cursor={next}");
    }
    let walked: Vec<_> = pages.iter().flat_map(|page| page.data.clone()).collect();
    assert_eq!(walked, whole.data);
    let mut prev = pages.last().unwrap().page.prev.clone();
    for expected in pages.iter().rev().skip(1) {
        let cursor = prev.unwrap();
        let path = format!("{PATH}?limit=7&order=oldest&cursor={cursor}");
        let page: List<Transaction> = house.ask(get(&path)).await.json();
        assert_eq!(page.data, expected.data);
        prev = page.page.prev;
    }
    assert_eq!(prev, None);
    let other = pages[0].page.next.clone().unwrap();
    let refused = house.ask(get(&format!("{PATH}?order=newest&cursor={other}"))).await;
    assert_eq!(refused.problem().code, Code::Cursor);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_found_by_height_by_hash_and_as_the_latest_and_never_changes() {
    let house = House::new();
    house.ask(post(&format!("{PATH}?wait=final"), BYTES, bytes(&register(1)))).await;
    house.settle();
    let answer = house.ask(get("/v1/blocks/1")).await;
    let block: Block = answer.json();
    assert_eq!(block.header.hash(), block.hash);
    assert_eq!(block.transactions.as_ref().map(Vec::len), Some(1));
    for path in [format!("/v1/blocks/{}", block.hash), "/v1/blocks/latest".to_owned()] {
        assert_eq!(house.ask(get(&path)).await.json::<Block>(), block);
    }
    let tag = answer.headers[header::ETAG].clone();
    let request = Request::get("/v1/blocks/1").header(header::IF_NONE_MATCH, tag);
    let again = house.ask(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(answer.headers["x-linli-height"], "1");
    for path in ["/v1/blocks/0", "/v1/blocks/2", "/v1/blocks/18446744073709551615"] {
        assert_eq!(house.ask(get(path)).await.problem().code, Code::UnknownHeight, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_and_a_closed_one_say_when_to_come_back() {
    let house = House::with(QueueLimits { transactions: 3, bytes: usize::MAX });
    let batch: Vec<_> = (1..=20).map(register).collect();
    let answer: SubmittedMany =
        house.ask(post(&format!("{PATH}?wait=none"), JSON, many(&batch))).await.json();
    let full = |submitted: &&Submitted| {
        submitted.problem.as_ref().is_some_and(|problem| problem.code == Code::QueueFull)
    };
    assert!(answer.data.iter().filter(full).count() >= 10);
    assert!(answer.data.iter().any(|submitted| submitted.status == Standing::Accepted));
    house.live.stop();
    let refused = house.ask(post(PATH, BYTES, bytes(&register(50)))).await;
    let problem: Problem = refused.problem();
    assert_eq!((problem.code, problem.status), (Code::Draining, 503));
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    let refused = house.ask(post(PATH, JSON, many(&[register(51), register(52)]))).await;
    assert_eq!(refused.problem().code, Code::Draining);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_decided_the_queue_fills_and_says_when_to_come_back() {
    let queue = QueueLimits { transactions: 8, bytes: usize::MAX };
    let started = tokio::task::spawn_blocking(move || {
        let town = Town::with(|_, options| LiveOptions { queue, ..options });
        town.part(&[0, 1], &[2, 3]);
        town
    });
    let mut town = started.await.unwrap();
    let house = House::over(town.nodes[0].clone());
    for taken in [true, true, false] {
        let one = town.register(0);
        let answer = house.ask(post(&format!("{PATH}?wait=none"), BYTES, bytes(&one))).await;
        if taken {
            assert_eq!(answer.status, StatusCode::ACCEPTED);
            continue;
        }
        let problem = answer.problem();
        assert_eq!((problem.code, problem.status), (Code::QueueFull, 429));
        assert!(problem.detail.contains("the key has its share"), "{}", problem.detail);
        let after: u64 = answer.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=30).contains(&after));
    }
    let other =
        house.ask(post(&format!("{PATH}?wait=none"), BYTES, bytes(&town.register(1)))).await;
    assert_eq!(other.status, StatusCode::ACCEPTED, "another has room");
    let stopped = tokio::task::spawn_blocking(move || {
        drop(house);
        town.stop();
    });
    stopped.await.unwrap();
}
