//! This exists to enter what happens to money into the books: yes with the fen that go, or no with the
//! codes that fit.

use super::money::{
    Contract, Fund, LINES, Milestone, Moved, NEXT_YEAR, RETENTION_TIME, Reasons, Spot, Stage,
    given, share,
};
use super::{Twist, day};
use crate::histories::act::{Act, Price, Purpose};
use crate::oracle::Selection;

/// What each score of an evaluation earns: the least score, and the share.
const FACTORS: [(u64, u64); 4] = [(9_000, 10_000), (8_000, 9_500), (7_000, 8_500), (6_000, 7_000)];

/// When it is, and the numbers of the earmarks that a call would make.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Milliseconds.
    pub now: u64,
    /// For the first and second identifier.
    pub made: [u64; 2],
}

pub(super) type Entered = Result<Vec<Moved>, Reasons>;

pub(super) fn no(reason: &'static str) -> Entered {
    Err(vec![reason])
}

impl Fund {
    /// Enters an act; `None` if it is not about money.
    pub fn enter(&mut self, act: &Act, when: When, twist: Twist) -> Option<Entered> {
        let When { now, made } = when;
        let today = day(now);
        Some(match act {
            Act::Issue { amount, purpose, reference, ago } => {
                let dated = self.dated(today - ago, twist);
                self.come_in(dated, (*amount, *reference), Some(*purpose), when)
            }
            Act::Collect { donations, said, purpose, reference } => {
                self.collect(donations, *said, (*purpose, *reference), when)
            }
            Act::Suspend { amount, reference } => {
                self.come_in(Ok(()), (*amount, *reference), None, when)
            }
            Act::Resolve { source, purpose } => self.resolve(*source, *purpose, when),
            Act::SendBack { source, reference } => self.send_back(*source, *reference),
            Act::Reclassify { source, start, amount, consent } => {
                self.reclassify(*source, (*start, *amount), *consent, made[0])
            }
            Act::Sign { line, price } => self.sign(*line, price, today, twist),
            Act::Deliver { contract, milestone } => self.deliver(*contract, *milestone),
            Act::Accept { contract, milestone, share } => {
                self.accept(*contract, *milestone, *share, now)
            }
            Act::Request { contract, kind, amount, invoice } => {
                self.request(*contract, *kind, (*amount, *invoice))
            }
            Act::Edit { payment, amount, invoice } => self.edit(*payment, (*amount, *invoice)),
            Act::Approve { payment, by } => self.approve(*payment, *by, now),
            Act::Refuse { payment, .. } => self.refuse(*payment),
            Act::Instruct { payment, number } => self.instruct(*payment, *number, now),
            Act::Confirm { payment, amount, reference } => {
                self.confirm(*payment, *amount, *reference)
            }
            Act::Fail { payment } => self.fail(*payment),
            Act::Return { payment, amount, reference } => {
                self.come_back(*payment, *amount, *reference, today)
            }
            Act::ReversePayment { payment } => self.reverse_payment(*payment),
            Act::ReverseSource { source } => self.reverse_source(*source, made[1], today),
            Act::Claim { contract, amount } => self.claim(*contract, *amount, now),
            Act::Refund { order, amount, reference } => {
                self.refund(*order, *amount, *reference, (today, twist))
            }
            Act::Name { contract } => self.name(*contract),
            Act::Evaluate { contract, score } => self.evaluate(*contract, *score),
            Act::Release { contract } => self.release(*contract, now),
            Act::Find { contract } => self.find(*contract, now),
            Act::Close { contract } => self.close(*contract),
            Act::Freeze { contract, lift } => self.freeze(*contract, *lift),
            Act::CloseYear { year, high } => self.close_year(*year, *high, now),
            Act::ToTreasury { amount, reference, ago } => {
                let dated = self.dated(today - ago, twist);
                self.pay_treasury(dated, *amount, *reference)
            }
            _ => return None,
        })
    }

    fn sign(&mut self, line: usize, price: &Price, today: u32, twist: Twist) -> Entered {
        let Price { milestones, advance, linked, retention, total } = price;
        let mut reasons = Reasons::new();
        if milestones.iter().sum::<u64>() + linked + retention != *total {
            reasons.push("E_MILESTONE_SUM");
        }
        if *advance > share(*total, 5_000) {
            reasons.push("E_ADVANCE_LIMIT");
        }
        if *retention > share(*total, 1_000) {
            reasons.push("E_RETENTION_LIMIT");
        }
        if milestones.contains(&0) || *total == 0 {
            reasons.push("E_AMOUNT_ZERO");
        }
        if today >= NEXT_YEAR {
            reasons.push("E_TIME_WINDOW");
        }
        if self.blocked[line] {
            reasons.push("E_RENEWAL_BLOCKED");
        }
        if self.frozen {
            reasons.push("E_FROZEN");
        }
        let (bound, paid) = self.line(line);
        if bound + paid + total > LINES[line].0 && twist != Twist::BudgetIsForgotten {
            reasons.push("E_BUDGET_EXCEEDED");
        }
        // The second line is not for older people, and projects are those of the first.
        let first = [Purpose::Elder, Purpose::Project, Purpose::Old];
        let suits = |purpose: Purpose| line == 0 || !first.contains(&purpose);
        let known = self.earmarks.iter().filter(|(_, purpose)| suits(*purpose));
        let earmarks = known.map(|(number, _)| *number).collect();
        let how = Selection { reverse: false, earmarks, today: Some(today) };
        let have = self
            .number(Spot::Available)
            .map_or(0, |place| self.money.in_order(place, &how).len() as u64);
        if have < *total {
            reasons.push("E_INSUFFICIENT_COMPATIBLE");
        }
        given(reasons)?;
        let number = self.contracts.len();
        let milestone =
            |amount: &u64| Milestone { amount: *amount, delivered: false, accepted: None };
        self.contracts.push(Contract {
            line,
            price: price.clone(),
            milestones: milestones.iter().map(milestone).collect(),
            closed: false,
            evaluator: false,
            earned: None,
            freed: false,
            accepted_at: None,
            finding_at: None,
            claimed_back: 0,
        });
        let committed = Spot::Committed(number);
        let mut moved = vec![self.pay(Spot::Available, committed, *total, &how)];
        if *retention > 0 {
            let last = self.any(true);
            moved.push(self.pay(committed, Spot::Retained(number), *retention, &last));
        }
        Ok(moved)
    }

