//! This exists to keep fen, points and minutes apart, and to count without ever overflowing.

use crate::code::{Code, Rejection};
use crate::limits::AMOUNT_MAX;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
        pub struct $name(#[serde(with = "crate::json::decimal")] pub u64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// Checks that this is an amount somebody can ask for: 1 ..= 2^53 − 1.
            ///
            /// # Errors
            /// In this order: [`Code::AmountZero`], [`Code::AmountRange`].
            ///
            /// Source: LED-1.2.
            pub fn check(self) -> Result<Self, Rejection> {
                match self.0 {
                    0 => Err(Code::AmountZero.into()),
                    1..=AMOUNT_MAX => Ok(self),
                    _ => Err(Code::AmountRange.into()),
                }
            }

            /// The sum.
            ///
            /// # Errors
            /// [`Code::AmountOverflow`] above 2^53 − 1.
            pub fn plus(self, other: Self) -> Result<Self, Rejection> {
                self.0
                    .checked_add(other.0)
                    .filter(|sum| *sum <= AMOUNT_MAX)
                    .map(Self)
                    .ok_or_else(|| Code::AmountOverflow.into())
            }

            /// The difference, or zero where `other` is more.
            #[must_use]
            pub fn less(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// This share in basis points (10 000 = all), rounded down. Source: LED-1.3.
            #[must_use]
            pub fn share(self, basis_points: u32) -> Self {
                let share = u128::from(self.0).saturating_mul(u128::from(basis_points)) / 10_000;
                Self(u64::try_from(share).unwrap_or(u64::MAX))
            }

            /// The sum of many.
            ///
            /// # Errors
            /// [`Code::AmountOverflow`] above 2^53 − 1.
            pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, Rejection> {
                amounts.into_iter().try_fold(Self::ZERO, Self::plus)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

amount!(
    /// Money: 1 yuan = 100 fen.
    Fen
);
amount!(
    /// Points: an incentive without money value.
    Points
);
amount!(
    /// Minutes of service really rendered.
    Minutes
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_stop_at_their_bounds() {
        assert_eq!(Fen(0).check(), Err(Code::AmountZero.into()));
        assert_eq!(Fen(AMOUNT_MAX).check(), Ok(Fen(AMOUNT_MAX)));
        assert_eq!(Fen(AMOUNT_MAX + 1).check(), Err(Code::AmountRange.into()));
        assert_eq!(Fen(AMOUNT_MAX).plus(Fen(1)), Err(Code::AmountOverflow.into()));
        assert_eq!(Fen(u64::MAX).plus(Fen(u64::MAX)), Err(Code::AmountOverflow.into()));
        assert_eq!(Points(3).less(Points(5)), Points::ZERO);
    }

    #[test]
    fn shares_round_down() {
        assert_eq!(Fen(9_900_000).share(9_500), Fen(9_405_000));
        assert_eq!(Fen(1).share(9_999), Fen(0));
        assert_eq!(Fen(u64::MAX).share(10_000), Fen(u64::MAX));
    }
}
