//! What nobody may get into a block is refused at the door, each with its code; and every row of the list
//! of bad inputs (Annex C of the contracts' specification) is a test that there is.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use linli_contracts::registry;
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, Signature};
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::limits::TRANSACTION_BYTES_MAX;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{BlockTime, OrganisationId};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(b"bad inputs", label)
}

fn chain(label: &str) -> Digest {
    digest(Domain::Document, label.as_bytes())
}

fn body() -> Body {
    let call = registry::Call::PersonRegister {
        organisation: OrganisationId([1; 32]),
        key: key("person").public(),
    };
    Body {
        version: BODY_VERSION,
        genesis: chain("this one"),
        contract: registry::CONTRACT,
        call_version: 1,
        signers: vec![Signer { key: key("office").public(), grant: None }],
        nonce: 1,
        salt: [7; 16],
        valid_until: BlockTime(1),
        call: encode(&call),
    }
}

fn signature(body: &Body, by: &str, on: &str) -> Signature {
    key(by).sign_transaction(&chain(on), &body.id())
}

fn signed(body: &Body) -> SignedTransaction {
    SignedTransaction::new(body, vec![signature(body, "office", "this one")])
}

fn answer(transaction: SignedTransaction) -> Option<Code> {
    transaction.verify(&chain("this one")).err()
}

#[test]
fn a_signature_counts_for_its_key_its_bytes_and_its_chain_only() {
    let body = body();
    assert_eq!(answer(signed(&body)), None);
    let good = signature(&body, "office", "this one");
    let other = Body { nonce: 2, ..body.clone() };
    for (why, signatures) in [
        ("of nobody", vec![]),
        ("of somebody else", vec![signature(&body, "stranger", "this one")]),
        ("on another chain", vec![signature(&body, "office", "another")]),
        ("of other bytes", vec![signature(&other, "office", "this one")]),
        ("one too many", vec![good, good]),
    ] {
        let transaction = SignedTransaction::new(&body, signatures);
        assert_eq!(answer(transaction), Some(Code::Signature), "{why}");
    }
}

#[test]
fn what_was_signed_for_another_chain_is_refused_there() {
    let body = Body { genesis: chain("another"), ..body() };
    let transaction = SignedTransaction::new(&body, vec![signature(&body, "office", "another")]);
    assert_eq!(answer(transaction), Some(Code::ChainId));
}

#[test]
fn only_the_canonical_bytes_of_this_version_are_a_body() {
    let good = body();
    let twice = vec![good.signers[0]; 2];
    for (why, body) in [
        ("of another version", Body { version: BODY_VERSION + 1, ..good.clone() }),
        ("signed by nobody", Body { signers: Vec::new(), ..good.clone() }),
        ("signed twice by one key", Body { signers: twice, ..good.clone() }),
    ] {
        assert_eq!(answer(signed(&body)), Some(Code::Encoding), "{why}");
    }
    let bytes = encode(&good);
    // The number of the algorithm is the first byte of a key.
    let place = bytes.windows(32).position(|part| encode(&good.signers[0].key)[1..33] == *part);
    let place = place.unwrap() - 1;
    let mut unknown = bytes.clone();
    unknown[place] = 9;
    let cut = bytes[..bytes.len() - 1].to_vec();
    for (why, bytes) in [
        ("with a byte too many", [bytes.clone(), vec![0]].concat()),
        ("with a byte too few", cut),
        ("with an algorithm that is not enabled", unknown),
        ("of nothing", Vec::new()),
    ] {
        let mut transaction = signed(&good);
        transaction.body = bytes;
        assert_eq!(answer(transaction), Some(Code::Encoding), "{why}");
    }
}

#[test]
fn a_body_has_at_most_64_kibibytes() {
    let mut body = body();
    body.call.resize(TRANSACTION_BYTES_MAX - (encode(&body).len() - body.call.len()), 0);
    assert_eq!(encode(&body).len(), TRANSACTION_BYTES_MAX);
    assert_eq!(answer(signed(&body)), None);
    body.call.push(0);
    assert_eq!(answer(signed(&body)), Some(Code::TooLarge));
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, out);
        } else if path.extension().is_some_and(|end| end == "rs") {
            out.push(path);
        }
    }
}

/// Every test in these folders, by name.
fn tests(root: &Path) -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["ledger", "contracts", "node", "wallet-cli", "tests"] {
        sources(&root.join(folder), &mut files);
    }
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim_start) {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            if let Some(name) = name.and_then(|rest| rest.split(['(', '<']).next()) {
                if is_test {
                    found.insert(name.to_owned());
                }
                is_test = false;
            }
        }
    }
    found
}

/// The rows of Annex C: the codes, and the tests.
fn rows(text: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let annex = text.split_once("\n# Annex C").unwrap().1;
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    annex
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| input"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
            let [_, codes, tests] = cells.as_slice() else { panic!("three cells: {line}") };
            (quoted(codes), quoted(tests))
        })
        .collect()
}

#[test]
fn every_row_of_the_list_names_codes_and_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let rows = rows(&fs::read_to_string(root.join("docs/spec/contracts.md")).unwrap());
    assert!(rows.len() >= 35, "{}", rows.len());
    let tests = tests(root);
    for (codes, named) in rows {
        assert!(!codes.is_empty() && !named.is_empty(), "{codes:?}: {named:?}");
        for code in codes {
            assert!(Code::ALL.iter().any(|known| known.name() == code), "{code} is no code");
        }
        for name in named {
            assert!(tests.contains(&name), "{name} is no test");
        }
    }
}
