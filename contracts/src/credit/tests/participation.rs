//! This exists to state the rules from signing up to the award as facts.

use super::*;
use crate::people::{self, AgeClass};
use crate::programme::tests::{activity_terms, rule_terms, set};
use crate::programme::{ActivityKind, Basis, RuleTerms};
use crate::registry::Role;
use crate::testing::{COMMITTEE, DONOR, VOLUNTEERS, document, key};
use linli_ledger::amount::Minutes;
use linli_ledger::code::Detail;
use linli_ledger::types::{DAY_MS, Day, HOUR_MS, MINUTE_MS};

#[test]
fn an_attendance_gives_minutes_and_points_that_are_held_and_then_available() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let id = stage.earn(&resident, 3);
    let award = stage.world.view().get::<Award>(&id).unwrap();
    assert_eq!((award.minutes, award.points), (180, Points(30)));
    assert_eq!(award.expires_at, Day::from_civil(2029, 1, 1).unwrap().start());
    assert_eq!(stage.points(&resident), (0, 30, 0));
    assert_eq!(stage.totals(), ProgrammeTotals { minted: 30, outstanding: 30, minutes: 180 });
    let before = award.available_at.minus(1);
    assert_eq!(points(&stage.world, &resident, before), (0, 30, 0));
    assert_eq!(points(&stage.world, &resident, award.available_at), (30, 0, 0));
    stage.world.at(award.available_at);
    stage.world.sweep();
    assert_eq!(stage.points(&resident), (30, 0, 0));
    let whole = balance(&stage.world.view(), resident.enrolment, stage.world.now);
    assert_eq!((whole.service, whole.training), (Minutes(180), Minutes(0)));
    stage.world.check();
}

#[test]
fn training_is_another_class_of_minutes() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let terms = ActivityTerms { kind: ActivityKind::Training, ..stage.terms(2) };
    let (activity, ids) = stage.attend(&[&resident], &terms);
    let line = stage.line(ids[0], 110);
    stage.attest(activity, &[line]);
    let whole = balance(&stage.world.view(), resident.enrolment, stage.world.now);
    assert_eq!((whole.service, whole.training), (Minutes(0), Minutes(110)));
    assert_eq!(stage.totals().minutes, 0);
    stage.world.check();
}

#[test]
fn an_award_without_points_still_records_minutes() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let (activity, ids) = stage.attend(&[&resident], &stage.terms(2));
    let line = stage.line(ids[0], 14);
    stage.attest(activity, &[line]);
    let whole = balance(&stage.world.view(), resident.enrolment, stage.world.now);
    assert_eq!((whole.service, whole.held), (Minutes(14), Points(0)));
    stage.world.check();
}

#[test]
fn caps_are_shared_by_the_awards_of_one_day_of_service() {
    let caps = RuleTerms { day_cap: Points(25), ..rule_terms(BlockTime(0)) };
    let mut stage = Stage::new();
    let (one, two) = (stage.resident("one"), stage.resident("two"));
    let operators = stage.operators.clone();
    let from = stage.world.now.plus(60_000);
    let valid_to = from.plus(DAY_MS);
    let rule = set(stage.programme, None, RuleTerms { valid_from: from, valid_to, ..caps });
    let signers = [&operators[0], &operators[1]];
    let rule = RecordId(stage.world.apply(programme::CONTRACT, &signers, &rule));
    stage.world.at(from);
    let start = from.plus(HOUR_MS + MINUTE_MS);
    let first = activity_terms(rule, start, start.plus(125 * MINUTE_MS));
    let (morning, ids) = stage.attend(&[&one, &two], &first);
    let lines = [stage.line(ids[0], 120), stage.line(ids[1], 60)];
    let start = stage.world.now.plus(HOUR_MS + MINUTE_MS);
    let second = activity_terms(rule, start, start.plus(65 * MINUTE_MS));
    let (noon, more) = stage.attend(&[&one, &two], &second);
    stage.attest(morning, &lines);
    let lines = [stage.line(more[0], 60), stage.line(more[1], 60)];
    stage.attest(noon, &lines);
    assert_eq!(stage.points(&one), (0, 25, 0), "20 and 5 of 10");
    assert_eq!(stage.points(&two), (0, 20, 0));
    stage.world.check();
}

