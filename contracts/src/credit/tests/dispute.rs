//! This exists to state the rules about disputes, decisions and appeals as facts.

use super::*;
use crate::testing::{COMMITTEE, PARTNER};
use linli_ledger::types::{DAY_MS, Day};

/// A resident with an award of 8 hours, 80 points, that may be spent, and who decides about it.
fn awarded() -> (Stage, Bench, Resident, RecordId) {
    let mut stage = Stage::new();
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let award = stage.earn(&resident, 8);
    stage.world.advance(3 * DAY_MS);
    (stage, bench, resident, award)
}

/// Two who decide in time.
fn deciders(stage: &Stage, bench: &Bench) -> [Actor; 2] {
    [stage.operators[0].clone(), bench.approver.clone()]
}

fn state(stage: &Stage, award: RecordId) -> DisputeState {
    stage.world.view().get::<Dispute>(&award).unwrap().state
}

#[test]
fn a_dispute_freezes_exactly_the_points_of_its_award_and_releases_exactly_those() {
    let (mut stage, bench, resident, award) = awarded();
    stage.earn(&resident, 3);
    stage.world.advance(3 * DAY_MS);
    let reward = stage.offer();
    stage.redeem(&resident, reward);
    let neighbour = stage.resident("neighbour");
    assert_eq!(stage.points(&resident), (90, 0, 20));
    stage.world.apply(CONTRACT, &[&neighbour.actor()], &dispute(award));
    assert_eq!(stage.points(&resident), (30, 60, 20), "what is behind a voucher stays there");
    assert_eq!(stage.world.view().get::<Dispute>(&award).unwrap().frozen.0, 60);
    stage.world.check();
    stage.world.advance(3 * DAY_MS);
    assert_eq!(stage.points(&resident), (30, 60, 20));
    let [one, two] = deciders(&stage, &bench);
    stage.world.apply(CONTRACT, &[&one, &two], &decide(award, Decision::Upheld));
    assert_eq!(stage.points(&resident), (90, 0, 20));
    stage.world.check();
}

#[test]
fn a_dispute_within_the_hold_keeps_the_points_held_beyond_it() {
    let mut stage = Stage::new();
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let award = stage.earn(&resident, 4);
    stage.world.apply(CONTRACT, &[&stage.witness.clone()], &dispute(award));
    assert_eq!(stage.points(&resident), (0, 40, 0));
    stage.world.check();
    let [one, two] = deciders(&stage, &bench);
    let now = stage.world.now;
    stage.world.apply(CONTRACT, &[&one, &two], &decide(award, Decision::Upheld));
    assert_eq!(stage.points(&resident), (0, 40, 0), "the hold goes on");
    stage.world.check();
    assert!(now < stage.world.view().get::<Award>(&award).unwrap().available_at);
    stage.world.advance(4 * DAY_MS);
    assert_eq!(stage.points(&resident), (40, 0, 0));
    stage.world.sweep();
    stage.world.check();
}

#[test]
fn a_decision_may_correct_the_award_at_once() {
    let (mut stage, bench, resident, award) = awarded();
    stage.world.apply(CONTRACT, &[&resident.actor()], &dispute(award));
    let [one, two] = deciders(&stage, &bench);
    let too_much = corrected(482, ErrorBy::Organiser);
    stage.deny(&[&one, &two], &decide(award, too_much), Code::MinutesExceed);
    let nothing = corrected(480, ErrorBy::Organiser);
    stage.deny(&[&one, &two], &decide(award, nothing), Code::AmountZero);
    let right = corrected(240, ErrorBy::Volunteer);
    stage.world.apply(CONTRACT, &[&one, &two], &decide(award, right));
    assert_eq!(stage.points(&resident), (40, 0, 0));
    assert_eq!((stage.minutes(&resident), stage.owed(&resident)), (240, 0));
    stage.deny(&[&one, &two], &decide(award, right), Code::AlreadyResolved);
    let again = correct(award, 1, replacement(60, ErrorBy::Organiser));
    stage.deny(&[&one, &two], &again, Code::AlreadyResolved);
    stage.world.check();
}

#[test]
fn who_may_dispute_and_until_when() {
    let (mut stage, bench, resident, award) = awarded();
    let neighbour = stage.resident("neighbour");
    let unknown = dispute(stage.rule);
    stage.deny(&[&neighbour.actor()], &unknown, Code::NotFound);
    let elsewhere = stage.world.resident_at(&stage.registrar.clone(), "elsewhere", "5101/04/002");
    stage.deny(&[&elsewhere.actor()], &dispute(award), Code::Role);
    let partner = stage.partner.clone();
    stage.deny(&[&partner], &dispute(award), Code::Role);
    let own_key = stage.world.organisation_actor(PARTNER);
    stage.deny(&[&own_key], &dispute(award), Code::Role);
    let last = stage.world.view().get::<Award>(&award).unwrap().awarded_at.plus(30 * DAY_MS);
    stage.world.at(last.minus(DAY_MS));
    let before = stage.world.state.clone();
    stage.world.at(last);
    stage.world.apply(CONTRACT, &[&neighbour.actor()], &dispute(award));
    stage.world.state = before;
    stage.world.now = last.minus(DAY_MS);
    stage.world.apply(CONTRACT, &[&neighbour.actor()], &dispute(award));
    stage.deny(&[&resident.actor()], &dispute(award), Code::Exists);
    let [maker, ..] = stage.operators.clone();
    let approver = bench.approver;
    let blocked = correct(award, 0, replacement(60, ErrorBy::Organiser));
    stage.deny(&[&maker, &approver], &blocked, Code::State);
    stage.world.apply(CONTRACT, &[&maker, &approver], &decide(award, Decision::Upheld));
    stage.world.at(last.plus(1));
    stage.deny(&[&resident.actor()], &dispute(award), Code::Deadline);
    stage.world.check();
}

