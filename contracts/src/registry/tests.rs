//! This exists to state the rules of the registry as facts.

use super::parameters::{Parameter, ParameterRecord};
use super::records::{Grant, Organisation, OwnedKey, Person, owned_key};
use super::*;
use crate::people;
use crate::people::AgeClass;
use crate::testing::{
    Actor, BANK, COMMITTEE, COMMUNITY, DONOR, OFFICE, PARTNER, REGULATOR, World, document, key,
};
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::OrganisationKind;
use linli_ledger::keys::KeyOwner;
use linli_ledger::state::State;
use linli_ledger::types::{BlockTime, DAY_MS, GrantId, HOUR_MS, OrganisationId, PersonId};

const WEAK: PublicKey = PublicKey::Ed25519([0; 32]);

fn role(world: &World, person: &Actor, role: Role) -> Call {
    Call::RoleGrant {
        person: person.person,
        role,
        organisation: world.organisation(OFFICE),
        scope: "5101/04".into(),
        level: u8::from(role == Role::Approver),
        nullifier: None,
        from: world.now,
        to: world.now.plus(DAY_MS),
    }
}

/// The grant with one thing changed.
fn changed(call: Call, change: impl FnOnce(&mut Grant)) -> Call {
    let Call::RoleGrant { person, role, organisation, scope, level, nullifier, from, to } = call
    else {
        panic!("a grant")
    };
    let mut grant = Grant { person, role, organisation, scope, level, nullifier, from, to };
    change(&mut grant);
    let Grant { person, role, organisation, scope, level, nullifier, from, to } = grant;
    Call::RoleGrant { person, role, organisation, scope, level, nullifier, from, to }
}

