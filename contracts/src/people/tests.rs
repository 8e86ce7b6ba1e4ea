//! This exists to state the rules about residents as facts.

use super::enrolment::NullifierOwner;
use super::keyring::Keyring;
use super::residents::{Enrolment, EnrolmentState};
use super::*;
use crate::registry::Role;
use crate::registry::roles::Parameter;
use crate::testing::{
    Actor, COMMITTEE, COMMUNITY, OFFICE, PROVIDER, Resident, VOLUNTEERS, World, document, key,
};
use linli_ledger::crypto::PublicKey;
use linli_ledger::keys::{self, KeyOwner, KeyPurpose};
use linli_ledger::types::{HOUR_MS, PersonId};

const WEAK: PublicKey = PublicKey::Ed25519([0; 32]);
const DELAY: u64 = 72 * HOUR_MS;

/// A world with a registrar, a witness and one resident.
fn scene() -> (World, Actor, Actor, Resident) {
    let mut world = World::new();
    let registrar = world.officer("registrar", OFFICE, Role::Registrar);
    let witness = world.officer("witness", COMMITTEE, Role::Witness);
    let resident = world.resident(&registrar, "resident");
    (world, registrar, witness, resident)
}

fn enrol(label: &str, age_class: AgeClass, guardian: Option<EnrolmentId>) -> Call {
    Call::Enrol {
        community: COMMUNITY.into(),
        nullifier: *document(&format!("nullifier {label}")).bytes(),
        age_class,
        key: key(label).public(),
        guardian,
        consent: document("consent"),
    }
}

fn add(label: &str) -> Call {
    Call::KeyAdd { key: key(label).public() }
}

fn rotate(resident: &Resident, label: &str) -> Call {
    Call::KeyRotate { enrolment: resident.enrolment, key: key(label).public() }
}

fn holder(label: &str) -> Actor {
    Actor { key: key(label), grant: None, person: PersonId([0; 32]) }
}

fn party(resident: &Resident, label: &str) -> Party {
    Party {
        key: key(label).public(),
        owner: KeyOwner::Enrolment(resident.enrolment),
        purpose: KeyPurpose::Business,
        grant: None,
    }
}

#[test]
fn a_registrar_enrols_a_resident_who_then_acts() {
    let (mut world, _, _, resident) = scene();
    let view = world.view();
    let (id, enrolment) = residents::resident(&view, &party(&resident, "resident")).unwrap();
    assert_eq!(id, resident.enrolment);
    assert_eq!(enrolment.community, COMMUNITY);
    assert_eq!(enrolment.state, EnrolmentState::Active);
    world.apply(CONTRACT, &[&resident.actor()], &add("tablet"));
    world.check();
}

#[test]
fn one_person_enrols_once_in_a_community_also_after_leaving() {
    let (mut world, registrar, _, resident) = scene();
    let again = |community: &str, label: &str| Call::Enrol {
        community: community.into(),
        nullifier: resident.nullifier,
        age_class: AgeClass::Adult,
        key: key(label).public(),
        guardian: None,
        consent: document("consent"),
    };
    world.reject(CONTRACT, &[&registrar], &again(COMMUNITY, "second"), Code::Nullifier);
    world.apply(CONTRACT, &[&registrar], &again("5101/04/001/004", "elsewhere"));
    world.apply(CONTRACT, &[&resident.actor()], &Call::Close);
    world.reject(CONTRACT, &[&registrar], &again(COMMUNITY, "second"), Code::Nullifier);
    world.check();
}

#[test]
fn one_community_has_one_spelling() {
    let (mut world, registrar, _, resident) = scene();
    for spelling in ["5101/04/001/003/", "5101//04/001/003", "", "锦江"] {
        let call = Call::Enrol {
            community: spelling.into(),
            nullifier: resident.nullifier,
            age_class: AgeClass::Adult,
            key: key("second").public(),
            guardian: None,
            consent: document("consent"),
        };
        world.reject(CONTRACT, &[&registrar], &call, Code::Text);
    }
}

