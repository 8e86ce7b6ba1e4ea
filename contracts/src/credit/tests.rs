//! This exists to state the rules about hours, points and vouchers as facts.

mod award;
mod correction;
mod dispute;
mod disputes_at_random;
mod gift;
mod history;
mod late;
mod leaving;
mod participation;
mod redemption;
mod returning;
mod stars;
mod vandals;

use super::*;
use crate::programme::tests::Stage;
use crate::programme::{self, ActivityTerms};
use crate::registry::{self, Role};
use crate::testing::{Actor, OFFICE, REGULATOR, Resident, World, document};
use linli_ledger::amount::Points;
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::{BlockTime, RecordId};

pub(super) const SECRET: &[u8] = b"sixteen byte key";

/// A resident's secrets, one for each voucher; the first is [`SECRET`].
fn secrets() -> impl Iterator<Item = Vec<u8>> {
    let later = (1..1_000).map(|n| format!("sixteen byte key {n}").into_bytes());
    std::iter::once(SECRET.to_vec()).chain(later)
}

/// What the site shows at a time.
pub(super) fn nonce(activity: RecordId, site: &Actor, at: BlockTime) -> [u8; 16] {
    site_nonce(activity, &site.key.public(), at.0 / 60_000)
}

/// Those who put things right.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) approver: Actor,
    pub(super) regulators: [Actor; 3],
}

pub(super) fn replacement(minutes: u32, error_by: ErrorBy) -> Replacement {
    Replacement { minutes, units: 0, error_by }
}

pub(super) fn corrected(minutes: u32, error_by: ErrorBy) -> Decision {
    Decision::Corrected(replacement(minutes, error_by))
}

pub(super) fn correct(award: RecordId, earlier: u32, replacement: Replacement) -> Call {
    let evidence = document("case");
    Call::AwardCorrect { award, earlier_corrections: earlier, replacement, evidence }
}

pub(super) fn dispute(award: RecordId) -> Call {
    Call::Dispute { award, reason: DisputeReason::Minutes, evidence: document("dispute") }
}

pub(super) fn decide(award: RecordId, decision: Decision) -> Call {
    Call::DisputeDecide { award, decision, evidence: document("decision") }
}

pub(super) fn appeal(award: RecordId) -> Call {
    Call::Appeal { award, evidence: document("appeal") }
}

pub(super) fn appeal_decide(award: RecordId, decision: Decision) -> Call {
    Call::AppealDecide { award, decision, evidence: document("final decision") }
}

impl Stage {
    pub(super) fn bench(&mut self) -> Bench {
        let world = &mut self.world;
        let approver = world.person("approver", OFFICE);
        let approver = world.grant(&approver, OFFICE, Role::Approver, 1, None);
        let mut regulator = |label| world.officer(label, REGULATOR, Role::Regulator);
        let regulators =
            [regulator("regulator 1"), regulator("regulator 2"), regulator("regulator 3")];
        Bench { approver, regulators }
    }

    /// The same person with another key, and a grant.
    pub(super) fn second_key(&mut self, signer: &Actor, with: &Actor) -> Actor {
        let key = crate::testing::key("second key");
        let call = registry::Call::KeyAdd {
            owner: registry::PublicOwner::Person(signer.person),
            key: key.public(),
            purpose: KeyPurpose::Business,
        };
        self.world.apply(registry::CONTRACT, &[signer], &call);
        Actor { key, ..with.clone() }
    }

    pub(super) fn resident(&mut self, label: &str) -> Resident {
        let registrar = self.registrar.clone();
        self.world.resident(&registrar, label)
    }

    pub(super) fn sign_up(&mut self, resident: &Resident, activity: RecordId) -> RecordId {
        let call = Call::SignUp { activity };
        RecordId(self.world.apply(CONTRACT, &[&resident.actor()], &call))
    }

    pub(super) fn check_in_call(&self, activity: RecordId, participation: RecordId) -> Call {
        let observed_at = self.world.now;
        let nonce = nonce(activity, &self.device, observed_at);
        Call::CheckIn { participation, observed_at, nonce }
    }

    pub(super) fn check_out_call(&self, activity: RecordId, participation: RecordId) -> Call {
        let observed_at = self.world.now;
        let nonce = nonce(activity, &self.device, observed_at);
        Call::CheckOut { participation, observed_at, nonce }
    }

    pub(super) fn check_in(&mut self, resident: &Resident, activity: RecordId, id: RecordId) {
        let call = self.check_in_call(activity, id);
        let signers = [&resident.actor(), &self.device.clone()];
        self.world.apply(CONTRACT, &signers, &call);
    }

