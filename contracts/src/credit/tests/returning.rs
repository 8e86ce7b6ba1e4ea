//! This exists to state the rules about defective rewards and monthly claims as facts.

use super::*;
use crate::fund::{self, LineTerms, Listing, budget_hash};
use crate::programme::tests::offer;
use crate::programme::{
    self as offers, BatchOf, Settlement, month_ends_at, reading, voucher_batch_id,
};
use crate::testing::{BANK, PARTNER};
use linli_ledger::amount::Fen;
use linli_ledger::types::{DAY_MS, Day, derive_identifier};

/// A resident with 80 points, of which 20 are redeemed.
fn redeemed() -> (Stage, Resident, RecordId, RecordId) {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    stage.earn(&resident, 8);
    stage.world.advance(3 * DAY_MS);
    let reward = stage.offer();
    let voucher = fetch(&mut stage, &resident, reward);
    (stage, resident, reward, voucher)
}

fn fetch(stage: &mut Stage, resident: &Resident, reward: RecordId) -> RecordId {
    let voucher = stage.redeem(resident, reward);
    let secret = stage.secret_of(voucher);
    let partner = stage.partner.clone();
    stage.world.apply(CONTRACT, &[&partner], &Call::RedeemFulfil { voucher, secret });
    voucher
}

fn give_back(voucher: RecordId, restock: bool) -> Call {
    Call::RedeemReturn { voucher, restock }
}

fn used(stage: &Stage, reward: RecordId) -> RewardUse {
    stage.world.view().get::<RewardUse>(&reward).unwrap()
}

#[test]
fn a_defective_reward_returns_to_the_same_batches_with_both_signatures() {
    let (mut stage, resident, reward, voucher) = redeemed();
    let (me, partner) = (resident.actor(), stage.partner.clone());
    let lots = stage.world.view().get::<Voucher>(&voucher).unwrap().lots;
    stage.deny(&[&me, &partner], &give_back(stage.rule, true), Code::NotFound);
    stage.deny(&[&partner, &me], &give_back(voucher, true), Code::Role);
    let other = stage.resident("other");
    stage.deny(&[&other.actor(), &partner], &give_back(voucher, true), Code::Role);
    stage.deny(&[&me], &give_back(voucher, true), Code::Cosign);
    let bank = stage.world.organisation_actor(BANK);
    stage.deny(&[&me, &bank], &give_back(voucher, true), Code::Cosign);
    let open = stage.redeem(&resident, reward);
    stage.deny(&[&me, &partner], &give_back(open, true), Code::State);
    let receipt = stage.world.submit(CONTRACT, &[&me, &partner], &give_back(voucher, true));
    assert_eq!(receipt.rejection(), None);
    let moved: Vec<_> = receipt.movements.iter().map(|m| m.quantity.clone()).collect();
    assert_eq!(moved, [linli_ledger::posting::Quantity::Points(lots)]);
    assert_eq!(stage.points(&resident), (60, 0, 20));
    assert_eq!(used(&stage, reward), RewardUse { open: 1, fulfilled: 0 });
    assert_eq!(stage.totals().outstanding, 80);
    stage.world.check();
    stage.deny(&[&me, &partner], &give_back(voucher, true), Code::AlreadyResolved);
    let secret = stage.secret_of(voucher);
    let again = Call::RedeemFulfil { voucher, secret };
    stage.deny(&[&partner], &again, Code::AlreadyResolved);
    stage.redeem(&resident, reward);
    stage.world.check();
}

#[test]
fn a_piece_that_is_not_restocked_is_gone() {
    let (mut stage, resident, reward, voucher) = redeemed();
    let own_key = stage.world.organisation_actor(PARTNER);
    stage.world.apply(CONTRACT, &[&resident.actor(), &own_key], &give_back(voucher, false));
    assert_eq!(used(&stage, reward), RewardUse { open: 0, fulfilled: 1 });
    assert_eq!(stage.points(&resident), (80, 0, 0));
    stage.world.check();
}