    fn deliver(&mut self, contract: usize, milestone: usize) -> Entered {
        let known = &mut self.contracts[contract];
        let Some(one) = known.milestones.get_mut(milestone) else { return no("E_NOT_FOUND") };
        if known.closed || one.accepted.is_some() {
            return no("E_STATE");
        }
        one.delivered = true;
        Ok(Vec::new())
    }

    fn accept(&mut self, contract: usize, milestone: usize, part: u64, now: u64) -> Entered {
        let known = &mut self.contracts[contract];
        match part {
            0 => return no("E_AMOUNT_ZERO"),
            1..=10_000 => {}
            _ => return no("E_AMOUNT_RANGE"),
        }
        let Some(one) = known.milestones.get_mut(milestone) else { return no("E_NOT_FOUND") };
        if known.closed || !one.delivered || one.accepted.is_some() {
            return no("E_STATE");
        }
        one.accepted = Some(share(one.amount, part));
        known.accepted_at = Some(now);
        Ok(Vec::new())
    }

    fn name(&mut self, contract: usize) -> Entered {
        let known = &mut self.contracts[contract];
        if known.closed || known.earned.is_some() {
            return no("E_STATE");
        }
        known.evaluator = true;
        Ok(Vec::new())
    }

    fn evaluate(&mut self, contract: usize, score: u64) -> Entered {
        let known = &self.contracts[contract];
        if !known.evaluator {
            return no("E_NOT_FOUND");
        }
        if known.closed || known.earned.is_some() {
            return no("E_STATE");
        }
        if !known.all_accepted() {
            return no("E_NOT_ACCEPTED");
        }
        if self.is_frozen(contract) {
            return no("E_FROZEN");
        }
        let factor = FACTORS.iter().find(|(least, _)| *least <= score).map(|(_, factor)| *factor);
        let (linked, line) = (known.price.linked, known.line);
        let earned = share(linked, factor.unwrap_or(0));
        self.blocked[line] = factor.is_none();
        self.contracts[contract].earned = Some(earned);
        let from = Spot::Committed(contract);
        let released = (linked - earned).min(self.balance(from));
        if released == 0 {
            return Ok(Vec::new());
        }
        let last = self.any(true);
        Ok(vec![self.pay(from, Spot::Available, released, &last)])
    }

    fn release(&mut self, contract: usize, now: u64) -> Entered {
        let known = &self.contracts[contract];
        if known.closed || !known.holds_back() {
            return no("E_STATE");
        }
        if self.is_frozen(contract) {
            return no("E_FROZEN");
        }
        let last = known.accepted_at.max(known.finding_at).unwrap_or(now);
        if !known.all_accepted() || known.claimed_back > 0 || now < last + RETENTION_TIME {
            return no("E_RETENTION_TIME");
        }
        self.contracts[contract].freed = true;
        Ok(self.empty(Spot::Retained(contract), Spot::Committed(contract)))
    }

    fn find(&mut self, contract: usize, now: u64) -> Entered {
        if self.contracts[contract].closed {
            return no("E_STATE");
        }
        self.contracts[contract].finding_at = Some(now);
        Ok(Vec::new())
    }

    fn close(&mut self, contract: usize) -> Entered {
        let known = &self.contracts[contract];
        if known.closed {
            return no("E_STATE");
        }
        if self.payments.iter().any(|one| one.contract == contract && one.is_open()) {
            return no("E_CLOSE_BLOCKED");
        }
        if self.is_frozen(contract) {
            return no("E_FROZEN");
        }
        if known.holds_back() && known.all_accepted() && known.finding_at.is_none() {
            return no("E_CLOSE_BLOCKED");
        }
        self.contracts[contract].closed = true;
        let mut moved = self.empty(Spot::Committed(contract), Spot::Available);
        moved.extend(self.empty(Spot::Retained(contract), Spot::Available));
        Ok(moved)
    }

    fn freeze(&mut self, contract: usize, lift: bool) -> Entered {
        // One more than there are stands for the fund.
        let is_fund = contract >= self.contracts.len();
        let frozen = if is_fund { self.frozen } else { self.stopped.contains(&contract) };
        if frozen != lift {
            return no("E_STATE");
        }
        if is_fund {
            self.frozen = !lift;
        } else if lift {
            self.stopped.remove(&contract);
        } else {
            self.stopped.insert(contract);
        }
        Ok(Vec::new())
    }

    /// What time does by itself: a year that was closed ends, approvals grow too old.
    pub fn pass(&mut self, now: u64, twist: Twist) -> Vec<Moved> {
        let mut moved = self.end_years(twist);
        for payment in 0..self.payments.len() {
            let known = &mut self.payments[payment];
            let too_old = known.approvals.iter().any(|(.., until)| *until <= now);
            match known.stage {
                Stage::Requested => known.approvals.retain(|(.., until)| now < *until),
                Stage::Approved if too_old => moved.extend(self.undo(payment, Stage::Lapsed)),
                _ => {}
            }
        }
        moved
    }
}
