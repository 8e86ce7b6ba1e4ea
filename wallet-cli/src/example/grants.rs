//! This exists to bring in the money that is not one receipt of one donor: a credit of many small
//! donations, money of unknown origin, an entry that was wrong, money that gets another purpose, and a
//! grant that nobody used.

use super::book::{Book, Line};
use super::money::{self, account, budget_line, fund, receipt};
use super::office::TREASURY;
use super::performance::{FUND, LINE, Linked, three};
use super::rewards::yuan;
use super::when::{Date, When, working};
use super::world::World;

/// Small donations of a sub-district of full size, in one credit.
const SMALL: u32 = 8_412;
/// A service that is asked for in vain: no contract is about it.
const UNUSED: &str = "A0399";
/// The service of the fund.
const USED: &str = "A0301";
/// The unused grant of the year, in fen.
pub(super) const UNUSED_GRANT: u64 = 3_000_000;
/// What of it gets another purpose after all, in fen.
pub(super) const RECLASSIFIED: u64 = 1_000_000;

/// All of it. The money of unknown origin pays for the contracts whose price follows their result.
pub(super) fn receive(world: &World, linked: &[Linked], book: &mut Book) {
    let needed: u64 = linked.iter().map(|linked| linked.contract.total).sum();
    book.add("budget", budget_line(world, FUND, LINE, needed * 2));
    small_donations(world, book);
    unknown(world, needed, book);
    wrong_entries(world, book);
    other_purposes(world, book);
}

/// What may be bought with money for the contracts of [`super::performance`].
fn for_them(world: &World, row: Line) -> Line {
    row.with("line", money::line(world, FUND, LINE))
}

/// One credit of the bank that is thousands of donations.
fn small_donations(world: &World, book: &mut Book) {
    let mut random = world.random("small donations");
    let at = When::at(working(20), 10, 30);
    let batch = world.code("WJ", 1);
    let mut sum = 0;
    for number in 1..=world.local_share(world.share(SMALL, 20)).max(20) {
        let amount = u64::from(random.between(1, 50)) * 100 + u64::from(random.below(2)) * 66;
        sum += amount;
        book.add("micro_donations", small_donation(&batch, number, amount, at));
    }
    let row = receipt(world, &batch, FUND, sum, &world.foundation(3), at)
        .with("class", "designated_donation")
        .with("purposes", USED)
        .with("beneficiaries", "elder")
        .with("level", "connector")
        .with("donations", &batch);
    book.add("bank_receipts", for_them(world, row));
}

/// The row of one of them.
pub(super) fn small_donation(batch: &str, number: u32, amount: u64, at: When) -> Line {
    Line::new(at)
        .with("batch", batch)
        .with("code", format!("{batch}-{number:04}"))
        .with("donor", format!("小额捐赠人 {batch}-{number:04}"))
        .with("amount", yuan(amount))
}

/// Money of which nobody knows what it is: most turns out to be a grant, some goes back.
fn unknown(world: &World, needed: u64, book: &mut Book) {
    let amount = needed * 6 / 500 * 100;
    let first = world.code("DC", 1);
    let at = When::at(working(18), 15, 10);
    book.add("suspense", credited(world, &first, FUND, amount, at));
    let at = When::at(working(26), 10, 40);
    let row =
        explained(world, &first, at).with("class", "foundation").with("donor", world.foundation(4));
    book.add("suspense_resolutions", for_them(world, row));
    for number in 2..=world.share(6, 2) {
        let code = world.code("DC", number);
        let at = When::at(working(40 + number * 11), 15, 10 + number);
        let row = credited(world, &code, number % money::FUNDS, u64::from(number) * 88_800, at);
        // No bank's word: a clerk more.
        let clerk = world.officer("验收", 1);
        let row =
            if number % 2 == 0 { row } else { row.with("level", "two_clerks").with("bank", clerk) };
        book.add("suspense", row);
        // The days in which it could be explained are over.
        book.add(
            "suspense_returns",
            sent_back(world, &code, When::at(working(at.day() + 62), 10, 5)),
        );
    }
}

