//! This exists to enter payments into the books: from the request to the bank's word, and what comes back.

use super::clerk::{Entered, no};
use super::money::{
    APPROVAL_LIFE, Fund, LEVELS, LINES, Moved, Order, Payment, Reasons, Spot, Stage, TIERS, given,
    whole,
};
use super::{DAY, Twist};
use crate::histories::act::For;
use crate::oracle::Interval;

/// How long payments to one payee add up.
const WINDOW: u64 = 30 * DAY;

impl Fund {
    pub(super) fn request(&mut self, contract: usize, kind: For, asked: (u64, u32)) -> Entered {
        if asked.0 == 0 {
            return no("E_AMOUNT_ZERO");
        }
        if self.contracts[contract].closed {
            return no("E_STATE");
        }
        given(self.against(contract, kind, asked, None))?;
        let (amount, invoice) = asked;
        self.payments.push(Payment {
            contract,
            kind,
            amount,
            invoice,
            revision: 0,
            stage: Stage::Requested,
            number: None,
            reference: None,
            fen: Vec::new(),
            returned: Vec::new(),
            reversed: false,
            approvals: Vec::new(),
            decided_at: 0,
            instructed_at: 0,
        });
        Ok(Vec::new())
    }

    /// What a payment took goes back where it was.
    pub(super) fn undo(&mut self, payment: usize, stage: Stage) -> Vec<Moved> {
        let to = Spot::Committed(self.payments[payment].contract);
        let mut moved = self.empty(Spot::Reserved(payment), to);
        moved.extend(self.empty(Spot::InFlight(payment), to));
        let known = &mut self.payments[payment];
        known.stage = stage;
        known.approvals.clear();
        known.fen.clear();
        moved
    }

    pub(super) fn edit(&mut self, payment: usize, asked: (u64, u32)) -> Entered {
        if asked.0 == 0 {
            return no("E_AMOUNT_ZERO");
        }
        let Payment { contract, kind, stage, .. } = self.payments[payment];
        let editable =
            matches!(stage, Stage::Requested | Stage::Approved | Stage::Refused | Stage::Lapsed);
        if !editable || self.contracts[contract].closed {
            return no("E_STATE");
        }
        given(self.against(contract, kind, asked, Some(payment)))?;
        let moved = self.undo(payment, Stage::Requested);
        let known = &mut self.payments[payment];
        (known.amount, known.invoice) = asked;
        known.revision += 1;
        Ok(moved)
    }

    /// The tier of a payment, from everything that its payee gets.
    pub(super) fn tier(&self, payment: usize, now: u64) -> usize {
        let counts = |one: &Payment| match one.stage {
            Stage::Requested => true,
            Stage::Approved | Stage::Instructed | Stage::Confirmed => {
                one.decided_at + WINDOW >= now
            }
            _ => false,
        };
        // All contracts are with one provider.
        let others =
            self.payments.iter().enumerate().filter(|(n, one)| *n != payment && counts(one));
        let sum = others.map(|(_, one)| one.amount).sum::<u64>() + self.payments[payment].amount;
        TIERS.iter().filter(|limit| sum > **limit).count()
    }

