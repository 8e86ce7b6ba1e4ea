//! This exists to invent contracts that are paid by their result: a third party evaluates them, a part of
//! the price follows its score, another is held back; and what goes wrong on the way is put right: the
//! bank returns money, a confirmation is reversed, an auditor claims money back.

use super::book::{Book, Line};
use super::contracts::Contract;
use super::money;
use super::payments::{For, Payments};
use super::random::Random;
use super::rewards::yuan;
use super::stage::provider;
use super::when::{Date, When, working};
use super::world::World;
use linli_contracts::fund::{Indicator, factor_bp, score_bp};

/// The fund that buys them, and its budget line for them.
pub(super) const FUND: u32 = 1;
pub(super) const LINE: u32 = 2;
/// The number of the first of them, behind those of all other contracts, and of its provider.
const FIRST: u32 = 40;
const FIRST_PROVIDER: u32 = 60;
/// Days that a retention waits.
const RETENTION_DAYS: u32 = 90;

/// A contract of which a part follows an evaluation and a part is held back.
#[derive(Clone, Debug)]
pub(super) struct Linked {
    pub(super) contract: Contract,
    /// Which of them, from 0.
    which: u32,
    /// The part that follows the evaluation.
    by_result: u64,
    /// The part that is held back.
    retention: u64,
}

/// The contracts of a year: three instalments of a quarter each, a fifth that follows the evaluation, a
/// twentieth that is held back.
pub(super) fn invent(world: &World) -> Vec<Linked> {
    let mut random = world.random("performance");
    let contracts = (0..world.share(12, 2)).map(|which| {
        let total = u64::from(random.between(200, 400)) * 10_000;
        let number = FIRST + which;
        let signed = When::at(working(30 + which), 9, number);
        let due = |milestone: u32| working(signed.day() + milestone * 20);
        Linked {
            contract: Contract {
                code: world.code("HT", number),
                number,
                fund: FUND,
                line: LINE,
                provider: FIRST_PROVIDER + which,
                total,
                advance: total / 10,
                signed,
                milestones: (1..=3).map(|milestone| (total / 4, due(milestone))).collect(),
                place: world.community(1 + which % world.communities),
            },
            which,
            by_result: total / 5,
            retention: total / 20,
        }
    });
    contracts.collect()
}

/// The year of one of them.
pub(super) fn fulfil(world: &World, linked: &Linked, book: &mut Book) {
    let Linked { contract, which, retention, .. } = linked;
    let mut random = world.random(&format!("performance {which}"));
    provider(world, book, contract.provider);
    let mut payments = Payments::new(world, contract);
    payments.pay(For::Advance, contract.advance, contract.signed.day() + 2, false, book);
    let mut accepted = 0;
    for (milestone, (amount, due)) in (1..).zip(&contract.milestones) {
        let submitted = When::at(due - 3, 15, random.below(58));
        book.add("acceptances", contract.acceptance(world, milestone, 100, submitted));
        accepted = submitted.day() + 1;
        match milestone {
            1 => returned(world, linked, &mut payments, *amount, accepted, book),
            2 => reversed(world, linked, &mut payments, *amount, accepted, book),
            // What was paid in advance.
            _ => {
                let rest = amount - contract.advance;
                payments.pay(For::Milestone(milestone), rest, accepted + 1, false, book);
            }
        }
    }
    let earned = evaluated(world, linked, &mut random, payments.free.day() + 2, book);
    payments.pay(For::Performance, earned, payments.free.day() + 8, false, book);
    let mut waits_from = accepted;
    if which % 2 == 1 {
        let at = When::at(working(payments.free.day() + 3), 14, contract.number);
        waits_from = at.day();
        let by = world.officer(if which % 4 == 1 { "审计" } else { "监管" }, 1);
        let row = retained(contract, "finding", by, at);
        book.add("retentions", row.with("finding", format!("整改通知 {}", contract.code)));
    } else if which.is_multiple_of(4) {
        frozen(world, contract, payments.free.day() + 3, book);
    }
    let both = format!("{};{}", world.officer("采购", 1), world.officer("资金", 2));
    let released = When::at(working(waits_from + RETENTION_DAYS + 2), 14, contract.number);
    book.add("retentions", retained(contract, "release", &both, released));
    payments.pay(For::Retention, *retention, released.day() + 1, false, book);
    let last = claimed_back(world, linked, payments.free.day() + 5, book);
    let mut row = contract
        .row(world)
        .with("linked", yuan(linked.by_result))
        .with("retention", yuan(*retention));
    if which.is_multiple_of(3) {
        let at = When::at(working(last + 5), 16, contract.number);
        row = row.with("closed_by", both).with("closed_at", at);
    }
    book.add("contracts", row);
}

