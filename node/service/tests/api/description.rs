//! The description of the interface is the committed one, and it is whole.

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
