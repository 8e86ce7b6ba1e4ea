//! This exists to state the rules about relations as facts.

use super::*;
use crate::registry::records::Relation;
use crate::registry::relations::{COUNTS_DAYS, is_related_officer, related};
use crate::testing::{PROVIDER, VOLUNTEERS};
use linli_ledger::types::{Day, RecordId};

fn body(world: &World, organisation: u32) -> Related {
    Related::Organisation(world.organisation(organisation))
}

/// A relation that began a year ago and stands.
fn declaration(world: &World, one: Related, other: Related, kind: RelationKind) -> Call {
    let from = Day(world.now.day().0 - 365);
    Call::RelationDeclare { one, other, kind, from, to: None, evidence: document("extract") }
}

fn altered(call: &Call, change: impl FnOnce(&mut Day, &mut Option<Day>)) -> Call {
    let mut call = call.clone();
    if let Call::RelationDeclare { from, to, .. } = &mut call {
        change(from, to);
    }
    call
}

fn control(world: &World, one: u32, other: u32) -> Call {
    declaration(world, body(world, one), body(world, other), RelationKind::Control)
}

fn are(world: &World, one: u32, other: u32) -> bool {
    let [one, other] = [body(world, one), body(world, other)];
    let view = world.view();
    let today = world.now.day();
    let found = related(&view, one, other, today);
    assert_eq!(found, related(&view, other, one, today), "related is symmetric");
    found
}

#[test]
fn related_is_reflexive_and_reaches_two_steps() {
    let mut world = World::new();
    assert!(are(&world, DONOR, DONOR));
    assert!(!are(&world, DONOR, PARTNER));
    let donor = world.organisation_actor(DONOR);
    let provider = world.organisation_actor(PROVIDER);
    let call = control(&world, DONOR, PARTNER);
    world.apply(CONTRACT, &[&donor], &call);
    assert!(are(&world, DONOR, PARTNER));
    let call = control(&world, PARTNER, PROVIDER);
    world.apply(CONTRACT, &[&provider], &call);
    assert!(are(&world, DONOR, PROVIDER), "two steps");
    let call = control(&world, PROVIDER, VOLUNTEERS);
    world.apply(CONTRACT, &[&provider], &call);
    assert!(!are(&world, DONOR, VOLUNTEERS), "three steps");
    assert!(are(&world, PARTNER, VOLUNTEERS));
    world.check();
}

#[test]
fn a_share_counts_from_the_parameter_on() {
    let mut world = World::new();
    let donor = world.organisation_actor(DONOR);
    for (bp, expected) in [(499, false), (500, true)] {
        let kind = RelationKind::Shareholder { bp };
        let [one, other] = [body(&world, DONOR), body(&world, PARTNER)];
        let call = declaration(&world, one, other, kind);
        world.apply(CONTRACT, &[&donor], &call);
        assert_eq!(are(&world, DONOR, PARTNER), expected, "{bp}");
    }
    for (bp, code) in [(0, Code::AmountZero), (10_001, Code::AmountRange)] {
        let kind = RelationKind::Shareholder { bp };
        let call = declaration(&world, body(&world, DONOR), body(&world, PARTNER), kind);
        world.reject(CONTRACT, &[&donor], &call, code);
    }
    world.check();
}

#[test]
fn a_person_is_related_through_work_office_and_the_one_she_acts_for() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [donor, partner, office] = [DONOR, PARTNER, OFFICE].map(|at| world.organisation(at));
    let today = world.now.day();
    let knows = |world: &World, acting, other| {
        is_related_officer(&world.view(), clerk.person, acting, other, today)
    };
    assert!(knows(&world, office, office));
    assert!(knows(&world, partner, partner), "who acts for it is joined with it");
    assert!(!knows(&world, office, partner));
    let own_key = world.organisation_actor(PARTNER);
    let person = Related::Person(clerk.person);
    let call = declaration(&world, person, body(&world, PARTNER), RelationKind::Director);
    world.apply(CONTRACT, &[&own_key], &call);
    assert!(knows(&world, office, partner));
    let call = control(&world, PARTNER, DONOR);
    world.apply(CONTRACT, &[&own_key], &call);
    assert!(knows(&world, office, donor), "a director, and what the organisation controls");
    let regulator = world.organisation(REGULATOR);
    assert!(!knows(&world, office, regulator));
    world.check();
}

#[test]
fn a_relation_counts_for_three_years_after_its_end() {
    let mut world = World::new();
    let donor = world.organisation_actor(DONOR);
    let today = world.now.day();
    let call = altered(&control(&world, DONOR, PARTNER), |from, to| {
        (*from, *to) = (Day(today.0 - 3_000), Some(Day(today.0 - COUNTS_DAYS)));
    });
    world.apply(CONTRACT, &[&donor], &call);
    let [one, other] = [body(&world, DONOR), body(&world, PARTNER)];
    for (day, expected) in
        [(today.0 - 3_001, false), (today.0 - 3_000, true), (today.0, true), (today.0 + 1, false)]
    {
        assert_eq!(related(&world.view(), one, other, Day(day)), expected, "{day}");
    }
    world.check();
}

