//! This exists to enter what happens to money into the books: yes with the fen that go, or no with the
//! codes that fit.

use super::cashier::minus;
use super::money::{
    Came, Contract, Fund, LINES, Milestone, Moved, NEXT_YEAR, RETENTION_TIME, Reasons, Source,
    Spot, Stage, given, share,
};
use super::{Twist, day};
use crate::histories::act::{Act, Price, Purpose};
use crate::oracle::{Interval, Lot, Selection};

/// The last day on which money of unknown origin is resolved, after it came.
const SUSPENSE_DAYS: u32 = 60;

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
            Act::Issue { amount, purpose, reference } => {
                self.come_in(*amount, *reference, Some(*purpose), when)
            }
            Act::Suspend { amount, reference } => self.come_in(*amount, *reference, None, when),
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
            Act::Instruct { payment, number } => self.instruct(*payment, *number),
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
            Act::Evaluate { contract, score } => self.evaluate(*contract, *score),
            Act::Release { contract } => self.release(*contract, now),
            Act::Find { contract } => self.find(*contract, now),
            Act::Close { contract } => self.close(*contract),
            Act::Freeze { contract, lift } => self.freeze(*contract, *lift),
            Act::ToTreasury { amount, reference } => self.pay_treasury(*amount, *reference),
            _ => return None,
        })
    }

    fn come_in(
        &mut self,
        amount: u64,
        reference: u32,
        purpose: Option<Purpose>,
        when: When,
    ) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        if !self.references.insert(reference) {
            return no("E_BANKREF_DUP");
        }
        let to = if purpose.is_some() { Spot::Available } else { Spot::Suspense };
        let lot = match purpose {
            Some(purpose) => self.lot(when.made[0], purpose),
            None => Self::unknown(when.made[0]),
        };
        let place = self.place(to);
        let fen = self.money.issue(place, amount, lot).expect("a sound amount");
        let came = if purpose.is_some() { Came::In } else { Came::Suspended };
        self.sources.push(Source {
            came,
            public: purpose != Some(Purpose::Free),
            since: day(when.now),
            suspended: purpose.is_none(),
            reversed: false,
        });
        Ok(vec![Moved { from: Spot::Origin, to, fen }])
    }

    fn all_of(&self, source: u32) -> Vec<Interval> {
        let end = self.money.amount(source).unwrap_or(0);
        vec![Interval { source, start: 0, end }]
    }

    /// Money in suspense that nobody has touched.
    fn suspended(&mut self, source: u32) -> Result<&mut Source, Reasons> {
        let known = self.sources.get_mut(source as usize).filter(|known| known.suspended);
        let known = known.ok_or_else(|| vec!["E_NOT_FOUND"])?;
        if known.came == Came::Suspended { Ok(known) } else { Err(vec!["E_STATE"]) }
    }

    fn resolve(&mut self, source: u32, purpose: Purpose, when: When) -> Entered {
        let late = day(when.now) > self.suspended(source)?.since + SUSPENSE_DAYS;
        if self.frozen || late {
            return Err(vec!["E_FROZEN", "E_DEADLINE"]);
        }
        let known = self.suspended(source)?;
        (known.came, known.public) = (Came::In, purpose != Purpose::Free);
        let (lot, place) = (self.lot(when.made[0], purpose), self.place(Spot::Suspense));
        let fen = self.all_of(source);
        self.money.relot(place, &fen, lot).expect("it lies there");
        Ok(vec![self.carry(Spot::Suspense, Spot::Available, &fen)])
    }

    fn send_back(&mut self, source: u32, reference: u32) -> Entered {
        self.suspended(source)?;
        if self.frozen {
            return no("E_FROZEN");
        }
        if !self.references.insert(reference) {
            return no("E_BANKREF_DUP");
        }
        self.suspended(source)?.came = Came::Back;
        let fen = self.all_of(source);
        Ok(vec![self.carry(Spot::Suspense, Spot::Returned, &fen)])
    }

    fn reclassify(
        &mut self,
        source: u32,
        (start, amount): (u64, u64),
        consent: bool,
        earmark: u64,
    ) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        let known = self.sources.get(source as usize).filter(|known| known.came == Came::In);
        let Some(public) = known.map(|known| known.public) else { return no("E_NOT_FOUND") };
        let end = start + amount;
        if self.money.amount(source).is_none_or(|all| end > all) {
            return no("E_NOT_FOUND");
        }
        let mut reasons = Reasons::new();
        if !consent {
            reasons.push("E_CONSENT_MISSING");
        }
        if self.frozen {
            reasons.push("E_FROZEN");
        }
        given(reasons)?;
        let (fen, place) = ([Interval { source, start, end }], self.place(Spot::Available));
        // The class of the source stays; public money keeps its last day.
        let change = |old: Lot| Lot {
            earmark,
            specificity: 0,
            lapse_on: if public { old.lapse_on } else { None },
            ..old
        };
        if self.money.relot_each(place, &fen, change).is_err() {
            return no("E_SEGMENT_MOVED");
        }
        self.earmarks.push((earmark, Purpose::Free));
        Ok(Vec::new())
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
        // The second line is not for older people.
        let suits = |purpose: Purpose| line == 0 || purpose != Purpose::Elder;
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

    fn reverse_source(&mut self, source: u32, earmark: u64, today: u32) -> Entered {
        let Some(known) = self.sources.get(source as usize) else { return no("E_NOT_FOUND") };
        let (came, reversed) = (known.came, known.reversed);
        if self.frozen {
            return no("E_FROZEN");
        }
        if reversed {
            return no("E_ALREADY_REVERSED");
        }
        if came != Came::In {
            return no("E_STATE");
        }
        let fen = self.all_of(source);
        if !minus(&fen, &self.held(Spot::Available)).is_empty() {
            return no("E_SEGMENT_MOVED");
        }
        let moved = self.carry(Spot::Available, Spot::Suspense, &fen);
        let place = self.place(Spot::Suspense);
        self.money.relot(place, &fen, Self::unknown(earmark)).expect("it lies there");
        let known = &mut self.sources[source as usize];
        (known.came, known.suspended) = (Came::Suspended, true);
        (known.reversed, known.since) = (true, today);
        Ok(vec![moved])
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

    fn pay_treasury(&mut self, amount: u64, reference: u32) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        let mut reasons = Reasons::new();
        if self.frozen {
            reasons.push("E_FROZEN");
        }
        if self.references.contains(&reference) {
            reasons.push("E_BANKREF_DUP");
        }
        if amount > self.balance(Spot::Lapsed) {
            reasons.push("E_INSUFFICIENT_COMPATIBLE");
        }
        given(reasons)?;
        self.references.insert(reference);
        let any = self.any(false);
        Ok(vec![self.pay(Spot::Lapsed, Spot::Returned, amount, &any)])
    }

    /// What time does by itself: approvals grow too old.
    pub fn pass(&mut self, now: u64) -> Vec<Moved> {
        let mut moved = Vec::new();
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
