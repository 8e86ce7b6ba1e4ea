//! This exists to state the rules about parameters as facts.

use super::*;

#[test]
fn a_parameter_changes_when_its_time_lock_ends_and_not_before() {
    let mut world = World::new();
    let [office, regulator] =
        [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let number = Parameter::MinutesPerDay.number();
    let set = |value| Call::ParameterSet { parameter: number, value };
    let value = |world: &World| roles::parameter(&world.view(), Parameter::MinutesPerDay);
    world.apply(CONTRACT, &[&office, &regulator], &set(600));
    assert_eq!(value(&world), 960);
    world.advance(72 * HOUR_MS - 1);
    assert_eq!(value(&world), 960);
    world.advance(1);
    assert_eq!(value(&world), 600, "no sweep and no block has come");
    world.apply(CONTRACT, &[&office, &regulator], &set(500));
    assert_eq!(value(&world), 600, "what had come into force is folded in");
    // A change that waits is replaced, and the new one waits its own full time.
    world.advance(71 * HOUR_MS);
    world.apply(CONTRACT, &[&office, &regulator], &set(600));
    world.advance(2 * HOUR_MS);
    assert_eq!(value(&world), 600);
    world.advance(72 * HOUR_MS);
    assert_eq!(value(&world), 600);
    world.check();
}

#[test]
fn a_shorter_time_lock_waits_for_the_longer_one() {
    let mut world = World::new();
    let [office, regulator] =
        [world.organisation_actor(OFFICE), world.organisation_actor(REGULATOR)];
    let set =
        |parameter: Parameter, value| Call::ParameterSet { parameter: parameter.number(), value };
    world.apply(CONTRACT, &[&office, &regulator], &set(Parameter::TimeLock, 0));
    world.apply(CONTRACT, &[&office, &regulator], &set(Parameter::AttestDeadline, 5));
    assert_eq!(roles::parameter(&world.view(), Parameter::AttestDeadline), 10);
    world.advance(72 * HOUR_MS);
    world.apply(CONTRACT, &[&office, &regulator], &set(Parameter::AttestDeadline, 6));
    assert_eq!(roles::parameter(&world.view(), Parameter::AttestDeadline), 6);
}

#[test]
fn a_parameter_stays_in_its_range_and_needs_enough_organisations() {
    let mut world = World::new();
    let [office, regulator, partner] =
        [OFFICE, REGULATOR, PARTNER].map(|n| world.organisation_actor(n));
    let both = [&office, &regulator];
    let set = |parameter, value| Call::ParameterSet { parameter, value };
    for (parameter, value) in [(999, 1), (11, 0), (11, 1_441), (11, u64::MAX)] {
        world.reject(CONTRACT, &both, &set(parameter, value), Code::Parameter);
    }
    world.reject(CONTRACT, &[&office], &set(11, 600), Code::GovernanceQuorum);
    world.reject(CONTRACT, &[&office, &partner], &set(11, 600), Code::GovernanceQuorum);
    world.apply(CONTRACT, &both, &set(11, 1_440));
    world.check();
}
