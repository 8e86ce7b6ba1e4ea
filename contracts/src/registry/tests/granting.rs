//! This exists to state the rules about roles as facts.

use super::*;

#[test]
fn a_role_needs_two_governance_organisations() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [office, regulator, donor, committee] =
        [OFFICE, REGULATOR, DONOR, COMMITTEE].map(|n| world.organisation_actor(n));
    let call = role(&world, &clerk, Role::Registrar);
    world.reject(CONTRACT, &[&office], &call, Code::GovernanceQuorum);
    world.reject(CONTRACT, &[&office, &donor], &call, Code::GovernanceQuorum);
    world.reject(CONTRACT, &[&office, &regulator, &donor], &call, Code::GovernanceQuorum);
    let owner = PublicOwner::Organisation(world.organisation(OFFICE));
    let add = Call::KeyAdd { owner, key: key("b").public(), purpose: KeyPurpose::Business };
    world.apply(CONTRACT, &[&office], &add);
    let twice = Actor { key: key("b"), ..office.clone() };
    world.reject(CONTRACT, &[&office, &twice], &call, Code::GovernanceQuorum);
    world.apply(CONTRACT, &[&office, &committee], &call);
    world.check();
}

#[test]
fn governors_speak_for_their_organisations_but_one_person_not_for_two() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [anna, bo] = [world.person("anna", OFFICE), world.person("bo", REGULATOR)];
    let anna_office = governor(&mut world, &anna, OFFICE);
    let bo_regulator = governor(&mut world, &bo, REGULATOR);
    let call = role(&world, &clerk, Role::Registrar);
    world.apply(CONTRACT, &[&anna_office, &bo_regulator], &call);
    let anna_committee = governor(&mut world, &anna, COMMITTEE);
    let add = Call::KeyAdd {
        owner: PublicOwner::Person(anna.person),
        key: key("anna's second").public(),
        purpose: KeyPurpose::Business,
    };
    world.apply(CONTRACT, &[&anna], &add);
    let again = Actor { key: key("anna's second"), ..anna_committee };
    // Two houses can grant the role, but not let anna speak for a third.
    world.reject(CONTRACT, &[&anna_office, &again], &call, Code::GovernanceQuorum);
    world.reject(CONTRACT, &[&bo_regulator, &again], &call, Code::GovernanceQuorum);
    let outsider = governor(&mut world, &bo, DONOR);
    world.reject(CONTRACT, &[&anna_office, &outsider], &call, Code::GovernanceQuorum);
    world.advance(2 * DAY_MS);
    world.reject(CONTRACT, &[&anna_office, &bo_regulator], &call, Code::GovernanceQuorum);
    world.check();
}

#[test]
fn nobody_grants_a_role_to_the_own_person() {
    let mut world = World::new();
    let anna = world.person("anna", OFFICE);
    let anna = governor(&mut world, &anna, OFFICE);
    let regulator = world.organisation_actor(REGULATOR);
    let call = role(&world, &anna, Role::Registrar);
    world.reject(CONTRACT, &[&anna, &regulator], &call, Code::SelfGrant);
    world.reject(CONTRACT, &[&regulator, &anna], &call, Code::SelfGrant);
    let office = world.organisation_actor(OFFICE);
    world.reject(CONTRACT, &[&office, &regulator, &anna], &call, Code::SelfGrant);
}

#[test]
fn a_grant_is_well_formed() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [office, regulator] =
        [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let both = [&office, &regulator];
    let registrar = role(&world, &clerk, Role::Registrar);
    let approver = role(&world, &clerk, Role::Approver);
    for (call, level) in [(&registrar, 1), (&registrar, 4), (&approver, 0), (&approver, 4)] {
        let call = changed(call.clone(), |grant| grant.level = level);
        world.reject(CONTRACT, &both, &call, Code::ApproverLevel);
    }
    for level in 1..=3 {
        world.apply(CONTRACT, &both, &changed(approver.clone(), |grant| grant.level = level));
    }
    let empty = changed(registrar.clone(), |grant| grant.to = grant.from);
    world.reject(CONTRACT, &both, &empty, Code::TimeOrder);
    for scope in ["5101/", "/5101", "5101//04", "成都", "5101/04 "] {
        let call = changed(registrar.clone(), |grant| grant.scope = scope.into());
        world.reject(CONTRACT, &both, &call, Code::Text);
    }
    let nobody = changed(registrar.clone(), |grant| grant.person = PersonId([7; 32]));
    world.reject(CONTRACT, &both, &nobody, Code::NotFound);
    let nowhere = changed(registrar, |grant| {
        grant.organisation = OrganisationId([7; 32]);
    });
    world.reject(CONTRACT, &both, &nowhere, Code::NotFound);
    world.check();
}

