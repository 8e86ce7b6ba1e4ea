//! This exists to plant what breaks a rule of money that comes back: from the bank, by a mirror image,
//! from a provider.

use super::book::Line;
use super::contracts::{confirmed, failed};
use super::performance::{bank_return, order, refund, reversal};
use super::stage::{Stage, day};
use super::when::Date;
use linli_ledger::code::Code;

/// What the scenes pay, in fen.
const PAID: u64 = 10_000;

/// Plants all of it.
pub(super) fn plant(stage: &mut Stage<'_>, n: u32) {
    bank(stage, n);
    mirrored(stage, n);
    ordered(stage);
    paid_back(stage);
}

/// What the bank says of a payment that came back.
fn bank(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let contract = stage.signed();
    let before = stage.paid(&contract, 1);
    let contract = stage.signed();
    let instruction = stage.paid(&contract, 1);
    let mut wrong = |change: &dyn Fn(Line) -> Line, code: Code, why: &'static str| {
        let line = bank_return(world, &instruction, PAID, day(&contract, 8));
        stage.book.add("bank_returns", change(line).refused(code, why));
    };
    wrong(&|line| line.with("amount", "100.01"), Code::BankAmount, "more than was paid");
    wrong(&|line| line.with("amount", "0.00"), Code::AmountZero, "nothing came back");
    wrong(&|line| line.with("bank", world.office()), Code::BankKey, "said by who is no bank");
    wrong(
        &|line| line.with("reference", format!("流水 {before}")),
        Code::BankReferenceDuplicate,
        "a reference used before",
    );
    wrong(
        &|line| line.with("value_date", Date(contract.signed.day() + 2)),
        Code::TimeWindow,
        "back before it was paid",
    );
    wrong(
        &|line| line.with("instruction", format!("支付 Y-{n}")),
        Code::NotFound,
        "of no instruction",
    );
    let line = bank_return(world, &instruction, PAID, day(&contract, 9));
    let again = line.clone().with("reference", format!("退汇 {instruction} 二"));
    stage.book.add("bank_returns", line);
    let again = again.with("at", day(&contract, 10));
    stage.book.add("bank_returns", again.refused(Code::AlreadyResolved, "it all came back before"));
    let contract = stage.signed();
    let line = stage.instructed(&contract, 1);
    stage.book.add("payments", line);
    let instruction = stage.payment(&contract, 1);
    stage.book.add("bank_confirmations", failed(world, &instruction, day(&contract, 6)));
    let line = bank_return(world, &instruction, PAID, day(&contract, 8));
    stage.book.add("bank_returns", line.refused(Code::State, "it was never paid"));
    // The provider was quicker.
    let contract = stage.signed();
    let instruction = stage.paid(&contract, 1);
    stage.book.add("clawbacks", order(world, &contract, PAID, day(&contract, 7)));
    stage.book.add("refunds", refund(world, &contract, 1, PAID, day(&contract, 9)));
    let line = bank_return(world, &instruction, PAID, day(&contract, 10));
    stage.book.add("bank_returns", line.refused(Code::SegmentMoved, "the provider paid it back"));
}

/// Mirror images of payments.
fn mirrored(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let contract = stage.signed();
    let line = stage.advance(&contract, 1);
    stage.book.add("payments", line);
    let line = reversal(world, &stage.payment(&contract, 1), day(&contract, 5));
    stage.book.add("reversals", line.refused(Code::State, "it is not even approved"));
    let contract = stage.signed();
    let instruction = stage.paid(&contract, 1);
    let good = reversal(world, &instruction, day(&contract, 7));
    let name = format!("冲正 {instruction}");
    let pair = format!("{};{}", world.officer("资金", 2), world.officer("一级", 2));
    let other = |name: &str| {
        reversal(world, &instruction, day(&contract, 8))
            .with("code", format!("冲正 {instruction} {name}"))
    };
    for (line, code, why) in [
        (other("a").with("signed_by", pair), Code::BankKey, "no bank says so"),
        (other("b"), Code::AlreadyReversed, "mirrored before"),
        (other("c").with("payment", &name), Code::ReversalOfReversal, "a mirror image mirrored"),
        (other("d").with("payment", "FK-none"), Code::RowReference, "an unknown payment"),
    ] {
        stage.book.add("reversals", line.refused(code, why));
    }
    stage.book.add("reversals", good);
    let line = confirmed(world, &contract, &instruction, PAID, day(&contract, 9));
    stage.book.add("bank_confirmations", line);
    let contract = stage.signed();
    let instruction = stage.paid(&contract, 1);
    let part = 4_000 + u64::from(n);
    let line = bank_return(world, &instruction, part, day(&contract, 8));
    stage.book.add("bank_returns", line);
    let line = reversal(world, &instruction, day(&contract, 9));
    stage.book.add("reversals", line.refused(Code::SegmentMoved, "the bank returned some of it"));
}

/// Claims.
fn ordered(stage: &mut Stage<'_>) {
    let world = stage.world;
    let contract = stage.signed();
    stage.paid(&contract, 1);
    let line = |name: &str| {
        order(world, &contract, PAID, day(&contract, 8))
            .with("code", format!("追回 {} {name}", contract.code))
    };
    for (line, code, why) in [
        (line("a").with("amount", "100.01"), Code::RefundExceeds, "more than it was paid"),
        (line("b").with("amount", "0.00"), Code::AmountZero, "nothing is claimed"),
        (line("c").with("ordered_by", world.officer("资金", 1)), Code::Role, "by who may not"),
        (
            line("d").with("ordered_by", world.officer("供方兼审", 1)),
            Code::RelatedApprover,
            "the provider claims from itself",
        ),
        (line("e").with("contract", "HT-none"), Code::RowReference, "an unknown contract"),
    ] {
        stage.book.add("clawbacks", line.refused(code, why));
    }
}

/// What comes back of a claim.
fn paid_back(stage: &mut Stage<'_>) {
    let world = stage.world;
    let contract = stage.signed();
    let instruction = stage.paid(&contract, 1);
    stage.book.add("clawbacks", order(world, &contract, PAID, day(&contract, 8)));
    let line = |part: u32| refund(world, &contract, part, PAID, day(&contract, 10));
    for (line, code, why) in [
        (line(2).with("amount", "100.01"), Code::RefundExceeds, "more than was claimed"),
        (line(3).with("account", "别的账户"), Code::PayeeMismatch, "into another account"),
        (line(4).with("bank", world.office()), Code::BankKey, "said by who is no bank"),
        (
            line(5).with("value_date", Date(contract.signed.day() + 7)),
            Code::TimeWindow,
            "before it was claimed",
        ),
        (
            line(6).with("reference", format!("流水 {instruction}")),
            Code::BankReferenceDuplicate,
            "a reference used before",
        ),
        (line(7).with("order", "追回 none"), Code::RowReference, "an unknown claim"),
    ] {
        stage.book.add("refunds", line.refused(code, why));
    }
    let at = day(&contract, 11);
    stage.book.add("refunds", line(1).with("value_date", Date(at.day())).with("at", at));
}