#[test]
fn a_reward_is_returned_within_seven_days_swept_or_not() {
    let (mut stage, resident, _, voucher) = redeemed();
    let signers = [resident.actor(), stage.partner.clone()];
    let VoucherState::Fulfilled { return_until, .. } =
        stage.world.view().get::<Voucher>(&voucher).unwrap().state
    else {
        panic!("handed out")
    };
    stage.world.at(return_until.minus(1));
    let before = stage.world.state.clone();
    stage.world.apply(CONTRACT, &[&signers[0], &signers[1]], &give_back(voucher, true));
    stage.world.state = before;
    stage.world.at(return_until);
    stage.deny(&[&signers[0], &signers[1]], &give_back(voucher, true), Code::Deadline);
    stage.world.check();
}

#[test]
fn points_that_expired_since_come_back_with_one_grace() {
    let (mut stage, resident, reward, _) = redeemed();
    stage.world.at(Day::from_civil(2028, 12, 30).unwrap().start());
    let partner = stage.world.organisation_actor(PARTNER);
    let voucher = stage.redeem(&resident, reward);
    let secret = stage.secret_of(voucher);
    stage.world.apply(CONTRACT, &[&partner], &Call::RedeemFulfil { voucher, secret });
    stage.world.at(Day::from_civil(2029, 1, 3).unwrap().start());
    assert_eq!(stage.points(&resident), (0, 0, 0));
    stage.world.apply(CONTRACT, &[&resident.actor(), &partner], &give_back(voucher, true));
    let until = stage.world.now.plus(30 * DAY_MS);
    assert_eq!(points(&stage.world, &resident, until.minus(1)), (20, 0, 0));
    assert_eq!(points(&stage.world, &resident, until), (0, 0, 0));
    stage.world.check();
    stage.world.at(until);
    stage.world.sweep();
    assert_eq!(stage.totals().outstanding, 0);
    stage.world.check();
}

fn march(stage: &Stage) -> BatchOf {
    let partner = stage.world.organisation(PARTNER);
    BatchOf { partner, programme: stage.programme, line: None, year: 2026, month: 3 }
}

fn batch(stage: &Stage, of: &BatchOf) -> Option<VoucherBatch> {
    stage.world.view().get::<VoucherBatch>(&voucher_batch_id(of))
}

#[test]
fn a_month_of_vouchers_is_claimed_once_when_it_is_over() {
    let (mut stage, resident, reward, voucher) = redeemed();
    let second = fetch(&mut stage, &resident, reward);
    let of = march(&stage);
    assert_eq!(batch(&stage, &of), None, "they may still be returned");
    let signers = [resident.actor(), stage.partner.clone()];
    stage.world.apply(CONTRACT, &[&signers[0], &signers[1]], &give_back(second, true));
    stage.world.advance(7 * DAY_MS);
    stage.world.sweep();
    let counted = VoucherBatch { vouchers: 1, points: Points(20), fair_value: Fen(1_000) };
    assert_eq!(batch(&stage, &of), Some(counted));
    stage.world.check();
    let claim = offers::Call::SettleClaim { of, batch: counted };
    let partner = stage.partner.clone();
    let no = |stage: &mut Stage, who: &Actor, call: &offers::Call, code| {
        stage.world.reject(offers::CONTRACT, &[who], call, code);
    };
    no(&mut stage, &partner, &claim, Code::TimeWindow);
    stage.world.at(month_ends_at(2026, 3));
    let more = VoucherBatch { vouchers: 2, ..counted };
    let wrong = offers::Call::SettleClaim { of, batch: more };
    no(&mut stage, &partner, &wrong, Code::Condition);
    let other_month = BatchOf { month: 2, ..of };
    let none = offers::Call::SettleClaim { of: other_month, batch: counted };
    no(&mut stage, &partner, &none, Code::Condition);
    let organiser = stage.organiser.clone();
    no(&mut stage, &organiser, &claim, Code::Role);
    let bank = stage.world.organisation_actor(BANK);
    no(&mut stage, &bank, &claim, Code::Scope);
    stage.world.apply(offers::CONTRACT, &[&partner], &claim);
    no(&mut stage, &partner, &claim, Code::VoucherClaimed);
    let settlement = reading::settlement(&stage.world.view(), &of).unwrap();
    assert_eq!((settlement.batch, settlement.owed), (counted, Fen(0)), "the partner pays");
    let state = stage.world.view().get::<Voucher>(&voucher).unwrap().state;
    assert!(matches!(state, VoucherState::Counted { batch, .. } if batch == voucher_batch_id(&of)));
    stage.world.check();
}