#[test]
fn a_role_counts_for_its_person_in_its_scope_and_its_time() {
    let mut world = World::new();
    let registrar = world.officer("registrar", OFFICE, Role::Registrar);
    let witness = world.officer("witness", COMMITTEE, Role::Witness);
    let here = enrolment("a", COMMUNITY);
    let without = Actor { grant: None, ..registrar.clone() };
    world.reject(people::CONTRACT, &[&without], &here, Code::Role);
    world.reject(people::CONTRACT, &[&witness], &here, Code::Role);
    let borrowed = Actor { grant: registrar.grant, ..witness };
    world.reject(people::CONTRACT, &[&borrowed], &here, Code::Role);
    for elsewhere in ["5101/05/001", "5101/041/001", "5101"] {
        let call = enrolment("a", elsewhere);
        world.reject(people::CONTRACT, &[&registrar], &call, Code::Scope);
    }
    world.apply(people::CONTRACT, &[&registrar], &here);
    world.advance(366 * DAY_MS);
    let late = enrolment("b", COMMUNITY);
    world.reject(people::CONTRACT, &[&registrar], &late, Code::RoleExpired);
    world.check();
}

#[test]
fn a_role_that_begins_later_does_not_count_yet() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [office, regulator] =
        [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let call = changed(role(&world, &clerk, Role::Registrar), |grant| {
        grant.from = grant.from.plus(HOUR_MS);
    });
    let grant = GrantId(world.apply(CONTRACT, &[&office, &regulator], &call));
    let clerk = Actor { grant: Some(grant), ..clerk };
    let call = enrolment("a", COMMUNITY);
    world.reject(people::CONTRACT, &[&clerk], &call, Code::RoleExpired);
    world.advance(HOUR_MS);
    world.apply(people::CONTRACT, &[&clerk], &call);
}

#[test]
fn a_governance_organisation_ends_a_role_at_once() {
    let mut world = World::new();
    let registrar = world.officer("registrar", OFFICE, Role::Registrar);
    let [committee, donor] = [world.organisation_actor(COMMITTEE), world.organisation_actor(DONOR)];
    let call = Call::RoleRevoke { grant: registrar.grant.unwrap() };
    world.reject(CONTRACT, &[&donor], &call, Code::GovernanceQuorum);
    world.reject(CONTRACT, &[&registrar], &call, Code::GovernanceQuorum);
    let unknown = Call::RoleRevoke { grant: GrantId([7; 32]) };
    world.reject(CONTRACT, &[&committee], &unknown, Code::NotFound);
    world.apply(CONTRACT, &[&committee], &call);
    let enrol = enrolment("a", COMMUNITY);
    world.reject(people::CONTRACT, &[&registrar], &enrol, Code::RoleExpired);
    world.reject(CONTRACT, &[&committee], &call, Code::State);
    world.check();
}

#[test]
fn a_role_that_was_ended_before_it_began_never_begins() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [office, regulator] =
        [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let call = changed(role(&world, &clerk, Role::Registrar), |grant| {
        grant.from = grant.from.plus(HOUR_MS);
    });
    let grant = GrantId(world.apply(CONTRACT, &[&office, &regulator], &call));
    world.apply(CONTRACT, &[&office], &Call::RoleRevoke { grant });
    world.reject(CONTRACT, &[&office], &Call::RoleRevoke { grant }, Code::State);
    world.advance(2 * HOUR_MS);
    let clerk = Actor { grant: Some(grant), ..clerk };
    let call = enrolment("a", COMMUNITY);
    world.reject(people::CONTRACT, &[&clerk], &call, Code::RoleExpired);
    world.check();
}

#[test]
fn a_nullifier_stays_with_the_person_when_its_grant_ends() {
    let mut world = World::new();
    let [clerk, other] = [world.person("clerk", OFFICE), world.person("other", DONOR)];
    let named = world.grant(&clerk, OFFICE, Role::Witness, 0, Some([9; 32]));
    world.grant(&clerk, OFFICE, Role::Witness, 0, None);
    let enrolled =
        |world: &World, nullifier| roles::is_enrolled_as(&world.view(), clerk.person, nullifier);
    assert!(enrolled(&world, [9; 32]) && !enrolled(&world, [8; 32]));
    assert!(!roles::same_human(&world.view(), clerk.person, other.person));
    let office = world.organisation_actor(OFFICE);
    let revoke = Call::RoleRevoke { grant: named.grant.unwrap() };
    world.apply(CONTRACT, &[&office], &revoke);
    assert!(enrolled(&world, [9; 32]));
    world.grant(&other, DONOR, Role::Witness, 0, Some([9; 32]));
    assert!(roles::same_human(&world.view(), clerk.person, other.person));
    assert!(roles::same_human(&world.view(), other.person, clerk.person));
    world.check();
}

#[test]
fn a_person_has_so_few_nullifiers_that_all_are_seen() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    for n in 1..=64 {
        world.grant(&clerk, OFFICE, Role::Witness, 0, Some([n; 32]));
    }
    let call = |world: &World, n| {
        changed(role(world, &clerk, Role::Witness), |grant| grant.nullifier = Some([n; 32]))
    };
    let [office, regulator] = [OFFICE, REGULATOR].map(|at| world.organisation_actor(at));
    let more = call(&world, 65);
    world.reject(CONTRACT, &[&office, &regulator], &more, Code::PersonLimit);
    let known = call(&world, 64);
    world.apply(CONTRACT, &[&office, &regulator], &known);
    world.check();
}
