//! The main job as its users run it: from files to an audited chain, killed, repeated, audited.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Only ends a test that would hang.
const GUARD: Duration = Duration::from_mins(4);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn example() -> PathBuf {
    root().join("examples/qinghe")
}

fn linli(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linli"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn path(path: &Path) -> &str {
    path.to_str().expect("temporary paths are ASCII")
}

fn run(input: &Path, folder: &Path) -> Output {
    linli(&["run", path(input), "--dir", path(folder), "-o", "json"]).output().expect("it starts")
}

fn report(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert_eq!(error, "", "nothing on standard error");
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn expected() -> Value {
    let text = fs::read_to_string(example().join("expected.json")).expect("the example says");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn the_example_ends_with_the_head_that_is_written_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = report(&run(&example(), folder.path()));
    let expected = expected();
    for member in ["genesis_hash", "state_root"] {
        assert_eq!(first[member], expected[member], "{member}");
    }
    assert_eq!(first["head"], expected["head"]);
    let ingest = &first["ingest"];
    let count = |list: &Value| list.as_array().unwrap().len() as u64;
    let sum = ingest["accepted"].as_u64().unwrap()
        + count(&ingest["rejected"])
        + count(&ingest["unreadable"]);
    assert_eq!(ingest["rows"].as_u64(), Some(sum), "nothing is lost in silence");
    assert_eq!(first["verify"]["ok"], Value::Bool(true));

    let again = report(&run(&example(), folder.path()));
    assert_eq!(again, first, "a finished run only says its result again");
}

#[test]
fn a_run_that_is_killed_goes_on_and_ends_with_the_same_head() {
    let expected = expected();
    let whole = tempfile::tempdir().unwrap();
    report(&run(&example(), whole.path()));
    let size = chain_bytes(whole.path());
    let folder = tempfile::tempdir().unwrap();
    for eighth in 0..8 {
        let input = example();
        let arguments = ["run", path(&input), "--dir", path(folder.path()), "-q"];
        let mut child =
            linli(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while chain_bytes(folder.path()) < size * eighth / 8 && child.try_wait().unwrap().is_none()
        {
            assert!(started.elapsed() < GUARD, "the run does not hang");
            std::thread::yield_now();
        }
        // SIGKILL: no handler runs.
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert_eq!(report(&run(&example(), folder.path()))["head"], expected["head"]);
}

fn chain_bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder.join("chain")) else { return 0 };
    entries.filter_map(|entry| entry.ok()?.metadata().ok()).map(|file| file.len()).sum()
}

#[test]
fn a_folder_made_from_other_input_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    report(&run(&example(), folder.path()));
    let other = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(example()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), other.path().join(entry.file_name())).unwrap();
    }
    let sheet = other.path().join("signins.csv");
    let mut text = fs::read_to_string(&sheet).unwrap();
    text.push('\n');
    text.push_str(text.clone().lines().last().unwrap_or_default());
    fs::write(&sheet, text).unwrap();
    let refused = run(other.path(), folder.path());
    assert_eq!(refused.status.code(), Some(4));
    assert!(refused.stdout.is_empty());
    let error: Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(error["error"]["code"], "E_OTHER_INPUT");
}

#[test]
fn an_audit_trusts_nothing_but_the_genesis_hash() {
    let folder = tempfile::tempdir().unwrap();
    let made = report(&run(&example(), folder.path()));
    let genesis = made["genesis_hash"].as_str().unwrap();
    let head = made["head"]["hash"].as_str().unwrap();
    let chain = folder.path().join("chain");
    let audit = |extra: &[&str]| {
        let output = linli(&["audit", path(&chain), "-o", "json"]).args(extra).output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), answer)
    };
    let (exit, answer) = audit(&["--genesis-hash", genesis, "--expect-head", head]);
    assert_eq!((exit, &answer["ok"]), (Some(0), &Value::Bool(true)));
    assert_eq!(answer["head"]["hash"], head);

    let (exit, answer) = audit(&["--genesis-hash", head]);
    assert_eq!((exit, answer["failed"]["check"].as_str()), (Some(5), Some("genesis")));

    let (exit, answer) = audit(&["--genesis-hash", genesis, "--expect-head", genesis]);
    assert_eq!((exit, answer["failed"]["check"].as_str()), (Some(5), Some("head")));

    let file = fs::read_dir(&chain).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (exit, answer) = audit(&["--genesis-hash", genesis]);
    assert_eq!((exit, answer["failed"]["check"].as_str()), (Some(5), Some("frame")));
    assert!(answer["failed"]["height"].is_string());
}

