//! This exists to compute an award: whole numbers, one floor at the end, then the caps. No state here.

use crate::programme::{Basis, RuleTerms};
use linli_ledger::amount::Points;

/// What a person has already earned in a cap group, by the date of service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    /// On the civil day.
    pub day: Points,
    /// In the month.
    pub month: Points,
    /// In the year.
    pub year: Points,
}

/// The points of an attendance before caps, rounded down once at the end; saturates far above every
/// cap.
///
/// Source: CRE-5, `domain` §2.2.
pub fn base_points(terms: &RuleTerms, minutes: u32, units: u32) -> u128 {
    if minutes < terms.min_minutes {
        return 0;
    }
    let multiplier = u128::from(terms.multiplier_bp);
    let (quantity, per, divisor) = match terms.basis {
        Basis::PerHour { rate } => (minutes, rate, 60 * 10_000),
        Basis::PerActivity { points } => (1, points, 10_000),
        Basis::PerUnit { points } => (units, points, 10_000),
    };
    let per = u128::try_from(per).unwrap_or(0);
    let product = u128::from(quantity).saturating_mul(per).saturating_mul(multiplier);
    product.checked_div(divisor).unwrap_or(0)
}

/// The points of an attendance: the base, or what the caps of day, month and year leave of it.
///
/// Source: CRE-5, CRE-6, `domain` §2.2.
pub fn award_points(terms: &RuleTerms, minutes: u32, units: u32, earned: Earned) -> Points {
    let base = base_points(terms, minutes, units);
    Points(u64::try_from(base).unwrap_or(u64::MAX))
        .min(terms.day_cap.less(earned.day))
        .min(terms.month_cap.less(earned.month))
        .min(terms.year_cap.less(earned.year))
}