#[test]
fn a_declaration_is_refused_for_what_it_says_and_for_who_signs() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [donor, bank, office] = [DONOR, BANK, OFFICE].map(|at| world.organisation_actor(at));
    let sound = control(&world, DONOR, PARTNER);
    let today = world.now.day();
    let (donor_end, partner_end) = (body(&world, DONOR), body(&world, PARTNER));
    let person = Related::Person(clerk.person);
    let nobody = Related::Organisation(OrganisationId([7; 32]));
    let of = |one, other, kind| declaration(&world, one, other, kind);
    let rows = [
        (of(donor_end, donor_end, RelationKind::Control), Code::State),
        (of(person, person, RelationKind::Employment), Code::State),
        (of(person, donor_end, RelationKind::Control), Code::State),
        (of(person, donor_end, RelationKind::SameResponsiblePerson), Code::State),
        (of(donor_end, partner_end, RelationKind::Employment), Code::State),
        (of(donor_end, partner_end, RelationKind::Director), Code::State),
        (altered(&sound, |from, to| *to = Some(Day(from.0 - 1))), Code::TimeOrder),
        (altered(&sound, |from, _| from.0 = today.0 + 1), Code::TimeWindow),
        (of(donor_end, nobody, RelationKind::Control), Code::NotFound),
        (of(nobody, donor_end, RelationKind::Control), Code::NotFound),
    ];
    for (call, code) in rows {
        world.reject(CONTRACT, &[&donor], &call, code);
    }
    world.reject(CONTRACT, &[&donor, &office], &sound, Code::Cosign);
    world.reject(CONTRACT, &[&bank], &sound, Code::Role);
    world.reject(CONTRACT, &[&clerk], &sound, Code::Role);
    world.apply(CONTRACT, &[&donor], &sound);
    world.reject(CONTRACT, &[&donor], &sound, Code::Exists);
    let mirrored = control(&world, PARTNER, DONOR);
    world.reject(CONTRACT, &[&office], &mirrored, Code::Exists);
    world.check();
}

#[test]
fn the_past_is_corrected_by_the_regulator_or_governance_alone() {
    let mut world = World::new();
    let regulator = world.officer("regulator", REGULATOR, Role::Regulator);
    let [donor, partner, bank, office] =
        [DONOR, PARTNER, BANK, OFFICE].map(|at| world.organisation_actor(at));
    let call = control(&world, DONOR, PARTNER);
    let own = RecordId(world.apply(CONTRACT, &[&donor], &call));
    let call = control(&world, DONOR, BANK);
    let imposed = RecordId(world.apply(CONTRACT, &[&regulator], &call));
    assert!(world.view().get::<Relation>(&imposed).unwrap().by_authority);
    let today = world.now.day();
    let end = |relation, to| Call::RelationEnd { relation, to };
    let yesterday = Day(today.0 - 1);
    world.reject(CONTRACT, &[&donor, &partner], &end(own, today), Code::Cosign);
    world.reject(CONTRACT, &[&donor], &end(RecordId([7; 32]), today), Code::NotFound);
    world.reject(CONTRACT, &[&bank], &end(own, today), Code::Role);
    world.reject(CONTRACT, &[&donor], &end(imposed, today), Code::Role);
    world.reject(CONTRACT, &[&donor], &end(own, yesterday), Code::TimeWindow);
    world.reject(CONTRACT, &[&donor], &end(own, Day(today.0 + 1)), Code::TimeWindow);
    world.reject(CONTRACT, &[&regulator], &end(own, Day(today.0 + 1)), Code::TimeWindow);
    world.reject(CONTRACT, &[&regulator], &end(own, Day(today.0 - 366)), Code::TimeOrder);
    world.apply(CONTRACT, &[&partner], &end(own, today));
    world.reject(CONTRACT, &[&partner], &end(own, today), Code::State);
    world.apply(CONTRACT, &[&office], &end(imposed, yesterday));
    assert!(are(&world, DONOR, PARTNER), "it goes on counting");
    world.check();
}

#[test]
fn nobody_fills_the_list_of_another_so_that_the_regulator_finds_no_room() {
    let mut world = World::new();
    let donor = world.organisation_actor(DONOR);
    let first = world.now.day().0 - 3_000;
    let period = |world: &World, n: u32| {
        let from = Day(first + 2 * n);
        altered(&control(world, DONOR, PARTNER), |begin, to| (*begin, *to) = (from, Some(from)))
    };
    for n in 0..16 {
        let call = period(&world, n);
        world.apply(CONTRACT, &[&donor], &call);
    }
    let call = period(&world, 16);
    world.reject(CONTRACT, &[&donor], &call, Code::PersonLimit);
    let office = world.organisation_actor(OFFICE);
    world.apply(CONTRACT, &[&office], &call);
    world.check();
}