#[test]
fn an_award_is_disputed_once() {
    let (mut stage, bench, resident, award) = awarded();
    stage.world.apply(CONTRACT, &[&stage.organiser.clone()], &dispute(award));
    let [one, two] = deciders(&stage, &bench);
    stage.world.apply(CONTRACT, &[&one, &two], &decide(award, Decision::Upheld));
    stage.deny(&[&resident.actor()], &dispute(award), Code::AlreadyResolved);
}

#[test]
fn nobody_with_a_part_in_it_decides() {
    let (mut stage, bench, resident, award) = awarded();
    let [one, two] = deciders(&stage, &bench);
    stage.deny(&[&one, &two], &decide(award, Decision::Upheld), Code::NotFound);
    stage.world.apply(CONTRACT, &[&stage.operators[1].clone()], &dispute(award));
    let call = decide(award, Decision::Upheld);
    stage.deny(&[&one], &call, Code::Cosign);
    stage.deny(&[&one, &stage.partner.clone()], &call, Code::Role);
    let same = stage.second_key(&one, &one);
    stage.deny(&[&one, &same], &call, Code::DuplicateApprover);
    stage.deny(&[&one, &stage.operators[1].clone()], &call, Code::AppealNotIndependent);
    // The witness and the organiser get an office in which they could decide.
    for (actor, at) in [(stage.witness.clone(), COMMITTEE), (stage.organiser.clone(), OFFICE)] {
        let judge = stage.world.grant(&actor, at, Role::PointsOperator, 0, None);
        stage.deny(&[&one, &judge], &call, Code::AppealNotIndependent);
    }
    let nullifier = Some(resident.nullifier);
    let own = stage.world.grant(&two, OFFICE, Role::Approver, 1, nullifier);
    stage.deny(&[&one, &own], &call, Code::AppealNotIndependent);
    stage.world.check();
}

#[test]
fn a_disputant_who_is_a_resident_does_not_decide_in_office() {
    let (mut stage, bench, _, award) = awarded();
    let neighbour = stage.resident("neighbour");
    stage.world.apply(CONTRACT, &[&neighbour.actor()], &dispute(award));
    let [one, two] = deciders(&stage, &bench);
    let own = stage.world.grant(&two, OFFICE, Role::Approver, 1, Some(neighbour.nullifier));
    let call = decide(award, Decision::Upheld);
    stage.deny(&[&one, &own], &call, Code::AppealNotIndependent);
}