/// The row of money that nobody can explain.
pub(super) fn credited(world: &World, code: &str, fund: u32, amount: u64, at: When) -> Line {
    Line::new(at)
        .with("code", code)
        .with("fund", self::fund(world, fund))
        .with("amount", yuan(amount))
        .with("bank_reference", format!("来账 {code}"))
        .with("value_date", Date(at.day()))
        .with("account", account(world, fund))
        .with("receipt", format!("回单 {code}"))
        .with("level", "bank")
        .with("treasurer", world.officer("出纳", 1))
        .with("bank", world.bank())
        .with("received_at", at)
}

/// The row that says what such money is: a donation without a purpose.
pub(super) fn explained(world: &World, source: &str, at: When) -> Line {
    Line::new(at)
        .with("source", source)
        .with("class", "undesignated_donation")
        .with("donor", world.donor(1))
        .with("available_from", Date(at.day()))
        .with("document", format!("核实 {source}"))
        .with("signed_by", format!("{};{}", world.officer("资金", 2), world.officer("一级", 2)))
        .with("at", at)
}

/// The row of such money that went back to its sender.
pub(super) fn sent_back(world: &World, source: &str, at: When) -> Line {
    Line::new(at)
        .with("source", source)
        .with("reference", format!("退回 {source}"))
        .with("value_date", Date(at.day()))
        .with("receipt", format!("退回回单 {source}"))
        .with("signed_by", three(world))
        .with("at", at)
}

/// Donations entered with a purpose that nobody named: mirrored, and entered again.
fn wrong_entries(world: &World, book: &mut Book) {
    for number in 1..=world.share(3, 1) {
        let code = world.code("LC", number);
        let at = When::at(working(34 + number * 30), 11, number);
        let donor = world.donor(number);
        let row = receipt(world, &code, FUND, 1_234_500, &donor, at)
            .with("class", "designated_donation")
            .with("purposes", UNUSED);
        book.add("bank_receipts", row);
        let at = When::at(working(at.day() + 1), 14, number);
        book.add("reversals", source_reversal(world, &code, at));
        let at = When::at(working(at.day() + 2), 14, number);
        let row = explained(world, &code, at)
            .with("class", "designated_donation")
            .with("donor", donor)
            .with("purposes", USED);
        book.add("suspense_resolutions", row);
    }
}

/// The row of the mirror image of money that came in.
pub(super) fn source_reversal(world: &World, source: &str, at: When) -> Line {
    Line::new(at)
        .with("code", format!("冲正 {source}"))
        .with("source", source)
        .with("reason", format!("冲正说明 {source}"))
        .with("signed_by", three(world))
        .with("at", at)
}

/// Money for a service that nobody offers gets another purpose: what was donated with the donor's word,
/// what was granted with the budget office's. The rest of the grant lapses with the year.
fn other_purposes(world: &World, book: &mut Book) {
    for number in 1..=world.share(3, 1) {
        let code = world.code("GT", number);
        let at = When::at(working(50 + number * 20), 11, 30 + number);
        let donor = world.donor(1 + number);
        let row = receipt(world, &code, FUND, 2_000_000, &donor, at)
            .with("class", "designated_donation")
            .with("purposes", UNUSED);
        book.add("bank_receipts", row);
        // Half of it: the donor keeps the other half for what was meant.
        let at = When::at(working(at.day() + 40), 15, number);
        book.add(
            "reclassifications",
            other_purpose(world, &code, 1_000_000, 1_000_000, &donor, at),
        );
    }
    let code = world.code("JL", 1);
    let at = When::at(working(12), 10, 20);
    let row = receipt(world, &code, FUND, UNUSED_GRANT, TREASURY, at)
        .with("class", "incentive")
        .with("purposes", UNUSED)
        .with("lapse_on", Date(364));
    book.add("bank_receipts", row);
    let at = When::at(working(250), 15, 20);
    let row = other_purpose(world, &code, 0, RECLASSIFIED, &world.officer("预算", 2), at);
    book.add("reclassifications", row.with("lapse_on", Date(364)));
}

/// The row that gives fen of a source, from one on, to the service of the fund.
pub(super) fn other_purpose(
    world: &World,
    source: &str,
    start: u64,
    amount: u64,
    agrees: &str,
    at: When,
) -> Line {
    Line::new(at)
        .with("source", source)
        .with("start", yuan(start))
        .with("amount", yuan(amount))
        .with("purposes", USED)
        .with("available_from", Date(at.day()))
        .with("document", format!("改变用途公示 {source}"))
        .with("signed_by", format!("{};{agrees}", world.officer("资金", 2)))
        .with("at", at)
}
