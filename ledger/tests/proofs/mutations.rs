//! No bit of a proof can be turned: five proofs of each kind, one bit in every byte of each, drawn from a
//! seed; and whatever bytes there are, the verifier ends with an answer.
//!
//! `PROOF_SEED=n cargo test --workspace --test proofs mutations` draws other bits.

use crate::town::Town;
use linli_ledger::limits::PROOF_BYTES_MAX;
use linli_ledger::verify::{Bundle, Check, Claim, PROOF_MAGIC, Shown, Trust, verify};
use std::collections::BTreeMap;

/// `SplitMix64`: the same numbers for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(salt: usize) -> Self {
        let salt = u64::try_from(salt).unwrap();
        let seed = std::env::var("PROOF_SEED").ok().map_or(1, |text| text.parse().unwrap());
        Self(seed ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Turns one bit in each byte; counts which check found it.
fn turn_bits(town: &Town, trust: &Trust, bundle: &Bundle, found: &mut BTreeMap<Check, usize>) {
    let good = bundle.to_bytes();
    assert!(verify(&good, trust).is_ok());
    let mut random = Random::new(good.len());
    for place in 0..good.len() {
        let mut bytes = good.clone();
        bytes[place] ^= 1 << random.below(8);
        match verify(&bytes, trust) {
            Err(failure) => *found.entry(failure.check).or_default() += 1,
            // A bucket shows the absence of everything that would be in it: of another key too.
            Ok(verdict) => {
                let is_another = match (&bundle.claim, &verdict.shown) {
                    (Claim::AsOf(claim), Shown::AsOf(shown)) => {
                        shown.span.value.is_none() && shown.key != claim.key
                    }
                    (Claim::Records(claim), Shown::Records(shown)) => {
                        let pairs = claim.records.iter().zip(&shown.records);
                        let mut changed = pairs.filter(|(one, (_, key, _))| one.key != *key);
                        changed.next().is_some_and(|(_, (.., value))| value.is_none())
                            && changed.next().is_none()
                    }
                    _ => false,
                };
                assert!(is_another && town.is_true(&verdict), "byte {place}: {:?}", bundle.claim);
            }
        }
    }
}

#[test]
fn one_bit_in_every_byte_of_what_is_claimed() {
    let town = Town::full();
    let mut found = BTreeMap::new();
    for (_, samples) in town.samples() {
        for sample in &samples {
            turn_bits(&town, &town.pin(sample.head), &sample.pinned(&town), &mut found);
        }
    }
    println!("{found:?}");
    let claimed = Check::ALL.iter().filter(|check| **check >= Check::History);
    // What these find, nobody can forge who has not the validators' keys: see `forged`.
    for check in claimed.filter(|check| ![Check::Signature, Check::Balance].contains(check)) {
        assert!(found.contains_key(check), "{check} found nothing");
    }
}

#[test]
fn one_bit_in_every_byte_of_why_the_head_is_believed() {
    let town = Town::full();
    let mut found = BTreeMap::new();
    let from_genesis = town.bundle(24, town.receipt(24, 0, 24));
    turn_bits(&town, &town.trust(), &from_genesis, &mut found);
    let (pinned, head) = (&town.at(23).header, town.at(31));
    let claim = town.receipt(31, 0, 31);
    let made = town.ancestry.from_checkpoint(pinned, &head.header, &head.certificate, claim);
    turn_bits(&town, &town.pin(23), &made.unwrap(), &mut found);
    println!("{found:?}");
    for check in
        [Check::Start, Check::Lineage, Check::Governance, Check::Anchor, Check::Certificate]
    {
        assert!(found.contains_key(&check), "{check} found nothing");
    }
}

#[test]
fn nothing_and_part_of_a_proof_are_refused() {
    let town = Town::full();
    for (_, [sample, ..]) in town.samples() {
        let (good, trust) = (sample.pinned(&town).to_bytes(), town.pin(sample.head));
        for length in 0..good.len() {
            let failure = verify(&good[..length], &trust).unwrap_err();
            let expected = match length {
                0..8 => Check::Kind,
                8..10 => Check::Version,
                _ => Check::Format,
            };
            assert_eq!(failure.check, expected, "{length} bytes");
        }
        for extra in [0, 1, 255] {
            let longer = [good.as_slice(), &[extra]].concat();
            assert_eq!(verify(&longer, &trust).unwrap_err().check, Check::Format);
        }
    }
    let long = [PROOF_MAGIC.as_slice(), &vec![0; PROOF_BYTES_MAX]].concat();
    assert_eq!(verify(&long, &town.trust()).unwrap_err().check, Check::Kind);
}

#[test]
fn any_bytes_end_with_an_answer() {
    let town = Town::full();
    let samples: Vec<_> = town
        .samples()
        .into_iter()
        .flat_map(|(_, samples)| samples)
        .flat_map(|sample| {
            let (pinned, certified) = (sample.pinned(&town), sample.certified(&town));
            [(pinned.to_bytes(), town.pin(sample.head)), (certified.to_bytes(), town.trust())]
        })
        .collect();
    let mut random = Random::new(77);
    for _ in 0..10_000 {
        let (good, trust) = &samples[random.below(samples.len())];
        let mut bytes = good.clone();
        // Cut, doubled, filled with the bytes that long lengths are made of, or overwritten.
        let (from, length) = (random.below(bytes.len()), random.below(64));
        let to = (from + length).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.drain(from..to)),
            1 => {
                let part = bytes[from..to].to_vec();
                bytes.splice(from..from, part);
            }
            2 => bytes[from..to].fill(255),
            _ => bytes[from..to].fill_with(|| u8::try_from(random.below(256)).unwrap()),
        }
        if let Ok(verdict) = verify(&bytes, trust) {
            assert!(town.is_true(&verdict), "{verdict:?}");
        }
    }
}