/// A governor of an organisation, with a grant that covers everything.
fn governor(world: &mut World, person: &Actor, organisation: u32) -> Actor {
    let call = changed(role(world, person, Role::Governor), |grant| {
        grant.scope.clear();
        grant.organisation = world.organisation(organisation);
    });
    let [a, b] = [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let grant = GrantId(world.apply(CONTRACT, &[&a, &b], &call));
    Actor { grant: Some(grant), ..person.clone() }
}

fn organisation_call(name: &str, label: &str) -> Call {
    let kind = OrganisationKind::Evaluator;
    Call::OrganisationRegister { name: name.into(), kind, key: key(label).public() }
}

/// An enrolment, which needs a registrar in scope: shows whether a grant works.
fn enrolment(label: &str, community: &str) -> people::Call {
    people::Call::Enrol {
        community: community.into(),
        nullifier: *document(label).bytes(),
        age_class: AgeClass::Adult,
        key: key(label).public(),
        guardian: None,
        consent: document("consent"),
    }
}

#[test]
fn genesis_writes_its_organisations_and_parameters() {
    let world = World::with_parameters(vec![(Parameter::MinutesPerDay.number(), 600)]);
    let view = world.view();
    let bank = view.get::<Organisation>(&world.organisation(BANK)).unwrap();
    assert_eq!((bank.name.as_str(), bank.kind), ("organisation 5", OrganisationKind::Bank));
    assert_eq!(roles::parameter(&view, Parameter::MinutesPerDay), 600);
    assert_eq!(roles::parameter(&view, Parameter::MinutesPerAttendance), 720);
    world.check();
}

#[test]
fn a_genesis_with_an_unknown_double_or_excessive_parameter_is_no_genesis() {
    for parameters in [vec![(999, 1)], vec![(11, 1_441)], vec![(11, 0)]] {
        let number = parameters[0].0;
        let genesis = Genesis { parameters, ..World::new().genesis };
        let error = State::from_genesis(&genesis, &crate::rulebook()).unwrap_err();
        assert_eq!(error, GenesisError::Parameter(number));
    }
}

#[test]
fn every_parameter_has_its_own_number_and_a_default_in_its_range() {
    let numbers: BTreeSet<_> = Parameter::ALL.iter().map(|p| p.number()).collect();
    assert_eq!(numbers.len(), Parameter::ALL.len());
    assert!(Parameter::ALL.iter().all(|p| p.allows(p.default_value())));
}

#[test]
fn governance_registers_an_organisation_which_then_acts() {
    let mut world = World::new();
    let [office, regulator] =
        [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let call = organisation_call("第三方评估中心", "evaluator");
    let id = OrganisationId(world.apply(CONTRACT, &[&office, &regulator], &call));
    let evaluator = Actor { key: key("evaluator"), grant: None, person: PersonId([0; 32]) };
    let call = Call::PersonRegister { organisation: id, key: key("expert").public() };
    world.apply(CONTRACT, &[&evaluator], &call);
    world.check();
}

#[test]
fn an_organisation_needs_enough_governance_organisations_and_a_sound_name_and_key() {
    let mut world = World::new();
    let [office, regulator, donor] =
        [OFFICE, REGULATOR, DONOR].map(|n| world.organisation_actor(n));
    let both = [&office, &regulator];
    let sound = organisation_call("evaluator", "evaluator");
    world.reject(CONTRACT, &[&office], &sound, Code::GovernanceQuorum);
    world.reject(CONTRACT, &[&office, &donor], &sound, Code::GovernanceQuorum);
    for (name, code) in [("", Code::Text), (" a", Code::Text), ("a\u{202e}b", Code::Text)] {
        // The name is checked first: a signer without any right gets the same answer.
        world.reject(CONTRACT, &[&donor], &organisation_call(name, "evaluator"), code);
    }
    let long = organisation_call(&"a".repeat(65), "evaluator");
    world.reject(CONTRACT, &both, &long, Code::Text);
    world.reject(CONTRACT, &both, &organisation_call("a", "organisation 5"), Code::KeyExists);
    let kind = OrganisationKind::Donor;
    let weak = Call::OrganisationRegister { name: "a".into(), kind, key: WEAK };
    world.reject(CONTRACT, &both, &weak, Code::Algorithms);
    world.check();
}

#[test]
fn personal_data_in_a_name_never_comes_into_a_block() {
    let mut world = World::new();
    let before = world.state.tip().clone();
    for actor in [DONOR, OFFICE] {
        // Whoever signs, with a right or without.
        let actor = world.organisation_actor(actor);
        let call = organisation_call("电话13800138000", "x");
        let refused = world.try_submit(CONTRACT, &[&actor], &call);
        assert_eq!(refused.unwrap_err(), Code::PersonalData);
    }
    assert_eq!(*world.state.tip(), before);
}

#[test]
fn a_person_is_registered_by_the_own_organisation_only() {
    let mut world = World::new();
    let [office, donor] = [world.organisation_actor(OFFICE), world.organisation_actor(DONOR)];
    let organisation = world.organisation(OFFICE);
    let call = |key| Call::PersonRegister { organisation, key };
    world.reject(CONTRACT, &[&donor], &call(key("clerk").public()), Code::Role);
    world.reject(CONTRACT, &[&office], &call(WEAK), Code::Algorithms);
    world.reject(CONTRACT, &[&office], &call(key("organisation 1").public()), Code::KeyExists);
    let nowhere = OrganisationId([7; 32]);
    let call = Call::PersonRegister { organisation: nowhere, key: key("clerk").public() };
    world.reject(CONTRACT, &[&office], &call, Code::NotFound);
    world.check();
}

#[test]
fn a_consensus_key_signs_no_business() {
    let mut world = World::new();
    let validator = Actor { key: key("validator"), grant: None, person: PersonId([0; 32]) };
    assert_eq!(validator.key.public(), world.genesis.validators[0].key);
    let organisation = world.organisation(OFFICE);
    let call = Call::PersonRegister { organisation, key: key("clerk").public() };
    world.reject(CONTRACT, &[&validator], &call, Code::KeyPurpose);
    let office = world.organisation_actor(OFFICE);
    world.reject(CONTRACT, &[&office, &validator], &call, Code::KeyPurpose);
}

#[test]
fn a_validators_key_is_neither_added_nor_ended_nor_replaced_here() {
    let mut world = World::new();
    let office = world.organisation_actor(OFFICE);
    let owner = PublicOwner::Organisation(world.organisation(OFFICE));
    for purpose in [KeyPurpose::Consensus, KeyPurpose::Network] {
        let call = Call::KeyAdd { owner, key: key("new").public(), purpose };
        world.reject(CONTRACT, &[&office], &call, Code::KeyPurpose);
    }
    let old = key("validator").public();
    world.reject(CONTRACT, &[&office], &Call::KeyRevoke { key: old }, Code::KeyPurpose);
    let call = Call::KeyRotate { old, new: key("new").public() };
    world.reject(CONTRACT, &[&office], &call, Code::KeyPurpose);
    world.check();
}

#[test]
fn a_person_has_business_keys_only() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let owner = PublicOwner::Person(clerk.person);
    for purpose in [KeyPurpose::SiteDevice, KeyPurpose::Consensus, KeyPurpose::Network] {
        let call = Call::KeyAdd { owner, key: key("new").public(), purpose };
        world.reject(CONTRACT, &[&clerk], &call, Code::KeyPurpose);
    }
}

#[test]
fn a_key_is_added_by_its_owner_or_for_a_person_by_the_organisation_and_governance() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [office, donor] = [world.organisation_actor(OFFICE), world.organisation_actor(DONOR)];
    let add = |owner, label: &str| Call::KeyAdd {
        owner,
        key: key(label).public(),
        purpose: KeyPurpose::Business,
    };
    let person = PublicOwner::Person(clerk.person);
    world.apply(CONTRACT, &[&clerk], &add(person, "second"));
    let regulator = world.organisation_actor(REGULATOR);
    world.reject(CONTRACT, &[&office], &add(person, "third"), Code::Cosign);
    world.reject(CONTRACT, &[&regulator], &add(person, "third"), Code::Role);
    world.apply(CONTRACT, &[&office, &regulator], &add(person, "third"));
    world.reject(CONTRACT, &[&donor], &add(person, "fourth"), Code::Role);
    world.reject(CONTRACT, &[&clerk], &add(person, "third"), Code::KeyExists);
    let body = PublicOwner::Organisation(world.organisation(OFFICE));
    world.reject(CONTRACT, &[&clerk], &add(body, "fourth"), Code::Role);
    let call = Call::KeyAdd { owner: person, key: WEAK, purpose: KeyPurpose::Business };
    world.reject(CONTRACT, &[&clerk], &call, Code::Algorithms);
    for nobody in
        [PublicOwner::Person(PersonId([7; 32])), PublicOwner::Organisation(OrganisationId([7; 32]))]
    {
        world.reject(CONTRACT, &[&clerk], &add(nobody, "fourth"), Code::NotFound);
    }
    let second = Actor { key: key("second"), ..clerk };
    world.apply(CONTRACT, &[&second], &add(person, "fourth"));
    world.check();
}

