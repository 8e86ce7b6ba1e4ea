//! The quarter of Qinghe says of itself which rows must be refused, and why: these tests run it.

use super::*;
use linli_contracts::fund::{Payment, PaymentState};
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::execute::{BlockTemplate, build_block};
use linli_ledger::receipt::Subject;
use linli_ledger::replay::check_invariants;
use linli_ledger::state::State;
use linli_ledger::types::Compartment;
use linli_ledger::view::View;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/qinghe"))
}

fn qinghe() -> Input {
    read(&folder()).unwrap()
}

/// The files of the example: name and bytes, in the order of the format.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let tables = rows::TABLES.iter().zip(qinghe().tables);
    let bytes = tables.filter_map(|(table, content)| match content {
        input::Content::Csv(bytes) => Some((table.file, bytes)),
        input::Content::Absent => None,
        input::Content::Sheet { .. } => panic!("the example is in CSV files"),
    });
    bytes.collect()
}

/// An input of these CSV files.
fn csv_input(files: &[(&'static str, Vec<u8>)]) -> Input {
    let content = |table: &rows::Table| {
        let found = files.iter().find(|(name, _)| *name == table.file);
        found.map_or(input::Content::Absent, |(_, bytes)| input::Content::Csv(bytes.clone()))
    };
    Input::new(rows::TABLES.iter().map(content).collect(), &[])
}

/// The code that a row's remark promises.
fn promised() -> BTreeMap<Row, Code> {
    let mut promised = BTreeMap::new();
    for (file, bytes) in files() {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(&bytes[..]);
        for record in reader.records().map(Result::unwrap) {
            let note = record.iter().next_back().unwrap_or_default();
            let Some(rest) = note.strip_prefix("must be refused: ") else { continue };
            let name = rest.split(' ').next().unwrap();
            let code = Code::from_name(name).expect("a remark names a code");
            let line = record.position().unwrap().line();
            promised.insert(Row { file, line }, code);
        }
    }
    promised
}

/// Runs a plan through the kernel, without a node: the code of each step that was refused.
fn execute(plan: &Plan) -> (Vec<Option<Code>>, State) {
    let rulebook = linli_contracts::rulebook();
    let mut state = State::from_genesis(&plan.genesis, &rulebook).unwrap();
    let genesis = plan.genesis.hash();
    let proposer = ConsensusKey::demonstration(plan.seed.as_bytes(), "validator").public();
    let mut outcomes = Vec::new();
    for batch in batches(plan.genesis.time, &plan.steps) {
        let signed = batch.steps.iter().map(|step| step.prepared.sign(Some(&state)));
        let signed: Vec<_> = signed.map(|signed| signed.verify(&genesis).unwrap()).collect();
        let template = BlockTemplate { time: batch.time, proposer };
        let built = build_block(&state, &rulebook, template, &signed);
        assert_eq!(built.considered, signed.len(), "a batch fits into a block");
        let mut codes: BTreeMap<_, _> =
            built.refused.iter().map(|(position, code)| (signed[*position].id(), *code)).collect();
        for receipt in &built.executed.receipts {
            if let (Subject::Transaction(id), Some(no)) = (&receipt.subject, receipt.rejection()) {
                codes.insert(*id, no.code);
            }
        }
        outcomes.extend(signed.iter().map(|signed| codes.get(&signed.id()).copied()));
        state.apply(built.executed.delta);
    }
    check_invariants(&state, &rulebook).unwrap();
    (outcomes, state)
}

#[test]
fn each_row_of_the_example_has_the_fate_that_its_remark_promises_and_no_other() {
    let input = qinghe();
    let plan = plan(&input).unwrap();
    let (outcomes, _) = execute(&plan);
    let mut found = plan.rejected(&outcomes);
    let rejected = found.len();
    for Unreadable { file, line, code, .. } in &plan.unreadable {
        assert_eq!(found.insert(Row { file, line: *line }, *code), None);
    }
    let promised = promised();
    let differs = |a: &BTreeMap<Row, Code>, b: &BTreeMap<Row, Code>| -> Vec<String> {
        let missing = a.iter().filter(|(row, code)| b.get(row) != Some(code));
        missing.map(|(row, code)| format!("{} {}: {code}", row.file, row.line)).collect()
    };
    assert_eq!(
        (differs(&promised, &found), differs(&found, &promised)),
        (Vec::<String>::new(), Vec::<String>::new()),
        "promised but not found, found but not promised"
    );
    let unreadable = plan.unreadable.len();
    let accepted = plan.rows - u64::try_from(rejected + unreadable).unwrap();
    println!("{accepted} accepted, {rejected} rejected, {unreadable} unreadable");
    println!("{} rows, {} transactions", plan.rows, plan.steps.len());
}

/// The example with one text in one file replaced.
fn with(file: &'static str, from: &str, to: impl AsRef<[u8]>) -> Input {
    let mut files = files();
    let (_, bytes) = files.iter_mut().find(|(name, _)| *name == file).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{file} holds {from}"));
    bytes.splice(at..at + from.len(), to.as_ref().iter().copied());
    csv_input(&files)
}

fn identifiers(plan: &Plan) -> Vec<String> {
    let sign = |step: &Step| step.prepared.sign(None).id().to_string();
    plan.steps.iter().map(sign).collect()
}

#[test]
fn the_same_bytes_give_the_same_transactions() {
    let (one, other) = (plan(&qinghe()).unwrap(), plan(&qinghe()).unwrap());
    assert_eq!(identifiers(&one), identifiers(&other));
    assert_eq!((&one.genesis, one.input), (&other.genesis, other.input));
    let renamed = plan(&with("community.csv", "qinghe-2026-q1", "another seed")).unwrap();
    assert_ne!(renamed.genesis.hash(), one.genesis.hash(), "keys follow the seed");
    assert_ne!(renamed.input, one.input);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let files = files().into_iter().map(|(name, bytes)| {
        let text = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
        (name, format!("\u{FEFF}{text}\r\n").into_bytes())
    });
    let one = plan(&qinghe()).unwrap();
    let other = plan(&csv_input(&files.collect::<Vec<_>>())).unwrap();
    assert_eq!(identifiers(&one), identifiers(&other));
    assert_eq!(one.unreadable, other.unreadable);
}

#[test]
fn columns_may_stand_in_any_order_and_remarks_may_be_left_out() {
    let files = files().into_iter().map(|(name, bytes)| {
        let text = String::from_utf8(bytes).unwrap();
        let turn = |line: &str| {
            let mut cells: Vec<_> = line.split(',').collect();
            if name == "handouts.csv" {
                cells.pop();
                cells.reverse();
            }
            cells.join(",") + "\n"
        };
        (name, text.lines().map(turn).collect::<String>().into_bytes())
    });
    let other = plan(&csv_input(&files.collect::<Vec<_>>())).unwrap();
    assert_eq!(identifiers(&plan(&qinghe()).unwrap()), identifiers(&other));
}

#[test]
fn every_row_is_counted_once() {
    let input = qinghe();
    let rows: usize =
        files().iter().map(|(_, bytes)| bytes.split(|b| *b == b'\n').count() - 2).sum();
    let plan = plan(&input).unwrap();
    assert_eq!(plan.rows, u64::try_from(rows).unwrap());
    let (outcomes, _) = execute(&plan);
    assert_eq!(outcomes.len(), plan.steps.len());
    let unreadable: BTreeMap<_, _> =
        plan.unreadable.iter().map(|u| (Row { file: u.file, line: u.line }, u.code)).collect();
    assert_eq!(unreadable.len(), plan.unreadable.len());
    assert!(plan.rejected(&outcomes).keys().all(|row| !unreadable.contains_key(row)));
    assert!(plan.steps.iter().all(|step| !step.rows.is_empty()));
}

#[test]
fn a_cell_that_cannot_be_read_is_refused_with_its_column_and_code() {
    let rows: &[(&str, &str, &[u8], &str, Code)] = &[
        ("rewards.csv", "小袋大米", b"rice, small", "", Code::RowColumns),
        ("rewards.csv", "小袋大米", b"\xFF\xFE", "title", Code::RowText),
        ("rewards.csv", "小袋大米", "米\u{202E}".as_bytes(), "title", Code::RowText),
        ("rewards.csv", "小袋大米", b"ask at rice@example.org", "title", Code::RowPersonal),
        ("rewards.csv", "小袋大米", b"", "title", Code::RowEmpty),
        ("rewards.csv", ",goods,", b",thing,", "kind", Code::RowChoice),
        ("rewards.csv", "DH-02", b"DH-01", "code", Code::RowDuplicate),
        ("rewards.csv", ",CS,", b",CX,", "partner", Code::RowReference),
        ("rewards.csv", "18.00", b"18.001", "fair_value", Code::JsonNumber),
        ("rewards.csv", "18.00", b"1e3", "fair_value", Code::JsonNumber),
        ("rewards.csv", "18.00", b"-18", "fair_value", Code::JsonNumber),
        ("rewards.csv", "18.00", "１８".as_bytes(), "fair_value", Code::JsonNumber),
        ("rewards.csv", ",10,2,", b",ten,2,", "stock", Code::JsonNumber),
        ("rewards.csv", ",10,2,", b",4294967296,2,", "stock", Code::JsonNumber),
        ("rewards.csv", "2026-12-31", b"2026-02-29", "valid_to", Code::RowTime),
        ("rewards.csv", "2026-01-12 10:00", b"2026-01-12 24:00", "offered_at", Code::RowTime),
        ("rewards.csv", "2026-01-12 10:00", b"2026-01-12", "offered_at", Code::RowTime),
        (
            "payments.csv",
            "审批01@2026-01-14",
            b"nobody@2026-01-14",
            "approvals",
            Code::RowReference,
        ),
        ("contracts.csv", "25200.00@2026", b"25200@26", "milestones", Code::RowTime),
        ("acceptances.csv", "QH-2026-003,1", b"QH-2026-003,0", "milestone", Code::RowReference),
        ("budget.csv", "L26-02,ZJ-01,2026", b"L26-02,ZJ-01,2027", "year", Code::RowChoice),
        ("rules.csv", "R-ZY,1", b"R-ZY,2", "code", Code::RowReference),
    ];
    let before = plan(&qinghe()).unwrap().unreadable;
    for (file, from, to, column, code) in rows {
        let plan = plan(&with(file, from, to)).unwrap();
        let new: Vec<_> = plan.unreadable.iter().filter(|u| !before.contains(u)).collect();
        let found = new.iter().find(|u| u.file == *file).map(|u| (u.column, u.code));
        assert_eq!(found, Some((*column, *code)), "{file}: {from} as {to:?}");
        let hidden = new.iter().all(|u| u.code != Code::RowPersonal || u.value.is_none());
        assert!(hidden, "a value about a person is never repeated");
    }
}

#[test]
fn a_value_that_may_be_about_a_person_is_not_repeated_whatever_the_fault() {
    let input = with("signins.csv", "HD-99,", "19900000000,");
    let plan = plan(&input).unwrap();
    let row = plan.unreadable.iter().find(|u| u.column == "activity").unwrap();
    assert_eq!((row.code, &row.value), (Code::RowReference, &None));
}

#[test]
fn a_row_that_names_an_unreadable_row_is_unreadable_too() {
    let plan = plan(&with("funds.csv", "2026-01-07 09:30", "soon")).unwrap();
    let codes = |file| plan.unreadable.iter().filter(move |u| u.file == file).map(|u| u.code);
    assert_eq!(codes("funds.csv").collect::<Vec<_>>(), [Code::RowTime]);
    assert!(
        codes("budget.csv").count() == 5 && codes("budget.csv").all(|c| c == Code::RowReference)
    );
    assert_eq!(plan.rows, self::plan(&qinghe()).unwrap().rows);
}

#[test]
fn an_input_without_a_file_a_column_or_a_community_begins_no_chain() {
    let error = |input: &Input| plan(input).unwrap_err();
    let missing = error(&with("rewards.csv", ",price,", ",pricing,"));
    assert!(matches!(missing, ImportError::ColumnUnknown { file: "rewards.csv", .. }));
    let missing = error(&with("rewards.csv", ",price,", ",note,"));
    assert!(matches!(missing, ImportError::ColumnUnknown { .. }), "a column twice");
    let missing = error(&with("handouts.csv", ",at,note", ",note"));
    assert!(matches!(missing, ImportError::ColumnMissing { file: "handouts.csv", column: "at" }));
    let missing = error(&with("community.csv", "2026-01-05 08:00", "soon"));
    assert!(matches!(missing, ImportError::Community { column: "start", code: Code::RowTime, .. }));
    let missing = error(&with("community.csv", "08:00,2", "08:00,7"));
    assert!(matches!(missing, ImportError::Genesis(_)));
    let missing = read(&folder().join("nowhere")).unwrap_err();
    assert_eq!(missing.code(), Code::InputMissing);
    assert!(missing.to_string().contains("community.csv"));
}

#[test]
fn batches_follow_the_hours_of_the_data_and_their_times_grow() {
    let plan = plan(&qinghe()).unwrap();
    let batches = batches(plan.genesis.time, &plan.steps);
    assert_eq!(batches.iter().map(|b| b.steps.len()).sum::<usize>(), plan.steps.len());
    let mut before = plan.genesis.time;
    for batch in batches {
        let (first, last) = (batch.steps.first().unwrap(), batch.steps.last().unwrap());
        assert!(batch.time > before && batch.time >= last.at);
        assert_eq!(first.at.0 / 3_600_000, last.at.0 / 3_600_000);
        assert!(batch.steps.iter().skip(1).all(|step| !step.prepared.waits()));
        before = batch.time;
    }
}

#[test]
fn what_happens_at_one_time_is_cut_by_number_and_still_grows() {
    let step = plan(&qinghe()).unwrap().steps.remove(0);
    let steps = vec![step; 2_500];
    let sizes: Vec<_> = batches(BlockTime(0), &steps).iter().map(|b| b.steps.len()).collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
    let times: Vec<_> = batches(BlockTime(0), &steps).iter().map(|b| b.time.0).collect();
    assert!(times.is_sorted_by(|a, b| a < b));
}

#[test]
fn one_payment_of_the_example_comes_from_two_sources_and_one_comes_back() {
    let plan = plan(&qinghe()).unwrap();
    let (_, state) = execute(&plan);
    let view = View::read_only(&state, Compartment::Public, state.tip().time);
    let payment = |code: &str| {
        let (id, _) = plan.names.records.iter().find(|(_, name)| *name == code).unwrap();
        view.get::<Payment>(id).unwrap()
    };
    let sources = |code: &str| {
        let segments = payment(code).segments;
        segments.iter().map(|segment| segment.source).collect::<BTreeSet<_>>().len()
    };
    assert_eq!((sources("FK-009"), sources("FK-013")), (1, 2));
    assert!(matches!(payment("FK-010").state, PaymentState::Failed { code: 57, .. }));
    assert!(matches!(payment("FK-011").state, PaymentState::Confirmed(_)));
    assert!(matches!(payment("FK-014").state, PaymentState::Refused { .. }));
}

#[test]
fn rows_are_counted_by_the_lines_that_people_see() {
    let changed = files().into_iter().map(|(name, bytes)| {
        let text = String::from_utf8(bytes).unwrap();
        let text = match name {
            "rewards.csv" => text.replace("DH-05,", "\n\r\n,,,,,,,,\nDH-05,"),
            _ => text,
        };
        let text = text.replace("小袋大米", "\"小袋\n大米\"").replace("书法课优先报名", "");
        (name, text.into_bytes())
    });
    let plan = plan(&csv_input(&changed.collect::<Vec<_>>())).unwrap();
    let lines =
        plan.unreadable.iter().filter(|u| u.file == "rewards.csv").map(|u| (u.line, u.code));
    assert_eq!(lines.collect::<Vec<_>>(), [(2, Code::RowText), (10, Code::RowEmpty)]);
}