/// Paid, and credited again by the bank: all of it, or a part. What came back is paid once more.
fn returned(
    world: &World,
    linked: &Linked,
    payments: &mut Payments<'_>,
    amount: u64,
    day: u32,
    book: &mut Book,
) {
    let is_whole = linked.which.is_multiple_of(2);
    let wanted = payments.next(For::Milestone(1), amount);
    payments.instruct(&wanted, day + 1, !is_whole, book);
    payments.confirm(&wanted, book);
    let back = if is_whole { amount } else { amount / 500 * 100 };
    payments.free = When::at(working(payments.free.day() + 2), 9, linked.contract.number);
    book.add("bank_returns", bank_return(world, &wanted.instruction(), back, payments.free));
    payments.pay(For::Milestone(1), back, payments.free.day() + 1, false, book);
}

/// The row of what the bank had to credit again.
pub(super) fn bank_return(world: &World, instruction: &str, amount: u64, at: When) -> Line {
    Line::new(at)
        .with("instruction", instruction)
        .with("amount", yuan(amount))
        .with("reference", format!("退汇 {instruction}"))
        .with("value_date", Date(at.day()))
        .with("receipt", format!("退汇回单 {instruction}"))
        .with("bank", world.bank())
        .with("at", at)
}

/// Confirmed by mistake: mirrored, and then the bank says what really happened.
fn reversed(
    world: &World,
    linked: &Linked,
    payments: &mut Payments<'_>,
    amount: u64,
    day: u32,
    book: &mut Book,
) {
    let was_paid = linked.which.is_multiple_of(2);
    let mut wanted = payments.next(For::Milestone(2), amount);
    payments.instruct(&wanted, day + 1, was_paid, book);
    payments.confirm(&wanted, book);
    payments.free = When::at(working(payments.free.day() + 1), 16, linked.contract.number);
    book.add("reversals", reversal(world, &wanted.code, payments.free));
    if was_paid {
        payments.confirm(&wanted, book);
    } else {
        payments.fail(&wanted, book);
        wanted = wanted.again();
        payments.instruct(&wanted, payments.free.day() + 1, true, book);
        payments.confirm(&wanted, book);
    }
}

/// The row of a payment's mirror image.
pub(super) fn reversal(world: &World, payment: &str, at: When) -> Line {
    Line::new(at)
        .with("code", format!("冲正 {payment}"))
        .with("payment", payment)
        .with("reason", format!("冲正说明 {payment}"))
        .with("signed_by", three(world))
        .with("at", at)
}

/// Administrator, approver and bank.
pub(super) fn three(world: &World) -> String {
    format!("{};{};{}", world.officer("资金", 2), world.officer("一级", 2), world.bank())
}