    pub(super) fn check_out(&mut self, resident: &Resident, activity: RecordId, id: RecordId) {
        let call = self.check_out_call(activity, id);
        let signers = [&resident.actor(), &self.device.clone()];
        self.world.apply(CONTRACT, &signers, &call);
    }

    /// Signs up, comes at the start and leaves at the end: all but the attestation.
    pub(super) fn attend(
        &mut self,
        residents: &[&Resident],
        terms: &ActivityTerms,
    ) -> (RecordId, Vec<RecordId>) {
        let activity = self.publish(terms);
        let ids: Vec<_> = residents.iter().map(|r| self.sign_up(r, activity)).collect();
        self.world.at(terms.start.max(self.world.now));
        for (resident, id) in residents.iter().zip(&ids) {
            self.check_in(resident, activity, *id);
        }
        self.world.at(terms.end.max(self.world.now));
        for (resident, id) in residents.iter().zip(&ids) {
            self.check_out(resident, activity, *id);
        }
        (activity, ids)
    }

    /// The line that an honest organiser writes, for these minutes.
    pub(super) fn line(&self, participation: RecordId, minutes: u32) -> AttestedLine {
        let record = self.world.view().get::<Participation>(&participation).unwrap();
        let ParticipationState::CheckedOut { check_in, check_out } = record.state else {
            panic!("checked out")
        };
        AttestedLine { participation, check_in, check_out, minutes, units: 0 }
    }

    pub(super) fn attest(&mut self, activity: RecordId, lines: &[AttestedLine]) {
        let call = Call::AttestFirst { activity, lines: lines.to_vec() };
        self.world.apply(CONTRACT, &[&self.organiser.clone()], &call);
        let lines = lines.iter().map(witnessed).collect();
        let call = Call::AttestSecond { activity, lines };
        self.world.apply(CONTRACT, &[&self.witness.clone()], &call);
    }

    /// A whole attendance of so many hours from two hours from now: 10 points an hour.
    pub(super) fn earn(&mut self, resident: &Resident, hours: u64) -> RecordId {
        let mut terms = self.terms(hours);
        // Times of the devices move by a millisecond with each block: leave an hour's slack.
        terms.end = terms.end.plus(60_000);
        let (activity, ids) = self.attend(&[resident], &terms);
        let minutes = u32::try_from(hours * 60).unwrap();
        let line = self.line(ids[0], minutes);
        self.attest(activity, &[line]);
        ids[0]
    }

    /// Redeeming with a secret that the resident has not used for it.
    pub(super) fn redeem_call(&self, resident: &Resident, reward: RecordId) -> Call {
        let enrolment = resident.enrolment;
        let commitment = secrets()
            .map(|secret| voucher_commitment(reward, enrolment, &secret))
            .find(|fresh| !self.world.view().has::<UsedCommitment>(&(enrolment, *fresh)))
            .unwrap();
        Call::Redeem { reward, commitment }
    }

    /// The secret of a voucher; of none, the first.
    pub(super) fn secret_of(&self, voucher: RecordId) -> Vec<u8> {
        let Some(record) = self.world.view().get::<Voucher>(&voucher) else {
            return SECRET.to_vec();
        };
        let opens = |secret: &Vec<u8>| {
            voucher_commitment(record.reward, record.enrolment, secret) == record.commitment
        };
        secrets().find(opens).unwrap()
    }

    pub(super) fn redeem(&mut self, resident: &Resident, reward: RecordId) -> RecordId {
        let call = self.redeem_call(resident, reward);
        RecordId(self.world.apply(CONTRACT, &[&resident.actor()], &call))
    }

    /// What a person owes.
    pub(super) fn owed(&self, resident: &Resident) -> u64 {
        balance(&self.world.view(), resident.enrolment, self.world.now).owed.0
    }

    pub(super) fn minutes(&self, resident: &Resident) -> u64 {
        balance(&self.world.view(), resident.enrolment, self.world.now).service.0
    }

    /// Available, held and locked.
    pub(super) fn points(&self, resident: &Resident) -> (u64, u64, u64) {
        points(&self.world, resident, self.world.now)
    }

    pub(super) fn totals(&self) -> ProgrammeTotals {
        self.world.view().get::<ProgrammeTotals>(&self.programme).unwrap()
    }

    pub(super) fn deny(&mut self, actors: &[&Actor], call: &Call, code: Code) {
        self.world.reject(CONTRACT, actors, call, code);
    }
}

pub(super) fn points(world: &World, resident: &Resident, now: BlockTime) -> (u64, u64, u64) {
    let Balance { available, held, locked, .. } = balance(&world.view(), resident.enrolment, now);
    let Points(available) = available;
    (available, held.0, locked.0)
}

pub(super) fn witnessed(line: &AttestedLine) -> WitnessedLine {
    WitnessedLine { participation: line.participation, line_hash: line_hash(line) }
}
