//! This exists to write the calls of residents, and of those who put things right.

use super::Desk;
use crate::histories::act::{Act, Right};
use crate::histories::book::points::Step;
use crate::histories::town::{Actor, RESIDENTS, document};
use linli_contracts::credit::{
    self, AttestedLine, Decision, DisputeReason, ErrorBy, GiftOf, GiftTo, LateLine, Replacement,
    WitnessedLine, line_hash, site_nonce, voucher_commitment,
};
use linli_ledger::amount::Points;
use linli_ledger::types::{BlockTime, EnrolmentId, MINUTE_MS};

fn replacement(right: Right) -> Replacement {
    let error_by = if right.by_volunteer { ErrorBy::Volunteer } else { ErrorBy::Organiser };
    Replacement { minutes: u32::try_from(right.minutes).expect("few"), units: 0, error_by }
}

fn decision(right: Option<Right>) -> Decision {
    right.map_or(Decision::Upheld, |right| Decision::Corrected(replacement(right)))
}

fn secret(voucher: usize) -> Vec<u8> {
    format!("the secret of voucher {voucher}").into_bytes()
}

impl<'a> Desk<'a, '_> {
    #[expect(clippy::too_many_lines, reason = "one arm for each call")]
    pub(super) fn service(&self, act: &Act) -> Option<(Vec<&'a Actor>, credit::Call)> {
        let (cast, ids, office) = (self.cast, self.ids, &self.book.office);
        let owner =
            |participation: usize| &cast.residents[office.participations[participation].who];
        let activity =
            |participation: usize| ids.activities[office.participations[participation].activity];
        let observed_at = self.town.now;
        let nonce = |participation: usize| {
            let period = observed_at.0 / MINUTE_MS;
            site_nonce(activity(participation), &cast.device.key.public(), period)
        };
        Some(match *act {
            Act::SignUp { who, activity } => {
                let activity = ids.activities[activity];
                (vec![&cast.residents[who]], credit::Call::SignUp { activity })
            }
            Act::Withdraw { participation: number } => {
                let participation = ids.participations[number];
                (vec![owner(number)], credit::Call::SignUpCancel { participation })
            }
            Act::CheckIn { participation: number, stale } => {
                let nonce = if stale { [0; 16] } else { nonce(number) };
                let participation = ids.participations[number];
                let call = credit::Call::CheckIn { participation, observed_at, nonce };
                (vec![owner(number), &cast.device], call)
            }
            Act::CheckOut { participation: number } => {
                let (participation, nonce) = (ids.participations[number], nonce(number));
                let call = credit::Call::CheckOut { participation, observed_at, nonce };
                (vec![owner(number), &cast.device], call)
            }
            Act::AttestFirst { participation, minutes } => {
                let lines = vec![self.line(participation, minutes)];
                let call = credit::Call::AttestFirst { activity: activity(participation), lines };
                (vec![&cast.organiser], call)
            }
            Act::AttestSecond { participation: number, read } => {
                let minutes = match office.participations[number].step {
                    Step::Attested { minutes, .. } => minutes,
                    _ => 0,
                };
                let minutes = if read { minutes } else { minutes + 1 };
                let line = self.line(number, minutes);
                let (participation, line_hash) = (line.participation, line_hash(&line));
                let lines = vec![WitnessedLine { participation, line_hash }];
                let call = credit::Call::AttestSecond { activity: activity(number), lines };
                (vec![&cast.witness], call)
            }
            Act::Late { participation: number, from, to, minutes } => {
                let line = LateLine {
                    participation: ids.participations[number],
                    check_in: BlockTime(from),
                    check_out: BlockTime(to),
                    minutes: u32::try_from(minutes).expect("few"),
                    units: 0,
                    evidence: document("a list on paper"),
                };
                let (activity, lines) = (activity(number), vec![line]);
                let three = vec![&cast.organiser, &cast.witness, &cast.regulators[0]];
                (three, credit::Call::LateEntry { activity, lines })
            }
            Act::Redeem { who, reward } => {
                let enrolment = EnrolmentId(ids.residents[who].0);
                let reward = ids.rewards[reward];
                let secret = secret(ids.vouchers.len());
                let commitment = voucher_commitment(reward, enrolment, &secret);
                (vec![&cast.residents[who]], credit::Call::Redeem { reward, commitment })
            }
            Act::Fulfil { voucher: number, knows } => {
                let secret = if knows { secret(number) } else { secret(usize::MAX) };
                let voucher = ids.vouchers[number];
                (vec![&cast.partner], credit::Call::RedeemFulfil { voucher, secret })
            }
            Act::GiveBack { voucher, who } => {
                let voucher = ids.vouchers[voucher];
                (vec![&cast.residents[who]], credit::Call::RedeemCancel { voucher })
            }
            Act::ReturnPiece { voucher: number, restock } => {
                let owner = &cast.residents[office.vouchers[number].who];
                let voucher = ids.vouchers[number];
                let call = credit::Call::RedeemReturn { voucher, restock };
                (vec![owner, &cast.partner], call)
            }
            Act::Gift { who, amount, to_neighbour } => {
                let neighbour = EnrolmentId(ids.residents[(who + 1) % RESIDENTS].0);
                let to = if to_neighbour { GiftTo::Resident(neighbour) } else { GiftTo::CarePool };
                let (programme, what) = (ids.programme, GiftOf::Points(Points(amount)));
                (vec![&cast.residents[who]], credit::Call::Gift { programme, what, to })
            }
            _ => return None,
        })
    }

    /// What an organiser writes: the times that the devices saw.
    fn line(&self, participation: usize, minutes: u64) -> AttestedLine {
        let (from, to) = match self.book.office.participations[participation].step {
            Step::CheckedOut { from, to } | Step::Attested { from, to, .. } => (from, to),
            _ => (0, 0),
        };
        AttestedLine {
            participation: self.ids.participations[participation],
            check_in: BlockTime(from),
            check_out: BlockTime(to),
            minutes: u32::try_from(minutes).expect("few"),
            units: 0,
        }
    }

    pub(super) fn right(&self, act: &Act) -> Option<(Vec<&'a Actor>, credit::Call)> {
        let (cast, evidence) = (self.cast, document("evidence"));
        let id = |award: usize| self.ids.participations[award];
        let office = vec![&cast.operators[0], &cast.approvers[0]];
        let pair = |first: usize| vec![&cast.regulators[first], &cast.regulators[first + 1]];
        Some(match *act {
            Act::Correct { award, right, read } => {
                let earlier = self.book.office.awards[&award].corrections;
                let call = credit::Call::AwardCorrect {
                    award: id(award),
                    earlier_corrections: if read { earlier } else { earlier + 1 },
                    replacement: replacement(right),
                    evidence,
                };
                (office, call)
            }
            Act::Dispute { award, who } => {
                let (award, reason) = (id(award), DisputeReason::Minutes);
                let call = credit::Call::Dispute { award, reason, evidence };
                (vec![&cast.residents[who]], call)
            }
            Act::Decide { award, right, regulators } => {
                let (award, decision) = (id(award), decision(right));
                let call = credit::Call::DisputeDecide { award, decision, evidence };
                (if regulators { pair(0) } else { office }, call)
            }
            Act::Appeal { award, who } => {
                let call = credit::Call::Appeal { award: id(award), evidence };
                (vec![&cast.residents[who]], call)
            }
            Act::AppealDecide { award, right, same } => {
                let (award, decision) = (id(award), decision(right));
                let call = credit::Call::AppealDecide { award, decision, evidence };
                (pair(if same { 0 } else { 2 }), call)
            }
            _ => return None,
        })
    }
}
