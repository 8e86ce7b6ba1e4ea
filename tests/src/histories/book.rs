//! This exists to be the second opinion on the contracts: books kept in plain numbers by somebody who
//! has read `domain` and never the code. Slow on purpose; amounts are small.

mod cashier;
pub mod clerk;
pub mod counter;
pub(super) mod dates;
pub mod desk;
mod income;
pub mod money;
pub mod points;
mod rights;
pub mod year;

use super::act::Act;
use clerk::When;
use money::{Fund, Moved, Reasons};
use points::Office;

/// Milliseconds of a day.
pub(super) const DAY: u64 = 86_400_000;
/// Milliseconds of an hour.
pub(super) const HOUR: u64 = 3_600_000;
/// Beijing is ahead by so much.
const AHEAD: u64 = 8 * HOUR;

/// The civil day of an instant in Beijing, from 1970.
pub(super) fn day(now: u64) -> u32 {
    u32::try_from((now + AHEAD) / DAY).expect("a date of this century")
}

/// A mistake in the books, to see that the comparison notices it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// None: the books are right.
    None,
    /// A budget line is never full.
    BudgetIsForgotten,
    /// A refund takes the fen that were paid first.
    RefundTakesTheFirst,
    /// Points are spent from the batch that expires last.
    LastExpiryFirst,
    /// A voucher that timed out keeps its piece.
    PieceIsLost,
    /// What was spent of an award that was wrong is forgotten.
    NothingIsOwed,
    /// The cap of points of a day knows one session only.
    DayIsForgotten,
    /// Nobody need stand beside a child but to take part.
    ChildActsAlone,
    /// Hours come late while they could still come in time.
    LateIsEarly,
    /// Rewards are worth whatever they like in a year.
    ValueIsForgotten,
    /// A voucher is in the month in which it was handed out.
    CountsWhenHandedOut,
    /// The first donor of a batch owns its last fen.
    DonorsAreTurned,
    /// A year that is closed takes new dates.
    ClosedIsOpen,
    /// Nothing is carried into the next year.
    NothingIsCarried,
}

impl Twist {
    /// All mistakes.
    pub const ALL: [Self; 13] = [
        Self::BudgetIsForgotten,
        Self::RefundTakesTheFirst,
        Self::LastExpiryFirst,
        Self::PieceIsLost,
        Self::NothingIsOwed,
        Self::DayIsForgotten,
        Self::ChildActsAlone,
        Self::LateIsEarly,
        Self::ValueIsForgotten,
        Self::CountsWhenHandedOut,
        Self::DonorsAreTurned,
        Self::ClosedIsOpen,
        Self::NothingIsCarried,
    ];
}

/// All books.
#[derive(Clone, Debug)]
pub struct Book {
    /// Money.
    pub fund: Fund,
    /// Hours, points and vouchers.
    pub office: Office,
    twist: Twist,
}

impl Book {
    /// Empty books, with a mistake or without.
    pub fn new(twist: Twist) -> Self {
        Self { fund: Fund::default(), office: Office::new(), twist }
    }

    /// The same books, from now on with a mistake.
    #[must_use]
    pub fn twisted(mut self, twist: Twist) -> Self {
        self.twist = twist;
        self
    }

    /// The mistake in them.
    pub fn twist(&self) -> Twist {
        self.twist
    }

    /// Whether there is no mistake in them.
    pub fn is_right(&self) -> bool {
        self.twist == Twist::None
    }

    /// What time does by itself; the fen that went.
    pub fn pass(&mut self, now: u64) -> Vec<Moved> {
        self.office.pass(now, self.twist);
        self.fund.pass(now, self.twist)
    }

    /// Enters an act: the fen that went, or the codes that fit; then nothing has changed.
    ///
    /// # Errors
    /// The codes.
    pub fn enter(&mut self, act: &Act, when: When) -> Result<Vec<Moved>, Reasons> {
        match self.fund.enter(act, when, self.twist) {
            Some(entered) => entered,
            None => self.office.enter(act, when, self.twist).map(|()| Vec::new()),
        }
    }
}