#[test]
fn sign_up_is_refused_when_full_overlapping_or_not_open() {
    let mut stage = Stage::new();
    let (one, two) = (stage.resident("one"), stage.resident("two"));
    let terms = ActivityTerms { capacity: 1, ..stage.terms(2) };
    let draft = stage.propose(&terms);
    let full = stage.publish(&terms);
    let sign_up = |activity| Call::SignUp { activity };
    stage.deny(&[&one.actor()], &sign_up(draft), Code::State);
    stage.deny(&[&one.actor()], &sign_up(stage.rule), Code::NotFound);
    stage.deny(&[&stage.organiser.clone()], &sign_up(full), Code::Role);
    let mine = stage.sign_up(&one, full);
    stage.deny(&[&two.actor()], &sign_up(full), Code::Full);
    let last_minute =
        ActivityTerms { start: terms.end.minus(1), end: terms.end.plus(HOUR_MS), ..terms.clone() };
    let overlapping = stage.publish(&last_minute);
    stage.deny(&[&one.actor()], &sign_up(overlapping), Code::Overlap);
    let after = ActivityTerms { start: terms.end, end: terms.end.plus(HOUR_MS), ..terms.clone() };
    let after = stage.publish(&after);
    stage.sign_up(&one, after);
    stage.world.apply(CONTRACT, &[&one.actor()], &Call::SignUpCancel { participation: mine });
    stage.sign_up(&two, full);
    stage.world.check();
    stage.world.at(terms.start);
    stage.deny(&[&one.actor()], &sign_up(full), Code::TimeWindow);
    stage.world.check();
}

#[test]
fn an_activity_that_was_called_off_blocks_nobody() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let terms = stage.terms(2);
    let (off, on) = (stage.publish(&terms), stage.publish(&terms));
    let id = stage.sign_up(&resident, off);
    let cancel = programme::Call::ActivityCancel { activity: off };
    stage.world.apply(programme::CONTRACT, &[&stage.organiser.clone()], &cancel);
    stage.deny(&[&resident.actor()], &Call::SignUp { activity: off }, Code::State);
    stage.world.check();
    stage.sign_up(&resident, on);
    let state = stage.world.view().get::<Participation>(&id).unwrap().state;
    assert_eq!(state, ParticipationState::Cancelled);
    stage.world.check();
}

#[test]
fn a_resident_takes_part_in_the_own_community() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let terms = ActivityTerms { place: "5101/04/001/004".into(), ..stage.terms(2) };
    let elsewhere = stage.publish(&terms);
    stage.deny(&[&resident.actor()], &Call::SignUp { activity: elsewhere }, Code::Scope);
    let terms = ActivityTerms { place: "5101/04".into(), ..stage.terms(2) };
    let around = stage.publish(&terms);
    stage.sign_up(&resident, around);
}

#[test]
fn minors_need_their_guardian_the_age_and_no_danger() {
    let mut stage = Stage::new();
    let registrar = stage.registrar.clone();
    let guardian = stage.resident("guardian");
    let of = Some(guardian.enrolment);
    let youth = stage.world.resident_of(&registrar, "youth", AgeClass::From14To17, of);
    let child = stage.world.resident_of(&registrar, "child", AgeClass::Under14, of);
    let terms = stage.terms(2);
    let easy = stage.publish(&terms);
    let from_14 = stage.publish(&ActivityTerms { minimum_age: 14, ..terms.clone() });
    let insurance = Some(document("policy"));
    let risky = stage.publish(&ActivityTerms { risk_class: 3, insurance, ..terms.clone() });
    let (guardian, stranger) = (guardian.actor(), stage.resident("stranger").actor());
    let call = |activity| Call::SignUp { activity };
    stage.deny(&[&youth.actor()], &call(easy), Code::Guardian);
    stage.deny(&[&youth.actor(), &stranger], &call(easy), Code::Guardian);
    stage.deny(&[&youth.actor(), &guardian], &call(risky), Code::MinorRisk);
    stage.deny(&[&child.actor(), &guardian], &call(from_14), Code::MinimumAge);
    stage.world.apply(CONTRACT, &[&youth.actor(), &guardian], &call(from_14));
    let participation = stage.world.apply(CONTRACT, &[&child.actor(), &guardian], &call(easy));
    let cancel = Call::SignUpCancel { participation: RecordId(participation) };
    stage.deny(&[&child.actor()], &cancel, Code::Guardian);
    stage.world.apply(CONTRACT, &[&child.actor(), &guardian], &cancel);
    stage.world.check();
}

