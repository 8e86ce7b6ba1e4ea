//! The proofs of `tests/vectors/proofs.json` and `places.json` are law: this code makes the same bytes, passes
//! each of them by the same checks, and refuses each twin by the check that is written beside it.
//!
//! Written once, by `LINLI_WRITE_VECTORS=1` where a file is not there, and never again.

use crate::town::{Town, commit, keys};
use linli_ledger::codec::encode;
use linli_ledger::hash::{Digest, from_hex_bytes, to_hex};
use linli_ledger::verify::{
    Bundle, Change, Check, Checkpoint, Claim, Descent, Place, Shown, Trust, Verdict, verify,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

type Edit = (&'static str, fn(&mut Bundle));

struct Example {
    name: String,
    trust: Trust,
    bundle: Bundle,
    edits: Vec<Edit>,
}

fn signers(bundle: &mut Bundle, choose: impl Fn(&mut Vec<usize>)) {
    let town = Town::full();
    let members = keys(&town.ancestry.set(bundle.anchor.height));
    let mut places = vec![0, 1, 2];
    choose(&mut places);
    let chosen: Vec<_> = places.iter().map(|place| members[*place]).collect();
    let signed = commit(&bundle.anchor, 1, &chosen);
    let Descent::Certified { certificate, .. } = &mut bundle.descent else { panic!("certified") };
    *certificate = signed;
}

fn changes(bundle: &mut Bundle) -> &mut Vec<Change> {
    let Descent::Certified { changes, .. } = &mut bundle.descent else { panic!("certified") };
    changes
}

fn path(place: &mut Place) -> &mut Vec<[u8; 32]> {
    let Place::Earlier { path, .. } = place else { panic!("an earlier block") };
    path
}

fn examples(town: &Town) -> Vec<Example> {
    let certified: Vec<Edit> = vec![
        ("a change left out", |bundle| {
            changes(bundle).remove(1);
        }),
        ("a change twice", |bundle| {
            let change = changes(bundle)[0].clone();
            changes(bundle).insert(0, change);
        }),
        ("too few signers", |bundle| signers(bundle, |places| places.truncate(1))),
        ("a signer twice", |bundle| signers(bundle, |places| places.insert(1, 0))),
        ("another chain", |bundle| bundle.genesis = Digest::ZERO),
    ];
    let (pinned, head) = (&town.at(23).header, town.at(31));
    let of_pinned = town.receipt(29, 1, 31);
    let from_pinned =
        town.ancestry.from_checkpoint(pinned, &head.header, &head.certificate, of_pinned);
    let mut examples = vec![
        Example {
            name: "receipt from the genesis, in the head".into(),
            trust: town.trust(),
            bundle: town.bundle(9, town.receipt(9, 1, 9)),
            edits: vec![("a change left out", |bundle| changes(bundle).clear())],
        },
        Example {
            name: "receipt from the genesis, past a recovery".into(),
            trust: town.trust(),
            bundle: town.bundle(24, town.receipt(9, 0, 24)),
            edits: certified,
        },
        Example {
            name: "receipt from a checkpoint".into(),
            trust: town.pin(23),
            bundle: from_pinned.unwrap(),
            edits: vec![("no change", |bundle| changes(bundle).clear())],
        },
    ];
    examples.extend(pinned_samples(town, |kind| !LATER.contains(&kind)));
    examples
}

/// The kinds of the second file.
const LATER: [&str; 2] = ["partition", "records"];

/// The samples of some kinds, each in a pinned head.
fn pinned_samples(town: &Town, is_wanted: impl Fn(&str) -> bool) -> Vec<Example> {
    let mut examples = Vec::new();
    for (kind, samples) in town.samples().into_iter().filter(|(kind, _)| is_wanted(kind)) {
        for (number, sample) in (1..).zip(samples).filter(|(number, _)| *number != 2) {
            let edits: Vec<Edit> = match sample.claim {
                Claim::Receipt(_)
                | Claim::AsOf(_)
                | Claim::Fork(_)
                | Claim::Evidence(_)
                | Claim::Records(_)
                | Claim::Extension(Place::Anchor) => Vec::new(),
                Claim::Partition(_) => vec![
                    ("the last part left out", |bundle| {
                        let Claim::Partition(claim) = &mut bundle.claim else { panic!() };
                        claim.parts.pop();
                    }),
                    ("an account left out", |bundle| {
                        let Claim::Partition(claim) = &mut bundle.claim else { panic!() };
                        claim.accounts.pop();
                    }),
                ],
                Claim::Statement(_) => vec![("an entry left out", |bundle| {
                    let Claim::Statement(claim) = &mut bundle.claim else { panic!() };
                    claim.entries.pop();
                })],
                Claim::Extension(Place::Earlier { .. }) if sample.head == 2 => Vec::new(),
                Claim::Extension(Place::Earlier { .. }) => vec![
                    ("a node left out", |bundle| {
                        let Claim::Extension(place) = &mut bundle.claim else { panic!() };
                        path(place).pop();
                    }),
                    ("a node twice", |bundle| {
                        let Claim::Extension(place) = &mut bundle.claim else { panic!() };
                        let node = path(place)[0];
                        path(place).insert(0, node);
                    }),
                ],
            };
            examples.push(Example {
                name: format!("{kind} {number}, in a pinned head"),
                trust: town.pin(sample.head),
                bundle: sample.pinned(town),
                edits,
            });
        }
    }
    examples
}

fn names(checks: &[Check]) -> Vec<&'static str> {
    checks.iter().map(|check| check.name()).collect()
}

fn summary(verdict: &Verdict) -> Value {
    let shown = match &verdict.shown {
        Shown::Receipt(shown) => json!({
            "height": shown.height, "time_ms": shown.time, "index": shown.index,
            "receipt leaf": to_hex(&shown.receipt.leaf()),
            "transaction": shown.transaction.as_ref().map(|one| one.id().to_string()),
        }),
        Shown::AsOf(shown) => json!({
            "key": to_hex(&shown.key), "from": shown.span.from, "to": shown.span.to,
            "value": shown.span.value.as_deref().map(to_hex),
        }),
        Shown::Statement(shown) => json!({
            "account": to_hex(&shown.account.id().0), "after": shown.from, "to": shown.to,
            "opening": shown.opening.to_string(), "closing": shown.closing.to_string(),
            "entries": shown.entries.iter().map(|one| json!([
                one.number.to_string(), one.amount.to_string(), one.balance.to_string()
            ])).collect::<Vec<_>>(),
        }),
        Shown::Extension { height, block } => {
            json!({ "height": height, "block": block.to_string() })
        }
        Shown::Fork(shown) => json!({
            "height": shown.height, "other": shown.other.to_string(),
            "rounds": [shown.rounds.0, shown.rounds.1],
            "signed both": shown.signed_both, "proves guilt": shown.proves_guilt(),
        }),
        Shown::Partition(shown) => json!({
            "height": shown.height, "source": shown.source, "amount": shown.amount.to_string(),
            "issued by": shown.issued_by.0.to_hex(),
            "parts": shown.parts.iter().map(|part| json!([
                part.segment.start.to_string(), part.segment.length.to_string(),
                to_hex(&part.account.id().0), part.lot,
            ])).collect::<Vec<_>>(),
        }),
        Shown::Records(shown) => json!({
            "height": shown.height,
            "records": shown.records.iter().map(|(half, key, value)| json!([
                half, to_hex(key), value.as_deref().map(to_hex)
            ])).collect::<Vec<_>>(),
        }),
        Shown::Evidence(shown) => json!({
            "height": shown.height, "round": shown.round, "validator": shown.validator,
        }),
    };
    json!({
        "head": [verdict.head.0, verdict.head.1.to_string()],
        "recoveries": verdict.recoveries,
        "checks": names(&verdict.passed),
        "shown": shown,
    })
}

fn trust_json(trust: &Trust) -> Value {
    match trust {
        Trust::Genesis(genesis) => json!({ "genesis": genesis.to_hex() }),
        Trust::Checkpoint(checkpoint) => json!({ "checkpoint": checkpoint.to_text() }),
    }
}

fn trust_of(value: &Value) -> Trust {
    match value["checkpoint"].as_str() {
        Some(text) => Trust::Checkpoint(Checkpoint::from_text(text).unwrap()),
        None => Trust::Genesis(Digest::from_hex(value["genesis"].as_str().unwrap()).unwrap()),
    }
}

/// The bytes in which two files differ: from where to where of the first, and what the second has there.
fn splice(what: &str, good: &[u8], bad: &[u8], check: Check) -> Value {
    let equal = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let from = equal(&mut good.iter().zip(bad));
    let rest = equal(&mut good[from..].iter().rev().zip(bad[from..].iter().rev()));
    json!({
        "what": what, "from": from, "to": good.len() - rest,
        "with": to_hex(&bad[from..bad.len() - rest]), "check": check.name(),
    })
}

/// For each check the first bit whose turning it finds, and the edits by hand.
fn twins(example: &Example) -> Vec<Value> {
    let good = example.bundle.to_bytes();
    let mut seen = BTreeSet::new();
    let mut twins = Vec::new();
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 1;
        if let Err(failure) = verify(&bad, &example.trust)
            && seen.insert(failure.check)
        {
            twins.push(splice("a bit turned", &good, &bad, failure.check));
        }
    }
    for (what, edit) in &example.edits {
        let mut bundle = example.bundle.clone();
        edit(&mut bundle);
        let bad = bundle.to_bytes();
        let failure = verify(&bad, &example.trust).unwrap_err();
        twins.push(splice(what, &good, &bad, failure.check));
    }
    twins
}

