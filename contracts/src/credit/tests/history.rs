//! This exists to show that no answer depends on the sweep: random histories of earning, redeeming,
//! cancelling and waiting, once with a sweep in every block and once without any.

use super::*;
use linli_ledger::codec::decode;
use linli_ledger::contract::Rulebook;
use linli_ledger::due;
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::receipt::{Outcome, Receipt, Subject};
use linli_ledger::types::{DAY_MS, Day, HOUR_MS, derive_identifier};
use proptest::prelude::*;

/// The credit contract on a chain whose sweep never comes.
struct Unswept;

impl Contract for Unswept {
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
        Credit.admits_devices()
    }

    fn accepts(&self, call: &[u8]) -> bool {
        Credit.accepts(call)
    }

    fn execute(
        &self,
        call: &[u8],
        parties: &[Party],
        view: &mut View<'_>,
    ) -> Result<(), Rejection> {
        Credit.execute(call, parties, view)
    }

    fn invariants(&self, view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
        invariants::check_records(view)
    }
}

/// The first identifier that a transaction made.
pub(super) fn created(receipt: &Receipt) -> RecordId {
    let Subject::Transaction(id) = receipt.subject else { panic!("a transaction's receipt") };
    RecordId(derive_identifier(&id, 0))
}

pub(super) fn unswept() -> Rulebook {
    crate::testing::rulebook_with(Box::new(Unswept))
}

#[derive(Clone, Debug)]
enum Step {
    Redeem(usize),
    Cancel(usize),
    Fulfil(usize),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_usize..2).prop_map(Step::Redeem),
        1 => (0_usize..20).prop_map(Step::Cancel),
        1 => (0_usize..20).prop_map(Step::Fulfil),
        3 => (1_u64..9 * 24).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..25)
}

/// What everybody sees: outcomes of calls, and balances after each step.
type Seen = (Option<Code>, Vec<(u64, u64, u64)>);

