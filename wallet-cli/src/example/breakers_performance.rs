//! This exists to plant what breaks a rule of contracts that are paid by their result.

use super::book::Line;
use super::contracts::Contract;
use super::performance::{evaluation, retained};
use super::stage::{Stage, day, provider};
use super::when::When;
use linli_ledger::code::Code;

/// The first provider of scenes in which a bad score is remembered: each has one of its own.
const FIRST_PROVIDER: u32 = 74;

/// Plants all of it.
pub(super) fn plant(stage: &mut Stage<'_>, n: u32) {
    signed(stage);
    early(stage);
    evaluated(stage);
    blocked(stage, n);
    held_back(stage);
}

/// A contract over a thousand yuan of which a tenth follows an evaluation and a twentieth is held back.
fn linked(stage: &mut Stage<'_>) -> (Contract, Line) {
    let contract = stage.contract();
    let milestones: Vec<_> = [60_000, 25_000]
        .into_iter()
        .zip(&contract.milestones)
        .map(|(n, (_, due))| (n, *due))
        .collect();
    let contract = Contract { milestones, ..contract };
    let line = contract.row(stage.world).with("linked", "100.00").with("retention", "50.00");
    (contract, line)
}

/// All of it delivered and accepted on the second day.
fn delivered(stage: &mut Stage<'_>, contract: &Contract) {
    for milestone in 1..=2 {
        let line = contract.acceptance(stage.world, milestone, 100, day(contract, 1));
        stage.book.add("acceptances", line);
    }
}

/// The row of an evaluation with these indicators.
fn report(stage: &Stage<'_>, contract: &Contract, at: When, indicators: &str) -> Line {
    let evaluator = stage.world.code("P", 1);
    evaluation(stage.world, contract, &evaluator, at)
        .with("indicators", indicators)
        .with("report", format!("评估报告 {}", contract.code))
        .with("submitted_by", evaluator)
        .with("submitted_at", at.plus(120))
}

fn signed(stage: &mut Stage<'_>) {
    let (contract, line) = linked(stage);
    let last = contract.milestones.last().map_or(0, |(_, due)| *due);
    let plain = format!("1000.00@{}", super::when::Date(last));
    let none = line.clone().with("milestones", plain).with("linked", "0.00").with("retention", "0");
    let why = "neither follows a result nor is held back";
    stage.book.add("contracts", none.refused(Code::AmountZero, why));
    let (_, line) = linked(stage);
    let line = line.with("retention", "100.01");
    stage.book.add("contracts", line.refused(Code::RetentionLimit, "more than a tenth held back"));
    let (_, line) = linked(stage);
    let line = line.with("linked", "100.01");
    stage.book.add("contracts", line.refused(Code::MilestoneSum, "the parts are not the whole"));
}

/// Before anything is delivered.
fn early(stage: &mut Stage<'_>) {
    let world = stage.world;
    let (contract, line) = linked(stage);
    stage.book.add("contracts", line);
    let line = report(stage, &contract, day(&contract, 2), "质量@100@80");
    stage.book.add("evaluations", line.refused(Code::NotAccepted, "nothing is accepted yet"));
    for (which, kind, why) in
        [(1, "performance", "nobody has evaluated it"), (2, "retention", "nobody has released it")]
    {
        let line = stage.advance(&contract, which).with("kind", kind);
        stage.book.add("payments", line.refused(Code::NotAccepted, why));
    }
    let both = format!("{};{}", world.officer("采购", 1), world.officer("资金", 2));
    let line = retained(&contract, "release", both, day(&contract, 3));
    let why = "released before it is delivered";
    stage.book.add("retentions", line.refused(Code::RetentionTime, why));
}

