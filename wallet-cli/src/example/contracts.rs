//! This exists to invent what a sub-district buys: contracts, deliveries, and the rows of their payments.

use super::book::{Book, Line};
use super::money::{self, PURPOSES};
use super::payments::{For, Payments};
use super::rewards::yuan;
use super::when::{Date, When, working};
use super::world::World;
use std::fmt::Display;

/// Instalments beside the advance: ten payments for each contract.
const MILESTONES: u32 = 9;

/// A contract.
#[derive(Clone, Debug)]
pub(super) struct Contract {
    pub(super) code: String,
    pub(super) number: u32,
    pub(super) fund: u32,
    /// The budget line of its fund.
    pub(super) line: u32,
    pub(super) provider: u32,
    pub(super) total: u64,
    pub(super) advance: u64,
    pub(super) signed: When,
    /// What is due, and on which day.
    pub(super) milestones: Vec<(u64, u32)>,
    pub(super) place: String,
}

impl Contract {
    /// The account of the provider.
    pub(super) fn payee_account(&self) -> String {
        format!("示例账户 {}", self.provider)
    }

    /// Its row.
    pub(super) fn row(&self, world: &World) -> Line {
        let purpose = PURPOSES[self.fund as usize];
        let milestones: Vec<_> = self
            .milestones
            .iter()
            .map(|(amount, day)| format!("{}@{}", yuan(*amount), Date(*day)))
            .collect();
        let last = self.milestones.last().map_or(self.signed.day(), |(_, day)| *day);
        Line::new(self.signed)
            .with("code", &self.code)
            .with("fund", money::fund(world, self.fund))
            .with("line", money::line(world, self.fund, self.line))
            .with("purchaser", world.office())
            .with("provider", world.provider(self.provider))
            .with("catalogue", purpose.catalogue)
            .with("place", &self.place)
            .with("beneficiaries", purpose.beneficiaries)
            .with("total", yuan(self.total))
            .with("advance_max", yuan(self.advance))
            .with("milestones", milestones.join(";"))
            .with("from", Date(self.signed.day()))
            .with("to", Date(last))
            .with("payee_account", self.payee_account())
            .with("document", format!("合同文本 {}", self.code))
            .with("purchaser_officer", world.officer("采购", 1))
            .with("provider_officer", world.officer("经办", self.provider))
            .with("signed_at", self.signed)
    }

    /// The row of a delivery that is accepted, in per cent.
    pub(super) fn acceptance(&self, world: &World, milestone: u32, percent: u64, at: When) -> Line {
        Line::new(at)
            .with("contract", &self.code)
            .with("milestone", milestone)
            .with("document", format!("交付记录 {}-{milestone}", self.code))
            .with("submitted_by", world.officer("经办", self.provider))
            .with("submitted_at", at)
            .with("accepted_percent", percent)
            .with(
                "accepted_by",
                format!("{};{}", world.officer("验收", 1), world.officer("验收", 2)),
            )
            .with("accepted_at", at.days(1))
    }

    /// The row of a payment's request; a milestone from 1, none for the advance.
    pub(super) fn request(
        &self,
        world: &World,
        code: &str,
        milestone: Option<u32>,
        amount: u64,
        at: When,
    ) -> Line {
        let line = Line::new(at)
            .with("code", code)
            .with("contract", &self.code)
            .with("kind", if milestone.is_some() { "milestone" } else { "advance" })
            .with("amount", yuan(amount))
            .with("payee_account", self.payee_account())
            .with("invoice", format!("发票 {code}"))
            .with("requested_by", world.officer("资金", 1))
            .with("requested_at", at);
        match milestone {
            Some(milestone) => line.with("milestone", milestone),
            None => line,
        }
    }
}

/// A payment as the bank is instructed.
pub(super) fn instructed(world: &World, line: Line, instruction: impl Display, at: When) -> Line {
    line.with("instructed_by", world.officer("出纳", 1))
        .with("instructed_at", at)
        .with("instruction", instruction)
}

