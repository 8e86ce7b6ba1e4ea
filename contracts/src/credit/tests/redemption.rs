//! This exists to state the rules about vouchers and lapsing points as facts.

use super::*;
use crate::programme::reading;
use crate::programme::tests::offer;
use crate::registry::roles::Parameter;
use crate::testing::{BANK, PARTNER};
use linli_ledger::amount::Fen;
use linli_ledger::types::{DAY_MS, Day};

/// A resident with 80 available points and a reward of 20.
fn rich() -> (Stage, Resident, RecordId) {
    rich_with(Vec::new())
}

fn rich_with(parameters: Vec<(u16, u64)>) -> (Stage, Resident, RecordId) {
    let mut stage = Stage::with_parameters(parameters);
    let resident = stage.resident("resident");
    stage.earn(&resident, 8);
    stage.world.advance(3 * DAY_MS);
    let reward = stage.offer();
    (stage, resident, reward)
}

#[test]
fn a_voucher_is_fulfilled_once_against_its_secret() {
    let (mut stage, resident, reward) = rich();
    let voucher = stage.redeem(&resident, reward);
    assert_eq!(stage.points(&resident), (60, 0, 20));
    let partner = stage.partner.clone();
    let fulfil = |secret: &[u8]| Call::RedeemFulfil { voucher, secret: secret.to_vec() };
    let organiser = stage.organiser.clone();
    stage.deny(&[&organiser], &fulfil(SECRET), Code::Role);
    let bank = stage.world.organisation_actor(BANK);
    stage.deny(&[&bank], &fulfil(SECRET), Code::Scope);
    stage.deny(&[&partner], &fulfil(b"another sixteen b"), Code::Secret);
    let unknown = Call::RedeemFulfil { voucher: reward, secret: SECRET.to_vec() };
    stage.deny(&[&partner], &unknown, Code::NotFound);
    stage.world.check();
    stage.world.apply(CONTRACT, &[&partner], &fulfil(SECRET));
    stage.deny(&[&partner], &fulfil(SECRET), Code::AlreadyResolved);
    let cancel = Call::RedeemCancel { voucher };
    stage.deny(&[&resident.actor()], &cancel, Code::AlreadyResolved);
    assert_eq!(stage.points(&resident), (60, 0, 0));
    assert_eq!((stage.totals().minted, stage.totals().outstanding), (80, 60));
    stage.world.check();
}

#[test]
fn a_short_secret_opens_nothing() {
    let (mut stage, resident, reward) = rich();
    let short = b"fifteen bytes..";
    let commitment = voucher_commitment(reward, resident.enrolment, short);
    let call = Call::Redeem { reward, commitment };
    let voucher = RecordId(stage.world.apply(CONTRACT, &[&resident.actor()], &call));
    let fulfil = Call::RedeemFulfil { voucher, secret: short.to_vec() };
    let own_key = stage.world.organisation_actor(PARTNER);
    stage.deny(&[&own_key], &fulfil, Code::Secret);
}

#[test]
fn redeeming_is_limited_by_points_stock_person_time_and_value() {
    let (mut stage, resident, reward) = rich();
    let me = resident.actor();
    let poor = stage.resident("poor");
    let call = stage.redeem_call(&resident, reward);
    stage.deny(&[&poor.actor()], &call, Code::InsufficientPoints);
    let unknown = stage.redeem_call(&resident, stage.rule);
    stage.deny(&[&me], &unknown, Code::NotFound);
    stage.deny(&[&stage.partner.clone()], &call, Code::Role);
    let first = stage.redeem(&resident, reward);
    stage.redeem(&resident, reward);
    let fresh = stage.redeem_call(&resident, reward);
    stage.deny(&[&me], &fresh, Code::PersonLimit);
    stage.world.apply(CONTRACT, &[&me], &Call::RedeemCancel { voucher: first });
    stage.redeem(&resident, reward);
    let until = reading::reward(&stage.world.view(), reward).unwrap().terms.valid_to;
    let mut other = offer(stage.programme, stage.world.organisation(PARTNER), stage.world.now);
    if let programme::Call::RewardOffer { stock, per_person, .. } = &mut other {
        (*stock, *per_person) = (1, 9);
    }
    let signers = [stage.partner.clone(), stage.operators[0].clone()];
    let scarce = stage.world.apply(programme::CONTRACT, &[&signers[0], &signers[1]], &other);
    let scarce = RecordId(scarce);
    stage.redeem(&resident, scarce);
    let fresh = stage.redeem_call(&resident, scarce);
    stage.deny(&[&me], &fresh, Code::Stock);
    stage.world.check();
    stage.world.at(until);
    stage.deny(&[&me], &call, Code::ItemExpired);
    stage.world.check();
}

