//! This exists to compare awards with a naive model, and to fix the figures of the rules.

use crate::credit::{Earned, award_points, base_points};
use crate::programme::tests::rule_terms;
use crate::programme::{Basis, RuleTerms};
use linli_ledger::amount::Points;
use linli_ledger::types::{BlockTime, Day};
use proptest::prelude::*;

fn per_hour(rate: i64, multiplier_bp: u32) -> RuleTerms {
    RuleTerms { basis: Basis::PerHour { rate }, multiplier_bp, ..rule_terms(BlockTime(0)) }
}

#[test]
fn awards_follow_the_formula_with_one_floor_at_the_end() {
    let none = Earned::default();
    let cases = [
        (per_hour(10, 10_000), 60, 10),
        (per_hour(10, 10_000), 14, 0),
        (per_hour(10, 10_000), 15, 2),
        (per_hour(10, 12_000), 29, 5),
        // Two floors would give 4 × 1.5 = 6.
        (per_hour(10, 15_000), 29, 7),
        (per_hour(10, 10_000), 720, 80),
        (per_hour(0, 10_000), 720, 0),
    ];
    for (terms, minutes, points) in cases {
        assert_eq!(award_points(&terms, minutes, 0, none), Points(points), "{minutes}");
    }
    let basis = Basis::PerActivity { points: 7 };
    let terms = RuleTerms { basis, multiplier_bp: 12_000, ..rule_terms(BlockTime(0)) };
    assert_eq!(award_points(&terms, 15, 9, none), Points(8));
    let terms = RuleTerms { basis: Basis::PerUnit { points: 2 }, min_minutes: 0, ..terms };
    assert_eq!(award_points(&terms, 0, 3, none), Points(7));
}

#[test]
fn the_greatest_numbers_do_not_overflow() {
    let terms = RuleTerms {
        basis: Basis::PerUnit { points: i64::MAX },
        multiplier_bp: u32::MAX,
        ..rule_terms(BlockTime(0))
    };
    assert!(base_points(&terms, 60, u32::MAX) > u128::from(u64::MAX));
    assert_eq!(award_points(&terms, 60, u32::MAX, Earned::default()), Points(80));
}

#[derive(Clone, Debug)]
struct Case {
    terms: RuleTerms,
    attendances: Vec<(u32, u32, u32)>,
}

fn case() -> impl Strategy<Value = Case> {
    let basis = prop_oneof![
        (0_i64..40).prop_map(|rate| Basis::PerHour { rate }),
        (0_i64..60).prop_map(|points| Basis::PerActivity { points }),
        (0_i64..9).prop_map(|points| Basis::PerUnit { points }),
    ];
    let caps = (0_u64..120, 0_u64..400, 0_u64..900);
    let attendance = (20_400_u32..20_900, 0_u32..=720, 0_u32..12);
    let attendances = proptest::collection::vec(attendance, 0..60);
    (basis, 0_u32..20_000, caps, 0_u32..40, attendances).prop_map(
        |(basis, multiplier_bp, (day, month, year), min_minutes, attendances)| Case {
            terms: RuleTerms {
                basis,
                multiplier_bp,
                day_cap: Points(day),
                month_cap: Points(month),
                year_cap: Points(year),
                min_minutes,
                ..rule_terms(BlockTime(0))
            },
            attendances,
        },
    )
}

/// Adds up everything again for each attendance, in signed numbers, point by point.
fn model(case: &Case) -> Vec<i128> {
    let mut given: Vec<((u32, u32, u32), i128)> = Vec::new();
    for (day, minutes, units) in &case.attendances {
        let (quantity, rate, divisor) = match case.terms.basis {
            Basis::PerHour { rate } => (*minutes, rate, 600_000),
            Basis::PerActivity { points } => (1, points, 10_000),
            Basis::PerUnit { points } => (*units, points, 10_000),
        };
        let mut base = 0;
        if *minutes >= case.terms.min_minutes {
            let exact =
                i128::from(quantity) * i128::from(rate) * i128::from(case.terms.multiplier_bp);
            while (base + 1) * divisor <= exact {
                base += 1;
            }
        }
        let date = Day(*day).civil();
        let got = |same: &dyn Fn((u32, u32, u32)) -> bool| -> i128 {
            given.iter().filter(|(other, _)| same(*other)).map(|(_, points)| points).sum()
        };
        let today = i128::from(case.terms.day_cap.0) - got(&|d| d == date);
        let month = i128::from(case.terms.month_cap.0) - got(&|d| (d.0, d.1) == (date.0, date.1));
        let year = i128::from(case.terms.year_cap.0) - got(&|d| d.0 == date.0);
        given.push((date, base.min(today).min(month).min(year).max(0)));
    }
    given.into_iter().map(|(_, points)| points).collect()
}

fn computed(case: &Case) -> Vec<i128> {
    let mut sums = std::collections::BTreeMap::<(u32, u32, u32), u64>::new();
    let mut given = Vec::new();
    for (day, minutes, units) in &case.attendances {
        let (year, month, date) = Day(*day).civil();
        let keys = [(year, month, date), (year, month, 0), (year, 0, 0)];
        let [day, month, year] = keys.map(|key| Points(sums.get(&key).copied().unwrap_or(0)));
        let earned = Earned { day, month, year };
        let points = award_points(&case.terms, *minutes, *units, earned);
        for key in keys {
            *sums.entry(key).or_default() += points.0;
        }
        given.push(i128::from(points.0));
    }
    given
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn caps_are_those_of_the_naive_model(case in case()) {
        prop_assert_eq!(computed(&case), model(&case));
    }
}
