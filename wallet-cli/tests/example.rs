//! The invented offices: the same seed writes the same files, and of what they become every row that
//! breaks a rule is refused with the code that is promised for it, and no other row is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod oracle;

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

type Fates = BTreeMap<(String, u64), String>;

fn linli(arguments: &[&str], paths: &[&Path]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_linli"))
        .args(arguments)
        .args(paths)
        .args(["-o", "json"])
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn write(size: &str, seed: &str, folder: &Path) -> Value {
    linli(&["example", "--size", size, "--seed", seed], &[folder])
}

/// Runs the files in `folder`; the ledger is `folder/ledger`.
fn run(folder: &Path) -> Value {
    let data = folder.join("ledger");
    linli(&["run", "--dir", data.to_str().expect("temporary paths are ASCII")], &[folder])
}

fn planted(folder: &Path) -> Fates {
    let mut reader = csv::Reader::from_path(folder.join("planted.csv")).unwrap();
    let fates = reader.records().map(|record| {
        let record = record.unwrap();
        ((record[0].to_owned(), record[1].parse().unwrap()), record[3].to_owned())
    });
    fates.collect()
}

fn refused(report: &Value) -> Fates {
    let rows = ["rejected", "unreadable"].map(|kind| report["ingest"][kind].as_array().unwrap());
    let fates = rows.into_iter().flatten().map(|row| {
        let file = row["file"].as_str().unwrap().to_owned();
        ((file, row["line"].as_u64().unwrap()), row["code"].as_str().unwrap().to_owned())
    });
    fates.collect()
}

/// Each fate that one of the two has and the other has not.
fn differences(promised: &Fates, found: &Fates) -> Vec<String> {
    let all = promised.keys().chain(found.keys());
    let mut differences: Vec<_> = all
        .filter(|row| promised.get(*row) != found.get(*row))
        .map(|row| format!("{row:?}: {:?}, found {:?}", promised.get(row), found.get(row)))
        .collect();
    differences.sort();
    differences.dedup();
    differences
}

/// Writes and runs an office, and compares what was refused with what was promised.
fn check(size: &str, seed: &str) -> (tempfile::TempDir, Value) {
    let folder = tempfile::tempdir().unwrap();
    let written = write(size, seed, folder.path());
    let promised = planted(folder.path());
    let report = run(folder.path());
    assert_eq!(differences(&promised, &refused(&report)), Vec::<String>::new(), "seed {seed}");
    assert_eq!(report["ingest"]["rows"], written["rows"]);
    assert_eq!(written["planted"].as_u64(), Some(promised.len() as u64));
    assert_eq!(report["verify"]["ok"], Value::Bool(true));

    // Each rule that a row can break is broken twice at least.
    let mut codes: BTreeMap<&str, u32> = BTreeMap::new();
    for code in promised.values() {
        *codes.entry(code).or_default() += 1;
    }
    let once: Vec<_> = codes.iter().filter(|(_, count)| **count < 2).collect();
    assert!(once.is_empty(), "planted only once: {once:?}");
    assert!(codes.len() >= 100, "{} codes: {codes:?}", codes.len());
    (folder, report)
}

/// The tables that may be left out: the generated year uses each of them.
const MAY_BE_LEFT_OUT: &[&str] = &[
    "late_entries.csv",
    "corrections.csv",
    "disputes.csv",
    "reward_updates.csv",
    "returned_rewards.csv",
    "claims.csv",
    "gifts.csv",
    "relations.csv",
    "micro_donations.csv",
    "suspense.csv",
    "suspense_resolutions.csv",
    "suspense_returns.csv",
    "reclassifications.csv",
    "evaluations.csv",
    "retentions.csv",
    "bank_returns.csv",
    "reversals.csv",
    "clawbacks.csv",
    "refunds.csv",
    "freezes.csv",
    "closings.csv",
    "treasury_returns.csv",
];

/// How many rows of a table were accepted, and how many were refused.
fn accepted(folder: &Path, table: &str) -> (usize, usize) {
    let rows = csv::Reader::from_path(folder.join(table)).unwrap().into_records().count();
    let refused = planted(folder).keys().filter(|(file, _)| file == table).count();
    (rows - refused, refused)
}

/// The chain is checked from its bytes alone, up to the head of the report.
fn audit(folder: &Path, report: &Value) {
    let ledger = folder.join("ledger");
    let [genesis, head] = [&report["genesis_hash"], &report["head"]["hash"]];
    let [genesis, head] = [genesis, head].map(|hash| hash.as_str().unwrap());
    let audited = linli(&["audit", "--genesis-hash", genesis, "--expect-head", head], &[&ledger]);
    assert_eq!(audited["ok"], Value::Bool(true));
    assert_eq!(audited["state_root"], report["state_root"]);
}

/// What the report says of the stories of one community, as the generator tells them.
fn stories(report: &Value) {
    let credit = &report["stories"]["credit"];
    let number = |item: &str, of: &str| -> u64 {
        let text = credit[item][of].as_str();
        text.unwrap_or_else(|| panic!("{item} {of}: {credit}")).parse().unwrap()
    };
    // Told once: two late entries, two corrections of one award and two of spent ones, a dispute of each end.
    assert_eq!(number("late", "count"), 2);
    assert!(number("corrected_awards", "count") >= 4 && number("corrected", "points") > 0);
    assert!(number("charged", "points") > 0);
    // The two that nobody decided are rule-breakers' stages.
    assert_eq!(number("disputes_waiting", "count"), 2);
    assert!(number("disputes_waiting", "points") > 0);
    assert!(number("disputes_upheld", "count") >= 2 && number("disputes_corrected", "count") >= 1);
    // Two stories and two stages return a reward of 20 points each.
    assert_eq!(
        (number("rewards_returned", "count"), number("rewards_returned", "points")),
        (4, 80)
    );
    assert!(number("vouchers_unused", "count") > 0 && number("redeemed", "points") > 0);
    assert_eq!(number("care_pool", "points"), 5 + 24);
    assert!(number("claims", "count") >= 4 && number("claims_owed", "amount_fen") >= 800);
    let money = report["stories"]["money"].as_object().unwrap();
    let quiet = money.iter().filter(|(_, item)| {
        let is_zero = |of: &str| item[of].as_str().is_none_or(|number| number == "0");
        is_zero("count") && is_zero("amount_fen")
    });
    // No year is closed while money of unknown origin is open.
    assert_eq!(quiet.map(|(item, _)| item).collect::<Vec<_>>(), ["suspense_open"]);
    let residents = report["points"]["residents"].as_array().unwrap();
    let stars = residents.iter().filter(|resident| resident["stars"] == 1).count();
    assert_eq!(stars, 1, "one serves more than a hundred hours");
}

#[test]
fn every_planted_row_of_a_block_is_refused_and_no_other() {
    let (folder, report) = check("block", "18446744073709551615");
    stories(&report);
    let without = MAY_BE_LEFT_OUT.iter().filter(|table| {
        let (accepted, refused) = accepted(folder.path(), table);
        accepted == 0 || refused < 2
    });
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&&str>::new(), "tables that nothing runs");
    a_small_donor_finds_the_own_fen(folder.path());
}

