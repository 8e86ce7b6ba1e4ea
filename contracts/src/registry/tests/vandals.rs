//! This exists to state what the invariants of the registry notice as facts.

use super::*;
use crate::registry::records::{Relation, RelationOf};
use linli_ledger::types::{Day, RecordId};

type Harm = fn(&mut View<'_>, &[Party]);

#[test]
fn the_invariants_notice_what_no_call_would_do() {
    let cases: [(&str, Harm); 8] = [
        ("INV-G2", |view, _| {
            view.put(&PersonId([7; 32]), &Person { organisation: OrganisationId([7; 32]) });
        }),
        ("INV-G2", |view, parties| {
            let KeyOwner::Organisation(organisation) = parties[0].owner else { panic!("office") };
            let grant = Grant {
                person: PersonId([7; 32]),
                role: Role::Governor,
                organisation,
                scope: String::new(),
                level: 0,
                nullifier: None,
                from: BlockTime(0),
                to: BlockTime(1),
            };
            view.put(&GrantId([7; 32]), &grant);
        }),
        ("INV-G3", |view, _| view.put(&([7; 32], RecordId([8; 32])), &RelationOf)),
        ("INV-G3", |view, parties| {
            let KeyOwner::Organisation(id) = parties[0].owner else { panic!("office") };
            let relation = Relation {
                one: Related::Organisation(id),
                other: Related::Organisation(OrganisationId([7; 32])),
                kind: RelationKind::Control,
                from: Day(1),
                to: None,
                evidence: document("extract"),
                by_authority: false,
            };
            view.put(&RecordId([8; 32]), &relation);
            view.put(&(id.0, RecordId([8; 32])), &RelationOf);
        }),
        ("INV-I2", |view, parties| {
            let entry = owned_key([7; 32], KeyPurpose::Business, parties[0].key);
            view.put(&entry, &OwnedKey);
        }),
        ("INV-I2", |view, parties| {
            let KeyOwner::Organisation(id) = parties[0].owner else { panic!("office") };
            view.remove::<OwnedKey>(&owned_key(id.0, KeyPurpose::Business, parties[0].key));
        }),
        ("INV-I2", |view, parties| {
            linli_ledger::keys::revoke(view, &parties[0].key, view.now()).unwrap();
        }),
        ("INV-G9", |view, _| {
            view.put(&11, &ParameterRecord { value: 960, next: Some((BlockTime(0), 1_441)) });
        }),
    ];
    for (name, harm) in cases {
        let world = World::new();
        let world = world.harmed(Registry, &world.organisation_actor(OFFICE), harm);
        assert_eq!(Registry.invariants(&world.view()).unwrap_err().name, name);
    }
}

#[test]
fn the_invariants_read_past_one_page() {
    let world = World::new();
    let harm: Harm = |view, _| {
        for number in 0..2_100 {
            view.put(&number, &ParameterRecord { value: 0, next: None });
        }
    };
    let world = world.harmed(Registry, &world.organisation_actor(OFFICE), harm);
    let view = world.view();
    assert!(invariants::records::<ParameterRecord>(&view).map(|(id, _)| id).eq(0..2_100));
}
