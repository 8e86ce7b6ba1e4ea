//! This exists to end years in the books of a fund: what is carried on, what lapses, what goes back to
//! the treasury, and that nothing is dated in a year that was closed.

use super::Twist;
use super::clerk::{Entered, no};
use super::dates::{after_working_days, civil, starts, year_of};
use super::day;
use super::money::{Came, Fund, Moved, Reasons, Spot, Stage, given};
use crate::histories::act::Purpose;
use crate::oracle::{Interval, Lot};

/// The year in which the fund was opened.
const OPENED: u32 = 2025;
/// How often money may be carried on.
pub const CARRY_MAX: u8 = 1;
/// Working days that the bank has for an answer.
const ANSWER_DAYS: u32 = 5;
/// Classes up to this one are appropriations.
const APPROPRIATED: u8 = 1;

/// A year that was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Year {
    pub(crate) carried: u64,
    pub(crate) lapsed: u64,
    /// Whether all of it was seen.
    pub(crate) done: bool,
}

fn last_day(year: u32) -> u32 {
    day(starts(year + 1, 1)) - 1
}

impl Fund {
    /// Nothing is dated in a year that is closed.
    pub(super) fn dated(&self, date: u32, twist: Twist) -> Result<(), Reasons> {
        let closed = self.years.contains_key(&year_of(date)) && twist != Twist::ClosedIsOpen;
        if closed { Err(vec!["E_PERIOD_CLOSED"]) } else { Ok(()) }
    }

    pub(super) fn close_year(&mut self, year: u32, high: bool, now: u64) -> Entered {
        if year < OPENED || year >= civil(now).0 {
            return no("E_TIME_WINDOW");
        }
        let mut reasons = Reasons::new();
        if !high {
            reasons.push("E_APPROVER_LEVEL");
        }
        if self.years.contains_key(&year) {
            reasons.push("E_EXISTS");
        }
        if self.frozen {
            reasons.push("E_FROZEN");
        }
        let before = year > OPENED && !self.years.get(&(year - 1)).is_some_and(|year| year.done);
        if before || self.has_loose_ends(now) {
            reasons.push("E_CLOSE_BLOCKED");
        }
        given(reasons)?;
        self.years.insert(year, Year::default());
        Ok(Vec::new())
    }

    /// Whether money is of unknown origin, or the bank has been silent for too long.
    pub(crate) fn has_loose_ends(&self, now: u64) -> bool {
        let silent = self.payments.iter().any(|one| {
            one.stage == Stage::Instructed
                && now >= after_working_days(one.instructed_at, ANSWER_DAYS)
        });
        silent || self.sources.iter().any(|one| one.came == Came::Suspended)
    }

    /// The fen that go when closed years come to their end.
    pub(super) fn end_years(&mut self, twist: Twist) -> Vec<Moved> {
        let ending = self.years.iter().filter(|(_, known)| !known.done);
        let years: Vec<u32> = ending.map(|(year, _)| *year).collect();
        years.into_iter().flat_map(|year| self.end_year(year, twist)).collect()
    }

    fn end_year(&mut self, year: u32, twist: Twist) -> Vec<Moved> {
        let (end, mut sums, mut moved) = (last_day(year), Year::default(), Vec::new());
        for (place, lot, run) in self.money.trace() {
            let from = self.spots[usize::from(place)];
            let bound = match from {
                Spot::Available => false,
                Spot::Committed(contract) | Spot::Retained(contract) => {
                    !self.contracts[contract].closed
                }
                _ => continue,
            };
            let ends = lot.lapse_on.is_some_and(|last| last <= end);
            if !ends || lot.priority > APPROPRIATED {
                continue;
            }
            let held = (bound || self.is_project(lot)) && twist != Twist::NothingIsCarried;
            let (amount, fen) = (run.end - run.start, [run]);
            if held && lot.carry_count < CARRY_MAX {
                self.carry_on(place, &fen, last_day(year + 1));
                sums.carried += amount;
            } else {
                moved.push(self.carry(from, Spot::Lapsed, &fen));
                sums.lapsed += amount;
            }
        }
        self.years.insert(year, Year { done: true, ..sums });
        moved
    }

    fn is_project(&self, lot: Lot) -> bool {
        let known = self.earmarks.iter().find(|(number, _)| *number == lot.earmark);
        known.is_some_and(|(_, purpose)| matches!(purpose, Purpose::Project | Purpose::Old))
    }

    fn carry_on(&mut self, place: u8, fen: &[Interval], last: u32) {
        let on = |lot: Lot| Lot { lapse_on: Some(last), carry_count: lot.carry_count + 1, ..lot };
        self.money.relot_each(place, fen, on).expect("they lie there");
    }

    pub(super) fn pay_treasury(
        &mut self,
        dated: Result<(), Reasons>,
        amount: u64,
        reference: u32,
    ) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        dated?;
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
}
