//! This exists to open the funds of a sub-district, to give them budgets, and to bring in money.

use super::book::{Book, Line};
use super::contracts::Contract;
use super::office::{BUREAU, TREASURY};
use super::rewards::yuan;
use super::when::{Date, When, working};
use super::world::World;

/// Funds of a sub-district: one for everything, four for one purpose each.
pub(super) const FUNDS: u32 = 5;
/// The year's appropriations of a sub-district of full size, in fen.
const APPROPRIATIONS: u64 = 620_000_000;
/// The fund that holds the money of what breaks a rule on purpose.
pub(super) const POOL: u32 = 0;
/// The budget line of what breaks a rule on purpose, and one that no council has resolved.
pub(super) const LINE_OF_BREAKERS: u32 = 8;
pub(super) const LINE_WITHOUT_RESOLUTION: u32 = 9;
/// What lies ready for contracts that break a rule on purpose, in fen.
const FOR_BREAKERS: u64 = 1_000_000_000;

/// For whom a fund is, and what it buys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purpose {
    pub(super) name: &'static str,
    pub(super) beneficiaries: &'static str,
    pub(super) catalogue: &'static str,
}

/// The purpose of each fund.
pub(super) const PURPOSES: [Purpose; 5] = [
    Purpose { name: "社区公益", beneficiaries: "general", catalogue: "A0305" },
    Purpose { name: "为老服务", beneficiaries: "elder", catalogue: "A0301" },
    Purpose { name: "儿童服务", beneficiaries: "child", catalogue: "A0302" },
    Purpose { name: "助残服务", beneficiaries: "disabled", catalogue: "A0303" },
    Purpose { name: "帮困服务", beneficiaries: "low_income", catalogue: "A0304" },
];

/// The code of a fund.
pub(super) fn fund(world: &World, fund: u32) -> String {
    world.code("ZJ", fund)
}

/// The code of a budget line.
pub(super) fn line(world: &World, fund: u32, line: u32) -> String {
    world.code("L", format!("{fund}-{line}"))
}

/// The bank account of a fund.
pub(super) fn account(world: &World, fund: u32) -> String {
    format!("示例专户 {}", self::fund(world, fund))
}

/// What may be bought, and what must not; once for a district.
pub(super) fn catalogue(world: &World, book: &mut Book) {
    let at = When::at(1, 10, 0);
    let listed = PURPOSES.iter().map(|purpose| (purpose.catalogue, purpose.name, "listed"));
    let negative = [("A0901", "劳务派遣", "negative"), ("A0902", "融资", "negative")];
    for (code, name, listing) in listed.chain(negative) {
        let row = Line::new(at)
            .with("code", code)
            .with("name", name)
            .with("listing", listing)
            .with("listed_by", format!("{};{BUREAU}", world.office()))
            .with("listed_at", at);
        book.add("catalogue", row);
    }
}

/// The funds, and their budgets for what the contracts will need.
pub(super) fn funds(world: &World, contracts: &[Contract], book: &mut Book) {
    for (number, purpose) in (0..).zip(PURPOSES) {
        let at = When::at(4, 10, number);
        let row = Line::new(at)
            .with("code", fund(world, number))
            .with("name", format!("示例{}号街道{}资金", world.number, purpose.name))
            .with("organisation", world.office())
            .with("scope", world.path())
            .with("bank", world.bank())
            .with("account", account(world, number))
            .with("opened_by", world.officer("资金", 1))
            .with("opened_at", at);
        book.add("funds", row);
        let needed = need(contracts, number) * 11 / 10 + 10_000_000;
        book.add("budget", budget_line(world, number, 1, needed));
    }
    book.add("budget", budget_line(world, POOL, LINE_OF_BREAKERS, FOR_BREAKERS));
    let open = budget_line(world, POOL, LINE_WITHOUT_RESOLUTION, 50_000_000);
    book.add("budget", open.with("resolution", ""));
}

/// What the contracts of a fund bind, in fen.
fn need(contracts: &[Contract], fund: u32) -> u64 {
    contracts.iter().filter(|contract| contract.fund == fund).map(|contract| contract.total).sum()
}

