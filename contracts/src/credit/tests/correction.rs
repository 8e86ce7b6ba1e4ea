//! This exists to state the rules about corrections of awards, and what is owed after them, as facts.

use super::*;
use crate::registry::roles::Parameter;
use linli_ledger::types::{DAY_MS, Day};

/// A resident with an award of 8 hours, 80 points, that may be spent, and who corrects it.
fn awarded() -> (Stage, Bench, Resident, RecordId) {
    let mut stage = Stage::new();
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let award = stage.earn(&resident, 8);
    stage.world.advance(3 * DAY_MS);
    (stage, bench, resident, award)
}

/// Spends `count` times 20 points for good.
fn spend(stage: &mut Stage, resident: &Resident, count: usize) {
    let partner = stage.partner.clone();
    for _ in 0..count {
        let reward = stage.offer();
        let voucher = stage.redeem(resident, reward);
        let secret = stage.secret_of(voucher);
        stage.world.apply(CONTRACT, &[&partner], &Call::RedeemFulfil { voucher, secret });
    }
}

fn by(stage: &Stage, bench: &Bench) -> [Actor; 2] {
    [stage.operators[0].clone(), bench.approver.clone()]
}

fn charged(stage: &Stage) -> u64 {
    let organisation = stage.world.organisation(crate::testing::VOLUNTEERS);
    let charge = stage.world.view().get::<OrganiserCharge>(&(organisation, stage.programme));
    charge.unwrap_or_default().points.0
}

#[test]
fn a_correction_reverses_and_replaces_minutes_and_points_and_never_edits_the_award() {
    let (mut stage, bench, resident, award) = awarded();
    let before = stage.world.view().get::<Award>(&award).unwrap();
    let [maker, approver] = by(&stage, &bench);
    let call = correct(award, 0, replacement(300, ErrorBy::Organiser));
    let receipt = stage.world.submit(CONTRACT, &[&maker, &approver], &call);
    assert_eq!(receipt.rejection(), None);
    let amounts: Vec<_> = receipt.movements.iter().map(|m| m.quantity.amount()).collect();
    assert_eq!(amounts, [480, 300, 80, 50], "minutes out and in, points out and in");
    assert_eq!(stage.points(&resident), (50, 0, 0));
    assert_eq!((stage.minutes(&resident), stage.owed(&resident)), (300, 0));
    let totals = stage.totals();
    assert_eq!((totals.minted, totals.outstanding, totals.minutes), (130, 50, 300));
    let view = stage.world.view();
    assert_eq!(view.get::<Award>(&award).unwrap(), before);
    let standing = standing(&view, award, &before);
    assert_eq!((standing.minutes, standing.points.0, standing.corrections), (300, 50, 1));
    stage.world.check();
}

