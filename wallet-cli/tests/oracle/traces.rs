//! This exists to compare what `linli trace` tells of a year with an independent recomputation from the
//! movements of its chain: payments back to their sources, sources on to where their fen lie now.

use super::{Account, Places, Run, Step, joined, last_out_of, touching};
use linli_contracts::fund::FundAccount;
use linli_ledger::frame::Frame;
use linli_ledger::hash::{Digest, to_hex};
use linli_ledger::posting::Quantity;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::replay::Replay;
use linli_ledger::types::{OrganisationId, RecordId, TransactionId, derive_identifier};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Payments that are compared, and of their sources how many.
const CHOSEN: usize = 3;
const SOURCES: usize = 2;

fn trace(what: &str, ledger: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_linli"))
        .args(["trace", what, "--lang", "en", "-o", "json", "--dir"])
        .arg(ledger)
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// What the ledger tells of some payments or sources: each reads the whole chain, so all at a time.
fn traces<T: ToString + Sync>(all: &[T], ledger: &Path) -> Vec<Value> {
    std::thread::scope(|scope| {
        let tell = |what: &T| {
            let what = what.to_string();
            scope.spawn(move || trace(&what, ledger))
        };
        let running: Vec<_> = all.iter().map(tell).collect();
        running.into_iter().map(|one| one.join().expect("a trace ends")).collect()
    })
}

/// Rows of a table, by the column that names them.
fn table(folder: &Path, file: &str, key: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut rows = BTreeMap::new();
    for record in reader.records().filter_map(Result::ok) {
        let cells = headers.iter().cloned().zip(record.iter().map(str::to_owned));
        let row: BTreeMap<String, String> = cells.collect();
        rows.entry(row[key].clone()).or_insert(row);
    }
    rows
}

/// Every movement of fen in a chain that was accepted, in order.
fn movements(ledger: &Path) -> Vec<Step> {
    let rulebook = linli_contracts::rulebook();
    let mut steps = Vec::new();
    let mut replay: Option<Replay<'_>> = None;
    for file in linli_verify::chain::files(ledger).unwrap() {
        let bytes = fs::read(file).unwrap();
        let mut rest = bytes.as_slice();
        while let Some(frame) = Frame::take(&mut rest).unwrap() {
            match &mut replay {
                None => replay = Some(Replay::begin(&frame, None, &rulebook).unwrap()),
                Some(replay) => {
                    replay.frame(frame).unwrap().iter().for_each(|r| note(r, &mut steps));
                }
            }
        }
    }
    steps
}

fn note(receipt: &Receipt, steps: &mut Vec<Step>) {
    let transaction = match receipt.subject {
        Subject::Transaction(id) => Some(*id.0.bytes()),
        Subject::Due(_) | Subject::Recovery(_) => None,
    };
    for movement in &receipt.movements {
        let Quantity::Fen(segments) = &movement.quantity else { continue };
        let runs = segments.iter().map(|segment| Run {
            source: segment.source.0,
            start: segment.start,
            end: segment.start + segment.length,
        });
        let (from, to) = (movement.from.0, movement.to.0);
        steps.push(Step { transaction, from, to, runs: runs.collect() });
    }
}

/// What the office calls things, read from its tables and from the names beside the chain.
struct Office {
    tables: BTreeMap<&'static str, BTreeMap<String, BTreeMap<String, String>>>,
    /// Identifiers in hexadecimal digits, by name.
    identifiers: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
    /// What lies where, and whose it is.
    accounts: BTreeMap<Account, (&'static str, String)>,
}

fn bytes(hex: &str) -> [u8; 32] {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    std::array::from_fn(|byte| digit(byte * 2))
}

impl Office {
    fn read(folder: &Path) -> Self {
        let tables = [
            ("funds", "code"),
            ("organisations", "code"),
            ("contracts", "code"),
            ("payments", "code"),
            ("bank_receipts", "code"),
            ("bank_confirmations", "instruction"),
        ];
        let tables = tables.map(|(name, key)| (name, table(folder, &format!("{name}.csv"), key)));
        let text = fs::read_to_string(folder.join("ledger/names.json")).unwrap();
        let names: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
        let identifiers = names.iter().map(|(hex, name)| (name.clone(), hex.clone())).collect();
        let mut office = Self {
            tables: tables.into_iter().collect(),
            identifiers,
            names,
            accounts: BTreeMap::new(),
        };
        office.accounts = office.accounts();
        office
    }

    fn cell(&self, table: &str, row: &str, column: &str) -> String {
        self.tables[table][row][column].clone()
    }

    fn record(&self, code: &str) -> Option<RecordId> {
        self.identifiers.get(code).map(|hex| RecordId(bytes(hex)))
    }

    fn provider(&self, contract: &str) -> String {
        self.cell("organisations", &self.cell("contracts", contract, "provider"), "name")
    }

    fn accounts(&self) -> BTreeMap<Account, (&'static str, String)> {
        let mut accounts = BTreeMap::new();
        let mut add = |account: FundAccount, what: &'static str, whose: &str| {
            accounts.insert(account.key().id().0, (what, whose.to_owned()));
        };
        for code in self.tables["funds"].keys() {
            let Some(id) = self.record(code) else { continue };
            add(FundAccount::Available(id), "free in fund", code);
            add(FundAccount::Suspense(id), "of unknown origin", code);
            add(FundAccount::Lapsed(id), "lapsed in fund", code);
            add(FundAccount::Returned(id), "sent back from fund", code);
        }
        for code in self.tables["contracts"].keys() {
            let Some(contract) = self.record(code) else { continue };
            add(FundAccount::Committed(contract), "committed to contract", code);
            add(FundAccount::Retained(contract), "held back from contract", code);
            let name = self.provider(code);
            let provider = OrganisationId(bytes(&self.identifiers[&name]));
            let whose = format!("{name} · {code}");
            add(FundAccount::Payee { provider, contract }, "paid to", &whose);
        }
        for code in self.tables["payments"].keys() {
            let Some(id) = self.record(code) else { continue };
            add(FundAccount::Reserved(id), "reserved for payment", code);
            add(FundAccount::InFlight(id), "in flight for payment", code);
        }
        accounts
    }

    /// What was issued as the source of a number, by the code of its row.
    fn sources(&self, steps: &[Step]) -> BTreeMap<u32, String> {
        let mut sources = BTreeMap::new();
        for step in steps {
            let Some(transaction) = step.transaction else { continue };
            let id = TransactionId(Digest::Blake3(transaction));
            let earmark = to_hex(&derive_identifier(&id, 0));
            let name = self.names.get(&earmark);
            let name = name.filter(|name| self.tables["bank_receipts"].contains_key(*name));
            for (run, name) in step.runs.iter().zip(name) {
                sources.entry(run.source).or_insert_with(|| name.clone());
            }
        }
        sources
    }
}

/// Words for what stands in the tables.
fn word(cell: &str) -> &'static str {
    match cell {
        "fiscal" => "fiscal appropriation",
        "incentive" => "incentive grant",
        "foundation" => "foundation grant",
        "designated_donation" => "designated donation",
        "social_capital" => "social capital",
        "undesignated_donation" => "undesignated donation",
        "bank" => "the bank",
        "connector" => "the bank's connector",
        "two_clerks" => "two clerks only",
        other => panic!("no word for {other}"),
    }
}

