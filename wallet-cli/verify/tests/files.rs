//! The verifier as its users run it: good proofs, spoiled ones, and what is neither. The proofs are those of
//! the vectors.

#![expect(clippy::unwrap_used, reason = "a vector that cannot be read is a failed test")]

use linli_ledger::hash::{from_hex_bytes, to_hex};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Example {
    name: String,
    bytes: Vec<u8>,
    trust: [String; 2],
    checks: Value,
    twins: Vec<(Vec<u8>, String)>,
}

/// The vectors, with a checkpoint file for each that needs one.
fn examples(folder: &Path) -> Vec<Example> {
    ["proofs.json", "places.json"].iter().flat_map(|file| examples_of(folder, file)).collect()
}

fn examples_of(folder: &Path, file: &str) -> Vec<Example> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let path = vectors.join(file);
    let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let rows = file["proofs"].as_array().unwrap().iter().enumerate();
    let example = |(number, row): (usize, &Value)| {
        let bytes = from_hex_bytes(row["bytes"].as_str().unwrap()).unwrap();
        let trust = if let Some(text) = row["trust"]["checkpoint"].as_str() {
            let file = folder.join(format!("{}.{number}", path.file_name().unwrap().display()));
            fs::write(&file, text).unwrap();
            ["--checkpoint".to_owned(), file.display().to_string()]
        } else {
            let genesis = row["trust"]["genesis"].as_str().unwrap();
            ["--genesis-hash".to_owned(), genesis.to_owned()]
        };
        let twins = row["twins"].as_array().unwrap().iter().map(|twin| {
            let place = |field: &str| usize::try_from(twin[field].as_u64().unwrap()).unwrap();
            let mut bad = bytes.clone();
            let with = from_hex_bytes(twin["with"].as_str().unwrap()).unwrap();
            bad.splice(place("from")..place("to"), with);
            (bad, twin["check"].as_str().unwrap().to_owned())
        });
        let twins = twins.collect();
        let (name, checks) =
            (row["name"].as_str().unwrap().to_owned(), row["verdict"]["checks"].clone());
        Example { name, bytes, trust, checks, twins }
    };
    rows.map(example).collect()
}

fn verify(file: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_linli-verify"))
        .arg(file)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

#[test]
fn good_proofs_pass_and_each_twin_names_its_check() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proof");
    for Example { name, bytes, trust, checks, twins } in examples(folder.path()) {
        let [flag, value] = &trust;
        fs::write(&file, &bytes).unwrap();
        let json = verify(&file, &[flag, value, "--output", "json"]);
        assert_eq!(json.status.code(), Some(0), "{name}");
        let passed: Vec<_> = answer(&json)["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| check["name"].clone())
            .collect();
        assert_eq!(Value::from(passed), checks, "{name}");
        for (language, word) in [("zh", "这是一份证明文件"), ("en", "the file is a proof")]
        {
            let words = verify(&file, &[flag, value, "--lang", language]);
            assert_eq!(words.status.code(), Some(0));
            assert!(String::from_utf8_lossy(&words.stdout).contains(word));
            assert!(words.stderr.is_empty());
        }
        for (bad, check) in twins {
            fs::write(&file, &bad).unwrap();
            let json = verify(&file, &[flag, value, "--output", "json"]);
            let failed = &answer(&json)["failed"];
            // What does not begin as a proof is taken for a chain.
            let expected = if check == "kind" { "frame" } else { check.as_str() };
            if check == "kind" && flag == "--checkpoint" {
                assert_eq!(json.status.code(), Some(2));
                continue;
            }
            assert_eq!(json.status.code(), Some(5), "{name}");
            assert_eq!(failed["check"], expected, "{name}");
            let words = verify(&file, &[flag, value, "--lang", "en"]);
            assert_eq!(words.status.code(), Some(5));
            assert!(words.stdout.is_empty());
            let said = String::from_utf8_lossy(&words.stderr).into_owned();
            assert!(said.contains(&format!("({expected})")), "{said}");
        }
    }
}

#[test]
fn what_is_trusted_is_said_once_and_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let examples = examples(folder.path());
    let file = folder.path().join("proof");
    let (of_genesis, of_checkpoint) = (
        examples.iter().find(|example| example.trust[0] == "--genesis-hash").unwrap(),
        examples.iter().find(|example| example.trust[0] == "--checkpoint").unwrap(),
    );
    let [flag, genesis] = &of_genesis.trust;
    let [other, checkpoint] = &of_checkpoint.trust;
    fs::write(&file, &of_genesis.bytes).unwrap();
    assert_eq!(verify(&file, &[]).status.code(), Some(2));
    assert_eq!(verify(&file, &[flag, genesis, other, checkpoint]).status.code(), Some(2));
    assert_eq!(verify(&folder.path().join("none"), &[flag, genesis]).status.code(), Some(3));
    // A proof for one kind of trust is none for the other.
    let json = verify(&file, &[other, checkpoint, "-o", "json"]);
    assert_eq!(
        (json.status.code(), answer(&json)["failed"]["check"].as_str()),
        (Some(5), Some("start"))
    );
    assert_eq!(answer(&json)["failed"]["expected"], "from-checkpoint");
    let wrong = to_hex(&[9; 32]);
    let json = verify(&file, &[flag, &wrong, "-o", "json"]);
    assert_eq!(answer(&json)["failed"]["check"], "chain");
    assert_eq!(answer(&json)["failed"]["expected"], wrong);
    assert_eq!(answer(&json)["failed"]["found"], *genesis);
    // A checkpoint is its four lines and nothing else.
    let bad = folder.path().join("bad");
    let text = fs::read_to_string(checkpoint).unwrap();
    for text in [String::new(), format!("{text}\n"), text.replace("height: ", "height: 0")] {
        fs::write(&bad, text).unwrap();
        let said = verify(&file, &["--checkpoint", bad.to_str().unwrap()]);
        assert_eq!(said.status.code(), Some(2));
    }
}

#[test]
fn nothing_is_neither_proof_nor_chain() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty");
    fs::write(&file, b"").unwrap();
    let said = verify(&file, &["--genesis-hash", &to_hex(&[9; 32]), "-o", "json"]);
    assert_eq!((said.status.code(), &answer(&said)["failed"]["check"]), (Some(5), &"frame".into()));
    fs::write(&file, b"LINLIPRF").unwrap();
    let said = verify(&file, &["--genesis-hash", &to_hex(&[9; 32]), "-o", "json"]);
    assert_eq!(answer(&said)["failed"]["check"], "version");
    assert_eq!(answer(&said)["failed"]["found"], "nothing");
}