#[test]
fn what_the_sweep_reaches_after_the_claim_counts_to_the_month_of_the_sweep() {
    let (mut stage, resident, reward, _) = redeemed();
    stage.world.advance(7 * DAY_MS);
    stage.world.sweep();
    let of = march(&stage);
    let counted = batch(&stage, &of).unwrap();
    let second = fetch(&mut stage, &resident, reward);
    let VoucherState::Fulfilled { return_until, .. } =
        stage.world.view().get::<Voucher>(&second).unwrap().state
    else {
        panic!("handed out")
    };
    assert!(return_until < month_ends_at(2026, 3));
    // So much is due before it that one block does not reach it.
    stage.flood(return_until.minus(1), 1_000);
    stage.world.at(month_ends_at(2026, 3).plus(DAY_MS));
    let partner = stage.partner.clone();
    let claim = offers::Call::SettleClaim { of, batch: counted };
    stage.world.apply(offers::CONTRACT, &[&partner], &claim);
    let state = stage.world.view().get::<Voucher>(&second).unwrap().state;
    assert!(matches!(state, VoucherState::Fulfilled { .. }), "the sweep has not come");
    stage.world.check();
    stage.world.sweep();
    let april = BatchOf { month: 4, ..of };
    assert_eq!(batch(&stage, &april).unwrap().vouchers, 1);
    stage.world.check();
    assert_eq!(batch(&stage, &of), Some(counted), "a claimed batch never changes");
}

#[test]
fn a_claim_comes_within_four_hundred_days() {
    let (mut stage, ..) = redeemed();
    stage.world.advance(7 * DAY_MS);
    stage.world.sweep();
    let of = march(&stage);
    let counted = batch(&stage, &of).unwrap();
    let own_key = stage.world.organisation_actor(PARTNER);
    let until = month_ends_at(2026, 3).plus(programme::RECORD_KEPT_MS);
    let claim = offers::Call::SettleClaim { of, batch: counted };
    stage.world.at(until.minus(1));
    let before = stage.world.state.clone();
    stage.world.apply(offers::CONTRACT, &[&own_key], &claim);
    stage.world.check();
    stage.world.at(until.plus(DAY_MS));
    stage.world.sweep();
    stage.world.check();
    assert!(stage.world.view().get::<Settlement>(&voucher_batch_id(&of)).is_some());
    stage.world.state = before;
    stage.world.reject(offers::CONTRACT, &[&own_key], &claim, Code::Condition);
}