fn run(steps: &[Step], rulebook: Option<Rulebook>) -> Vec<Seen> {
    let mut stage = Stage::new();
    let residents = [stage.resident("one"), stage.resident("two")];
    if let Some(rulebook) = rulebook {
        stage.world.rulebook = rulebook;
    }
    stage.earn(&residents[0], 6);
    stage.earn(&residents[1], 5);
    let reward = stage.offer();
    // Roles last a year, points nearly three: stay at the partner's own key.
    let partner = stage.world.organisation_actor(crate::testing::PARTNER);
    stage.world.at(Day::from_civil(2028, 12, 15).unwrap().start());
    let mut vouchers: Vec<(usize, RecordId)> = Vec::new();
    let mut seen = Vec::new();
    for step in steps {
        let outcome = match step {
            Step::Wait(hours) => {
                stage.world.advance(hours * HOUR_MS);
                stage.world.sweep();
                None
            }
            Step::Redeem(who) => {
                let call = stage.redeem_call(&residents[*who], reward);
                let actor = residents[*who].actor();
                let receipt = stage.world.submit(CONTRACT, &[&actor], &call);
                if receipt.outcome == Outcome::Applied {
                    vouchers.push((*who, created(&receipt)));
                }
                receipt.rejection().map(|rejection| rejection.code)
            }
            Step::Cancel(n) | Step::Fulfil(n) => {
                let Some((who, voucher)) = vouchers.get(n % vouchers.len().max(1)).copied() else {
                    continue;
                };
                let owner = residents[who].actor();
                let (actor, call) = match step {
                    Step::Cancel(_) => (owner, Call::RedeemCancel { voucher }),
                    Step::Fulfil(_) | Step::Redeem(_) | Step::Wait(_) => {
                        let secret = stage.secret_of(voucher);
                        (partner.clone(), Call::RedeemFulfil { voucher, secret })
                    }
                };
                let receipt = stage.world.submit(CONTRACT, &[&actor], &call);
                receipt.rejection().map(|rejection| rejection.code)
            }
        };
        let balances = [0, 1, 3, 7, 14, 19, 21, 23, 25, 27, 29, 31, 400]
            .iter()
            .flat_map(|days| {
                let at = stage.world.now.plus(days * DAY_MS);
                residents.iter().map(move |r| (at, r))
            })
            .map(|(at, r)| points(&stage.world, r, at))
            .collect();
        seen.push((outcome, balances));
        stage.world.check();
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn histories_end_alike_with_and_without_sweeps(steps in steps()) {
        prop_assert_eq!(run(&steps, None), run(&steps, Some(unswept())));
    }
}

/// A credit contract that puts many items that mean nothing into the queue.
struct Flood;

impl Contract for Flood {
    fn id(&self) -> ContractId {
        CONTRACT
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Restricted
    }

    fn accepts(&self, _: &[u8]) -> bool {
        true
    }

    fn execute(&self, call: &[u8], _: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        let (at, count): (BlockTime, u32) = decode(call, "a call").map_err(|_| Code::Encoding)?;
        for n in 0..count {
            let mut record = [0; 32];
            record[..4].copy_from_slice(&n.to_be_bytes());
            due::schedule(view, at, 255, RecordId(record));
        }
        Ok(())
    }
}

impl Stage {
    /// Lets so many items that mean nothing fall due at a time.
    pub(super) fn flood(&mut self, at: BlockTime, count: u32) {
        let flooded = crate::testing::rulebook_with(Box::new(Flood));
        let usual = std::mem::replace(&mut self.world.rulebook, flooded);
        let anybody = self.organiser.clone();
        self.world.apply(CONTRACT, &[&anybody], &(at, count));
        self.world.rulebook = usual;
    }
}

#[test]
fn no_answer_waits_for_the_sweep_when_ten_thousand_items_are_due_at_once() {
    let mut stage = Stage::new();
    let (resident, other) = (stage.resident("resident"), stage.resident("other"));
    stage.earn(&resident, 8);
    stage.earn(&other, 8);
    let reward = stage.offer();
    let expiry = Day::from_civil(2029, 1, 1).unwrap().start();
    stage.world.at(expiry.minus(DAY_MS));
    let voucher = stage.redeem(&resident, reward);
    let back = stage.world.view().get::<Voucher>(&voucher).unwrap().expires_at;
    stage.flood(expiry.minus(1), 10_000);
    let seen = |stage: &Stage| {
        let days = [0, 1, 6, 7, 29, 36, 37];
        let at = |day| expiry.plus(day * DAY_MS);
        days.map(|day| [&resident, &other].map(|who| points(&stage.world, who, at(day))))
    };
    let before = seen(&stage);
    stage.world.at(expiry);
    for _ in 0..12 {
        let swept = stage.world.sweep();
        assert!(swept.len() <= linli_ledger::limits::DUE_ITEMS_MAX);
        assert_eq!(seen(&stage), before);
        stage.world.check();
    }
    stage.flood(back.minus(1), 10_000);
    stage.world.at(back);
    let cancel = Call::RedeemCancel { voucher };
    stage.deny(&[&resident.actor()], &cancel, Code::VoucherExpired);
    let call = stage.redeem_call(&resident, reward);
    stage.world.apply(CONTRACT, &[&resident.actor()], &call);
    assert_eq!(stage.points(&resident), (0, 0, 20), "her own queue is done by her own call");
    stage.world.check();
}

/// A credit contract that gives its sender a wallet of more programmes than one reading returns.
struct Crowd;

impl Contract for Crowd {
    fn id(&self) -> ContractId {
        CONTRACT
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Restricted
    }

    fn accepts(&self, _: &[u8]) -> bool {
        true
    }

    fn execute(&self, _: &[u8], parties: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        let (enrolment, _) = sender(view, parties)?;
        for n in 0..=u16::try_from(RANGE_MAX).unwrap() {
            let mut programme = [0; 32];
            programme[..2].copy_from_slice(&n.to_be_bytes());
            view.put(&(enrolment, RecordId(programme)), &Wallet);
        }
        Ok(())
    }
}

#[test]
fn a_balance_shows_more_programmes_than_one_reading_returns() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    stage.world.rulebook = crate::testing::rulebook_with(Box::new(Crowd));
    stage.world.apply(CONTRACT, &[&resident.actor()], &0_u8);
    let balance = balance(&stage.world.view(), resident.enrolment, stage.world.now);
    assert_eq!(balance.programmes.len(), RANGE_MAX + 1);
}
