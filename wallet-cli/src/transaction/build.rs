//! This exists to turn a call into a body that people can sign: signers, nonce, salt, validity.

use super::file::TransactionFile;
use crate::failure::Failure;
use crate::keys::{Store, clock_nonce};
use crate::session::now;
use linli_contracts::AnyCall;
use linli_ledger::code::Code;
use linli_ledger::crypto::PublicKey;
use linli_ledger::hash::{Digest, from_hex};
use linli_ledger::limits::VALIDITY_MS_MAX;
use linli_ledger::transaction::{BODY_VERSION, Body, Signer};
use linli_ledger::types::{BlockTime, DAY_MS, GrantId, HOUR_MS, MINUTE_MS};
use serde_json::{Value, json};

/// Who signs: the name of a key on this machine or the digits of a public key, and perhaps the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signing {
    pub(crate) key: String,
    pub(crate) grant: Option<GrantId>,
}

impl Signing {
    /// Reads `KEY` or `KEY:GRANT`.
    ///
    /// # Errors
    /// A sentence for the command line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (key, grant) = match text.split_once(':') {
            Some((key, grant)) => {
                (key, Some(grant.parse::<GrantId>().map_err(|error| error.to_string())?))
            }
            None => (text, None),
        };
        if key.is_empty() {
            Err("KEY, KEY:llg1…".into())
        } else {
            Ok(Self { key: key.to_owned(), grant })
        }
    }

    fn public(&self, store: &Store) -> Result<PublicKey, Failure> {
        match from_hex(&self.key.to_lowercase()) {
            Some(bytes) => Ok(PublicKey::Ed25519(bytes)),
            None => store.card(&self.key).map(|card| card.public_key),
        }
    }
}

/// How long a transaction may wait for its block, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity(pub(crate) u64);

/// A week: co-signers need days, and what is forgotten ends.
pub(crate) const fn default_validity() -> Validity {
    Validity(7 * DAY_MS)
}

/// Reads `30m`, `12h` or `7d`; at most 90 days.
///
/// # Errors
/// A sentence for the command line.
pub(crate) fn parse_validity(text: &str) -> Result<Validity, String> {
    let unit = match text.chars().last() {
        Some('m') => MINUTE_MS,
        Some('h') => HOUR_MS,
        Some('d') => DAY_MS,
        _ => 0,
    };
    let count =
        text.get(..text.len().saturating_sub(1)).and_then(|digits| digits.parse::<u64>().ok());
    count
        .and_then(|count| count.checked_mul(unit))
        .filter(|ms| (1..=VALIDITY_MS_MAX).contains(ms))
        .map(Validity)
        .ok_or_else(|| "30m, 12h, 7d; ≤ 90d".to_owned())
}

/// A call and what goes around it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) call: AnyCall,
    pub(crate) genesis: Digest,
    pub(crate) signers: Vec<Signing>,
    pub(crate) validity: Validity,
    /// From when the validity counts: the clock, or the chain's time where that is its own.
    pub(crate) from: BlockTime,
    /// Whether the nonce begins again at the clock, after a key was used elsewhere.
    pub(crate) fresh: bool,
}

impl Draft {
    /// A draft from now on.
    pub(crate) fn new(call: AnyCall, genesis: Digest, signers: Vec<Signing>) -> Self {
        Self { call, genesis, signers, validity: default_validity(), from: now(), fresh: false }
    }

    /// The body, unsigned. Needs no network.
    ///
    /// # Errors
    /// In this order: [`Code::KeyMissing`] for an unknown signer, [`Code::Randomness`], those of the
    /// store, those of [`TransactionFile::new`].
    ///
    /// Source: WAL-3, WAL-5.
    pub(crate) fn build(&self, store: &Store) -> Result<TransactionFile, Failure> {
        let signer =
            |signing: &Signing| Ok(Signer { key: signing.public(store)?, grant: signing.grant });
        let signers = self.signers.iter().map(signer).collect::<Result<Vec<_>, Failure>>()?;
        let sender = signers.first().ok_or_else(|| Failure::new(Code::WrongUse, "--signer"))?;
        let clock = now().0;
        let nonce = match store.name_of(&sender.key) {
            Some(name) => store.next_nonce(&name, clock, self.fresh)?,
            None => clock_nonce(clock),
        };
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| Failure::new(Code::Randomness, error))?;
        TransactionFile::new(Body {
            version: BODY_VERSION,
            genesis: self.genesis,
            contract: self.call.contract(),
            call_version: 1,
            signers,
            nonce,
            salt,
            valid_until: self.from.plus(self.validity.0),
            call: self.call.encode(),
        })
    }
}