#[test]
fn only_a_registrar_enrols() {
    let (mut world, registrar, witness, resident) = scene();
    let call = enrol("second", AgeClass::Adult, None);
    let office = world.organisation_actor(OFFICE);
    for actor in [&witness, &office, &resident.actor()] {
        world.reject(CONTRACT, &[actor], &call, Code::Role);
    }
    // The sender enrols; a registrar who only co-signs does not.
    world.reject(CONTRACT, &[&witness, &registrar], &call, Code::Role);
}

#[test]
fn a_weak_key_or_one_seen_before_is_not_enrolled() {
    let (mut world, registrar, _, resident) = scene();
    let with = |key| Call::Enrol {
        community: COMMUNITY.into(),
        nullifier: [1; 32],
        age_class: AgeClass::Adult,
        key,
        guardian: None,
        consent: document("consent"),
    };
    world.reject(CONTRACT, &[&registrar], &with(WEAK), Code::Algorithms);
    world.reject(CONTRACT, &[&registrar], &with(resident.key.public()), Code::KeyExists);
    // An officer's own key is no resident's key: one key speaks for one.
    world.reject(CONTRACT, &[&registrar], &with(registrar.key.public()), Code::KeyExists);
    world.check();
}

#[test]
fn a_minor_needs_a_guardian_who_is_an_active_adult() {
    let (mut world, registrar, _, parent) = scene();
    let youth =
        world.resident_of(&registrar, "youth", AgeClass::From14To17, Some(parent.enrolment));
    for age in [AgeClass::Under14, AgeClass::From14To17] {
        for guardian in [None, Some(EnrolmentId([7; 32])), Some(youth.enrolment)] {
            let call = enrol("child", age, guardian);
            world.reject(CONTRACT, &[&registrar], &call, Code::Guardian);
        }
    }
    let adult = enrol("adult", AgeClass::Adult, Some(parent.enrolment));
    world.reject(CONTRACT, &[&registrar], &adult, Code::Guardian);
    world.apply(CONTRACT, &[&parent.actor()], &Call::Close);
    let call = enrol("child", AgeClass::Under14, Some(parent.enrolment));
    world.reject(CONTRACT, &[&registrar], &call, Code::Guardian);
    world.check();
}

#[test]
fn under_14_keys_change_together_with_the_guardian() {
    let (mut world, registrar, _, parent) = scene();
    let guardian = Some(parent.enrolment);
    let child = world.resident_of(&registrar, "child", AgeClass::Under14, guardian);
    let stranger = world.resident(&registrar, "stranger");
    world.reject(CONTRACT, &[&child.actor()], &add("tablet"), Code::Guardian);
    let both = [&child.actor(), &stranger.actor()];
    world.reject(CONTRACT, &both, &add("tablet"), Code::Guardian);
    world.reject(CONTRACT, &[&child.actor()], &Call::Close, Code::Guardian);
    let both = [&child.actor(), &parent.actor()];
    world.apply(CONTRACT, &both, &add("tablet"));
    let youth = world.resident_of(&registrar, "youth", AgeClass::From14To17, guardian);
    world.apply(CONTRACT, &[&youth.actor()], &add("phone"));
    world.apply(CONTRACT, &both, &Call::Close);
    world.check();
}

