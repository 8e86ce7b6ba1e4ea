//! This exists to let many small donations in as one source, so that each donor still owns certain fen
//! and can prove which. Source: FND-18, `domain` §3.7.
//!
//! Donations stand in the order of the bank; each owns the fen that follow those of the one before.
//! The chain keeps the number of donations and their root; each donor keeps an [`Opening`].

use super::calls::SourceClass;
use super::records::SourceBatch;
use super::source::{self, Issue};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::hash::{Digest, Domain, hash};
use linli_ledger::merkle::{self, InclusionProof};
use linli_ledger::posting::money::{Segment, SourceRecord};
use linli_ledger::types::SourceId;
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// Donations of one batch: ten times the largest campaign that we know of.
const DONATIONS_MAX: u32 = 1_000_000;
/// A single donation is a source of its own.
const DONATIONS_MIN: u32 = 2;

/// One donation of a batch: the fen `[offset, offset + amount)` of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Donation {
    /// Its first fen.
    #[serde(with = "linli_ledger::json::decimal")]
    pub offset: u64,
    /// How many fen, at least 1.
    pub amount: Fen,
    /// Commitment to who gave it, with a salt that only the donor and the collector know.
    #[serde(with = "linli_ledger::json::bytes")]
    pub donor: [u8; 32],
}

impl Donation {
    /// What stands in the tree: H(document, "donation" ‖ borsh(donation)).
    pub fn leaf(&self) -> [u8; 32] {
        hash(Domain::Document, &encode(&(*b"donation", self)))
    }
}

/// A batch as the collector has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    donations: Vec<Donation>,
    total: Fen,
}

/// What a donor keeps: the donation and its place in the batch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Opening {
    /// The donation.
    pub donation: Donation,
    /// Its way up to the root.
    pub proof: InclusionProof,
}

impl Batch {
    /// A batch of these amounts and commitments, in the order of the bank.
    ///
    /// # Errors
    /// In this order: [`Code::Batch`] for fewer than 2 or more than 1 000 000; [`Code::AmountZero`],
    /// [`Code::AmountRange`]; [`Code::AmountOverflow`] for a sum above 2^53 − 1.
    pub fn new(donations: &[(Fen, [u8; 32])]) -> Result<Self, Rejection> {
        let count = u32::try_from(donations.len()).unwrap_or(u32::MAX);
        ensure((DONATIONS_MIN..=DONATIONS_MAX).contains(&count), Code::Batch)?;
        let mut total = Fen::ZERO;
        let mut out = Vec::with_capacity(donations.len());
        for (amount, donor) in donations {
            amount.check()?;
            out.push(Donation { offset: total.0, amount: *amount, donor: *donor });
            total = total.plus(*amount)?;
        }
        Ok(Self { donations: out, total })
    }

    /// The donations, each with its first fen.
    pub fn donations(&self) -> &[Donation] {
        &self.donations
    }

    /// What the source holds.
    pub fn total(&self) -> Fen {
        self.total
    }

    /// What a call names.
    pub fn root(&self) -> Digest {
        Digest::Blake3(merkle::root(&self.leaves()))
    }

    /// What the donor at this place, from 0, keeps. Hashes every donation once.
    pub fn opening(&self, place: u64) -> Option<Opening> {
        let proof = InclusionProof::prove(&self.leaves(), place)?;
        let donation = *self.donations.get(usize::try_from(place).ok()?)?;
        Some(Opening { donation, proof })
    }

    fn leaves(&self) -> Vec<[u8; 32]> {
        self.donations.iter().map(Donation::leaf).collect()
    }
}

impl Opening {
    /// The donor's own fen of a batch source with this root and so many donations; `None` for an opening
    /// that is not of it.
    pub fn interval(&self, source: SourceId, batch: &SourceBatch, issued: Fen) -> Option<Segment> {
        let Donation { offset, amount, .. } = self.donation;
        let end = offset.checked_add(amount.0)?;
        let sound = amount > Fen::ZERO
            && end <= issued.0
            && self.proof.size == u64::from(batch.donations)
            && self.proof.verify(&self.donation.leaf(), batch.root.bytes());
        sound.then_some(Segment { source, start: offset, length: amount.0 })
    }
}

