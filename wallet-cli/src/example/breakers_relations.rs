//! This exists to plant what breaks a rule about who is related to whom: who gets money, or is related to
//! who gets it, neither approves nor accepts nor evaluates, and no donation goes back to its donor.

use super::book::Line;
use super::contracts::Contract;
use super::money::{self, LINE_OF_BREAKERS, budget_line, receipt};
use super::performance::evaluation;
use super::stage::{Stage, day, provider};
use super::when::{Date, When};
use linli_ledger::code::Code;

/// The first provider that others are related to.
const FIRST_PROVIDER: u32 = 78;
/// A fund that has no other money yet, and its budget line for this.
const FUND: u32 = 4;
const LINE: u32 = 3;
/// The day before money comes in.
const EARLY: u32 = 7;
/// What the donor gave, in fen.
const GIVEN: u64 = 100_000;

/// Plants all of it.
pub(super) fn plant(stage: &mut Stage<'_>, n: u32) {
    declared(stage, n);
    let number = FIRST_PROVIDER + n;
    provider(stage.world, stage.book, number);
    accepted(stage, n, number);
    evaluated(stage, n, number);
    given_back(stage, n, number);
}

/// A relation that an organisation declares about itself.
fn relation(stage: &Stage<'_>, name: &str, one: &str, organisation: &str, at: When) -> Line {
    Line::new(at)
        .with("code", stage.world.code("GL", name))
        .with("one", one)
        .with("other", organisation)
        .with("kind", "director")
        .with("from", Date(0))
        .with("evidence", format!("申报 {name}"))
        .with("declared_by", organisation)
        .with("declared_at", at)
}

/// What is declared, and who approves in spite of it.
fn declared(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let at = When::at(6 + n, 11, 30);
    let approver = world.officer("一级", 2);
    let contract = stage.greater(100_000, LINE_OF_BREAKERS);
    let provider = world.provider(contract.provider);
    let line = relation(stage, &format!("a{n}"), &approver, &provider, at);
    stage.book.add("relations", line);
    let line =
        stage.advance(&contract, 1).with("approvals", format!("{approver}@{}", day(&contract, 2)));
    stage.book.add("payments", line.refused(Code::RelatedApprover, "a director of the provider"));
    let at = at.plus(5);
    let other = |name: &str| relation(stage, &format!("{name}{n}"), &approver, &provider, at);
    let wrong = [
        (other("b").with("other", &approver), Code::State, "related to oneself"),
        (
            other("c").with("from", Date(5)).with("to", Date(2)),
            Code::TimeOrder,
            "over before it began",
        ),
        (other("d").with("from", Date(40)), Code::TimeWindow, "a day to come"),
        (other("e").with("declared_by", world.donor(1)), Code::Role, "declared by a stranger"),
        (other("f"), Code::Exists, "declared before"),
        (
            other("g").with("kind", "shareholder").with("share_percent", "100.01"),
            Code::AmountRange,
            "more than the whole",
        ),
        (other("h").with("other", "nobody"), Code::RowReference, "an unknown end"),
    ];
    for (line, code, why) in wrong {
        stage.book.add("relations", line.refused(code, why));
    }
}

/// A contract with a provider that others are related to.
fn with(stage: &mut Stage<'_>, number: u32) -> Contract {
    let contract = Contract { provider: number, ..stage.contract() };
    stage.book.add("contracts", contract.row(stage.world));
    contract
}

fn accepted(stage: &mut Stage<'_>, n: u32, number: u32) {
    let world = stage.world;
    let (officer, provider) = (world.officer("验收", 2), world.provider(number));
    let at = When::at(EARLY, 10, 20);
    let line = relation(stage, &format!("p{n}"), &officer, &provider, at);
    stage.book.add("relations", line);
    let contract = with(stage, number);
    let line = contract.acceptance(world, 1, 100, day(&contract, 1));
    let why = "accepted by a director of the provider";
    stage.book.add("acceptances", line.refused(Code::SodAcceptance, why));
}

fn evaluated(stage: &mut Stage<'_>, n: u32, number: u32) {
    let world = stage.world;
    let (evaluator, provider) = (world.code("P", 2), world.provider(number));
    let at = When::at(EARLY, 10, 25);
    let line = relation(stage, &format!("q{n}"), &evaluator, &provider, at).with("kind", "control");
    stage.book.add("relations", line);
    let contract = with(stage, number);
    let line = evaluation(world, &contract, &evaluator, day(&contract, 2));
    let why = "the evaluator controls the provider";
    stage.book.add("evaluations", line.refused(Code::EvaluatorNotIndependent, why));
}

/// A donor's daughter wants to be paid from its donation, when no other money is there.
fn given_back(stage: &mut Stage<'_>, n: u32, number: u32) {
    let world = stage.world;
    let (donor, provider) = (world.donor(2), world.provider(number));
    if n == 0 {
        stage.book.add("budget", budget_line(world, FUND, LINE, GIVEN));
        let code = world.code("SH", 8);
        let row = receipt(world, &code, FUND, GIVEN, &donor, When::at(EARLY, 10, 0))
            .with("class", "designated_donation")
            .with("line", money::line(world, FUND, LINE));
        stage.book.add("bank_receipts", row);
    }
    let at = When::at(EARLY, 10, 30);
    let line = relation(stage, &format!("r{n}"), &donor, &provider, at)
        .with("kind", "shareholder")
        .with("share_percent", "60");
    stage.book.add("relations", line);
    let contract = Contract {
        fund: FUND,
        line: LINE,
        provider: number,
        total: GIVEN,
        advance: 0,
        signed: When::at(EARLY, 15, n),
        milestones: vec![(GIVEN, EARLY + 30)],
        ..stage.contract()
    };
    let line = contract.row(world);
    let why = "a donation goes back to the donor's own company";
    stage.book.add("contracts", line.refused(Code::RelatedBeneficiary, why));
}