#[test]
fn a_correction_upwards_gives_what_was_missing_up_to_the_session() {
    let mut stage = Stage::new();
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let terms = stage.terms(2);
    let (activity, ids) = stage.attend(&[&resident], &terms);
    let line = stage.line(ids[0], 10);
    stage.attest(activity, &[line]);
    assert_eq!(stage.points(&resident), (0, 0, 0), "below the least minutes");
    let [maker, approver] = by(&stage, &bench);
    let signers = [&maker, &approver];
    let more = correct(ids[0], 0, replacement(121, ErrorBy::Organiser));
    stage.deny(&signers, &more, Code::MinutesExceed);
    let units = Replacement { minutes: 60, units: 1, error_by: ErrorBy::Organiser };
    stage.deny(&signers, &correct(ids[0], 0, units), Code::LineMismatch);
    let right = correct(ids[0], 0, replacement(120, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &signers, &right);
    assert_eq!(stage.points(&resident), (0, 20, 0), "its hold is not over");
    stage.world.check();
    stage.world.advance(3 * DAY_MS);
    stage.world.sweep();
    assert_eq!(stage.points(&resident), (20, 0, 0));
    stage.world.check();
    let expires = stage.world.view().get::<Award>(&ids[0]).unwrap().expires_at;
    stage.world.at(expires.plus(DAY_MS));
    stage.world.sweep();
    assert_eq!(stage.points(&resident), (0, 0, 0));
    assert_eq!(stage.totals().outstanding, 0);
    stage.world.check();
    stage.world.at(expires.plus(AWARD_KEPT_MS));
    stage.world.sweep();
    assert!(stage.world.view().get::<Award>(&ids[0]).is_none());
    assert!(stage.world.view().get::<Correction>(&(ids[0], 1)).is_none());
    assert_eq!(stage.minutes(&resident), 120);
    stage.world.check();
}

#[test]
fn who_corrects_what_and_when_is_checked_in_order() {
    let (mut stage, bench, resident, award) = awarded();
    let [maker, approver] = by(&stage, &bench);
    let right = correct(award, 0, replacement(300, ErrorBy::Organiser));
    let unknown = correct(stage.rule, 0, replacement(300, ErrorBy::Organiser));
    stage.deny(&[&maker], &unknown, Code::NotFound);
    stage.deny(&[&maker], &right, Code::Cosign);
    stage.deny(&[&approver, &maker], &right, Code::Role);
    stage.deny(&[&resident.actor(), &approver], &right, Code::Role);
    stage.deny(&[&maker, &stage.operators[1].clone()], &right, Code::Role);
    let both = stage.world.grant(&maker, OFFICE, Role::Approver, 1, None);
    let both = stage.second_key(&maker, &both);
    stage.deny(&[&maker, &both], &right, Code::SelfApproval);
    let stale = correct(award, 1, replacement(300, ErrorBy::Organiser));
    stage.deny(&[&maker, &approver], &stale, Code::ApprovalStale);
    let same = correct(award, 0, replacement(480, ErrorBy::Organiser));
    stage.deny(&[&maker, &approver], &same, Code::AmountZero);
    stage.world.apply(CONTRACT, &[&maker, &approver], &right);
    stage.deny(&[&maker, &approver], &right, Code::ApprovalStale);
    let nullifier = Some(resident.nullifier);
    let own = stage.world.grant(&approver, OFFICE, Role::Approver, 1, nullifier);
    let next = correct(award, 1, replacement(60, ErrorBy::Organiser));
    stage.deny(&[&maker, &own], &next, Code::SelfAttest);
    stage.world.check();
    let participation = stage.world.view().get::<Participation>(&award).unwrap();
    stage.world.at(participation.end.plus(programme::RECORD_KEPT_MS));
    stage.deny(&[&maker, &approver], &next, Code::NotFound);
}

#[test]
fn an_award_is_corrected_sixteen_times_at_most() {
    let (mut stage, bench, _, award) = awarded();
    let [maker, approver] = by(&stage, &bench);
    for n in 0..16 {
        let call = correct(award, n, replacement(60 + n, ErrorBy::Organiser));
        stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    }
    stage.world.check();
    let call = correct(award, 16, replacement(60, ErrorBy::Organiser));
    stage.deny(&[&maker, &approver], &call, Code::PersonLimit);
}

#[test]
fn a_day_holds_no_more_minutes_after_a_correction() {
    let parameter = Parameter::MinutesPerDay.number();
    let mut stage = Stage::with_parameters(vec![(parameter, 200)]);
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let first = stage.earn(&resident, 1);
    stage.earn(&resident, 2);
    let [maker, approver] = by(&stage, &bench);
    let call = correct(first, 0, replacement(61, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    let third = stage.earn(&resident, 0);
    let call = correct(third, 0, replacement(1, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    stage.world.check();
}

#[test]
fn what_the_volunteer_spent_is_owed_and_kept_back_from_later_awards_only() {
    let (mut stage, bench, resident, award) = awarded();
    spend(&mut stage, &resident, 3);
    let [maker, approver] = by(&stage, &bench);
    let call = correct(award, 0, replacement(120, ErrorBy::Volunteer));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    assert_eq!(stage.points(&resident), (0, 0, 0), "never below zero");
    assert_eq!((stage.owed(&resident), charged(&stage)), (40, 0));
    stage.world.check();
    let second = stage.earn(&resident, 5);
    assert_eq!(stage.points(&resident), (0, 25, 0), "half of 50 is kept back");
    assert_eq!(stage.world.view().get::<Award>(&second).unwrap().netted.0, 25);
    assert_eq!(stage.owed(&resident), 15);
    stage.world.check();
    stage.world.advance(DAY_MS);
    stage.earn(&resident, 8);
    assert_eq!((stage.points(&resident), stage.owed(&resident)), ((0, 90, 0), 0));
    assert_eq!(stage.minutes(&resident), 120 + 300 + 480, "hours are never kept back");
    stage.world.check();
}

#[test]
fn what_is_owed_lapses_after_a_year_swept_or_not() {
    let (mut stage, bench, resident, award) = awarded();
    spend(&mut stage, &resident, 3);
    let [maker, approver] = by(&stage, &bench);
    let call = correct(award, 0, replacement(0, ErrorBy::Volunteer));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    let lapses = stage.world.now.plus(365 * DAY_MS);
    let view = stage.world.view();
    let owed = |at| balance(&view, resident.enrolment, at).owed.0;
    assert_eq!((owed(stage.world.now), owed(lapses.minus(1)), owed(lapses)), (60, 60, 0));
    stage.world.at(lapses);
    stage.renew();
    stage.earn(&resident, 4);
    assert_eq!(stage.points(&resident), (0, 40, 0));
    stage.world.check();
}

#[test]
fn the_organisers_error_costs_the_volunteer_nothing() {
    let (mut stage, bench, resident, award) = awarded();
    spend(&mut stage, &resident, 3);
    let [maker, approver] = by(&stage, &bench);
    let call = correct(award, 0, replacement(60, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    assert_eq!((stage.points(&resident), stage.owed(&resident)), ((0, 0, 0), 0));
    assert_eq!(charged(&stage), 50);
    stage.world.check();
    stage.earn(&resident, 4);
    assert_eq!(stage.points(&resident), (0, 40, 0));
    let call = correct(award, 1, replacement(360, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    assert_eq!(charged(&stage), 0, "it was right after all");
    assert_eq!(stage.points(&resident), (0, 40, 0));
    stage.world.check();
}

#[test]
fn what_was_kept_back_comes_back_when_it_was_owed_by_mistake() {
    let (mut stage, bench, resident, award) = awarded();
    spend(&mut stage, &resident, 3);
    let [maker, approver] = by(&stage, &bench);
    let call = correct(award, 0, replacement(60, ErrorBy::Volunteer));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    stage.earn(&resident, 6);
    assert_eq!((stage.points(&resident), stage.owed(&resident)), ((0, 30, 0), 20));
    // 60 spent, 40 right: 20 too much, of which the volunteer has made good 30.
    let call = correct(award, 1, replacement(240, ErrorBy::Volunteer));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    assert_eq!((stage.points(&resident), stage.owed(&resident)), ((10, 30, 0), 0));
    stage.world.check();
    let call = correct(award, 2, replacement(60, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &[&maker, &approver], &call);
    assert_eq!((stage.points(&resident), stage.owed(&resident)), ((20, 30, 0), 0));
    stage.world.check();
}

#[test]
fn after_its_points_have_expired_only_hours_are_corrected() {
    let years = Parameter::ExpiryYears.number();
    let mut stage = Stage::with_parameters(vec![(years, 1)]);
    let bench = stage.bench();
    let resident = stage.resident("resident");
    stage.world.at(Day::from_civil(2026, 12, 30).unwrap().start());
    let award = stage.earn(&resident, 8);
    stage.world.at(Day::from_civil(2028, 1, 3).unwrap().start());
    let again =
        stage.world.grant(&stage.operators[0].clone(), OFFICE, Role::PointsOperator, 0, None);
    let approver = stage.world.grant(&bench.approver, OFFICE, Role::Approver, 1, None);
    let call = correct(award, 0, replacement(60, ErrorBy::Volunteer));
    stage.world.apply(CONTRACT, &[&again, &approver], &call);
    assert_eq!((stage.points(&resident), stage.owed(&resident)), ((0, 0, 0), 0));
    assert_eq!(stage.minutes(&resident), 60);
    let call = correct(award, 1, replacement(480, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &[&again, &approver], &call);
    assert_eq!(stage.points(&resident), (0, 0, 0), "nothing comes to life again");
    stage.world.check();
}