fn evaluated(stage: &mut Stage<'_>) {
    let world = stage.world;
    let (contract, line) = linked(stage);
    stage.book.add("contracts", line);
    delivered(stage, &contract);
    let at = day(&contract, 3);
    let itself = world.provider(contract.provider);
    let many = vec!["项@1@80"; 65].join(";");
    let select = |evaluator: &str| evaluation(world, &contract, evaluator, at);
    for (line, code, why) in [
        (select(&itself), Code::EvaluatorNotIndependent, "the provider evaluates itself"),
        (select(&world.office()), Code::EvaluatorNotIndependent, "the purchaser evaluates"),
        (
            select(&world.code("P", 1)).with("selected_by", world.officer("资金", 1)),
            Code::Role,
            "named by who does not buy",
        ),
        (
            report(stage, &contract, at, "质量@100@80").with("submitted_by", world.code("P", 2)),
            Code::Role,
            "another one reports",
        ),
        (report(stage, &contract, at, "质量@60@80;满意@30@80"), Code::Weights, "not all of it"),
        (report(stage, &contract, at, "质量@100@100.01"), Code::ScoreRange, "better than best"),
        (report(stage, &contract, at, &many), Code::TooManyLines, "sixty-five indicators"),
        (report(stage, &contract, at, "质量@高@80"), Code::JsonNumber, "a weight in words"),
    ] {
        stage.book.add("evaluations", line.refused(code, why));
    }
    // Eighty-five of a hundred earn ninety-five of a hundred.
    let line = report(stage, &contract, day(&contract, 5), "质量@60@85;满意@40@85");
    stage.book.add("evaluations", line);
    let line = report(stage, &contract, day(&contract, 6), "质量@100@99");
    stage.book.add("evaluations", line.refused(Code::State, "evaluated before"));
    let line = stage.advance(&contract, 1).with("kind", "performance").with("amount", "95.01");
    let line = line.with("requested_at", day(&contract, 7));
    stage.book.add("payments", line.refused(Code::OverAccepted, "more than the score earns"));
}

/// Who failed signs no such contract again.
fn blocked(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let number = FIRST_PROVIDER + n;
    provider(world, stage.book, number);
    let by_this_one = |stage: &mut Stage<'_>| {
        let (contract, _) = linked(stage);
        let contract = Contract { provider: number, ..contract };
        let line = contract.row(world).with("linked", "100.00").with("retention", "50.00");
        (contract, line)
    };
    let (contract, line) = by_this_one(stage);
    stage.book.add("contracts", line);
    delivered(stage, &contract);
    let line = report(stage, &contract, day(&contract, 4), "质量@100@59.99");
    stage.book.add("evaluations", line);
    let (next, line) = by_this_one(stage);
    let line = line.with("signed_at", next.signed.days(10));
    let why = "the last such contract of it failed";
    stage.book.add("contracts", line.refused(Code::RenewalBlocked, why));
}

fn held_back(stage: &mut Stage<'_>) {
    let world = stage.world;
    let (contract, line) = linked(stage);
    delivered(stage, &contract);
    let both = format!("{};{}", world.officer("采购", 1), world.officer("资金", 2));
    let line = line.with("closed_by", &both).with("closed_at", day(&contract, 5));
    let why = "closed while it holds back what is the provider's";
    stage.book.add("contracts", line.refused(Code::CloseBlocked, why));
    let release = |by: &str| retained(&contract, "release", by, day(&contract, 20));
    let finding = |by: &str| {
        retained(&contract, "finding", world.officer(by, 1), day(&contract, 21))
            .with("finding", "巡查记录")
    };
    for (line, code, why) in [
        (release(&both), Code::RetentionTime, "released before its time"),
        (release(&world.officer("采购", 1)), Code::Cosign, "released by one officer"),
        (finding("一级"), Code::Role, "found by who may not"),
        (finding("供方兼审"), Code::RelatedApprover, "found by the provider"),
        (finding("审计").with("finding", ""), Code::RowEmpty, "a finding of nothing"),
    ] {
        stage.book.add("retentions", line.refused(code, why));
    }
    let contract = stage.signed();
    let line = retained(&contract, "release", &both, day(&contract, 3));
    stage.book.add("retentions", line.refused(Code::State, "nothing is held back"));
}