    pub(super) fn approve(&mut self, payment: usize, by: usize, now: u64) -> Entered {
        let Payment { contract, stage, amount, .. } = self.payments[payment];
        let approvals = &self.payments[payment].approvals;
        let mut reasons = Reasons::new();
        if approvals.iter().any(|(who, ..)| *who == by) {
            reasons.push("E_DUP_APPROVER");
        }
        if stage != Stage::Requested {
            reasons.push("E_STATE");
        }
        // There is no fourth tier here, and to the others nobody objects.
        if LEVELS[by] == 0 {
            reasons.push("E_APPROVER_LEVEL");
            return Err(reasons);
        }
        given(reasons)?;
        if self.is_frozen(contract) {
            return no("E_FROZEN");
        }
        let tier = self.tier(payment, now);
        if tier == 2 && !LINES[self.contracts[contract].line].1 {
            return no("E_COUNCIL_MISSING");
        }
        let wanted: &[u8] = [&[1][..], &[2, 1], &[2, 2]][tier];
        let filled = |levels: Vec<u8>| {
            let (mut levels, mut filled) = (levels, 0);
            levels.sort_unstable();
            for least in wanted {
                if levels.last().is_some_and(|best| best >= least) {
                    levels.pop();
                    filled += 1;
                }
            }
            filled
        };
        let before: Vec<u8> = self.payments[payment].approvals.iter().map(|one| one.1).collect();
        let mut after = before.clone();
        after.push(LEVELS[by]);
        let (before, after) = (filled(before), filled(after));
        if after == before && before < wanted.len() {
            return no("E_APPROVER_LEVEL");
        }
        let is_last = after >= wanted.len();
        if is_last && self.balance(Spot::Committed(contract)) < amount {
            return no("E_INSUFFICIENT_COMPATIBLE");
        }
        self.payments[payment].approvals.push((by, LEVELS[by], now + APPROVAL_LIFE));
        if !is_last {
            return Ok(Vec::new());
        }
        let any = self.any(false);
        let moved = self.pay(Spot::Committed(contract), Spot::Reserved(payment), amount, &any);
        let known = &mut self.payments[payment];
        (known.stage, known.decided_at) = (Stage::Approved, now);
        known.fen.clone_from(&moved.fen);
        Ok(vec![moved])
    }

    pub(super) fn refuse(&mut self, payment: usize) -> Entered {
        match self.payments[payment].stage {
            Stage::Requested | Stage::Approved => Ok(self.undo(payment, Stage::Refused)),
            _ => no("E_STATE"),
        }
    }

    pub(super) fn instruct(&mut self, payment: usize, number: u32, now: u64) -> Entered {
        let Payment { contract, stage, .. } = self.payments[payment];
        match stage {
            Stage::Approved => {}
            Stage::Requested => return no("E_APPROVAL_MISSING"),
            Stage::Lapsed => return no("E_APPROVAL_STALE"),
            _ => return no("E_STATE"),
        }
        if self.is_frozen(contract) {
            return no("E_FROZEN");
        }
        if !self.numbers.insert(number) {
            return no("E_EXISTS");
        }
        let known = &mut self.payments[payment];
        (known.stage, known.number) = (Stage::Instructed, Some(number));
        known.instructed_at = now;
        Ok(self.empty(Spot::Reserved(payment), Spot::InFlight(payment)))
    }

    /// What the bank may still say of a payment.
    pub(super) fn asked(&self, payment: usize) -> Result<(), Reasons> {
        let known = &self.payments[payment];
        match known.stage {
            Stage::Instructed => Ok(()),
            Stage::Confirmed | Stage::Failed | Stage::Returned => Err(vec!["E_ALREADY_RESOLVED"]),
            _ => Err(vec!["E_NOT_FOUND"]),
        }
    }

    pub(super) fn confirm(&mut self, payment: usize, amount: u64, reference: u32) -> Entered {
        self.asked(payment)?;
        if amount != self.payments[payment].amount {
            return no("E_BANK_AMOUNT");
        }
        if !self.references.insert(reference) {
            return no("E_BANKREF_DUP");
        }
        let known = &mut self.payments[payment];
        (known.stage, known.reference) = (Stage::Confirmed, Some(reference));
        let to = Spot::Payee(known.contract);
        Ok(self.empty(Spot::InFlight(payment), to))
    }

    pub(super) fn fail(&mut self, payment: usize) -> Entered {
        self.asked(payment)?;
        Ok(self.undo(payment, Stage::Failed))
    }