/// Which fen a payment paid: those that left for the payee when the bank said so.
fn paid(office: &Office, steps: &[Step], payment: &str) -> Option<Vec<Run>> {
    let in_flight = FundAccount::InFlight(office.record(payment)?).key().id().0;
    let out = last_out_of(steps, &in_flight)?;
    let (what, _) = office.accounts.get(&out.to)?;
    (*what == "paid to").then(|| joined(out.runs.iter().copied()))
}

/// Whether all of a run lies with a payee.
fn rests(office: &Office, places: &Places, run: &Run) -> bool {
    let lie = places.of_source(run.source).into_iter();
    let mut over = lie.filter(|(place, _)| place.meets(run));
    over.all(|(_, account)| {
        office.accounts.get(&account).is_some_and(|(what, _)| *what == "paid to")
    })
}

/// The payment as `linli trace` should tell it.
fn backward(office: &Office, steps: &[Step], payment: &str) -> Result<Value, String> {
    let places = Places::after(steps)?;
    let runs = paid(office, steps, payment).ok_or("it was not paid")?;
    if !runs.iter().all(|run| rests(office, &places, run)) {
        return Err("not all of it lies with a payee".to_owned());
    }
    let contract = office.cell("payments", payment, "contract");
    let fund = office.cell("contracts", &contract, "fund");
    let known = office.sources(steps);
    let numbers: BTreeSet<u32> = runs.iter().map(|run| run.source).collect();
    let sum = |runs: &[&Run]| runs.iter().map(|run| run.end - run.start).sum::<u64>().to_string();
    let mut sources = Vec::new();
    for number in numbers {
        let own: Vec<&Run> = runs.iter().filter(|run| run.source == number).collect();
        let code = known.get(&number).ok_or_else(|| format!("source {number} has no row"))?;
        let cell = |column| office.cell("bank_receipts", code, column);
        let segment = |run: &&Run| {
            let (start, length) = (run.start, run.end - run.start);
            json!({ "start": start.to_string(), "length": length.to_string() })
        };
        sources.push(json!({
            "source": code,
            "number": number.to_string(),
            "donor": office.cell("organisations", &cell("donor"), "name"),
            "class": word(&cell("class")),
            "attested_by": word(&cell("level")),
            "amount_fen": sum(&own),
            "segments": own.iter().map(segment).collect::<Vec<_>>(),
        }));
    }
    Ok(json!({
        "payment": payment,
        "id": office.identifiers[payment],
        "state": "confirmed",
        "amount_fen": sum(&runs.iter().collect::<Vec<_>>()),
        "payee": office.provider(&contract),
        "contract": contract,
        "fund": office.cell("funds", &fund, "name"),
        "sources": sources,
    }))
}

