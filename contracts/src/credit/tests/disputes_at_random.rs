//! This exists to show that corrections, disputes, appeals, late entries and returns keep every
//! invariant in any order, and that no answer depends on the sweep.
//!
//! `HISTORIES=10000 cargo test -p linli-contracts random_disputes` runs more of them.

use super::history::unswept;
use super::*;
use crate::registry::roles::Parameter;
use crate::testing::{COMMITTEE, PARTNER};
use linli_ledger::contract::Rulebook;
use linli_ledger::receipt::Receipt;
use linli_ledger::types::{DAY_MS, Day, HOUR_MS};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Earn(usize, u64),
    Late(usize),
    Redeem(usize),
    Fulfil(usize),
    Cancel(usize),
    Return(usize, bool),
    Correct(usize, u32, ErrorBy),
    Dispute(usize, usize),
    Decide(usize, Option<(u32, ErrorBy)>, bool),
    Appeal(usize, usize),
    AppealDecide(usize, Option<(u32, ErrorBy)>),
}

fn error_by() -> impl Strategy<Value = ErrorBy> {
    prop_oneof![Just(ErrorBy::Organiser), Just(ErrorBy::Volunteer)]
}

fn outcome() -> impl Strategy<Value = Option<(u32, ErrorBy)>> {
    proptest::option::of((0_u32..490, error_by()))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_u64..9 * 24).prop_map(Step::Wait),
        1 => (0_usize..2, 1_u64..9).prop_map(|(who, hours)| Step::Earn(who, hours)),
        3 => (0_usize..4).prop_map(Step::Late),
        4 => (0_usize..2).prop_map(Step::Redeem),
        3 => (0_usize..20).prop_map(Step::Fulfil),
        1 => (0_usize..20).prop_map(Step::Cancel),
        2 => (0_usize..20, any::<bool>()).prop_map(|(n, restock)| Step::Return(n, restock)),
        3 => (0_usize..8, 0_u32..490, error_by()).prop_map(|(n, m, by)| Step::Correct(n, m, by)),
        3 => (0_usize..8, 0_usize..3).prop_map(|(n, who)| Step::Dispute(n, who)),
        4 => (0_usize..8, outcome(), any::<bool>())
            .prop_map(|(n, outcome, regulators)| Step::Decide(n, outcome, regulators)),
        2 => (0_usize..8, 0_usize..3).prop_map(|(n, who)| Step::Appeal(n, who)),
        2 => (0_usize..8, outcome()).prop_map(|(n, outcome)| Step::AppealDecide(n, outcome)),
    ];
    proptest::collection::vec(step, 1..40)
}

/// What everybody sees: outcomes of calls, and balances now and later: available, held, locked, owed,
/// minutes.
type Seen = (Option<Code>, Vec<(u64, u64, u64, u64, u64)>);

struct Play {
    stage: Stage,
    bench: Bench,
    partner: Actor,
    reward: RecordId,
    residents: [Resident; 2],
    neighbour: Resident,
    missed: Vec<(RecordId, LateLine)>,
    awards: Vec<RecordId>,
    vouchers: Vec<(usize, RecordId)>,
}

impl Play {
    /// Sessions at the end of 2026 whose points expire with 2027; it begins two weeks before that.
    fn new(rulebook: Option<Rulebook>) -> Self {
        let years = Parameter::ExpiryYears.number();
        let mut stage = Stage::with_parameters(vec![(years, 1)]);
        if let Some(rulebook) = rulebook {
            stage.world.rulebook = rulebook;
        }
        let residents = [stage.resident("one"), stage.resident("two")];
        let neighbour = stage.resident("neighbour");
        stage.world.at(Day::from_civil(2026, 12, 20).unwrap().start());
        let awards = vec![stage.earn(&residents[0], 8), stage.earn(&residents[1], 5)];
        let mut missed = Vec::new();
        for n in 0..4 {
            let mut terms = stage.terms(8);
            terms.start = terms.start.plus(n * DAY_MS);
            terms.end = terms.end.plus(n * DAY_MS);
            let activity = stage.publish(&terms);
            let who = usize::try_from(n % 2).unwrap();
            let participation = stage.sign_up(&residents[who], activity);
            let (check_in, check_out) = (terms.start, terms.end);
            let (minutes, units, evidence) = (480, 0, document("paper list"));
            let line = LateLine { participation, check_in, check_out, minutes, units, evidence };
            missed.push((activity, line));
        }
        stage.world.at(Day::from_civil(2027, 12, 15).unwrap().start());
        stage.renew();
        let witness = stage.world.grant(&stage.witness, COMMITTEE, Role::Witness, 0, None);
        stage.witness = witness;
        let bench = stage.bench();
        let partner = stage.world.organisation_actor(PARTNER);
        let reward = stage.offer();
        let vouchers = Vec::new();
        Self { stage, bench, partner, reward, residents, neighbour, missed, awards, vouchers }
    }