#[test]
fn who_corrected_an_award_does_not_decide_about_it() {
    let (mut stage, bench, resident, award) = awarded();
    let [one, two] = deciders(&stage, &bench);
    let call = correct(award, 0, replacement(60, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &[&one, &two], &call);
    stage.world.apply(CONTRACT, &[&resident.actor()], &dispute(award));
    let call = decide(award, corrected(480, ErrorBy::Organiser));
    let [r, s, _] = &bench.regulators;
    stage.deny(&[&one, r], &call, Code::AppealNotIndependent);
    stage.deny(&[r, &two], &call, Code::AppealNotIndependent);
    stage.world.apply(CONTRACT, &[r, s], &call);
    assert_eq!(stage.points(&resident), (80, 0, 0));
    stage.world.check();
}

#[test]
fn a_dispute_that_nobody_decides_goes_to_the_regulator_swept_or_not() {
    let (mut stage, bench, resident, award) = awarded();
    stage.world.apply(CONTRACT, &[&resident.actor()], &dispute(award));
    let DisputeState::Open { decide_by } = state(&stage, award) else { panic!("it is open") };
    assert_eq!(decide_by, Day::from_civil(2026, 3, 27).unwrap().start(), "15 working days");
    let [one, two] = deciders(&stage, &bench);
    stage.world.at(decide_by.minus(1));
    let call = decide(award, Decision::Upheld);
    let before = stage.world.state.clone();
    stage.world.apply(CONTRACT, &[&one, &two], &call);
    stage.world.state = before;
    stage.world.at(decide_by);
    stage.deny(&[&one, &two], &call, Code::Role);
    assert_eq!(state(&stage, award), DisputeState::Escalated);
    stage.world.check();
    let [r, s, _] = &bench.regulators;
    stage.deny(&[r, &two], &call, Code::Role);
    stage.world.apply(CONTRACT, &[r, s], &call);
    assert_eq!(stage.points(&resident), (80, 0, 0));
    stage.world.check();
}

#[test]
fn a_decision_is_appealed_once_and_other_regulators_end_it() {
    let (mut stage, bench, resident, award) = awarded();
    let neighbour = stage.resident("neighbour");
    stage.deny(&[&resident.actor()], &appeal(award), Code::NotFound);
    stage.world.apply(CONTRACT, &[&neighbour.actor()], &dispute(award));
    stage.deny(&[&resident.actor()], &appeal(award), Code::State);
    let [a, b, c] = &bench.regulators;
    let final_call = appeal_decide(award, corrected(480, ErrorBy::Organiser));
    stage.deny(&[a, b], &final_call, Code::State);
    let one = stage.operators[0].clone();
    let decision = decide(award, corrected(120, ErrorBy::Volunteer));
    stage.world.apply(CONTRACT, &[&one, a], &decision);
    assert_eq!(stage.points(&resident), (20, 0, 0));
    let stranger = stage.resident("stranger");
    stage.deny(&[&stranger.actor()], &appeal(award), Code::Role);
    stage.deny(&[&stage.organiser.clone()], &appeal(award), Code::Role);
    stage.deny(&[a, b], &final_call, Code::State);
    stage.world.apply(CONTRACT, &[&resident.actor()], &appeal(award));
    assert_eq!(stage.points(&resident), (0, 20, 0), "frozen again");
    stage.world.check();
    stage.deny(&[&neighbour.actor()], &appeal(award), Code::AlreadyResolved);
    stage.deny(&[&one, b], &decision, Code::State);
    stage.deny(&[b], &final_call, Code::Cosign);
    stage.deny(&[b, &bench.approver], &final_call, Code::Role);
    stage.deny(&[a, b], &final_call, Code::AppealNotIndependent);
    stage.world.apply(CONTRACT, &[b, c], &final_call);
    assert_eq!(stage.points(&resident), (80, 0, 0));
    assert_eq!(stage.minutes(&resident), 480);
    stage.deny(&[b, c], &final_call, Code::AlreadyResolved);
    stage.deny(&[&resident.actor()], &appeal(award), Code::AlreadyResolved);
    stage.world.check();
}

#[test]
fn an_appeal_comes_in_time() {
    let (mut stage, bench, resident, award) = awarded();
    stage.world.apply(CONTRACT, &[&resident.actor()], &dispute(award));
    let [one, two] = deciders(&stage, &bench);
    stage.world.apply(CONTRACT, &[&one, &two], &decide(award, Decision::Upheld));
    let DisputeState::Decided { appeal_until, .. } = state(&stage, award) else {
        panic!("it is decided")
    };
    stage.world.at(appeal_until.minus(1));
    let before = stage.world.state.clone();
    stage.world.apply(CONTRACT, &[&resident.actor()], &appeal(award));
    stage.world.state = before;
    stage.world.at(appeal_until);
    stage.deny(&[&resident.actor()], &appeal(award), Code::Deadline);
    stage.world.check();
}

#[test]
fn points_that_expire_while_they_are_frozen_get_their_grace_from_the_decision_on() {
    let years = registry::roles::Parameter::ExpiryYears.number();
    let mut stage = Stage::with_parameters(vec![(years, 1)]);
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let award = stage.earn(&resident, 8);
    stage.world.advance(3 * DAY_MS);
    let reward = stage.offer();
    stage.redeem(&resident, reward);
    stage.world.apply(CONTRACT, &[&resident.actor()], &dispute(award));
    let expires = stage.world.view().get::<Award>(&award).unwrap().expires_at;
    stage.world.at(expires.plus(DAY_MS));
    stage.world.sweep();
    assert_eq!(stage.points(&resident), (0, 60, 0), "the voucher's grace has passed, this waits");
    stage.world.check();
    stage.world.at(expires.plus(AWARD_KEPT_MS));
    stage.world.sweep();
    stage.world.check();
    let [a, b, _] =
        bench.regulators.map(|who| stage.world.grant(&who, REGULATOR, Role::Regulator, 0, None));
    stage.world.apply(CONTRACT, &[&a, &b], &decide(award, Decision::Upheld));
    assert_eq!(stage.points(&resident), (60, 0, 0));
    let ends = stage.world.now.plus(30 * DAY_MS);
    assert_eq!(points(&stage.world, &resident, ends.minus(1)), (60, 0, 0));
    assert_eq!(points(&stage.world, &resident, ends), (0, 0, 0));
    stage.world.check();
    stage.world.at(ends);
    stage.world.sweep();
    assert_eq!(stage.totals().outstanding, 0);
    stage.world.check();
    stage.world.advance(2 * AWARD_KEPT_MS);
    stage.world.sweep();
    stage.world.sweep();
    assert!(stage.world.view().get::<Dispute>(&award).is_none());
    assert!(stage.world.view().get::<Award>(&award).is_none());
    stage.world.check();
}
