//! This exists to close the year of every fund, and to send to the treasury what lapsed with it.

use super::book::{Book, Line};
use super::grants::{RECLASSIFIED, UNUSED_GRANT};
use super::money::{self, fund};
use super::performance::{FUND, three};
use super::rewards::yuan;
use super::when::{Date, When, working};
use super::world::World;

/// The day on which the first fund is closed: in January after the year.
pub(super) const DAY: u32 = 365 + 11;

/// Closes the year.
pub(super) fn close(world: &World, book: &mut Book) {
    for number in 0..money::FUNDS {
        book.add("closings", closing(world, number, closed_at(number)));
    }
    // A closing goes on in the blocks that follow: the treasury has its money a month later.
    let lapsed = UNUSED_GRANT - RECLASSIFIED;
    book.add(
        "treasury_returns",
        to_treasury(world, FUND, lapsed, 1, When::at(working(DAY + 30), 10, 0)),
    );
}

/// When a fund is closed: one a day.
pub(super) fn closed_at(fund: u32) -> When {
    When::at(working(DAY + fund * 2), 10, fund)
}

/// The row that closes the year of a fund.
pub(super) fn closing(world: &World, number: u32, at: When) -> Line {
    let fund = fund(world, number);
    let signers = [("资金", 1), ("三级", 1), ("审计", 1)];
    Line::new(at)
        .with("fund", &fund)
        .with("year", 2026)
        .with("trial_balance", format!("试算平衡表 {fund}"))
        .with("statements", format!("对账单 {fund}"))
        .with("signed_by", signers.map(|(post, which)| world.officer(post, which)).join(";"))
        .with("at", at)
}

/// The row of lapsed money that went to the treasury.
pub(super) fn to_treasury(world: &World, number: u32, amount: u64, which: u32, at: When) -> Line {
    let fund = fund(world, number);
    Line::new(at)
        .with("fund", &fund)
        .with("amount", yuan(amount))
        .with("reference", format!("上缴 {fund}-{which}"))
        .with("value_date", Date(at.day()))
        .with("receipt", format!("上缴回单 {fund}-{which}"))
        .with("signed_by", three(world))
        .with("at", at)
}