#[test]
fn a_revoked_key_is_refused_at_the_door() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let add = |label: &str| Call::KeyAdd {
        owner: PublicOwner::Person(clerk.person),
        key: key(label).public(),
        purpose: KeyPurpose::Business,
    };
    let first = clerk.key.public();
    world.reject(CONTRACT, &[&clerk], &Call::KeyRevoke { key: first }, Code::LastKey);
    world.apply(CONTRACT, &[&clerk], &add("second"));
    world.apply(CONTRACT, &[&clerk], &Call::KeyRevoke { key: first });
    assert_eq!(world.try_submit(CONTRACT, &[&clerk], &add("third")), Err(Code::KeyInactive));
    let second = Actor { key: key("second"), ..clerk.clone() };
    world.reject(CONTRACT, &[&second], &Call::KeyRevoke { key: first }, Code::State);
    let last = Call::KeyRevoke { key: second.key.public() };
    world.reject(CONTRACT, &[&second], &last, Code::LastKey);
    world.reject(CONTRACT, &[&second], &add("clerk"), Code::KeyExists);
    world.check();
}

#[test]
fn a_key_is_ended_or_replaced_by_its_owner_only() {
    let mut world = World::new();
    let [clerk, other] = [world.person("clerk", OFFICE), world.person("other", OFFICE)];
    let old = clerk.key.public();
    world.reject(CONTRACT, &[&other], &Call::KeyRevoke { key: old }, Code::Role);
    let call = Call::KeyRotate { old, new: key("new").public() };
    world.reject(CONTRACT, &[&other], &call, Code::Role);
    let nobody = Call::KeyRevoke { key: key("nobody").public() };
    world.reject(CONTRACT, &[&other], &nobody, Code::NotFound);
    world.check();
}

#[test]
fn a_residents_key_is_unknown_to_the_registry() {
    let mut world = World::new();
    let registrar = world.officer("registrar", OFFICE, Role::Registrar);
    let resident = world.resident(&registrar, "resident");
    let call = Call::KeyRevoke { key: resident.key.public() };
    world.reject(CONTRACT, &[&registrar], &call, Code::NotFound);
    let refused = world.try_submit(CONTRACT, &[&resident.actor()], &call);
    assert_eq!(refused, Err(Code::KeyInactive));
}

#[test]
fn a_rotated_key_gives_way_at_once_and_keeps_its_purpose() {
    let mut world = World::new();
    let clerk = world.officer("clerk", OFFICE, Role::Registrar);
    let office = world.organisation_actor(OFFICE);
    let [old, new] = [clerk.key.public(), key("new").public()];
    let weak = Call::KeyRotate { old, new: WEAK };
    world.reject(CONTRACT, &[&clerk], &weak, Code::Algorithms);
    world.reject(CONTRACT, &[&clerk], &Call::KeyRotate { old, new: old }, Code::KeyExists);
    world.apply(CONTRACT, &[&clerk], &Call::KeyRotate { old, new });
    let call = enrolment("a", COMMUNITY);
    assert_eq!(world.try_submit(people::CONTRACT, &[&clerk], &call), Err(Code::KeyInactive));
    // The role belongs to the person, not to the key.
    let renewed = Actor { key: key("new"), ..clerk };
    world.apply(people::CONTRACT, &[&renewed], &call);
    let device = key("device").public();
    let owner = PublicOwner::Organisation(world.organisation(OFFICE));
    let call = Call::KeyAdd { owner, key: device, purpose: KeyPurpose::SiteDevice };
    world.apply(CONTRACT, &[&office], &call);
    let next = key("next device").public();
    world.apply(CONTRACT, &[&office], &Call::KeyRotate { old: device, new: next });
    let record = linli_ledger::keys::find(&world.view(), &next).unwrap();
    assert_eq!(record.purpose, KeyPurpose::SiteDevice);
    world.apply(CONTRACT, &[&office], &Call::KeyRevoke { key: next });
    world.check();
}

