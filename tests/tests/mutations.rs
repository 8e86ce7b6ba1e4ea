//! No edit of the example's chain passes an audit: a thousand of them, each found by the check that it
//! breaks, or, where another history is valid in itself, by the hash of the last block.
//!
//! `MUTATION_SEED=n MUTATION_INDEX=i cargo test --workspace --test mutations` makes one again.

use linli_ahead::Keys;
use linli_contracts::rulebook;
use linli_ledger::hash::Digest;
use linli_ledger::replay::{AuditError, Check, replay};
use linli_tests::mutation::{Edit, Group, Kind, Original, kinds};
use linli_tests::oracle::Random;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

const RAW: usize = 500;
const REFRAMED: usize = 333;
const RESIGNED: usize = 167;
/// One kind in so many is also shown to the programs.
const PROGRAMS: usize = 4;
const THREADS: usize = 2;

#[test]
fn a_thousand_mutations_are_each_found_by_the_check_that_they_break() {
    let folder = tempfile::tempdir().unwrap();
    let rulebook = rulebook();
    let (bytes, genesis, head) = example(folder.path());
    let original = Original::new(bytes, genesis, head, seed_of_the_example().as_bytes(), &rulebook)
        .expect("the example's own chain holds");
    let kinds = kinds();
    let plan = plan(&kinds);
    assert_eq!(plan.len(), 1_000);
    let seed = number("MUTATION_SEED").unwrap_or(1);
    let bench = Bench { original: &original, folder: folder.path(), seed, keys: Keys::default() };
    if let Some(index) = number("MUTATION_INDEX") {
        let index = usize::try_from(index).unwrap();
        bench.mutation(index, &plan[index]).unwrap();
        return;
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = plan.get(index) else { return wrong };
            wrong.extend(bench.mutation(index, task).err());
        }
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), plan.len(), wrong.join("\n"));
    let mut named: BTreeMap<Check, usize> = BTreeMap::new();
    for task in &plan {
        *named.entry(task.kind.check).or_default() += 1;
    }
    println!("{} kinds of mutation: {named:?}", kinds.len());
    // A chain that obeys every rule and breaks an invariant would be a mistake in the rules.
    let all: BTreeSet<_> = Check::ALL.into_iter().filter(|one| *one != Check::Invariants).collect();
    assert_eq!(named.keys().copied().collect::<BTreeSet<_>>(), all);
}

/// One mutation to make.
struct Task<'a> {
    kind: &'a Kind,
    is_first_of_its_kind: bool,
    /// The program that audits it too.
    program: Option<&'static str>,
}

/// The kinds of each group in turn, until its number is reached.
fn plan(kinds: &[Kind]) -> Vec<Task<'_>> {
    let mut plan = Vec::new();
    for (group, count) in Group::ALL.into_iter().zip([RAW, REFRAMED, RESIGNED]) {
        let kinds: Vec<_> = kinds.iter().filter(|kind| kind.group == group).collect();
        for (index, kind) in kinds.iter().cycle().take(count).enumerate() {
            let is_first_of_its_kind = index < kinds.len();
            let is_shown = is_first_of_its_kind && index % PROGRAMS == 0;
            let program = if index % (2 * PROGRAMS) == 0 { "linli" } else { "linli-verify" };
            let program = is_shown.then_some(program);
            plan.push(Task { kind, is_first_of_its_kind, program });
        }
    }
    plan
}

/// What every mutation needs.
struct Bench<'a> {
    original: &'a Original<'a>,
    folder: &'a Path,
    seed: u64,
    keys: Keys,
}

