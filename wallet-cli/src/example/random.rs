//! This exists to draw numbers from a seed: the same seed draws the same numbers, on every machine and
//! for ever. It is no source of secrets.

/// The steps of `SplitMix64`, by Guy Steele and others; in the public domain.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of a seed and a purpose: what one purpose draws does not move another.
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        let mut stream = Self(seed);
        for byte in purpose.bytes() {
            stream.0 = stream.next().wrapping_add(u64::from(byte));
        }
        stream
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is at least 1; each as likely as the next, as nearly as matters.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(((self.next() >> 32) * u64::from(limit)) >> 32).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// Whether something happens that happens `percent` times of a hundred.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of some things, of which there is at least one.
    pub(super) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        let limit = u32::try_from(things.len()).unwrap_or(u32::MAX);
        &things[self.below(limit) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_numbers_for_ever() {
        let mut stream = Random::new(7, "people");
        let drawn: Vec<_> = (0..5).map(|_| stream.below(1_000)).collect();
        assert_eq!(drawn, [477, 686, 463, 153, 580]);
        assert_ne!(Random::new(8, "people").next(), Random::new(7, "people").next());
        assert_ne!(Random::new(7, "money").next(), Random::new(7, "people").next());
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_all_of_it() {
        let mut stream = Random::new(1, "range");
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            seen[(stream.between(10, 15) - 10) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (800..1_200).contains(count)), "{seen:?}");
    }
}