/// A call from its contract, its name and the JSON of its fields (LED-10.4); names also with hyphens.
///
/// # Errors
/// [`Code::CallJson`] with what is wrong.
///
/// Source: WAL-5.
pub(super) fn call_of(contract: &str, call: &str, fields: &Value) -> Result<AnyCall, Failure> {
    let (contract, call) = (contract.replace('-', "_"), call.replace('-', "_"));
    let is_empty = fields.as_object().is_some_and(serde_json::Map::is_empty);
    // A call without fields is its bare name in JSON.
    let inner = if is_empty { json!(call) } else { json!({ call.as_str(): fields }) };
    let read =
        |inner: Value| serde_json::from_value::<AnyCall>(json!({ contract.as_str(): inner }));
    read(inner)
        .or_else(|error| if is_empty { read(json!({ call.as_str(): fields })) } else { Err(error) })
        .map_err(|error| Failure::new(Code::CallJson, crate::reading::clean(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_contracts::{credit, people};
    use linli_ledger::types::RecordId;

    #[test]
    fn a_call_is_read_from_its_names_and_fields() {
        let activity = RecordId([3; 32]);
        let expected = AnyCall::Credit(credit::Call::SignUp { activity });
        for name in ["sign_up", "sign-up"] {
            let fields = json!({ "activity": activity });
            assert_eq!(call_of("credit", name, &fields).unwrap(), expected);
        }
        let object = call_of("people", "key-rotate-object", &json!({})).unwrap();
        assert_eq!(object, AnyCall::People(people::Call::KeyRotateObject));
    }

    #[test]
    fn a_wrong_field_is_named() {
        let good = json!({ "activity": RecordId([3; 32]) });
        for (contract, call, fields, says) in [
            ("credit", "sign_up", json!({}), "activity"),
            ("credit", "sign_up", json!({ "activity": "llo1x" }), "llr1"),
            ("credit", "sign_up", json!({ "activity": RecordId([3; 32]), "note": "" }), "note"),
            ("credit", "no_such", good.clone(), "no_such"),
            ("nothing", "sign_up", good, "nothing"),
        ] {
            let failure = call_of(contract, call, &fields).unwrap_err();
            assert_eq!(failure.code, Code::CallJson);
            assert!(failure.detail.contains(says), "{says}: {}", failure.detail);
        }
    }

    #[test]
    fn validity_is_read_and_bounded() {
        assert_eq!(parse_validity("30m"), Ok(Validity(30 * MINUTE_MS)));
        assert_eq!(parse_validity("7d"), Ok(default_validity()));
        for bad in ["", "d", "7", "0d", "91d", "-1d", "1w", "七d", "999999999999999999d"] {
            assert!(parse_validity(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_signer_is_a_key_and_perhaps_a_role() {
        let grant = GrantId([4; 32]);
        assert_eq!(Signing::parse("me"), Ok(Signing { key: "me".into(), grant: None }));
        assert_eq!(
            Signing::parse(&format!("王芳:{grant}")),
            Ok(Signing { key: "王芳".into(), grant: Some(grant) })
        );
        assert!(Signing::parse("me:llo1").is_err() && Signing::parse("").is_err());
    }

    #[test]
    fn two_bodies_of_one_call_are_two_transactions() {
        let store = Store::new(tempfile::tempdir().unwrap().path());
        let key = "11".repeat(32);
        let call = AnyCall::People(people::Call::KeyRotateObject);
        let draft = Draft::new(call, Digest::ZERO, vec![Signing { key, grant: None }]);
        let (one, two) = (draft.build(&store).unwrap(), draft.build(&store).unwrap());
        assert_ne!(one.body().salt, two.body().salt);
        assert_ne!(one.id(), two.id());
    }
}