#[test]
fn a_sign_up_is_withdrawn_by_its_owner_before_coming() {
    let mut stage = Stage::new();
    let (one, two) = (stage.resident("one"), stage.resident("two"));
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let (mine, hers) = (stage.sign_up(&one, activity), stage.sign_up(&two, activity));
    let cancel = |participation| Call::SignUpCancel { participation };
    stage.deny(&[&one.actor()], &cancel(hers), Code::Role);
    stage.deny(&[&one.actor()], &cancel(activity), Code::NotFound);
    stage.world.at(terms.start);
    stage.check_in(&one, activity, mine);
    stage.deny(&[&one.actor()], &cancel(mine), Code::State);
    stage.world.at(terms.end);
    stage.deny(&[&two.actor()], &cancel(hers), Code::TimeWindow);
    stage.world.check();
}

#[test]
fn a_check_in_needs_the_site_and_what_it_shows_now() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let me = resident.actor();
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let id = stage.sign_up(&resident, activity);
    let device = stage.device.clone();
    stage.world.at(terms.start.minus(30 * MINUTE_MS + 1));
    let early = stage.check_in_call(activity, id);
    stage.deny(&[&me, &device], &early, Code::TimeWindow);
    stage.world.at(terms.start);
    let good = stage.check_in_call(activity, id);
    stage.deny(&[&me], &good, Code::Cosign);
    let stranger = stage.world.officer("stranger", DONOR, Role::Organiser);
    stage.deny(&[&me, &stranger], &good, Code::Cosign);
    stage.deny(&[&me, &stage.organiser.clone()], &good, Code::NonceStale);
    let at = |seen: BlockTime, shown: BlockTime| Call::CheckIn {
        participation: id,
        observed_at: seen,
        nonce: nonce(activity, &device, shown),
    };
    let now = stage.world.now;
    stage.deny(&[&me, &device], &at(now, now.minus(2 * MINUTE_MS)), Code::NonceStale);
    stage.deny(&[&me, &device], &at(now, now.plus(MINUTE_MS)), Code::NonceStale);
    let long_ago = now.minus(DAY_MS);
    stage.deny(&[&me, &device], &at(long_ago, long_ago), Code::ReportLag);
    let ahead = now.plus(3_000);
    stage.deny(&[&me, &device], &at(ahead, ahead), Code::ReportLag);
    stage.deny(&[&device, &me], &good, Code::KeyPurpose);
    let out = stage.check_out_call(activity, id);
    stage.deny(&[&me, &device], &out, Code::TimeOrder);
    stage.world.apply(CONTRACT, &[&me, &device], &at(now, now.minus(MINUTE_MS)));
    stage.deny(&[&me, &device], &at(now, now), Code::State);
    let before = Call::CheckOut {
        participation: id,
        observed_at: now,
        nonce: nonce(activity, &device, now),
    };
    stage.deny(&[&me, &device], &before, Code::TimeOrder);
    stage.world.at(terms.end);
    stage.check_out(&resident, activity, id);
    let again = stage.check_out_call(activity, id);
    stage.deny(&[&me, &device], &again, Code::State);
    stage.world.check();
}

#[test]
fn a_check_in_after_the_end_is_refused_however_it_is_reported() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let id = stage.sign_up(&resident, activity);
    stage.world.at(terms.end);
    let call = stage.check_in_call(activity, id);
    let device = stage.device.clone();
    stage.deny(&[&resident.actor(), &device], &call, Code::TimeWindow);
    let seen = terms.start.plus(60_000);
    let nonce = nonce(activity, &device, seen);
    let late = Call::CheckIn { participation: id, observed_at: seen, nonce };
    stage.world.apply(CONTRACT, &[&resident.actor(), &device], &late);
}