/// The row of the bank's yes.
pub(super) fn confirmed(
    world: &World,
    contract: &Contract,
    instruction: impl Display,
    amount: u64,
    at: When,
) -> Line {
    Line::new(at)
        .with("instruction", &instruction)
        .with("result", "paid")
        .with("reference", format!("流水 {instruction}"))
        .with("value_date", Date(at.day()))
        .with("amount", yuan(amount))
        .with("payer_account", money::account(world, contract.fund))
        .with("payee_account", contract.payee_account())
        .with("receipt", format!("回单 {instruction}"))
        .with("bank", world.bank())
        .with("at", at)
}

/// The row of the bank's no.
pub(super) fn failed(world: &World, instruction: impl Display, at: When) -> Line {
    Line::new(at)
        .with("instruction", instruction)
        .with("result", "failed")
        .with("failure_code", 57)
        .with("bank", world.bank())
        .with("at", at)
}

/// The contracts of a year, from 1.2 million yuan down to 8 000.
pub(super) fn invent(world: &World) -> Vec<Contract> {
    let mut random = world.random("contracts");
    let count = world.share(40, 5);
    let contracts = (0..count).map(|number| {
        let yuan = match number {
            0 => {
                if world.communities > 5 {
                    1_200_000
                } else {
                    600_000
                }
            }
            _ if number + 1 == count => 8_000,
            1..4 if world.communities > 5 => random.between(300_000, 450_000),
            1..14 => random.between(40_000, 150_000),
            _ => random.between(9_000, 60_000),
        };
        let total = u64::from(yuan) * 100;
        let signed = When::at(working(random.between(15, 60)), 10, number);
        // The greatest is paid fast, so that its payments add up to the highest tier.
        let step = if number == 0 { 14 } else { random.between(14, 30) };
        let part = total / u64::from(MILESTONES);
        let milestones = (1..=MILESTONES).map(|milestone| {
            let amount = if milestone == MILESTONES {
                total - part * u64::from(MILESTONES - 1)
            } else {
                part
            };
            (amount, working(signed.day() + milestone * step))
        });
        Contract {
            code: world.code("HT", format!("{number:02}")),
            number,
            fund: number % money::FUNDS,
            line: 1,
            provider: 1 + number % world.providers(),
            total,
            advance: total * 3 / 10,
            signed,
            milestones: milestones.collect(),
            place: world.community(1 + number % world.communities),
        }
    });
    contracts.collect()
}

/// The year of one contract: its advance, nine deliveries, ten payments.
pub(super) fn fulfil(world: &World, contract: &Contract, book: &mut Book) {
    let mut random = world.random(&format!("contract {}", contract.number));
    let mut payments = Payments::new(world, contract);
    payments.pay(For::Advance, contract.advance, contract.signed.day() + 2, false, book);
    let mut accepted = 0;
    for (milestone, (amount, due)) in (1..).zip(&contract.milestones) {
        let percent = if random.chance(8) { 90 } else { 100 };
        let submitted = When::at(due - 3, 15, random.below(58));
        book.add("acceptances", contract.acceptance(world, milestone, percent, submitted));
        let part = amount * percent / 100;
        accepted += part;
        // Three tenths were paid in advance; at the end nothing is paid beyond what was accepted.
        let open = contract.total
            - contract
                .milestones
                .iter()
                .take(milestone as usize)
                .map(|(amount, _)| amount)
                .sum::<u64>();
        let payable = accepted + contract.advance.min(open);
        let wanted = (part * 7 / 10).min(payable.saturating_sub(payments.claimed));
        if wanted > 0 {
            let fails = milestone == 4 && contract.number % 4 == 3;
            payments.pay(For::Milestone(milestone), wanted, submitted.day() + 2, fails, book);
        }
    }
    let mut row = contract.row(world);
    if contract.number.is_multiple_of(3) {
        let officers = format!("{};{}", world.officer("采购", 1), world.officer("资金", 2));
        let at = When::at(working(payments.free.day() + 2), 16, random.below(58));
        row = row.with("closed_by", officers).with("closed_at", at);
    }
    book.add("contracts", row);
}