    pub(super) fn come_back(
        &mut self,
        payment: usize,
        amount: u64,
        reference: u32,
        today: u32,
    ) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        let Payment { contract, stage, number, .. } = self.payments[payment];
        match (number, stage) {
            (None, _) => return no("E_NOT_FOUND"),
            (_, Stage::Confirmed) => {}
            (_, Stage::Returned) => return no("E_ALREADY_RESOLVED"),
            _ => return no("E_STATE"),
        }
        let known = &self.payments[payment];
        let mut reasons = Reasons::new();
        if amount > known.standing() {
            reasons.push("E_BANK_AMOUNT");
        }
        if self.references.contains(&reference) {
            reasons.push("E_BANKREF_DUP");
        }
        given(reasons)?;
        let left = minus(&known.fen, &known.returned);
        let (from, to) = (Spot::Payee(contract), Spot::Committed(contract));
        let place = self.place(from);
        // A copy finds out whether all of them are still there, and which are the last.
        let mut copy = self.money.clone();
        let Ok(fen) = copy.pay_within((place, u8::MAX), amount, true, &left) else {
            return no("E_SEGMENT_MOVED");
        };
        self.references.insert(reference);
        let closed = self.contracts[contract].closed;
        let moved =
            if closed { self.home(from, &fen, today) } else { vec![self.carry(from, to, &fen)] };
        let known = &mut self.payments[payment];
        known.returned.extend(fen);
        if known.standing() == 0 {
            known.stage = Stage::Returned;
        }
        Ok(moved)
    }

    pub(super) fn reverse_payment(&mut self, payment: usize) -> Entered {
        let known = &self.payments[payment];
        let (contract, stage) = (known.contract, known.stage);
        if self.is_frozen(contract) {
            return no("E_FROZEN");
        }
        if stage != Stage::Confirmed {
            return no(if known.reversed { "E_ALREADY_REVERSED" } else { "E_STATE" });
        }
        if self.contracts[contract].closed {
            return no("E_STATE");
        }
        let there = self.held(Spot::Payee(contract));
        if !known.returned.is_empty() || !minus(&known.fen, &there).is_empty() {
            return no("E_SEGMENT_MOVED");
        }
        let fen = known.fen.clone();
        if let Some(reference) = self.payments[payment].reference.take() {
            self.references.remove(&reference);
        }
        let known = &mut self.payments[payment];
        (known.stage, known.reversed) = (Stage::Instructed, true);
        Ok(vec![self.carry(Spot::Payee(contract), Spot::InFlight(payment), &fen)])
    }

    pub(super) fn claim(&mut self, contract: usize, amount: u64, now: u64) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        let held = self.balance(Spot::Payee(contract));
        let known = &mut self.contracts[contract];
        if known.claimed_back + amount > held {
            return no("E_REFUND_EXCEEDS");
        }
        known.claimed_back += amount;
        known.finding_at = Some(now);
        self.orders.push(Order { contract, left: amount });
        Ok(Vec::new())
    }

    pub(super) fn refund(
        &mut self,
        order: usize,
        amount: u64,
        reference: u32,
        (today, twist): (u32, Twist),
    ) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        let Order { contract, left } = self.orders[order];
        let from = Spot::Payee(contract);
        if amount > left.min(self.balance(from)) {
            return no("E_REFUND_EXCEEDS");
        }
        if !self.references.insert(reference) {
            return no("E_BANKREF_DUP");
        }
        let how = self.any(twist != Twist::RefundTakesTheFirst);
        let (place, mut copy) = (self.place(from), self.money.clone());
        let fen = copy.pay(place, u8::MAX, amount, &how).expect("it was counted");
        self.orders[order].left -= amount;
        self.contracts[contract].claimed_back -= amount;
        Ok(self.home(from, &fen, today))
    }
}

/// Fen without others, sorted and joined.
pub(super) fn minus(from: &[Interval], without: &[Interval]) -> Vec<Interval> {
    let mut out: Vec<Interval> = Vec::new();
    for interval in from {
        for start in interval.start..interval.end {
            let gone = without.iter().any(|other| {
                other.source == interval.source && (other.start..other.end).contains(&start)
            });
            if gone {
                continue;
            }
            match out.last_mut() {
                Some(last) if last.source == interval.source && last.end == start => last.end += 1,
                Some(_) | None => out.push(Interval { start, end: start + 1, ..*interval }),
            }
        }
    }
    debug_assert!(whole(&out) <= whole(from));
    out
}