#[test]
fn an_organiser_stands_in_for_the_device_but_not_for_herself() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let both = Some(resident.nullifier);
    let person = stage.world.person("both", VOLUNTEERS);
    let herself = stage.world.grant(&person, VOLUNTEERS, Role::Organiser, 0, both);
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let id = stage.sign_up(&resident, activity);
    stage.world.at(terms.start);
    let observed_at = stage.world.now;
    let by = |site: &Actor| Call::CheckIn {
        participation: id,
        observed_at,
        nonce: nonce(activity, site, observed_at),
    };
    stage.deny(&[&resident.actor(), &herself], &by(&herself), Code::Cosign);
    let organiser = stage.organiser.clone();
    stage.world.apply(CONTRACT, &[&resident.actor(), &organiser], &by(&organiser));
}

#[test]
fn an_organiser_attests_at_most_what_the_devices_saw() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let terms = stage.terms(2);
    let (activity, ids) = stage.attend(&[&resident], &terms);
    let other = stage.publish(&stage.terms(2));
    let good = stage.line(ids[0], 119);
    let call = |lines: Vec<AttestedLine>| Call::AttestFirst { activity, lines };
    let organiser = stage.organiser.clone();
    let cases = [
        (AttestedLine { minutes: 121, ..good }, Code::MinutesExceed),
        (AttestedLine { check_in: good.check_in.minus(1), ..good }, Code::LineMismatch),
        (AttestedLine { check_out: good.check_out.plus(1), ..good }, Code::LineMismatch),
        (AttestedLine { units: 1, ..good }, Code::LineMismatch),
        (AttestedLine { participation: activity, ..good }, Code::NotFound),
    ];
    for (line, code) in cases {
        stage.deny(&[&organiser], &call(vec![line]), code);
    }
    stage.deny(&[&organiser], &call(Vec::new()), Code::AmountZero);
    stage.deny(&[&organiser], &call(vec![good; 257]), Code::TooManyLines);
    stage.deny(&[&organiser], &call(vec![good, good]), Code::State);
    stage.deny(&[&stage.witness.clone()], &call(vec![good]), Code::Role);
    let stranger = stage.world.officer("stranger", DONOR, Role::Organiser);
    stage.deny(&[&stranger], &call(vec![good]), Code::Scope);
    let early = Call::AttestFirst { activity: other, lines: vec![good] };
    stage.deny(&[&organiser], &early, Code::TimeWindow);
    stage.world.apply(CONTRACT, &[&organiser], &call(vec![good]));
    stage.deny(&[&organiser], &call(vec![good]), Code::State);
    stage.world.check();
}

#[test]
fn nobody_attests_or_witnesses_her_own_hours_under_a_pseudonym() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let nullifier = Some(resident.nullifier);
    let person = stage.world.person("organiser too", VOLUNTEERS);
    let attester = stage.world.grant(&person, VOLUNTEERS, Role::Organiser, 0, nullifier);
    let person = stage.world.person("witness too", COMMITTEE);
    let witness = stage.world.grant(&person, COMMITTEE, Role::Witness, 0, nullifier);
    let (activity, ids) = stage.attend(&[&resident], &stage.terms(2));
    let line = stage.line(ids[0], 100);
    let first = Call::AttestFirst { activity, lines: vec![line] };
    stage.deny(&[&attester], &first, Code::SelfAttest);
    stage.world.apply(CONTRACT, &[&stage.organiser.clone()], &first);
    let second = Call::AttestSecond { activity, lines: vec![witnessed(&line)] };
    stage.deny(&[&witness], &second, Code::SelfAttest);
    stage.world.apply(CONTRACT, &[&stage.witness.clone()], &second);
    stage.world.check();
}