#[test]
fn a_payment_is_traced_to_its_sources_and_a_source_to_its_payees() {
    let folder = tempfile::tempdir().unwrap();
    let made = report(&run(&example(), folder.path()));
    let flow = &made["trace"];
    let payment = flow["payment"].as_str().unwrap();
    let trace = |what: &str| {
        let arguments = ["trace", what, "--dir", path(folder.path()), "-o", "json"];
        let output = linli(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let traced = trace(payment);
    assert_eq!(&traced, flow);
    let fen = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    let sources = traced["sources"].as_array().unwrap();
    assert!(sources.len() >= 2, "the example pays one contract from two sources");
    assert_eq!(
        sources.iter().map(|s| fen(&s["amount_fen"])).sum::<u64>(),
        fen(&traced["amount_fen"])
    );
    for source in sources {
        let forward = trace(source["source"].as_str().unwrap());
        let places = forward["places"].as_array().unwrap();
        let sum: u64 = places.iter().map(|place| fen(&place["length"])).sum();
        assert_eq!(sum, fen(&forward["amount_fen"]), "every fen of the source lies somewhere");
    }
    let nothing = linli(&["trace", "no-such", "--dir", path(folder.path())]).output().unwrap();
    assert_eq!(nothing.status.code(), Some(3));
}

/// The example, and what the office does on a day of 2029: entries that are refused, hour by hour.
fn until_2029(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(example())? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "csv") {
            fs::copy(&file, folder.join(file.file_name().unwrap_or_default()))?;
        }
    }
    let table = folder.join("catalogue.csv");
    let mut rows = fs::read_to_string(&table)?;
    for hour in ["10", "11", "12", "13", "14", "15"] {
        rows += ["Z", hour, ",到期之后,listed,JD,2029-01-02 ", hour, ":00,\n"].concat().as_str();
    }
    fs::write(table, rows)
}

#[test]
fn points_that_nobody_spent_expire_through_the_due_queue_and_hours_stay() {
    let (input, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    until_2029(input.path()).unwrap();
    let before = report(&run(&example(), &data.path().join("before")));
    let after = report(&run(input.path(), &data.path().join("after")));
    let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    let outstanding = number(&before["points"]["outstanding"]);
    assert!(outstanding > 1_000, "{outstanding}");
    assert_eq!(number(&after["points"]["outstanding"]), 0);
    let expired = |report: &Value| number(&report["stories"]["credit"]["expired"]["points"]);
    assert_eq!((expired(&before), expired(&after)), (0, outstanding));
    assert_eq!(after["hours"], before["hours"], "hours are one's own for ever");
    for resident in after["points"]["residents"].as_array().unwrap() {
        let left = ["available", "held", "locked"].map(|part| number(&resident[part]));
        assert_eq!(left, [0, 0, 0], "{}", resident["name"]);
    }
}

#[test]
fn the_page_has_no_script_and_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let data = folder.path().join("data");
    let input = example();
    let arguments = ["run", path(&input), "--dir", path(&data), "--report", path(&page), "-q"];
    let output = linli(&arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let html = fs::read_to_string(&page).unwrap();
    assert!(!html.contains("<script"));
    let elsewhere = html.replace("http://www.w3.org/2000/svg", "");
    assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"));
    for word in ["演示账本", "demonstration", "<svg", "没有记账的", "What was verified"] {
        assert!(html.contains(word), "{word}");
    }
}

#[test]
fn people_read_their_own_language() {
    let explain = |language: &str| {
        let output = linli(&["explain", "E_OVERLAP", "--lang", language]).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let (chinese, english) = (explain("zh"), explain("en"));
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(is_chinese(&chinese) && !is_chinese(&english), "{chinese}\n{english}");
}