impl Bench<'_> {
    /// Makes one mutation and audits it; says what is wrong with the audit.
    fn mutation(&self, index: usize, task: &Task<'_>) -> Result<(), String> {
        let numbers = self.seed.wrapping_mul(1_000_003) ^ index as u64;
        let attempt = || {
            let edit = task.kind.make(self.original, &mut Random::new(numbers));
            if edit.bytes == self.original.bytes {
                return Err("nothing is changed".into());
            }
            let judged = self.judge(&edit, task)?;
            task.program.map_or(Ok(()), |program| self.ask(program, index, &edit, &judged))
        };
        let result = catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(format!("panic: {}", text.unwrap_or_default()))
        });
        let again = format!("MUTATION_SEED={} MUTATION_INDEX={index}", self.seed);
        result.map_err(|wrong| format!("{again} ({:?}): {wrong}", task.kind))
    }

    fn judge(&self, edit: &Edit, task: &Task<'_>) -> Result<AuditError, String> {
        let original = self.original;
        let verdict = original.judge(&edit.bytes);
        let ahead = original.judge_ahead(&edit.bytes, &self.keys);
        if ahead != verdict {
            return Err(format!("verified ahead it says {ahead:?}, not {verdict:?}"));
        }
        if task.is_first_of_its_kind {
            let (genesis, head) = (&original.genesis_hash, Some(&original.head));
            let plain = replay(&edit.bytes, original.rulebook, genesis, head);
            if plain != verdict {
                return Err(format!("a plain replay says {plain:?}, not {verdict:?}"));
            }
        }
        let Err(error) = verdict else { return Err("it passes".into()) };
        let found = (error.check(), error.height().map(|height| height.0));
        let expected = (task.kind.check, edit.height);
        if found == expected {
            Ok(error)
        } else {
            Err(format!("expected {expected:?}, found {found:?}: {error}"))
        }
    }

    /// The program says the same, with exit code 5.
    fn ask(
        &self,
        program: &str,
        index: usize,
        edit: &Edit,
        judged: &AuditError,
    ) -> Result<(), String> {
        let file = self.folder.join(format!("{index}.chain"));
        fs::write(&file, &edit.bytes).expect("there is room");
        let output = Command::new(built(program))
            .arg("audit")
            .arg(&file)
            .args(["--genesis-hash", &self.original.genesis_hash.to_hex()])
            .args(["--expect-head", &self.original.head.to_hex()])
            .args(["--output", "json"])
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        fs::remove_file(&file).expect("it is there");
        let answer: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{program} does not answer in JSON: {error}"))?;
        let failed = &answer["failed"];
        let height = judged.height().map(|height| height.to_string());
        let is_same = output.status.code() == Some(5)
            && answer["ok"] == Value::Bool(false)
            && failed["check"] == judged.check().name()
            && failed["height"] == Value::from(height);
        if is_same {
            Ok(())
        } else {
            Err(format!("{program} ends with {}: {answer}, not with {judged}", output.status))
        }
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// A program of ours, which lies two folders above this test.
fn built(program: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = test.ancestors().nth(2).expect("target/<profile>/deps/<test>").join(file);
    assert!(path.exists(), "{} is not built: run `cargo test --workspace`", path.display());
    path
}

/// Runs the example; its chain, the hash of its genesis and of its last block.
fn example(folder: &Path) -> (Vec<u8>, Digest, Digest) {
    let folder = folder.join("example");
    let output = Command::new(built("linli"))
        .arg("run")
        .arg(workspace().join("examples/qinghe"))
        .arg("--dir")
        .arg(&folder)
        .args(["--output", "json"])
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let digest = |value: &Value| value.as_str().and_then(Digest::from_hex).expect("a hash");
    let files = linli_verify::chain::files(&folder).expect("a run leaves a chain");
    let bytes = files.iter().flat_map(|file| fs::read(file).expect("it is there")).collect();
    (bytes, digest(&report["genesis_hash"]), digest(&report["head"]["hash"]))
}

/// From which every key of the example derives.
fn seed_of_the_example() -> String {
    let sheet = fs::read_to_string(workspace().join("examples/qinghe/community.csv"));
    let sheet = sheet.expect("the example has a community");
    let mut lines = sheet.lines().map(|line| line.trim_start_matches('\u{feff}').split(','));
    let mut titles = lines.next().expect("a line of titles");
    let column = titles.position(|title| title == "seed").expect("a column `seed`");
    lines.next().and_then(|mut cells| cells.nth(column)).expect("a seed").to_owned()
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}