#[test]
fn the_witness_is_of_another_organisation_and_confirms_what_was_attested() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let (activity, ids) = stage.attend(&[&resident], &stage.terms(2));
    let line = stage.line(ids[0], 100);
    let call = |lines: Vec<WitnessedLine>| Call::AttestSecond { activity, lines };
    let good = witnessed(&line);
    let witness = stage.witness.clone();
    stage.deny(&[&witness], &call(vec![good]), Code::State);
    let first = Call::AttestFirst { activity, lines: vec![line] };
    let organiser = stage.organiser.clone();
    stage.world.apply(CONTRACT, &[&organiser], &first);
    let colleague = stage.world.officer("colleague", VOLUNTEERS, Role::Witness);
    stage.deny(&[&colleague], &call(vec![good]), Code::AttestNotIndependent);
    let same = stage.world.grant(&organiser, COMMITTEE, Role::Witness, 0, None);
    stage.deny(&[&same], &call(vec![good]), Code::AttestNotIndependent);
    stage.deny(&[&organiser], &call(vec![good]), Code::Role);
    let other =
        WitnessedLine { line_hash: line_hash(&AttestedLine { minutes: 99, ..line }), ..good };
    stage.deny(&[&witness], &call(vec![other]), Code::LineMismatch);
    stage.deny(&[&witness], &call(Vec::new()), Code::AmountZero);
    stage.deny(&[&witness], &call(vec![good; 257]), Code::TooManyLines);
    stage.deny(&[&witness], &call(vec![good, good]), Code::State);
    stage.world.apply(CONTRACT, &[&witness], &call(vec![good]));
    stage.deny(&[&witness], &call(vec![good]), Code::State);
    stage.world.check();
}

#[test]
fn the_organiser_attests_within_ten_working_days() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let (activity, ids) = stage.attend(&[&resident], &stage.terms(2));
    let line = stage.line(ids[0], 100);
    let first = Call::AttestFirst { activity, lines: vec![line] };
    // Monday 2 March and ten working days is Monday 16 March, whole.
    stage.world.at(Day::from_civil(2026, 3, 17).unwrap().start());
    let organiser = stage.organiser.clone();
    stage.deny(&[&organiser], &first, Code::Deadline);
}

#[test]
fn a_day_has_only_so_many_minutes_of_service() {
    let parameter = registry::roles::Parameter::MinutesPerDay.number();
    let mut stage = Stage::with_parameters(vec![(parameter, 150)]);
    let resident = stage.resident("resident");
    let (first, one) = stage.attend(&[&resident], &stage.terms(2));
    let line = stage.line(one[0], 100);
    stage.attest(first, &[line]);
    let (second, two) = stage.attend(&[&resident], &stage.terms(2));
    let line = stage.line(two[0], 51);
    let call = Call::AttestFirst { activity: second, lines: vec![line] };
    stage.world.apply(CONTRACT, &[&stage.organiser.clone()], &call);
    let call = Call::AttestSecond { activity: second, lines: vec![witnessed(&line)] };
    stage.deny(&[&stage.witness.clone()], &call, Code::DailyMinutes);
    stage.world.check();
}

#[test]
fn units_count_only_where_the_rule_counts_units() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let operators = stage.operators.clone();
    let from = stage.world.now.plus(60_000);
    let terms = RuleTerms { basis: Basis::PerUnit { points: 2 }, ..rule_terms(from) };
    let call = set(stage.programme, None, terms);
    let signers = [&operators[0], &operators[1]];
    stage.rule = RecordId(stage.world.apply(programme::CONTRACT, &signers, &call));
    stage.world.at(from);
    let (activity, ids) = stage.attend(&[&resident], &stage.terms(2));
    let line = AttestedLine { units: 9, ..stage.line(ids[0], 20) };
    stage.attest(activity, &[line]);
    assert_eq!(stage.points(&resident), (0, 18, 0));
    stage.world.check();
}

#[test]
fn what_is_final_leaves_the_state_and_the_minutes_stay() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let id = stage.earn(&resident, 2);
    let count = |stage: &Stage| stage.world.state.len(Compartment::Restricted);
    let before = count(&stage);
    stage.world.advance(401 * DAY_MS);
    stage.world.sweep();
    assert!(!stage.world.view().has::<Participation>(&id));
    stage.world.check();
    stage.world.advance(2_000 * DAY_MS);
    stage.world.sweep();
    assert!(!stage.world.view().has::<Award>(&id));
    assert_eq!(stage.points(&resident), (0, 0, 0));
    assert_eq!(stage.totals(), ProgrammeTotals { minted: 20, outstanding: 0, minutes: 120 });
    let whole = balance(&stage.world.view(), resident.enrolment, stage.world.now);
    assert_eq!(whole.service, Minutes(120));
    assert!(count(&stage) < before);
    stage.world.check();
}