#[test]
fn a_resident_adds_and_ends_keys_but_keeps_one() {
    let (mut world, registrar, witness, resident) = scene();
    let first = Call::KeyRevoke { key: resident.key.public() };
    world.reject(CONTRACT, &[&resident.actor()], &first, Code::LastKey);
    world.reject(CONTRACT, &[&registrar], &first, Code::LastKey);
    world.reject(CONTRACT, &[&resident.actor()], &add("resident"), Code::KeyExists);
    world.reject(CONTRACT, &[&resident.actor()], &Call::KeyAdd { key: WEAK }, Code::Algorithms);
    world.reject(CONTRACT, &[&registrar], &add("tablet"), Code::Role);
    world.apply(CONTRACT, &[&resident.actor()], &add("tablet"));
    let stranger = world.resident(&registrar, "stranger");
    world.reject(CONTRACT, &[&stranger.actor()], &first, Code::Role);
    world.reject(CONTRACT, &[&witness], &first, Code::Role);
    world.apply(CONTRACT, &[&registrar], &first);
    let refused = world.try_submit(CONTRACT, &[&resident.actor()], &add("third"));
    assert_eq!(refused, Err(Code::KeyInactive));
    world.reject(CONTRACT, &[&holder("tablet")], &first, Code::State);
    let last = Call::KeyRevoke { key: key("tablet").public() };
    world.reject(CONTRACT, &[&holder("tablet")], &last, Code::LastKey);
    for unknown in [key("nobody").public(), registrar.key.public()] {
        let call = Call::KeyRevoke { key: unknown };
        world.reject(CONTRACT, &[&registrar], &call, Code::NotFound);
    }
    world.check();
}

#[test]
fn a_resident_has_sixteen_keys_at_the_most() {
    let (mut world, _, _, resident) = scene();
    for n in 1..16 {
        world.apply(CONTRACT, &[&resident.actor()], &add(&format!("device {n}")));
    }
    world.reject(CONTRACT, &[&resident.actor()], &add("device 16"), Code::PersonLimit);
    world.apply(CONTRACT, &[&resident.actor()], &Call::Close);
    world.check();
}

#[test]
fn a_rotated_key_works_after_its_delay_and_the_old_one_does_not() {
    let (mut world, registrar, witness, resident) = scene();
    world.apply(CONTRACT, &[&resident.actor()], &add("tablet"));
    world.apply(CONTRACT, &[&registrar, &witness], &rotate(&resident, "new"));
    let at = world.now.plus(DELAY);
    let early = world.try_submit(CONTRACT, &[&holder("new")], &add("x"));
    assert_eq!(early, Err(Code::KeyInactive));
    world.apply(CONTRACT, &[&resident.actor()], &add("phone"));
    world.at(at.minus(1));
    assert!(residents::resident(&world.view(), &party(&resident, "resident")).is_ok());
    world.check();
    world.at(at);
    for old in ["resident", "tablet", "phone"] {
        let refused = world.try_submit(CONTRACT, &[&holder(old)], &add("x"));
        assert_eq!(refused, Err(Code::KeyInactive), "{old}");
    }
    world.apply(CONTRACT, &[&holder("new")], &add("x"));
    world.check();
}

#[test]
fn a_rotation_takes_effect_though_no_sweep_has_come() {
    let (mut world, registrar, witness, resident) = scene();
    world.apply(CONTRACT, &[&registrar, &witness], &rotate(&resident, "new"));
    let at = world.now.plus(DELAY);
    world.at(at);
    let view = world.view();
    assert_eq!(
        residents::resident(&view, &party(&resident, "resident")),
        Err(Code::Role.into()),
        "the records still say the key is open"
    );
    assert!(keys::find(&view, &resident.key.public()).unwrap().to.is_none());
    assert!(keys::find(&view, &key("new").public()).unwrap().is_active(world.now));
    let (id, _) = residents::resident(&view, &party(&resident, "new")).unwrap();
    assert_eq!(id, resident.enrolment);
    world.check();
    assert_eq!(world.sweep().len(), 1);
    let old = keys::find(&world.view(), &resident.key.public()).unwrap();
    assert_eq!(old.to, Some(at), "the end is the time of the rotation, not of the sweep");
    world.check();
}