fn written(town: &Town, examples: &[Example]) -> Value {
    let proofs = examples.iter().map(|example| {
        let bytes = example.bundle.to_bytes();
        let verdict = verify(&bytes, &example.trust).unwrap();
        assert!(town.is_true(&verdict));
        json!({
            "name": example.name, "trust": trust_json(&example.trust), "bytes": to_hex(&bytes),
            "verdict": summary(&verdict), "twins": twins(example),
        })
    });
    let proofs: Vec<_> = proofs.collect();
    json!({ "genesis": to_hex(&encode(&town.genesis)), "proofs": proofs })
}

/// Compares a file with what this code makes and finds; the names of the checks that its twins need.
fn compare(town: &Town, file: &str, examples: &[Example]) -> BTreeSet<&'static str> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let path = folder.join(file).with_extension("json");
    if !path.exists() && std::env::var_os("LINLI_WRITE_VECTORS").is_some_and(|on| on == "1") {
        let text = serde_json::to_string_pretty(&written(town, examples)).unwrap() + "\n";
        std::fs::write(&path, text).unwrap();
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(file["genesis"], to_hex(&encode(&town.genesis)));
    let rows = file["proofs"].as_array().unwrap();
    assert_eq!(examples.len(), rows.len());
    let mut found = BTreeSet::new();
    for (example, row) in examples.iter().zip(rows) {
        let name = row["name"].as_str().unwrap();
        let trust = trust_of(&row["trust"]);
        assert_eq!((example.name.as_str(), example.trust), (name, trust));
        let good = from_hex_bytes(row["bytes"].as_str().unwrap()).unwrap();
        assert_eq!(example.bundle.to_bytes(), good, "{name}: other bytes than the vector");
        assert_eq!(summary(&verify(&good, &trust).unwrap()), row["verdict"], "{name}");
        for twin in row["twins"].as_array().unwrap() {
            let place = |field: &str| usize::try_from(twin[field].as_u64().unwrap()).unwrap();
            let with = from_hex_bytes(twin["with"].as_str().unwrap()).unwrap();
            let mut bad = good.clone();
            bad.splice(place("from")..place("to"), with);
            let failure = verify(&bad, &trust).unwrap_err();
            assert_eq!(failure.check.name(), twin["check"], "{name}: {}", twin["what"]);
            found.insert(failure.check.name());
        }
    }
    found
}

#[test]
fn proofs_are_those_of_the_vectors() {
    let town = Town::full();
    let mut found = compare(&town, "proofs", &examples(&town));
    let later = pinned_samples(&town, |kind| LATER.contains(&kind));
    found.append(&mut compare(&town, "places", &later));
    // But for those that need the keys of the validators (`forged`).
    let all = Check::ALL.iter().map(|check| check.name());
    let missing: Vec<_> = all.filter(|name| !found.contains(name)).collect();
    assert_eq!(missing, ["signature", "balance"]);
}
