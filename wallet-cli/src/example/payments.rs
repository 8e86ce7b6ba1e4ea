//! This exists to pay a contract in instalments, each with as many approvals as its tier needs, one after
//! the other.

use super::book::Book;
use super::contracts::{Contract, confirmed, failed, instructed};
use super::when::{When, working};
use super::world::World;

/// Days over which payments of one fund to one provider are added up.
const WINDOW: u32 = 30;
/// The greatest cumulative amounts of the tiers, in fen.
const TIERS: [u64; 3] = [500_000, 5_000_000, 50_000_000];

/// What a payment is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum For {
    Advance,
    /// From 1.
    Milestone(u32),
    Performance,
    Retention,
}

/// A payment of a contract.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) code: String,
    invoice: String,
    what: For,
    pub(super) amount: u64,
}

impl Wanted {
    /// The number under which the bank is told to pay.
    pub(super) fn instruction(&self) -> String {
        format!("支付 {}", self.code)
    }

    /// The same once more, after the bank did not pay.
    pub(super) fn again(&self) -> Self {
        Self { code: format!("{}b", self.code), ..self.clone() }
    }
}

/// The payments of one contract, one after the other.
pub(super) struct Payments<'a> {
    world: &'a World,
    contract: &'a Contract,
    decided: Decided,
    pub(super) claimed: u64,
    number: u32,
    /// When the payment before is settled.
    pub(super) free: When,
}

impl<'a> Payments<'a> {
    pub(super) fn new(world: &'a World, contract: &'a Contract) -> Self {
        Self {
            world,
            contract,
            decided: Decided::default(),
            claimed: 0,
            number: 0,
            free: contract.signed,
        }
    }

    /// Names a payment.
    pub(super) fn next(&mut self, what: For, amount: u64) -> Wanted {
        self.number += 1;
        let code = self.world.code("FK", format!("{:02}-{:02}", self.contract.number, self.number));
        Wanted { invoice: format!("发票 {code}"), code, what, amount }
    }

    /// A payment until the bank has paid, which may fail once.
    pub(super) fn pay(&mut self, what: For, amount: u64, day: u32, fails: bool, book: &mut Book) {
        let mut wanted = self.next(what, amount);
        if fails {
            self.instruct(&wanted, day, false, book);
            self.fail(&wanted, book);
            wanted = wanted.again();
        }
        self.instruct(&wanted, day, true, book);
        self.confirm(&wanted, book);
        self.claimed += amount;
    }

    /// A request, its approvals, and the word to the bank: not before a day, nor before what came before
    /// is settled, and on a day on which the tier does not depend on the minute. What does not stand in
    /// the end counts for no tier.
    pub(super) fn instruct(&mut self, wanted: &Wanted, day: u32, stands: bool, book: &mut Book) {
        let Self { world, contract, .. } = *self;
        let mut day = working(day.max(self.free.day() + 1));
        let (requested, list, approved) = loop {
            let requested = When::at(day, 10, contract.number);
            let mut decided = self.decided.clone();
            if let Some((list, at)) = approvals(world, &mut decided, wanted.amount, requested) {
                if stands {
                    self.decided = decided;
                }
                break (requested, list, at);
            }
            day = working(day + 1);
        };
        let (kind, milestone) = match wanted.what {
            For::Advance => ("advance", None),
            For::Milestone(milestone) => ("milestone", Some(milestone)),
            For::Performance => ("performance", None),
            For::Retention => ("retention", None),
        };
        let line = contract
            .request(world, &wanted.code, milestone, wanted.amount, requested)
            .with("kind", kind)
            .with("invoice", &wanted.invoice)
            .with("approvals", list);
        self.free = When::at(working(approved.day() + 1), 15, contract.number);
        book.add("payments", instructed(world, line, wanted.instruction(), self.free));
    }

    /// The bank's yes, on the next working day.
    pub(super) fn confirm(&mut self, wanted: &Wanted, book: &mut Book) {
        self.answered();
        let (instruction, at) = (wanted.instruction(), self.free);
        let row = confirmed(self.world, self.contract, instruction, wanted.amount, at);
        book.add("bank_confirmations", row);
    }

    /// The bank's no.
    pub(super) fn fail(&mut self, wanted: &Wanted, book: &mut Book) {
        self.answered();
        book.add("bank_confirmations", failed(self.world, wanted.instruction(), self.free));
    }

    fn answered(&mut self) {
        self.free = When::at(working(self.free.day() + 1), 11, self.contract.number);
    }
}

/// What has been decided for one provider by one fund, so that tiers are known.
#[derive(Clone, Debug, Default)]
struct Decided(Vec<(When, u64)>);

impl Decided {
    /// The tier of a request at a time; nothing where it would depend on the minute.
    fn tier(&self, amount: u64, now: When) -> Option<usize> {
        let mut sum = amount;
        for (at, decided) in &self.0 {
            let ends = at.days(WINDOW).0;
            if now.0.abs_diff(ends) < 180 {
                return None;
            }
            sum += if now.0 < ends { *decided } else { 0 };
        }
        Some(TIERS.iter().filter(|limit| sum > **limit).count())
    }

    /// Notes a decision.
    fn note(&mut self, at: When, amount: u64) {
        self.0.push((at, amount));
    }
}

/// The approvals that a request needs, and when the last of them is given.
///
/// The first is given on the day of the request, each other on the next working day.
fn approvals(
    world: &World,
    decided: &mut Decided,
    amount: u64,
    requested: When,
) -> Option<(String, When)> {
    let first = When::at(requested.day(), 15, requested.0 % 50);
    let tier = decided.tier(amount, first)?;
    let who: &[(&str, u32)] = match tier {
        0 => &[("一级", 1)],
        1 => &[("一级", 2), ("二级", 1)],
        2 => &[("二级", 1), ("二级", 2)],
        _ => &[("二级", 2), ("二级", 1), ("三级", 1), ("监管", 1)],
    };
    let mut at = first;
    let mut list = Vec::new();
    let mut complete = first;
    for (position, (post, which)) in who.iter().enumerate() {
        if position > 0 {
            at = When::at(working(at.day() + 1), 10, at.0 % 50);
        }
        if decided.tier(amount, at)? != tier {
            return None;
        }
        if *post != "监管" {
            complete = at;
        }
        list.push(format!("{}@{at}", world.officer(post, *which)));
    }
    decided.note(complete, amount);
    Some((list.join(";"), at))
}