#[test]
fn an_old_key_objects_and_stays() {
    let (mut world, registrar, witness, resident) = scene();
    world.reject(CONTRACT, &[&resident.actor()], &Call::KeyRotateObject, Code::State);
    world.apply(CONTRACT, &[&registrar, &witness], &rotate(&resident, "new"));
    let stranger = world.resident(&registrar, "stranger");
    world.reject(CONTRACT, &[&stranger.actor()], &Call::KeyRotateObject, Code::State);
    world.reject(CONTRACT, &[&registrar], &Call::KeyRotateObject, Code::Role);
    world.advance(DELAY - HOUR_MS);
    world.apply(CONTRACT, &[&resident.actor()], &Call::KeyRotateObject);
    world.reject(CONTRACT, &[&resident.actor()], &Call::KeyRotateObject, Code::State);
    world.check();
    world.advance(DELAY);
    assert!(world.sweep().is_empty(), "what was due is taken back");
    let refused = world.try_submit(CONTRACT, &[&holder("new")], &add("x"));
    assert_eq!(refused, Err(Code::KeyInactive));
    world.apply(CONTRACT, &[&resident.actor()], &add("tablet"));
    // The key that was withdrawn is not used again; another one may be.
    let call = rotate(&resident, "new");
    world.reject(CONTRACT, &[&registrar, &witness], &call, Code::KeyExists);
    world.apply(CONTRACT, &[&registrar, &witness], &rotate(&resident, "newer"));
    world.check();
}

#[test]
fn an_objection_after_the_delay_comes_too_late() {
    let (mut world, registrar, witness, resident) = scene();
    world.apply(CONTRACT, &[&registrar, &witness], &rotate(&resident, "new"));
    world.advance(DELAY);
    let late = world.try_submit(CONTRACT, &[&resident.actor()], &Call::KeyRotateObject);
    assert_eq!(late, Err(Code::KeyInactive));
    world.reject(CONTRACT, &[&holder("new")], &Call::KeyRotateObject, Code::State);
}

#[test]
fn a_rotation_needs_a_registrar_and_another_person_in_office() {
    let (mut world, registrar, witness, resident) = scene();
    let call = rotate(&resident, "new");
    world.reject(CONTRACT, &[&registrar], &call, Code::Cosign);
    let three = [&registrar, &witness, &resident.actor()];
    world.reject(CONTRACT, &three, &call, Code::Cosign);
    world.reject(CONTRACT, &[&witness, &registrar], &call, Code::Role);
    world.reject(CONTRACT, &[&registrar, &resident.actor()], &call, Code::Role);
    let supplier = world.officer("supplier", PROVIDER, Role::ProviderOfficer);
    world.reject(CONTRACT, &[&registrar, &supplier], &call, Code::Role);
    let own = crate::registry::Call::KeyAdd {
        owner: crate::registry::PublicOwner::Person(registrar.person),
        key: key("registrar's second").public(),
        purpose: KeyPurpose::Business,
    };
    world.apply(crate::registry::CONTRACT, &[&registrar], &own);
    let second = Actor { key: key("registrar's second"), ..registrar.clone() };
    world.reject(CONTRACT, &[&registrar, &second], &call, Code::DuplicateApprover);
    let organiser = world.grant(&second, VOLUNTEERS, Role::Organiser, 0, None);
    world.reject(CONTRACT, &[&registrar, &organiser], &call, Code::DuplicateApprover);
    let nullifier = Some([9; 32]);
    world.grant(&registrar, OFFICE, Role::Registrar, 0, nullifier);
    let same = world.person("the registrar elsewhere", VOLUNTEERS);
    world.grant(&same, VOLUNTEERS, Role::Auditor, 0, nullifier);
    let same = world.grant(&same, VOLUNTEERS, Role::Organiser, 0, None);
    world.reject(CONTRACT, &[&registrar, &same], &call, Code::DuplicateApprover);
    let nobody = Call::KeyRotate { enrolment: EnrolmentId([7; 32]), key: key("new").public() };
    world.reject(CONTRACT, &[&registrar, &witness], &nobody, Code::NotFound);
    let both = [&registrar, &witness];
    world.reject(CONTRACT, &both, &rotate(&resident, "resident"), Code::KeyExists);
    let weak = Call::KeyRotate { enrolment: resident.enrolment, key: WEAK };
    world.reject(CONTRACT, &both, &weak, Code::Algorithms);
    world.apply(CONTRACT, &both, &call);
    world.reject(CONTRACT, &both, &rotate(&resident, "other"), Code::State);
    world.check();
}