    fn submit(&mut self, actors: &[&Actor], call: &Call) -> Receipt {
        self.stage.world.submit(CONTRACT, actors, call)
    }

    fn award(&self, n: usize) -> RecordId {
        self.awards[n % self.awards.len()]
    }

    fn person(&self, n: usize) -> Actor {
        self.residents.get(n).unwrap_or(&self.neighbour).actor()
    }

    fn decision(outcome: Option<(u32, ErrorBy)>) -> Decision {
        outcome.map_or(Decision::Upheld, |(minutes, by)| corrected(minutes, by))
    }

    /// Does a step; `None` if there is nothing to do it with.
    fn step(&mut self, step: &Step) -> Option<Receipt> {
        let [a, b, c] = self.bench.regulators.clone();
        let operator = self.stage.operators[0].clone();
        let approver = self.bench.approver.clone();
        Some(match *step {
            Step::Wait(hours) => {
                self.stage.world.advance(hours * HOUR_MS);
                self.stage.world.sweep();
                return None;
            }
            Step::Earn(who, hours) => {
                let resident = self.residents[who].clone();
                let award = self.stage.earn(&resident, hours);
                self.awards.push(award);
                return None;
            }
            Step::Late(n) => {
                let (activity, line) = self.missed[n];
                let (organiser, witness) =
                    (self.stage.organiser.clone(), self.stage.witness.clone());
                let call = Call::LateEntry { activity, lines: vec![line] };
                let receipt = self.submit(&[&organiser, &witness, &a], &call);
                if receipt.rejection().is_none() {
                    self.awards.push(line.participation);
                }
                receipt
            }
            Step::Redeem(who) => {
                let call = self.stage.redeem_call(&self.residents[who], self.reward);
                let receipt = self.submit(&[&self.person(who)], &call);
                if receipt.rejection().is_none() {
                    self.vouchers.push((who, history::created(&receipt)));
                }
                receipt
            }
            Step::Fulfil(n) | Step::Cancel(n) | Step::Return(n, _) => {
                let (who, voucher) = *self.vouchers.get(n % self.vouchers.len().max(1))?;
                let (owner, partner) = (self.person(who), self.partner.clone());
                match *step {
                    Step::Cancel(_) => self.submit(&[&owner], &Call::RedeemCancel { voucher }),
                    Step::Return(_, restock) => {
                        let call = Call::RedeemReturn { voucher, restock };
                        self.submit(&[&owner, &partner], &call)
                    }
                    _ => {
                        let secret = self.stage.secret_of(voucher);
                        self.submit(&[&partner], &Call::RedeemFulfil { voucher, secret })
                    }
                }
            }
            Step::Correct(n, minutes, by) => {
                let id = self.award(n);
                let view = self.stage.world.view();
                let award = view.get::<Award>(&id)?;
                let earlier = standing(&view, id, &award).corrections;
                let call = correct(id, earlier, replacement(minutes, by));
                self.submit(&[&operator, &approver], &call)
            }
            Step::Dispute(n, who) => self.submit(&[&self.person(who)], &dispute(self.award(n))),
            Step::Decide(n, outcome, regulators) => {
                let call = decide(self.award(n), Self::decision(outcome));
                let panel = if regulators { [&b, &c] } else { [&operator, &approver] };
                self.submit(&panel, &call)
            }
            Step::Appeal(n, who) => self.submit(&[&self.person(who)], &appeal(self.award(n))),
            Step::AppealDecide(n, outcome) => {
                let call = appeal_decide(self.award(n), Self::decision(outcome));
                self.submit(&[&b, &c], &call)
            }
        })
    }

    fn balances(&self) -> Vec<(u64, u64, u64, u64, u64)> {
        let mut seen = Vec::new();
        for days in [0, 1, 3, 7, 14, 17, 21, 30, 38, 45, 60, 370] {
            let at = self.stage.world.now.plus(days * DAY_MS);
            for who in &self.residents {
                let b = balance(&self.stage.world.view(), who.enrolment, at);
                seen.push((b.available.0, b.held.0, b.locked.0, b.owed.0, b.service.0));
            }
        }
        seen
    }
}

fn run(steps: &[Step], rulebook: Option<Rulebook>) -> Vec<Seen> {
    let mut play = Play::new(rulebook);
    let mut seen = Vec::new();
    for step in steps {
        let outcome = play.step(step).and_then(|receipt| Some(receipt.rejection()?.code));
        seen.push((outcome, play.balances()));
        play.stage.world.check();
    }
    seen
}

fn histories() -> u32 {
    std::env::var("HISTORIES").map_or(60, |n| n.parse().expect("HISTORIES is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(histories()))]

    #[test]
    fn random_disputes_end_alike_with_and_without_sweeps(steps in steps()) {
        prop_assert_eq!(run(&steps, None), run(&steps, Some(unswept())));
    }
}
