//! This exists to set the scenes in which a rule of money is broken: each has a contract of its own on a
//! budget line of its own, so that no other payment is touched.

use super::book::{Book, Line};
use super::contracts::{Contract, confirmed, instructed};
use super::money::{LINE_OF_BREAKERS, POOL};
use super::office::post;
use super::when::{When, working};
use super::world::World;

/// The first provider of scenes in which tiers matter: each has one of its own.
const PROVIDERS_OF_TIERS: u32 = 81;

/// A provider with its officer, for scenes in which it matters what else is paid to it.
pub(super) fn provider(world: &World, book: &mut Book, number: u32) {
    let code = world.provider(number);
    let line = Line::new(When(2))
        .with("code", &code)
        .with("name", format!("示例{}-{number}社会服务社", world.number))
        .with("kind", "provider")
        .with("governance", "no");
    book.add("organisations", line);
    let officer = world.officer("经办", number);
    book.add("officers", post(world, officer, code, "provider_officer", world.path()));
}

/// What scenes share.
pub(super) struct Stage<'a> {
    pub(super) world: &'a World,
    pub(super) book: &'a mut Book,
    /// The number of their contracts before the first.
    first: u32,
    /// The provider of all scenes that need no other.
    provider: u32,
    scenes: u32,
    providers: u32,
}

impl<'a> Stage<'a> {
    /// Contracts are numbered behind `first`.
    pub(super) fn new(world: &'a World, book: &'a mut Book, first: u32, provider: u32) -> Self {
        Self { world, book, first, provider, scenes: 0, providers: 0 }
    }

    /// A contract over a thousand yuan, signed on the next free day; its row is not in the book yet.
    pub(super) fn contract(&mut self) -> Contract {
        self.scenes += 1;
        let number = self.first + self.scenes;
        let signed = When::at(working(12 + self.scenes * 2), 9, 20);
        let due = signed.day() + 20;
        Contract {
            code: self.world.code("HT", format!("X{number}")),
            number,
            fund: POOL,
            line: LINE_OF_BREAKERS,
            provider: self.provider,
            total: 100_000,
            advance: 30_000,
            signed,
            milestones: vec![(60_000, due), (40_000, due + 30)],
            place: self.world.community(1),
        }
    }

    /// A contract that is signed.
    pub(super) fn signed(&mut self) -> Contract {
        let contract = self.contract();
        self.book.add("contracts", contract.row(self.world));
        contract
    }

    /// A greater one, with a provider whose payments nothing else is added to.
    pub(super) fn greater(&mut self, total: u64, line: u32) -> Contract {
        self.providers += 1;
        let provider_number = PROVIDERS_OF_TIERS + self.providers - 1;
        provider(self.world, self.book, provider_number);
        let contract = self.contract();
        let half = total / 2;
        let milestones = contract.milestones.iter().map(|(_, due)| (half, *due)).collect();
        let contract = Contract {
            provider: provider_number,
            total,
            advance: half,
            line,
            milestones,
            ..contract
        };
        self.book.add("contracts", contract.row(self.world));
        contract
    }

    /// The code of one of its payments; the number of its instruction too.
    pub(super) fn payment(&self, contract: &Contract, which: u32) -> String {
        self.world.code("FK", format!("X{}-{which}", contract.number))
    }

    /// The request of an advance of a hundred yuan.
    pub(super) fn advance(&self, contract: &Contract, which: u32) -> Line {
        let code = self.payment(contract, which);
        contract.request(self.world, &code, None, 10_000, day(contract, 1))
    }

    /// That advance, approved and instructed.
    pub(super) fn instructed(&self, contract: &Contract, which: u32) -> Line {
        let by = format!("{}@{}", self.world.officer("一级", 1), day(contract, 2));
        let line = self.advance(contract, which).with("approvals", by);
        instructed(self.world, line, self.payment(contract, which), day(contract, 3))
    }

    /// That advance, paid. Returns the instruction.
    pub(super) fn paid(&mut self, contract: &Contract, which: u32) -> String {
        let line = self.instructed(contract, which);
        self.book.add("payments", line);
        let instruction = self.payment(contract, which);
        let line = confirmed(self.world, contract, &instruction, 10_000, day(contract, 6));
        self.book.add("bank_confirmations", line);
        instruction
    }

    /// The first milestone, delivered and accepted.
    pub(super) fn accepted(&mut self, contract: &Contract) {
        let line = contract.acceptance(self.world, 1, 100, day(contract, 1));
        self.book.add("acceptances", line);
    }
}

/// Some days after a contract was signed, at ten.
pub(super) fn day(contract: &Contract, days: u32) -> When {
    When::at(contract.signed.day() + days, 10, contract.number % 50)
}