#[test]
fn the_value_of_a_years_rewards_is_limited() {
    let parameter = Parameter::RewardValuePerYear.number();
    let (mut stage, resident, reward) = rich_with(vec![(parameter, 1_500)]);
    let first = stage.redeem(&resident, reward);
    let fresh = stage.redeem_call(&resident, reward);
    stage.deny(&[&resident.actor()], &fresh, Code::RewardValue);
    let cancel = Call::RedeemCancel { voucher: first };
    stage.world.apply(CONTRACT, &[&resident.actor()], &cancel);
    let second = stage.redeem(&resident, reward);
    let voucher = stage.world.view().get::<Voucher>(&second).unwrap();
    assert_eq!(voucher.fair_value, Fen(1_000));
    stage.world.check();
}

#[test]
fn a_voucher_past_its_time_is_void_and_its_points_are_back_swept_or_not() {
    let (mut stage, resident, reward) = rich();
    let voucher = stage.redeem(&resident, reward);
    let expires = stage.world.view().get::<Voucher>(&voucher).unwrap().expires_at;
    assert_eq!(points(&stage.world, &resident, expires.minus(1)), (60, 0, 20));
    assert_eq!(points(&stage.world, &resident, expires), (80, 0, 0));
    stage.world.at(expires);
    let fulfil = Call::RedeemFulfil { voucher, secret: SECRET.to_vec() };
    stage.deny(&[&stage.partner.clone()], &fulfil, Code::VoucherExpired);
    let cancel = Call::RedeemCancel { voucher };
    stage.deny(&[&resident.actor()], &cancel, Code::VoucherExpired);
    assert_eq!(stage.points(&resident), (80, 0, 0));
    stage.world.check();
    stage.world.advance(VOUCHER_KEPT_MS);
    stage.deny(&[&stage.partner.clone()], &fulfil, Code::NotFound);
}

#[test]
fn another_resident_does_not_cancel_a_voucher() {
    let (mut stage, resident, reward) = rich();
    let other = stage.resident("other");
    let voucher = stage.redeem(&resident, reward);
    stage.deny(&[&other.actor()], &Call::RedeemCancel { voucher }, Code::Role);
}

#[test]
fn a_batch_that_expires_while_locked_gets_one_grace() {
    let (mut stage, resident, reward) = rich();
    let expiry = Day::from_civil(2029, 1, 1).unwrap().start();
    stage.world.at(expiry.minus(DAY_MS));
    let voucher = stage.redeem(&resident, reward);
    assert_eq!(points(&stage.world, &resident, expiry), (0, 0, 20), "60 expired, 20 locked");
    let back = expiry.plus(6 * DAY_MS);
    assert_eq!(points(&stage.world, &resident, back), (20, 0, 0));
    assert_eq!(points(&stage.world, &resident, back.plus(30 * DAY_MS)), (0, 0, 0));
    stage.world.at(expiry.plus(DAY_MS));
    stage.world.apply(CONTRACT, &[&resident.actor()], &Call::RedeemCancel { voucher });
    let grace_ends = stage.world.now.plus(30 * DAY_MS);
    assert_eq!(points(&stage.world, &resident, grace_ends.minus(1)), (20, 0, 0));
    stage.world.check();
    stage.world.at(grace_ends.minus(DAY_MS));
    let voucher = stage.redeem(&resident, reward);
    stage.world.at(grace_ends);
    stage.world.apply(CONTRACT, &[&resident.actor()], &Call::RedeemCancel { voucher });
    assert_eq!(stage.points(&resident), (0, 0, 0), "a second grace is none");
    assert_eq!(stage.totals().outstanding, 0);
    stage.world.check();
}