#[test]
fn minutes_outside_the_session_do_not_count() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let id = stage.sign_up(&resident, activity);
    stage.world.at(terms.start.minus(20 * MINUTE_MS));
    stage.check_in(&resident, activity, id);
    stage.world.at(terms.end.plus(30 * MINUTE_MS));
    stage.check_out(&resident, activity, id);
    let line = stage.line(id, 121);
    let call = Call::AttestFirst { activity, lines: vec![line] };
    let receipt = stage.world.submit(CONTRACT, &[&stage.organiser.clone()], &call);
    let details = [Detail::Need(121), Detail::Limit(120)];
    assert_eq!(receipt.rejection(), Some(&Rejection::new(Code::MinutesExceed, &details)));
    let line = stage.line(id, 120);
    stage.attest(activity, &[line]);
    stage.world.check();
}

#[test]
fn one_resident_in_two_offices_does_not_attest_and_witness() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let nullifier = Some([9; 32]);
    let person = stage.world.person("in one office", VOLUNTEERS);
    let attester = stage.world.grant(&person, VOLUNTEERS, Role::Organiser, 0, nullifier);
    let person = stage.world.person("in another", COMMITTEE);
    let witness = stage.world.grant(&person, COMMITTEE, Role::Witness, 0, nullifier);
    let (activity, ids) = stage.attend(&[&resident], &stage.terms(2));
    let line = stage.line(ids[0], 100);
    let first = Call::AttestFirst { activity, lines: vec![line] };
    stage.world.apply(CONTRACT, &[&attester], &first);
    let second = Call::AttestSecond { activity, lines: vec![witnessed(&line)] };
    stage.deny(&[&witness], &second, Code::AttestNotIndependent);
}

#[test]
fn a_batch_is_awarded_in_ascending_order_of_participations() {
    let mut stage = Stage::new();
    let residents = ["a", "b", "c", "d"].map(|label| stage.resident(label));
    let all: Vec<_> = residents.iter().collect();
    let (activity, mut ids) = stage.attend(&all, &stage.terms(2));
    ids.sort_unstable();
    let lines: Vec<_> = [2, 0, 3, 1].iter().map(|n| stage.line(ids[*n], 100)).collect();
    stage.attest(activity, &lines);
    let places: Vec<_> =
        ids.iter().map(|id| stage.world.view().get::<Award>(id).unwrap().sequence.line).collect();
    assert_eq!(places, [0, 1, 2, 3]);
    stage.world.check();
}

#[test]
fn a_grant_that_is_silent_about_her_enrolment_hides_nobody() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let nullifier = Some(resident.nullifier);
    let person = stage.world.person("organiser too", VOLUNTEERS);
    stage.world.grant(&person, VOLUNTEERS, Role::Organiser, 0, nullifier);
    let attester = stage.world.grant(&person, VOLUNTEERS, Role::Organiser, 0, None);
    let person = stage.world.person("witness too", COMMITTEE);
    stage.world.grant(&person, COMMITTEE, Role::Witness, 0, nullifier);
    let witness = stage.world.grant(&person, COMMITTEE, Role::Witness, 0, None);
    let terms = stage.terms(2);
    let activity = stage.publish(&terms);
    let id = stage.sign_up(&resident, activity);
    stage.world.at(terms.start);
    let observed_at = stage.world.now;
    let nonce = nonce(activity, &attester, observed_at);
    let herself = Call::CheckIn { participation: id, observed_at, nonce };
    stage.deny(&[&resident.actor(), &attester], &herself, Code::Cosign);
    stage.check_in(&resident, activity, id);
    stage.world.at(terms.end);
    stage.check_out(&resident, activity, id);
    let line = stage.line(id, 100);
    let first = Call::AttestFirst { activity, lines: vec![line] };
    stage.deny(&[&attester], &first, Code::SelfAttest);
    stage.world.apply(CONTRACT, &[&stage.organiser.clone()], &first);
    let second = Call::AttestSecond { activity, lines: vec![witnessed(&line)] };
    stage.deny(&[&witness], &second, Code::SelfAttest);
    stage.world.apply(CONTRACT, &[&stage.witness.clone()], &second);
    stage.world.check();
}