/// A line of the year's budget of a fund, for what the fund does.
pub(super) fn budget_line(world: &World, fund: u32, number: u32, approved: u64) -> Line {
    let (drafted, approved_at) = (When::at(5, 10, fund), When::at(6, 10, fund));
    let purpose = PURPOSES[fund as usize];
    Line::new(drafted)
        .with("budget", world.code("YS", format!("{fund}-2026")))
        .with("code", line(world, fund, number))
        .with("fund", self::fund(world, fund))
        .with("year", 2026)
        .with("name", format!("{}{number}", purpose.name))
        .with("catalogue", purpose.catalogue)
        .with("approved", yuan(approved))
        .with("resolution", format!("议事会决议 {fund}-{number}"))
        .with("drafted_by", world.officer("预算", 1))
        .with("drafted_at", drafted)
        .with("approved_by", world.officer("预算", 2))
        .with("approved_at", approved_at)
}

/// The row of money that came in, attested by the bank, for anything that the fund does.
pub(super) fn receipt(
    world: &World,
    code: &str,
    fund: u32,
    amount: u64,
    donor: &str,
    at: When,
) -> Line {
    Line::new(at)
        .with("code", code)
        .with("fund", self::fund(world, fund))
        .with("amount", yuan(amount))
        .with("class", "undesignated_donation")
        .with("donor", donor)
        .with("available_from", Date(at.day()))
        .with("bank_reference", format!("来账 {code}"))
        .with("value_date", Date(at.day()))
        .with("account", account(world, fund))
        .with("document", format!("票据 {code}"))
        .with("level", "bank")
        .with("administrator", world.officer("资金", 2))
        .with("approver", world.officer("一级", 2))
        .with("bank", world.bank())
        .with("received_at", at)
}

/// Everything that comes in during the year.
pub(super) fn receipts(world: &World, contracts: &[Contract], book: &mut Book) {
    let mut random = world.random("money");
    // Appropriations: for the three funds that nobody else carries.
    let needs: Vec<u64> = (0..FUNDS).map(|fund| need(contracts, fund)).collect();
    let planned: u64 = needs.iter().take(3).sum();
    let whole = APPROPRIATIONS * u64::from(world.communities) / 12;
    let whole = whole.max(planned * 5 / 4);
    let mut rest = whole;
    for (fund, needed) in (0..3_u32).zip(&needs) {
        let amount = if fund == 2 { rest } else { whole * needed / planned.max(1) / 100 * 100 };
        rest -= amount;
        let code = world.code("CZ", fund);
        let row = receipt(world, &code, fund, amount, TREASURY, When::at(8, 10, fund))
            .with("class", "fiscal")
            .with("lapse_on", Date(364))
            .with("line", if fund == POOL { String::new() } else { line(world, fund, 1) });
        book.add("bank_receipts", row);
    }
    let code = world.code("SH", 1);
    let row = receipt(world, &code, POOL, FOR_BREAKERS, BUREAU, When::at(8, 11, 0))
        .with("class", "social_capital")
        .with("line", line(world, POOL, LINE_OF_BREAKERS));
    book.add("bank_receipts", row);
    // Foundations: two carry a fund each, five add to one.
    for foundation in 1..=7_u32 {
        let fund = if foundation <= 2 { foundation + 2 } else { foundation % FUNDS };
        let amount = match needs.get(fund as usize) {
            Some(needed) if foundation <= 2 => needed * 5 / 4 / 100 * 100 + 1_000_000,
            _ => u64::from(random.between(20, 150)) * 100_000,
        };
        let code = world.code("JJ", foundation);
        let donor = world.foundation(foundation);
        let day = if foundation <= 2 { 8 } else { working(random.between(10, 120)) };
        let at = When::at(day, 10, 10 + foundation);
        let row = receipt(world, &code, fund, amount, &donor, at).with("class", "foundation");
        let row = if fund == POOL {
            row
        } else {
            row.with("beneficiaries", PURPOSES[fund as usize].beneficiaries)
        };
        book.add("bank_receipts", row);
    }
    for donation in 1..=world.share(50, 4) {
        let fund = donation % FUNDS;
        let at = When::at(working(random.between(10, 340)), 11, random.below(58));
        let amount = u64::from(random.between(100_000, 4_000_000));
        let code = world.code("JZ", donation);
        let row = receipt(world, &code, fund, amount, &world.donor(donation), at);
        let purpose = PURPOSES[fund as usize];
        let row = match donation % 4 {
            0 => row
                .with("class", "designated_donation")
                .with("beneficiaries", purpose.beneficiaries)
                .with("places", world.community(random.between(1, world.communities))),
            1 => row.with("class", "designated_donation").with("purposes", purpose.catalogue),
            2 => row.with("level", "connector"),
            // No bank's word: two more clerks.
            _ => row
                .with("level", "two_clerks")
                .with("bank", format!("{};{}", world.officer("出纳", 1), world.officer("验收", 1))),
        };
        book.add("bank_receipts", row);
    }
}
