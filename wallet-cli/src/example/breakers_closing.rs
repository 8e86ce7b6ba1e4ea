//! This exists to plant what breaks a rule of freezes and of the end of a year.

use super::closing::{DAY, closed_at, closing, to_treasury};
use super::grants::{credited, sent_back};
use super::money::{POOL, receipt};
use super::performance::{FUND, freeze};
use super::stage::{Stage, day};
use super::when::{Date, When, working};
use linli_ledger::code::Code;

/// Plants all of it.
pub(super) fn plant(stage: &mut Stage<'_>, n: u32) {
    frozen(stage);
    closings(stage, n);
    closed(stage, n);
}

fn frozen(stage: &mut Stage<'_>) {
    let world = stage.world;
    let contract = stage.signed();
    let freeze = |days: u32| freeze(world, &contract.code, "contract", day(&contract, days));
    let line = freeze(3)
        .with("lifted_order", format!("解除冻结 {}", contract.code))
        .with("lifted_by", world.officer("监管", 1))
        .with("lifted_at", day(&contract, 9));
    stage.book.add("freezes", line);
    let line = stage.instructed(&contract, 1).with("instructed_at", day(&contract, 4));
    stage.book.add("payments", line.refused(Code::Frozen, "paid from a contract that is frozen"));
    for (line, code, why) in [
        (freeze(5).with("frozen_by", world.officer("审计", 1)), Code::Role, "by who may not"),
        (freeze(6), Code::State, "frozen before"),
        (freeze(6).with("kind", "resident"), Code::RowChoice, "nobody freezes a person"),
        (freeze(6).with("record", "HT-none"), Code::RowReference, "an unknown contract"),
    ] {
        stage.book.add("freezes", line.refused(code, why));
    }
}

fn closings(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let number = 3 + n;
    let early = closing(world, number, When::at(working(360), 10, n));
    stage.book.add("closings", early.refused(Code::TimeWindow, "closed before it is over"));
    let at = When::at(working(DAY), 12, n);
    let again = When::at(closed_at(number).day() + 1, 12, n);
    let by = |names: &[&str]| {
        let signers: Vec<_> = names.iter().map(|name| world.officer(name, 1)).collect();
        closing(world, number, at).with("signed_by", signers.join(";"))
    };
    for (line, code, why) in [
        (by(&["资金", "二级", "审计"]), Code::ApproverLevel, "nobody of the third level"),
        (by(&["资金", "三级", "三级兼审"]), Code::DuplicateApprover, "two of them are one person"),
        (by(&["资金", "三级"]), Code::Cosign, "without an auditor"),
        (closing(world, number, at), Code::CloseBlocked, "money of unknown origin is left"),
        (closing(world, number, again), Code::Exists, "closed before"),
        (
            closing(world, number, again).with("year", 2027),
            Code::TimeWindow,
            "a year that has just begun",
        ),
    ] {
        stage.book.add("closings", line.refused(code, why));
    }
    let code = world.code("DC", format!("z{n}"));
    stage
        .book
        .add("suspense", credited(world, &code, number, 70_000, When::at(working(350), 13, n)));
    stage.book.add("suspense_returns", sent_back(world, &code, When::at(working(DAY + 1), 12, n)));
}

/// After the books are closed.
fn closed(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let at = When::at(working(DAY + 40 + n), 11, n);
    let code = world.code("SH", format!("z{n}"));
    let line = receipt(world, &code, POOL, 10_000, &world.donor(1), at);
    let line = line.with("value_date", Date(360));
    let why = "dated in a year that is closed";
    stage.book.add("bank_receipts", line.refused(Code::PeriodClosed, why));
    let back = |which: u32| to_treasury(world, FUND, 100, 2 + n * 10 + which, at);
    for (line, code, why) in [
        (back(1).with("amount", "9000000.00"), Code::InsufficientCompatible, "more than lapsed"),
        (back(2).with("value_date", Date(360)), Code::PeriodClosed, why),
        (back(3).with("value_date", Date(at.day() + 2)), Code::TimeWindow, "a day to come"),
        (
            back(4).with("reference", format!("上缴 {}-1", super::money::fund(world, FUND))),
            Code::BankReferenceDuplicate,
            "a reference used before",
        ),
    ] {
        stage.book.add("treasury_returns", line.refused(code, why));
    }
}