#[test]
fn nobody_attests_her_own_hours_in_a_second_community_with_the_first_ones_grant() {
    let mut stage = Stage::new();
    let here = stage.resident("here");
    let community = "5101/04/001/004";
    let key = key("there");
    let nullifier = *document("nullifier there").bytes();
    let enrol = people::Call::Enrol {
        community: community.into(),
        nullifier,
        age_class: AgeClass::Adult,
        key: key.public(),
        guardian: None,
        consent: document("consent"),
    };
    let registrar = stage.registrar.clone();
    let enrolment = EnrolmentId(stage.world.apply(people::CONTRACT, &[&registrar], &enrol));
    let there = Resident { key, enrolment, nullifier };
    let person = stage.world.person("organiser too", VOLUNTEERS);
    stage.world.grant(&person, VOLUNTEERS, Role::Organiser, 0, Some(nullifier));
    let attester = stage.world.grant(&person, VOLUNTEERS, Role::Organiser, 0, Some(here.nullifier));
    let person = stage.world.person("witness too", COMMITTEE);
    stage.world.grant(&person, COMMITTEE, Role::Witness, 0, Some(nullifier));
    let witness = stage.world.grant(&person, COMMITTEE, Role::Witness, 0, Some(here.nullifier));
    let mut terms = stage.terms(2);
    terms.place = format!("{community}/07");
    let (activity, ids) = stage.attend(&[&there], &terms);
    let line = stage.line(ids[0], 100);
    let first = Call::AttestFirst { activity, lines: vec![line] };
    stage.deny(&[&attester], &first, Code::SelfAttest);
    stage.world.apply(CONTRACT, &[&stage.organiser.clone()], &first);
    let second = Call::AttestSecond { activity, lines: vec![witnessed(&line)] };
    stage.deny(&[&witness], &second, Code::SelfAttest);
    stage.world.apply(CONTRACT, &[&stage.witness.clone()], &second);
    stage.world.check();
}

#[test]
fn one_human_does_not_attest_and_witness_with_grants_that_say_nothing() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let nullifier = Some([9; 32]);
    let person = stage.world.person("in one office", VOLUNTEERS);
    stage.world.grant(&person, VOLUNTEERS, Role::Auditor, 0, nullifier);
    let attester = stage.world.grant(&person, VOLUNTEERS, Role::Organiser, 0, None);
    let person = stage.world.person("in another", COMMITTEE);
    stage.world.grant(&person, COMMITTEE, Role::Auditor, 0, nullifier);
    let witness = stage.world.grant(&person, COMMITTEE, Role::Witness, 0, None);
    let (activity, ids) = stage.attend(&[&resident], &stage.terms(2));
    let line = stage.line(ids[0], 100);
    let first = Call::AttestFirst { activity, lines: vec![line] };
    stage.world.apply(CONTRACT, &[&attester], &first);
    let second = Call::AttestSecond { activity, lines: vec![witnessed(&line)] };
    stage.deny(&[&witness], &second, Code::AttestNotIndependent);
    stage.world.check();
}

#[test]
fn a_session_that_ends_at_midnight_belongs_to_the_day_it_was_on() {
    let mut stage = Stage::new();
    let resident = stage.resident("resident");
    let midnight = Day::from_civil(2027, 1, 1).unwrap().start();
    stage.world.at(midnight.minus(5 * HOUR_MS));
    let mut terms = stage.terms(2);
    (terms.start, terms.end) = (midnight.minus(2 * HOUR_MS), midnight);
    let (activity, ids) = stage.attend(&[&resident], &terms);
    let line = stage.line(ids[0], 119);
    stage.attest(activity, &[line]);
    let award = stage.world.view().get::<Award>(&ids[0]).unwrap();
    assert_eq!(award.service_day.civil(), (2026, 12, 31));
    assert_eq!(award.expires_at, tally::year_end(2028));
    let sum = |subject| tally::get(&stage.world.view(), resident.enrolment, &subject);
    assert_eq!(sum(TallySubject::MinutesOfDay(award.service_day)), 119);
    assert_eq!(sum(TallySubject::MinutesOfDay(midnight.day())), 0);
    assert_eq!(sum(TallySubject::PointsOfYear("service".into(), 2026)), 19);
    assert_eq!(sum(TallySubject::PointsOfYear("service".into(), 2027)), 0);
    stage.world.check();
}
