//! This exists to state the rules about entries that come late as facts.

use super::*;
use crate::testing::VOLUNTEERS;
use linli_ledger::types::{DAY_MS, HOUR_MS};

fn late(activity: RecordId, line: LateLine) -> Call {
    Call::LateEntry { activity, lines: vec![line] }
}

/// A session of two hours that nobody saw: the volunteer signed up, and that was all.
fn missed() -> (Stage, Bench, Resident, RecordId, LateLine) {
    let mut stage = Stage::new();
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let participation = stage.sign_up(&resident, activity);
    let (check_in, check_out) = (terms.start, terms.end);
    let evidence = document("paper list");
    let line = LateLine { participation, check_in, check_out, minutes: 120, units: 0, evidence };
    (stage, bench, resident, activity, line)
}

fn three(stage: &Stage, bench: &Bench) -> [Actor; 3] {
    [stage.organiser.clone(), stage.witness.clone(), bench.regulators[0].clone()]
}

#[test]
fn three_confirm_what_no_device_saw_and_the_award_says_so() {
    let (mut stage, bench, resident, activity, line) = missed();
    let [organiser, witness, regulator] = three(&stage, &bench);
    let signers = [&organiser, &witness, &regulator];
    stage.world.at(line.check_out.plus(48 * HOUR_MS));
    stage.deny(&signers, &late(activity, line), Code::TimeWindow);
    stage.world.advance(1);
    stage.world.apply(CONTRACT, &signers, &late(activity, line));
    let award = stage.world.view().get::<Award>(&line.participation).unwrap();
    assert!(award.late);
    assert_eq!(award.confirmed_by, signers.map(|actor| actor.person));
    assert_eq!(stage.points(&resident), (0, 20, 0));
    assert_eq!(stage.minutes(&resident), 120);
    stage.world.check();
    stage.deny(&signers, &late(activity, line), Code::State);
    stage.world.advance(3 * DAY_MS);
    assert_eq!(stage.points(&resident), (20, 0, 0));
}

#[test]
fn a_missing_check_out_counts_nothing_until_three_have_confirmed_it() {
    let (mut stage, bench, resident, activity, mut line) = missed();
    let [organiser, witness, regulator] = three(&stage, &bench);
    let signers = [&organiser, &witness, &regulator];
    stage.world.at(line.check_in.plus(1_000));
    stage.check_in(&resident, activity, line.participation);
    stage.world.at(line.check_out.plus(3 * DAY_MS));
    stage.deny(&signers, &late(activity, line), Code::LineMismatch);
    let seen = stage.world.view().get::<Participation>(&line.participation).unwrap();
    let ParticipationState::CheckedIn { check_in } = seen.state else { panic!("checked in") };
    line.check_in = check_in;
    stage.deny(&signers, &late(activity, line), Code::MinutesExceed);
    line.minutes = 119;
    stage.world.apply(CONTRACT, &signers, &late(activity, line));
    assert_eq!(stage.minutes(&resident), 119);
    stage.world.check();
}

#[test]
fn what_the_organiser_attests_too_late_needs_the_regulator() {
    let mut stage = Stage::new();
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let terms = stage.terms(2);
    let (activity, ids) = stage.attend(&[&resident], &terms);
    let AttestedLine { check_in, check_out, .. } = stage.line(ids[0], 110);
    let evidence = document("paper list");
    let participation = ids[0];
    let line = LateLine { participation, check_in, check_out, minutes: 110, units: 0, evidence };
    let [organiser, witness, regulator] = three(&stage, &bench);
    let signers = [&organiser, &witness, &regulator];
    stage.world.advance(5 * DAY_MS);
    stage.deny(&signers, &late(activity, line), Code::TimeWindow);
    stage.world.advance(20 * DAY_MS);
    let attest = Call::AttestFirst { activity, lines: vec![stage.line(participation, 110)] };
    stage.deny(&[&organiser], &attest, Code::Deadline);
    let other = LateLine { check_out: check_out.minus(1), ..line };
    stage.deny(&signers, &late(activity, other), Code::LineMismatch);
    stage.world.apply(CONTRACT, &signers, &late(activity, line));
    assert_eq!(stage.minutes(&resident), 110);
    stage.world.check();
}

type Edit = fn(&mut LateLine);

#[test]
fn late_entries_are_checked_in_order() {
    let (mut stage, bench, resident, activity, line) = missed();
    let [organiser, witness, regulator] = three(&stage, &bench);
    let signers = [&organiser, &witness, &regulator];
    let none = Call::LateEntry { activity, lines: Vec::new() };
    stage.deny(&signers, &none, Code::AmountZero);
    let many = Call::LateEntry { activity, lines: vec![line; 257] };
    stage.deny(&signers, &many, Code::TooManyLines);
    stage.world.at(line.check_out.plus(3 * DAY_MS));
    let call = late(activity, line);
    stage.deny(&signers, &late(stage.rule, line), Code::NotFound);
    stage.deny(&[&organiser, &witness], &call, Code::Cosign);
    stage.deny(&[&witness, &organiser, &regulator], &call, Code::Role);
    stage.deny(&[&organiser, &regulator, &witness], &call, Code::Role);
    stage.deny(&[&resident.actor(), &witness, &regulator], &call, Code::Role);
    let inside = stage.world.officer("inside", VOLUNTEERS, Role::Witness);
    stage.deny(&[&organiser, &inside, &regulator], &call, Code::AttestNotIndependent);
    let both = stage.world.grant(&witness, REGULATOR, Role::Regulator, 0, None);
    let both = stage.second_key(&witness, &both);
    stage.deny(&[&organiser, &witness, &both], &call, Code::SelfApproval);
    let edits: [(Edit, Code); 6] = [
        (|l| l.participation = RecordId([9; 32]), Code::NotFound),
        (|l| l.units = 1, Code::LineMismatch),
        (|l| l.check_out = l.check_in, Code::TimeOrder),
        (|l| l.check_in = l.check_in.minus(30 * 60_000 + 1), Code::TimeWindow),
        (|l| l.check_out = l.check_out.plus(24 * HOUR_MS + 1), Code::TimeWindow),
        (|l| l.minutes = 121, Code::MinutesExceed),
    ];
    for (edit, code) in edits {
        let mut line = line;
        edit(&mut line);
        stage.deny(&signers, &late(activity, line), code);
    }
    let terms = stage.terms(1);
    let other = stage.publish(&terms);
    stage.deny(&signers, &late(other, line), Code::LineMismatch);
    let own = stage.world.grant(
        &witness,
        crate::testing::COMMITTEE,
        Role::Witness,
        0,
        Some(resident.nullifier),
    );
    stage.deny(&[&organiser, &own, &regulator], &call, Code::SelfAttest);
    stage.world.check();
}

#[test]
fn nobody_is_entered_who_cancelled_or_whose_activity_was_called_off() {
    let (mut stage, bench, resident, activity, line) = missed();
    let [organiser, witness, regulator] = three(&stage, &bench);
    let signers = [&organiser, &witness, &regulator];
    let participation = line.participation;
    stage.world.apply(CONTRACT, &[&resident.actor()], &Call::SignUpCancel { participation });
    stage.world.at(line.check_out.plus(3 * DAY_MS));
    stage.deny(&signers, &late(activity, line), Code::State);
    stage.world.check();
}