/// The source as `linli trace` should tell it.
fn forward(office: &Office, steps: &[Step], number: u32) -> Result<Value, String> {
    let places = Places::after(steps)?;
    let known = office.sources(steps);
    let code = known.get(&number).ok_or_else(|| format!("source {number} has no row"))?;
    let mut told = Vec::new();
    for (run, account) in places.of_source(number) {
        let (what, whose) = office.accounts.get(&account).ok_or("an account without a name")?;
        told.push(json!({
            "start": run.start.to_string(),
            "length": (run.end - run.start).to_string(),
            "where": what,
            "whose": whose,
        }));
    }
    Ok(json!({
        "source": code,
        "number": number.to_string(),
        "amount_fen": places.issued(number).to_string(),
        "places": told,
    }))
}

/// A trace with neighbours in one place joined: the ledger may keep them apart, since their purposes differ.
fn with_joined_places(mut trace: Value) -> Value {
    let mut joined: Vec<Value> = Vec::new();
    let number = |value: &Value, key: &str| value[key].as_str().unwrap().parse::<u64>().unwrap();
    for place in trace["places"].as_array().unwrap() {
        let last = joined
            .last_mut()
            .filter(|last| (&last["where"], &last["whose"]) == (&place["where"], &place["whose"]));
        match last {
            Some(last) => {
                let length = number(last, "length") + number(place, "length");
                last["length"] = length.to_string().into();
            }
            None => joined.push(place.clone()),
        }
    }
    trace["places"] = joined.into();
    trace
}

/// Numbers from a seed: enough to choose by.
fn draw(seed: &mut u64, limit: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % limit
}

/// Payments that the bank paid and of which nothing came back, with the fen of each.
fn settled(office: &Office, steps: &[Step]) -> BTreeMap<String, Vec<Run>> {
    let places = Places::after(steps).unwrap();
    let known = office.sources(steps);
    let paid = office.tables["payments"].keys().filter_map(|payment| {
        let runs = paid(office, steps, payment)?;
        let told =
            runs.iter().all(|run| rests(office, &places, run) && known.contains_key(&run.source));
        told.then(|| (payment.clone(), runs))
    });
    paid.collect()
}

