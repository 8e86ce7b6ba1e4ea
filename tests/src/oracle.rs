//! This exists to be a second opinion on the posting kernel: a model so naive that it is plainly what
//! `domain` §4 and §2.3 say, one entry per fen, sharing no line and no type with the ledger.
//!
//! Accounts are small numbers, codes are their names. It is slow on purpose; amounts are small.

mod history;
mod money;
mod points;

pub use history::{History, Operation, Random};
pub use money::{Interval, Lot, Money, Selection};
pub use points::{Parcel, Points};

/// Why the model refuses: the name of the code, and the numbers that go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct No {
    /// The name in the table of codes.
    pub code: &'static str,
    /// What was asked for and what there is, where the rule compares two numbers.
    pub need_have: Option<(u64, u64)>,
}

impl No {
    fn plain(code: &'static str) -> Self {
        Self { code, need_have: None }
    }

    fn lack(code: &'static str, need: u64, have: u64) -> Self {
        Self { code, need_have: Some((need, have)) }
    }
}

/// An amount that somebody may ask for is 1 to 2^53 − 1 (`domain` §0.2).
fn check_amount(amount: u64) -> Result<(), No> {
    if amount == 0 {
        return Err(No::plain("E_AMOUNT_ZERO"));
    }
    if amount >= 1 << 53 {
        return Err(No::plain("E_AMOUNT_RANGE"));
    }
    Ok(())
}

/// What an accepted operation moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Fen: sorted, neighbours joined.
    Fen(Vec<Interval>),
    /// Points: by expiry and batch.
    Points(Vec<Parcel>),
    /// Minutes.
    Minutes(u64),
    /// Nothing: fen got another lot where they lie.
    Nothing,
}

/// The whole model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Every fen.
    pub money: Money,
    /// Every point and minute.
    pub points: Points,
}

impl Model {
    /// Does one operation at a time (milliseconds), or says why not; then nothing has changed.
    ///
    /// # Errors
    /// The first rule that says no.
    pub fn apply(&mut self, operation: &Operation, now: u64) -> Result<Moved, No> {
        // Money looks before it leaps; points are put back.
        let before = self.points.clone();
        let result = self.run(operation, now);
        if result.is_err() {
            self.points = before;
        }
        result
    }

    fn run(&mut self, operation: &Operation, now: u64) -> Result<Moved, No> {
        match operation {
            Operation::Issue { to, amount, lot } => {
                self.money.issue(*to, *amount, *lot).map(Moved::Fen)
            }
            Operation::Move { from, to, amount, selection } => {
                self.money.pay(*from, *to, *amount, selection).map(Moved::Fen)
            }
            Operation::MoveIntervals { from, to, intervals } => {
                self.money.hand_over(*from, *to, intervals).map(Moved::Fen)
            }
            Operation::MoveWithin { from, to, amount, reverse, intervals } => {
                self.money.pay_within((*from, *to), *amount, *reverse, intervals).map(Moved::Fen)
            }
            Operation::Relot { account, intervals, lot } => {
                self.money.relot(*account, intervals, *lot).map(|()| Moved::Nothing)
            }
            Operation::Mint { person, parcels } => {
                self.points.mint(*person, parcels).map(Moved::Points)
            }
            Operation::Spend { person, amount } => {
                self.points.spend(*person, *amount, now).map(Moved::Points)
            }
            Operation::Unlock { person, parcels } => {
                self.points.unlock(*person, parcels).map(Moved::Points)
            }
            Operation::Consume { person, parcels } => {
                self.points.consume(*person, parcels).map(Moved::Points)
            }
            Operation::Return { person, parcels } => {
                self.points.give_back(*person, parcels).map(Moved::Points)
            }
            Operation::TakeBack { person, parcels } => {
                self.points.take_back(*person, parcels).map(Moved::Points)
            }
            Operation::Expire { person } => self.points.expire(*person, now).map(Moved::Points),
            Operation::Serve { person, minutes } => {
                self.points.serve(*person, *minutes).map(Moved::Minutes)
            }
            Operation::Correct { person, minutes } => {
                self.points.correct(*person, *minutes).map(Moved::Minutes)
            }
        }
    }
}
