use crate::amount::Fen;
use crate::code::{Code, Detail, Rejection};
use crate::crypto::Signature;
use crate::hash::Digest;
use crate::receipt::{Outcome, Write};
use crate::types::{AccountId, BlockTime, Day, EnrolmentId, Height, OrganisationId, RecordId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, expected: &Value) {
    assert_eq!(&serde_json::to_value(value).unwrap(), expected);
    assert_eq!(&serde_json::from_value::<T>(expected.clone()).unwrap(), value);
}

#[test]
fn values_have_one_projection_and_come_back() {
    check(&Fen(9_007_199_254_740_993), &json!("9007199254740993"));
    check(&Height(7), &json!("7"));
    check(&BlockTime(u64::MAX), &json!("18446744073709551615"));
    check(&Day::from_civil(2026, 3, 5).unwrap(), &json!("2026-03-05"));
    check(&Digest::Blake3([0xab; 32]), &json!("ab".repeat(32)));
    check(&Signature::Ed25519([1; 64]), &json!("01".repeat(64)));
    check(&Code::Overlap, &json!("E_OVERLAP"));
    check(
        &Outcome::Rejected(Rejection::new(Code::Stock, &[Detail::Need(5), Detail::Index(2)])),
        &json!({"rejected": {"code": "E_STOCK", "details": [{"need": "5"}, {"index": 2}]}}),
    );
    check(&Outcome::Applied, &json!("applied"));
    check(
        &Write { key: vec![1, 2], version: 3, value: None },
        &json!({"key": "0102", "version": "3", "value": null}),
    );
}

#[test]
fn identifiers_are_bech32m_with_a_prefix_for_their_kind() {
    let text = RecordId([7; 32]).to_string();
    assert!(text.starts_with("llr1"), "{text}");
    assert_eq!(text.parse(), Ok(RecordId([7; 32])));
    assert_eq!(text.to_uppercase().parse(), Ok(RecordId([7; 32])), "as a QR code carries it");
    check(&RecordId([7; 32]), &json!(text));
    assert!(text.parse::<AccountId>().is_err(), "another kind");
    assert!(text.parse::<OrganisationId>().is_err());
    assert!(EnrolmentId([0; 32]).to_string().starts_with("lle1"));
    for position in 4..text.len() {
        let mut letters = text.clone().into_bytes();
        letters[position] = if letters[position] == b'q' { b'p' } else { b'q' };
        let other = String::from_utf8(letters).unwrap();
        assert!(other == text || other.parse::<RecordId>().is_err(), "{other}");
    }
}

#[test]
fn other_spellings_are_refused() {
    for wrong in ["\"+7\"", "\"07\"", "\" 7\"", "7", "\"7.0\"", "\"-1\"", "\"１\"", "\"1e3\""] {
        assert!(serde_json::from_str::<Fen>(wrong).is_err(), "{wrong}");
    }
    for wrong in ["AB", "a", "zz", ""] {
        let text = format!("\"{}\"", wrong.repeat(32));
        assert!(serde_json::from_str::<Digest>(&text).is_err(), "{text}");
    }
    for wrong in ["\"2026-13-01\"", "\"2026-1-1\"", "\"2026-02-30\"", "\"x\"", "3"] {
        assert!(serde_json::from_str::<Day>(wrong).is_err(), "{wrong}");
    }
    assert!(
        serde_json::from_str::<Write>(r#"{"key":"","version":"1","value":null,"x":1}"#).is_err()
    );
}