/// Three payments: the one that draws on most sources, and others by the seed.
fn chosen(settled: &BTreeMap<String, Vec<Run>>, seed: &mut u64) -> Vec<String> {
    let sources = |runs: &[Run]| runs.iter().map(|run| run.source).collect::<BTreeSet<_>>().len();
    let most = settled.iter().max_by_key(|(_, runs)| sources(runs)).unwrap();
    let mut chosen = vec![most.0.clone()];
    let all: Vec<&String> = settled.keys().collect();
    while chosen.len() < CHOSEN {
        let payment = all[draw(seed, all.len())];
        if !chosen.contains(payment) {
            chosen.push(payment.clone());
        }
    }
    chosen
}

/// The steps with one of them dropped, sent elsewhere, or without the first of these fen that it moves.
fn twins(steps: &[Step], position: usize, own: &[Run]) -> [Vec<Step>; 3] {
    let mut dropped = steps.to_vec();
    dropped.remove(position);
    let mut elsewhere = steps.to_vec();
    elsewhere[position].to = [7; 32];
    let mut short = steps.to_vec();
    short[position].runs = one_fen_less(&steps[position].runs, own);
    [dropped, elsewhere, short]
}

/// The runs without the first fen that is one of these.
fn one_fen_less(runs: &[Run], own: &[Run]) -> Vec<Run> {
    let mut less = runs.to_vec();
    let common = |run: &Run| own.iter().find(|other| run.meets(other)).copied();
    let meeting = less.iter().enumerate().find_map(|(at, run)| Some((at, *run, common(run)?)));
    let (at, run, other) = meeting.expect("it moves some of these fen");
    let fen = run.start.max(other.start);
    less.splice(at..=at, [Run { end: fen, ..run }, Run { start: fen + 1, ..run }]);
    less.retain(|run| run.start < run.end);
    less
}

/// Compares the traces of a year whose ledger lies in `folder/ledger`.
pub(crate) fn check(folder: &Path, mut seed: u64) {
    let ledger = folder.join("ledger");
    let steps = movements(&ledger);
    let office = Office::read(folder);
    let settled = settled(&office, &steps);
    assert!(settled.len() > 20, "{} payments to choose from", settled.len());
    let payments = chosen(&settled, &mut seed);
    let (mut sources, mut noticed) = (Vec::new(), 0);
    for (payment, told) in payments.iter().zip(traces(&payments, &ledger)) {
        let runs = &settled[payment];
        assert_eq!(backward(&office, &steps, payment).as_ref(), Ok(&told), "{payment}");
        sources.extend(runs.iter().map(|run| run.source));
        // Whatever one of its movements had been instead, the oracle would have told something else.
        for position in touching(&steps, runs) {
            for twin in twins(&steps, position, runs) {
                let other = backward(&office, &twin, payment);
                assert_ne!(other.as_ref(), Ok(&told), "{payment}, step {position}");
                noticed += 1;
            }
        }
    }
    assert!(noticed >= CHOSEN * 3 * 4, "{noticed} twins: issued, committed, reserved, sent, paid");
    sources.dedup();
    sources.truncate(SOURCES);
    for (number, told) in sources.iter().zip(traces(&sources, &ledger)) {
        let told = with_joined_places(told);
        assert_eq!(forward(&office, &steps, *number).as_ref(), Ok(&told), "source {number}");
        let whole = [Run { source: *number, start: 0, end: u64::MAX }];
        let touched = touching(&steps, &whole);
        for position in [touched.first(), touched.last()].into_iter().flatten() {
            for twin in twins(&steps, *position, &whole) {
                let other = forward(&office, &twin, *number);
                assert_ne!(other.as_ref(), Ok(&told), "source {number}, step {position}");
            }
        }
    }
}