/// A line of a budget in force, and who speaks for it.
fn budget_line(world: &mut World) -> (RecordId, Actor) {
    let governance = [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let item = fund::Call::CatalogueItem {
        code: "A05".into(),
        name: "community services".into(),
        listing: Listing::Listed,
    };
    world.apply(fund::CONTRACT, &[&governance[0], &governance[1]], &item);
    let administrator = world.officer("administrator", OFFICE, Role::FundAdministrator);
    let officers =
        ["budget 1", "budget 2"].map(|label| world.officer(label, OFFICE, Role::BudgetOfficer));
    let open = fund::Call::FundOpen {
        name: "社区保障资金".into(),
        organisation: world.organisation(OFFICE),
        scope: "5101/04/001".into(),
        bank: world.organisation(BANK),
        account: *document("account").bytes(),
    };
    let fund_id = RecordId(world.apply(fund::CONTRACT, &[&administrator], &open));
    let lines = vec![LineTerms {
        code: "rewards".into(),
        name: "rewards".into(),
        catalogue: "A05".into(),
        approved: Fen(1_000_000),
        resolution: None,
    }];
    let hash = budget_hash(fund_id, 2026, &lines);
    let draft = fund::Call::BudgetDraft { fund: fund_id, year: 2026, lines };
    let receipt = world.submit(fund::CONTRACT, &[&officers[0]], &draft);
    let linli_ledger::receipt::Subject::Transaction(id) = receipt.subject else {
        panic!("a transaction's receipt")
    };
    let [budget, line] = [0, 1].map(|n| RecordId(derive_identifier(&id, n)));
    let approve = fund::Call::BudgetApprove { budget, budget_hash: hash };
    world.apply(fund::CONTRACT, &[&officers[1]], &approve);
    (line, officers[0].clone())
}

#[test]
fn a_reward_that_a_budget_line_pays_needs_its_budget_officer_and_makes_it_owe() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    stage.earn(&resident, 8);
    stage.world.advance(3 * DAY_MS);
    let (line, officer) = budget_line(&mut stage.world);
    let offers::Call::RewardOffer {
        programme,
        partner,
        title,
        kind,
        price,
        fair_value,
        stock,
        per_person,
        valid_from,
        valid_to,
    } = offer(stage.programme, stage.world.organisation(PARTNER), stage.world.now)
    else {
        panic!("an offer")
    };
    let terms = offers::RewardTerms {
        title,
        kind,
        price,
        fair_value,
        stock,
        per_person,
        valid_from,
        valid_to,
    };
    let call = offers::Call::RewardOfferFunded { programme, partner, terms: terms.clone(), line };
    let (seller, operator) = (stage.partner.clone(), stage.operators[0].clone());
    let world = &mut stage.world;
    world.reject(offers::CONTRACT, &[&seller, &operator], &call, Code::Cosign);
    world.reject(offers::CONTRACT, &[&seller, &officer], &call, Code::Cosign);
    let line_of_nothing =
        offers::Call::RewardOfferFunded { programme, partner, terms, line: programme };
    let three = [&seller, &operator, &officer];
    world.reject(offers::CONTRACT, &three, &line_of_nothing, Code::NotFound);
    let reward = RecordId(world.apply(offers::CONTRACT, &three, &call));
    fetch(&mut stage, &resident, reward);
    stage.world.advance(7 * DAY_MS);
    stage.world.sweep();
    let of = BatchOf { line: Some(line), ..march(&stage) };
    let counted = batch(&stage, &of).unwrap();
    stage.world.at(month_ends_at(2026, 3));
    let claim = offers::Call::SettleClaim { of, batch: counted };
    stage.world.apply(offers::CONTRACT, &[&seller], &claim);
    let settlement = reading::settlement(&stage.world.view(), &of).unwrap();
    assert_eq!((settlement.owed, settlement.batch.vouchers), (Fen(1_000), 1));
    stage.world.check();
}

#[test]
fn the_stock_of_a_reward_only_grows() {
    let (mut stage, _, reward, _) = redeemed();
    let (seller, operator) = (stage.partner.clone(), stage.operators[0].clone());
    let more = |reward, pieces_added| offers::Call::RewardUpdate { reward, pieces_added };
    let world = &mut stage.world;
    world.reject(offers::CONTRACT, &[&seller, &operator], &more(reward, 0), Code::AmountZero);
    world.reject(offers::CONTRACT, &[&seller], &more(reward, 2), Code::Cosign);
    world.reject(offers::CONTRACT, &[&operator, &seller], &more(reward, 2), Code::Role);
    world.reject(offers::CONTRACT, &[&seller, &operator], &more(stage.rule, 2), Code::NotFound);
    let too_many = more(reward, u32::MAX);
    world.reject(offers::CONTRACT, &[&seller, &operator], &too_many, Code::AmountOverflow);
    world.apply(offers::CONTRACT, &[&seller, &operator], &more(reward, 2));
    let record = reading::reward(&world.view(), reward).unwrap();
    assert_eq!(record.terms.stock, 5);
    world.check();
    let (seller, until) = (world.organisation_actor(PARTNER), record.terms.valid_to);
    world.at(until);
    world.reject(offers::CONTRACT, &[&seller, &operator], &more(reward, 2), Code::ItemExpired);
}