/// A third party reports. Returns what of the linked part it earns, in fen.
fn evaluated(
    world: &World,
    linked: &Linked,
    random: &mut Random,
    day: u32,
    book: &mut Book,
) -> u64 {
    let Linked { contract, which, .. } = linked;
    let parts = [("服务质量", 4_000), ("按期完成", 3_000), ("居民满意度", 3_000)];
    let indicators = parts.map(|(name, weight_bp)| Indicator {
        name: name.to_owned(),
        weight_bp,
        score_bp: random.between(6_200, 9_900),
    });
    let text = indicators.each_ref().map(|indicator| {
        let Indicator { name, weight_bp, score_bp } = indicator;
        format!("{name}@{}@{}", yuan((*weight_bp).into()), yuan((*score_bp).into()))
    });
    let selected = When::at(working(day), 10, contract.number);
    let submitted = When::at(working(day + 4), 10, contract.number);
    let evaluator = world.code("P", 1 + which % 2);
    let row = evaluation(world, contract, &evaluator, selected)
        .with("indicators", text.join(";"))
        .with("report", format!("评估报告 {}", contract.code))
        .with("submitted_by", evaluator)
        .with("submitted_at", submitted);
    book.add("evaluations", row);
    let factor = factor_bp(score_bp(&indicators)).unwrap_or(0);
    linked.by_result * u64::from(factor) / 10_000
}

/// The row that names who evaluates.
pub(super) fn evaluation(world: &World, contract: &Contract, evaluator: &str, at: When) -> Line {
    Line::new(at)
        .with("contract", &contract.code)
        .with("evaluator", evaluator)
        .with("selected_by", world.officer("采购", 1))
        .with("selected_at", at)
}

/// The row of a step about what is held back.
pub(super) fn retained(
    contract: &Contract,
    act: &str,
    by: impl std::fmt::Display,
    at: When,
) -> Line {
    Line::new(at).with("contract", &contract.code).with("act", act).with("by", by).with("at", at)
}

/// The regulator stops a contract for a week in which nothing is due.
fn frozen(world: &World, contract: &Contract, day: u32, book: &mut Book) {
    let at = When::at(working(day), 11, contract.number);
    let row = freeze(world, &contract.code, "contract", at)
        .with("lifted_order", format!("解除冻结 {}", contract.code))
        .with("lifted_by", world.officer("监管", 1))
        .with("lifted_at", at.days(7));
    book.add("freezes", row);
}

/// The row of a freeze.
pub(super) fn freeze(world: &World, record: &str, kind: &str, at: When) -> Line {
    Line::new(at)
        .with("record", record)
        .with("kind", kind)
        .with("order", format!("冻结 {record}"))
        .with("frozen_by", world.officer("监管", 1))
        .with("frozen_at", at)
}

/// A twentieth is claimed back, and comes back in two parts: the fen paid last come first. Returns the
/// last day of it.
fn claimed_back(world: &World, linked: &Linked, day: u32, book: &mut Book) -> u32 {
    let Linked { contract, which, .. } = linked;
    let at = When::at(working(day), 10, contract.number);
    let amount = contract.total / 20;
    let by = ["审计", "监管", "采购"][*which as usize % 3];
    let order = order(world, contract, amount, at).with("ordered_by", world.officer(by, 1));
    book.add("clawbacks", order);
    let first = amount * 3 / 500 * 100;
    let mut day = at.day();
    for (part, amount) in [(1, first), (2, amount - first)] {
        day = working(day + 9);
        let at = When::at(day, 11, contract.number);
        book.add("refunds", refund(world, contract, part, amount, at));
    }
    day
}

/// The code of what a provider is told to pay back.
fn order_code(contract: &Contract) -> String {
    format!("追回 {}", contract.code)
}

/// The row that tells a provider to pay back.
pub(super) fn order(world: &World, contract: &Contract, amount: u64, at: When) -> Line {
    Line::new(at)
        .with("code", order_code(contract))
        .with("contract", &contract.code)
        .with("amount", yuan(amount))
        .with("finding", format!("审计发现 {}", contract.code))
        .with("ordered_by", world.officer("审计", 1))
        .with("ordered_at", at)
}

/// The row of a part of it that came back.
pub(super) fn refund(world: &World, contract: &Contract, part: u32, amount: u64, at: When) -> Line {
    let order = order_code(contract);
    Line::new(at)
        .with("order", &order)
        .with("amount", yuan(amount))
        .with("reference", format!("退款 {order}-{part}"))
        .with("value_date", Date(at.day()))
        .with("account", money::account(world, contract.fund))
        .with("receipt", format!("退款回单 {order}-{part}"))
        .with("bank", world.bank())
        .with("at", at)
}