/// The donor's own fen of a source of this chain; `None` for an opening that is not of it.
/// Source: FND-18.2.
pub fn interval(view: &View<'_>, source: SourceId, opening: &Opening) -> Option<Segment> {
    let batch = view.get::<SourceBatch>(&source)?;
    let issued = view.get::<SourceRecord>(&source)?.amount;
    opening.interval(source, &batch, issued)
}

/// Issues many donations as one source.
///
/// # Errors
/// In this order: [`Code::Batch`] for another class than donations, fewer than 2 donations, more than
/// 1 000 000, or more donations than fen; then as [`source::issue`].
///
/// Source: FND-18.1.
pub(super) fn issue(
    view: &mut View<'_>,
    parties: &[Party],
    issue: &Issue<'_>,
    batch: SourceBatch,
) -> Result<(), Rejection> {
    let donations = match issue.class {
        SourceClass::DesignatedDonation | SourceClass::UndesignatedDonation => batch.donations,
        SourceClass::Fiscal
        | SourceClass::Incentive
        | SourceClass::Foundation
        | SourceClass::SocialCapital => 0,
    };
    let sound = (DONATIONS_MIN..=DONATIONS_MAX).contains(&donations)
        && u64::from(donations) <= issue.amount.0;
    ensure(sound, Code::Batch)?;
    let source = source::issue(view, parties, issue)?;
    view.put(&source, &batch);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let donations: Vec<_> = (1..=7_u8).map(|n| (Fen(u64::from(n) * 100), [n; 32])).collect();
        Batch::new(&donations).unwrap()
    }

    fn known(batch: &Batch) -> SourceBatch {
        SourceBatch { donations: 7, root: batch.root() }
    }

    #[test]
    fn donations_cover_the_source_one_after_the_other() {
        let batch = batch();
        let mut next = 0;
        for place in 0..7_u64 {
            let opening = batch.opening(place).unwrap();
            let own = opening.interval(SourceId(3), &known(&batch), batch.total()).unwrap();
            assert_eq!((own.start, own.length), (next, (place + 1) * 100));
            next = own.end();
        }
        assert_eq!(next, batch.total().0);
        assert_eq!(batch.opening(7), None);
    }

    #[test]
    fn an_opening_that_says_anything_else_opens_nothing() {
        let batch = batch();
        let good = batch.opening(2).unwrap();
        let known = known(&batch);
        let opens = |opening: &Opening, known: &SourceBatch, issued| {
            opening.interval(SourceId(0), known, issued).is_some()
        };
        assert!(opens(&good, &known, batch.total()));
        let mut bad = vec![good.clone(); 6];
        bad[0].donation.offset += 1;
        bad[1].donation.amount.0 += 1;
        bad[2].donation.donor[0] ^= 1;
        bad[3].proof.index += 1;
        bad[4].proof.size += 1;
        bad[5].proof.path.pop();
        for opening in bad {
            assert!(!opens(&opening, &known, batch.total()), "{opening:?}");
        }
        assert!(!opens(&good, &SourceBatch { donations: 8, ..known }, batch.total()));
        assert!(!opens(&good, &known, Fen(599)), "past the end of the source");
    }

    #[test]
    fn a_batch_has_at_least_two_donations_of_a_fen() {
        let one = (Fen(1), [0; 32]);
        assert_eq!(Batch::new(&[one]).unwrap_err().code, Code::Batch);
        assert_eq!(Batch::new(&[one, (Fen(0), [0; 32])]).unwrap_err().code, Code::AmountZero);
        assert!(Batch::new(&[one, one]).is_ok());
    }
}
