//! This exists to say what residents gave and what they have for it: participation, hours, points,
//! vouchers.
//!
//! Hours count only when volunteer, site, organiser and an independent witness signed the same
//! content. Points are won by an award and go by redemption, gift, expiry or the correction of an award
//! that was wrong; no call lowers a balance for conduct, and none moves points from one resident to another
//! (`domain` §2.9).
//!
//! Lifetimes (CRE-16). Through the due queue leave: participations, their intervals and the seats of
//! an activity, [`crate::programme::RECORD_KEPT_MS`] after the session; tallies, as long after their
//! period; awards without points one day later, others [`AWARD_KEPT_MS`] after their points expired,
//! each with its corrections, its dispute and what is owed for it; vouchers [`VOUCHER_KEPT_MS`] after
//! their last day; the use of a reward together with the reward. Open vouchers and what a person has
//! pending leave when they are resolved. What stays: one [`ProgrammeTotals`] per programme, one
//! [`Wallet`] per person and programme, one [`Archive`] per person, one [`OrganiserCharge`] per
//! organisation and programme, and the accounts of the kernel.

mod accounts;
mod appeal;
mod attestation;
mod award;
mod balance;
mod calls;
mod claimable;
mod correction;
mod dispute;
mod freeze;
mod gift;
mod grant;
mod invariants;
mod lapse;
mod late;
mod owed;
mod participation;
mod records;
mod returning;
mod stars;
mod tally;
mod voucher;
mod wallet;

pub use accounts::{
    available, care_pool, corrected, expired, held, locked, minted, redeemed, service,
    service_origin, training, training_origin,
};
pub use attestation::line_hash;
pub use award::{Earned, award_points, base_points};
pub use balance::{Balance, ProgrammeBalance, balance};
pub use calls::*;
pub use claimable::VoucherBatch;
pub use correction::{Correction, Standing, standing};
pub use dispute::{Disputant, Dispute, DisputeState};
pub use owed::{OrganiserCharge, Owed};
pub use participation::site_nonce;
pub use records::{
    AWARD_KEPT_MS, Archive, Attestation, Award, Interval, LastAward, MinuteClass, OpenVoucher,
    Participation, ParticipationState, PersonDue, ProgrammeTotals, RewardUse, Seats, Sequence,
    Tally, TallyPeriod, TallySubject, TallySum, UsedCommitment, VOUCHER_KEPT_MS, Voucher,
    VoucherState, Wallet,
};
pub use stars::{Stars, stars};
pub use voucher::voucher_commitment;

use crate::people::AgeClass;
use crate::people::residents::{Enrolment, guardian_signs, resident};
use linli_ledger::code::{Code, Rejection};
use linli_ledger::codec::decode;
use linli_ledger::contract::{Broken, Contract, Party};
use linli_ledger::due::DueItem;
use linli_ledger::types::{Compartment, ContractId, EnrolmentId};
use linli_ledger::view::View;

/// The number of this contract.
pub const CONTRACT: ContractId = ContractId(4);

/// The rules of this contract, version 1.
#[derive(Clone, Copy, Debug)]
pub struct Credit;

impl Contract for Credit {
    fn id(&self) -> ContractId {
        CONTRACT
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Restricted
    }

    fn admits_devices(&self) -> bool {
        true
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok()
    }

    fn execute(
        &self,
        call: &[u8],
        parties: &[Party],
        view: &mut View<'_>,
    ) -> Result<(), Rejection> {
        match decode::<Call>(call, "a call").map_err(|_| Code::Encoding)? {
            Call::SignUp { activity } => participation::sign_up(view, parties, activity),
            Call::SignUpCancel { participation } => {
                participation::cancel(view, parties, participation)
            }
            Call::CheckIn { participation, observed_at, nonce } => {
                let seen = participation::Seen { observed_at, nonce };
                participation::check_in(view, parties, participation, seen)
            }
            Call::CheckOut { participation, observed_at, nonce } => {
                let seen = participation::Seen { observed_at, nonce };
                participation::check_out(view, parties, participation, seen)
            }
            Call::AttestFirst { activity, lines } => {
                attestation::first(view, parties, activity, &lines)
            }
            Call::AttestSecond { activity, lines } => {
                attestation::second(view, parties, activity, lines)
            }
            Call::Redeem { reward, commitment } => {
                voucher::redeem(view, parties, reward, commitment)
            }
            Call::RedeemFulfil { voucher, secret } => {
                voucher::fulfil(view, parties, voucher, &secret)
            }
            Call::RedeemCancel { voucher } => voucher::cancel(view, parties, voucher),
            Call::LateEntry { activity, lines } => late::enter(view, parties, activity, lines),
            Call::AwardCorrect { award, earlier_corrections: earlier, replacement, evidence } => {
                correction::correct(view, parties, award, earlier, replacement, evidence)
            }
            Call::Dispute { award, reason, evidence } => {
                dispute::open(view, parties, award, reason, evidence)
            }
            Call::DisputeDecide { award, decision, evidence } => {
                dispute::decide(view, parties, award, decision, evidence)
            }
            Call::Appeal { award, evidence } => appeal::open(view, parties, award, evidence),
            Call::AppealDecide { award, decision, evidence } => {
                appeal::decide(view, parties, award, decision, evidence)
            }
            Call::Gift { programme, what, to } => gift::give(view, parties, programme, what, to),
            Call::RedeemReturn { voucher, restock } => {
                returning::take_back(view, parties, voucher, restock)
            }
        }
    }

    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        lapse::due(item, view);
    }

    fn invariants(&self, view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
        invariants::check(view)
    }
}

/// What a resident's signature is for; it decides whether a guardian stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    /// Taking part: the guardian of every minor.
    TakePart,
    /// Anything else: the guardian of a child under 14.
    Other,
}

/// The resident who sends a call.
///
/// # Errors
/// As [`resident`].
fn sender(view: &View<'_>, parties: &[Party]) -> Result<(EnrolmentId, Enrolment), Rejection> {
    resident(view, parties.first().ok_or(Code::Role)?)
}

/// Checks that the guardian of a minor signs too, where one is needed.
///
/// # Errors
/// [`Code::Guardian`]. Source: CRE-2, `domain` §1.1 (GRD).
fn check_guardian(
    view: &View<'_>,
    parties: &[Party],
    enrolment: &Enrolment,
    consent: Consent,
) -> Result<(), Rejection> {
    match (enrolment.age_class, consent) {
        (AgeClass::Adult, _) | (AgeClass::From14To17, Consent::Other) => Ok(()),
        (AgeClass::From14To17, Consent::TakePart) | (AgeClass::Under14, _) => {
            guardian_signs(view, parties, enrolment).map(|_| ())
        }
    }
}

#[cfg(test)]
mod tests;
