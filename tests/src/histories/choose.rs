//! This exists to choose what somebody does next: mostly something that leads on from where things
//! stand, otherwise anything at all. The same seed chooses the same.

use super::act::{Act, For, Price, Purpose, Right};
use super::book::Book;
use super::book::money::{Came, Contract, LEVELS, Spot, Stage};
use super::book::points::{Dispute, Paper, Place, Step};
use super::book::{DAY, HOUR};
use super::town::RESIDENTS;
use crate::oracle::Random;

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
        self.random.pick(&leads).unwrap_or_else(|| self.any())
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
        let all = [Purpose::Free, Purpose::Free, Purpose::Elder, Purpose::Passing];
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
        let (amount, reference) = (self.amount(60), self.number());
        if fund.balance(Spot::Lapsed) > 0 {
            often(leads, Act::ToTreasury { amount: self.amount(8), reference });
        }
        leads.push(Act::Issue { amount, purpose: self.purpose(), reference });
        leads.push(Act::Sign { line: self.place(2), price: self.price() });
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
                Step::CheckedIn { .. } => {
                    let hours = session.end.saturating_sub(now).div_ceil(HOUR);
                    often(leads, Act::CheckOut { participation });
                    leads.extend((hours > 0).then_some(Act::Wait { hours }));
                }
                Step::CheckedOut { from, to } => {
                    let seen = (to.min(session.end).saturating_sub(from)) / 60_000;
                    let minutes = self.amount(seen);
                    often(leads, Act::AttestFirst { participation, minutes });
                }
                Step::Attested { .. } => {
                    let read = self.random.chance(90);
                    often(leads, Act::AttestSecond { participation, read });
                }
                Step::SignedUp | Step::Awarded | Step::Cancelled => {}
            }
        }
        let (hours, ahead) = (1 + self.random.below(11), HOUR + self.random.below(2 * DAY));
        leads.push(Act::Publish { hours, from_now: ahead, seats: 2 });
    }

    fn rights(&mut self, leads: &mut Vec<Act>) {
        let (office, now) = (&self.book.office, self.now);
        for who in 0..RESIDENTS {
            if office.points(who, |place| place == Place::Available) > 0 {
                let amount = self.amount(15);
                leads.extend([Act::Redeem { who }, Act::Redeem { who }]);
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
                Paper::Fulfilled { .. } => {
                    let restock = self.random.chance(50);
                    leads.push(Act::ReturnPiece { voucher, restock });
                }
                Paper::Cancelled | Paper::TimedOut | Paper::Returned => {}
            }
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

    /// Anything, whether it makes sense or not.
    #[expect(clippy::too_many_lines, reason = "one arm for each call")]
    fn any(&mut self) -> Act {
        let (fund, office) = (&self.book.fund, &self.book.office);
        let (sources, contracts) = (fund.sources.len() as u64 + 1, fund.contracts.len());
        let (payments, orders) = (fund.payments.len(), fund.orders.len());
        let (activities, seats) = (office.activities.len(), office.participations.len());
        let (vouchers, awards) = (office.vouchers.len(), office.awards.len());
        let source = u32::try_from(self.random.below(sources)).expect("small");
        let (contract, payment) = (self.place(contracts), self.place(payments));
        let (participation, voucher) = (self.place(seats), self.place(vouchers));
        let (who, reference, amount) = (self.place(RESIDENTS), self.number(), self.amount(40));
        let awards: Vec<usize> = office.awards.keys().copied().take(awards).collect();
        let award = self.random.pick(&awards);
        let choice = self.random.below(46);
        let found = match choice {
            0 => Some(Act::Issue { amount, purpose: self.purpose(), reference }),
            1 | 2 => Some(Act::Suspend { amount, reference }),
            3 => Some(Act::Resolve { source, purpose: self.purpose() }),
            4 => Some(Act::SendBack { source, reference }),
            5 | 6 => {
                let start = self.random.below(200);
                let consent = self.random.chance(85);
                Some(Act::Reclassify { source, start, amount, consent })
            }
            7 => Some(Act::Sign { line: self.place(2), price: self.price() }),
            8 => Some(Act::Deliver { contract, milestone: self.place(4) }),
            9 => {
                let share = self.random.below(11_000);
                Some(Act::Accept { contract, milestone: self.place(4), share })
            }
            10..13 => {
                let (kind, invoice) = (self.kind(), reference);
                Some(Act::Request { contract, kind, amount, invoice })
            }
            13..24 if payments > 0 => {
                let by = self.place(LEVELS.len());
                Some(match choice {
                    13 => Act::Edit { payment, amount, invoice: reference },
                    14 => Act::Approve { payment, by },
                    15 => Act::Refuse { payment, by },
                    16 => Act::Instruct { payment, number: reference },
                    17 => Act::Confirm { payment, amount, reference },
                    18 => Act::Fail { payment },
                    19 => Act::Return { payment, amount, reference },
                    20 => Act::ReversePayment { payment },
                    21 if orders > 0 => {
                        Act::Refund { order: self.place(orders), amount, reference }
                    }
                    _ => Act::Claim { contract, amount },
                })
            }
            24 => Some(Act::ReverseSource { source }),
            25 => Some(Act::Find { contract }),
            26 => Some(Act::Close { contract }),
            27 | 28 => {
                let contract = self.place(contracts + 1);
                Some(Act::Freeze { contract, lift: self.random.chance(70) })
            }
            29 => Some(Act::ToTreasury { amount, reference }),
            30 => {
                let (hours, seats) = (self.random.below(26), self.random.below(3));
                let from_now = HOUR / 2 + self.random.below(4 * HOUR);
                let seats = u32::try_from(seats).expect("small");
                Some(Act::Publish { hours, from_now, seats })
            }
            31 => Some(Act::CallOff { activity: self.place(activities) }),
            32 => Some(Act::SignUp { who, activity: self.place(activities) }),
            33 => Some(Act::CheckIn { participation, stale: false }),
            34 => Some(Act::CheckOut { participation }),
            35 => Some(Act::AttestFirst { participation, minutes: amount }),
            36 => Some(Act::AttestSecond { participation, read: true }),
            37 => Some(Act::Redeem { who }),
            38 if vouchers > 0 => Some(Act::Fulfil { voucher, knows: self.random.chance(80) }),
            39 if vouchers > 0 => Some(Act::GiveBack { voucher, who }),
            40 => award.map(|award| Act::Decide { award, right: None, regulators: true }),
            41 => award.map(|award| Act::Appeal { award, who }),
            42 => award.map(|award| Act::AppealDecide { award, right: None, same: false }),
            43 => {
                let (officer, known) = (self.place(1_000_000), self.random.chance(30));
                Some(Act::Register { officer, known })
            }
            44 => Some(Act::Enrol { again: self.random.chance(50) }),
            45 => Some(Act::Again),
            _ => None,
        };
        found.unwrap_or_else(|| Act::Wait { hours: 1 + self.random.below(110) })
    }
}
