//! This exists to find the intervals that meet a given one without reading all of a source's: each is
//! kept in the smallest bin of a fixed hierarchy that holds it whole, as genome browsers do. A question
//! looks into the few bins that meet it. Pure.

/// Fen in the smallest bin: 2^10, about ten yuan.
const SMALLEST: u32 = 10;
/// Each level has bins eight times as large.
const STEP: u32 = 3;
/// Levels up to a bin that holds every amount: 10 + 3 × 18 = 64 bits.
const LEVELS: u8 = 19;

fn bin(level: u8, fen: u64) -> u64 {
    fen.checked_shr(SMALLEST + STEP * u32::from(level)).unwrap_or(0)
}

/// The level and number of the smallest bin that holds `start..end` whole; `end` is exclusive.
pub(super) fn smallest(start: u64, end: u64) -> (u8, u64) {
    let last = end.saturating_sub(1).max(start);
    let level = (0..LEVELS).find(|level| bin(*level, start) == bin(*level, last));
    let level = level.unwrap_or(LEVELS);
    (level, bin(level, start))
}

/// For each level the first and the last bin that meet `start..end`.
pub(super) fn meeting(start: u64, end: u64) -> impl Iterator<Item = (u8, u64, u64)> {
    let last = end.saturating_sub(1).max(start);
    (0..=LEVELS).map(move |level| (level, bin(level, start), bin(level, last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn two_intervals_that_meet_are_found(
            a in 0_u64..1 << 53, la in 1_u64..1 << 40, b in 0_u64..1 << 53, lb in 1_u64..1 << 40,
            near in any::<bool>(),
        ) {
            let b = if near { a.saturating_add(b % (2 * la)).saturating_sub(la / 2) } else { b };
            let (level, number) = smallest(a, a + la);
            let found = meeting(b, b + lb)
                .any(|(other, from, to)| other == level && (from..=to).contains(&number));
            let meets = a < b + lb && b < a + la;
            prop_assert!(found || !meets);
        }
    }

    #[test]
    fn an_interval_of_one_fen_lies_in_a_smallest_bin() {
        assert_eq!(smallest(0, 1), (0, 0));
        assert_eq!(smallest(1_023, 1_025), (1, 0));
        assert_eq!(smallest(0, u64::MAX).0, 18);
    }
}
