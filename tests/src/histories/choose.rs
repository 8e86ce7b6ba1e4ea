//! This exists to choose what somebody does next: mostly something that leads on from where things
//! stand, otherwise anything at all. The same seed chooses the same.

use super::act::{Act, Admits, Age, For, Price, Purpose, Right};
use super::book::Book;
use super::book::counter::Paper;
use super::book::dates::{after_working_days, civil, starts};
use super::book::money::{Came, Contract, LEVELS, Spot, Stage};
use super::book::points::{Dispute, FAMILY, Place, Step};
use super::book::{DAY, HOUR};
use super::town::RESIDENTS;
use crate::oracle::Random;

mod any;

/// Puts what seldom becomes possible on the list more than once.
fn often(leads: &mut Vec<Act>, act: Act) {
    leads.extend([act.clone(), act.clone(), act.clone(), act]);
}

/// Chooses for one history.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    pub(super) random: &'a mut Random,
    pub(super) book: &'a Book,
    pub(super) now: u64,
    /// Used once, mostly: references of the bank, invoices, numbers of instructions.
    pub(super) fresh: u32,
}

impl Choice<'_> {
    pub(super) fn next(&mut self) -> Act {
        let mut leads = Vec::new();
        if self.random.chance(70) {
            match self.random.below(3) {
                0 => self.money(&mut leads),
                1 => self.service(&mut leads),
                _ => self.rights(&mut leads),
            }
        }
        let act = self.random.pick(&leads).unwrap_or_else(|| self.any());
        let who = self.book.office.resident(&act);
        let percent = match who.map(|who| FAMILY[who].0) {
            None => 0,
            Some(Age::Adult) => 2,
            Some(Age::Child | Age::Youth) => 15,
        };
        if self.random.chance(percent) { Act::Alone(Box::new(act)) } else { act }
    }

    /// Hours until then, at least one.
    fn until(&self, time: u64) -> Act {
        Act::Wait { hours: time.saturating_sub(self.now).div_ceil(HOUR).max(1) }
    }

    /// How many days ago the bank says it was: mostly today, now and then in the year before.
    fn ago(&mut self) -> u32 {
        let days = match self.random.below(12) {
            0 => 1 + self.random.below(30),
            1 => 330 + self.random.below(60),
            _ => 0,
        };
        u32::try_from(days).expect("small")
    }

    fn admits(&mut self) -> Admits {
        let all = [Admits::Youths, Admits::Adults, Admits::Danger];
        let some = self.random.pick(&all).expect("there are some");
        if self.random.chance(20) { some } else { Admits::Everybody }
    }

    fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.random.below(length as u64)).expect("small")
    }

    fn amount(&mut self, about: u64) -> u64 {
        match self.random.below(16) {
            0 => 0,
            1 => about + 1,
            2 => 5_000,
            3..9 => about.max(1),
            _ => 1 + self.random.below(about.max(1)),
        }
    }

    /// A number that nobody has used; now and then one that somebody may have.
    fn number(&mut self) -> u32 {
        let old = u32::try_from(self.random.below(u64::from(self.fresh.max(1)))).expect("small");
        if self.random.chance(6) { old } else { self.fresh }
    }

    fn purpose(&mut self) -> Purpose {
        let all = [
            Purpose::Free,
            Purpose::Free,
            Purpose::Free,
            Purpose::Elder,
            Purpose::Elder,
            Purpose::Passing,
            Purpose::Project,
            Purpose::Old,
        ];
        self.random.pick(&all).expect("there are some")
    }

    fn right(&mut self) -> Right {
        let minutes = match self.random.below(8) {
            0 => 500,
            1 => 240,
            _ => self.random.below(240),
        };
        Right { minutes, by_volunteer: self.random.chance(60) }
    }

    fn maybe_right(&mut self) -> Option<Right> {
        self.random.chance(60).then(|| self.right())
    }

    fn price(&mut self) -> Price {
        let count = 1 + self.random.below(3);
        let milestones: Vec<u64> = (0..count).map(|_| 10 + self.random.below(120)).collect();
        let sum: u64 = milestones.iter().sum();
        let linked = if self.random.chance(40) { self.random.below(40) } else { 0 };
        let retention = if self.random.chance(40) { self.random.below(sum / 8 + 1) } else { 0 };
        let wrong = u64::from(self.random.chance(4));
        let total = sum + linked + retention + wrong;
        let advance = self.random.below(total * 11 / 20 + 1);
        Price { milestones, advance, linked, retention, total }
    }

    fn kind(&mut self) -> For {
        match self.random.below(8) {
            0 | 1 => For::Advance,
            2 => For::Performance,
            3 => For::Retention,
            _ => For::Milestone(self.place(3)),
        }
    }

    fn money(&mut self, leads: &mut Vec<Act>) {
        let fund = &self.book.fund;
        for (source, known) in (0..).zip(&fund.sources) {
            if known.came == Came::Suspended {
                leads.push(Act::Resolve { source, purpose: self.purpose() });
                leads.push(Act::SendBack { source, reference: self.number() });
            }
        }
        for (payment, known) in fund.payments.iter().enumerate() {
            let amount = known.amount;
            match known.stage {
                Stage::Requested => {
                    let by = self.place(LEVELS.len());
                    leads.extend([Act::Approve { payment, by }, Act::Approve { payment, by: 3 }]);
                }
                Stage::Approved => {
                    leads.push(Act::Instruct { payment, number: self.number() });
                }
                Stage::Instructed => {
                    let reference = self.number();
                    leads.push(Act::Confirm { payment, amount, reference });
                    leads.push(Act::Fail { payment });
                }
                Stage::Confirmed => {
                    let (back, reference) = (self.amount(amount), self.number());
                    leads.push(Act::Return { payment, amount: back, reference });
                    leads.push(Act::ReversePayment { payment });
                }
                Stage::Refused | Stage::Lapsed => {
                    let amount = self.amount(amount);
                    leads.push(Act::Edit { payment, amount, invoice: self.number() });
                }
                Stage::Failed | Stage::Returned => {}
            }
        }
        for contract in 0..fund.contracts.len() {
            self.contract(contract, leads);
        }
        for order in 0..fund.orders.len() {
            let (amount, reference) = (self.amount(15), self.number());
            leads.push(Act::Refund { order, amount, reference });
        }
        let (amount, reference, ago) = (self.amount(60), self.number(), self.ago());
        if fund.balance(Spot::Lapsed) > 0 {
            often(leads, Act::ToTreasury { amount: self.amount(8), reference, ago });
        }
        leads.push(Act::Issue { amount, purpose: self.purpose(), reference, ago });
        self.years(leads);
        leads.push(Act::Sign { line: self.place(2), price: self.price() });
    }

    /// The year before is closed, once its loose ends are tied; or this one passes.
    fn years(&mut self, leads: &mut Vec<Act>) {
        let fund = &self.book.fund;
        let year = civil(self.now).0 - 1;
        if fund.years.contains_key(&year) {
            // Later nothing new can be bound: the budget is that of 2026.
            if year < 2027 && self.random.chance(25) {
                often(leads, self.until(starts(year + 2, 1)));
            }
            return;
        }
        for (source, known) in (0..).zip(&fund.sources) {
            if known.came == Came::Suspended {
                often(leads, Act::SendBack { source, reference: self.number() });
            }
        }
        for (payment, known) in fund.payments.iter().enumerate() {
            if known.stage == Stage::Instructed {
                often(leads, Act::Fail { payment });
            }
        }
        let many = if fund.has_loose_ends(self.now) { 1 } else { 8 };
        for _ in 0..many {
            let high = self.random.chance(90);
            often(leads, Act::CloseYear { year, high });
        }
    }

    fn contract(&mut self, contract: usize, leads: &mut Vec<Act>) {
        let known: &Contract = &self.book.fund.contracts[contract];
        if known.closed {
            return;
        }
        let invoice = self.number();
        for (milestone, one) in known.milestones.iter().enumerate() {
            match (one.delivered, one.accepted) {
                (false, _) => leads.push(Act::Deliver { contract, milestone }),
                (true, None) => {
                    let share = if self.random.chance(50) { 10_000 } else { 9_000 };
                    leads.push(Act::Accept { contract, milestone, share });
                }
                (true, Some(accepted)) => {
                    let (amount, kind) = (self.amount(accepted), For::Milestone(milestone));
                    leads.push(Act::Request { contract, kind, amount, invoice });
                }
            }
        }
        if known.price.advance > 0 {
            let (kind, amount) = (For::Advance, self.amount(known.price.advance));
            leads.push(Act::Request { contract, kind, amount, invoice });
        }
        if known.milestones.iter().all(|one| one.accepted.is_some()) {
            let score = 5_000 + self.random.below(5_001);
            leads.extend((!known.evaluator).then_some(Act::Name { contract }));
            leads.extend([Act::Evaluate { contract, score }, Act::Release { contract }]);
            for kind in [For::Performance, For::Retention] {
                leads.push(Act::Request { contract, kind, amount: self.amount(20), invoice });
            }
        }
        if self.random.chance(40) {
            leads.push(Act::Claim { contract, amount: self.amount(15) });
        }
    }

    fn service(&mut self, leads: &mut Vec<Act>) {
        let (office, now) = (&self.book.office, self.now);
        for (activity, known) in office.activities.iter().enumerate() {
            if now < known.start && !known.off {
                let who = self.place(RESIDENTS);
                leads.extend([Act::SignUp { who, activity }, Act::SignUp { who: 0, activity }]);
            }
        }
        for (participation, known) in office.participations.iter().enumerate() {
            let session = &office.activities[known.activity];
            match known.step {
                Step::SignedUp if now < session.start => {
                    let hours = (session.start - now).div_ceil(HOUR);
                    often(leads, Act::Wait { hours });
                    leads.push(Act::Withdraw { participation });
                }
                Step::SignedUp if now < session.end => {
                    let stale = self.random.chance(10);
                    often(leads, Act::CheckIn { participation, stale });
                }
                Step::SignedUp => {
                    self.late(participation, (session.start, session.end), 0, leads);
                }
                Step::CheckedIn { at } => {
                    let hours = session.end.saturating_sub(now).div_ceil(HOUR);
                    often(leads, Act::CheckOut { participation });
                    leads.extend((hours > 0).then_some(Act::Wait { hours }));
                    self.late(participation, (at, session.end), 0, leads);
                }
                Step::CheckedOut { from, to } => {
                    let seen = (to.min(session.end).saturating_sub(from)) / 60_000;
                    let minutes = self.amount(seen);
                    often(leads, Act::AttestFirst { participation, minutes });
                    self.late(participation, (from, to), 10, leads);
                }
                Step::Attested { .. } => {
                    let read = self.random.chance(90);
                    often(leads, Act::AttestSecond { participation, read });
                }
                Step::Awarded | Step::Cancelled => {}
            }
        }
        self.session(leads);
    }

    /// What can only be entered late, or the wait for that; with so many working days to attest it.
    fn late(
        &mut self,
        participation: usize,
        (from, to): (u64, u64),
        days: u32,
        leads: &mut Vec<Act>,
    ) {
        let known = &self.book.office.participations[participation];
        let session = &self.book.office.activities[known.activity];
        let opens = match days {
            0 => session.end + 2 * DAY + 1,
            days => after_working_days(session.end - 1, days),
        };
        if self.now < opens {
            leads.extend(self.random.chance(10).then(|| self.until(opens)));
            leads.extend(self.random.chance(10).then_some(Act::Late {
                participation,
                from,
                to,
                minutes: 30,
            }));
            return;
        }
        let seen = to.min(session.end).saturating_sub(from.max(session.start)) / 60_000;
        let to = if self.random.chance(5) { to + DAY + HOUR } else { to };
        let from = if self.random.chance(5) { from + HOUR } else { from };
        let minutes = self.amount(seen.min(240));
        often(leads, Act::Late { participation, from, to, minutes });
    }

    /// A new session; now and then directly after another one.
    fn session(&mut self, leads: &mut Vec<Act>) {
        let (hours, admits, soon) = (1 + self.random.below(11), self.admits(), self.now + HOUR);
        let ahead = HOUR + self.random.below(2 * DAY);
        let ends = self.book.office.activities.last().map_or(0, |last| last.end);
        let follows = ends >= soon && self.random.chance(50);
        let from_now = if follows { ends - self.now } else { ahead };
        leads.push(Act::Publish { hours, from_now, seats: 2, admits });
    }

    fn rights(&mut self, leads: &mut Vec<Act>) {
        let (office, now) = (&self.book.office, self.now);
        for who in 0..RESIDENTS {
            if office.points(who, |place| place == Place::Available) > 0 {
                let amount = self.amount(15);
                for _ in 0..2 {
                    leads.push(Act::Redeem { who, reward: self.place(office.rewards.len()) });
                }
                leads.push(Act::Gift { who, amount, to_neighbour: self.random.chance(10) });
            }
        }
        for (voucher, known) in office.vouchers.iter().enumerate() {
            match known.paper {
                Paper::Open => {
                    let knows = self.random.chance(90);
                    leads.push(Act::Fulfil { voucher, knows });
                    leads.push(Act::GiveBack { voucher, who: known.who });
                    // Nobody comes for it.
                    let hours = known.expires.saturating_sub(now).div_ceil(HOUR).max(1);
                    leads.push(Act::Wait { hours });
                }
                Paper::Fulfilled { return_until } => {
                    let restock = self.random.chance(50);
                    leads.push(Act::ReturnPiece { voucher, restock });
                    leads.push(self.until(return_until));
                }
                Paper::Counted { .. } | Paper::Cancelled | Paper::TimedOut | Paper::Returned => {}
            }
        }
        for (of, batch) in office.batches.iter().filter(|(_, batch)| !batch.claimed) {
            debug_assert!(batch.vouchers > 0);
            let read = self.random.chance(80);
            leads.push(Act::Settle { of: *of, read });
            leads.extend((now < of.end()).then(|| self.until(of.end())));
        }
        for (award, known) in &office.awards {
            let (award, who) = (*award, self.place(RESIDENTS));
            match known.dispute {
                None => {
                    let (right, read) = (self.right(), self.random.chance(95));
                    leads.push(Act::Correct { award, right, read });
                    leads.push(Act::Dispute { award, who });
                }
                Some(Dispute::Open { .. }) => {
                    let (right, regulators) = (self.maybe_right(), self.random.chance(50));
                    often(leads, Act::Decide { award, right, regulators });
                }
                Some(Dispute::Decided { .. }) => {
                    often(leads, Act::Appeal { award, who: known.who });
                }
                Some(Dispute::Appealed) => {
                    let (right, same) = (self.maybe_right(), self.random.chance(40));
                    often(leads, Act::AppealDecide { award, right, same });
                }
                Some(Dispute::Final) => {}
            }
        }
    }
}