/// One of many who gave together sees which fen are the own, and where each of them went.
fn a_small_donor_finds_the_own_fen(folder: &Path) {
    let mut rows = csv::Reader::from_path(folder.join("micro_donations.csv")).unwrap();
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    let fen = |row: &csv::StringRecord| row[3].replace('.', "").parse::<u64>().unwrap();
    let of_list = |row: &&csv::StringRecord| &row[0] == "WJ01-1";
    let before: u64 = rows.iter().filter(of_list).take(6).map(fen).sum();
    let row = rows.iter().filter(of_list).nth(6).unwrap();
    let data = folder.join("ledger");
    let arguments = ["trace", &row[1], "--dir", data.to_str().expect("ASCII")];
    let traced = linli(&arguments, &[]);
    assert_eq!(traced["start"], before.to_string());
    assert_eq!(traced["amount_fen"], fen(row).to_string());
    let parts = traced["parts"].as_array().unwrap();
    let length = |part: &Value| part["length"].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(parts.iter().map(length).sum::<u64>(), fen(row), "none of them is lost");
    let paid =
        |part: &Value| part["way"].as_array().unwrap().iter().any(|step| step["step"] == "paid");
    assert!(parts.iter().all(paid), "all of it was paid out: {traced}");
}

#[test]
fn a_year_is_audited_traced_as_an_oracle_does_and_told_again_with_the_same_head() {
    let (folder, report) = check("block", "1");
    audit(folder.path(), &report);
    stories(&report);
    oracle::check(folder.path(), 1);
    fs::remove_dir_all(folder.path().join("ledger")).unwrap();
    assert_eq!(run(folder.path())["head"], report["head"]);
}

#[test]
fn the_same_seed_writes_the_same_bytes_and_another_seed_others() {
    let files = |size: &str, seed: &str| -> BTreeMap<String, Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        write(size, seed, folder.path());
        let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read(path).unwrap())
            })
            .collect()
    };
    let (one, again, other) =
        (files("community", "7"), files("community", "7"), files("community", "8"));
    assert_eq!(one.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    assert!(one == again, "the same seed");
    assert_ne!(one["signins.csv"], other["signins.csv"]);
    let lines = |name: &str| one[name].split(|byte| *byte == b'\n').count();
    assert!(lines("attestations.csv") > 10_000 && lines("residents.csv") > 1_667);
}

#[test]
fn files_that_are_there_are_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    write("block", "1", folder.path());
    let output = Command::new(env!("CARGO_BIN_EXE_linli"))
        .args(["example", "--seed", "2"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6));
}