#[test]
fn a_rotation_without_delay_takes_effect_at_once() {
    let mut world = World::with_parameters(vec![(Parameter::RotationDelay.number(), 0)]);
    let registrar = world.officer("registrar", OFFICE, Role::Registrar);
    let witness = world.officer("witness", COMMITTEE, Role::Witness);
    let resident = world.resident(&registrar, "resident");
    world.apply(CONTRACT, &[&registrar, &witness], &rotate(&resident, "new"));
    let refused = world.try_submit(CONTRACT, &[&resident.actor()], &add("x"));
    assert_eq!(refused, Err(Code::KeyInactive));
    world.apply(CONTRACT, &[&holder("new")], &add("x"));
    world.check();
}

#[test]
fn nothing_follows_when_a_resident_has_left() {
    let (mut world, registrar, witness, resident) = scene();
    world.apply(CONTRACT, &[&registrar, &witness], &rotate(&resident, "new"));
    world.reject(CONTRACT, &[&registrar], &Call::Close, Code::Role);
    world.apply(CONTRACT, &[&resident.actor()], &Call::Close);
    world.check();
    let enrolment = residents::find(&world.view(), resident.enrolment).unwrap();
    assert_eq!(enrolment.state, EnrolmentState::Closed);
    let refused = world.try_submit(CONTRACT, &[&resident.actor()], &add("x"));
    assert_eq!(refused, Err(Code::KeyInactive));
    let both = [&registrar, &witness];
    world.reject(CONTRACT, &both, &rotate(&resident, "newer"), Code::State);
    let revoke = Call::KeyRevoke { key: resident.key.public() };
    world.reject(CONTRACT, &[&registrar], &revoke, Code::State);
    assert_eq!(
        residents::resident(&world.view(), &party(&resident, "resident")),
        Err(Code::State.into())
    );
    world.advance(DELAY);
    let refused = world.try_submit(CONTRACT, &[&holder("new")], &add("x"));
    assert_eq!(refused, Err(Code::KeyInactive));
    world.check();
}

type Harm = fn(&mut View<'_>, EnrolmentId);

#[test]
fn the_invariants_notice_what_no_call_would_do() {
    let cases: [(&str, Harm); 7] = [
        ("INV-I1", |view, id| {
            let enrolment = view.get::<Enrolment>(&id).unwrap();
            view.put(&id, &Enrolment { nullifier: [7; 32], ..enrolment });
        }),
        ("INV-I1", |view, id| {
            view.put(&([7; 32], COMMUNITY.to_string()), &NullifierOwner(id));
        }),
        ("INV-I1", |view, id| {
            let enrolment = view.get::<Enrolment>(&id).unwrap();
            view.put(&id, &Enrolment { age_class: AgeClass::Under14, ..enrolment });
        }),
        ("INV-I1", |view, id| {
            let enrolment = view.get::<Enrolment>(&id).unwrap();
            view.put(&id, &Enrolment { guardian: Some(id), ..enrolment });
        }),
        ("INV-I2", |view, id| {
            let enrolment = view.get::<Enrolment>(&id).unwrap();
            view.put(&id, &Enrolment { state: EnrolmentState::Closed, ..enrolment });
        }),
        ("INV-I2", |view, id| {
            view.put(&id, &Keyring { keys: vec![key("nobody").public()], rotation: None });
        }),
        ("INV-I2", |view, _| {
            let first = key("resident").public();
            keys::revoke(view, &first, view.now()).unwrap();
        }),
    ];
    for (name, harm) in cases {
        let (world, _, _, resident) = scene();
        assert!(People.invariants(&world.view()).is_ok());
        let id = resident.enrolment;
        let world = world.harmed(People, &resident.actor(), move |view, _| harm(view, id));
        assert_eq!(People.invariants(&world.view()).unwrap_err().name, name);
    }
}