#[test]
fn a_site_device_speaks_for_no_organisation() {
    let mut world = World::new();
    let clerk = world.person("clerk", OFFICE);
    let [office, regulator] =
        [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let owner = PublicOwner::Organisation(world.organisation(REGULATOR));
    let call = Call::KeyAdd { owner, key: key("device").public(), purpose: KeyPurpose::SiteDevice };
    world.apply(CONTRACT, &[&regulator], &call);
    let device = Actor { key: key("device"), ..regulator.clone() };
    let grant = role(&world, &clerk, Role::Registrar);
    world.reject(CONTRACT, &[&office, &device], &grant, Code::KeyPurpose);
    let add = Call::KeyAdd { owner, key: key("b").public(), purpose: KeyPurpose::Business };
    world.reject(CONTRACT, &[&office, &device], &add, Code::KeyPurpose);
    world.reject(CONTRACT, &[&device], &add, Code::KeyPurpose);
    // Devices do not count as business keys of the owner.
    let last = Call::KeyRevoke { key: regulator.key.public() };
    world.reject(CONTRACT, &[&regulator], &last, Code::LastKey);
    world.check();
}

#[test]
fn an_organisation_alone_plays_none_of_its_officers() {
    let mut world = World::new();
    let [clerk, head, watch] = [
        world.person("clerk", OFFICE),
        world.person("head", OFFICE),
        world.person("watch", REGULATOR),
    ];
    let [office, donor, regulator] =
        [OFFICE, DONOR, REGULATOR].map(|at| world.organisation_actor(at));
    let head = governor(&mut world, &head, OFFICE);
    let watch = governor(&mut world, &watch, REGULATOR);
    let add = Call::KeyAdd {
        owner: PublicOwner::Person(clerk.person),
        key: key("second").public(),
        purpose: KeyPurpose::Business,
    };
    let rotate =
        |from: &str, to: &str| Call::KeyRotate { old: key(from).public(), new: key(to).public() };
    for call in [&add, &rotate("clerk", "second")] {
        for beside in [&head, &donor] {
            world.reject(CONTRACT, &[&office, beside], call, Code::Cosign);
        }
        world.reject(CONTRACT, &[&office], call, Code::Cosign);
        world.reject(CONTRACT, &[&watch, &regulator], call, Code::Role);
    }
    world.apply(CONTRACT, &[&office, &watch], &rotate("clerk", "second"));
    world.apply(CONTRACT, &[&regulator, &office], &rotate("second", "third"));
    let third = Actor { key: key("third"), ..clerk };
    world.apply(CONTRACT, &[&third], &rotate("third", "fourth"));
    let fourth = Actor { key: key("fourth"), ..third };
    world.reject(
        CONTRACT,
        &[&office],
        &Call::KeyRevoke { key: fourth.key.public() },
        Code::LastKey,
    );
    let fifth = Call::KeyAdd {
        owner: PublicOwner::Person(fourth.person),
        key: key("fifth").public(),
        purpose: KeyPurpose::Business,
    };
    world.apply(CONTRACT, &[&fourth], &fifth);
    world.apply(CONTRACT, &[&office], &Call::KeyRevoke { key: fourth.key.public() });
    world.check();
}

#[test]
fn an_organisation_outside_governance_needs_one_governance_organisation_beside_it() {
    let mut world = World::new();
    let seller = world.person("seller", PARTNER);
    let [partner, bank, committee] =
        [PARTNER, BANK, COMMITTEE].map(|at| world.organisation_actor(at));
    let add = Call::KeyAdd {
        owner: PublicOwner::Person(seller.person),
        key: key("second").public(),
        purpose: KeyPurpose::Business,
    };
    world.reject(CONTRACT, &[&partner], &add, Code::Cosign);
    world.reject(CONTRACT, &[&partner, &bank], &add, Code::Cosign);
    world.apply(CONTRACT, &[&partner, &committee], &add);
    world.check();
}

mod granting;
mod relations;
mod time_lock;
mod vandals;