#[test]
fn the_earliest_expiry_is_spent_first() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    stage.earn(&resident, 1);
    stage.world.at(Day::from_civil(2027, 3, 15).unwrap().start());
    stage.renew();
    stage.earn(&resident, 3);
    stage.world.advance(3 * DAY_MS);
    let reward = stage.offer();
    let voucher = stage.redeem(&resident, reward);
    let lots = stage.world.view().get::<Voucher>(&voucher).unwrap().lots;
    let years: Vec<_> =
        lots.iter().map(|lot| (lot.expires_at.minus(1).day().civil().0, lot.amount)).collect();
    assert_eq!(years, [(2028, 10), (2029, 10)]);
    stage.world.check();
}

#[test]
fn a_programme_that_owes_more_than_its_budget_gets_no_further_rule() {
    let backing = Parameter::BackingFenPerPoint.number();
    // The budget is 1 000 000 fen: enough for 100 points.
    let set = |stage: &mut Stage| {
        let totals = Some(stage.totals());
        let terms = programme::tests::rule_terms(stage.world.now.plus(DAY_MS));
        let signers = stage.operators.clone();
        let call =
            programme::Call::RuleSet { programme: stage.programme, rule: None, terms, totals };
        let receipt = stage.world.submit(programme::CONTRACT, &[&signers[0], &signers[1]], &call);
        receipt.rejection().map(|rejection| rejection.code)
    };
    let (mut stage, ..) = rich_with(vec![(backing, 10_000)]);
    assert_eq!(set(&mut stage), None);
    let (first, second, third) =
        (stage.resident("first"), stage.resident("second"), stage.resident("third"));
    stage.earn(&first, 8);
    stage.earn(&second, 1);
    stage.earn(&third, 1);
    assert_eq!(stage.totals().outstanding, 180);
    assert_eq!(set(&mut stage), Some(Code::ProgrammeUnfunded));
    stage.world.check();
}

#[test]
fn a_commitment_serves_one_voucher_for_ever() {
    let (mut stage, resident, reward) = rich();
    let me = resident.actor();
    let call = stage.redeem_call(&resident, reward);
    let first = RecordId(stage.world.apply(CONTRACT, &[&me], &call));
    stage.deny(&[&me], &call, Code::Exists);
    let fulfil = Call::RedeemFulfil { voucher: first, secret: SECRET.to_vec() };
    stage.world.apply(CONTRACT, &[&stage.partner.clone()], &fulfil);
    stage.deny(&[&me], &call, Code::Exists);
    stage.world.at(stage.world.now.plus(VOUCHER_KEPT_MS + 8 * DAY_MS));
    stage.world.sweep();
    assert!(stage.world.view().get::<Voucher>(&first).is_none());
    stage.deny(&[&me], &call, Code::Exists);
    stage.redeem(&resident, reward);
    stage.world.check();
}

#[test]
fn a_commitment_that_somebody_copies_serves_neither_her_nor_her_secret() {
    let (mut stage, resident, reward) = rich();
    let other = stage.resident("other");
    stage.earn(&other, 8);
    stage.world.advance(3 * DAY_MS);
    let call = stage.redeem_call(&resident, reward);
    let copied = RecordId(stage.world.apply(CONTRACT, &[&other.actor()], &call));
    let voucher = RecordId(stage.world.apply(CONTRACT, &[&resident.actor()], &call));
    let partner = stage.partner.clone();
    let fulfil = |voucher| Call::RedeemFulfil { voucher, secret: SECRET.to_vec() };
    stage.deny(&[&partner], &fulfil(copied), Code::Secret);
    stage.world.apply(CONTRACT, &[&partner], &fulfil(voucher));
    stage.world.check();
}
