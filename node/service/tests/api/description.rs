//! The description of the interface is the committed one, and it is whole.

use crate::house::{House, get};
use axum::http::StatusCode;
use linli_service::api::openapi;
use linli_wire::path;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_description_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("LINLI_WRITE_OPENAPI").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "docs/openapi.json is not what the handlers say; look at the difference, then write it with \
         LINLI_WRITE_OPENAPI=1 cargo test -p linli-service --test api description"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_show_this_ledger_and_ask_nobody_else() {
    let house = House::new();
    let page = house.ask(get("/docs/")).await;
    assert_eq!(page.status, StatusCode::OK);
    let mut texts = vec![String::from_utf8(page.body).unwrap()];
    for script in ["swagger-initializer.js", "index.css"] {
        let answer = house.ask(get(&format!("/docs/{script}"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{script}");
        texts.push(String::from_utf8(answer.body).unwrap());
    }
    for text in &texts {
        assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    }
    assert!(texts[1].contains("/v1/openapi.json"), "{}", texts[1]);
    assert!(texts[1].contains(r#""validatorUrl": "none""#), "{}", texts[1]);
    assert!(texts[1].contains(r#""layout": "BaseLayout""#), "{}", texts[1]);
}

#[test]
fn every_path_is_described_and_none_else() {
    let described: BTreeSet<String> = openapi().paths.paths.keys().cloned().collect();
    let listed: BTreeSet<String> = path::ALL.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(described, listed);
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    let text = openapi().to_json().unwrap();
    let known = openapi().components.unwrap().schemas;
    let names = text.split("\"#/components/schemas/").skip(1);
    let names: BTreeSet<_> = names.filter_map(|rest| rest.split('"').next()).collect();
    let missing: Vec<_> = names.iter().filter(|name| !known.contains_key(**name)).collect();
    assert!(missing.is_empty() && names.len() > 20, "{missing:?}");
    assert!(text.contains(r#""openapi":"3.1.0""#));
}
