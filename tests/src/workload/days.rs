//! This exists to live one day of the sub-district: what is published, who comes, what it is worth.

use super::Workload;
use super::cast::{COMMUNITIES, Cast, document};
use super::pen::Pen;
use linli_contracts::credit::{
    self, AttestedLine, WitnessedLine, line_hash, site_nonce, voucher_commitment,
};
use linli_contracts::programme::{self, ActivityKind, ActivityTerms, Participation, terms_hash};
use linli_ledger::types::{BlockTime, DAY_MS, HOUR_MS, MINUTE_MS, RecordId};

/// A resident attends on one day of so many.
const CYCLE: usize = 5;
/// Residents in a session.
const SESSION_SIZE: usize = 20;
/// Points are free three days after the attestation: on the fourth day for certain.
const REDEEM_AFTER: usize = 4;
/// One attendance in so many is exchanged.
const REDEEM_EVERY: usize = 4;
/// One resident in so many signs up for two sessions at once.
const CLASH_EVERY: usize = 50;

/// An activity and who takes part.
#[derive(Debug)]
pub(super) struct Session {
    community: usize,
    activity: RecordId,
    start: BlockTime,
    /// Position of the resident, and the participation.
    seats: Vec<(usize, RecordId)>,
}

impl Session {
    fn end(&self) -> BlockTime {
        self.start.plus(2 * HOUR_MS)
    }

    fn lines(&self) -> impl Iterator<Item = AttestedLine> {
        let (check_in, check_out) = (self.start, self.end());
        self.seats.iter().map(move |(_, participation)| AttestedLine {
            participation: *participation,
            check_in,
            check_out,
            minutes: 120,
            units: 0,
        })
    }
}

impl Workload {
    /// Lives one day, from eight in the morning.
    pub(super) fn live(&mut self) {
        // Genesis is at eight.
        let eight = self.cast.genesis.time.plus(u64::from(self.day) * DAY_MS);
        let hour = |hour: u64| eight.plus((hour - 8) * HOUR_MS);
        self.pen.at(eight);
        let mut planned = self.publish(hour(10).plus(DAY_MS));
        self.pen.at(hour(9));
        self.sign_up(&mut planned);
        if let Some(today) = self.sessions.front() {
            attend(&self.cast, &mut self.pen, today);
        }
        self.pen.at(hour(15));
        self.redeem();
        self.pen.at(hour(17));
        self.pay(self.attendances());
        self.pen.finish();
        self.sessions.push_front(planned);
        self.sessions.truncate(REDEEM_AFTER + 1);
    }

    /// Attendances of one day.
    fn attendances(&self) -> usize {
        self.cast.residents.len() / CYCLE
    }

    /// Publishes as many activities as those whose day it is tomorrow fill.
    fn publish(&mut self, start: BlockTime) -> Vec<Session> {
        let (cast, pen) = (&self.cast, &mut self.pen);
        let turn = self.day as usize % CYCLE;
        let communities = COMMUNITIES as usize;
        let mut sessions = Vec::new();
        for (community, local) in cast.locals.iter().enumerate() {
            let of_turn = (0..cast.residents.len())
                .filter(|at| at % communities == community && at / communities % CYCLE == turn);
            let residents: Vec<usize> = of_turn.collect();
            for seats in residents.chunks(SESSION_SIZE) {
                let terms = ActivityTerms {
                    title: "河岸清洁".into(),
                    kind: ActivityKind::Service,
                    place: format!("{}/07", local.path),
                    start,
                    end: start.plus(2 * HOUR_MS),
                    capacity: 2 * u32::try_from(SESSION_SIZE).expect("20"),
                    minimum_age: 0,
                    risk_class: 0,
                    insurance: None,
                    risk_statement: Some(document("risks")),
                    participation: Participation::Voluntary,
                    rule: cast.rule,
                };
                let terms_hash = terms_hash(&terms);
                let organisation = local.volunteers;
                let call = programme::Call::ActivityPropose { organisation, terms };
                let activity = pen.write(programme::CONTRACT, &[&local.organiser], &call);
                let call = programme::Call::ActivityPublish { activity, terms_hash };
                pen.write(programme::CONTRACT, &[&local.publisher], &call);
                let seats = seats.iter().map(|at| (*at, RecordId::default())).collect();
                sessions.push(Session { community, activity, start, seats });
            }
        }
        sessions
    }

    fn sign_up(&mut self, planned: &mut [Session]) {
        let (cast, pen) = (&self.cast, &mut self.pen);
        let mut sign = |resident: usize, activity| {
            let actor = &cast.residents[resident].actor;
            pen.write(credit::CONTRACT, &[actor], &credit::Call::SignUp { activity })
        };
        for session in &mut *planned {
            for (resident, participation) in &mut session.seats {
                *participation = sign(*resident, session.activity);
            }
        }
        for session in planned {
            for (resident, _) in session.seats.iter().filter(|(at, _)| at % CLASH_EVERY == 0) {
                sign(*resident, session.activity);
            }
        }
    }

    /// Reserves rewards for some of those who attended four days ago, and hands them out.
    fn redeem(&mut self) {
        let (cast, pen, reward) = (&self.cast, &mut self.pen, self.cast.reward);
        let Some(sessions) = self.sessions.get(REDEEM_AFTER) else { return };
        let seats = sessions.iter().flat_map(|session| &session.seats).step_by(REDEEM_EVERY);
        let mut vouchers = Vec::new();
        for (at, participation) in seats {
            let resident = &cast.residents[*at];
            let secret = participation.0[..16].to_vec();
            let commitment = voucher_commitment(reward, resident.enrolment, &secret);
            let call = credit::Call::Redeem { reward, commitment };
            vouchers.push((pen.write(credit::CONTRACT, &[&resident.actor], &call), secret));
        }
        let partner = cast.partner.as_ref().expect("there from the beginning");
        for (voucher, secret) in vouchers {
            let call = credit::Call::RedeemFulfil { voucher, secret };
            pen.write(credit::CONTRACT, &[partner], &call);
        }
    }
}

/// Everybody comes, stays two hours, and is attested.
fn attend(cast: &Cast, pen: &mut Pen, sessions: &[Session]) {
    let Some(first) = sessions.first() else { return };
    let (start, end) = (first.start, first.end());
    for (observed_at, comes) in [(start, true), (end, false)] {
        pen.at(observed_at);
        for session in sessions {
            let device = &cast.locals[session.community].device;
            let period = observed_at.0 / MINUTE_MS;
            let nonce = site_nonce(session.activity, &device.key.public(), period);
            for (resident, participation) in &session.seats {
                let participation = *participation;
                let call = if comes {
                    credit::Call::CheckIn { participation, observed_at, nonce }
                } else {
                    credit::Call::CheckOut { participation, observed_at, nonce }
                };
                let resident = &cast.residents[*resident].actor;
                pen.write(credit::CONTRACT, &[resident, device], &call);
            }
        }
    }
    pen.at(end.plus(HOUR_MS));
    for session in sessions {
        let local = &cast.locals[session.community];
        let (activity, lines) = (session.activity, session.lines().collect());
        let call = credit::Call::AttestFirst { activity, lines };
        pen.write(credit::CONTRACT, &[&local.organiser], &call);
        let witnessed = |line: AttestedLine| WitnessedLine {
            participation: line.participation,
            line_hash: line_hash(&line),
        };
        let lines = session.lines().map(witnessed).collect();
        let call = credit::Call::AttestSecond { activity, lines };
        pen.write(credit::CONTRACT, &[&local.witness], &call);
    }
}
